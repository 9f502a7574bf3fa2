//! The captions of one track, as they come, for whoever speaks on it.
use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    serve::{
        captions::log::{Cursor, Due, Encoded},
        hub::Hub,
    },
    wire::CaptionEvent,
};

pub(super) struct TrackCaptions {
    hub: Arc<Hub>,
    track: Option<String>,
    cursor: Cursor,
    bell: watch::Receiver<()>,
}

impl TrackCaptions {
    /// From now on. Without a track there are none.
    pub(super) fn new(hub: &Arc<Hub>, track: Option<String>) -> TrackCaptions {
        let (bell, cursor) = (hub.bell.listen(), hub.captions.log().newest());
        TrackCaptions { hub: hub.clone(), track, cursor, bell }
    }

    /// The next one that ends behind `begun`, in seconds of the timeline. May be dropped and called again.
    pub(super) async fn next(&mut self, begun: f64) -> CaptionEvent {
        loop {
            self.bell.mark_unchanged();
            while let Some(event) = self.step() {
                if let Some(event) = event.filter(|it| it.end > begun) {
                    return event;
                }
            }
            if self.bell.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// `None`: nothing more has come. `Some(None)`: something that is of no interest here.
    fn step(&mut self) -> Option<Option<CaptionEvent>> {
        let (due, after) = self.hub.captions.log().due(self.cursor)?;
        self.cursor = after;
        let entry = match due {
            Due::Event(entry) => entry,
            Due::End => return None,
            Due::History(_) | Due::Clear | Due::Anew => return Some(None),
        };
        let is_mine = self.track.is_some()
            && entry.track.as_ref().map(|it| it.as_str()) == self.track.as_deref();
        let Encoded::Caption(caption) = &entry.event else { return Some(None) };
        if !is_mine {
            return Some(None);
        }
        Some(serde_json::from_str(caption.with_words.get()).ok())
    }

    /// Whether words are shown that are no final yet.
    pub(super) fn is_open(&self) -> bool {
        let partials = self.hub.captions.log().partials(0);
        partials.iter().any(|(_, entry)| {
            let is_mine = entry.track.as_ref().map(|it| it.as_str()) == self.track.as_deref();
            is_mine && matches!(entry.event, Encoded::Caption(_))
        })
    }

    /// Where the timeline of the captions begins on that of the sound, in seconds.
    pub(super) fn offset(&self) -> f64 {
        self.hub.captions.log().offset()
    }
}
