//! The beginning of a model file in ggml's format.
use super::super::{Header, Weight};

const MAGIC: u32 = 0x6767_6d6c;

/// The beginning of the file: magic number, sizes, type of the weights.
///
/// # Errors
/// Says which number the file has no room for.
pub(super) fn header_bytes(it: &Header) -> Result<Vec<u8>, String> {
    let encoder = [it.audio_context, it.state, it.heads, it.audio_layers];
    let decoder = [it.text_context, it.state, it.heads, it.text_layers];
    let mut bytes = MAGIC.to_le_bytes().to_vec();
    for number in [&[it.tokens][..], &encoder, &decoder, &[it.mels, file_type(it.weight)]].concat()
    {
        let number = i32::try_from(number).map_err(|_| format!("{number} is one of them"))?;
        bytes.extend(number.to_le_bytes());
    }
    Ok(bytes)
}

/// The number in the header for this kind of weights, as published files have it: ggml's own, and in thousands the version
/// of the quantisation: those in q5_1 were made with version 1.
fn file_type(weight: Weight) -> u64 {
    match weight {
        Weight::F16 => 1,
        Weight::Q8_0 => 2007,
        Weight::Q5_1 => 1009,
        other => unreachable!("no import makes {other:?}"),
    }
}
