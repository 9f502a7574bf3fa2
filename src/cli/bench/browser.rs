//! The bench's browser: the caption page in a headless Chromium, which reports when each caption was painted.
use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, interval},
};

use super::super::exit::Trouble;
use crate::serve::Server;

/// The environment variable with a browser that is not on `PATH`.
const NAMED_BY: &str = "LIVECAP_CHROMIUM";
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Options by which it starts without questions, loads only the page, and leaves no files behind.
const FLAGS: [&str; 8] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
/// How long a browser may take to open the page.
const START: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Closed when it is dropped.
pub(super) struct Browser {
    _child: Child,
    _profile: TempDir,
}

/// The one that is named, or the first that is installed.
pub(super) fn find(named: Option<&Path>) -> Result<PathBuf, Trouble> {
    let named = named.map(Path::to_owned).or_else(|| env::var_os(NAMED_BY).map(PathBuf::from));
    let names = named.map_or_else(|| NAMES.map(PathBuf::from).to_vec(), |it| vec![it]);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let places = |name: &PathBuf| -> Vec<PathBuf> {
        match name.components().count() {
            1 => folders.iter().map(|it| it.join(name)).collect(),
            _ => vec![name.clone()],
        }
    };
    let found = names.iter().flat_map(places).find(|it| it.is_file());
    found.ok_or_else(|| {
        let tried: Vec<String> = names.iter().map(|it| format!("`{}`", it.display())).collect();
        Trouble::Told(format!(
            "there is no browser {}: install Chromium, or name one with --browser=PROGRAM or {NAMED_BY}",
            tried.join(", ")
        ))
    })
}

impl Browser {
    /// Returns once its page is a viewer of `server`.
    pub(super) async fn open(program: &Path, server: &Server) -> Result<Browser, Trouble> {
        let told = |why: String| Trouble::Told(format!("`{}` {why}", program.display()));
        let profile = tempfile::tempdir().map_err(|error| told(error.to_string()))?;
        let mut command = Command::new(program);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        if is_root() {
            // Its sandbox refuses to run as root. All it opens is our own page.
            command.arg("--no-sandbox");
        }
        command.arg(server.measuring_url());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let before = server.viewers();
        let mut child =
            command.spawn().map_err(|error| told(format!("cannot be started: {error}")))?;
        let (until, mut looks) = (Instant::now() + START, interval(LOOK_EVERY));
        while server.viewers() == before {
            looks.tick().await;
            if let Ok(Some(status)) = child.try_wait() {
                return Err(told(format!("ended before it opened the page: {status}")));
            }
            if until < Instant::now() {
                return Err(told(format!("did not open the page within {} s", START.as_secs())));
            }
        }
        Ok(Browser { _child: child, _profile: profile })
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
