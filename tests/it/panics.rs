//! A recogniser that panics in mid-sentence, ten times in a run, as somebody sees it who reads along on the page.
use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use futures::FutureExt;
use livecap::{
    cli::client::Client,
    flow::{
        Board, EdgeSettings, Engine, EngineError, Fault, Inlet, Outlet, Room, Source, StageGauge,
        WhenFull, edge,
    },
    host::{HostSettings, Pipeline},
    message::{
        AudioFrame, Language, MediaSpan, MediaTime, SampleRate, Speech, Trace, TrackName, Word,
    },
    stages::{
        broadcast::{Server, Settings},
        recognise::{
            FRAME, Hypothesis, Recognise, RecogniseError, RecogniseSettings, Recogniser, Track,
            VoiceActivity,
        },
        wire::TrackInfo,
    },
};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    ledger::Ledger,
    numbers::{generous, quiet_panic},
};

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(20);
const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of a spoken word, of the weak place behind it, of a frame, and of the silence behind a sentence.
const WORD: usize = 5_120;
const BETWEEN: usize = 512;
const FRAME_LENGTH: usize = 320;
const SILENCE: usize = 11_200;
const WORDS_IN_A_SENTENCE: usize = 8;
const SENTENCES: usize = 12;
/// It panics when it first hears a word of at least this number: at the beginning, in the middle and at the end of
/// sentences, twice within one, and in the last.
const BOMBS: [usize; 10] = [3, 9, 21, 30, 32, 41, 50, 53, 70, 95];

/// Each word is a stretch of its own value.
fn sound() -> Vec<f32> {
    let mut sound = vec![0.0; SILENCE];
    for number in 1..=SENTENCES * WORDS_IN_A_SENTENCE {
        sound.extend(std::iter::repeat_n(number as f32 / 1000.0, WORD));
        let ends = number % WORDS_IN_A_SENTENCE == 0;
        sound.extend(std::iter::repeat_n(0.0, if ends { SILENCE } else { BETWEEN }));
    }
    sound
}

/// Stretches of one value, with the number of the word that it stands for; 0 is silence.
fn stretches(sound: &[f32]) -> Vec<(usize, MediaSpan)> {
    let mut from = 0;
    let stretch = |run: &[f32]| {
        let start = MediaTime::of_sample(from as u64, RATE);
        from += run.len();
        let span = MediaSpan::between(start, MediaTime::of_sample(from as u64, RATE));
        ((run[0] * 1000.0).round() as usize, span)
    };
    sound.chunk_by(|a, b| a == b).map(stretch).collect()
}

/// Gives the sound as fast as it is taken.
struct Talk {
    frames: VecDeque<Speech>,
}

impl Talk {
    fn new(sound: &[f32]) -> Talk {
        let frame = |(number, samples): (usize, &[f32])| {
            let start = MediaTime::of_sample((number * FRAME_LENGTH) as u64, RATE);
            let trace = Trace::starting(Instant::now());
            let frame =
                AudioFrame { start, rate: RATE, samples: samples.into(), hole: None, trace };
            Speech::new(frame).unwrap()
        };
        Talk { frames: sound.chunks(FRAME_LENGTH).enumerate().map(frame).collect() }
    }
}

impl Source for Talk {
    type Out = Speech;

    async fn run(&mut self, out: &Outlet<Speech>, _: CancellationToken) -> Result<(), Fault> {
        while let Some(frame) = self.frames.pop_front() {
            out.send(frame).await?;
        }
        Ok(())
    }
}

struct Level;

impl VoiceActivity for Level {
    fn hear(&mut self, frame: &[f32; FRAME]) -> f32 {
        if frame.iter().any(|it| *it > 0.0) { 1.0 } else { 0.0 }
    }
    fn forget(&mut self) {}
}

/// The reader's page, and what woke it.
#[derive(Default)]
struct Page {
    ledger: Mutex<Ledger>,
    changed: Condvar,
}

/// What a reader saw of the segment in which it panicked: its number and its committed words.
type Promise = Option<(u64, String)>;

