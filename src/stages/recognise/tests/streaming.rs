//! The streaming stage with a scripted back end.
use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
};

use super::{
    super::{RecogniseStream, SessionHypothesis, StreamingRecogniser, StreamingSession, Track},
    script::{all, check_order, frames, lines, transcripts},
};
use crate::{
    flow::{EdgeSettings, Inlet, Outlet, Room, StageGauge, WhenFull, drive, edge},
    message::{AudioFrame, Language, MediaTime, Speaker, Trace, TrackName, Word},
    stages::recognise::*,
};

const WORD: Duration = Duration::from_millis(300);

/// The answers of a session, in order: after this much of its audio, a hypothesis or a failure.
type Answers = VecDeque<(Duration, Result<SessionHypothesis, &'static str>)>;

/// Gives each new session the next answers.
#[derive(Clone)]
struct ScriptedService(Arc<Mutex<VecDeque<Answers>>>);

struct ScriptedSession {
    answers: Answers,
    received: Duration,
    finished: bool,
}

impl StreamingRecogniser for ScriptedService {
    type Session = ScriptedSession;

    async fn open(&self) -> Result<ScriptedSession, Fault> {
        let answers = self.0.lock().unwrap().pop_front().unwrap_or_default();
        Ok(ScriptedSession { answers, received: Duration::ZERO, finished: false })
    }
}

impl StreamingSession for ScriptedSession {
    async fn push(&mut self, samples: &[f32]) -> Result<(), Fault> {
        self.received += SampleRate::SPEECH.duration_of(samples.len());
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<SessionHypothesis>, Fault> {
        let due = self.answers.front().is_some_and(|(at, _)| *at <= self.received);
        if !due && !self.finished {
            return pending().await;
        }
        match self.answers.pop_front() {
            Some((_, Ok(answer))) => Ok(Some(answer)),
            Some((_, Err(why))) => Err(Fault::transient(why)),
            None => Ok(None),
        }
    }

    async fn finish(&mut self) -> Result<(), Fault> {
        self.finished = true;
        Ok(())
    }
}

/// Words of 300 ms each, from word number `first` of the session on. Those before `|` are stable, and `.` ends the segment.
fn hypothesis(first: u32, text: &str) -> SessionHypothesis {
    let is_final = text.ends_with('.');
    let stable = text.split_whitespace().take_while(|it| *it != "|").count();
    let words = text.split_whitespace().filter(|it| *it != "|").zip(first..);
    let word = |(it, at): (&str, u32)| {
        let span = MediaSpan { start: MediaTime::ZERO + WORD * at, length: WORD };
        Word { text: format!(" {it}"), span }
    };
    SessionHypothesis { words: words.map(word).collect(), stable, is_final, language: None }
}

fn at(ms: u64, first: u32, text: &str) -> (Duration, Result<SessionHypothesis, &'static str>) {
    (Duration::from_millis(ms), Ok(hypothesis(first, text)))
}

/// All captions of the frames, with these sessions in turn. A run that fails is followed by another one.
async fn captions(
    frames: Vec<AudioFrame>,
    sessions: Vec<Vec<(Duration, Result<SessionHypothesis, &'static str>)>>,
) -> Vec<Caption> {
    let service =
        ScriptedService(Arc::new(Mutex::new(sessions.into_iter().map(Into::into).collect())));
    let wait =
        EdgeSettings { room: Room::Span(Duration::from_secs(100)), when_full: WhenFull::Wait };
    let (sender, receiver) = edge("sound", "service", wait);
    let source = Outlet::new(vec![sender], StageGauge::new("sound"));
    let (sender, list) = edge("service", "list", wait);
    let (gauge, mut inlet) = (StageGauge::new("service"), Inlet::new(vec![receiver]));
    let out = Outlet::new(vec![sender], gauge.clone());
    let mut track = Track::new(TrackName::new("english"));
    let speak = async move {
        for frame in frames {
            source.send(Speech::new(frame).unwrap()).await.unwrap();
            // The session is polled between frames, as at the speed of speech.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let listen = async move {
        loop {
            let mut run = RecogniseStream::new(service.clone(), Language::new("en"));
            match drive(&mut run, &mut track, &mut inlet, &out, &gauge).await {
                Ok(()) => return,
                Err(Fault::Transient(_)) => (),
                Err(other) => panic!("{other}"),
            }
        }
    };
    let (_, _, captions) = tokio::join!(speak, listen, all(list));
    check_order(&captions);
    captions
}

fn sound(ms: usize) -> Vec<AudioFrame> {
    frames(&vec![0.1; ms * 16])
}

#[tokio::test(start_paused = true)]
async fn hypotheses_become_partials_and_finals_of_consecutive_segments() {
    let answers = vec![
        at(600, 0, "| one"),
        at(900, 0, "one | two"),
        at(1_500, 0, "one two three."),
        at(1_800, 3, "four |"),
    ];
    let captions = captions(sound(3_000), vec![answers]).await;
    let expected = [
        "partial  | one",
        "partial one | two",
        "final one two three.",
        "partial four |",
        // The session ended without a final, so its committed words become one.
        "final four",
    ];
    assert_eq!(lines(&captions), expected);
    let Caption::Transcript(second) = &captions[3] else { panic!() };
    assert_eq!(second.words()[0].span.start, MediaTime::ZERO + WORD * 3);
}

#[tokio::test(start_paused = true)]
async fn the_language_of_a_segment_stays_once_words_are_committed() {
    let spoken = |ms, text: &str, language: &str| {
        let (at, answer) = at(ms, 0, text);
        let language = Some(Language::new(language));
        (at, answer.map(|it| SessionHypothesis { language, ..it }))
    };
    let answers = vec![
        spoken(600, "| eins", "nl"),
        spoken(900, "eins | zwei", "de"),
        spoken(1_500, "eins zwei.", "nl"),
    ];
    let captions = captions(sound(2_000), vec![answers]).await;
    let languages = captions.iter().map(|it| match it {
        Caption::Transcript(it) => it.language().as_str().to_owned(),
        other => panic!("{other:?}"),
    });
    assert_eq!(languages.collect::<Vec<_>>(), ["nl", "de", "de"]);
}

#[tokio::test(start_paused = true)]
async fn later_hypotheses_do_not_change_committed_words() {
    let answers = vec![
        at(600, 0, "recognise | speech"),
        at(900, 0, "wreck a | nice"),
        at(1_500, 0, "wreck a nice beach."),
    ];
    let captions = captions(sound(2_000), vec![answers]).await;
    let expected = [
        "partial recognise | speech",
        "partial recognise a | nice",
        "final recognise a nice beach.",
    ];
    assert_eq!(lines(&captions), expected);
}

#[tokio::test(start_paused = true)]
async fn missing_audio_ends_the_session_and_is_a_gap() {
    let mut frames = sound(2_000);
    frames.retain(|it| !(1_000..1_500).contains(&it.start.since_start().as_millis()));
    let sessions = vec![vec![at(900, 0, "one | two")], vec![at(300, 0, "three.")]];
    let captions = captions(frames, sessions).await;
    let lines = lines(&captions);
    assert_eq!(lines[..2], ["partial one | two", "final one"]);
    let Caption::Gap(gap) = &captions[2] else { panic!("{lines:?}") };
    assert_eq!(gap.span.length, Duration::from_millis(500));
    let Caption::Transcript(last) = &captions[3] else { panic!("{lines:?}") };
    assert_eq!(last.words()[0].span.start.since_start(), Duration::from_millis(1_500));
}

#[tokio::test(start_paused = true)]
async fn another_speaker_gets_a_session_of_their_own() {
    let mut frames = sound(2_000);
    for frame in &mut frames {
        let is_first = frame.start.since_start() < Duration::from_millis(1_000);
        frame.speaker = Speaker::named(if is_first { "Ada" } else { "Ben" });
    }
    let sessions = vec![vec![at(900, 0, "one | two")], vec![at(300, 0, "three.")]];
    let captions = captions(frames, sessions).await;
    assert_eq!(lines(&captions), ["partial one | two", "final one", "final three."]);
    let names = transcripts(&captions).into_iter().map(|it| it.speaker().unwrap().to_string());
    assert_eq!(names.collect::<Vec<_>>(), ["Ada", "Ada", "Ben"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_session_keeps_its_committed_words_and_the_next_run_continues() {
    let broken =
        vec![at(900, 0, "one | two"), (Duration::from_millis(1_200), Err("the line is cut"))];
    let sessions = vec![broken, vec![at(300, 0, "three.")]];
    let captions = captions(sound(2_000), sessions).await;
    let lines = lines(&captions);
    assert_eq!(lines[..2], ["partial one | two", "final one"]);
    assert!(matches!(&captions[2], Caption::Gap(gap) if gap.why == Why::Restart), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "final three.");
}

#[tokio::test(start_paused = true)]
async fn hypotheses_after_the_end_of_the_audio_are_awaited() {
    let answers = vec![at(600, 0, "one |"), at(60_000, 0, "one two."), at(60_000, 2, "three.")];
    let captions = captions(sound(1_000), vec![answers]).await;
    assert_eq!(lines(&captions), ["partial one |", "final one two.", "final three."]);
}

#[tokio::test(start_paused = true)]
async fn committed_words_become_a_final_on_terminate() {
    let mut track = Track::new(TrackName::new("english"));
    {
        let open = track.segments.open(MediaTime::ZERO, Language::new("en"));
        let words = hypothesis(0, "one two").words;
        open.revise(words, Vec::new(), MediaTime::ZERO, Trace::starting(Instant::now()));
    }
    let captions = RecogniseStream::<ScriptedService>::on_terminate(&mut track);
    assert_eq!(lines(&captions)[0], "final one two");
}
