//! Quotation marks around a whole answer: those of all scripts, and which closes which.

/// An opening mark, and the one that closes it.
#[rustfmt::skip]
const PAIRS: &[(&str, &str)] = &[
    ("\"", "\""), ("“", "”"), ("„", "“"), ("„", "”"), ("”", "”"), ("“", "“"), ("‟", "”"), ("„", "„"), ("«", "»"), ("»", "«"),
    ("»", "»"), ("‹", "›"), ("›", "‹"), ("「", "」"), ("『", "』"), ("｢", "｣"), ("《", "》"), ("〈", "〉"), ("〝", "〞"), ("〝", "〟"), ("＂", "＂"),
    ("‘", "’"), ("‚", "‘"), ("‚", "’"), ("’", "’"), ("'", "'"), ("＇", "＇"), ("``", "''"), ("''", "''"), ("<<", ">>"), (",,", "''"),
    (",,", "\""),
];
/// These are apostrophes as well.
const APOSTROPHES: [char; 3] = ['\'', '’', '‘'];

/// Without the quotation marks around all of it. A full stop behind the closing one stays.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    let (body, stop) = match text.strip_suffix(['.', '!', '?', '。', '！', '？', ',']) {
        Some(body) if has_closing(body) => (body, &text[body.len()..]),
        _ => (text, ""),
    };
    let inner = PAIRS.iter().find_map(|(open, close)| {
        let inner = body.strip_prefix(open)?.strip_suffix(close)?;
        let again = |mark: &&str| contains(inner, mark);
        (![open, close].into_iter().any(again)).then_some(inner)
    })?;
    let inner = inner.trim();
    // «Ça va ?». has its own.
    let stop =
        if inner.ends_with(['.', '!', '?', '…', '。', '！', '？', ',']) { "" } else { stop };
    (!inner.is_empty()).then(|| format!("{inner}{stop}"))
}

/// Whether something is quoted in it. An apostrophe within a word is none.
pub(super) fn quotes(text: &str) -> bool {
    PAIRS.iter().any(|(open, close)| contains(text, open) || contains(text, close))
}

fn has_closing(text: &str) -> bool {
    PAIRS.iter().any(|(_, close)| text.ends_with(close))
}

fn contains(text: &str, mark: &str) -> bool {
    let letter = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    text.match_indices(mark).any(|(at, mark)| {
        let (before, behind) =
            (text[..at].chars().next_back(), text[at + mark.len()..].chars().next());
        let short = mark.chars().all(|it| APOSTROPHES.contains(&it)) && mark.chars().count() == 1;
        // L'heure; the boys' room; 't is: only one that stands between a space and a letter, or the like, quotes for certain.
        !(short && (letter(before) || letter(behind) && before.is_some()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_around_all_of_it_are_taken_away() {
        for text in [
            "\"Ja.\"",
            "“Ja.”",
            "„Ja.“",
            "„Ja.”",
            "”Ja.”",
            "« Ja. »",
            "»Ja.«",
            "‹Ja.›",
            "「Ja.」",
            "『Ja.』",
            "《Ja.》",
            "‘Ja.’",
            "‚Ja.‘",
            "'Ja.'",
            "``Ja.''",
            "\"Ja\".",
            "“Ja”.",
        ] {
            assert_eq!(unwrapped(text).as_deref(), Some("Ja."), "{text}");
        }
        assert_eq!(unwrapped("'L'heure est venue.'").as_deref(), Some("L'heure est venue."));
        assert_eq!(unwrapped("‘It’s late.’").as_deref(), Some("It’s late."));
    }

    #[test]
    fn marks_within_it_stay() {
        for text in [
            "Ja.",
            "\"Ja\" en \"nee\"",
            "“Ja” zei hij.",
            "„Ja“ und „Nein“.",
            "'s Avonds",
            "\"",
            "\"\"",
            "5'",
        ] {
            assert_eq!(unwrapped(text), None, "{text}");
        }
        assert!(quotes("He said \"no\".") && quotes("« Non »") && quotes("'no'"));
        assert!(!quotes("It's the boys' turn.") && !quotes("L’heure"));
    }

    proptest! {
        #[test]
        fn whatever_quotes_it_the_text_stays(pair in 0..PAIRS.len(), text in "[a-zé]{1,8}( [a-zé]{1,8}){0,5}") {
            let (open, close) = PAIRS[pair];
            prop_assert_eq!(unwrapped(&format!("{open}{text}{close}")), Some(text.clone()));
            prop_assert_eq!(unwrapped(&format!("{open} {text} {close}")), Some(text));
        }
    }
}
