//! Translates captions by a service. It never delays the originals: a text that misses its deadline is given up, and an untranslated
//! caption takes its place. A text is delayed by the latency of the service, and by `join` if its segment ends in the middle of
//! a sentence.
mod chat;
mod http;
mod openai;
mod plain;
mod translator;

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::{
    task::{AbortHandle, Id, JoinError, JoinSet},
    time::{Instant, sleep_until, timeout},
};
use tracing::{info, warn};

pub use self::{
    http::{Key, ServiceError},
    openai::{OpenAi, OpenAiSettings},
    plain::{Apertium, DeepL, LibreTranslate},
    translator::Translator,
};
use crate::{
    flow::{Fault, Outlet, Stage, StageGauge, StageState},
    logic::translate::{Again, Ask, Failure, Order, Scheduler, SchedulerSettings},
    message::{Caption, Language},
    serve::{Retranslation, Retranslations},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslateSettings {
    pub scheduler: SchedulerSettings,
    /// The timeout of one request.
    pub timeout: Duration,
    /// Whether it waits when too many texts are under way, as for a pipe or a file; otherwise the oldest is given up.
    pub waits: bool,
}

/// One run of the stage. The scheduler outlives it, so that no final is lost.
pub struct Translate {
    settings: TranslateSettings,
    translator: Arc<dyn Translator>,
    requests: JoinSet<Result<String, Failure>>,
    /// The requests under way: the number of each task, and the handle to cancel it.
    numbers: HashMap<Id, u64>,
    handles: HashMap<u64, AbortHandle>,
    /// The reason why the stage is degraded, as reported last.
    trouble: Option<String>,
    /// The reason that was logged last, so that one that comes and goes is logged once.
    logged: Option<String>,
    /// Corrected texts, from operators.
    corrected: Option<Retranslations>,
    /// Those that are under way.
    again: JoinSet<()>,
}

/// So many corrected texts are asked for at once.
const AGAIN: usize = 4;

type Joined = Result<(Id, Result<String, Failure>), JoinError>;

impl Translate {
    pub fn new(settings: TranslateSettings, translator: Arc<dyn Translator>) -> Translate {
        Translate {
            settings,
            translator,
            requests: JoinSet::new(),
            numbers: HashMap::new(),
            handles: HashMap::new(),
            trouble: None,
            logged: None,
            corrected: None,
            again: JoinSet::new(),
        }
    }

    /// Translates corrected texts, too, beside what is said now.
    #[must_use]
    pub fn correcting(self, corrected: Retranslations) -> Translate {
        Translate { corrected: Some(corrected), ..self }
    }

    fn translate_again(&mut self, Retranslation { text, from, answer }: Retranslation) {
        let SchedulerSettings { to, from: spoken, .. } = self.settings.scheduler.clone();
        let (translator, limit) = (self.translator.clone(), self.settings.timeout);
        self.again.spawn(async move {
            let translated = match from == to.as_str() {
                true => Ok(text),
                false => {
                    let from =
                        Some(Language::new(&from)).filter(|it| it.as_str() != "und").or(spoken);
                    let ask = Ask { text, from, to, context: Vec::new() };
                    asked(translator, ask, limit).await.map_err(|failure| failure.why)
                }
            };
            // Whoever asked may be gone.
            let _ = answer.send(translated);
        });
    }

    /// Sends the requests that are due, gives the captions that are done, and reports the state of the service.
    async fn work(
        &mut self,
        scheduler: &mut Scheduler,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let orders = scheduler.orders(Instant::now());
        for order in orders {
            match order {
                Order::Ask(number) => self.send(scheduler, number),
                Order::CallOff(number) => {
                    self.handles.remove(&number).inspect(AbortHandle::abort);
                }
            }
        }
        self.tell(scheduler, out.gauge());
        while let Some(next) = scheduler.next().cloned() {
            out.send(Caption::Translation(next)).await?;
            scheduler.sent();
        }
        Ok(())
    }

    fn send(&mut self, scheduler: &mut Scheduler, number: u64) {
        let Some(ask) = scheduler.ask(number) else { return };
        let handle =
            self.requests.spawn(asked(self.translator.clone(), ask, self.settings.timeout));
        self.numbers.insert(handle.id(), number);
        self.handles.insert(number, handle);
    }

    fn note(&mut self, scheduler: &mut Scheduler, joined: Joined) {
        let (id, answer) = match joined {
            Ok((id, answer)) => (id, Some(answer)),
            Err(error) if error.is_cancelled() => (error.id(), None),
            Err(error) => {
                let failure = Failure { why: format!("panicked: {error}"), again: Again::Soon };
                (error.id(), Some(Err(failure)))
            }
        };
        let Some(number) = self.numbers.remove(&id) else { return };
        self.handles.remove(&number);
        if let Some(answer) = answer {
            scheduler.answer(number, answer, Instant::now());
        }
    }

    /// The stage is degraded while no requests are sent after failures, and from a final that was given up until the next translation.
    /// Pages and `/api/state` show this state.
    fn tell(&mut self, scheduler: &Scheduler, gauge: &StageGauge) {
        let (trouble, counts) = {
            let trouble = scheduler.trouble(Instant::now()).or_else(|| scheduler.failed());
            (trouble.map(str::to_owned), scheduler.counts())
        };
        for (what, count) in [
            ("translated", counts.translated),
            ("untranslated", counts.untranslated),
            ("asked", counts.asked),
            ("retried", counts.retried),
            ("cached", counts.cached),
            ("joined", counts.joined),
        ] {
            if count > 0 {
                gauge.counted(what, count);
            }
        }
        if trouble == self.trouble {
            return;
        }
        match &trouble {
            Some(why) => {
                if self.trouble.is_none() && self.logged != trouble {
                    self.logged.clone_from(&trouble);
                    warn!(
                        stage = gauge.name(),
                        why, "the translator fails; captions go on untranslated"
                    );
                }
                gauge.set(StageState::Degraded, Some(why.clone()));
            }
            None => {
                info!(stage = gauge.name(), "the translator is back");
                gauge.set(StageState::Running, None);
            }
        }
        self.trouble = trouble;
    }
}

/// One request with its timeout.
async fn asked(
    translator: Arc<dyn Translator>,
    ask: Ask,
    limit: Duration,
) -> Result<String, Failure> {
    timeout(limit, translator.translate(ask)).await.unwrap_or_else(|_| {
        let why = format!("no answer within {:.1} s", limit.as_secs_f64());
        Err(Failure { why, again: Again::Soon })
    })
}

impl Stage for Translate {
    type In = Caption;
    type Out = Caption;
    type Kept = Scheduler;

    /// The requests that the run before had under way are sent again.
    fn on_start(&mut self, scheduler: &mut Scheduler) {
        scheduler.ask_again(Instant::now());
    }

    async fn handle(
        &mut self,
        scheduler: &mut Scheduler,
        caption: Caption,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        while self.settings.waits && !scheduler.has_room() {
            {
                let _waiting = out.gauge().waiting();
                self.wake(scheduler).await;
            }
            self.work(scheduler, out).await?;
        }
        scheduler.take(&caption, Instant::now());
        self.work(scheduler, out).await
    }

    async fn wake(&mut self, scheduler: &mut Scheduler) {
        let at = scheduler.wake(Instant::now());
        let timer = async {
            match at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        let has_room = self.again.len() < AGAIN;
        let corrected = async {
            match &self.corrected {
                Some(corrected) => corrected.next().await,
                None => None,
            }
        };
        tokio::select! {
            Some(it) = corrected, if has_room => self.translate_again(it),
            Some(_) = self.again.join_next() => (),
            Some(joined) = self.requests.join_next_with_id() => self.note(scheduler, joined),
            () = timer => (),
        }
    }

    async fn tend(
        &mut self,
        scheduler: &mut Scheduler,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        self.work(scheduler, out).await
    }

    fn owes(&self, scheduler: &Scheduler) -> bool {
        scheduler.owes()
    }

    async fn flush(
        &mut self,
        scheduler: &mut Scheduler,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        scheduler.end(Instant::now());
        self.work(scheduler, out).await
    }

    async fn fail_item(
        &mut self,
        scheduler: &mut Scheduler,
        caption: Caption,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let why = "two runs of the translator failed on it";
        scheduler.give_up(&caption, why, Instant::now());
        self.work(scheduler, out).await
    }

    /// Gives every final without a translation as untranslated.
    fn on_terminate(scheduler: &mut Scheduler) -> Vec<Caption> {
        let given = scheduler.last_words("the translator has ended", Instant::now());
        given.into_iter().map(Caption::Translation).collect()
    }
}
