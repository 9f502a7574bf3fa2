//! What a reviewer would otherwise have to remember: who may use whom, which crates are fenced in, how a file begins.
#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/imports.rs"]
mod imports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each module with those it may use, lowest first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("message", &[]),
    ("languages", &[]),
    ("logic", &["message", "languages"]),
    ("spec", &["message", "languages"]),
    ("models", &[]),
    ("http_client", &[]),
    ("blas", &[]),
    ("flow", &[]),
    ("wire", &["message", "logic", "flow"]),
    ("journal", &["logic", "flow", "wire"]),
    ("host", &["flow", "logic"]),
    ("serve", &["message", "logic", "flow", "wire"]),
    (
        "stages",
        &["message", "languages", "logic", "models", "http_client", "flow", "wire", "serve"],
    ),
    ("assemble", ALL),
    ("cli", ALL),
];

const ALL: &[&str] = &[
    "message",
    "languages",
    "logic",
    "spec",
    "models",
    "http_client",
    "flow",
    "wire",
    "journal",
    "host",
    "serve",
    "stages",
    "assemble",
];

/// Outside crates with the only places that may name them.
const FENCED: &[(&str, &[&str])] = &[
    ("toml", &["src/spec/", "src/models/", "src/cli/report/"]),
    ("zip", &["src/models/import/container.rs", "src/cli/report/pack.rs"]),
    ("half", &["src/models/import/", "src/models/repack.rs", "src/blas/"]),
    ("annotate_snippets", &["src/spec/"]),
    ("ractor", &["src/host/"]),
    ("cpal", &["src/stages/microphone/"]),
    ("rtrb", &["src/stages/microphone/"]),
    ("symphonia", &["src/stages/recording/"]),
    ("symphonia_adapter_libopus", &["src/stages/recording/"]),
    ("rubato", &["src/stages/resample/"]),
    ("audioadapter_buffers", &["src/stages/resample/"]),
    ("flacenc", &["src/stages/record/"]),
    (
        "rustix",
        &[
            "src/stages/command.rs",
            "src/stages/microphone/stderr_capture.rs",
            "src/cli/bench/browser.rs",
            "src/serve/addresses.rs",
        ],
    ),
    ("whisper_rs", &["src/stages/whisper"]),
    ("livecap_blas", &["src/stages/whisper"]),
    ("gemm_common", &["src/blas/"]),
    ("gemm_f32", &["src/blas/"]),
    ("hdrhistogram", &["src/logic/histogram.rs"]),
    ("plotters", &["src/cli/bench/html.rs"]),
    ("rustvani_vad", &["src/stages/recognise/voice.rs"]),
    ("socketioxide", &["src/serve/"]),
    ("engineioxide", &["src/serve/"]),
    ("socketioxide_core", &["src/serve/"]),
    ("socketioxide_redis", &["src/serve/cluster/"]),
    (
        "rand",
        &["src/serve/", "src/cli/listen.rs", "src/stages/microphone/cookie.rs", "src/journal/"],
    ),
    ("rusqlite", &["src/journal/"]),
    ("redis", &["src/serve/cluster/"]),
    ("base64", &["src/serve/cluster/", "src/serve/speakers/doors/", "src/cli/client/"]),
    ("axum", &["src/serve/"]),
    ("hyper", &["src/serve/"]),
    ("hyper_util", &["src/serve/"]),
    (
        "reqwest",
        &[
            "src/http_client.rs",
            "src/cli/models/",
            "src/cli/client/",
            "src/stages/translate/",
            "src/cli/report/running.rs",
        ],
    ),
    ("httpdate", &["src/stages/translate/"]),
    ("flate2", &["src/serve/http/event_pages.rs"]),
    ("if_addrs", &["src/serve/addresses.rs"]),
    ("jiff", &["src/spec/start_time.rs", "src/serve/captions/docx.rs"]),
    ("docx_rs", &["src/serve/captions/docx.rs"]),
    ("quick_xml", &["src/logic/ttml.rs", "src/serve/captions/docx.rs"]),
    ("qrcode", &["src/cli/addresses.rs"]),
    ("regex", &["src/logic/replace/", "src/spec/file/text.rs", "src/cli/report/redact.rs"]),
    ("prometheus_client", &["src/serve/http/metrics.rs", "src/serve/http/speaker_metrics.rs"]),
    ("utoipa_axum", &["src/serve/http/api.rs"]),
    ("tokio_rustls", &["src/serve/", "src/cli/client/"]),
    ("rustls_native_certs", &["src/cli/client/"]),
    ("percent_encoding", &["src/cli/client/", "src/serve/speakers/doors/"]),
    ("tokio_tungstenite", &["src/cli/client/", "src/serve/speakers/"]),
    ("unicode_normalization", &["src/logic/spoken/", "src/logic/replace/", "src/journal/index.rs"]),
    ("text2num", &["src/logic/spoken/digits.rs"]),
    ("icu_segmenter", &["src/logic/script.rs"]),
    ("unicode_width", &["src/logic/script.rs"]),
    ("clap", &["src/cli/", "src/main.rs"]),
    ("indicatif", &["src/cli/"]),
    ("console", &["src/cli/"]),
];

