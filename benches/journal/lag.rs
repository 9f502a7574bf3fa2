//! The lag of viewers with a journal and without one: two broadcasts of one recogniser, one of them with a journal, so that the same
//! captions reach both kinds of viewers in the same run.
use std::{
    path::Path,
    process::Stdio,
    time::{SystemTime, UNIX_EPOCH},
};

use hdrhistogram::Histogram;
use livecap::cli::client::Client;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

/// From the newest sound of a caption until a viewer has it, in ms.
struct Lags {
    partials: Histogram<u64>,
    finals: Histogram<u64>,
}

pub(super) async fn run(recording: &str, model: &str, rounds: usize, viewers: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [mut without, mut with] = [Lags::new(), Lags::new()];
    for round in 0..rounds {
        let path = folder.path().join(format!("{round}.toml"));
        std::fs::write(&path, pipeline(recording, model)).expect("a pipeline file");
        let (_livecap, urls) = start(&path).await;
        let mut watching = JoinSet::new();
        for viewer in 0..2 * viewers {
            let client = Client::connect(&urls[viewer % 2], json!({ "v": 1 })).await;
            let client = client.expect("the broadcast lets a viewer in");
            watching.spawn(async move { (viewer % 2, watch(client).await) });
        }
        while let Some(watched) = watching.join_next().await {
            let (broadcast, lags) = watched.expect("it watches to the end");
            if broadcast == 0 { &mut without } else { &mut with }.add(&lags);
        }
    }
    println!(
        "{rounds} times {recording}, {viewers} viewers of each broadcast; lag from the newest sound to a viewer, ms"
    );
    println!("| | | deliveries | mean | p50 | p95 | p99 |\n|---|---|---|---|---|---|---|");
    row("partials", &without.partials, &with.partials);
    row("finals", &without.finals, &with.finals);
}

/// Each broadcast listens at a port that the system chooses.
fn pipeline(recording: &str, model: &str) -> String {
    let [recording, model] =
        [recording, model].map(|it| json!(std::path::absolute(it).unwrap_or_else(|_| it.into())));
    format!(
        "[recording.talk]\npath = {recording}\n\n\
         [whisper.words]\nfrom = \"talk\"\nmodel = {model}\n\n\
         [broadcast.bare]\nfrom = \"words\"\nlisten = \"127.0.0.1:0\"\n\n\
         [broadcast.kept]\nfrom = \"words\"\nlisten = \"127.0.0.1:0\"\n\n\
         [journal.book]\nfrom = \"kept\"\npath = \"talk.db\"\n"
    )
}

/// Runs the pipeline; the addresses of its broadcasts, in their order.
async fn start(pipeline: &Path) -> (Child, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command
        .args(["run", "--exit"])
        .arg(pipeline)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut process = command.spawn().expect("livecap starts");
    let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
    let (mut urls, mut log) = (Vec::new(), Vec::new());
    while urls.len() < 2 {
        let line = lines.next_line().await.expect("text");
        let line = line.unwrap_or_else(|| panic!("livecap ended:\n{}", log.join("\n")));
        if let Some((_, url)) = line.split_once("listening on ") {
            urls.push(url.to_owned());
        }
        log.push(line);
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (process, urls)
}

/// Until the pipeline has ended.
async fn watch(mut viewer: Client) -> Lags {
    let mut lags = Lags::new();
    while let Ok(Some(event)) = viewer.next().await {
        let Some(caption) = event.args.first().filter(|_| event.name == "caption") else {
            continue;
        };
        let Some(captured) = caption["at"]["captured"].as_u64() else { continue };
        let times = if caption["kind"] == "final" { &mut lags.finals } else { &mut lags.partials };
        times.record(now_us().saturating_sub(captured * 1000)).expect("it fits");
    }
    lags
}

impl Lags {
    fn new() -> Lags {
        let empty = || Histogram::new(4).expect("4 digits");
        Lags { partials: empty(), finals: empty() }
    }

    fn add(&mut self, other: &Lags) {
        self.partials.add(&other.partials).expect("it fits");
        self.finals.add(&other.finals).expect("it fits");
    }
}

fn row(what: &str, without: &Histogram<u64>, with: &Histogram<u64>) {
    let figures = |it: &Histogram<u64>| {
        let at = |part| it.value_at_quantile(part) as f64;
        [it.mean(), at(0.5), at(0.95), at(0.99)].map(|it| it / 1000.0)
    };
    let print = |how: &str, count: u64, figures: [f64; 4], digits: usize| {
        let figures = figures.map(|it| format!("{it:.digits$}")).join(" | ");
        println!("| {what} | {how} | {count} | {figures} |");
    };
    let (first, second) = (figures(without), figures(with));
    print("without", without.len(), first, 1);
    print("with", with.len(), second, 1);
    print("ratio", with.len(), std::array::from_fn(|it| second[it] / first[it]), 4);
}

fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}
