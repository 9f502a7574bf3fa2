//! Reads the response of a chat model, streamed or whole, and rejects what is no translation.
use serde_json::Value;

use super::translator::{lasting, one_line, passing};
use crate::logic::translate::{Failure, NoTranslation, cleaned};

/// The longest translation in letters: three times the length of the source, but at least this.
fn most(source: &str) -> usize {
    (3 * source.chars().count()).max(200)
}

/// The most bytes of a line of a stream.
const LONGEST_LINE: usize = 1 << 20;

/// Parses a response as its bytes arrive.
#[derive(Debug)]
pub(super) struct Answer {
    source: String,
    /// The tag of the target language.
    into: String,
    /// Bytes that are not parsed yet: the rest of a line, or all of a response that is not streamed.
    pending: Vec<u8>,
    text: String,
    streamed: Option<bool>,
    finished: bool,
}

impl Answer {
    pub(super) fn new(source: &str, into: &str) -> Answer {
        Answer {
            source: source.to_owned(),
            into: into.to_owned(),
            pending: vec![],
            text: String::new(),
            streamed: None,
            finished: false,
        }
    }

    /// Takes bytes. Returns whether the response is complete.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        self.pending.extend(bytes);
        if LONGEST_LINE < self.pending.len() {
            return Err(passing("its answer does not end"));
        }
        // A stream was requested, but an endpoint that cannot stream responds with one object.
        let first = self.pending.iter().find(|it| !it.is_ascii_whitespace());
        self.streamed = self.streamed.or(first.map(|it| *it != b'{'));
        if self.streamed != Some(true) {
            return Ok(false);
        }
        while let Some(end) = self.pending.iter().position(|it| *it == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            self.line(&line)?;
        }
        Ok(self.finished)
    }

    /// The translation, once all bytes were taken.
    pub(super) fn whole(mut self) -> Result<String, Failure> {
        match self.streamed {
            None => return Err(passing("the answer was empty")),
            Some(true) if !self.finished => {
                // A stream may end without a line end.
                let rest = std::mem::take(&mut self.pending);
                self.line(&rest)?;
                if !self.finished {
                    return Err(passing("the answer was cut off"));
                }
            }
            Some(true) => (),
            Some(false) => {
                let rest = std::mem::take(&mut self.pending);
                self.object(&rest, "message")?;
            }
        }
        self.translation()
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Failure> {
        match line.trim_ascii().strip_prefix(b"data:").map(<[u8]>::trim_ascii) {
            // Comments keep the connection alive; other fields have no text.
            None | Some(b"") => Ok(()),
            Some(b"[DONE]") => {
                self.finished = true;
                Ok(())
            }
            Some(data) => self.object(data, "delta"),
        }
    }

    fn object(&mut self, json: &[u8], part: &str) -> Result<(), Failure> {
        let wrong = |why: &str| passing(format!("its answer is not as it should be: {why}"));
        let it: Value = serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
        if let Some(error) = it.get("error").filter(|it| !it.is_null()) {
            let said = error.get("message").unwrap_or(error).as_str().unwrap_or("no reason");
            return Err(passing(format!("it answers with an error: {said}")));
        }
        let choices = it.get("choices").and_then(Value::as_array);
        let choices = choices.ok_or_else(|| wrong("there are no `choices`"))?;
        // The last object of a stream may have only token counts.
        let Some(choice) = choices.first() else { return Ok(()) };
        if let Some(why) = choice.pointer(&format!("/{part}/refusal")).and_then(Value::as_str)
            && !why.is_empty()
        {
            return Err(refused(why));
        }
        match choice.pointer(&format!("/{part}/content")) {
            Some(Value::String(text)) => self.text.push_str(text),
            // Reasoning models give their thoughts and the answer as parts.
            Some(Value::Array(parts)) => {
                let refusal = parts.iter().find_map(|it| it.get("refusal")?.as_str());
                if let Some(why) = refusal {
                    return Err(refused(why));
                }
                let texts = parts.iter().filter(|it| it["type"] == "text");
                self.text.extend(texts.filter_map(|it| it["text"].as_str()));
            }
            Some(Value::Null) | None if part == "delta" => (),
            _ => return Err(wrong("there is no `content`")),
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None => (),
            Some("length") => return Err(passing("the answer was cut off by its length")),
            Some("content_filter") => return Err(lasting("it refuses to translate this")),
            Some(_) => self.finished = true,
        }
        // Too long: not worth waiting for its end. Up to this limit it may be thoughts whose start tag the template has dropped.
        if THOUGHTS < self.text.len() {
            return Err(passing("the answer goes on for too long"));
        }
        Ok(())
    }

    fn translation(self) -> Result<String, Failure> {
        let text = match cleaned(&self.text, &self.source, &self.into) {
            Ok(text) => text,
            Err(NoTranslation::OnlyThoughts) => {
                return Err(passing("the answer holds nothing but the model's thoughts"));
            }
            Err(NoTranslation::Refusal) => return Err(refused(self.text.trim())),
        };
        if most(&self.source) < text.chars().count() {
            return Err(passing("the answer is much longer than a translation would be"));
        }
        let lines = self.source.lines().count().max(1);
        if lines < text.lines().filter(|it| !it.trim().is_empty()).count() {
            return Err(passing("the answer has more lines than a translation would"));
        }
        one_line(&text)
    }
}

