//! Captions and gaps on the wire, and how they are made of our messages.
use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};

use super::Clock;
use crate::message::{
    Gap, Kind, MediaSpan, MediaTime, Milestone, Speaker, Trace, Transcript, Word,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptionKind {
    Partial,
    Final,
}

/// `caption`: one state of a segment. `text` stands first, so that it does so in a [`Line`](super::Line) too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptionEvent {
    pub text: String,
    /// The number of a final; of a partial that of the last numbered event.
    pub seq: u64,
    pub track: String,
    pub segment: u64,
    pub revision: u32,
    pub kind: CaptionKind,
    pub lang: String,
    /// Who speaks; left out where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// The beginning of `text` that will not change. Partials only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
    /// Seconds on the audio timeline.
    pub start: f64,
    pub end: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<WordTime>>,
    /// Who changed it before anybody saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<String>,
    pub at: At,
}

/// A word as the recogniser wrote it, with the space before it where there is one; times are seconds on the audio timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordTime {
    pub word: String,
    pub start: f64,
    pub end: f64,
}

/// When the sound at `end` was captured (Unix time in ms), and how many ms later each milestone was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    pub captured: u64,
    /// Absent where no recogniser stood behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognised: Option<u64>,
    /// Translations only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translated: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u64>,
}

/// `gap`: sound or text that was given up, or (`history`, without a number and a track) is no longer kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapEvent {
    pub seq: Option<u64>,
    pub track: Option<String>,
    /// Seconds on the audio timeline.
    pub start: f64,
    pub end: f64,
    pub why: Cow<'static, str>,
}

/// `painted`, from the bench's browser: a caption is on its screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Painted {
    pub track: String,
    pub segment: u64,
    pub revision: u32,
    /// From the capture of the newest sound behind it, in milliseconds.
    pub ms: f64,
}

/// `mark`: an operator marked a moment, with a text that stands in exports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkEvent {
    pub seq: u64,
    pub text: String,
    /// Seconds on the audio timeline.
    pub start: f64,
}

impl CaptionEvent {
    /// `seq` as the field says; `words` only where they were asked for.
    pub fn new(transcript: &Transcript, seq: u64, clock: &Clock, words: bool) -> CaptionEvent {
        let span = transcript.span();
        let committed = match transcript.kind() {
            Kind::Partial => Some(transcript.committed_text()),
            Kind::Final => None,
        };
        CaptionEvent {
            text: transcript.text(),
            seq,
            track: transcript.track().to_string(),
            segment: transcript.segment().number(),
            revision: transcript.revision().number(),
            kind: kind_of(transcript.kind()),
            lang: transcript.language().to_string(),
            speaker: transcript.speaker().map(Speaker::to_string),
            committed,
            start: seconds(span.start),
            end: seconds(span.end()),
            words: words.then(|| word_times(transcript)),
            edited_by: None,
            at: At::new(transcript.trace(), clock),
        }
    }
}

impl At {
    pub fn new(trace: &Trace, clock: &Clock) -> At {
        let after = |milestone| trace.age(milestone).map(|age| age.as_millis() as u64);
        At {
            captured: clock.unix_ms(trace.captured()),
            recognised: after(Milestone::Recognised),
            translated: after(Milestone::Translated),
            published: after(Milestone::Published),
        }
    }
}

impl GapEvent {
    pub fn new(gap: &Gap, seq: u64) -> GapEvent {
        GapEvent {
            seq: Some(seq),
            track: Some(gap.track.to_string()),
            start: seconds(gap.span.start),
            end: seconds(gap.span.end()),
            why: gap.why.name().into(),
        }
    }

    /// What a viewer asked for is no longer kept; it lay between `start` and `end`.
    pub fn history(start: f64, end: f64) -> GapEvent {
        GapEvent { seq: None, track: None, start, end, why: "history".into() }
    }
}

fn word_times(transcript: &Transcript) -> Vec<WordTime> {
    transcript.words().iter().map(WordTime::from).collect()
}

