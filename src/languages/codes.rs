//! The code of a language at each translation service, to translate from it and into it. `None`: the service does not know it.

use super::{Tag, row};

/// LibreTranslate by the models that are published for it (the index of Argos Translate). Its servers of all versions know Chinese
/// and Brazilian Portuguese by these codes; only newer ones know `zh-Hans`, `zh-Hant` and `pt-BR`.
pub mod libretranslate {
    use super::Tag;

    #[rustfmt::skip]
    const KNOWN: &[&str] = &[
        "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he",
        "hi", "hu", "id", "it", "ja", "ko", "ky", "lt", "lv", "ms", "nb", "nl", "pb", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
        "sv", "th", "tl", "tr", "uk", "ur", "zh", "zt",
    ];

    pub fn source(tag: &str) -> Option<&'static str> {
        let it = Tag::parse(tag)?;
        match it.language.as_str() {
            // Bokmål and Nynorsk are close enough to be read by one model, not to be written for each other.
            "nn" => known("nb"),
            _ => of(&it),
        }
    }

    pub fn target(tag: &str) -> Option<&'static str> {
        of(&Tag::parse(tag)?)
    }

    fn of(it: &Tag) -> Option<&'static str> {
        known(match (it.language.as_str(), it.script.as_deref(), it.region.as_deref()) {
            ("no", ..) => "nb",
            ("zh", Some("Hant"), _) => "zt",
            ("pt", _, Some("BR")) => "pb",
            ("pb" | "zt", ..) => return None,
            (language, ..) => language,
        })
    }

    fn known(code: &str) -> Option<&'static str> {
        KNOWN.iter().copied().find(|it| *it == code)
    }
}

/// DeepL as its reference of languages has it. Which English, Portuguese or Chinese is a matter of what it writes, never of what
/// it reads.
pub mod deepl {
    use super::Tag;

    #[rustfmt::skip]
    const KNOWN: &[&str] = &[
        "ACE", "AF", "AN", "AR", "AS", "AY", "AZ", "BA", "BE", "BG", "BHO", "BN", "BR", "BS", "CA", "CEB", "CKB", "CS", "CY", "DA",
        "DE", "EL", "EN", "EO", "ES", "ET", "EU", "FA", "FI", "FR", "GA", "GL", "GN", "GOM", "GU", "HA", "HE", "HI", "HR", "HT",
        "HU", "HY", "ID", "IG", "IS", "IT", "JA", "JV", "KA", "KK", "KMR", "KO", "KY", "LA", "LB", "LMO", "LN", "LT", "LV", "MAI",
        "MG", "MI", "MK", "ML", "MN", "MR", "MS", "MT", "MY", "NB", "NE", "NL", "OC", "OM", "PA", "PAG", "PAM", "PL", "PRS", "PS",
        "PT", "QU", "RO", "RU", "SA", "SCN", "SK", "SL", "SQ", "SR", "ST", "SU", "SV", "SW", "TA", "TE", "TG", "TH", "TK", "TL",
        "TN", "TR", "TS", "TT", "UK", "UR", "UZ", "VI", "WO", "XH", "YI", "YUE", "ZH", "ZU",
    ];

    pub fn source(tag: &str) -> Option<&'static str> {
        let it = Tag::parse(tag)?;
        known(match it.language.as_str() {
            "no" | "nn" => "NB",
            "ku" => "KMR",
            language => return known(&language.to_uppercase()),
        })
    }

    pub fn target(tag: &str) -> Option<&'static str> {
        let it = Tag::parse(tag)?;
        let (language, script) = (it.language.as_str(), it.script.as_deref());
        Some(match (language, script, it.region.as_deref()) {
            ("en", _, Some("GB" | "IE" | "AU" | "NZ" | "ZA" | "IN")) => "EN-GB",
            ("en", ..) => "EN-US",
            ("pt", _, Some("BR")) => "PT-BR",
            ("pt", ..) => "PT-PT",
            ("es", _, None | Some("ES")) => "ES",
            ("es", ..) => "ES-419",
            ("de", _, Some("CH")) => "DE-CH",
            ("fr", _, Some("CA")) => "FR-CA",
            ("zh", Some("Hant"), _) => "ZH-HANT",
            ("zh", Some("Hans"), _) => "ZH-HANS",
            ("no", ..) => "NB",
            ("ku", ..) => "KMR",
            _ => return known(&language.to_uppercase()),
        })
    }

    fn known(code: &str) -> Option<&'static str> {
        KNOWN.iter().copied().find(|it| *it == code)
    }
}

/// OpenAI's Whisper models, what they hear.
pub mod whisper {
    use super::Tag;
    use crate::languages;

    #[rustfmt::skip]
    const KNOWN: &[&str] = &[
        "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es",
        "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht", "hu", "hy", "id", "is", "it", "ja",
        "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt",
        "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "sn", "so", "sq",
        "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl", "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "yue", "zh",
    ];

    /// Something that is not one of their own tags.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("`{written}` is not a language that Whisper knows{}", .meant.map_or_else(String::new, |it| format!(" by this tag; its tag is `{it}`")))]
    pub struct Unknown {
        written: String,
        /// Their own tag for what is meant, where there is one.
        pub meant: Option<&'static str>,
    }

