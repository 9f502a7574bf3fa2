//! What a recogniser writes where nobody speaks, or when it runs in a loop: seen by what it says of itself and by the text.
use std::collections::HashSet;

use super::{agree::Heard, spoken};

#[derive(Clone, Debug, PartialEq)]
pub struct GuardSettings {
    /// A look that is surer than this (0 to 1) that nobody spoke has no words. 1 switches it off.
    pub no_speech: f32,
    /// So has one whose words are less probable: the mean logarithm of a token's probability. Minus infinity: off.
    pub log_probability: f32,
    /// So has one whose text is so much longer than its code ([`compression`]). Infinity: off.
    pub compression: f32,
    /// What is said over and over within a look is said once; what the segments before said twice is said no third time
    /// unless it is probable.
    pub repetition: bool,
    /// A look that holds one of these and nothing else has no words.
    pub phrases: Vec<String>,
}

impl Default for GuardSettings {
    fn default() -> GuardSettings {
        GuardSettings {
            no_speech: 0.9,
            log_probability: -1.5,
            compression: 2.4,
            repetition: true,
            phrases: PHRASES.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

/// What Whisper models write over sound without words: the ends of the films that they were trained on.
pub const PHRASES: [&str; 6] = [
    "Thanks for watching!",
    "Thank you for watching.",
    "Please subscribe to my channel.",
    "Subtitles by the Amara.org community",
    "Transcription by CastingWords",
    "Like and subscribe.",
];

/// Why words were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    NoSpeech,
    Improbable,
    Compressible,
    Repeated,
    Phrase,
}

impl Guard {
    /// As it is counted.
    pub const fn name(self) -> &'static str {
        match self {
            Guard::NoSpeech => "guarded-no-speech",
            Guard::Improbable => "guarded-improbable",
            Guard::Compressible => "guarded-compressible",
            Guard::Repeated => "guarded-repeated",
            Guard::Phrase => "guarded-phrase",
        }
    }
}

/// What one look says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubts {
    pub no_speech: f32,
    pub log_probability: f32,
}

/// Follows the finals of one stream.
#[derive(Debug)]
pub struct Guards {
    settings: GuardSettings,
    phrases: HashSet<Vec<String>>,
    /// What the newest finals said, the newest last.
    said: [Vec<String>; 2],
}

/// A unit of so many words may stand so often in a row; more is a loop. People do say a digit four times.
const MOST: [(usize, usize); 3] = [(1, 5), (2, 4), (usize::MAX, 3)];
/// A text that was said twice in a row is taken for said again from this mean logarithm of probability on.
const PROBABLE: f32 = -0.5;
/// Short answers are said again and again.
const SHORT: usize = 3;

impl Guards {
    pub fn new(settings: GuardSettings) -> Guards {
        let phrases = settings.phrases.iter().map(|it| spoken::words(it)).collect();
        Guards { settings, phrases, said: Default::default() }
    }

    /// Takes out what nobody said; tells why, if anything.
    pub fn check(&self, words: &mut Vec<Heard>, doubts: Doubts) -> Option<Guard> {
        let bare = bare(words);
        if bare.is_empty() {
            return None;
        }
        let found = self.all(&bare, doubts);
        if found.is_some() {
            words.clear();
            return found;
        }
        let kept = self.settings.repetition.then(|| unrepeated(words));
        let cut = kept.filter(|kept| *kept < words.len())?;
        words.truncate(cut);
        Some(Guard::Repeated)
    }

    /// Why none of the words was said.
    fn all(&self, words: &[String], doubts: Doubts) -> Option<Guard> {
        let settings = &self.settings;
        let again = || words.len() > SHORT && self.said.iter().all(|it| it == words);
        if doubts.no_speech > settings.no_speech {
            Some(Guard::NoSpeech)
        } else if doubts.log_probability < settings.log_probability {
            Some(Guard::Improbable)
        } else if self.phrases.contains(words) {
            Some(Guard::Phrase)
        } else if compression(&words.join(" ")) > settings.compression {
            Some(Guard::Compressible)
        } else if settings.repetition && doubts.log_probability < PROBABLE && again() {
            Some(Guard::Repeated)
        } else {
            None
        }
    }

    /// A final said this.
    pub fn said(&mut self, text: &str) {
        self.said.rotate_left(1);
        self.said[1] = spoken::words(text);
    }
}

fn bare(words: &[Heard]) -> Vec<String> {
    spoken::words(&words.iter().map(|it| it.word.text.as_str()).collect::<String>())
}

/// Bits of a letter.
const LETTER: f32 = 8.0;

/// How many words stand before the second round of a loop that goes on to the end.
fn unrepeated(words: &[Heard]) -> usize {
    let bare: Vec<String> = words.iter().map(|it| spoken::bare(&it.word.text)).collect();
    for unit in 1..=bare.len() / 3 {
        let most = MOST.iter().find(|it| unit <= it.0).map_or(usize::MAX, |it| it.1);
        let same = bare.iter().rev().zip(bare.iter().rev().skip(unit));
        let run = same.take_while(|(one, other)| one == other).count();
        if run / unit + 1 > most {
            return bare.len() - run;
        }
    }
    bare.len()
}

