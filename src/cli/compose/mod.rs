//! What `live` and `init` share: their options, and the text of a pipeline file that a person could have written.
mod args;
mod text;
mod translation;

pub(super) use self::{
    args::{PORT, WantedArgs},
    text::{Source, Wanted},
    translation::{Service, tags},
};
