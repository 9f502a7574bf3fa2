//! Where the decodes of a long segment begin: what is committed need not be heard again, but for what the rest is understood by.
use std::time::Duration;

use super::script;
use crate::message::{MediaSpan, MediaTime, Word};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSettings {
    /// Decodes that would be longer begin behind words that are committed.
    pub length: Duration,
    /// So much of the newest sound stays in the window: recognisers understand words by those before them.
    pub keep: Duration,
    /// So many committed words, or as much of a script without spaces, are heard again: their places are known to 0.15 s only, and a
    /// decode hears its first word worse than the others.
    pub overlap: usize,
}

impl Default for WindowSettings {
    fn default() -> WindowSettings {
        let s = Duration::from_secs;
        WindowSettings { length: s(10), keep: s(5), overlap: 3 }
    }
}

/// A window moves by at least this.
const LEAST: Duration = Duration::from_secs(1);
/// A place is as weak as the mean of so many frames on each side of it.
const NEAR: usize = 2;

/// The weakest place where the decodes of `window` may begin from now on. `levels`: of the frames of the window, `frame` long
/// each.
pub fn moved(
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
    let places = frames(LEAST)..frames(until).min(levels.len());
    let strength = |at: usize| {
        let near = at.saturating_sub(NEAR)..(at + NEAR + 1).min(levels.len());
        let count = near.len() as f32;
        levels[near].iter().sum::<f32>() / count
    };
    let weakest = places.min_by(|a, b| strength(*a).total_cmp(&strength(*b)))?;
    Some(window.start + frame * weakest as u32 + frame / 2)
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
    fn a_window_moves_to_the_weakest_place_before_the_words_it_needs() {
        let window = MediaSpan::between(at(0), at(5_000));
        let mut levels = vec![0.5; 312];
        let settings = WindowSettings {
            length: at(3_000).since_start(),
            keep: Duration::ZERO,
            ..WindowSettings::default()
        };
        // 1.6 s and, weaker still but among the words that are needed, 4.0 s.
        levels[98..103].fill(0.1);
        levels[248..253].fill(0.0);
        let found = moved(settings, window, &words(9), &levels, FRAME).unwrap();
        assert_eq!(found, at(1_608));
        assert_eq!(moved(settings, window, &words(2), &levels, FRAME), None);
        let short = MediaSpan { length: settings.length, ..window };
        assert_eq!(moved(settings, short, &words(6), &levels, FRAME), None);
    }

    proptest! {
        #[test]
        fn a_window_only_moves_on_and_keeps_the_words_it_needs(
            count in 0u64..30,
            length in 0u64..15_000,
            levels in prop::collection::vec(0.0f32..1.0, 0..900),
        ) {
            let (window, words) = (MediaSpan::between(at(0), at(length)), words(count));
            let settings = WindowSettings::default();
            if let Some(place) = moved(settings, window, &words, &levels, FRAME) {
                prop_assert!(place >= window.start + LEAST && place < window.end());
                let heard_again = words.iter().filter(|it| it.span.end() > place).count();
                prop_assert!(heard_again >= settings.overlap);
                prop_assert!(window.end().since(place) + FRAME >= settings.keep);
            }
        }
    }
}
