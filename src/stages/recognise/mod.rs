//! Speech to captions: finds segments of speech, decodes the open one again and again, and commits its words.
//!
//! The decisions are in `logic`: `endpoint` finds segments, `decode_scheduler` says when to decode, `agreement` commits words. A
//! [`Recogniser`] does the decodes. It blocks, so it has a thread of its own. `handle` waits for each decode, and audio that
//! comes meanwhile waits on the edge. When that audio grows old, partials are skipped first, then decodes come less often. Audio
//! older than `max_lag` is dropped, and a gap says so. Each step is counted.
mod audio_buffer;
mod decode_pass;
mod lending;
mod overload;
mod recogniser;
mod segment;
mod session;
mod settings;
mod state;
mod streaming;
#[cfg(test)]
mod tests;
mod track;
mod turns;
mod voice;

use std::time::Duration;

use tokio::time::Instant;

use self::audio_buffer::{AudioBuffer, level};
pub use self::{
    recogniser::{Cancellation, DecodeRequest, Effort, Hypothesis, RecogniseError, Recogniser},
    session::{SessionHypothesis, StreamingRecogniser, StreamingSession},
    settings::RecogniseSettings,
    state::Recognise,
    streaming::RecogniseStream,
    track::Track,
    voice::{FRAME, NeuralVoiceActivity, VoiceActivity},
};
use crate::{
    flow::{Fault, Outlet, Stage},
    logic::endpoint::{Activity, EndpointEvent},
    message::{Caption, MediaSpan, MediaTime, SampleRate, Speech, Why},
};

/// Frames whose times differ by less than this follow each other: sources round.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Speech of up to this length after the newest shown word does not count as waiting: word times are only this precise.
const WORD_TIME_ERROR: Duration = Duration::from_millis(300);

/// This much audio is kept before the start of a possible segment: room for a short segment and a pause.
const KEPT_BEFORE: Duration = Duration::from_secs(5);

impl<R: Recogniser> Recognise<R> {
    /// Sends what the run before owes. Done once, first of all.
    async fn recover(
        &mut self,
        track: &mut Track,
        begun: Instant,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        if std::mem::replace(&mut self.has_recovered, true) {
            return Ok(());
        }
        let captions = track.recover(self.traced(begun));
        self.reset_to(track, track.consumed_to);
        for caption in captions {
            out.send(caption).await?;
        }
        Ok(())
    }

    /// Starts again at `at`: what follows has nothing to do with the audio before.
    fn reset_to(&mut self, track: &mut Track, at: MediaTime) {
        self.audio = AudioBuffer::starting(at);
        self.fragment = None;
        self.endpoint.restart(at);
        self.voice.reset();
        (track.consumed_to, track.decided_to) = (at, at);
    }

    /// Audio is missing up to `end`: closes the open segment and sends a gap.
    async fn report_gap(
        &mut self,
        track: &mut Track,
        end: MediaTime,
        why: Why,
        begun: Instant,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        self.finish(track, out).await?;
        let start = self.audio.end();
        tracing::debug!(missing = ?end.since(start), why = why.name(), "audio is missing");
        // Where nobody spoke, nothing is missing.
        let gap = track.gap(start, end, why, self.traced(begun)).filter(|_| why != Why::Muted);
        self.reset_to(track, end);
        match gap {
            Some(gap) => Ok(out.send(gap).await?),
            None => Ok(()),
        }
    }

    /// The audio ends here: closes the open segment.
    async fn finish(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        let end = self.endpoint.finish(self.audio.end());
        self.apply_endpoint(track, end, out).await
    }

    /// No audio follows for now: closes the open segment, so that its final need not wait.
    async fn handle_interruption(
        &mut self,
        track: &mut Track,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        self.finish(track, out).await?;
        self.reset_to(track, self.audio.end());
        self.gauge.waits_since(None);
        Ok(())
    }

    async fn apply_endpoint(
        &mut self,
        track: &mut Track,
        event: Option<EndpointEvent>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        match event {
            None => Ok(()),
            Some(EndpointEvent::Opened { start }) => {
                self.open_segment(track, start, Vec::new());
                Ok(())
            }
            Some(EndpointEvent::Closed { end, speech_end, speech }) => {
                self.close_segment(track, end, (!speech.is_zero()).then_some(speech_end), out).await
            }
            Some(EndpointEvent::Cut { at }) => {
                // The cut is at the weakest place, which may lie before committed words. Decodes of the next segment will
                // contain those again.
                let mut overlap = track.committed();
                overlap.retain(|word| word.span.start + word.span.length / 2 > at);
                self.close_segment(track, at, Some(at), out).await?;
                self.open_segment(track, at, overlap);
                Ok(())
            }
        }
    }

