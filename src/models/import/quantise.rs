//! Numbers as ggml writes them: f32, f16, or in blocks of 32 with a scale.
use half::f16;

use super::super::Weight;

const BLOCK: usize = 32;

/// Adds `values` to `into`; of whole blocks where `weight` has blocks.
pub(in crate::models) fn encode(values: &[f32], weight: Weight, into: &mut Vec<u8>) {
    match weight {
        Weight::F32 => values.iter().for_each(|it| into.extend_from_slice(&it.to_le_bytes())),
        Weight::F16 => {
            for value in values {
                into.extend_from_slice(&f16::from_f32(*value).to_bits().to_le_bytes());
            }
        }
        Weight::Q8_0 => values.chunks_exact(BLOCK).for_each(|it| q8_0(it, into)),
        Weight::Q5_1 => values.chunks_exact(BLOCK).for_each(|it| q5_1(it, into)),
        other => unreachable!("no import makes {other:?}"),
    }
}

/// A scale (f16) and 32 whole numbers: `value = scale * whole`.
///
/// Source: ggml's `quantize_row_q8_0_ref`, halves away from zero.
fn q8_0(values: &[f32], into: &mut Vec<u8>) {
    let most = values.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
    let scale = most / 127.0;
    let inverse = inverse(scale);
    into.extend(f16::from_f32(scale).to_le_bytes());
    into.extend(values.iter().map(|it| (it * inverse).round() as i8 as u8));
}

/// A step and the least value (f16 both), 32 fifth bits, and 32 times four bits, those of the first half low and of the second
/// high: `value = least + step * whole`.
///
/// Source: ggml's `quantize_row_q5_1_ref`.
fn q5_1(values: &[f32], into: &mut Vec<u8>) {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let step = (most - least) / 31.0;
    let inverse = inverse(step);
    let mut whole = [0u8; BLOCK];
    for (whole, value) in whole.iter_mut().zip(values) {
        *whole = ((value - least) * inverse + 0.5) as u8;
    }
    let fifth = whole.iter().rev().fold(0u32, |bits, it| bits << 1 | u32::from(it >> 4 & 1));
    let (low, high) = whole.split_at(BLOCK / 2);
    into.extend(f16::from_f32(step).to_le_bytes());
    into.extend(f16::from_f32(least).to_le_bytes());
    into.extend(fifth.to_le_bytes());
    into.extend(low.iter().zip(high).map(|(low, high)| low & 15 | (high & 15) << 4));
}

/// Of a block of equal numbers there is none, and none is needed.
fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(values: &[f32], weight: Weight) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(values, weight, &mut bytes);
        bytes
    }

    #[test]
    fn a_block_of_q8_0_by_hand() {
        let mut values = [0.0; 32];
        // The scale is 127 / 127 = 1, 0x3c00 in f16.
        values[..5].copy_from_slice(&[127.0, -127.0, 2.5, -2.5, 0.4]);
        let mut wanted = vec![0x00, 0x3c, 127, 129, 3, 253, 0];
        wanted.resize(34, 0);
        assert_eq!(encoded(&values, Weight::Q8_0), wanted);
        assert_eq!(encoded(&[0.0; 32], Weight::Q8_0), [0; 34]);
    }

    #[test]
    fn a_block_of_q5_1_by_hand() {
        // From -1 (0xbc00) in steps of 1 (0x3c00) to 30: the whole numbers are 0 to 31.
        let values: Vec<f32> = (0..32).map(|it| it as f32 - 1.0).collect();
        let mut wanted = vec![0x00, 0x3c, 0x00, 0xbc, 0x00, 0x00, 0xff, 0xff];
        wanted.extend((0..16u8).map(|it| it << 4 | it));
        assert_eq!(encoded(&values, Weight::Q5_1), wanted);
        // All equal: a step of 0 from 0.5 (0x3800).
        let mut wanted = vec![0x00, 0x00, 0x00, 0x38];
        wanted.resize(24, 0);
        assert_eq!(encoded(&[0.5; 32], Weight::Q5_1), wanted);
    }

    #[test]
    fn plain_numbers_are_little_endian() {
        assert_eq!(encoded(&[1.0, -2.0], Weight::F32), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
        assert_eq!(encoded(&[1.0, -2.0], Weight::F16), [0, 0x3c, 0, 0xc0]);
    }

    proptest! {
        /// The scales are rounded to f16 behind the numbers, by 2^-11 of themselves.
        #[test]
        fn what_comes_back_is_near(values in prop::collection::vec(-8.0f32..8.0, 32)) {
            let half = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
            let q8 = encoded(&values, Weight::Q8_0);
            let scale = half(&q8);
            for (value, whole) in values.iter().zip(&q8[2..]) {
                let error = (value - scale * f32::from(*whole as i8)).abs();
                prop_assert!(error <= scale * 0.5 + 8.0 / 1024.0, "{value} {error}");
            }
            let q5 = encoded(&values, Weight::Q5_1);
            let (step, least) = (half(&q5), half(&q5[2..]));
            let fifth = u32::from_le_bytes([q5[4], q5[5], q5[6], q5[7]]);
            for (at, value) in values.iter().enumerate() {
                let four = q5[8 + at % 16] >> (at / 16 * 4) & 15;
                let whole = u32::from(four) | (fifth >> at & 1) << 4;
                let error = (value - (least + step * whole as f32)).abs();
                prop_assert!(error <= step * 0.5 + 24.0 / 1024.0, "{value} {error}");
            }
        }
    }
}
