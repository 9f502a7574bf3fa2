//! Metrics: the counters of the server, and of every stage and edge.
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::speaker_metrics;
use crate::serve::{cluster::Cluster, hub::Hub};

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Seconds = Gauge<f64, AtomicU64>;

/// All metrics in the text format of Prometheus. They are read one after another, while they change.
pub(crate) fn text(hub: &Hub) -> String {
    let mut registry = Registry::with_prefix("livecap");
    server(hub, &mut registry);
    speaker_metrics::register(&hub.speakers, &mut registry);
    stages(hub, &mut registry);
    edges(hub, &mut registry);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &registry);
    text
}

fn server(hub: &Hub, registry: &mut Registry) {
    let log = hub.captions.log().state();
    let (relayed, refused) = hub.relay.counts();
    let counts = &hub.counts;
    for (name, help, count) in [
        ("delivered", "Events handed to viewers' connections", counts.delivered.load(Relaxed)),
        ("connections", "Connections taken", counts.connections.load(Relaxed)),
        ("turned_away", "Viewers and connections refused", counts.turned_away.load(Relaxed)),
        ("too_slow", "Viewers cut off as too slow", counts.too_slow.load(Relaxed)),
        ("relayed", "Events of clients passed on", relayed),
        ("refused", "Events of clients refused", refused),
        ("numbered", "Finals, gaps and marks", log.next - 1),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(count);
        registry.register(name, help, counter);
    }
    let gauge = |value: i64| {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(value);
        gauge
    };
    if let Some(cluster) = &hub.cluster {
        in_cluster(cluster, log.next - 1, registry);
    }
    registry.register("viewers", "Clients connected now", gauge(hub.viewers() as i64));
    registry.register(
        "kept",
        "Numbered events that are kept",
        gauge((log.next - log.first) as i64),
    );
    let state = hub.state();
    registry.register("paused", "1 while it is paused", gauge(i64::from(state.paused)));
    if let Some(lag) = state.lag_ms {
        let seconds = Seconds::default();
        seconds.set(lag as f64 / 1000.0);
        let help = "How long the oldest speech has waited whose words have not been shown";
        registry.register("lag_seconds", help, seconds);
    }
}

/// `said`: the number of the newest event.
fn in_cluster(cluster: &Cluster, said: u64, registry: &mut Registry) {
    let counts = &cluster.counts;
    for (name, help, count) in [
        ("cluster_appended", "Numbered events that Redis has taken", &counts.appended),
        ("cluster_read", "Numbered events read from Redis", &counts.read),
        ("cluster_lost", "Numbered events gone before Redis or this node had them", &counts.lost),
        ("cluster_refused", "What was read from Redis and could not be meant", &counts.refused),
        ("cluster_reconnects", "Connections to Redis that were lost or failed", &counts.reconnects),
        ("cluster_relayed_out", "Events of clients sent to other servers", &counts.crossed_out),
        ("cluster_relayed_in", "Events of other servers' clients", &counts.crossed_in),
        ("cluster_not_relayed", "Events of clients that did not cross", &counts.not_crossed),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(count.load(Relaxed));
        registry.register(name, help, counter);
    }
    let gauge = |value: u64| {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge
    };
    let connected = gauge(counts.connected.load(Relaxed).into());
    registry.register("cluster_connected", "1 while Redis answers", connected);
    if cluster.node.is_none() {
        let behind = said.saturating_sub(counts.in_redis.load(Relaxed));
        let help = "Numbered events that Redis has not taken yet";
        registry.register("cluster_behind", help, gauge(behind));
        let down = gauge(counts.stood_down.load(Relaxed).into());
        registry.register("cluster_stood_down", "1 when a newer run has the broadcast", down);
    }
}

fn stages(hub: &Hub, registry: &mut Registry) {
    let (handled, given_up, restarts) =
        (Counters::default(), Counters::default(), Counters::default());
    let (counted, busy) = (Counters::default(), Family::<Labels, Seconds>::default());
    let state = Family::<Labels, Gauge>::default();
    let engines = Family::<Labels, Gauge>::default();
    for stage in hub.pipeline.registry().stages() {
        let name: Labels = vec![("stage", stage.name.clone())];
        handled.get_or_create(&name).inc_by(stage.handled);
        given_up.get_or_create(&name).inc_by(stage.given_up);
        restarts
            .get_or_create(&name)
            .inc_by(u64::from(u32::try_from(stage.restarts).unwrap_or(u32::MAX)));
        busy.get_or_create(&name).set(stage.busy.as_secs_f64());
        let with = |key, value: &str| [name.clone(), vec![(key, value.to_owned())]].concat();
        state.get_or_create(&with("state", stage.state.name())).set(1);
        if let Some(pool) = stage.engines {
            for (what, count) in
                [("all", pool.size), ("lent", pool.lent), ("awaited", pool.waiting)]
            {
                engines.get_or_create(&with("what", what)).set(count as i64);
            }
        }
        for (what, count) in &stage.counts {
            counted.get_or_create(&with("what", what)).inc_by(*count);
        }
    }
    registry.register("stage_state", "1 for the state that a stage is in", state);
    registry.register("stage_handled", "Items dealt with", handled);
    registry.register("stage_given_up", "Items that two runs failed on", given_up);
    registry.register("stage_restarts", "Runs after the first", restarts);
    registry.register("stage_busy_seconds", "Time at work", busy);
    let help = "Engines of recognisers, of a shared pool by its first stage: all, those at work, and calls that wait for one";
    registry.register("engines", help, engines);
    registry.register("stage_counts", "What stages count by themselves", counted);
}

fn edges(hub: &Hub, registry: &mut Registry) {
    let (dropped, coalesced) = (Counters::default(), Counters::default());
    let (depth, waited) =
        (Family::<Labels, Gauge>::default(), Family::<Labels, Seconds>::default());
    for edge in hub.pipeline.registry().edges() {
        let ends: Labels = vec![("from", edge.from.clone()), ("to", edge.to.clone())];
        dropped.get_or_create(&ends).inc_by(edge.dropped);
        coalesced.get_or_create(&ends).inc_by(edge.coalesced);
        depth.get_or_create(&ends).set(edge.depth as i64);
        waited.get_or_create(&ends).set(edge.waited.as_secs_f64());
    }
    registry.register("edge_depth", "Items that wait", depth);
    registry.register("edge_dropped", "Items given up for want of room", dropped);
    registry.register("edge_coalesced", "Partials that gave way to newer ones", coalesced);
    registry.register("edge_waited_seconds", "Time spent waiting for room", waited);
}
