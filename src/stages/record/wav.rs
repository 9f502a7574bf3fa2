//! A WAV file whose header is updated about once a second, so that it can be read whenever its writer dies.
use std::io::{self, Seek, SeekFrom, Write};

use super::writer::Writer;
use crate::message::SampleRate;

const HEADER: u32 = 44;
const BYTES: u32 = 2;

/// The most samples: the sizes in the header have 32 bits.
pub(super) const MAX_SAMPLES: u64 = ((u32::MAX - HEADER) / BYTES) as u64;

/// Mono, 16 bits.
pub(super) struct Wav<W: Write + Seek> {
    file: W,
    rate: SampleRate,
    samples: u32,
    /// The length that is in the header, in samples.
    written_length: u32,
}

impl<W: Write + Seek> Wav<W> {
    pub(super) fn new(mut file: W, rate: SampleRate) -> io::Result<Wav<W>> {
        file.write_all(&header(rate, 0))?;
        Ok(Wav { file, rate, samples: 0, written_length: 0 })
    }

    fn write_length(&mut self) -> io::Result<()> {
        // The audio comes first: a header must never promise more than there is.
        self.file.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.rate, self.samples))?;
        self.file.seek(SeekFrom::End(0))?;
        self.written_length = self.samples;
        Ok(())
    }
}

impl<W: Write + Seek + Send> Writer for Wav<W> {
    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.file.write_all(&bytes)?;
        self.samples += samples.len() as u32;
        if self.samples - self.written_length >= self.rate.hertz() {
            self.write_length()
        } else {
            Ok(())
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_length()
    }
}

/// RIFF, one `fmt ` chunk of 16 bytes for PCM, one `data` chunk.
fn header(rate: SampleRate, samples: u32) -> [u8; HEADER as usize] {
    let data = samples * BYTES;
    let mut bytes = [0; HEADER as usize];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    put(b"RIFF");
    put(&(data + HEADER - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16u32.to_le_bytes());
    // PCM integers; one channel.
    put(&1u16.to_le_bytes());
    put(&1u16.to_le_bytes());
    put(&rate.hertz().to_le_bytes());
    put(&rate.hertz().saturating_mul(BYTES).to_le_bytes());
    put(&(BYTES as u16).to_le_bytes());
    put(&16u16.to_le_bytes());
    put(b"data");
    put(&data.to_le_bytes());
    bytes
}
