//! Compares the voice activity detectors earshot and Silero for captions: on speech, on speech in noise, on noise alone.
//!
//! `cargo bench --bench voice -- FILE_OR_FOLDER...` takes 16 kHz recordings, with sentences and word times where a `.json`
//! stands beside them; without arguments the shipped ones. Each detector is measured at the threshold with the fewest errors,
//! and Silero, which livecap uses, also at its usual threshold.
#[path = "../support/noise.rs"]
mod noise;

mod detectors;
mod sounds;
mod tally;

use std::io::Write;

use livecap::logic::endpoint::EndpointSettings;

use self::{
    detectors::DETECTORS,
    sounds::{SECOND, Sound, sounds},
    tally::{Tally, detect},
};

const THRESHOLDS: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

fn main() -> std::io::Result<()> {
    // `cargo test --benches` gives no `--bench`: a few seconds are enough then.
    let is_bench = std::env::args().any(|it| it == "--bench");
    let (longest, length) =
        if is_bench { (usize::MAX, 60 * SECOND) } else { (3 * SECOND, SECOND / 4) };
    let (sounds, mut measured) = (&sounds(longest, length), Vec::new());
    let times = ["begin cut, ms", "end cut, ms", "onset p50, p95, ms", "release p50, p95, ms"];
    let columns = ["speech", "detector", "words missed", "pauses missed"];
    let mut speech = table(&[columns, times].concat());
    let mut other =
        table(&["other sound", "detector", "with segments", "segments", "seconds inside"]);
    let mut sweep = table(&[
        "detector, CPU µs a second",
        "threshold",
        "% words missed",
        "% pauses missed",
        "% noise inside",
    ]);
    for (detector, length, begin) in DETECTORS {
        let (detected, took): (Vec<_>, Vec<f64>) =
            sounds.iter().map(|it| detect(length, begin, it)).unzip();
        let tally = std::rc::Rc::new(move |threshold: f32, is_wanted: &dyn Fn(&Sound) -> bool| {
            let mut tally = Tally::default();
            let pairs = sounds.iter().zip(&detected).filter(|it| is_wanted(it.0));
            pairs.for_each(|(sound, frames)| tally.add(sound, frames, threshold));
            tally
        });
        let seconds =
            sounds.iter().map(|it| it.samples.len()).sum::<usize>() as f64 / SECOND as f64;
        let cost = took.iter().sum::<f64>() / 1000.0 / seconds;
        // A missed word is lost, so it weighs more than a missed pause or a segment of noise.
        let (mut best, mut fewest) = (0.0, f64::MAX);
        for threshold in THRESHOLDS {
            let all = tally(threshold, &|_| true);
            let noise =
                tally(threshold, &|it| it.reference.as_ref().is_some_and(Vec::is_empty)).seconds;
            let share = |[all, some]: [usize; 2]| 100.0 * some as f64 / all.max(1) as f64;
            let [words, pauses, noise] =
                [share(all.words), share(all.pauses), 100.0 * noise[1] / noise[0]];
            sweep += &format!(
                "| {detector}, {cost:.0} | {threshold} | {words:.2} | {pauses:.1} | {noise:.1} |\n"
            );
            let errors = 10.0 * words + pauses + noise;
            if errors < fewest {
                (best, fewest) = (threshold, errors);
            }
        }
        let in_use = (detector == "Silero").then_some(EndpointSettings::default().threshold);
        measured.extend(in_use.into_iter().chain([best]).map(|it| (detector, it, tally.clone())));
    }
    let mut names: Vec<&str> = sounds.iter().map(|it| it.name.as_str()).collect();
    names.dedup();
    for name in names {
        for (detector, threshold, tally) in &measured {
            let tally = tally(*threshold, &|it| it.name == name);
            let rows = if tally.words[0] == 0 { &mut other } else { &mut speech };
            *rows += &format!("| {name} | {detector} at {threshold} | {}", tally.row());
        }
    }
    write!(std::io::stdout(), "{speech}{other}{sweep}")
}

fn table(columns: &[&str]) -> String {
    format!("\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()))
}
