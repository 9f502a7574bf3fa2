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

#[tokio::test]
async fn zzz() {
    let mut total = [WordErrors::default(); 3];
    for entry in std::fs::read_dir("/work/shared/audio/clips").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "flac")
            || !std::env::var("ONLY").unwrap().split(',').any(|it| path.file_stem().unwrap() == it)
        {
            continue;
        }
        let text = reference(&path)["text"].as_str().unwrap_or_default().to_owned();
        for (at, partials) in
            [None, Some(Duration::from_millis(500)), Some(Duration::from_millis(300))]
                .into_iter()
                .enumerate()
        {
            let t = tokio::time::Instant::now();
            let all = captions(
                &path,
                RecogniseSettings { partials, max_lag: None, ..RecogniseSettings::default() },
            )
            .await;
            let heard = final_text(&all);
            let errors = WordErrors::between(&text, &heard);
            total[at] = total[at] + errors;
            println!("{:?} {partials:?} {errors:?} {:?}", path.file_stem().unwrap(), t.elapsed());
            if std::env::var("SHOW").is_ok() {
                for t in transcripts(&all) {
                    println!(
                        "      {:?} {} {:.2} [{}] {}",
                        t.kind(),
                        t.segment().number(),
                        t.span().end().as_secs_f64(),
                        t.committed_text(),
                        t.text()
                    );
                }
            }
            if partials.is_none() && errors.errors() > 0 {
                println!("   {text}\n   {heard}");
            }
            if partials.is_none() {
                // how far the words lie from the reference's
                let r = reference(&path);
                let gold: Vec<(String, f64, f64)> = r["sentences"]
                    .as_array()
                    .map(|s| {
                        s.iter()
                            .flat_map(|s| s["words"].as_array().unwrap().clone())
                            .map(|w| {
                                (
                                    w["word"].as_str().unwrap().to_owned(),
                                    w["start"].as_f64().unwrap(),
                                    w["end"].as_f64().unwrap(),
                                )
                            })
                            .collect()
                    })
                    .unwrap_or_default();
                let words: Vec<_> = transcripts(&all)
                    .into_iter()
                    .filter(|it| it.kind() == Kind::Final)
                    .flat_map(|it| it.words().to_vec())
                    .collect();
                if gold.len() == words.len() && !gold.is_empty() {
                    let mut ds: Vec<f64> = gold
                        .iter()
                        .zip(&words)
                        .map(|(g, w)| w.span.start.as_secs_f64() - g.1)
                        .collect();
                    let mut de: Vec<f64> = gold
                        .iter()
                        .zip(&words)
                        .map(|(g, w)| w.span.end().as_secs_f64() - g.2)
                        .collect();
                    ds.sort_by(f64::total_cmp);
                    de.sort_by(f64::total_cmp);
                    let q = |v: &Vec<f64>| {
                        [0.05, 0.25, 0.5, 0.75, 0.95]
                            .map(|p| (v[(p * (v.len() - 1) as f64) as usize] * 1000.0).round())
                    };
                    println!("   start {:?} end {:?}", q(&ds), q(&de));
                }
                // where segments begin and end against sentences
                if let Some(sentences) = r["sentences"].as_array() {
                    for s in sentences {
                        let (a, b) = (s["start"].as_f64().unwrap(), s["end"].as_f64().unwrap());
                        let inside = transcripts(&all).into_iter().any(|t| {
                            t.kind() == Kind::Final
                                && t.span().start.as_secs_f64() <= a
                                && t.span().end().as_secs_f64() >= b - 0.02
                        });
                        if !inside {
                            println!("   not inside one segment: {a} {b} {}", s["text"]);
                        }
                    }
                }
            }
        }
    }
    println!("{total:?}");
}
