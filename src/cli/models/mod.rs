//! `livecap models`: lists, downloads, imports and verifies models.
mod error;
mod import;
mod list;
pub(super) mod lookup;
mod part;
pub(super) mod pull;
mod pull_error;
#[cfg(feature = "whisper")]
mod speeds;
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
#[cfg(feature = "whisper")]
pub use speeds::Speeds;
pub use transfer::{PullSettings, Pulled, fetch};
#[cfg(feature = "whisper")]
pub use try_out::{TryArgs, speech, try_out};
pub use verify::{VerifyArgs, verify};

use crate::models::{Catalogue, Store};

/// List, download, import, verify and try models.
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// A file like models/models.toml; its entries are added to the catalogue
    #[arg(long, env = "LIVECAP_CATALOGUE", value_name = "FILE", global = true)]
    pub catalogue: Option<PathBuf>,
    /// The folder with the models [default: livecap/models in the user's data folder]
    #[arg(long, env = "LIVECAP_MODELS", value_name = "FOLDER", global = true)]
    pub folder: Option<PathBuf>,
    #[command(subcommand)]
    pub command: ModelsCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ModelsCommand {
    /// List the models of the catalogue, and which of them are on this machine
    List,
    /// Download models; an interrupted download is continued
    Pull(PullArgs),
    /// Convert weights in the format of CTranslate2 or Hugging Face into a model
    Import(ImportArgs),
    /// Measure which of the models on this machine keep up with live speech
    #[cfg(feature = "whisper")]
    Try(TryArgs),
    /// Check that the models on this machine are complete and undamaged
    Verify(VerifyArgs),
}

/// Runs the subcommand. Results go to `out`, a progress bar to standard error if that is a terminal.
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
