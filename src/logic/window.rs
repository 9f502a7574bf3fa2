//! The decode window of a long segment: where decodes begin once words are committed, and how much context they keep.
use std::time::Duration;

use super::script;
use crate::message::{MediaSpan, MediaTime, Word};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSettings {
    /// A longer window moves forward past committed words.
    pub length: Duration,
    /// This much of the newest audio stays in the window: recognisers understand words by those before them.
    pub keep: Duration,
    /// This many committed words, or as much of a script without spaces, stay in the window and are decoded again. Their times
    /// are known to 0.15 s only, and a decode is worse at its first word than at the others.
    pub overlap: usize,
}

impl Default for WindowSettings {
    fn default() -> WindowSettings {
        let s = Duration::from_secs;
        WindowSettings { length: s(10), keep: s(5), overlap: 3 }
    }
}

/// The least step of a window.
const MIN_STEP: Duration = Duration::from_secs(1);
/// The level at a place is the mean over this many frames on each side.
const SMOOTHING: usize = 2;

/// The new start of `window`: the quietest place that keeps the overlap and the context. `levels`: of the frames of the
/// window, each `frame` long. `None` if the window need not move, or cannot.
pub fn next_window_start(
    settings: WindowSettings,
    window: MediaSpan,
    committed: &[Word],
    levels: &[f32],
    frame: Duration,
) -> Option<MediaTime> {
    if window.length <= settings.length || frame.is_zero() {
        return None;
    }
    let enough = |from: &usize| {
        let texts = committed[*from..].iter().map(|it| it.text.as_str());
        script::word_count(texts) >= settings.overlap
    };
    let kept = (0..=committed.len()).rev().find(enough)?;
    let until = committed.get(kept)?.span.start;
    let frames = |length: Duration| (length.as_nanos() / frame.as_nanos()) as usize;
    let until = until.min(window.end() - settings.keep).since(window.start);
    let places = frames(MIN_STEP)..frames(until).min(levels.len());
    let mean_level = |at: usize| {
        let near = at.saturating_sub(SMOOTHING)..(at + SMOOTHING + 1).min(levels.len());
        let count = near.len() as f32;
        levels[near].iter().sum::<f32>() / count
    };
    let quietest = places.min_by(|a, b| mean_level(*a).total_cmp(&mean_level(*b)))?;
    Some(window.start + frame * quietest as u32 + frame / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Duration = Duration::from_millis(16);

    fn at(ms: u64) -> MediaTime {
        MediaTime::new(Duration::from_millis(ms))
    }

    /// Words of 400 ms, with 80 ms between them.
    fn words(count: u64) -> Vec<Word> {
        let span = |n: u64| MediaSpan::between(at(n * 480), at(n * 480 + 400));
        (0..count).map(|n| Word { text: format!(" w{n}"), span: span(n) }).collect()
    }

    #[test]
    fn a_window_moves_to_the_quietest_place_before_the_words_it_keeps() {
        let window = MediaSpan::between(at(0), at(5_000));
        let mut levels = vec![0.5; 312];
        let settings = WindowSettings {
            length: at(3_000).since_start(),
            keep: Duration::ZERO,
            ..WindowSettings::default()
        };
        // The place at 1.6 s is quiet. The one at 4.0 s is quieter, but lies among the words that stay in the window.
        levels[98..103].fill(0.1);
        levels[248..253].fill(0.0);
        let found = next_window_start(settings, window, &words(9), &levels, FRAME).unwrap();
        assert_eq!(found, at(1_608));
        assert_eq!(next_window_start(settings, window, &words(2), &levels, FRAME), None);
        let short = MediaSpan { length: settings.length, ..window };
        assert_eq!(next_window_start(settings, short, &words(6), &levels, FRAME), None);
    }

    proptest! {
        #[test]
        fn a_window_moves_forward_and_keeps_the_overlap(
            count in 0u64..30,
            length in 0u64..15_000,
            levels in prop::collection::vec(0.0f32..1.0, 0..900),
        ) {
            let (window, words) = (MediaSpan::between(at(0), at(length)), words(count));
            let settings = WindowSettings::default();
            if let Some(place) = next_window_start(settings, window, &words, &levels, FRAME) {
                prop_assert!(place >= window.start + MIN_STEP && place < window.end());
                let decoded_again = words.iter().filter(|it| it.span.end() > place).count();
                prop_assert!(decoded_again >= settings.overlap);
                prop_assert!(window.end().since(place) + FRAME >= settings.keep);
            }
        }
    }
}
