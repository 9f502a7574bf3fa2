//! Measurements that take minutes: of the bundled model, of a model that is too slow, of hours of sound.
//!
//!     cargo bench --bench figures -- model --an4 DIR --clips DIR
//!     cargo bench --bench figures -- overload --model FILE
//!     cargo bench --bench figures -- hours
//!     cargo bench --bench figures -- neighbours
//!
//! As a test (`cargo test --benches`) it measures the bundled model on a minute of sound, unpaced.
#![expect(clippy::print_stdout, reason = "it prints tables")]
#[path = "../support/noise.rs"]
mod noise;

mod contention;
mod hours;
mod rows;
mod sounds;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};

use self::{
    rows::{Modes, Pipeline},
    sounds::shipped,
};

#[derive(Parser)]
struct Args {
    /// Set by `cargo bench`, not by `cargo test`
    #[arg(long, global = true, hide = true)]
    bench: bool,
    #[command(subcommand)]
    figures: Option<Figures>,
}

#[derive(Subcommand)]
enum Figures {
    /// The bundled model: WER offline, unpaced and in real time, latencies, cost, hallucinated words
    Model {
        /// Skip the runs in real time
        #[arg(long)]
        unpaced: bool,
        /// CMU AN4: a folder with `manifest.csv`, of which the development speakers are used
        #[arg(long, value_name = "DIR")]
        an4: Option<PathBuf>,
        /// A folder of recordings with references, joined to one recording
        #[arg(long, value_name = "DIR")]
        clips: Option<PathBuf>,
        /// How many minutes of noise
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// More lines for the `whisper` table of the pipeline file, such as `condition = true`
        #[arg(long, value_name = "LINE")]
        set: Vec<String>,
    },
    /// A model of random weights, with 25 tokens per decode and no hallucination filters: its cost, and the lag where it is too slow
    Overload {
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// The cost of a decode while other threads are busy, by the number of threads
    #[command(name = "neighbours")]
    Contention {
        #[arg(long, default_value = "demo")]
        model: String,
    },
    /// Hours of sound, unpaced: memory, and whether every final comes once
    Hours {
        #[arg(long, default_value_t = 2.0)]
        hours: f64,
    },
}

fn main() {
    let args = Args::parse();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    fs::create_dir_all(&folder).expect("cargo's folder can be written to");
    match args.figures {
        Some(Figures::Overload { model, minutes }) => overload(&folder, &model, minutes),
        Some(Figures::Contention { model }) => contention::measure(&model),
        Some(Figures::Hours { hours }) => hours::measure(&folder, hours),
        Some(Figures::Model { unpaced, an4, clips, minutes, set }) => {
            let modes = if unpaced { Modes::Unpaced } else { Modes::All };
            let pipeline = Pipeline { model: "demo".to_owned(), set };
            rows::print_head();
            rows::print_row(
                &folder,
                "pipelines/bench.flac",
                &shipped("pipelines/bench.flac"),
                &pipeline,
                modes,
            );
            let joined = [
                ("held-out voices", "held-out", Some(sounds::clips(&shipped("models/held-out")))),
                ("clips", "clips", clips.map(|it| sounds::clips(&it))),
                ("AN4, development speakers", "an4", an4.map(|it| sounds::an4(&it))),
            ];
            for (name, file, sound) in joined {
                if let Some(sound) = sound {
                    rows::print_row(&folder, name, &sound.write(&folder, file), &pipeline, modes);
                }
            }
            silence(&folder, minutes, &pipeline);
        }
        None if args.bench => {
            println!(
                "which? `model`, `overload`, `hours` or `neighbours`: cargo bench --bench figures -- --help"
            );
        }
        None => {
            let pipeline = Pipeline { model: "demo".to_owned(), set: Vec::new() };
            rows::print_head();
            let held_out = sounds::clips(&shipped("models/held-out")).write(&folder, "held-out");
            rows::print_row(&folder, "held-out voices", &held_out, &pipeline, Modes::Unpaced);
            silence(&folder, 0.2, &pipeline);
        }
    }
}

fn silence(folder: &Path, minutes: f64, pipeline: &Pipeline) {
    let path = sounds::noises(minutes).write(folder, "noises");
    let mut kinds: Vec<&str> = noise::NOISES.iter().map(|it| it.name).collect();
    kinds.dedup();
    let name = format!("nobody speaks: {}", kinds.join(", "));
    rows::print_row(folder, &name, &path, pipeline, Modes::Unpaced);
}

fn overload(folder: &Path, model: &Path, minutes: f64) {
    let path = folder.join("long.wav");
    sounds::write_repeated(&shipped("pipelines/bench.flac"), minutes, &path);
    let model =
        fs::canonicalize(model).unwrap_or_else(|error| panic!("{}: {error}", model.display()));
    // A model of random weights never ends a decode by itself, and its text means nothing.
    let set = ["max-tokens = 25", "guards = []", "sentence-endpoint = \"500ms\""];
    let pipeline =
        Pipeline { model: model.display().to_string(), set: set.map(str::to_owned).to_vec() };
    rows::print_report(folder, &path, &pipeline);
}
