//! `livecap run`: a pipeline file at work, from the first check to the last final.
use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use futures::FutureExt;
use tracing::{error, info};

use super::{
    Exit, Trouble, overrides,
    terminal::{Screen, Terminal},
};
use crate::{
    assemble::{Assembled, ThisMachine, assemble},
    flow::StageGauge,
    host::{Outcome, Running, StageSettings},
    spec::{
        self, Complaint, Plan, Planned,
        plan::{self, Place},
    },
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
    let assembled =
        assemble(&plan, &machine, shown).await.map_err(|error| Trouble::Told(error.to_string()))?;
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

/// Waits for the end of the pipeline. Ctrl-C or SIGTERM drains it, a second one insists.
async fn until_ended(running: &mut Running, terminal: &Terminal) -> Outcome {
    let mut asked = false;
    let mut ticks = tokio::time::interval(STATUS_EVERY);
    loop {
        tokio::select! {
            outcome = running.ended() => return outcome,
            () = asked_to_stop() => {
                if asked {
                    running.insist();
                } else {
                    info!("draining; once more to end at once");
                    running.stop();
                }
                asked = true;
            }
            _ = ticks.tick() => terminal.draw_status(None),
        }
    }
}

/// What became of the pipeline, in words and as an exit code.
fn report(file: &Path, plan: &Plan, outcome: &Outcome) -> Exit {
    for failure in &outcome.failures {
        let stage = plan.stages().iter().find(|it| it.name == failure.stage);
        let place = stage.map_or(String::new(), |it| format!("{}:{}: ", file.display(), it.line));
        let title = stage.map_or(failure.stage.clone(), plan::Stage::title);
        error!("{place}`{title}` gave up after {} restarts: {}", failure.restarts, failure.cause);
    }
    for stage in &outcome.held_out {
        error!(stage, "did not come to an end within the grace time");
    }
    if outcome.gave_up { Exit::GaveUp } else { Exit::Fine }
}

/// Returns on the next Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => (),
            _ = terminate.recv() => (),
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}

fn writes_standard_output(plan: &Plan) -> bool {
    plan.stages().iter().any(|stage| match &stage.work {
        Planned::Lines(lines) => lines.place == Place::Standard && !stage.feeds.is_empty(),
        _ => false,
    })
}
