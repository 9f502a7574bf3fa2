//! A report becomes a pipeline again: what was heard then is its input, and nobody is told but this machine.
use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use toml::{Table, Value as Toml};

use super::super::exit::Trouble;
use super::pack::{EVENTS, PIPELINE, SOUND, Unpacked};

/// Kinds of stages that hear.
const SOURCES: [&str; 5] = ["microphone", "recording", "browser", "pcm", "command"];
/// Stages that keep what is told, in places of the machine that it came from; and what is between sound and captions.
const KEEPERS: [&str; 2] = ["journal", "record"];
/// Settings of a broadcast that belong to the machine that it came from.
const FOREIGN: [&str; 11] = [
    "viewer-token-env",
    "publish-token-env",
    "operator-token-env",
    "archive-token-env",
    "cert",
    "key",
    "cluster",
    "cluster-env",
    "public-url",
    "trusted-proxies",
    "origins",
];

/// Unpacks a report into a folder beside it. Returns the pipeline file there, which hears the sound of the report, or, without
/// one, reads the captions of its recognisers.
pub(crate) fn unpacked(report: &Path) -> Result<PathBuf, Trouble> {
    unpack(report).map_err(|why| Trouble::Told(format!("cannot run `{}`: {why}", report.display())))
}

fn unpack(report: &Path) -> Result<PathBuf, String> {
    let mut zip = Unpacked::open(report)?;
    let folder = report.with_extension("");
    if folder == report {
        return Err("its name needs an ending, such as `.zip`".to_owned());
    }
    let told = |it: std::io::Error| format!("`{}`: {it}", folder.display());
    fs::create_dir_all(&folder).map_err(told)?;
    let text = zip.text(PIPELINE)?;
    let mut file: Table = text.parse().map_err(|it| format!("`{PIPELINE}` in it: {it}"))?;
    if file.is_empty() {
        return Err("it has no pipeline, as `livecap live` has none: `livecap live --write` leaves one behind".to_owned());
    }
    let has_sound = zip.has(SOUND);
    let events = zip.text(EVENTS)?;
    if has_sound {
        zip.extract(SOUND, &folder)?;
        hear(&mut file);
    } else {
        for (name, lines) in read(&mut file, &events) {
            fs::write(folder.join(format!("{name}.jsonl")), lines).map_err(told)?;
        }
    }
    stay_here(&mut file);
    let path = folder.join(PIPELINE);
    fs::write(&path, file.to_string()).map_err(told)?;
    Ok(path)
}

/// Each source becomes a recording of what was heard.
fn hear(file: &mut Table) {
    let mut recordings = Table::new();
    for kind in SOURCES {
        for (name, settings) in taken(file, kind) {
            let mut recording = Table::new();
            recording.insert("path".into(), SOUND.into());
            let speaker = settings.as_table().and_then(|it| it.get("speaker")).cloned();
            recording.extend(speaker.map(|it| ("speaker".to_owned(), it)));
            recordings.insert(name, recording.into());
        }
    }
    file.insert("recording".into(), recordings.into());
}

/// Each recogniser becomes a source of its captions; what hears is left out. Returns these lines by the stages' names.
fn read(file: &mut Table, events: &str) -> Vec<(String, String)> {
    for kind in SOURCES.iter().chain(&["resample"]) {
        file.remove(*kind);
    }
    let mut all = Vec::new();
    for (name, _) in taken(file, "whisper") {
        all.push((name.clone(), lines_of(&name, events)));
        let mut source = Table::new();
        source.insert("path".into(), format!("{name}.jsonl").into());
        match file.entry("lines").or_insert_with(|| Table::new().into()) {
            Toml::Table(lines) => drop(lines.insert(name, source.into())),
            _ => continue,
        }
    }
    // What came over standard input, and from files that are not here.
    if let Some(Toml::Table(lines)) = file.get_mut("lines") {
        for (name, settings) in lines {
            let Toml::Table(settings) = settings else { continue };
            if settings.contains_key("from") || all.iter().any(|(it, _)| it == name) {
                continue;
            }
            all.push((name.clone(), lines_of(name, events)));
            settings.insert("path".into(), format!("{name}.jsonl").into());
        }
    }
    all
}

