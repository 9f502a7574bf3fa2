//! Five speakers at once whose recognisers share two engines, on a clock that only sound and decodes move.
use std::sync::{Arc, mpsc};

use futures::{FutureExt, future::BoxFuture, poll};

use super::{super::*, script::*};
use crate::{
    flow::{EdgeSettings, Engine, EnginePool, Room, StageGauge, StageState, WhenFull, edge},
    message::{AudioFrame, Kind, Trace, TrackName},
};

const TRACKS: usize = 5;
const ENGINES: usize = 2;

/// Follows the script once the test says that its time is over.
struct Timed {
    script: Script,
    begun: mpsc::SyncSender<mpsc::SyncSender<()>>,
}

impl Recogniser for Timed {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let (end, ended) = mpsc::sync_channel(1);
        self.begun.send(end).unwrap();
        ended.recv().unwrap();
        if request.cancellation.is_cancelled() {
            return Err(RecogniseError::Cancelled);
        }
        self.script.decode(speech, request)
    }
}

/// What the engines are at: when each decode is over, and what lets it end.
struct Engines {
    pool: EnginePool<Timed>,
    begun: mpsc::Receiver<mpsc::SyncSender<()>>,
    under_way: Vec<(Instant, mpsc::SyncSender<()>)>,
    cost: Duration,
}

impl Engines {
    fn new(cost: Duration) -> Engines {
        let (sender, begun) = mpsc::sync_channel(0);
        let pool = EnginePool::new(ENGINES, move || {
            let begun = sender.clone();
            async move {
                let make = move || Ok::<_, Fault>(Timed { script: Script(Arc::default()), begun });
                let made = Engine::start("timed", make).await;
                made.map_err(|error| Fault::transient(error.to_string()))
            }
        });
        Engines { pool, begun, under_way: Vec::new(), cost }
    }

    /// Whether each engine that is lent is in a decode that waits for its end: then nothing happens before the clock moves.
    fn are_settled(&mut self) -> bool {
        while let Ok(end) = self.begun.try_recv() {
            self.under_way.push((Instant::now() + self.cost, end));
        }
        self.under_way.len() == self.pool.read().lent
    }

    fn next(&self) -> Option<Instant> {
        self.under_way.iter().map(|it| it.0).min()
    }

    /// Ends the decodes whose time is over.
    fn end_due(&mut self) {
        let now = Instant::now();
        for (_, end) in self.under_way.extract_if(.., |it| it.0 <= now) {
            end.send(()).unwrap();
        }
    }
}

/// One speaker: the frames that are still to come, and the stage that takes them.
struct Talk {
    run: BoxFuture<'static, Vec<Caption>>,
    captions: Option<Vec<Caption>>,
    gauge: Arc<StageGauge>,
}

/// Takes each frame when it is there, as the host would; what comes meanwhile waits.
fn talk(number: usize, sound: Vec<f32>, pool: EnginePool<Timed>, zero: Instant) -> Talk {
    let gauge = StageGauge::new("talk");
    let settings = RecogniseSettings { max_lag: Some(MAX_LAG), ..settings() };
    let mut stage = Recognise::new(settings, pool, ScriptedVoice).counting_on(gauge.clone());
    let run = async move {
        let mut track = Track::new(TrackName::new(&format!("words.{number}")));
        let wide = EdgeSettings { room: Room::Span(Duration::MAX), when_full: WhenFull::Wait };
        let (sender, list) = edge("talk", "list", wide);
        let out = Outlet::new(vec![sender], StageGauge::new("talk"));
        for frame in frames(&sound) {
            let captured = zero + frame.span().end().since_start();
            tokio::time::sleep_until(captured).await;
            let frame = AudioFrame { trace: Trace::starting(captured), ..frame };
            stage.handle(&mut track, Speech::new(frame).unwrap(), &out).await.unwrap();
        }
        stage.flush(&mut track, &out).await.unwrap();
        drop((stage, out));
        all(list).await
    };
    Talk { run: run.boxed(), captions: None, gauge }
}

const MAX_LAG: Duration = Duration::from_secs(4);

