//! Word alignment: gives each word of a hypothesis a time span when only the order of the words and the speech spans are known.
use std::time::Duration;

use super::spoken;
use crate::message::{MediaSpan, MediaTime, Word};

/// A shorter pause does not part two spans of speech: stops inside words last as long.
const MIN_PAUSE: Duration = Duration::from_millis(120);
/// The cost of a pause between two words without punctuation, in square seconds of mismatch.
const UNPUNCTUATED_PAUSE_COST: f64 = 0.03;

/// Spreads the words over `speech_spans`, which are in order and do not overlap. A word takes time in proportion to its
/// letters. The words are split at the pauses so that each span of speech gets about as many words as fit into it, and so that
/// pauses fall after punctuation. Without any span the words are spread over `whole`.
pub fn align_words(words: Vec<Word>, speech_spans: &[MediaSpan], whole: MediaSpan) -> Vec<Word> {
    let speech_spans = merge(speech_spans);
    let speech_spans = if speech_spans.is_empty() { vec![whole] } else { speech_spans };
    let weights: Vec<f64> = words.iter().map(|it| weight(&it.text)).collect();
    let ends = split(&words, &weights, &speech_spans);
    let mut aligned = Vec::with_capacity(words.len());
    let mut words = words.into_iter().zip(weights);
    let mut from = 0;
    for (span, end) in speech_spans.iter().zip(ends) {
        let here: Vec<(Word, f64)> = words.by_ref().take(end - from).collect();
        from = end;
        let total: f64 = here.iter().map(|it| it.1).sum();
        let at = |weight: f64| span.start + span.length.mul_f64((weight / total).clamp(0.0, 1.0));
        let mut before = 0.0;
        for (word, weight) in here {
            let span = MediaSpan::between(at(before), at(before + weight));
            before += weight;
            aligned.push(Word { span, ..word });
        }
    }
    aligned
}

/// The same with the recogniser's timestamps: for each, how many words precede it, and its time from the start of `whole`. The
/// words between two timestamps are spread over the speech between them. Timestamps that go back or lie after the end are
/// ignored.
pub fn align_between_timestamps(
    mut words: Vec<Word>,
    times: &[(usize, Duration)],
    speech_spans: &[MediaSpan],
    whole: MediaSpan,
) -> Vec<Word> {
    let (mut aligned, mut from) = (Vec::new(), whole.start);
    for (before, time) in times {
        let (count, at) = (before.saturating_sub(aligned.len()), whole.start + *time);
        if count > words.len() || at < from || whole.end() < at {
            continue;
        }
        let span = MediaSpan::between(from, at);
        // Two timestamps in a row are a pause.
        if count > 0 {
            let rest = words.split_off(count);
            aligned.extend(align_words(words, &clip(speech_spans, span), span));
            words = rest;
        }
        from = at;
    }
    let span = MediaSpan::between(from, whole.end());
    aligned.extend(align_words(words, &clip(speech_spans, span), span));
    aligned
}

/// The length of a word in letters, never 0.
fn weight(word: &str) -> f64 {
    let letters: usize = spoken::words(word).iter().map(|it| it.chars().count()).sum();
    1.0 + letters as f64
}

fn merge(speech_spans: &[MediaSpan]) -> Vec<MediaSpan> {
    let mut merged: Vec<MediaSpan> = Vec::new();
    for span in speech_spans.iter().filter(|it| !it.length.is_zero()) {
        match merged.last_mut() {
            Some(last) if span.start.since(last.end()) < MIN_PAUSE => {
                *last = MediaSpan::between(last.start, span.end());
            }
            _ => merged.push(*span),
        }
    }
    merged
}

/// The number of words up to the end of each span, with the least mismatch.
fn split(words: &[Word], weights: &[f64], speech_spans: &[MediaSpan]) -> Vec<usize> {
    let count = words.len();
    let speech: f64 = speech_spans.iter().map(|it| it.length.as_secs_f64()).sum();
    let letters: f64 = weights.iter().sum();
    let mut reached = vec![0.0];
    for weight in weights {
        reached.push(reached[reached.len() - 1] + weight * speech / letters);
    }
    let unpunctuated = |end: usize| {
        let punctuated = end == 0 || end == count || ends_with_punctuation(&words[end - 1].text);
        if punctuated { 0.0 } else { UNPUNCTUATED_PAUSE_COST }
    };
    // `cost[end]`: the least cost of `end` words up to the end of the span. `from`: the first word of the span in that case.
    let mut cost: Vec<f64> =
        (0..=count).map(|end| if end == 0 { 0.0 } else { f64::INFINITY }).collect();
    let mut from = Vec::new();
    for span in speech_spans {
        let length = span.length.as_secs_f64();
        let best = |end: usize| {
            let misfit = |begin: usize| {
                let off = reached[end] - reached[begin] - length;
                (cost[begin] + off * off + unpunctuated(end), begin)
            };
            let least = (0..=end).map(misfit).min_by(|a, b| a.0.total_cmp(&b.0));
            least.unwrap_or((f64::INFINITY, 0))
        };
        let row: Vec<(f64, usize)> = (0..=count).map(best).collect();
        cost = row.iter().map(|it| it.0).collect();
        from.push(row.iter().map(|it| it.1).collect::<Vec<_>>());
    }
    let mut ends = vec![count; speech_spans.len()];
    for at in (1..speech_spans.len()).rev() {
        ends[at - 1] = from[at][ends[at]];
    }
    ends
}