/// The length of the text over that of its code by Lempel and Ziv (1978), in bits: for speech of any length below 1.6, for
/// loops more the longer they are. Whisper's own guard asks zlib, whose ratio for speech is much the same.
pub fn compression(text: &str) -> f32 {
    let (mut seen, mut phrase, mut count) = (HashSet::new(), String::new(), 0usize);
    for letter in text.chars() {
        phrase.push(letter);
        if !seen.contains(&phrase) {
            seen.insert(std::mem::take(&mut phrase));
            count += 1;
        }
    }
    count += usize::from(!phrase.is_empty());
    // Each phrase is written as the number of another one and a letter.
    let bits = count as f32 * ((count.max(1) as f32).log2() + LETTER);
    if count == 0 { 0.0 } else { text.chars().count() as f32 * LETTER / bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MediaSpan, Word};
    use proptest::prelude::*;

    const SURE: Doubts = Doubts { no_speech: 0.0, log_probability: -0.1 };

    fn heard(text: &str) -> Vec<Heard> {
        let word = |it: &str| Word { text: format!(" {it}"), span: MediaSpan::default() };
        text.split_whitespace()
            .map(|it| Heard { word: word(it), probability: 0.9, mark: 1.0 })
            .collect()
    }

    fn check(guards: &Guards, text: &str, doubts: Doubts) -> (String, Option<Guard>) {
        let mut words = heard(text);
        let guard = guards.check(&mut words, doubts);
        (words.iter().map(|it| it.word.text.as_str()).collect::<String>().trim().to_owned(), guard)
    }

    fn all_of(guards: &Guards, text: &str, doubts: Doubts) {
        assert_eq!(check(guards, text, doubts), (text.to_owned(), None));
    }

    #[test]
    fn doubts_leave_nothing_and_each_can_be_switched_off() {
        let guards = Guards::new(GuardSettings::default());
        let silent = Doubts { no_speech: 0.95, ..SURE };
        let guess = Doubts { log_probability: -2.0, ..SURE };
        assert_eq!(check(&guards, "you", silent), (String::new(), Some(Guard::NoSpeech)));
        assert_eq!(check(&guards, "you", guess), (String::new(), Some(Guard::Improbable)));
        let phrase = "thanks for watching";
        assert_eq!(check(&guards, phrase, SURE), (String::new(), Some(Guard::Phrase)));
        let off = Guards::new(GuardSettings {
            no_speech: 1.0,
            log_probability: f32::NEG_INFINITY,
            compression: f32::INFINITY,
            repetition: false,
            phrases: Vec::new(),
        });
        for (text, doubts) in [("you", silent), ("you", guess), (phrase, SURE)] {
            all_of(&off, text, doubts);
        }
        all_of(&off, "so it is ".repeat(30).trim(), SURE);
    }

    #[test]
    fn a_loop_is_said_once_and_digits_are_not_a_loop() {
        let guards = Guards::new(GuardSettings::default());
        all_of(&guards, "call nine nine nine nine now", SURE);
        all_of(&guards, "zero zero one one one two", SURE);
        let looped = "we go to go to go to go to go to";
        assert_eq!(check(&guards, looped, SURE), ("we go to".to_owned(), Some(Guard::Repeated)));
        let long = "I said so ".repeat(40);
        assert_eq!(check(&guards, &long, SURE), (String::new(), Some(Guard::Compressible)));
    }

    #[test]
    fn a_third_time_must_be_probable() {
        let mut guards = Guards::new(GuardSettings::default());
        let text = "the train leaves at nine";
        let unsure = Doubts { log_probability: -0.8, ..SURE };
        guards.said("The train leaves at nine.");
        all_of(&guards, text, unsure);
        guards.said(text);
        all_of(&guards, text, SURE);
        assert_eq!(check(&guards, text, unsure), (String::new(), Some(Guard::Repeated)));
        guards.said("yes");
        all_of(&guards, text, unsure);
    }

    #[test]
    fn speech_is_not_compressible_whatever_its_length() {
        let speech = "good morning everyone and welcome to the meeting of this week we begin with the numbers \
            of last month then Anna tells us about the new office in Rotterdam and after lunch we look at the plan for \
            the winter which many of you have asked about since it was sent around on Monday";
        for end in [20, 60, 120, speech.len()] {
            assert!(compression(&speech[..end]) < 1.6, "{end}: {}", compression(&speech[..end]));
        }
        assert!(compression(&"so it is ".repeat(30)) > 2.4);
    }

    proptest! {
        #[test]
        fn what_is_left_is_a_beginning_of_what_was_heard(text in "([ab] ){0,24}") {
            let guards = Guards::new(GuardSettings::default());
            let all = heard(&text);
            let mut left = all.clone();
            let guard = guards.check(&mut left, SURE);
            prop_assert!(all.starts_with(&left));
            prop_assert_eq!(guard.is_some(), left.len() < all.len());
        }
    }
}
