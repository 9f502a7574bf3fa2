//! What `live` and `init` share: their options, and the text of a pipeline file that a person could have written.
mod args;
mod text;
mod translation;

#[cfg(feature = "whisper")]
pub(super) use self::args::PORT;
pub(super) use self::{
    args::WantedArgs,
    text::{Source, Wanted},
    translation::{Service, tags},
};
