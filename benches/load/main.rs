//! Fan-out under load, side by side: livecap's relay, node's socket.io, python-socketio (`benches/peers/README.md`).
#![allow(clippy::print_stdout, clippy::print_stderr, unreachable_pub, reason = "it prints a table")]
mod peer;
mod run;
mod viewer;

use std::time::Duration;

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
