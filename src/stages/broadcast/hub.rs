//! What the lives of the stage, the viewers and the pages share: the log, the board, and who is there.
use std::{
    net::IpAddr,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use serde_json::value::RawValue;
use tokio::{
    sync::{Semaphore, broadcast, watch},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Settings,
    cluster::{Cluster, Node},
    insight::Insight,
    limits::Addresses,
    log::{Log, Run, encode},
    metrics::Counts,
    relay::Relay,
    rights::Rules,
};
use crate::{
    flow::{Board, Gate, StageState},
    message::{Caption, Gap, Hop, Milestone, Translation, Why},
    stages::{
        chance,
        wire::{Clock, Hello, Painted, StateEvent, TrackInfo, VERSION, level_db},
    },
};

const NO_LAG: u64 = u64::MAX;

/// How many captions may wait for whoever measures; more lose the oldest.
const MEASURED: usize = 4096;

/// For how many what was said is written at the same time.
const WRITERS: usize = 2;

/// How many may wait for what was said, or be taking it: each holds all of it.
const READERS: usize = 64;

pub(super) struct Hub {
    /// Of this server among those of a cluster.
    pub(super) id: String,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    /// What the server does in a cluster, if it is in one.
    pub(super) cluster: Option<Cluster>,
    pub(super) rules: Rules,
    pub(super) relay: Relay,
    log: Mutex<Log>,
    /// Turns at writing what was said, and places of those who want it.
    pub(super) writing: Arc<Semaphore>,
    pub(super) reading: Arc<Semaphore>,
    /// What each address has taken.
    pub(super) addresses: Arc<Addresses>,
    /// How often something was put in the log: who has seen as much has no need to look.
    said: AtomicU64,
    /// Rung when there is anything new.
    bell: watch::Sender<()>,
    attached: watch::Sender<Option<Arc<Attached>>>,
    state: watch::Sender<Option<Arc<RawValue>>>,
    /// What was put in the log, with its whole trace, for whoever measures.
    published: broadcast::Sender<Caption>,
    /// What the bench's browser has shown, and by what it is known.
    painted: broadcast::Sender<Painted>,
    pub(super) painter: String,
    /// How the pipeline is paused and ended, where there is one.
    gate: OnceLock<Gate>,
    pub(super) insight: Insight,
    pub(super) counts: Counts,
    lag_ms: AtomicU64,
    viewers: AtomicUsize,
    /// The server ends: viewers get what there is, and no more.
    pub(super) ending: CancellationToken,
}

/// The pipeline that is broadcast.
pub(super) struct Attached {
    board: Board,
    pub(super) tracks: Vec<TrackInfo>,
    pub(super) notice: Option<String>,
}

impl Attached {
    pub(super) fn hello(&self, log: &Log) -> Hello {
        Hello {
            v: VERSION,
            stream: log.run().stream.clone(),
            started_at: log.run().started_at,
            tracks: self.tracks.clone(),
            next: log.next(),
            notice: self.notice.clone(),
        }
    }
}

struct Reading<'a>(MutexGuard<'a, Log>);

impl Deref for Reading<'_> {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.0
    }
}

/// The place of one viewer among `max_viewers`, until it is dropped.
pub(super) struct Seat(Arc<Hub>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Relaxed);
    }
}

impl Hub {
    /// `only_here`: only this machine reaches the server.
    pub(super) fn new(settings: Settings, only_here: bool) -> Arc<Hub> {
        let clock = Clock::start();
        let run = Run { stream: random_name(), started_at: clock.started_ms() };
        let log = Mutex::new(Log::new(settings.keep, run));
        let (tokens, origins) = (settings.tokens.clone(), settings.origins.clone());
        Arc::new(Hub {
            id: random_name(),
            rules: Rules { tokens, origins, only_here },
            relay: Relay::new(settings.relay.clone(), settings.relay_room),
            cluster: settings.cluster.clone().map(Cluster::new),
            addresses: Addresses::new(settings.per_address),
            settings,
            clock,
            log,
            writing: Arc::new(Semaphore::new(WRITERS)),
            reading: Arc::new(Semaphore::new(READERS)),
            said: AtomicU64::new(0),
            bell: watch::Sender::new(()),
            attached: watch::Sender::new(None),
            state: watch::Sender::new(None),
            published: broadcast::Sender::new(MEASURED),
            painted: broadcast::Sender::new(MEASURED),
            painter: random_name() + &random_name(),
            gate: OnceLock::new(),
            insight: Insight::new(),
            counts: Counts::default(),
            lag_ms: AtomicU64::new(NO_LAG),
            viewers: AtomicUsize::new(0),
            ending: CancellationToken::new(),
        })
    }