impl From<&Word> for WordTime {
    fn from(word: &Word) -> WordTime {
        WordTime {
            word: word.text.clone(),
            start: seconds(word.span.start),
            end: seconds(word.span.end()),
        }
    }
}

impl From<&WordTime> for Word {
    fn from(it: &WordTime) -> Word {
        let at = |seconds: f64| {
            MediaTime::new(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
        };
        Word { text: it.word.clone(), span: MediaSpan::between(at(it.start), at(it.end)) }
    }
}

pub(super) fn kind_of(kind: Kind) -> CaptionKind {
    match kind {
        Kind::Partial => CaptionKind::Partial,
        Kind::Final => CaptionKind::Final,
    }
}

/// To the millisecond: more would only be digits.
pub(super) fn seconds(at: MediaTime) -> f64 {
    (at.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::{
        message::{Hop, Language, Segments, TrackName, Why},
        wire::Line,
    };

    fn words(text: &str, from: MediaTime) -> Vec<Word> {
        let span = MediaSpan { start: from, length: Duration::from_millis(250) };
        text.split_whitespace().map(|it| Word { text: format!(" {it}"), span }).collect()
    }

    fn shown(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    fn at(ms: u64) -> MediaTime {
        MediaTime::new(Duration::from_millis(ms))
    }

    /// The field names and their order are the contract; a changed name is a broken client.
    #[test]
    fn captions_and_gaps_are_written_as_the_protocol_says() {
        let clock = Clock::start();
        let begun = Instant::now() + Duration::from_millis(2000);
        let hop = |ms| Hop { begun, done: begun + Duration::from_millis(ms) };
        let trace = Trace::starting(begun)
            .with(Milestone::Recognised, hop(300))
            .with(Milestone::Published, hop(305));
        let mut segments = Segments::new(TrackName::new("english"));
        let open = segments.open(at(500), Language::new("en"));
        let partial =
            open.revise(words("good", at(500)), words("mourning", at(800)), at(1100), trace);
        let end = segments.close(words("morning", at(800)), at(1200), trace).unwrap();
        let captured = clock.unix_ms(begun);
        assert_eq!(
            shown(&CaptionEvent::new(&partial, 6, &clock, false)),
            format!(
                r#"{{"text":"good mourning","seq":6,"track":"english","segment":0,"revision":0,"kind":"partial","lang":"en","committed":"good","start":0.5,"end":1.1,"at":{{"captured":{captured},"recognised":300,"published":305}}}}"#
            )
        );
        assert_eq!(
            shown(&Line::caption(&end, 7, &clock)),
            format!(
                r#"{{"type":"final","text":"good morning","seq":7,"track":"english","segment":0,"revision":1,"kind":"final","lang":"en","start":0.5,"end":1.2,"words":[{{"word":" good","start":0.5,"end":0.75}},{{"word":" morning","start":0.8,"end":1.05}}],"at":{{"captured":{captured},"recognised":300,"published":305}}}}"#
            )
        );
        segments.set_speaker(Speaker::named("Ada"));
        segments.open(at(1200), Language::new("en"));
        let named = segments.close(words("hi", at(1200)), at(1500), trace).unwrap();
        assert_eq!(
            shown(&CaptionEvent::new(&named, 8, &clock, false)),
            format!(
                r#"{{"text":"hi","seq":8,"track":"english","segment":1,"revision":0,"kind":"final","lang":"en","speaker":"Ada","start":1.2,"end":1.5,"at":{{"captured":{captured},"recognised":300,"published":305}}}}"#
            )
        );
        let span = MediaSpan::between(at(1200), at(3000));
        let gap = Gap { track: TrackName::new("english"), span, why: Why::Overload, trace };
        assert_eq!(
            shown(&GapEvent::new(&gap, 8)),
            r#"{"seq":8,"track":"english","start":1.2,"end":3.0,"why":"overload"}"#
        );
        assert_eq!(
            shown(&GapEvent::history(0.0, 3.0)),
            r#"{"seq":null,"track":null,"start":0.0,"end":3.0,"why":"history"}"#
        );
    }
}
