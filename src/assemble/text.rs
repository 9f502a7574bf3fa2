//! Stages on text: their settings from the plan, their place among the wires.
use futures::FutureExt;

use super::assembly::{Assembly, held_to};
use crate::{
    flow::StageGauge,
    logic::translate::Scheduler,
    message::{Language, TrackName},
    serve::Retranslations,
    spec::{
        Plan, Voice,
        plan::{self, Place},
    },
    stages::{
        lines::{LineWriter, ReadLines, WriteLines},
        translate::Translate,
    },
    wire::TrackInfo,
};

impl Assembly<'_> {
    pub(super) fn translate(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        settings: &plan::Translate,
    ) -> Result<(), String> {
        let translator = super::translator(settings)?;
        let settings = super::translate_settings(settings, !self.live[number]);
        let scheduler = Scheduler::new(settings.scheduler.clone());
        let (retranslator, corrected) =
            Retranslations::of(&stage.name, settings.scheduler.to.as_str());
        self.translators.push((number, retranslator));
        let make = move || {
            let stage = Translate::new(settings.clone(), translator.clone());
            let stage = stage.correcting(corrected.clone());
            std::future::ready(Ok(stage)).boxed()
        };
        let gauge = StageGauge::new(&stage.name);
        let (inlet, outlet) = (self.wires.inlet(number), self.wires.outlet(number, &gauge));
        let settings = held_to(stage);
        self.pipeline.branch(settings, gauge, make, scheduler, inlet, outlet);
        Ok(())
    }

    /// Each recogniser once, with the languages in which it is heard.
    pub(super) fn tracks(&self, heard: &[Voice], plan: &Plan) -> Vec<TrackInfo> {
        let mut tracks: Vec<TrackInfo> = Vec::new();
        for Voice { track, language } in heard {
            let name = &plan.stages()[*track].name;
            let at = tracks.iter().position(|it| it.name == *name).unwrap_or_else(|| {
                let lang = self.languages.get(name).cloned().unwrap_or_else(|| "und".to_owned());
                tracks.push(TrackInfo { name: name.clone(), lang, langs: Vec::new() });
                tracks.len() - 1
            });
            tracks[at].langs.extend(language.as_ref().map(Language::to_string));
        }
        tracks
    }

    pub(super) async fn read_lines(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        place: &Place,
    ) -> Result<(), String> {
        let track = TrackName::new(&stage.name);
        let language = Language::new("und");
        let source = match place {
            Place::Standard => {
                let from = tokio::io::BufReader::new(tokio::io::stdin());
                ReadLines::new(track, "standard input", from, language)
            }
            Place::File(path) => {
                let cannot = |error| format!("cannot read {}: {error}", path.display());
                let file = tokio::fs::File::open(path).await.map_err(cannot)?;
                ReadLines::new(
                    track,
                    &path.display().to_string(),
                    tokio::io::BufReader::new(file),
                    language,
                )
            }
        };
        self.source(number, stage, source);
        Ok(())
    }

    pub(super) async fn write_lines(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        lines: &plan::Lines,
    ) -> Result<(), String> {
        let writer = match &lines.place {
            Place::Standard => LineWriter::new("standard output", tokio::io::stdout(), self.clock),
            Place::File(path) => {
                let cannot = |error| format!("cannot write {}: {error}", path.display());
                let writer = LineWriter::create(path, lines.when_exists, self.clock);
                writer.await.map_err(cannot)?
            }
        };
        self.sink(number, stage, writer, || Ok(WriteLines::default()));
        Ok(())
    }
}
