//! Sentences that follow each other, and decodes that go wrong.
use std::sync::{Arc, Mutex};

use super::{super::*, script::*};
use crate::logic::{endpoint::EndpointSettings, window::WindowSettings};

/// Writes the first word of a sentence in capitals.
struct Capitals(Script);

impl Recogniser for Capitals {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let mut hypothesis = self.0.decode(speech, request)?;
        for at in 1..hypothesis.words.len() {
            if hypothesis.words[at - 1].word.text.ends_with('.') {
                let text = &mut hypothesis.words[at].word.text;
                *text = text.to_uppercase();
            }
        }
        Ok(hypothesis)
    }
}

/// The captions of fifteen words without a pause, with a full stop after word number `last`.
async fn without_pause(last: usize) -> Vec<String> {
    let sound = ending_with(speech(&[(15, 700)]), last);
    let endpoint = EndpointSettings { longest: Duration::from_secs(10), ..settings().endpoint };
    let settings = RecogniseSettings { endpoint, ..settings() };
    let script = Capitals(Script(Arc::default()));
    lines(&live_by(settings, &sound, script).await.0)
}

fn numbered(words: std::ops::RangeInclusive<usize>) -> String {
    words.map(|it| format!("w{it}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test(start_paused = true)]
async fn a_committed_sentence_closes_its_segment_without_a_pause() {
    let lines = without_pause(10).await;
    let at = lines.iter().position(|it| it.starts_with("final")).unwrap();
    assert_eq!(lines[at], format!("final {}.", numbered(1..=10)));
    // The words after the sentence continue in the next segment at once: the first of them was shown before.
    assert!(lines[at + 1].starts_with("partial") && lines[at + 1].contains("W11"), "{lines:?}");
    assert_eq!(lines.last().unwrap(), &format!("final W11 {}", numbered(12..=15)));
    assert_eq!(lines.iter().filter(|it| it.starts_with("final")).count(), 2, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_short_sentence_shares_the_segment_of_the_next_one_without_a_pause() {
    let lines = without_pause(2).await;
    let all = format!("final {}. W3 {}", numbered(1..=2), numbered(4..=15));
    assert_eq!(lines.last().unwrap(), &all);
    assert_eq!(lines.iter().filter(|it| it.starts_with("final")).count(), 1, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_window_may_begin_in_the_previous_segment() {
    let sound = ending_with(ending_with(speech(&[(36, 700)]), 12), 24);
    let endpoint = EndpointSettings { longest: Duration::from_secs(30), ..settings().endpoint };
    let s = Duration::from_secs;
    let window = WindowSettings { length: s(12), keep: s(8), overlap: 3 };
    let settings = RecogniseSettings { endpoint, window, ..settings() };
    let script = Capitals(Script(Arc::default()));
    let (captions, _) = live_by(settings, &sound, script).await;
    let lines = lines(&captions);
    let finals: Vec<&String> = lines.iter().filter(|it| it.starts_with("final")).collect();
    let expected = [
        format!("final {}.", numbered(1..=12)),
        format!("final W13 {}.", numbered(14..=24)),
        format!("final W25 {}", numbered(26..=36)),
    ];
    assert_eq!(finals, expected.iter().collect::<Vec<_>>());
    // The words of partials have correct times, too.
    for word in transcripts(&captions).iter().flat_map(|it| it.words()) {
        let number = word.text.trim_matches(|it: char| !it.is_ascii_digit());
        let number: usize = number.parse().unwrap();
        let start = MediaTime::of_sample((8_000 + (number - 1) * (WORD + BETWEEN)) as u64, RATE);
        let off = word.span.start.since(start) + start.since(word.span.start);
        assert!(off < Duration::from_millis(50), "{word:?} was said at {start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_stop_before_a_lowercase_letter_does_not_close_the_segment() {
    let sound = ending_with(speech(&[(15, 700)]), 10);
    let endpoint = EndpointSettings { longest: Duration::from_secs(10), ..settings().endpoint };
    let (lines, _) = live(RecogniseSettings { endpoint, ..settings() }, &sound, &[]).await;
    assert_eq!(
        lines.last().unwrap(),
        &format!("final {}. {}", numbered(1..=10), numbered(11..=15))
    );
}

#[tokio::test(start_paused = true)]
async fn a_final_that_is_a_loop_is_decoded_again() {
    let settings = RecogniseSettings { partials: false, ..settings() };
    let script = [ScriptedDecode::Loop, ScriptedDecode::Answer, ScriptedDecode::Panic];
    let (lines, counts) = live(settings, &speech(&[(3, 700)]), &script).await;
    assert_eq!(lines, ["final w1 w2 w3"]);
    assert_eq!(counts, [("decoded-again", 1), ("filtered-compressible", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_partial_that_is_a_loop_is_dropped() {
    let (lines, counts) = live(settings(), &speech(&[(3, 700)]), &[ScriptedDecode::Loop]).await;
    assert_eq!(lines.last().unwrap(), "final w1 w2 w3");
    assert_eq!(counts, [("filtered-compressible", 1)]);
}

/// Records the number of words of each decode.
struct Counting(Script, Arc<Mutex<Vec<usize>>>);

impl Recogniser for Counting {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let hypothesis = self.0.decode(speech, request)?;
        self.1.lock().unwrap().push(hypothesis.words.len());
        Ok(hypothesis)
    }
}

#[tokio::test(start_paused = true)]
async fn a_segment_after_a_fragment_is_decoded_together_with_it() {
    // (words before a pause, whether they end with a full stop, the most words of one decode). Two more words follow.
    for (words, stop, expected) in
        [(2, false, 4), (4, false, 6), (5, false, 5), (2, true, 4), (3, true, 3), (4, true, 4)]
    {
        let sound = speech(&[(words, 600), (2, 700)]);
        let sound = if stop { ending_with(sound, words) } else { sound };
        let counts = Arc::new(Mutex::new(Vec::new()));
        let script = Counting(Script(Arc::default()), counts.clone());
        let (captions, _) = live_by(settings(), &sound, script).await;
        let lines = lines(&captions);
        let stop = if stop { "." } else { "" };
        let finals: Vec<&String> = lines.iter().filter(|it| it.starts_with("final")).collect();
        let second = format!("final {}", numbered(words + 1..=words + 2));
        assert_eq!(finals, [&format!("final {}{stop}", numbered(1..=words)), &second]);
        assert_eq!(counts.lock().unwrap().iter().max(), Some(&expected), "{words}{stop}");
    }
}
