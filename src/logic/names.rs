//! Where the names of speakers stand in a text: at each change of speaker, once there is more than one.
use crate::message::{MediaSpan, Speaker, Word};

/// The names of one text, as its segments come one after the other.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Who spoke last, if anybody did.
    last: Option<Option<Speaker>>,
    /// Somebody else has spoken before.
    are_several: bool,
}

impl Names {
    /// Of a text that is known as a whole: with a single speaker there are no names in it, with several from the first on.
    pub fn of<'a>(all: impl IntoIterator<Item = Option<&'a Speaker>>) -> Names {
        let mut all = all.into_iter();
        let first = all.next();
        Names { last: None, are_several: all.any(|it| Some(it) != first) }
    }

    /// The name that stands before what `speaker` says next, where one has to.
    pub fn before<'a>(&mut self, speaker: Option<&'a Speaker>) -> Option<&'a Speaker> {
        let last = self.last.replace(speaker.cloned());
        let is_other = last.as_ref().is_none_or(|last| last.as_ref() != speaker);
        self.are_several |= last.is_some() && is_other;
        speaker.filter(|_| is_other && self.are_several)
    }

    /// The text goes on in another file, which is read by itself.
    pub fn begin_anew(&mut self) {
        self.last = None;
    }
}

/// `Ada: Good morning.` The name stands before the first word and in one line with it, as far as a line holds both.
pub fn labelled(words: &[Word], name: Option<&Speaker>) -> Vec<Word> {
    let mut words = words.to_vec();
    if let (Some(name), Some(first)) =
        (name, words.iter_mut().find(|it| !it.text.trim().is_empty()))
    {
        first.text = format!(" {name}: {}", first.text.trim_start());
    }
    words
}

/// The same for a text in one line.
pub fn labelled_text(text: &str, name: Option<&Speaker>) -> String {
    let word = Word { text: text.to_owned(), span: MediaSpan::default() };
    labelled(&[word], name).remove(0).text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(mut names: Names, text: &str) -> String {
        let say = |it: char| {
            let speaker = Speaker::named(&it.to_string());
            names.before(speaker.as_ref()).map_or("-".to_owned(), ToString::to_string)
        };
        text.chars().map(say).collect()
    }

    #[test]
    fn a_name_stands_at_each_change_and_none_where_one_speaks_alone() {
        assert_eq!(told(Names::default(), "aab bba"), "--b-b-a");
        assert_eq!(told(Names::default(), "aaaa"), "----");
        let speakers: Vec<_> = "aab".chars().map(|it| Speaker::named(&it.to_string())).collect();
        assert_eq!(told(Names::of(speakers.iter().map(Option::as_ref)), "aab"), "a-b");
        assert_eq!(told(Names::of(speakers[..2].iter().map(Option::as_ref)), "aa"), "--");
        assert_eq!(told(Names::of([None, None]), "  "), "--");
    }

    #[test]
    fn a_file_that_begins_says_who_speaks() {
        let (ada, ben) = (Speaker::named("Ada"), Speaker::named("Ben"));
        let mut names = Names::default();
        names.before(ada.as_ref());
        assert_eq!(names.before(ben.as_ref()), ben.as_ref());
        names.begin_anew();
        assert_eq!(names.before(ben.as_ref()), ben.as_ref());
    }

    #[test]
    fn a_name_is_put_before_the_first_word() {
        let ada = Speaker::named("Ada L.");
        assert_eq!(labelled_text(" good day", ada.as_ref()), "Ada L.: good day");
        assert_eq!(labelled_text(" good day", None), "good day");
        assert_eq!(labelled_text("", ada.as_ref()), "");
    }

    proptest! {
        /// Whoever reads the names alone knows of each segment who speaks, as far as that is known.
        #[test]
        fn the_names_say_who_speaks(text in "[abc ]{0,30}") {
            let several = text.chars().collect::<std::collections::BTreeSet<_>>().len() > 1;
            let speakers: Vec<_> = text.chars().map(|it| Speaker::named(&it.to_string())).collect();
            let names = Names::of(speakers.iter().map(Option::as_ref));
            let mut reader = None;
            for (said, shown) in text.chars().zip(told(names, &text).chars()) {
                reader = if shown == '-' { reader } else { Some(shown) };
                if several && said != ' ' {
                    prop_assert_eq!(reader, Some(said));
                }
            }
            prop_assert!(several || !told(Names::default(), &text).contains(|it| it != '-'));
        }
    }
}
