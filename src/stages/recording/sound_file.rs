//! A sound file of any common kind, decoded piece by piece to mono at its own rate. Blocks: keep it off async threads.
use std::{
    io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{AudioDecoder, AudioDecoderOptions},
    },
    errors::Error,
    formats::{FormatReader, SeekMode, SeekTo, Track, TrackType, well_known::*},
    packet::Packet,
    units::Timestamp,
};

use super::{
    SoundFileError,
    probe::{Probed, probe},
};
use crate::{logic::downmix::Downmix, message::SampleRate};

/// How far the length that a lossy format states may lie from what it decodes to: its encoder's delay and padding.
const LOSSY_SLACK: u64 = 4608;

/// What a damaged packet says of its own length may be damage too, so no more silence than this is made for it.
const LONGEST_DAMAGE: Duration = Duration::from_secs(10);

/// An open sound file.
///
/// A file that was cut off, or is damaged, gives all sound that can be decoded first, and the error after it. Damage in
/// the middle becomes silence of the same length, so that what follows keeps its time.
pub struct SoundFile {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    rate: SampleRate,
    channels: NonZeroUsize,
    /// In frames, where the format can be believed.
    length: Option<u64>,
    /// Its end was seen to be missing when it was opened.
    cut_short: bool,
    slack: u64,
    position: u64,
    /// Decoded to find out rate and channels, and not given yet.
    first: Vec<f32>,
    /// Frames that could not be decoded, owed as silence to whatever follows.
    owed: u64,
    /// Its packets say where they stand, counted from 0: what symphonia leaves out as damaged is seen by the jump.
    numbered: bool,
}

impl SoundFile {
    pub fn open(path: &Path) -> Result<SoundFile, SoundFileError> {
        let Probed { reader, cut_short } = probe(path)?;
        let track = audio_track(&*reader, path)?;
        let decoder = decoder(&*reader, track, path)?;
        let exact = matches!(reader.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC);
        let mut file = SoundFile {
            path: path.to_owned(),
            track: track.id,
            length: believed_length(&*reader, track),
            cut_short,
            decoder,
            rate: SampleRate::SPEECH,
            channels: NonZeroUsize::MIN,
            slack: if exact { 0 } else { LOSSY_SLACK },
            position: 0,
            first: Vec::new(),
            owed: 0,
            numbered: false,
            reader,
        };
        file.decode_first()?;
        Ok(file)
    }

    /// Of the samples given, and of the file.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// In the file; what is given is their mean.
    pub fn channels(&self) -> NonZeroUsize {
        self.channels
    }

    /// As the file states it; `None` where it does not, or cannot be believed.
    pub fn length(&self) -> Option<Duration> {
        self.length.map(|it| self.time(it))
    }

