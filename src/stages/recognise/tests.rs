//! The stage with a scripted recogniser: words are stretches of one value, so that each look can be told what it hears.
use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::{
    flow::{EdgeSettings, Inlet, Offer, Room, StageGauge, WhenFull, drive, edge},
    logic::agree::Heard,
    message::{AudioFrame, Kind, TrackName, Transcript},
};

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of a spoken word: 320 ms.
const WORD: usize = 5_120;
/// Samples of the weak place between two words: 32 ms.
const BETWEEN: usize = 512;
const FRAME_LENGTH: usize = 320;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
    Answer,
    Panic,
    Fail,
    /// Goes on until it is no longer wanted.
    Endless,
    /// Hears a phrase that nobody said.
    Phrase,
}

/// Hears " w7" where most of the word 7 is, " x7" where it is cut.
struct Script(Arc<Mutex<VecDeque<Look>>>);

impl Recogniser for Script {
    fn listen(&mut self, speech: &[f32], ask: &Ask) -> Result<Hypothesis, RecogniseError> {
        let next = self.0.lock().unwrap().pop_front();
        match next.unwrap_or(Look::Answer) {
            Look::Answer => (),
            Look::Endless => {
                while ask.wanted.is_still() {
                    std::thread::yield_now();
                }
                return Err(RecogniseError::Unwanted);
            }
            Look::Phrase => {
                let text = " Thanks for watching!".to_owned();
                let word = Word { text, span: MediaSpan::default() };
                let words = vec![Heard { word, probability: 1.0, mark: 1.0 }];
                let language = Language::new("en");
                return Ok(Hypothesis {
                    words,
                    timed: true,
                    language,
                    no_speech: 0.0,
                    log_probability: 0.0,
                });
            }
            Look::Panic => panic!("as the script says"),
            Look::Fail => {
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
            let place = |sample| MediaTime::of_sample(sample as u64, RATE);
            let span = MediaSpan::between(place(from), place(from + run.len()));
            let mark = if run.len() >= WORD * 3 / 4 { 'w' } else { 'x' };
            if number > 0.0 && run.len() >= WORD / 8 {
                let word = Word { text: format!(" {mark}{number}"), span };
                words.push(Heard { word, probability: 1.0, mark: 1.0 });
            }
            from += run.len();
        }
        let language = Language::new("en");
        Ok(Hypothesis { words, timed: true, language, no_speech: 0.0, log_probability: 0.0 })
    }
}

struct ScriptedVoice;

impl VoiceActivity for ScriptedVoice {
    fn hear(&mut self, frame: &[f32; FRAME]) -> f32 {
        if level(frame) > 0.0 { 1.0 } else { 0.0 }
    }
    fn forget(&mut self) {}
}

/// Sentences of so many words, each followed by so many milliseconds of silence. Words are numbered from 1.
fn speech(sentences: &[(usize, usize)]) -> Vec<f32> {
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

fn frames(sound: &[f32]) -> Vec<AudioFrame> {
    let frame = |(n, samples): (usize, &[f32])| AudioFrame {
        start: MediaTime::of_sample((n * FRAME_LENGTH) as u64, RATE),
        rate: RATE,
        samples: samples.into(),
        hole: None,
        trace: Trace::starting(Instant::now()),
    };
    sound.chunks(FRAME_LENGTH).enumerate().map(frame).collect()
}

fn settings() -> RecogniseSettings {
    let endpoint =
        EndpointSettings { longest: Duration::from_secs(4), ..EndpointSettings::default() };
    // All sound is there at once, and none of it is old.
    RecogniseSettings { endpoint, max_lag: None, ..RecogniseSettings::default() }
}

/// What comes of the frames, life after life, until one ends well.
async fn captions(
    settings: RecogniseSettings,
    frames: Vec<AudioFrame>,
    looks: &[Look],
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
    let script = Arc::new(Mutex::new(looks.iter().copied().collect()));
    let track = Arc::new(Mutex::new(Track::new(TrackName::new("english"))));
    loop {
        let looks = script.clone();
        let made = Engine::start("script", move || Ok::<_, Fault>(Script(looks))).await;
        let engine = made.unwrap_or_else(|error| panic!("{error}"));
        let mut life = Recognise::new(settings.clone(), engine, ScriptedVoice, track.clone());
        match drive(&mut life, &mut inlet, &out, &gauge).await {
            Ok(()) => break,
            Err(Fault::Panicked(_) | Fault::Transient(_)) => (),
            Err(other) => panic!("{other}"),
        }
    }
    drop(out);
    let (mut inlet, mut captions) = (Inlet::new(vec![list]), Vec::new());
    while let Some(Offer::Handle(caption)) = inlet.next().await {
        inlet.settle();
        captions.push(caption);
    }
    captions
}

/// One line each: `final w1 w2`, `partial w1 | x2` with the committed words first, `gap restart 500..900`.
fn told(captions: &[Caption]) -> Vec<String> {
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

fn transcripts(captions: &[Caption]) -> Vec<&Transcript> {
    fn transcript(caption: &Caption) -> Option<&Transcript> {
        if let Caption::Transcript(it) = caption { Some(it) } else { None }
    }
    captions.iter().filter_map(transcript).collect()
}

/// What must hold whatever happened.
fn check_order(captions: &[Caption]) {
    for pair in transcripts(captions).windows(2) {
        let (old, new) = (pair[0], pair[1]);
        assert!((old.segment(), old.revision()) < (new.segment(), new.revision()));
        if old.segment() == new.segment() {
            assert_eq!(old.kind(), Kind::Partial, "{:?}", told(captions));
            let (before, after) = (old.committed_text(), new.committed_text());
            assert!(after.starts_with(&before), "{:?}", told(captions));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn partials_grow_into_a_final() {
    let captions = captions(settings(), frames(&speech(&[(3, 700)])), &[]).await;
    let expected = [
        "partial  | w1",
        "partial w1 | w2",
        "partial w1 w2 | w3",
        "partial w1 w2 w3 |",
        "final w1 w2 w3",
    ];
    assert_eq!(told(&captions), expected);
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_sound_ends_the_sentence() {
    let captions = captions(settings(), frames(&speech(&[(2, 0)])), &[]).await;
    assert_eq!(told(&captions).last().unwrap(), "final w1 w2");
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_what_was_committed_and_marks_the_rest() {
    let looks = [Look::Answer, Look::Answer, Look::Answer, Look::Panic];
    let captions = captions(settings(), frames(&speech(&[(5, 700), (1, 700)])), &looks).await;
    // The panic was in the look at 1 840 ms; w2 ended at 1 172.
    let expected = ["partial w1 w2 | w3", "final w1 w2", "gap restart 1172..1840"];
    assert_eq!(told(&captions)[2..5], expected);
    assert_eq!(told(&captions).last().unwrap(), "final w6");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn ten_panics_in_a_row_leave_a_gap_each_and_then_it_goes_on() {
    let captions =
        captions(settings(), frames(&speech(&[(30, 700), (1, 700)])), &[Look::Panic; 10]).await;
    let told = told(&captions);
    assert_eq!(told.iter().filter(|it| it.starts_with("gap restart")).count(), 10, "{told:?}");
    assert_eq!(told.last().unwrap(), "final w31");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn a_hole_ends_the_sentence_and_is_told_with_its_reason() {
    for (hole, why) in [(None, "overload"), (Some(Why::Device), "device")] {
        let mut frames = frames(&speech(&[(2, 0), (2, 700)]));
        // Without 1 220 to 1 500 ms, which is all but the edges of w3.
        frames.drain(61..75);
        frames[61].hole = hole;
        let told = told(&captions(settings(), frames, &[]).await);
        let at = told.iter().position(|it| it.starts_with("gap")).unwrap();
        assert_eq!(told[at - 1..=at], ["final w1 w2".to_owned(), format!("gap {why} 1220..1500")]);
        assert_eq!(told.last().unwrap(), "final w4");
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_came_before_the_first_sound_is_a_gap() {
    let late = frames(&speech(&[(1, 700)])).split_off(10);
    assert_eq!(told(&captions(settings(), late, &[]).await)[0], "gap overload 0..200");
}

#[tokio::test(start_paused = true)]
async fn a_sentence_without_end_is_cut_and_no_word_is_said_twice_or_lost() {
    let captions = captions(settings(), frames(&speech(&[(40, 700)])), &[]).await;
    let all = transcripts(&captions);
    let finals: Vec<_> = all.iter().filter(|it| it.kind() == Kind::Final).collect();
    let text: Vec<String> = finals.iter().map(|it| it.text()).collect();
    let expected: Vec<String> = (1..=40).map(|it| format!("w{it}")).collect();
    assert_eq!(text.join(" "), expected.join(" "));
    assert!(finals.len() >= 4, "{text:?}");
    check_order(&captions);
}

#[tokio::test(start_paused = true)]
async fn old_sound_gives_no_partials_and_too_old_sound_is_given_up() {
    // A clock that has run for a while, so that frames can be older than it.
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut frames = frames(&speech(&[(3, 700), (3, 700), (3, 700)]));
    let now = Instant::now();
    let aged = |frame: &mut AudioFrame, age| frame.trace = Trace::starting(now - age);
    let second = frames.len() * 2 / 5;
    frames[..second].iter_mut().for_each(|it| aged(it, Duration::from_secs(1)));
    frames[second..second * 2].iter_mut().for_each(|it| aged(it, Duration::from_secs(5)));
    let live = RecogniseSettings { max_lag: Some(Duration::from_secs(4)), ..settings() };
    let told = told(&captions(live, frames, &[]).await);
    assert_eq!(told[0], "final w1 w2 w3");
    assert!(told[1].starts_with("gap overload"), "{told:?}");
    assert!(told.last().unwrap().ends_with("w9"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn sound_that_was_waited_for_is_looked_at_at_once() {
    let most = Some(Duration::from_secs(4));
    let live_settings = RecogniseSettings { max_lag: most, ..settings() };
    let (told, _) = live(live_settings, &speech(&[(3, 0)]), &[]).await;
    assert_eq!(told[0], "partial  | w1");
}

/// The captions of frames that come in their own time, and what was counted.
async fn live(
    settings: RecogniseSettings,
    sound: &[f32],
    looks: &[Look],
) -> (Vec<String>, Vec<(&'static str, u64)>) {
    let looks = Arc::new(Mutex::new(looks.iter().copied().collect()));
    let script = Engine::start("script", || Ok::<_, Fault>(Script(looks))).await;
    let script = script.unwrap_or_else(|error| panic!("{error}"));
    let track = Arc::new(Mutex::new(Track::new(TrackName::new("english"))));
    let gauge = StageGauge::new("script");
    let mut life =
        Recognise::new(settings, script, ScriptedVoice, track).counting_on(gauge.clone());
    let room = Room::Span(Duration::MAX);
    let (sender, list) = edge("script", "list", EdgeSettings { room, when_full: WhenFull::Wait });
    let out = Outlet::new(vec![sender], gauge.clone());
    for frame in frames(sound) {
        tokio::time::advance(frame.duration()).await;
        let trace = Trace::starting(Instant::now());
        let frame = AudioFrame { trace, ..frame };
        life.handle(Speech::new(frame).unwrap(), &out).await.unwrap();
    }
    life.flush(&out).await.unwrap();
    drop((life, out));
    let (mut inlet, mut captions) = (Inlet::new(vec![list]), Vec::new());
    while let Some(Offer::Handle(caption)) = inlet.next().await {
        inlet.settle();
        captions.push(caption);
    }
    check_order(&captions);
    (told(&captions), gauge.read().counts.into_iter().collect())
}

#[tokio::test]
async fn a_look_that_takes_too_long_is_given_up_and_the_words_come_with_the_next() {
    tokio::time::pause();
    let settings = RecogniseSettings { max_lag: Some(Duration::from_millis(40)), ..settings() };
    let (told, counts) = live(settings, &speech(&[(3, 700)]), &[Look::Endless]).await;
    assert_eq!(told.last().unwrap(), "final w1 w2 w3");
    assert!(counts.contains(&("looks-given-up", 1)), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_guard_leaves_out_is_counted() {
    let (told, counts) = live(settings(), &speech(&[(1, 700)]), &[Look::Phrase; 3]).await;
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(counts, [("guarded-phrase", 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_looked_at_once_and_the_final_is_made_of_that_look() {
    // The fourth look is the one at the pause; a fifth would panic.
    let looks = [Look::Answer, Look::Answer, Look::Answer, Look::Answer, Look::Panic];
    let (told, _) = live(settings(), &speech(&[(3, 700)]), &looks).await;
    assert_eq!(told.last().unwrap(), "final w1 w2 w3");
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let look = prop_oneof![6 => Just(Look::Answer), 1 => Just(Look::Panic), 1 => Just(Look::Fail)];
    prop::collection::vec(look, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_word_is_told_once_or_lies_in_a_gap(
        sentences in prop::collection::vec((1usize..14, 0usize..1_500), 1..5),
        holes in prop::collection::vec((any::<prop::sample::Index>(), 1usize..60), 0..4),
        looks in looks(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let sound = speech(&sentences);
        let captions = runtime.block_on(async {
            let mut frames = frames(&sound);
            for (at, length) in &holes {
                let at = at.index(frames.len());
                // What is missing at the very end is known to nobody.
                let end = (at + length).min(frames.len() - 1);
                frames.drain(at.min(end)..end);
            }
            captions(settings(), frames, &looks).await
        });
        check_order(&captions);
        let finals: Vec<_> =
            transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final).flat_map(|it| it.words().to_vec()).collect();
        let gaps: Vec<MediaSpan> =
            captions.iter().filter_map(|it| if let Caption::Gap(gap) = it { Some(gap.span) } else { None }).collect();
        let mut at = 0;
        for run in sound.chunk_by(|a, b| a == b) {
            let place = |sample| MediaTime::of_sample(sample as u64, RATE);
            let span = MediaSpan::between(place(at), place(at + run.len()));
            at += run.len();
            let word = format!(" w{}", (run[0] * 1000.0).round());
            let times = finals.iter().filter(|it| it.text == word).count();
            let missing = gaps.iter().any(|gap| gap.start < span.end() && span.start < gap.end());
            prop_assert!(run[0] == 0.0 || times == 1 || (times == 0 && missing), "{word} {times} times: {:?}", told(&captions));
        }
    }
}
