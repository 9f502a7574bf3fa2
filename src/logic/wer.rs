//! Word error rate: how many words are substituted, deleted and inserted between a reference and a hypothesis.
use super::{align::by_words, spoken};

/// The errors of one or of many pairs of texts. WER = (S + D + I) / N over the units that
/// [`spoken::normalised`] gives: words, or characters (CER).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordErrors {
    /// Words, or characters, of the reference.
    pub words: usize,
    pub substituted: usize,
    pub deleted: usize,
    pub inserted: usize,
}

impl WordErrors {
    /// The errors of `hypothesis` in an alignment with the fewest. `language`: the tag of the language that both are in, as `en`.
    pub fn between(reference: &str, hypothesis: &str, language: &str) -> WordErrors {
        let [reference, hypothesis] =
            [reference, hypothesis].map(|it| spoken::normalised(it, language));
        let pairs = by_words(&reference, &hypothesis);
        WordErrors {
            words: reference.len(),
            substituted: pairs.iter().filter(|it| reference[it.0] != hypothesis[it.1]).count(),
            deleted: reference.len() - pairs.len(),
            inserted: hypothesis.len() - pairs.len(),
        }
    }

    pub fn errors(&self) -> usize {
        self.substituted + self.deleted + self.inserted
    }

    /// A fraction: 0.05 is 5 %. Over several pairs their errors are added first (micro-average). `None` without a word.
    pub fn rate(&self) -> Option<f64> {
        (self.words > 0).then(|| self.errors() as f64 / self.words as f64)
    }
}

impl std::ops::Add for WordErrors {
    type Output = WordErrors;
    fn add(self, other: WordErrors) -> WordErrors {
        WordErrors {
            words: self.words + other.words,
            substituted: self.substituted + other.substituted,
            deleted: self.deleted + other.deleted,
            inserted: self.inserted + other.inserted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_error_is_counted() {
        let errors = WordErrors::between(
            "The train leaves at 10:30.",
            "a train leaves at ten thirty now",
            "en",
        );
        let expected = WordErrors { words: 6, substituted: 1, deleted: 0, inserted: 1 };
        assert_eq!(errors, expected);
        assert_eq!(errors.rate(), Some(2.0 / 6.0));
        assert_eq!(WordErrors::between("good morning everyone", "good everyone", "en").deleted, 1);
        assert_eq!(WordErrors::between("", "so", "en").inserted, 1);
        assert_eq!(WordErrors::between("", "so", "en").rate(), None);
    }

    #[test]
    fn characters_are_counted_in_scripts_without_spaces() {
        let errors = WordErrors::between("今日は良い天気", "今日は悪い天気。", "ja");
        assert_eq!(errors, WordErrors { words: 7, substituted: 1, deleted: 0, inserted: 0 });
    }

    proptest! {
        #[test]
        fn errors_of_a_text_with_itself_are_none_and_both_directions_agree(a in "([abc] ){0,8}", b in "([abc] ){0,8}") {
            prop_assert_eq!(WordErrors::between(&a, &a, "en").errors(), 0);
            let there = WordErrors::between(&a, &b, "en");
            let back = WordErrors::between(&b, &a, "en");
            prop_assert_eq!(there.errors(), back.errors());
            prop_assert_eq!(there.words + there.inserted, back.words + there.deleted);
        }

        #[test]
        fn errors_are_as_few_as_by_levenshtein(a in "([abc] ){0,150}", b in "([abc] ){0,150}") {
            let [words, others] = [&a, &b].map(|it| spoken::normalised(it, "en"));
            let fewest = strsim::generic_levenshtein(&words, &others);
            prop_assert_eq!(WordErrors::between(&a, &b, "en").errors(), fewest);
        }
    }
}
