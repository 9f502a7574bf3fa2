//! `livecap bench`: a pipeline fed with a known recording, and every measure of `docs/measures.md` taken of it.
mod browser;
mod compare;
mod html;
mod logs;
mod machine;
mod measure;
mod meter;
mod report;
mod run;
mod said;
mod sweep;
mod table;
mod viewer;

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::ValueEnum;
use serde_json::Value;

use self::{
    measure::Figures,
    report::Report,
    run::{Failed, Run},
};
use super::{
    Exit, Trouble,
    run::{read, read_plan, told},
};
use crate::{
    assemble::ThisMachine,
    logic::reference::Reference,
    spec::{
        self, Plan, Planned, Replay,
        plan::{self, Speed},
    },
};

#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// A pipeline file with a broadcast
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What is heard instead of the file's own source
    #[arg(long, value_name = "AUDIO")]
    input: Option<PathBuf>,
    /// What is said in it, as JSON or plain text; left out: the file beside the recording, `.json` or `.txt`
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<PathBuf>,
    /// One run: so many times its own pace, `max`, or `offline`, each segment decoded once, whole; left out: `offline`, `max`, 1
    #[arg(long, value_name = "SPEED")]
    speed: Option<Way>,
    /// One JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Write a page with plots too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the updates of the last run to this folder, for simulstream, asr_latency and whisper_streaming
    #[arg(long, value_name = "DIR")]
    event_log: Option<PathBuf>,
    /// Open the page in a headless browser too, and measure from sound to paint. Left out: no browser; without a program:
    /// the first of chromium, chromium-browser, google-chrome, google-chrome-stable
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true)]
    browser: Option<Option<PathBuf>>,
    /// Tell the ratio of each figure to that of an earlier report, written with `--json`
    #[arg(long, value_name = "REPORT")]
    compare: Option<PathBuf>,
    /// Instead: raise the speed, or the number of recognisers side by side, until the lag is no longer bounded
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["speed", "html", "event_log", "browser", "compare"])]
    sweep: Option<Sweep>,
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
                _ => Err("write how many times its own pace, 0.001 to 1000, `max` or `offline`"
                    .to_owned()),
            },
        }
    }
}

/// The three ways to run of `docs/measures.md`, the first without any limit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    Offline,
    Unpaced,
    Paced(f64),
}

impl Way {
    fn replay(self, input: Option<PathBuf>, tracks: NonZeroUsize) -> Replay {
        let speed = match self {
            Way::Offline | Way::Unpaced => Speed::Max,
            Way::Paced(times) => Speed::Times(times),
        };
        Replay { recording: input, speed, partials: self != Way::Offline, tracks }
    }

    /// As somebody is told what runs now.
    fn name(self) -> String {
        match self {
            Way::Offline => "offline: each segment decoded once, whole".to_owned(),
            Way::Unpaced => "unpaced: as fast as it is taken".to_owned(),
            Way::Paced(times) => format!("at {times}×"),
        }
    }
}

pub(crate) async fn bench(args: &BenchArgs, machine: &ThisMachine) -> Result<Exit, Trouble> {
    let plan = read_plan(&args.file)?;
    let ways = match args.speed {
        None => vec![Way::Offline, Way::Unpaced, Way::Paced(1.0)],
        Some(way) => vec![way],
    };
    let browser = args.browser.as_ref().map(|it| browser::find(it.as_deref())).transpose()?;
    let bench = Bench { args, machine, plan: &plan, browser };
    let planned = bench.replayed(Way::Unpaced, NonZeroUsize::MIN)?;
    let recording = recording(&planned);
    let said = said::of(args.reference.as_deref(), recording)?;
    let before = args.compare.as_deref().map(compare::read).transpose()?;
    let done = match args.sweep {
        Some(what) => sweep::sweep(&bench, what, said.as_ref()).await,
        None => bench.measure(&ways, recording, said.as_ref(), before.as_ref()).await,
    };
    match done {
        Ok(()) => Ok(Exit::Fine),
        Err(Failed::Told(trouble)) => Err(trouble),
        Err(Failed::GaveUp(exit)) => Ok(exit),
    }
}

