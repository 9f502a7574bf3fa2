//! A source of captions: JSON lines as `lines` writes them, `{"type":"final","text":"…"}`, or plain text, each line a final.
use std::{pin::Pin, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    flow::{Fault, Outlet, Source},
    message::{
        Caption, Gap, Hop, Language, MediaSpan, MediaTime, Milestone, Segments, Trace, TrackName,
        Why, Word,
    },
};

/// Reads until the end of the input. It gives one track, whatever tracks the lines name: its own name.
pub struct ReadLines {
    /// As people call the input, for the log.
    name: String,
    from: Pin<Box<dyn AsyncBufRead + Send>>,
    line: usize,
    segments: Segments,
    language: Language,
    started: Instant,
    /// The segment that is open, as the lines number it.
    open: Option<u64>,
}

/// The parts of a line that are read. Everything but the text may be absent.
#[derive(Debug, Deserialize)]
struct Read {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    lang: Option<String>,
    segment: Option<u64>,
    committed: Option<String>,
    start: Option<f64>,
    end: Option<f64>,
    why: Option<String>,
}

impl ReadLines {
    /// `language` is that of lines which do not tell theirs.
    pub fn new(
        track: TrackName,
        name: &str,
        from: impl AsyncBufRead + Send + 'static,
        language: Language,
    ) -> ReadLines {
        ReadLines {
            name: name.to_owned(),
            from: Box::pin(from),
            line: 0,
            segments: Segments::new(track),
            language,
            started: Instant::now(),
            open: None,
        }
    }

    /// The captions that one line stands for; a segment that it leaves behind is closed before.
    fn understand(&mut self, line: &str) -> Result<Vec<Caption>, String> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(Vec::new());
        }
        let read = if line.starts_with('{') {
            serde_json::from_str::<Read>(line).map_err(|error| error.to_string())?
        } else {
            let text = Some(line.to_owned());
            Read {
                kind: "final".to_owned(),
                text,
                lang: None,
                segment: None,
                committed: None,
                start: None,
                end: None,
                why: None,
            }
        };
        let text = match (read.kind.as_str(), &read.text) {
            ("final" | "intermediate", Some(text)) => text.clone(),
            ("final" | "intermediate", None) => return Err("the key `text` is missing".to_owned()),
            // What another livecap gave up is missing here too.
            ("gap", _) => return Ok(self.gap(&read).into_iter().collect()),
            // Translations say nothing of this track's own words.
            _ => return Ok(Vec::new()),
        };
        Ok(self.take(&read, &text))
    }

    fn gap(&self, read: &Read) -> Option<Caption> {
        let why = read.why.as_deref().and_then(Why::named)?;
        let trace = Trace::starting(Instant::now());
        let track = self.segments.track().clone();
        Some(Caption::Gap(Gap { track, span: self.span(read), why, trace }))
    }

    /// Where it says that it stands; now, where it says nothing.
    fn span(&self, read: &Read) -> MediaSpan {
        let elapsed = MediaTime::new(self.started.elapsed());
        let place = |seconds: Option<f64>| {
            let seconds = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
            seconds.map_or(elapsed, MediaTime::new)
        };
        MediaSpan::between(place(read.start), place(read.end))
    }

    fn take(&mut self, read: &Read, text: &str) -> Vec<Caption> {
        let now = Instant::now();
        let trace = Trace::starting(now).with(Milestone::Captured, Hop { begun: now, done: now });
        let span = self.span(read);
        let mut given = Vec::new();
        if self.open.is_some() && read.segment.is_some() && self.open != read.segment {
            given.extend(
                self.segments.close(Vec::new(), span.start, trace).map(Caption::Transcript),
            );
            self.open = None;
        }
        if self.segments.current().is_none() {
            let language = read.lang.as_deref().map_or(self.language.clone(), Language::new);
            self.segments.open(span.start, language);
            self.open = read.segment;
        }
        let Some(open) = self.segments.current() else { return given };
        let words = words_of(text, span);
        // What was committed stands, whatever this line says in its place; what follows it is taken from here.
        let kept = open.committed().len();
        let tail = words.get(kept..).unwrap_or_default().to_vec();
        if read.kind == "final" {
            given.extend(self.segments.close(tail, span.end(), trace).map(Caption::Transcript));
            self.open = None;
            return given;
        }
        let committed = read.committed.as_deref().map_or(0, |it| it.split_whitespace().count());
        let agreed = committed.saturating_sub(kept).min(tail.len());
        let (agreed, tail) = (tail[..agreed].to_vec(), tail[agreed..].to_vec());
        given.push(Caption::Transcript(open.revise(agreed, tail, span.end(), trace)));
        given
    }
}

