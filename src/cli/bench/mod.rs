//! `livecap bench`: runs a pipeline on a known recording and takes every measure of `docs/measures.md`.
mod args;
mod browser;
mod compare;
mod html;
mod logs;
mod machine;
mod measure;
mod meter;
mod parts;
mod replayed;
mod report;
mod run;
mod said;
mod session;
mod suite;
mod suite_report;
mod suite_table;
mod sweep;
mod table;
mod viewer;

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::Path,
};

use serde_json::Value;

pub(crate) use self::args::BenchArgs;
use self::{
    args::Way,
    measure::Figures,
    replayed::recording,
    report::Report,
    run::{Failed, Run},
    said::spoken,
    session::Bench,
};
use super::{
    exit::{Exit, Trouble},
    run::read_plan,
};
use crate::{assemble::ThisMachine, logic::reference::Reference, spec::Plan};

pub(crate) async fn bench(args: &BenchArgs, machine: &ThisMachine) -> Result<Exit, Trouble> {
    let plan = read_plan(&args.file)?;
    let ways = match args.speed {
        None if args.suite.is_some() => vec![Way::Offline, Way::Paced(1.0)],
        None => vec![Way::Offline, Way::Unpaced, Way::Paced(1.0)],
        Some(way) => vec![way],
    };
    let browser = args.browser.as_ref().map(|it| browser::find(it.as_deref())).transpose()?;
    let (input, recognisers) = (args.input.clone(), args.overrides());
    let mut bench = Bench { args, machine, plan: &plan, browser, input, recognisers };
    if let Some(folder) = &args.suite {
        return suite::suite(&bench, folder, &ways).await;
    }
    let planned = bench.replayed(Way::Unpaced, NonZeroUsize::MIN)?;
    let recording = recording(&planned);
    let said = said::of(args.reference.as_deref(), recording)?;
    bench.recognisers.language = said.as_ref().and_then(spoken);
    let before = args.compare.as_deref().map(compare::read).transpose()?;
    let done = match args.sweep {
        Some(what) => sweep::sweep(&bench, what, said.as_ref()).await,
        None => bench.measure(&ways, recording, said.as_ref(), before.as_ref()).await,
    };
    match done {
        Ok(()) => Ok(Exit::Fine),
        Err(Failed::Told(trouble)) => Err(trouble),
        Err(Failed::GaveUp(exit, _)) => Ok(exit),
    }
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
            // Standard output has only the object.
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
}
