//! The writer of a run: it copies the log of the server to Redis, with a cursor like that of a viewer, which moves when Redis has
//! confirmed. Nothing waits for it.
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};

use super::{
    append::{from, is_ours},
    membership::Cluster,
    messages::{self, Clears, Kept, RunInfo},
    reach::{self, Place, Reach},
    session::{Disconnected, LinkState, Task},
    site::Site,
    store::{Appended, Batch, Claim, Store},
};
use crate::{
    serve::{
        captions::log::{Entry, encode},
        pipeline::attached::Attached,
    },
    wire::{PageInfo, StateEvent},
};

/// The most entries and bytes of a call, so that it does not block Redis for long.
const MOST_ITEMS: usize = 128;
const MOST_BYTES: usize = 256 * 1024;

/// Redis keeps a run for at least so long after the last call of its writer.
const LEAST_EXPIRE: Duration = Duration::from_secs(3600);

pub(super) struct Writer {
    site: Arc<Site>,
    /// The address for nodes.
    reach: Reach,
    stream: String,
    /// The epoch of its claim.
    epoch: Option<u64>,
    /// Redis was away when it started, so newer runs may have begun since.
    waited: bool,
    /// The last number that Redis has confirmed.
    last: u64,
    /// The last number of a batch without a response.
    tried: u64,
    /// The stream in Redis is not of this run, and is to be deleted.
    anew: bool,
    /// The order of the newest partial that was published.
    partials: u64,
    told: Option<(RunInfo, Instant)>,
    /// The state that viewers were sent last, and its JSON.
    state: Option<(Arc<RawValue>, StateEvent)>,
}

/// What is to be sent, as read from the log.
struct Pending {
    entries: Vec<(u64, Arc<Entry>, Instant)>,
    /// Numbers that left the history before they reached Redis.
    lost: u64,
    first: u64,
    /// The last number in Redis after this batch.
    sent: u64,
    facts: RunInfo,
    /// Nothing is left after this batch.
    drained: bool,
}

/// The result of sending a batch.
enum Progress {
    All,
    /// There is more to send.
    Some,
    /// Another run has the broadcast.
    Nothing,
}

impl Task for Writer {
    const FOR: &'static str = "nodes get no captions from here, and this server's own viewers do";

    async fn session(&mut self, link: &LinkState) -> Result<(), Disconnected> {
        let site = self.site.clone();
        let cluster = &*site.cluster;
        let Some(attached) = attached(&site).await else { return Ok(()) };
        let store = Store::open(&cluster.settings, cluster.settings.answer).await;
        let mut store = store.inspect_err(|_| self.waited = true)?;
        self.find_reach(cluster).await;
        let ended = self.write(cluster, &mut store, &attached, link).await;
        cluster.counts.connected.store(false, Relaxed);
        ended
    }
}

/// Waits for the pipeline; `None` if the server ends before one is attached.
async fn attached(site: &Site) -> Option<Arc<Attached>> {
    let mut bell = site.bell.listen();
    loop {
        bell.borrow_and_update();
        if let Some(attached) = site.pipeline.attached() {
            return Some(attached);
        }
        if site.ending.is_cancelled() {
            return None;
        }
        // The bell is rung for both events.
        let _ = bell.changed().await;
    }
}

impl Writer {
    pub(super) fn new(site: Arc<Site>) -> Writer {
        let stream = site.captions.log().run().stream.clone();
        let (last, tried, partials) = (0, 0, 0);
        Writer {
            site,
            reach: Reach::At(String::new()),
            stream,
            epoch: None,
            waited: false,
            last,
            tried,
            anew: false,
            partials,
            told: None,
            state: None,
        }
    }

    /// Detected for each connection: the machine may be in another network.
    async fn find_reach(&mut self, cluster: &Cluster) {
        let settings = &cluster.settings;
        let reach = Place {
            scheme: self.site.scheme,
            listening: self.site.listening,
            public: settings.public_url.as_deref(),
            to_redis: reach::to_redis(settings.address.way()).await,
            outward: reach::outward().await,
        }
        .reach();
        if reach == self.reach {
            return;
        }
        if let Reach::Nowhere(url) = &reach {
            tracing::warn!(
                url,
                redis = %settings.address,
                "nodes on other machines cannot tell where this pipeline is operated: say it with `public-url`"
            );
        }
        self.reach = reach;
    }

