//! Where words stand in time, when only their order and the stretches of speech are known.
use std::time::Duration;

use super::spoken;
use crate::message::{MediaSpan, MediaTime, Word};

/// Speech on both sides of a shorter pause is one stretch: stops inside of words last as long.
const PAUSE: Duration = Duration::from_millis(120);
/// What it costs to let a pause fall between two words without punctuation, in square seconds of misfit.
const UNMARKED: f64 = 0.03;

/// Spreads the words over `stretches`, which are in order and do not overlap. Each takes time as it has letters; which
/// words lie between which pauses is chosen so that they take about as much time as there is speech, and so that pauses
/// fall behind punctuation. Without any stretch all words stand at `otherwise`.
pub fn place(words: Vec<Word>, stretches: &[MediaSpan], otherwise: MediaSpan) -> Vec<Word> {
    let stretches = merged(stretches);
    let stretches = if stretches.is_empty() { vec![otherwise] } else { stretches };
    let weights: Vec<f64> = words.iter().map(|it| weight(&it.text)).collect();
    let ends = split(&words, &weights, &stretches);
    let mut placed = Vec::with_capacity(words.len());
    let mut words = words.into_iter().zip(weights);
    let mut from = 0;
    for (stretch, end) in stretches.iter().zip(ends) {
        let here: Vec<(Word, f64)> = words.by_ref().take(end - from).collect();
        from = end;
        let total: f64 = here.iter().map(|it| it.1).sum();
        let at =
            |weight: f64| stretch.start + stretch.length.mul_f64((weight / total).clamp(0.0, 1.0));
        let mut before = 0.0;
        for (word, weight) in here {
            let span = MediaSpan::between(at(before), at(before + weight));
            before += weight;
            placed.push(Word { span, ..word });
        }
    }
    placed
}

/// The same, with times that the recogniser wrote between its words: how many words stand before each, counted from the beginning
/// of `otherwise`. Words between two times are spread over the speech between them. Times that go back or lie behind the end
/// are passed over.
pub fn place_between(
    mut words: Vec<Word>,
    times: &[(usize, Duration)],
    stretches: &[MediaSpan],
    otherwise: MediaSpan,
) -> Vec<Word> {
    let (mut placed, mut from) = (Vec::new(), otherwise.start);
    for (before, time) in times {
        let (count, at) = (before.saturating_sub(placed.len()), otherwise.start + *time);
        if count > words.len() || at < from || otherwise.end() < at {
            continue;
        }
        let span = MediaSpan::between(from, at);
        // Two times in a row are a pause.
        if count > 0 {
            let rest = words.split_off(count);
            placed.extend(place(words, &clipped(stretches, span), span));
            words = rest;
        }
        from = at;
    }
    let span = MediaSpan::between(from, otherwise.end());
    placed.extend(place(words, &clipped(stretches, span), span));
    placed
}

/// How long a word takes, in letters; never nothing.
fn weight(word: &str) -> f64 {
    let letters: usize = spoken::words(word).iter().map(|it| it.chars().count()).sum();
    1.0 + letters as f64
}

fn merged(stretches: &[MediaSpan]) -> Vec<MediaSpan> {
    let mut merged: Vec<MediaSpan> = Vec::new();
    for stretch in stretches.iter().filter(|it| !it.length.is_zero()) {
        match merged.last_mut() {
            Some(last) if stretch.start.since(last.end()) < PAUSE => {
                *last = MediaSpan::between(last.start, stretch.end());
            }
            _ => merged.push(*stretch),
        }
    }
    merged
}

