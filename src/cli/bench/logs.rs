//! The event log of a run, for other people's tools: one for *simulstream*, one for *asr_latency* and *whisper_streaming*.
use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use serde_json::json;

use super::{measure::Figures, replayed::speed};
use crate::logic::{
    reference::Reference,
    script,
    update::{Update, text_of_finals},
};

/// Writes `TRACK.simulstream.jsonl`, `TRACK.emission.txt` and `TRACK.txt` for each track, and `gold.tsv` where words have times.
pub(super) fn write(
    folder: &Path,
    figures: &Figures<'_>,
    recording: &Path,
    said: Option<&Reference>,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (track, updates) in &figures.tracks {
        let file = |ending: &str| -> io::Result<BufWriter<fs::File>> {
            Ok(BufWriter::new(fs::File::create(folder.join(format!("{track}.{ending}")))?))
        };
        let speed = speed(figures.plan).unwrap_or(1.0);
        simulstream(updates, recording, speed, &mut file("simulstream.jsonl")?)?;
        emissions(updates, &mut file("emission.txt")?)?;
        writeln!(file("txt")?, "{}", text_of_finals(updates))?;
    }
    match said {
        Some(said) => gold(said, &folder.join("gold.tsv")),
        None => Ok(()),
    }
}

/// One line for each update: how much sound had come, how long after that the update came, which words it deleted from the
/// end and which it added. Its detokeniser is the one that puts spaces between words.
fn simulstream(
    updates: &[Update],
    recording: &Path,
    speed: f64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = recording.file_name().unwrap_or_default().to_string_lossy();
    writeln!(out, "{}", json!({ "id": 0, "metadata": { "wav_name": name } }))?;
    // The finals so far, with the open segment behind them.
    let (mut settled, mut shown): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut heard = 0.0f64;
    for update in updates {
        let open = script::units(&update.text).into_iter().map(|it| it.trim_start().to_owned());
        let next: Vec<String> = settled.iter().cloned().chain(open).collect();
        let kept = shown.iter().zip(&next).take_while(|(old, new)| old == new).count();
        heard = heard.max(update.heard_to);
        let line = json!({
            "id": 0,
            "total_audio_processed": heard,
            "computation_time": (update.at - heard / speed).max(0.0),
            "generated_tokens": next[kept..],
            "deleted_tokens": shown[kept..],
        });
        writeln!(out, "{line}")?;
        if update.is_final {
            settled.clone_from(&next);
        }
        shown = next;
    }
    Ok(())
}

/// `emission_ms beg end text`, one line for each stretch of words that was committed at one moment.
fn emissions(updates: &[Update], out: &mut dyn Write) -> io::Result<()> {
    let mut promised = 0;
    let mut segment = None;
    for update in updates {
        if segment != Some(update.segment) {
            (segment, promised) = (Some(update.segment), 0);
        }
        let all = update.words.len();
        let count = if update.is_final { all } else { committed(update) };
        let Some(words) = update.words.get(promised..count).filter(|it| !it.is_empty()) else {
            continue;
        };
        let (start, end) = (words[0].start, words[words.len() - 1].end);
        let text: String = words.iter().map(|it| it.word.as_str()).collect();
        let ms = |seconds: f64| (seconds * 1000.0).round();
        // The text begins with a space: it begins a word.
        writeln!(out, "{:.4} {} {}  {}", update.at * 1000.0, ms(start), ms(end), text.trim())?;
        promised = count;
    }
    Ok(())
}

/// How many of its words are committed.
fn committed(update: &Update) -> usize {
    let (mut length, mut count) = (0, 0);
    for word in &update.words {
        let word = if count == 0 { word.word.trim_start() } else { &word.word };
        length += word.len();
        if length > update.committed.len() {
            break;
        }
        count += 1;
    }
    count
}

/// `start end word`, tabs between: what *asr_latency* compares with.
fn gold(said: &Reference, path: &Path) -> io::Result<()> {
    let lines = said.timed_words().map(|it| format!("{}\t{}\t{}\n", it.start, it.end, it.word));
    let lines: String = lines.collect();
    if lines.is_empty() { Ok(()) } else { fs::write(path, lines) }
}
