//! One language's scheduler: captions in, orders for requests out, answers in, translations out in the order of the segments.
use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::{
    clause_splitter::{ClauseSplitter, Piece},
    queue::{Failure, Order, Queue, QueueSettings},
    rows::{Rows, as_it_is},
    sentence_buffer::{SentenceBuffer, Work},
};
use crate::message::{Caption, Kind, Language, Original, Translated, Translation};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerSettings {
    pub to: Language,
    /// What is spoken, where the recogniser does not say.
    pub from: Option<Language>,
    /// Whether committed clauses are translated before their segment is final.
    pub clauses: bool,
    /// How long a segment that ends in mid-sentence waits for the next one; zero: not at all.
    pub join: Duration,
    /// How many sentences before it go along with each text.
    pub context: usize,
    pub queue: QueueSettings,
}

impl SchedulerSettings {
    pub fn new(to: Language) -> SchedulerSettings {
        SchedulerSettings {
            to,
            from: None,
            clauses: false,
            join: Duration::from_secs(2),
            context: 2,
            queue: QueueSettings::default(),
        }
    }
}

/// What is to be asked of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub text: String,
    /// `None` where it is not known.
    pub from: Option<Language>,
    pub to: Language,
    /// The sentences before it, the newest last.
    pub context: Vec<String>,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Finals that were given translated, and given up.
    pub translated: u64,
    pub untranslated: u64,
    /// Requests that were sent, and those of them that were sent again.
    pub asked: u64,
    pub retried: u64,
    /// Answers that were known already.
    pub cached: u64,
    /// Segments that were asked for together with others.
    pub joined: u64,
}

/// It outlasts the lives of the stage at it, so that no final that was taken is lost.
#[derive(Debug)]
pub struct Scheduler {
    settings: SchedulerSettings,
    clause_splitter: ClauseSplitter,
    sentence_buffer: SentenceBuffer,
    queue: Queue<Work>,
    rows: Rows,
    outbox: VecDeque<Translation>,
    /// Requests of whose jobs nothing is wanted any more.
    called_off: Vec<Order>,
    counts: Counts,
    /// Why the first final was given up since the service translated something.
    failed: Option<String>,
}

/// The language of what nobody has told the language of.
const UNKNOWN: &str = "und";

impl Scheduler {
    pub fn new(settings: SchedulerSettings) -> Scheduler {
        Scheduler {
            clause_splitter: ClauseSplitter::default(),
            sentence_buffer: SentenceBuffer::new(settings.join, settings.context),
            queue: Queue::new(settings.queue),
            rows: Rows::new(settings.to.clone()),
            outbox: VecDeque::new(),
            called_off: Vec::new(),
            counts: Counts::default(),
            failed: None,
            settings,
        }
    }

    /// Takes what a recogniser gave. Translations of others say nothing here, and gaps stand in the original.
    pub fn take(&mut self, caption: &Caption, now: Instant) {
        match caption {
            Caption::Transcript(it) => {
                // Clauses come first to be left out where the service does not keep up: the final holds them too.
                let clauses = self.settings.clauses && self.queue.is_idle(now);
                if let Some(mut piece) = self.clause_splitter.cut(it, clauses, now) {
                    if let (UNKNOWN, Some(from)) = (piece.of.language.as_str(), &self.settings.from)
                    {
                        piece.of.language = from.clone();
                    }
                    let ready = self.sentence_buffer.add(piece, now);
                    ready.into_iter().for_each(|work| self.submit(work, now));
                }
            }
            Caption::Gap(_) => self.end(now),
            Caption::Translation(_) => (),
        }
    }

    /// It is not worth waiting for more of a sentence.
    pub fn end(&mut self, now: Instant) {
        if let Some(work) = self.sentence_buffer.release() {
            self.submit(work, now);
        }
    }

    /// What is to be done now; also gives what time has decided to the outbox.
    pub fn orders(&mut self, now: Instant) -> Vec<Order> {
        if let Some(work) = self.sentence_buffer.due(now) {
            self.submit(work, now);
        }
        let mut orders = std::mem::take(&mut self.called_off);
        orders.extend(self.queue.orders(now));
        let asks = orders.iter().filter(|it| matches!(it, Order::Ask(_)));
        self.counts.asked += asks.count() as u64;
        self.collect(now);
        orders
    }

