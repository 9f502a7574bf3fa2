//! Fan-out under load: livecap's relay beside node's socket.io and python-socketio, and what captions cost (`benches/peers/README.md`).
#![allow(clippy::print_stdout, clippy::print_stderr, unreachable_pub, reason = "it prints a table")]
mod captions;
mod corrections;
#[cfg(feature = "journal")]
mod journal;
mod peer;
mod run;
mod speaker;
mod times;
mod viewer;

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use peer::Kind;
use run::{Load, Outcome};

#[derive(Parser)]
struct Args {
    /// The servers, in this order
    #[arg(long, value_enum, value_delimiter = ',', default_value = "livecap,node,python")]
    servers: Vec<Kind>,
    #[arg(long, value_delimiter = ',', default_value = "200,1000")]
    viewers: Vec<usize>,
    /// Events a second
    #[arg(long, value_delimiter = ',', default_value = "10,100")]
    rates: Vec<u32>,
    /// How long each rate is held
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A viewer beside the others that never reads
    #[arg(long)]
    stuck: bool,
    /// Captions instead: of each number of tracks, `rates` finals a second in each
    #[arg(long, value_delimiter = ',')]
    tracks: Vec<usize>,
    /// With `tracks`: how many languages each is translated to
    #[arg(long, value_delimiter = ',', default_value = "0")]
    languages: Vec<usize>,
    /// With `tracks`: how many of them each viewer reads; all, where that is more
    #[arg(long, default_value_t = 1)]
    read: usize,
    /// Corrections instead: the newest caption is corrected four times a second
    #[arg(long)]
    correct: bool,
    /// With `tracks`: so many rounds of each load with a journal and without one in turn
    #[arg(long)]
    journal: Option<usize>,
    /// The process that speaks keeps a journal here
    #[arg(long, hide = true)]
    book: Option<PathBuf>,
    /// The process that speaks the captions
    #[arg(long, hide = true)]
    speak: bool,
    /// Bytes of each event's text
    #[arg(long, default_value_t = 120)]
    bytes: usize,
    /// Given by `cargo bench`, and not by `cargo test --benches`: the load is no test, and takes its time
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    if !args.bench {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if args.speak {
        let load = args.captions(0, args.tracks[0], args.languages[0], args.rates[0]);
        return runtime.block_on(speaker::speak(load, args.book.as_deref()));
    }
    if args.correct {
        return runtime.block_on(corrections(&args));
    }
    if !args.tracks.is_empty() {
        return runtime.block_on(captions(&args));
    }
    println!("{}", Outcome::HEAD);
    for &viewers in &args.viewers {
        for &rate in &args.rates {
            for &kind in &args.servers {
                let load = Load {
                    viewers,
                    rate,
                    length: Duration::from_secs(args.seconds),
                    bytes: args.bytes,
                    stuck: args.stuck,
                };
                match runtime.block_on(run::run(kind, load)) {
                    Ok(outcome) => println!("{}", outcome.row(kind, load)),
                    Err(error) => println!("| {} | {viewers} | {rate} | {error} |", kind.name()),
                }
            }
        }
    }
}

async fn corrections(args: &Args) {
    println!("{}", corrections::HEAD);
    for &viewers in &args.viewers {
        for &rate in &args.rates {
            match corrections::run(args.captions(viewers, 1, 0, rate)).await {
                Ok(row) => println!("{row}"),
                Err(error) => println!("| {viewers} | {rate} | {error} |"),
            }
        }
    }
}

async fn captions(args: &Args) {
    if args.journal.is_none() {
        println!("{}", captions::Load::HEAD);
    }
    for &viewers in &args.viewers {
        for &tracks in &args.tracks {
            for &languages in &args.languages {
                for &rate in &args.rates {
                    let load = args.captions(viewers, tracks, languages, rate);
                    #[cfg(feature = "journal")]
                    if let Some(rounds) = args.journal {
                        match journal::compare(load, rounds).await {
                            Ok(rows) => println!("{rows}"),
                            Err(error) => println!("{error}"),
                        }
                        continue;
                    }
                    match load.run(None).await.map(|it| it.row) {
                        Ok(row) => println!("{row}"),
                        Err(error) => println!("| {viewers} | {tracks} | {languages} | {error} |"),
                    }
                }
            }
        }
    }
}

impl Args {
    fn captions(
        &self,
        viewers: usize,
        tracks: usize,
        languages: usize,
        rate: u32,
    ) -> captions::Load {
        let read = self.read.min(languages);
        let length = Duration::from_secs(self.seconds);
        captions::Load { viewers, tracks, languages, read, rate, length, bytes: self.bytes }
    }
}
