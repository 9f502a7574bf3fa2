//! What a node adds: how much later a caption is seen there than at the writer, and what a caption takes in Redis. It starts
//! a `redis-server` of its own, on a socket in a temporary folder.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints a table")]
use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    time::Duration,
};

use clap::Parser;
use livecap::{
    cli::client::Client,
    flow::{Outlet, Registry, Stage, StageGauge},
    message::{
        Caption, Hop, Language, MediaSpan, MediaTime, Milestone, Segments, Trace, TrackName, Word,
    },
    serve::{ClusterAddress, ClusterSettings, Role, Server, Settings},
    stages::broadcast::Broadcast,
    wire::TrackInfo,
};
use serde_json::json;
use tokio::time::{Instant, interval, sleep};

#[derive(Parser)]
struct Args {
    /// Segments a second; each has four partials and a final
    #[arg(long, value_delimiter = ',', default_value = "5,50")]
    rates: Vec<u32>,
    /// How many segments are said at each rate
    #[arg(long, default_value_t = 300)]
    segments: u64,
    /// Given by `cargo bench`, and not by `cargo test --benches`
    #[arg(long, hide = true)]
    bench: bool,
}

const PARTIALS: u64 = 4;

fn main() {
    let args = Args::parse();
    if !args.bench {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!(
        "| segments a second | caption | seen at the node | p50 ms | p99 ms | bytes in Redis |"
    );
    println!("|---|---|---|---|---|---|");
    for rate in args.rates {
        runtime.block_on(measure(rate, args.segments));
    }
}

/// Ends with the value.
struct Redis {
    process: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn redis() -> (Redis, String) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket);
    let process = command.stdout(Stdio::null()).spawn().expect("redis-server is installed");
    while !socket.exists() {
        sleep(Duration::from_millis(10)).await;
    }
    (Redis { process, _folder: folder }, format!("redis+unix://{}", socket.display()))
}

async fn server(address: &str, role: Role) -> Server {
    let cluster = ClusterSettings::new(ClusterAddress::parse(address).unwrap(), role);
    Server::bind(Settings { port: 0, cluster: Some(cluster), ..Settings::default() }).await.unwrap()
}

/// When each caption was seen, by segment and revision, until the last one.
fn watch(
    url: String,
    last: u64,
    greeted: tokio::sync::oneshot::Sender<()>,
) -> tokio::task::JoinHandle<HashMap<(u64, u64), (Instant, bool)>> {
    tokio::spawn(async move {
        let mut client = Client::connect(&url, json!({ "v": 1, "from": 0 })).await.unwrap();
        let (mut seen, mut greeted) = (HashMap::new(), Some(greeted));
        loop {
            let event = client.next().await.unwrap().unwrap();
            let now = Instant::now();
            if event.name == "hello" {
                let _ = greeted.take().map(|it| it.send(()));
            }
            if event.name != "caption" {
                continue;
            }
            let number = |key: &str| event.args[0][key].as_u64().unwrap();
            let is_final = event.args[0]["kind"] == "final";
            seen.insert((number("segment"), number("revision")), (now, is_final));
            if is_final && number("segment") == last {
                return seen;
            }
        }
    })
}

async fn measure(rate: u32, count: u64) {
    let (_redis, address) = redis().await;
    let writer = server(&address, Role::Writer).await;
    let track = TrackInfo { name: "english".into(), lang: "en".into(), langs: vec![] };
    writer.attach(Registry::default(), vec![track], None);
    let node = server(&address, Role::Node).await;
    let watched = [&writer, &node].map(|server| {
        let (greeted, hello) = tokio::sync::oneshot::channel();
        (watch(server.url(), count - 1, greeted), hello)
    });
    let [(here, hello), (there, hello_there)] = watched;
    let _ = tokio::join!(hello, hello_there);

    let mut stage = Broadcast::new(writer.publisher());
    let out = Outlet::new(vec![], StageGauge::new("web"));
    let mut segments = Segments::new(TrackName::new("english"));
    let mut pace = interval(Duration::from_secs(1) / rate / (PARTIALS as u32 + 1));
    for segment in 0..count {
        let start = MediaTime::new(Duration::from_secs(4 * segment));
        segments.open(start, Language::new("en"));
        for step in 1..=PARTIALS + 1 {
            pace.tick().await;
            let now = Instant::now();
            let trace =
                Trace::starting(now).with(Milestone::Recognised, Hop { begun: now, done: now });
            let end = MediaTime::new(Duration::from_millis(4000 * segment + 800 * step));
            let spoken = words(segment, 2 * step);
            let transcript = match step {
                5 => segments.close(spoken, end, trace).unwrap(),
                _ => segments.current().unwrap().revise(Vec::new(), spoken, end, trace),
            };
            stage.handle(&mut (), Caption::Transcript(transcript), &out).await.unwrap();
        }
    }
    let (here, there) = (here.await.unwrap(), there.await.unwrap());
    let bytes = bytes(&address).await;
    for (name, finals) in [("final", true), ("partial", false)] {
        let said = here.iter().filter(|(_, (_, is_final))| *is_final == finals);
        let later = said.clone().filter_map(|(which, (at, _))| {
            let (there, _) = there.get(which)?;
            Some(there.saturating_duration_since(*at).as_secs_f64() * 1000.0)
        });
        let mut later: Vec<f64> = later.collect();
        later.sort_by(f64::total_cmp);
        let (seen, all) = (later.len(), said.count());
        let at = |share: f64| later[((seen - 1) as f64 * share) as usize];
        let bytes = if finals { format!("{bytes:.0}") } else { "–".to_owned() };
        let (p50, p99) = (at(0.5), at(0.99));
        println!("| {rate} | {name} | {seen} of {all} | {p50:.2} | {p99:.2} | {bytes} |");
    }
}

/// Ten words in the end, as a sentence has.
fn words(segment: u64, count: u64) -> Vec<Word> {
    let word = |place: u64| {
        let start = MediaTime::new(Duration::from_millis(4000 * segment + 400 * place));
        let span = MediaSpan { start, length: Duration::from_millis(350) };
        Word { text: format!(" word{}", (segment * 7 + place) % 97), span }
    };
    (0..count).map(word).collect()
}

/// What one numbered event takes in Redis, its index included.
async fn bytes(address: &str) -> f64 {
    let client = redis::Client::open(address).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut keys = redis::cmd("KEYS");
    let keys: Vec<String> = keys.arg("livecap:*:log:*").query_async(&mut connection).await.unwrap();
    let ask = async |words: &[&str], connection: &mut redis::aio::MultiplexedConnection| -> f64 {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async::<f64>(connection).await.unwrap()
    };
    let whole = ask(&["MEMORY", "USAGE", &keys[0], "SAMPLES", "0"], &mut connection).await;
    whole / ask(&["XLEN", &keys[0]], &mut connection).await
}
