//! The list of microphones at a terminal, each with how loud it is now: whoever speaks sees which one hears.
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use console::{Key, Term, truncate_str};
use futures::future::join_all;
use tokio::{sync::oneshot, time::interval};

use crate::{
    cli::exit::Trouble,
    stages::microphone::{DeviceInfo, Meter},
};

/// How often the levels are drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// The quietest level that shows, in dB of full scale, and how many cells a full meter has.
const FLOOR: f32 = -60.0;
const CELLS: usize = 20;

/// The number of the device that somebody chose.
pub(super) async fn choose(devices: &[DeviceInfo]) -> Result<usize, Trouble> {
    let names = devices.iter().map(|it| (it.name.clone(), it.default)).collect();
    let list = Arc::new(Mutex::new(List::new(names)));
    let mut meters = join_all(devices.iter().map(|it| Meter::open(&it.id))).await;
    let (choice, mut chosen) = oneshot::channel();
    let (term, keyed) = (Term::stderr(), list.clone());
    // It ends with the choice. A read of a key cannot be called off.
    std::thread::spawn(move || {
        let _ = choice.send(keys(&Term::stderr(), &keyed));
    });
    let mut ticks = interval(DRAW_EVERY);
    let mut drawn = 0;
    let chosen = loop {
        tokio::select! {
            chosen = &mut chosen => break chosen,
            _ = ticks.tick() => {
                let levels = meters.iter_mut().map(|it| match it {
                    Ok(meter) => Level::Heard(meter.peak()),
                    Err(_) => Level::Closed,
                });
                let levels: Vec<Level> = levels.collect();
                let lines = with(&list, |it| it.lines(&levels));
                draw(&term, &lines, drawn).map_err(Trouble::Write)?;
                drawn = lines.len();
            }
        }
    };
    let _ = term.clear_last_lines(drawn);
    match chosen {
        Ok(Ok(at)) => Ok(at),
        Ok(Err(error)) => Err(Trouble::Told(format!("cannot read the terminal: {error}"))),
        Err(_) => Err(Trouble::Told("no microphone was chosen".to_owned())),
    }
}

fn keys(term: &Term, list: &Mutex<List>) -> io::Result<usize> {
    loop {
        let key = term.read_key()?;
        if let Some(at) = with(list, |it| it.press(&key)) {
            return Ok(at);
        }
    }
}

fn with<T>(list: &Mutex<List>, work: impl FnOnce(&mut List) -> T) -> T {
    work(&mut list.lock().unwrap_or_else(PoisonError::into_inner))
}

fn draw(term: &Term, lines: &[String], drawn: usize) -> io::Result<()> {
    let width = usize::from(term.size().1).saturating_sub(1).max(1);
    term.move_cursor_up(drawn)?;
    for line in lines {
        term.clear_line()?;
        term.write_line(&truncate_str(line, width, "…"))?;
    }
    Ok(())
}

/// How loud a device was since the last look.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Level {
    /// A share of full scale; `None` where nothing came.
    Heard(Option<f32>),
    /// It cannot be opened now.
    Closed,
}

struct List {
    /// Names, and whether each is the default.
    names: Vec<(String, bool)>,
    at: usize,
}

impl List {
    fn new(names: Vec<(String, bool)>) -> List {
        let at = names.iter().position(|(_, default)| *default).unwrap_or(0);
        List { names, at }
    }

    /// Moves the mark. Returns its place once it is chosen.
    fn press(&mut self, key: &Key) -> Option<usize> {
        let last = self.names.len().saturating_sub(1);
        match key {
            Key::ArrowUp | Key::BackTab | Key::Char('k') => self.at = self.at.saturating_sub(1),
            Key::ArrowDown | Key::Tab | Key::Char('j') => self.at = (self.at + 1).min(last),
            Key::Char(digit) => {
                let number = digit.to_digit(10).map_or(0, |it| it as usize);
                if (1..=self.names.len()).contains(&number) {
                    self.at = number - 1;
                }
            }
            Key::Enter => return Some(self.at),
            _ => (),
        }
        None
    }

    fn lines(&self, levels: &[Level]) -> Vec<String> {
        let width = self.names.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut lines = vec![
            "Which microphone? The bars show which one hears you (arrows or number, Enter)."
                .to_owned(),
        ];
        for (number, ((name, default), level)) in self.names.iter().zip(levels).enumerate() {
            let mark = if number == self.at { '>' } else { ' ' };
            let default = if *default { "  default" } else { "" };
            lines.push(format!("{mark} {}  {name:width$}  {}{default}", number + 1, meter(*level)));
        }
        lines
    }
}

fn meter(level: Level) -> String {
    let told = |cells: usize, text: &str| {
        format!("[{}{}] {text:>8}", "|".repeat(cells), " ".repeat(CELLS - cells))
    };
    match level {
        Level::Closed => told(0, "in use"),
        Level::Heard(None) => told(0, "no sound"),
        Level::Heard(Some(peak)) => {
            let db = (20.0 * peak.log10()).clamp(FLOOR, 0.0);
            let cells = ((1.0 - db / FLOOR) * CELLS as f32).round() as usize;
            told(cells.min(CELLS), &format!("{db:.0} dB"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        List::new(
            [("Cam", false), ("Røde NT", true), ("Line", false)]
                .map(|(name, it)| (name.to_owned(), it))
                .to_vec(),
        )
    }

    #[test]
    fn the_mark_begins_at_the_default_and_moves_with_arrows_and_numbers() {
        let mut list = list();
        assert_eq!(list.press(&Key::Enter), Some(1));
        for (key, expected) in [
            (Key::ArrowDown, 2),
            (Key::ArrowDown, 2),
            (Key::Char('1'), 0),
            (Key::ArrowUp, 0),
            (Key::Char('7'), 0),
            (Key::Char('x'), 0),
        ] {
            assert_eq!(list.press(&key), None, "{key:?} only moves");
            assert_eq!(list.at, expected, "{key:?}");
        }
    }

    #[test]
    fn each_line_says_how_loud_its_microphone_is() {
        let levels = [Level::Heard(Some(0.1)), Level::Heard(None), Level::Closed];
        let lines = list().lines(&levels);
        assert_eq!(lines[1], "  1  Cam      [|||||||||||||       ]   -20 dB");
        assert_eq!(lines[2], "> 2  Røde NT  [                    ] no sound  default");
        assert_eq!(lines[3], "  3  Line     [                    ]   in use");
    }

    #[test]
    fn a_meter_is_empty_at_silence_and_full_at_full_scale() {
        let cells = |peak| meter(Level::Heard(Some(peak))).matches('|').count();
        assert_eq!((cells(0.0), cells(1.0), cells(4.0)), (0, CELLS, CELLS));
        assert!(cells(0.5) > cells(0.05));
    }
}