    /// `tag`, if it is one of their own.
    pub fn checked(tag: &str) -> Result<&'static str, Unknown> {
        let meant = || code(tag).or_else(|| code(languages::meant(tag)?));
        known(tag).ok_or_else(|| Unknown { written: tag.to_owned(), meant: meant() })
    }

    /// Their own tag for the language of `tag`: they tell neither regions nor scripts apart.
    pub fn code(tag: &str) -> Option<&'static str> {
        match Tag::parse(tag)?.language.as_str() {
            "nb" => known("no"),
            "jv" => known("jw"),
            "fil" => known("tl"),
            "cmn" => known("zh"),
            language => known(language),
        }
    }

    fn known(code: &str) -> Option<&'static str> {
        KNOWN.iter().copied().find(|it| *it == code)
    }
}

/// Apertium, by codes of three letters. Which pairs there are is a matter of what is installed.
pub mod apertium {
    use super::{Tag, row};

    /// Both ways.
    pub fn code(tag: &str) -> Option<String> {
        let language = Tag::parse(tag)?.language;
        match (language.as_str(), row(&language)) {
            // Its Norwegian is either of the two.
            ("no", _) => Some("nob".to_owned()),
            (_, Some((_, _, code))) => Some((*code).to_owned()),
            (_, None) => (language.len() == 3).then_some(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whisper_knows_a_hundred_by_its_own_tags_and_is_told_them_of_others() {
        for (written, meant) in [
            ("nb", Some("no")),
            ("NL", Some("nl")),
            ("zh-TW", Some("zh")),
            ("pt_BR", Some("pt")),
            ("en-GB", Some("en")),
            ("iw", Some("he")),
            ("jv", Some("jw")),
            ("deu", Some("de")),
            ("Dutch", Some("nl")),
            ("jp", Some("ja")),
            ("xx", None),
            ("eo", None),
            ("", None),
        ] {
            assert_eq!(whisper::checked(written).unwrap_err().meant, meant, "{written}");
        }
        for tag in ["no", "nn", "nl", "zh", "yue", "jw", "haw"] {
            assert_eq!(whisper::checked(tag), Ok(tag));
        }
        let told = whisper::checked("nb").unwrap_err().to_string();
        assert_eq!(told, "`nb` is not a language that Whisper knows by this tag; its tag is `no`");
    }

    #[test]
    fn libretranslate_is_asked_by_its_own_codes_both_ways() {
        for (tag, from, into) in [
            ("no", Some("nb"), Some("nb")),
            ("nb", Some("nb"), Some("nb")),
            ("nn", Some("nb"), None),
            ("zh", Some("zh"), Some("zh")),
            ("zh-Hans", Some("zh"), Some("zh")),
            ("zh-Hant", Some("zt"), Some("zt")),
            ("zh-TW", Some("zt"), Some("zt")),
            ("zh_hk", Some("zt"), Some("zt")),
            ("pt-BR", Some("pb"), Some("pb")),
            ("pt", Some("pt"), Some("pt")),
            ("de-AT", Some("de"), Some("de")),
            ("NL", Some("nl"), Some("nl")),
            ("iw", Some("he"), Some("he")),
            ("jw", None, None),
            ("zt", None, None),
            ("und", None, None),
        ] {
            assert_eq!(
                (libretranslate::source(tag), libretranslate::target(tag)),
                (from, into),
                "{tag}"
            );
        }
    }

    #[test]
    fn deepl_reads_languages_and_writes_variants() {
        for (tag, from, into) in [
            ("no", Some("NB"), Some("NB")),
            ("nb", Some("NB"), Some("NB")),
            ("nn", Some("NB"), None),
            ("en", Some("EN"), Some("EN-US")),
            ("nl", Some("NL"), Some("NL")),
            ("en-AU", Some("EN"), Some("EN-GB")),
            ("pt", Some("PT"), Some("PT-PT")),
            ("pt-br", Some("PT"), Some("PT-BR")),
            ("es-MX", Some("ES"), Some("ES-419")),
            ("zh", Some("ZH"), Some("ZH")),
            ("zh-Hans", Some("ZH"), Some("ZH-HANS")),
            ("zh-TW", Some("ZH"), Some("ZH-HANT")),
            ("zh-HK", Some("ZH"), Some("ZH-HANT")),
            ("jw", Some("JV"), Some("JV")),
            ("jv", Some("JV"), Some("JV")),
            ("de-AT", Some("DE"), Some("DE")),
            ("haw", None, None),
            ("kn", None, None),
        ] {
            assert_eq!((deepl::source(tag), deepl::target(tag)), (from, into), "{tag}");
        }
    }

    #[test]
    fn apertium_is_asked_by_three_letters() {
        let codes = ["ES", "no", "nn", "jw", "pt-BR", "arg", "xx"].map(apertium::code);
        let told = codes.each_ref().map(Option::as_deref);
        assert_eq!(
            told,
            [Some("spa"), Some("nob"), Some("nno"), Some("jav"), Some("por"), Some("arg"), None]
        );
    }
}
