//! Resamples audio at any rate to speech at 16 kHz.
//!
//! It holds back at most one block (10 ms for all usual rates, but 20 ms for 22.05 kHz and 40 ms for 11.025 kHz). It adds half
//! a block of delay, which the times of its output account for: audio keeps its place on the timeline. At a jump of the
//! input's timeline the rest of the audio before it is given, and the audio after it starts at its own time.
mod run;

use std::time::Duration;

use tokio::time::Instant;

use self::run::{Piece, ResampleFault, Run};
use crate::{
    flow::{Fault, Outlet, Stage},
    message::{AudioFrame, Hop, MediaTime, Milestone, SampleRate, Speaker, Speech, Trace, Why},
};

/// A shorter jump of the timeline is rounding by the source. It is measured from the start of a run, so many small ones add up to a
/// jump.
const TOLERANCE: Duration = Duration::from_millis(1);

/// The stage; see the module.
#[derive(Default)]
pub struct Resample {
    run: Option<Run>,
    /// Who speaks in the run.
    speaker: Option<Speaker>,
    /// The end of the speech given so far. Time never goes back behind it.
    end: MediaTime,
}

impl Resample {
    pub fn new() -> Resample {
        Resample::default()
    }

    /// Sends the rest of the run before a jump, or before the end.
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
        let (start, samples) = (piece.start, piece.samples.into());
        let speaker = self.speaker.clone();
        let frame = AudioFrame { start, rate, samples, hole, speaker, trace };
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
            let same = run.rate() == frame.rate && self.speaker == frame.speaker;
            same && jump <= TOLERANCE
        });
        if !goes_on || frame.is_interruption() {
            self.finish(begun, out).await?;
        }
        if frame.is_interruption() {
            let start = self.end.max(frame.start);
            let speaker = self.speaker.clone();
            let frame = AudioFrame::interruption(start, SampleRate::SPEECH, frame.trace);
            let frame = AudioFrame { speaker, ..frame };
            return match Speech::new(frame) {
                Some(speech) => Ok(out.send(speech).await?),
                None => Ok(()),
            };
        }
        self.speaker.clone_from(&frame.speaker);
        let mut fresh = &frame.samples[..];
        let run = match &mut self.run {
            Some(run) => {
                run.note_hole(frame.hole);
                run
            }
            none => {
                // A source may repeat audio. Time does not go back, so the copy is skipped.
                let overlap = samples_before(self.end, &frame);
                if overlap >= frame.samples.len() {
                    tracing::debug!(start = ?frame.start, end = ?self.end, "sound left out that was given before");
                    return Ok(());
                }
                fresh = &frame.samples[overlap..];
                let start = (frame.start + frame.rate.duration_of(overlap)).max(self.end);
                none.insert(Run::new(start, frame.rate, frame.hole).map_err(fault)?)
            }
        };
        let piece = run.push(fresh, frame.trace.captured());
        let hole = if let Ok(Some(_)) = piece { run.take_hole() } else { None };
        match piece {
            Ok(Some(piece)) => self.give(piece, hole, begun, out).await,
            Ok(None) => Ok(()),
            Err(error) => {
                // The state of a converter that failed is unknown.
                self.run = None;
                Err(fault(error))
            }
        }
    }

    async fn flush(&mut self, (): &mut (), out: &Outlet<Speech>) -> Result<(), Fault> {
        self.finish(Instant::now(), out).await
    }
}

/// How many samples at the start of `frame` lie before `end`, wholly or in part.
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

    /// Sends frames through a stage to its end.
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
            speaker: None,
            trace,
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn audio_after_a_gap_keeps_its_time() {
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
    async fn the_reason_of_a_gap_is_passed_on_without_cutting_the_run() {
        let sound = |n: u64| frame(ms(10 * n), 48_000, 480);
        let warned = |n| AudioFrame { hole: Some(Why::Source), ..sound(n) };
        let given = resampled(vec![sound(0), warned(1), sound(2), sound(3)]).await;
        let holes: Vec<_> = given.iter().map(|it| it.hole).collect();
        assert_eq!(holes.iter().flatten().count(), 1, "{holes:?}");
        // It is one run: no audio is missing, so none is cut.
        assert_eq!(given.iter().map(|it| it.duration()).sum::<Duration>(), ms(40));
    }

    #[tokio::test]
    async fn each_speaker_keeps_their_sound_and_none_is_lost() {
        let said = |n: u64, name| AudioFrame {
            speaker: Speaker::named(name),
            ..frame(ms(25 * n), 48_000, 1_200)
        };
        let given = resampled(vec![said(0, "Ada"), said(1, "Ada"), said(2, "Ben")]).await;
        let of = |name: &str| -> Duration {
            let is_hers = |it: &&Speech| it.speaker == Speaker::named(name);
            given.iter().filter(is_hers).map(|it| it.duration()).sum()
        };
        assert_eq!((of("Ada"), of("Ben")), (ms(50), ms(25)));
    }

    #[tokio::test]
    async fn an_interruption_follows_all_speech_before_it() {
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
    async fn audio_at_16_khz_passes_unchanged_and_at_once() {
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
    async fn repeated_audio_is_given_once() {
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
        /// With any input: changes of the rate, overlapping frames, missing audio.
        #[test]
        fn speech_never_goes_back_and_none_is_lost(
            steps in prop::collection::vec((prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000]), 1usize..3_000, 0u64..400), 1..12),
        ) {
            let mut at = Duration::ZERO;
            let mut sound = Duration::ZERO;
            let mut frames = Vec::new();
            for (rate, samples, missing) in &steps {
                // About half of the steps continue without a jump.
                at += ms(missing.saturating_sub(200));
                let frame = frame(at, *rate, *samples);
                at += frame.duration();
                sound += frame.duration();
                frames.push(frame);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let given = runtime.block_on(resampled(frames));
            let given_length: Duration = given.iter().map(|it| it.duration()).sum();
            // Half a sample of rounding for each run, and what a rounded end cuts off the next one.
            let allowed = Duration::from_micros(200) * steps.len() as u32;
            prop_assert!(given_length.abs_diff(sound) <= allowed, "{given_length:?} of {sound:?}");
            for pair in given.windows(2) {
                prop_assert!(pair[0].span().end() <= pair[1].start + Duration::from_nanos(2));
            }
        }
    }
}
