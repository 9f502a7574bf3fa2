//! The trait of a file format that is written.
use std::io;

/// A file that is being written.
pub(super) trait Writer: Send {
    fn write(&mut self, samples: &[i16]) -> io::Result<()>;
    /// Writes the final length into the header.
    fn finish(&mut self) -> io::Result<()>;
}

pub(super) fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}
