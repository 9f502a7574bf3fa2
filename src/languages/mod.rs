//! Languages by their tags: their names, which tags mean the same, and the code that each translation service knows them by.
mod codes;
mod names;

pub use codes::{apertium, deepl, libretranslate, whisper};
use names::{ALIASES, LANGUAGES, MISTAKEN, Row};

/// A tag, taken apart: `zh-hant_TW` is the language `zh` in the script `Hant` of the region `TW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// In small letters, the usual code where there are several: `jv` of `jw`, `de` of `deu`.
    pub language: String,
    /// Of Chinese, it follows from the region where it is not named.
    pub script: Option<String>,
    pub region: Option<String>,
}

impl Tag {
    /// `None` where it is not made like a tag: a language of two or three letters, then parts of letters and digits.
    pub fn parse(tag: &str) -> Option<Tag> {
        let mut parts = tag.split(['-', '_']);
        let first = parts.next()?.to_ascii_lowercase();
        let letters = |it: &str| it.bytes().all(|it| it.is_ascii_alphabetic());
        if !(2..=3).contains(&first.len()) || !letters(&first) {
            return None;
        }
        let (mut script, mut region) = (None, None);
        for part in parts {
            if part.is_empty()
                || 8 < part.len()
                || !part.bytes().all(|it| it.is_ascii_alphanumeric())
            {
                return None;
            }
            match part.len() {
                4 if letters(part) && script.is_none() => {
                    script = Some(part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase());
                }
                2 | 3 if region.is_none() => region = Some(part.to_ascii_uppercase()),
                _ => (),
            }
        }
        let language = usual(first);
        if language == "zh" && script.is_none() {
            script = region.as_deref().and_then(chinese_script).map(str::to_owned);
        }
        Some(Tag { language, script, region })
    }

    /// Whether what is in this language is in `other`, too: `de-AT` is German, but not every German is `de-AT`.
    pub fn is_within(&self, other: &Tag) -> bool {
        // Nearly all that is called Norwegian, by Whisper too, is Bokmål.
        let language =
            |it: &Tag| if it.language == "no" { "nb".into() } else { it.language.clone() };
        language(self) == language(other)
            && (other.script.is_none() || self.script == other.script)
            && (other.region.is_none() || self.region == other.region)
    }
}

fn usual(code: String) -> String {
    let replaced = ALIASES.iter().find(|(it, _)| *it == code).map(|it| it.1);
    let shorter = || LANGUAGES.iter().find(|it| it.2 == code).map(|it| it.0);
    replaced.or_else(shorter).map_or(code, str::to_owned)
}

fn chinese_script(region: &str) -> Option<&'static str> {
    match region {
        "TW" | "HK" | "MO" => Some("Hant"),
        "CN" | "SG" | "MY" => Some("Hans"),
        _ => None,
    }
}

/// Whether what is in the language `tag` needs no translation into `other`.
pub fn is_within(tag: &str, other: &str) -> bool {
    match (Tag::parse(tag), Tag::parse(other)) {
        (Some(tag), Some(other)) => tag.is_within(&other),
        _ => tag == other,
    }
}

/// `Dutch`; `None` where its name is not known here.
pub fn name(tag: &str) -> Option<&'static str> {
    let it = Tag::parse(tag)?;
    match (it.language.as_str(), it.script.as_deref()) {
        ("zh", Some("Hant")) => Some("Traditional Chinese"),
        ("zh", Some("Hans")) => Some("Simplified Chinese"),
        (language, _) => row(language).map(|it| it.1),
    }
}

/// `Dutch (nl)`; the tag alone where its name is not known here.
pub fn named(tag: &str) -> String {
    name(tag).map_or_else(|| tag.to_owned(), |name| format!("{name} ({tag})"))
}

/// The English names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|it| it.1)
}

/// Whether it can be a language: all codes of two letters are known, those of three are many more than stand here.
pub fn is_language(tag: &str) -> bool {
    Tag::parse(tag).is_some_and(|it| it.language.len() == 3 || row(&it.language).is_some())
}

/// The tag that somebody meant who wrote a name, or the code of a country.
pub fn meant(written: &str) -> Option<&'static str> {
    let written = written.trim().to_lowercase();
    let country = MISTAKEN.iter().find(|(it, _)| *it == written).map(|it| it.1);
    let by_name = || LANGUAGES.iter().find(|it| it.1.to_lowercase() == written).map(|it| it.0);
    country.or_else(by_name)
}

fn row(language: &str) -> Option<&'static Row> {
    LANGUAGES.iter().find(|it| it.0 == language)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Of the models that know the most.
    const WHISPER: &str = "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi \
        ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo \
        ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";

    #[test]
    fn all_languages_of_whisper_have_a_name() {
        let tags: Vec<&str> = WHISPER.split_whitespace().collect();
        assert_eq!(tags.len(), 100);
        let names: BTreeSet<&str> = tags.iter().filter_map(|it| name(it)).collect();
        assert_eq!(names.len(), 100, "each its own");
        assert!(tags.iter().all(|it| is_language(it)));
    }

    #[test]
    fn no_code_stands_twice() {
        let tags: BTreeSet<&str> = LANGUAGES.iter().map(|it| it.0).collect();
        let codes: BTreeSet<&str> = LANGUAGES.iter().map(|it| it.2).collect();
        assert_eq!((tags.len(), codes.len()), (LANGUAGES.len(), LANGUAGES.len()));
        assert!(ALIASES.iter().all(|it| !tags.contains(it.0) && tags.contains(it.1)));
    }

    #[test]
    fn a_tag_has_a_name() {
        for (tag, told) in [
            ("pt-BR", "Portuguese (pt-BR)"),
            ("nb", "Norwegian Bokmål (nb)"),
            ("zh-hk", "Traditional Chinese (zh-hk)"),
            ("zh-Hans", "Simplified Chinese (zh-Hans)"),
            ("jw", "Javanese (jw)"),
            ("xx", "xx"),
        ] {
            assert_eq!(named(tag), told);
        }
        assert!(!is_language("xx") && !is_language("english") && is_language("gsw"));
        let meant = ["Dutch", "jp", "english", "none"].map(meant);
        assert_eq!(meant, [Some("nl"), Some("ja"), Some("en"), None]);
    }

    #[test]
    fn what_is_in_the_language_already_is_within_it() {
        for (it, other) in
            [("de-AT", "de"), ("no", "nb"), ("jw", "jv"), ("ZH_tw", "zh-Hant"), ("deu", "de")]
        {
            assert!(is_within(it, other), "{it} {other}");
        }
        for (it, other) in [("de", "de-AT"), ("nn", "nb"), ("zh", "zh-Hant"), ("en-US", "en-GB")] {
            assert!(!is_within(it, other), "{it} {other}");
        }
    }
}
