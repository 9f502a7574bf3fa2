//! Which words of a hypothesis nobody said: text over sound without speech, annotations, loops, words behind the end of the sound.
mod annotations;
mod repeats;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, time::Duration};

use self::annotations::{without_annotations, without_letterless};
pub use self::repeats::compression;
use super::{agree::Heard, script, spoken};

/// Which guards are on, and their limits (measured: `docs/figures.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct GuardSettings {
    /// A hypothesis has no words where the recogniser is surer than this (0 to 1) that nobody spoke. 1: off.
    pub no_speech: f32,
    /// Nor where it is surer than half of that, and the mean logarithm of the probabilities of its tokens is lower than this; a
    /// few words that begin improbably where that mean is lower than 1.4 times this. Minus infinity: off.
    pub log_probability: f32,
    /// Nor where its text is so much longer than its code ([`compression`]). Infinity: off.
    pub compression: f32,
    /// Words that come round again are left out from the second round on, where the recogniser wrote more than anybody can say
    /// in the time, wrote on behind the end of the sound, or did not come to an end.
    pub repetition: bool,
    /// A hypothesis of more words than can have been said, that ends so much behind the end of its sound or came to no end, is
    /// decoded again. `None`: off.
    pub beyond: Option<Duration>,
    /// `[Music]`, `(applause)`, `*laughs*`, `♪` are left out.
    pub annotations: bool,
    /// Text without a letter or a digit is left out: `!!!!`, `( (`.
    pub letterless: bool,
    /// A hypothesis that is one of these and nothing else has no words, where the recogniser doubts that somebody spoke.
    pub phrases: Vec<String>,
}

impl Default for GuardSettings {
    fn default() -> GuardSettings {
        GuardSettings {
            no_speech: 0.8,
            log_probability: -1.0,
            compression: 2.4,
            repetition: true,
            beyond: Some(Duration::from_millis(1_500)),
            annotations: true,
            letterless: true,
            phrases: PHRASES.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

/// What Whisper models write over sound without words: the ends of the films that they were trained on.
pub const PHRASES: [&str; 26] = [
    "Thanks for watching!",
    "Thank you for watching.",
    "Thank you.",
    "Thanks for watching and I'll see you next time.",
    "Please subscribe to my channel.",
    "Subtitles by the Amara.org community",
    "Transcription by CastingWords",
    "Like and subscribe.",
    "you",
    "Untertitel der Amara.org-Community",
    "Untertitelung des ZDF, 2020",
    "Vielen Dank fürs Zuschauen.",
    "Vielen Dank.",
    "Sous-titres réalisés par la communauté d'Amara.org",
    "Sous-titrage Société Radio-Canada",
    "Merci d'avoir regardé cette vidéo !",
    "Subtítulos realizados por la comunidad de Amara.org",
    "¡Gracias por ver el video!",
    "Legendas pela comunidade Amara.org",
    "Obrigado por assistir.",
    "Ondertitels ingediend door de Amara.org gemeenschap",
    "Bedankt voor het kijken.",
    "谢谢观看",
    "請不吝點贊訂閱轉發打賞支持明鏡與點點欄目",
    "ご視聴ありがとうございました",
    "ขอบคุณที่รับชม",
];

/// Why words were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    NoSpeech,
    Improbable,
    Compressible,
    Repeated,
    Beyond,
    Annotation,
    Letterless,
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
            Guard::Beyond => "guarded-beyond-end",
            Guard::Annotation => "guarded-annotation",
            Guard::Letterless => "guarded-letterless",
            Guard::Phrase => "guarded-phrase",
        }
    }

    /// Whether more context of the encoder may well give the words that were said.
    pub const fn is_loop(self) -> bool {
        matches!(self, Guard::Compressible | Guard::Repeated | Guard::Beyond)
    }
}

/// What is known of a decode beside its words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The recogniser's probability, 0 to 1, that nobody spoke.
    pub no_speech: f32,
    /// Mean logarithm of the probabilities of the tokens.
    pub log_probability: f32,
    /// The length of the sound.
    pub sound: Duration,
    /// How much of it is speech, as the voice detector has it.
    pub spoken: Duration,
    /// Where the recogniser says that its last word ends.
    pub ends: Option<Duration>,
    /// Whether the decode reached the limit of its tokens.
    pub cut_off: bool,
}

/// A person says at most so many words a second; fast readers come to 5.
const FASTEST: f64 = 6.5;
/// What the recogniser doubts, half of the way to certainty: for [`GuardSettings::log_probability`] and phrases.
const DOUBT: f32 = 0.5;
/// So few words are guessed where nobody speaks ("Oh!", "You..."); longer text that is as improbable is speech in noise or in a
/// language that the model hardly knows.
const FEW: usize = 5;
/// For them the limit of [`GuardSettings::log_probability`] is so many times as low,
const FEW_LIMIT: f32 = 1.4;
/// where the recogniser doubts that somebody spoke by so much of [`GuardSettings::no_speech`],
const FEW_DOUBT: f32 = 0.3;
/// or the first of them is less probable than this: that one is chosen with nothing before it but the sound.
const FIRST: f32 = 0.1;
/// A known phrase over so little speech is none.
const PHRASE_SPEECH: Duration = Duration::from_millis(400);

