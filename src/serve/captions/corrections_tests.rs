//! Corrections with any order of finals, corrections, late viewers and limits.
use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use tokio::time::Instant;

use super::{
    corrections::{NotCorrected, Wanted, newest_finals},
    log::*,
    transcript::{Extract, Format, Part, write},
};
use crate::{
    message::Retention,
    wire::{
        At, CaptionEvent, CaptionKind, CorrectionEvent, Event, Of, TookMs, TranslationEvent,
        WordTime,
    },
};

const AT: At = At { captured: 0, recognised: None, translated: None, published: None };

pub(super) fn log(count: usize) -> Log {
    Log::new(Retention { count, age: Duration::from_secs(3600) }, Run::default())
}

pub(super) fn written(extract: &Extract, format: Format) -> String {
    String::from_utf8(write(extract, format)).unwrap()
}

pub(super) fn next(log: &Log) -> u64 {
    log.state().next
}

pub(super) fn original(log: &mut Log, segment: u64, text: &str) {
    let start = segment as f64;
    let word = |(number, it): (usize, &str)| {
        let from = start + number as f64 * 0.2;
        WordTime { word: format!(" {it}"), start: from, end: from + 0.1 }
    };
    let event = CaptionEvent {
        text: text.to_owned(),
        seq: next(log),
        track: "english".to_owned(),
        segment,
        revision: 0,
        kind: CaptionKind::Final,
        lang: "en".to_owned(),
        speaker: None,
        committed: None,
        start,
        end: start + 0.9,
        edited_by: None,
        words: Some(text.split(' ').enumerate().map(word).collect()),
        at: AT,
    };
    log.take(Event::Caption(event), Instant::now());
}

pub(super) fn translation(log: &mut Log, segment: u64, text: Result<&str, &str>) {
    let start = segment as f64;
    let event = TranslationEvent {
        lang: "nl".to_owned(),
        text: text.unwrap_or_default().to_owned(),
        seq: Some(next(log)),
        track: "english".to_owned(),
        segment,
        revision: 0,
        kind: CaptionKind::Final,
        speaker: None,
        committed: None,
        start,
        end: start + 0.9,
        of: Of { lang: "en".to_owned(), revision: 0 },
        untranslated: text.err().map(str::to_owned),
        at: AT,
        took: TookMs { queue: 0, request: 0, order: 0 },
    };
    log.take(Event::Translation(event), Instant::now());
}

pub(super) fn wanted(segment: u64, lang: &str, before: &str, text: &str) -> Wanted {
    Wanted {
        track: "english".to_owned(),
        segment,
        lang: lang.to_owned(),
        text: text.to_owned(),
        before: before.to_owned(),
        by: "Ada".to_owned(),
        at: 1234,
        masked: false,
    }
}

pub(super) fn correct(
    log: &mut Log,
    segment: u64,
    lang: &str,
    before: &str,
    text: &str,
) -> Result<CorrectionEvent, NotCorrected> {
    log.correct(wanted(segment, lang, before, text), Instant::now())
}

#[test]
fn a_correction_has_a_number_and_says_what_was_there_before() {
    let mut log = log(10);
    original(&mut log, 0, "ask Morgan");
    let done = correct(&mut log, 0, "en", "ask Morgan", "  ask\nMorgen ").unwrap();
    assert_eq!(
        (done.seq, done.text.as_str(), done.before.as_str()),
        (2, "ask Morgen", "ask Morgan")
    );
    assert_eq!((done.by.as_str(), done.at, done.start, done.end), ("Ada", 1234, 0.0, 0.9));
    let words = done.words.unwrap();
    assert_eq!((words[1].word.as_str(), words[1].start, words[1].end), (" Morgen", 0.2, 0.3));
    // An undo is a correction, too.
    assert_eq!(correct(&mut log, 0, "en", "ask Morgen", "ask Morgan").unwrap().seq, 3);
    assert_eq!(next(&log), 4);
}

