//! Speech to captions with a streaming recogniser: passes on the audio, and turns hypotheses into partials and finals.
//!
//! It keeps the same guarantees as every recogniser: committed words never change, nothing follows a final, and missing audio
//! is a gap. A run that fails leaves its open segment to the next run, which closes it with its committed words.
use std::{future::pending, time::Duration};

use tokio::time::Instant;

use super::{
    session::{SessionHypothesis, StreamingRecogniser, StreamingSession},
    track::{Track, recognised},
};
use crate::{
    flow::{Fault, Outlet, Stage},
    message::{Caption, Hop, Language, MediaSpan, MediaTime, Speech, Trace, Why, Word},
};

/// Frames whose times differ by less than this follow each other: sources round.
const TOLERANCE: Duration = Duration::from_millis(5);

/// The stage. One value lasts for one run.
pub struct RecogniseStream<R: StreamingRecogniser> {
    recogniser: R,
    /// The language of a segment until the recogniser reports one.
    language: Language,
    session: Option<OpenSession<R::Session>>,
    /// The result that [`wake`](Stage::wake) received.
    pending: Option<Result<Option<SessionHypothesis>, Fault>>,
    /// Whether this run has sent what the run before owed.
    has_recovered: bool,
    /// The trace of the newest frame.
    trace: Option<Trace>,
}

struct OpenSession<S> {
    session: S,
    /// The start and the end of its audio.
    start: MediaTime,
    end: MediaTime,
    is_finished: bool,
}

impl<R: StreamingRecogniser> RecogniseStream<R> {
    pub fn new(recogniser: R, language: Language) -> RecogniseStream<R> {
        RecogniseStream {
            recogniser,
            language,
            session: None,
            pending: None,
            has_recovered: false,
            trace: None,
        }
    }

    fn traced(&self, begun: Instant) -> Trace {
        let hop = Hop { begun, done: Instant::now() };
        recognised(self.trace.unwrap_or_else(|| Trace::starting(begun)), hop)
    }

    async fn recover(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.has_recovered, true) {
            return Ok(());
        }
        let trace = self.traced(Instant::now());
        let captions = track.recover(trace);
        for caption in captions {
            out.send(caption).await?;
        }
        Ok(())
    }

    /// Finishes the session, and sends all that is left of it.
    async fn end_session(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        while let Some(open) = &mut self.session {
            if !std::mem::replace(&mut open.is_finished, true) {
                open.session.finish().await?;
            }
            let next = match self.pending.take() {
                Some(pending) => pending?,
                None => open.session.next().await?,
            };
            self.apply(track, next, out).await?;
        }
        Ok(())
    }

    /// Sends a hypothesis as a partial or a final. At the end of the session the open segment becomes a final.
    async fn apply(
        &mut self,
        track: &mut Track,
        next: Option<SessionHypothesis>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let Some(open) = &self.session else { return Ok(()) };
        let (begun, start, end) = (Instant::now(), open.start, open.end);
        let trace = self.traced(begun);
        let Some(SessionHypothesis { words, stable, is_final, language }) = next else {
            self.session = None;
            track.decided_to = end;
            let left = track.segments.close(Vec::new(), end, trace);
            return send(left.map(Caption::Transcript), out).await;
        };
        let mut words: Vec<Word> = words.into_iter().map(|it| shifted(it, start)).collect();
        if track.segments.current().is_none() {
            let Some(first) = words.first() else { return Ok(()) };
            let begin = first.span.start.max(track.decided_to);
            track.segments.open(begin, self.language.clone());
        }
        let Some(segment) = track.segments.current() else { return Ok(()) };
        // The language of a segment is settled once words are committed.
        if let Some(language) = language.filter(|_| segment.committed().is_empty()) {
            segment.set_language(language);
        }
        // Committed words stay, whatever the recogniser has in their place by now.
        let committed = segment.committed().len().min(words.len());
        words.drain(..committed);
        let until = words.last().map_or(segment.start(), |it| it.span.end());
        let transcript = if is_final {
            track.decided_to = until;
            track.segments.close(words, until, trace)
        } else {
            let tail = words.split_off(stable.saturating_sub(committed).min(words.len()));
            Some(segment.revise(words, tail, end, trace))
        };
        send(transcript.map(Caption::Transcript), out).await
    }
}

/// The word with its time on the timeline of the stage.
fn shifted(word: Word, start: MediaTime) -> Word {
    let from = start + word.span.start.since_start();
    Word { span: MediaSpan { start: from, ..word.span }, ..word }
}

async fn send(caption: Option<Caption>, out: &Outlet<Caption>) -> Result<(), Fault> {
    match caption {
        Some(caption) => Ok(out.send(caption).await?),
        None => Ok(()),
    }
}

impl<R: StreamingRecogniser> Stage for RecogniseStream<R> {
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
        self.recover(track, out).await?;
        if frame.is_interruption() {
            return self.end_session(track, out).await;
        }
        let expected = track.consumed_to;
        if frame.start.since(expected) > TOLERANCE {
            self.end_session(track, out).await?;
            let why = frame.hole.unwrap_or(Why::Overload);
            let trace = self.traced(begun);
            let gap = track.gap(expected, frame.start, why, trace).filter(|_| why != Why::Muted);
            send(gap, out).await?;
        }
        if frame.speaker.as_ref() != track.segments.speaker() {
            self.end_session(track, out).await?;
            track.segments.set_speaker(frame.speaker.clone());
        }
        let span = frame.span();
        (track.received_to, track.consumed_to) = (track.received_to.max(span.end()), span.end());
        let open = match &mut self.session {
            Some(open) => open,
            none => {
                let session = self.recogniser.open().await?;
                track.decided_to = span.start;
                none.insert(OpenSession {
                    session,
                    start: span.start,
                    end: span.start,
                    is_finished: false,
                })
            }
        };
        open.end = span.end();
        open.session.push(&frame.samples).await
    }

    async fn wake(&mut self, _: &mut Track) {
        match &mut self.session {
            Some(open) if self.pending.is_none() => self.pending = Some(open.session.next().await),
            Some(_) => (),
            None => pending().await,
        }
    }

    async fn tend(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        match self.pending.take() {
            Some(pending) => self.apply(track, pending?, out).await,
            None => Ok(()),
        }
    }

    async fn flush(&mut self, track: &mut Track, out: &Outlet<Caption>) -> Result<(), Fault> {
        self.recover(track, out).await?;
        self.end_session(track, out).await
    }

    fn on_terminate(track: &mut Track) -> Vec<Caption> {
        track.on_terminate(Instant::now())
    }
}
