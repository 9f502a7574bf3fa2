//! What viewers, pages and the API of one server share.
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, broadcast},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    serve::{
        access::{limits::Addresses, rights::Rules},
        addresses,
        archive::Tickets,
        bell::Bell,
        captions::{log::Run, shared::Captions},
        cluster::{Cluster, Node},
        counts::Counts,
        journal::JournalSettings,
        pipeline::attached::Pipeline,
        random::random_name,
        relay::ring::Relay,
        settings::Settings,
        speakers::Speakers,
    },
    wire::{Clock, Painted, StateEvent},
};

/// Paints that may wait for `livecap bench`; with more, the oldest are lost.
const PAINTED: usize = 4096;

/// Transcripts that are written at the same time.
const WRITERS: usize = 2;

/// Clients that may wait for a transcript or be downloading one: each download holds all of it in memory.
const READERS: usize = 64;

pub(crate) struct Hub {
    /// The name of this server in its cluster.
    pub(crate) id: String,
    pub(crate) settings: Settings,
    /// The address that it listens on.
    pub(crate) listening: OnceLock<SocketAddr>,
    pub(crate) clock: Clock,
    pub(crate) captions: Arc<Captions>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) relay: Arc<Relay>,
    pub(crate) bell: Bell,
    /// Its role in a cluster; `None` without a cluster.
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) rules: Rules,
    pub(crate) speakers: Arc<Speakers>,
    /// What each address uses at the moment.
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) exports: Exports,
    /// For the sound of the archive.
    pub(crate) tickets: Tickets,
    pub(crate) paints: Paints,
    pub(crate) counts: Counts,
    viewers: AtomicUsize,
    /// The server is ending: viewers receive what is in the log, and nothing after it.
    pub(crate) ending: CancellationToken,
    /// The program was asked to stop, and may be started again: a journal's event goes on then.
    pub(crate) returning: CancellationToken,
}

/// Permits to write transcripts, and to wait for one.
pub(crate) struct Exports {
    pub(crate) writing: Arc<Semaphore>,
    pub(crate) reading: Arc<Semaphore>,
}

/// The paints that the browser of `livecap bench` reports, and the secret by which it is recognised.
pub(crate) struct Paints {
    pub(crate) sender: broadcast::Sender<Painted>,
    pub(crate) key: String,
}

/// The permit of one viewer among `max_viewers`, until it is dropped.
pub(crate) struct Permit(Arc<Hub>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Relaxed);
    }
}

impl Hub {
    /// `only_here`: the server can only be reached from this machine.
    pub(crate) fn new(mut settings: Settings, only_here: bool) -> Arc<Hub> {
        let (clock, bell) = (Clock::start(), Bell::default());
        let run = match &settings.journal {
            Some(JournalSettings { continued, .. }) => {
                Run { stream: continued.stream.clone(), started_at: continued.started_at }
            }
            None => Run { stream: random_name(), started_at: clock.started_ms() },
        };
        let captions = Captions::new(settings.keep, run, bell.clone());
        if let Some(journal) = &settings.journal {
            captions.say(|log| log.resume(&journal.continued, &clock));
        }
        let (tokens, origins) = (settings.tokens.clone(), settings.origins.clone());
        Arc::new(Hub {
            id: random_name(),
            captions: Arc::new(captions),
            pipeline: Arc::new(Pipeline::new(
                bell.clone(),
                settings.page.take(),
                settings.hold_back,
            )),
            relay: Arc::new(Relay::new(settings.relay.clone(), settings.relay_room)),
            bell,
            cluster: settings.cluster.clone().map(Cluster::new).map(Arc::new),
            speakers: settings.speakers.0.clone(),
            rules: Rules { tokens, origins, only_here, of_this_run: OnceLock::new() },

            addresses: Addresses::new(settings.per_address),
            settings,
            listening: OnceLock::new(),
            clock,
            exports: Exports {
                writing: Arc::new(Semaphore::new(WRITERS)),
                reading: Arc::new(Semaphore::new(READERS)),
            },
            tickets: Tickets::default(),
            paints: Paints {
                sender: broadcast::Sender::new(PAINTED),
                key: random_name() + &random_name(),
            },
            counts: Counts::default(),
            viewers: AtomicUsize::new(0),
            ending: CancellationToken::new(),
            returning: CancellationToken::new(),
        })
    }

