//! A sound file of any common kind, decoded piece by piece to mono at its own rate. Blocks: keep it off async threads.
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
    cut::Cut,
    mp4::Edits,
    probe::{Probed, probe},
    tracks::{Spec, audio_track, before_the_sound, believed_length, decoder, frames_in, frames_of},
};
use crate::{
    logic::downmix::{Downmix, Inversion},
    message::SampleRate,
};

/// How far the length that a lossy format states may lie from what it decodes to: its encoder's delay and padding.
const LOSSY_SLACK: u64 = 4608;

/// What a damaged packet says of its own length may be damage too, so no more silence than this is made for it.
const LONGEST_DAMAGE: Duration = Duration::from_secs(10);

/// Times in MKV and MP4 files that lie so far behind the sound before them are a hole in it. Nearer ones are rounded.
const SMALLEST_HOLE: Duration = Duration::from_millis(100);

/// So much of a hole is given at once, in samples.
const AT_ONCE: u64 = 16_384;

/// Which sound of a file is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Which of its tracks of sound, counted from 1; `None`: the one that the file marks, or else the first.
    pub track: Option<NonZeroUsize>,
    /// Which of the channels.
    pub downmix: Downmix,
}

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
    /// In frames that can be decoded, where the format can be believed.
    length: Option<u64>,
    /// In frames that are heard of them.
    heard: Option<u64>,
    /// Its end was seen to be missing when it was opened.
    cut_short: bool,
    slack: u64,
    position: u64,
    /// How much was decoded, before anything was left out; with the silence in the place of damage.
    decoded: u64,
    choice: Choice,
    inversion: Inversion,
    cut: Cut,
    /// Decoded, and not cut yet.
    raw: Vec<f32>,
    /// Cut, and not given yet.
    cut_off: Vec<f32>,
    /// Frames that could not be decoded, owed as silence to whatever follows.
    owed: u64,
    /// Frames that the file says are missing before what was decoded last.
    hole: u64,
    /// Its packets say where they stand, counted from 0: what symphonia leaves out as damaged is seen by the jump.
    numbered: bool,
    /// When its first packet begins, in ticks of the track; packets tell of holes by their times.
    first_packet: Option<i64>,
}

impl SoundFile {
    /// The mean of all channels of its first track of sound.
    pub fn open(path: &Path) -> Result<SoundFile, SoundFileError> {
        SoundFile::open_at(path, path, Choice::default())
    }

    /// The file at `place`; what goes wrong is told of `path`.
    pub fn open_at(place: &Path, path: &Path, choice: Choice) -> Result<SoundFile, SoundFileError> {
        let Probed { reader, cut_short, edits } = probe(place, path)?;
        let track = audio_track(&*reader, choice.track, path)?;
        let decoder = decoder(&*reader, track, path)?;
        let exact = matches!(reader.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC);
        let edits = edits.into_iter().find(|it| it.track == track.id);
        let mut file = SoundFile {
            path: path.to_owned(),
            track: track.id,
            length: believed_length(&*reader, track),
            heard: None,
            cut_short,
            decoder,
            rate: SampleRate::SPEECH,
            channels: NonZeroUsize::MIN,
            slack: if exact { 0 } else { LOSSY_SLACK },
            position: 0,
            decoded: 0,
            choice,
            inversion: Inversion::default(),
            cut: Cut::whole(),
            raw: Vec::new(),
            cut_off: Vec::new(),
            owed: 0,
            hole: 0,
            numbered: false,
            first_packet: None,
            reader,
        };
        file.decode_first(edits)?;
        Ok(file)
    }

    /// Of the samples given, and of the file.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// In the file; what is given is their mean, or one of them.
    pub fn channels(&self) -> NonZeroUsize {
        self.channels
    }

    /// As the file states it; `None` where it does not, or cannot be believed.
    pub fn length(&self) -> Option<Duration> {
        self.heard.map(|it| self.time(it))
    }

