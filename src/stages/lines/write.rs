//! One JSON object a line, flushed at once: each transcript, each translation, each gap. Delays nothing and holds nothing back.
use std::{io, path::Path, sync::Arc};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::Mutex,
    time::Instant,
};

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    message::{Caption, Gap, Hop, Kind, Milestone, Why},
    stages::text_file::{self, TextFile},
    wire::{Clock, Line, TranslationEvent},
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
    to: To,
    next: u64,
}

enum To {
    Pipe(Box<dyn AsyncWrite + Send + Unpin>),
    File(TextFile),
}

impl LineSheet {
    pub fn new(
        name: &str,
        to: impl AsyncWrite + Send + Unpin + 'static,
        clock: Clock,
    ) -> LineSheet {
        LineSheet::with(name, To::Pipe(Box::new(to)), clock)
    }

    /// A new file at `path`, or beside what is there already.
    pub async fn create(path: &Path, clock: Clock) -> io::Result<LineSheet> {
        let file = TextFile::create(path).await?;
        let name = file.path().display().to_string();
        if file.path() != path {
            tracing::info!(path = name, "the lines go to a new file: that of before is kept");
        }
        Ok(LineSheet::with(&name, To::File(file), clock))
    }

    fn with(name: &str, to: To, clock: Clock) -> LineSheet {
        let sheet = Sheet { to, next: 1 };
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
        let written = match &mut sheet.to {
            To::File(file) => file.append(&text).await,
            To::Pipe(to) => match to.write_all(&text).await {
                Ok(()) => to.flush().await,
                Err(error) => Err(error),
            },
        };
        written.map_err(|error| self.fault(&error))
    }

    /// Tries again what waits for room on its disk.
    async fn write_waiting(&self) -> Result<(), Fault> {
        match &mut self.sheet.lock().await.to {
            To::File(file) => file.write_waiting().await.map_err(|error| self.fault(&error)),
            To::Pipe(_) => Ok(()),
        }
    }

    /// When that is to be tried again, and what to tell of it.
    async fn waits(&self) -> (Option<Instant>, Option<String>) {
        match &self.sheet.lock().await.to {
            To::File(file) => (file.again(), file.trouble()),
            To::Pipe(_) => (None, None),
        }
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
pub struct WriteLines {
    sheet: LineSheet,
    /// When a full disk is tried again.
    again: Option<Instant>,
}

impl WriteLines {
    pub fn new(sheet: LineSheet) -> WriteLines {
        WriteLines { sheet, again: None }
    }

    async fn tell(&mut self, out: &Outlet<Never>) -> Option<String> {
        let (again, trouble) = self.sheet.waits().await;
        self.again = again;
        text_file::tell(trouble.clone(), out);
        trouble
    }
}

impl Stage for WriteLines {
    type In = Caption;
    type Out = Never;

    async fn handle(&mut self, caption: Caption, out: &Outlet<Never>) -> Result<(), Fault> {
        let begun = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: begun });
        self.sheet.write(caption.traced(trace)).await?;
        self.tell(out).await;
        Ok(())
    }

    async fn wake(&mut self) {
        text_file::wait_until(self.again).await;
    }

    async fn tend(&mut self, out: &Outlet<Never>) -> Result<(), Fault> {
        self.sheet.write_waiting().await?;
        self.tell(out).await;
        Ok(())
    }

    async fn flush(&mut self, out: &Outlet<Never>) -> Result<(), Fault> {
        self.sheet.write_waiting().await?;
        self.tell(out).await.map_or(Ok(()), |lost| Err(Fault::permanent(lost)))
    }

    async fn give_up(&mut self, caption: Caption, _: &Outlet<Never>) -> Result<(), Fault> {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        self.sheet.write(Caption::Gap(Gap { track, span, why: Why::Fault, trace })).await
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
