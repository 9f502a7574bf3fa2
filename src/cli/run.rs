//! `livecap run`: runs a pipeline file, from the check to the last final.
use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;
use tracing::{error, info};

use super::{
    addresses,
    environment::{overrides, this_machine},
    exit::{Exit, Trouble},
    file,
    log::{LogFormat, Usual},
    log_kept,
    service_manager::ServiceManager,
    stop::Stop,
    terminal::{Screen, Terminal, Voice},
    vital::Vital,
};
use crate::{
    assemble::{Assembled, LookedOn, Part, ThisMachine, assemble},
    flow::{Registry, StageGauge, StageState},
    host::{Outcome, Running, StageSettings},
    serve::Server,
    spec::{
        self, Complaint, Overrides, Plan, Planned,
        plan::{self, Place},
    },
};

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// A pipeline file
    #[cfg_attr(feature = "journal", arg(value_name = "FILE", required_unless_present = "from"))]
    #[cfg_attr(not(feature = "journal"), arg(value_name = "FILE", required = true))]
    file: Option<PathBuf>,
    /// Run a bug report of `livecap report` again: it is unpacked into a folder beside it
    #[cfg(feature = "journal")]
    #[arg(long, value_name = "REPORT", conflicts_with = "file")]
    from: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// How a pipeline is run, whether it stands in a file or was made by `livecap live`.
#[derive(clap::Args)]
pub(crate) struct How {
    /// Exit when the inputs have ended, instead of serving the captions until Ctrl-C
    #[arg(long)]
    exit: bool,
    /// Write no captions and no status, only warnings and errors; with `--log json` also the page's address and when all is ready
    #[arg(long, short)]
    quiet: bool,
}

impl How {
    /// How messages that are not captions are written. A program that reads the log needs the address of the page, and to know
    /// when all is ready.
    pub(crate) fn voice(&self, log: LogFormat) -> Voice {
        match (log, self.quiet) {
            (LogFormat::Json, _) => Voice::Log,
            (LogFormat::Text, true) => Voice::Silent,
            (LogFormat::Text, false) => Voice::Plain,
        }
    }

    pub(crate) fn usual_log(&self) -> Usual {
        if self.quiet { Usual::Quiet } else { Usual::Informed }
    }
}

impl RunArgs {
    /// The pipeline file.
    fn file(&self) -> Result<PathBuf, Trouble> {
        #[cfg(feature = "journal")]
        if let Some(report) = &self.from {
            return super::report::unpacked(report);
        }
        self.file.clone().ok_or_else(|| Trouble::Told("name a pipeline file".to_owned()))
    }

    pub(crate) fn how(&self) -> &How {
        &self.how
    }
}

/// The stage that shows captions on the terminal.
const SCREEN: &str = "terminal";

/// How often the states of the stages are checked until all are ready.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How often the status line is drawn.
const STATUS_EVERY: Duration = Duration::from_millis(250);

/// What has started the program, and which stages it would start anew for.
pub(super) struct Service {
    manager: ServiceManager,
    vital: Vital,
}

impl Service {
    pub(super) fn of_environment(plan: &Plan) -> Service {
        Service { manager: ServiceManager::of_environment(), vital: Vital::of(plan) }
    }
}

/// Reads a pipeline file. Complaints are drawn on standard error.
pub(crate) fn read_plan(file: &Path) -> Result<Plan, Trouble> {
    let text = read(file)?;
    spec::check_with(&text, file, &overrides()).map_err(|complaints| told(file, &text, &complaints))
}

pub(super) fn read(file: &Path) -> Result<String, Trouble> {
    file::read(file).map_err(Trouble::Told)
}

pub(super) fn told(file: &Path, text: &str, complaints: &[Complaint]) -> Trouble {
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let path = file.display().to_string();
    let drawn = spec::render(&path, text, complaints, colours);
    let _ = writeln!(io::stderr(), "{drawn}\n");
    Trouble::Told(format!("`{path}` was refused"))
}

