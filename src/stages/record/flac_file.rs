//! A FLAC file that is written by others than the stage, such as an excerpt of a recording.
use std::io::{self, Seek, Write};

use super::{
    flac::Flac,
    writer::{Writer, to_i16},
};
use crate::message::SampleRate;

/// Mono, 16 bits.
pub struct FlacFile<W: Write + Seek + Send>(Flac<W>);

impl<W: Write + Seek + Send> FlacFile<W> {
    /// # Errors
    /// Where FLAC is not written at this rate, or `out` fails.
    pub fn new(out: W, rate: SampleRate) -> io::Result<FlacFile<W>> {
        Flac::new(out, rate).map(FlacFile)
    }

    /// Samples in −1..1. Louder ones are clipped.
    pub fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        let samples: Vec<i16> = samples.iter().map(|it| to_i16(*it)).collect();
        self.0.write(&samples)
    }

    /// Writes the rest, and the length into the header.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.finish()
    }
}
