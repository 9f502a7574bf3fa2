//! The hallucination filter: takes words out of a hypothesis that nobody said.
//!
//! These are text over audio without speech, annotations, loops, and words after the end of the audio.
mod annotations;
mod repetition;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, time::Duration};

use self::annotations::{without_annotations, without_letterless};
pub use self::repetition::compression_ratio;
use super::{agreement::DecodedWord, script, spoken};

/// Which filters are on, and their limits (measured: `docs/figures.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct HallucinationFilterSettings {
    /// Drops a hypothesis where the recogniser's probability that nobody spoke is above this, 0 to 1. 1 switches the filter
    /// off.
    pub no_speech: f32,
    /// Drops a hypothesis where that probability is above half of `no_speech` and the mean log probability of the tokens is
    /// below this. Also drops a few words with an improbable beginning where the mean is below 1.4 times this. Minus infinity
    /// switches the filter off.
    pub log_probability: f32,
    /// Drops a hypothesis whose [`compression_ratio`] is above this. Infinity switches the filter off.
    pub compression: f32,
    /// Cuts a loop after its first round. Fewer repetitions count as a loop where the hypothesis has more words than fit into
    /// the time, ends after the audio, or hit the token limit.
    pub repetition: bool,
    /// Cuts and decodes again a hypothesis with more words than fit into the time, if it ends this long after the audio or hit
    /// the token limit. `None` switches the filter off.
    pub beyond_end: Option<Duration>,
    /// Drops annotations: `[Music]`, `(applause)`, `*laughs*`, `♪`.
    pub annotations: bool,
    /// Drops words without a letter or a digit: `!!!!`, `( (`.
    pub letterless: bool,
    /// Drops a hypothesis that is exactly one of these phrases, where the recogniser doubts that somebody spoke.
    pub phrases: Vec<String>,
}

impl Default for HallucinationFilterSettings {
    fn default() -> HallucinationFilterSettings {
        HallucinationFilterSettings {
            no_speech: 0.8,
            log_probability: -1.0,
            compression: 2.4,
            repetition: true,
            beyond_end: Some(Duration::from_millis(1_500)),
            annotations: true,
            letterless: true,
            phrases: PHRASES.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

/// What Whisper models often write over audio without words: closing lines of the videos they were trained on.
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

/// The kind of hallucination that was filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hallucination {
    NoSpeech,
    Improbable,
    Compressible,
    Repeated,
    Beyond,
    Annotation,
    Letterless,
    Phrase,
}

impl Hallucination {
    /// The name of its count in `/api/state`.
    pub const fn name(self) -> &'static str {
        match self {
            Hallucination::NoSpeech => "filtered-no-speech",
            Hallucination::Improbable => "filtered-improbable",
            Hallucination::Compressible => "filtered-compressible",
            Hallucination::Repeated => "filtered-repeated",
            Hallucination::Beyond => "filtered-beyond-end",
            Hallucination::Annotation => "filtered-annotation",
            Hallucination::Letterless => "filtered-letterless",
            Hallucination::Phrase => "filtered-phrase",
        }
    }

    /// Whether a decode with more encoder context is likely to give the right words.
    pub const fn is_loop(self) -> bool {
        matches!(
            self,
            Hallucination::Compressible | Hallucination::Repeated | Hallucination::Beyond
        )
    }
}

/// What is known of a decode besides its words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The recogniser's probability, 0 to 1, that nobody spoke.
    pub no_speech: f32,
    /// The mean natural logarithm of the token probabilities.
    pub log_probability: f32,
    /// The length of the audio.
    pub audio: Duration,
    /// How much of it is speech, by the voice activity detector.
    pub speech: Duration,
    /// The recogniser's own timestamp for the end of its last word.
    pub end: Option<Duration>,
    /// Whether the decode stopped at its token limit.
    pub hit_token_limit: bool,
}

/// More words a second than anybody speaks; fast readers reach 5.
const MAX_WORDS_PER_SECOND: f64 = 6.5;
/// The share of [`HallucinationFilterSettings::no_speech`] from which speech is in doubt. Used with
/// [`HallucinationFilterSettings::log_probability`] and with phrases.
const DOUBT: f32 = 0.5;
/// Guesses over audio without speech have at most this many words ("Oh!", "You..."). Longer text that is as improbable is
/// speech in noise, or in a language that the model hardly knows.
const SHORT_TEXT_WORDS: usize = 5;
/// For such short text the limit [`HallucinationFilterSettings::log_probability`] is multiplied by this.
const SHORT_TEXT_LOGPROB_FACTOR: f32 = 1.4;
/// Short text is a guess where the no-speech probability is above this share of [`HallucinationFilterSettings::no_speech`] …
const SHORT_TEXT_NO_SPEECH_FACTOR: f32 = 0.3;
/// … or where its first word is less probable than this: only the audio stands before that word.
const FIRST_WORD_PROBABILITY: f32 = 0.1;
/// A known phrase over less speech than this was not said.
const PHRASE_MIN_SPEECH: Duration = Duration::from_millis(400);

impl Evidence {
    /// Whether repeated words are more likely a loop than speech.
    fn is_implausible(&self, words: usize) -> bool {
        self.hit_token_limit || self.ends_after_audio(TIMESTAMP_ERROR) || self.is_too_fast(words)
    }

    fn is_too_fast(&self, words: usize) -> bool {
        words > self.most_words()
    }

    /// The most words that fit into the speech.
    fn most_words(&self) -> usize {
        // The detector reports speech a little late, so very short speech counts as one second.
        let seconds = self.speech.max(Duration::from_millis(1_000)).as_secs_f64();
        (seconds * MAX_WORDS_PER_SECOND) as usize
    }

