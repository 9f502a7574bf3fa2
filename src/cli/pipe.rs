//! Shared by the commands on pipes: a plan from the arguments, and lines that are read until they end or a second Ctrl-C comes.
use std::{
    io::{self, IsTerminal},
    path::Path,
    time::Duration,
};

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{environment::this_machine, exit::Trouble, run::told, stop::Stop};
use crate::spec::{self, Overrides, Plan};

/// How long to read on after Ctrl-C: the program before us gets it too, and may still write.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// A plan from the arguments of `command`, checked like a file.
pub(super) fn plan(command: &str, text: &str) -> Result<Plan, Trouble> {
    let name = Path::new(command);
    let checked = spec::check_on(text, name, &Overrides::default(), &this_machine()?);
    checked.map_err(|complaints| told(name, text, &complaints))
}

/// As a TOML string. JSON strings are valid TOML.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What Ctrl-C, SIGTERM and SIGHUP mean to a filter.
#[derive(Clone)]
pub(super) struct Signals {
    /// The first one, and the grace time after it.
    closing: CancellationToken,
    /// The second one.
    insisted: CancellationToken,
}

impl Signals {
    /// Call it within a runtime, before anything that can take long.
    pub(super) fn listen() -> Result<Signals, Trouble> {
        let mut stop = Stop::new()?;
        let it = Signals { closing: CancellationToken::new(), insisted: CancellationToken::new() };
        let heard = it.clone();
        // At a terminal there is no program before us in the pipe.
        let grace = if io::stdin().is_terminal() { Duration::ZERO } else { GRACE };
        tokio::spawn(async move {
            stop.next().await;
            if timeout(grace, stop.next()).await.is_err() {
                heard.closing.cancel();
                stop.next().await;
            }
            heard.insisted.cancel();
        });
        Ok(it)
    }

    /// Does `work`, unless a second signal ends it before.
    pub(super) async fn unless_insisted(
        &self,
        work: impl Future<Output = Result<(), Trouble>>,
    ) -> Result<(), Trouble> {
        self.insisted.run_until_cancelled(work).await.unwrap_or(Ok(()))
    }
}

/// Lines of an input, as they are.
pub(super) struct Lines<R> {
    from: R,
    /// The number of the newest line, counted from 1.
    pub(super) number: usize,
    closing: CancellationToken,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(from: R, signals: &Signals) -> Lines<R> {
        Lines { from, number: 0, closing: signals.closing.clone() }
    }

    /// Appends the next line with its end to `line`. Returns false if there is none: the input has ended, or reading has to
    /// stop. If the call is dropped, the part of the line that was read is kept, and the next call continues it.
    pub(super) async fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Trouble> {
        let read = self.closing.run_until_cancelled(self.from.read_until(b'\n', line)).await;
        let Some(read) = read else { return Ok(false) };
        let cannot = |error| Trouble::Told(format!("cannot read standard input: {error}"));
        let some = read.map_err(cannot)? > 0 || !line.is_empty();
        self.number += usize::from(some);
        Ok(some)
    }
}