    /// How many samples were given or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next samples, mono in −1..1, some thousand at most; `None` at the end of a whole file.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<f32>>, SoundFileError> {
        let mut chunk = std::mem::take(&mut self.cut_off);
        while chunk.is_empty() {
            chunk = self.cut.silence();
            if !chunk.is_empty() {
                break;
            }
            if self.cut.is_over() {
                return Ok(None);
            }
            if self.raw.is_empty() && !self.decode(true)? {
                return Ok(None);
            }
            let sound = if self.hole > 0 {
                let now = self.hole.min(AT_ONCE);
                self.hole -= now;
                vec![0.0; now as usize]
            } else {
                std::mem::take(&mut self.raw)
            };
            let waits = std::mem::take(&mut self.raw);
            let later;
            (chunk, later) = self.cut.pass(sound);
            self.raw = if waits.is_empty() { later } else { waits };
        }
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
                self.raw.clear();
                self.cut_off.clear();
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
                self.cut_off = chunk.split_off((target - before) as usize);
                self.position = target;
            }
        }
        Ok(())
    }

    /// Rate and channels are those of the first decoded sound: what containers say of them is optional, and sometimes wrong.
    fn decode_first(&mut self, edits: Option<Edits>) -> Result<(), SoundFileError> {
        if !self.decode(false)? {
            return Err(SoundFileError::Empty { path: self.path.clone() });
        }
        if let Downmix::Channel(index) = self.choice.downmix
            && !self.choice.downmix.fits(self.channels)
        {
            let (path, wanted, has) = (self.path.clone(), index + 1, self.channels.get());
            return Err(SoundFileError::NoChannel { path, wanted, has });
        }
        let pieces = match edits {
            Some(edits) => edits.pieces(self.rate.hertz()),
            None => {
                let track = self.reader.tracks().iter().find(|it| it.id == self.track);
                let first = self.first_packet.unwrap_or(0);
                track.map_or(Vec::new(), |it| before_the_sound(&*self.reader, it, first, self.rate))
            }
        };
        if !pieces.is_empty() {
            self.cut = Cut::new(pieces);
        }
        self.heard = self.length.map(|it| self.cut.length_of(it));
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
                    return self.cut_off();
                }
                Err(Error::ResetRequired) => {
                    let track = audio_track(&*self.reader, self.choice.track, &self.path)?;
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
                let missing = (stands as u64).saturating_sub(self.decoded + self.owed);
                if missing > 0 {
                    self.owe(missing, &"frames that are none");
                }
            }
            self.first_packet.get_or_insert(stands);
            let (rate, before) = (self.rate, self.decoded + self.owed);
            match self.decoder.decode(&packet) {
                Ok(decoded) if decoded.frames() == 0 => continue,
                Ok(decoded) => {
                    let spec = Spec::of(&decoded);
                    let mut samples = Vec::new();
                    decoded.copy_to_vec_interleaved::<f32>(&mut samples);
                    self.take(spec, &samples, settled)?;
                }
                // A damaged packet, the half of one at the end of a file that was cut off, or sound of another kind.
                Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                    let Some((spec, samples)) = self.decode_anew(&packet, settled) else {
                        self.owe(frames_of(&*self.reader, &packet, rate), &error);
                        continue;
                    };
                    self.take(spec, &samples, settled)?;
                }
                Err(error) => return Err(self.damaged(&error)),
            }
            if settled && let Some(frames) = self.stands_at(stands) {
                let missing = frames.saturating_sub(before);
                if missing > self.rate.samples_in(SMALLEST_HOLE) as u64 {
                    self.decoded += missing;
                    self.hole = missing;
                }
            }
            return Ok(true);
        }
    }

    /// Where a packet of an MKV or MP4 file stands, in frames behind the first one.
    fn stands_at(&self, ticks: i64) -> Option<u64> {
        let format = self.reader.format_info().format;
        if !matches!(format, FORMAT_ID_MKV | FORMAT_ID_ISOMP4) {
            return None;
        }
        let track = self.reader.tracks().iter().find(|it| it.id == self.track)?;
        let since = ticks.checked_sub(self.first_packet?).and_then(|it| u64::try_from(it).ok())?;
        Some(frames_in(since, track.time_base?, self.rate))
    }

    /// Sound whose channels or rate are not those before it is refused by some decoders, and is none the worse for it.
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
        mono.resize(mono.len() + std::mem::take(&mut self.owed) as usize, 0.0);
        // Of a file that goes on with fewer channels, those that are left are heard.
        let fits = !settled || self.choice.downmix.fits(channels);
        let downmix = if fits { self.choice.downmix } else { Downmix::Mean };
        downmix.append(samples, channels, mono);
        self.decoded += mono.len() as u64;
        if downmix == Downmix::Mean && self.inversion.hears(samples, channels, rate) {
            tracing::warn!(path = %self.path.display(), "{}", Inversion::WARNING);
        }
        Ok(())
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

    fn ended(&mut self) -> Result<bool, SoundFileError> {
        if self.inversion.was_clear(self.rate) {
            tracing::warn!(path = %self.path.display(), "{}", Inversion::WARNING);
        }
        let short = self.length.is_some_and(|length| self.decoded + self.slack < length);
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
