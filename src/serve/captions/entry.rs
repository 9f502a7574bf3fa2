//! One event of the log, encoded once for all viewers.
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    message::{Kind, Language, TrackName},
    wire::{CaptionEvent, CaptionKind, CorrectionEvent, Event, PlainTranslation, TranslationEvent},
};

/// An event, encoded once for all viewers.
#[derive(Debug)]
pub(crate) enum Encoded {
    Caption(EncodedCaption),
    Translation(EncodedTranslation),
    Gap(Box<RawValue>),
    Mark(Box<RawValue>),
    Correction(EncodedCorrection),
}

#[derive(Debug)]
pub(crate) struct EncodedCaption {
    pub(crate) kind: Kind,
    pub(crate) lang: Language,
    pub(crate) without_words: Box<RawValue>,
    pub(crate) with_words: Box<RawValue>,
    /// The text as a JSON string, for plain clients.
    pub(crate) text: Box<RawValue>,
}

#[derive(Debug)]
pub(crate) struct EncodedTranslation {
    pub(crate) kind: Kind,
    pub(crate) lang: Language,
    pub(crate) event: Box<RawValue>,
    /// The event for plain clients, which get no partials and no translations that were given up: `None` for these.
    pub(crate) plain: Option<Box<RawValue>>,
}

#[derive(Debug)]
pub(crate) struct EncodedCorrection {
    pub(crate) lang: Language,
    /// Of a translation; otherwise of an original.
    pub(crate) is_translation: bool,
    pub(crate) without_words: Box<RawValue>,
    pub(crate) with_words: Box<RawValue>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    /// `None` for marks, which belong to no track.
    pub(crate) track: Option<TrackName>,
    /// Of a caption or its correction.
    pub(crate) segment: Option<u64>,
    pub(crate) event: Encoded,
}

pub(crate) fn kind_of(kind: CaptionKind) -> Kind {
    match kind {
        CaptionKind::Partial => Kind::Partial,
        CaptionKind::Final => Kind::Final,
    }
}

impl EncodedCorrection {
    pub(crate) fn told(&self, words: bool) -> &RawValue {
        if words { &self.with_words } else { &self.without_words }
    }
}

impl Encoded {
    pub(crate) fn caption(mut event: CaptionEvent) -> Encoded {
        let with_words = encode(&event);
        event.words = None;
        let without_words = encode(&event);
        Encoded::Caption(EncodedCaption {
            kind: kind_of(event.kind),
            lang: Language::new(&event.lang),
            without_words,
            with_words,
            text: encode(&event.text),
        })
    }

    pub(crate) fn translation(event: &TranslationEvent) -> Encoded {
        let (lang, text) = (event.lang.clone(), event.text.clone());
        let plain = event.kind == CaptionKind::Final && event.untranslated.is_none();
        Encoded::Translation(EncodedTranslation {
            kind: kind_of(event.kind),
            lang: Language::new(&lang),
            event: encode(event),
            plain: plain.then(|| encode(&PlainTranslation { lang, text })),
        })
    }

    pub(crate) fn correction(mut event: CorrectionEvent) -> Encoded {
        let with_words = encode(&event);
        event.words = None;
        Encoded::Correction(EncodedCorrection {
            lang: Language::new(&event.lang),
            is_translation: event.of.is_some(),
            without_words: encode(&event),
            with_words,
        })
    }
}

impl Entry {
    pub(crate) fn of(event: Event) -> Entry {
        let (track, segment) = match &event {
            Event::Caption(it) => (Some(it.track.as_str()), Some(it.segment)),
            Event::Translation(it) => (Some(it.track.as_str()), Some(it.segment)),
            Event::Correction(it) => (Some(it.track.as_str()), Some(it.segment)),
            Event::Gap(it) => (it.track.as_deref(), None),
            Event::Mark(_) => (None, None),
        };
        let track = track.map(TrackName::new);
        let event = match event {
            Event::Caption(it) => Encoded::caption(it),
            Event::Translation(it) => Encoded::translation(&it),
            Event::Gap(it) => Encoded::Gap(encode(&it)),
            Event::Mark(it) => Encoded::Mark(encode(&it)),
            Event::Correction(it) => Encoded::correction(it),
        };
        Entry { track, segment, event }
    }

    /// What kind of event it is, and the event with all that its clients may ask for.
    pub(crate) fn parts(&self) -> (&'static str, &RawValue) {
        match &self.event {
            Encoded::Caption(it) => ("caption", &it.with_words),
            Encoded::Translation(it) => ("translation", &it.event),
            Encoded::Gap(it) => ("gap", it),
            Encoded::Mark(it) => ("mark", it),
            Encoded::Correction(it) => ("correction", &it.with_words),
        }
    }

    /// As [`Event`] writes it.
    pub(crate) fn json(&self) -> String {
        let (kind, event) = self.parts();
        format!(r#"{{"{kind}":{event}}}"#)
    }

    /// The length of its JSON with words.
    pub(crate) fn bytes(&self) -> usize {
        self.parts().1.get().len()
    }
}

/// These types always encode: their keys are strings and their numbers finite.
pub(crate) fn encode(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("a wire event is plain JSON")
}
