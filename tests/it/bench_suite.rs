//! `livecap bench --suite`, typed as somebody would, on folders of recordings made here.
use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    program::{Ended, ended, livecap},
    random_model::multilingual,
};

async fn bench(folder: &Path, arguments: &[&str]) -> Ended {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.toml");
    let mut all = vec!["bench", demo.to_str().unwrap(), "--suite", "suite"];
    all.extend(arguments);
    ended(livecap(folder, &all)).await
}

/// The shipped recording with its reference.
fn suite() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    fs::create_dir(folder.path().join("suite")).unwrap();
    for name in ["demo.flac", "demo.json"] {
        fs::copy(shipped.join(name), folder.path().join("suite").join(name)).unwrap();
    }
    folder
}

fn put(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join("suite").join(name), text).unwrap();
}

/// A second of silence in which nothing is said.
fn put_silence(folder: &TempDir, name: &str, reference: &str) {
    let form = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let path = folder.path().join("suite").join(format!("{name}.wav"));
    let mut wav = hound::WavWriter::create(path, form).unwrap();
    (0..16_000).for_each(|_| wav.write_sample(0i16).unwrap());
    wav.finalize().unwrap();
    put(folder, &format!("{name}.json"), reference);
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_piece_is_measured_and_a_broken_one_is_named() {
    let folder = suite();
    put(&folder, "broken.flac", "no sound");
    put(&folder, "broken.txt", "said");
    put(&folder, "lonely.flac", "no reference, and so no piece");
    put_silence(&folder, "quiet", r#"{ "text": "" }"#);
    let ran = bench(folder.path(), &["--speed", "offline", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(names(&report["pieces"]), ["demo", "quiet"]);
    assert_eq!(names(&report["failed"]), ["broken"]);
    let why = report["failed"][0]["why"].as_str().unwrap();
    assert!(why.contains("broken.flac"), "{why}");
    assert_eq!((&report["model"]["name"], &report["speed"]), (&json!("demo"), &Value::Null));
    let [demo, quiet, total] = [&report["pieces"][0], &report["pieces"][1], &report["total"]];
    assert_eq!(
        (&demo["words"], &quiet["words"], &total["words"]),
        (&json!(55), &json!(0), &json!(55))
    );
    let wer = &demo["wer"]["offline"];
    assert!(wer["rate"].as_f64().unwrap() <= 0.05, "{wer}");
    let errors = |it: &Value| -> u64 {
        let of = |kind: &str| it["wer"]["offline"][kind].as_u64().unwrap();
        of("substituted") + of("deleted") + of("inserted")
    };
    assert_eq!(wer["rate"].as_f64().unwrap(), errors(demo) as f64 / 55.0);
    assert_eq!(errors(total), errors(demo) + errors(quiet));
    assert_eq!(quiet["wer"]["offline"]["rate"], Value::Null);
    let nothing = [demo, quiet, total].map(|it| it["words_from_nothing"].clone());
    assert_eq!(nothing, [Value::Null, json!(0), json!(0)]);
    for row in [demo, quiet, total] {
        assert_eq!((&row["wer"]["unpaced"], &row["wer"]["realtime"]), (&Value::Null, &Value::Null));
        assert!(row["latency_ms"].as_object().unwrap().values().all(Value::is_null), "{row}");
        assert_eq!(row["committed_changes"], 0);
    }
    let seconds = [demo, quiet, total].map(|it| it["audio_s"].as_f64().unwrap());
    assert!(
        (seconds[0] + seconds[1] - seconds[2]).abs() < 1e-6 && seconds[0] > 23.0,
        "{seconds:?}"
    );
    if cfg!(target_os = "linux") {
        let most = [demo, quiet, total].map(|it| it["memory_mb"].as_f64().unwrap());
        assert_eq!(most[2], most[0].max(most[1]));
        assert!(demo["cpu_s_per_s"]["offline"].as_f64().unwrap() > 0.0);
    }
}

#[tokio::test]
async fn the_table_has_a_row_a_piece_and_word_times_may_lie_beside() {
    let folder = suite();
    let demo = fs::read_to_string(folder.path().join("suite/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let sentences = demo["sentences"].as_array().unwrap();
    let words: Vec<&Value> =
        sentences.iter().flat_map(|it| it["words"].as_array().unwrap()).collect();
    put(&folder, "demo.json", &json!({ "text": demo["text"], "language": "en" }).to_string());
    put(&folder, "demo.words.json", &serde_json::to_string(&words).unwrap());
    let ran = bench(folder.path(), &["--speed", "4", "--json"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let latencies = &report["total"]["latency_ms"];
    assert!(latencies["settled"]["n"].as_u64().unwrap() > 40, "{latencies}");
    // Nobody says when its sentences begin.
    assert_eq!(
        (&latencies["first_partial"], &latencies["finalisation"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(report["total"]["lag_ms"]["slope_per_min"], Value::Null);
    assert!(report["pieces"][0]["lag_ms"]["slope_per_min"].is_number());

    put(&folder, "demo.words.json", "{}");
    put_silence(&folder, "quiet", r#"{ "text": "" }"#);
    let ran = bench(folder.path(), &["--speed", "offline"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let rows: Vec<String> = ran.out.lines().skip(5).map(first).collect();
    assert_eq!(rows, ["piece", "quiet", "total", "", "1", "demo"], "{}", ran.out);
    assert!(ran.out.contains("demo.words.json` has no word times"), "{}", ran.out);

    let ran =
        bench(folder.path(), &["--speed", "offline", "--only", "qui", "--threads", "1"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("1 threads") && !ran.out.contains("failed"), "{}", ran.out);
}

#[tokio::test]
async fn a_reference_tells_a_model_of_many_languages_what_is_spoken() {
    let folder = suite();
    fs::write(folder.path().join("random.bin"), multilingual(1)).unwrap();
    for (name, language) in [("german", "de"), ("several", "mixed"), ("unknown", "xx")] {
        let reference = json!({ "text": "", "language": language });
        put_silence(&folder, name, &reference.to_string());
    }
    fs::remove_file(folder.path().join("suite/demo.json")).unwrap();
    let arguments = ["--speed", "offline", "--json", "--model", "./random.bin"];
    let ran = bench(folder.path(), &arguments).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["model"]["name"], "random.bin");
    assert_eq!(names(&report["pieces"]), ["german", "several"]);
    let why = report["failed"][0]["why"].as_str().unwrap();
    assert!(why.contains("knows no language `xx`"), "{why}");
    // A model of English alone hears English in everything.
    let ran = bench(folder.path(), &["--speed", "offline", "--json"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[tokio::test]
async fn a_suite_that_cannot_be_run_is_refused_with_the_reason() {
    let folder = suite();
    let refused = async |arguments: &[&str], reason: &str| {
        let ran = bench(folder.path(), arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        assert!(ran.err.contains(reason), "{}", ran.err);
    };
    refused(&["--only", "nobody"], "whose name contains `nobody`").await;
    refused(&["--model", "no-such-model"], "there is no model `no-such-model`").await;
    refused(&["--sweep", "speed"], "cannot be used with").await;
    refused(&["--threads", "0"], "--threads").await;
    fs::remove_file(folder.path().join("suite/demo.json")).unwrap();
    refused(&[], "beside `NAME.flac`").await;
    fs::remove_dir_all(folder.path().join("suite")).unwrap();
    refused(&[], "cannot read `suite`").await;
}
