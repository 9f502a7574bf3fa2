//! Requests on their way: so many at once, a deadline each, again after failures, settled in the order in which they came.
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::breaker::Breaker;
use crate::{logic::backoff::doubled, message::BreakerSettings};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Requests on their way at once, at least 1.
    pub in_flight: usize,
    /// What may wait, those on their way included, at least 1. Where more comes, the oldest is given up.
    pub backlog: usize,
    /// What was not translated so long after it came is given up.
    pub deadline: Duration,
    /// Whether waiting for its turn costs it nothing of that: what comes can wait upstream.
    pub patient: bool,
    /// How often what failed is asked for again.
    pub retries: u32,
    /// Before the first of these; each later wait is twice as long.
    pub wait: Duration,
    pub breaker: BreakerSettings,
    /// How many answers are kept for what is said again.
    pub cache: usize,
}

impl Default for QueueSettings {
    fn default() -> QueueSettings {
        QueueSettings {
            in_flight: 4,
            backlog: 64,
            deadline: Duration::from_secs(20),
            patient: false,
            retries: 4,
            wait: Duration::from_millis(500),
            breaker: BreakerSettings::default(),
            cache: 500,
        }
    }
}

/// Why a request brought no translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In a few words, in lower case.
    pub why: String,
    pub again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// After a wait that doubles.
    Soon,
    /// The service has said when; until then it wants no other request either.
    After(Duration),
    /// The same request will fail again.
    Never,
}

/// What is to be done outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Send the request with this number.
    Ask(u64),
    /// Nobody waits for its answer any more.
    CallOff(u64),
}

/// What came of one request: the text, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled<T> {
    pub(super) payload: T,
    pub(super) outcome: Result<String, String>,
    /// When it was last asked for, or known not to be.
    pub(super) asked: Instant,
    pub(super) answered: Instant,
    pub(super) cached: bool,
}

/// A payload travels with each text.
#[derive(Debug)]
pub(super) struct Queue<T> {
    settings: QueueSettings,
    jobs: VecDeque<Job<T>>,
    next: u64,
    breaker: Breaker,
    /// The service wants no request before.
    paused: Option<Instant>,
    /// Why the last request failed; `None` after one that did not.
    trouble: Option<Trouble>,
    cache: Cache,
    /// Requests that were asked for again.
    pub(super) retried: u64,
}

#[derive(Debug)]
struct Job<T> {
    id: u64,
    text: String,
    payload: T,
    came: Instant,
    asked: Option<Instant>,
    /// When it was asked the first time.
    begun: Option<Instant>,
    failures: u32,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Waits { until: Instant },
    Asked,
    Done { outcome: Result<String, String>, at: Instant, cached: bool },
}

/// Nothing has been translated since then, and why the last request failed.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    why: String,
}

impl Trouble {
    fn tell(trouble: &mut Option<Trouble>, why: &str, now: Instant) {
        let since = trouble.as_ref().map_or(now, |it| it.since);
        *trouble = Some(Trouble { since, why: why.to_owned() });
    }
}

impl<T> Queue<T> {
    pub(super) fn new(settings: QueueSettings) -> Queue<T> {
        Queue {
            settings,
            jobs: VecDeque::new(),
            next: 0,
            breaker: Breaker::new(settings.breaker),
            paused: None,
            trouble: None,
            cache: Cache { room: settings.cache, stamp: 0, kept: HashMap::new() },
            retried: 0,
        }
    }

    /// Where it is full, the oldest that has no answer is given up. A request that has to be called off for it comes back.
    pub(super) fn push(&mut self, text: String, payload: T, now: Instant) -> Option<Order> {
        let mut called_off = None;
        if self.is_full() {
            let why = "the translator does not keep up";
            let oldest = self.jobs.iter_mut().find(|it| !it.is_done());
            called_off = oldest.and_then(|it| it.give_up(why.to_owned(), now));
        }
        self.add(text, payload, State::Waits { until: now }, now);
        called_off
    }