    /// The start of the audio that is still needed. Decodes of an open segment may begin before the segment, within the one
    /// before.
    fn needed_from(&self) -> MediaTime {
        let kept = self.endpoint.needed_from() - KEPT_BEFORE;
        if self.endpoint.speech_end().is_some() { kept.min(self.window_start) } else { kept }
    }

    /// When the oldest speech without shown words was captured. `captured`: the capture time of the newest audio.
    fn oldest_unshown(&self, captured: Instant) -> Option<Instant> {
        let speech_end = self.endpoint.speech_end()?;
        let from = self.audio.next_speech(self.shown_to)?;
        let waits = speech_end.since(from) > WORD_TIME_ERROR;
        waits.then(|| captured.checked_sub(self.audio.end().since(from)))?
    }
}

impl<R: Recogniser> Stage for Recognise<R> {
    type In = Speech;
    type Out = Caption;
    type Kept = Track;

    async fn handle(
        &mut self,
        track: &mut Track,
        frame: Speech,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        self.trace = Some(frame.trace);
        // A frame that the stage waited for is the newest. Frames that queued on the edge follow each other at once.
        let waited =
            |last_done| begun.saturating_duration_since(last_done) >= frame.duration() / 16;
        let is_newest = self.last_done.is_none_or(waited);
        self.recover(track, begun, out).await?;
        if frame.is_interruption() {
            self.handle_interruption(track, out).await?;
            self.last_done = Some(Instant::now());
            return Ok(());
        }
        track.received_to = track.received_to.max(frame.span().end());
        let age = begun.saturating_duration_since(frame.trace.captured());
        if self.settings.max_lag.is_some_and(|most| age > most) {
            // Dropped audio is like missing audio: the next frame that is young enough reports the gap.
            self.gauge.count("frames-dropped");
            tracing::debug!(?age, "audio was dropped: it is older than max-lag");
            self.last_done = Some(Instant::now());
            return Ok(());
        }
        if frame.start.since(self.audio.end()) > TOLERANCE {
            self.report_gap(track, frame.start, frame.hole.unwrap_or(Why::Overload), begun, out)
                .await?;
        }
        if frame.speaker.as_ref() != track.segments.speaker() {
            self.handle_interruption(track, out).await?;
            track.segments.set_speaker(frame.speaker.clone());
        }
        // A source that goes back in time repeats audio.
        let back = self.audio.end().since(frame.start);
        let skip = if back > TOLERANCE { SampleRate::SPEECH.samples_in(back) } else { 0 };
        if skip > 0 {
            tracing::warn!(?back, "audio came twice, the second copy is skipped");
        }
        self.audio.append(frame.samples.get(skip..).unwrap_or_default());
        track.consumed_to = self.audio.end();

        while let Some((span, samples)) = self.audio.next_frame() {
            let speech = self.voice.speech_probability(samples);
            let activity = Activity { span, speech, level: level(samples) };
            if self.settings.endpoint.continues_speech(speech) {
                let start = span.start - self.voice.lag();
                self.audio.mark_speech(MediaSpan { start, ..span });
            }
            let event = self.endpoint.step(activity);
            self.apply_endpoint(track, event, out).await?;
        }
        self.audio.drop_before(self.needed_from());
        track.decided_to = self.endpoint.decided_to();
        let captured = frame.trace.captured();
        self.gauge.waits_since(self.oldest_unshown(captured));
        if let Some(due) = self.due(is_newest) {
            self.decode_open_segment(track, due, out).await?;
            self.gauge.waits_since(self.oldest_unshown(captured));
        }
        self.last_done = Some(Instant::now());
        Ok(())
    }

    async fn flush(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        let begun = Instant::now();
        self.recover(track, begun, out).await?;
        self.finish(track, out).await?;
        let received_to = track.received_to;
        if received_to.since(self.audio.end()) > TOLERANCE {
            self.report_gap(track, received_to, Why::Overload, begun, out).await?;
        }
        Ok(())
    }

    fn on_terminate(track: &mut Track) -> Vec<Caption> {
        track.on_terminate(Instant::now())
    }
}
