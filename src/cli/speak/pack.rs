//! Cuts speech into pieces of 20 ms and packs them: samples, or Opus packets.
use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    message::{MediaTime, SampleRate, Speech, Why},
    wire::{Codec, IngestFormat, LostBy},
};

/// Of a piece at 16 kHz: 20 ms.
const PIECE: usize = 320;
pub(super) const PIECE_LENGTH: Duration = Duration::from_millis(20);
/// A shorter jump of the timeline is rounding.
const TOLERANCE: Duration = Duration::from_millis(2);
/// From here on a sample counts as clipped.
const CLIPPED: f32 = 0.999;
/// What the page `/speak` asks for too, in bits a second.
#[cfg(feature = "opus")]
const BITS: i32 = 32_000;
/// Larger than any packet of 20 ms at that rate.
#[cfg(feature = "opus")]
const LONGEST_PACKET: usize = 1275;

/// What goes into one message, or what is missing before it. Samples are counted at the rate of the format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Packed {
    Sound { samples: u64, captured: Instant, peak: f32, payload: Arc<[u8]> },
    Missing { samples: u64, why: LostBy },
}

impl Packed {
    pub(super) fn is_clipped(peak: f32) -> bool {
        peak >= CLIPPED
    }
}

pub(super) struct Packer {
    encoder: Encoder,
    /// Less than a piece.
    held: Vec<f32>,
    /// Where the sound ends so far.
    end: Option<MediaTime>,
}

enum Encoder {
    Pcm,
    #[cfg(feature = "opus")]
    Opus(Box<opus::Encoder>),
}

impl Packer {
    /// The error says why there is no encoder.
    pub(super) fn new(codec: Codec) -> Result<Packer, String> {
        let encoder = match codec {
            #[cfg(feature = "opus")]
            Codec::Opus => Encoder::Opus(Box::new(opus_encoder().map_err(|it| it.to_string())?)),
            #[cfg(not(feature = "opus"))]
            Codec::Opus => return Err("this build is without the feature `opus`".to_owned()),
            Codec::PcmS16le | Codec::PcmF32le => Encoder::Pcm,
        };
        Ok(Packer { encoder, held: Vec::new(), end: None })
    }

    pub(super) fn format(&self) -> IngestFormat {
        match self.encoder {
            Encoder::Pcm => {
                IngestFormat { codec: Codec::PcmS16le, rate: SampleRate::SPEECH.hertz() }
            }
            #[cfg(feature = "opus")]
            Encoder::Opus(_) => IngestFormat { codec: Codec::Opus, rate: 48_000 },
        }
    }

    /// Messages that are whole now.
    pub(super) fn push(&mut self, speech: &Speech) -> Result<Vec<Packed>, String> {
        let mut packed = Vec::new();
        let captured = speech.trace.captured();
        if speech.is_interruption() {
            self.flush(captured, &mut packed)?;
            return Ok(packed);
        }
        let missing = self.end.map_or(Duration::ZERO, |end| speech.start.since(end));
        if missing > TOLERANCE {
            let filled = self.flush(captured, &mut packed)?;
            let missing = missing.saturating_sub(SampleRate::SPEECH.duration_of(filled));
            let samples =
                SampleRate::new(self.format().rate).map_or(0, |it| it.samples_in(missing));
            let why = match speech.hole {
                Some(Why::Overload) => LostBy::Overload,
                Some(Why::Network) => LostBy::Network,
                _ => LostBy::Device,
            };
            packed.push(Packed::Missing { samples: samples as u64, why });
        }
        self.held.extend(&speech.samples[..]);
        self.end = Some(speech.span().end());
        let whole = self.held.len() / PIECE * PIECE;
        let samples: Vec<f32> = self.held.drain(..whole).collect();
        let behind = self.held.len() + whole;
        for (n, piece) in samples.chunks(PIECE).enumerate() {
            let after = behind - (n + 1) * PIECE;
            let captured = captured - SampleRate::SPEECH.duration_of(after).min(PIECE_LENGTH * 50);
            packed.push(self.pack(piece, captured)?);
        }
        Ok(packed)
    }

    /// The rest, when nothing follows.
    pub(super) fn finish(&mut self) -> Result<Vec<Packed>, String> {
        let mut packed = Vec::new();
        self.flush(Instant::now(), &mut packed)?;
        Ok(packed)
    }

    /// By how many samples the rest was filled up: a packet has a length of its own.
    fn flush(&mut self, captured: Instant, packed: &mut Vec<Packed>) -> Result<usize, String> {
        let mut rest = std::mem::take(&mut self.held);
        if rest.is_empty() {
            return Ok(0);
        }
        let filled = match self.encoder {
            Encoder::Pcm => 0,
            #[cfg(feature = "opus")]
            Encoder::Opus(_) => PIECE - rest.len(),
        };
        rest.resize(rest.len() + filled, 0.0);
        packed.push(self.pack(&rest, captured)?);
        Ok(filled)
    }

