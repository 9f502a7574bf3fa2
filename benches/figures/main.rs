//! Figures that take minutes: those of the bundled model, of a model that is too slow, of hours of sound.
//!
//!     cargo bench --bench figures -- model --an4 DIR --clips DIR
//!     cargo bench --bench figures -- overload --model FILE
//!     cargo bench --bench figures -- hours
//!     cargo bench --bench figures -- neighbours
//!
//! As a test (`cargo test --benches`) it takes those of the bundled model on a minute of sound, unpaced.
#![expect(clippy::print_stdout, reason = "tables are what it is for")]
#[path = "../support/noise.rs"]
mod noise;

mod hours;
mod neighbours;
mod rows;
mod sounds;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};

use self::{
    rows::{Pipeline, Ways},
    sounds::shipped,
};

#[derive(Parser)]
struct Args {
    /// As cargo says it where it measures
    #[arg(long, global = true, hide = true)]
    bench: bool,
    #[command(subcommand)]
    figures: Option<Figures>,
}

#[derive(Subcommand)]
enum Figures {
    /// The bundled model: word errors three ways, latencies, cost, words in silence
    Model {
        /// Leave out the runs at the sound's own pace
        #[arg(long)]
        unpaced: bool,
        /// CMU AN4: a folder with `manifest.csv`, whose development speakers are heard
        #[arg(long, value_name = "DIR")]
        an4: Option<PathBuf>,
        /// Recordings with references, joined to one
        #[arg(long, value_name = "DIR")]
        clips: Option<PathBuf>,
        /// How long noises are listened to
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// More lines for the recogniser's table of the pipeline file, as in `condition = true`
        #[arg(long, value_name = "LINE")]
        set: Vec<String>,
    },
    /// A model of random weights, 25 tokens a decode, hallucination filter off: its cost, and the lag where it is too slow
    Overload {
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// What a decode costs beside other work, by the number of threads
    Neighbours {
        #[arg(long, default_value = "demo")]
        model: String,
    },
    /// Hours of sound, unpaced: memory, and every final once
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
        Some(Figures::Neighbours { model }) => neighbours::neighbours(&model),
        Some(Figures::Hours { hours }) => hours::hours(&folder, hours),
        Some(Figures::Model { unpaced, an4, clips, minutes, set }) => {
            let ways = if unpaced { Ways::Unpaced } else { Ways::All };
            let pipeline = Pipeline { model: "demo".to_owned(), set };
            rows::head();
            rows::row(
                &folder,
                "pipelines/bench.flac",
                &shipped("pipelines/bench.flac"),
                &pipeline,
                ways,
            );
            let joined = [
                (
                    "voices never trained on",
                    "held-out",
                    Some(sounds::clips(&shipped("models/held-out"))),
                ),
                ("clips", "clips", clips.map(|it| sounds::clips(&it))),
                ("AN4, development speakers", "an4", an4.map(|it| sounds::an4(&it))),
            ];
            for (name, file, sound) in joined {
                if let Some(sound) = sound {
                    rows::row(&folder, name, &sound.write(&folder, file), &pipeline, ways);
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
            rows::head();
            let held_out = sounds::clips(&shipped("models/held-out")).write(&folder, "held-out");
            rows::row(&folder, "voices never trained on", &held_out, &pipeline, Ways::Unpaced);
            silence(&folder, 0.2, &pipeline);
        }
    }
}

fn silence(folder: &Path, minutes: f64, pipeline: &Pipeline) {
    let path = sounds::noises(minutes).write(folder, "noises");
    let mut kinds: Vec<&str> = noise::NOISES.iter().map(|it| it.name).collect();
    kinds.dedup();
    let name = format!("nobody speaks: {}", kinds.join(", "));
    rows::row(folder, &name, &path, pipeline, Ways::Unpaced);
}

fn overload(folder: &Path, model: &Path, minutes: f64) {
    let path = folder.join("long.wav");
    sounds::repeated(&shipped("pipelines/bench.flac"), minutes, &path);
    let model =
        fs::canonicalize(model).unwrap_or_else(|error| panic!("{}: {error}", model.display()));
    // Random weights never end a decode by themselves, and what they write is not meant to be text.
    let set = ["max-tokens = 25", "guards = []", "sentence-endpoint = \"500ms\""];
    let pipeline =
        Pipeline { model: model.display().to_string(), set: set.map(str::to_owned).to_vec() };
    rows::whole(folder, &path, &pipeline);
}