    /// To be read only: what is said goes by [`say`](Self::say), or nobody would look for it.
    pub(super) fn log(&self) -> impl Deref<Target = Log> + '_ {
        Reading(self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a token that came from there is looked at; else, after which time one is.
    pub(super) fn look_at(&self, token: &str, from: IpAddr) -> Result<(), Duration> {
        self.addresses.token(from, Instant::now(), || self.rules.knows(token)).inspect_err(|_| {
            self.counts.add_turned_away();
            tracing::debug!(client = %from, "a token was not looked at: too many were wrong");
        })
    }

    pub(super) fn attach(&self, board: Board, tracks: Vec<TrackInfo>, notice: Option<String>) {
        self.attached.send_replace(Some(Arc::new(Attached { board, tracks, notice })));
        self.ring();
    }

    /// What another run has given takes the place of what there was.
    pub(super) fn turn_to(&self, log: Log, tracks: Vec<TrackInfo>, notice: Option<String>) {
        self.say(|here| {
            here.turn_to(log);
            // Under the log's lock: nobody is greeted with the one of this and the other of that.
            self.attach(Board::default(), tracks, notice);
        });
    }

    /// From now on the pipeline behind it can be paused and ended.
    pub(super) fn operate(&self, gate: Gate) {
        // Another one would be of another pipeline, and there is one.
        let _ = self.gate.set(gate);
    }

    pub(super) fn gate(&self) -> Option<&Gate> {
        self.gate.get()
    }

    pub(super) fn bell(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    pub(super) fn published(&self) -> broadcast::Receiver<Caption> {
        self.published.subscribe()
    }

    /// Of a page that measures; nobody else listens.
    pub(super) fn painted(&self) -> &broadcast::Sender<Painted> {
        &self.painted
    }

    pub(super) fn states(&self) -> watch::Receiver<Option<Arc<RawValue>>> {
        self.state.subscribe()
    }

    /// Grows with everything that is put in the log.
    pub(super) fn said(&self) -> u64 {
        self.said.load(Acquire)
    }

    /// Puts something in the log, where every viewer finds it.
    pub(super) fn say<T>(&self, put: impl FnOnce(&mut Log) -> T) -> T {
        let done = put(&mut self.locked());
        self.said.fetch_add(1, Release);
        self.ring();
        done
    }

    /// Tells every viewer that there is something new.
    pub(super) fn ring(&self) {
        self.bell.send_replace(());
    }

    /// Puts it in the log, where every viewer finds it.
    pub(super) fn publish(&self, caption: &Caption, begun: Instant) {
        let now = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: now });
        if self.published.receiver_count() > 0 {
            // Nobody may be left to take it by now.
            let _ = self.published.send(caption.clone().traced(trace));
        }
        self.insight.record(caption, trace, now);
        match caption {
            Caption::Transcript(it) => {
                let lag = trace.age(Milestone::Published).unwrap_or_default();
                self.lag_ms.store(lag.as_millis() as u64, Relaxed);
                let it = it.clone().traced(trace);
                self.say(|log| log.transcript(&it, &self.clock, now));
            }
            Caption::Translation(it) => {
                let it = Translation { trace, ..it.clone() };
                self.say(|log| log.translation(&it, &self.clock, now));
            }
            Caption::Gap(it) => self.say(|log| log.gap(it, now)),
        }
    }

    /// Says in its place that an item was given up.
    pub(super) fn give_up(&self, caption: &Caption) {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        let gap = Gap { track, span, why: Why::Fault, trace };
        self.say(|log| log.gap(&gap, Instant::now()));
    }

    pub(super) fn end(&self) {
        self.say(Log::end);
    }

    /// The server ends: viewers get what there is, and no more.
    pub(super) fn say_goodbye(&self) {
        self.ending.cancel();
        self.ring();
    }

