//! Words that nobody is to read: each becomes three asterisks, whatever its case and the punctuation around it.
use super::script::units;

/// What stands in the place of a masked word.
const MASK: &str = "***";

/// `text` without `word`.
pub fn masked(text: &str, word: &str) -> String {
    let unwanted = core(word).to_lowercase();
    if unwanted.is_empty() {
        return text.to_owned();
    }
    if units(core(word)).len() > 1 {
        // A script without spaces: what a page takes for a word has several units.
        return text.replace(core(word), MASK);
    }
    let written = |unit: &str| match core(unit) {
        it if it.to_lowercase() == unwanted => unit.replacen(it, MASK, 1),
        _ => unit.to_owned(),
    };
    let mut all: String = units(text).into_iter().map(written).collect();
    all.push_str(&text[text.trim_end().len()..]);
    all
}

/// A word without what stands around it.
fn core(unit: &str) -> &str {
    unit.trim_matches(|it: char| !it.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_masked_wherever_it_stands_and_nothing_else() {
        assert_eq!(masked("Damn, that damned Damn!", "damn"), "***, that damned ***!");
        assert_eq!(masked("damn ", "Damn."), "*** ");
        assert_eq!(masked("nothing", "damn"), "nothing");
        assert_eq!(masked("damn", " ,"), "damn");
        assert_eq!(masked("真糟糕", "糟"), "真***糕");
        assert_eq!(masked("真糟糕。", "糟糕。"), "真***。");
    }

    proptest! {
        /// So that what was committed stays the beginning of what follows.
        #[test]
        fn the_beginning_of_a_text_in_whole_words_stays_its_beginning(words in prop::collection::vec("[ab]{1,2}[,.]?", 1..8), cut in 0usize..8) {
            let (whole, part) = (words.join(" "), words[..cut.min(words.len())].join(" "));
            prop_assert!(masked(&whole, "a").starts_with(&masked(&part, "a")));
        }
    }
}
