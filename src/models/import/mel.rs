//! Whisper's mel filters, which a model file in ggml's format brings with it.

/// Samples of a spectrum, of sound at this rate in Hz.
const SAMPLES: usize = 400;
const RATE: f64 = 16_000.0;
/// Frequencies of a spectrum.
pub(super) const BINS: usize = SAMPLES / 2 + 1;

/// `bands` times [`BINS`] weights: triangles on Slaney's mel scale, each of the same area.
///
/// Source: M. Slaney, Auditory Toolbox (1998), as librosa's `filters.mel` has it, which Whisper's own filters come from. The
/// order of the roundings is librosa's too: the triangles are rounded to f32 before they are scaled.
pub(super) fn filters(bands: usize) -> Vec<f32> {
    let last = mel(RATE / 2.0);
    let step = last / (bands + 1) as f64;
    let mels = (0..bands + 2).map(|it| if it == bands + 1 { last } else { it as f64 * step });
    let edges: Vec<f64> = mels.map(hertz).collect();
    let bin = 1.0 / (SAMPLES as f64 * (1.0 / RATE));
    let mut all = Vec::with_capacity(bands * BINS);
    for edge in edges.windows(3) {
        let scale = 2.0 / (edge[2] - edge[0]);
        for frequency in (0..BINS).map(|it| it as f64 * bin) {
            let rise = (frequency - edge[0]) / (edge[1] - edge[0]);
            let fall = (edge[2] - frequency) / (edge[2] - edge[1]);
            let height = rise.min(fall).max(0.0) as f32;
            all.push((f64::from(height) * scale) as f32);
        }
    }
    all
}

/// Linear to 1 kHz (mel 15), logarithmic above: 27 mels for a factor of 6.4.
fn mel(hertz: f64) -> f64 {
    15.0 + (hertz / 1000.0).ln() / log_step()
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (log_step() * (mel - 15.0)).exp() }
}

fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The demo's file brings OpenAI's own filters for 80 bands.
    #[test]
    fn eighty_bands_are_whispers_own() {
        let demo = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo.bin"));
        let found: Vec<u8> = filters(80).into_iter().flat_map(f32::to_le_bytes).collect();
        assert!(found == demo[56..56 + 80 * BINS * 4]);
    }

    #[test]
    fn a_band_is_a_triangle_of_the_same_area_in_128_bands_too() {
        let all = filters(128);
        assert_eq!(all.len(), 128 * BINS);
        for (band, weights) in all.chunks_exact(BINS).enumerate() {
            assert!(weights.iter().all(|it| *it >= 0.0 && it.is_sign_positive()), "band {band}");
            // A triangle of the area 1, sampled every 40 Hz; the narrow ones of the low bands are sampled too coarsely to tell.
            let area: f32 = weights.iter().sum::<f32>() * 40.0;
            assert!(band < 60 || (area - 1.0).abs() < 0.1, "band {band}: {area}");
            let top = weights.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert!(weights[..top].is_sorted() && weights[top..].iter().rev().is_sorted());
        }
    }
}
