//! The arguments of `livecap bench`, and the modes in which it runs a recording.
use std::{num::NonZeroUsize, path::PathBuf, str::FromStr};

use clap::ValueEnum;

use crate::spec::{
    RecogniserOverrides, Replay,
    plan::{ModelChoice, PlaybackSpeed},
};

#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// A pipeline file with a broadcast
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The recording to use instead of the file's own source
    #[arg(long, value_name = "AUDIO")]
    pub(super) input: Option<PathBuf>,
    /// The reference of the recording, as JSON or plain text; default: the file beside the recording, `.json` or `.txt`
    #[arg(long, value_name = "REFERENCE")]
    pub(super) reference: Option<PathBuf>,
    /// Do one run: at a multiple of the recording's own pace, `max`, or `offline` (each segment decoded once, whole); default:
    /// three runs, `offline`, `max` and 1
    #[arg(long, value_name = "SPEED")]
    pub(super) speed: Option<Way>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(super) json: bool,
    /// Also write an HTML page with plots
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write the updates of the last run to this folder, for simulstream, asr_latency and whisper_streaming
    #[arg(long, value_name = "DIR")]
    pub(super) event_log: Option<PathBuf>,
    /// Also open the page in a headless browser, and measure from sound to paint. Default for PROGRAM: the first of chromium,
    /// chromium-browser, google-chrome, google-chrome-stable that is installed
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true)]
    pub(super) browser: Option<Option<PathBuf>>,
    /// Print the ratio of each figure to that of an earlier report written with `--json`
    #[arg(long, value_name = "REPORT")]
    pub(super) compare: Option<PathBuf>,
    /// Find the headroom instead: raise the speed, or the number of recognisers side by side, until the lag is no longer bounded
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["speed", "html", "event_log", "browser", "compare"])]
    pub(super) sweep: Option<Sweep>,
    /// Measure every recording of this folder that has a reference beside it instead; default speeds: `offline` and 1
    #[arg(long, value_name = "DIR", conflicts_with_all = ["input", "reference", "html", "event_log", "browser", "compare", "sweep"])]
    pub(super) suite: Option<PathBuf>,
    /// With --suite: only recordings whose names contain this text
    #[arg(long, value_name = "TEXT", requires = "suite")]
    pub(super) only: Option<String>,
    /// The model of every recogniser, by name or path, instead of the file's
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<String>,
    /// The number of threads of each recogniser, instead of the file's
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl BenchArgs {
    pub(super) fn overrides(&self) -> RecogniserOverrides {
        let model = self.model.as_ref().map(|it| {
            let is_path = it.contains(std::path::is_separator) || it.ends_with(".bin");
            if is_path { ModelChoice::File(it.into()) } else { ModelChoice::Named(it.clone()) }
        });
        RecogniserOverrides { model, threads: self.threads, language: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sweep {
    Speed,
    Tracks,
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Way, String> {
        match text {
            "offline" => Ok(Way::Offline),
            "max" => Ok(Way::Unpaced),
            times => match times.parse() {
                Ok(times) if (0.001..=1000.0).contains(&times) => Ok(Way::Paced(times)),
                _ => Err("write a multiple of the recording's own pace, 0.001 to 1000, `max` or `offline`"
                    .to_owned()),
            },
        }
    }
}

/// The three modes of `docs/measures.md`. The first has no limit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    Offline,
    Unpaced,
    Paced(f64),
}

impl Way {
    pub(super) fn replay(
        self,
        recording: Option<PathBuf>,
        tracks: NonZeroUsize,
        recognisers: RecogniserOverrides,
    ) -> Replay {
        let speed = match self {
            Way::Offline | Way::Unpaced => PlaybackSpeed::Max,
            Way::Paced(times) => PlaybackSpeed::Times(times),
        };
        Replay { recording, speed, partials: self != Way::Offline, tracks, recognisers }
    }

    /// The name that is printed while it runs.
    pub(super) fn name(self) -> String {
        match self {
            Way::Offline => "offline: each segment decoded once, whole".to_owned(),
            Way::Unpaced => "unpaced: as fast as the pipeline takes it".to_owned(),
            Way::Paced(times) => format!("at {times}×"),
        }
    }
}
