//! Sound at any rate to speech at 16 kHz, as it comes.
//!
//! It holds back at most one block (10 ms for all usual rates but 22.05 and 11.025 kHz, where it is 20 and 40) and adds
//! half a block of delay, which the times of its output account for: a sound keeps its place on the timeline. Where the
//! input's timeline jumps, the tail is given, and the speech after the jump stands where its sound stood.
mod run;

use std::time::Duration;

use tokio::time::Instant;

use self::run::{Piece, ResampleFault, Run};
use crate::{
    flow::{Fault, Outlet, Stage},
    message::{AudioFrame, Hop, MediaTime, Milestone, SampleRate, Speech, Trace, Why},
};

/// A jump shorter than this is the rounding of whoever made the frames. It is measured from where a run began, so many
/// small ones add up to a jump.
const TOLERANCE: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Default)]
pub struct Resample {
    run: Option<Run>,
    /// Up to where speech was given; nothing goes back behind it.
    end: MediaTime,
}

impl Resample {
    pub fn new() -> Resample {
        Resample::default()
    }

    /// Gives what the run before a jump, or before the end, still holds.
    async fn finish(&mut self, begun: Instant, out: &Outlet<Speech>) -> Result<(), Fault> {
        let Some(mut run) = self.run.take() else { return Ok(()) };
        let hole = run.take_hole();
        match run.finish().map_err(fault)? {
            Some(piece) => self.give(piece, hole, begun, out).await,
            None => Ok(()),
        }
    }

    async fn give(
        &mut self,
        piece: Piece,
        hole: Option<Why>,
        begun: Instant,
        out: &Outlet<Speech>,
    ) -> Result<(), Fault> {
        let hop = Hop { begun, done: Instant::now() };
        let trace = Trace::starting(piece.captured).with(Milestone::Resampled, hop);
        let rate = SampleRate::SPEECH;
        let frame =
            AudioFrame { start: piece.start, rate, samples: piece.samples.into(), hole, trace };
        self.end = frame.span().end();
        match Speech::new(frame) {
            Some(speech) => Ok(out.send(speech).await?),
            None => Ok(()),
        }
    }
}

impl Stage for Resample {
    type In = AudioFrame;
    type Out = Speech;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        frame: AudioFrame,
        out: &Outlet<Speech>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        let goes_on = self.run.as_ref().is_some_and(|run| {
            let jump = frame.start.since(run.end()).max(run.end().since(frame.start));
            run.rate() == frame.rate && jump <= TOLERANCE
        });
        if !goes_on || frame.is_interruption() {
            self.finish(begun, out).await?;
        }
        if frame.is_interruption() {
            let start = self.end.max(frame.start);
            let frame = AudioFrame::interruption(start, SampleRate::SPEECH, frame.trace);
            return match Speech::new(frame) {
                Some(speech) => Ok(out.send(speech).await?),
                None => Ok(()),
            };
        }
        let mut fresh = &frame.samples[..];
        let run = match &mut self.run {
            Some(run) => {
                run.note_hole(frame.hole);
                run
            }
            none => {
                // What a source gives twice was heard already: time does not go back.
                let heard = samples_before(self.end, &frame);
                if heard >= frame.samples.len() {
                    tracing::debug!(start = ?frame.start, end = ?self.end, "sound left out that was given before");
                    return Ok(());
                }
                fresh = &frame.samples[heard..];
                let start = (frame.start + frame.rate.duration_of(heard)).max(self.end);
                none.insert(Run::new(start, frame.rate, frame.hole).map_err(fault)?)
            }
        };
        let piece = run.push(fresh, frame.trace.captured());
        let hole = if let Ok(Some(_)) = piece { run.take_hole() } else { None };
        match piece {
            Ok(Some(piece)) => self.give(piece, hole, begun, out).await,
            Ok(None) => Ok(()),
            Err(error) => {
                // A converter that failed is in no known state.
                self.run = None;
                Err(fault(error))
            }
        }
    }

    async fn flush(&mut self, (): &mut (), out: &Outlet<Speech>) -> Result<(), Fault> {
        self.finish(Instant::now(), out).await
    }
}

/// How many samples at the beginning of `frame` lie before `end`, wholly or in part.
fn samples_before(end: MediaTime, frame: &AudioFrame) -> usize {
    let overlap = end.since(frame.start).as_nanos() * u128::from(frame.rate.hertz());
    overlap.div_ceil(1_000_000_000) as usize
}