/// The number of words up to the end of each stretch, with the least misfit.
fn split(words: &[Word], weights: &[f64], stretches: &[MediaSpan]) -> Vec<usize> {
    let count = words.len();
    let speech: f64 = stretches.iter().map(|it| it.length.as_secs_f64()).sum();
    let letters: f64 = weights.iter().sum();
    let mut reached = vec![0.0];
    for weight in weights {
        reached.push(reached[reached.len() - 1] + weight * speech / letters);
    }
    let unmarked = |end: usize| {
        let marked = end == 0 || end == count || marks_pause(&words[end - 1].text);
        if marked { 0.0 } else { UNMARKED }
    };
    // `cost[end]`: of the best way to have used `end` words by the end of the stretch; `from`: where that stretch began.
    let mut cost: Vec<f64> =
        (0..=count).map(|end| if end == 0 { 0.0 } else { f64::INFINITY }).collect();
    let mut from = Vec::new();
    for stretch in stretches {
        let length = stretch.length.as_secs_f64();
        let best = |end: usize| {
            let misfit = |begin: usize| {
                let off = reached[end] - reached[begin] - length;
                (cost[begin] + off * off + unmarked(end), begin)
            };
            let least = (0..=end).map(misfit).min_by(|a, b| a.0.total_cmp(&b.0));
            least.unwrap_or((f64::INFINITY, 0))
        };
        let row: Vec<(f64, usize)> = (0..=count).map(best).collect();
        cost = row.iter().map(|it| it.0).collect();
        from.push(row.iter().map(|it| it.1).collect::<Vec<_>>());
    }
    let mut ends = vec![count; stretches.len()];
    for at in (1..stretches.len()).rev() {
        ends[at - 1] = from[at][ends[at]];
    }
    ends
}

fn marks_pause(word: &str) -> bool {
    word.ends_with(|it: char| !it.is_alphanumeric())
}

/// The part of each span that lies in `within`.
pub fn clipped(spans: &[MediaSpan], within: MediaSpan) -> Vec<MediaSpan> {
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

    fn starts(text: &str, stretches: &[MediaSpan]) -> Vec<u128> {
        let placed = place(words(text), stretches, span(0, 1000));
        placed.iter().map(|it| it.span.start.since_start().as_millis()).collect()
    }

    #[test]
    fn words_take_time_as_they_have_letters() {
        assert_eq!(starts("abc abcdefg", &[span(500, 1700)]), [500, 900]);
        assert_eq!(starts("a b", &[]), [0, 500]);
    }

    #[test]
    fn pauses_fall_between_sentences() {
        // By letters alone "Thank" would begin before the pause.
        let stretches = [span(500, 1100), span(1150, 1700), span(2600, 3300)];
        assert_eq!(starts("See you there. Thank you.", &stretches), [500, 842, 1185, 2600, 3020]);
    }

    #[test]
    fn words_stand_between_the_times_that_the_recogniser_wrote() {
        let s = Duration::from_secs;
        let times = [(0, s(0)), (2, s(1)), (2, s(3)), (4, s(4)), (4, s(9))];
        let stretches = [span(0, 1000), span(3000, 4000)];
        let placed = place_between(words("a b c d"), &times, &stretches, span(0, 5000));
        let starts: Vec<u128> =
            placed.iter().map(|it| it.span.start.since_start().as_millis()).collect();
        assert_eq!(starts, [0, 500, 3000, 3500]);
        // Without times they are spread as ever.
        assert_eq!(
            place_between(words("a b"), &[], &stretches, span(0, 5000)),
            place(words("a b"), &stretches, span(0, 5000))
        );
    }

    proptest! {
        #[test]
        fn times_lose_no_word(text in "([a-z]{1,5} ){0,9}", times in prop::collection::vec((0usize..12, 0u64..6_000), 0..6)) {
            let times: Vec<_> = times.into_iter().map(|(words, ms)| (words, Duration::from_millis(ms))).collect();
            let placed = place_between(words(&text), &times, &[span(200, 4_000)], span(0, 5_000));
            let texts = |words: &[Word]| words.iter().map(|it| it.text.clone()).collect::<String>();
            prop_assert_eq!(texts(&placed), texts(&words(&text)));
            for pair in placed.windows(2) {
                prop_assert!(pair[0].span.start <= pair[1].span.start);
            }
        }

        #[test]
        fn words_stay_in_order_and_in_speech(
            text in "([a-z]{1,9}[.]? ){0,20}",
            lengths in prop::collection::vec((1u64..900, 1u64..900), 1..8),
        ) {
            let mut stretches = Vec::new();
            let mut from = 0;
            for (pause, length) in lengths {
                stretches.push(span(from + pause, from + pause + length));
                from += pause + length;
            }
            let placed = place(words(&text), &stretches, span(0, 1));
            prop_assert_eq!(placed.len(), words(&text).len());
            for pair in placed.windows(2) {
                prop_assert!(pair[0].span.end() <= pair[1].span.start);
            }
            let merged = merged(&stretches);
            for word in &placed {
                let inside = |it: &MediaSpan| it.start <= word.span.start && word.span.end() <= it.end();
                prop_assert!(merged.iter().any(inside), "{word:?} in {merged:?}");
            }
        }
    }
}
