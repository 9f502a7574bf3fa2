//! Recordings to captions by the demo model, through real stages and edges.
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use livecap::{
    flow::{
        EdgeSettings, Engine, Inlet, Item, Offer, Outlet, Receiver, Room, Source, StageGauge,
        WhenFull, drive, edge,
    },
    logic::wer::WordErrors,
    message::{Caption, Kind, Language, TrackName, Transcript},
    stages::{
        recognise::{NeuralVoiceActivity, Recognise, RecogniseSettings, Track},
        recording::{Pace, Recording, RecordingSettings},
        resample::Resample,
        whisper::{Whisper, WhisperError, WhisperModel, WhisperSettings},
    },
};
use tokio_util::sync::CancellationToken;

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn model() -> WhisperModel {
    static MODEL: OnceLock<WhisperModel> = OnceLock::new();
    let load = || {
        let bytes = std::fs::read(in_project("models/demo.bin")).expect("the demo model is there");
        WhisperModel::from_bytes("demo", &bytes).expect("the demo model loads")
    };
    MODEL.get_or_init(load).clone()
}

fn english() -> WhisperSettings {
    WhisperSettings {
        language: Some(Language::new("en")),
        translate: false,
        prompt: None,
        threads: WhisperSettings::spare_threads(),
    }
}

fn wired<T: Item>(from: &str, to: &str) -> (Outlet<T>, Receiver<T>) {
    let room = Room::Span(Duration::from_secs(1));
    let (sender, receiver) = edge(from, to, EdgeSettings { room, when_full: WhenFull::Wait });
    (Outlet::new(vec![sender], StageGauge::new(from)), receiver)
}

/// All captions of a recording, given as fast as it is taken.
async fn captions(path: &Path, settings: RecogniseSettings) -> Vec<Caption> {
    let (from_file, to_resample) = wired("file", "resample");
    let (from_resample, to_whisper) = wired("resample", "whisper");
    let (from_whisper, to_list) = wired("whisper", "list");
    let model = model();
    let engine = Engine::start("whisper", move || Whisper::start(&model, &english())).await;
    let track = Arc::new(Mutex::new(Track::new(TrackName::new("english"))));
    let voice = NeuralVoiceActivity::default();
    let mut whisper = Recognise::new(settings, engine.expect("the engine starts"), voice, track);
    let mut file =
        Recording::new(RecordingSettings { pace: Pace::Max, ..RecordingSettings::new(path) });
    let (_, _, _, list) = tokio::join!(
        async move { file.run(&from_file, CancellationToken::new()).await.expect("the file is read") },
        async move {
            let mut inlet = Inlet::new(vec![to_resample]);
            let gauge = StageGauge::new("resample");
            drive(&mut Resample::new(), &mut inlet, &from_resample, &gauge)
                .await
                .expect("resampled");
            drop(from_resample);
        },
        async move {
            let mut inlet = Inlet::new(vec![to_whisper]);
            let gauge = StageGauge::new("whisper");
            drive(&mut whisper, &mut inlet, &from_whisper, &gauge).await.expect("recognised");
            drop(from_whisper);
        },
        async move {
            let mut inlet = Inlet::new(vec![to_list]);
            let mut list = Vec::new();
            while let Some(Offer::Handle(caption)) = inlet.next().await {
                inlet.settle();
                list.push(caption);
            }
            list
        }
    );
    list
}

fn transcripts(captions: &[Caption]) -> Vec<&Transcript> {
    let transcript = |it| match it {
        &Caption::Transcript(ref it) => it,
        Caption::Gap(gap) => panic!("a gap in a whole recording: {gap:?}"),
    };
    captions.iter().map(transcript).collect()
}

fn final_text(captions: &[Caption]) -> String {
    let finals = transcripts(captions).into_iter().filter(|it| it.kind() == Kind::Final);
    finals.map(|it| it.text() + " ").collect()
}

fn reference(recording: &Path) -> serde_json::Value {
    let text =
        std::fs::read_to_string(recording.with_extension("json")).expect("a reference is there");
    serde_json::from_str(&text).expect("the reference is JSON")
}

/// One error of the model's own in twenty words is allowed for.
fn check_words(recording: &Path, captions: &[Caption]) {
    let reference = reference(recording);
    let heard = final_text(captions);
    let errors = WordErrors::between(reference["text"].as_str().unwrap(), &heard);
    println!("{}: {errors:?} {heard}", recording.display());
    assert!(errors.rate().unwrap() <= 0.05, "{errors:?} in: {heard}");
}

#[tokio::test]
async fn the_demo_is_recognised_word_by_word_as_it_is_spoken() {
    let recording = in_project("pipelines/demo.flac");
    let captions = captions(&recording, RecogniseSettings::default()).await;
    check_words(&recording, &captions);
    let all = transcripts(&captions);
    for pair in all.windows(2) {
        let (old, new) = (pair[0], pair[1]);
        println!(
            "{:?} {} [{}] {}",
            new.kind(),
            new.span().end().as_secs_f64(),
            new.committed_text(),
            new.text()
        );
        assert!((old.segment(), old.revision()) < (new.segment(), new.revision()));
        if old.segment() == new.segment() {
            assert_eq!(old.kind(), Kind::Partial, "something follows a final");
            assert!(new.committed_text().starts_with(&old.committed_text()), "{old:?} {new:?}");
        } else {
            assert_eq!(old.kind(), Kind::Final, "a segment was left open");
        }
    }
    let partials = all.iter().filter(|it| it.kind() == Kind::Partial).count();
    assert!(partials > 20, "{partials} partials");
}