    /// Whether a token from this address is checked now; otherwise the time until one is.
    pub(crate) fn check_token(&self, token: &str, from: IpAddr) -> Result<(), Duration> {
        // Where speakers alone have one, what is accepted from readers may still be a guess at it.
        let known = || {
            self.speakers.knows(token)
                || (self.rules.knows(token)
                    && !(self.rules.accepts_any() && self.speakers.have_tokens()))
        };
        self.addresses.token(from, Instant::now(), known).inspect_err(|_| {
            self.counts.add_turned_away();
            tracing::debug!(client = %from, "a token was not looked at: too many were wrong");
        })
    }

    /// The server is ending: viewers receive what is in the log, and nothing after it.
    pub(crate) fn say_goodbye(&self) {
        self.ending.cancel();
        self.bell.ring();
    }

    /// A permit for one more viewer, if there is one.
    pub(crate) fn permit(self: &Arc<Hub>) -> Option<Permit> {
        let most = self.settings.max_viewers;
        let one_more = |there: usize| (there < most).then_some(there + 1);
        self.viewers.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        Some(Permit(self.clone()))
    }

    /// Whether there is no permit left at the moment.
    pub(crate) fn is_full(&self) -> bool {
        self.viewers() >= self.settings.max_viewers
    }

    pub(crate) fn viewers(&self) -> usize {
        self.viewers.load(Relaxed)
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.settings.tls.is_some() { "https" } else { "http" }
    }

    /// Where its pages are found; once it listens.
    pub(crate) fn addresses_of_pages(&self) -> addresses::Addresses {
        let public = self.settings.public_url.as_deref();
        let Some(listening) = self.listening.get() else { return addresses::Addresses::default() };
        addresses::Addresses::of(self.scheme(), *listening, public)
    }

    /// What a node has received of its writer; `None` where this server has its own pipeline.
    pub(crate) fn node(&self) -> Option<&Node> {
        self.cluster.as_ref()?.node.as_ref()
    }

    /// The state of the pipeline, here or at the writer.
    pub(crate) fn state(&self) -> StateEvent {
        match self.node() {
            Some(node) => node.state(),
            None => self.pipeline.state(),
        }
    }

    /// Whether the pipeline gives captions now; otherwise why not.
    pub(crate) fn ready(&self) -> Result<(), String> {
        if let Some(node) = self.node() {
            node.ready()?;
        }
        if self.pipeline.attached().is_some() && self.captions.log().state().ended {
            return Err("the pipeline has ended".to_owned());
        }
        self.pipeline.ready()
    }

    /// Polls the pipeline as long as the server lives. Viewers are sent changes at once, and the state now and then.
    pub(crate) async fn keep_watch(self: Arc<Hub>) {
        let Settings { state_look, state_every, silence_db, .. } = self.settings;
        let mut look = interval(state_look.max(Duration::from_millis(1)));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told: Option<(Instant, StateEvent)> = None;
        loop {
            look.tick().await;
            self.captions.prune(Instant::now());
            if self.pipeline.attached().is_none() {
                continue;
            }
            let state = self.state();
            let due = told.as_ref().is_none_or(|(at, old)| {
                at.elapsed() >= state_every || news(old, silence_db) != news(&state, silence_db)
            });
            if due {
                self.pipeline.tell(&state);
                told = Some((Instant::now(), state));
            }
        }
    }
}

/// The part of a state whose changes are sent at once: a pause, the states of stages, whether there is sound and whether it is
/// silent. Counts and loudness change all the time, so they are sent along with these.
fn news(state: &StateEvent, silence_db: i32) -> impl PartialEq + use<'_> {
    let stages = state.stages.iter().map(|it| (&it.name, &it.state, &it.why, it.restarts));
    let stages: Vec<_> = stages.collect();
    (state.paused, state.level_db.map(|it| silence_db <= it), stages)
}