impl Source for ReadLines {
    type Out = Caption;

    async fn run(&mut self, out: &Outlet<Caption>, stop: CancellationToken) -> Result<(), Fault> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = tokio::select! {
                () = stop.cancelled() => break,
                read = self.from.read_until(b'\n', &mut line) => read,
            };
            let length = read.map_err(|error| {
                Fault::permanent(format!("cannot read lines from {}: {error}", self.name))
            })?;
            if length == 0 {
                break;
            }
            self.line += 1;
            match self.understand(&String::from_utf8_lossy(&line)) {
                Ok(captions) => {
                    for caption in captions {
                        out.send(caption).await?;
                    }
                }
                Err(why) => warn!(
                    input = self.name,
                    line = self.line,
                    why,
                    "left out a line that is no caption"
                ),
            }
        }
        let end = MediaTime::new(self.started.elapsed());
        // What the input left open ends with it.
        if let Some(last) = self.segments.close(Vec::new(), end, Trace::starting(Instant::now())) {
            out.send(Caption::Transcript(last)).await?;
        }
        Ok(())
    }
}

/// Words of equal length over the span: the lines carry no better times.
fn words_of(text: &str, span: MediaSpan) -> Vec<Word> {
    let words: Vec<_> = text.split_whitespace().collect();
    let each = span.length / (words.len().max(1) as u32);
    let word = |(at, text): (usize, &&str)| Word {
        text: format!(" {text}"),
        span: MediaSpan { start: span.start + each * at as u32, length: each },
    };
    words.iter().enumerate().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{EdgeSettings, Inlet, Offer, Room, StageGauge, WhenFull, edge},
        message::{Kind, Transcript},
    };

    async fn transcripts(input: &'static str) -> Vec<Transcript> {
        let only = |caption| match caption {
            Caption::Transcript(it) => it,
            Caption::Gap(it) => panic!("only transcripts, and no {it:?}"),
        };
        read(input).await.into_iter().map(only).collect()
    }

    async fn read(input: &'static str) -> Vec<Caption> {
        let room = Room::Items(64.try_into().unwrap());
        let (sender, receiver) =
            edge::<Caption>("lines", "sink", EdgeSettings { room, when_full: WhenFull::Wait });
        let outlet = Outlet::new(vec![sender], StageGauge::new("lines"));
        let track = TrackName::new("typed");
        let mut source =
            ReadLines::new(track, "standard input", input.as_bytes(), Language::new("en"));
        source.run(&outlet, CancellationToken::new()).await.unwrap();
        drop(outlet);
        let mut inlet = Inlet::new(vec![receiver]);
        let mut given = Vec::new();
        while let Some(Offer::Handle(caption)) = inlet.next().await {
            inlet.settle();
            given.push(caption);
        }
        given
    }

    #[tokio::test]
    async fn partials_and_finals_of_the_demo_become_segments() {
        let given = transcripts(
            "{\"type\":\"intermediate\",\"text\":\"good mor\"}\n{\"type\":\"final\",\"text\":\"good morning\"}\nplain line\n",
        )
        .await;
        let shown: Vec<_> = given
            .iter()
            .map(|it| (it.segment().number(), it.kind() == Kind::Final, it.text()))
            .collect();
        let expected = [(0, false, "good mor"), (0, true, "good morning"), (1, true, "plain line")];
        assert_eq!(shown, expected.map(|(segment, last, text)| (segment, last, text.to_owned())));
    }

    #[tokio::test]
    async fn what_is_no_caption_is_passed_over_and_what_was_open_ends_with_the_input() {
        let given = transcripts(
            "{\"type\":\"intermediate\",\"text\":\"good morning\",\"committed\":\"good\",\"segment\":7}\n{\"no\":1}\n{\"type\":\"gap\"}\n",
        )
        .await;
        assert_eq!(given.len(), 2);
        assert_eq!((given[1].kind(), given[1].text().as_str()), (Kind::Final, "good"));
    }

    #[tokio::test]
    async fn a_gap_of_another_livecap_is_passed_on() {
        let line = "{\"type\":\"gap\",\"start\":1.5,\"end\":2.0,\"why\":\"overload\",\"track\":\"far\",\"seq\":9}\n";
        let [Caption::Gap(gap)] = &read(line).await[..] else { panic!("one gap") };
        assert_eq!((gap.why, gap.track.as_str()), (Why::Overload, "typed"));
        assert_eq!((gap.span.start.as_secs_f64(), gap.span.end().as_secs_f64()), (1.5, 2.0));
    }
}