/// Moves the clock from one event to the next until all have ended. Returns how often a stage was seen waiting.
async fn run(talks: &mut [Talk], engines: &mut Engines) -> usize {
    let mut seen_waiting = 0;
    loop {
        for talk in talks.iter_mut().filter(|it| it.captions.is_none()) {
            if let std::task::Poll::Ready(captions) = poll!(&mut talk.run) {
                talk.captions = Some(captions);
            }
        }
        if talks.iter().all(|it| it.captions.is_some()) {
            return seen_waiting;
        }
        if !engines.are_settled() {
            // An engine's thread is about to say what it does.
            tokio::task::yield_now().await;
            continue;
        }
        let is_waiting = |it: &&Talk| it.gauge.read().state == StageState::Waiting;
        seen_waiting += talks.iter().filter(is_waiting).count();
        // A frame comes every 20 ms; more often nothing else happens but the ends of decodes.
        let tick = Instant::now() + Duration::from_millis(5);
        let until = engines.next().map_or(tick, |it| it.min(tick));
        tokio::time::advance(until.saturating_duration_since(Instant::now())).await;
        engines.end_due();
    }
}

/// Everybody says four sentences of three words, all at the same time.
async fn five_at_once(cost: Duration) -> (Vec<Talk>, usize) {
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut engines = Engines::new(cost);
    let zero = Instant::now();
    let sound = speech(&[(3, 900), (3, 900), (3, 900), (3, 900)]);
    // People do not begin at the same millisecond.
    let late = |number: usize| [vec![0.0; number * 16 * 70], sound.clone()].concat();
    let talk = |number| talk(number, late(number), engines.pool.clone(), zero);
    let mut talks: Vec<Talk> = (0..TRACKS).map(talk).collect();
    let waiting = run(&mut talks, &mut engines).await;
    (talks, waiting)
}

fn finals(talk: &Talk) -> Vec<String> {
    let captions = talk.captions.as_deref().unwrap_or_default();
    check_order(captions);
    let finals = transcripts(captions).into_iter().filter(|it| it.kind() == Kind::Final);
    finals.map(|it| it.text()).collect()
}

/// How old the sound of each final was when it came.
fn lags(talk: &Talk) -> Vec<Duration> {
    let captions = talk.captions.as_deref().unwrap_or_default();
    let finals = transcripts(captions).into_iter().filter(|it| it.kind() == Kind::Final);
    finals.filter_map(|it| it.trace().age(crate::message::Milestone::Recognised)).collect()
}

const SENTENCES: [&str; 4] = ["w1 w2 w3", "w4 w5 w6", "w7 w8 w9", "w10 w11 w12"];

#[tokio::test(start_paused = true)]
async fn five_speakers_get_all_their_finals_in_time_from_two_engines() {
    let (talks, _) = five_at_once(Duration::from_millis(150)).await;
    for talk in &talks {
        assert_eq!(finals(talk), SENTENCES);
        let counts = talk.gauge.read().counts;
        assert!(!counts.contains_key("frames-dropped"), "{counts:?}");
        let lags = lags(talk);
        assert!(lags.iter().all(|it| *it <= Duration::from_secs(1)), "{lags:?}");
    }
    // Fair: five of them want two engines, and each waits, for no more than the two decodes that may be before its own.
    let waited = |it: &Talk| it.gauge.read().counts.get("engine-wait-ms").copied().unwrap_or(0);
    for talk in &talks {
        let decodes = transcripts(talk.captions.as_deref().unwrap()).len() as u64;
        let waited = waited(talk);
        assert!((1..=decodes * 2 * 150).contains(&waited), "{waited} ms in {decodes} decodes");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_the_interval_of_decodes_says_so_and_loses_no_final() {
    let (talks, waiting) = five_at_once(Duration::from_millis(500)).await;
    assert!(waiting > 0);
    for talk in &talks {
        assert_eq!(finals(talk), SENTENCES);
        let lags = lags(talk);
        assert!(lags.iter().all(|it| *it <= MAX_LAG), "{lags:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_speaks_alone_does_not_wait() {
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut engines = Engines::new(Duration::from_millis(150));
    let zero = Instant::now();
    let (sound, silence) = (speech(&[(3, 900), (3, 900)]), vec![0.0; 16_000 * 5]);
    let mut talks = vec![talk(0, sound, engines.pool.clone(), zero)];
    talks.extend((1..TRACKS).map(|it| talk(it, silence.clone(), engines.pool.clone(), zero)));
    assert_eq!(run(&mut talks, &mut engines).await, 0);
    assert_eq!(finals(&talks[0]), SENTENCES[..2]);
    assert!(talks.iter().all(|it| !it.gauge.read().counts.contains_key("engine-wait-ms")));
}
