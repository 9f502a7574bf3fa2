//! One JSON object a line, flushed at once: each transcript, each translation, each gap. Delays nothing and holds nothing back.
use std::{io, sync::Arc};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::Mutex,
    time::Instant,
};

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    message::{Caption, Gap, Hop, Kind, Milestone, Why},
    stages::wire::{Clock, Line, TranslationEvent},
};

/// Where the lines go. It outlasts the lives of the stage, so that numbers go on and nothing is opened anew.
#[derive(Clone)]
pub struct LineSheet {
    /// As people call it: a path, or `standard output`.
    name: Arc<str>,
    clock: Clock,
    /// Only the life at work holds it.
    sheet: Arc<Mutex<Sheet>>,
}

struct Sheet {
    to: Box<dyn AsyncWrite + Send + Unpin>,
    next: u64,
}

impl LineSheet {
    pub fn new(
        name: &str,
        to: impl AsyncWrite + Send + Unpin + 'static,
        clock: Clock,
    ) -> LineSheet {
        let sheet = Sheet { to: Box::new(to), next: 1 };
        LineSheet { name: name.into(), clock, sheet: Arc::new(Mutex::new(sheet)) }
    }

    async fn write(&self, caption: Caption) -> Result<(), Fault> {
        let mut sheet = self.sheet.lock().await;
        let line = match &caption {
            // As in the broadcast: a partial carries the number of the last numbered event.
            Caption::Transcript(it) if it.kind() == Kind::Partial => {
                Line::caption(it, sheet.next - 1, &self.clock)
            }
            Caption::Transcript(it) => Line::caption(it, sheet.take_number(), &self.clock),
            Caption::Translation(it) if it.kind == Kind::Partial => {
                Line::Translation(TranslationEvent::new(it, Some(sheet.next - 1), &self.clock))
            }
            Caption::Translation(it) => {
                let number = Some(sheet.take_number());
                Line::Translation(TranslationEvent::new(it, number, &self.clock))
            }
            Caption::Gap(gap) => Line::gap(gap, sheet.take_number()),
        };
        let mut text = serde_json::to_vec(&line).map_err(Fault::permanent)?;
        text.push(b'\n');
        let written = match sheet.to.write_all(&text).await {
            Ok(()) => sheet.to.flush().await,
            Err(error) => Err(error),
        };
        written.map_err(|error| self.fault(&error))
    }

    /// A reader that has gone away ends the stage quietly, as it does every filter.
    fn fault(&self, error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Fault::DownstreamGone,
            _ => Fault::permanent(format!("cannot write lines to {}: {error}", self.name)),
        }
    }
}

impl Sheet {
    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

/// The sink.
pub struct WriteLines(LineSheet);

impl WriteLines {
    pub fn new(sheet: LineSheet) -> WriteLines {
        WriteLines(sheet)
    }
}

impl Stage for WriteLines {
    type In = Caption;
    type Out = Never;

    async fn handle(&mut self, caption: Caption, _: &Outlet<Never>) -> Result<(), Fault> {
        let begun = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: begun });
        self.0.write(caption.traced(trace)).await
    }

    async fn give_up(&mut self, caption: Caption, _: &Outlet<Never>) -> Result<(), Fault> {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        self.0.write(Caption::Gap(Gap { track, span, why: Why::Fault, trace })).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::StageGauge,
        message::{Language, MediaTime, Segments, Trace, TrackName, Word},
    };

    #[tokio::test]
    async fn finals_are_numbered_and_a_closed_pipe_ends_it_quietly() {
        let (ours, theirs) = tokio::io::duplex(4096);
        let sheet = LineSheet::new("standard output", ours, Clock::start());
        let outlet = Outlet::new(Vec::new(), StageGauge::new("lines"));
        let mut segments = Segments::new(TrackName::new("english"));
        let trace = Trace::starting(Instant::now());
        let words = |text: &str| vec![Word { text: format!(" {text}"), span: Default::default() }];
        segments.open(MediaTime::ZERO, Language::new("en")).revise(
            vec![],
            words("god"),
            MediaTime::ZERO,
            trace,
        );
        let good = segments.close(words("good"), MediaTime::ZERO, trace).unwrap();
        let mut stage = WriteLines::new(sheet.clone());
        stage.handle(Caption::Transcript(good.clone()), &outlet).await.unwrap();
        // A new life goes on where the old one was.
        let mut stage = WriteLines::new(sheet);
        stage.give_up(Caption::Transcript(good.clone()), &outlet).await.unwrap();
        let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(theirs));
        let first: Line = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let second: Line =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert!(matches!(first, Line::Final(it) if it.seq == 1 && it.text == "good"));
        assert!(matches!(second, Line::Gap(it) if it.seq == Some(2) && it.why == "fault"));
        drop(lines);
        let end = stage.handle(Caption::Transcript(good), &outlet).await;
        assert!(matches!(end, Err(Fault::DownstreamGone)), "{end:?}");
    }
}