fn ends_with_punctuation(word: &str) -> bool {
    word.ends_with(|it: char| !it.is_alphanumeric())
}

/// The part of each span that lies in `within`.
pub fn clip(spans: &[MediaSpan], within: MediaSpan) -> Vec<MediaSpan> {
    let clip = |span: &MediaSpan| {
        let end: MediaTime = span.end().min(within.end());
        MediaSpan::between(span.start.max(within.start), end)
    };
    spans.iter().map(clip).filter(|it| !it.length.is_zero()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: u64, end: u64) -> MediaSpan {
        let at = |ms| MediaTime::new(Duration::from_millis(ms));
        MediaSpan::between(at(start), at(end))
    }

    fn words(text: &str) -> Vec<Word> {
        let word = |it: &str| Word { text: format!(" {it}"), span: MediaSpan::default() };
        text.split_whitespace().map(word).collect()
    }

    fn starts(text: &str, speech_spans: &[MediaSpan]) -> Vec<u128> {
        let aligned = align_words(words(text), speech_spans, span(0, 1000));
        aligned.iter().map(|it| it.span.start.since_start().as_millis()).collect()
    }

    #[test]
    fn words_take_time_in_proportion_to_their_letters() {
        assert_eq!(starts("abc abcdefg", &[span(500, 1700)]), [500, 900]);
        assert_eq!(starts("a b", &[]), [0, 500]);
    }

    #[test]
    fn pauses_fall_between_sentences() {
        // By letters alone "Thank" would begin before the pause.
        let speech_spans = [span(500, 1100), span(1150, 1700), span(2600, 3300)];
        assert_eq!(
            starts("See you there. Thank you.", &speech_spans),
            [500, 842, 1185, 2600, 3020]
        );
    }

    #[test]
    fn words_are_aligned_between_the_timestamps_of_the_recogniser() {
        let s = Duration::from_secs;
        let times = [(0, s(0)), (2, s(1)), (2, s(3)), (4, s(4)), (4, s(9))];
        let speech_spans = [span(0, 1000), span(3000, 4000)];
        let aligned =
            align_between_timestamps(words("a b c d"), &times, &speech_spans, span(0, 5000));
        let starts: Vec<u128> =
            aligned.iter().map(|it| it.span.start.since_start().as_millis()).collect();
        assert_eq!(starts, [0, 500, 3000, 3500]);
        // Without timestamps this is the same as `align_words`.
        assert_eq!(
            align_between_timestamps(words("a b"), &[], &speech_spans, span(0, 5000)),
            align_words(words("a b"), &speech_spans, span(0, 5000))
        );
    }

    proptest! {
        #[test]
        fn timestamps_lose_no_words(text in "([a-z]{1,5} ){0,9}", times in prop::collection::vec((0usize..12, 0u64..6_000), 0..6)) {
            let times: Vec<_> = times.into_iter().map(|(words, ms)| (words, Duration::from_millis(ms))).collect();
            let aligned = align_between_timestamps(words(&text), &times, &[span(200, 4_000)], span(0, 5_000));
            let texts = |words: &[Word]| words.iter().map(|it| it.text.clone()).collect::<String>();
            prop_assert_eq!(texts(&aligned), texts(&words(&text)));
            for pair in aligned.windows(2) {
                prop_assert!(pair[0].span.start <= pair[1].span.start);
            }
        }

        #[test]
        fn words_stay_in_order_and_in_speech(
            text in "([a-z]{1,9}[.]? ){0,20}",
            lengths in prop::collection::vec((1u64..900, 1u64..900), 1..8),
        ) {
            let mut speech_spans = Vec::new();
            let mut from = 0;
            for (pause, length) in lengths {
                speech_spans.push(span(from + pause, from + pause + length));
                from += pause + length;
            }
            let aligned = align_words(words(&text), &speech_spans, span(0, 1));
            prop_assert_eq!(aligned.len(), words(&text).len());
            for pair in aligned.windows(2) {
                prop_assert!(pair[0].span.end() <= pair[1].span.start);
            }
            let merged = merge(&speech_spans);
            for word in &aligned {
                let inside = |it: &MediaSpan| it.start <= word.span.start && word.span.end() <= it.end();
                prop_assert!(merged.iter().any(inside), "{word:?} in {merged:?}");
            }
        }
    }
}
