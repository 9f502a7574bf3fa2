//! Why a `models` command failed.
use std::{io, path::PathBuf};

use super::PullError;
use crate::models::{CatalogueError, ImportError, ModelError};

/// Why a `models` command failed.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Pull(#[from] PullError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(
        "{0} not here or not whole; `livecap models pull NAME` gets a model, also in place of a damaged one"
    )]
    NotWhole(String),
    #[error("cannot read the folder {folder}: {cause}")]
    Folder { folder: PathBuf, cause: io::Error },
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

impl ModelsError {
    /// The exit code: 2 for a wrong request, 1 if a correct one fails.
    pub fn exit_code(&self) -> u8 {
        match self {
            ModelsError::Catalogue(_) | ModelsError::Model(_) => 2,
            ModelsError::Pull(_)
            | ModelsError::Import(_)
            | ModelsError::NotWhole(_)
            | ModelsError::Folder { .. }
            | ModelsError::Output(_) => 1,
        }
    }
}
