//! Writes each transcript, translation and gap as a line of JSON, flushed at once.
use std::{io, path::Path};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::Instant,
};

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    message::{Caption, Gap, Hop, Kind, Milestone, WhenExists, Why},
    stages::text_file::{self, TextFile},
    wire::{Clock, Line, TranslationEvent},
};

/// The output of lines. It outlives the runs of the stage, so that numbers continue and the file stays open.
pub struct LineWriter {
    /// Its name in messages: a path, or `standard output`.
    name: String,
    clock: Clock,
    to: To,
    /// The number of the next final or gap.
    next: u64,
}

enum To {
    Pipe(Box<dyn AsyncWrite + Send + Unpin>),
    File(Box<TextFile>),
}

impl LineWriter {
    pub fn new(
        name: &str,
        to: impl AsyncWrite + Send + Unpin + 'static,
        clock: Clock,
    ) -> LineWriter {
        LineWriter::with(name, To::Pipe(Box::new(to)), clock)
    }

    /// Creates a file at `path`. `when_exists` says what happens to an existing one.
    pub async fn create(
        path: &Path,
        when_exists: WhenExists,
        clock: Clock,
    ) -> io::Result<LineWriter> {
        let file = TextFile::create(path, when_exists).await?;
        let name = file.path().display().to_string();
        if file.path() != path {
            tracing::info!(path = name, "the lines go to a new file; the existing one is kept");
        }
        Ok(LineWriter::with(&name, To::File(Box::new(file)), clock))
    }

    fn with(name: &str, to: To, clock: Clock) -> LineWriter {
        LineWriter { name: name.to_owned(), clock, to, next: 1 }
    }

    async fn write(&mut self, caption: Caption) -> Result<(), Fault> {
        let line = match &caption {
            // As in a broadcast, a partial has the number of the last numbered event.
            Caption::Transcript(it) if it.kind() == Kind::Partial => {
                Line::caption(it, self.next - 1, &self.clock)
            }
            Caption::Transcript(it) => Line::caption(it, self.take_number(), &self.clock),
            Caption::Translation(it) if it.kind == Kind::Partial => {
                Line::Translation(TranslationEvent::new(it, Some(self.next - 1), &self.clock))
            }
            Caption::Translation(it) => {
                let number = Some(self.take_number());
                Line::Translation(TranslationEvent::new(it, number, &self.clock))
            }
            Caption::Gap(gap) => Line::gap(gap, self.take_number()),
        };
        let mut text = serde_json::to_vec(&line).map_err(Fault::permanent)?;
        text.push(b'\n');
        let written = match &mut self.to {
            To::File(file) => file.append(&text).await,
            To::Pipe(to) => match to.write_all(&text).await {
                Ok(()) => to.flush().await,
                Err(error) => Err(error),
            },
        };
        written.map_err(|error| self.fault(&error))
    }

    /// Tries again to write lines that wait for room on the disk.
    async fn write_waiting(&mut self) -> Result<(), Fault> {
        match &mut self.to {
            To::File(file) => file.write_waiting().await.map_err(|error| self.fault(&error)),
            To::Pipe(_) => Ok(()),
        }
    }

    /// When to try again, and the message about it.
    fn waits(&self) -> (Option<Instant>, Option<String>) {
        match &self.to {
            To::File(file) => (file.again(), file.trouble()),
            To::Pipe(_) => (None, None),
        }
    }

    /// A closed pipe ends the stage without an error, as in any Unix filter.
    fn fault(&self, error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Fault::DownstreamGone,
            _ => Fault::permanent(format!("cannot write lines to {}: {error}", self.name)),
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

/// The sink.
#[derive(Default)]
pub struct WriteLines {
    /// When to try a full disk again.
    again: Option<Instant>,
}

impl WriteLines {
    fn tell(&mut self, writer: &LineWriter, out: &Outlet<Never>) -> Option<String> {
        let (again, trouble) = writer.waits();
        self.again = again;
        text_file::tell(trouble.clone(), out);
        trouble
    }
}

impl Stage for WriteLines {
    type In = Caption;
    type Out = Never;
    type Kept = LineWriter;

    async fn handle(
        &mut self,
        writer: &mut LineWriter,
        caption: Caption,
        out: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: begun });
        writer.write(caption.traced(trace)).await?;
        self.tell(writer, out);
        Ok(())
    }

    async fn wake(&mut self, _: &mut LineWriter) {
        text_file::wait_until(self.again).await;
    }

    async fn tend(&mut self, writer: &mut LineWriter, out: &Outlet<Never>) -> Result<(), Fault> {
        writer.write_waiting().await?;
        self.tell(writer, out);
        Ok(())
    }

    async fn flush(&mut self, writer: &mut LineWriter, out: &Outlet<Never>) -> Result<(), Fault> {
        writer.write_waiting().await?;
        self.tell(writer, out).map_or(Ok(()), |lost| Err(Fault::permanent(lost)))
    }

    async fn fail_item(
        &mut self,
        writer: &mut LineWriter,
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        writer.write(Caption::Gap(Gap { track, span, why: Why::Fault, trace })).await
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
        let mut writer = LineWriter::new("standard output", ours, Clock::start());
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
        let mut stage = WriteLines::default();
        stage.handle(&mut writer, Caption::Transcript(good.clone()), &outlet).await.unwrap();
        // A restarted run continues.
        let mut stage = WriteLines::default();
        stage.fail_item(&mut writer, Caption::Transcript(good.clone()), &outlet).await.unwrap();
        let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(theirs));
        let first: Line = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let second: Line =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert!(matches!(first, Line::Final(it) if it.seq == 1 && it.text == "good"));
        assert!(matches!(second, Line::Gap(it) if it.seq == Some(2) && it.why == "fault"));
        drop(lines);
        let end = stage.handle(&mut writer, Caption::Transcript(good), &outlet).await;
        assert!(matches!(end, Err(Fault::DownstreamGone)), "{end:?}");
    }
}
