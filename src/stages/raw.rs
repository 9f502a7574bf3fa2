//! Turns the bytes of raw samples into frames of mono sound, for `pcm` and `command`.
use std::time::Duration;

use crate::{
    logic::downmix::{self, Inversion},
    message::{Channel, RawFormat, SampleFormat},
};

const fn bytes_per_sample(format: SampleFormat) -> usize {
    match format {
        SampleFormat::S16le => 2,
        SampleFormat::F32le => 4,
    }
}

/// How long a frame is.
const FRAME: Duration = Duration::from_millis(20);

/// This many bytes are enough to recognise the header of a sound file.
const HEADER: usize = 12;

/// The stream is a sound file. Its header and packets would be noise if they were read as samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the input begins like {kind}, and raw samples are expected: let ffmpeg unpack it (ffmpeg -i FILE -f s16le -ac 1 -ar 16000 -), or name the file in a `recording` stage"
)]
pub struct NotRaw {
    kind: &'static str,
}

/// The kind of a sound file that begins with `bytes` (12 or more), as `a WAV file`. `None` for anything else.
pub fn sound_file_kind(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "a WAV file",
        [b'I', b'D', b'3', ..] => "an MP3 file",
        [b'O', b'g', b'g', b'S', ..] => "an OGG file",
        [b'f', b'L', b'a', b'C', ..] => "a FLAC file",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "an MP4 file",
        // EBML, the container of Matroska.
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "a Matroska or WebM file",
        _ => return None,
    })
}

/// `bytes`: the first ones of a stream.
fn check_is_raw(bytes: &[u8]) -> Result<(), NotRaw> {
    sound_file_kind(bytes).map_or(Ok(()), |kind| Err(NotRaw { kind }))
}

/// Cuts a stream of bytes into frames, however the bytes are split on their way.
pub(super) struct Framer {
    format: RawFormat,
    /// How long a frame is.
    frame: Duration,
    /// Bytes that were not read as samples yet: after the check, less than one sample of every channel.
    bytes: Vec<u8>,
    mono: Vec<f32>,
    /// Whether the beginning was checked: it is not a sound file.
    is_checked: bool,
    inversion: Inversion,
}

/// What is left when a stream has ended.
pub(super) struct Remainder {
    /// Less than a frame.
    pub(super) samples: Vec<f32>,
    /// Bytes at the end that are less than a sample of every channel.
    pub(super) incomplete_bytes: usize,
}

impl Framer {
    pub(super) fn new(format: RawFormat) -> Framer {
        Framer {
            format,
            frame: FRAME,
            bytes: Vec::new(),
            mono: Vec::new(),
            is_checked: false,
            inversion: Inversion::default(),
        }
    }

    /// Fails where the stream begins like a sound file. No frame is returned before that is checked.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), NotRaw> {
        self.bytes.extend_from_slice(bytes);
        if !self.is_checked {
            if self.bytes.len() < HEADER {
                return Ok(());
            }
            check_is_raw(&self.bytes)?;
            self.is_checked = true;
        }
        self.take_samples();
        Ok(())
    }

    fn take_samples(&mut self) {
        let RawFormat { format, rate, channels, channel } = self.format;
        let step = bytes_per_sample(format) * channels.get();
        let whole = self.bytes.len() / step * step;
        let mut samples = Vec::with_capacity(whole / bytes_per_sample(format));
        match format {
            SampleFormat::S16le => samples.extend(
                self.bytes[..whole]
                    .as_chunks()
                    .0
                    .iter()
                    .map(|it| f32::from(i16::from_le_bytes(*it)) / 32_768.0),
            ),
            SampleFormat::F32le => samples
                .extend(self.bytes[..whole].as_chunks().0.iter().map(|it| f32::from_le_bytes(*it))),
        }
        self.bytes.drain(..whole);
        downmix::append(channel, &samples, channels, &mut self.mono);
        if channel == Channel::Mix && self.inversion.add_block(&samples, channels, rate) {
            tracing::warn!("{}", Inversion::WARNING);
        }
    }

    /// Takes all complete frames.
    pub(super) fn frames(&mut self) -> Vec<Vec<f32>> {
        let frame = self.format.rate.samples_in(self.frame).max(1);
        let whole = self.mono.len() / frame * frame;
        self.mono.drain(..whole).collect::<Vec<f32>>().chunks(frame).map(<[f32]>::to_vec).collect()
    }

    pub(super) fn finish(mut self) -> Remainder {
        self.take_samples();
        Remainder { samples: self.mono, incomplete_bytes: self.bytes.len() }
    }
}

