//! The address of a writer's pages for nodes, or that there is none.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use redis::ConnectionAddr;
use tokio::net::{UdpSocket, lookup_host};

/// The addresses of this machine and of the pipeline file.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) scheme: &'static str,
    pub(super) listening: SocketAddr,
    /// `public-url`, which has priority.
    pub(super) public: Option<&'a str>,
    /// The address of this machine on the route to Redis; `None` for a Unix socket.
    pub(super) to_redis: Option<IpAddr>,
    /// The address of this machine on its default route; `None` without a route.
    pub(super) outward: Option<IpAddr>,
}

/// The address for nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    At(String),
    /// The pages can only be reached from the writer's machine, and nodes may be on others.
    Nowhere(String),
}

impl Place<'_> {
    pub(super) fn reach(&self) -> Reach {
        let Place { scheme, listening, public, .. } = self;
        let url = |ip| format!("{scheme}://{}", SocketAddr::new(ip, listening.port()));
        if let Some(public) = public {
            return Reach::At((*public).to_owned());
        }
        let elsewhere = |it: &IpAddr| !it.is_loopback() && !it.is_unspecified();
        let ip = listening.ip();
        if ip.is_unspecified() {
            let own = [self.to_redis, self.outward].into_iter().flatten();
            // An address of the other IP version is not listened on, unless both are.
            let own = own.filter(elsewhere).find(|it| ip.is_ipv6() || it.is_ipv4());
            return Reach::At(url(own.unwrap_or(Ipv4Addr::LOCALHOST.into())));
        }
        // Redis is on another machine, so nodes may be as well.
        if ip.is_loopback() && self.to_redis.as_ref().is_some_and(elsewhere) {
            return Reach::Nowhere(url(ip));
        }
        Reach::At(url(ip))
    }
}

impl Reach {
    pub(super) fn told(&self) -> String {
        match self {
            Reach::At(url) => url.clone(),
            Reach::Nowhere(url) => format!("{url} on its own machine only"),
        }
    }
}

/// The address of this machine on the route to Redis.
pub(super) async fn to_redis(address: &ConnectionAddr) -> Option<IpAddr> {
    let (host, port) = match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            (host.as_str(), *port)
        }
        _ => return None,
    };
    for there in lookup_host((host, port)).await.ok()? {
        if let Some(own) = own_towards(there).await {
            return Some(own);
        }
    }
    None
}

/// The address of this machine on its default route, found by an address for documentation (RFC 5737). No packet is sent.
pub(super) async fn outward() -> Option<IpAddr> {
    own_towards(SocketAddr::from(([192, 0, 2, 1], 9))).await
}

/// The local address of the route to a target. No packet is sent.
async fn own_towards(there: SocketAddr) -> Option<IpAddr> {
    let any = if there.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(there).await.ok()?;
    Some(socket.local_addr().ok()?.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(listening: &str, to_redis: Option<&str>, outward: Option<&str>) -> Reach {
        let ip = |it: Option<&str>| it.map(|it| it.parse().unwrap());
        let (to_redis, outward) = (ip(to_redis), ip(outward));
        let listening = listening.parse().unwrap();
        Place { scheme: "http", listening, public: None, to_redis, outward }.reach()
    }

    #[test]
    fn nodes_are_told_an_address_that_they_can_reach() {
        let at = |url: &str| Reach::At(url.to_owned());
        let (lan, out) = (Some("10.0.0.5"), Some("192.168.1.7"));
        // On all addresses: the one on the route to Redis, as the nodes use Redis, too.
        assert_eq!(reach("0.0.0.0:31979", lan, out), at("http://10.0.0.5:31979"));
        assert_eq!(reach("[::]:31979", Some("fd00::5"), out), at("http://[fd00::5]:31979"));
        assert_eq!(reach("0.0.0.0:31979", Some("fd00::5"), out), at("http://192.168.1.7:31979"));
        // With Redis on this machine, nodes may be anywhere.
        assert_eq!(reach("0.0.0.0:80", Some("127.0.0.1"), out), at("http://192.168.1.7:80"));
        assert_eq!(reach("[::]:80", None, out), at("http://192.168.1.7:80"));
        assert_eq!(reach("0.0.0.0:80", Some("127.0.0.1"), None), at("http://127.0.0.1:80"));
        // On one address that is not loopback, or with everything on this machine.
        assert_eq!(reach("10.0.0.9:80", lan, out), at("http://10.0.0.9:80"));
        assert_eq!(reach("127.0.0.1:80", Some("127.0.0.1"), out), at("http://127.0.0.1:80"));
        assert_eq!(reach("127.0.0.1:80", None, out), at("http://127.0.0.1:80"));
        // A loopback address means another machine for a node elsewhere.
        let none = reach("127.0.0.1:80", lan, out);
        assert_eq!(none, Reach::Nowhere("http://127.0.0.1:80".to_owned()));
        assert_eq!(none.told(), "http://127.0.0.1:80 on its own machine only");
    }

    #[test]
    fn what_the_file_says_goes_before_what_the_machine_does() {
        let (listening, public) =
            ("127.0.0.1:80".parse().unwrap(), Some("https://captions.example"));
        let to_redis = Some("10.0.0.5".parse().unwrap());
        let place = Place { scheme: "http", listening, public, to_redis, outward: None };
        assert_eq!(place.reach(), Reach::At("https://captions.example".to_owned()));
    }

    #[tokio::test]
    async fn the_way_to_redis_is_the_systems() {
        let tcp = |host: &str| ConnectionAddr::Tcp(host.to_owned(), 6379);
        assert_eq!(to_redis(&tcp("127.0.0.1")).await, Some(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(to_redis(&ConnectionAddr::Unix("/run/redis.sock".into())).await, None);
        assert_eq!(to_redis(&tcp("no such host")).await, None);
    }
}
