//! Captions on the terminal: finals as lines, the open partial rewritten in place, one status line.
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use console::{Term, measure_text_width, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    logic::script,
    message::{Caption, Kind, TrackName, Transcript},
};

/// Standard output for captions, standard error for everything else. Log lines are written above the lines drawn in place.
#[derive(Clone)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    partial: ProgressBar,
    status: ProgressBar,
    /// Whether standard output is a terminal too, so that a final must not be written into the lines drawn in place.
    shared_with_output: bool,
    voice: Voice,
    seen: Arc<Mutex<Seen>>,
}

/// The log target of messages about startup. A JSON log always has them, even with `--quiet`.
pub(crate) const STARTUP: &str = "livecap::cli::run";

/// How messages that are not captions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// As plain lines on standard error.
    Plain,
    /// As events of the JSON log.
    Log,
    Silent,
}

#[derive(Default)]
struct Seen {
    /// Whether there are several tracks, so that each line names its track.
    named: bool,
    open: BTreeMap<TrackName, Transcript>,
    words: usize,
    lag: Option<Duration>,
}

impl Terminal {
    /// Partials and status are drawn with `Voice::Plain` only, and where standard error is a terminal.
    pub(crate) fn new(voice: Voice) -> Terminal {
        let drawn = voice == Voice::Plain && io::stderr().is_terminal();
        let target =
            if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let line = || ProgressBar::new_spinner().with_style(plain());
        let partial = bars.add(line());
        let status = bars.add(line());
        let shared_with_output = drawn && io::stdout().is_terminal();
        Terminal { bars, partial, status, shared_with_output, voice, seen: Arc::default() }
    }

    /// Sets whether lines name their track.
    pub(crate) fn name_tracks(&self, named: bool) {
        self.lock().named = named;
    }

    /// How wide the terminal is, where a person reads messages there; `None` where they go to a file, a program or nowhere.
    pub(crate) fn columns(&self) -> Option<usize> {
        let read = self.voice == Voice::Plain && io::stderr().is_terminal();
        read.then(width)
    }

    /// Writes a message above the lines drawn in place, whatever the level of the log.
    pub(crate) fn say(&self, line: &str) {
        match self.voice {
            Voice::Plain => self.bars.suspend(|| {
                let _ = writeln!(io::stderr(), "{line}");
            }),
            Voice::Log => tracing::info!(target: STARTUP, "{line}"),
            Voice::Silent => (),
        }
    }

    /// Draws the status line: the lag at this moment, the words so far, the viewers. `waits`: how long the oldest speech without
    /// shown words has waited.
    pub(crate) fn draw_status(&self, viewers: Option<usize>, waits: Option<Duration>) {
        let seen = self.lock();
        let words = match waits.filter(|_| seen.lag.is_some()).or(seen.lag) {
            Some(lag) => format!("lag {:.2} s · {} words", lag.as_secs_f64(), seen.words),
            None => "no words yet".to_owned(),
        };
        let viewers = match viewers {
            Some(1) => " · 1 viewer".to_owned(),
            Some(count) => format!(" · {count} viewers"),
            None => String::new(),
        };
        let status = format!("{words}{viewers}");
        self.status.set_message(truncate_str(&status, width(), "…").into_owned());
        self.status.tick();
    }

    /// Removes the `^C` that the terminal has echoed. indicatif leaves the cursor at the right border, so `^C` is on a line of its
    /// own, and indicatif would redraw one line too low. (A SIGINT that was not typed looks the same; it erases the line above.)
    pub(crate) fn interrupted(&self) {
        if self.voice == Voice::Plain && io::stderr().is_terminal() && io::stdin().is_terminal() {
            let _ = io::stderr().write_all(b"\r\x1b[2K\x1b[1A");
        }
    }

    /// Removes the lines drawn in place from the screen.
    pub(crate) fn clear(&self) {
        self.partial.finish_and_clear();
        self.status.finish_and_clear();
    }