    /// How many samples were given or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next samples, mono in −1..1, some thousand at most; `None` at the end of a whole file.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<f32>>, SoundFileError> {
        let chunk = if self.first.is_empty() {
            let mut chunk = Vec::new();
            if !self.decode(&mut chunk, true)? {
                return Ok(None);
            }
            chunk
        } else {
            std::mem::take(&mut self.first)
        };
        self.position += chunk.len() as u64;
        Ok(Some(chunk))
    }

    /// Goes forward to sample number `target`, counted from the beginning of the file.
    pub fn skip_to(&mut self, target: u64) -> Result<(), SoundFileError> {
        // Only these two name the very sample that they sought to; all others are decoded up to it.
        let exact = matches!(self.reader.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC);
        let known = self.length.is_some_and(|length| target <= length);
        if exact && known && target > self.position + u64::from(self.rate.hertz()) {
            let to = SeekTo::Timestamp { ts: Timestamp::new(target as i64), track_id: self.track };
            if let Ok(sought) = self.reader.seek(SeekMode::Accurate, to) {
                self.decoder.reset();
                self.first.clear();
                self.position = sought.actual_ts.get().max(0) as u64;
            }
        }
        while self.position < target {
            let before = self.position;
            let Some(mut chunk) = self.next_chunk()? else {
                let (at, start) = (self.time(before), self.time(target));
                return Err(SoundFileError::StartsPastEnd { path: self.path.clone(), at, start });
            };
            if self.position > target {
                self.first = chunk.split_off((target - before) as usize);
                self.position = target;
            }
        }
        Ok(())
    }

    /// Rate and channels are those of the first decoded sound: what containers say of them is optional, and sometimes wrong.
    fn decode_first(&mut self) -> Result<(), SoundFileError> {
        let mut first = Vec::new();
        while first.is_empty() {
            match self.decode(&mut first, false) {
                Ok(true) => (),
                Ok(false) => return Err(SoundFileError::Empty { path: self.path.clone() }),
                Err(error) => return Err(error),
            }
        }
        self.first = first;
        Ok(())
    }

    /// Decodes packets until there are samples. False at the end.
    fn decode(&mut self, mono: &mut Vec<f32>, settled: bool) -> Result<bool, SoundFileError> {
        let mut samples = Vec::new();
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return self.ended(),
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.cut_off();
                }
                Err(Error::ResetRequired) => {
                    let track = audio_track(&*self.reader, &self.path)?;
                    self.track = track.id;
                    self.decoder = decoder(&*self.reader, track, &self.path)?;
                    continue;
                }
                Err(error) => return Err(self.damaged(&error)),
            };
            let stands = packet.pts.get();
            if !settled {
                self.numbered = stands == 0 && self.reader.format_info().format == FORMAT_ID_FLAC;
            } else if self.numbered && self.length.is_none_or(|it| stands as u64 <= it) {
                let missing = (stands as u64).saturating_sub(self.position + self.owed);
                if missing > 0 {
                    self.owe(missing, &"frames that are none");
                }
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                // A damaged packet, or the half of one at the end of a file that was cut off.
                Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                    self.owe(frames_of(&*self.reader, &packet, self.rate), &error);
                    continue;
                }
                Err(error) => return Err(self.damaged(&error)),
            };
            if decoded.frames() == 0 {
                continue;
            }
            let header = |what| SoundFileError::Header { path: self.path.clone(), what };
            let channels = NonZeroUsize::new(decoded.spec().channels().count())
                .ok_or_else(|| header("no channels"))?;
            let rate =
                SampleRate::new(decoded.spec().rate()).ok_or_else(|| header("a rate of 0 Hz"))?;
            if settled && rate != self.rate {
                return Err(SoundFileError::RateChanged {
                    path: self.path.clone(),
                    at: self.time(self.position),
                    from: self.rate.hertz(),
                    to: rate.hertz(),
                });
            }
            samples.clear();
            decoded.copy_to_vec_interleaved::<f32>(&mut samples);
            (self.rate, self.channels) = (rate, channels);
            mono.resize(mono.len() + std::mem::take(&mut self.owed) as usize, 0.0);
            Downmix::Mean.append(&samples, channels, mono);
            return Ok(true);
        }
    }

    /// Silence is to stand in the place of so many frames.
    fn owe(&mut self, frames: u64, cause: &dyn std::fmt::Display) {
        if self.owed == 0 {
            let (path, at) = (self.path.display(), self.time(self.position));
            tracing::warn!(%path, ?at, error = %cause, "damaged sound, silence in its place");
        }
        let most = u64::from(self.rate.hertz()) * LONGEST_DAMAGE.as_secs();
        self.owed = self.owed.saturating_add(frames).min(most);
    }

    fn ended(&self) -> Result<bool, SoundFileError> {
        let short = self.length.is_some_and(|length| self.position + self.slack < length);
        if short || self.cut_short || self.owed > 0 { self.cut_off() } else { Ok(false) }
    }

    /// Where no length is stated the file may end anywhere: so do recordings whose recorder was killed.
    fn cut_off(&self) -> Result<bool, SoundFileError> {
        if self.length.is_none() && !self.cut_short && self.owed == 0 {
            return Ok(false);
        }
        let (path, at) = (self.path.clone(), self.time(self.position));
        Err(SoundFileError::Truncated { path, at, of: self.length().filter(|of| *of > at) })
    }

    fn damaged(&self, error: &Error) -> SoundFileError {
        let (path, at) = (self.path.clone(), self.time(self.position));
        SoundFileError::Damaged { path, at, cause: error.to_string() }
    }

    fn time(&self, frames: u64) -> Duration {
        crate::message::MediaTime::of_sample(frames, self.rate).since_start()
    }
}

fn audio_track<'a>(reader: &'a dyn FormatReader, path: &Path) -> Result<&'a Track, SoundFileError> {
    reader.default_track(TrackType::Audio).ok_or_else(|| {
        let cause = "it has no track of sound".to_owned();
        SoundFileError::NotAudio { path: path.to_owned(), cause }
    })
}

fn decoder(
    reader: &dyn FormatReader,
    track: &Track,
    path: &Path,
) -> Result<Box<dyn AudioDecoder>, SoundFileError> {
    let unsupported = |cause: String| SoundFileError::Unsupported { path: path.to_owned(), cause };
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else {
        return Err(unsupported("its codec is not named".to_owned()));
    };
    // A guessed length (see below) would have the decoder cut off true sound at the end.
    let gapless = believed_length(reader, track).is_some();
    symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default().gapless(gapless))
        .map_err(|error| unsupported(error.to_string()))
}

/// MP3 without an encoder's tag and bare AAC state no length; symphonia guesses one from the first frame.
fn believed_length(reader: &dyn FormatReader, track: &Track) -> Option<u64> {
    match reader.format_info().format {
        FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3 => track.delay.and(track.num_frames),
        FORMAT_ID_ADTS => None,
        _ => track.num_frames,
    }
}

/// How many frames a packet would have decoded to.
fn frames_of(reader: &dyn FormatReader, packet: &Packet, rate: SampleRate) -> u64 {
    let track = reader.tracks().iter().find(|track| track.id == packet.track_id);
    let Some(base) = track.and_then(|it| it.time_base) else { return packet.dur.get() };
    let ticks = u128::from(packet.dur.get()) * u128::from(base.numer.get());
    (ticks * u128::from(rate.hertz()) / u128::from(base.denom.get())) as u64
}