    async fn write(
        &mut self,
        cluster: &Cluster,
        store: &mut Store,
        attached: &Attached,
        link: &LinkState,
    ) -> Result<(), Disconnected> {
        if !self.claim(cluster, store).await? {
            return Ok(());
        }
        let (address, name) = (&cluster.settings.address, cluster.settings.address.name());
        tracing::info!(redis = %address, name, stream = self.stream, "captions are written to Redis");
        link.came_up();
        cluster.counts.connected.store(true, Relaxed);
        let mut bell = self.site.bell.listen();
        loop {
            bell.borrow_and_update();
            let ending = self.site.ending.is_cancelled();
            loop {
                match self.bring(cluster, store, attached).await? {
                    Progress::All => break,
                    Progress::Some => (),
                    Progress::Nothing => return Ok(()),
                }
            }
            self.publish_partials(store).await?;
            if ending {
                return Ok(());
            }
            // Without captions, too, it is checked whether Redis still has everything, and which run has the broadcast.
            let _ = timeout(cluster.settings.look, bell.changed()).await;
        }
    }

    /// Claims the broadcast. Returns whether this run has it.
    async fn claim(&mut self, cluster: &Cluster, store: &mut Store) -> Result<bool, Disconnected> {
        let epoch = self.epoch.unwrap_or_else(|| self.site.clock.started_ms());
        self.told = None;
        let first = self.epoch.is_none() && !self.waited;
        let claim = store.claim(&self.stream, epoch, first).await;
        match claim.inspect_err(|_| self.waited = true)? {
            Claim::Ours(epoch) => {
                self.epoch = Some(epoch);
                Ok(true)
            }
            Claim::Taken(by) => {
                self.stand_down(cluster, &by);
                Ok(false)
            }
        }
    }

    /// There is only one writer: the newest run.
    fn stand_down(&self, cluster: &Cluster, by: &str) {
        cluster.counts.stood_down.store(true, Relaxed);
        let (address, name) = (&cluster.settings.address, cluster.settings.address.name());
        tracing::error!(
            redis = %address,
            stream = self.stream,
            by,
            "another run has taken over the broadcast `{name}`: nodes deliver that one, and this one is seen by this \
             server's own viewers only; two at a time take two names, as `?name={name}-2`"
        );
    }

    /// Sends what is due to Redis.
    async fn bring(
        &mut self,
        cluster: &Cluster,
        store: &mut Store,
        attached: &Attached,
    ) -> Result<Progress, Disconnected> {
        let found = self.look(attached);
        let told = self.told.as_ref();
        let news = told.is_none_or(|(told, _)| !told.is_as(&found.facts));
        let silent = told.is_none_or(|(_, at)| at.elapsed() >= cluster.settings.look);
        let tell = found.drained && (news || silent);
        if found.entries.is_empty() && !self.anew && !tell {
            return Ok(Progress::All);
        }
        let clock = &self.site.clock;
        let items = found.entries.iter().map(|(number, entry, since)| {
            let clears = Some(found.facts.clears).filter(|it| (1..=*number).contains(&it.before));
            (*number, messages::item(entry, clock.unix_ms(*since), clears))
        });
        let facts = tell.then(|| encode(&found.facts));
        let batch = Batch {
            stream: &self.stream,
            after: self.last,
            anew: self.anew,
            items: items.collect(),
            first: found.first,
            expire: self.site.keep.age.max(LEAST_EXPIRE),
            facts: facts.map(|it| (it.get().to_owned(), messages::news(&self.stream, it.get()))),
        };
        let appended = store.append(&batch).await.inspect_err(|_| self.tried = found.sent)?;
        match appended {
            Appended::Done => {
                self.note(cluster, &found, tell);
                Ok(if found.drained { Progress::All } else { Progress::Some })
            }
            Appended::Elsewhere(last) => {
                self.hear(cluster, last);
                Ok(Progress::Some)
            }
            Appended::Unclaimed => Ok(match self.claim(cluster, store).await? {
                true => Progress::Some,
                false => Progress::Nothing,
            }),
            Appended::Taken(by) => {
                self.stand_down(cluster, &by);
                Ok(Progress::Nothing)
            }
        }
    }

