//! The machine that a figure was measured on.
use std::{env, fs, process::Command};

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Machine {
    pub(super) os: &'static str,
    pub(super) arch: &'static str,
    /// As the system names the processor.
    pub(super) cpu: Option<String>,
    pub(super) cpus: usize,
    /// The mean number of threads that wanted to run in the last minute. If it is above `cpus`, other programs were busy too.
    pub(super) load: Option<f64>,
    pub(super) livecap: &'static str,
    pub(super) optimised: bool,
}

impl Machine {
    pub(super) fn here() -> Machine {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let named = cpuinfo.lines().find_map(|it| it.strip_prefix("model name"));
        let load = fs::read_to_string("/proc/loadavg").ok();
        Machine {
            os: env::consts::OS,
            arch: env::consts::ARCH,
            cpu: named.map(|it| it.trim_start_matches([' ', '\t', ':']).to_owned()),
            cpus: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            load: load.and_then(|it| it.split(' ').next()?.parse().ok()),
            livecap: env!("CARGO_PKG_VERSION"),
            optimised: !cfg!(debug_assertions),
        }
    }
}

/// The commit of the work tree that the program was built in, if the program is still in it; with `-dirty` if files differ.
pub(super) fn commit() -> Option<String> {
    let program = env::current_exe().ok()?;
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(program.parent()?).args(arguments).output();
        let output = output.ok().filter(|it| it.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    // Not the repository of somebody's home folder that the program happens to be installed in.
    let tree = git(&["rev-parse", "--show-toplevel"])?;
    let manifest = fs::read_to_string(std::path::Path::new(&tree).join("Cargo.toml")).ok()?;
    if !manifest.contains("name = \"livecap\"") {
        return None;
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-dirty") })
}
