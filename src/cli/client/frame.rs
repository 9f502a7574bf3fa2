//! What comes over a transport, one at a time.
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

#[derive(Debug)]
pub(super) enum Frame {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// The other end lives, and says nothing.
    Sign,
}
