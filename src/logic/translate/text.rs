//! Which words make whole clauses, and how one translation is divided over the segments that it is of.

use crate::logic::{
    script,
    sentence::{is_clause_end, is_end},
};

/// Shorter clauses are not cut at a comma: "Well," alone has no meaning to translate.
const CLAUSE: usize = 4;

/// How many of the words make up whole clauses.
pub(super) fn whole_clauses<'a>(words: impl IntoIterator<Item = &'a str>) -> usize {
    let (mut whole, mut open) = (0, Vec::new());
    for word in words {
        open.push(word);
        let is_long = || CLAUSE <= script::word_count(open.iter().copied());
        if is_end(word) || (is_clause_end(word) && is_long()) {
            whole += open.len();
            open.clear();
        }
    }
    whole
}

/// `text` in as many parts as there are `shares`, about as long as these say (all zero: equal ones), cut between words;
/// in scripts without spaces between characters, else between letters only where there are no words. Together the parts are the text.
pub fn divide(text: &str, shares: &[usize]) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters: Vec<String>;
    let (units, glue) = match words.as_slice() {
        _ if 1 < shares.len() && text.contains(script::is_unspaced) => (script::units(text), ""),
        [only] if 1 < shares.len() && !only.is_ascii() => {
            letters = only.chars().map(String::from).collect();
            (letters.iter().map(String::as_str).collect(), "")
        }
        _ => (words, " "),
    };
    let total: usize = shares.iter().sum();
    let length: usize = units.iter().map(|it| it.chars().count()).sum();
    let mut parts = Vec::with_capacity(shares.len());
    let (mut from, mut passed, mut wanted) = (0, 0, 0);
    for (at, share) in shares.iter().enumerate() {
        wanted += if total == 0 { 1 } else { *share };
        let whole = if total == 0 { shares.len() } else { total };
        let until = length * wanted / whole;
        let mut to = from;
        // A unit belongs where its middle lies.
        while let Some(unit) = units.get(to).map(|it| it.chars().count())
            && passed + unit / 2 < until
        {
            passed += unit;
            to += 1;
        }
        if at + 1 == shares.len() {
            to = units.len();
        }
        parts.push(units[from..to].join(glue).trim_start().to_owned());
        from = to;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_comma_ends_a_clause_only_behind_some_words() {
        let whole = |text: &str| whole_clauses(text.split(' '));
        assert_eq!(whole("Well, the first slide"), 0);
        assert_eq!(whole("When we get to the station, we will"), 6);
        assert_eq!(whole("Yes. When we get"), 1);
        assert_eq!(whole(""), 0);
        assert_eq!(whole_clauses(script::units("好的，我们现在出发，然后")), 8);
    }

    #[test]
    fn a_translation_is_divided_between_words_about_as_its_original_was() {
        let parts = divide("Ich denke, dass wir zum Bahnhof gehen sollten.", &[21, 19]);
        assert_eq!(parts, ["Ich denke, dass wir zum", "Bahnhof gehen sollten."]);
        assert_eq!(divide("駅に行きます", &[1, 1]), ["駅に行", "きます"]);
        assert_eq!(divide("我用 iPhone 拍照片。", &[1, 1]), ["我用 iPhone", "拍照片。"]);
        assert_eq!(divide("one", &[5, 5]).join(""), "one");
        assert_eq!(divide("", &[5, 5]), ["", ""]);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text(text in "( ?[a-zé]{1,9}| ?駅に){0,12}", shares in prop::collection::vec(0usize..40, 1..5)) {
            let parts = divide(&text, &shares);
            prop_assert_eq!(parts.len(), shares.len());
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&parts.concat()), bare(&text));
        }
    }
}
