//! The report as a table.
use std::io::{self, Write};

use super::report::{Report, rate};
use crate::logic::histogram::Summary;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let machine = &report.machine;
    let build = if machine.optimised { "release" } else { "debug" };
    let load = machine.load.map_or(String::new(), |it| format!(", load {it}"));
    writeln!(
        out,
        "machine   {} · {} CPUs{load} · {} {}",
        machine.cpu.as_deref().unwrap_or(machine.arch),
        machine.cpus,
        machine.os,
        machine.arch
    )?;
    let commit = report.commit.as_deref().unwrap_or("no commit");
    writeln!(out, "program   livecap {} ({commit}, {build} build)", machine.livecap)?;
    let sum = report.model.sha256.as_deref().map_or("no checksum", |it| &it[..it.len().min(12)]);
    writeln!(out, "model     {} ({sum}), {} threads", report.model.name, report.threads)?;
    writeln!(out, "sound     {:.1} s at speed {}\n", report.audio_s, shown(&report.speed))?;

    let (unit, name) = (report.wer.unit, rate(report.wer.unit));
    let words = report.wer.words.map_or(String::new(), |it| format!(" of {it} {unit}s"));
    let percent = |rate: Option<f64>| number(rate.map(|it| it * 100.0), 2);
    writeln!(
        out,
        "{name} %     offline {} · unpaced {} · paced {}{words}\n",
        percent(report.wer.offline),
        percent(report.wer.unpaced),
        percent(report.wer.realtime)
    )?;

    let latency = &report.latency_ms;
    writeln!(out, "{:<24}{:>9}{:>9}{:>9}{:>9}{:>7}", "ms", "p50", "p95", "p99", "max", "n")?;
    for (name, summary) in [
        ("word first seen", latency.first_seen),
        ("word settled", latency.settled),
        ("word committed", latency.committed),
        ("word final", latency.last),
        ("first partial", latency.first_partial),
        ("finalisation", latency.finalisation),
        ("captured to published", report.end_to_end_ms),
        ("captured to painted", report.glass_to_glass_ms),
    ] {
        writeln!(out, "{name:<24}{}", columns(summary))?;
    }
    let lag = &report.lag_ms;
    writeln!(
        out,
        "\nlive lag  mean {} ms · max {} ms · slope {} ms/min",
        number(lag.mean, 0),
        number(lag.max, 0),
        number(lag.slope_per_min, 1)
    )?;
    writeln!(
        out,
        "text      erasure {} · committed changes {} · silence words/min {}",
        number(report.erasure, 3),
        report.committed_changes,
        number(report.silence_words_per_min, 2)
    )?;
    writeln!(
        out,
        "losses    gaps {} · lost finals {} · duplicate finals {}",
        report.gaps, report.lost_finals, report.duplicate_finals
    )?;
    let silence = report.endpoint_ms.map_or("–".to_owned(), |it| it.to_string());
    writeln!(out, "endpoint  {silence} ms · sum error {}", number(report.sum_error, 4))?;
    if let Some(memory) = report.memory_mb {
        let (start, end, max) = (memory.start, memory.end, memory.max);
        writeln!(out, "memory    start {start:.1} MB · end {end:.1} MB · max {max:.1} MB")?;
    }
    stages(report, out)
}

fn stages(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{:<16}{:<9}{:>9}{:>9}{:>9}{:>9}{:>7}",
        "stage", "ms", "p50", "p95", "p99", "max", "n"
    )?;
    for stage in &report.stages {
        let rtf = number(stage.rtf, 4);
        writeln!(
            out,
            "{:<16}RTF {rtf} · items {} · dropped {} · coalesced {}",
            stage.name, stage.items, stage.dropped, stage.coalesced
        )?;
        if !stage.counts.is_empty() {
            let counts: Vec<String> =
                stage.counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            writeln!(out, "{:<16}{}", "", counts.join(" · "))?;
        }
        let rows = [("wait", stage.wait_ms), ("service", stage.service_ms), ("age", stage.age_ms)];
        for (name, summary) in rows.iter().filter(|it| it.1.is_some()) {
            writeln!(out, "{:<16}{name:<9}{}", "", columns(*summary))?;
        }
    }
    for it in &report.translations {
        let (name, erasure) = (format!("in {}", it.lang), number(it.erasure, 3));
        writeln!(out, "{name:<16}erasure {erasure} · untranslated {}", it.given_up)?;
        for (name, summary) in [
            ("queue", it.queue_ms),
            ("request", it.request_ms),
            ("order", it.order_ms),
            ("whole", it.whole_ms),
        ] {
            writeln!(out, "{:<16}{name:<9}{}", "", columns(summary))?;
        }
    }
    writeln!(
        out,
        "\nRTF: for recognisers processor seconds per second of sound, for other stages seconds at work"
    )
}

fn columns(summary: Option<Summary>) -> String {
    match summary {
        Some(it) => {
            format!("{:>9.1}{:>9.1}{:>9.1}{:>9.1}{:>7}", it.p50, it.p95, it.p99, it.max, it.n)
        }
        None => format!("{:>9}{:>9}{:>9}{:>9}{:>7}", "–", "–", "–", "–", "–"),
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |it| format!("{it:.digits$}"))
}

fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