impl Evidence {
    /// Whether a loop is more likely than somebody who says the same words again.
    fn is_implausible(&self, words: usize) -> bool {
        self.cut_off || self.ends_behind(TIME_ERROR) || self.is_too_fast(words)
    }

    fn is_too_fast(&self, words: usize) -> bool {
        words > self.most_words()
    }

    /// As many as can have been said.
    fn most_words(&self) -> usize {
        // A voice detector needs a moment to hear that somebody speaks.
        let seconds = self.spoken.max(Duration::from_millis(1_000)).as_secs_f64();
        (seconds * FASTEST) as usize
    }

    fn ends_behind(&self, most: Duration) -> bool {
        self.ends.is_some_and(|it| it > self.sound + most)
    }
}

/// The recogniser's times are whole tenths of a second and more off.
const TIME_ERROR: Duration = Duration::from_millis(1_000);

/// Follows the finals of one stream.
#[derive(Debug)]
pub struct Guards {
    settings: GuardSettings,
    phrases: HashSet<Vec<String>>,
    /// What the newest finals said, the newest last.
    said: [Vec<String>; 2],
}

/// A text that was said twice in a row is taken for said again from this mean logarithm of probability on.
const PROBABLE: f32 = -0.5;
/// Short answers are said again and again.
const SHORT: usize = 3;

impl Guards {
    pub fn new(settings: GuardSettings) -> Guards {
        let phrases = settings.phrases.iter().map(|it| spoken::words(it)).collect();
        Guards { settings, phrases, said: Default::default() }
    }

    /// Takes out what nobody said, and tells why.
    pub fn check(&self, words: &mut Vec<Heard>, evidence: &Evidence) -> Vec<Guard> {
        let settings = &self.settings;
        let mut found = Vec::new();
        let mut left = |words: &mut Vec<Heard>, kept: Vec<Heard>, guard| {
            if kept.len() < words.len() {
                found.push(guard);
            }
            *words = kept;
        };
        if settings.annotations {
            let kept = without_annotations(words);
            left(words, kept, Guard::Annotation);
        }
        if settings.letterless {
            let kept = without_letterless(words);
            left(words, kept, Guard::Letterless);
        }
        let bare = bare(words);
        if bare.is_empty() {
            return found;
        }
        let improbable = || self.is_guess(words, evidence).then_some(Guard::Improbable);
        if let Some(guard) = self.all(&bare, evidence).or_else(improbable) {
            words.clear();
            found.push(guard);
            return found;
        }
        if settings.repetition {
            let once = repeats::said_once(words, evidence.is_implausible(count(words)));
            if once < words.len() {
                words.truncate(once);
                found.push(Guard::Repeated);
                return found;
            }
        }
        let is_beyond =
            settings.beyond.is_some_and(|most| evidence.cut_off || evidence.ends_behind(most));
        if is_beyond && evidence.is_too_fast(count(words)) {
            // Which of them were said nobody knows; not all of them.
            let most = evidence.most_words();
            let fits = |length: &usize| count(&words[..*length]) <= most;
            words.truncate((1..=words.len()).take_while(fits).last().unwrap_or_default());
            found.push(Guard::Beyond);
        }
        found
    }

    /// Why none of the words was said.
    fn all(&self, words: &[String], evidence: &Evidence) -> Option<Guard> {
        let settings = &self.settings;
        let count = script::word_count(words.iter().map(String::as_str));
        let again = || count > SHORT && self.said.iter().all(|it| it == words);
        // Comparisons with a NaN are false: a decode that knows nothing of itself passes.
        let doubts = evidence.no_speech > settings.no_speech * DOUBT;
        if settings.no_speech < 1.0 && evidence.no_speech > settings.no_speech {
            Some(Guard::NoSpeech)
        } else if doubts && evidence.log_probability < settings.log_probability {
            Some(Guard::Improbable)
        } else if self.phrases.contains(words) && (doubts || evidence.spoken < PHRASE_SPEECH) {
            Some(Guard::Phrase)
        } else if compression(&script::joined(words.iter().map(String::as_str)))
            > settings.compression
        {
            Some(Guard::Compressible)
        } else if settings.repetition && evidence.log_probability < PROBABLE && again() {
            Some(Guard::Repeated)
        } else {
            None
        }
    }

    /// Whether a few words are what the model makes of sound that is no speech.
    fn is_guess(&self, words: &[Heard], evidence: &Evidence) -> bool {
        let GuardSettings { no_speech, log_probability, .. } = self.settings;
        let begins_improbably = words.first().is_some_and(|it| it.probability < FIRST);
        words.len() <= FEW
            && evidence.log_probability < log_probability * FEW_LIMIT
            && (begins_improbably || evidence.no_speech > no_speech * FEW_DOUBT)
    }

    /// A final said this.
    pub fn said(&mut self, text: &str) {
        self.said.rotate_left(1);
        self.said[1] = spoken::words(text);
    }
}

/// How many words they are worth: characters of scripts without spaces are less than one.
fn count(words: &[Heard]) -> usize {
    script::word_count(words.iter().map(|it| it.word.text.as_str()))
}

fn bare(words: &[Heard]) -> Vec<String> {
    spoken::words(&words.iter().map(|it| it.word.text.as_str()).collect::<String>())
}