    fn show(&self, caption: &Caption) -> io::Result<()> {
        let mut seen = self.lock();
        let track = caption.track().clone();
        let all_named = seen.named;
        let named =
            |track: &TrackName| if all_named { format!("{track}: ") } else { String::new() };
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
                        seen.words += script::word_count(script::units(&it.text()));
                        (!it.text().is_empty()).then(|| format!("{}{}", named(&track), it.text()))
                    }
                }
            }
            // Only translations of finals, marked with their language. The page shows partial ones too.
            Caption::Translation(it) => (it.kind == Kind::Final && !it.text().is_empty())
                .then(|| format!("{}[{}] {}", named(&track), it.language, it.text())),
            Caption::Gap(gap) => {
                seen.open.remove(&track);
                let (from, to) = (gap.span.start.as_secs_f64(), gap.span.end().as_secs_f64());
                Some(format!("{}[{} from {from:.1} s to {to:.1} s]", named(&track), gap.why.name()))
            }
        };
        let wide = width();
        let open: Vec<_> =
            seen.open.iter().map(|(track, it)| drawn(&named(track), it, wide)).collect();
        drop(seen);
        self.partial.set_message(open.join("\n"));
        let Some(mut line) = line else { return Ok(()) };
        if self.shared_with_output {
            line = wrapped(line, wide);
        }
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

/// The columns to draw in. One less than there are, because a full line counts as two on some terminals.
fn width() -> usize {
    let columns = Term::stderr().size_checked().map_or(80, |(_, columns)| columns);
    usize::from(columns).saturating_sub(1).max(1)
}

/// Breaks lines by turning spaces into line breaks; all other bytes stay in place. A word that is wider than the screen is left
/// to the terminal.
fn wrapped(mut text: String, wide: usize) -> String {
    let (mut begin, mut space) = (0, None);
    let spaces: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    for end in spaces.into_iter().chain([text.len()]) {
        if let Some(at) = space
            && measure_text_width(&text[begin..end]) > wide
        {
            text.replace_range(at..=at, "\n");
            begin = at + 1;
        }
        space = Some(end);
    }
    text
}

/// A partial: committed words as they are, those that may still change faint.
fn drawn(named: &str, transcript: &Transcript, wide: usize) -> String {
    let (text, committed) = (transcript.text(), transcript.committed_text());
    let settled = if text.starts_with(&committed) { committed.len() } else { text.len() };
    let lines = wrapped(format!("{named}{text}"), wide);
    match lines.split_at(named.len() + settled) {
        (_, "") => lines,
        (settled, open) => {
            format!("{settled}\x1b[2m{}\x1b[0m", open.replace('\n', "\x1b[0m\n\x1b[2m"))
        }
    }
}

/// The stage that shows captions on the terminal. A blocked terminal slows no other stage: its edge drops the oldest.
pub(crate) struct Screen(pub(crate) Terminal);

impl Stage for Screen {
    type In = Caption;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let terminal = self.0.clone();
        // A terminal may be stopped with Ctrl-S, and a pipe may be full. Neither may block a thread of the runtime.
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

/// Writes the log to standard error, above the lines drawn in place.
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
        let words = |text: &str| {
            let word = |it: &str| Word { text: format!(" {it}"), span: Default::default() };
            text.split(' ').map(word).collect()
        };
        let open = segments.open(MediaTime::ZERO, Language::new("en"));
        let trace = Trace::starting(Instant::now());
        let partial = open.revise(words("good"), words("mourning every"), MediaTime::ZERO, trace);
        assert_eq!(drawn("", &partial, 80), "good\x1b[2m mourning every\x1b[0m");
        let narrow = "english:\ngood\x1b[2m\x1b[0m\n\x1b[2mmourning\x1b[0m\n\x1b[2mevery\x1b[0m";
        assert_eq!(drawn("english: ", &partial, 12), narrow);
    }

    #[test]
    fn lines_break_between_words_and_a_word_that_is_too_wide_stays_whole() {
        assert_eq!(wrapped("the first slide".to_owned(), 9), "the first\nslide");
        assert_eq!(
            wrapped("an extraordinarily wide word".to_owned(), 9),
            "an\nextraordinarily\nwide word"
        );
        assert_eq!(
            wrapped("日本 日本".to_owned(), 8),
            "日本\n日本",
            "signs of two columns count as two"
        );
        assert_eq!(wrapped(String::new(), 8), "");
    }
}
