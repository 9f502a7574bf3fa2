//! What stays of the decode before where the newest one differs from it.
use super::{Heard, Seen};
use crate::{
    logic::{align::in_place, spoken::bare},
    message::{MediaSpan, Word},
};

/// Each decode without a word that stayed takes so much from its probability: what is heard again and again goes first.
const DOUBT: f32 = 0.8;

/// What would have to be heard in a place where the one decode has words and the other has none.
const NOTHING: f32 = 0.5;

/// Lays the words beside those of the decode before, of which `shown` were shown; tells how many decodes in a row have had each.
/// Words keep the case and the punctuation in which they were shown. Between two words on which both decodes agree what is
/// more probable stays: a text that flickers is hard to read.
pub(super) fn vote(old: &[Seen], shown: usize, heard: &mut Vec<Heard>) -> Vec<usize> {
    let bares = |words: &mut dyn Iterator<Item = &Word>| -> Vec<String> {
        words.map(|it| bare(&it.text)).collect()
    };
    let places = in_place(
        &bares(&mut old.iter().map(|it| &it.word)),
        &bares(&mut heard.iter().map(|it| &it.word)),
    );
    let mut decodes = Vec::with_capacity(heard.len());
    let mut voted: Vec<Heard> = Vec::with_capacity(heard.len());
    let mut rest = std::mem::take(heard).into_iter();
    let (mut old_from, mut new_from) = (0, 0);
    for (at, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let new: Vec<Heard> = rest.by_ref().take(place - new_from).collect();
        let mut same = rest.next().expect("it has a place");
        let kept = &old[old_from..at];
        if is_kept(kept, &new) {
            let before = voted.last().map(|it| it.word.span.end());
            let from = before.or(new.first().map(|it| it.word.span.start));
            let to = same.word.span.start;
            voted.extend(stayed(kept, MediaSpan::between(from.unwrap_or(to).min(to), to)));
            decodes.extend(kept.iter().map(|it| it.decodes));
        } else {
            decodes.resize(decodes.len() + new.len(), 1);
            voted.extend(new);
        }
        decodes.push(old[at].decodes + 1);
        // The last one was shown without a mark that was in doubt.
        if at + 1 < shown {
            same.word.text.clone_from(&old[at].word.text);
            same.mark = 1.0;
        }
        voted.push(same);
        (old_from, new_from) = (at + 1, place + 1);
    }
    voted.extend(rest);
    decodes.resize(voted.len(), 1);
    *heard = voted;
    decodes
}

/// Whether what the decode before had stays in the place of what the newest one has there.
fn is_kept(old: &[Seen], new: &[Heard]) -> bool {
    let least = |all: &mut dyn Iterator<Item = f32>| all.reduce(f32::min).unwrap_or(NOTHING);
    let before = least(&mut old.iter().map(|it| it.probability));
    // Word for word: the newest decode alone tells how many were said.
    old.len() == new.len() && before > least(&mut new.iter().map(|it| it.probability))
}

/// The words that stay, one behind the other in `span`.
fn stayed(old: &[Seen], span: MediaSpan) -> impl Iterator<Item = Heard> {
    let length = span.length / u32::try_from(old.len()).unwrap_or(u32::MAX).max(1);
    let mut start = span.start;
    old.iter().map(move |it| {
        let place = MediaSpan { start, length };
        start = place.end();
        Heard {
            word: Word { text: it.word.text.clone(), span: place },
            probability: it.probability * DOUBT,
            mark: 1.0,
        }
    })
}
