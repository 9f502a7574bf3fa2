//! The cost of one decode of the bundled model: 3 s and 10 s of speech, and 3 s with the full context of the model.
use std::{num::NonZeroUsize, path::Path};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use livecap::{
    assemble::ThisMachine,
    message::SampleRate,
    models::Weights,
    spec::plan::ModelChoice,
    stages::{
        recognise::Recogniser,
        recording::SoundFile,
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

/// The seconds of a Whisper model's full context.
const WHOLE: usize = 30;

/// The first `seconds` of the bundled recording.
fn speech(seconds: usize) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    let mut file = SoundFile::open(&path).unwrap();
    assert_eq!(file.rate(), SampleRate::SPEECH);
    let wanted = seconds * 16_000;
    let mut samples = Vec::new();
    while samples.len() < wanted {
        samples.extend(file.next_chunk().unwrap().expect("it is longer"));
    }
    samples.truncate(wanted);
    samples
}

fn whisper() -> Whisper {
    let found = ThisMachine::new().unwrap().find(&ModelChoice::Named("demo".to_owned())).unwrap();
    let model = match &found.weights {
        Weights::BuiltIn(bytes) => WhisperModel::from_bytes(&found.name, bytes),
        Weights::File(path) => WhisperModel::from_file(&found.name, path),
    };
    // One thread, so that the figures of machines with other numbers of cores can be compared.
    let threads = NonZeroUsize::MIN;
    let settings = WhisperSettings { threads, ..WhisperSettings::default() };
    Whisper::start(&model.unwrap(), &settings).unwrap()
}

fn bench(criterion: &mut Criterion) {
    let mut whisper = whisper();
    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10);
    // As Whisper itself does: the rest of the context is silence.
    let mut whole = speech(3);
    whole.resize(WHOLE * 16_000, 0.0);
    for (name, sound) in
        [("3 s", speech(3)), ("10 s", speech(10)), ("3 s in the whole context", whole)]
    {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| whisper.decode_with_defaults(&sound).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
