//! Transcribes a recording as fast as possible: windows as long as the model's context, each decoded once.
use std::{num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::ThisMachine;
use crate::{
    flow::{
        EdgeSettings, Engine, Fault, Gate, Inlet, Item, Offer, Outlet, Receiver, Room, Source,
        Stage, StageGauge, WhenFull, drive, edge,
    },
    logic::{endpoint::EndpointSettings, sentence::is_end},
    message::{Caption, Kind, Language, Segments, TrackName, Transcript, Word},
    models::{Decoding, Found, Weights},
    spec::plan::ModelChoice,
    stages::{
        recognise::{Effort, NeuralVoiceActivity, Recognise, RecogniseSettings, Recogniser, Track},
        recording::{Choice, PlaybackSpeed, Recording, RecordingSettings},
        resample::Resample,
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

/// The prefix of the names of the counts of hallucination filters.
const FILTERED: &str = "filtered-";
/// This much silence ends a window.
const LONG_PAUSE: Duration = Duration::from_secs(2);

/// What to transcribe, and with which model.
#[derive(Clone, Debug)]
pub struct Offline {
    pub recording: PathBuf,
    /// The name for error messages. `None`: the path.
    pub called: Option<PathBuf>,
    pub choice: Choice,
    pub model: ModelChoice,
    /// `None`: the model finds it, segment by segment.
    pub language: Option<Language>,
    /// `None`: one less than the machine has cores, at least 1.
    pub threads: Option<NonZeroUsize>,
}

/// The result. A damaged recording gives what could be decoded of it, and the reason why there is no more.
pub struct Recognised {
    pub finals: Vec<Transcript>,
    pub broken: Option<Fault>,
    /// The greatest distance of a sample from zero, as a share of full scale.
    pub loudest: f32,
    /// How many segments each filter dropped or cut, by its name.
    pub left_out: Vec<(&'static str, u64)>,
}

impl Offline {
    /// Fails if the model cannot be used at all.
    pub async fn recognise(&self, machine: &ThisMachine) -> Result<Recognised, String> {
        let found = machine.find(&self.model).map_err(|error| error.to_string())?;
        let settings = WhisperSettings {
            language: self.language.clone(),
            threads: self.threads.unwrap_or(WhisperSettings::default().threads),
            ..WhisperSettings::default()
        };
        let (loaded, found) = spawn_blocking(move || (load(&found), found))
            .await
            .map_err(|error| error.to_string())?;
        let model = loaded?;
        let decoding = found.decoding(model.header());
        let settings = WhisperSettings { decoding: Some(decoding), ..settings };
        let engine = Engine::start("transcribe", move || Whisper::start(&model, &settings)).await;
        let engine = engine.map_err(|error| error.to_string())?;
        let endpoint = whole_windows(EndpointSettings::default(), decoding);
        let recognise = RecogniseSettings {
            language: self.language.clone(),
            partials: false,
            max_lag: None,
            endpoint,
            effort: Effort::FullContext,
            ..RecogniseSettings::default()
        };
        let recording = RecordingSettings {
            called: self.called.clone(),
            choice: self.choice,
            speed: PlaybackSpeed::Max,
            ..RecordingSettings::new(&self.recording)
        };
        let recognised = recognised(recording, recognise, engine).await;
        Ok(Recognised { finals: sentences(&recognised.finals), ..recognised })
    }
}

/// Segments as long as the model's context: words are recognised better with more context.
pub(super) fn whole_windows(usual: EndpointSettings, decoding: Decoding) -> EndpointSettings {
    EndpointSettings {
        longest: decoding.longest,
        silence: LONG_PAUSE.max(usual.silence),
        sentence: LONG_PAUSE.max(usual.silence),
        ..usual
    }
}

/// Splits the final of each window into one per sentence.
fn sentences(finals: &[Transcript]) -> Vec<Transcript> {
    let mut sentences = Vec::new();
    let Some(first) = finals.first() else { return sentences };
    let mut segments = Segments::new(first.track().clone());
    for window in finals {
        let ends = |word: &Word| is_end(&word.text);
        let mut start = window.span().start;
        for words in window.words().split_inclusive(ends) {
            let end = words.last().map_or(start, |it| it.span.end());
            segments.open(start, window.language().clone());
            sentences.extend(segments.close(words.to_vec(), end, *window.trace()));
            start = end;
        }
    }
    sentences
}

/// Loads a model, which takes a while for large ones. The file is checked first: whisper.cpp ends the process on some broken
/// ones.
pub(super) fn load(found: &Found) -> Result<WhisperModel, String> {
    found.inspect().map_err(|error| error.to_string())?;
    let model = match &found.weights {
        Weights::BuiltIn(bytes) => WhisperModel::from_bytes(&found.name, bytes),
        Weights::File(path) => WhisperModel::from_file(&found.name, path),
    };
    model.map_err(|error| error.to_string())
}

async fn recognised<R: Recogniser>(
    recording: RecordingSettings,
    settings: RecogniseSettings,
    engine: Engine<R>,
) -> Recognised {
    let (source, gauge) = (StageGauge::new("recording"), StageGauge::new("recogniser"));
    let (from_file, sound) = wire(source.clone());
    // It has a gate as a source's outlet, so that the level is measured. Nobody closes the gate.
    let from_file = from_file.gated(Gate::default());
    let (from_resample, speech) = wire(StageGauge::new("resample"));
    let (from_recogniser, captions) = wire(gauge.clone());
    let mut file = Recording::new(recording);
    let voice = NeuralVoiceActivity::default();
    let track = Track::new(TrackName::new("transcribe"));
    let recogniser = Recognise::new(settings, engine, voice).counting_on(gauge.clone());
    let (read, resampled, heard, finals) = tokio::join!(
        async move { file.run(&from_file, CancellationToken::new()).await },
        run(Resample::new(), (), sound, from_resample),
        run(recogniser, track, speech, from_recogniser),
        finals(captions),
    );
    // The first fault is the cause of the others.
    let failed = [read, resampled, heard].into_iter().filter_map(Result::err);
    let broken = failed.into_iter().find(|fault| !matches!(fault, Fault::DownstreamGone));
    let counts = gauge.read().counts.into_iter();
    let left_out = counts.filter_map(|(name, count)| Some((name.strip_prefix(FILTERED)?, count)));
    Recognised { finals, broken, loudest: source.loudest(), left_out: left_out.collect() }
}

fn wire<T: Item>(from: Arc<StageGauge>) -> (Outlet<T>, Receiver<T>) {
    let room = Room::Span(Duration::from_secs(1));
    let edge_settings = EdgeSettings { room, when_full: WhenFull::Wait };
    let (sender, receiver) = edge(from.name(), "", edge_settings);
    (Outlet::new(vec![sender], from), receiver)
}

/// One run of a stage between its edges, which are dropped at its end.
async fn run<S: Stage>(
    mut stage: S,
    mut kept: S::Kept,
    from: Receiver<S::In>,
    out: Outlet<S::Out>,
) -> Result<(), Fault> {
    drive(&mut stage, &mut kept, &mut Inlet::new(vec![from]), &out, &StageGauge::new("")).await
}

async fn finals(from: Receiver<Caption>) -> Vec<Transcript> {
    let (mut inlet, mut finals) = (Inlet::new(vec![from]), Vec::new());
    while let Some(Offer::Handle(caption)) = inlet.next().await {
        inlet.settle();
        if let Caption::Transcript(transcript) = caption
            && transcript.kind() == Kind::Final
        {
            finals.push(transcript);
        }
    }
    finals
}
