//! The sizes of a Whisper model, and which tensors it has: their sizes and their kinds of number.
use std::collections::HashMap;

/// What the header of a model says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Rows of the token embedding: words, and behind them the special tokens.
    pub tokens: u64,
    /// Positions of 20 ms that the encoder holds.
    pub audio_context: u64,
    /// Width of encoder and decoder.
    pub state: u64,
    pub heads: u64,
    pub audio_layers: u64,
    /// Tokens that the decoder holds.
    pub text_context: u64,
    pub text_layers: u64,
    pub mels: u64,
    pub weight: Weight,
}

const UNUSUAL: &str = "of no usual size";

impl Header {
    pub fn multilingual(&self) -> bool {
        self.tokens >= 51865
    }

    /// Whether OpenAI has a model of this size.
    pub fn is_of_usual_size(&self) -> bool {
        self.size_name() != UNUSUAL
    }

    /// How many numbers the model is made of, the positions among them.
    pub fn parameters(&self) -> u64 {
        tensors(self).values().map(|tensor| tensor.sizes.iter().product::<u64>()).sum()
    }

    /// OpenAI's name for a model of this size, where it has one.
    pub fn size_name(&self) -> &'static str {
        match (self.audio_layers, self.text_layers, self.state) {
            (4, _, 384) => "tiny",
            (6, _, 512) => "base",
            (12, _, 768) => "small",
            (24, _, 1024) => "medium",
            (32, 4, 1280) => "large, turbo",
            (32, _, 1280) => "large",
            _ => UNUSUAL,
        }
    }
}

/// How the numbers of a tensor are written. The figure is ggml's own number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2K = 10,
    Q3K = 11,
    Q4K = 12,
    Q5K = 13,
    Q6K = 14,
}

impl Weight {
    /// From the file type in the header, which ggml numbers apart from the tensors' types.
    ///
    /// ggml ends the process at a number that it does not know.
    pub(super) fn of_file_type(number: i32) -> Option<Weight> {
        Some(match number {
            0 => Weight::F32,
            1 => Weight::F16,
            2 => Weight::Q4_0,
            3 => Weight::Q4_1,
            7 => Weight::Q8_0,
            8 => Weight::Q5_0,
            9 => Weight::Q5_1,
            10 => Weight::Q2K,
            11 => Weight::Q3K,
            12 => Weight::Q4K,
            13 => Weight::Q5K,
            14 => Weight::Q6K,
            _ => return None,
        })
    }

    /// Numbers in a block, and bytes that it takes.
    pub(super) const fn block(self) -> (u64, u64) {
        match self {
            Weight::F32 => (1, 4),
            Weight::F16 => (1, 2),
            Weight::Q4_0 => (32, 18),
            Weight::Q4_1 => (32, 20),
            Weight::Q5_0 => (32, 22),
            Weight::Q5_1 => (32, 24),
            Weight::Q8_0 => (32, 34),
            Weight::Q2K => (256, 84),
            Weight::Q3K => (256, 110),
            Weight::Q4K => (256, 144),
            Weight::Q5K => (256, 176),
            Weight::Q6K => (256, 210),
        }
    }
}

/// Sizes, innermost first and filled up with ones, and the numbers' kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) sizes: [u64; 3],
    pub(super) weight: Weight,
}

impl Tensor {
    pub(super) fn bytes(self) -> u64 {
        let (numbers, bytes) = self.weight.block();
        self.sizes.iter().product::<u64>() / numbers * bytes
    }
}

/// Every tensor that whisper.cpp looks for in a model with this header, by name.
pub(super) fn tensors(header: &Header) -> HashMap<String, Tensor> {
    let (state, conv) =
        (header.state, if header.weight == Weight::F32 { Weight::F32 } else { Weight::F16 });
    let mut all = Names { found: HashMap::new(), state, weight: header.weight };
    all.small("encoder.positional_embedding", [state, header.audio_context, 1]);
    all.add("encoder.conv1.weight", [3, header.mels, state], conv);
    all.small("encoder.conv1.bias", [1, state, 1]);
    all.add("encoder.conv2.weight", [3, state, state], conv);
    all.small("encoder.conv2.bias", [1, state, 1]);
    all.norm("encoder.ln_post");
    for layer in 0..header.audio_layers {
        all.block(&format!("encoder.blocks.{layer}"));
    }
    all.small("decoder.positional_embedding", [state, header.text_context, 1]);
    all.add("decoder.token_embedding.weight", [state, header.tokens, 1], header.weight);
    all.norm("decoder.ln");
    for layer in 0..header.text_layers {
        let block = format!("decoder.blocks.{layer}");
        all.block(&block);
        all.attention(&block, "cross_attn");
    }
    all.found
}

struct Names {
    found: HashMap<String, Tensor>,
    state: u64,
    weight: Weight,
}

impl Names {
    fn add(&mut self, name: &str, sizes: [u64; 3], weight: Weight) {
        self.found.insert(name.to_string(), Tensor { sizes, weight });
    }

    /// Positions, biases and norms stay f32 in every file.
    fn small(&mut self, name: &str, sizes: [u64; 3]) {
        self.add(name, sizes, Weight::F32);
    }

    fn norm(&mut self, name: &str) {
        self.small(&format!("{name}.weight"), [self.state, 1, 1]);
        self.small(&format!("{name}.bias"), [self.state, 1, 1]);
    }

    fn linear(&mut self, name: &str, inputs: u64, outputs: u64) {
        self.add(&format!("{name}.weight"), [inputs, outputs, 1], self.weight);
        self.small(&format!("{name}.bias"), [outputs, 1, 1]);
    }

    fn block(&mut self, block: &str) {
        self.attention(block, "attn");
        self.norm(&format!("{block}.mlp_ln"));
        self.linear(&format!("{block}.mlp.0"), self.state, 4 * self.state);
        self.linear(&format!("{block}.mlp.2"), 4 * self.state, self.state);
    }

    fn attention(&mut self, block: &str, kind: &str) {
        let state = self.state;
        self.norm(&format!("{block}.{kind}_ln"));
        self.linear(&format!("{block}.{kind}.query"), state, state);
        // Whisper's keys have no bias.
        self.add(&format!("{block}.{kind}.key.weight"), [state, state, 1], self.weight);
        self.linear(&format!("{block}.{kind}.value"), state, state);
        self.linear(&format!("{block}.{kind}.out"), state, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_as_many_tensors_as_whisper_cpp_counts() {
        let header = Header {
            tokens: 51864,
            audio_context: 1500,
            state: 512,
            heads: 8,
            audio_layers: 6,
            text_context: 448,
            text_layers: 6,
            mels: 80,
            weight: Weight::Q5_1,
        };
        assert_eq!(tensors(&header).len(), 11 + 15 * 6 + 24 * 6);
    }

    #[test]
    fn a_quantised_tensor_takes_whole_blocks() {
        assert_eq!(Tensor { sizes: [64, 2, 1], weight: Weight::Q8_0 }.bytes(), 4 * 34);
        assert_eq!(Tensor { sizes: [64, 2, 1], weight: Weight::F16 }.bytes(), 256);
    }
}
