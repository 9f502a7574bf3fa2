//! The log on standard error: lines for people, or JSON for machines.
use clap::ValueEnum;
use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter,
    filter::{LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{
    log_kept,
    terminal::{STARTUP, Terminal},
};

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    // Not for the help: it would take five lines in that of every subcommand.
    #[default]
    Text,
    Json,
}

/// What is said where `LIVECAP_LOG` does not ask for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    /// What goes wrong.
    Quiet,
    Informed,
    /// Every request and event of a server too.
    Requests,
}

/// What others log only where it is asked for by name. The sound server's client calls each end of a connection an error, and
/// the decoders call a damaged file one, whisper.cpp a look that was called off: the stages say which of them are.
const OTHERS: &str = "pulseaudio=off,symphonia=off,whisper_rs=off";

/// How the crates begin whose `debug` and `trace` may show what passes through them: the `auth` of every client with its token,
/// the keys sent to services, the password of Redis.
const SECRETIVE: [&str; 8] = [
    "socketioxide",
    "engineioxide",
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "h2",
    "reqwest",
    "redis",
];

/// Starts the log of the process. `LIVECAP_LOG` sets its level, as in `LIVECAP_LOG=debug`, or those of parts of it, as in
/// `LIVECAP_LOG=warn,livecap::host=debug`; without it what is `usual`.
pub(crate) fn start(format: LogFormat, usual: Usual, terminal: Terminal) {
    let asked = std::env::var("LIVECAP_LOG").ok().filter(|it| !it.trim().is_empty());
    let usual = EnvFilter::new(match usual {
        Usual::Quiet if format == LogFormat::Json => {
            format!("{},{STARTUP}=info", of_level(Level::Warn))
        }
        Usual::Quiet => of_level(Level::Warn),
        Usual::Informed => of_level(Level::Info),
        Usual::Requests => {
            format!("{},livecap::serve=debug", of_level(Level::Info))
        }
    });
    let (filter, wrong) = match asked.as_deref().map(str::trim).map(filter) {
        None => (usual, None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(wrong)) => (usual, Some(wrong)),
    };
    // Laid over what was asked for: of two directives the more specific one wins, and somebody could ask for a module.
    let registry = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(keeps_secrets))
        .with(log_kept::Keeping);
    match format {
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none();
            registry
                .with(
                    fmt::layer()
                        .compact()
                        .without_time()
                        .with_target(false)
                        .with_ansi(colours)
                        .with_writer(terminal),
                )
                .init();
        }
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(terminal)).init()
        }
    }
    if let Some(wrong) = wrong {
        tracing::warn!("LIVECAP_LOG is passed over: {wrong}");
    }
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// A bare level is that of livecap; what it is built on says no more than its warnings.
fn of_level(level: Level) -> String {
    match level {
        Level::Off => "off".to_owned(),
        Level::Error => format!("error,{OTHERS}"),
        Level::Warn => format!("warn,{OTHERS}"),
        Level::Info => format!("warn,livecap=info,{OTHERS}"),
        Level::Debug => format!("warn,livecap=debug,{OTHERS}"),
        Level::Trace => format!("warn,livecap=trace,{OTHERS}"),
    }
}

/// Whether no client's token can be in it.
fn keeps_secrets(said: &Metadata<'_>) -> bool {
    *said.level() <= LevelFilter::INFO
        || !SECRETIVE.iter().any(|crates| said.target().starts_with(crates))
}

fn filter(asked: &str) -> Result<EnvFilter, String> {
    let directives = match Level::from_str(asked, true) {
        Ok(level) => of_level(level),
        Err(_) if asked.contains(['=', ',', ':']) => asked.to_owned(),
        // It would be taken for the name of a module that does not exist, and nothing more be said.
        Err(_) => {
            return Err(format!("`{asked}` is no level: off, error, warn, info, debug or trace"));
        }
    };
    EnvFilter::builder().parse(directives).map_err(|error| format!("`{asked}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_that_of_livecap() {
        let shown = filter("debug").unwrap().to_string();
        assert!(shown.contains("livecap=debug") && shown.contains("symphonia=off"), "{shown}");
        assert_eq!(filter("OFF").unwrap().to_string(), "off");
    }

    #[test]
    fn directives_are_taken_as_they_are_and_what_is_neither_is_told() {
        let shown = filter("livecap::host=debug").unwrap().to_string();
        assert!(shown.contains("livecap::host=debug"), "{shown}");
        assert!(filter("debgu").unwrap_err().contains("`debgu` is no level"));
        assert!(filter("livecap=loud").unwrap_err().contains("livecap=loud"));
    }
}