#[test]
fn of_two_at_once_the_second_is_told_what_the_first_wrote() {
    let mut log = log(10);
    original(&mut log, 0, "ask Morgan");
    correct(&mut log, 0, "en", "ask Morgan", "ask Morgen").unwrap();
    let late = correct(&mut log, 0, "en", "ask Morgan", "ask Mogran");
    assert_eq!(late, Err(NotCorrected::Changed("ask Morgen".to_owned())));
    let same = correct(&mut log, 0, "en", "ask Morgen", "ask Morgen");
    assert_eq!(same, Err(NotCorrected::Same));
    for (segment, lang) in [(1, "en"), (0, "nl")] {
        assert_eq!(correct(&mut log, segment, lang, "", "x"), Err(NotCorrected::Unknown));
    }
    assert_eq!(next(&log), 3);
}

#[test]
fn a_final_that_is_no_longer_kept_cannot_be_corrected() {
    let mut log = log(2);
    original(&mut log, 0, "one");
    correct(&mut log, 0, "en", "one", "two").unwrap();
    original(&mut log, 1, "three");
    assert_eq!(correct(&mut log, 0, "en", "two", "four"), Err(NotCorrected::Unknown));
    let text = |log: &Log| written(&Extract::of(log, Part::default(), None), Format::Text);
    assert_eq!(text(&log), "three\n");
}

