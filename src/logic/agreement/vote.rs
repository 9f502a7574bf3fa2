//! The vote between the previous decode and the newest one, where they differ.
use super::decoded_word::{DecodedWord, PreviousWord};
use crate::{
    logic::{align::in_place, spoken::bare},
    message::Word,
};

/// A kept word loses this share of its probability with each decode that lacks it. So a word that decodes repeat replaces it in
/// the end.
pub(super) const DECAY: f32 = 0.8;

/// Aligns the decoded words with those of the previous decode, of which `shown` were shown, and returns how many decodes in a row
/// have contained each. Words keep the case and the punctuation in which they were shown. Between two words on which both decodes
/// agree, the more probable words are kept: text that flickers is hard to read.
pub(super) fn vote(
    previous: &[PreviousWord],
    shown: usize,
    decoded: &mut [DecodedWord],
) -> Vec<usize> {
    let bares = |words: &mut dyn Iterator<Item = &Word>| -> Vec<String> {
        words.map(|it| bare(&it.text)).collect()
    };
    let places = in_place(
        &bares(&mut previous.iter().map(|it| &it.word)),
        &bares(&mut decoded.iter().map(|it| &it.word)),
    );
    let mut decodes = Vec::with_capacity(decoded.len());
    let (mut old_from, mut new_from) = (0, 0);
    for (at, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let (old, new) = (&previous[old_from..at], &mut decoded[new_from..place]);
        if is_more_probable(old, new) {
            new.iter_mut().zip(old).for_each(|(new, old)| keep(old, new));
            decodes.extend(old.iter().map(|it| it.decodes));
        } else {
            decodes.resize(place, 1);
        }
        decodes.push(previous[at].decodes + 1);
        // The last shown word was shown without punctuation that was in doubt, so its text is not taken over.
        if at + 1 < shown {
            decoded[place].word.text.clone_from(&previous[at].word.text);
            decoded[place].punctuation_probability = 1.0;
        }
        (old_from, new_from) = (at + 1, place + 1);
    }
    decodes.resize(decoded.len(), 1);
    decodes
}

/// Whether the words of the previous decode are kept in the place of the new ones. Only where their number is the same: the newest
/// decode alone decides how many words there are.
fn is_more_probable(old: &[PreviousWord], new: &[DecodedWord]) -> bool {
    let least = |all: &mut dyn Iterator<Item = f32>| all.reduce(f32::min).unwrap_or_default();
    let before = least(&mut old.iter().map(|it| it.probability));
    old.len() == new.len() && before > least(&mut new.iter().map(|it| it.probability))
}

fn keep(old: &PreviousWord, new: &mut DecodedWord) {
    new.word.text.clone_from(&old.word.text);
    new.probability = old.probability * DECAY;
    new.punctuation_probability = 1.0;
}
