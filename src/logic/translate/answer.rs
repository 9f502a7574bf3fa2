//! What a chat model answered, and what of it is the translation: without its thoughts, its Markdown, its quotation marks, its talk.

use super::{entities::decoded, labels, quotes, refusal, thoughts};

/// Why an answer is no translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTranslation {
    /// Thoughts that do not end, or that nothing follows on.
    OnlyThoughts,
    /// It says that it will not translate.
    Refusal,
}

/// So many things may stand around a translation, one within the other.
const LAYERS: usize = 8;
/// Spaces that are not seen, and stand at the ends of answers for no reason.
const UNSEEN: [char; 3] = ['\u{200b}', '\u{feff}', '\u{2060}'];

/// The translation of `source` `into` a language that an `answer` holds, in as many lines as it has. What the source has itself,
/// such as quotation marks, was said, and stays in the translation.
pub fn cleaned(answer: &str, source: &str, into: &str) -> Result<String, NoTranslation> {
    let text = thoughts::answer(answer, source).ok_or(NoTranslation::OnlyThoughts)?;
    let mut text = trimmed(&decoded(text, source)).to_owned();
    for _ in 0..LAYERS {
        let Some(inner) = layer(&text, source, into) else { break };
        text = trimmed(&inner).to_owned();
    }
    match refusal::is_refusal(&text, source, into) {
        true => Err(NoTranslation::Refusal),
        false => Ok(text),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|it: char| it.is_whitespace() || UNSEEN.contains(&it))
}

/// Without what stands around all of it; `None` where nothing does.
fn layer(text: &str, source: &str, into: &str) -> Option<String> {
    let owned = |it: &str| it.to_owned();
    let fence = || unfenced(text).filter(|_| !source.contains("```")).map(owned);
    let heading =
        || unheaded(text).filter(|_| !source.trim_start().starts_with(['#', '>'])).map(owned);
    let element = || unelemented(text).filter(|_| !source.contains('<')).map(owned);
    let label = || labels::behind(text, into).filter(|_| !labels::has_one(source)).map(owned);
    let quoted = || quotes::unwrapped(text).filter(|_| !quotes::quotes(source));
    let repeated = || without_source(text, source).map(owned);
    fence()
        .or_else(heading)
        .or_else(element)
        .or_else(|| unmarked(text, source))
        .or_else(quoted)
        .or_else(label)
        .or_else(repeated)
}

/// The lines between two fences of code; what names its language goes with them.
fn unfenced(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("```")?.strip_suffix("```")?;
    let inner = match inner.split_once('\n') {
        Some((language, rest)) if language.trim().bytes().all(|it| it.is_ascii_alphanumeric()) => {
            rest
        }
        _ => inner,
    };
    Some(inner).filter(|it| !it.contains("```") && !it.trim().is_empty())
}

/// `# Goede morgen.`, `> Goede morgen.`
fn unheaded(text: &str) -> Option<&str> {
    let bare = text.trim_start_matches('#');
    let level = text.len() - bare.len();
    let bare = match level {
        0 => text.strip_prefix("> ")?,
        1..=6 => bare.strip_prefix(' ')?,
        _ => return None,
    };
    Some(bare).filter(|it| !it.trim().is_empty())
}

/// `<translation>Goede morgen.</translation>`
fn unelemented(text: &str) -> Option<&str> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let plain = !name.is_empty()
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    let inner = rest.strip_suffix('>')?.strip_suffix(name)?.strip_suffix("</")?;
    Some(inner).filter(|it| plain && !it.trim().is_empty())
}

/// Without the marks that make letters bold, slanted or code, wherever they stand in pairs.
fn unmarked(text: &str, source: &str) -> Option<String> {
    for mark in ["***", "**", "__", "~~", "`"] {
        let pairs = text.matches(mark).count();
        let sign = mark.chars().next()?;
        // Fences of code are taken away whole, with what stands on their line.
        let fence = mark == "`" && text.contains("```");
        if 0 < pairs && pairs.is_multiple_of(2) && !fence && !source.contains(sign) {
            let bare = text.replace(mark, "");
            return Some(bare).filter(|it| !it.trim().is_empty());
        }
    }
    // Alone, these are common within words and sums.
    ["*", "_"].into_iter().find_map(|mark| {
        let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
        let whole = !inner.contains(mark) && !inner.starts_with(' ') && !inner.trim().is_empty();
        (whole && !source.contains(mark)).then(|| inner.to_owned())
    })
}

