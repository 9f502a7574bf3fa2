//! Sounds without a voice, made by rule from a seed.
use std::f32::consts::TAU;

use livecap::message::SampleRate;

const RATE: SampleRate = SampleRate::SPEECH;

pub(crate) struct Noise {
    pub(crate) name: &'static str,
    /// Root mean square, dB below full scale.
    pub(crate) level: f32,
    make: fn(usize, &mut fastrand::Rng) -> Vec<f32>,
}

impl Noise {
    /// So many samples at 16 kHz, the same ones each time.
    pub(crate) fn samples(&self, length: usize) -> Vec<f32> {
        let samples = (self.make)(length, &mut fastrand::Rng::with_seed(7));
        let wanted = 10f32.powf(self.level / 20.0);
        let gain = wanted / level(&samples).max(f32::MIN_POSITIVE);
        samples.into_iter().map(|it| (it * gain).clamp(-1.0, 1.0)).collect()
    }
}

const fn noise(
    name: &'static str,
    level: f32,
    make: fn(usize, &mut fastrand::Rng) -> Vec<f32>,
) -> Noise {
    Noise { name, level, make }
}

pub(crate) const NOISES: [Noise; 12] = [
    noise("digital silence", -60.0, |length, _| vec![0.0; length]),
    noise("white noise", -60.0, white),
    noise("white noise", -40.0, white),
    noise("white noise", -20.0, white),
    noise("pink noise", -60.0, pink),
    noise("pink noise", -40.0, pink),
    noise("pink noise", -20.0, pink),
    noise("fan", -35.0, fan),
    noise("music", -20.0, music),
    noise("keyboard", -40.0, keyboard),
    noise("applause", -20.0, applause),
    noise("tone of 440 Hz", -20.0, |length, _| harmonics(length, 440.0, 1)),
];

/// Root mean square.
pub(crate) fn level<'a>(samples: impl IntoIterator<Item = &'a f32>) -> f32 {
    let add = |(sum, count): (f32, f32), it: &f32| (sum + it * it, count + 1.0);
    let (sum, count) = samples.into_iter().fold((0.0, 0.0), add);
    (sum / count.max(1.0)).sqrt()
}

fn seconds(at: usize) -> f32 {
    at as f32 / RATE.hertz() as f32
}

fn white(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    (0..length).map(|_| random.f32() - 0.5).collect()
}

/// White noise through three leaky sums: 3 dB less an octave, as Paul Kellet tuned them.
fn pink(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    let (keep, take) = ([0.99765, 0.963, 0.57], [0.099_046, 0.296_516_4, 1.052_691_3]);
    let mut sums = [0.0f32; 3];
    let shape = |white: f32| {
        (0..3).for_each(|at| sums[at] = sums[at] * keep[at] + white * take[at]);
        sums.iter().sum::<f32>() + white * 0.1848
    };
    white(length, random).into_iter().map(shape).collect()
}

fn harmonics(length: usize, hertz: f32, count: usize) -> Vec<f32> {
    let wave = |at: usize, n: usize| (TAU * hertz * n as f32 * seconds(at)).sin() / n as f32;
    (0..length).map(|at| (1..=count).map(|n| wave(at, n)).sum()).collect()
}

/// Muffled noise that swells as it turns, and the hum of its motor.
fn fan(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    let (mut muffled, hum) = (0.0, harmonics(length, 50.0, 9));
    let noise = pink(length, random).into_iter().zip(hum).enumerate();
    let sample = |(at, (noise, hum)): (usize, (f32, f32))| {
        muffled += 0.3 * (noise - muffled);
        muffled * (1.0 + 0.2 * (TAU * 0.7 * seconds(at)).sin()) + hum * 0.1
    };
    noise.map(sample).collect()
}

/// Adds what begins at `at` and dies away to a third in `decay` seconds.
fn strike(sound: &mut [f32], at: usize, decay: f32, mut wave: impl FnMut(f32) -> f32) {
    let rest = sound.len().min(at + (decay * 6.0 * RATE.hertz() as f32) as usize);
    for (since, sample) in sound[at.min(rest)..rest].iter_mut().enumerate() {
        let time = seconds(since);
        *sample += wave(time) * (-time / decay).exp() * (time * 300.0).min(1.0);
    }
}

/// Chords every two seconds, a melody above them, a drum and a cymbal.
fn music(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    let mut sound = vec![0.0; length];
    let hertz = |half_tones: i32| 220.0 * 2f32.powf(half_tones as f32 / 12.0);
    let note = |hertz: f32| {
        move |time: f32| (1..6).map(|n| (TAU * hertz * n as f32 * time).sin() / n as f32).sum()
    };
    for (beat, at) in (0..length).step_by(RATE.hertz() as usize / 4).enumerate() {
        let root = [0, -4, 3, -2][beat / 8 % 4];
        if beat % 8 == 0 {
            for step in [0, 4, 7] {
                strike(&mut sound, at, 1.2, note(hertz(root + step)));
            }
        }
        if beat % 2 == 0 || random.f32() < 0.3 {
            let step = root + 12 + random.choice([0, 2, 4, 7, 9]).unwrap_or(0);
            strike(&mut sound, at, 0.3, note(hertz(step)));
        }
        if beat % 4 == 0 {
            strike(&mut sound, at, 0.1, |time| 3.0 * (TAU * 60.0 * time).sin());
        } else if beat % 2 == 0 {
            strike(&mut sound, at, 0.05, |_| (random.f32() - 0.5) * 3.0);
        }
    }
    sound
}

/// Bursts of noise, the next one after so many seconds, as loud and as long as they happen to be.
fn bursts(length: usize, wait: f32, decay: f32, random: &mut fastrand::Rng) -> Vec<f32> {
    let (mut sound, mut at) = (vec![0.0; length], 0);
    while at < length {
        let (loud, decay) = (0.2 + random.f32(), decay * (0.5 + random.f32()));
        strike(&mut sound, at, decay, |_| (random.f32() - 0.5) * loud);
        at += (wait * (0.3 + 1.4 * random.f32()) * RATE.hertz() as f32) as usize + 1;
    }
    sound
}

fn keyboard(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    bursts(length, 0.16, 0.008, random)
}

fn applause(length: usize, random: &mut fastrand::Rng) -> Vec<f32> {
    bursts(length, 0.004, 0.012, random)
}
