//! Languages by their tags: the names that chat models know them by, and the three letters that Apertium does.

/// Tag, English name, ISO 639-3 code.
#[rustfmt::skip]
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("af", "Afrikaans", "afr"), ("ar", "Arabic", "ara"), ("be", "Belarusian", "bel"), ("bg", "Bulgarian", "bul"),
    ("br", "Breton", "bre"), ("ca", "Catalan", "cat"), ("cs", "Czech", "ces"), ("cy", "Welsh", "cym"), ("da", "Danish", "dan"),
    ("de", "German", "deu"), ("el", "Greek", "ell"), ("en", "English", "eng"), ("eo", "Esperanto", "epo"),
    ("es", "Spanish", "spa"), ("et", "Estonian", "est"), ("eu", "Basque", "eus"), ("fa", "Persian", "fas"),
    ("fi", "Finnish", "fin"), ("fr", "French", "fra"), ("ga", "Irish", "gle"), ("gl", "Galician", "glg"),
    ("he", "Hebrew", "heb"), ("hi", "Hindi", "hin"), ("hr", "Croatian", "hrv"), ("hu", "Hungarian", "hun"),
    ("id", "Indonesian", "ind"), ("is", "Icelandic", "isl"), ("it", "Italian", "ita"), ("ja", "Japanese", "jpn"),
    ("kk", "Kazakh", "kaz"), ("ko", "Korean", "kor"), ("lt", "Lithuanian", "lit"), ("lv", "Latvian", "lav"),
    ("mk", "Macedonian", "mkd"), ("mt", "Maltese", "mlt"), ("nb", "Norwegian", "nob"), ("nl", "Dutch", "nld"),
    ("nn", "Norwegian Nynorsk", "nno"), ("no", "Norwegian", "nob"), ("oc", "Occitan", "oci"), ("pl", "Polish", "pol"),
    ("pt", "Portuguese", "por"), ("ro", "Romanian", "ron"), ("ru", "Russian", "rus"), ("sc", "Sardinian", "srd"),
    ("sk", "Slovak", "slk"), ("sl", "Slovenian", "slv"), ("sq", "Albanian", "sqi"), ("sr", "Serbian", "srp"),
    ("sv", "Swedish", "swe"), ("ta", "Tamil", "tam"), ("th", "Thai", "tha"), ("tr", "Turkish", "tur"),
    ("tt", "Tatar", "tat"), ("uk", "Ukrainian", "ukr"), ("ur", "Urdu", "urd"), ("vi", "Vietnamese", "vie"),
    ("zh", "Chinese", "zho"),
];

/// `Dutch (nl)`; the tag alone where its name is not known here.
pub(super) fn name(tag: &str) -> String {
    match find(tag) {
        Some((_, name, _)) => format!("{name} ({tag})"),
        None => tag.to_owned(),
    }
}

/// `nld`; a code of three letters is its own.
pub(super) fn three_letters(tag: &str) -> Option<String> {
    let base = base(tag);
    match find(tag) {
        Some((_, _, code)) => Some((*code).to_owned()),
        None => (base.len() == 3).then(|| base.to_owned()),
    }
}

/// `pt` of `pt-BR`.
pub(super) fn base(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

fn find(tag: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    LANGUAGES.iter().find(|(it, ..)| it.eq_ignore_ascii_case(base(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_a_name_and_three_letters() {
        assert_eq!(name("pt-BR"), "Portuguese (pt-BR)");
        assert_eq!(name("xx"), "xx");
        assert_eq!(three_letters("ES").as_deref(), Some("spa"));
        assert_eq!(three_letters("arg").as_deref(), Some("arg"));
        assert_eq!(three_letters("xx"), None);
    }
}
