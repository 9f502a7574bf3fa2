//! What is held back, with any sentence, any pace and a mask at any moment.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::hold_back::*;
use crate::{
    logic::masking::masked,
    message::{Caption, Language, MediaSpan, MediaTime, Segments, Trace, TrackName, Word},
    wire::{CaptionEvent, Clock},
};

fn words(text: &[&str]) -> Vec<Word> {
    let word = |it: &&str| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.iter().map(word).collect()
}

/// What readers get of what is due, as a publisher does it.
fn let_go(held: &HoldBack, now: Instant, clock: &Clock) -> Vec<CaptionEvent> {
    let mut all = Vec::new();
    while let Some(it) = held.next(now) {
        let Caption::Transcript(it) = it.caption else { panic!("only transcripts are held") };
        let mut event = CaptionEvent::new(&it, 0, clock, true);
        let id = HeldId::of_transcript(&it);
        if let Some(changes) = held.changes(&id) {
            changes.caption(&mut event);
        }
        held.shows(&id, event.committed.as_ref().unwrap_or(&event.text));
        all.push(event);
    }
    all
}

proptest! {
    /// Once a word is masked nobody gets it any more, and what was committed before stays.
    #[test]
    fn a_masked_word_is_out_and_promises_are_kept(
        steps in prop::collection::vec((prop::sample::select(vec!["a", "damn", "Damn,", "b"]), 0usize..3, 0u64..1500), 1..12),
        when in 0usize..12,
    ) {
        let held = HoldBack::new(Duration::from_secs(2));
        let (clock, mut now) = (Clock::start(), Instant::now());
        let trace = Trace::starting(now);
        let mut segments = Segments::new(TrackName::new("english"));
        segments.open(MediaTime::ZERO, Language::new("en"));
        let id = HeldId { track: "english".to_owned(), segment: 0, lang: None };
        let (mut shown, mut is_masked) = (Vec::new(), false);
        for (number, (word, tail, ms)) in steps.iter().enumerate() {
            let open = segments.current().unwrap();
            let tail = words(&["damn", "a", "b"][..*tail]);
            let it = open.revise(words(&[word]), tail, MediaTime::ZERO, trace);
            held.push(Caption::Transcript(it), false, now, now);
            if number == when {
                is_masked = held.change(id.clone(), Change::Mask("damn".to_owned()), "Ada".to_owned()).is_ok();
                if is_masked {
                    shown.clear();
                }
            }
            now += Duration::from_millis(*ms);
            shown.extend(let_go(&held, now, &clock));
        }
        let it = segments.close(words(&["damn"]), MediaTime::ZERO, trace).unwrap();
        held.push(Caption::Transcript(it), false, now, now);
        held.end();
        prop_assert!(!held.has_ended());
        shown.extend(let_go(&held, now + Duration::from_secs(2), &clock));
        prop_assert!(held.has_ended() && held.is_empty());
        let mut promised = String::new();
        for event in &shown {
            prop_assert!(event.text.starts_with(&promised), "{} {}", event.text, promised);
            promised = event.committed.clone().unwrap_or_default();
            prop_assert!(event.text.starts_with(&promised));
            if is_masked {
                prop_assert_eq!(&masked(&event.text, "damn"), &event.text);
            }
        }
        let last = shown.last().unwrap();
        prop_assert_eq!(last.edited_by.as_deref(), is_masked.then_some("Ada"));
    }
}

#[test]
fn more_than_fits_is_shown_early_and_never_lost() {
    let held = HoldBack::new(Duration::from_secs(8));
    let (clock, now) = (Clock::start(), Instant::now());
    let mut segments = Segments::new(TrackName::new("english"));
    for _ in 0..5000 {
        segments.open(MediaTime::ZERO, Language::new("en"));
        let it = segments.close(words(&["a"]), MediaTime::ZERO, Trace::starting(now)).unwrap();
        held.push(Caption::Transcript(it), false, now, now);
    }
    let early = let_go(&held, now, &clock);
    assert_eq!(early.len(), 5000 - 4096);
    let rest = let_go(&held, now + Duration::from_secs(8), &clock);
    let numbers = early.iter().chain(&rest).map(|it| it.segment);
    assert!(numbers.eq(0..5000));
}
