//! Limits per client address, and the address of a client behind proxies.
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use tokio::time::Instant;

/// The limits of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerAddress {
    /// Connections at the same time.
    pub connections: usize,
    /// Speakers who have not said hello.
    pub half_open: usize,
    /// New sessions in any `window`.
    pub handshakes: usize,
    /// Wrong tokens in any `window`. After so many, no token from the address is checked until the window is over.
    pub wrong_tokens: usize,
    pub window: Duration,
    /// Whether the limits apply to the addresses of this machine, too.
    pub loopback_too: bool,
}

impl Default for PerAddress {
    fn default() -> PerAddress {
        PerAddress {
            connections: 2000,
            half_open: 32,
            handshakes: 6000,
            wrong_tokens: 20,
            window: Duration::from_secs(60),
            loopback_too: false,
        }
    }
}

/// The address of the client, as an extension of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Client(pub(crate) IpAddr);

/// What each address uses at the moment.
pub(crate) struct Addresses {
    limits: PerAddress,
    taken: Mutex<Table>,
}

struct Table {
    by_address: HashMap<IpAddr, Taken>,
    /// At so many addresses, those without connections and counts are removed. It is at least twice the number that was left the last
    /// time, so that the cost per new address stays constant.
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Taken {
    connections: usize,
    half_open: usize,
    handshakes: Tally,
    wrong_tokens: Tally,
}

/// The count in the window that began with the first event.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    since: Option<Instant>,
}

impl Tally {
    /// The time until one more is allowed, where there were `most`.
    fn wait(&self, most: usize, window: Duration, now: Instant) -> Option<Duration> {
        let left = self.left(window, now)?;
        (self.count >= most).then_some(left)
    }

    fn add(&mut self, window: Duration, now: Instant) {
        if self.left(window, now).is_none() {
            *self = Tally { count: 0, since: Some(now) };
        }
        self.count += 1;
    }

    /// The rest of the window; `None` where it is over.
    fn left(&self, window: Duration, now: Instant) -> Option<Duration> {
        let passed = now.saturating_duration_since(self.since?);
        window.checked_sub(passed).filter(|it| !it.is_zero())
    }
}

/// The permit of one connection.
pub(crate) struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(taken) = self.addresses.lock().by_address.get_mut(&self.address) {
            taken.connections -= 1;
        }
    }
}

/// The permit of one speaker who has not said hello.
pub(crate) struct HalfOpen(Option<(Arc<Addresses>, IpAddr)>);

impl Drop for HalfOpen {
    fn drop(&mut self) {
        if let Some((addresses, address)) = &self.0
            && let Some(taken) = addresses.lock().by_address.get_mut(address)
        {
            taken.half_open -= 1;
        }
    }
}

/// The message where no token is checked.
pub(crate) const GUESSED: &str =
    "too many wrong tokens came from this address: wait, and try again";

/// The least number of addresses at which those without connections and counts are removed.
const REMEMBERED: usize = 1024;

impl Addresses {
    pub(crate) fn new(limits: PerAddress) -> Arc<Addresses> {
        let table = Table { by_address: HashMap::new(), sweep_at: REMEMBERED };
        Arc::new(Addresses { limits, taken: Mutex::new(table) })
    }

    /// A permit for one more connection. The inner `None`: this address has no limits.
    pub(crate) fn connection(self: &Arc<Addresses>, from: IpAddr) -> Option<Option<Place>> {
        let Some(address) = self.counted(from) else { return Some(None) };
        let limits = self.limits;
        self.with(address, Instant::now(), |taken| {
            let room = taken.connections < limits.connections;
            taken.connections += usize::from(room);
            room
        })
        .then(|| Some(Place { addresses: self.clone(), address }))
    }

    /// A permit for one more speaker who has not said hello.
    pub(crate) fn half_open(self: &Arc<Addresses>, from: IpAddr) -> Option<HalfOpen> {
        let Some(address) = self.counted(from) else { return Some(HalfOpen(None)) };
        let most = self.limits.half_open;
        let has_room = self.with(address, Instant::now(), |taken| {
            let room = taken.half_open < most;
            taken.half_open += usize::from(room);
            room
        });
        has_room.then(|| HalfOpen(Some((self.clone(), address))))
    }

    /// Whether the address may open one more session now; otherwise the time until it may.
    pub(crate) fn handshake(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some(address) = self.counted(from) else { return Ok(()) };
        let PerAddress { handshakes, window, .. } = self.limits;
        self.with(address, now, |taken| match taken.handshakes.wait(handshakes, window, now) {
            Some(wait) => Err(wait),
            None => {
                taken.handshakes.add(window, now);
                Ok(())
            }
        })
    }

