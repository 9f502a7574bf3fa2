//! A scripted recogniser and its audio: each word is a run of samples with one value, so that a decode can tell which words it contains.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use super::super::*;
use crate::{
    flow::{EdgeSettings, Engine, Inlet, Offer, Receiver, Room, StageGauge, WhenFull, drive, edge},
    logic::{
        agreement::{AgreementSettings, DecodedWord},
        decode_scheduler::DecodeSchedulerSettings,
        endpoint::EndpointSettings,
        window::WindowSettings,
    },
    message::{AudioFrame, Kind, Language, Trace, TrackName, Transcript, Word},
};

pub(super) const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of a word: 320 ms.
pub(super) const WORD: usize = 5_120;
/// Added to the number of a word that ends a sentence.
pub(super) const LAST: usize = 500;
/// Samples of the weak place between two words: 32 ms.
pub(super) const BETWEEN: usize = 512;
pub(super) const FRAME_LENGTH: usize = 320;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ScriptedDecode {
    Answer,
    Panic,
    Fail,
    /// Runs until it is cancelled.
    Endless,
    /// Gives a hallucinated phrase.
    Phrase,
    /// Gives a loop.
    Loop,
}

/// Gives " w7" for most of word 7, " x7" for a cut part of it, and a full stop after words with numbers above [`LAST`].
pub(super) struct Script(pub(super) Arc<Mutex<VecDeque<ScriptedDecode>>>);

impl Recogniser for Script {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let next = self.0.lock().unwrap().pop_front();
        match next.unwrap_or(ScriptedDecode::Answer) {
            ScriptedDecode::Answer => (),
            ScriptedDecode::Endless => {
                while !request.cancellation.is_cancelled() {
                    std::thread::yield_now();
                }
                return Err(RecogniseError::Cancelled);
            }
            ScriptedDecode::Phrase => {
                return Ok(hypothesis(vec![word(" Thanks for watching!".to_owned())]));
            }
            ScriptedDecode::Loop => return Ok(hypothesis(vec![word(" so it is".repeat(30))])),
            ScriptedDecode::Panic => panic!("as the script says"),
            ScriptedDecode::Fail => {
                return Err(RecogniseError::Failed {
                    samples: speech.len(),
                    cause: "scripted".to_owned(),
                });
            }
        }
        let mut words = Vec::new();
        let mut from = 0;
        for run in speech.chunk_by(|a, b| a == b) {
            let number = (run[0] * 1000.0).round();
            let time_of = |sample| MediaTime::of_sample(sample as u64, RATE);
            let span = MediaSpan::between(time_of(from), time_of(from + run.len()));
            let mark = if run.len() >= WORD * 3 / 4 { 'w' } else { 'x' };
            if number > 0.0 && run.len() >= WORD / 8 {
                let is_last = number > LAST as f32;
                let (number, stop) =
                    if is_last { (number - LAST as f32, ".") } else { (number, "") };
                let word = Word { text: format!(" {mark}{number}{stop}"), span };
                words.push(DecodedWord { word, probability: 1.0, punctuation_probability: 1.0 });
            }
            from += run.len();
        }
        Ok(hypothesis(words))
    }
}

fn word(text: String) -> DecodedWord {
    DecodedWord {
        word: Word { text, span: MediaSpan::default() },
        probability: 1.0,
        punctuation_probability: 1.0,
    }
}

fn hypothesis(words: Vec<DecodedWord>) -> Hypothesis {
    Hypothesis {
        words,
        has_word_times: true,
        language: Language::new("en"),
        language_probability: 1.0,
        text_language: None,
        no_speech: 0.0,
        log_probability: 0.0,
        times: Vec::new(),
        hit_token_limit: false,
    }
}

pub(super) struct ScriptedVoice;

impl VoiceActivity for ScriptedVoice {
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        if level(frame) > 0.0 { 1.0 } else { 0.0 }
    }
    fn reset(&mut self) {}
}

