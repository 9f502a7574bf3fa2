//! Hours of sound, unpaced, through the real program to a real client: memory, and whether every final comes once.
use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use livecap::{
    cli::client::Client,
    logic::{reference::Reference, wer::WordErrors},
    wire::{CaptionEvent, CaptionKind, GapEvent},
};
use serde_json::json;

use crate::{
    rows::Pipeline,
    sounds::{self, shipped},
};

/// Minutes of sound per row of the table.
const MINUTES_PER_ROW: f64 = 10.0;

/// What the client received.
#[derive(Default)]
struct Received {
    /// How often each sequence number came.
    numbers: BTreeMap<u64, usize>,
    gaps: usize,
    /// The middle of each final in seconds, and its text.
    finals: Vec<(f64, String)>,
    /// The sequence number after the last one, as the server states it.
    next: u64,
}

pub(crate) fn measure(folder: &Path, hours: f64) {
    let talk = shipped("pipelines/bench.flac");
    let reference = fs::read(talk.with_extension("json")).expect("it is shipped");
    let reference: Reference = serde_json::from_slice(&reference).expect("it is a reference");
    let sound = folder.join("hours.wav");
    let (seconds, times) = sounds::write_repeated(&talk, hours * 60.0, &sound);
    let file = folder.join("hours.toml");
    let pipeline = Pipeline { model: "demo".to_owned(), set: Vec::new() };
    let text = pipeline.file(&sound).replace("speed = 1.0", "speed = \"max\"");
    fs::write(&file, text).expect("cargo's folder can be written to");
    let mut program = Command::new(env!("CARGO_BIN_EXE_livecap"))
        .args(["run", "--exit"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("livecap was built");
    let mut log = BufReader::new(program.stderr.take().expect("it is piped"));
    let address = address(&mut log);
    let rest_of_log = std::thread::spawn(move || io::copy(&mut log, &mut io::stderr()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let received = runtime.expect("a runtime starts").block_on(listen(&address, &program));
    let status = program.wait().expect("it was started");
    rest_of_log.join().expect("it only reads").expect("standard error takes it");
    assert!(status.success(), "livecap ended with {status}");
    report(&received, &reference, (seconds, times));
}

/// The address that the program logs.
fn address(log: &mut impl BufRead) -> String {
    let mut line = String::new();
    while log.read_line(&mut line).expect("it is text") > 0 {
        if let Some((_, address)) = line.split_once("listening on ") {
            return address.trim().to_owned();
        }
        line.clear();
    }
    panic!("livecap ended before it listened");
}

async fn listen(address: &str, program: &Child) -> Received {
    let mut client = Client::connect(address, json!({ "v": 1, "from": 0, "partials": false }))
        .await
        .expect("it takes clients");
    println!("| minutes of sound | finals | resident, MB |\n|---|---|---|");
    let (mut received, mut row) = (Received::default(), 0.0);
    while let Some(mut event) = client.next().await.expect("it keeps its clients") {
        let data = event.args.drain(..).next().unwrap_or_default();
        match event.name.as_str() {
            "caption" => {
                let caption: CaptionEvent = serde_json::from_value(data).expect("a caption");
                if caption.kind == CaptionKind::Final {
                    *received.numbers.entry(caption.seq).or_default() += 1;
                    received.finals.push(((caption.start + caption.end) / 2.0, caption.text));
                }
                if caption.end / 60.0 >= row {
                    let (minutes, finals) = (caption.end / 60.0, received.finals.len());
                    println!("| {minutes:.0} | {finals} | {:.1} |", resident(program));
                    row += MINUTES_PER_ROW;
                }
            }
            "gap" => {
                let gap: GapEvent = serde_json::from_value(data).expect("a gap");
                received.gaps += 1;
                gap.seq.into_iter().for_each(|it| *received.numbers.entry(it).or_default() += 1);
            }
            "end" => {
                received.next = data["next"].as_u64().expect("it says how many there were");
                return received;
            }
            _ => (),
        }
    }
    panic!("livecap hung up before the end");
}

/// Prints what was lost or duplicated, and the WER of each repetition. Exits with 1 if anything was lost or duplicated.
fn report(received: &Received, reference: &Reference, (seconds, times): (f64, usize)) {
    let lost = (1..received.next).filter(|it| !received.numbers.contains_key(it)).count();
    let duplicated = received.numbers.values().filter(|it| **it > 1).count();
    let text = |time: usize| -> String {
        let within = received.finals.iter().filter(|it| (it.0 / seconds) as usize == time);
        within.map(|it| it.1.as_str()).collect::<Vec<_>>().join(" ")
    };
    let errors: Vec<WordErrors> =
        (0..times).map(|time| WordErrors::between(&reference.text, &text(time), "en")).collect();
    let rates: Vec<f64> = errors.iter().filter_map(|it| Some(it.rate()? * 100.0)).collect();
    let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let most = rates.iter().copied().fold(0.0, f64::max);
    let mean = rates.iter().sum::<f64>() / rates.len().max(1) as f64;
    println!(
        "\n{times} times the same talk: {} numbered events, {lost} lost, {duplicated} duplicated, {} gaps; \
         WER of each time {least:.2} to {most:.2} %, mean {mean:.2} %",
        received.next - 1,
        received.gaps
    );
    if lost + duplicated + received.gaps > 0 {
        std::process::exit(1);
    }
}

/// The resident memory of the program in megabytes (10⁶ bytes); 0 where it cannot be read.
fn resident(program: &Child) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|it| it.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kibibytes.unwrap_or_default() * 1024.0 / 1e6
}
