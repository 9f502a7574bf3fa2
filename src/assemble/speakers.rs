//! Speakers of a plan: their places are made before any stage, for their sources and for the server at whose port they speak.
use std::collections::HashMap;

use super::{
    assembly::{Assembly, OfServers},
    delivery::token,
};
use crate::{
    serve::{Capture, OtherClients, SpeakerSettings, Speakers},
    spec::{
        Plan,
        plan::{self, Browser, OtherClient, Planned, SpeakerCodec},
    },
    stages,
    wire::Codec,
};

/// The error says which token is missing.
pub(super) fn of(plan: &Plan) -> Result<OfServers, (usize, String)> {
    let mut settings: HashMap<usize, Vec<SpeakerSettings>> = HashMap::new();
    for (number, stage) in plan.stages().iter().enumerate() {
        let Planned::Browser(browser) = &stage.work else { continue };
        let Some(server) = plan.server_of(browser).filter(|_| browser.slot == 1) else { continue };
        let speakers = self::settings(browser).map_err(|why| (number, why))?;
        settings.entry(server).or_default().push(speakers);
    }
    Ok(settings.into_iter().map(|(server, stages)| (server, Speakers::new(stages))).collect())
}

fn settings(browser: &Browser) -> Result<SpeakerSettings, String> {
    let codec = |it: &SpeakerCodec| match it {
        SpeakerCodec::PcmS16le => Codec::PcmS16le,
        SpeakerCodec::PcmF32le => Codec::PcmF32le,
        SpeakerCodec::Opus => Codec::Opus,
    };
    // A build without Opus offers what it can decode.
    let can = |it: &Codec| *it != Codec::Opus || cfg!(feature = "opus");
    let codecs: Vec<Codec> = browser.codecs.iter().map(codec).filter(can).collect();
    if codecs.is_empty() {
        return Err("this build is without the feature `opus`, the only one of `codecs`".to_owned());
    }
    Ok(SpeakerSettings {
        stage: browser.family.clone(),
        name: browser.name.clone(),
        places: browser.speakers,
        codecs,
        max_lag: browser.max_lag,
        token: token(browser.token.as_deref())?,
        capture: Capture {
            echo_cancellation: browser.echo_cancellation,
            noise_suppression: browser.noise_suppression,
            auto_gain: browser.auto_gain,
        },
        others: OtherClients {
            whisper_live: browser.compatible_with.contains(&OtherClient::WhisperLive),
            openai: browser.compatible_with.contains(&OtherClient::Openai),
        },
    })
}

impl Assembly<'_> {
    pub(super) fn browser(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        browser: &Browser,
        plan: &Plan,
    ) -> Result<(), String> {
        let speakers = plan.server_of(browser).and_then(|it| self.speakers.get(&it));
        let place = speakers.and_then(|it| it.place(&browser.family, browser.slot));
        let place = place.ok_or("there is no broadcast to speak to")?;
        if let Some(track) = track(plan, number) {
            place.set_track(&plan.stages()[track].name);
        }
        let gate = self.source(number, stage, stages::browser::Browser::new(place.clone()));
        place.set_gate(gate);
        Ok(())
    }
}

/// The first recogniser behind a source.
pub(super) fn track(plan: &Plan, source: usize) -> Option<usize> {
    let mut open = vec![source];
    while let Some(giver) = open.pop() {
        for (taker, feed) in plan.listeners(giver) {
            if feed.carries.is_sound() {
                if matches!(plan.stages()[taker].work, Planned::Whisper(_)) {
                    return Some(taker);
                }
                open.push(taker);
            }
        }
    }
    None
}
