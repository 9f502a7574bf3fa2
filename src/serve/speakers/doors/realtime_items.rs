//! Captions as the items of OpenAI's realtime events: one a segment, or, where the client says when a turn ends, one a turn.
use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::wire::{CaptionEvent, CaptionKind};

#[derive(Default)]
pub(super) struct Items {
    /// The client says when a turn ends (`turn_detection` is null).
    pub(super) is_manual: bool,
    events: u64,
    items: u64,
    /// The item that is open, and its segment.
    open: Option<Open>,
    /// Committed by the client, and not recognised yet.
    committed: VecDeque<Open>,
    previous: Option<String>,
}

#[derive(Clone, Default)]
struct Open {
    id: String,
    /// What is complete of it.
    text: String,
    /// What was sent of the segment that is open.
    sent: String,
    seconds: f64,
    /// Where what was committed ends on the timeline of the captions; 0 until that is known.
    end: f64,
}

impl Items {
    pub(super) fn event(&mut self, mut event: Value) -> Value {
        self.events += 1;
        event["event_id"] = format!("event_{}", self.events).into();
        event
    }

    fn opened(&mut self) -> Open {
        self.items += 1;
        Open { id: format!("item_{}", self.items), ..Open::default() }
    }

    pub(super) fn caption(&mut self, caption: &CaptionEvent, begun: f64) -> Vec<Value> {
        let ms = |at: f64| ((at - begun).max(0.0) * 1000.0).round() as u64;
        let is_final = caption.kind == CaptionKind::Final;
        let settled = if is_final { Some(&caption.text) } else { caption.committed.as_ref() };
        let (mut said, is_manual) = (Vec::new(), self.is_manual);
        // What is said behind a commit tells that all before it is recognised.
        while let Some(done) =
            self.committed.pop_front_if(|it| it.end > 0.0 && caption.start >= it.end)
        {
            said.push(completed(&done));
        }
        let late = self.committed.pop_front();
        let is_late = late.is_some();
        let held = late.or_else(|| self.open.take());
        let is_new = held.is_none();
        let mut item = held.unwrap_or_else(|| self.opened());
        if is_new && !is_manual {
            said.push(json!({ "type": "input_audio_buffer.speech_started", "item_id": item.id, "audio_start_ms": ms(caption.start) }));
        }
        // A final may differ from what was settled; then only `transcript` tells it.
        let delta = settled.and_then(|it| it.strip_prefix(item.sent.as_str()));
        if let Some(delta) = delta.filter(|it| !it.is_empty()) {
            let parted = item.sent.is_empty() && !item.text.is_empty();
            let delta = if parted { format!(" {delta}") } else { delta.to_owned() };
            said.push(json!({
                "type": "conversation.item.input_audio_transcription.delta", "item_id": item.id, "content_index": 0, "delta": delta,
            }));
            item.sent = settled.cloned().unwrap_or_default();
        }
        if is_final {
            item.sent.clear();
            if !item.text.is_empty() {
                item.text.push(' ');
            }
            item.text.push_str(caption.text.trim());
            item.seconds += (caption.end - caption.start).max(0.0);
        }
        if is_final && !is_manual && !is_late {
            said.push(json!({ "type": "input_audio_buffer.speech_stopped", "item_id": item.id, "audio_end_ms": ms(caption.end) }));
            said.extend(self.committed(&item.id));
            said.push(completed(&item));
        } else if is_late {
            self.committed.push_front(item);
        } else {
            self.open = Some(item);
        }
        said.into_iter().map(|it| self.event(it)).collect()
    }

    /// The client ends its turn.
    pub(super) fn commit(&mut self) -> Vec<Value> {
        let open = self.open.take();
        let item = open.unwrap_or_else(|| self.opened());
        let said = self.committed(&item.id);
        self.committed.push_back(item);
        said.into_iter().map(|it| self.event(it)).collect()
    }

    /// What was committed last ends there.
    pub(super) fn completes(&mut self, end: f64) {
        if let Some(item) = self.committed.back_mut() {
            item.end = end;
        }
    }

