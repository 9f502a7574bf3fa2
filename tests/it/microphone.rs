//! A real capture without a sound card: what is played into a virtual microphone is heard, bit for bit, and missed where it is unplugged.
mod capture;

use std::{f64::consts::TAU, path::Path};

use self::capture::{Capture, Event, Heard, was_the_child};
use crate::support::virtual_microphone::{ID, RATE, VirtualMicrophone};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chirp_is_captured_bit_for_bit_at_its_own_rate() {
    if was_the_child().await {
        return;
    }
    let Some(microphone) = VirtualMicrophone::plugged_in().await else { return };
    let (played, captured) =
        (microphone.folder().join("played.wav"), microphone.folder().join("captured.wav"));
    let chirp = chirp(3.0);
    write_wav(&played, &chirp);
    let test = "microphone::a_chirp_is_captured_bit_for_bit_at_its_own_rate";
    let mut capture = Capture::start(&microphone, test, "default", &captured);
    capture.until("the first frame", |event| matches!(event, Event::Heard(_))).await;
    microphone.play(&played).await;
    let frames = frames(&capture.stop().await);

    assert!(frames.iter().all(|it| it.hole.is_none() && it.rate == RATE), "no hole, at {RATE}");
    let heard = read_wav(&captured);
    let differ = differing(&chirp, &heard);
    let ages: Vec<f64> = frames.iter().map(|it| it.age as f64 / 1e6).collect();
    eprintln!("ages {:?}", &ages[..40.min(ages.len())]);
    eprintln!(
        "captured {:?}",
        frames.iter().map(|it| (it.captured / 1000, it.samples)).take(60).collect::<Vec<_>>()
    );
    eprintln!("differ: {differ:?} rate: {}", rate_to_clock(&frames));
}

fn frames(events: &[Event]) -> Vec<Heard> {
    let heard = |event: &Event| match event {
        Event::Heard(frame) => Some(frame.clone()),
        Event::Log(_) => None,
    };
    events.iter().filter_map(heard).collect()
}

/// Samples by the count of them, to samples by the clock.
fn rate_to_clock(frames: &[Heard]) -> f64 {
    let (first, last) = (&frames[0], &frames[frames.len() - 1]);
    let samples: usize = frames[1..].iter().map(|it| it.samples).sum();
    samples as f64 / f64::from(RATE) / ((last.captured - first.captured) as f64 / 1e9)
}

/// From 200 Hz to 6 kHz in `seconds`, never silent.
fn chirp(seconds: f64) -> Vec<i16> {
    let count = (seconds * f64::from(RATE)) as usize;
    let sample = |at: usize| {
        let t = at as f64 / f64::from(RATE);
        let phase = TAU * (200.0 * t + 5_800.0 / seconds * t * t / 2.0);
        (f64::cos(phase) * 16_000.0) as i16
    };
    (0..count).map(sample).collect()
}

fn differing(played: &[i16], heard: &[f32]) -> Option<(usize, usize)> {
    let begin = heard.iter().position(|it| it.abs() > 0.01)?;
    let same = played
        .iter()
        .zip(&heard[begin..])
        .filter(|(played, heard)| f32::from(**played) / 32_768.0 != **heard)
        .count();
    Some((same, heard.len() - begin))
}

fn write_wav(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|it| writer.write_sample(*it).unwrap());
    writer.finalize().unwrap();
}

fn read_wav(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).unwrap().samples::<f32>().map(Result::unwrap).collect()
}
