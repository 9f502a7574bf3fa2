//! Captions that an operator has changed before anybody saw them: the log has them as they were changed.
use tokio::time::Instant;

use super::log::Log;
use crate::{
    message::{Transcript, Translation},
    wire::{CaptionEvent, Clock, Event, TranslationEvent},
};

impl Log {
    /// As [`Log::transcript`], changed by `edit`. Returns it as it was published, but as the run numbers its segments.
    pub(crate) fn edited_transcript(
        &mut self,
        it: &Transcript,
        clock: &Clock,
        now: Instant,
        edit: impl FnOnce(&mut CaptionEvent),
    ) {
        let mut event = CaptionEvent::new(it, self.number(it.kind()), clock, true);
        edit(&mut event);
        self.publish(Event::Caption(event), now);
    }

    /// The same for a translation.
    pub(crate) fn edited_translation(
        &mut self,
        it: &Translation,
        clock: &Clock,
        now: Instant,
        edit: impl FnOnce(&mut TranslationEvent),
    ) {
        let mut event = TranslationEvent::new(it, Some(self.number(it.kind)), clock);
        edit(&mut event);
        self.publish(Event::Translation(event), now);
    }
}
