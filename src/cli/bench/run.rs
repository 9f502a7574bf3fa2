//! One run of a replayed plan in this process, with the real broadcast and a viewer at its end.
use std::{collections::BTreeMap, path::Path, time::Duration};

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        exit::{Exit, Trouble},
        run as running,
    },
    browser::Browser,
    meter::{Memory, Meter},
    replayed::{recognisers, speed},
    viewer::{Received, Viewer, ViewerError, Watched},
};
use crate::{
    assemble::{Assembled, LookedOn, ThisMachine, assemble},
    flow::{EdgeReading, Inlet, Offer, StageReading},
    message::{AudioFrame, Caption, Trace, TrackName, Translation},
    spec::Plan,
    wire::Painted,
};

/// What was seen of one run.
pub(super) struct Run {
    pub(super) watched: Watched,
    /// When sample 0 was captured; `None` where the recording waited and no sample has a moment.
    pub(super) zero: Option<Instant>,
    /// Seconds of sound.
    pub(super) audio: f64,
    /// Of every caption and gap that was published.
    pub(super) traces: Vec<(TrackName, Trace)>,
    /// What a browser showed; `None` where there was none.
    pub(super) painted: Option<Vec<Painted>>,
    pub(super) translations: Vec<Translation>,
    pub(super) stages: Vec<StageReading>,
    pub(super) edges: Vec<EdgeReading>,
    /// Processor seconds of each recogniser, by its name.
    pub(super) processor: BTreeMap<String, f64>,
    pub(super) memory: Option<Memory>,
}

/// Why a run has no result.
pub(super) enum Failed {
    Told(Trouble),
    /// The pipeline failed and has logged why; with each stage that failed, and its cause.
    GaveUp(Exit, String),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Failed {
        Failed::Told(trouble)
    }
}

impl From<ViewerError> for Failed {
    fn from(error: ViewerError) -> Failed {
        Failed::Told(Trouble::Told(error.to_string()))
    }
}

/// How often threads and memory are sampled.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a viewer may take for what there is, once the pipeline has ended.
const LATE: Duration = Duration::from_secs(30);

/// `browser`: one that opens the page as well.
pub(super) async fn run(
    file: &Path,
    plan: &Plan,
    machine: &ThisMachine,
    browser: Option<&Path>,
) -> Result<Run, Failed> {
    let looked_on = LookedOn { captions: false, sound: true };
    let assembled = assemble(plan, file, machine, looked_on).await;
    let assembled = assembled.map_err(|error| Trouble::Told(error.to_string()))?;
    assembled.attach();
    let Assembled { pipeline, settings, mut servers, sound, .. } = assembled;
    let (Some(server), Some(sound)) = (servers.pop(), sound) else {
        return Err(Trouble::Told("nothing is broadcast".to_owned()).into());
    };
    let viewer = Viewer::connect(&format!("http://{}", server.local_addr())).await?;
    let done = CancellationToken::new();
    let captions = tokio::spawn(gathered(server.published(), done.clone()));
    let painted = tokio::spawn(gathered(server.painted(), done.clone()));
    let page = match browser {
        Some(program) => Some(Browser::open(program, &server).await?),
        None => None,
    };
    let watch = tokio::spawn(viewer.watch());
    let sound = tokio::spawn(heard(sound, speed(plan)));
    let mut pipeline = pipeline.start(settings).await;
    let mut meter = Meter::default();
    let outcome = {
        let registry = pipeline.registry().clone();
        let measured = metered(&mut meter, running::ready(&registry));
        tokio::pin!(measured);
        tokio::select! {
            outcome = pipeline.ended() => outcome,
            () = &mut measured => unreachable!("it goes on for ever"),
        }
    };
    meter.look();
    let exit = running::report(file, plan, &outcome);
    if exit != Exit::Fine {
        let causes =
            outcome.failures.iter().map(|it| format!("`{}` failed: {}", it.stage, it.cause));
        return Err(Failed::GaveUp(exit, causes.collect::<Vec<_>>().join("; ")));
    }
    let registry = pipeline.registry().clone();
    let alone = recognisers(plan).count() == 1;
    let processor = recognisers(plan)
        .filter_map(|(stage, _)| Some((stage.name.clone(), meter.recogniser(&stage.name, alone)?)));
    let processor = processor.collect();
    let watched = match timeout(LATE, watch).await {
        Ok(watched) => watched.map_err(|error| Trouble::Told(error.to_string()))??,
        Err(_) => return Err(ViewerError::Disconnected.into()),
    };
    let (zero, audio) = sound.await.unwrap_or_default();
    server.shutdown(settings.grace).await;
    done.cancel();
    let captions = captions.await.unwrap_or_default();
    let painted = painted.await.unwrap_or_default();
    let painted = page.map(|_closed| painted);
    let (mut traces, mut translations) = (Vec::new(), Vec::new());
    for caption in captions {
        match caption {
            // The stages before it are those of its original, which counts them already.
            Caption::Translation(it) => translations.push(it),
            caption => traces.push((caption.track().clone(), *caption.trace())),
        }
    }
    let (stages, edges) = (registry.stages(), registry.edges());
    let memory = meter.memory();
    Ok(Run {
        watched,
        zero,
        audio,
        traces,
        painted,
        translations,
        stages,
        edges,
        processor,
        memory,
    })
}

/// Looks now and then, from the moment at which all stages were ready.
async fn metered(meter: &mut Meter, ready: impl Future<Output = ()>) {
    meter.begin();
    ready.await;
    meter.begin();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        meter.look();
    }
}

/// All that came by until it is `done`.
async fn gathered<T: Clone>(mut all: Receiver<T>, done: CancellationToken) -> Vec<T> {
    let mut kept = Vec::new();
    loop {
        let next = tokio::select! {
            biased;
            next = all.recv() => next,
            () = done.cancelled() => return kept,
        };
        match next {
            Ok(it) => kept.push(it),
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "messages were missed"),
            Err(RecvError::Closed) => return kept,
        }
    }
}

/// When sample 0 was captured, and how long the sound was, in seconds.
async fn heard(mut sound: Inlet<AudioFrame>, speed: Option<f64>) -> (Option<Instant>, f64) {
    let (mut zero, mut end) = (None, 0.0);
    while let Some(Offer::Handle(frame)) = sound.next().await {
        sound.settle();
        end = frame.span().end().as_secs_f64();
        if let (None, Some(speed)) = (zero, speed) {
            zero = frame.trace.captured().checked_sub(Duration::from_secs_f64(end / speed));
        }
    }
    (zero, end)
}

impl Watched {
    pub(super) fn gaps(&self) -> usize {
        self.events.iter().filter(|it| matches!(it, Received::Gap { .. })).count()
    }

    /// Numbered events that never came, and those that came once more.
    pub(super) fn lost_and_duplicate(&self) -> (u64, u64) {
        let mut numbers: Vec<u64> = self.events.iter().filter_map(Received::number).collect();
        let came = numbers.len() as u64;
        numbers.sort_unstable();
        numbers.dedup();
        let once = numbers.len() as u64;
        (self.numbered.saturating_sub(once), came - once)
    }
}