/// `Goede morgen. (Good morning.)`
fn without_source<'a>(text: &'a str, source: &str) -> Option<&'a str> {
    let (before, inside) = text.strip_suffix([')', '）'])?.rsplit_once(['(', '（'])?;
    let same = |it: &str| it.trim_matches(|it: char| !it.is_alphanumeric()).to_lowercase();
    let again = same(inside) == same(source) && !same(source).is_empty();
    Some(before.trim_end()).filter(|it| again && !it.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(answer: &str) -> String {
        cleaned(answer, "Good morning.", "nl").unwrap()
    }

    #[test]
    fn what_stands_around_a_translation_is_taken_away() {
        for answer in [
            "Goede morgen.",
            "<think>\nshort\n</think>\n\nGoede morgen.",
            "Dutch, informal.</think>\n\n\"Goede morgen.\"",
            "“Goede morgen.”",
            "« Goede morgen. »",
            "「Goede morgen.」",
            "Translation: Goede morgen.",
            "**Translation:** Goede morgen.",
            "Here is the translation: “Goede morgen.”",
            "Here is the translation:\n\n```text\nGoede morgen.\n```",
            "**Goede morgen.**",
            "*Goede morgen.*",
            "_Goede morgen._",
            "Goede **morgen**.",
            "`Goede morgen.`",
            "```\nGoede morgen.\n```",
            "```Goede morgen.```",
            "# Goede morgen.",
            "### **Dutch:** Goede morgen.",
            "> Goede morgen.",
            "<translation>Goede morgen.</translation>",
            "Goede morgen. (Good morning.)",
            "\u{200b}Goede morgen.\u{feff}",
            "Goede&#32;morgen.",
            "\"Dutch: 'Goede morgen.'\"",
        ] {
            assert_eq!(of(answer), "Goede morgen.", "{answer}");
        }
        assert_eq!(of("صباح الخير."), "صباح الخير.");
    }

    #[test]
    fn what_was_said_stays() {
        let kept =
            |answer: &str, source: &str| assert_eq!(cleaned(answer, source, "nl").unwrap(), answer);
        kept("\"Goede morgen.\"", "\"Good morning.\"");
        kept("„Goede morgen.”", "“Good morning.”");
        kept("**vet**", "**bold**");
        kept("`ls`", "`ls`");
        kept("# Eén", "# One");
        kept("Vertaling: goede morgen.", "Translation: good morning.");
        kept("Nederlands: goede morgen.", "Dutch: good morning.");
        kept("Ja (nee)", "Yes (no)");
        kept("2 * 3 * 4", "Two times three times four");
        kept("een_naam_zo", "a name so");
        kept("\"Ja\" en \"nee\"", "Yes and no");
        kept("&amp; staat daar", "&amp; stands there");
        // Lines are not this module's to judge.
        kept("Goede morgen.\nNote: informal.", "Good morning.");
    }

    #[test]
    fn an_answer_that_is_no_translation_is_told() {
        let told = |answer| cleaned(answer, "Good morning.", "nl").unwrap_err();
        assert_eq!(told("I'm sorry, but I can't help with that."), NoTranslation::Refusal);
        assert_eq!(told("\"I’m sorry, but I can’t help with that.\""), NoTranslation::Refusal);
        assert_eq!(told("<think>Dutch, so"), NoTranslation::OnlyThoughts);
    }

    proptest! {
        #[test]
        fn plain_words_stay_and_layers_around_them_go(text in "[a-zé]{1,8}( [a-zé]{1,8}){1,5}\\.", layers in prop::collection::vec(0usize..5, 0..4), thinks: bool) {
            prop_assert_eq!(of(&text), text.clone());
            let around = |text: String, layer: usize| match layer {
                0 => format!("\"{text}\""),
                1 => format!("**{text}**"),
                2 => format!("Translation: {text}"),
                3 => format!("```\n{text}\n```"),
                _ => format!("„{text}“"),
            };
            // Marks of one kind do not stand within each other.
            let mut seen = std::collections::BTreeSet::new();
            let layers = layers.into_iter().filter(|it| seen.insert(*it));
            let answer = layers.fold(text.clone(), around);
            let thought = if thinks { "<think>hm</think>" } else { "" };
            prop_assert_eq!(of(&format!("{thought}{answer}")), text);
        }

        #[test]
        fn nothing_panics_and_what_is_clean_stays_clean(answer in "\\PC{0,40}|[\"'*_`#<>():a-z \n“”«»]{0,30}", source in "[a-z \"]{0,10}") {
            if let Ok(text) = cleaned(&answer, &source, "nl") {
                prop_assert!(text.len() <= 4 * answer.len().max(1));
            }
        }
    }
}
