//! What a replayed plan has: its recording and the pace of it, and its recognisers.
use std::path::Path;

use crate::spec::{
    Plan, Planned,
    plan::{self, PlaybackSpeed},
};

/// What a replayed plan hears.
pub(super) fn recording(plan: &Plan) -> &Path {
    let recording = plan.stages().iter().find_map(|stage| match &stage.work {
        Planned::Recording(recording) => Some(recording.path.as_path()),
        _ => None,
    });
    recording.unwrap_or(Path::new(""))
}

/// The recognisers of a replayed plan.
pub(super) fn recognisers(plan: &Plan) -> impl Iterator<Item = (&plan::Stage, &plan::Whisper)> {
    plan.stages().iter().filter_map(|stage| match &stage.work {
        Planned::Whisper(whisper) => Some((stage, &**whisper)),
        _ => None,
    })
}

/// Of the recording; `None` where it waits.
pub(super) fn speed(plan: &Plan) -> Option<f64> {
    let mut speeds = plan.stages().iter().filter_map(|stage| match &stage.work {
        Planned::Recording(it) => Some(it.speed),
        _ => None,
    });
    match speeds.next_back()? {
        PlaybackSpeed::Times(times) => Some(times),
        PlaybackSpeed::Max => None,
    }
}
