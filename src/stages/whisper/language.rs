//! The language codes that whisper.cpp knows.

/// Whether whisper.cpp knows the code. Only codes are passed on: whisper.cpp also takes whole names, and whisper-rs panics on
/// a zero byte.
pub(super) fn is_language(code: &str) -> bool {
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_lowercase());
    is_code && whisper_rs::get_lang_id(code).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_language_codes_are_refused_before_whisper_cpp_sees_them() {
        for code in ["", "EN", "xx", "en\0", "english language"] {
            assert!(!is_language(code), "{code:?}");
        }
        assert!(["en", "nl", "yue", "haw"].iter().all(|code| is_language(code)));
    }
}
