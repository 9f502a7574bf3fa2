//! The cost of a decode while other threads keep the processors busy, by the number of threads of whisper.cpp.
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
pub(crate) fn measure(model: &str) {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let model = load(model);
    let speech = sounds::read(&shipped("pipelines/bench.flac"));
    let speech = &speech[16_000 * 2..16_000 * (2 + SECONDS)];
    println!(
        "| threads | busy threads beside it | a decode of {SECONDS} s: median ms | longest |\n|---|---|---|---|"
    );
    let counts = (1..=cores).filter_map(NonZeroUsize::new);
    for threads in counts {
        let settings =
            WhisperSettings { threads, max_tokens: Some(25), ..WhisperSettings::default() };
        let mut whisper = Whisper::start(&model, &settings).expect("it starts");
        let mut busy = vec![0, 1, cores];
        busy.dedup();
        for busy in busy {
            let _load = BusyThreads::start(busy);
            let mut costs: Vec<Duration> =
                (0..DECODES).map(|_| time_decode(&mut whisper, speech)).collect();
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

fn load(model: &str) -> WhisperModel {
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

fn time_decode(whisper: &mut Whisper, speech: &[f32]) -> Duration {
    let begun = Instant::now();
    whisper.decode_with_defaults(speech).expect("it decodes");
    begun.elapsed()
}

/// Threads that are always busy, until they are dropped.
struct BusyThreads {
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl BusyThreads {
    fn start(count: usize) -> BusyThreads {
        let stop = Arc::new(AtomicBool::new(false));
        let spin = || {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(Relaxed) {
                    spin_loop();
                }
            })
        };
        let threads = (0..count).map(|_| spin()).collect();
        BusyThreads { stop, threads }
    }
}

impl Drop for BusyThreads {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.threads.drain(..).for_each(|it| it.join().expect("it does not panic"));
    }
}
