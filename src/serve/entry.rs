//! One event of the log, encoded once for everybody.
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    message::{Kind, Language, TrackName},
    wire::{CaptionEvent, CaptionKind, PlainTranslation, TranslationEvent},
};

/// An event, encoded once for everybody.
#[derive(Debug)]
pub(super) enum Encoded {
    Caption(EncodedCaption),
    Translation(EncodedTranslation),
    Gap(Box<RawValue>),
    Mark(Box<RawValue>),
}

#[derive(Debug)]
pub(super) struct EncodedCaption {
    pub(super) kind: Kind,
    pub(super) without_words: Box<RawValue>,
    pub(super) with_words: Box<RawValue>,
    /// The text as a JSON string, for plain clients.
    pub(super) text: Box<RawValue>,
}

#[derive(Debug)]
pub(super) struct EncodedTranslation {
    pub(super) kind: Kind,
    pub(super) lang: Language,
    pub(super) event: Box<RawValue>,
    /// For plain clients; `None` where they are told nothing: of a partial, and of one that was given up.
    pub(super) plain: Option<Box<RawValue>>,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Whose it is; marks are everybody's.
    pub(super) track: Option<TrackName>,
    pub(super) event: Encoded,
}

pub(super) fn kind_of(kind: CaptionKind) -> Kind {
    match kind {
        CaptionKind::Partial => Kind::Partial,
        CaptionKind::Final => Kind::Final,
    }
}

impl Encoded {
    pub(super) fn caption(mut event: CaptionEvent) -> Encoded {
        let with_words = encode(&event);
        event.words = None;
        let without_words = encode(&event);
        Encoded::Caption(EncodedCaption {
            kind: kind_of(event.kind),
            without_words,
            with_words,
            text: encode(&event.text),
        })
    }

    pub(super) fn translation(event: &TranslationEvent) -> Encoded {
        let (lang, text) = (event.lang.clone(), event.text.clone());
        let plain = event.kind == CaptionKind::Final && event.untranslated.is_none();
        Encoded::Translation(EncodedTranslation {
            kind: kind_of(event.kind),
            lang: Language::new(&lang),
            event: encode(event),
            plain: plain.then(|| encode(&PlainTranslation { lang, text })),
        })
    }
}

impl Entry {
    /// Of its JSON with all there is.
    pub(super) fn bytes(&self) -> usize {
        match &self.event {
            Encoded::Caption(it) => it.with_words.get().len(),
            Encoded::Translation(it) => it.event.get().len(),
            Encoded::Gap(it) | Encoded::Mark(it) => it.get().len(),
        }
    }
}

/// Our own shapes always encode: their keys are strings and their numbers finite.
pub(super) fn encode(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("a wire event is plain JSON")
}
