//! `livecap models pull`: gets models by name.
use std::{io::Write, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    ModelsError, PullSettings, Pulled, fetch,
    lookup::{entries, mebibytes},
};
use crate::models::{Catalogue, Store};

#[derive(Debug, clap::Args)]
pub struct PullArgs {
    /// Names as `livecap models list` shows them
    #[arg(required = true)]
    pub names: Vec<String>,
    /// Download from URL/FILE instead of the published addresses
    #[arg(long, env = "LIVECAP_MODELS_URL", value_name = "URL")]
    pub from: Option<String>,
    /// The longest wait for a connection
    #[arg(long, default_value = "10s", value_parser = crate::spec::length, value_name = "TIME")]
    pub connect_timeout: Duration,
    /// The longest wait for any next byte
    #[arg(long, default_value = "30s", value_parser = crate::spec::length, value_name = "TIME")]
    pub idle_timeout: Duration,
    /// How often to try again after a cut connection
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    pub retries: u32,
    /// The wait before the first retry; each further wait is twice as long
    #[arg(long, default_value = "1s", value_parser = crate::spec::length, value_name = "TIME")]
    pub backoff: Duration,
}

/// For whoever gets a model without being `models pull`.
#[cfg(feature = "whisper")]
#[derive(clap::Parser)]
struct Typed {
    #[command(flatten)]
    args: PullArgs,
}

impl PullArgs {
    /// One model, with the usual settings and those of the environment.
    #[cfg(feature = "whisper")]
    pub(crate) fn of(name: &str) -> PullArgs {
        <Typed as clap::Parser>::parse_from(["pull", "--", name]).args
    }

    pub fn settings(&self) -> PullSettings {
        PullSettings {
            from: self.from.clone(),
            connect: self.connect_timeout,
            idle: self.idle_timeout,
            retries: self.retries,
            backoff: self.backoff,
        }
    }
}

/// Gets each of the names in turn and writes one line each; nothing is fetched where one name is unknown.
pub async fn pull(
    args: &PullArgs,
    catalogue: &Catalogue,
    store: &Store,
    out: &mut (dyn Write + Send),
) -> Result<(), ModelsError> {
    let settings = args.settings();
    for entry in entries(catalogue, &args.names)? {
        let bar = bar(&entry.name);
        let pulled = fetch(entry, store, &settings, &bar).await;
        bar.finish_and_clear();
        let name = &entry.name;
        let proof = match pulled? {
            Pulled::BuiltIn => {
                writeln!(out, "{name}: part of the program, nothing to get")?;
                continue;
            }
            Pulled::AlreadyHere { path, proof } => {
                writeln!(out, "{name}: already here and whole ({}), {}", proof.by, path.display())?;
                proof
            }
            Pulled::Fetched { path, proof, bytes, kept } => {
                let kept = if kept > 0 {
                    format!(", {} of it from before", mebibytes(kept))
                } else {
                    String::new()
                };
                let (size, path) = (mebibytes(bytes), path.display());
                writeln!(out, "{name}: fetched, {size}{kept}, {} right, {path}", proof.by)?;
                proof
            }
        };
        if let Some(doubt) = proof.doubt {
            writeln!(out, "{name}: {doubt}")?;
        }
    }
    Ok(())
}

/// Draws on standard error, and nowhere where that is no terminal.
pub(super) fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(name.to_string());
    bar
}
