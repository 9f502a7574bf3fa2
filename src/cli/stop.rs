//! The signals that end the program: Ctrl-C, SIGTERM, and SIGHUP, which a terminal sends when it is closed.
use super::exit::Trouble;

/// Registered from the start, so that no signal is missed between two waits.
pub(super) struct Stop {
    pub(super) asked: bool,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// `None` if the program was started with SIGHUP ignored, as by `nohup`, so that it outlives its terminal.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Stop {
    #[cfg(unix)]
    pub(super) fn new() -> Result<Stop, Trouble> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Trouble::Told(format!("cannot listen for Ctrl-C: {error}")))
        };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = (!ignores_hangup(&status)).then(|| listen(SignalKind::hangup()));
        Ok(Stop {
            asked: false,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> Result<Stop, Trouble> {
        Ok(Stop { asked: false })
    }

    /// Waits for the next signal. Returns whether it is that of Ctrl-C.
    pub(super) async fn next(&mut self) -> bool {
        #[cfg(unix)]
        let by_key = {
            let hung_up = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => true,
                _ = self.terminate.recv() => false,
                _ = hung_up => false,
            }
        };
        #[cfg(not(unix))]
        let by_key = tokio::signal::ctrl_c().await.is_ok();
        self.asked = true;
        by_key
    }
}

/// Whether the process ignores SIGHUP, the first signal, by `/proc` of Linux. Other systems have no such file; there SIGHUP is
/// always handled.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    ignored.is_some_and(|it| it & 1 != 0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn the_first_of_the_ignored_signals_is_sighup() {
        let status = |ignored: &str| format!("Name:\tlivecap\nSigBlk:\t01\nSigIgn:\t{ignored}\n");
        assert!(ignores_hangup(&status("0000000000000001")));
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(""));
    }
}
