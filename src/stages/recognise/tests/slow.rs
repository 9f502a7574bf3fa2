//! A recogniser that is too slow for partials, on a clock that only decodes move.
use std::{
    sync::{Arc, Mutex, mpsc},
    task::Poll,
};

use futures::poll;

use super::{super::*, script::*};
use crate::{
    flow::{EdgeSettings, Engine, Room, StageGauge, StageState, WhenFull, edge},
    logic::{endpoint::EndpointSettings, model_speed::SmallerModel, window::WindowSettings},
    message::{AudioFrame, Trace, TrackName},
};

/// Follows the script. Each decode costs this much. It ends once the clock was moved, because the channel has no buffer.
struct Slow {
    script: Script,
    cost: Arc<Mutex<Duration>>,
    spent: mpsc::SyncSender<Duration>,
}

impl Recogniser for Slow {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        self.spent.send(*self.cost.lock().unwrap()).unwrap();
        self.script.decode(speech, request)
    }
}

/// Waits for `work`, and moves the clock by the cost of each decode in it.
async fn moved(work: impl Future<Output = Result<(), Fault>>, spent: &mpsc::Receiver<Duration>) {
    let mut work = std::pin::pin!(work);
    loop {
        if let Poll::Ready(done) = poll!(&mut work) {
            return done.unwrap();
        }
        match spent.try_recv() {
            Ok(cost) => tokio::time::advance(cost).await,
            Err(_) => std::thread::yield_now(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_gives_finals_only_and_the_stage_is_degraded_until_it_recovers() {
    tokio::time::advance(Duration::from_secs(60)).await;
    let (spent, costs) = mpsc::sync_channel(0);
    let cost = Arc::new(Mutex::new(Duration::from_millis(900)));
    let (script, slow) = (Script(Arc::default()), cost.clone());
    let made = move || Ok::<_, Fault>(Slow { script, cost: slow, spent });
    let engine = Engine::start("slow", made).await.unwrap_or_else(|error| panic!("{error}"));
    let mut track = Track::new(TrackName::new("english"));
    let gauge = StageGauge::new("slow");
    // Partials may take half of this.
    let max_lag = Some(Duration::from_millis(1_600));
    // A decode that costs 0.9 s would cost 0.45 s with `small` and 0.09 s with `tiny`.
    let here = [("small", 0.5), ("tiny", 0.1)];
    let smaller = here.map(|(name, share)| SmallerModel { name: name.to_owned(), share }).into();
    let settings = RecogniseSettings { max_lag, smaller, ..settings() };
    let mut stage = Recognise::new(settings, engine, ScriptedVoice).counting_on(gauge.clone());
    let wide = EdgeSettings { room: Room::Span(Duration::MAX), when_full: WhenFull::Wait };
    let (sender, list) = edge("slow", "list", wide);
    let out = Outlet::new(vec![sender], gauge.clone());
    let sound = speech(&[(3, 700), (3, 700), (3, 700), (3, 700), (3, 700), (3, 700)]);
    let zero = Instant::now();
    let (mut degraded, mut wrote) = (false, 0);
    for frame in frames(&sound) {
        let captured = zero + frame.span().end().since_start();
        if Instant::now() < captured {
            tokio::time::advance(captured - Instant::now()).await;
        }
        if frame.start.since_start() > Duration::from_secs(8) {
            *cost.lock().unwrap() = Duration::from_millis(20);
        }
        let frame = AudioFrame { trace: Trace::starting(captured), ..frame };
        moved(stage.handle(&mut track, Speech::new(frame).unwrap(), &out), &costs).await;
        degraded |= gauge.read().state == StageState::Degraded;
        wrote += usize::from(gauge.read().why.is_some_and(|it| {
            it.contains("finals only; `small` is here") && it.contains("livecap models try")
        }));
    }
    moved(stage.flush(&mut track, &out), &costs).await;
    assert!(degraded && wrote > 0);
    assert_eq!(gauge.read().state, StageState::Running, "it has recovered");
    drop((stage, out));
    let captions = all(list).await;
    check_order(&captions);
    let lines = lines(&captions);
    let finals: Vec<&String> = lines.iter().filter(|it| it.starts_with("final")).collect();
    // No final is lost.
    assert_eq!(finals.len(), 6, "{lines:?}");
    assert!(lines.iter().rev().take(8).any(|it| it.starts_with("partial")), "{lines:?}");
}

/// Each decode costs a quarter of its audio. Partials that would take longer than half of `max-lag` are cancelled.
struct Growing {
    script: Script,
    spent: mpsc::SyncSender<Duration>,
}

const MAX_LAG: Duration = Duration::from_secs(4);

impl Recogniser for Growing {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let cost = RATE.duration_of(speech.len()) / 4;
        let is_cancelled = request.effort == Effort::Partial && cost > MAX_LAG / 2;
        self.spent.send(if is_cancelled { MAX_LAG / 2 } else { cost }).unwrap();
        if is_cancelled {
            Err(RecogniseError::Cancelled)
        } else {
            self.script.decode(speech, request)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn speech_without_a_pause_is_cut_once_its_decodes_take_too_long() {
    tokio::time::advance(Duration::from_secs(60)).await;
    let (spent, costs) = mpsc::sync_channel(0);
    let made = move || Ok::<_, Fault>(Growing { script: Script(Arc::default()), spent });
    let engine = Engine::start("slow", made).await.unwrap_or_else(|error| panic!("{error}"));
    let mut track = Track::new(TrackName::new("english"));
    let gauge = StageGauge::new("slow");
    let endpoint = EndpointSettings { longest: Duration::from_secs(30), ..settings().endpoint };
    let window = WindowSettings { length: Duration::from_secs(20), ..WindowSettings::default() };
    let settings = RecogniseSettings { max_lag: Some(MAX_LAG), endpoint, window, ..settings() };
    let mut stage = Recognise::new(settings, engine, ScriptedVoice).counting_on(gauge.clone());
    let wide = EdgeSettings { room: Room::Span(Duration::MAX), when_full: WhenFull::Wait };
    let (sender, list) = edge("slow", "list", wide);
    let out = Outlet::new(vec![sender], gauge.clone());
    let zero = Instant::now();
    for frame in frames(&speech(&[(80, 1_000)])) {
        let captured = zero + frame.span().end().since_start();
        if Instant::now() < captured {
            tokio::time::advance(captured - Instant::now()).await;
        }
        let frame = AudioFrame { trace: Trace::starting(captured), ..frame };
        moved(stage.handle(&mut track, Speech::new(frame).unwrap(), &out), &costs).await;
    }
    moved(stage.flush(&mut track, &out), &costs).await;
    drop((stage, out));
    let captions = all(list).await;
    check_order(&captions);
    let counts = gauge.read().counts;
    assert!(counts.contains_key("decodes-cancelled"), "{counts:?}");
    assert!(!counts.contains_key("frames-dropped"), "{counts:?}");
    let finals: Vec<String> =
        lines(&captions).into_iter().filter(|it| it.starts_with("final")).collect();
    assert!(finals.len() > 1, "{finals:?}");
    let said = finals.join(" ");
    for word in 1..=80 {
        assert!(
            said.split_whitespace().any(|it| it.trim_matches('.') == format!("w{word}")),
            "w{word}: {said}"
        );
    }
}
