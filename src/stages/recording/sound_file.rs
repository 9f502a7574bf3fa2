//! A sound file of any common kind, decoded piece by piece to mono at its own rate. It blocks: keep it off async threads.
use std::{
    io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use symphonia::core::{
    codecs::audio::AudioDecoder,
    errors::Error,
    formats::{FormatReader, SeekMode, SeekTo, well_known::*},
    packet::Packet,
    units::Timestamp,
};

use super::{
    SoundFileError,
    edit_cursor::EditCursor,
    mp4::Edits,
    probe::{Probed, probe},
    tracks::{Spec, audio_track, decoder, frames_in, frames_of, leading_pieces, reliable_length},
};
use crate::{
    logic::downmix::{self, Inversion},
    message::{Channel, SampleRate},
};

/// How far the stated length of a lossy format may differ from the decoded length: the delay and padding of its encoder.
const LOSSY_SLACK: u64 = 4608;

/// The most silence in place of a damaged packet: its stated length may be damaged, too.
const LONGEST_DAMAGE: Duration = Duration::from_secs(10);

/// A jump in the times of an MKV or MP4 file that is longer than this is a gap. Shorter ones are rounding.
const SMALLEST_HOLE: Duration = Duration::from_millis(100);

/// The most silence of a gap that is returned at once, in samples.
const MAX_SILENCE_CHUNK: u64 = 16_384;

/// Which audio of a file is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The audio track, counted from 1. `None`: the one marked as default, or else the first.
    pub track: Option<NonZeroUsize>,
    pub channel: Channel,
}

/// An open sound file.
///
/// A truncated or damaged file gives all audio that can be decoded, and then the error. Damage in the middle becomes silence
/// of the same length, so that the audio after it keeps its time.
pub struct SoundFile {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    rate: SampleRate,
    channels: NonZeroUsize,
    /// The number of frames that can be decoded, if the format states it reliably.
    length: Option<u64>,
    /// The number of frames after the edits.
    audible: Option<u64>,
    /// Whether its end is missing, as seen when it was opened.
    is_truncated: bool,
    slack: u64,
    position: u64,
    /// The number of decoded frames before the edits, with the silence in place of damage.
    decoded: u64,
    choice: Choice,
    inversion: Inversion,
    edits: EditCursor,
    /// Decoded audio before the edits.
    raw: Vec<f32>,
    /// Audio after the edits that was not returned yet.
    ready: Vec<f32>,
    /// Damaged frames. Silence in their place precedes the next audio.
    damaged_frames: u64,
    /// The length in frames of the gap before the newest audio, by the times in the file.
    hole: u64,
    /// Whether its packets state their position, counted from 0: a jump shows a damaged packet that symphonia skipped.
    numbered: bool,
    /// The time of its first packet, in ticks of the track. Gaps are found by the times of packets.
    first_packet: Option<i64>,
}

impl SoundFile {
    /// Opens the first audio track, and averages its channels.
    pub fn open(path: &Path) -> Result<SoundFile, SoundFileError> {
        SoundFile::open_at(path, path, Choice::default())
    }

    /// Opens the file at `place`. Errors name `path`.
    pub fn open_at(place: &Path, path: &Path, choice: Choice) -> Result<SoundFile, SoundFileError> {
        let Probed { reader, is_truncated, edits } = probe(place, path)?;
        let track = audio_track(&*reader, choice.track, path)?;
        let decoder = decoder(&*reader, track, path)?;
        let exact = matches!(reader.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC);
        let edits = edits.into_iter().find(|it| it.track == track.id);
        let mut file = SoundFile {
            path: path.to_owned(),
            track: track.id,
            length: reliable_length(&*reader, track),
            audible: None,
            is_truncated,
            decoder,
            rate: SampleRate::SPEECH,
            channels: NonZeroUsize::MIN,
            slack: if exact { 0 } else { LOSSY_SLACK },
            position: 0,
            decoded: 0,
            choice,
            inversion: Inversion::default(),
            edits: EditCursor::whole(),
            raw: Vec::new(),
            ready: Vec::new(),
            damaged_frames: 0,
            hole: 0,
            numbered: false,
            first_packet: None,
            reader,
        };
        file.decode_first(edits)?;
        Ok(file)
    }

    /// The rate of the file and of the samples returned.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The number of channels in the file.
    pub fn channels(&self) -> NonZeroUsize {
        self.channels
    }

    /// The length that the file states. `None` if it states none, or is unreliable.
    pub fn length(&self) -> Option<Duration> {
        self.audible.map(|it| self.time(it))
    }

