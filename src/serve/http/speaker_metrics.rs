//! The metrics of speakers.
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::serve::speakers::Speakers;

type Labels = Vec<(&'static str, String)>;

/// Only where there can be speakers.
pub(super) fn register(speakers: &Speakers, registry: &mut Registry) {
    if speakers.stages().is_empty() {
        return;
    }
    let counts = &speakers.counts;
    for (name, help, count) in [
        ("speaker_sessions", "Sessions of speakers that began", &counts.sessions),
        ("speaker_resumed", "Connections that resumed a session", &counts.resumed),
        ("speaker_messages", "Messages of sound taken", &counts.messages),
        ("speaker_bytes", "Bytes of those messages", &counts.bytes),
        ("speaker_repeated", "Messages of sound that had come before", &counts.repeated),
        ("speaker_clock_jumps", "Times that a speaker's clock was set", &counts.clock_jumps),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(count.load(Relaxed));
        registry.register(name, help, counter);
    }
    let refused = Family::<Labels, Counter>::default();
    for (code, count) in counts.refused() {
        refused.get_or_create(&vec![("code", code.name().to_owned())]).inc_by(count);
    }
    registry.register("speaker_refused", "Connections of speakers refused", refused);
    let dropped = Family::<Labels, Counter>::default();
    let (mut connected, waiting) = (0, Family::<Labels, Gauge>::default());
    for place in speakers.read() {
        connected += i64::from(place.session.is_some_and(|it| it.connected));
        let labels = vec![("stage", place.stage), ("slot", place.slot.to_string())];
        dropped.get_or_create(&labels).inc_by(place.dropped.as_millis() as u64);
        waiting.get_or_create(&labels).set(place.waiting.as_millis() as i64);
    }
    let help = "Milliseconds of sound given up as too old";
    registry.register("speaker_dropped_ms", help, dropped);
    let gauge = Gauge::<i64, AtomicI64>::default();
    gauge.set(connected);
    registry.register("speakers", "Speakers connected now", gauge);
    let help = "Milliseconds of sound that wait to enter the pipeline";
    registry.register("speaker_waiting_ms", help, waiting);
}
