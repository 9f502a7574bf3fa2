//! What is added for each kind of stage that a plan may have: one match over what is planned.
#[cfg(feature = "whisper")]
use std::num::NonZeroUsize;

#[cfg(feature = "microphone")]
use super::settings::microphone;
use super::{
    assembly::Assembly,
    delivery,
    settings::{command, recording, rules},
};
#[cfg(feature = "whisper")]
use super::{assembly::held_to, pools::Pools, recogniser::Recogniser};
#[cfg(feature = "whisper")]
use crate::flow::StageGauge;
#[cfg(feature = "microphone")]
use crate::stages::microphone::Microphone;
use crate::{
    message::{AudioFrame, Speech},
    serve::{Server, SpeakerPlaces},
    spec::{
        Plan, Port,
        plan::{self, Planned},
    },
    stages::{
        broadcast::Broadcast,
        command::Command,
        pcm::Pcm,
        record::{Belongs, Record},
        recording::Recording,
        replace::Replace,
        resample::Resample,
        subtitles::{SubtitleFiles, Subtitles},
    },
};

impl Assembly<'_> {
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
                self.source(number, stage, Microphone::new(microphone(settings)));
                Ok(())
            }
            #[cfg(not(feature = "microphone"))]
            Planned::Microphone(_) => Err(without("microphone")),
            Planned::Recording(settings) => {
                self.source(number, stage, Recording::new(recording(settings)));
                Ok(())
            }
            Planned::Browser(settings) => self.browser(number, stage, settings, plan),
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
            Planned::Lines(lines) => self.write_lines(number, stage, lines).await,
            Planned::Broadcast(settings) => self.broadcast(number, stage, settings, plan).await,
            // The server of its broadcast writes it.
            #[cfg(feature = "journal")]
            Planned::Journal(_) => Ok(()),
            #[cfg(not(feature = "journal"))]
            Planned::Journal(_) => Err(without("journal")),
            Planned::Pcm(settings) => {
                self.source(number, stage, Pcm::new(settings.samples));
                Ok(())
            }
            Planned::Command(settings) => {
                let settings = command(settings, plan.folder())?;
                self.source(number, stage, Command::new(settings));
                Ok(())
            }
            Planned::Record(settings) => {
                let settings = settings.clone();
                let belongs = plan.words_of(number).map(|(journal, tracks)| Belongs {
                    files: Some(self.sounds.entry(journal).or_default().clone()),
                    tracks,
                });
                let belongs = belongs.unwrap_or_default();
                match stage.feeds.first().map(|feed| feed.carries) {
                    Some(Port::Speech) => {
                        self.sink(number, stage, (), move || {
                            Ok(Record::<Speech>::new(settings.clone()).belonging(belongs.clone()))
                        });
                    }
                    _ => self.sink(number, stage, (), move || {
                        Ok(Record::<AudioFrame>::new(settings.clone()).belonging(belongs.clone()))
                    }),
                }
                Ok(())
            }
            Planned::Translate(settings) => self.translate(number, stage, settings),
            Planned::Replace(settings) => {
                let rules = rules(settings).map_err(|error| error.to_string())?;
                let replace = Replace::new(rules);
                self.rules.push((number, replace.rules()));
                self.between(number, stage, None, move || Ok(replace.clone()));
                Ok(())
            }
            Planned::Subtitles(settings) => {
                let files = SubtitleFiles::new(settings.clone());
                self.sink(number, stage, files, || Ok(Subtitles::default()));
                Ok(())
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
        self.speakers.values().for_each(|it| it.recognised_by(&stage.name, &gauge));
        let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let pools = Pools::of(plan, processors);
        let recogniser = Recogniser::load(
            (found, &mut self.models),
            settings,
            (number, stage, gauge.clone()),
            self.live[number],
            &pools,
        );
        let mut recogniser = recogniser.await?;
        recogniser.compare_with(&self.machine.present());
        self.languages.insert(stage.name.clone(), recogniser.language());
        if let Some(caution) = recogniser.caution() {
            tracing::warn!(stage = stage.name, "{caution}");
            self.notices.push((number, caution.to_owned()));
        }
        self.vocabularies.push((number, recogniser.vocabulary()));
        let kept = recogniser.kept();
        let make = move || recogniser.run();
        let (inlet, outlet) = (self.wires.inlet(number), self.wires.outlet(number, &gauge));
        let settings = held_to(stage);
        self.pipeline.stage(settings, gauge, make, kept, inlet, outlet);
        Ok(())
    }

    async fn broadcast(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        broadcast: &plan::Broadcast,
        plan: &Plan,
    ) -> Result<(), String> {
        let mut settings = delivery::settings(broadcast, plan.page())?;
        if let Some(speakers) = self.speakers.get(&number) {
            settings.speakers = SpeakerPlaces(speakers.clone());
        }
        #[cfg(feature = "whisper")]
        {
            settings.files = super::files::door(plan, number);
        }
        #[cfg(feature = "journal")]
        {
            settings.journal = self.journal(broadcast, number, plan).await?;
            settings.archive = Self::archive(number, plan);
        }
        let server = Server::bind(settings).await.map_err(|error| error.to_string())?;
        let broadcast = Broadcast::new(server.publisher());
        self.sink(number, stage, (), move || Ok(broadcast.clone()));
        server.edit(self.editors(number, plan));
        let tracks = self.tracks(&plan.heard(number), plan);
        self.servers.push((number, server, tracks));
        Ok(())
    }
}

#[cfg(not(all(feature = "journal", feature = "microphone", feature = "whisper")))]
fn without(feature: &str) -> String {
    format!("this build is without the feature `{feature}`")
}
