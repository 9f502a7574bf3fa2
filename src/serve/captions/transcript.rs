//! Transcripts of the log: as JSON, text or subtitles.
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use utoipa::{IntoParams, ToSchema};

use super::{
    corrections::{Corrected, Corrections, FinalId},
    docx,
    log::{Encoded, Entry, Log, Run, encode},
    piece::Piece,
};
use crate::{
    logic::{
        names::{Names, labelled, labelled_text},
        subtitle::{self, Cue, Said as Spoken},
        ttml,
    },
    message::{MediaSpan, Speaker, Word},
    wire::{CaptionEvent, Event, TranslationEvent, WordTime},
};

/// The part of the log that is requested.
#[derive(Clone, Debug, Default, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// The language: what is spoken, or what it was translated to
    pub(crate) lang: Option<String>,
    /// The name of a track
    pub(crate) track: Option<String>,
    /// Who speaks: a name as captions have it
    pub(crate) speaker: Option<String>,
    /// The first number wanted
    #[serde(default)]
    pub(crate) from: u64,
    /// The number before which it ends
    pub(crate) to: Option<u64>,
}

/// The format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Text,
    Srt,
    Vtt,
    Ttml,
    Docx,
}

/// `/api/transcript.json`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transcript<'a> {
    stream: &'a str,
    /// Unix time in ms.
    started_at: u64,
    /// The number of the next numbered event.
    next: u64,
    /// Of the event; left out where the pipeline file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    /// `caption`, `gap` and `mark` as they travel to clients, with their `type`. A corrected `caption` has its newest text and words, and
    /// also `original` and `corrected`.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    event: BTreeMap<String, Cow<'a, RawValue>>,
}

impl Format {
    /// All of them, as a person reads a list.
    pub const NAMES: &str = "txt, srt, vtt, ttml, docx, json";

    pub fn named(ending: &str) -> Option<Format> {
        Some(match ending {
            "json" => Format::Json,
            "txt" => Format::Text,
            "srt" => Format::Srt,
            "vtt" => Format::Vtt,
            "ttml" => Format::Ttml,
            "docx" => Format::Docx,
            _ => return None,
        })
    }

    pub const fn ending(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Text => "txt",
            Format::Srt => "srt",
            Format::Vtt => "vtt",
            Format::Ttml => "ttml",
            Format::Docx => "docx",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Text => "text/plain; charset=utf-8",
            Format::Srt => "application/x-subrip; charset=utf-8",
            Format::Vtt => "text/vtt; charset=utf-8",
            Format::Ttml => "application/ttml+xml; charset=utf-8",
            Format::Docx => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
        }
    }
}

/// A copy of the requested part, so that the log is not locked while it is written.
pub(crate) struct Extract {
    part: Part,
    run: Run,
    next: u64,
    entries: Vec<Arc<Entry>>,
    /// Also those that lie behind the requested part.
    corrections: Corrections,
    /// Of the event.
    title: Option<String>,
}

impl Extract {
    /// `title`: of the event.
    pub(crate) fn of(log: &Log, part: Part, title: Option<String>) -> Extract {
        let entries = entries(log, &part).cloned().collect();
        let corrections = Corrections::of(log.kept(0, u64::MAX));
        let (run, next) = (log.run().clone(), log.next());
        Extract { part, run, next, entries, corrections, title }
    }
}

/// All that was kept of an event.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub stream: String,
    /// Unix time in ms.
    pub started_at: u64,
    pub title: Option<String>,
    /// In the order of their numbers.
    pub events: Vec<Event>,
}

/// The transcript of a whole event, as the pages give it for download: in `lang`, or the originals.
pub fn transcript(kept: &Kept, lang: Option<&str>, format: Format) -> Vec<u8> {
    let next = kept.events.last().and_then(Event::seq).map_or(1, |it| it + 1);
    let entries: Vec<_> = kept.events.iter().map(|it| Arc::new(Entry::of(it.clone()))).collect();
    let extract = Extract {
        part: Part { lang: lang.map(str::to_owned), ..Part::default() },
        run: Run { stream: kept.stream.clone(), started_at: kept.started_at },
        next,
        corrections: Corrections::of(entries.iter()),
        entries,
        title: kept.title.clone(),
    };
    write(&extract, format)
}

