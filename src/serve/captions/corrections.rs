//! Corrections of finals: what a final says now, how an operator changes it, and what became of it in a transcript.
use std::{collections::BTreeMap, sync::Arc};

use tokio::time::Instant;

use super::log::{Encoded, Entry, Log};
use crate::{
    message::Kind,
    wire::{CaptionEvent, CorrectionEvent, Event, TranslationEvent, corrected_words},
};

/// A final as readers know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FinalId {
    pub(crate) track: String,
    pub(crate) segment: u64,
    pub(crate) lang: String,
    /// The original itself is in this language; otherwise it is its translation.
    pub(crate) is_original: bool,
}

impl FinalId {
    fn of(it: &CorrectionEvent) -> FinalId {
        let (track, lang) = (it.track.clone(), it.lang.clone());
        FinalId { track, segment: it.segment, lang, is_original: it.of.is_none() }
    }
}

/// What is to be corrected, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) track: String,
    pub(crate) segment: u64,
    pub(crate) lang: String,
    pub(crate) text: String,
    /// The text that whoever corrects has seen.
    pub(crate) before: String,
    pub(crate) by: String,
    /// Unix time in ms.
    pub(crate) at: u64,
    pub(crate) masked: bool,
}

/// Why nothing was corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotCorrected {
    /// There is no such final, or it is no longer kept.
    Unknown,
    /// It has this text by now.
    Changed(String),
    /// It has this text already.
    Same,
}

impl Log {
    /// Adds a correction of a final, unless its text is another one than whoever corrects has seen.
    pub(crate) fn correct(
        &mut self,
        wanted: Wanted,
        now: Instant,
    ) -> Result<CorrectionEvent, NotCorrected> {
        let Wanted { track, segment, lang, text, before, by, at, masked } = wanted;
        let found = self.current(&track, segment, &lang).ok_or(NotCorrected::Unknown)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if found.text != before {
            return Err(NotCorrected::Changed(found.text));
        }
        if found.text == text {
            return Err(NotCorrected::Same);
        }
        let event = CorrectionEvent {
            words: corrected_words(found.words.as_deref(), &text),
            text,
            seq: self.number(Kind::Final),
            by,
            at,
            before: if masked { String::new() } else { before },
            masked,
            ..found
        };
        self.take(Event::Correction(event.clone()), now);
        if event.masked && event.of.is_none() {
            self.mask_translations(&event, now);
        }
        Ok(event)
    }

    /// Nobody knows which of their words are the masked ones: until there are new translations they say what the original says.
    fn mask_translations(&mut self, original: &CorrectionEvent, now: Instant) {
        let (track, segment) = (&original.track, original.segment);
        let is_theirs =
            |it: &CorrectionEvent| it.track == *track && it.segment == segment && it.of.is_some();
        let mut translations: BTreeMap<String, CorrectionEvent> = BTreeMap::new();
        for (_, entry, _) in self.since(0).filter(|(_, it, _)| it.segment == Some(segment)) {
            if let Some(it) = final_of(entry).filter(is_theirs) {
                translations.insert(it.lang.clone(), it);
            }
        }
        // Where there is no text, the original stands in already.
        for it in translations.into_values().filter(|it| !it.text.is_empty()) {
            let event = CorrectionEvent {
                text: original.text.clone(),
                seq: self.number(Kind::Final),
                before: String::new(),
                by: original.by.clone(),
                at: original.at,
                words: None,
                masked: true,
                ..it
            };
            self.take(Event::Correction(event), now);
        }
    }

    /// A final as it is now, as the correction that made it so; one that was never corrected is its own. The original where its
    /// translation has the same language.
    pub(crate) fn current(&self, track: &str, segment: u64, lang: &str) -> Option<CorrectionEvent> {
        let mut found: (Option<&Entry>, Option<&Entry>) = (None, None);
        for (_, entry, _) in self.since(0) {
            if entry.segment != Some(segment)
                || entry.track.as_ref().is_none_or(|it| it.as_str() != track)
            {
                continue;
            }
            match &entry.event {
                Encoded::Caption(it) if it.kind == Kind::Final && it.lang.as_str() == lang => {
                    found.0 = Some(entry);
                }
                Encoded::Translation(it) if it.kind == Kind::Final && it.lang.as_str() == lang => {
                    found.1 = Some(entry);
                }
                Encoded::Correction(it) if it.lang.as_str() == lang => match it.is_translation {
                    // A final that is no longer kept cannot be corrected.
                    true => found.1 = found.1.and(Some(entry)),
                    false => found.0 = found.0.and(Some(entry)),
                },
                _ => (),
            }
        }
        found.0.or(found.1).and_then(final_of)
    }
}

