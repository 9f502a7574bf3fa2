//! The newest lines of the log of the program, for operators: a ring buffer that `/api/log` reads.
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use crate::wire::{LogLine, LogLines};

/// The most bytes of a line; longer ones are cut.
const LONGEST: usize = 2000;

/// Bounded by the number of lines.
#[derive(Debug)]
pub struct LogBuffer {
    room: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    newest: u64,
    lines: VecDeque<LogLine>,
}

impl LogBuffer {
    /// Of the newest `room` lines.
    pub fn new(room: usize) -> LogBuffer {
        LogBuffer { room, kept: Mutex::default() }
    }

    /// Adds a line. `level` as in [`LogLine`].
    pub fn note(&self, level: &str, mut text: String) {
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
            text.push('…');
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (at, level) = (now.as_millis() as u64, level.to_owned());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.newest += 1;
        let n = kept.newest;
        while kept.lines.len() >= self.room.max(1) {
            kept.lines.pop_front();
        }
        kept.lines.push_back(LogLine { n, at, level, text });
    }

    /// The kept lines after number `after`.
    pub fn after(&self, after: u64) -> LogLines {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = kept.lines.iter().filter(|it| it.n > after).cloned().collect();
        LogLines { lines, newest: kept.newest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_none_is_told_twice() {
        let log_buffer = LogBuffer::new(3);
        assert_eq!(log_buffer.after(0), LogLines::default());
        for text in ["one", "two", "three", "four"] {
            log_buffer.note("info", text.to_owned());
        }
        let numbers = |lines: &LogLines| lines.lines.iter().map(|it| it.n).collect::<Vec<_>>();
        let all = log_buffer.after(0);
        assert_eq!((numbers(&all), all.newest), (vec![2, 3, 4], 4));
        assert_eq!((all.lines[0].text.as_str(), all.lines[0].level.as_str()), ("two", "info"));
        assert_eq!(numbers(&log_buffer.after(3)), [4]);
        assert!(
            log_buffer.after(4).lines.is_empty() && log_buffer.after(u64::MAX).lines.is_empty()
        );
    }

    #[test]
    fn a_long_line_is_cut_between_letters() {
        let log_buffer = LogBuffer::new(1);
        log_buffer.note("warn", "é".repeat(5000));
        let text = &log_buffer.after(0).lines[0].text;
        assert!(text.len() <= LONGEST + 3 && text.ends_with("é…"), "{}", text.len());
    }
}
