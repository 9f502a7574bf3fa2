//! What the formats have in common.
use std::io;

/// One file being written.
pub(super) trait Writer: Send {
    fn write(&mut self, samples: &[i16]) -> io::Result<()>;
    /// States the whole length.
    fn finish(&mut self) -> io::Result<()>;
}