    /// The request behind an [`Order::Ask`].
    pub fn ask(&self, id: u64) -> Option<Ask> {
        let (text, work) = self.queue.get(id)?;
        let from = work.pieces.first().map(|it| it.of.language.clone());
        Some(Ask {
            text: text.to_owned(),
            from: from.filter(|it| ![UNKNOWN, "auto", ""].contains(&it.as_str())),
            to: self.settings.to.clone(),
            context: work.context.clone(),
        })
    }

    pub fn answer(&mut self, id: u64, answer: Result<String, Failure>, now: Instant) {
        if answer.is_ok() {
            self.failed = None;
        }
        self.queue.answer(id, answer, now);
        self.collect(now);
    }

    /// The next translation to be given. It stays until it [was](Self::sent), so that no crash in between costs it.
    pub fn next(&self) -> Option<&Translation> {
        self.outbox.front()
    }

    /// What [`next`](Self::next) said was given.
    pub fn sent(&mut self) {
        self.outbox.pop_front();
    }

    /// When there may be something to do though nothing comes.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        self.sentence_buffer.next_due().into_iter().chain(self.queue.wake(now)).min()
    }

    /// Whether there is something whose answer is still to come.
    pub fn owes(&self) -> bool {
        !self.queue.is_empty() || self.sentence_buffer.held().is_some() || !self.outbox.is_empty()
    }

    pub fn has_room(&self) -> bool {
        !self.queue.is_full()
    }

    /// Why the service is left alone at the moment.
    pub fn trouble(&self, now: Instant) -> Option<&str> {
        self.queue.trouble(now)
    }

    /// Why a final was given up, the first one since something was translated; `None` where none was.
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    pub fn counts(&self) -> Counts {
        Counts { retried: self.queue.retried, ..self.counts }
    }

    /// A new life of the stage: what was asked has to be asked anew.
    pub fn ask_again(&mut self, now: Instant) {
        self.queue.ask_again(now);
    }

    /// No life will follow: what is owed is given as untranslated.
    pub fn last_words(&mut self, why: &str, now: Instant) -> Vec<Translation> {
        self.end(now);
        self.queue.give_up_all(why, now);
        self.collect(now);
        self.outbox.drain(..).collect()
    }

    /// Two lives failed on this caption: a final of it is given as untranslated.
    pub fn give_up(&mut self, caption: &Caption, why: &str, now: Instant) {
        self.end(now);
        let Caption::Transcript(it) = caption else { return };
        if it.kind() == Kind::Final {
            let (of, trace) = (Original::from(it), *it.trace());
            let text = String::new();
            let piece = Piece { of, trace, text, last: true, whole: true, arrived: now };
            let work = Work { pieces: vec![piece], text: String::new(), context: Vec::new() };
            self.queue.push_done(Err(why.to_owned()), work, now);
            self.collect(now);
        }
    }

    fn submit(&mut self, work: Work, now: Instant) {
        if work.pieces.len() > 1 {
            self.counts.joined += work.pieces.len() as u64;
        }
        let text = work.text.clone();
        match as_it_is(&work, &self.settings.to) {
            true => self.queue.push_done(Ok(text), work, now),
            false => self.called_off.extend(self.queue.push(text, work, now)),
        }
    }

    fn collect(&mut self, now: Instant) {
        while let Some(settled) = self.queue.settled() {
            self.counts.cached += u64::from(settled.cached);
            let (given, broken) = self.rows.settle(settled, now);
            broken.iter().for_each(|of| self.clause_splitter.broken(of));
            for it in given {
                if it.kind == Kind::Final {
                    match &it.text {
                        Translated::Text(_) => self.counts.translated += 1,
                        Translated::Not(why) => {
                            self.counts.untranslated += 1;
                            self.failed.get_or_insert_with(|| why.clone());
                        }
                    }
                }
                self.outbox.push_back(it);
            }
        }
    }
}
