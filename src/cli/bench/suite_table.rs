//! The table of a suite: a row for each piece as soon as it is measured, and one for all.
use std::io::{self, Write};

use super::{
    args::Way,
    report::rate,
    suite_report::{Row, Suite},
};
use crate::logic::histogram::Summary;

/// Two numbers and a stroke between them.
const PAIR: usize = 13;

pub(super) fn head(suite: &Suite, ways: &[Way], out: &mut dyn Write) -> io::Result<()> {
    let machine = &suite.machine;
    let build = if machine.optimised { "release" } else { "debug" };
    let cpu = machine.cpu.as_deref().unwrap_or(machine.arch);
    writeln!(out, "machine   {cpu} · {} CPUs · {} {}", machine.cpus, machine.os, machine.arch)?;
    let commit = suite.commit.as_deref().unwrap_or("no commit");
    writeln!(out, "program   livecap {} ({commit}, {build} build)", machine.livecap)?;
    let sum = suite.model.sha256.as_deref().map_or("no checksum", |it| &it[..it.len().min(12)]);
    writeln!(out, "model     {} ({sum}), {} threads", suite.model.name, suite.threads)?;
    writeln!(
        out,
        "WER in % (CER for recordings counted in characters, c) · latencies p50/p95 in ms · lag mean/max in ms · CPU s per second of sound · memory in MB\n"
    )?;
    write!(out, "{:<20}{:>6}{:>7}", "piece", "sound", "words")?;
    for way in ways {
        write!(out, "{:>8}{:>13}", short(*way), "S/D/I")?;
    }
    for name in ["settled", "committed", "partial", "final", "lag"] {
        write!(out, "{name:>PAIR$}")?;
    }
    write!(out, "{:>8}{:>8}{:>8}", "erased", "changed", "nothing")?;
    for way in ways {
        write!(out, "{:>12}", format!("CPU {}", short(*way)))?;
    }
    writeln!(out, "{:>8}", "memory")
}

pub(super) fn row(row: &Row, ways: &[Way], out: &mut dyn Write) -> io::Result<()> {
    // Characters are told apart from words.
    let of = if row.unit.map(rate) == Some("CER") { "c" } else { "" };
    let words = row.words.map_or(NONE.to_owned(), |it| format!("{it}{of}"));
    write!(out, "{:<20}{:>6.0}{words:>7}", row.name, row.audio_s)?;
    for way in ways {
        let wer = row.wer.of(*way);
        let rate = number(wer.and_then(|it| it.rate).map(|it| it * 100.0), 2);
        let each = wer.map_or(NONE.to_owned(), |it| {
            format!("{}/{}/{}", it.substituted, it.deleted, it.inserted)
        });
        write!(out, "{rate:>8}{each:>13}")?;
    }
    let waits = &row.latency_ms;
    for wait in [waits.settled, waits.committed, waits.first_partial, waits.finalisation] {
        write!(out, "{:>PAIR$}", pair(wait.map(|it: Summary| (it.p50, it.p95))))?;
    }
    write!(out, "{:>PAIR$}", pair(row.lag_ms.mean.zip(row.lag_ms.max)))?;
    let nothing = row.words_from_nothing.map_or(NONE.to_owned(), |it| it.to_string());
    write!(out, "{:>8}{:>8}{nothing:>8}", number(row.erasure, 3), row.committed_changes)?;
    for way in ways {
        write!(out, "{:>12}", number(row.cpu_s_per_s.of(*way).copied(), 3))?;
    }
    writeln!(out, "{:>8}", number(row.memory_mb, 0))?;
    // Whoever waits for a long suite sees each row as it comes.
    out.flush()
}

/// What failed.
pub(super) fn foot(suite: &Suite, out: &mut dyn Write) -> io::Result<()> {
    let failed = &suite.failed;
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} of {} failed", failed.len(), failed.len() + suite.pieces.len())?;
    failed.iter().try_for_each(|it| writeln!(out, "{:<20}{}", it.name, it.why))
}

const NONE: &str = "–";

fn short(way: Way) -> String {
    match way {
        Way::Offline => "offline".to_owned(),
        Way::Unpaced => "max".to_owned(),
        Way::Paced(times) => format!("{times}×"),
    }
}

fn pair(of: Option<(f64, f64)>) -> String {
    of.map_or(NONE.to_owned(), |(one, other)| format!("{one:.0}/{other:.0}"))
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or(NONE.to_owned(), |it| format!("{it:.digits$}"))
}
