//! One run of audio on its way to 16 kHz: without a jump, at one rate, with every sample accounted for.
use std::collections::VecDeque;

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, ResampleError, Resampler,
    ResamplerConstructionError, SincInterpolationParameters, WindowFunction,
};
use tokio::time::Instant;

use crate::message::{MediaTime, SampleRate, Why};

const SPEECH: u64 = SampleRate::SPEECH.hertz() as u64;

/// The supported rates. Others come from a wrong header, and their filters would be absurdly small or large.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=1_000_000;

/// The shortest block that gives a useful filter.
const SHORTEST_BLOCK: u32 = 64;

/// Why audio cannot be resampled to 16 kHz.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResampleFault {
    #[error("sound at {0} Hz cannot be resampled; give it at {from} to {to} Hz", from = RATES.start(), to = RATES.end())]
    Rate(u32),
    #[error("no resampler from {0} Hz: {1}")]
    Construction(u32, ResamplerConstructionError),
    #[error("resampling from {0} Hz failed: {1}")]
    Process(u32, ResampleError),
}

/// Resampled speech with its place on the timeline.
pub(super) struct Piece {
    pub(super) start: MediaTime,
    pub(super) samples: Vec<f32>,
    /// When the newest of its samples was captured.
    pub(super) captured: Instant,
}

pub(super) struct Run {
    start: MediaTime,
    rate: SampleRate,
    hole: Option<Why>,
    /// `None` if the audio is at 16 kHz already.
    converter: Option<Box<dyn Resampler<f32>>>,
    /// Input samples that do not fill a block yet.
    pending: Vec<f32>,
    /// The number of input samples taken and of output samples given.
    taken: u64,
    given: u64,
    /// Output samples of the filter's own delay that must still be dropped.
    lead: usize,
    /// Pairs (number of an input sample, its capture time), oldest first.
    marks: VecDeque<(u64, Instant)>,
    passed: Option<(u64, Instant)>,
}

impl Run {
    pub(super) fn new(
        start: MediaTime,
        rate: SampleRate,
        hole: Option<Why>,
    ) -> Result<Run, ResampleFault> {
        let converter = converter(rate)?;
        let lead = converter.as_ref().map_or(0, |it| it.output_delay());
        Ok(Run {
            start,
            rate,
            hole,
            converter,
            pending: Vec::new(),
            taken: 0,
            given: 0,
            lead,
            marks: VecDeque::new(),
            passed: None,
        })
    }

    pub(super) fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The end of its input on the timeline.
    pub(super) fn end(&self) -> MediaTime {
        self.start + MediaTime::of_sample(self.taken, self.rate).since_start()
    }

    /// Notes why audio before the next samples is missing, if that is known.
    pub(super) fn note_hole(&mut self, hole: Option<Why>) {
        self.hole = self.hole.take().or(hole);
    }

    /// Why audio before it is missing. Returned once, with its first speech.
    pub(super) fn take_hole(&mut self) -> Option<Why> {
        self.hole.take()
    }

    /// Takes the next samples, the last of which was captured at `captured`, and returns the speech that is ready.
    pub(super) fn push(
        &mut self,
        samples: &[f32],
        captured: Instant,
    ) -> Result<Option<Piece>, ResampleFault> {
        self.taken += samples.len() as u64;
        self.marks.push_back((self.taken, captured));
        let Some(converter) = &mut self.converter else {
            return Ok(self.piece(samples.to_vec()));
        };
        self.pending.extend_from_slice(samples);
        let mut ready = Vec::new();
        let mut used = 0;
        while self.pending.len() - used >= converter.input_frames_next() {
            let block = &self.pending[used..used + converter.input_frames_next()];
            used += block.len();
            convert(&mut **converter, block, &mut ready)
                .map_err(|it| ResampleFault::Process(self.rate.hertz(), it))?;
        }
        self.pending.drain(..used);
        Ok(self.piece(ready))
    }

    /// Returns the rest, so that the output is as long as the input to the nearest sample.
    pub(super) fn finish(mut self) -> Result<Option<Piece>, ResampleFault> {
        let rate = u64::from(self.rate.hertz());
        let whole = (self.taken * SPEECH + rate / 2) / rate;
        let missing = whole.saturating_sub(self.given) as usize;
        let mut tail = Vec::new();
        if let Some(converter) = &mut self.converter {
            let mut rest: &[f32] = &self.pending;
            while tail.len() < missing + self.lead {
                convert(&mut **converter, rest, &mut tail)
                    .map_err(|it| ResampleFault::Process(self.rate.hertz(), it))?;
                rest = &[];
            }
            tail.truncate(missing + self.lead);
        }
        Ok(self.piece(tail))
    }

