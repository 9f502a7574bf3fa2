//! One stage of a plan after the other: its settings to those of the stage, its place among the wires, its lives.
use std::{collections::HashMap, num::NonZeroUsize, time::Duration};

use futures::FutureExt;

#[cfg(feature = "whisper")]
use super::recogniser;
use super::{
    ThisMachine, delivery,
    text::{rules, subtitle_format},
    wires::{self, Wires},
};
use crate::{
    flow::{Fault, Gate, Source, Stage, StageGauge},
    host::{Pipeline, StageSettings},
    logic::{budget::Budget, downmix::Downmix},
    message::{AudioFrame, Speech},
    serve::Server,
    spec::{
        Plan, Port,
        plan::{self, Planned},
    },
    stages::{
        broadcast::Broadcast,
        command::{Command, CommandSettings},
        pcm::{Pcm, RawSettings, SampleFormat},
        record::{Record, RecordFormat, RecordSettings},
        recording::{Choice, Pace, Recording, RecordingSettings},
        replace::Replace,
        resample::Resample,
        subtitles::{SubtitleFiles, SubtitleSettings, Subtitles},
    },
    wire::{Clock, TrackInfo},
};

/// How long a child process that was told to end may take for it.
const COMMAND_GRACE: Duration = Duration::from_secs(2);

/// What is being put together, stage after stage.
pub(super) struct Assembly<'a> {
    #[cfg_attr(not(feature = "whisper"), expect(dead_code, reason = "recognisers ask it"))]
    machine: &'a ThisMachine,
    pub(super) wires: Wires,
    pub(super) pipeline: Pipeline,
    pub(super) clock: Clock,
    /// One a source, by its number in the plan.
    pub(super) gates: Vec<(usize, Gate)>,
    /// By the stage's number: whether its input comes whether or not it keeps up.
    pub(super) live: Vec<bool>,
    /// By the stage's name: what its track is spoken in.
    pub(super) languages: HashMap<String, String>,
    #[cfg(feature = "whisper")]
    models: recogniser::Models,
    pub(super) servers: Vec<(usize, Server, Vec<TrackInfo>)>,
    pub(super) notices: Vec<(usize, String)>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(machine: &'a ThisMachine, wires: Wires, live: Vec<bool>) -> Assembly<'a> {
        Assembly {
            machine,
            pipeline: Pipeline::new(wires.board()),
            wires,
            clock: Clock::start(),
            gates: Vec::new(),
            live,
            languages: HashMap::new(),
            #[cfg(feature = "whisper")]
            models: recogniser::Models::default(),
            servers: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Adds stage number `number` of the plan. The error says why it cannot be set up.
    pub(super) async fn add(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        plan: &Plan,
    ) -> Result<(), String> {
        match &stage.work {
            #[cfg(feature = "microphone")]
            Planned::Microphone(settings) => {
                self.source(
                    number,
                    stage,
                    crate::stages::microphone::Microphone::new(microphone(settings)),
                );
                Ok(())
            }
            #[cfg(not(feature = "microphone"))]
            Planned::Microphone(_) => Err(without("microphone")),
            Planned::Recording(settings) => {
                let settings = RecordingSettings {
                    pace: match settings.speed {
                        plan::Speed::Times(times) => Pace::Real(times),
                        plan::Speed::Max => Pace::Max,
                    },
                    start: settings.start,
                    choice: Choice { track: settings.track, downmix: downmix(settings.channel) },
                    repeat: settings.repeat,
                    ..RecordingSettings::new(&settings.path)
                };
                self.source(number, stage, Recording::new(settings));
                Ok(())
            }
            Planned::Resample => {
                self.between(number, stage, (), || Ok(Resample::new()));
                Ok(())
            }
            #[cfg(feature = "whisper")]
            Planned::Whisper(settings) => self.whisper(number, stage, settings, plan).await,
            #[cfg(not(feature = "whisper"))]
            Planned::Whisper(_) => Err(without("whisper")),
            Planned::Lines(lines) if stage.feeds.is_empty() => {
                self.read_lines(number, stage, &lines.place).await
            }
            Planned::Lines(lines) => self.write_lines(number, stage, &lines.place).await,
            Planned::Broadcast(settings) => self.broadcast(number, stage, settings, plan).await,
            Planned::Pcm(samples) => {
                self.source(number, stage, Pcm::new(raw(samples)));
                Ok(())
            }
            Planned::Command(settings) => {
                let program = settings.program.clone();
                let settings = CommandSettings {
                    // A path, other than a bare name, is seen from where livecap runs, and the child runs elsewhere.
                    program: match program.components().count() {
                        1 => program,
                        _ => std::path::absolute(&program).map_err(|error| error.to_string())?,
                    },
                    args: settings.args.clone(),
                    restart_when_ended: settings.restart_when_ended,
                    folder: Some(plan.folder().to_path_buf()),
                    samples: raw(&settings.samples),
                    grace: COMMAND_GRACE,
                };
                self.source(number, stage, Command::new(settings));
                Ok(())
            }
            Planned::Record(settings) => {
                let settings = RecordSettings {
                    path: settings.path.clone(),
                    format: match settings.format {
                        plan::RecordFormat::Flac => RecordFormat::Flac,
                        plan::RecordFormat::Wav => RecordFormat::Wav,
                    },
                };
                match stage.feeds.first().map(|feed| feed.carries) {
                    Some(Port::Speech) => {
                        self.sink(number, stage, (), move || {
                            Ok(Record::<Speech>::new(settings.clone()))
                        });
                    }
                    _ => self.sink(number, stage, (), move || {
                        Ok(Record::<AudioFrame>::new(settings.clone()))
                    }),
                }
                Ok(())
            }
            Planned::Translate(settings) => self.translate(number, stage, settings),
            Planned::Replace(settings) => {
                let rules = rules(settings).map_err(|error| error.to_string())?;
                self.between(number, stage, None, move || Ok(Replace::new(rules.clone())));
                Ok(())
            }
            Planned::Subtitles(settings) => {
                let (template, format) = (settings.path.clone(), subtitle_format(settings.format));
                let settings = SubtitleSettings { template, format, roll: settings.roll };
                self.sink(number, stage, SubtitleFiles::new(settings), || Ok(Subtitles::default()));
                Ok(())
            }
            Planned::Journal(_) => {
                // Refused by the third phase of checking, as `not-built`.
                Err("this version cannot do it yet".to_owned())
            }
        }
    }

    #[cfg(feature = "whisper")]
    async fn whisper(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        settings: &plan::Whisper,
        plan: &Plan,
    ) -> Result<(), String> {
        let found = self.machine.find(&settings.model).map_err(|error| error.to_string())?;
        let gauge = StageGauge::new(&stage.name);
        let recogniser = recogniser::Recogniser::load(
            (found, &mut self.models),
            settings,
            (stage, gauge.clone()),
            self.live[number],
            plan.recognisers(),
        );
        let mut recogniser = recogniser.await?;
        recogniser.compare_with(&self.machine.present());
        self.languages.insert(stage.name.clone(), recogniser.language());
        if let Some(caution) = recogniser.caution() {
            tracing::warn!(stage = stage.name, "{caution}");
            self.notices.push((number, caution.to_owned()));
        }
        let kept = recogniser.kept();
        let make = move || recogniser.life();
        let (inlet, outlet) = (self.wires.inlet(number), self.wires.outlet(number, &gauge));
        let settings = held_to(stage);
        self.pipeline.stage(settings, gauge, make, kept, inlet, outlet);
        Ok(())
    }

    async fn broadcast(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        settings: &plan::Broadcast,
        plan: &Plan,
    ) -> Result<(), String> {
        let settings = delivery::settings(settings)?;
        let server = Server::bind(settings).await.map_err(|error| error.to_string())?;
        let broadcast = Broadcast::new(server.publisher());
        self.sink(number, stage, (), move || Ok(broadcast.clone()));
        let tracks = self.tracks(&plan.heard(number), plan);
        self.servers.push((number, server, tracks));
        Ok(())
    }

    pub(super) fn source<S: Source<Out: wires::Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        source: S,
    ) {
        let gauge = StageGauge::new(&stage.name);
        let gate = Gate::default();
        let outlet = self.wires.outlet(number, &gauge).gated(gate.clone());
        self.gates.push((number, gate));
        self.pipeline.source(held_to(stage), gauge, source, outlet);
    }

    fn between<S: Stage<In: wires::Carried, Out: wires::Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        kept: S::Kept,
        mut make: impl FnMut() -> Result<S, Fault> + Send + 'static,
    ) {
        let gauge = StageGauge::new(&stage.name);
        let (inlet, outlet) = (self.wires.inlet(number), self.wires.outlet(number, &gauge));
        let make = move || std::future::ready(make()).boxed();
        self.pipeline.stage(held_to(stage), gauge, make, kept, inlet, outlet);
    }

    pub(super) fn sink<S: Stage<In: wires::Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        kept: S::Kept,
        mut make: impl FnMut() -> Result<S, Fault> + Send + 'static,
    ) {
        let gauge = StageGauge::new(&stage.name);
        let inlet = self.wires.inlet(number);
        let make = move || std::future::ready(make()).boxed();
        self.pipeline.sink(held_to(stage), gauge, make, kept, inlet);
    }
}

