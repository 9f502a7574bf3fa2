//! `livecap live`: captions of the microphone, without a file. It makes the text of a pipeline file, and runs that.
#[cfg(feature = "microphone")]
mod device_list;
#[cfg(feature = "microphone")]
mod microphone;
mod model;

use std::path::{Path, PathBuf};

use tokio::time::Instant;

pub(super) use self::model::Shelf;
use super::{
    compose::{PORT, Source, WantedArgs},
    environment::this_machine,
    exit::{Exit, Trouble},
    new_file::{exists, write_new},
    run::{How, checked, run_plan},
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    assemble::ThisMachine,
    spec::{Machine, Overrides, plan::Listen},
};

#[derive(clap::Args)]
pub(crate) struct LiveArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Get a model without asking where none is here
    #[arg(long)]
    yes: bool,
    /// Also write the pipeline as a file, for `livecap run FILE`; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

impl LiveArgs {
    pub(crate) fn how(&self) -> &How {
        &self.how
    }

    /// What the pipeline is called in errors, and where its paths begin.
    fn file(&self) -> &Path {
        self.write.as_deref().unwrap_or(Path::new("livecap live"))
    }

    /// The environment's address, except for what the command line says itself.
    fn overrides(&self) -> Overrides {
        let WantedArgs { share, port, .. } = self.wanted;
        let said = |name: &str| {
            share && name.ends_with("_HOST") || port.is_some() && name.ends_with("_PORT")
        };
        Overrides::from_variables(|name| std::env::var(name).ok().filter(|_| !said(name)))
    }
}

pub(crate) async fn live(
    args: &LiveArgs,
    terminal: &Terminal,
    begun: Instant,
) -> Result<Exit, Trouble> {
    let mut stop = Stop::new()?;
    let machine = this_machine()?;
    let text = tokio::select! {
        text = text(args, &machine, terminal) => text?,
        // A question may be open, or a model on its way.
        _ = stop.next() => return Ok(Exit::Fine),
    };
    let file = args.file();
    let plan = checked(&text, file, &args.overrides(), &machine)?;
    if let Some(path) = &args.write {
        write_new(path, text.as_bytes())?;
        terminal.say(&format!("wrote {}", path.display()));
    }
    run_plan((file, &plan), &machine, &args.how, stop, terminal, begun).await
}

/// The text of the pipeline, once everything about it is settled. What can be refused is refused before anybody is asked.
async fn text(
    args: &LiveArgs,
    machine: &ThisMachine,
    terminal: &Terminal,
) -> Result<String, Trouble> {
    if let Some(path) = args.write.as_deref().filter(|it| it.exists()) {
        return Err(exists(path));
    }
    let wanted = &args.wanted;
    wanted.translation()?;
    free_port(args, machine)?;
    let source = match wanted.given_input(args.file()) {
        Some(source) => source,
        None => microphone(wanted, terminal).await?,
    };
    let language = wanted.language.as_deref();
    let shelf = Shelf::of_environment()?;
    let model = model::choose(&shelf, wanted.model.as_deref(), language, args.yes).await?;
    terminal.say(&model.told);
    let file =
        args.write.as_deref().map_or_else(|| "FILE".to_owned(), |it| it.display().to_string());
    Ok(wanted.wanted(args.file(), source, &model.name)?.text("livecap live", &file))
}

#[cfg(feature = "microphone")]
async fn microphone(wanted: &WantedArgs, terminal: &Terminal) -> Result<Source, Trouble> {
    if let Some(name) = &wanted.microphone {
        return Ok(Source::Microphone(name.clone()));
    }
    let chosen = microphone::choose().await?;
    terminal.say(&chosen.told);
    Ok(Source::Microphone(chosen.device))
}

#[cfg(not(feature = "microphone"))]
async fn microphone(_: &WantedArgs, _: &Terminal) -> Result<Source, Trouble> {
    let told = "this build has no microphone: caption a recording with `--input FILE`, or build it with `--features microphone`";
    Err(Trouble::Told(told.to_owned()))
}

/// Refuses an address where somebody else listens, with a port that is free.
fn free_port(args: &LiveArgs, machine: &ThisMachine) -> Result<(), Trouble> {
    let host = if args.wanted.share { "0.0.0.0" } else { "127.0.0.1" };
    let listen = Listen { host: host.to_owned(), port: args.wanted.port.unwrap_or(PORT) };
    let listen = args.overrides().over(&listen).map_err(Trouble::Told)?;
    let Err(trouble) = machine.free(&listen) else { return Ok(()) };
    let at = |port| Listen { port, ..listen.clone() };
    let free = (listen.port.max(1023)..=u16::MAX).skip(1).take(100);
    let free = free.into_iter().find(|port| machine.free(&at(*port)).is_ok());
    let help = free.map_or_else(String::new, |port| format!("; `--port {port}` is free"));
    Err(Trouble::Told(format!("cannot listen on {listen}: {}{help}", trouble.why)))
}
