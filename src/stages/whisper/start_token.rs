//! What the decoder says after the start token: whether anybody speaks, and in which language.
//!
//! Whisper was trained to say both in this place (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak
//! Supervision", section 2.3). whisper.cpp reads the no-speech probability after the whole prompt. After the language token,
//! the task token or text, that probability means nothing.
use std::ops::Range;

/// The decoder's output after the start token, as probabilities from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StartTokenOutput {
    /// The probability that nobody speaks.
    pub(super) no_speech: f32,
    /// The most probable language: its index among the languages, and its probability among them. `None`: the model knows one
    /// language only.
    pub(super) language: Option<(usize, f32)>,
}

impl StartTokenOutput {
    /// Reads the decoder's `logits`, one per token of the vocabulary. `no_speech` and `languages` are the indices of those
    /// tokens.
    pub(super) fn of(
        logits: &[f32],
        no_speech: usize,
        languages: Range<usize>,
    ) -> StartTokenOutput {
        let place = no_speech..no_speech.saturating_add(1);
        let no_speech = softmax(logits, place).map_or(0.0, |it| it.1);
        let languages = logits.get(languages).unwrap_or_default();
        StartTokenOutput { no_speech, language: softmax(languages, 0..languages.len()) }
    }
}

/// The most probable of the tokens `among`, and its probability among all tokens.
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
    fn no_speech_is_a_share_of_all_tokens_and_a_language_a_share_of_the_languages() {
        let ln = |values: &[f32]| values.iter().map(|it| it.ln() + 3.0).collect::<Vec<f32>>();
        let output = StartTokenOutput::of(&ln(&[0.1, 0.1, 0.3, 0.5]), 3, 1..3);
        let (language, probability) = output.language.unwrap();
        assert!((output.no_speech - 0.5).abs() < 1e-6, "{output:?}");
        assert!((language, (probability - 0.75).abs() < 1e-6) == (1, true), "{output:?}");
    }

    #[test]
    fn a_model_of_one_language_gives_no_language_and_a_missing_token_gives_zero() {
        let output = StartTokenOutput::of(&[0.0, 1.0], 7, 1..1);
        assert_eq!(output, StartTokenOutput { no_speech: 0.0, language: None });
        assert_eq!(
            StartTokenOutput::of(&[], 0, 0..5),
            StartTokenOutput { no_speech: 0.0, language: None }
        );
    }

    proptest! {
        #[test]
        fn outputs_are_probabilities_that_do_not_depend_on_an_offset_of_the_logits(
            logits in prop::collection::vec(-30.0f32..30.0, 2..60), level in -100.0f32..100.0, at in 0usize..60
        ) {
            let (at, half) = (at % logits.len(), logits.len() / 2);
            let output = StartTokenOutput::of(&logits, at, 0..half);
            let (language, probability) = output.language.unwrap();
            prop_assert!((0.0..=1.0).contains(&output.no_speech));
            prop_assert!(language < half && (1.0 / half as f32 - 1e-5..=1.0).contains(&probability));
            let louder: Vec<f32> = logits.iter().map(|it| it + level).collect();
            let same = StartTokenOutput::of(&louder, at, 0..half);
            prop_assert!((same.no_speech - output.no_speech).abs() < 1e-3);
        }
    }
}