#[cfg(feature = "microphone")]
pub(super) fn microphone(
    settings: &plan::Microphone,
) -> crate::stages::microphone::MicrophoneSettings {
    use crate::stages::microphone::{Channel, MicrophoneSettings};
    MicrophoneSettings {
        device: match &settings.device {
            plan::DeviceChoice::Default => "default".to_owned(),
            plan::DeviceChoice::Named(name) => name.clone(),
        },
        channel: match settings.channel {
            plan::Channel::Mix => Channel::Mix,
            plan::Channel::Number(number) => Channel::Number(number),
        },
        ..MicrophoneSettings::default()
    }
}

#[cfg(not(all(feature = "microphone", feature = "whisper")))]
fn without(feature: &str) -> String {
    format!("this build is without the feature `{feature}`")
}

fn raw(samples: &plan::Samples) -> RawSettings {
    let format = match samples.format {
        plan::SampleFormat::S16le => SampleFormat::S16le,
        plan::SampleFormat::F32le => SampleFormat::F32le,
    };
    let channels = NonZeroUsize::new(samples.channels.into()).unwrap_or(NonZeroUsize::MIN);
    let downmix = downmix(samples.channel);
    RawSettings { downmix, ..RawSettings::new(format, samples.rate, channels) }
}

fn downmix(channel: plan::Channel) -> Downmix {
    match channel {
        plan::Channel::Mix => Downmix::Mean,
        plan::Channel::Number(number) => Downmix::Channel(usize::from(number.saturating_sub(1))),
    }
}

pub(super) fn held_to(stage: &plan::Stage) -> StageSettings {
    let restart = stage.restart;
    let budget = Budget::new(restart.limit as usize, restart.within, restart.wait);
    StageSettings { budget, patience: stage.patience }
}
