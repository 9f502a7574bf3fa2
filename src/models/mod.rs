//! The recognisers' model files: which there are, where they lie, and whether a file is what it says.
mod catalogue;
mod checksum;
mod decoding;
mod entry;
mod ggml;
mod ggml_shape;
mod ggml_walk;
mod import;
mod name;
mod repack;
mod store;

pub use catalogue::{Catalogue, CatalogueError};
pub use checksum::{Checksum, Kind, Mismatch, Proof, VerifyError, verify};
pub use decoding::{Context, Decoding, DecodingChange, POSITION};
pub use entry::{Languages, ModelEntry, Sums};
pub use ggml::{InspectError, inspect, inspect_bytes};
pub use ggml_shape::{Header, Weight};
pub use ggml_walk::Fault;
pub use import::{Called, Format, ImportError, ImportSettings, Imported, SourceFault, import};
pub use name::is_name;
pub use repack::repacked;
pub use store::{Found, ModelError, Store, Weights};
