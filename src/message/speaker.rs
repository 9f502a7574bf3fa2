//! Who speaks: a name for readers, which is text and nothing else.
use std::{fmt, sync::Arc};

/// Shared by all that one speaker says, so that a copy costs nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Speaker(Arc<str>);

impl Speaker {
    /// The longest name, in characters.
    pub const LONGEST: usize = 60;

    /// The name in one line: without characters that control, one space where there were several, no more than
    /// [`LONGEST`](Self::LONGEST) characters. `None` where nothing of it is left.
    pub fn named(name: &str) -> Option<Speaker> {
        let plain: String = name.chars().map(|it| if controls(it) { ' ' } else { it }).collect();
        let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: String = words.chars().take(Speaker::LONGEST).collect();
        let name = name.trim_end();
        (!name.is_empty()).then(|| Speaker(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Also line ends that are no control characters, and what turns the direction of the text behind the name.
const fn controls(it: char) -> bool {
    matches!(it, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_one_line_without_marks_that_nobody_sees() {
        let named = |it| Speaker::named(it).map(|it| it.to_string());
        assert_eq!(named("  Ada\tLovelace\n"), Some("Ada Lovelace".to_owned()));
        assert_eq!(named("Ada\u{202e}\u{2028}--> <v B>"), Some("Ada --> <v B>".to_owned()));
        assert_eq!(named(" \u{7} "), None);
        assert_eq!(named(&"a ".repeat(60)).unwrap().len(), 59);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_name_of_one_line_or_none(text in any::<String>()) {
            if let Some(name) = Speaker::named(&text) {
                prop_assert!((1..=Speaker::LONGEST).contains(&name.as_str().chars().count()));
                prop_assert!(!name.as_str().contains(char::is_control));
                prop_assert_eq!(name.as_str(), name.as_str().trim());
                prop_assert_eq!(Speaker::named(name.as_str()), Some(name.clone()));
            }
        }
    }
}