    /// How many samples were returned or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next samples, mono in −1..1, a few thousand at most. `None` at the end of a complete file.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<f32>>, SoundFileError> {
        let mut chunk = std::mem::take(&mut self.ready);
        while chunk.is_empty() {
            chunk = self.edits.next_silence();
            if !chunk.is_empty() {
                break;
            }
            if self.edits.is_finished() {
                return Ok(None);
            }
            if self.raw.is_empty() && !self.decode(true)? {
                return Ok(None);
            }
            let sound = if self.hole > 0 {
                let now = self.hole.min(MAX_SILENCE_CHUNK);
                self.hole -= now;
                vec![0.0; now as usize]
            } else {
                std::mem::take(&mut self.raw)
            };
            let waits = std::mem::take(&mut self.raw);
            let later;
            (chunk, later) = self.edits.apply(sound);
            self.raw = if waits.is_empty() { later } else { waits };
        }
        self.position += chunk.len() as u64;
        Ok(Some(chunk))
    }

    /// Skips forward to sample number `target`, counted from the start of the file.
    pub fn skip_to(&mut self, target: u64) -> Result<(), SoundFileError> {
        // Only these two formats seek to an exact sample. Others are decoded up to it.
        let exact = matches!(self.reader.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC);
        let known = self.length.is_some_and(|length| target <= length);
        if exact && known && target > self.position + u64::from(self.rate.hertz()) {
            let to = SeekTo::Timestamp { ts: Timestamp::new(target as i64), track_id: self.track };
            if let Ok(sought) = self.reader.seek(SeekMode::Accurate, to) {
                self.decoder.reset();
                self.raw.clear();
                self.ready.clear();
                self.position = sought.actual_ts.get().max(0) as u64;
                self.decoded = self.position;
            }
        }
        while self.position < target {
            let before = self.position;
            let Some(mut chunk) = self.next_chunk()? else {
                let (at, start) = (self.time(before), self.time(target));
                return Err(SoundFileError::StartsPastEnd { path: self.path.clone(), at, start });
            };
            if self.position > target {
                self.ready = chunk.split_off((target - before) as usize);
                self.position = target;
            }
        }
        Ok(())
    }

    /// Takes rate and channels from the first decoded audio: in containers they are optional, and sometimes wrong.
    fn decode_first(&mut self, edits: Option<Edits>) -> Result<(), SoundFileError> {
        if !self.decode(false)? {
            return Err(SoundFileError::Empty { path: self.path.clone() });
        }
        if let Channel::Number(wanted) = self.choice.channel
            && !downmix::is_among(self.choice.channel, self.channels)
        {
            let (path, has) = (self.path.clone(), self.channels.get());
            return Err(SoundFileError::NoChannel { path, wanted, has });
        }
        let pieces = match edits {
            Some(edits) => edits.pieces(self.rate.hertz()),
            None => {
                let track = self.reader.tracks().iter().find(|it| it.id == self.track);
                let first = self.first_packet.unwrap_or(0);
                track.map_or(Vec::new(), |it| leading_pieces(&*self.reader, it, first, self.rate))
            }
        };
        if !pieces.is_empty() {
            self.edits = EditCursor::new(pieces);
        }
        self.audible = self.length.map(|it| self.edits.audible_length(it));
        Ok(())
    }

    /// Decodes packets into `raw` until there are samples. False at the end.
    fn decode(&mut self, settled: bool) -> Result<bool, SoundFileError> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return self.ended(),
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.truncated();
                }
                Err(Error::ResetRequired) => {
                    let track = audio_track(&*self.reader, self.choice.track, &self.path)?;
                    self.track = track.id;
                    self.decoder = decoder(&*self.reader, track, &self.path)?;
                    continue;
                }
                Err(error) => return Err(self.damaged(&error)),
            };
            let position = packet.pts.get();
            if !settled {
                self.numbered = position == 0 && self.reader.format_info().format == FORMAT_ID_FLAC;
            } else if self.numbered && self.length.is_none_or(|it| position as u64 <= it) {
                let missing = (position as u64).saturating_sub(self.decoded + self.damaged_frames);
                if missing > 0 {
                    self.add_damage(missing, &"frames that are none");
                }
            }
            self.first_packet.get_or_insert(position);
            let (rate, before) = (self.rate, self.decoded + self.damaged_frames);
            match self.decoder.decode(&packet) {
                Ok(decoded) if decoded.frames() == 0 => continue,
                Ok(decoded) => {
                    let spec = Spec::of(&decoded);
                    let mut samples = Vec::new();
                    decoded.copy_to_vec_interleaved::<f32>(&mut samples);
                    self.take(spec, &samples, settled)?;
                }
                // A damaged packet, an incomplete one at the end of a truncated file, or audio of another format.
                Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                    let Some((spec, samples)) = self.decode_anew(&packet, settled) else {
                        self.add_damage(frames_of(&*self.reader, &packet, rate), &error);
                        continue;
                    };
                    self.take(spec, &samples, settled)?;
                }
                Err(error) => return Err(self.damaged(&error)),
            }
            if settled && let Some(frames) = self.position_of(position) {
                let missing = frames.saturating_sub(before);
                if missing > self.rate.samples_in(SMALLEST_HOLE) as u64 {
                    self.decoded += missing;
                    self.hole = missing;
                }
            }
            return Ok(true);
        }
    }

    /// The position of a packet of an MKV or MP4 file, in frames after the first packet.
    fn position_of(&self, ticks: i64) -> Option<u64> {
        let format = self.reader.format_info().format;
        if !matches!(format, FORMAT_ID_MKV | FORMAT_ID_ISOMP4) {
            return None;
        }
        let track = self.reader.tracks().iter().find(|it| it.id == self.track)?;
        let since = ticks.checked_sub(self.first_packet?).and_then(|it| u64::try_from(it).ok())?;
        Some(frames_in(since, track.time_base?, self.rate))
    }

    /// Decodes the packet with a new decoder: some decoders refuse audio whose channels or rate change, although it is intact.
    fn decode_anew(&mut self, packet: &Packet, settled: bool) -> Option<(Spec, Vec<f32>)> {
        let track = self.reader.tracks().iter().find(|it| it.id == self.track)?;
        let mut anew = decoder(&*self.reader, track, &self.path).ok()?;
        let decoded = anew.decode(packet).ok()?;
        let spec = Spec::of(&decoded);
        if !settled || spec.is(self.rate, self.channels) {
            return None;
        }
        let mut samples = Vec::new();
        decoded.copy_to_vec_interleaved::<f32>(&mut samples);
        self.decoder = anew;
        Some((spec, samples))
    }

    fn take(&mut self, spec: Spec, samples: &[f32], settled: bool) -> Result<(), SoundFileError> {
        let header = |what| SoundFileError::Header { path: self.path.clone(), what };
        let channels = NonZeroUsize::new(spec.channels).ok_or_else(|| header("no channels"))?;
        let rate = SampleRate::new(spec.rate).ok_or_else(|| header("a rate of 0 Hz"))?;
        if settled && rate != self.rate {
            return Err(SoundFileError::RateChanged {
                path: self.path.clone(),
                at: self.time(self.position),
                from: self.rate.hertz(),
                to: rate.hertz(),
            });
        }
        if settled && channels != self.channels {
            let (path, at) = (self.path.display(), self.time(self.position));
            let (from, to) = (self.channels, channels);
            tracing::warn!(%path, ?at, from, to, "its number of channels changes");
        }
        (self.rate, self.channels) = (rate, channels);
        let mono = &mut self.raw;
        mono.resize(mono.len() + std::mem::take(&mut self.damaged_frames) as usize, 0.0);
        // If the file continues with fewer channels, the remaining ones are used.
        let is_there = !settled || downmix::is_among(self.choice.channel, channels);
        let channel = if is_there { self.choice.channel } else { Channel::Mix };
        downmix::append(channel, samples, channels, mono);
        self.decoded += mono.len() as u64;
        if channel == Channel::Mix && self.inversion.add_block(samples, channels, rate) {
            tracing::warn!(path = %self.path.display(), "{}", Inversion::WARNING);
        }
        Ok(())
    }

    /// Puts silence in the place of damaged frames.
    fn add_damage(&mut self, frames: u64, cause: &dyn std::fmt::Display) {
        if self.damaged_frames == 0 {
            let (path, at) = (self.path.display(), self.time(self.position));
            tracing::warn!(%path, ?at, error = %cause, "damaged sound, silence in its place");
        }
        let most = u64::from(self.rate.hertz()) * LONGEST_DAMAGE.as_secs();
        self.damaged_frames = self.damaged_frames.saturating_add(frames).min(most);
    }

    fn ended(&mut self) -> Result<bool, SoundFileError> {
        if self.inversion.is_inverted_at_end(self.rate) {
            tracing::warn!(path = %self.path.display(), "{}", Inversion::WARNING);
        }
        let short = self.length.is_some_and(|length| self.decoded + self.slack < length);
        if short || self.is_truncated || self.damaged_frames > 0 {
            self.truncated()
        } else {
            Ok(false)
        }
    }

    /// A file without a stated length may end anywhere, as when its recorder was killed.
    fn truncated(&self) -> Result<bool, SoundFileError> {
        if self.length.is_none() && !self.is_truncated && self.damaged_frames == 0 {
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
