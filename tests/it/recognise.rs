//! Recordings to captions with the demo model, through real stages and edges.
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use livecap::{
    flow::{
        EdgeSettings, Engine, Inlet, Item, Offer, Outlet, Receiver, Room, Setting, Source,
        StageGauge, WhenFull, drive, edge,
    },
    logic::{reference::Reference, wer::WordErrors},
    message::{Caption, Kind, Language, TrackName, Transcript},
    stages::{
        recognise::{NeuralVoiceActivity, Recognise, RecogniseSettings, Recogniser, Track},
        recording::{PlaybackSpeed, Recording, RecordingSettings, SoundFile},
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
    WhisperSettings { language: Some(Language::new("en")), ..WhisperSettings::default() }
}

fn wired<T: Item>(from: &str, to: &str) -> (Outlet<T>, Receiver<T>) {
    let room = Room::Span(Duration::from_secs(1));
    let (sender, receiver) = edge(from, to, EdgeSettings { room, when_full: WhenFull::Wait });
    (Outlet::new(vec![sender], StageGauge::new(from)), receiver)
}

/// All captions of a recording that is read as fast as possible.
async fn captions(path: &Path, settings: RecogniseSettings) -> Vec<Caption> {
    let (from_file, to_resample) = wired("file", "resample");
    let (from_resample, to_whisper) = wired("resample", "whisper");
    let (from_whisper, to_list) = wired("whisper", "list");
    let model = model();
    let engine = Engine::start("whisper", move || Whisper::start(&model, &english())).await;
    let mut track = Track::new(TrackName::new("english"));
    let voice = NeuralVoiceActivity::default();
    let mut whisper = Recognise::new(settings, engine.expect("the engine starts"), voice);
    let mut file = Recording::new(RecordingSettings {
        speed: PlaybackSpeed::Max,
        ..RecordingSettings::new(path)
    });
    let (_, _, _, list) = tokio::join!(
        async move { file.run(&from_file, CancellationToken::new()).await.expect("the file is read") },
        async move {
            let mut inlet = Inlet::new(vec![to_resample]);
            let gauge = StageGauge::new("resample");
            drive(&mut Resample::new(), &mut (), &mut inlet, &from_resample, &gauge)
                .await
                .expect("resampled");
            drop(from_resample);
        },
        async move {
            let mut inlet = Inlet::new(vec![to_whisper]);
            let gauge = StageGauge::new("whisper");
            drive(&mut whisper, &mut track, &mut inlet, &from_whisper, &gauge)
                .await
                .expect("recognised");
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
    fn transcript(caption: &Caption) -> &Transcript {
        match caption {
            Caption::Transcript(it) => it,
            other => panic!("only transcripts of a whole recording, and no {other:?}"),
        }
    }
    captions.iter().map(transcript).collect()
}

fn final_text(captions: &[Caption]) -> String {
    let finals = transcripts(captions).into_iter().filter(|it| it.kind() == Kind::Final);
    finals.map(|it| it.text() + " ").collect()
}

fn reference(recording: &Path) -> Reference {
    let text =
        std::fs::read_to_string(recording.with_extension("json")).expect("a reference is there");
    serde_json::from_str(&text).expect("the reference is JSON")
}

/// Allows the model one error in twenty words.
fn check_words(recording: &Path, captions: &[Caption]) {
    let reference = reference(recording);
    let heard = final_text(captions);
    let errors = WordErrors::between(&reference.text, &heard, "en");
    assert!(errors.rate().unwrap() <= 0.05, "{errors:?} in: {heard}");
}

#[tokio::test]
async fn the_demo_is_recognised_with_growing_partials() {
    let recording = in_project("pipelines/demo.flac");
    // Without a maximum lag nothing is dropped, however slow this machine is.
    let settings = RecogniseSettings { max_lag: None, ..RecogniseSettings::default() };
    let captions = captions(&recording, settings).await;
    check_words(&recording, &captions);
    let all = transcripts(&captions);
    for pair in all.windows(2) {
        let (old, new) = (pair[0], pair[1]);
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
async fn finals_without_partials_have_the_same_words_with_correct_times() {
    let recording = in_project("pipelines/demo.flac");
    let mut settings =
        RecogniseSettings { partials: false, max_lag: None, ..RecogniseSettings::default() };
    // The demo model's word times are good in short segments.
    settings.endpoint.silence = Duration::from_millis(450);
    let captions = captions(&recording, settings).await;
    check_words(&recording, &captions);
    let finals = transcripts(&captions);
    assert!(finals.iter().all(|it| it.kind() == Kind::Final));
    let words: Vec<_> = finals.iter().flat_map(|it| it.words()).collect();
    let spoken: Vec<_> = reference(&recording).sentences.unwrap_or_default();
    let spoken: Vec<_> = spoken.into_iter().flat_map(|it| it.words.unwrap_or_default()).collect();
    assert_eq!(words.len(), spoken.len());
    let off = |at: usize| (words[at].span.start.as_secs_f64() - spoken[at].start).abs();
    let mut off: Vec<f64> = (0..words.len()).map(off).collect();
    off.sort_by(f64::total_cmp);
    assert!(off[off.len() / 2] < 0.15 && off[off.len() - 1] < 0.5, "{off:?}");
}

#[tokio::test]
async fn silence_and_noise_give_no_captions() {
    let clips = in_project("../shared/audio/clips/silence-noise.flac");
    if !clips.exists() {
        println!("left out: there is no {}", clips.display());
        return;
    }
    let captions =
        captions(&clips, RecogniseSettings { max_lag: None, ..RecogniseSettings::default() }).await;
    assert!(captions.is_empty(), "{captions:?}");
}

/// The first and last word of each sentence lie in a segment, so a sentence lies within one segment or in two adjacent ones.
#[tokio::test]
async fn no_sentence_is_cut_off_by_endpointing() {
    let recording = in_project("pipelines/demo.flac");
    let settings =
        RecogniseSettings { partials: false, max_lag: None, ..RecogniseSettings::default() };
    let captions = captions(&recording, settings).await;
    let spans: Vec<_> = transcripts(&captions).iter().map(|it| it.span()).collect();
    for sentence in reference(&recording).sentences.unwrap_or_default() {
        let holds = |at: f64| {
            spans.iter().any(|it| it.start.as_secs_f64() <= at && at <= it.end().as_secs_f64())
        };
        assert!(holds(sentence.start) && holds(sentence.end), "{sentence:?} in {spans:?}");
    }
}

#[test]
fn settings_that_the_model_cannot_meet_are_refused_with_the_reason() {
    let dutch = WhisperSettings { language: Some(Language::new("nl")), ..english() };
    let refused = |settings| Whisper::start(&model(), &settings).err().map(|it| it.to_string());
    assert!(matches!(Whisper::start(&model(), &dutch), Err(WhisperError::EnglishOnly { .. })));
    let unknown = WhisperSettings { language: Some(Language::new("klingon")), ..english() };
    assert!(refused(unknown).unwrap().contains("`klingon`"));
    let translate = WhisperSettings { translate: true, ..english() };
    assert!(matches!(
        Whisper::start(&model(), &translate),
        Err(WhisperError::CannotTranslate { .. })
    ));
    let zero = WhisperSettings { prompt: Some("a\0b".to_owned()), ..english() };
    assert!(matches!(Whisper::start(&model(), &zero), Err(WhisperError::Prompt { .. })));
    assert!(matches!(WhisperModel::from_bytes("cut", b"lmgg"), Err(WhisperError::Broken(_))));
}

/// A state that decoded long audio must not use any of it in a short decode. With flash attention it would.
#[test]
fn a_decode_does_not_depend_on_earlier_decodes() {
    let samples = decoded(&in_project("pipelines/demo.flac"));
    let (long, short) = (&samples[..16_000 * 9], &samples[16_000 * 4..16_000 * 6]);
    let mut fresh = Whisper::start(&model(), &english()).unwrap();
    let alone = fresh.decode_with_defaults(short).unwrap();
    let mut used = Whisper::start(&model(), &english()).unwrap();
    used.decode_with_defaults(long).unwrap();
    assert_eq!(used.decode_with_defaults(short).unwrap(), alone);
    assert!(!alone.words.is_empty());
    // Less audio than whisper.cpp takes, and more than its window.
    assert_eq!(used.decode_with_defaults(&[]).unwrap().words, []);
    assert_eq!(used.decode_with_defaults(&samples[..100]).unwrap().words, []);
    assert!(used.decode_with_defaults(&samples.repeat(2)).is_ok());
}

#[test]
fn a_decode_has_at_most_max_tokens() {
    let samples = decoded(&in_project("pipelines/demo.flac"));
    let sentence = &samples[16_000 * 2..16_000 * 4 + 8_000];
    let words = |max_tokens| {
        let settings = WhisperSettings { max_tokens, ..english() };
        Whisper::start(&model(), &settings).unwrap().decode_with_defaults(sentence).unwrap().words
    };
    let (all, few) = (words(None), words(Some(2)));
    assert!(all.len() > 2 && !few.is_empty() && few.len() <= 2, "{few:?} of {all:?}");
}

#[test]
fn a_prompt_does_not_change_the_number_of_words() {
    let samples = decoded(&in_project("pipelines/demo.flac"));
    let mut plain = Whisper::start(&model(), &english()).unwrap();
    let settings =
        WhisperSettings { prompt: Some("Amsterdam, Rotterdam.".to_owned()), ..english() };
    let mut prompted = Whisper::start(&model(), &settings).unwrap();
    let sentence = &samples[16_000 * 2..16_000 * 4 + 8_000];
    for _ in 0..2 {
        assert_eq!(
            prompted.decode_with_defaults(sentence).unwrap().words.len(),
            plain.decode_with_defaults(sentence).unwrap().words.len()
        );
    }
}

fn decoded(path: &Path) -> Vec<f32> {
    let mut file = SoundFile::open(path).unwrap();
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        samples.extend(chunk);
    }
    samples
}

#[test]
fn a_vocabulary_that_is_changed_is_in_the_next_decode() {
    let samples = decoded(&in_project("pipelines/demo.flac"));
    let sentence = &samples[16_000 * 2..16_000 * 4 + 8_000];
    let vocabulary = Setting::new(String::new());
    let mut changing = Whisper::start_with(&model(), &english(), vocabulary.clone()).unwrap();
    let told = |whisper: &mut Whisper| {
        format!("{:?}", whisper.decode_with_defaults(sentence).unwrap().words)
    };
    let before = told(&mut changing);
    let names = "Amsterdam, Rotterdam.".to_owned();
    vocabulary.change(|_| Ok::<_, ()>(names.clone())).unwrap();
    let settings = WhisperSettings { prompt: Some(names), ..english() };
    let mut prompted = Whisper::start(&model(), &settings).unwrap();
    let after = told(&mut changing);
    assert_eq!(after, told(&mut prompted));
    assert_ne!(after, before);
    // What the model has no tokens for changes nothing.
    vocabulary.change(|_| Ok::<_, ()>("a\0b".to_owned())).unwrap();
    assert_eq!(told(&mut changing), after);
}
