//! What a client asks for when it connects, read from its `auth`.
use serde::Deserialize;
use serde_json::Value;

use crate::{
    serve::captions::log::{Cursor, Log},
    wire::VERSION,
};

/// The two kinds of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    /// `final` and `intermediate` with the text alone, as the demo's clients know them.
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
    /// An error is what the client is told.
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
    /// Where this viewer begins, and whether something is replayed before what is live.
    pub(crate) fn begin(&self, log: &Log) -> (Cursor, bool) {
        let Some(from) = self.from else { return (log.newest(), false) };
        let cursor = match self.stream.as_deref() {
            // Another node of a cluster may have told it what has not come here yet: that is not told twice.
            Some(stream) if stream == log.run().stream && from > 0 => log.at(from),
            // Numbers of another stream mean nothing here: the client drops what it showed, and gets all there is.
            Some(stream) if stream != log.run().stream => log.from(0),
            _ => log.from(from),
        };
        (cursor, true)
    }

    pub(crate) fn takes(&self, track: &str) -> bool {
        self.tracks.as_ref().is_none_or(|tracks| tracks.iter().any(|it| it == track))
    }

    /// Of translations: originals are sent in any case.
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
