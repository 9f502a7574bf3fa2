//! The log on standard error: plain lines, or JSON.
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

/// What is logged unless `LIVECAP_LOG` says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    /// Warnings and errors.
    Quiet,
    Informed,
    /// Every request and event of a server too.
    Requests,
}

/// Crates that log only if `LIVECAP_LOG` names them. They log errors that are none to us: the ends of connections to the sound
/// server, damaged files, cancelled decodes. The stages themselves report what matters.
const OTHERS: &str = "pulseaudio=off,symphonia=off,whisper_rs=off";

/// Prefixes of crates whose `debug` and `trace` lines may show secrets: the tokens of clients, the keys of services, the password
/// of Redis.
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
/// `LIVECAP_LOG=warn,livecap::host=debug`. Without it, `usual` applies.
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
    // A filter of its own: among directives the more specific one wins, so `LIVECAP_LOG` could ask for a single module.
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
        tracing::warn!("LIVECAP_LOG is ignored: {wrong}");
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

/// A bare level applies to livecap. Other crates log only warnings and errors.
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

/// Whether the line cannot contain a secret.
fn keeps_secrets(said: &Metadata<'_>) -> bool {
    *said.level() <= LevelFilter::INFO
        || !SECRETIVE.iter().any(|crates| said.target().starts_with(crates))
}

fn filter(asked: &str) -> Result<EnvFilter, String> {
    let directives = match Level::from_str(asked, true) {
        Ok(level) => of_level(level),
        Err(_) if asked.contains(['=', ',', ':']) => asked.to_owned(),
        // It would be taken for the name of a module, and silence everything else.
        Err(_) => {
            return Err(format!(
                "`{asked}` is not a level; use off, error, warn, info, debug or trace"
            ));
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
        assert!(filter("debgu").unwrap_err().contains("`debgu` is not a level"));
        assert!(filter("livecap=loud").unwrap_err().contains("livecap=loud"));
    }
}
