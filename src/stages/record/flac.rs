//! A FLAC file written block by block, whose stated length is true about once a second: readers that are told none fail (libsndfile
//! 1.2 through Python's soundfile) or cannot seek.
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
/// FLAC knows rates up to 655 350 Hz; flacenc refuses to encode more than these.
const HIGHEST: u32 = 96_000;
/// The stated length has 36 bits.
const LONGEST: u64 = (1 << 36) - 1;
/// `fLaC`, and a header that says: the last block of metadata, stream information, 34 bytes.
const BEFORE_INFO: [u8; 8] = [b'f', b'L', b'a', b'C', 0x80, 0, 0, 34];

/// Mono, 16 bits.
pub(super) struct Flac<W: Write + Seek> {
    file: W,
    encoder: Verified<Encoder>,
    info: StreamInfo,
    /// Less than a block.
    pending: Vec<i32>,
    blocks: usize,
    samples: u64,
    /// So many are stated in the header.
    stated: u64,
}

impl<W: Write + Seek> Flac<W> {
    pub(super) fn new(file: W, rate: SampleRate) -> io::Result<Flac<W>> {
        let encoder =
            Encoder::default().into_verified().map_err(|(_, error)| io::Error::other(error))?;
        if rate.hertz() > HIGHEST {
            let told = format!(
                "its sound has {} Hz, and FLAC is written up to {HIGHEST}; let the path end in `.wav`, or record what `resample` gives",
                rate.hertz()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
        }
        let mut info = StreamInfo::new(rate.hertz() as usize, 1, 16).map_err(unfit)?;
        info.set_block_sizes(BLOCK, BLOCK).map_err(unfit)?;
        // 0 stands for unknown.
        info.set_frame_sizes(0, 0).map_err(unfit)?;
        let mut flac =
            Flac { file, encoder, info, pending: Vec::new(), blocks: 0, samples: 0, stated: 0 };
        flac.write_info()?;
        Ok(flac)
    }

    fn write_info(&mut self) -> io::Result<()> {
        let mut sink = ByteSink::new();
        self.info.write(&mut sink).map_err(failed)?;
        self.file.write_all(&[&BEFORE_INFO, sink.as_slice()].concat())
    }

    fn state(&mut self) -> io::Result<()> {
        // 0, unknown, of what is too long to be stated.
        let stated = if self.samples <= LONGEST { self.samples as usize } else { 0 };
        self.info.set_total_samples(stated);
        // The sound first: a header must never promise more than there is.
        self.file.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        self.write_info()?;
        self.file.seek(SeekFrom::End(0))?;
        self.stated = self.samples;
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
        if self.samples - self.stated >= second { self.state() } else { Ok(()) }
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.write_block(self.pending.len())?;
        }
        self.state()
    }
}

fn unfit(error: flacenc::error::VerifyError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// flacenc's errors stay on their thread, so only their text goes on.
fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_never_finished_states_what_it_holds_to_the_second() {
        let rate = SampleRate::new(16_000).unwrap();
        let mut file = io::Cursor::new(Vec::new());
        let mut flac = Flac::new(&mut file, rate).unwrap();
        for _ in 0..35 {
            flac.write(&[100; 1_600]).unwrap();
        }
        let info = &file.get_ref()[8..];
        let total = u64::from_be_bytes(info[10..18].try_into().unwrap()) & LONGEST;
        // Whole blocks, stated after the first that ends a second.
        assert_eq!(total, 12 * BLOCK as u64);
    }

    #[test]
    fn a_rate_that_the_encoder_refuses_is_named_with_a_way_out() {
        let made = |hertz| {
            Flac::new(io::Cursor::new(Vec::new()), SampleRate::new(hertz).unwrap()).map(|_| ())
        };
        made(HIGHEST).unwrap();
        let told = made(176_400).unwrap_err().to_string();
        assert!(told.contains("176400 Hz") && told.contains("`.wav`"), "{told}");
    }
}
