//! How much one address may take of the server, and whose address it is.
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use tokio::time::Instant;

/// What one address may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerAddress {
    /// At once.
    pub connections: usize,
    /// New sessions in any `window`.
    pub handshakes: usize,
    pub window: Duration,
    /// This machine's own addresses are held to it, too.
    pub loopback_too: bool,
}

impl Default for PerAddress {
    fn default() -> PerAddress {
        PerAddress {
            connections: 2000,
            handshakes: 6000,
            window: Duration::from_secs(60),
            loopback_too: false,
        }
    }
}

/// Who has what at the moment.
pub(super) struct Addresses {
    limits: PerAddress,
    taken: Mutex<HashMap<IpAddr, Taken>>,
}

#[derive(Debug)]
struct Taken {
    connections: usize,
    handshakes: usize,
    /// When the window began in which these handshakes were.
    since: Instant,
}

/// The place of one connection.
pub(super) struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(taken) = self.addresses.lock().get_mut(&self.address) {
            taken.connections -= 1;
        }
    }
}

/// How many addresses are remembered before those that have nothing are forgotten.
const REMEMBERED: usize = 1024;

impl Addresses {
    pub(super) fn new(limits: PerAddress) -> Arc<Addresses> {
        Arc::new(Addresses { limits, taken: Mutex::default() })
    }

    /// Room for one more connection, as long as it lives. The inner `None`: this address is not counted.
    pub(super) fn connection(self: &Arc<Addresses>, from: IpAddr) -> Option<Option<Place>> {
        let Some(address) = self.counted(from) else { return Some(None) };
        let limits = self.limits;
        self.with(address, Instant::now(), |taken| {
            let room = taken.connections < limits.connections;
            taken.connections += usize::from(room);
            room
        })
        .then(|| Some(Place { addresses: self.clone(), address }))
    }

    /// Whether it may open one more session now; else, after which time it may.
    pub(super) fn handshake(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some(address) = self.counted(from) else { return Ok(()) };
        let limits = self.limits;
        self.with(address, now, |taken| {
            let passed = now.saturating_duration_since(taken.since);
            if passed >= limits.window {
                (taken.handshakes, taken.since) = (0, now);
            }
            if taken.handshakes >= limits.handshakes {
                return Err(limits.window.saturating_sub(passed));
            }
            taken.handshakes += 1;
            Ok(())
        })
    }

    fn counted(&self, from: IpAddr) -> Option<IpAddr> {
        let from = from.to_canonical();
        (self.limits.loopback_too || !from.is_loopback()).then(|| whole(from))
    }

    fn with<T>(&self, address: IpAddr, now: Instant, look: impl FnOnce(&mut Taken) -> T) -> T {
        let mut taken = self.lock();
        if taken.len() >= REMEMBERED.max(taken.capacity() / 2) {
            let window = self.limits.window;
            let recent = |it: &Taken| now.saturating_duration_since(it.since) < window;
            taken.retain(|_, it| it.connections > 0 || recent(it));
        }
        look(taken.entry(address).or_insert(Taken { connections: 0, handshakes: 0, since: now }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has one IPv6 address has 64 bits of them.
fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Whose request it is: the peer's, or behind a trusted proxy that of the last address in `X-Forwarded-For` that is no
/// such proxy. What stands before that, anybody may have written.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|it| it.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|it| it.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        if !proxies.contains(&client) {
            break;
        }
        let Ok(hop) = hop.parse::<IpAddr>() else { break };
        client = hop.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn addresses(loopback_too: bool) -> Arc<Addresses> {
        let window = Duration::from_secs(60);
        Addresses::new(PerAddress { connections: 2, handshakes: 3, window, loopback_too })
    }

    #[tokio::test]
    async fn each_address_has_its_own_room_and_this_machine_has_all() {
        let addresses = addresses(false);
        let first = addresses.connection(ip("192.0.2.1")).unwrap();
        let second = addresses.connection(ip("::ffff:192.0.2.1")).unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(addresses.connection(ip("192.0.2.1")).is_none());
        assert!(addresses.connection(ip("192.0.2.2")).is_some());
        drop(second);
        assert!(addresses.connection(ip("192.0.2.1")).is_some());
        for _ in 0..10 {
            assert!(addresses.connection(ip("127.0.0.1")).unwrap().is_none());
        }
        let _held: Vec<_> = (0..2)
            .map(|it| addresses.connection(ip(&format!("2001:db8::{it}"))).unwrap())
            .collect();
        assert!(addresses.connection(ip("2001:db8::ffff")).is_none());
        assert!(addresses.connection(ip("2001:db8:0:1::")).is_some());
    }

    #[tokio::test]
    async fn handshakes_are_counted_by_the_window_and_forgotten() {
        let addresses = addresses(true);
        let now = Instant::now();
        for _ in 0..3 {
            assert_eq!(addresses.handshake(ip("127.0.0.1"), now), Ok(()));
        }
        let after = |secs| now + Duration::from_secs(secs);
        assert_eq!(addresses.handshake(ip("127.0.0.1"), after(20)), Err(Duration::from_secs(40)));
        assert_eq!(addresses.handshake(ip("127.0.0.1"), after(60)), Ok(()));
        for number in 0..10_000u32 {
            let address = IpAddr::V4((0x0a00_0000 + number).into());
            assert_eq!(addresses.handshake(address, after(u64::from(number))), Ok(()));
        }
        assert!(addresses.lock().len() < 5000, "{} are remembered", addresses.lock().len());
    }

    #[test]
    fn only_trusted_proxies_say_whose_a_request_is() {
        let forwarded = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", text.parse().unwrap());
            headers
        };
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        for (peer, said, client_is) in [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client(ip(peer), &forwarded(said), &proxies), ip(client_is), "{said}");
        }
        assert_eq!(client(ip("10.0.0.1"), &HeaderMap::new(), &proxies), ip("10.0.0.1"));
    }
}
