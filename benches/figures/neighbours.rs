//! The cost of a decode when other work wants the processors too, by the number of threads of whisper.cpp.
use std::{
    hint::spin_loop,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use livecap::{
    assemble::ThisMachine,
    models::Weights,
    spec::plan::ModelChoice,
    stages::{
        recognise::Recogniser,
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};
use tokio::time::Instant;

use crate::sounds::{self, shipped};

const DECODES: usize = 15;
/// Seconds of speech in a decode.
const SECONDS: usize = 3;

/// `model`: a name in the catalogue or a path, as in a pipeline file.
pub(crate) fn neighbours(model: &str) {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let model = loaded(model);
    let speech = sounds::read(&shipped("pipelines/bench.flac"));
    let speech = &speech[16_000 * 2..16_000 * (2 + SECONDS)];
    println!(
        "| threads | busy neighbours | a decode of {SECONDS} s: median ms | longest |\n|---|---|---|---|"
    );
    let counts = (1..=cores).filter_map(NonZeroUsize::new);
    for threads in counts {
        let settings =
            WhisperSettings { threads, max_tokens: Some(25), ..WhisperSettings::default() };
        let mut whisper = Whisper::start(&model, &settings).expect("it starts");
        let mut busy = vec![0, 1, cores];
        busy.dedup();
        for busy in busy {
            let _neighbours = Neighbours::start(busy);
            let mut costs: Vec<Duration> =
                (0..DECODES).map(|_| cost(&mut whisper, speech)).collect();
            costs.sort_unstable();
            let ms = |cost: Duration| cost.as_secs_f64() * 1000.0;
            println!(
                "| {threads} | {busy} | {:.0} | {:.0} |",
                ms(costs[DECODES / 2]),
                ms(costs[DECODES - 1])
            );
        }
    }
}

fn loaded(model: &str) -> WhisperModel {
    let choice = match model.ends_with(".bin") {
        true => ModelChoice::File(model.into()),
        false => ModelChoice::Named(model.to_owned()),
    };
    let machine = ThisMachine::new().expect("the catalogue can be read");
    let found = machine.find(&choice).unwrap_or_else(|error| panic!("{error}"));
    let model = match &found.weights {
        Weights::BuiltIn(bytes) => WhisperModel::from_bytes(&found.name, bytes),
        Weights::File(path) => WhisperModel::from_file(&found.name, path),
    };
    model.unwrap_or_else(|error| panic!("{error}"))
}

fn cost(whisper: &mut Whisper, speech: &[f32]) -> Duration {
    let begun = Instant::now();
    whisper.decode_with_defaults(speech).expect("it listens");
    begun.elapsed()
}

/// Threads that are always busy, until they are dropped.
struct Neighbours {
    over: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Neighbours {
    fn start(count: usize) -> Neighbours {
        let over = Arc::new(AtomicBool::new(false));
        let spin = || {
            let over = over.clone();
            thread::spawn(move || {
                while !over.load(Relaxed) {
                    spin_loop();
                }
            })
        };
        let threads = (0..count).map(|_| spin()).collect();
        Neighbours { over, threads }
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        self.threads.drain(..).for_each(|it| it.join().expect("it only spins"));
    }
}
