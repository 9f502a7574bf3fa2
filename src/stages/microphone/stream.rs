//! One input stream of one device, at its own rate and format. The callback mixes to mono and does nothing else.
use std::time::Duration;

use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, InputCallbackInfo, SampleFormat, SizedSample,
    Stream, StreamConfig, U24,
    traits::{DeviceTrait, StreamTrait},
};
use tokio::time::Instant;

use super::{
    choice::SelectedChannel,
    error::{DeviceError, classify},
    ring::{RingProducer, StreamStatus, ring},
    settings::MicrophoneSettings,
    watch::Opened,
};
use crate::{logic::downmix::Inversion, message::SampleRate};

/// The host's estimate of a sample's age is limited to this.
const OLDEST: Duration = Duration::from_secs(1);

/// Opens the device with the requested block size, or with the host's default where that is not possible.
pub(super) fn open(
    device: &Device,
    name: &str,
    settings: &MicrophoneSettings,
) -> Result<(Stream, Opened<()>), DeviceError> {
    let config = device.default_input_config().map_err(|error| classify(name, &error))?;
    let (channels, hertz) = (config.channels(), config.sample_rate());
    let unreadable = |shape: String| DeviceError::Unreadable { device: name.to_owned(), shape };
    let rate = SampleRate::new(hertz).filter(|_| channels > 0);
    let rate = rate.ok_or_else(|| unreadable(format!("{channels} channels at {hertz} Hz")))?;
    let channel = SelectedChannel::of(settings.channel, name, channels)?;
    let format = config.sample_format();
    let build = builder(format).ok_or_else(|| unreadable(format!("samples as {format}")))?;
    let block = u32::try_from(rate.samples_in(settings.block)).unwrap_or(u32::MAX).max(1);
    let mut failed = None;
    for buffer_size in [BufferSize::Fixed(block), BufferSize::Default] {
        let (producer, consumer, status) = ring(rate, settings.room);
        let config = StreamConfig { channels, sample_rate: hertz, buffer_size };
        let stream = build(device, config, InputCallback { producer, channel, rate }, status);
        match stream.and_then(|stream| stream.play().map(|()| stream)) {
            Ok(stream) => {
                return Ok((
                    stream,
                    Opened { device: name.to_owned(), rate, consumer, handle: () },
                ));
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedConfig => failed = Some(error),
            Err(error) => return Err(classify(name, &error)),
        }
    }
    Err(unreadable(
        failed.map_or_else(String::new, |error| format!("sound in no known way ({error})")),
    ))
}

/// The input callback: mixes what the device gives to mono and puts it into the ring.
struct InputCallback {
    producer: RingProducer,
    channel: SelectedChannel,
    rate: SampleRate,
}

type Build = fn(&Device, StreamConfig, InputCallback, StreamStatus) -> Result<Stream, cpal::Error>;

fn builder(format: SampleFormat) -> Option<Build> {
    Some(match format {
        SampleFormat::I8 => build::<i8, Plain>,
        SampleFormat::I16 => build::<i16, Plain>,
        SampleFormat::I24 => build::<I24, LowBits>,
        SampleFormat::I32 => build::<i32, Plain>,
        SampleFormat::I64 => build::<i64, Plain>,
        SampleFormat::U8 => build::<u8, Plain>,
        SampleFormat::U16 => build::<u16, Plain>,
        SampleFormat::U24 => build::<U24, Plain>,
        SampleFormat::U32 => build::<u32, Plain>,
        SampleFormat::U64 => build::<u64, Plain>,
        SampleFormat::F32 => build::<f32, Plain>,
        SampleFormat::F64 => build::<f64, Plain>,
        // DSD, one bit at some megahertz, is not supported.
        _ => return None,
    })
}

/// Converts a sample to a number in −1..1.
trait Reading<T> {
    fn read(sample: T) -> f32;
}

/// The usual conversion of its type.
struct Plain;

impl<T> Reading<T> for Plain
where
    f32: FromSample<T>,
{
    fn read(sample: T) -> f32 {
        f32::from_sample_(sample)
    }
}

/// Takes the low 24 of the 32 bits: PulseAudio leaves the sign out of the upper 8, and cpal passes them on as they are.
struct LowBits;

impl Reading<I24> for LowBits {
    fn read(sample: I24) -> f32 {
        f32::from_sample_(sample.inner() << 8)
    }
}

fn build<T: SizedSample, R: Reading<T>>(
    device: &Device,
    config: StreamConfig,
    callback: InputCallback,
    status: StreamStatus,
) -> Result<Stream, cpal::Error> {
    let InputCallback { mut producer, channel, rate } = callback;
    let channels = usize::from(config.channels);
    let mut inversion = Inversion::default();
    let (is_mixed, inverted) = (channel == SelectedChannel::Mix && channels > 1, status.clone());
    device.build_input_stream(
        config,
        move |data: &[T], info: &InputCallbackInfo| {
            let frames = data.chunks_exact(channels);
            let captured = captured(info, rate.duration_of(frames.len()));
            if is_mixed {
                frames.clone().for_each(|it| inversion.add_frame(it.iter().map(|it| R::read(*it))));
                if inversion.is_inverted(rate) {
                    inverted.invert();
                }
            }
            producer.push(
                frames.map(|frame| channel.from(frame.iter().map(|it| R::read(*it)))),
                captured,
            );
        },
        move |error| match error.kind() {
            ErrorKind::Xrun => status.skip(),
            // The stream continues.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
            _ => status.fail(|| error.to_string()),
        },
        None,
    )
}

/// The capture time of a callback's newest sample. The host reports the age of the oldest one.
fn captured(info: &InputCallbackInfo, length: Duration) -> Instant {
    let stamp = info.timestamp();
    let oldest = stamp.callback.saturating_duration_since(stamp.capture).min(OLDEST);
    let now = Instant::now();
    now.checked_sub(oldest.saturating_sub(length)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_24_bit_sample_is_restored() {
        for (value, expected) in [(0, 0.0), (-1 << 23, -1.0), (1 << 22, 0.5), (-(1 << 22), -0.5)] {
            let cut = I24::new_unchecked(value & 0x00ff_ffff);
            assert_eq!(LowBits::read(cut), expected);
            assert_eq!(LowBits::read(I24::new_unchecked(value)), expected);
        }
    }

    #[test]
    fn all_integer_and_float_formats_are_converted() {
        assert_eq!((Plain::read(i8::MIN), Plain::read(i64::MIN)), (-1.0, -1.0));
        assert_eq!((Plain::read(128u8), Plain::read(32_768u16)), (0.0, 0.0));
        assert_eq!((Plain::read(0.25f32), Plain::read(-0.25f64)), (0.25, -0.25));
        assert!(builder(SampleFormat::U24).is_some() && builder(SampleFormat::DsdU8).is_none());
    }
}