    /// A place for one more viewer, if there is one.
    pub(super) fn seat(self: &Arc<Hub>) -> Option<Seat> {
        let most = self.settings.max_viewers;
        let one_more = |there: usize| (there < most).then_some(there + 1);
        self.viewers.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        Some(Seat(self.clone()))
    }

    /// Whether there is no place left; it may be otherwise at the next moment.
    pub(super) fn is_full(&self) -> bool {
        self.viewers() >= self.settings.max_viewers
    }

    /// The pipeline, once there is one. The bell is rung when it comes.
    pub(super) fn attached(&self) -> Option<Arc<Attached>> {
        self.attached.borrow().clone()
    }

    /// `lag_ms` is what `measures.md` calls the live lag, as far as the server can see it, at this moment: how long the oldest
    /// speech has waited whose words have not been shown. Where nothing waits, it is the age of the newest sound behind the newest
    /// transcript at the moment that was put in the log. It grows while a recogniser is silent about what is said.
    pub(super) fn state(&self) -> StateEvent {
        if let Some(node) = self.node() {
            return node.state();
        }
        let readings = self.board().stages();
        let peak = readings.iter().filter_map(|it| it.peak).reduce(f32::max);
        let stages = readings.iter().map(|it| self.insight.told(it)).collect();
        let waits = readings.iter().filter_map(|it| it.waits).max();
        let published = Some(self.lag_ms.load(Relaxed)).filter(|it| *it != NO_LAG);
        let lag_ms = waits.map(|it| it.as_millis() as u64).or(published);
        let paused = self.gate().is_some_and(Gate::is_paused);
        StateEvent { lag_ms, paused, level_db: peak.map(level_db), stages }
    }

    pub(super) fn viewers(&self) -> usize {
        self.viewers.load(Relaxed)
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.settings.tls.is_some() { "https" } else { "http" }
    }

    /// Where it only delivers what another server's pipeline gives.
    pub(super) fn node(&self) -> Option<&Node> {
        self.cluster.as_ref()?.node.as_ref()
    }

    /// Whether the pipeline gives captions now; if not, why.
    pub(super) fn ready(&self) -> Result<(), String> {
        if let Some(node) = self.node() {
            node.ready()?;
        }
        let Some(attached) = self.attached() else {
            return Err("no pipeline yet".to_owned());
        };
        let stages = attached.board.stages();
        if self.log().state().ended {
            return Err("the pipeline has ended".to_owned());
        }
        // Without a stage that failed the others go on, or the pipeline ends in a moment.
        let well = |state| {
            matches!(state, StageState::Running | StageState::Degraded | StageState::Failed)
        };
        match stages.iter().find(|stage| !well(stage.state)) {
            Some(stage) => Err(format!("{} is {}", stage.name, stage.state.name())),
            None => Ok(()),
        }
    }

    /// Looks at the board for as long as the server lives; tells of changes at once, and of the rest now and then.
    pub(super) async fn keep_watch(self: Arc<Hub>) {
        let Settings { state_look, state_every, silence_db, .. } = self.settings;
        let mut look = interval(state_look.max(Duration::from_millis(1)));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told: Option<(Instant, StateEvent)> = None;
        loop {
            look.tick().await;
            // Nothing new comes by it.
            self.locked().prune(Instant::now());
            if self.attached.borrow().is_none() {
                continue;
            }
            let state = self.state();
            let due = told.as_ref().is_none_or(|(at, old)| {
                at.elapsed() >= state_every || news(old, silence_db) != news(&state, silence_db)
            });
            if due {
                self.state.send_replace(Some(encode(&state).into()));
                self.ring();
                told = Some((Instant::now(), state));
            }
        }
    }

    pub(super) fn board(&self) -> Board {
        self.attached.borrow().as_ref().map(|it| it.board.clone()).unwrap_or_default()
    }
}

/// What viewers are told at once: pausing, how the stages are, whether sound comes at all and whether there is anything in
/// it. Counts and loudness change all the time; they come along.
fn news(state: &StateEvent, silence_db: i32) -> impl PartialEq + use<'_> {
    let stages = state.stages.iter().map(|it| (&it.name, &it.state, &it.why, it.restarts));
    let stages: Vec<_> = stages.collect();
    (state.paused, state.level_db.map(|it| silence_db <= it), stages)
}

/// 16 hexadecimal digits.
fn random_name() -> String {
    format!("{:016x}", chance::bits())
}