/// Hears each word, and panics as planned; before that it waits until the reader has read what it said last.
struct Bomb {
    page: Arc<Page>,
    bombs: Arc<Mutex<VecDeque<usize>>>,
    panics: Arc<Mutex<Vec<Promise>>>,
    said: String,
}

impl Bomb {
    fn panic(&self) -> ! {
        let has_read = |ledger: &Ledger| ledger.open().is_some_and(|it| it.text == self.said);
        let ledger = self.page.ledger.lock().unwrap();
        let waits = |ledger: &mut Ledger| !self.said.is_empty() && !has_read(ledger);
        let (ledger, late) = self.page.changed.wait_timeout_while(ledger, SOON, waits).unwrap();
        if !late.timed_out() {
            let open = ledger.open().filter(|_| !self.said.is_empty());
            self.panics.lock().unwrap().push(open.map(|it| (it.segment, it.committed.clone())));
        }
        drop(ledger);
        quiet_panic()
    }
}

impl Recogniser for Bomb {
    fn look(&mut self, speech: &[f32]) -> Result<Hypothesis, RecogniseError> {
        let heard = stretches(speech).into_iter().filter(|(number, _)| *number > 0);
        let whole = |span: &MediaSpan| span.length >= RATE.duration_of(WORD * 3 / 4);
        let heard: Vec<_> =
            heard.filter(|(_, span)| span.length >= RATE.duration_of(WORD / 8)).collect();
        let newest = heard.iter().filter(|(_, span)| whole(span)).map(|(number, _)| *number).max();
        // A sentence that begins is another one than that of which something was said.
        let begins = heard.first().map(|(number, _)| format!("w{number}"));
        if begins.is_none_or(|begins| self.said.split(' ').next() != Some(&begins)) {
            self.said.clear();
        }
        let is_due = |bomb: &mut usize| newest.is_some_and(|newest| *bomb <= newest);
        let due = self.bombs.lock().unwrap().pop_front_if(is_due);
        if due.is_some() {
            self.panic();
        }
        let word = |(number, span): &(usize, MediaSpan)| {
            let mark = if whole(span) { 'w' } else { 'x' };
            Word { text: format!(" {mark}{number}"), span: *span }
        };
        let words: Vec<Word> = heard.iter().map(word).collect();
        self.said = words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned();
        Ok(Hypothesis { words, timed: true, language: Language::new("en"), no_speech: 0.0 })
    }
}

fn edge_of(room: Room, when_full: WhenFull) -> EdgeSettings {
    EdgeSettings { room, when_full }
}

/// Talk, the recogniser, and the broadcast of `server`.
fn pipeline(server: &Server, make: impl Fn() -> Bomb + Send + 'static) -> Pipeline {
    let span = edge_of(Room::Span(Duration::from_secs(2)), WhenFull::Wait);
    let (to_recogniser, speech) = edge("talk", "english", span);
    let items = edge_of(Room::Items(NonZeroUsize::new(64).unwrap()), WhenFull::Coalesce);
    let (to_web, captions) = edge("english", "web", items);
    let mut board = Board::default();
    board.add_edge(to_recogniser.gauge());
    board.add_edge(to_web.gauge());
    let mut pipeline = Pipeline::new(board);
    let gauge = StageGauge::new("talk");
    let outlet = Outlet::new(vec![to_recogniser], gauge.clone());
    pipeline.source(generous(), gauge, Talk::new(&sound()), outlet);
    let gauge = StageGauge::new("english");
    let outlet = Outlet::new(vec![to_web], gauge.clone());
    let track = Arc::new(Mutex::new(Track::new(TrackName::new("english"))));
    let make = move || {
        let (bomb, track) = (make(), track.clone());
        async move {
            let engine = Engine::start("english", move || Ok::<_, Fault>(bomb)).await;
            let engine = engine.map_err(|error| match error {
                EngineError::Make(fault) | EngineError::Fault(fault) => fault,
            })?;
            let settings = RecogniseSettings { max_lag: None, ..RecogniseSettings::default() };
            Ok(Recognise::new(settings, engine, Level, track))
        }
        .boxed()
    };
    pipeline.stage(generous(), gauge, make, Inlet::new(vec![speech]), outlet);
    let broadcast = server.stage();
    let make = move || std::future::ready(Ok(broadcast.clone())).boxed();
    pipeline.sink(generous(), StageGauge::new("web"), make, Inlet::new(vec![captions]));
    let english = TrackInfo { name: "english".into(), lang: "en".into(), langs: vec![] };
    server.attach(pipeline.board().clone(), vec![english], None);
    pipeline
}

