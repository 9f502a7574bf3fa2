//! A node: it reads the run of a writer from Redis into its own log, which serves its viewers.
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures::StreamExt;
use socketioxide_redis::drivers::{ChanItem, Driver, MessageStream};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::{
    heartbeat::beat,
    membership::{Cluster, Counts},
    messages::{self, Clears, News, RunInfo},
    ordering::{Partials, Verdict, check_order},
    session::{Disconnected, LinkState, Task},
    site::Site,
    store::{Store, driver},
};
use crate::{
    flow::Registry,
    message::Retention,
    serve::{
        captions::log::{Log, Run},
        pipeline::event_page::EventPage,
    },
    wire::Event,
};

/// The most entries that are read at once.
const MOST: usize = 128;

/// Partials and facts that may wait; with more, the newest are lost.
const NEWS: usize = 1024;

/// Writes into the log of the server.
pub(super) struct Reader {
    site: Arc<Site>,
    feed: Mutex<Feed>,
    /// Notified when a message of another run came. A node that reads no run yet then checks which one has the broadcast.
    begun: Notify,
}

#[derive(Default)]
struct Feed {
    facts: Option<RunInfo>,
    /// The log of a run while its history is being read. Viewers get it when it is complete.
    loading: Option<Log>,
    partials: Partials,
    /// The last refusal, so that each is logged once.
    refused: String,
}

impl Task for Reader {
    const FOR: &'static str = "no captions come from there";

    async fn session(&mut self, link: &LinkState) -> Result<(), Disconnected> {
        let site = self.site.clone();
        let cluster = &*site.cluster;
        let Some(node) = &cluster.node else { return Ok(()) };
        let settings = &cluster.settings;
        let mut store = Store::open(settings, settings.answer + settings.look).await?;
        let (driver, keys) = driver(settings).await?;
        let news = driver.subscribe(keys.news.clone(), NEWS).await?;
        let (redis, name) = (&settings.address, settings.address.name());
        tracing::info!(%redis, name, "captions are read from Redis");
        link.came_up();
        cluster.counts.connected.store(true, Relaxed);
        node.heard().connected = true;
        let ended = tokio::try_join!(
            self.read(cluster, &mut store),
            self.listen(cluster, news),
            beat(&driver, &keys.news, settings.look),
        );
        node.heard().connected = false;
        cluster.counts.connected.store(false, Relaxed);
        ended.map(|_| ())
    }
}

