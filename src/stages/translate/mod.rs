//! Captions in another language, by whichever service the operator has. It never holds up the originals: what it is late
//! with is given up as an untranslated caption, in its place. It delays each text by the service's own time, and by `join`
//! where a segment ends in mid-sentence.
mod chat;
mod http;
mod openai;
mod plain;
mod translator;

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

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
    logic::translate::{Again, Ask, Desk, DeskSettings, Failure, Order},
    message::{Caption, Translation},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslateSettings {
    pub desk: DeskSettings,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether it waits where too much is under way, as for a pipe or a file; else the oldest is given up.
    pub waits: bool,
}

/// What the lives of one stage share, so that no final it took is lost with one of them.
#[derive(Clone)]
pub struct SharedDesk(Arc<Mutex<Desk>>);

impl SharedDesk {
    pub fn new(settings: DeskSettings) -> SharedDesk {
        SharedDesk(Arc::new(Mutex::new(Desk::new(settings))))
    }

    /// What it owes where no life will follow: every final that has no translation yet, as untranslated.
    pub fn last_words(&self) -> Vec<Caption> {
        let given = self.lock().last_words("the translator has ended", Instant::now());
        given.into_iter().map(Caption::Translation).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One life of the stage.
pub struct Translate {
    settings: TranslateSettings,
    desk: SharedDesk,
    translator: Arc<dyn Translator>,
    requests: JoinSet<Result<String, Failure>>,
    /// The requests under way: of each task its number, and how to call it off.
    numbers: HashMap<Id, u64>,
    handles: HashMap<u64, AbortHandle>,
    /// Why the service is left alone or what it was asked for is given up, as far as it was told.
    trouble: Option<String>,
    /// The reason that the log was told last: one that comes and goes is told once.
    logged: Option<String>,
}

type Joined = Result<(Id, Result<String, Failure>), JoinError>;

impl Translate {
    pub fn new(
        settings: TranslateSettings,
        desk: SharedDesk,
        translator: Arc<dyn Translator>,
    ) -> Translate {
        desk.lock().ask_again(Instant::now());
        Translate {
            settings,
            desk,
            translator,
            requests: JoinSet::new(),
            numbers: HashMap::new(),
            handles: HashMap::new(),
            trouble: None,
            logged: None,
        }
    }

    /// Sends what is to be sent, gives what can be given, and tells how the service is.
    async fn work(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        let orders = self.desk.lock().orders(Instant::now());
        for order in orders {
            match order {
                Order::Ask(number) => self.send(number),
                Order::CallOff(number) => {
                    self.handles.remove(&number).inspect(AbortHandle::abort);
                }
            }
        }
        self.tell(out.gauge());
        while let Some(next) = self.next() {
            out.send(Caption::Translation(next)).await?;
            self.desk.lock().sent();
        }
        Ok(())
    }

    fn next(&self) -> Option<Translation> {
        self.desk.lock().next().cloned()
    }

    fn send(&mut self, number: u64) {
        let Some(ask) = self.desk.lock().ask(number) else { return };
        let handle =
            self.requests.spawn(asked(self.translator.clone(), ask, self.settings.timeout));
        self.numbers.insert(handle.id(), number);
        self.handles.insert(number, handle);
    }

    fn note(&mut self, joined: Joined) {
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
            self.desk.lock().answer(number, answer, Instant::now());
        }
    }

    /// Degraded while the service is left alone, and from a final that was given up until something is translated; the page and
    /// `/api/state` read it there.
    fn tell(&mut self, gauge: &StageGauge) {
        let (trouble, counts) = {
            let desk = self.desk.lock();
            let trouble = desk.trouble(Instant::now()).or_else(|| desk.failed());
            (trouble.map(str::to_owned), desk.counts())
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

/// One request, held to its time.
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

    async fn handle(&mut self, caption: Caption, out: &Outlet<Caption>) -> Result<(), Fault> {
        while self.settings.waits && !self.desk.lock().has_room() {
            {
                let _waiting = out.gauge().waiting();
                self.wake().await;
            }
            self.work(out).await?;
        }
        self.desk.lock().take(&caption, Instant::now());
        self.work(out).await
    }

    async fn wake(&mut self) {
        let at = self.desk.lock().wake(Instant::now());
        let timer = async {
            match at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            Some(joined) = self.requests.join_next_with_id() => self.note(joined),
            () = timer => (),
        }
    }

    async fn tend(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        self.work(out).await
    }

    fn owes(&self) -> bool {
        self.desk.lock().owes()
    }

    async fn flush(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        self.desk.lock().end(Instant::now());
        self.work(out).await
    }

    async fn give_up(&mut self, caption: Caption, out: &Outlet<Caption>) -> Result<(), Fault> {
        let why = "two lives of the translator failed on it";
        self.desk.lock().give_up(&caption, why, Instant::now());
        self.work(out).await
    }
}