    fn ends_after_audio(&self, most: Duration) -> bool {
        self.end.is_some_and(|it| it > self.audio + most)
    }
}

/// The recogniser's timestamps may be wrong by this much.
const TIMESTAMP_ERROR: Duration = Duration::from_millis(1_000);

/// The filter of one stream. It remembers the newest finals.
#[derive(Debug)]
pub struct HallucinationFilter {
    settings: HallucinationFilterSettings,
    phrases: HashSet<Vec<String>>,
    /// The words of the two newest finals, the newest last.
    recent_finals: [Vec<String>; 2],
}

/// A text that equals the two finals before it is dropped if its mean log probability is below this.
const REPEAT_MIN_LOGPROB: f32 = -0.5;
/// Texts of up to this many words may be repeated: people repeat short answers.
const REPEAT_MAX_SHORT_WORDS: usize = 3;

impl HallucinationFilter {
    pub fn new(settings: HallucinationFilterSettings) -> HallucinationFilter {
        let phrases = settings.phrases.iter().map(|it| spoken::words(it)).collect();
        HallucinationFilter { settings, phrases, recent_finals: Default::default() }
    }

    /// Removes hallucinated words and returns their kinds.
    pub fn check(&self, words: &mut Vec<DecodedWord>, evidence: &Evidence) -> Vec<Hallucination> {
        let settings = &self.settings;
        let mut found = Vec::new();
        let mut keep = |words: &mut Vec<DecodedWord>, kept: Vec<DecodedWord>, kind| {
            if kept.len() < words.len() {
                found.push(kind);
            }
            *words = kept;
        };
        if settings.annotations {
            let kept = without_annotations(words);
            keep(words, kept, Hallucination::Annotation);
        }
        if settings.letterless {
            let kept = without_letterless(words);
            keep(words, kept, Hallucination::Letterless);
        }
        let bare = bare(words);
        if bare.is_empty() {
            return found;
        }
        let guess = || self.is_guess(words, evidence).then_some(Hallucination::Improbable);
        if let Some(kind) = self.whole_hypothesis(&bare, evidence).or_else(guess) {
            words.clear();
            found.push(kind);
            return found;
        }
        if settings.repetition {
            let kept = repetition::words_before_loop(words, evidence.is_implausible(count(words)));
            if kept < words.len() {
                words.truncate(kept);
                found.push(Hallucination::Repeated);
                return found;
            }
        }
        let is_beyond_end = settings
            .beyond_end
            .is_some_and(|most| evidence.hit_token_limit || evidence.ends_after_audio(most));
        if is_beyond_end && evidence.is_too_fast(count(words)) {
            // Nobody knows which of the words were said, but not all of them were.
            let most = evidence.most_words();
            let fits = |length: &usize| count(&words[..*length]) <= most;
            words.truncate((1..=words.len()).take_while(fits).last().unwrap_or_default());
            found.push(Hallucination::Beyond);
        }
        found
    }

    /// The reason to drop the whole hypothesis, if there is one.
    fn whole_hypothesis(&self, words: &[String], evidence: &Evidence) -> Option<Hallucination> {
        let settings = &self.settings;
        let count = script::word_count(words.iter().map(String::as_str));
        let is_third_time =
            || count > REPEAT_MAX_SHORT_WORDS && self.recent_finals.iter().all(|it| it == words);
        // Comparisons with NaN are false, so a decode without probabilities passes.
        let is_doubtful = evidence.no_speech > settings.no_speech * DOUBT;
        if settings.no_speech < 1.0 && evidence.no_speech > settings.no_speech {
            Some(Hallucination::NoSpeech)
        } else if is_doubtful && evidence.log_probability < settings.log_probability {
            Some(Hallucination::Improbable)
        } else if self.phrases.contains(words)
            && (is_doubtful || evidence.speech < PHRASE_MIN_SPEECH)
        {
            Some(Hallucination::Phrase)
        } else if compression_ratio(&script::joined(words.iter().map(String::as_str)))
            > settings.compression
        {
            Some(Hallucination::Compressible)
        } else if settings.repetition
            && evidence.log_probability < REPEAT_MIN_LOGPROB
            && is_third_time()
        {
            Some(Hallucination::Repeated)
        } else {
            None
        }
    }

    /// Whether a few words are a guess over audio without speech.
    fn is_guess(&self, words: &[DecodedWord], evidence: &Evidence) -> bool {
        let HallucinationFilterSettings { no_speech, log_probability, .. } = self.settings;
        let begins_improbably =
            words.first().is_some_and(|it| it.probability < FIRST_WORD_PROBABILITY);
        words.len() <= SHORT_TEXT_WORDS
            && evidence.log_probability < log_probability * SHORT_TEXT_LOGPROB_FACTOR
            && (begins_improbably || evidence.no_speech > no_speech * SHORT_TEXT_NO_SPEECH_FACTOR)
    }

    /// Remembers the text of a final.
    pub fn record_final(&mut self, text: &str) {
        self.recent_finals.rotate_left(1);
        self.recent_finals[1] = spoken::words(text);
    }
}

/// The number of words. A character of a script without spaces counts as less than one.
fn count(words: &[DecodedWord]) -> usize {
    script::word_count(words.iter().map(|it| it.word.text.as_str()))
}

fn bare(words: &[DecodedWord]) -> Vec<String> {
    spoken::words(&words.iter().map(|it| it.word.text.as_str()).collect::<String>())
}