impl Reader {
    pub(super) fn new(site: Arc<Site>) -> Reader {
        Reader { site, feed: Mutex::default(), begun: Notify::new() }
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the stream, and from time to time the facts.
    async fn read(&self, cluster: &Cluster, store: &mut Store) -> Result<(), Disconnected> {
        let look = cluster.settings.look;
        let mut looked: Option<Instant> = None;
        loop {
            if looked.is_none_or(|at| at.elapsed() >= look) {
                looked = Some(Instant::now());
                match store.facts().await?.as_deref().map(messages::read_run_info) {
                    Some(Ok(facts)) => self.hear(&cluster.counts, facts),
                    Some(Err(why)) => self.refuse(&cluster.counts, "the facts", &why),
                    None => (),
                }
            }
            let Some((stream, next, promised)) = self.place() else {
                let _ = timeout(look, self.begun.notified()).await;
                looked = None;
                continue;
            };
            let entries = store.read(&stream, next - 1, MOST, look).await?;
            if entries.is_empty() {
                // A Redis that lost its data is empty as well, and is filled again. Only entries that it had and trimmed are lost for good.
                let gone = match next < promised {
                    true => store.gone(&stream, next - 1).await?.saturating_add(1).min(promised),
                    false => 0,
                };
                self.settle(&cluster.counts, &stream, gone);
            } else if !self.take(&cluster.counts, &stream, entries) {
                // Otherwise refused entries would be read again at once.
                sleep(look).await;
            }
        }
    }

    /// Receives published messages.
    async fn listen(
        &self,
        cluster: &Cluster,
        mut news: MessageStream<ChanItem>,
    ) -> Result<(), Disconnected> {
        while let Some((_, text)) = news.next().await {
            let told = messages::read_news(&text);
            if let Ok(News::Partial(stream, _) | News::RunInfo(RunInfo { stream, .. })) = &told
                && self.feed().reads(stream)
                && let Some(node) = &self.site.cluster.node
            {
                node.heard().at = Some(Instant::now());
            }
            match told {
                Ok(News::Partial(stream, event)) => {
                    let mut feed = self.feed();
                    if feed.reads(&stream) && feed.loading.is_none() {
                        let next = self.site.captions.log().next();
                        let due = feed.partials.take(event, next);
                        self.show(due);
                    }
                }
                Ok(News::RunInfo(facts)) => {
                    if self.feed().reads(&facts.stream) {
                        self.hear(&cluster.counts, facts);
                    } else {
                        // An older run may publish that, too. Redis knows which run has the broadcast.
                        self.begun.notify_one();
                    }
                }
                Err(why) => self.refuse(&cluster.counts, "news", &why),
            }
        }
        Err(Disconnected("the subscription has ended".to_owned()))
    }

    /// Takes a partial.
    fn show(&self, due: Vec<Event>) {
        if due.is_empty() {
            return;
        }
        self.site.captions.say(|log| {
            // Partials that arrive after the end of the run are dropped.
            if !log.state().ended {
                due.into_iter().for_each(|event| log.take(event, Instant::now()));
            }
        });
    }

    /// The stream that is read, the next number, and the number up to which it reaches by its facts.
    fn place(&self) -> Option<(String, u64, u64)> {
        let feed = self.feed();
        let next = feed.look(&self.site, Log::next);
        feed.facts.as_ref().map(|facts| (facts.stream.clone(), next, facts.next))
    }

    /// Adds entries to the log. Returns whether any was new.
    fn take(&self, counts: &Counts, stream: &str, entries: Vec<(String, Option<String>)>) -> bool {
        let mut of_use = false;
        for (id, text) in entries {
            let mut feed = self.feed();
            if !feed.reads(stream) {
                return true;
            }
            let next = feed.look(&self.site, Log::next);
            let text = text.ok_or_else(|| "it has no field `e` with text".to_owned());
            let item = match text.and_then(|it| messages::read_item(&it)) {
                Ok(item) => item,
                Err(why) => {
                    feed.refuse(counts, &id, &why);
                    continue;
                }
            };
            let lost = match check_order(&id, &item.event, next) {
                Verdict::Take => 0,
                Verdict::After { lost } => lost,
                Verdict::Known => {
                    of_use = true;
                    continue;
                }
                Verdict::Refuse(why) => {
                    feed.refuse(counts, &id, &why);
                    continue;
                }
            };
            of_use = true;
            let since = self.moment(item.at);
            feed.partials.note(&item.event);
            let fresh = feed.say(&self.site, |log| {
                let fresh = log.next() == 1;
                if lost > 0 {
                    log.skip_to(next + lost, Some(item.event.start()), since);
                }
                if let Some(it) = item.clears {
                    log.set_clears((it.count, it.before));
                }
                log.take(item.event, since);
                fresh
            });
            counts.read.fetch_add(1, Relaxed);
            lose(counts, lost, fresh, next + lost);
        }
        self.settle(counts, stream, 0);
        let mut feed = self.feed();
        if feed.reads(stream) && feed.loading.is_none() {
            let next = self.site.captions.log().next();
            let due = feed.partials.due(next);
            self.show(due);
        }
        drop(feed);
        of_use
    }

    /// A time of the writer's clock on this server's clock, at the latest now.
    fn moment(&self, at: u64) -> Instant {
        let age = Duration::from_millis(self.site.clock.now_ms().saturating_sub(at));
        let now = Instant::now();
        now.checked_sub(age).unwrap_or(now)
    }

    /// Applies the facts of the run that is read. Facts of another run start reading that one.
    fn hear(&self, counts: &Counts, facts: RunInfo) {
        let Some(node) = &self.site.cluster.node else { return };
        let stream = facts.stream.clone();
        let mut feed = self.feed();
        if !feed.reads(&stream) {
            tracing::info!(stream, writer = facts.writer, "a run is delivered from here");
            let run = Run { stream: stream.clone(), started_at: facts.started_at };
            let age = Duration::from_millis(facts.keep.age_ms);
            feed.loading = Some(Log::new(Retention { count: facts.keep.count, age }, run));
            feed.partials = Partials::default();
        }
        let Clears { count, before } = facts.clears;
        if count > feed.look(&self.site, Log::clears).0 {
            feed.say(&self.site, |log| log.set_clears((count, before)));
        }
        let mut heard = node.heard();
        heard.state = facts.state.clone();
        heard.writer = Some(facts.writer.clone());
        drop(heard);
        feed.facts = Some(facts);
        drop(feed);
        self.settle(counts, &stream, 0);
    }

    /// Publishes a run whose history is complete, and ends one that has ended. `gone`: no entry before this number will come any more;
    /// 0 if that is not known.
    fn settle(&self, counts: &Counts, stream: &str, gone: u64) {
        let mut feed = self.feed();
        if !feed.reads(stream) {
            return;
        }
        let Some(facts) = feed.facts.clone() else { return };
        let next = feed.look(&self.site, Log::next);
        if next < gone {
            feed.say(&self.site, |log| log.skip_to(gone, None, Instant::now()));
            lose(counts, gone - next, next == 1, gone);
        }
        if feed.look(&self.site, Log::next) < facts.next {
            return;
        }
        if let Some(log) = feed.loading.take() {
            self.site.captions.say(|here| {
                here.turn_to(log);
                // Under the lock of the log, so that a `hello` never mixes two runs.
                let page = facts.page.map(|it| EventPage::new(it, None));
                self.site.pipeline.page.set(page);
                self.site.pipeline.attach(Registry::default(), facts.tracks, facts.notice);
            });
        }
        if facts.ended && !self.site.captions.log().state().ended {
            self.site.captions.say(Log::end);
        }
    }

    fn refuse(&self, counts: &Counts, what: &str, why: &str) {
        self.feed().refuse(counts, what, why);
    }
}

/// Counts events before number `before` that can no longer be read. A node that has read nothing yet has not lost the events
/// before its time.
fn lose(counts: &Counts, lost: u64, fresh: bool, before: u64) {
    if lost > 0 && !fresh {
        counts.lost.fetch_add(lost, Relaxed);
        tracing::warn!(lost, before, "events are no longer in Redis");
    }
}

impl Feed {
    fn reads(&self, stream: &str) -> bool {
        self.facts.as_ref().is_some_and(|it| it.stream == stream)
    }

    fn look<T>(&self, site: &Site, at: impl FnOnce(&Log) -> T) -> T {
        match &self.loading {
            Some(log) => at(log),
            None => at(&site.captions.log()),
        }
    }

    fn say<T>(&mut self, site: &Site, put: impl FnOnce(&mut Log) -> T) -> T {
        match &mut self.loading {
            Some(log) => put(log),
            None => site.captions.say(put),
        }
    }

    /// Logs a refusal, unless it is the same as the last one.
    fn refuse(&mut self, counts: &Counts, what: &str, why: &str) {
        counts.refused.fetch_add(1, Relaxed);
        let told = format!("{what}: {why}");
        if self.refused != told {
            tracing::warn!(what, why, "what is in Redis cannot be read and is left out");
            self.refused = told;
        }
    }
}
