//! Recorded decodes of real models, replayed through the whole policy without a model (`tests/corpus/README.md`).
mod answers;
mod invariants;
mod recording;
mod unsteady;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

use livecap::{
    logic::{latency::Comparison, stability::Erasure, update::Gold},
    stages::recognise::RecogniseSettings,
};

use self::answers::{Answers, Tally};
use crate::support::corpus::{
    format::{self, Outcome, Piece},
    streamed::{FRAME, Streamed, on_paused_clock, product_settings, streamed},
};

/// A piece and the result of its replay.
struct Replayed {
    piece: Arc<Piece>,
    run: Streamed,
    tally: Tally,
}

impl Replayed {
    fn is_exact(&self) -> bool {
        self.tally.exact == self.tally.asked
    }

    /// For messages.
    fn name(&self) -> String {
        format!(
            "{} by {} (tests/corpus/README.md tells how to record it again)",
            self.piece.head.name, self.piece.head.model
        )
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let entries = fs::read_dir(folder).expect("the corpus is there");
    let mut files: Vec<PathBuf> = entries.map(|it| it.expect("a file").path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "gz"));
    files.sort();
    files
}

fn corpus() -> &'static [Arc<Piece>] {
    static CORPUS: OnceLock<Vec<Arc<Piece>>> = OnceLock::new();
    let read = |file: &PathBuf| {
        format::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    CORPUS.get_or_init(|| files().iter().flat_map(read).map(Arc::new).collect())
}

fn settings(piece: &Piece) -> RecogniseSettings {
    product_settings(piece.head.language.as_deref(), piece.head.of_model)
}

/// The captions of a piece, with decodes that cost `scale` times what they did when they were recorded.
fn replay(
    piece: &Arc<Piece>,
    scale: f64,
    frames: impl Iterator<Item = (usize, Vec<f32>)>,
) -> (Streamed, Tally) {
    let tally = Arc::<Mutex<Tally>>::default();
    let (recording, counted) = (piece.clone(), tally.clone());
    let make = move |clock| Answers::new(recording, clock, scale, counted);
    let run = on_paused_clock(streamed(settings(piece), piece.sound.voice(), make, frames));
    let tally = *tally.lock().unwrap();
    (run, tally)
}

/// The whole corpus, replayed once for all tests.
fn replayed() -> &'static [Replayed] {
    static REPLAYED: OnceLock<Vec<Replayed>> = OnceLock::new();
    let replayed = |piece: &Arc<Piece>| {
        let (run, tally) = replay(piece, 1.0, piece.sound.frames(FRAME));
        Replayed { piece: piece.clone(), run, tally }
    };
    let halves = || {
        // Two pieces at a time: the corpus is more than an hour of sound.
        let (one, other) = corpus().split_at(corpus().len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| other.iter().map(replayed).collect::<Vec<_>>());
            let mut all: Vec<Replayed> = one.iter().map(replayed).collect();
            all.extend(other.join().unwrap());
            all
        })
    };
    REPLAYED.get_or_init(halves)
}

/// Prints how exact the replay is, and the figures of the policy. Asserts nothing.
#[test]
fn the_exactness_and_figures_of_the_replay_are_printed() {
    let at = |times: &[f64], part: f64| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        let place = (times.len() as f64 * part) as usize;
        times.get(place.min(times.len().saturating_sub(1))).map_or(f64::NAN, |it| it / 1000.0)
    };
    let mut all = Tally::default();
    for it in replayed() {
        let Replayed { piece, run, tally } = it;
        let (updates, gold) = (run.updates(), Gold::of(&piece.head.reference));
        let latencies = Comparison::new(&updates, &gold, 1.0).latencies();
        let outcome = Outcome::of(run, &piece.head.reference);
        println!(
            "{:<16} {:<20} exact {:>3} of {:>3} | errors {:>3} of {:>3} words (recorded {:>3}) | erasure {:.3} | committed {:.2} {:.2} | final {:.2} {:.2} | {:?}",
            piece.head.model,
            piece.head.name,
            tally.exact,
            tally.asked,
            outcome.errors,
            outcome.words,
            piece.outcome.errors,
            Erasure::of(&updates).normalised().unwrap_or(0.0),
            at(&latencies.committed, 0.5),
            at(&latencies.committed, 0.95),
            at(&latencies.finalisation, 0.5),
            at(&latencies.finalisation, 0.95),
            run.counts,
        );
        all.asked += tally.asked;
        all.exact += tally.exact;
    }
    println!("exact answers: {} of {}", all.exact, all.asked);
}

/// If the policy requests the recorded decodes, its captions are the recorded ones.
#[test]
fn the_recorded_decodes_give_the_recorded_captions() {
    let rewrites = std::env::var_os("UPDATE_EXPECT").is_some();
    for it in replayed().iter().filter(|it| it.is_exact() && !rewrites) {
        let outcome = Outcome::of(&it.run, &it.piece.head.reference);
        let recorded = &it.piece.outcome;
        assert_eq!(outcome.finals, recorded.finals, "{}", it.name());
        assert_eq!(&outcome, recorded, "the captions before the finals of {}", it.name());
    }
    if rewrites {
        rewrite();
    }
}

/// Takes over the outcome of exact replays: a change of what is shown and committed needs no new decodes.
fn rewrite() {
    for file in files() {
        let mut pieces = format::read(&file).unwrap();
        for piece in &mut pieces {
            let same = |it: &&Replayed| it.piece.head == piece.head && it.is_exact();
            if let Some(replayed) = replayed().iter().find(same) {
                piece.outcome = Outcome::of(&replayed.run, &piece.head.reference);
            }
        }
        format::write(&file, &pieces).unwrap();
    }
}
