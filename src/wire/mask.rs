//! What a correction that masks takes away from the events that were there before it.
use super::{CaptionEvent, CorrectionEvent, Event, TranslationEvent};

impl CorrectionEvent {
    /// An earlier event of the same final, without what this one masks; `None`: it is of another final, or this masks nothing.
    pub fn hides(&self, event: Event) -> Option<Event> {
        let is_of = |track: &str, segment: u64, lang: &str, is_original: bool| {
            self.masked
                && self.segment == segment
                && self.track == track
                && self.lang == lang
                && self.of.is_none() == is_original
        };
        let text = self.text.clone();
        match event {
            Event::Caption(it) if is_of(&it.track, it.segment, &it.lang, true) => {
                Some(Event::Caption(CaptionEvent { text, words: self.words.clone(), ..it }))
            }
            Event::Translation(it) if is_of(&it.track, it.segment, &it.lang, false) => {
                Some(Event::Translation(TranslationEvent { text, untranslated: None, ..it }))
            }
            Event::Correction(it) if is_of(&it.track, it.segment, &it.lang, it.of.is_none()) => {
                let before = if it.masked { String::new() } else { text.clone() };
                let words = self.words.clone();
                Some(Event::Correction(CorrectionEvent { text, before, words, ..it }))
            }
            _ => None,
        }
    }
}
