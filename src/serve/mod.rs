//! The server of captions: a log of numbered events, a cursor into it for each viewer, pages and an API on one port.
//!
//! A [`Server`] is bound once and outlives the runs of the stage that writes to it by its [`Publisher`]. The protocol is
//! described in `docs/protocol.md`.
mod access;
mod addresses;
mod archive;
mod bell;
mod captions;
mod cluster;
mod connection;
mod counts;
mod files;
mod http;
mod hub;
mod journal;
mod pipeline;
mod random;
mod relay;
mod server;
mod settings;
mod socket;
mod speakers;

pub use access::{
    limits::PerAddress,
    rights::{Token, Tokens},
    tls::TlsFiles,
};
pub use addresses::{Address, Addresses};
pub use archive::{Archive, ArchiveError, ArchiveSettings};
pub use captions::transcript::{Format as TranscriptFormat, Kept, transcript};
pub use cluster::{ClusterAddress, ClusterSettings, Role};
pub use files::{FileDoor, FileTranscriber, FileTrouble};
pub use journal::{Journal, JournalSettings, WriteError};
pub use pipeline::{
    editors::{
        EditableRules, EditableVocabulary, Editors, Retranslation, Retranslations, Retranslator,
    },
    event_page::{EventPage, Logo},
    log_buffer::LogBuffer,
    publisher::Publisher,
};
pub use server::{BindError, Server};
pub use settings::Settings;
pub use speakers::{
    Capture, Heard, OtherClients, Sound, SpeakerPlace, SpeakerPlaces, SpeakerSettings, Speakers,
};

pub use crate::message::{RelayFilter, Retention};
