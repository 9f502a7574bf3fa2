//! What a service manager such as systemd is told: ready, still alive, stopping, and one line about how it stands.
use std::{convert::Infallible, env, ffi::OsStr, io, process, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::warn;

/// The protocol is that of sd_notify(3): lines in a datagram, sent to the socket that `NOTIFY_SOCKET` names. Without that variable
/// nothing is sent. The crate `sd-notify` would block a thread of the runtime while the socket is full, and cannot reach abstract
/// sockets, which containers and user sessions have.
pub(super) struct ServiceManager {
    #[cfg(unix)]
    socket: Option<tokio::net::UnixDatagram>,
    /// How often it wants to hear that the process lives.
    every: Option<Duration>,
}

impl ServiceManager {
    /// The one that has started this process, if any.
    pub(super) fn of_environment() -> ServiceManager {
        let Some(address) = env::var_os("NOTIFY_SOCKET").filter(|it| !it.is_empty()) else {
            return ServiceManager::absent();
        };
        let variable = |name| env::var(name).ok();
        let every = watchdog(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), process::id());
        match ServiceManager::at(&address, every) {
            Ok(manager) => manager,
            Err(error) => {
                let address = address.display();
                warn!(%address, %error, "the service manager's NOTIFY_SOCKET cannot be reached");
                ServiceManager::absent()
            }
        }
    }

    #[cfg(unix)]
    pub(super) fn absent() -> ServiceManager {
        ServiceManager { socket: None, every: None }
    }

    #[cfg(not(unix))]
    pub(super) fn absent() -> ServiceManager {
        ServiceManager { every: None }
    }

    #[cfg(unix)]
    fn at(address: &OsStr, every: Option<Duration>) -> io::Result<ServiceManager> {
        let socket = std::os::unix::net::UnixDatagram::unbound()?;
        socket.connect_addr(&socket_address(address)?)?;
        socket.set_nonblocking(true)?;
        let socket = tokio::net::UnixDatagram::from_std(socket)?;
        Ok(ServiceManager { socket: Some(socket), every })
    }

    #[cfg(not(unix))]
    fn at(_: &OsStr, _: Option<Duration>) -> io::Result<ServiceManager> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn is_there(&self) -> bool {
        #[cfg(unix)]
        return self.socket.is_some();
        #[cfg(not(unix))]
        false
    }

    /// All of it works: whoever waits for this service may go on.
    pub(super) async fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\n{}", status_line(status))).await;
    }

    pub(super) async fn stopping(&self, status: &str) {
        self.tell(&format!("STOPPING=1\n{}", status_line(status))).await;
    }

    pub(super) async fn status(&self, status: &str) {
        self.tell(&status_line(status)).await;
    }

    /// Says that the process lives, twice as often as is wanted, for as long as it is awaited. `look` tells how the process stands;
    /// `Err` is why it should be started anew, and then no sign of life is given. A sign of life goes by way of a task, so that it
    /// is missing too when no thread of the runtime comes to its work any more.
    pub(super) async fn beats(&self, look: impl Fn() -> Result<String, String>) -> Infallible {
        let Some(every) = self.every else { return std::future::pending().await };
        let pace = (every / 2).max(Duration::from_millis(1));
        let mut beats = interval_at(Instant::now() + pace, pace);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            let _ = tokio::spawn(async {}).await;
            match look() {
                Ok(status) => self.tell(&format!("WATCHDOG=1\n{}", status_line(&status))).await,
                Err(why) => self.status(&why).await,
            }
        }
    }

    #[cfg(unix)]
    async fn tell(&self, lines: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(lines.as_bytes()).await {
            warn!(%error, lines, "the service manager could not be told");
        }
    }

    #[cfg(not(unix))]
    async fn tell(&self, _: &str) {}
}

/// A line break would begin another message.
fn status_line(status: &str) -> String {
    format!("STATUS={}", status.replace(['\n', '\r'], " "))
}

/// A path, or `@name` for an abstract socket.
#[cfg(unix)]
fn socket_address(address: &OsStr) -> io::Result<std::os::unix::net::SocketAddr> {
    use std::os::unix::{ffi::OsStrExt, net::SocketAddr};
    match address.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => {
            <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
        }
        [b'/', ..] => SocketAddr::from_pathname(address),
        _ => {
            let told = "only the path of a socket and `@name` are known";
            Err(io::Error::new(io::ErrorKind::Unsupported, told))
        }
    }
}

/// Within what time it wants a sign of life. Both variables are inherited by children, so they count for the process only that
/// they name.
fn watchdog(microseconds: Option<String>, process: Option<String>, this: u32) -> Option<Duration> {
    let meant = process.is_none_or(|it| it.parse() == Ok(this));
    let microseconds = microseconds?.parse().ok().filter(|it| meant && *it > 0)?;
    Some(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_counts_for_the_process_that_it_names() {
        let watchdog = |microseconds: &str, process: Option<&str>| {
            watchdog(Some(microseconds.to_owned()), process.map(str::to_owned), 7)
        };
        let half_a_minute = Some(Duration::from_secs(30));
        assert_eq!(watchdog("30000000", None), half_a_minute);
        assert_eq!(watchdog("30000000", Some("7")), half_a_minute);
        assert_eq!(watchdog("30000000", Some("8")), None);
        assert_eq!(watchdog("30000000", Some("")), None);
        assert_eq!(watchdog("0", None), None, "0 means that there is none");
        assert_eq!(watchdog("soon", None), None);
        assert_eq!(super::watchdog(None, Some("7".to_owned()), 7), None);
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(status_line("lost\nREADY=1"), "STATUS=lost READY=1");
    }

    #[cfg(unix)]
    #[test]
    fn other_kinds_of_addresses_are_refused() {
        assert!(socket_address(OsStr::new("vsock:2:1234")).is_err());
        assert!(socket_address(OsStr::new("run/notify")).is_err());
        assert!(socket_address(OsStr::new("/run/notify")).unwrap().as_pathname().is_some());
    }
}
