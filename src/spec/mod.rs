//! Pipeline files: read, checked and explained. A file becomes a [`Plan`], or every complaint about it.
//!
//! Checking has three phases. The file is *read* (`syntax`, `document`, `table`, `shape`, `resolve`), its stages *agree* (`wiring`, `order`,
//! `queues`, `conflicts`), and this *machine* has what the file names (`machine`). The keys themselves stand in `file`,
//! one type per table; schema and reference are made from those types.
mod check;
mod cluster;
mod complaint;
mod conflicts;
mod copies;
mod document;
mod file;
mod generate;
mod implied;
mod kind;
mod kinds;
mod listen;
mod machine;
mod misfit;
mod order;
mod page;
mod pairs;
pub mod plan;
mod queues;
mod recogniser;
mod reference;
mod render;
mod replay;
mod resolve;
mod schema;
mod settings;
mod shape;
mod speakers;
mod start_time;
mod syntax;
mod table;
mod units;
mod voices;
mod wiring;

pub use check::{check, check_on, check_with};
pub use complaint::{Code, Complaint, Mark};
pub use kind::{Kind, Port};
pub use listen::{Overrides, address_of_pages};
pub use machine::{Machine, ModelFacts, ModelTrouble, Trouble, check_machine};
pub use plan::{Plan, Planned};
pub use reference::reference;
pub use render::{render, to_json};
pub use replay::{RecogniserOverrides, Replay, ReplayError};
pub use schema::schema;
pub use start_time::moment;
pub use units::length;
pub use voices::Voice;