pub(crate) fn write(extract: &Extract, format: Format) -> Vec<u8> {
    let Extract { part, run, next, entries, corrections, title } = extract;
    let Run { stream, started_at } = run;
    let pieces = || pieces(entries, corrections, part);
    let title = title.as_deref();
    let text = match format {
        Format::Json => {
            let events = entries.iter().filter_map(|it| said(it, corrections, part)).collect();
            let transcript =
                Transcript { stream, started_at: *started_at, next: *next, title, events };
            serde_json::to_string(&transcript).expect("a transcript is plain JSON")
        }
        Format::Text => {
            let pieces = pieces();
            let mut names = names(&pieces);
            let text = |it: &Piece| {
                let name = names.before(it.speaker.as_ref());
                labelled_text(&it.text.replace('\n', " "), name) + "\n"
            };
            pieces.iter().map(text).collect()
        }
        Format::Srt => subtitle::srt(&cues(&pieces(), true)),
        Format::Vtt => entitled(subtitle::vtt(&cues(&pieces(), false)), title),
        Format::Ttml => {
            let pieces = pieces();
            let lang = pieces.first().map(|it| it.lang.as_str());
            let lang = lang.filter(|lang| pieces.iter().all(|it| it.lang == *lang));
            // Players show no agents, so names stand in the text as well.
            ttml::ttml(&cues(&pieces, true), ttml::Head { title, lang })
        }
        Format::Docx => return docx::document(&pieces(), title, run),
    };
    text.into_bytes()
}

/// WebVTT may have a text behind its first word, in the same line and without an arrow. The other formats of text have no place for
/// a title that is not a caption.
fn entitled(vtt: String, title: Option<&str>) -> String {
    match (title, vtt.strip_prefix("WEBVTT")) {
        (Some(title), Some(rest)) => {
            let words: Vec<&str> = title.split_whitespace().collect();
            format!("WEBVTT {}{rest}", words.join(" ").replace("-->", "->"))
        }
        _ => vtt,
    }
}

fn entries<'a>(log: &'a Log, part: &'a Part) -> impl Iterator<Item = &'a Arc<Entry>> {
    let wanted = |entry: &&Arc<Entry>| match (&part.track, &entry.track) {
        (Some(wanted), Some(track)) => track.as_str() == wanted,
        (None, _) | (_, None) => true,
    };
    log.kept(part.from, part.to.unwrap_or(u64::MAX)).filter(wanted)
}

