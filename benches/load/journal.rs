//! The lag of viewers with a journal and without one, in turn.
use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};

use hdrhistogram::Histogram;
use livecap::{
    assemble::Keeping,
    flow::StageGauge,
    journal::{Book, BookSettings, Keep, RunFacts},
    serve::JournalSettings,
    wire::{Clock, SoundFiles},
};

use super::{captions::Load, times::histogram};

/// As a table: all rounds together, and how much longer it took with the journal.
pub async fn compare(load: Load, rounds: usize) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (mut without, mut with) = (histogram(), histogram());
    for round in 0..2 * rounds {
        // Turned round each time, so that neither always follows the other: without, with, with, without.
        let keeps = matches!(round % 4, 1 | 2);
        let path = folder.path().join(format!("{round}.db"));
        let times = load.run(keeps.then_some(path.as_path())).await?.times;
        if keeps { &mut with } else { &mut without }
            .add(times)
            .map_err(|error| error.to_string())?;
    }
    let mut table = format!(
        "{} viewers, {} tracks, {} languages, {} finals a second and track, {rounds} rounds of {} s each\n\
         | | deliveries | mean ms | p50 ms | p90 ms | p99 ms |\n|---|---|---|---|---|---|\n",
        load.viewers,
        load.tracks,
        load.languages,
        load.rate,
        load.length.as_secs()
    );
    let figures = |it: &Histogram<u64>| {
        [it.mean(), at(it, 0.5), at(it, 0.9), at(it, 0.99)].map(|us| us / 1000.0)
    };
    let (first, second) = (figures(&without), figures(&with));
    let mut row = |name: &str, count: String, values: [f64; 4], digits: usize| {
        let values = values.map(|it| format!("{it:.digits$}")).join(" | ");
        let _ = writeln!(table, "| {name} | {count} | {values} |");
    };
    row("without", without.len().to_string(), first, 2);
    row("with", with.len().to_string(), second, 2);
    row("ratio", String::new(), std::array::from_fn(|it| second[it] / first[it]), 3);
    Ok(table)
}

fn at(times: &Histogram<u64>, part: f64) -> f64 {
    times.value_at_quantile(part) as f64
}

/// A new journal, with the defaults of a pipeline file.
pub async fn open(path: &Path) -> JournalSettings {
    let settings = BookSettings {
        path: path.to_owned(),
        keep: Keep::default(),
        continue_within_ms: 900_000,
        history: 10_000,
        check_for: Duration::from_secs(1),
        run: RunFacts { started_at: Clock::start().started_ms(), ..RunFacts::default() },
    };
    let (book, opened) = Book::open(settings).await.expect("the journal opens");
    JournalSettings {
        journal: Arc::new(Keeping(book)),
        continued: opened.continued,
        gauge: StageGauge::new("book"),
        batch: Duration::from_millis(200),
        patience: Duration::from_millis(250),
        sounds: SoundFiles::default(),
    }
}