/// Reads until the end is told.
async fn read(mut client: Client, page: &Page) {
    loop {
        let event = timeout(SOON, client.next()).await.expect("an event").unwrap().expect("an end");
        let ended = event.name == "end";
        page.ledger.lock().unwrap().take(&event);
        page.changed.notify_all();
        if ended {
            return;
        }
    }
}

#[tokio::test]
async fn a_recogniser_that_panics_in_mid_sentence_ten_times_leaves_no_stale_words() {
    let server = Server::bind(Settings { port: 0, ..Settings::default() }).await.unwrap();
    let (page, panics) = (Arc::<Page>::default(), Arc::<Mutex<Vec<Promise>>>::default());
    let bombs = Arc::new(Mutex::new(VecDeque::from(BOMBS)));
    let (seen, told) = (page.clone(), panics.clone());
    let pipeline = pipeline(&server, move || {
        let (page, bombs, panics) = (seen.clone(), bombs.clone(), told.clone());
        Bomb { page, bombs, panics, said: String::new() }
    });
    let url = format!("http://{}", server.local_addr());
    let client = Client::connect(&url, json!({ "v": 1, "from": 0 })).await.unwrap();
    let mut running = pipeline.start(HostSettings::default()).await;
    let (outcome, ()) = tokio::join!(running.ended(), read(client, &page));
    assert_eq!(outcome, Default::default());
    let restarts: Vec<_> = running.board().stages().iter().map(|it| it.restarts).collect();
    assert_eq!(restarts, [0, 10, 0]);

    let ledger = page.ledger.lock().unwrap();
    assert!(ledger.open().is_none(), "the page shows stale words: {:?}", ledger.open());
    let restarted = ledger.gaps.iter().filter(|it| it.why == "restart").count();
    assert_eq!((restarted, ledger.gaps.len()), (10, 10), "each hole is marked: {:?}", ledger.gaps);
    let panics = panics.lock().unwrap();
    assert_eq!(panics.len(), 10, "the reader had read what was said before each");
    assert!(panics.iter().flatten().any(|(_, committed)| !committed.is_empty()));
    assert!(panics.iter().flatten().any(|(_, committed)| committed.is_empty()));
    for (segment, committed) in panics.iter().flatten() {
        let last = ledger.finals.get(segment).map_or("", |it| &it.text);
        assert_eq!(last, committed, "what segment {segment} had promised");
    }
    check_words(&ledger);
    server.shutdown(Duration::from_millis(200)).await;
}

/// Each word was said once and whole, or a gap takes a part of it; no gap lies where a final does.
fn check_words(ledger: &Ledger) {
    let words: Vec<&str> = ledger.finals.values().flat_map(|it| it.text.split(' ')).collect();
    for (number, span) in stretches(&sound()).into_iter().filter(|(number, _)| *number > 0) {
        let (start, end) = (span.start.as_secs_f64(), span.end().as_secs_f64());
        let times = words.iter().filter(|it| **it == format!("w{number}")).count();
        let missing = ledger.gaps.iter().any(|gap| gap.start < end && start < gap.end);
        assert!(times == 1 || (times == 0 && missing), "w{number}: {times} times, {missing}");
    }
    for gap in &ledger.gaps {
        let clash = ledger.finals.values().find(|it| gap.start < it.end && it.start < gap.end);
        assert!(clash.is_none(), "{gap:?} lies on {clash:?}");
    }
}