/// `begun`: when the process started.
pub(crate) async fn run(
    args: &RunArgs,
    terminal: &Terminal,
    begun: Instant,
) -> Result<Exit, Trouble> {
    let stop = Stop::new()?;
    let file = args.file()?;
    let (text, machine) = (read(&file)?, this_machine()?);
    let plan = checked(&text, &file, &overrides(), &machine)?;
    run_plan((&file, &plan), &machine, &args.how, stop, terminal, begun).await
}

/// All that `check` looks at. Complaints are drawn on standard error.
pub(super) fn checked(
    text: &str,
    file: &Path,
    overrides: &Overrides,
    machine: &ThisMachine,
) -> Result<Plan, Trouble> {
    spec::check_on(text, file, overrides, machine)
        .map_err(|complaints| told(file, text, &complaints))
}

/// Runs a plan until its input ends or somebody stops it.
pub(super) async fn run_plan(
    (file, plan): (&Path, &Plan),
    machine: &ThisMachine,
    how: &How,
    mut stop: Stop,
    terminal: &Terminal,
    begun: Instant,
) -> Result<Exit, Trouble> {
    // No captions on the terminal if the file itself writes lines to standard output.
    let shown = !how.quiet && !writes_standard_output(plan);
    let looked_on = LookedOn { captions: shown, sound: false };
    let service = Service::of_environment(plan);
    service.manager.status("loading models").await;
    let assembled = tokio::select! {
        assembled = assemble(plan, file, machine, looked_on) => assembled,
        // Models take a while to load, and nothing has to drain yet.
        _ = stop.next() => return Ok(Exit::Fine),
    };
    let mut assembled = assembled.map_err(|error| Trouble::Told(error.to_string()))?;
    if let Some(captions) = assembled.captions.take() {
        let terminal = terminal.clone();
        let make = move || std::future::ready(Ok(Screen(terminal.clone()))).boxed();
        let gauge = StageGauge::new(SCREEN);
        assembled.pipeline.watcher(StageSettings::default(), gauge, make, (), captions);
    }
    terminal.name_tracks(tracks(plan) > 1);
    assembled.attach();
    let Assembled { pipeline, settings, servers, parts, .. } = assembled;
    for server in &servers {
        server.keep_log(log_kept::diary());
    }
    addresses::announce(&servers, terminal);
    let mut running = pipeline.start(settings).await;
    let around = (servers.as_slice(), parts.as_slice());
    let outcome = until_ended(&mut running, &mut stop, around, terminal, &service, begun).await;
    terminal.clear();
    let exit = report(file, plan, &outcome);
    // What has given up is started anew by a service manager, which helps viewers more than a page on which nothing comes.
    let anew = exit == Exit::GaveUp && service.manager.is_there();
    if !how.exit && !stop.asked && !servers.is_empty() && !anew {
        let pages: Vec<_> = servers.iter().map(Server::url).collect();
        let pages = pages.join(" and ");
        terminal
            .say(&format!("the pipeline has ended; the captions stay up on {pages} until Ctrl-C"));
        let stands = || format!("ended; the captions stay up on {pages}");
        // An input that was short may have ended before a look found all stages ready.
        service.manager.ready(&stands()).await;
        tokio::select! {
            _ = stop.next() => (),
            never = service.manager.beats(|| Ok(stands())) => match never {},
        }
    }
    service.manager.stopping("sending the rest to viewers").await;
    for server in servers {
        server.shutdown(settings.grace).await;
    }
    Ok(exit)
}

