//! The figures of what programs showed, and when, beside references: logs in the shape of `livecap bench --event-log`.
//!
//! ```text
//! cargo bench --profile dev --bench peers -- [REFERENCE LOG]...
//! ```
//!
//! One JSON object for each pair, then one of all. A log tells what is on the screen, not what belongs together: so all of it
//! is one segment, whose last state is its final. A word is settled from the update on from which it never changes again, as
//! in `docs/measures.md`.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
use std::{error::Error, fs, path::Path};

use livecap::logic::{
    histogram::Distribution,
    latency::Comparison,
    reference::{Reference, TimedWord},
    stability::Erasure,
    update::{Gold, Update, text_of_finals},
    wer::WordErrors,
};
use serde::Deserialize;
use serde_json::json;

/// One line of a log; the first one has other fields and is none.
#[derive(Deserialize)]
struct Line {
    /// Seconds of sound, and what was computed behind them: together when the update came.
    total_audio_processed: f64,
    computation_time: f64,
    generated_tokens: Vec<String>,
    deleted_tokens: Vec<String>,
}

#[derive(Default)]
struct Figures {
    errors: WordErrors,
    erasure: Erasure,
    /// Milliseconds.
    settled: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    if args.is_empty() {
        // As `cargo bench` runs it.
        println!("peers: needs references and logs: left out");
        return Ok(());
    }
    let mut all = Figures::default();
    for pair in args.chunks(2) {
        let [reference, log] = pair else { return Err("a log is missing".into()) };
        let figures = figures(Path::new(reference), Path::new(log))?;
        figures.print(log);
        all.errors = all.errors + figures.errors;
        all.erasure = all.erasure + figures.erasure;
        all.settled.extend(figures.settled);
    }
    all.print("all");
    Ok(())
}

fn figures(reference: &Path, log: &Path) -> Result<Figures, Box<dyn Error>> {
    let reference: Reference = serde_json::from_str(&fs::read_to_string(reference)?)?;
    let updates = updates(&fs::read_to_string(log)?)?;
    let heard = text_of_finals(&updates);
    let gold = Gold::of(&reference);
    Ok(Figures {
        errors: WordErrors::between(&reference.text, &heard, reference.language()),
        erasure: Erasure::of(&updates),
        settled: Comparison::new(&updates, &gold, 1.0).latencies().settled,
    })
}

fn updates(log: &str) -> Result<Vec<Update>, Box<dyn Error>> {
    let mut shown: Vec<String> = Vec::new();
    let mut updates = Vec::new();
    for (number, line) in log.lines().skip(1).enumerate() {
        let line: Line = serde_json::from_str(line)?;
        let kept = shown
            .len()
            .checked_sub(line.deleted_tokens.len())
            .ok_or("more is taken off than was there")?;
        if shown[kept..] != line.deleted_tokens {
            return Err("what is taken off was not there".into());
        }
        shown.truncate(kept);
        shown.extend(line.generated_tokens);
        // Nobody knows when the program thought that they were said.
        let word = |it: &String| TimedWord { word: format!(" {it}"), ..TimedWord::default() };
        updates.push(Update {
            revision: number.try_into()?,
            text: shown.join(" "),
            words: shown.iter().map(word).collect(),
            heard_to: line.total_audio_processed,
            at: line.total_audio_processed + line.computation_time,
            ..Update::default()
        });
    }
    updates.last_mut().ok_or("nothing was shown")?.is_final = true;
    Ok(updates)
}

impl Figures {
    fn print(&self, name: &str) {
        let WordErrors { words, substituted, deleted, inserted } = self.errors;
        let told = json!({
            "name": name,
            "words": words,
            "substituted": substituted,
            "deleted": deleted,
            "inserted": inserted,
            "erasure": self.erasure.normalised(),
            "settled_ms": Distribution::of(self.settled.iter().copied()).summary(),
        });
        println!("{told}");
    }
}