struct Bench<'a> {
    args: &'a BenchArgs,
    machine: &'a ThisMachine,
    plan: &'a Plan,
    browser: Option<PathBuf>,
}

impl Bench<'_> {
    async fn measure(
        &self,
        ways: &[Way],
        recording: &Path,
        said: Option<&Reference>,
        before: Option<&Value>,
    ) -> Result<(), Failed> {
        let mut taken: Vec<(Way, Plan, Run)> = Vec::new();
        for way in ways {
            let (plan, run) = self.run(*way, NonZeroUsize::MIN).await?;
            taken.push((*way, plan, run));
        }
        let figures = taken.iter().map(|(way, plan, run)| Figures::of(*way, plan, run, said));
        let figures: Vec<Figures<'_>> = figures.collect();
        let (Some(report), Some(last)) = (Report::new(self.machine, &figures), figures.last())
        else {
            return Err(Trouble::Told("nothing was run".to_owned()).into());
        };
        let cannot = |path: &Path, error: io::Error| {
            Trouble::Told(format!("cannot write `{}`: {error}", path.display()))
        };
        if let Some(folder) = &self.args.event_log {
            logs::write(folder, last, recording, said).map_err(|error| cannot(folder, error))?;
        }
        if let Some(path) = &self.args.html {
            let page = html::page(&report, last).map_err(Trouble::Told)?;
            std::fs::write(path, page).map_err(|error| cannot(path, error))?;
        }
        let now = serde_json::to_value(&report).map_err(io::Error::from).map_err(Trouble::Write)?;
        let compared = before.map(|before| (before, &now));
        self.print(&report, compared).map_err(Trouble::Write)?;
        Ok(())
    }

    fn print(&self, report: &Report, compared: Option<(&Value, &Value)>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.args.json {
            serde_json::to_writer_pretty(&mut out, report)?;
            writeln!(out)?;
            // Nothing but the object on standard output.
            if let Some((before, now)) = compared {
                compare::write(before, now, &mut io::stderr().lock())?;
            }
        } else {
            table::write(report, &mut out)?;
            if let Some((before, now)) = compared {
                compare::write(before, now, &mut out)?;
            }
        }
        out.flush()
    }

    /// The plan as it is run, seen to find all it names on this machine.
    fn replayed(&self, way: Way, tracks: NonZeroUsize) -> Result<Plan, Trouble> {
        let file = &self.args.file;
        let replay = way.replay(self.args.input.clone(), tracks);
        let refused = |error| Trouble::Told(format!("{}: {error}", file.display()));
        let plan = self.plan.replay(&replay).map_err(refused)?;
        if let Some(input) = &self.args.input
            && !input.is_file()
        {
            return Err(Trouble::Told(format!("there is no file `{}`", input.display())));
        }
        let complaints = spec::check_machine(&plan, self.machine);
        if complaints.is_empty() { Ok(plan) } else { Err(told(file, &read(file)?, &complaints)) }
    }

    async fn run(&self, way: Way, tracks: NonZeroUsize) -> Result<(Plan, Run), Failed> {
        let plan = self.replayed(way, tracks)?;
        // Standard output may be piped to a program.
        let _ = writeln!(io::stderr(), "{} …", way.name());
        // Without a pace no sound has a moment to measure from.
        let paced = matches!(way, Way::Paced(_));
        let browser = self.browser.as_deref().filter(|_| paced);
        let run = run::run(&self.args.file, &plan, self.machine, browser).await?;
        Ok((plan, run))
    }
}

/// What a replayed plan hears.
fn recording(plan: &Plan) -> &Path {
    let recording = plan.stages().iter().find_map(|stage| match &stage.work {
        Planned::Recording(recording) => Some(recording.path.as_path()),
        _ => None,
    });
    recording.unwrap_or(Path::new(""))
}

/// The recognisers of a replayed plan.
fn recognisers(plan: &Plan) -> impl Iterator<Item = (&plan::Stage, &plan::Whisper)> {
    plan.stages().iter().filter_map(|stage| match &stage.work {
        Planned::Whisper(whisper) => Some((stage, &**whisper)),
        _ => None,
    })
}
