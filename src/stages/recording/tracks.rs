//! The tracks of a file: chooses one, makes its decoder, and finds its length and what precedes its audio.
use std::{num::NonZeroUsize, path::Path};

use symphonia::core::{
    audio::GenericAudioBufferRef,
    codecs::{
        CodecParameters,
        audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions, well_known::*},
        registry::CodecRegistry,
    },
    formats::{FormatReader, Track, TrackType, well_known::*},
    packet::Packet,
    units::TimeBase,
};

use super::{SoundFileError, edit_cursor::Piece};
use crate::message::SampleRate;

/// The rate in which Opus streams count frames, whatever the rate of the recording.
pub(super) const OPUS_RATE: u64 = 48_000;

pub(super) fn audio_track<'a>(
    reader: &'a dyn FormatReader,
    wanted: Option<NonZeroUsize>,
    path: &Path,
) -> Result<&'a Track, SoundFileError> {
    let is_sound = |it: &&Track| matches!(it.codec_params, Some(CodecParameters::Audio(_)));
    let sound = || reader.tracks().iter().filter(is_sound);
    let none = || {
        let cause = "it has no track of sound".to_owned();
        SoundFileError::NotAudio { path: path.to_owned(), cause }
    };
    let Some(wanted) = wanted else {
        let track = reader.default_track(TrackType::Audio).ok_or_else(none)?;
        if sound().count() > 1 {
            let (path, tracks) = (path.display(), sound().count());
            let taken = sound().position(|it| it.id == track.id).map(|it| it + 1);
            tracing::info!(%path, tracks, taken, "it has several tracks of sound; choose another one with `track`");
        }
        return Ok(track);
    };
    let has = sound().count();
    if has == 0 {
        return Err(none());
    }
    sound().nth(wanted.get() - 1).ok_or_else(|| SoundFileError::NoTrack {
        path: path.to_owned(),
        wanted: wanted.get(),
        has,
    })
}

pub(super) fn decoder(
    reader: &dyn FormatReader,
    track: &Track,
    path: &Path,
) -> Result<Box<dyn AudioDecoder>, SoundFileError> {
    let unsupported = |cause: String| SoundFileError::Unsupported { path: path.to_owned(), cause };
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else {
        return Err(unsupported("its codec is not named".to_owned()));
    };
    let mut codec = codec.clone();
    if codec.codec == CODEC_ID_OPUS {
        // The encoder's delay is skipped here: the decoder reads it in the wrong byte order in MP4 files.
        codec.extra_data = None;
        codec.sample_rate = Some(OPUS_RATE as u32);
    }
    // With a guessed length (see below) the decoder would cut off audio at the end.
    let gapless = reliable_length(reader, track).is_some();
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    #[cfg(feature = "opus")]
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    let many = codec.channels.as_ref().filter(|it| it.count() > 2).map(|it| it.count());
    let decoder =
        codecs.make_audio_decoder(&codec, &AudioDecoderOptions::default().gapless(gapless));
    decoder.map_err(|error| {
        unsupported(match (name(codec.codec), many) {
            (Some("Opus"), Some(many)) => format!("Opus of {many} channels"),
            (Some(name), _) => name.to_owned(),
            (None, _) => error.to_string(),
        })
    })
}

/// The name of a codec that may not be supported.
fn name(codec: AudioCodecId) -> Option<&'static str> {
    Some(match codec {
        CODEC_ID_OPUS => "Opus",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_AC3 => "AC-3",
        CODEC_ID_EAC3 => "E-AC-3",
        CODEC_ID_AC4 => "AC-4",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_WMA => "Windows Media Audio",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        CODEC_ID_TTA => "True Audio",
        CODEC_ID_TRUEHD => "Dolby TrueHD",
        _ => return None,
    })
}

/// The stated length, if it is reliable. MP3 without an encoder's tag and bare AAC state none: symphonia guesses one from the
/// first frame.
pub(super) fn reliable_length(reader: &dyn FormatReader, track: &Track) -> Option<u64> {
    match reader.format_info().format {
        FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3 => track.delay.and(track.num_frames),
        FORMAT_ID_ADTS => None,
        _ => track.num_frames,
    }
}

/// What precedes the audio of a track without an edit list: frames that the encoder inserted, and the time until the audio
/// starts. `first`: the time of the first packet, in ticks of the track.
pub(super) fn leading_pieces(
    reader: &dyn FormatReader,
    track: &Track,
    first: i64,
    rate: SampleRate,
) -> Vec<Piece> {
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else { return Vec::new() };
    let is_opus = codec.codec == CODEC_ID_OPUS;
    let told = codec.extra_data.as_deref().filter(|_| is_opus).and_then(pre_skip);
    let in_mp4 = reader.format_info().format == FORMAT_ID_ISOMP4;
    let skipped = told.map(|little| u64::from(if in_mp4 { little.swap_bytes() } else { little }));
    // The position of the first decoded frame, which only MKV files state.
    let begins = match (reader.format_info().format, track.time_base) {
        (FORMAT_ID_MKV, Some(base)) => {
            let frames = frames_in(first.unsigned_abs(), base, rate) as i64;
            Some(if first < 0 { -frames } else { frames })
        }
        _ => None,
    };
    let skipped = match skipped {
        Some(frames) => frames * u64::from(rate.hertz()) / OPUS_RATE,
        None => begins.unwrap_or(0).min(0).unsigned_abs(),
    };
    let mut pieces = Vec::new();
    let silence = begins.map_or(0, |it| it.saturating_add_unsigned(skipped).max(0) as u64);
    // MKV counts in milliseconds, so a very short silence may be rounding.
    if silence > u64::from(rate.hertz()) / 500 {
        pieces.push(Piece::Silence(silence));
    }
    pieces.push(Piece::Sound { from: skipped, to: None });
    pieces
}

/// The encoder's delay from the header of an Opus stream, in the byte order of OGG.
fn pre_skip(header: &[u8]) -> Option<u16> {
    let bytes = header.strip_prefix(b"OpusHead")?.get(2..4)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// Converts ticks to frames at `rate`.
pub(super) fn frames_in(ticks: u64, base: TimeBase, rate: SampleRate) -> u64 {
    let ticks = u128::from(ticks) * u128::from(base.numer.get());
    (ticks * u128::from(rate.hertz()) / u128::from(base.denom.get())) as u64
}

/// The rate and channels of decoded audio.
#[derive(Clone, Copy)]
pub(super) struct Spec {
    pub(super) rate: u32,
    pub(super) channels: usize,
}

impl Spec {
    pub(super) fn of(sound: &GenericAudioBufferRef<'_>) -> Spec {
        Spec { rate: sound.spec().rate(), channels: sound.spec().channels().count() }
    }

    pub(super) fn is(self, rate: SampleRate, channels: NonZeroUsize) -> bool {
        self.rate == rate.hertz() && self.channels == channels.get()
    }
}

/// How many frames a packet would have decoded to.
pub(super) fn frames_of(reader: &dyn FormatReader, packet: &Packet, rate: SampleRate) -> u64 {
    let track = reader.tracks().iter().find(|track| track.id == packet.track_id);
    let Some(base) = track.and_then(|it| it.time_base) else { return packet.dur.get() };
    frames_in(packet.dur.get(), base, rate)
}
