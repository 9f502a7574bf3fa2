//! Masks of published captions: what a late reader, a transcript and a late translation have of them.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::{
    corrections::Wanted,
    corrections_tests::{correct, log, next, original, translation, wanted, written},
    log::*,
    transcript::{Extract, Format, Part},
};
use crate::{
    message::{
        Kind, Language, MediaSpan, MediaTime, Segments, Took, Trace, TrackName, Translated,
        Translation, Word,
    },
    wire::{Clock, CorrectionEvent},
};

fn mask(log: &mut Log, segment: u64, lang: &str, before: &str, text: &str) -> CorrectionEvent {
    let wanted = Wanted { masked: true, ..wanted(segment, lang, before, text) };
    log.correct(wanted, Instant::now()).unwrap()
}

/// All that somebody gets who comes now.
fn late(log: &Log) -> String {
    let mut cursor = log.from(0);
    let mut all = String::new();
    while let Some((due, after)) = log.due(cursor) {
        cursor = after;
        if let Due::Event(entry) = due {
            all += &entry.json();
            all.push('\n');
            if let Encoded::Caption(it) = &entry.event {
                all += it.text.get();
            }
        }
    }
    all
}

fn transcript(log: &Log, lang: Option<&str>, format: Format) -> String {
    let part = Part { lang: lang.map(str::to_owned), ..Part::default() };
    written(&Extract::of(log, part, None), format)
}

#[test]
fn a_masked_word_is_nowhere_in_what_is_kept() {
    let mut log = log(100);
    original(&mut log, 0, "damn Morgan");
    correct(&mut log, 0, "en", "damn Morgan", "damn Morgen").unwrap();
    let done = mask(&mut log, 0, "en", "damn Morgen", "*** Morgen");
    assert_eq!((done.seq, done.before.as_str(), done.masked), (3, "", true));
    let late_now = late(&log);
    assert!(
        !late_now.contains("damn") && late_now.matches("*** Morgen").count() >= 3,
        "{late_now}"
    );
    for format in [Format::Json, Format::Text, Format::Srt] {
        let text = transcript(&log, None, format);
        assert!(!text.contains("damn") && text.contains("*** Morgen"), "{text}");
    }
    assert!(!transcript(&log, None, Format::Json).contains("original"));
    // What follows is a correction like any other: what was masked is its original.
    correct(&mut log, 0, "en", "*** Morgen", "*** Mr Morgen").unwrap();
    let json = transcript(&log, None, Format::Json);
    assert!(json.contains(r#""original":"*** Morgen""#) && !json.contains("damn"), "{json}");
    // A mask that was a mistake is taken back by the one who knows what was there.
    correct(&mut log, 0, "en", "*** Mr Morgen", "damn Morgen").unwrap();
    assert_eq!(transcript(&log, None, Format::Text), "damn Morgen\n");
}

#[test]
fn other_finals_stay_as_they_were() {
    let mut log = log(100);
    original(&mut log, 0, "damn");
    original(&mut log, 1, "damn");
    translation(&mut log, 1, Ok("verdomd"));
    mask(&mut log, 0, "en", "damn", "***");
    mask(&mut log, 1, "nl", "verdomd", "***");
    assert_eq!(transcript(&log, None, Format::Text), "***\ndamn\n");
    assert_eq!(transcript(&log, Some("nl"), Format::Text), "***\n");
}

#[test]
fn translations_of_a_masked_original_say_what_it_says_until_there_are_new_ones() {
    let mut log = log(100);
    original(&mut log, 0, "damn Morgan");
    translation(&mut log, 0, Ok("verdomde Morgan"));
    mask(&mut log, 0, "en", "damn Morgan", "*** Morgan");
    assert_eq!(next(&log), 5, "the translation has a correction of its own");
    let late_now = late(&log);
    assert!(!late_now.contains("damn") && !late_now.contains("verdomde"), "{late_now}");
    assert_eq!(transcript(&log, Some("nl"), Format::Text), "*** Morgan\n");
    correct(&mut log, 0, "nl", "*** Morgan", "nl *** Morgan").unwrap();
    assert_eq!(transcript(&log, Some("nl"), Format::Text), "nl *** Morgan\n");
}

#[test]
fn a_translation_that_comes_after_the_mask_is_given_up() {
    let mut segments = Segments::new(TrackName::new("english"));
    let at = |ms| MediaTime::new(Duration::from_millis(ms));
    let (clock, now) = (Clock::start(), Instant::now());
    segments.open(at(0), Language::new("en"));
    let words =
        ["damn", "good"].map(|it| Word { text: format!(" {it}"), span: MediaSpan::default() });
    let said = segments.close(words.into(), at(900), Trace::starting(now)).unwrap();
    let dutch = |kind| Translation {
        of: (&said).into(),
        language: Language::new("nl"),
        kind,
        text: Translated::Text("verdomd goed".to_owned()),
        took: Took::default(),
        trace: Trace::starting(now),
    };
    let mut log = log(100);
    log.transcript(&said, &clock, now);
    log.translation(&dutch(Kind::Partial), &clock, now);
    assert_eq!(log.partials(0).len(), 1);
    mask(&mut log, 0, "en", "damn good", "*** good");
    assert_eq!(log.partials(0).len(), 0);
    log.translation(&dutch(Kind::Partial), &clock, now);
    assert_eq!((next(&log), log.partials(0).len()), (3, 0));
    log.translation(&dutch(Kind::Final), &clock, now);
    assert!(late(&log).contains("its original was masked") && !late(&log).contains("verdomd"));
    assert_eq!(transcript(&log, Some("nl"), Format::Text), "*** good\n", "the original stands in");
}

proptest! {
    /// However finals, corrections, translations and masks follow each other, what a mask took away is in nothing that follows.
    #[test]
    fn nobody_who_comes_late_finds_a_masked_word(events in prop::collection::vec((0u8..6, 0u64..4), 1..60), count in 3usize..80) {
        let mut log = log(count);
        let mut said = 0u64;
        let mut masked = Vec::new();
        for (number, (what, which)) in events.into_iter().enumerate() {
            let segment = said.saturating_sub(1 + which);
            let lang = if what % 2 == 0 { "en" } else { "nl" };
            let known = log.current("english", segment, lang).map(|it| it.text);
            match (what, known) {
                (0 | 1, _) => {
                    original(&mut log, said, &format!("secret{number}. and more"));
                    translation(&mut log, said, Ok(&format!("geheim{number}. en meer")));
                    said += 1;
                }
                (2 | 3, Some(known)) => {
                    correct(&mut log, segment, lang, &known, &format!("{known} again{number}.")).unwrap();
                }
                (4 | 5, Some(known)) if !known.starts_with("***") => {
                    masked.push(known.split(' ').next().unwrap().to_owned());
                    // With the original its translation is masked.
                    if let Some(it) = log.current("english", segment, "nl").filter(|_| lang == "en") {
                        masked.push(it.text.split(' ').next().unwrap().to_owned());
                    }
                    mask(&mut log, segment, lang, &known, &format!("*** {number}"));
                }
                _ => (),
            }
        }
        let (late, json) = (late(&log), transcript(&log, None, Format::Json));
        for word in masked.iter().filter(|it| *it != "***") {
            prop_assert!(!late.contains(word.as_str()), "{word} is in {late}");
            prop_assert!(!json.contains(word.as_str()), "{word} is in {json}");
        }
    }
}