fn said<'a>(entry: &'a Entry, corrections: &Corrections, part: &Part) -> Option<Said<'a>> {
    let (r#type, event) = match &entry.event {
        Encoded::Caption(it) => ("caption", &it.with_words),
        Encoded::Translation(it) => ("caption", &it.event),
        Encoded::Gap(it) => ("gap", it),
        Encoded::Mark(it) => ("mark", it),
        // What they correct tells of them.
        Encoded::Correction(_) => return None,
    };
    let event: BTreeMap<String, &RawValue> = serde_json::from_str(event.get()).ok()?;
    let lang = event.get("lang").and_then(|it| serde_json::from_str::<Value>(it.get()).ok());
    let wanted = match (&part.lang, lang) {
        (Some(wanted), Some(lang)) => lang == wanted.as_str(),
        (None, _) | (_, None) => true,
    };
    let speaker = event.get("speaker").map(|it| it.get());
    let speaker = speaker.and_then(|it| serde_json::from_str::<String>(it).ok());
    let is_theirs = r#type != "caption" || part.wants(speaker.as_deref());
    let mut event = event.into_iter().map(|(name, it)| (name, Cow::Borrowed(it))).collect();
    if let Some(it) = id(entry).and_then(|it| corrections.get(&it)) {
        correct(&mut event, it);
    }
    (wanted && is_theirs).then_some(Said { r#type, event })
}

/// Of a caption.
fn id(entry: &Entry) -> Option<FinalId> {
    let (lang, is_original) = match &entry.event {
        Encoded::Caption(it) => (it.lang.to_string(), true),
        Encoded::Translation(it) => (it.lang.to_string(), false),
        _ => return None,
    };
    let (track, segment) = (entry.track.as_ref()?.to_string(), entry.segment?);
    Some(FinalId { track, segment, lang, is_original })
}

fn correct(event: &mut BTreeMap<String, Cow<'_, RawValue>>, it: &Corrected) {
    let newest = &it.newest;
    let mut put =
        |name: &str, value: Box<RawValue>| event.insert(name.to_owned(), Cow::Owned(value));
    put("text", encode(&newest.text));
    // Where it was masked, nobody is told what it said.
    if it.original != newest.text {
        put("original", encode(&it.original));
    }
    put("corrected", encode(&json!({ "seq": newest.seq, "by": newest.by, "at": newest.at })));
    if let Some(words) = &newest.words {
        put("words", encode(words));
    }
    event.remove("untranslated");
}

impl Part {
    fn wants(&self, speaker: Option<&str>) -> bool {
        self.speaker.is_none() || self.speaker.as_deref() == speaker
    }
}

/// The finals in the order of the timeline: in the requested language, or the originals.
fn pieces(entries: &[Arc<Entry>], corrections: &Corrections, part: &Part) -> Vec<Piece> {
    let wanted = |lang: &str| part.lang.as_ref().is_some_and(|it| it == lang);
    let mut originals: BTreeMap<(String, u64), String> = BTreeMap::new();
    let mut pieces = Vec::new();
    for entry in entries {
        match &entry.event {
            Encoded::Caption(it) => {
                let Some(it) = read::<CaptionEvent>(&it.with_words) else { continue };
                let it = corrections.caption(it);
                originals.insert((it.track.clone(), it.segment), it.text.clone());
                let is_theirs = part.wants(it.speaker.as_deref());
                if is_theirs && (part.lang.is_none() || wanted(&it.lang)) {
                    let CaptionEvent { track, lang, start, end, text, words, .. } = it;
                    let speaker = it.speaker.as_deref().and_then(Speaker::named);
                    let words = words.unwrap_or_default();
                    pieces.push(Piece { track, lang, speaker, start, end, text, words });
                }
            }
            Encoded::Translation(it) if wanted(it.lang.as_str()) => {
                let Some(it) = read::<TranslationEvent>(&it.event) else { continue };
                let it = corrections.translation(it);
                if !part.wants(it.speaker.as_deref()) {
                    continue;
                }
                // For a translation that was given up, the original is used, which came before it.
                let original = || originals.get(&(it.track.clone(), it.segment)).cloned();
                let stands_in = it.untranslated.as_ref().and_then(|_| original());
                let text = stands_in.unwrap_or(it.text);
                let speaker = it.speaker.as_deref().and_then(Speaker::named);
                pieces.push(Piece {
                    track: it.track,
                    lang: it.lang,
                    speaker,
                    start: it.start,
                    end: it.end,
                    text,
                    words: Vec::new(),
                });
            }
            Encoded::Translation(_)
            | Encoded::Gap(_)
            | Encoded::Mark(_)
            | Encoded::Correction(_) => (),
        }
    }
    // A correction may have taken all words away.
    pieces.retain(|it| !it.text.is_empty());
    pieces.sort_by(|a, b| a.start.total_cmp(&b.start));
    pieces
}

fn read<T: serde::de::DeserializeOwned>(event: &RawValue) -> Option<T> {
    serde_json::from_str(event.get()).ok()
}

fn names(pieces: &[Piece]) -> Names {
    Names::of(pieces.iter().map(|it| it.speaker.as_ref()))
}

/// `are_labelled`: with names before the words, for formats that have no other place for them.
fn cues(pieces: &[Piece], are_labelled: bool) -> Vec<Cue> {
    let mut names = names(pieces);
    let segment = |it: &Piece| {
        let name = names.before(it.speaker.as_ref()).filter(|_| are_labelled);
        labelled(&words(it), name)
    };
    let segments: Vec<Vec<Word>> = pieces.iter().map(segment).collect();
    let spoken = segments.iter().zip(pieces);
    subtitle::cues(spoken.map(|(words, piece)| Spoken { words, speaker: piece.speaker.as_ref() }))
}

/// With the times of its words where they are known; otherwise its time is divided among them.
fn words(piece: &Piece) -> Vec<Word> {
    let known = piece.words.iter().filter(|it| !it.word.trim().is_empty());
    let known: Vec<Word> = known.map(Word::from).collect();
    match known.iter().any(|it| !it.span.length.is_zero()) {
        true => known,
        false => subtitle::timed(&piece.text, span(piece.start, piece.end)),
    }
}

fn span(start: f64, end: f64) -> MediaSpan {
    Word::from(&WordTime { word: String::new(), start, end }).span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_in_the_first_line_of_webvtt() {
        let vtt = || "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n".to_owned();
        let entitled = |title| entitled(vtt(), title);
        assert_eq!(entitled(None), vtt());
        assert!(entitled(Some("Town hall")).starts_with("WEBVTT Town hall\n\n00:00"));
        assert!(entitled(Some("a\n\nb --> c")).starts_with("WEBVTT a b -> c\n\n00:00"));
    }
}
