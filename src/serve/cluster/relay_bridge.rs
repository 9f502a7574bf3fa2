//! Relays events of clients between the servers of a cluster: events of this server's own clients are read from the ring and
//! published, and events of other servers are added to the ring. The transport is the driver of socketioxide's Redis adapter.
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use futures::StreamExt;
use socketioxide_redis::drivers::{ChanItem, Driver, MessageStream, redis::RedisDriver};

use super::{
    frame::{Frame, Packed},
    heartbeat::beat,
    membership::Cluster,
    session::{Disconnected, LinkState, Task},
    site::Site,
    store::driver,
};

/// The most events and bytes of a message.
const MOST_EVENTS: usize = 256;
const MOST_BYTES: usize = 256 * 1024;

/// Messages that may wait; more are lost, and counted.
const MESSAGES: usize = 1024;

/// The most other servers whose numbers are remembered.
const MOST_SERVERS: usize = 4096;

pub(super) struct RelayBridge {
    site: Arc<Site>,
    /// How many of this server's own events were sent or given up.
    done: u64,
    /// By server, the number of its next event.
    expected: HashMap<String, u64>,
}

impl RelayBridge {
    pub(super) fn new(site: Arc<Site>) -> RelayBridge {
        RelayBridge { site, done: 0, expected: HashMap::new() }
    }
}

impl Task for RelayBridge {
    const FOR: &'static str = "what clients emit stays on this server";

    async fn session(&mut self, link: &LinkState) -> Result<(), Disconnected> {
        let site = self.site.clone();
        let cluster = &*site.cluster;
        let (driver, keys) = driver(&cluster.settings).await?;
        let messages = driver.subscribe(keys.relay.clone(), MESSAGES).await?;
        link.came_up();
        // Events from the time without a connection are not sent later.
        let (own, at) = site.relay.place();
        give_up(cluster, own - self.done);
        self.done = own;
        let RelayBridge { done, expected, .. } = self;
        tokio::try_join!(
            send(&site, cluster, &driver, &keys.relay, (at, done)),
            receive(&site, cluster, messages, expected),
            beat(&driver, &keys.relay, cluster.settings.look),
        )?;
        Ok(())
    }
}

/// Counts events that were not sent.
fn give_up(cluster: &Cluster, events: u64) {
    if events > 0 {
        cluster.counts.not_crossed.fetch_add(events, Relaxed);
        let redis = &cluster.settings.address;
        tracing::warn!(%redis, events, "events of clients did not get to the other servers");
    }
}

/// Publishes from position `at` of the ring on. `done`: own events before it.
async fn send(
    site: &Site,
    cluster: &Cluster,
    driver: &RedisDriver,
    channel: &str,
    (mut at, done): (u64, &mut u64),
) -> Result<(), Disconnected> {
    let mut bell = site.bell.listen();
    loop {
        bell.borrow_and_update();
        loop {
            let mut packed = Packed::default();
            let mut first = *done + 1;
            while packed.len() < MOST_EVENTS && packed.bytes() < MOST_BYTES {
                match site.relay.due(at) {
                    Ok(Some(event)) => {
                        at += 1;
                        if let Some(number) = event.number {
                            if packed.len() == 0 {
                                first = number;
                            }
                            packed.add(&event);
                        }
                    }
                    Ok(None) => break,
                    // Redis is too slow for the size of the ring.
                    Err(_) => {
                        let (own, next) = site.relay.place();
                        give_up(cluster, own - *done - packed.len() as u64);
                        (at, *done) = (next, own - packed.len() as u64);
                        break;
                    }
                }
            }
            let count = packed.len() as u64;
            if count == 0 {
                break;
            }
            // The message may have arrived although the connection broke. It is not sent again, as it could arrive twice: the next
            // session counts these events as lost.
            driver.publish(channel.to_owned(), packed.frame(&site.id, first)).await?;
            *done += count;
            cluster.counts.crossed_out.fetch_add(count, Relaxed);
        }
        // The sender of this bell lives as long as the server.
        let _ = bell.changed().await;
    }
}

async fn receive(
    site: &Site,
    cluster: &Cluster,
    mut messages: MessageStream<ChanItem>,
    expected: &mut HashMap<String, u64>,
) -> Result<(), Disconnected> {
    while let Some((_, text)) = messages.next().await {
        let frame = match Frame::read(&text) {
            Ok(frame) => frame,
            Err(why) => {
                cluster.counts.refused.fetch_add(1, Relaxed);
                tracing::warn!(why, "events of another server cannot be read and are left out");
                continue;
            }
        };
        if frame.from == site.id {
            continue;
        }
        let (from, first, count) = (frame.from.clone(), frame.first, frame.len());
        if expected.len() >= MOST_SERVERS && !expected.contains_key(&from) {
            expected.clear();
        }
        let next = first.saturating_add(count);
        let missed = expected.insert(from.clone(), next).map_or(0, |it| first.saturating_sub(it));
        if missed > 0 {
            cluster.counts.not_crossed.fetch_add(missed, Relaxed);
            tracing::warn!(from, missed, "events of another server's clients did not come");
        }
        for event in frame.events() {
            // The server of its sender has checked the right to use livecap's own names.
            match site.relay.take_from_afar(event) {
                Ok(()) => drop(cluster.counts.crossed_in.fetch_add(1, Relaxed)),
                Err(why) => tracing::debug!(from, %why, "another server's event was refused"),
            }
        }
        site.bell.ring();
    }
    Err(Disconnected("the subscription has ended".to_owned()))
}
