//! What a model may be called.

/// Whether a model may be called so: letters, digits and `._-`, with a letter or digit first, at most 100 of them.
pub fn is_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(is_of_name)
}

/// Whether a name may have this letter in it.
pub(super) fn is_of_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_the_folder() {
        assert!(["tiny.en", "whisper-small_nl", "3"].iter().all(|it| is_name(it)));
        let bad = ["", ".hidden", "-q", "a/b", "..", "a b", "a\\b", "é"];
        assert!(bad.iter().all(|it| !is_name(it)));
        assert!(!is_name(&"a".repeat(101)));
    }
}