/// The audio of sentences: (number of words, milliseconds of silence after them). Words are numbered from 1.
pub(super) fn speech(sentences: &[(usize, usize)]) -> Vec<f32> {
    let (mut sound, mut number) = (vec![0.0; 8_000], 0);
    for (words, silence) in sentences {
        for _ in 0..*words {
            number += 1;
            sound.extend(std::iter::repeat_n(number as f32 / 1000.0, WORD));
            sound.extend(std::iter::repeat_n(0.0, BETWEEN));
        }
        sound.extend(std::iter::repeat_n(0.0, silence * 16));
    }
    sound
}

/// The same audio with a full stop after the word.
pub(super) fn ending_with(mut sound: Vec<f32>, word: usize) -> Vec<f32> {
    let value = |number: usize| number as f32 / 1000.0;
    let of_word = sound.iter_mut().filter(|it| **it == value(word));
    of_word.for_each(|it| *it = value(word + LAST));
    sound
}

pub(super) fn frames(sound: &[f32]) -> Vec<AudioFrame> {
    let frame = |(n, samples): (usize, &[f32])| AudioFrame {
        start: MediaTime::of_sample((n * FRAME_LENGTH) as u64, RATE),
        rate: RATE,
        samples: samples.into(),
        hole: None,
        speaker: None,
        trace: Trace::starting(Instant::now()),
    };
    sound.chunks(FRAME_LENGTH).enumerate().map(frame).collect()
}

pub(super) fn settings() -> RecogniseSettings {
    let ms = Duration::from_millis;
    let endpoint = EndpointSettings {
        longest: ms(4_000),
        silence: ms(500),
        sentence: ms(250),
        ..EndpointSettings::default()
    };
    let scheduler =
        DecodeSchedulerSettings { first: ms(150), interval: ms(350), pause: ms(250), share: 0.5 };
    let agreement = AgreementSettings { commit_margin: ms(100), ..AgreementSettings::default() };
    let window = WindowSettings { length: ms(3_000), keep: ms(1_000), overlap: 3 };
    // All audio is there at once, so none of it is old.
    RecogniseSettings {
        language: Some(Language::new("en")),
        endpoint,
        scheduler,
        agreement,
        window,
        max_lag: None,
        ..RecogniseSettings::default()
    }
}

/// The captions of the frames. The stage is restarted after each fault until a run ends well.
pub(super) async fn captions(
    settings: RecogniseSettings,
    frames: Vec<AudioFrame>,
    script: &[ScriptedDecode],
) -> Vec<Caption> {
    let wait = |room| EdgeSettings { room: Room::Span(room), when_full: WhenFull::Wait };
    let (sender, receiver) = edge("sound", "script", wait(Duration::from_secs(1_000)));
    let source = Outlet::new(vec![sender], StageGauge::new("sound"));
    for frame in frames {
        source.send(Speech::new(frame).unwrap()).await.unwrap();
    }
    drop(source);
    let (sender, list) = edge("script", "list", wait(Duration::MAX));
    let (gauge, mut inlet) = (StageGauge::new("script"), Inlet::new(vec![receiver]));
    let out = Outlet::new(vec![sender], gauge.clone());
    let script = Arc::new(Mutex::new(script.iter().copied().collect()));
    let mut track = Track::new(TrackName::new("english"));
    loop {
        let script = script.clone();
        let made = Engine::start("script", move || Ok::<_, Fault>(Script(script))).await;
        let engine = made.unwrap_or_else(|error| panic!("{error}"));
        let mut stage = Recognise::new(settings.clone(), engine, ScriptedVoice);
        match drive(&mut stage, &mut track, &mut inlet, &out, &gauge).await {
            Ok(()) => break,
            Err(Fault::Panicked(_) | Fault::Transient(_)) => (),
            Err(other) => panic!("{other}"),
        }
    }
    drop(out);
    all(list).await
}

/// The captions of the frames before the audio ends.
pub(super) async fn before_the_end(
    settings: RecogniseSettings,
    frames: Vec<AudioFrame>,
) -> Vec<String> {
    let engine = Engine::start("script", || Ok::<_, Fault>(Script(Arc::default()))).await;
    let mut track = Track::new(TrackName::new("english"));
    let engine = engine.unwrap_or_else(|error| panic!("{error}"));
    let mut stage = Recognise::new(settings, engine, ScriptedVoice);
    let room = Room::Span(Duration::MAX);
    let (sender, list) = edge("script", "list", EdgeSettings { room, when_full: WhenFull::Wait });
    let out = Outlet::new(vec![sender], StageGauge::new("script"));
    for frame in frames {
        stage.handle(&mut track, Speech::new(frame).unwrap(), &out).await.unwrap();
    }
    drop((stage, out));
    lines(&all(list).await)
}