/// No folder but that of the stages, which are many small ones, holds a greater share of the code.
const GREATEST_SHARE: f64 = 0.25;

/// A reader folds a file of this length in the mind; past it, split by rule or by kind.
const LONGEST_FILE: usize = 400;

#[test]
fn modules_only_use_those_that_the_architecture_allows() {
    for (path, text) in sources() {
        let here = module_of(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(module, _)| *module == here) else {
            continue;
        };
        for used in paths_after(&text, "crate::") {
            let known = MAY_USE.iter().any(|(module, _)| *module == used);
            let fine = !known || used == here || allowed.contains(&used.as_str());
            assert!(fine, "{}: `{here}` may not use `{used}`", path.display());
        }
    }
}

#[test]
fn no_module_is_allowed_to_use_one_above_it() {
    for (at, (module, allowed)) in MAY_USE.iter().enumerate() {
        let above =
            MAY_USE[at..].iter().find(|(above, _)| allowed.contains(above) && above != module);
        assert!(above.is_none(), "`{module}` may use {above:?}");
    }
}

#[test]
fn every_module_stands_in_the_table() {
    for (path, _) in sources() {
        let module = module_of(&path);
        let known = ["lib", "main"].contains(&module.as_str())
            || MAY_USE.iter().any(|(it, _)| *it == module);
        assert!(
            known,
            "{}: give `{module}` its place in MAY_USE, and in ARCHITECTURE.md",
            path.display()
        );
    }
}

#[test]
fn no_folder_holds_most_of_the_code() {
    let mut lines = BTreeMap::<String, usize>::new();
    for (path, text) in sources() {
        *lines.entry(module_of(&path)).or_default() += text.lines().count();
    }
    let all: usize = lines.values().sum();
    for (module, lines) in lines.iter().filter(|(module, _)| *module != "stages") {
        let share = *lines as f64 / all as f64;
        assert!(share <= GREATEST_SHARE, "`{module}` is {:.0} % of `src`; split it", share * 100.0);
    }
}

#[test]
fn fenced_crates_are_named_in_their_own_places_only() {
    for (path, text) in sources() {
        let place = path.to_string_lossy().replace('\\', "/");
        for (fenced, places) in FENCED {
            let named = names_crate(&text, fenced);
            let fine = !named || places.iter().any(|it| place.starts_with(it));
            assert!(fine, "{place}: `{fenced}` is only to be named in {}", places.join(", "));
        }
    }
}

#[test]
fn pure_layers_read_no_clock_open_no_channel_and_spawn_nothing() {
    for (path, text) in sources() {
        let tests = path.to_string_lossy().ends_with("_tests.rs");
        if tests || !["message", "languages", "logic"].contains(&module_of(&path).as_str()) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for banned in
            ["Instant::now", "SystemTime::now", "spawn(", "mpsc", "oneshot", "std::fs", "std::env"]
        {
            assert!(!code.contains(banned), "{}: `{banned}` in a pure layer", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    let tests =
        files_under(Path::new("tests")).into_iter().chain(files_under(Path::new("benches")));
    for (path, text) in sources().into_iter().chain(tests) {
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! "),
            "{}: begin with one `//!` line of purpose",
            path.display()
        );
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{}: {lines} lines; split it by rule or by kind",
            path.display()
        );
    }
}

/// The module of `src/` that a file belongs to.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// First names behind `prefix`, in `use crate::{a, b::c}` too.
fn paths_after(text: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => drop(names.insert(first_name(rest))),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        letter if start && letter.is_alphabetic() => {
                            names.insert(first_name(&group[at..]));
                            start = false;
                        }
                        _ => (),
                    }
                }
            }
        }
    }
    names
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
}

/// Whether code (no comment) names the crate as the root of a path.
fn names_crate(text: &str, name: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.into_iter().any(|line| {
        line.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|it| !it.is_alphanumeric() && it != '_' && it != ':')
        })
    })
}

fn sources() -> Vec<(PathBuf, String)> {
    files_under(Path::new("src"))
}

fn files_under(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                found.push((entry, text));
            }
        }
    }
    assert!(!found.is_empty(), "the tests run in the project's folder");
    found
}
