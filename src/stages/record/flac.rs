//! A FLAC file, written block by block, whose stated length is updated about once a second.
//!
//! Readers fail (libsndfile 1.2 through Python's soundfile) or cannot seek if the length is missing.
use std::io::{self, Seek, SeekFrom, Write};

use flacenc::{
    bitsink::ByteSink,
    component::{BitRepr, StreamInfo},
    config::Encoder,
    encode_fixed_size_frame,
    error::{Verified, Verify},
    source::{Fill, FrameBuf},
};

use super::writer::Writer;
use crate::message::SampleRate;

/// 85 ms at 48 kHz, 256 ms at 16 kHz.
const BLOCK: usize = 4096;
/// FLAC allows rates up to 655 350 Hz, but flacenc refuses to encode rates above this.
const MAX_RATE: u32 = 96_000;
/// The length in the header has 36 bits.
const MAX_LENGTH: u64 = (1 << 36) - 1;
/// `fLaC`, and a header that says: the last block of metadata, stream information, 34 bytes.
const BEFORE_INFO: [u8; 8] = [b'f', b'L', b'a', b'C', 0x80, 0, 0, 34];

/// Mono, 16 bits.
pub(super) struct Flac<W: Write + Seek> {
    file: W,
    encoder: Verified<Encoder>,
    info: StreamInfo,
    /// The samples that do not fill a block yet.
    pending: Vec<i32>,
    blocks: usize,
    samples: u64,
    /// The length that is in the header, in samples.
    written_length: u64,
}

impl<W: Write + Seek> Flac<W> {
    pub(super) fn new(file: W, rate: SampleRate) -> io::Result<Flac<W>> {
        let encoder =
            Encoder::default().into_verified().map_err(|(_, error)| io::Error::other(error))?;
        if rate.hertz() > MAX_RATE {
            let message = format!(
                "its sound has {} Hz, and FLAC is written up to {MAX_RATE}; let the path end in `.wav`, or record what `resample` gives",
                rate.hertz()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut info = StreamInfo::new(rate.hertz() as usize, 1, 16).map_err(unfit)?;
        info.set_block_sizes(BLOCK, BLOCK).map_err(unfit)?;
        // 0 means unknown.
        info.set_frame_sizes(0, 0).map_err(unfit)?;
        let mut flac = Flac {
            file,
            encoder,
            info,
            pending: Vec::new(),
            blocks: 0,
            samples: 0,
            written_length: 0,
        };
        flac.write_info()?;
        Ok(flac)
    }

    fn write_info(&mut self) -> io::Result<()> {
        let mut sink = ByteSink::new();
        self.info.write(&mut sink).map_err(failed)?;
        self.file.write_all(&[&BEFORE_INFO, sink.as_slice()].concat())
    }

    fn write_length(&mut self) -> io::Result<()> {
        // 0 means unknown: the length does not fit.
        let written_length = if self.samples <= MAX_LENGTH { self.samples as usize } else { 0 };
        self.info.set_total_samples(written_length);
        // The audio comes first: a header must never promise more than there is.
        self.file.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        self.write_info()?;
        self.file.seek(SeekFrom::End(0))?;
        self.written_length = self.samples;
        self.file.flush()
    }

    fn write_block(&mut self, samples: usize) -> io::Result<()> {
        let block: Vec<i32> = self.pending.drain(..samples).collect();
        let mut buffer = FrameBuf::with_size(1, BLOCK).map_err(unfit)?;
        buffer.fill_interleaved(&block).map_err(failed)?;
        let frame = encode_fixed_size_frame(&self.encoder, &buffer, self.blocks, &self.info)
            .map_err(failed)?;
        let mut sink = ByteSink::new();
        frame.write(&mut sink).map_err(failed)?;
        self.blocks += 1;
        self.samples += samples as u64;
        self.file.write_all(sink.as_slice())
    }
}

impl<W: Write + Seek + Send> Writer for Flac<W> {
    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.pending.extend(samples.iter().map(|it| i32::from(*it)));
        while self.pending.len() >= BLOCK {
            self.write_block(BLOCK)?;
        }
        let second = self.info.sample_rate() as u64;
        if self.samples - self.written_length >= second { self.write_length() } else { Ok(()) }
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.write_block(self.pending.len())?;
        }
        self.write_length()
    }
}

fn unfit(error: flacenc::error::VerifyError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// flacenc's errors cannot leave their thread, so only their text is kept.
fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_states_its_length_to_the_second() {
        let rate = SampleRate::new(16_000).unwrap();
        let mut file = io::Cursor::new(Vec::new());
        let mut flac = Flac::new(&mut file, rate).unwrap();
        for _ in 0..35 {
            flac.write(&[100; 1_600]).unwrap();
        }
        let info = &file.get_ref()[8..];
        let total = u64::from_be_bytes(info[10..18].try_into().unwrap()) & MAX_LENGTH;
        // Whole blocks, written after the first one that completes a second.
        assert_eq!(total, 12 * BLOCK as u64);
    }

    #[test]
    fn the_error_for_an_unsupported_rate_names_a_remedy() {
        let made = |hertz| {
            Flac::new(io::Cursor::new(Vec::new()), SampleRate::new(hertz).unwrap()).map(|_| ())
        };
        made(MAX_RATE).unwrap();
        let message = made(176_400).unwrap_err().to_string();
        assert!(message.contains("176400 Hz") && message.contains("`.wav`"), "{message}");
    }
}