/// A lasting failure: the same text would be refused again.
fn refused(why: &str) -> Failure {
    lasting(format!("the model refuses to translate this: {why}"))
}

/// The most bytes of a response, including the thoughts of the model.
const THOUGHTS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(source: &str, body: &str) -> Result<String, String> {
        let mut answer = Answer::new(source, "nl");
        answer.take(body.as_bytes()).map_err(|it| it.why)?;
        answer.whole().map_err(|it| it.why)
    }

    fn whole(content: &str) -> String {
        let message = serde_json::json!({ "role": "assistant", "content": content });
        serde_json::json!({ "choices": [{ "message": message, "finish_reason": "stop" }] })
            .to_string()
    }

    const STREAM: &str = ": ping\r\n\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"Goede\"}}]}\n\ndata:{\"choices\":[{\"delta\":{\"content\":\" morgen, één.\"}}]}\n\n\
        data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n";

    #[test]
    fn an_answer_may_come_streamed_or_whole() {
        assert_eq!(read("Good morning.", STREAM).unwrap(), "Goede morgen, één.");
        assert_eq!(read("Good morning.", &whole("\"Goede morgen.\"\n")).unwrap(), "Goede morgen.");
        let thought = whole("<think>\nDutch…\nshort\n</think>\n\nGoede morgen.");
        assert_eq!(read("Good morning.", &thought).unwrap(), "Goede morgen.");
        // However long the thoughts, and even if the template has dropped their start tag.
        let thought = whole(&format!("{}</think>Goede morgen.", "Hm. ".repeat(1000)));
        assert_eq!(read("Good morning.", &thought).unwrap(), "Goede morgen.");
    }

    #[test]
    fn an_answer_in_parts_is_its_text_without_the_thoughts() {
        let parts = serde_json::json!([
            { "type": "thinking", "thinking": [{ "type": "text", "text": "Dutch…" }] },
            { "type": "text", "text": "Goede " },
            { "type": "text", "text": "morgen." },
        ]);
        let message = serde_json::json!({ "role": "assistant", "content": parts });
        let one = |message: &serde_json::Value, of: &str| {
            serde_json::json!({ "choices": [{ of: message, "finish_reason": "stop" }] }).to_string()
        };
        assert_eq!(read("Good morning.", &one(&message, "message")).unwrap(), "Goede morgen.");
        let streamed = format!("data: {}\n\n", one(&message, "delta"));
        assert_eq!(read("Good morning.", &streamed).unwrap(), "Goede morgen.");
        let refusal = serde_json::json!({ "content": [{ "type": "refusal", "refusal": "No." }] });
        let told = read("Good morning.", &one(&refusal, "message")).unwrap_err();
        assert_eq!(told, "the model refuses to translate this: No.");
    }

    #[test]
    fn a_refusal_is_no_translation_and_would_come_again() {
        let sorry = "I'm sorry, but I can't help with that.";
        let message = serde_json::json!({ "role": "assistant", "content": null, "refusal": sorry });
        let choice = serde_json::json!({ "message": message, "finish_reason": "stop" });
        let own = serde_json::json!({ "choices": [choice] }).to_string();
        for body in [whole(sorry), own] {
            let mut answer = Answer::new("Good morning.", "nl");
            answer.take(body.as_bytes()).unwrap();
            let failure = answer.whole().unwrap_err();
            assert_eq!(failure.again, crate::logic::translate::Again::Never);
            assert_eq!(failure.why, format!("the model refuses to translate this: {sorry}"));
        }
    }

    #[test]
    fn what_is_no_translation_is_refused() {
        let long = "Sure! ".repeat(40);
        let cut = &STREAM[..STREAM.find("data: {\"choices\":[{\"delta\":{},").unwrap()];
        for (body, why) in [
            (whole("Goede morgen.\nNote: informal."), "more lines"),
            (whole(&long), "much longer"),
            (whole(" "), "empty"),
            (String::new(), "empty"),
            (cut.to_owned(), "cut off"),
            ("data: {\"choices\":[{\"de".to_owned(), "not as it should be"),
            ("{\"choices\":[{\"message\"".to_owned(), "not as it should be"),
            ("{\"hello\":1}".to_owned(), "no `choices`"),
            ("{\"choices\":[{\"message\":{}}]}".to_owned(), "no `content`"),
            ("{\"error\":{\"message\":\"overloaded\"}}".to_owned(), "overloaded"),
            ("data: {\"error\":\"boom\"}\n\n".to_owned(), "boom"),
            ("<html>".to_owned(), "cut off"),
        ] {
            let told = read("Good morning.", &body).unwrap_err();
            assert!(told.contains(why), "{body}: {told}");
        }
        // A long source may have a long translation.
        assert_eq!(read(&"word ".repeat(50), &whole(&long)).unwrap(), long.trim());
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_into_packets_its_text_is_the_same(cuts in prop::collection::vec(1usize..30, 0..40)) {
            let mut answer = Answer::new("Good morning.", "nl");
            let mut rest = STREAM.as_bytes();
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                answer.take(now).unwrap();
                rest = later;
            }
            answer.take(rest).unwrap();
            prop_assert_eq!(answer.whole().unwrap(), "Goede morgen, één.");
        }
    }
}
