//! The streaming policy on a clock that only decodes move: every recording of a folder with its reference, the figures of each.
//!
//! ```text
//! cargo bench --bench policy -- DIR --model PATH [--only NAME] [--show] [--floor]
//! ```
//!
//! Sound comes at its own pace on tokio's paused clock, and each decode moves the clock by the processor time that it took. So the
//! figures are those of a machine that does nothing else, however busy this one is. `--floor`: each sentence by itself, without a
//! policy.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
mod floor;
mod pieces;
mod run;

use std::{path::PathBuf, process::ExitCode};

use livecap::stages::whisper::WhisperModel;

use self::{
    floor::floor,
    pieces::pieces,
    run::{Figures, run},
};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|it| it != "--bench");
    let (mut folder, mut model, mut only) = (None, None, None);
    let (mut show, mut alone) = (false, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--model" => model = args.next().map(PathBuf::from),
            "--only" => only = args.next(),
            "--show" => show = true,
            "--floor" => alone = true,
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
    let loaded =
        WhisperModel::from_file("policy", &model).unwrap_or_else(|error| panic!("{error}"));
    if alone {
        pieces(&folder, only.as_deref()).iter().for_each(|it| floor(&loaded, it, show));
        return ExitCode::SUCCESS;
    }
    let mut total = Figures::default();
    println!("{}", Figures::HEAD);
    for piece in pieces(&folder, only.as_deref()) {
        let figures = run(&loaded, &piece, show);
        println!("{:<20} {figures}", piece.name);
        total.add(figures);
    }
    println!("{:<20} {total}", "total");
    ExitCode::SUCCESS
}
