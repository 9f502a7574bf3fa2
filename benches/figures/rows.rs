//! One row of the table: the report of `livecap bench` on one recording.
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

/// The settings of the measured pipeline.
pub(crate) struct Pipeline {
    pub(crate) model: String,
    /// Lines for the `whisper` table.
    pub(crate) set: Vec<String>,
}

#[derive(Clone, Copy)]
pub(crate) enum Modes {
    /// Offline, unpaced, and in real time.
    All,
    Unpaced,
}

pub(crate) fn print_head() {
    let columns = [
        "sound",
        "minutes",
        "words",
        "WER %: offline",
        "unpaced",
        "at 1×",
        "settled p50 / p95 s",
        "committed",
        "first partial",
        "finalisation",
        "erasure",
        "committed words changed",
        "CPU s/s",
        "words a minute without speech",
        "lost, doubled finals",
    ];
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len()));
}

/// Measures one recording. The line belongs to the Markdown table under [`print_head`].
pub(crate) fn print_row(
    folder: &Path,
    name: &str,
    sound: &Path,
    pipeline: &Pipeline,
    modes: Modes,
) {
    let args: &[&str] = match modes {
        Modes::All => &["--json"],
        Modes::Unpaced => &["--json", "--speed", "max"],
    };
    let report = run_bench(folder, sound, pipeline, args);
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    let number = |value: &Value, factor: f64, digits: usize| match value.as_f64() {
        Some(value) => format!("{:.digits$}", value * factor),
        None => "–".to_owned(),
    };
    let percent = |which: &str| number(&report["wer"][which], 100.0, 2);
    let seconds = |which: &str| {
        let it = &report["latency_ms"][which];
        format!("{} / {}", number(&it["p50"], 0.001, 2), number(&it["p95"], 0.001, 2))
    };
    let stages = report["stages"].as_array().into_iter().flatten();
    let recogniser = stages.clone().find(|it| it["name"] == "english");
    let cells = [
        name.to_owned(),
        number(&report["audio_s"], 1.0 / 60.0, 1),
        report["wer"]["words"].to_string(),
        percent("offline"),
        percent("unpaced"),
        percent("realtime"),
        seconds("settled"),
        seconds("committed"),
        seconds("first_partial"),
        seconds("finalisation"),
        number(&report["erasure"], 1.0, 3),
        report["committed_changes"].to_string(),
        recogniser.map_or("–".to_owned(), |it| number(&it["rtf"], 1.0, 3)),
        number(&report["silence_words_per_min"], 1.0, 2),
        format!("{}, {}", report["lost_finals"], report["duplicate_finals"]),
    ];
    println!("| {} |", cells.join(" | "));
}

/// The report of one run in real time.
pub(crate) fn print_report(folder: &Path, sound: &Path, pipeline: &Pipeline) {
    print!("{}", run_bench(folder, sound, pipeline, &["--speed", "1"]));
}

fn run_bench(folder: &Path, sound: &Path, pipeline: &Pipeline, args: &[&str]) -> String {
    let file = folder.join("figures.toml");
    fs::write(&file, pipeline.file(sound)).expect("cargo's folder can be written to");
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.arg("bench").arg(&file).args(args).stderr(Stdio::inherit());
    let output = command.output().expect("livecap was built");
    assert!(output.status.success(), "livecap bench ended with {}", output.status);
    String::from_utf8(output.stdout).expect("reports are text")
}

impl Pipeline {
    /// The pipeline file, which plays `sound` in real time.
    pub(crate) fn file(&self, sound: &Path) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let (sound, model) = (quoted(&sound.display().to_string()), quoted(&self.model));
        let set = self.set.join("\n");
        format!(
            "[recording.talk]\npath = {sound}\nspeed = 1.0\n\n[resample.speech]\nfrom = \"talk\"\n\n\
             [whisper.english]\nfrom = \"speech\"\nmodel = {model}\n{set}\n\n\
             [broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n"
        )
    }
}
