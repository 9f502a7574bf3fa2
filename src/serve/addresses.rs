//! Where others find the pages: the addresses of this machine, best first.
use std::net::{IpAddr, SocketAddr};

/// The addresses of the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// `public-url`, which goes before all others.
    pub public: Option<String>,
    /// Those that other devices reach, best first.
    pub others: Vec<Address>,
    /// The one for this machine.
    pub own: String,
}

/// One address of the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub url: String,
    /// Where it leads through, if that is not a network that readers are likely to be in: `docker0`.
    pub by: Option<String>,
}

impl Addresses {
    /// The one to give to readers; `None` where only this machine reaches the pages.
    pub fn best(&self) -> Option<&str> {
        self.public.as_deref().or_else(|| self.others.first().map(|it| it.url.as_str()))
    }

    /// Asks the system for its interfaces.
    pub(crate) fn of(scheme: &str, listening: SocketAddr, public: Option<&str>) -> Addresses {
        let url = |host: &str| format!("{scheme}://{host}:{}", listening.port());
        let ip = listening.ip().to_canonical();
        let unnamed = |ip: IpAddr| Address { url: url(&host(ip)), by: None };
        let others = match ip {
            _ if ip.is_loopback() => Vec::new(),
            _ if ip.is_unspecified() => {
                let (found, outward) = (interfaces(), outward());
                let mut found = ordered(found, ip, outward).into_iter();
                let best = found.next();
                let named = best.is_some().then(name).flatten();
                let named = named.map(|it| Address { url: url(&it), by: None });
                let address = |it: Found| Address {
                    url: url(&host(it.ip)),
                    by: is_virtual(&it.interface).then_some(it.interface),
                };
                best.map(address).into_iter().chain(named).chain(found.map(address)).collect()
            }
            _ => vec![unnamed(ip)],
        };
        let own = match (ip.is_unspecified(), ip) {
            (false, ip) => ip,
            (true, IpAddr::V4(_)) => IpAddr::from([127, 0, 0, 1]),
            (true, IpAddr::V6(_)) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        Addresses { public: public.map(str::to_owned), others, own: url(&host(own)) }
    }
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    interface: String,
    ip: IpAddr,
}

fn interfaces() -> Vec<Found> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter().map(|it| Found { ip: it.ip(), interface: it.name }).collect()
}

/// The address of this machine on its default route, by an address for documentation (RFC 5737). No packet is sent.
fn outward() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Those that others may reach, best first: IPv4 before IPv6, interfaces of networks before those of containers and tunnels, the
/// default route first. IPv6 only where there is no IPv4 of a network.
fn ordered(found: Vec<Found>, listening: IpAddr, outward: Option<IpAddr>) -> Vec<Found> {
    // Elsewhere a socket of IPv6 takes IPv4 too.
    let both = listening.is_ipv6() && !cfg!(windows);
    let is_listened_on = |ip: IpAddr| both || ip.is_ipv4() == listening.is_ipv4();
    let mut found: Vec<Found> =
        found.into_iter().filter(|it| is_listened_on(it.ip) && rank(it).is_some()).collect();
    if found.iter().any(|it| it.ip.is_ipv4() && rank(it) < Some(VIRTUAL)) {
        found.retain(|it| it.ip.is_ipv4());
    }
    let key = |it: &Found| (rank(it), it.ip.is_ipv6(), Some(it.ip) != outward, it.ip);
    found.sort_by_key(key);
    found.dedup_by_key(|it| it.ip);
    found
}

const VIRTUAL: u8 = 2;

/// Lower is better; `None`: others cannot use it.
fn rank(found: &Found) -> Option<u8> {
    let ip = found.ip;
    let local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        // Without its zone such an address leads nowhere.
        IpAddr::V6(ip) if ip.is_unicast_link_local() => return None,
        IpAddr::V6(_) => false,
    };
    if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    let private = match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    Some(match (is_virtual(&found.interface), local, private) {
        (false, false, true) => 0,
        (false, false, false) => 1,
        (true, false, _) => VIRTUAL,
        // No server gave this machine an address, so readers are hardly in its network.
        (_, true, _) => 3,
    })
}

/// How names begin of interfaces that lead to containers, virtual machines and tunnels, on Linux, macOS and Windows.
const NOT_OF_A_NETWORK: [&str; 27] = [
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vmenet",
    "vboxnet",
    "podman",
    "cni",
    "flannel",
    "cali",
    "lxc",
    "lxdbr",
    "incusbr",
    "tun",
    "tap",
    "utun",
    "wg",
    "tailscale",
    "zt",
    "ppp",
    "ipsec",
    "nordlynx",
    "awdl",
    "llw",
    "bridge",
    "vethernet",
];

fn is_virtual(interface: &str) -> bool {
    let name = interface.to_ascii_lowercase();
    let told = ["virtualbox", "vmware", "hyper-v", "vpn", "wireguard"];
    NOT_OF_A_NETWORK.iter().any(|it| name.starts_with(it))
        || told.iter().any(|it| name.contains(it))
}

fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The name by which devices in the same network find this machine (mDNS), where something here answers to it.
fn name() -> Option<String> {
    local_name(&machine_name()?)
}

#[cfg(unix)]
fn machine_name() -> Option<String> {
    // On Linux a service of its own answers.
    let answers =
        !cfg!(target_os = "linux") || std::path::Path::new("/run/avahi-daemon/socket").exists();
    let name = rustix::system::uname().nodename().to_str().ok()?.to_owned();
    answers.then_some(name)
}

#[cfg(not(unix))]
fn machine_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// `hall.local` of `hall`, `Hall.local` or `hall.example.org`; `None` where it is no name of one machine.
fn local_name(name: &str) -> Option<String> {
    let label = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let fine = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let plain = !label.is_empty() && label != "localhost" && label.chars().all(fine);
    plain.then(|| format!("{label}.local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(listening: &str, outward: Option<&str>, found: &[(&str, &str)]) -> Vec<String> {
        let found = found.iter().map(|(interface, ip)| Found {
            interface: (*interface).to_owned(),
            ip: ip.parse().unwrap(),
        });
        let outward = outward.map(|it| it.parse().unwrap());
        let ordered = ordered(found.collect(), listening.parse().unwrap(), outward);
        ordered.into_iter().map(|it| it.ip.to_string()).collect()
    }

    const LAPTOP: [(&str, &str); 10] = [
        ("lo", "127.0.0.1"),
        ("lo", "::1"),
        ("docker0", "172.17.0.1"),
        ("br-5f3a", "172.18.0.1"),
        ("tun0", "10.8.0.2"),
        ("eth0", "169.254.7.7"),
        ("wlan0", "192.168.1.5"),
        ("wlan0", "fe80::1"),
        ("wlan0", "2001:db8::5"),
        ("wwan0", "198.51.100.7"),
    ];

    #[test]
    fn networks_come_before_containers_and_tunnels() {
        let all =
            ["192.168.1.5", "198.51.100.7", "10.8.0.2", "172.17.0.1", "172.18.0.1", "169.254.7.7"];
        assert_eq!(order("0.0.0.0", None, &LAPTOP), all);
        // A tunnel for all traffic does not lead readers here.
        assert_eq!(order("0.0.0.0", Some("10.8.0.2"), &LAPTOP), all);
    }

    #[test]
    fn of_two_networks_the_default_route_is_first() {
        let two = [("eth0", "10.0.0.5"), ("wlan0", "192.168.1.5")];
        assert_eq!(order("0.0.0.0", Some("192.168.1.5"), &two), ["192.168.1.5", "10.0.0.5"]);
        assert_eq!(order("0.0.0.0", None, &two), ["10.0.0.5", "192.168.1.5"]);
    }

    #[test]
    fn ipv6_stands_in_where_there_is_nothing_else() {
        let six = [
            ("eth0", "fe80::1"),
            ("eth0", "2001:db8::5"),
            ("eth0", "fd00::5"),
            ("docker0", "172.17.0.1"),
        ];
        assert_eq!(order("::", None, &six), ["fd00::5", "2001:db8::5", "172.17.0.1"]);
        assert_eq!(order("0.0.0.0", None, &six), ["172.17.0.1"]);
        #[cfg(not(windows))]
        assert_eq!(order("::", None, &LAPTOP)[0], "192.168.1.5");
    }

    #[test]
    fn one_address_is_itself_and_loopback_is_for_this_machine_alone() {
        let of =
            |listening: &str, public| Addresses::of("http", listening.parse().unwrap(), public);
        let lan = of("192.168.1.5:80", None);
        assert_eq!(
            (lan.best(), lan.own.as_str()),
            (Some("http://192.168.1.5:80"), "http://192.168.1.5:80")
        );
        let here = of("127.0.0.1:31979", None);
        assert_eq!((here.best(), here.own.as_str()), (None, "http://127.0.0.1:31979"));
        let six = of("[::1]:31979", None);
        assert_eq!((six.best(), six.own.as_str()), (None, "http://[::1]:31979"));
        let proxied = of("127.0.0.1:31979", Some("https://captions.example/hall"));
        assert_eq!(proxied.best(), Some("https://captions.example/hall"));
        assert_eq!(of("0.0.0.0:80", None).own, "http://127.0.0.1:80");
        assert_eq!(of("[::]:80", None).own, "http://[::1]:80");
    }

    #[test]
    fn a_machine_is_found_by_its_first_name() {
        assert_eq!(local_name("Hall.local").as_deref(), Some("hall.local"));
        assert_eq!(local_name("hall.example.org").as_deref(), Some("hall.local"));
        for none in ["", "localhost", "my hall", "zaal_1"] {
            assert_eq!(local_name(none), None, "{none}");
        }
    }
}
