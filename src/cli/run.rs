//! `livecap run`: a pipeline file at work, from the first check to the last final.
use std::{
    fs,
    future::Future,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use futures::FutureExt;
use tracing::{error, info};

use super::{Exit, Trouble, overrides, terminal::{Screen, Terminal}};
use crate::{
    assemble::{Assembled, ThisMachine, assemble},
    flow::StageGauge,
    host::{Outcome, Running, StageSettings},
    spec::{self, Complaint, Plan, Planned, plan::Place},
};

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// A pipeline file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// End when the inputs have ended, instead of serving the captions on until Ctrl-C
    #[arg(long)]
    exit: bool,
    /// Write no captions and no status, only what goes wrong
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// How often the status line is drawn.
const STATUS_EVERY: Duration = Duration::from_millis(250);

/// Reads a pipeline file. Complaints are drawn on standard error.
pub(crate) fn read_plan(file: &Path) -> Result<Plan, Trouble> {
    let text = read(file)?;
    spec::check_with(&text, file, &overrides()).map_err(|complaints| told(file, &text, &complaints))
}

fn read(file: &Path) -> Result<String, Trouble> {
    let cannot = |error| Trouble::Told(format!("cannot read `{}`: {error}", file.display()));
    fs::read_to_string(file).map_err(cannot)
}

fn told(file: &Path, text: &str, complaints: &[Complaint]) -> Trouble {
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let path = file.display().to_string();
    let drawn = spec::render(&path, text, complaints, colours);
    let _ = writeln!(io::stderr(), "{drawn}\n");
    Trouble::Told(format!("`{path}` was refused"))
}

pub(crate) async fn run(args: &RunArgs, terminal: &Terminal) -> Result<Exit, Trouble> {
    let plan = read_plan(&args.file)?;
    let machine = ThisMachine::new();
    let complaints = spec::check_machine(&plan, &machine);
    if !complaints.is_empty() {
        return Err(told(&args.file, &read(&args.file)?, &complaints));
    }
    // Captions on the terminal stand in the way of lines that the file itself writes to standard output.
    let shown = !args.quiet && !writes_standard_output(&plan);
    let assembled = assemble(&plan, &machine, shown).await.map_err(|error| Trouble::Told(error.to_string()))?;
    let Assembled { mut pipeline, settings, captions, .. } = assembled;
    if let Some(captions) = captions {
        let terminal = terminal.clone();
        let make = move || std::future::ready(Ok(Screen(terminal.clone()))).boxed();
        pipeline.watcher(StageSettings::default(), StageGauge::new("terminal"), make, captions);
    }
    let mut running = pipeline.start(settings).await;
    let outcome = until_ended(&mut running, terminal).await;
    terminal.clear();
    Ok(report(&args.file, &plan, &outcome))
}