    /// Whether a token from the address is checked now; otherwise the time until one is. `is_right`: whether this one is valid.
    /// After too many wrong tokens a valid one is refused as well, as the answer would help to guess it.
    pub(crate) fn token(
        &self,
        from: IpAddr,
        now: Instant,
        is_right: impl FnOnce() -> bool,
    ) -> Result<(), Duration> {
        let Some(address) = self.counted(from) else { return Ok(()) };
        let PerAddress { wrong_tokens, window, .. } = self.limits;
        let known = |table: &Table| {
            let taken = table.by_address.get(&address)?;
            taken.wrong_tokens.wait(wrong_tokens, window, now)
        };
        if let Some(wait) = known(&self.lock()) {
            return Err(wait);
        }
        // A valid token is not counted.
        if !is_right() {
            self.with(address, now, |taken| taken.wrong_tokens.add(window, now));
        }
        Ok(())
    }

    fn counted(&self, from: IpAddr) -> Option<IpAddr> {
        let from = from.to_canonical();
        (self.limits.loopback_too || !from.is_loopback()).then(|| whole(from))
    }

    fn with<T>(&self, address: IpAddr, now: Instant, look: impl FnOnce(&mut Taken) -> T) -> T {
        let mut table = self.lock();
        if table.by_address.len() >= table.sweep_at {
            table.sweep(self.limits.window, now);
        }
        look(table.by_address.entry(address).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn sweep(&mut self, window: Duration, now: Instant) {
        let recent = |it: &Tally| it.left(window, now).is_some();
        self.by_address.retain(|_, it| {
            it.connections + it.half_open > 0 || recent(&it.handshakes) || recent(&it.wrong_tokens)
        });
        self.by_address.shrink_to(REMEMBERED);
        self.sweep_at = REMEMBERED.max(self.by_address.len() * 2);
    }
}

/// In whole seconds, at least 1: 0 would mean at once.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

/// Of an IPv6 address only the first 64 bits count: one client may have all addresses behind them.
fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// The client of a request: the peer, or behind a trusted proxy the last address in `X-Forwarded-For` that is no trusted
/// proxy. Anybody may have written the addresses before it.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
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
        let (connections, half_open, handshakes, wrong_tokens) = (2, 2, 3, 3);
        Addresses::new(PerAddress {
            connections,
            half_open,
            handshakes,
            wrong_tokens,
            window,
            loopback_too,
        })
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
        let remembered = addresses.lock().by_address.len();
        assert!(remembered < 5000, "{remembered} are remembered");
    }

    #[tokio::test]
    async fn wrong_tokens_are_counted_and_behind_too_many_the_right_one_is_not_looked_at() {
        let addresses = addresses(false);
        let now = Instant::now();
        let after = |secs| now + Duration::from_secs(secs);
        let one = ip("192.0.2.1");
        for _ in 0..100 {
            assert_eq!(addresses.token(one, now, || true), Ok(()));
            assert_eq!(addresses.token(ip("::1"), now, || false), Ok(()));
        }
        assert!(addresses.lock().by_address.is_empty());
        for secs in 0..3 {
            assert_eq!(addresses.token(one, after(secs), || false), Ok(()));
        }
        let unseen = || panic!("it is looked at");
        assert_eq!(addresses.token(one, after(20), unseen), Err(Duration::from_secs(40)));
        assert_eq!(addresses.token(ip("192.0.2.2"), after(20), || false), Ok(()));
        // It is counted by its own window: sessions are not.
        assert_eq!(addresses.handshake(one, after(20)), Ok(()));
        assert_eq!(addresses.token(one, after(60), || true), Ok(()));
    }

    /// Sweeping looks at all of them: at every newcomer that would be a flood's own work squared.
    #[tokio::test]
    async fn a_flood_of_addresses_is_swept_at_a_threshold_that_doubles() {
        let addresses = addresses(false);
        let now = Instant::now();
        let (mut sweeps, mut threshold) = (0, addresses.lock().sweep_at);
        for number in 0..20_000u32 {
            let address = IpAddr::V4((0x0a00_0000 + number).into());
            assert_eq!(addresses.handshake(address, now), Ok(()));
            let table = addresses.lock();
            sweeps += usize::from(table.sweep_at != threshold);
            threshold = table.sweep_at;
        }
        // At 1024, 2048, 4096, 8192 and 16384: none of them may be forgotten yet.
        assert_eq!((sweeps, threshold, addresses.lock().by_address.len()), (5, 32_768, 20_000));
        addresses.lock().sweep(Duration::from_secs(60), now + Duration::from_secs(60));
        let table = addresses.lock();
        assert!(table.by_address.is_empty() && table.by_address.capacity() <= 2 * REMEMBERED);
        assert_eq!(table.sweep_at, REMEMBERED);
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