    fn piece(&mut self, mut samples: Vec<f32>) -> Option<Piece> {
        let delay = self.lead.min(samples.len());
        self.lead -= delay;
        samples.drain(..delay);
        if samples.is_empty() {
            return None;
        }
        let start = self.start + MediaTime::of_sample(self.given, SampleRate::SPEECH).since_start();
        self.given += samples.len() as u64;
        Some(Piece { start, samples, captured: self.captured()? })
    }

    /// The capture time of the newest sample given: interpolated between the two marks around it, so that it is also right for
    /// a recording at several times its own speed.
    fn captured(&mut self) -> Option<Instant> {
        let at = (self.given * u64::from(self.rate.hertz())).div_ceil(SPEECH).min(self.taken);
        while let Some(mark) = self.marks.front().filter(|mark| mark.0 < at) {
            self.passed = Some(*mark);
            self.marks.pop_front();
        }
        let (to, after) = *self.marks.front()?;
        let (from, span) = match self.passed {
            Some((from, before)) => (from, after.saturating_duration_since(before)),
            None => (0, MediaTime::of_sample(to, self.rate).since_start()),
        };
        let left = (to - at) as f64 / (to - from).max(1) as f64;
        after.checked_sub(span.mul_f64(left))
    }
}

/// A converter with blocks of 10 ms, or of the next longer length that both rates share.
fn converter(rate: SampleRate) -> Result<Option<Box<dyn Resampler<f32>>>, ResampleFault> {
    let hertz = rate.hertz();
    if rate == SampleRate::SPEECH {
        return Ok(None);
    }
    if !RATES.contains(&hertz) {
        return Err(ResampleFault::Rate(hertz));
    }
    let unit = hertz / common_divisor(hertz, SampleRate::SPEECH.hertz());
    let wanted = (hertz / 100).max(SHORTEST_BLOCK);
    let block = wanted.div_ceil(unit) * unit;
    let failed = |it| ResampleFault::Construction(hertz, it);
    // One sub-chunk: several would make the filter short, which costs the upper half of the frequencies of speech.
    if block <= hertz / 10 {
        let (block, window) = (block as usize, WindowFunction::BlackmanHarris2);
        let to = SampleRate::SPEECH.hertz() as usize;
        let fft = Fft::new_custom(hertz as usize, to, block, 1, 1, window, FixedSync::Input)
            .map_err(failed)?;
        return Ok(Some(Box::new(fft)));
    }
    // Rates with almost no common factor with 16 kHz (44 101 Hz) would need blocks of up to a second.
    let ratio = f64::from(SampleRate::SPEECH.hertz()) / f64::from(hertz);
    let (filter, block) = (SincInterpolationParameters::default(), (hertz / 100) as usize);
    let sinc = Async::new_sinc(ratio, 1.0, &filter, block, 1, FixedAsync::Input).map_err(failed)?;
    Ok(Some(Box::new(sinc)))
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Appends the resampled `block`. A block shorter than the converter needs is padded with silence.
fn convert(
    converter: &mut dyn Resampler<f32>,
    block: &[f32],
    into: &mut Vec<f32>,
) -> Result<(), ResampleError> {
    let before = into.len();
    let room = converter.output_frames_next();
    into.resize(before + room, 0.0);
    let sized = "one channel of so many frames fits a slice of that length";
    let input = InterleavedSlice::new(block, 1, block.len()).expect(sized);
    let mut output = InterleavedSlice::new_mut(&mut into[before..], 1, room).expect(sized);
    let partial = Indexing::new().partial_len(block.len());
    let partial = (block.len() < converter.input_frames_next()).then_some(&partial);
    let (_, written) = converter.process_into_buffer(&input, &mut output, partial)?;
    into.truncate(before + written);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const TESTED_RATES: [u32; 14] = [
        8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_800, 44_100, 44_101, 48_000,
        88_200, 96_000, 192_000,
    ];

    fn tone(rate: u32, hertz: f64, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| {
                (n as f64 * hertz * std::f64::consts::TAU / f64::from(rate)).sin() as f32 * 0.5
            })
            .collect()
    }

    /// All output for `sound`, cut into pieces of the lengths `cuts` in turn.
    fn speech(rate: u32, sound: &[f32], cuts: &[usize]) -> Vec<f32> {
        let mut run = Run::new(MediaTime::ZERO, SampleRate::new(rate).unwrap(), None).unwrap();
        let (mut out, mut rest, mut cuts) = (Vec::new(), sound, cuts.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            out.extend(run.push(now, Instant::now()).unwrap().map_or(Vec::new(), |it| it.samples));
            rest = later;
        }
        out.extend(run.finish().unwrap().map_or(Vec::new(), |it| it.samples));
        out
    }

    /// The level of the frequency `hertz` in speech, 1 for a full tone, by Goertzel's algorithm over a Hann window.
    fn level(speech: &[f32], hertz: f64) -> f64 {
        let step = hertz * std::f64::consts::TAU / 16_000.0;
        let window =
            |n: usize| 1.0 - (n as f64 * std::f64::consts::TAU / speech.len() as f64).cos();
        let sum = |wave: fn(f64) -> f64| -> f64 {
            speech
                .iter()
                .enumerate()
                .map(|(n, it)| f64::from(*it) * window(n) * wave(n as f64 * step))
                .sum()
        };
        2.0 * sum(f64::cos).hypot(sum(f64::sin)) / speech.len() as f64
    }

    #[test]
    fn a_tone_keeps_its_pitch_level_and_time_at_every_rate() {
        for rate in TESTED_RATES {
            let out = speech(rate, &tone(rate, 440.0, rate as usize), &[rate as usize / 50]);
            assert_eq!(out.len(), 16_000, "{rate} Hz");
            let middle = &out[4_000..12_000];
            assert!(
                (level(middle, 440.0) - 0.5).abs() < 0.005,
                "{rate} Hz: {}",
                level(middle, 440.0)
            );
            // Its time: always within a sample of the same tone made at 16 kHz. One sample off would differ by this much where
            // the tone is steepest.
            let one_sample = 0.5 * 440.0 * std::f32::consts::TAU / 16_000.0;
            let worst = tone(16_000, 440.0, 16_000)
                .iter()
                .zip(&out)
                .skip(4_000)
                .take(8_000)
                .fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst < one_sample, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn frequencies_of_speech_pass_and_aliases_do_not() {
        for rate in [22_050, 44_100, 44_101, 48_000, 96_000] {
            let through = speech(rate, &tone(rate, 6_500.0, rate as usize), &[480]);
            assert!(level(&through[4_000..12_000], 6_500.0) > 0.45, "{rate} Hz");
            let above = speech(rate, &tone(rate, 10_000.0, rate as usize), &[480]);
            let loudest = above[4_000..12_000].iter().fold(0.0f32, |most, it| most.max(it.abs()));
            assert!(loudest < 1e-4, "{rate} Hz: {loudest}");
        }
    }

    #[test]
    fn an_unsupported_rate_is_refused() {
        for rate in [1, 999, 1_000_001, u32::MAX] {
            let refused = Run::new(MediaTime::ZERO, SampleRate::new(rate).unwrap(), None);
            assert!(matches!(refused, Err(ResampleFault::Rate(it)) if it == rate));
        }
    }

    #[test]
    fn the_capture_time_is_that_of_the_newest_sample_at_any_speed() {
        let rate = SampleRate::new(48_000).unwrap();
        for speed in [1u32, 4] {
            let mut run = Run::new(MediaTime::ZERO, rate, None).unwrap();
            let epoch = Instant::now() + Duration::from_secs(1);
            for frame in 1..50u32 {
                let due = epoch + Duration::from_millis(20) * frame / speed;
                let Some(piece) = run.push(&[0.0; 960], due).unwrap() else { continue };
                let end =
                    piece.start.since_start() + SampleRate::SPEECH.duration_of(piece.samples.len());
                let expected = epoch + end / speed;
                let off = piece.captured.max(expected) - piece.captured.min(expected);
                // Before the second mark only the audio's own speed is known.
                let allowed = Duration::from_micros(if frame == 1 { 5_000 } else { 50 });
                assert!(off <= allowed, "frame {frame} at {speed}x: {off:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_length_is_kept_to_the_sample_and_cuts_do_not_matter(
            rate in prop::sample::select(TESTED_RATES.to_vec()),
            length in 1usize..20_000,
            cuts in prop::collection::vec(1usize..3_000, 1..8),
        ) {
            let sound = tone(rate, 300.0, length);
            let out = speech(rate, &sound, &cuts);
            let exact = length as f64 * 16_000.0 / f64::from(rate);
            prop_assert!((out.len() as f64 - exact).abs() <= 0.5, "{} for {exact}", out.len());
            prop_assert_eq!(out, speech(rate, &sound, &[length]));
        }
    }
}
