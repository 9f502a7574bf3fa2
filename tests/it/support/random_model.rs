//! A whole Whisper model of many languages with random weights: it loads and runs as a real one, and its text means nothing.

/// Numbers that tell the size: those of multilingual models but for width, heads and layers.
const TOKENS: usize = 51_865;
const WORDS: usize = 50_257;
const MELS: usize = 80;
const POSITIONS: usize = 1_500;
const TEXT: usize = 448;
const WIDTH: usize = 64;
const LAYERS: usize = 1;
/// ggml's numbers for what a tensor is made of.
const F32: u32 = 0;
const F16: u32 = 1;

/// The bytes of a model file in ggml's format, the same for each seed.
pub(crate) fn multilingual(seed: u64) -> Vec<u8> {
    let mut file = Model { bytes: Vec::new(), random: fastrand::Rng::with_seed(seed) };
    file.bytes.extend(0x6767_6d6c_u32.to_le_bytes());
    // The encoder's context, width, heads and layers, then the decoder's.
    let sizes = [TOKENS, POSITIONS, WIDTH, 1, LAYERS, TEXT, WIDTH, 1, LAYERS, MELS];
    sizes.iter().for_each(|it| file.number(*it));
    file.number(F16 as usize);
    file.number(MELS);
    file.number(201);
    (0..MELS * 201).for_each(|_| file.float(0.01));
    file.number(WORDS);
    for word in 0..WORDS {
        // Those that whisper.cpp looks up.
        let text = match word {
            1 => " -".to_owned(),
            2 => " '".to_owned(),
            3 => " ".to_owned(),
            _ => format!(" w{word}"),
        };
        file.number(text.len());
        file.bytes.extend(text.as_bytes());
    }
    file.tensor("encoder.positional_embedding", &[POSITIONS, WIDTH], F32);
    file.tensor("encoder.conv1.weight", &[WIDTH, MELS, 3], F16);
    file.tensor("encoder.conv1.bias", &[WIDTH, 1], F32);
    file.tensor("encoder.conv2.weight", &[WIDTH, WIDTH, 3], F16);
    file.tensor("encoder.conv2.bias", &[WIDTH, 1], F32);
    file.norm("encoder.ln_post");
    (0..LAYERS).for_each(|it| file.block(&format!("encoder.blocks.{it}"), &["attn"]));
    file.tensor("decoder.positional_embedding", &[TEXT, WIDTH], F32);
    file.tensor("decoder.token_embedding.weight", &[TOKENS, WIDTH], F16);
    file.norm("decoder.ln");
    (0..LAYERS).for_each(|it| file.block(&format!("decoder.blocks.{it}"), &["attn", "cross_attn"]));
    file.bytes
}

struct Model {
    bytes: Vec<u8>,
    random: fastrand::Rng,
}

impl Model {
    fn number(&mut self, number: usize) {
        self.bytes.extend((number as u32).to_le_bytes());
    }

    /// Within `most` of zero.
    fn random(&mut self, most: f32) -> f32 {
        (self.random.f32() * 2.0 - 1.0) * most
    }

    fn float(&mut self, most: f32) {
        let value = self.random(most).abs();
        self.bytes.extend(value.to_le_bytes());
    }

    /// Sizes outermost first; the file has them innermost first.
    fn tensor(&mut self, name: &str, sizes: &[usize], kind: u32) {
        self.number(sizes.len());
        self.number(name.len());
        self.number(kind as usize);
        sizes.iter().rev().for_each(|it| self.number(*it));
        self.bytes.extend(name.as_bytes());
        // What scales must not be small: norms are told apart by their only size.
        let is_scale = sizes.len() == 1 && name.ends_with("weight");
        for _ in 0..sizes.iter().product() {
            let value = if is_scale { 1.0 } else { self.random(0.05) };
            match kind {
                F32 => self.bytes.extend(value.to_le_bytes()),
                _ => self.bytes.extend(half(value).to_le_bytes()),
            }
        }
    }

    fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], F32);
        self.tensor(&format!("{name}.bias"), &[WIDTH], F32);
    }

    fn block(&mut self, name: &str, attentions: &[&str]) {
        for part in attentions {
            self.norm(&format!("{name}.{part}_ln"));
            for (matrix, has_bias) in
                [("query", true), ("key", false), ("value", true), ("out", true)]
            {
                self.tensor(&format!("{name}.{part}.{matrix}.weight"), &[WIDTH, WIDTH], F16);
                if has_bias {
                    self.tensor(&format!("{name}.{part}.{matrix}.bias"), &[WIDTH], F32);
                }
            }
        }
        self.norm(&format!("{name}.mlp_ln"));
        for (layer, out, into) in [(0, 4 * WIDTH, WIDTH), (2, WIDTH, 4 * WIDTH)] {
            self.tensor(&format!("{name}.mlp.{layer}.weight"), &[out, into], F16);
            self.tensor(&format!("{name}.mlp.{layer}.bias"), &[out], F32);
        }
    }
}

/// IEEE half precision; what is too small for its usual form is zero.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let (sign, exponent) = (bits >> 16 & 0x8000, (bits >> 23 & 0xff) as i32 - 127 + 15);
    let number =
        if exponent <= 0 { sign } else { sign | (exponent as u32) << 10 | bits >> 13 & 0x3ff };
    number as u16
}