#[test]
fn transcripts_have_the_corrected_text_and_json_the_original() {
    let mut log = log(100);
    original(&mut log, 0, "ask Morgan");
    translation(&mut log, 0, Err("too slow"));
    original(&mut log, 1, "uh");
    correct(&mut log, 0, "en", "ask Morgan", "ask Morgen").unwrap();
    let written = |log: &Log, lang: Option<&str>, to: Option<u64>, format| {
        let part = Part { lang: lang.map(str::to_owned), to, ..Part::default() };
        self::written(&Extract::of(log, part, None), format)
    };
    assert_eq!(written(&log, None, None, Format::Text), "ask Morgen\nuh\n");
    assert_eq!(written(&log, Some("nl"), None, Format::Text), "ask Morgen\n", "it stands in");
    correct(&mut log, 0, "nl", "", "vraag Morgen").unwrap();
    correct(&mut log, 1, "en", "uh", "").unwrap();
    assert_eq!(written(&log, Some("nl"), None, Format::Text), "vraag Morgen\n");
    assert_eq!(
        written(&log, None, None, Format::Srt),
        "1\n00:00:00,000 --> 00:00:01,000\nask Morgen\n\n"
    );
    // Also where the correction lies behind the part.
    let json: serde_json::Value =
        serde_json::from_str(&written(&log, None, Some(3), Format::Json)).unwrap();
    let events = json["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["text"], "ask Morgen");
    assert_eq!(events[0]["original"], "ask Morgan");
    assert_eq!(events[0]["corrected"], serde_json::json!({ "seq": 4, "by": "Ada", "at": 1234 }));
    assert_eq!(events[0]["words"][1]["word"], " Morgen");
    assert_eq!((&events[1]["text"], events[1].get("untranslated")), (&"vraag Morgen".into(), None));
}

type Key = (u64, String);

/// What a viewer shows: events in, texts out.
struct Viewer {
    cursor: Cursor,
    texts: BTreeMap<Key, String>,
    last: u64,
}

impl Viewer {
    fn read(&mut self, log: &Log, most: usize) {
        for _ in 0..most {
            let Some((due, after)) = log.due(self.cursor) else { return };
            self.cursor = after;
            match due {
                Due::Event(entry) => self.take(&entry),
                // What it shows of before may have been corrected meanwhile.
                Due::History(_) => self.texts.clear(),
                _ => (),
            }
        }
    }

    fn take(&mut self, entry: &Entry) {
        let it = serde_json::from_str::<serde_json::Value>(entry.parts().1.get()).unwrap();
        let seq = it["seq"].as_u64().unwrap();
        assert!(seq > self.last, "each number once, in order");
        self.last = seq;
        let key = (it["segment"].as_u64().unwrap(), it["lang"].as_str().unwrap().to_owned());
        let text = it["text"].as_str().unwrap().to_owned();
        match entry.parts().0 {
            "correction" => {
                if let Some(shown) = self.texts.get_mut(&key) {
                    assert_eq!(it["before"].as_str(), Some(shown.as_str()));
                    *shown = text;
                }
            }
            _ => drop(self.texts.insert(key, text)),
        }
    }
}

proptest! {
    /// A viewer that joins or returns at any point ends with the same texts as one that was there from the beginning.
    #[test]
    fn every_viewer_ends_with_the_same_text(
        events in prop::collection::vec((0u8..7, 0u64..8, 0usize..6), 0..200),
        count in 1usize..60,
    ) {
        let mut log = log(count);
        let mut viewers = vec![Viewer { cursor: log.from(0), texts: BTreeMap::new(), last: 0 }];
        let mut segments = 0;
        for (number, (what, which, most)) in events.into_iter().enumerate() {
            let before = next(&log);
            match what {
                0 | 1 => { original(&mut log, segments, &format!("so far {number}")); segments += 1; }
                2 if segments > 0 && log.current("english", segments - 1, "nl").is_none() => {
                    translation(&mut log, segments - 1, Ok("zo ver"));
                }
                3 | 4 if segments > 0 => {
                    let segment = segments.saturating_sub(1 + which);
                    let lang = if what == 3 { "en" } else { "nl" };
                    let known = log.current("english", segment, lang).map(|it| it.text);
                    let text = format!("corrected {number}");
                    let done = correct(&mut log, segment, lang, known.as_deref().unwrap_or("?"), &text);
                    prop_assert_eq!(done.is_ok(), known.is_some());
                }
                5 => {
                    let from = next(&log).saturating_sub(which * 4);
                    viewers.push(Viewer { cursor: log.from(from), texts: BTreeMap::new(), last: 0 });
                }
                _ => { let at = which as usize % viewers.len(); viewers[at].read(&log, most); }
            }
            prop_assert!(next(&log) - before <= 1);
        }
        let mut now = Viewer { cursor: log.from(0), texts: BTreeMap::new(), last: 0 };
        now.read(&log, usize::MAX);
        for viewer in &mut viewers {
            viewer.read(&log, usize::MAX);
            for (key, text) in &viewer.texts {
                if let Some(theirs) = now.texts.get(key) {
                    prop_assert_eq!(text, theirs);
                }
            }
        }
        for ((segment, lang), text) in &now.texts {
            let current = log.current("english", *segment, lang).map(|it| it.text);
            prop_assert_eq!(current.as_ref(), Some(text));
        }
    }
}

#[test]
fn the_newest_finals_are_told_as_they_are_now() {
    let mut log = log(100);
    for segment in 0..4 {
        original(&mut log, segment, &format!("number {segment}"));
    }
    translation(&mut log, 2, Ok("nummer 2"));
    correct(&mut log, 1, "en", "number 1", "number one").unwrap();
    correct(&mut log, 3, "en", "number 3", "number three").unwrap();
    correct(&mut log, 3, "en", "number three", "number 33").unwrap();
    let newest = |segments| -> Vec<(String, String, String)> {
        let told = |it: CorrectionEvent| (it.lang, it.text, it.by);
        newest_finals(&log, segments).into_iter().map(told).collect()
    };
    let it = |lang: &str, text: &str, by: &str| (lang.to_owned(), text.to_owned(), by.to_owned());
    assert_eq!(
        newest(2),
        [it("en", "number 2", ""), it("nl", "nummer 2", ""), it("en", "number 33", "Ada")]
    );
    assert_eq!(newest(9).len(), 5);
    assert_eq!(newest(9)[1], it("en", "number one", "Ada"));
}
