//! What a model says before its translation: "Dutch:", "Here is the translation:".

use crate::{languages, logic::script};

/// "Translation" in many languages, in small letters: a label that says so, with whatever stands around the word.
#[rustfmt::skip]
const TRANSLATION: &[&str] = &[
    "translat", "vertaling", "übersetzung", "traduction", "traducción", "traduccion", "traduzione", "tradução", "traducao", "traducció", "traducere",
    "översättning", "oversættelse", "oversettelse", "käännös", "tõlge", "tulkojums", "vertimas", "tłumaczenie", "překlad", "preklad", "prevod",
    "prijevod", "превод", "перевод", "переклад", "fordítás", "μετάφραση", "çeviri", "tərcümə", "ترجمة", "ترجمه", "تרגום", "תרגום", "अनुवाद",
    "অনুবাদ", "மொழிபெயர்ப்பு", "terjemahan", "bản dịch", "คำแปล", "翻译", "翻譯", "译文", "譯文", "翻訳", "訳", "번역",
];
/// Of the languages that are translated into most, their own names.
#[rustfmt::skip]
const OWN_NAMES: &[&str] = &[
    "nederlands", "deutsch", "français", "español", "italiano", "português", "català", "galego", "euskara", "română", "svenska", "dansk", "norsk",
    "norsk bokmål", "bokmål", "nynorsk", "suomi", "suomeksi", "eesti", "latviešu", "lietuvių", "polski", "čeština", "česky", "slovenčina", "slovenščina", "hrvatski",
    "srpski", "bosanski", "српски", "български", "македонски", "русский", "українська", "беларуская", "magyar", "ελληνικά", "türkçe", "العربية",
    "فارسی", "עברית", "हिन्दी", "हिंदी", "বাংলা", "தமிழ்", "bahasa indonesia", "bahasa melayu", "tiếng việt", "ไทย", "中文", "简体中文", "繁體中文",
    "日本語", "한국어", "gaeilge", "cymraeg", "íslenska", "shqip", "afrikaans", "kiswahili", "tagalog", "brazilian portuguese", "simplified chinese",
    "traditional chinese", "mandarin", "mandarin chinese", "american english", "british english", "latin american spanish",
];
const OTHERS: [&str; 11] = [
    "output",
    "answer",
    "result",
    "response",
    "caption",
    "final answer",
    "final",
    "target",
    "text",
    "assistant",
    "reply",
];
/// A label is no longer, in letters.
const LONGEST: usize = 100;

/// What stands behind the label of an answer `into` a language; `None` where it begins with none.
pub(super) fn behind<'a>(text: &'a str, into: &str) -> Option<&'a str> {
    let (head, rest) = split(text)?;
    is_label(head, into).then_some(rest).filter(|it| !it.is_empty())
}

/// Whether it begins as something that has a label does. What is said so is translated so.
pub(super) fn has_one(source: &str) -> bool {
    split(source).is_some_and(|(head, _)| head.split_whitespace().count() <= 8)
}

/// At the first colon that is not within a word, as it is in 10:30.
fn split(text: &str) -> Option<(&str, &str)> {
    let ends = |(at, colon): &(usize, &str)| {
        let behind = text[at + colon.len()..].chars().next();
        *colon == "：" || behind.is_none_or(|it| !it.is_alphanumeric() && it != '/')
    };
    let (at, colon) = text.match_indices([':', '：']).find(ends)?;
    let head = text[..at].trim();
    (head.chars().count() <= LONGEST).then(|| (head, text[at + colon.len()..].trim()))
}

fn is_label(head: &str, into: &str) -> bool {
    let head = head.trim_matches(['*', '_', '#', '[', ']', '(', ')', '"', ' ']).to_lowercase();
    // "Dutch (nl)", "Dutch [informal]".
    let bare = head.split(['(', '[']).next().unwrap_or_default().trim();
    let names_language = |it: &str| {
        it.eq_ignore_ascii_case(into)
            || OWN_NAMES.contains(&it)
            || languages::names().any(|name| name.to_lowercase() == it)
    };
    let bare = bare.strip_prefix("in ").unwrap_or(bare);
    if names_language(bare) || OTHERS.contains(&bare) || TRANSLATION.contains(&bare) {
        return true;
    }
    // With these around it the word is talk of the answer; as one of a longer sentence it may be said.
    let begins = [
        "here",
        "sure",
        "certainly",
        "of course",
        "okay",
        "ok",
        "the ",
        "below",
        "this is",
        "absolutely",
        "translat",
        "in ",
        "hier",
        "natuurlijk",
        "voici",
        "aquí",
        "aqui",
        "ecco",
        "natürlich",
        "claro",
        "de ",
        "die ",
        "la ",
        "вот",
        "以下",
        "这是",
        "這是",
    ];
    let talks = TRANSLATION.iter().any(|it| head.contains(it));
    // Without spaces a whole sentence is one word.
    let words = head.split_whitespace().count();
    let few = words <= 3 && !head.contains(script::is_unspaced);
    let is_talk = begins.iter().any(|it| head.starts_with(it));
    let here = ["here is", "here's", "here’s", "here you go", "sure", "certainly"];
    // Somebody who speaks English may begin so.
    let is_here = here.iter().any(|it| head.starts_with(it)) && !languages::is_within(into, "en");
    talks && (few || is_talk) || is_here && words <= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_before_a_translation_is_left_out() {
        for text in [
            "Translation: Goede morgen.",
            "translation : Goede morgen.",
            "Here is the translation: Goede morgen.",
            "Here's the Dutch translation:\n\nGoede morgen.",
            "Sure! Here’s the translation of the caption into Dutch: Goede morgen.",
            "The translation is: Goede morgen.",
            "Translated text: Goede morgen.",
            "Dutch: Goede morgen.",
            "Dutch (nl): Goede morgen.",
            "In Dutch: Goede morgen.",
            "nl: Goede morgen.",
            "[NL]: Goede morgen.",
            "Nederlands: Goede morgen.",
            "Vertaling: Goede morgen.",
            "Dutch translation: Goede morgen.",
            "Output: Goede morgen.",
            "翻译：Goede morgen.",
            "Sure, here you go: Goede morgen.",
        ] {
            assert_eq!(behind(text, "nl"), Some("Goede morgen."), "{text}");
        }
    }

    #[test]
    fn what_was_said_stays() {
        for text in [
            "Goede morgen.",
            "Het is 10:30 in Nederland.",
            "Hij zei: goede morgen.",
            "De regel is: eerst kijken.",
            "翻訳者は言った：おはよう。",
            "Translation:",
            "Wat wij over de vertaling van dat boek zeiden: niets.",
        ] {
            assert_eq!(behind(text, "nl"), None, "{text}");
        }
        assert_eq!(behind("Here is what I want: money.", "en"), None);
        assert!(has_one("Translation: good morning") && has_one("English：good morning"));
        assert!(!has_one("It is 10:30 in Holland.") && !has_one("Good morning."));
    }
}
