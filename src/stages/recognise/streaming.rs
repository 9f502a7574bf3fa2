//! Sound to captions by a recogniser that streams: hands it the sound, and makes its hypotheses partials and finals.
//!
//! It keeps the promises of every recogniser: committed words never change, nothing follows a final, and sound that is missing is
//! a gap. A run that fails leaves its open segment to the next one, which closes it with its committed words.
use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    session::{Hypothesised, StreamingRecogniser, StreamingSession},
    track::{Track, recognised},
};
use crate::{
    flow::{Fault, Outlet, Stage},
    message::{Caption, Hop, Language, MediaSpan, MediaTime, Speech, Trace, Why, Word},
};

/// Frames whose places differ by less are taken to follow each other: sources round.
const TOLERANCE: Duration = Duration::from_millis(5);

/// One run of the stage.
pub struct RecogniseStream<R: StreamingRecogniser> {
    recogniser: R,
    /// What a segment is said to be spoken in until the recogniser says so.
    language: Language,
    track: Arc<Mutex<Track>>,
    session: Option<Open<R::Session>>,
    /// What [`wake`](Stage::wake) has found.
    found: Option<Result<Option<Hypothesised>, Fault>>,
    /// Whether what the run before left open was closed.
    recovered: bool,
    /// Of the newest frame.
    trace: Option<Trace>,
}

struct Open<S> {
    session: S,
    /// Where its sound begins and ends.
    start: MediaTime,
    end: MediaTime,
    finished: bool,
}

impl<R: StreamingRecogniser> RecogniseStream<R> {
    pub fn new(recogniser: R, language: Language, track: Arc<Mutex<Track>>) -> RecogniseStream<R> {
        RecogniseStream {
            recogniser,
            language,
            track,
            session: None,
            found: None,
            recovered: false,
            trace: None,
        }
    }

    fn track(&self) -> MutexGuard<'_, Track> {
        self.track.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn traced(&self, begun: Instant) -> Trace {
        let hop = Hop { begun, done: Instant::now() };
        recognised(self.trace.unwrap_or_else(|| Trace::starting(begun)), hop)
    }

    async fn recover(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.recovered, true) {
            return Ok(());
        }
        let trace = self.traced(Instant::now());
        let captions = self.track().recover(trace);
        for caption in captions {
            out.send(caption).await?;
        }
        Ok(())
    }

    /// Ends the session, and gives all that it still has.
    async fn end_session(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        while let Some(open) = &mut self.session {
            if !std::mem::replace(&mut open.finished, true) {
                open.session.finish().await?;
            }
            let next = match self.found.take() {
                Some(found) => found?,
                None => open.session.next().await?,
            };
            self.take(next, out).await?;
        }
        Ok(())
    }

    /// A hypothesis becomes a partial or a final; the end of the session, a final of what it left open.
    async fn take(
        &mut self,
        next: Option<Hypothesised>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let Some(open) = &self.session else { return Ok(()) };
        let (begun, start, end) = (Instant::now(), open.start, open.end);
        let trace = self.traced(begun);
        let Some(Hypothesised { words, stable, is_final, language }) = next else {
            self.session = None;
            let left = {
                let mut track = self.track();
                track.decided_to = end;
                track.segments.close(Vec::new(), end, trace)
            };
            return give(left.map(Caption::Transcript), out).await;
        };
        let mut words: Vec<Word> = words.into_iter().map(|it| placed(it, start)).collect();
        let caption = {
            let mut track = self.track();
            if track.segments.current().is_none() {
                let Some(first) = words.first() else { return Ok(()) };
                let begin = first.span.start.max(track.decided_to);
                track.segments.open(begin, self.language.clone());
            }
            let Some(segment) = track.segments.current() else { return Ok(()) };
            if let Some(language) = language {
                segment.set_language(language);
            }
            // What was committed stays, whatever the recogniser has in its place by now.
            let committed = segment.committed().len().min(words.len());
            words.drain(..committed);
            let until = words.last().map_or(segment.start(), |it| it.span.end());
            if is_final {
                track.decided_to = until;
                track.segments.close(words, until, trace)
            } else {
                let tail = words.split_off(stable.saturating_sub(committed).min(words.len()));
                Some(segment.revise(words, tail, end, trace))
            }
        };
        give(caption.map(Caption::Transcript), out).await
    }
}

/// On the timeline of the stage.
fn placed(word: Word, start: MediaTime) -> Word {
    let from = start + word.span.start.since_start();
    Word { span: MediaSpan { start: from, ..word.span }, ..word }
}

async fn give(caption: Option<Caption>, out: &Outlet<Caption>) -> Result<(), Fault> {
    match caption {
        Some(caption) => Ok(out.send(caption).await?),
        None => Ok(()),
    }
}

impl<R: StreamingRecogniser> Stage for RecogniseStream<R> {
    type In = Speech;
    type Out = Caption;
    type Kept = Arc<Mutex<Track>>;

    async fn handle(
        &mut self,
        _: &mut Self::Kept,
        frame: Speech,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        self.trace = Some(frame.trace);
        self.recover(out).await?;
        if frame.is_interruption() {
            return self.end_session(out).await;
        }
        let expected = self.track().heard_to;
        if frame.start.since(expected) > TOLERANCE {
            self.end_session(out).await?;
            let why = frame.hole.unwrap_or(Why::Overload);
            let trace = self.traced(begun);
            let gap = self.track().gap(expected, frame.start, why, trace);
            give(gap, out).await?;
        }
        let span = frame.span();
        {
            let mut track = self.track();
            (track.came_to, track.heard_to) = (track.came_to.max(span.end()), span.end());
        }
        let open = match &mut self.session {
            Some(open) => open,
            none => {
                let session = self.recogniser.open().await?;
                self.track.lock().unwrap_or_else(PoisonError::into_inner).decided_to = span.start;
                none.insert(Open { session, start: span.start, end: span.start, finished: false })
            }
        };
        open.end = span.end();
        open.session.push(&frame.samples).await
    }

    async fn wake(&mut self, _: &mut Self::Kept) {
        match &mut self.session {
            Some(open) if self.found.is_none() => self.found = Some(open.session.next().await),
            Some(_) => (),
            None => pending().await,
        }
    }

    async fn tend(&mut self, _: &mut Self::Kept, out: &Outlet<Caption>) -> Result<(), Fault> {
        match self.found.take() {
            Some(found) => self.take(found?, out).await,
            None => Ok(()),
        }
    }

    async fn flush(&mut self, _: &mut Self::Kept, out: &Outlet<Caption>) -> Result<(), Fault> {
        self.recover(out).await?;
        self.end_session(out).await
    }

    fn on_terminate(track: &mut Self::Kept) -> Vec<Caption> {
        track.lock().unwrap_or_else(PoisonError::into_inner).on_terminate(Instant::now())
    }
}