fn fault(error: ResampleFault) -> Fault {
    match error {
        ResampleFault::Rate(_) => Fault::permanent(error),
        ResampleFault::Construction(..) | ResampleFault::Process(..) => Fault::transient(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{EdgeSettings, Inlet, Offer, Room, StageGauge, WhenFull, edge};
    use proptest::prelude::*;

    /// Runs frames through a stage to its end.
    async fn resampled(frames: Vec<AudioFrame>) -> Vec<Speech> {
        let room = Room::Items(std::num::NonZeroUsize::new(100_000).unwrap());
        let (sender, receiver) =
            edge("in", "out", EdgeSettings { room, when_full: WhenFull::Wait });
        let out = Outlet::new(vec![sender], StageGauge::new("resample"));
        let mut stage = Resample::new();
        for frame in frames {
            stage.handle(&mut (), frame, &out).await.unwrap();
        }
        stage.flush(&mut (), &out).await.unwrap();
        drop(out);
        let (mut inlet, mut given) = (Inlet::new(vec![receiver]), Vec::new());
        while let Some(Offer::Handle(speech)) = inlet.next().await {
            given.push(speech);
        }
        given
    }

    fn frame(start: Duration, rate: u32, samples: usize) -> AudioFrame {
        let (rate, trace) = (SampleRate::new(rate).unwrap(), Trace::starting(Instant::now()));
        AudioFrame {
            start: MediaTime::new(start),
            rate,
            samples: vec![0.1; samples].into(),
            hole: None,
            trace,
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn sound_behind_a_hole_stands_where_it_stood() {
        let mut late = frame(ms(5_000), 48_000, 4_800);
        late.hole = Some(Why::Device);
        let given = resampled(vec![frame(ms(0), 48_000, 4_800), late]).await;
        let holes: Vec<_> = given.iter().filter(|it| it.hole.is_some()).collect();
        assert_eq!(
            (holes.len(), holes[0].start, holes[0].hole),
            (1, MediaTime::new(ms(5_000)), Some(Why::Device))
        );
        let (before, after): (Vec<_>, Vec<_>) =
            given.iter().partition(|it| it.start < MediaTime::new(ms(5_000)));
        assert_eq!(before.iter().map(|it| it.duration()).sum::<Duration>(), ms(100));
        assert_eq!(after.iter().map(|it| it.duration()).sum::<Duration>(), ms(100));
    }

    #[tokio::test]
    async fn what_a_source_knows_of_holes_is_told_with_the_speech_that_goes_on() {
        let sound = |n: u64| frame(ms(10 * n), 48_000, 480);
        let warned = |n| AudioFrame { hole: Some(Why::Source), ..sound(n) };
        let given = resampled(vec![sound(0), warned(1), sound(2), sound(3)]).await;
        let holes: Vec<_> = given.iter().map(|it| it.hole).collect();
        assert_eq!(holes.iter().flatten().count(), 1, "{holes:?}");
        // It is one run: nothing is cut where nothing is missing.
        assert_eq!(given.iter().map(|it| it.duration()).sum::<Duration>(), ms(40));
    }

    #[tokio::test]
    async fn an_interruption_comes_behind_all_the_speech_before_it() {
        let sound = frame(ms(0), 48_000, 4_900);
        let interruption = AudioFrame::interruption(sound.span().end(), sound.rate, sound.trace);
        let after = frame(ms(500), 48_000, 4_800);
        let given = resampled(vec![sound.clone(), interruption, after]).await;
        let at = given.iter().position(|it| it.is_interruption()).unwrap();
        let before: Duration = given[..at].iter().map(|it| it.duration()).sum();
        assert!(before + ms(1) > sound.duration(), "{before:?}");
        assert!(given[at].start >= given[at - 1].span().end());
        assert_eq!(given[at + 1].start, MediaTime::new(ms(500)));
        assert_eq!(given.iter().filter(|it| it.is_interruption()).count(), 1);
    }

    #[tokio::test]
    async fn sound_at_16_khz_passes_untouched_and_at_once() {
        let mut whole = frame(ms(40), 16_000, 320);
        whole.samples = (0..320).map(|it| it as f32 / 320.0).collect();
        let captured = whole.trace.captured();
        let given = resampled(vec![whole.clone()]).await;
        assert_eq!(given.len(), 1);
        assert_eq!((&given[0].samples, given[0].start), (&whole.samples, whole.start));
        assert_eq!(given[0].trace.captured(), captured);
        let hop = given[0].trace.hop(Milestone::Resampled).unwrap();
        assert!(captured <= hop.begun && hop.begun <= hop.done);
    }

    #[tokio::test]
    async fn sound_given_twice_is_heard_once() {
        let given = resampled(vec![
            frame(ms(0), 48_000, 4_800),
            frame(ms(50), 48_000, 4_800),
            frame(ms(20), 48_000, 480),
        ])
        .await;
        assert_eq!(given.iter().map(|it| it.duration()).sum::<Duration>(), ms(150));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever comes: rates change, frames overlap, sound is missing.
        #[test]
        fn speech_never_goes_back_and_none_is_lost(
            steps in prop::collection::vec((prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000]), 1usize..3_000, 0u64..400), 1..12),
        ) {
            let mut at = Duration::ZERO;
            let mut sound = Duration::ZERO;
            let mut frames = Vec::new();
            for (rate, samples, missing) in &steps {
                // About half of the steps go on without a jump.
                at += ms(missing.saturating_sub(200));
                let frame = frame(at, *rate, *samples);
                at += frame.duration();
                sound += frame.duration();
                frames.push(frame);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let given = runtime.block_on(resampled(frames));
            let spoken: Duration = given.iter().map(|it| it.duration()).sum();
            // Half a sample of rounding for each run, and what a rounded end cuts off the next.
            let allowed = Duration::from_micros(200) * steps.len() as u32;
            prop_assert!(spoken.abs_diff(sound) <= allowed, "{spoken:?} of {sound:?}");
            for pair in given.windows(2) {
                prop_assert!(pair[0].span().end() <= pair[1].start + Duration::from_nanos(2));
            }
        }
    }
}