    /// Something that needs no request, in its place among the others.
    pub(super) fn push_done(&mut self, outcome: Result<String, String>, payload: T, now: Instant) {
        let state = State::Done { outcome, at: now, cached: false };
        self.add(String::new(), payload, state, now);
    }

    fn add(&mut self, text: String, payload: T, state: State, now: Instant) {
        let (id, came) = (self.next, now);
        self.next += 1;
        let (asked, begun, failures) = (None, None, 0);
        self.jobs.push_back(Job { id, text, payload, came, asked, begun, failures, state });
    }

    /// What is to be done now: requests to send, and those whose time is over.
    pub(super) fn orders(&mut self, now: Instant) -> Vec<Order> {
        let mut orders = Vec::new();
        let since = self.trouble.as_ref().map(|it| it.since);
        for job in &mut self.jobs {
            if !job.is_done() && job.deadline(&self.settings, since).is_some_and(|it| it <= now) {
                let late = "no answer in time".to_owned();
                if job.state == State::Asked {
                    // As good as a failure: a service that is silent is to be left alone too.
                    self.breaker.failed(now);
                    Trouble::tell(&mut self.trouble, &late, now);
                }
                let why = self.trouble.as_ref().map_or(late, |it| it.why.clone());
                orders.extend(job.give_up(why, now));
            }
        }
        loop {
            let free = self.free_at(now).is_some_and(|at| at <= now);
            let waits =
                |it: &&mut Job<T>| matches!(it.state, State::Waits { until } if until <= now);
            let Some(job) = self.jobs.iter_mut().find(waits) else { return orders };
            if let Some(text) = self.cache.get(&job.text) {
                job.state = State::Done { outcome: Ok(text), at: now, cached: true };
                job.asked = Some(now);
            } else if free {
                (job.state, job.asked) = (State::Asked, Some(now));
                job.begun = job.begun.or(Some(now));
                orders.push(Order::Ask(job.id));
            } else {
                return orders;
            }
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<(&str, &T)> {
        self.jobs.iter().find(|it| it.id == id).map(|it| (it.text.as_str(), &it.payload))
    }

    /// An answer that nobody waits for any more still tells how the service is.
    pub(super) fn answer(&mut self, id: u64, answer: Result<String, Failure>, now: Instant) {
        match &answer {
            Ok(_) => {
                self.breaker.succeeded();
                // The answer to something asked before the service said when to come back does not change that.
                if self.paused.is_none_or(|until| until <= now) {
                    (self.trouble, self.paused) = (None, None);
                }
            }
            Err(failure) => {
                self.breaker.failed(now);
                Trouble::tell(&mut self.trouble, &failure.why, now);
                if let Again::After(wait) = failure.again {
                    self.paused = self.paused.max(now.checked_add(wait));
                }
            }
        }
        let asked = |it: &&mut Job<T>| it.id == id && it.state == State::Asked;
        let Some(job) = self.jobs.iter_mut().find(asked) else { return };
        match answer {
            Ok(text) => {
                self.cache.put(&job.text, &text);
                job.state = State::Done { outcome: Ok(text), at: now, cached: false };
            }
            // It is under way no more: there is nothing to call off.
            Err(Failure { why, again })
                if again == Again::Never || self.settings.retries <= job.failures =>
            {
                job.state = State::Done { outcome: Err(why), at: now, cached: false };
            }
            Err(_) => {
                let wait = doubled(self.settings.wait, job.failures);
                job.failures += 1;
                self.retried += 1;
                job.state = State::Waits { until: now + wait };
            }
        }
    }

    /// The next in order, once it is done.
    pub(super) fn settled(&mut self) -> Option<Settled<T>> {
        let Job { payload, came, asked, state, .. } = self.jobs.pop_front_if(|it| it.is_done())?;
        let State::Done { outcome, at, cached } = state else { return None };
        Some(Settled { payload, outcome, asked: asked.unwrap_or(came), answered: at, cached })
    }

    /// When there may be something to do though nothing comes.
    pub(super) fn wake(&self, now: Instant) -> Option<Instant> {
        let open = || self.jobs.iter().filter(|it| !it.is_done());
        let since = self.trouble.as_ref().map(|it| it.since);
        let deadline = open().filter_map(|it| it.deadline(&self.settings, since)).min();
        let due = open().filter_map(|it| match it.state {
            State::Waits { until } => Some(until),
            State::Asked | State::Done { .. } => None,
        });
        let asks = due.min().and_then(|due| Some(due.max(self.free_at(now)?)));
        deadline.into_iter().chain(asks).min()
    }

    /// Everything that has no answer is given up: no other life of the stage follows.
    pub(super) fn give_up_all(&mut self, why: &str, now: Instant) {
        for job in self.jobs.iter_mut().filter(|it| !it.is_done()) {
            job.give_up(why.to_owned(), now);
        }
    }

    /// A new life of the stage: the answers to what was asked will not come.
    pub(super) fn ask_again(&mut self, now: Instant) {
        for job in self.jobs.iter_mut().filter(|it| it.state == State::Asked) {
            job.state = State::Waits { until: now };
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        // What has its answer and waits for those before it takes room too.
        self.settings.backlog.max(1) <= self.jobs.len()
    }

    /// Whether what comes now would be asked for at once.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.free_at(now).is_some_and(|at| at <= now) && self.open() < self.settings.in_flight
    }

    /// Why the service is left alone at the moment.
    pub(super) fn trouble(&self, now: Instant) -> Option<&str> {
        let left_alone = self.breaker.is_open() || self.paused.is_some_and(|until| now < until);
        self.trouble.as_ref().filter(|_| left_alone).map(|it| it.why.as_str())
    }

    fn open(&self) -> usize {
        self.jobs.iter().filter(|it| !it.is_done()).count()
    }

    /// When a request may be sent; `None`: once another one has come back.
    fn free_at(&self, now: Instant) -> Option<Instant> {
        let in_flight = self.jobs.iter().filter(|it| it.state == State::Asked).count();
        let free = self.breaker.free_at(now, in_flight)?;
        (in_flight < self.settings.in_flight.max(1))
            .then(|| self.paused.map_or(free, |paused| free.max(paused)))
    }
}

impl<T> Job<T> {
    fn is_done(&self) -> bool {
        matches!(self.state, State::Done { .. })
    }

    /// When it is given up. Where it may wait for its turn, its time begins when it is asked for, or with the trouble `since`
    /// which nothing is translated; `None`: it has not begun.
    fn deadline(&self, settings: &QueueSettings, since: Option<Instant>) -> Option<Instant> {
        let from = match settings.patient {
            true => self.begun.or_else(|| since.map(|it| it.max(self.came))),
            false => Some(self.came),
        };
        from.map(|it| it + settings.deadline)
    }

    fn give_up(&mut self, why: String, now: Instant) -> Option<Order> {
        let was = std::mem::replace(
            &mut self.state,
            State::Done { outcome: Err(why), at: now, cached: false },
        );
        if was == State::Asked {
            return Some(Order::CallOff(self.id));
        }
        // All that time it waited, since it failed or came.
        self.asked = Some(now);
        None
    }
}

/// The newest answers, by their texts. What was used longest ago goes first.
#[derive(Debug)]
struct Cache {
    room: usize,
    stamp: u64,
    kept: HashMap<String, (String, u64)>,
}

impl Cache {
    fn get(&mut self, text: &str) -> Option<String> {
        let (answer, used) = self.kept.get_mut(text)?;
        self.stamp += 1;
        *used = self.stamp;
        Some(answer.clone())
    }

    fn put(&mut self, text: &str, answer: &str) {
        self.stamp += 1;
        self.kept.insert(text.to_owned(), (answer.to_owned(), self.stamp));
        if self.room < self.kept.len() {
            let oldest = self.kept.iter().min_by_key(|(_, (_, used))| *used);
            let oldest = oldest.map(|(text, _)| text.clone());
            oldest.map(|it| self.kept.remove(&it));
        }
    }
}
