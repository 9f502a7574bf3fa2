//! When words are shown and when they are committed.
use std::time::Duration;

use super::decoded_word::DecodedWord;
use crate::{logic::sentence, message::MediaTime};

/// The limits of the commit policy. The defaults were measured with tiny.en and base (`docs/figures.md`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgreementSettings {
    /// Words that end closer to the end of the audio than this are unstable. They are shown only where two decodes agree or
    /// where they are probable enough.
    pub unstable_tail: Duration,
    /// The unstable tail is shown up to its first word that is less probable than this. 0 shows all of it.
    pub show_probability: f32,
    /// The same limit for the last word of a decode, which may be cut off in its middle.
    pub show_last_probability: f32,
    /// Punctuation behind the last word is left off where it is less probable than this: recognisers end every decode as if the
    /// sentence ended there.
    pub show_punctuation_probability: f32,
    /// A word on which two decodes in a row agree is committed from this probability on, 0 to 1. A less probable word needs
    /// `commit_decodes` decodes that agree.
    pub commit_probability: f32,
    pub commit_decodes: usize,
    /// While somebody speaks, no word is committed that ends closer to the end of the audio than this: the next sound may turn it
    /// into another word.
    pub commit_margin: Duration,
    /// Words that end this long before the end of the audio are committed as the newest decode has them: more audio does not
    /// change them any more.
    pub commit_after: Duration,
}

impl Default for AgreementSettings {
    fn default() -> AgreementSettings {
        let ms = Duration::from_millis;
        AgreementSettings {
            unstable_tail: ms(1_350),
            show_probability: 0.42,
            show_last_probability: 0.9,
            show_punctuation_probability: 0.5,
            // Each model has its own in `models::decoding`, which takes the place of this one.
            commit_probability: 0.5,
            commit_decodes: 3,
            commit_margin: ms(400),
            commit_after: ms(2_100),
        }
    }
}

/// How the audio of a decode ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioEnd {
    /// Within speech, at this place. The last word may be cut off.
    Speech(MediaTime),
    /// In a pause. The last word is whole.
    Pause,
}

impl AgreementSettings {
    /// The confidence, 0 to 1, that a sentence ends with the last word of a decode at a pause.
    pub fn sentence_end(&self, decoded: &[DecodedWord]) -> f32 {
        let end = decoded.last().filter(|it| sentence::is_end(&it.word.text));
        let confidence =
            end.map(|it| it.punctuation_probability / self.show_punctuation_probability);
        // The comparison is false for NaN, so that NaN gives 0.
        confidence.filter(|it| *it > 0.0).map_or(0.0, |it| it.min(1.0))
    }

    /// Whether a word on which this many decodes in a row agree may be committed.
    pub(super) fn may_commit(&self, decoded: &DecodedWord, decodes: usize) -> bool {
        decoded.probability >= self.commit_probability || decodes >= self.commit_decodes
    }

    /// How many words are far enough from the end of the audio to be whole.
    pub(super) fn whole_words(&self, decoded: &[DecodedWord], end: AudioEnd) -> usize {
        let AudioEnd::Speech(end) = end else { return decoded.len() };
        let whole = decoded.iter().take_while(|it| it.word.span.end() + self.commit_margin <= end);
        whole.count().min(decoded.len().saturating_sub(1))
    }

    /// How many words are old enough to be committed whatever other decodes had. Their age counts up to the last word: only later
    /// words confirm them, silence does not.
    pub(super) fn old_words(&self, decoded: &[DecodedWord], end: AudioEnd) -> usize {
        let (AudioEnd::Speech(end), Some(last)) = (end, decoded.last()) else { return 0 };
        let end = last.word.span.end().min(end);
        decoded.iter().take_while(|it| it.word.span.end() + self.commit_after <= end).count()
    }

    /// How many words are shown: the agreed ones, and those behind them that are stable or probable enough.
    pub(super) fn shown_words(
        &self,
        decoded: &[DecodedWord],
        agreed: usize,
        end: AudioEnd,
    ) -> usize {
        let last =
            if end == AudioEnd::Pause { decoded.len() } else { decoded.len().saturating_sub(1) };
        let is_stable = |it: &DecodedWord| match end {
            AudioEnd::Speech(end) => it.word.span.end() + self.unstable_tail <= end,
            AudioEnd::Pause => true,
        };
        let limit = |at: usize| match at < last {
            true => self.show_probability,
            false => self.show_last_probability.max(self.show_probability),
        };
        let open = decoded.iter().enumerate().skip(agreed);
        agreed + open.take_while(|(at, it)| is_stable(it) || it.probability >= limit(*at)).count()
    }
}