    /// Handles a last number in Redis that was not expected.
    fn hear(&mut self, cluster: &Cluster, last: u64) {
        let (redis, known) = (&cluster.settings.address, self.last);
        if !is_ours(last, known, self.tried) {
            tracing::warn!(%redis, known, last, "somebody else has written there: it is written anew");
            (self.last, self.anew) = (0, true);
        } else {
            if last < known {
                tracing::warn!(%redis, known, last, "data was lost there: it is filled again");
            }
            self.last = last;
        }
        self.told = None;
    }

    /// Handles the confirmation of a batch.
    fn note(&mut self, cluster: &Cluster, found: &Pending, told: bool) {
        let counts = &cluster.counts;
        if !found.entries.is_empty() {
            if found.lost > 0 {
                counts.lost.fetch_add(found.lost, Relaxed);
                let (redis, lost) = (&cluster.settings.address, found.lost);
                tracing::warn!(%redis, lost, "events had left the history before Redis took them");
            }
            counts.appended.fetch_add(found.entries.len() as u64, Relaxed);
        }
        // Also if nothing of the history was left to append: the stream ends where the history does.
        (self.last, self.anew, self.tried) = (found.sent, false, 0);
        counts.in_redis.store(found.sent, Relaxed);
        if told {
            self.told = Some((found.facts.clone(), Instant::now()));
        }
    }

    fn look(&mut self, attached: &Attached) -> Pending {
        let state = self.state();
        let log = self.site.captions.log();
        let kept = log.state();
        let (from, lost) = from(self.last, kept.first, kept.next);
        let mut bytes = 0;
        let few = log.shown(from).take(MOST_ITEMS).take_while(|(_, entry, _)| {
            bytes += entry.bytes();
            bytes <= MOST_BYTES || bytes == entry.bytes()
        });
        let entries: Vec<_> = few.map(|(number, it, since)| (number, it.clone(), since)).collect();
        let sent = from - 1 + entries.len() as u64;
        let drained = sent + 1 == kept.next;
        let (count, before) = log.clears();
        let keep = self.site.keep;
        let facts = RunInfo {
            v: messages::VERSION,
            stream: self.stream.clone(),
            writer: self.reach.told(),
            started_at: log.run().started_at,
            tracks: attached.tracks.clone(),
            notice: attached.notice.clone(),
            page: attached.page.as_ref().map(PageInfo::without_logo),
            keep: Kept { count: keep.count, age_ms: keep.age.as_millis() as u64 },
            next: sent + 1,
            clears: Clears { count, before },
            ended: kept.ended && drained,
            state,
        };
        Pending { entries, lost, first: kept.first, sent, facts, drained }
    }

    /// The state as viewers were sent it last. The current one would change with every caption.
    fn state(&mut self) -> StateEvent {
        let Some(told) = self.site.pipeline.states().borrow().clone() else {
            return self.site.pipeline.state();
        };
        match &self.state {
            Some((known, state)) if Arc::ptr_eq(known, &told) => state.clone(),
            _ => {
                let state =
                    serde_json::from_str(told.get()).unwrap_or_else(|_| self.site.pipeline.state());
                self.state = Some((told, state.clone()));
                state
            }
        }
    }

    /// Publishes only the newest partial of each open segment: older ones are outdated.
    async fn publish_partials(&mut self, store: &mut Store) -> Result<(), Disconnected> {
        let partials = self.site.captions.log().partials(self.partials);
        let Some((newest, _)) = partials.last() else { return Ok(()) };
        let newest = *newest;
        let news: Vec<_> =
            partials.iter().map(|(_, entry)| messages::partial(&self.stream, entry)).collect();
        store.publish(&news).await?;
        self.partials = newest;
        Ok(())
    }
}
