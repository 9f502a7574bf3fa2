//! A Whisper model in whichever format: its sizes, its arrays, and where each tensor lies in them.
use std::path::Path;

use super::{
    super::{Header, Weight, ggml::check_header},
    ImportError, SourceFault,
    arrays::{Arrays, Slice},
    ctranslate2,
    find::{Format, Found},
    header::header_bytes,
    names::{Parts, order},
    safetensors::{self, Config},
};

/// The largest number of float16.
const MOST: f32 = 65_504.0;

pub(super) struct Model {
    pub(super) header: Header,
    pub(super) arrays: Arrays,
    slice: fn(&str) -> Slice,
}

impl Model {
    /// Reads all but the numbers; what has to be unpacked for that goes into `scratch`.
    pub(super) fn open(
        found: &mut Found,
        weight: Weight,
        scratch: &Path,
    ) -> Result<Model, ImportError> {
        let place = found.place();
        let told = |fault: SourceFault| fault.at(&place);
        match found.format {
            Format::CTranslate2 => {
                let arrays = ctranslate2::index(found.joined(scratch)?).map_err(told)?;
                let heads_and_layers = ["encoder", "decoder"]
                    .map(|side| ctranslate2::sizes(&arrays, side).map(|it| (it.heads, it.layers)));
                let [encoder, decoder] = heads_and_layers;
                let sides = (encoder.map_err(told)?, decoder.map_err(told)?);
                Model::of(arrays, ctranslate2::slice, sides, weight)
            }
            Format::HuggingFace => {
                let config = found.text("config.json")?;
                let config =
                    config.ok_or_else(|| told(SourceFault::MissingFile("config.json".into())))?;
                let config = Config::read(&config).map_err(told)?;
                let arrays = safetensors::index(found.each(scratch)?)?;
                let sides = (
                    (config.encoder_attention_heads, config.encoder_layers),
                    (config.decoder_attention_heads, config.decoder_layers),
                );
                Model::of(arrays, safetensors::slice, sides, weight)
            }
        }
        .map_err(told)
    }

    /// What the sides' heads and layers do not say, the shapes of four arrays do.
    fn of(
        arrays: Arrays,
        slice: fn(&str) -> Slice,
        (encoder, decoder): ((u64, u64), (u64, u64)),
        weight: Weight,
    ) -> Result<Model, SourceFault> {
        let shape = |name| arrays.shape::<2>(&slice(name).array);
        let [tokens, state] = shape("decoder.token_embedding.weight")?;
        let [audio_context, _] = shape("encoder.positional_embedding")?;
        let [text_context, _] = shape("decoder.positional_embedding")?;
        let [_, mels, _] = arrays.shape::<3>(&slice("encoder.conv1.weight").array)?;
        if encoder.0 != decoder.0 {
            return Err(SourceFault::Sizes(format!(
                "the encoder has {} heads and the decoder {}",
                encoder.0, decoder.0
            )));
        }
        let header = Header {
            tokens,
            audio_context,
            state,
            heads: encoder.0,
            audio_layers: encoder.1,
            text_context,
            text_layers: decoder.1,
            mels,
            weight,
        };
        // Before anything is read or written by these sizes.
        header_bytes(&header).and_then(|bytes| check_header(&bytes)).map_err(SourceFault::Sizes)?;
        let model = Model { header, arrays, slice };
        model.keys_have_no_bias()?;
        Ok(model)
    }

    /// Gives the numbers of the tensor that whisper.cpp calls `name` to `take`, a piece of whole rows at a time.
    pub(super) fn read<E: From<SourceFault>>(
        &self,
        name: &str,
        shape: &[u64],
        mut take: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let slice = (self.slice)(name);
        let ones = shape.iter().rev().take_while(|it| **it == 1).count();
        self.arrays.read(&slice, &shape[..shape.len() - ones], |values| {
            // Also of those that stay f32: it is the largest number of any Whisper's weights by far.
            if values.iter().all(|it| it.abs() <= MOST) {
                take(values)
            } else {
                Err(SourceFault::TooLarge(slice.array.clone()).into())
            }
        })
    }

    /// CTranslate2 has a bias for the keys beside those of queries and values, all zeros; whisper.cpp has no place for one.
    fn keys_have_no_bias(&self) -> Result<(), SourceFault> {
        let keys =
            order(&self.header).into_iter().filter(|name| Parts::of(name).part.ends_with(".key"));
        for key in keys {
            let slice = (self.slice)(&key.replace("key.weight", "key.bias"));
            if self.arrays.index.contains_key(&slice.array) {
                self.arrays.read(&slice, &[self.header.state], |values| {
                    let none = values.iter().all(|it| *it == 0.0);
                    if none { Ok(()) } else { Err(SourceFault::KeyBias(slice.array.clone())) }
                })?;
            }
        }
        Ok(())
    }
}

/// Sizes innermost first and filled up with ones, as a model file has them: outermost first, as the sources have them.
pub(super) fn outermost_first(filled: &[u64; 3]) -> Vec<u64> {
    let dimensions = filled.iter().rposition(|it| *it != 1).map_or(1, |last| last + 1);
    filled[..dimensions].iter().rev().copied().collect()
}
