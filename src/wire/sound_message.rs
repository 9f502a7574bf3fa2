//! A binary message with sound, as speakers send it: a head of 24 bytes, then samples or one Opus packet.
use super::Codec;

/// Bytes before the sound.
pub const SOUND_HEAD: usize = 24;

/// The most bytes of a whole message.
pub const LONGEST_SOUND: usize = 40_000;

/// The most sound of a message, in ms.
pub const LONGEST_SOUND_MS: u64 = 120;

/// The first byte: sound.
const SOUND: u8 = 1;
const CLIPPED: u8 = 1;

/// What stands before the sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundHead {
    pub clipped: bool,
    pub sequence: u32,
    /// The number of the first sample in the session.
    pub first_sample: u64,
    /// The client's clock in ms when the last sample was captured.
    pub captured_ms: f64,
}

/// Why a binary message is none of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSound {
    #[error("a binary message begins with a head of {SOUND_HEAD} bytes")]
    Short,
    #[error("a binary message begins with 1 for sound, and its third and fourth byte are 0")]
    Kind,
    #[error("the capture time is no number")]
    Time,
    #[error("the message holds no sound")]
    Empty,
    #[error("the message ends inside a sample")]
    Incomplete,
    #[error("this is no Opus packet")]
    Packet,
    #[error("a message holds at most {LONGEST_SOUND_MS} ms of sound")]
    Long,
}

impl SoundHead {
    /// The head, and what follows it.
    pub fn read(message: &[u8]) -> Result<(SoundHead, &[u8]), NotSound> {
        let (head, sound) = message.split_first_chunk::<SOUND_HEAD>().ok_or(NotSound::Short)?;
        let [kind, flags, 0, 0, ..] = *head else { return Err(NotSound::Kind) };
        if kind != SOUND {
            return Err(NotSound::Kind);
        }
        let word = |at: usize| -> [u8; 8] { std::array::from_fn(|it| head[at + it]) };
        let captured_ms = f64::from_le_bytes(word(16));
        if !captured_ms.is_finite() {
            return Err(NotSound::Time);
        }
        let head = SoundHead {
            clipped: flags & CLIPPED != 0,
            sequence: u32::from_le_bytes(std::array::from_fn(|it| head[4 + it])),
            first_sample: u64::from_le_bytes(word(8)),
            captured_ms,
        };
        Ok((head, sound))
    }

    /// The whole message.
    pub fn write(&self, sound: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(SOUND_HEAD + sound.len());
        message.extend([SOUND, u8::from(self.clipped), 0, 0]);
        message.extend(self.sequence.to_le_bytes());
        message.extend(self.first_sample.to_le_bytes());
        message.extend(self.captured_ms.to_le_bytes());
        message.extend(sound);
        message
    }
}

/// How many samples `sound` holds at `rate`.
pub fn samples_in(codec: Codec, rate: u32, sound: &[u8]) -> Result<u64, NotSound> {
    if sound.is_empty() {
        return Err(NotSound::Empty);
    }
    let samples = match codec.bytes_per_sample() {
        Some(step) if sound.len().is_multiple_of(step) => (sound.len() / step) as u64,
        Some(_) => return Err(NotSound::Incomplete),
        None => u64::from(opus_samples(sound).ok_or(NotSound::Packet)?),
    };
    if samples * 1000 > LONGEST_SOUND_MS * u64::from(rate) {
        return Err(NotSound::Long);
    }
    Ok(samples)
}

/// The samples of an Opus packet at 48 kHz (RFC 6716, section 3); `None` where it is none.
fn opus_samples(packet: &[u8]) -> Option<u32> {
    let (toc, rest) = packet.split_first()?;
    let frame = match toc >> 3 {
        config @ 0..12 => [480, 960, 1920, 2880][usize::from(config % 4)],
        config @ 12..16 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 0x3F),
    };
    (frames > 0 && frames * frame <= 5760).then_some(frames * frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_written_again(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok((head, sound)) = SoundHead::read(&bytes) {
                // Bits of the second byte that mean nothing yet are not kept.
                let whole = head.write(sound);
                prop_assert_eq!(SoundHead::read(&whole).unwrap(), (head, sound));
            }
            for codec in [Codec::PcmS16le, Codec::PcmF32le, Codec::Opus] {
                if let Ok(samples) = samples_in(codec, 48_000, &bytes) {
                    prop_assert!(samples > 0 && samples <= 5760);
                }
            }
        }

        #[test]
        fn a_message_is_read_as_it_was_written(
            sequence: u32, first_sample: u64, captured_ms in -1e12..1e12, clipped: bool, sound in prop::collection::vec(any::<u8>(), 0..50)
        ) {
            let head = SoundHead { clipped, sequence, first_sample, captured_ms };
            let whole = head.write(&sound);
            prop_assert_eq!(SoundHead::read(&whole).unwrap(), (head, &sound[..]));
        }
    }

    #[test]
    fn what_is_no_sound_is_told_why() {
        let head = SoundHead { clipped: false, sequence: 0, first_sample: 0, captured_ms: 0.0 };
        let whole = head.write(&[]);
        assert_eq!(SoundHead::read(&whole[..23]), Err(NotSound::Short));
        let with = |at: usize, byte: u8| {
            let mut changed = whole.clone();
            changed[at] = byte;
            SoundHead::read(&changed).err()
        };
        assert_eq!((with(0, 2), with(2, 1)), (Some(NotSound::Kind), Some(NotSound::Kind)));
        let nan = SoundHead { captured_ms: f64::NAN, ..head };
        assert_eq!(SoundHead::read(&nan.write(&[])), Err(NotSound::Time));
        assert_eq!(samples_in(Codec::PcmS16le, 16_000, &[]), Err(NotSound::Empty));
        assert_eq!(samples_in(Codec::PcmS16le, 16_000, &[0; 3]), Err(NotSound::Incomplete));
        assert_eq!(samples_in(Codec::PcmS16le, 8000, &[0; 2000]), Err(NotSound::Long));
        assert_eq!(samples_in(Codec::PcmF32le, 16_000, &[0; 1280]), Ok(320));
    }

    #[test]
    fn the_length_of_an_opus_packet_stands_in_its_first_bytes() {
        // CELT of 20 ms, SILK of 60 ms, two frames of 20 ms, three of 20 ms, hybrid of 10 ms.
        for (packet, samples) in [
            (&[0xF8, 0][..], Some(960)),
            (&[0x18][..], Some(2880)),
            (&[0xF9, 0][..], Some(1920)),
            (&[0xFB, 3][..], Some(2880)),
            (&[0x60][..], Some(480)),
            (&[0xFB, 0][..], None),
            (&[0xFB][..], None),
            (&[0x1B, 3][..], None),
            (&[][..], None),
        ] {
            assert_eq!(opus_samples(packet), samples, "{packet:?}");
        }
    }
}
