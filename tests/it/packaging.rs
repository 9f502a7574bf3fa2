//! What packages carry beside the program fits the program: names of metrics, the pipeline file of the service, files that are there.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::program::{Program, ask, livecap};

fn in_packaging(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file)
}

fn read(file: &str) -> String {
    let path = in_packaging(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every word of a text that is named as our metrics are.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    // Names of packages are written `livecap_VERSION_amd64.deb`, and `livecap_*.deb`.
    let is_metric = |it: &&str| {
        it.strip_prefix("livecap_")
            .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_lowercase()))
    };
    words.filter(is_metric).collect()
}

/// The names that samples have: those of counters end in `_total`.
fn served(metrics: &str) -> BTreeSet<String> {
    let types = metrics.lines().filter_map(|it| it.strip_prefix("# TYPE "));
    let names = types.map(|it| match it.split_once(' ').unwrap() {
        (name, "counter") => format!("{name}_total"),
        (name, _) => name.to_owned(),
    });
    names.collect()
}

/// Of a writer in a cluster whose Redis is not there, with a translator whose service is not there either: such a server has all of
/// them.
async fn all_metrics() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = "[lines.typed]\n\
                    [translate.dutch]\nfrom = \"typed\"\nto = \"nl\"\nprovider = \"libretranslate\"\nurl = \"http://127.0.0.1:1\"\n\
                    [broadcast.web]\nfrom = [\"typed\", \"dutch\"]\nlisten = \"127.0.0.1:0\"\n\
                    cluster = \"redis://127.0.0.1:1/\"\n";
    fs::write(folder.path().join("pipeline.toml"), pipeline).unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    command.stdin(std::process::Stdio::piped());
    let mut program = Program::start(command);
    let address = program.address().await;
    program.write("good morning\n").await;
    assert_eq!(program.line().await.as_deref(), Some("good morning"));
    // Both begin with the first caption, which comes to the terminal, the server and the translator at their own times.
    let metrics = loop {
        let metrics = ask(&address, "GET", "/metrics", "").await;
        if metrics.contains("livecap_lag_seconds ")
            && metrics.contains("livecap_stage_counts_total{")
        {
            break metrics;
        }
    };
    program.signal("KILL").await;
    program.exit().await;
    served(&metrics)
}

#[tokio::test]
async fn every_metric_that_a_rule_a_panel_or_a_guide_names_is_served() {
    let served = all_metrics().await;
    let guide = |file: &str| fs::read_to_string(in_packaging("../docs").join(file)).unwrap();
    for (file, text) in [
        ("alerts.yml", read("monitoring/alerts.yml")),
        ("dashboard.json", read("monitoring/dashboard.json")),
        ("guides/server.md", guide("guides/server.md")),
        ("scale.md", guide("scale.md")),
    ] {
        let named = metrics_in(&text);
        assert!(!named.is_empty(), "{file} names no metric");
        let unknown: Vec<_> = named.into_iter().filter(|it| !served.contains(*it)).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}; there are {served:?}");
    }
}

#[test]
fn the_dashboard_is_json_whose_panels_ask_for_something() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("monitoring/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 5);
    for panel in panels {
        let asked = panel["targets"][0]["expr"].as_str().unwrap();
        assert!(asked.contains("livecap_"), "{}: {asked}", panel["title"]);
    }
}

/// This machine may lack its microphone and its model, and have something on its port; nothing else may be wrong.
#[cfg(all(feature = "microphone", feature = "whisper"))]
#[tokio::test]
async fn the_pipeline_file_of_the_service_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = in_packaging("etc/live.toml").display().to_string();
    let ended = crate::support::program::ended(livecap(folder.path(), &["check", &file])).await;
    let complaints = ended.err.lines().chain(ended.out.lines());
    let others: Vec<_> = complaints
        .filter(|it| it.starts_with("error["))
        .filter(|it| !["no-device", "no-model", "port-in-use"].iter().any(|code| it.contains(code)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(ended.out.contains("live.toml") || ended.err.contains("live.toml"), "{ended:?}");
}

#[test]
fn every_file_that_packages_name_is_there_and_the_unit_runs_what_is_installed() {
    let list = read("files.txt");
    let files: Vec<_> = list
        .lines()
        .filter(|it| !it.starts_with('#') && !it.is_empty())
        .map(|it| it.split_whitespace().collect::<Vec<_>>())
        .collect();
    for file in &files {
        let [source, place] = file[..] else { panic!("a source and a place: {file:?}") };
        let source = in_packaging("..").join(source);
        assert!(source.exists(), "{} is not there", source.display());
        assert!(place.starts_with("usr/") || place.starts_with("etc/"), "{place}");
    }
    let unit = read("livecap@.service");
    for wanted in [
        "Type=notify",
        "ExecStartPre=/usr/bin/livecap check /etc/livecap/%i.toml",
        "ExecStart=/usr/bin/livecap run",
        "Environment=LIVECAP_MODELS=/var/lib/livecap/models",
    ] {
        assert!(unit.contains(wanted), "the unit has no `{wanted}`");
    }
}