impl Remainder {
    /// Logs a warning where the stream ended in the middle of a sample.
    pub(super) fn warn_if_incomplete(&self, source: &str) {
        if self.incomplete_bytes > 0 {
            tracing::warn!(
                source,
                bytes = self.incomplete_bytes,
                "the input ended inside a sample; check format and channels"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::message::SampleRate;
    use proptest::prelude::*;

    /// With frames of 8 samples.
    fn new(format: SampleFormat, channels: usize) -> Framer {
        let channels = NonZeroUsize::new(channels).unwrap();
        let format = RawFormat::new(format, SampleRate::new(8_000).unwrap(), channels);
        Framer { frame: Duration::from_millis(1), ..Framer::new(format) }
    }

    #[test]
    fn integer_and_float_samples_are_decoded() {
        let mut framer = new(SampleFormat::S16le, 2);
        let samples: [i16; 6] = [-32_768, -32_768, 0, 16_384, 32_767, 32_767];
        framer.push(&samples.map(i16::to_le_bytes).concat()).unwrap();
        assert_eq!(framer.finish().samples, [-1.0, 0.25, 32_767.0 / 32_768.0]);
        let mut framer = new(SampleFormat::F32le, 1);
        framer.push(&[0.5f32, -0.25].map(f32::to_le_bytes).concat()).unwrap();
        assert_eq!(framer.finish().samples, [0.5, -0.25]);
    }

    #[test]
    fn sound_files_are_rejected_however_their_bytes_are_split() {
        let files: [(&[u8], &str); 6] = [
            (b"RIFF\x24\x10\0\0WAVEfmt ", "a WAV file"),
            (b"RF64\xff\xff\xff\xffWAVEds64", "a WAV file"),
            (b"ID3\x04\0\0\0\0\x10\0abc", "an MP3 file"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0", "an OGG file"),
            (b"fLaC\0\0\0\x22\x10\0\x10\0", "a FLAC file"),
            (b"\0\0\0\x20ftypisom\0\0", "an MP4 file"),
        ];
        for (bytes, kind) in files {
            for piece in [1, 5, 100] {
                let mut framer = new(SampleFormat::S16le, 1);
                let error = bytes.chunks(piece).find_map(|it| framer.push(it).err());
                assert_eq!(error, Some(NotRaw { kind }), "in pieces of {piece}");
                assert!(framer.frames().is_empty());
            }
        }
        let mut framer = new(SampleFormat::S16le, 1);
        framer.push(b"RIFFraff, and no file").unwrap();
        framer.push(b"fLaC").unwrap();
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_how_the_bytes_are_split(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            cuts in prop::collection::vec(1usize..50, 1..6),
            channels in 1usize..4,
        ) {
            prop_assume!(check_is_raw(&bytes).is_ok());
            let mut framer = new(SampleFormat::S16le, channels);
            let (mut frames, mut rest, mut cuts) = (Vec::new(), &bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                framer.push(now).unwrap();
                frames.extend(framer.frames());
                rest = later;
            }
            let end = framer.finish();
            prop_assert!(frames.iter().all(|it| it.len() == 8) && end.samples.len() < 8);
            let step = 2 * channels;
            prop_assert_eq!(frames.len() * 8 + end.samples.len(), bytes.len() / step);
            prop_assert_eq!(end.incomplete_bytes, bytes.len() % step);
            let mut whole = new(SampleFormat::S16le, channels);
            whole.push(&bytes).unwrap();
            prop_assert_eq!(whole.frames(), frames);
        }
    }
}
