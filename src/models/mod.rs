//! The recognisers' model files: which there are, where they lie, and whether a file is what it says.
mod catalogue;
mod checksum;
mod decoding;
mod entry;
mod ggml;
mod ggml_shape;
mod ggml_walk;
mod import;
mod repack;
mod store;

use checksum::sha256_of_file;
use ggml::check_header;

pub use catalogue::{Catalogue, CatalogueError};
pub use checksum::{Checksum, Kind, Mismatch, Proof, VerifyError, verify};
pub use decoding::{Context, Decoding, DecodingChange, POSITION};
pub use entry::{Languages, ModelEntry, Sums};
pub use ggml::{Fault, Header, InspectError, inspect, inspect_bytes};
pub use ggml_shape::Weight;
pub use import::{
    Called, Format, ImportError, ImportSettings, Imported, SourceFault, import, is_name,
};
pub use repack::repacked;
pub use store::{Found, ModelError, Store, Weights};
