//! The streaming policy on a clock that only decodes move: every recording of a folder with its reference, the figures of each.
//!
//! ```text
//! cargo bench --bench policy -- DIR --model PATH [--only NAME] [--show]
//! ```
//!
//! Sound comes at its own pace on tokio's paused clock, and each decode moves the clock by the processor time that it took. So the
//! figures are those of a machine that does nothing else, however busy this one is.
//!
//! `--model none` hears nothing, at once: its decodes are what the voice activity detector lets through. `VAD` in the environment
//! names another detector. `--show` prints captions, and each decode before any guard as JSON. The last column counts the words of
//! pieces whose reference is empty.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
mod pieces;
mod run;
mod voices;

use std::{path::PathBuf, process::ExitCode};

use livecap::stages::whisper::WhisperModel;

use self::{
    pieces::pieces,
    run::{Figures, run},
};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|it| it != "--bench");
    let (mut folder, mut model, mut only, mut show) = (None, None, None, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--model" => model = args.next().map(PathBuf::from),
            "--only" => only = args.next(),
            "--show" => show = true,
            _ => folder = Some(PathBuf::from(arg)),
        }
    }
    let (Some(folder), Some(model)) = (folder, model) else {
        // As `cargo bench` runs it, without a folder.
        println!(
            "policy: needs a folder of recordings with references, and --model PATH: left out"
        );
        return ExitCode::SUCCESS;
    };
    let load = || WhisperModel::from_file("policy", &model).unwrap_or_else(|it| panic!("{it}"));
    let loaded = (model.as_os_str() != "none").then(load);
    let mut total = Figures::default();
    println!("{}", Figures::HEAD);
    for piece in pieces(&folder, only.as_deref()) {
        let figures = run(loaded.as_ref(), &piece, show);
        println!("{:<20} {figures}", piece.name);
        total.add(figures);
    }
    println!("{:<20} {total}", "total");
    ExitCode::SUCCESS
}
