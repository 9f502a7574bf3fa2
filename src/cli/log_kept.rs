//! The newest lines of the log, kept in memory for the operator's page. They are the lines of standard error.
use std::{
    fmt::{Debug, Write},
    sync::{Arc, LazyLock},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::serve::LogBuffer;

/// How many lines are kept.
const KEPT: usize = 500;

/// A process has one log.
static DIARY: LazyLock<Arc<LogBuffer>> = LazyLock::new(|| Arc::new(LogBuffer::new(KEPT)));

/// Where the newest lines can be read.
pub(super) fn diary() -> Arc<LogBuffer> {
    DIARY.clone()
}

/// Writes each event to the [diary].
pub(super) struct Keeping;

impl<S: Subscriber> Layer<S> for Keeping {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        DIARY.note(&level, line.text());
    }
}

/// The message with the fields behind it, as on standard error.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn text(self) -> String {
        match (self.message.is_empty(), self.fields.is_empty()) {
            (_, true) => self.message,
            (true, _) => self.fields.trim_start().to_owned(),
            _ => self.message + &self.fields,
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            // Of crates that log by `log`: where in their sources.
            name if name.starts_with("log.") => Ok(()),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn a_line_is_its_message_and_its_fields() {
        let before = diary().after(0).newest;
        let subscriber = tracing_subscriber::registry().with(Keeping);
        tracing::subscriber::with_default(subscriber, || {
            let why = "gone";
            tracing::warn!(stage = "mic", fault = why, after_ms = 3, "restarting");
            tracing::info!(viewers = 2);
        });
        let lines = diary().after(before).lines;
        let lines: Vec<_> = lines.iter().map(|it| (&*it.level, &*it.text)).collect();
        let said = "restarting stage=\"mic\" fault=\"gone\" after_ms=3";
        assert!(lines.contains(&("warn", said)), "{lines:?}");
        assert!(lines.contains(&("info", "viewers=2")), "{lines:?}");
    }
}