/// Waits for the end of the pipeline. Ctrl-C, SIGTERM or SIGHUP drains it; a second one ends it at once.
pub(super) async fn until_ended(
    running: &mut Running,
    stop: &mut Stop,
    (servers, parts): (&[Server], &[Part]),
    terminal: &Terminal,
    service: &Service,
    begun: Instant,
) -> Outcome {
    let mut ticks = tokio::time::interval(STATUS_EVERY);
    let registry = running.registry().clone();
    let ready = ready(&registry);
    tokio::pin!(ready);
    let mut is_ready = false;
    let asked = parts.iter().map(|part| async {
        part.gate.end_asked_for().await;
        &part.sources
    });
    let mut asked: FuturesUnordered<_> = asked.collect();
    let draining = Cell::new(false);
    let stands = || {
        if draining.get() { "draining".to_owned() } else { stands(servers, &registry) }
    };
    let beats = service.manager.beats(|| service.vital.look(&registry).map(|()| stands()));
    tokio::pin!(beats);
    loop {
        let again = stop.asked;
        tokio::select! {
            () = &mut ready, if !is_ready => {
                is_ready = true;
                let since_start = begun.elapsed();
                info!("ready in {:.2} s", since_start.as_secs_f64());
                service.manager.ready(&stands()).await;
            }
            never = &mut beats => match never {},
            outcome = running.ended() => return outcome,
            by_key = stop.next() => {
                if by_key {
                    terminal.interrupted();
                }
                if again {
                    running.insist();
                } else {
                    info!("draining; once more to end at once");
                    draining.set(true);
                    servers.iter().for_each(|it| it.will_return());
                    service.manager.stopping(&stands()).await;
                    running.stop();
                }
            }
            Some(sources) = asked.next() => {
                info!(?sources, "an operator has asked for the end; draining");
                running.stop_sources(sources);
            }
            _ = ticks.tick() => {
                let viewers = servers.iter().map(|it| it.viewers()).sum();
                let waits = registry.stages().iter().filter_map(|it| it.waits).max();
                terminal.draw_status((!servers.is_empty()).then_some(viewers), waits);
            }
        }
    }
}

/// How it stands, for the service manager.
fn stands(servers: &[Server], registry: &Registry) -> String {
    let pages: Vec<_> = servers.iter().map(Server::url).collect();
    let viewers: usize = servers.iter().map(Server::viewers).sum();
    let waits = registry.stages().iter().filter_map(|it| it.waits).max();
    let lag = waits.map_or(String::new(), |it| format!(", lag {:.1} s", it.as_secs_f64()));
    if pages.is_empty() {
        format!("live{lag}")
    } else {
        format!("live on {}, viewers: {viewers}{lag}", pages.join(" and "))
    }
}

/// Returns once every stage has come to work: models loaded and warmed up, files and devices open.
pub(super) async fn ready(registry: &Registry) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while registry.stages().iter().any(|it| it.state == StageState::Starting) {
        looks.tick().await;
    }
}

/// What became of the pipeline, in words and as an exit code.
pub(super) fn report(file: &Path, plan: &Plan, outcome: &Outcome) -> Exit {
    // A sink without which the others went on was named when it gave up.
    let stage = |name: &str| plan.stages().iter().find(|it| it.name == name);
    for failure in outcome.failures.iter().filter(|_| outcome.gave_up) {
        let stage = stage(&failure.stage);
        let place = stage.map_or(String::new(), |it| format!("{}:{}: ", file.display(), it.line));
        let title = stage.map_or(failure.stage.clone(), plan::Stage::title);
        let after = match failure.restarts {
            0 => String::new(),
            1 => " after 1 restart".to_owned(),
            several => format!(" after {several} restarts"),
        };
        error!("{place}`{title}` failed{after}: {}", failure.cause);
    }
    for stage in &outcome.held_out {
        error!(stage, "did not end within the grace time");
    }
    // Captions could not be written to standard output.
    let untold = stage(SCREEN).is_none() && outcome.failures.iter().any(|it| it.stage == SCREEN);
    if outcome.gave_up || untold { Exit::GaveUp } else { Exit::Fine }
}

fn tracks(plan: &Plan) -> usize {
    plan.stages().iter().filter(|it| matches!(it.work, Planned::Whisper(_))).count()
}

fn writes_standard_output(plan: &Plan) -> bool {
    plan.stages().iter().any(|stage| match &stage.work {
        Planned::Lines(lines) => lines.place == Place::Standard && !stage.feeds.is_empty(),
        _ => false,
    })
}
