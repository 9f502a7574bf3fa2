//! A source of what one speaker sends to a server: it takes from the speaker's place and decodes.
//!
//! The timeline is that of the server's clock, so that several speakers share it. It goes on over sessions. Where nobody was
//! connected, or the speaker was muted, nothing is missing; what a lost connection or an old queue took is a hole with its length.
use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "opus")]
use super::recording::OpusPackets;
use crate::{
    flow::{Fault, Outlet, Source},
    message::{AudioFrame, MediaTime, SampleRate, Speaker, Trace, Why},
    serve::{Heard, Sound, SpeakerPlace},
    wire::Codec,
};

/// When no sound has come for so long, what was said before is not waited with: a connection may be lost without a word.
const SILENCE: Duration = Duration::from_millis(1500);

/// See the module.
pub struct Browser {
    place: Arc<SpeakerPlace>,
    decoder: Decoder,
    /// Who speaks, as they are called now.
    speaker: Option<Speaker>,
    /// Why sound before the next frame is missing, because some could not be decoded.
    lost: Option<Why>,
    /// The end of the newest frame, if no interruption was sent behind it.
    open: Option<(MediaTime, SampleRate)>,
}

impl Browser {
    pub fn new(place: Arc<SpeakerPlace>) -> Browser {
        Browser { place, decoder: Decoder::default(), speaker: None, lost: None, open: None }
    }

    async fn send(&mut self, sound: Sound, out: &Outlet<AudioFrame>) -> Result<(), Fault> {
        let hole = sound.hole.or_else(|| self.lost.take());
        let Some(samples) = self.decoder.decode(&sound) else {
            out.gauge().count("packets-damaged");
            self.lost = hole.or(Some(Why::Source));
            return Ok(());
        };
        let Sound { start, rate, captured, .. } = sound;
        self.open = Some((start + rate.duration_of(samples.len()), rate));
        let name = self.place.speaker();
        if self.speaker.as_ref().map(Speaker::as_str) != name.as_deref() {
            self.speaker = name.as_deref().and_then(Speaker::named);
        }
        let (samples, speaker) = (samples.into(), self.speaker.clone());
        let trace = Trace::starting(captured);
        Ok(out.send(AudioFrame { start, rate, samples, hole, speaker, trace }).await?)
    }

    /// Nothing follows for now.
    async fn interrupt(&mut self, out: &Outlet<AudioFrame>) -> Result<(), Fault> {
        let Some((end, rate)) = self.open.take() else { return Ok(()) };
        let trace = Trace::starting(Instant::now());
        Ok(out.send(AudioFrame::interruption(end, rate, trace)).await?)
    }

    async fn forward(&mut self, out: &Outlet<AudioFrame>) -> Result<(), Fault> {
        loop {
            // Without sound in hand there is no end to wait for.
            let heard = match self.open {
                Some(_) => timeout(SILENCE, self.place.next()).await.unwrap_or(Heard::Quiet),
                None => self.place.next().await,
            };
            match heard {
                Heard::Sound(sound) => self.send(sound, out).await?,
                Heard::Quiet => self.interrupt(out).await?,
            }
            tokio::task::consume_budget().await;
        }
    }
}

impl Source for Browser {
    type Out = AudioFrame;

    async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            ended = self.forward(out) => ended,
        };
        match ended {
            Ok(()) => self.interrupt(out).await,
            error => error,
        }
    }
}

/// Speakers are told that nobody listens any more.
impl Drop for Browser {
    fn drop(&mut self) {
        self.place.close();
    }
}

/// Of one session.
#[derive(Default)]
struct Decoder {
    session: u64,
    #[cfg(feature = "opus")]
    opus: Option<OpusPackets>,
}

impl Decoder {
    /// `None` where the bytes cannot be decoded.
    fn decode(&mut self, sound: &Sound) -> Option<Vec<f32>> {
        if self.session != sound.session {
            *self = Decoder::default();
            self.session = sound.session;
        }
        let bytes = &sound.bytes;
        match sound.codec {
            Codec::PcmS16le => Some(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|it| f32::from(i16::from_le_bytes(*it)) / 32_768.0)
                    .collect(),
            ),
            Codec::PcmF32le => {
                Some(bytes.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect())
            }
            #[cfg(feature = "opus")]
            Codec::Opus => {
                if self.opus.is_none() {
                    self.opus = OpusPackets::new().ok();
                }
                self.opus.as_mut()?.decode(bytes).ok()
            }
            // The handshake has refused it.
            #[cfg(not(feature = "opus"))]
            Codec::Opus => None,
        }
    }
}
