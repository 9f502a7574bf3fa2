//! The captions as a page shows them, by the rules of docs/protocol.md. A broken rule fails the test.
use std::collections::BTreeMap;

use livecap::{
    cli::client::Event,
    wire::{CaptionEvent, CaptionKind, GapEvent, Next},
};
use serde::de::DeserializeOwned;

/// The partial that is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Open {
    pub(crate) segment: u64,
    pub(crate) text: String,
    pub(crate) committed: String,
    revision: u32,
}

/// One track, of a client that receives every numbered event and the newest partials.
#[derive(Debug, Default)]
pub(crate) struct CaptionStore {
    pub(crate) finals: BTreeMap<u64, CaptionEvent>,
    pub(crate) gaps: Vec<GapEvent>,
    open: Option<Open>,
    /// The newest segment, with its committed words.
    newest: Option<Open>,
    numbered: u64,
}

impl CaptionStore {
    pub(crate) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// The number of numbered events that came.
    pub(crate) fn numbered(&self) -> u64 {
        self.numbered
    }

    pub(crate) fn take(&mut self, event: &Event) {
        match event.name.as_str() {
            "caption" => self.caption(argument(event)),
            "gap" => self.gap(argument(event)),
            "end" => assert_eq!(argument::<Next>(event).next, self.numbered + 1, "{event:?}"),
            _ => (),
        }
    }

    pub(crate) fn caption(&mut self, caption: CaptionEvent) {
        if let Some(newest) = &self.newest {
            let (before, now) = (newest.segment, caption.segment);
            assert!(before <= now, "numbers only grow: {caption:?} after {newest:?}");
            assert!(!self.finals.contains_key(&now), "nothing follows a final: {caption:?}");
            if before == now {
                assert!(newest.revision < caption.revision, "{caption:?} after {newest:?}");
                let kept = caption.committed.as_ref().unwrap_or(&caption.text);
                assert!(kept.starts_with(&newest.committed), "{caption:?} breaks {newest:?}");
            }
        }
        let open = Open {
            segment: caption.segment,
            text: caption.text.clone(),
            committed: caption.committed.clone().unwrap_or_default(),
            revision: caption.revision,
        };
        self.newest = Some(open.clone());
        if caption.kind == CaptionKind::Partial {
            assert_eq!(caption.seq, self.numbered, "{caption:?}");
            // A later segment takes the place of one that is still open.
            self.open = Some(open);
        } else {
            self.number(Some(caption.seq));
            self.open = self.open.take().filter(|it| it.segment > caption.segment);
            self.finals.insert(caption.segment, caption);
        }
    }

    pub(crate) fn gap(&mut self, gap: GapEvent) {
        self.number(gap.seq);
        if gap.why == "restart" {
            self.open = None;
        }
        self.gaps.push(gap);
    }

    fn number(&mut self, seq: Option<u64>) {
        self.numbered += 1;
        assert_eq!(seq, Some(self.numbered), "numbers have no holes");
    }
}

fn argument<T: DeserializeOwned>(event: &Event) -> T {
    serde_json::from_value(event.args[0].clone()).unwrap()
}
