//! Speakers who send their sound from a browser, a phone or another program: browser.
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    super::{
        Code,
        plan::{self, Planned, SpeakerCodec},
        table::{Around, Settings},
        units::Length,
    },
    number,
};

/// The sound of people who speak into a browser or a phone: they open the page `/speak` of a broadcast. Other programs may send
/// sound too ([ingest](ingest.md)).
///
/// It is a live source: sound that is not taken in time is dropped and marked as a gap.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Browser {
    /// What readers see of a speaker who has given no name. Where there are several, they are numbered.
    #[schemars(length(min = 1, max = 60), extend("x-default" = "the stage's name where there are several, otherwise nothing"))]
    name: Option<String>,
    /// How many may speak at the same time.
    #[serde(default = "number::<1>")]
    #[schemars(range(min = 1, max = 200))]
    speakers: usize,
    /// How sound may be packed.
    #[serde(default = "all_codecs")]
    #[schemars(length(min = 1))]
    codecs: Vec<SpeakerCodec>,
    /// Sound that is older than this when it reaches the pipeline is dropped and marked as a gap.
    #[serde(default = "Length::ms::<10_000>")]
    #[schemars(extend("x-range" = ["500ms", "60s"]))]
    max_lag: Length,
    /// Ask the browser to remove the sound of its own loudspeakers.
    #[serde(default)]
    echo_cancellation: bool,
    /// Ask the browser to remove noise. Recognisers are trained on noisy speech, and usually do better without.
    #[serde(default)]
    noise_suppression: bool,
    /// Ask the browser to make quiet speakers louder.
    #[serde(default = "yes")]
    auto_gain: bool,
    /// The environment variable with the token that speakers must present. Without one, whoever is on this machine may speak, and
    /// others need a link that an operator has made.
    #[schemars(length(min = 1))]
    speaker_token_env: Option<String>,
    /// The broadcast whose port and page `/speak` are used.
    #[schemars(length(min = 1), extend("x-default" = "the only one of the file"))]
    server: Option<String>,
}

fn all_codecs() -> Vec<SpeakerCodec> {
    vec![SpeakerCodec::PcmS16le, SpeakerCodec::PcmF32le, SpeakerCodec::Opus]
}

fn yes() -> bool {
    true
}

impl Settings for Browser {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let family = around.table.name.to_owned();
        let name = self.name.map(|it| it.trim().to_owned());
        if name.as_deref() == Some("") {
            let title = format!("the name of `{}` is empty", around.title());
            let help = Some(format!("name = \"{family}\""));
            around.complain(Code::OutOfRange, "name", title, "readers would see nothing", help);
            return None;
        }
        Some(Planned::Browser(Box::new(plan::Browser {
            name,
            family,
            slot: 1,
            speakers: self.speakers,
            codecs: self.codecs,
            max_lag: self.max_lag.0,
            echo_cancellation: self.echo_cancellation,
            noise_suppression: self.noise_suppression,
            auto_gain: self.auto_gain,
            token: self.speaker_token_env,
            server: self.server,
        })))
    }
}