pub(super) async fn all(list: Receiver<Caption>) -> Vec<Caption> {
    let (mut inlet, mut captions) = (Inlet::new(vec![list]), Vec::new());
    while let Some(Offer::Handle(caption)) = inlet.next().await {
        inlet.settle();
        captions.push(caption);
    }
    captions
}

/// The captions of frames that arrive in real time, and the counts of the stage.
pub(super) async fn live(
    settings: RecogniseSettings,
    sound: &[f32],
    script: &[ScriptedDecode],
) -> (Vec<String>, Vec<(&'static str, u64)>) {
    let script = Script(Arc::new(Mutex::new(script.iter().copied().collect())));
    let (captions, counts) = live_by(settings, sound, script).await;
    (lines(&captions), counts)
}

/// The same with another recogniser.
pub(super) async fn live_by<R: Recogniser + Send>(
    settings: RecogniseSettings,
    sound: &[f32],
    recogniser: R,
) -> (Vec<Caption>, Vec<(&'static str, u64)>) {
    let engine = Engine::start("script", || Ok::<_, Fault>(recogniser)).await;
    let engine = engine.unwrap_or_else(|error| panic!("{error}"));
    let mut track = Track::new(TrackName::new("english"));
    let gauge = StageGauge::new("script");
    let mut stage = Recognise::new(settings, engine, ScriptedVoice).counting_on(gauge.clone());
    let room = Room::Span(Duration::MAX);
    let (sender, list) = edge("script", "list", EdgeSettings { room, when_full: WhenFull::Wait });
    let out = Outlet::new(vec![sender], gauge.clone());
    for frame in frames(sound) {
        tokio::time::advance(frame.duration()).await;
        let trace = Trace::starting(Instant::now());
        let frame = AudioFrame { trace, ..frame };
        stage.handle(&mut track, Speech::new(frame).unwrap(), &out).await.unwrap();
    }
    stage.flush(&mut track, &out).await.unwrap();
    drop((stage, out));
    let captions = all(list).await;
    check_order(&captions);
    (captions, gauge.read().counts.into_iter().collect())
}

/// One line per caption: `final w1 w2`, `partial w1 | x2` with the committed words before the bar, `gap restart 500..900`.
pub(super) fn lines(captions: &[Caption]) -> Vec<String> {
    let line = |caption: &Caption| match caption {
        Caption::Translation(it) => panic!("a recogniser translates nothing: {it:?}"),
        Caption::Transcript(it) if it.kind() == Kind::Final => format!("final {}", it.text()),
        Caption::Transcript(it) => {
            let (committed, text) = (it.committed_text(), it.text());
            let tail = text.strip_prefix(&committed).unwrap().trim();
            format!("partial {committed} | {tail}").trim_end().to_owned()
        }
        Caption::Gap(gap) => {
            let at = |place: MediaTime| place.since_start().as_millis();
            format!("gap {} {}..{}", gap.why.name(), at(gap.span.start), at(gap.span.end()))
        }
    };
    captions.iter().map(line).collect()
}

pub(super) fn transcripts(captions: &[Caption]) -> Vec<&Transcript> {
    fn transcript(caption: &Caption) -> Option<&Transcript> {
        if let Caption::Transcript(it) = caption { Some(it) } else { None }
    }
    captions.iter().filter_map(transcript).collect()
}

/// Checks what must hold in every case: revisions only grow, nothing follows a final, and committed words stay.
pub(super) fn check_order(captions: &[Caption]) {
    for pair in transcripts(captions).windows(2) {
        let (old, new) = (pair[0], pair[1]);
        assert!((old.segment(), old.revision()) < (new.segment(), new.revision()));
        if old.segment() == new.segment() {
            assert_eq!(old.kind(), Kind::Partial, "{:?}", lines(captions));
            let (before, after) = (old.committed_text(), new.committed_text());
            assert!(after.starts_with(&before), "{:?}", lines(captions));
        }
    }
}
