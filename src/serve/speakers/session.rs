//! One speaker at a place: it outlives its connections for a while, so that a lost one can be resumed.
use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::intake::Intake;
use crate::{
    message::Why,
    serve::access::rights::Token,
    wire::{IngestFormat, RefusalCode},
};

/// What a connection is told from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) refused: Option<RefusalCode>,
    pub(super) name: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Session {
    /// Of the connection that has it, or had it last; grows with each.
    pub(super) connection: u64,
    /// The same in all of its connections.
    pub(super) number: u64,
    /// The hash of the name by which it is resumed.
    pub(super) secret: Token,
    /// The link by which it came.
    pub(super) link: Option<u64>,
    pub(super) name: Arc<str>,
    pub(super) intake: Intake,
    pub(super) muted: bool,
    /// Since when it has no connection.
    pub(super) lost: Option<Instant>,
    /// Sound that the place had given up before it.
    pub(super) dropped_before: Duration,
    pub(super) repeated: u64,
    /// As the client last said.
    pub(super) peak_db: Option<f32>,
    pub(super) clipped: u64,
    pub(super) since: Instant,
    pub(super) orders: watch::Sender<Orders>,
}

impl Session {
    /// Ends the connection that it has.
    pub(super) fn order(&self, code: RefusalCode) {
        self.orders.send_modify(|it| it.refused = Some(code));
    }

    pub(super) fn rename(&mut self, name: &str) {
        self.name = name.into();
        let name = self.name.clone();
        self.orders.send_modify(|it| it.name = name);
    }

    pub(super) fn format(&self) -> IngestFormat {
        self.intake.format()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.lost.is_none()
    }

    /// Whether it may still be resumed.
    pub(super) fn is_alive(&self, resume: Duration, now: Instant) -> bool {
        self.lost.is_none_or(|lost| now.saturating_duration_since(lost) < resume)
    }
}

/// Why sound is missing behind a session that has ended so: it was meant, or the connection is gone.
pub(super) fn why_ended(meant: bool) -> Why {
    if meant { Why::Muted } else { Why::Network }
}
