//! The streaming policy on a clock that only decodes move: every recording of a folder with its reference, and the figures of each.
//!
//! ```text
//! cargo bench --bench policy -- DIR --model PATH [--only NAME] [--show] [--floor] [--noises SECONDS] [--record FILE]
//! ```
//!
//! Audio comes in real time on tokio's paused clock, and each decode moves the clock by its CPU time. So the figures are those
//! of a machine that does nothing else, however busy this one is.
//!
//! `--floor`: each sentence by itself, without a policy. `--noises` adds this many seconds of each synthetic noise. `--record`
//! writes every decode into a corpus file that tests replay (`tests/corpus/README.md`).
//!
//! With `--model none` decodes give nothing and cost nothing: they show how much the voice activity detector lets through.
//! `VAD` in the environment names another detector. The last column counts the words of pieces whose reference is empty.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#[expect(dead_code, reason = "tests use the rest")]
#[path = "../../tests/it/support/corpus/mod.rs"]
mod corpus;
mod floor;
#[path = "../support/noise.rs"]
mod noise;
mod pieces;
#[path = "../support/processor.rs"]
mod processor;
mod record;
mod run;
mod voices;

use std::{path::PathBuf, process::ExitCode};

use livecap::stages::whisper::WhisperModel;

use self::{
    floor::floor,
    pieces::{noises, pieces},
    record::record,
    run::{Figures, run},
};

#[derive(Default)]
struct Options {
    folder: Option<PathBuf>,
    model: Option<PathBuf>,
    only: Option<String>,
    show: bool,
    floor: bool,
    noises: usize,
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|it| it != "--bench");
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--model" => options.model = args.next().map(PathBuf::from),
            "--only" => options.only = args.next(),
            "--show" => options.show = true,
            "--floor" => options.floor = true,
            "--noises" => {
                let seconds = args.next().and_then(|it| it.parse().ok());
                options.noises = seconds.expect("--noises takes a number of seconds");
            }
            "--record" => options.record = args.next().map(PathBuf::from),
            _ => options.folder = Some(PathBuf::from(arg)),
        }
    }
    let (Some(folder), Some(path)) = (&options.folder, &options.model) else {
        // As `cargo bench` runs it, without a folder.
        println!(
            "policy: needs a folder of recordings with references, and --model PATH: left out"
        );
        return ExitCode::SUCCESS;
    };
    let load = || WhisperModel::from_file("policy", path).unwrap_or_else(|error| panic!("{error}"));
    let model = (path.as_os_str() != "none").then(load);
    let only = options.only.as_deref();
    let pieces = pieces(folder, only).into_iter().chain(noises(options.noises, only));
    if options.floor {
        let model = model.as_ref().expect("a model that hears");
        pieces.for_each(|piece| floor(model, &piece, options.show));
        return ExitCode::SUCCESS;
    }
    let (mut total, mut recorded) = (Figures::default(), Vec::new());
    println!("{}", Figures::HEAD);
    for piece in pieces {
        let figures = match options.record {
            None => run(model.as_ref(), &piece, options.show),
            Some(_) if !record::may_be_shipped(&piece.licence) => {
                println!("{:<20} left out: its licence is {:?}", piece.name, piece.licence);
                continue;
            }
            Some(_) => {
                let model = model.as_ref().expect("a model whose decodes are recorded");
                let (piece, figures) = record(model, path, &piece, options.show);
                recorded.push(piece);
                figures
            }
        };
        println!("{:<20} {figures}", piece.name);
        total.add(figures);
    }
    println!("{:<20} {total}", "total");
    if let Some(file) = &options.record {
        corpus::format::write(file, &recorded)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    ExitCode::SUCCESS
}