/// The newest finals as they are now, of so many segments: the oldest first, each original before its translations.
pub(crate) fn newest_finals(log: &Log, segments: usize) -> Vec<CorrectionEvent> {
    // Also those that wait for a journal.
    let entries: Vec<&Arc<Entry>> = log.since(0).map(|(_, entry, _)| entry).collect();
    let mut newest: Vec<(&str, u64)> = Vec::new();
    for entry in entries.iter().rev() {
        let (Encoded::Caption(_), Some(track), Some(segment)) =
            (&entry.event, &entry.track, entry.segment)
        else {
            continue;
        };
        newest.push((track.as_str(), segment));
        if newest.len() == segments {
            break;
        }
    }
    newest.reverse();
    let mut finals: Vec<Vec<CorrectionEvent>> = newest.iter().map(|_| Vec::new()).collect();
    let mut place: BTreeMap<FinalId, (usize, usize)> = BTreeMap::new();
    for entry in entries {
        let Some(track) = &entry.track else { continue };
        let of = |it: &(&str, u64)| it.0 == track.as_str() && Some(it.1) == entry.segment;
        let Some(at) = newest.iter().position(of) else { continue };
        let Some(event) = final_of(entry) else { continue };
        let id = FinalId::of(&event);
        match place.get(&id) {
            Some((at, nth)) => finals[*at][*nth] = event,
            None => {
                place.insert(id, (at, finals[at].len()));
                finals[at].push(event);
            }
        }
    }
    finals.concat()
}

/// A final, or what corrects one, as a correction.
fn final_of(entry: &Entry) -> Option<CorrectionEvent> {
    let json = entry.parts().1.get();
    match &entry.event {
        Encoded::Caption(_) => serde_json::from_str(json).ok().map(original),
        Encoded::Translation(_) => serde_json::from_str(json).ok().map(translation),
        Encoded::Correction(_) => serde_json::from_str(json).ok(),
        Encoded::Gap(_) | Encoded::Mark(_) => None,
    }
}

fn original(it: CaptionEvent) -> CorrectionEvent {
    CorrectionEvent {
        seq: it.seq,
        track: it.track,
        segment: it.segment,
        lang: it.lang,
        of: None,
        speaker: it.speaker,
        start: it.start,
        end: it.end,
        before: it.text.clone(),
        text: it.text,
        by: String::new(),
        at: 0,
        words: it.words,
        masked: false,
    }
}

fn translation(it: TranslationEvent) -> CorrectionEvent {
    CorrectionEvent {
        seq: it.seq.unwrap_or_default(),
        track: it.track,
        segment: it.segment,
        lang: it.lang,
        of: Some(it.of.lang),
        speaker: it.speaker,
        start: it.start,
        end: it.end,
        before: it.text.clone(),
        text: it.text,
        by: String::new(),
        at: 0,
        words: None,
        masked: false,
    }
}

/// The newest correction of each final, and the text that the final had at first.
#[derive(Debug, Default)]
pub(crate) struct Corrections(BTreeMap<FinalId, Corrected>);

#[derive(Debug)]
pub(crate) struct Corrected {
    pub(crate) newest: CorrectionEvent,
    pub(crate) original: String,
}

impl Corrections {
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>) -> Corrections {
        let mut all: BTreeMap<FinalId, Corrected> = BTreeMap::new();
        for entry in entries {
            let Encoded::Correction(it) = &entry.event else { continue };
            let Ok(newest) = serde_json::from_str::<CorrectionEvent>(it.with_words.get()) else {
                continue;
            };
            let id = FinalId::of(&newest);
            match all.get_mut(&id) {
                Some(known) => known.newest = newest,
                None => {
                    let first = if newest.masked { &newest.text } else { &newest.before };
                    let original = first.clone();
                    all.insert(id, Corrected { newest, original });
                }
            }
        }
        Corrections(all)
    }

    pub(crate) fn get(&self, id: &FinalId) -> Option<&Corrected> {
        self.0.get(id)
    }

    /// The final as it reads now.
    pub(crate) fn caption(&self, mut it: CaptionEvent) -> CaptionEvent {
        let (track, lang) = (it.track.clone(), it.lang.clone());
        let id = FinalId { track, segment: it.segment, lang, is_original: true };
        if let Some(Corrected { newest, .. }) = self.get(&id) {
            it.text.clone_from(&newest.text);
            it.words.clone_from(&newest.words);
        }
        it
    }

    /// The same of a translation. One that was given up is none any more.
    pub(crate) fn translation(&self, mut it: TranslationEvent) -> TranslationEvent {
        let (track, lang) = (it.track.clone(), it.lang.clone());
        let id = FinalId { track, segment: it.segment, lang, is_original: false };
        if let Some(Corrected { newest, .. }) = self.get(&id) {
            it.text.clone_from(&newest.text);
            it.untranslated = None;
        }
        it
    }
}
