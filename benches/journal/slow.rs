//! A slow disk: a library that makes the syncs of a process wait, built with the C compiler that livecap needs anyway.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rand::RngExt;

/// The longest wait, in µs. A batch of the keeper waits less than that, so that some syncs are slower than the next batch.
const LONGEST: u32 = 400_000;

pub(super) struct SlowDisk(PathBuf);

impl SlowDisk {
    /// `None` where no such library can be built: on other systems than Linux, or without a compiler.
    pub(super) fn build(folder: &Path) -> Option<SlowDisk> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let library = folder.join("slow.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/journal/slow.c");
        let mut compile = Command::new("cc");
        compile.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
        compile.stderr(Stdio::null()).status().is_ok_and(|it| it.success()).then_some(Self(library))
    }

    /// What this process writes goes to the slow disk. Some are hardly slow, and some wait long for each sync.
    pub(super) fn under(&self, process: &mut Command) {
        let longest = LONGEST >> rand::rng().random_range(0..8);
        process.env("LD_PRELOAD", &self.0).env("LIVECAP_BENCH_SLOW", longest.to_string());
    }
}
