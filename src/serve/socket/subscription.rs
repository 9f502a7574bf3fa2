//! The subscription of a client, read from its `auth`.
use serde::Deserialize;
use serde_json::Value;

use crate::{
    serve::captions::log::{Cursor, Log},
    wire::VERSION,
};

/// The two kinds of subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    /// The events `final` and `intermediate` with only the text, for the clients of the demo.
    Plain,
    Captions(CaptionSubscription),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct CaptionSubscription {
    stream: Option<String>,
    from: Option<u64>,
    tracks: Option<Vec<String>>,
    langs: Option<Vec<String>>,
    partials: Option<bool>,
    words: Option<bool>,
}

impl Subscription {
    /// An error is the message for the client.
    pub(crate) fn parse(auth: &Value) -> Result<Subscription, String> {
        let version = match auth.get("v") {
            None | Some(Value::Null) => return Ok(Subscription::Plain),
            Some(version) => version,
        };
        if version.as_u64() != Some(u64::from(VERSION)) {
            return Err(format!("`auth.v` is {version}, and this server speaks version {VERSION}"));
        }
        let asked = CaptionSubscription::deserialize(auth);
        asked
            .map(Subscription::Captions)
            .map_err(|error| format!("`auth` is not as it should be: {error}"))
    }
}

impl CaptionSubscription {
    /// The cursor of a new viewer, and whether its first events are a replay.
    pub(crate) fn begin(&self, log: &Log) -> (Cursor, bool) {
        let Some(from) = self.from else { return (log.newest(), false) };
        let cursor = match self.stream.as_deref() {
            // Another node of the cluster may have sent it events that have not arrived here yet. They are not sent twice.
            Some(stream) if stream == log.run().stream && from > 0 => log.at(from),
            // The numbers of another stream are not valid here: the client starts again with all kept events.
            Some(stream) if stream != log.run().stream => log.from(0),
            _ => log.from(from),
        };
        (cursor, true)
    }

    pub(crate) fn takes(&self, track: &str) -> bool {
        self.tracks.as_ref().is_none_or(|tracks| tracks.iter().any(|it| it == track))
    }

    /// The languages of translations; originals are always sent.
    pub(crate) fn reads(&self, lang: &str) -> bool {
        self.langs.as_ref().is_none_or(|langs| langs.iter().any(|it| it == lang))
    }

    pub(crate) fn partials(&self) -> bool {
        self.partials.unwrap_or(true)
    }

    pub(crate) fn words(&self) -> bool {
        self.words.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_client_without_a_version_is_plain() {
        for auth in [json!({}), json!(null), json!("v"), json!([1]), json!({ "v": null })] {
            assert_eq!(Subscription::parse(&auth), Ok(Subscription::Plain), "{auth}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_reason() {
        for (auth, says) in [
            (json!({ "v": 2 }), "version 1"),
            (json!({ "v": "1" }), "version 1"),
            (json!({ "v": 1, "from": -1 }), "invalid value"),
            (json!({ "v": 1, "tracks": "english" }), "invalid type"),
        ] {
            let told = Subscription::parse(&auth).unwrap_err();
            assert!(told.contains(says), "{told}");
        }
        let fine = json!({ "v": 1, "from": null, "langs": ["nl"], "token": "t", "tracks": ["a"] });
        let Ok(Subscription::Captions(subscription)) = Subscription::parse(&fine) else {
            panic!("it is fine")
        };
        assert!(subscription.reads("nl") && !subscription.reads("es"));
        assert!(
            subscription.takes("a")
                && !subscription.takes("b")
                && subscription.partials()
                && !subscription.words()
        );
    }
}
