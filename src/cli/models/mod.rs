//! `livecap models`: which models there are, getting or making one, and whether those that are here are whole.
mod error;
mod import;
mod list;
mod lookup;
mod part;
pub(super) mod pull;
mod pull_error;
mod transfer;
#[cfg(feature = "whisper")]
mod try_out;
mod verify;

use std::{io::Write, path::PathBuf};

pub use error::ModelsError;
pub use import::{ImportArgs, WeightType, import};
pub use list::list;
pub use pull::{PullArgs, pull};
pub use pull_error::PullError;
pub use transfer::{PullSettings, Pulled, fetch};
#[cfg(feature = "whisper")]
pub use try_out::{TryArgs, try_out};
pub use verify::{VerifyArgs, verify};

use crate::models::{Catalogue, Store};

/// Which models there are, get or make one, look whether they are whole.
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// A file like models/models.toml, whose entries are added to the known ones
    #[arg(long, env = "LIVECAP_CATALOGUE", value_name = "FILE", global = true)]
    pub catalogue: Option<PathBuf>,
    /// The folder where models lie [default: the user's folder for data, and in it livecap/models]
    #[arg(long, env = "LIVECAP_MODELS", value_name = "FOLDER", global = true)]
    pub folder: Option<PathBuf>,
    #[command(subcommand)]
    pub command: ModelsCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ModelsCommand {
    /// Show every model known by name, and which are here
    List,
    /// Get models, going on where an earlier pull was cut
    Pull(PullArgs),
    /// Make a model of weights in CTranslate2's or Hugging Face's format
    Import(ImportArgs),
    /// Decode with the models that are here, to see which of them keep up with live speech on this machine
    #[cfg(feature = "whisper")]
    Try(TryArgs),
    /// Look whether the models that are here are whole
    Verify(VerifyArgs),
}

/// Does what `args` ask for. Results go to `out`; a progress bar to standard error where that is a terminal.
pub async fn run(args: &ModelsArgs, out: &mut (dyn Write + Send)) -> Result<(), ModelsError> {
    let catalogue = match &args.catalogue {
        Some(path) => Catalogue::with(path)?,
        None => Catalogue::shipped(),
    };
    let store = match &args.folder {
        Some(folder) => Store::new(folder),
        None => Store::of_environment()?,
    };
    match &args.command {
        ModelsCommand::List => list(&catalogue, &store, out),
        ModelsCommand::Pull(args) => pull(args, &catalogue, &store, out).await,
        ModelsCommand::Import(args) => import(args, &catalogue, &store, out),
        #[cfg(feature = "whisper")]
        ModelsCommand::Try(args) => try_out(args, &catalogue, &store, out),
        ModelsCommand::Verify(args) => verify(args, &catalogue, &store, out),
    }
}