    /// All that was committed is recognised.
    pub(super) fn settled(&mut self) -> Vec<Value> {
        let done: Vec<Value> = self.committed.drain(..).map(|it| completed(&it)).collect();
        done.into_iter().map(|it| self.event(it)).collect()
    }

    fn committed(&mut self, id: &str) -> [Value; 2] {
        let previous = self.previous.replace(id.to_owned());
        let content = json!([{ "type": "input_audio", "transcript": null }]);
        let item = json!({ "id": id, "type": "message", "role": "user", "status": "completed", "content": content });
        [
            json!({ "type": "input_audio_buffer.committed", "item_id": id, "previous_item_id": previous }),
            json!({ "type": "conversation.item.added", "previous_item_id": previous, "item": item }),
        ]
    }
}

fn completed(item: &Open) -> Value {
    json!({
        "type": "conversation.item.input_audio_transcription.completed", "item_id": item.id, "content_index": 0,
        "transcript": item.text, "usage": { "type": "duration", "seconds": item.seconds },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::At;

    fn caption(span: (f64, f64), kind: CaptionKind, text: &str, committed: &str) -> CaptionEvent {
        let at = At { captured: 0, recognised: None, translated: None, published: None };
        CaptionEvent {
            text: text.to_owned(),
            seq: 1,
            track: "words".into(),
            segment: 1,
            revision: 1,
            kind,
            lang: "en".into(),
            edited_by: None,
            speaker: None,
            committed: (kind == CaptionKind::Partial).then(|| committed.to_owned()),
            start: span.0,
            end: span.1,
            words: None,
            at,
        }
    }

    fn told(events: &[Value]) -> Vec<String> {
        let told = |it: &Value| {
            let kind = it["type"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
            let item = it["item_id"].as_str().or(it["item"]["id"].as_str()).unwrap();
            let text = it["delta"].as_str().or(it["transcript"].as_str()).unwrap_or_default();
            format!("{kind} {item} {text}").trim_end().to_owned()
        };
        events.iter().map(told).collect()
    }

    #[test]
    fn a_segment_is_an_item_with_its_settled_words_as_deltas() {
        let mut items = Items::default();
        let first = caption((1.0, 2.0), CaptionKind::Partial, "good mor", "good");
        assert_eq!(
            told(&items.caption(&first, 0.5)),
            ["speech_started item_1", "delta item_1 good"]
        );
        let last = caption((1.0, 2.5), CaptionKind::Final, "good morning.", "");
        assert_eq!(
            told(&items.caption(&last, 0.5)),
            [
                "delta item_1  morning.",
                "speech_stopped item_1",
                "committed item_1",
                "added item_1",
                "completed item_1 good morning."
            ]
        );
        let next = caption((3.0, 4.0), CaptionKind::Final, "bye.", "");
        let events = items.caption(&next, 0.5);
        assert_eq!(events[0]["audio_start_ms"], 2500);
        assert_eq!(events[3]["previous_item_id"], "item_1");
    }

    #[test]
    fn a_turn_of_the_client_is_one_item_until_what_follows_it_is_heard() {
        let mut items = Items { is_manual: true, ..Items::default() };
        let said = |items: &mut Items, span, text: &str| {
            told(&items.caption(&caption(span, CaptionKind::Final, text, ""), 0.0))
        };
        assert_eq!(said(&mut items, (0.0, 1.0), "one."), ["delta item_1 one."]);
        assert_eq!(told(&items.commit()), ["committed item_1", "added item_1"]);
        items.completes(3.0);
        assert_eq!(said(&mut items, (2.0, 2.9), "two."), ["delta item_1  two."]);
        assert_eq!(
            said(&mut items, (3.2, 4.0), "three."),
            ["completed item_1 one. two.", "delta item_2 three."]
        );
        items.commit();
        assert_eq!(told(&items.settled()), ["completed item_2 three."]);
        assert!(items.settled().is_empty());
    }
}
