//! The log on standard error: lines for people, or JSON for machines.
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::terminal::Terminal;

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line; nothing is drawn in place.
    Json,
}

/// Starts the log of the process. `LIVECAP_LOG` sets levels, as in `LIVECAP_LOG=livecap=debug`; without it `info`.
pub(crate) fn start(format: LogFormat, terminal: Terminal) {
    // The sound server's client calls each end of a connection an error; the microphone says which of them is one.
    let filter = EnvFilter::try_from_env("LIVECAP_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,livecap=info,pulseaudio=off"));
    let registry = tracing_subscriber::registry().with(filter);
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
}
