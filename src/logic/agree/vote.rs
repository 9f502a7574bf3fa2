//! What stays of the decode before where the newest one differs from it.
use super::{Heard, Seen};
use crate::{
    logic::{align::in_place, spoken::bare},
    message::Word,
};

/// Each decode without a word that stayed takes so much from its probability: what is heard again and again goes first.
pub(super) const DOUBT: f32 = 0.8;

/// Lays the words beside those of the decode before, of which `shown` were shown; tells how many decodes in a row have had each.
/// Words keep the case and the punctuation in which they were shown. Between two words on which both decodes agree what is
/// more probable stays: a text that flickers is hard to read.
pub(super) fn vote(old: &[Seen], shown: usize, heard: &mut [Heard]) -> Vec<usize> {
    let bares = |words: &mut dyn Iterator<Item = &Word>| -> Vec<String> {
        words.map(|it| bare(&it.text)).collect()
    };
    let places = in_place(
        &bares(&mut old.iter().map(|it| &it.word)),
        &bares(&mut heard.iter().map(|it| &it.word)),
    );
    let mut decodes = Vec::with_capacity(heard.len());
    let (mut old_from, mut new_from) = (0, 0);
    for (at, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let (kept, new) = (&old[old_from..at], &mut heard[new_from..place]);
        if is_kept(kept, new) {
            new.iter_mut().zip(kept).for_each(|(new, old)| stay(old, new));
            decodes.extend(kept.iter().map(|it| it.decodes));
        } else {
            decodes.resize(place, 1);
        }
        decodes.push(old[at].decodes + 1);
        // The last one was shown without a mark that was in doubt.
        if at + 1 < shown {
            heard[place].word.text.clone_from(&old[at].word.text);
            heard[place].mark = 1.0;
        }
        (old_from, new_from) = (at + 1, place + 1);
    }
    decodes.resize(heard.len(), 1);
    decodes
}

/// Whether the words of the decode before stay in the place of those that the newest one has there. Word for word: the newest
/// decode alone tells how many were said.
fn is_kept(old: &[Seen], new: &[Heard]) -> bool {
    let least = |all: &mut dyn Iterator<Item = f32>| all.reduce(f32::min).unwrap_or_default();
    let before = least(&mut old.iter().map(|it| it.probability));
    old.len() == new.len() && before > least(&mut new.iter().map(|it| it.probability))
}

fn stay(old: &Seen, new: &mut Heard) {
    new.word.text.clone_from(&old.word.text);
    new.probability = old.probability * DOUBT;
    new.mark = 1.0;
}
