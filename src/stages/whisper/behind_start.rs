//! What a decoder says right behind the token that every transcript starts with: whether anybody speaks, and in which language.
//!
//! Whisper was trained to say both at that place (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak
//! Supervision", section 2.3). whisper.cpp reads the first behind the whole prompt: behind the marks of language and task, and behind
//! text, the token of no speech has no meaning.
use std::ops::Range;

/// Natural probabilities, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BehindStart {
    /// That nobody speaks.
    pub(super) no_speech: f32,
    /// The most probable language, as its place among the languages, and its probability among all of them. `None`: the model knows
    /// one only.
    pub(super) language: Option<(usize, f32)>,
}

impl BehindStart {
    /// From the decoder's `logits`, one for each token of the vocabulary, of which these are the one of no speech and those of the
    /// languages.
    pub(super) fn of(logits: &[f32], no_speech: usize, languages: Range<usize>) -> BehindStart {
        let place = no_speech..no_speech.saturating_add(1);
        let no_speech = softmax(logits, place).map_or(0.0, |it| it.1);
        let languages = logits.get(languages).unwrap_or_default();
        BehindStart { no_speech, language: softmax(languages, 0..languages.len()) }
    }
}

/// The most probable of `among` and its probability among all of the logits.
fn softmax(logits: &[f32], among: Range<usize>) -> Option<(usize, f32)> {
    let (first, among) = (among.start, logits.get(among)?);
    let best = (0..among.len()).max_by(|a, b| among[*a].total_cmp(&among[*b]))?;
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: f32 = logits.iter().map(|it| (it - highest).exp()).sum();
    Some((first + best, (among[best] - highest).exp() / all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_speech_is_one_of_all_tokens_and_a_language_one_of_the_languages() {
        let ln = |values: &[f32]| values.iter().map(|it| it.ln() + 3.0).collect::<Vec<f32>>();
        let told = BehindStart::of(&ln(&[0.1, 0.1, 0.3, 0.5]), 3, 1..3);
        let (language, probability) = told.language.unwrap();
        assert!((told.no_speech - 0.5).abs() < 1e-6, "{told:?}");
        assert!((language, (probability - 0.75).abs() < 1e-6) == (1, true), "{told:?}");
    }

    #[test]
    fn a_model_of_one_language_tells_none_and_a_vocabulary_without_the_token_no_silence() {
        let told = BehindStart::of(&[0.0, 1.0], 7, 1..1);
        assert_eq!(told, BehindStart { no_speech: 0.0, language: None });
        assert_eq!(BehindStart::of(&[], 0, 0..5), BehindStart { no_speech: 0.0, language: None });
    }

    proptest! {
        #[test]
        fn they_are_probabilities_and_the_level_of_the_logits_says_nothing(
            logits in prop::collection::vec(-30.0f32..30.0, 2..60), level in -100.0f32..100.0, at in 0usize..60
        ) {
            let (at, half) = (at % logits.len(), logits.len() / 2);
            let told = BehindStart::of(&logits, at, 0..half);
            let (language, probability) = told.language.unwrap();
            prop_assert!((0.0..=1.0).contains(&told.no_speech));
            prop_assert!(language < half && (1.0 / half as f32 - 1e-5..=1.0).contains(&probability));
            let louder: Vec<f32> = logits.iter().map(|it| it + level).collect();
            let same = BehindStart::of(&louder, at, 0..half);
            prop_assert!((same.no_speech - told.no_speech).abs() < 1e-3);
        }
    }
}
