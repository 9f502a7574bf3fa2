//! q5_1 weights as q8_0: larger, and decoded in about two thirds of the time by a processor.
//!
//! ggml has no fast kernel for products of q5_1 matrices, and one for q8_0. A block of 32 numbers in q8_0 has 255 steps where
//! q5_1 has 32, so that the numbers stay what they were to within 1/250 of the largest of their block.
use half::f16;

use super::{Header, ggml_shape::Weight, import};

/// Numbers in a block of either kind.
const BLOCK: usize = 32;
/// Bytes of a block of q5_1: step and least as f16, 32 fifth bits, 32 times four bits.
const Q5_1: usize = 24;
/// ggml's number of the file type, with the version of the quantisation in the thousands.
const FILE_TYPE: i32 = 2007;
/// Where the file type stands: behind the magic number and ten sizes.
const FILE_TYPE_AT: usize = 44;

/// The same model in q8_0; `None` where its weights are not q5_1. `bytes` is a whole file, as [`inspect`](super::inspect) has
/// found it.
pub fn repacked(header: &Header, bytes: &[u8]) -> Option<Vec<u8>> {
    if header.weight != Weight::Q5_1 {
        return None;
    }
    let mut from = Reader { bytes, at: FILE_TYPE_AT + 4 };
    let mut to = Vec::with_capacity(bytes.len() / 2 * 3);
    to.extend_from_slice(&bytes[..FILE_TYPE_AT]);
    to.extend_from_slice(&FILE_TYPE.to_le_bytes());
    let begin = from.at;
    let (bands, bins) = (from.size()?, from.size()?);
    from.take(bands * bins * 4)?;
    for _ in 0..from.size()? {
        let length = from.size()?;
        from.take(length)?;
    }
    to.extend_from_slice(&bytes[begin..from.at]);
    while from.at < bytes.len() {
        tensor(&mut from, &mut to)?;
    }
    Some(to)
}

fn tensor(from: &mut Reader<'_>, to: &mut Vec<u8>) -> Option<()> {
    let begin = from.at;
    let (dimensions, name, kind) = (from.size()?, from.size()?, from.size()?);
    let mut numbers = 1;
    for _ in 0..dimensions {
        numbers *= from.size()?;
    }
    from.take(name)?;
    let head = &from.bytes[begin..from.at];
    match kind {
        0 | 1 => {
            to.extend_from_slice(head);
            to.extend_from_slice(from.take(numbers * if kind == 0 { 4 } else { 2 })?);
        }
        7 => {
            to.extend_from_slice(&head[..8]);
            to.extend_from_slice(&(Weight::Q8_0 as i32).to_le_bytes());
            to.extend_from_slice(&head[12..]);
            for block in from.take(numbers / BLOCK * Q5_1)?.chunks_exact(Q5_1) {
                import::quantise(&values(block), Weight::Q8_0, to);
            }
        }
        _ => return None,
    }
    Some(())
}

/// The numbers of a block of q5_1.
fn values(block: &[u8]) -> [f32; BLOCK] {
    let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f32();
    let (step, least) = (half(0), half(2));
    let fifth = u32::from_le_bytes([block[4], block[5], block[6], block[7]]);
    std::array::from_fn(|at| {
        let four = block[8 + at % 16] >> (4 * (at / 16)) & 15;
        let whole = u32::from(four) | (fifth >> at & 1) << 4;
        step * whole as f32 + least
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn size(&mut self) -> Option<usize> {
        let number = i32::from_le_bytes(self.take(4)?.try_into().ok()?);
        usize::try_from(number).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_stay_what_they_were(wanted in prop::collection::vec(-2.0f32..2.0, BLOCK)) {
            let mut block = Vec::new();
            import::quantise(&wanted, Weight::Q5_1, &mut block);
            prop_assert_eq!(block.len(), Q5_1);
            let before = values(&block);
            let mut repacked = Vec::new();
            import::quantise(&before, Weight::Q8_0, &mut repacked);
            let scale = f16::from_le_bytes([repacked[0], repacked[1]]).to_f32();
            let largest = before.iter().fold(0.0f32, |most, it| most.max(it.abs()));
            for (before, step) in before.iter().zip(&repacked[2..]) {
                prop_assert!((before - scale * f32::from(*step as i8)).abs() <= largest / 200.0);
            }
        }
    }
}
