//! A source of captions: lines of JSON or of text, from standard input or a file.
use std::pin::Pin;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::understand::Understand;
use crate::{
    flow::{Fault, Outlet, Source},
    message::{Caption, Language, TrackName},
};

/// Reads until the end of the input. All captions are of one track, with the name of the stage, whatever tracks the lines name.
pub struct ReadLines {
    /// The name of the input, for the log.
    name: String,
    from: Pin<Box<dyn AsyncBufRead + Send>>,
    line: usize,
    understand: Understand,
}

impl ReadLines {
    /// `language`: that of lines without one.
    pub fn new(
        track: TrackName,
        name: &str,
        from: impl AsyncBufRead + Send + 'static,
        language: Language,
    ) -> ReadLines {
        let understand = Understand::new(track, language);
        ReadLines { name: name.to_owned(), from: Box::pin(from), line: 0, understand }
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
            match self.understand.line(&String::from_utf8_lossy(&line)) {
                Ok((captions, _)) => {
                    for caption in captions {
                        out.send(caption).await?;
                    }
                }
                Err(why) => warn!(
                    input = self.name,
                    line = self.line,
                    why,
                    "skipped a line that is not a caption"
                ),
            }
        }
        if let Some(last) = self.understand.end() {
            out.send(last).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{EdgeSettings, Inlet, Offer, Room, StageGauge, WhenFull, edge},
        message::{Kind, Transcript, Why},
    };

    async fn transcripts(input: &'static str) -> Vec<Transcript> {
        let only = |caption| match caption {
            Caption::Transcript(it) => it,
            it => panic!("only transcripts, and no {it:?}"),
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
    async fn each_line_may_name_who_speaks_and_another_name_ends_what_was_open() {
        let given = transcripts(
            "{\"type\":\"intermediate\",\"text\":\"good mor\",\"speaker\":\"Ada\"}\n{\"type\":\"final\",\"text\":\"hello\",\"speaker\":\"Ben\"}\nplain\n",
        )
        .await;
        let told: Vec<_> =
            given.iter().map(|it| (it.text(), it.speaker().map(ToString::to_string))).collect();
        let named = |name: &str| Some(name.to_owned());
        let expected = [
            ("good mor".to_owned(), named("Ada")),
            (String::new(), named("Ada")),
            ("hello".to_owned(), named("Ben")),
            ("plain".to_owned(), None),
        ];
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn a_gap_of_another_livecap_is_passed_on() {
        let line = "{\"type\":\"gap\",\"start\":1.5,\"end\":2.0,\"why\":\"overload\",\"track\":\"far\",\"seq\":9}\n";
        let [Caption::Gap(gap)] = &read(line).await[..] else { panic!("one gap") };
        assert_eq!((gap.why, gap.track.as_str()), (Why::Overload, "typed"));
        assert_eq!((gap.span.start.as_secs_f64(), gap.span.end().as_secs_f64()), (1.5, 2.0));
    }
}
