//! Headroom: how fast a recording can be played, or how many recognisers can run side by side, until the lag grows.
use std::{
    io::{self, Write},
    num::NonZeroUsize,
};

use serde::Serialize;

use super::{
    args::{Sweep, Way},
    machine,
    measure::Figures,
    run::Failed,
    session::Bench,
};
use crate::{cli::exit::Trouble, logic::reference::Reference};

/// What `--json` writes of a sweep.
#[derive(Serialize)]
struct Swept {
    machine: machine::Machine,
    commit: Option<String>,
    sweep: &'static str,
    /// The largest that kept the lag bounded; null where none did.
    headroom: Option<f64>,
    runs: Vec<Try>,
}

#[derive(Serialize)]
struct Try {
    /// Of the swept: speed, or number of tracks.
    at: f64,
    bounded: bool,
    /// Of the wall clock, for captions from captured to published.
    mean_ms: Option<f64>,
    max_ms: Option<f64>,
    slope_per_min: Option<f64>,
    /// How much later the last captions were than the first ones, along the slope.
    growth_ms: Option<f64>,
    gaps: usize,
    dropped: u64,
    wer: Option<f64>,
}

/// Growth of the lag over a whole run that still counts as none.
const FLAT_MS: f64 = 500.0;
/// No search goes further.
const MOST: f64 = 1000.0;
/// Speeds are told apart to this factor.
const FINE: f64 = 1.1;

pub(super) async fn sweep(
    bench: &Bench<'_>,
    what: Sweep,
    said: Option<&Reference>,
) -> Result<(), Failed> {
    let mut runs: Vec<Try> = Vec::new();
    let (mut good, mut bad): (Option<f64>, Option<f64>) = (None, None);
    // Doubled until it is too much, then halved between what was not and what was.
    while let Some(at) = next(what, good, bad) {
        let tried = one(bench, what, at, said).await?;
        if !bench.args.json {
            line(&tried, runs.is_empty(), what).map_err(Trouble::Write)?;
        }
        if tried.bounded {
            good = Some(at);
        } else {
            bad = Some(at);
        }
        runs.push(tried);
    }
    let named = name(what);
    let mut out = io::stdout().lock();
    let written = if bench.args.json {
        let (machine, commit) = (machine::Machine::here(), machine::commit());
        let swept = Swept { machine, commit, sweep: named, headroom: good, runs };
        serde_json::to_writer_pretty(&mut out, &swept).map_err(io::Error::from)
    } else {
        match good {
            Some(good) => write!(out, "\nheadroom  {named} {good:.2}"),
            None => write!(out, "\nheadroom  none: the lag grows even at {named} 1"),
        }
    };
    written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).map_err(Trouble::Write)?;
    Ok(())
}

/// What to try next; `None` where it is known well enough.
fn next(what: Sweep, good: Option<f64>, bad: Option<f64>) -> Option<f64> {
    match (good, bad, what) {
        (None, None, _) => Some(1.0),
        (Some(good), None, _) => Some(good * 2.0).filter(|it| *it <= MOST),
        (None, Some(_), _) => None,
        (Some(good), Some(bad), Sweep::Speed) => {
            (bad / good > FINE).then(|| ((good * bad).sqrt() * 100.0).round() / 100.0)
        }
        (Some(good), Some(bad), Sweep::Tracks) => {
            (bad - good > 1.0).then(|| ((good + bad) / 2.0).floor())
        }
    }
}

async fn one(
    bench: &Bench<'_>,
    what: Sweep,
    at: f64,
    said: Option<&Reference>,
) -> Result<Try, Failed> {
    let (speed, tracks) = match what {
        Sweep::Speed => (at, NonZeroUsize::MIN),
        Sweep::Tracks => (1.0, NonZeroUsize::new(at as usize).unwrap_or(NonZeroUsize::MIN)),
    };
    let way = Way::Paced(speed);
    let (plan, run) = bench.run(way, tracks).await?;
    let figures = Figures::of(way, &plan, &run, said);
    let ages = figures.ages();
    let slope = ages.slope_per_min();
    let growth = slope.map(|it| it * run.audio / speed / 60.0);
    let gaps = run.watched.gaps();
    // Captions that are coalesced are what a busy recogniser is allowed to do; sound that is dropped is not.
    let dropped = run.edges.iter().map(|it| it.dropped).sum();
    let bounded = gaps == 0 && dropped == 0 && growth.is_none_or(|it| it <= FLAT_MS);
    Ok(Try {
        at,
        bounded,
        mean_ms: ages.mean(),
        max_ms: ages.max(),
        slope_per_min: slope,
        growth_ms: growth,
        gaps,
        dropped,
        wer: figures.word_error_rate(),
    })
}

fn line(tried: &Try, first: bool, what: Sweep) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if first {
        writeln!(
            out,
            "{:>8}{:>10}{:>10}{:>12}{:>6}{:>9}{:>8}  lag",
            name(what),
            "mean ms",
            "max ms",
            "growth ms",
            "gaps",
            "dropped",
            "WER %"
        )?;
    }
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |it| format!("{it:.digits$}"))
    };
    writeln!(
        out,
        "{:>8}{:>10}{:>10}{:>12}{:>6}{:>9}{:>8}  {}",
        tried.at,
        number(tried.mean_ms, 0),
        number(tried.max_ms, 0),
        number(tried.growth_ms, 0),
        tried.gaps,
        tried.dropped,
        number(tried.wer.map(|it| it * 100.0), 2),
        if tried.bounded { "bounded" } else { "not bounded" }
    )
}

fn name(what: Sweep) -> &'static str {
    match what {
        Sweep::Speed => "speed",
        Sweep::Tracks => "tracks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries until it is known, where all up to `limit` are bounded.
    fn found(what: Sweep, limit: f64) -> (Option<f64>, usize) {
        let (mut good, mut bad, mut tries) = (None, None, 0);
        while let Some(at) = next(what, good, bad) {
            if at <= limit {
                good = Some(at)
            } else {
                bad = Some(at)
            }
            tries += 1;
        }
        (good, tries)
    }

    #[test]
    fn the_search_comes_close_in_few_tries() {
        let (speed, tries) = found(Sweep::Speed, 7.3);
        assert!(speed.is_some_and(|it| it <= 7.3 && it * FINE * 1.01 >= 7.3), "{speed:?}");
        assert!(tries <= 8, "{tries}");
        assert_eq!(found(Sweep::Tracks, 5.0).0, Some(5.0));
        assert_eq!(found(Sweep::Tracks, 0.5), (None, 1));
        assert_eq!(found(Sweep::Speed, f64::INFINITY).0, Some(512.0));
    }
}
