//! The bench's own viewer: a caption client that notes when it received what.
use serde_json::json;
use tokio::time::Instant;

use crate::{
    cli::client::{Client, ClientError, Event},
    wire::{CaptionEvent, CaptionKind, GapEvent, Next, TranslationEvent},
};

/// One event of the pipeline, and when it was received.
#[derive(Clone, Debug)]
pub(super) enum Received {
    Caption {
        at: Instant,
        event: Box<CaptionEvent>,
    },
    /// Kept for its number: it says nothing of what was heard.
    Translation {
        event: Box<TranslationEvent>,
    },
    Gap {
        event: GapEvent,
    },
}

impl Received {
    /// Of a final or a gap.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Received::Caption { event, .. } if event.kind == CaptionKind::Final => Some(event.seq),
            Received::Caption { .. } => None,
            Received::Translation { event } => {
                event.seq.filter(|_| event.kind == CaptionKind::Final)
            }
            Received::Gap { event } => event.seq,
        }
    }
}

/// All that a viewer received.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    pub(super) events: Vec<Received>,
    /// How many numbered events there were, as the server says at the end.
    pub(super) numbered: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ViewerError {
    #[error("the bench's viewer: {0}")]
    Client(#[from] ClientError),
    #[error("the bench's viewer was sent `{name}`, which it cannot read: {cause}")]
    Event { name: String, cause: serde_json::Error },
    #[error("the bench's viewer was disconnected before the end")]
    Disconnected,
}

/// Connected, with `hello` received: it misses nothing that the pipeline gives from now on.
pub(super) struct Viewer(Client);

impl Viewer {
    pub(super) async fn connect(url: &str) -> Result<Viewer, ViewerError> {
        let auth = json!({ "v": 1, "words": true, "from": 0 });
        let mut client = Client::connect(url, auth).await?;
        while let Some(event) = client.next().await? {
            if event.name == "hello" {
                return Ok(Viewer(client));
            }
        }
        Err(ViewerError::Disconnected)
    }

    /// To the end of the pipeline.
    pub(super) async fn watch(mut self) -> Result<Watched, ViewerError> {
        let mut watched = Watched::default();
        while let Some(event) = self.0.next().await? {
            let at = Instant::now();
            match event.name.as_str() {
                "caption" if event.args.first().is_some_and(|it| it.get("of").is_some()) => {
                    watched.events.push(Received::Translation { event: Box::new(read(event)?) });
                }
                "caption" => {
                    let event = Box::new(read(event)?);
                    watched.events.push(Received::Caption { at, event });
                }
                "gap" => watched.events.push(Received::Gap { event: read(event)? }),
                "end" => {
                    let Next { next } = read(event)?;
                    watched.numbered = next.saturating_sub(1);
                    return Ok(watched);
                }
                _ => (),
            }
        }
        Err(ViewerError::Disconnected)
    }
}

fn read<T: serde::de::DeserializeOwned>(mut event: Event) -> Result<T, ViewerError> {
    let data = event.args.drain(..).next().unwrap_or_default();
    serde_json::from_value(data).map_err(|cause| ViewerError::Event { name: event.name, cause })
}
