//! Translations on the wire: a `caption` with `of`, a `translation` on pipes and for plain clients.
use serde::{Deserialize, Serialize};

use super::{
    At, CaptionKind, Clock,
    caption::{kind_of, seconds},
};
use crate::message::{Kind, Speaker, Took, Translated, Translation};

/// A segment in another language. `lang` and `text` stand first, so that they do so in a [`Line`](super::Line) too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TranslationEvent {
    pub lang: String,
    /// Empty where it was given up.
    pub text: String,
    /// As of a caption; absent on the pipe of `livecap translate`, which numbers nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub track: String,
    pub segment: u64,
    pub revision: u32,
    pub kind: CaptionKind,
    /// Who speaks; left out where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Partials only: all of the text, for it is only added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
    /// Seconds on the audio timeline.
    pub start: f64,
    pub end: f64,
    pub of: Of,
    /// Why there is no translation: the original stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untranslated: Option<String>,
    pub at: At,
    pub took: TookMs,
}

/// What it is a translation of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    pub lang: String,
    pub revision: u32,
}

/// Where its time went, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TookMs {
    /// Until it was last asked for.
    pub queue: u64,
    /// Until the answer.
    pub request: u64,
    /// Until everything before it was there too.
    pub order: u64,
}

/// `translation`, for plain clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainTranslation {
    pub lang: String,
    pub text: String,
}

impl TranslationEvent {
    pub fn new(it: &Translation, seq: Option<u64>, clock: &Clock) -> TranslationEvent {
        let revision = it.of.revision.number();
        TranslationEvent {
            lang: it.language.to_string(),
            text: it.text().to_owned(),
            seq,
            track: it.of.track.to_string(),
            segment: it.of.segment.number(),
            revision,
            kind: kind_of(it.kind),
            speaker: it.of.speaker.as_ref().map(Speaker::to_string),
            committed: (it.kind == Kind::Partial).then(|| it.text().to_owned()),
            start: seconds(it.of.span.start),
            end: seconds(it.of.span.end()),
            of: Of { lang: it.of.language.to_string(), revision },
            untranslated: match &it.text {
                Translated::Text(_) => None,
                Translated::Not(why) => Some(why.clone()),
            },
            at: At::new(&it.trace, clock),
            took: it.took.into(),
        }
    }
}

impl From<Took> for TookMs {
    fn from(took: Took) -> TookMs {
        TookMs {
            queue: took.queue.as_millis() as u64,
            request: took.request.as_millis() as u64,
            order: took.order.as_millis() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::{
        message::{Hop, Language, MediaTime, Milestone, Segments, Trace, TrackName, Word},
        wire::Line,
    };

    /// The field names are the contract; a changed name is a broken client.
    #[test]
    fn translations_are_written_as_the_protocol_says() {
        let clock = Clock::start();
        let begun = Instant::now();
        let ms = Duration::from_millis;
        let hop = Hop { begun, done: begun + ms(700) };
        let trace = Trace::starting(begun).with(Milestone::Translated, hop);
        let mut segments = Segments::new(TrackName::new("english"));
        segments.open(MediaTime::ZERO, Language::new("en"));
        let word = Word { text: " Hello".to_owned(), span: Default::default() };
        let end = segments.close(vec![word], MediaTime::new(ms(900)), trace).unwrap();
        let took = Took { queue: ms(100), request: ms(400), order: ms(200) };
        let it = Translation {
            of: (&end).into(),
            language: Language::new("nl"),
            kind: Kind::Final,
            text: Translated::Text("Hallo".to_owned()),
            took,
            trace,
        };
        let captured = clock.unix_ms(begun);
        let tail = format!(
            r#""at":{{"captured":{captured},"translated":700}},"took":{{"queue":100,"request":400,"order":200}}}}"#
        );
        let line = Line::Translation(TranslationEvent::new(&it, Some(4), &clock));
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            format!(
                r#"{{"type":"translation","lang":"nl","text":"Hallo","seq":4,"track":"english","segment":0,"revision":0,"kind":"final","start":0.0,"end":0.9,"of":{{"lang":"en","revision":0}},{tail}"#
            )
        );
        let given_up = Translation { text: Translated::Not("too slow".to_owned()), ..it };
        let json = serde_json::to_string(&TranslationEvent::new(&given_up, None, &clock)).unwrap();
        assert!(json.starts_with(r#"{"lang":"nl","text":"","track":"#), "{json}");
        assert!(json.contains(r#""untranslated":"too slow""#), "{json}");
    }
}
