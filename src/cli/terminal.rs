//! What somebody who only sees the terminal sees: finals as lines, the open partial rewritten in place, one status line.
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    message::{Caption, Kind, TrackName, Transcript},
};

/// Standard output for captions, standard error for all else. Lines of the log go above the lines drawn in place.
#[derive(Clone)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    partial: ProgressBar,
    status: ProgressBar,
    /// Whether standard output is a terminal too, so that a final must not be written into the lines drawn in place.
    shared_with_output: bool,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    tracks: Vec<TrackName>,
    open: BTreeMap<TrackName, Transcript>,
    words: usize,
    lag: Option<Duration>,
}

impl Terminal {
    /// `drawn`: whether to draw partials and status; it is left out anyway where standard error is no terminal.
    pub(crate) fn new(drawn: bool) -> Terminal {
        let drawn = drawn && io::stderr().is_terminal();
        let target =
            if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let line = || ProgressBar::new_spinner().with_style(plain());
        let partial = bars.add(line());
        let status = bars.add(line());
        let shared_with_output = drawn && io::stdout().is_terminal();
        Terminal { bars, partial, status, shared_with_output, seen: Arc::default() }
    }

    /// The newest lag, the words so far, the viewers: one line at the bottom.
    pub(crate) fn draw_status(&self, viewers: Option<usize>) {
        let seen = self.lock();
        let lag = seen
            .lag
            .map_or("no words yet".to_owned(), |lag| format!("lag {:.2} s", lag.as_secs_f64()));
        let viewers = match viewers {
            Some(1) => " · 1 viewer".to_owned(),
            Some(count) => format!(" · {count} viewers"),
            None => String::new(),
        };
        self.status.set_message(format!("{lag} · {} words{viewers}", seen.words));
        self.status.tick();
    }

    /// Takes the lines drawn in place off the screen.
    pub(crate) fn clear(&self) {
        self.partial.finish_and_clear();
        self.status.finish_and_clear();
    }

    fn show(&self, caption: &Caption) -> io::Result<()> {
        let mut seen = self.lock();
        if !seen.tracks.contains(caption.track()) {
            seen.tracks.push(caption.track().clone());
        }
        let named =
            if seen.tracks.len() > 1 { format!("{}: ", caption.track()) } else { String::new() };
        let track = caption.track().clone();
        let line = match caption {
            Caption::Transcript(it) => {
                seen.lag = Some(Instant::now().saturating_duration_since(it.trace().captured()));
                match it.kind() {
                    Kind::Partial => {
                        seen.open.insert(track, it.clone());
                        None
                    }
                    Kind::Final => {
                        seen.open.remove(&track);
                        seen.words += it.text().split_whitespace().count();
                        (!it.text().is_empty()).then(|| format!("{named}{}", it.text()))
                    }
                }
            }
            Caption::Gap(gap) => {
                seen.open.remove(&track);
                let (from, to) = (gap.span.start.as_secs_f64(), gap.span.end().as_secs_f64());
                Some(format!("{named}[{} from {from:.1} s to {to:.1} s]", gap.why.name()))
            }
        };
        let open: Vec<_> = seen.open.values().map(faint_where_open).collect();
        drop(seen);
        self.partial.set_message(open.join("\n"));
        let Some(line) = line else { return Ok(()) };
        let write = || {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush())
        };
        if self.shared_with_output { self.bars.suspend(write) } else { write() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn plain() -> ProgressStyle {
    // The template is a constant; a test draws it.
    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Committed words as they are, those that may still change faint.
fn faint_where_open(transcript: &Transcript) -> String {
    let (text, committed) = (transcript.text(), transcript.committed_text());
    match text.strip_prefix(&committed) {
        Some(rest) if !rest.is_empty() => format!("{committed}\x1b[2m{rest}\x1b[0m"),
        _ => text,
    }
}

/// The stage that shows captions here. A terminal that takes nothing slows no other stage: its edge drops the oldest.
pub(crate) struct Screen(pub(crate) Terminal);

impl Stage for Screen {
    type In = Caption;
    type Out = Never;

    async fn handle(&mut self, caption: Caption, _: &Outlet<Never>) -> Result<(), Fault> {
        let terminal = self.0.clone();
        // A terminal may be stopped with Ctrl-S, a pipe may be full: neither may hold up a thread of the runtime.
        let shown = tokio::task::spawn_blocking(move || terminal.show(&caption)).await;
        match shown.map_err(Fault::transient)? {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Fault::DownstreamGone),
            Err(error) => {
                Err(Fault::permanent(format!("cannot write captions to standard output: {error}")))
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Writes the log to standard error, above what is drawn in place.
impl<'a> MakeWriter<'a> for Terminal {
    type Writer = LogLine;
    fn make_writer(&'a self) -> LogLine {
        LogLine(self.bars.clone())
    }
}

pub(crate) struct LogLine(MultiProgress);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Language, MediaTime, Segments, Trace, Word};

    #[test]
    fn the_template_of_a_drawn_line_is_sound() {
        assert!(ProgressStyle::with_template("{msg}").is_ok());
    }

    #[tokio::test]
    async fn words_that_may_change_are_faint_and_committed_ones_are_not() {
        let mut segments = Segments::new(TrackName::new("english"));
        let words = |text: &str| vec![Word { text: format!(" {text}"), span: Default::default() }];
        let open = segments.open(MediaTime::ZERO, Language::new("en"));
        let trace = Trace::starting(Instant::now());
        let partial = open.revise(words("good"), words("mourning"), MediaTime::ZERO, trace);
        assert_eq!(faint_where_open(&partial), "good\x1b[2m mourning\x1b[0m");
    }
}
