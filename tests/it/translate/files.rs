//! Subtitle files and corrected captions: the real binary on lines, and a whole recording in another language.
use std::{fs, path::Path};

use livecap::{logic::subtitle::LINE, wire::Line};

use super::*;
use crate::{
    run::shipped,
    support::program::{Program, ended, livecap, run},
};

/// Lines with times, as another livecap wrote them.
fn talk(texts: &[&str]) -> String {
    let line = |(n, text): (usize, &&str)| {
        let line = serde_json::json!({
            "type": "final", "text": text, "lang": "en", "segment": n, "start": n * 10, "end": n * 10 + 4,
        });
        format!("{line}\n")
    };
    texts.iter().enumerate().map(line).collect()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn each_language_has_its_subtitle_files_which_are_rolled_and_overwrite_nothing() {
    let service = Service::new([Turn::Translate, Turn::Status(400)]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("talk.jsonl"), talk(&["Good morning.", "Up & away.", "The end."]))
        .unwrap();
    fs::write(folder.join("session.en.srt"), "of yesterday").unwrap();
    let text = format!(
        "[lines.talk]\npath = \"talk.jsonl\"\n[translate.dutch]\nfrom = \"talk\"\nto = \"nl\"\nurl = \"{url}/v1\"\nin-flight = 1\n\
         [subtitles.srt]\nfrom = [\"talk\", \"dutch\"]\npath = \"session.{{lang}}.srt\"\nroll = \"20s\"\n\
         [subtitles.vtt]\nfrom = \"dutch\"\npath = \"session.vtt\"\n\
         [subtitles.txt]\nfrom = [\"talk\", \"dutch\"]\npath = \"{{track}}-{{lang}}.txt\"\n"
    );
    let ended = run(folder, &text).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(read(folder, "session.en.srt"), "of yesterday");
    assert_eq!(
        read(folder, "session.en-2.srt"),
        "1\n00:00:00,000 --> 00:00:04,000\nGood morning.\n\n2\n00:00:10,000 --> 00:00:14,000\nUp & away.\n\n"
    );
    assert_eq!(read(folder, "session.en-3.srt"), "1\n00:00:20,000 --> 00:00:24,000\nThe end.\n\n");
    // What could not be translated stands as it was said.
    assert_eq!(
        read(folder, "session.nl.srt"),
        "1\n00:00:00,000 --> 00:00:04,000\nNL Good morning.\n\n2\n00:00:10,000 --> 00:00:14,000\nUp & away.\n\n"
    );
    // Nobody told this one what was said.
    assert_eq!(
        read(folder, "session.vtt"),
        "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nNL Good morning.\n\n00:00:20.000 --> 00:00:24.000\nNL The end.\n\n"
    );
    assert_eq!(read(folder, "talk-nl.txt"), "NL Good morning.\nUp & away.\nNL The end.\n");
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_subtitles_that_can_be_played() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[lines.talk]\n[subtitles.srt]\nfrom = \"talk\"\npath = \"session.srt\"\n";
    fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    command.stdin(std::process::Stdio::piped());
    let mut program = Program::start(command);
    program.write(&talk(&["Good morning.", "The end."])).await;
    let whole = "1\n00:00:00,000 --> 00:00:04,000\nGood morning.\n\n2\n00:00:10,000 --> 00:00:14,000\nThe end.\n\n";
    let written = || fs::read_to_string(folder.path().join("session.srt")).unwrap_or_default();
    let mut looks = tokio::time::interval(MS);
    let is_there = async {
        while written() != whole {
            assert!(whole.starts_with(&written()), "{}", written());
            looks.tick().await;
        }
    };
    timeout(SOON, is_there).await.expect("it is written while the input goes on");
    program.signal("KILL").await;
    program.exit().await;
    assert_eq!(written(), whole);
}

#[tokio::test]
async fn captions_are_corrected_before_they_are_translated_and_after() {
    let service = Service::new([]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let talk = "{\"type\":\"intermediate\",\"segment\":0,\"text\":\"Welcome to life\",\"committed\":\"Welcome to life\"}\n\
                {\"type\":\"final\",\"segment\":0,\"text\":\"Welcome to life cap, darn it. Thanks for watching.\"}\n";
    fs::write(folder.join("talk.jsonl"), talk).unwrap();
    let text = format!(
        "[lines.talk]\npath = \"talk.jsonl\"\n[replace.names]\nfrom = \"talk\"\nqueue = {{ when-full = \"wait\" }}\nwords = {{ \"life cap\" = \"livecap\" }}\n\
         mask = [\"darn\"]\nunwanted = [\"thanks for watching\"]\n[translate.dutch]\nfrom = \"names\"\nto = \"nl\"\nurl = \"{url}/v1\"\n\
         [replace.dutch-names]\nfrom = \"dutch\"\npatterns = {{ \"NL (\\\\w+)\" = \"$1 in het Nederlands\" }}\n\
         [lines.out]\nfrom = [\"names\", \"dutch-names\"]\nqueue = {{ when-full = \"wait\" }}\n"
    );
    let ended = run(folder, &text).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let lines: Vec<Line> = ended.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let mut lines = lines.into_iter();
    let Some(Line::Intermediate(partial)) = lines.next() else { panic!("{}", ended.out) };
    // Either of the other two may be there first.
    let (mut last, mut dutch) = (None, None);
    for line in lines {
        match line {
            Line::Final(it) => last = Some(it),
            Line::Translation(it) => dutch = Some(it),
            it => panic!("{it:?}"),
        }
    }
    let (last, dutch) = (last.expect("a final"), dutch.expect("a translation"));
    // A phrase of three words may yet begin with any but the first: so only that one was promised.
    assert_eq!(
        (partial.text.as_str(), partial.committed.as_deref()),
        ("Welcome to life", Some("Welcome"))
    );
    assert_eq!(last.text, "Welcome to livecap, **** it.");
    assert_eq!(dutch.text, "Welcome in het Nederlands to livecap, **** it.");
    assert_eq!(partial.seq, 0);
    assert_eq!(last.seq + dutch.seq.unwrap(), 3);
}

#[tokio::test]
async fn a_recording_becomes_subtitles_in_another_language() {
    let service = Service::new([Turn::Status(400)]);
    let url = format!("{}/v1", service.serve().await);
    let folder = tempfile::tempdir().unwrap();
    let recording = shipped("demo.flac");
    let args = [
        "transcribe",
        &recording,
        "--model",
        "demo",
        "--format",
        "srt",
        "--to",
        "nl",
        "--url",
        &url,
    ];
    let it = ended(livecap(folder.path(), &args)).await;
    assert_eq!(it.code, Some(0), "{}", it.err);
    assert!(it.err.contains("some segments could not be translated"), "{}", it.err);
    let cues: Vec<&str> = it.out.trim_end().split("\n\n").collect();
    assert!(cues.len() >= 5, "{}", it.out);
    let marked = cues.iter().filter(|it| it.contains("NL ")).count();
    assert!(marked >= 4, "{}", it.out);
    assert!(it.out.lines().all(|line| line.chars().count() <= LINE), "{}", it.out);
    let wrong = ended(livecap(
        folder.path(),
        &["transcribe", &recording, "--model", "demo", "--url", &url],
    ))
    .await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("--to"), "{}", wrong.err);
}
