//! One stream from one device: its rate and format as they are, its callback mixing to mono and nothing else.
use std::time::Duration;

use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, InputCallbackInfo, SampleFormat, SizedSample,
    Stream, StreamConfig, U24,
    traits::{DeviceTrait, StreamTrait},
};
use tokio::time::Instant;

use super::{
    DeviceError, MicrophoneSettings,
    cards::sorted,
    choice::Pick,
    line::{Ear, Trouble, line},
    watch::Opened,
};
use crate::message::SampleRate;

/// An estimate of a sample's age beyond it is not believed.
const OLDEST: Duration = Duration::from_secs(1);

/// Opens it with the blocks asked for, or with the host's own where those can't be had.
pub(super) fn open(
    device: &Device,
    name: &str,
    settings: &MicrophoneSettings,
) -> Result<(Stream, Opened<()>), DeviceError> {
    let config = device.default_input_config().map_err(|error| sorted(name, &error))?;
    let (channels, hertz) = (config.channels(), config.sample_rate());
    let unreadable = |shape: String| DeviceError::Unreadable { device: name.to_owned(), shape };
    let rate = SampleRate::new(hertz).filter(|_| channels > 0);
    let rate = rate.ok_or_else(|| unreadable(format!("{channels} channels at {hertz} Hz")))?;
    let pick = settings.channel.of(name, channels)?;
    let format = config.sample_format();
    let build = builder(format).ok_or_else(|| unreadable(format!("samples as {format}")))?;
    let block = u32::try_from(rate.samples_in(settings.block)).unwrap_or(u32::MAX).max(1);
    let mut failed = None;
    for buffer_size in [BufferSize::Fixed(block), BufferSize::Default] {
        let (ear, heard, trouble) = line(rate, settings.room);
        let config = StreamConfig { channels, sample_rate: hertz, buffer_size };
        let stream = build(device, config, Mouth { ear, pick, rate }, trouble);
        match stream.and_then(|stream| stream.play().map(|()| stream)) {
            Ok(stream) => {
                return Ok((stream, Opened { device: name.to_owned(), rate, heard, held: () }));
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedConfig => failed = Some(error),
            Err(error) => return Err(sorted(name, &error)),
        }
    }
    Err(unreadable(
        failed.map_or_else(String::new, |error| format!("sound in no known way ({error})")),
    ))
}

/// What a callback needs to turn what a device gives into what the ear hears.
struct Mouth {
    ear: Ear,
    pick: Pick,
    rate: SampleRate,
}

type Build = fn(&Device, StreamConfig, Mouth, Trouble) -> Result<Stream, cpal::Error>;

fn builder(format: SampleFormat) -> Option<Build> {
    Some(match format {
        SampleFormat::I8 => build::<i8>,
        SampleFormat::I16 => build::<i16>,
        SampleFormat::I24 => build::<I24>,
        SampleFormat::I32 => build::<i32>,
        SampleFormat::I64 => build::<i64>,
        SampleFormat::U8 => build::<u8>,
        SampleFormat::U16 => build::<u16>,
        SampleFormat::U24 => build::<U24>,
        SampleFormat::U32 => build::<u32>,
        SampleFormat::U64 => build::<u64>,
        SampleFormat::F32 => build::<f32>,
        SampleFormat::F64 => build::<f64>,
        // One bit at some megahertz is no sample.
        _ => return None,
    })
}

fn build<T>(
    device: &Device,
    config: StreamConfig,
    mouth: Mouth,
    trouble: Trouble,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let Mouth { mut ear, pick, rate } = mouth;
    let channels = usize::from(config.channels);
    device.build_input_stream(
        config,
        move |data: &[T], info: &InputCallbackInfo| {
            let frames = data.chunks_exact(channels);
            let captured = captured(info, rate.duration_of(frames.len()));
            ear.hear(
                frames.map(|frame| pick.from(frame.iter().map(|it| it.to_sample()))),
                captured,
            );
        },
        move |error| match error.kind() {
            ErrorKind::Xrun => trouble.skip(),
            // The stream goes on.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
            _ => trouble.fail(|| error.to_string()),
        },
        None,
    )
}

/// When the newest sample of a callback was captured. The host says how old the oldest is.
fn captured(info: &InputCallbackInfo, length: Duration) -> Instant {
    let stamp = info.timestamp();
    let oldest = stamp.callback.saturating_duration_since(stamp.capture).min(OLDEST);
    let now = Instant::now();
    now.checked_sub(oldest.saturating_sub(length)).unwrap_or(now)
}