/// The finals of a track, or of its copies, as a `lines` source takes them.
fn lines_of(track: &str, events: &str) -> String {
    let of_track = |it: &Value| {
        let name = it.get("track").and_then(Value::as_str).unwrap_or_default();
        name == track || name.strip_prefix(track).is_some_and(|it| it.starts_with('.'))
    };
    let mut lines = String::new();
    for line in events.lines() {
        let mut entry: Value = serde_json::from_str(line).unwrap_or_default();
        let mut caption = entry["event"]["caption"].take();
        if of_track(&caption) {
            caption["type"] = "final".into();
            lines += &format!("{caption}\n");
        }
    }
    lines
}

fn stay_here(file: &mut Table) {
    for kind in KEEPERS {
        file.remove(kind);
    }
    for (_, settings) in tables(file, "broadcast") {
        FOREIGN.iter().for_each(|it| drop(settings.remove(*it)));
        let port = settings.get("listen").and_then(Toml::as_str).and_then(|it| it.rsplit_once(':'));
        let listen = format!("127.0.0.1:{}", port.map_or("31979", |it| it.1));
        settings.insert("listen".into(), listen.into());
    }
    for kind in ["lines", "subtitles"] {
        for (_, settings) in tables(file, kind) {
            let path = settings.get("path").and_then(Toml::as_str).map(Path::new);
            let name = path.and_then(Path::file_name).map(|it| it.to_string_lossy().into_owned());
            settings.extend(name.map(|it| ("path".to_owned(), it.into())));
        }
    }
}

fn taken(file: &mut Table, kind: &str) -> Vec<(String, Toml)> {
    match file.remove(kind) {
        Some(Toml::Table(all)) => all.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn tables<'a>(
    file: &'a mut Table,
    kind: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Table)> {
    let all = file.get_mut(kind).and_then(Toml::as_table_mut).into_iter().flatten();
    all.filter_map(|(name, it)| it.as_table_mut().map(|it| (name, it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
        [browser.panel]
        speakers = 2
        speaker-token-env = \"T\"
        [resample.speech]
        from = \"panel\"
        [whisper.words]
        from = \"speech\"
        model = \"tiny.en\"
        [broadcast.web]
        from = \"words\"
        listen = \"0.0.0.0:8080\"
        operator-token-env = \"OP\"
        [journal.book]
        from = \"web\"
        [subtitles.files]
        from = \"words\"
        path = \"/srv/talks/talk.srt\"";

    fn again(change: impl FnOnce(&mut Table)) -> Table {
        let mut file: Table = FILE.parse().unwrap();
        change(&mut file);
        stay_here(&mut file);
        file
    }

    #[test]
    fn with_sound_the_source_is_a_recording() {
        let file = again(hear);
        assert_eq!(file["recording"]["panel"]["path"].as_str(), Some(SOUND));
        assert_eq!(file["whisper"]["words"]["from"].as_str(), Some("speech"));
        assert!(!file.contains_key("browser") && !file.contains_key("journal"));
        let web = file["broadcast"]["web"].as_table().unwrap();
        assert_eq!(web["listen"].as_str(), Some("127.0.0.1:8080"));
        assert!(!web.contains_key("operator-token-env"));
        assert_eq!(file["subtitles"]["files"]["path"].as_str(), Some("talk.srt"));
    }

    #[test]
    fn without_sound_the_recogniser_is_what_it_said() {
        let events = r#"{"seq":1,"at":5,"event":{"caption":{"track":"words.2","text":"good morning"}}}
                        {"seq":2,"at":6,"event":{"gap":{"track":"words.2"}}}
                        {"seq":3,"at":7,"event":{"caption":{"track":"wordsmith","text":"no"}}}"#;
        let mut all = Vec::new();
        let file = again(|it| all = read(it, events));
        let (name, lines) = &all[0];
        assert_eq!((all.len(), name.as_str()), (1, "words"));
        let line: Value = serde_json::from_str(lines).unwrap();
        assert_eq!(
            (line["text"].as_str(), line["type"].as_str()),
            (Some("good morning"), Some("final"))
        );
        assert_eq!(file["lines"]["words"]["path"].as_str(), Some("words.jsonl"));
        assert!(!file.contains_key("whisper") && !file.contains_key("resample"));
    }
}