    fn pack(&mut self, piece: &[f32], captured: Instant) -> Result<Packed, String> {
        let peak = piece.iter().fold(0.0_f32, |peak, it| peak.max(it.abs()));
        let payload: Arc<[u8]> = match &mut self.encoder {
            Encoder::Pcm => piece.iter().flat_map(|it| whole(*it).to_le_bytes()).collect(),
            #[cfg(feature = "opus")]
            Encoder::Opus(encoder) => {
                let packet = encoder.encode_vec_float(piece, LONGEST_PACKET);
                packet.map_err(|it| format!("cannot encode the sound as Opus: {it}"))?.into()
            }
        };
        let rate = u64::from(self.format().rate / SampleRate::SPEECH.hertz());
        let samples = piece.len() as u64 * rate;
        Ok(Packed::Sound { samples, captured, peak, payload })
    }
}

/// As a whole number, of which a server makes the nearest number again.
fn whole(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

/// Packets do not depend on the rate at which sound was put in: a decoder gives any rate.
#[cfg(feature = "opus")]
fn opus_encoder() -> opus::Result<opus::Encoder> {
    let rate = SampleRate::SPEECH.hertz();
    let mut encoder = opus::Encoder::new(rate, opus::Channels::Mono, opus::Application::Voip)?;
    encoder.set_bitrate(opus::Bitrate::Bits(BITS))?;
    Ok(encoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{AudioFrame, Trace};
    use proptest::prelude::*;

    fn speech(start: u64, samples: &[f32], hole: Option<Why>) -> Speech {
        let rate = SampleRate::SPEECH;
        let (start, trace) = (MediaTime::of_sample(start, rate), Trace::starting(Instant::now()));
        let samples = samples.into();
        Speech::new(AudioFrame { start, rate, samples, hole, speaker: None, trace }).unwrap()
    }

    proptest! {
        /// However sound is cut, all of it comes, in pieces of 20 ms and a rest.
        #[test]
        fn all_sound_comes_in_order(lengths in prop::collection::vec(1usize..1000, 1..20)) {
            let mut packer = Packer::new(Codec::PcmS16le).unwrap();
            let (mut at, mut packed) = (0, Vec::new());
            for length in lengths {
                let samples: Vec<f32> = (at..at + length).map(|it| (it % 30_000) as f32 / 32_768.0).collect();
                packed.extend(packer.push(&speech(at as u64, &samples, None)).unwrap());
                at += length;
            }
            packed.extend(packer.finish().unwrap());
            let mut found = Vec::new();
            for it in &packed {
                let Packed::Sound { samples, payload, .. } = it else { panic!("{it:?}") };
                prop_assert_eq!(payload.len() as u64, 2 * samples);
                prop_assert!(*samples <= PIECE as u64);
                found.extend(payload.as_chunks().0.iter().map(|it| i16::from_le_bytes(*it)));
            }
            let sent: Vec<i16> = (0..at).map(|it| (it % 30_000) as i16).collect();
            prop_assert_eq!(found, sent);
        }
    }

    #[test]
    fn a_jump_of_the_timeline_is_missing_sound_with_its_reason() {
        let mut packer = Packer::new(Codec::PcmS16le).unwrap();
        assert_eq!(packer.push(&speech(0, &[0.5; 400], None)).unwrap().len(), 1);
        let packed = packer.push(&speech(400 + 16_000, &[1.0; 320], Some(Why::Device))).unwrap();
        let [Packed::Sound { samples: 80, .. }, missing, Packed::Sound { peak, .. }] = &packed[..]
        else {
            panic!("{packed:?}")
        };
        assert_eq!(*missing, Packed::Missing { samples: 16_000, why: LostBy::Device });
        assert!(Packed::is_clipped(*peak));
    }

    #[cfg(feature = "opus")]
    #[test]
    fn an_opus_packet_is_20_ms_at_48_khz_and_the_rest_is_filled_up() {
        let mut packer = Packer::new(Codec::Opus).unwrap();
        let tone: Vec<f32> = (0..400).map(|it| (it as f32 * 0.2).sin() / 2.0).collect();
        let mut packed = packer.push(&speech(0, &tone, None)).unwrap();
        packed.extend(packer.push(&speech(400 + 1600, &tone, None)).unwrap());
        let counts: Vec<(bool, u64)> = packed
            .iter()
            .map(|it| match it {
                Packed::Sound { samples, payload, .. } => {
                    let found = crate::wire::samples_in(Codec::Opus, 48_000, payload).unwrap();
                    assert_eq!(found, *samples);
                    (true, *samples)
                }
                Packed::Missing { samples, .. } => (false, *samples),
            })
            .collect();
        // 240 samples of silence fill the second packet up.
        assert_eq!(counts, [(true, 960), (true, 960), (false, 3 * (1600 - 240)), (true, 960)]);
    }
}
