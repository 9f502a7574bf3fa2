//! `livecap bench`, typed as somebody would, on the bundled recording with the bundled model.
use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Ended, ended, livecap};

async fn bench(folder: &Path, arguments: &[&str]) -> Ended {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.toml");
    let mut all = vec!["bench", demo.to_str().unwrap()];
    all.extend(arguments);
    ended(livecap(folder, &all)).await
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut keys: [&str; N]) -> Vec<&str> {
    keys.sort_unstable();
    keys.to_vec()
}

fn check_summary(value: &Value) {
    assert_eq!(keys(value), sorted(["p50", "p95", "p99", "max", "n"]));
    let of = |key: &str| value[key].as_f64().unwrap();
    assert!(of("p50") <= of("p95") && of("p95") <= of("p99") && of("p99") <= of("max"), "{value}");
    assert!(value["n"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn the_report_has_the_shape_that_is_promised() {
    let folder = folder();
    let ran = bench(folder.path(), &["--speed", "max", "--json"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let promised = sorted([
        "machine",
        "commit",
        "model",
        "threads",
        "speed",
        "audio_s",
        "wer",
        "latency_ms",
        "lag_ms",
        "erasure",
        "committed_changes",
        "silence_words_per_min",
        "gaps",
        "lost_finals",
        "duplicate_finals",
        "stages",
        "end_to_end_ms",
        "glass_to_glass_ms",
        "endpoint_ms",
        "sum_error",
        "memory_mb",
    ]);
    assert_eq!(keys(&report), promised);
    assert_eq!(report["speed"], "max");
    assert_eq!(report["model"]["name"], "demo");
    assert_eq!(report["model"]["sha256"].as_str().unwrap().len(), 64);
    assert!((23.0..25.0).contains(&report["audio_s"].as_f64().unwrap()));
    assert_eq!(keys(&report["wer"]), sorted(["unit", "offline", "unpaced", "realtime", "words"]));
    assert_eq!(report["wer"]["offline"], Value::Null);
    assert_eq!(report["wer"]["words"], 55);
    assert!(report["wer"]["unpaced"].as_f64().unwrap() <= 0.05);
    let kinds =
        sorted(["first_seen", "settled", "committed", "final", "first_partial", "finalisation"]);
    assert_eq!(keys(&report["latency_ms"]), kinds);
    // Without a pace no word has a moment at which it was said.
    assert!(report["latency_ms"].as_object().unwrap().values().all(Value::is_null));
    assert_eq!(keys(&report["lag_ms"]), sorted(["mean", "max", "slope_per_min"]));
    assert!(report["lag_ms"].as_object().unwrap().values().all(Value::is_null));
    for none in ["committed_changes", "gaps", "lost_finals", "duplicate_finals"] {
        assert_eq!(report[none], 0, "{none}");
    }
    assert_eq!(report["silence_words_per_min"], 0.0);
    assert!(report["erasure"].as_f64().unwrap() < 0.5);
    let stages = report["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["talk", "speech", "english", "web"]);
    for stage in stages {
        let promised = sorted([
            "name",
            "rtf",
            "wait_ms",
            "service_ms",
            "age_ms",
            "items",
            "dropped",
            "coalesced",
            "counts",
        ]);
        assert_eq!(keys(stage), promised);
        assert!(stage["items"].as_u64().unwrap() > 5, "{stage}");
    }
    assert!((0.0..2.0).contains(&stages[2]["rtf"].as_f64().unwrap()), "{}", stages[2]);
    assert_eq!(report["glass_to_glass_ms"], Value::Null);
}

#[tokio::test]
async fn a_browser_tells_when_captions_were_painted() {
    let folder = folder();
    let arguments = ["--speed", "4", "--json", "--browser"];
    let ran = bench(folder.path(), &arguments).await;
    if ran.err.contains("there is no browser") {
        println!("skipped: no browser on this machine");
        return;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let painted = &report["glass_to_glass_ms"];
    check_summary(painted);
    // Nothing twice. How many were painted depends on this machine: a partial that another follows before the next frame is not, and
    // none is told of before the page knows the server's clock.
    let count = |summary: &Value| summary["n"].as_u64().unwrap();
    let (painted, published) = (count(painted), count(&report["end_to_end_ms"]));
    assert!(published >= 9, "nine finals, and what led to them: {published}");
    assert!((1..=published).contains(&painted), "{painted} of {published}");
}

#[tokio::test]
async fn a_browser_that_is_none_is_refused_with_the_reason() {
    let folder = folder();
    for (program, why) in [("no-such-browser", "there is no browser"), ("true", "ended before")] {
        let browser = format!("--browser={program}");
        let ran = bench(folder.path(), &["--speed", "4", &browser]).await;
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(why) && ran.err.contains(program), "{}", ran.err);
    }
}

#[tokio::test]
async fn a_paced_run_has_every_latency_and_its_logs_and_page() {
    let folder = folder();
    let arguments = [
        "--speed",
        "4",
        "--json",
        "--event-log",
        "logs",
        "--html",
        "page.html",
        "--compare",
        "a.json",
    ];
    let before = r#"{ "latency_ms": {}, "audio_s": 10.0 }"#;
    fs::write(folder.path().join("a.json"), before).unwrap();
    let ran = bench(folder.path(), &arguments).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["speed"], 4.0);
    report["latency_ms"].as_object().unwrap().values().for_each(check_summary);
    check_summary(&report["end_to_end_ms"]);
    for stage in ["speech", "english", "web"] {
        let stages = report["stages"].as_array().unwrap();
        let stage = stages.iter().find(|it| it["name"] == stage).unwrap();
        ["wait_ms", "service_ms", "age_ms"].iter().for_each(|it| check_summary(&stage[it]));
    }
    assert!(
        report["lag_ms"]["mean"].as_f64().unwrap() <= report["lag_ms"]["max"].as_f64().unwrap()
    );
    assert!(report["sum_error"].as_f64().unwrap() <= 0.05, "{}", report["sum_error"]);
    assert_eq!(report["endpoint_ms"], 750);
    assert!(ran.err.lines().any(|it| it.starts_with("audio_s")), "{}", ran.err);
    check_logs(&folder.path().join("logs"));
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(!page.contains("src=") && !page.contains("href="), "it needs nothing else");
}

/// As the tools they are for read them.
fn check_logs(folder: &Path) {
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let text = read("english.txt");
    let mut shown: Vec<String> = Vec::new();
    for (number, line) in read("english.simulstream.jsonl").lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        if number == 0 {
            assert_eq!(line["metadata"]["wav_name"], "demo.flac");
            continue;
        }
        let tokens =
            |key: &str| -> Vec<String> { serde_json::from_value(line[key].clone()).unwrap() };
        let deleted = tokens("deleted_tokens");
        let kept = shown.len() - deleted.len();
        assert_eq!(shown.split_off(kept), deleted);
        shown.extend(tokens("generated_tokens"));
        assert!(line["total_audio_processed"].as_f64().unwrap() <= 24.0);
        assert!(line["computation_time"].as_f64().unwrap() >= 0.0);
    }
    assert_eq!(shown.join(" "), text.trim());
    let mut emitted = Vec::new();
    let mut last = 0.0;
    for line in read("english.emission.txt").lines() {
        let mut fields = line.splitn(4, ' ');
        let at: f64 = fields.next().unwrap().parse().unwrap();
        assert!(last <= at, "{line}");
        last = at;
        let mut milliseconds = || fields.next().unwrap().parse::<u32>().unwrap();
        assert!(milliseconds() <= milliseconds(), "{line}");
        let words = fields.next().unwrap();
        assert!(words.starts_with(' '), "{line}");
        emitted.push(words.trim().to_owned());
    }
    assert_eq!(emitted.join(" "), text.trim());
    assert_eq!(read("gold.tsv").lines().count(), 55);
}

#[tokio::test]
async fn another_recording_is_measured_against_its_own_reference() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    fs::copy(demo, path("talk.flac")).unwrap();
    fs::write(path("talk.txt"), "not what is said").unwrap();
    let ran = bench(folder.path(), &["--input", "talk.flac", "--speed", "max"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("of 4 words"), "{}", ran.out);
    fs::write(path("other.json"), r#"{ "text": "one two" }"#).unwrap();
    let arguments = ["--input", "talk.flac", "--reference", "other.json", "--speed", "max"];
    let ran = bench(folder.path(), &arguments).await;
    assert!(ran.out.contains("of 2 words"), "{}", ran.out);
}

#[tokio::test]
async fn a_sweep_tells_the_headroom() {
    let folder = folder();
    let form = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(folder.path().join("quiet.wav"), form).unwrap();
    (0..16_000).for_each(|_| wav.write_sample(0i16).unwrap());
    wav.finalize().unwrap();
    let ran = bench(folder.path(), &["--input", "quiet.wav", "--sweep", "speed", "--json"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let swept: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(keys(&swept), sorted(["machine", "commit", "sweep", "headroom", "runs"]));
    let runs = swept["runs"].as_array().unwrap();
    let bounded = runs.iter().filter(|it| it["bounded"] == true);
    let best = bounded.map(|it| it["at"].as_f64().unwrap()).fold(f64::NAN, f64::max);
    assert_eq!(swept["headroom"].as_f64().unwrap(), best);
    // A second of silence is nothing for any machine.
    assert!(best >= 2.0, "{swept}");
}

#[tokio::test]
async fn what_cannot_be_measured_is_refused_with_the_reason() {
    let folder = folder();
    fs::write(folder.path().join("bad.json"), "{}").unwrap();
    let refused = async |arguments: &[&str], reason: &str| {
        let ran = bench(folder.path(), arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        assert!(ran.err.contains(reason), "{}", ran.err);
    };
    refused(&["--speed", "0"], "0.001 to 1000, `max` or `offline`").await;
    refused(&["--reference", "nope.json"], "nope.json").await;
    refused(&["--reference", "bad.json"], "`bad.json` is not a reference: missing field `text`")
        .await;
    refused(&["--input", "nope.flac"], "there is no file `nope.flac`").await;
    refused(&["--compare", "bad.json", "--speed", "max"], "livecap bench FILE --json").await;
    refused(&["--sweep", "speed", "--speed", "2"], "cannot be used with").await;
    let pipeline = |text: &str| fs::write(folder.path().join("p.toml"), text).unwrap();
    pipeline("[pcm.in]\n[whisper.a]\nfrom = \"in\"\nmodel = \"demo\"\n");
    let ran = ended(livecap(folder.path(), &["bench", "p.toml"])).await;
    assert_eq!(ran.code, Some(2));
    pipeline(
        "[pcm.in]\n[resample.s]\nfrom = \"in\"\n[whisper.a]\nfrom = \"s\"\nmodel = \"demo\"\n[broadcast.web]\nfrom = \"a\"\nlisten = \"127.0.0.1:0\"\n",
    );
    let ran = ended(livecap(folder.path(), &["bench", "p.toml"])).await;
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("`pcm.in` is not a recording: name one with `--input AUDIO`"),
        "{}",
        ran.err
    );
}
