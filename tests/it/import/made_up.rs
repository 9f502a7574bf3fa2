//! A whole Whisper model with made-up weights, in CTranslate2's and in Hugging Face's format.
use std::{collections::BTreeMap, fs, path::Path};

pub(super) const WIDTH: usize = 32;
const CONTEXT: usize = 64;
const WORDS: usize = 50_257;

/// How a file writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    F32,
    F16,
    Bf16,
    /// Of matrices, with a scale a row; the rest is f32.
    I8,
}

/// Weights by their names in Hugging Face's format, shapes outermost first.
#[derive(Clone)]
pub(super) struct MadeUp {
    pub(super) tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl MadeUp {
    /// One layer a side. Each weight is a whole number of 64ths below 2, which all the formats hold.
    pub(super) fn new(tokens: usize, mels: usize) -> MadeUp {
        let mut random = fastrand::Rng::with_seed(tokens as u64);
        let mut tensors = BTreeMap::new();
        let mut add = |name: String, shape: &[usize]| {
            let count = shape.iter().product();
            let mut values: Vec<f32> =
                (0..count).map(|_| f32::from(random.i8(-127..=127)) / 64.0).collect();
            // What each row of int8 has: its largest number.
            values.chunks_mut(shape[shape.len() - 1]).for_each(|row| row[0] = 127.0 / 64.0);
            tensors.insert(format!("model.{name}"), (shape.to_vec(), values));
        };
        add("decoder.embed_tokens.weight".into(), &[tokens, WIDTH]);
        for (conv, inputs) in [("conv1", mels), ("conv2", WIDTH)] {
            add(format!("encoder.{conv}.weight"), &[WIDTH, inputs, 3]);
            add(format!("encoder.{conv}.bias"), &[WIDTH]);
        }
        for (side, attentions) in
            [("encoder", &["self_attn"][..]), ("decoder", &["self_attn", "encoder_attn"])]
        {
            add(format!("{side}.embed_positions.weight"), &[CONTEXT, WIDTH]);
            let layer = format!("{side}.layers.0");
            let mut norms = vec![format!("{side}.layer_norm"), format!("{layer}.final_layer_norm")];
            for attention in attentions {
                norms.push(format!("{layer}.{attention}_layer_norm"));
                for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                    add(format!("{layer}.{attention}.{part}.weight"), &[WIDTH, WIDTH]);
                    if part != "k_proj" {
                        add(format!("{layer}.{attention}.{part}.bias"), &[WIDTH]);
                    }
                }
            }
            for (part, outputs, inputs) in [("fc1", 4 * WIDTH, WIDTH), ("fc2", WIDTH, 4 * WIDTH)] {
                add(format!("{layer}.{part}.weight"), &[outputs, inputs]);
                add(format!("{layer}.{part}.bias"), &[outputs]);
            }
            for norm in norms {
                add(format!("{norm}.weight"), &[WIDTH]);
                add(format!("{norm}.bias"), &[WIDTH]);
            }
        }
        MadeUp { tensors }
    }

    /// A folder as Hugging Face's hub has it, the weights in so many files.
    pub(super) fn hugging_face(&self, folder: &Path, numbers: Numbers, files: usize) {
        fs::create_dir_all(folder).unwrap();
        fs::write(
            folder.join("config.json"),
            r#"{"model_type": "whisper", "encoder_attention_heads": 1, "decoder_attention_heads": 1, "encoder_layers": 1, "decoder_layers": 1}"#,
        )
        .unwrap();
        fs::write(folder.join("vocab.json"), vocab()).unwrap();
        let names: Vec<&String> = self.tensors.keys().collect();
        let mut map = serde_json::Map::new();
        for (number, names) in names.chunks(names.len().div_ceil(files)).enumerate() {
            let file = match files {
                1 => "model.safetensors".to_string(),
                _ => format!("model-{:05}-of-{files:05}.safetensors", number + 1),
            };
            let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
            header.insert("__metadata__".into(), serde_json::json!({"format": "pt"}));
            for name in names {
                let (shape, values) = &self.tensors[*name];
                let from = data.len();
                data.extend(bytes(values, numbers));
                let dtype = match numbers {
                    Numbers::F32 => "F32",
                    Numbers::F16 => "F16",
                    Numbers::Bf16 => "BF16",
                    Numbers::I8 => panic!("not of this format"),
                };
                let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [from, data.len()]});
                header.insert((*name).clone(), entry);
                map.insert((*name).clone(), file.clone().into());
            }
            let header = serde_json::to_vec(&header).unwrap();
            let all = [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat();
            fs::write(folder.join(file), all).unwrap();
        }
        if files > 1 {
            let index = serde_json::json!({"metadata": {}, "weight_map": map});
            fs::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
        }
    }

    /// A folder as faster-whisper has it.
    pub(super) fn ctranslate2(&self, folder: &Path, numbers: Numbers) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("config.json"), "{}").unwrap();
        fs::write(folder.join("tokenizer.json"), tokenizer()).unwrap();
        fs::write(folder.join("model.bin"), self.model_bin("WhisperSpec", numbers)).unwrap();
    }

    /// CTranslate2's model.bin of this layout.
    pub(super) fn model_bin(&self, layout: &str, numbers: Numbers) -> Vec<u8> {
        let mut arrays = Vec::new();
        for side in ["encoder", "decoder"] {
            arrays.push(array(&format!("{side}/num_heads"), &[], 2, &1i16.to_le_bytes()));
        }
        for (name, (shape, values)) in self.of_ctranslate2() {
            if numbers == Numbers::I8 && name.ends_with("/weight") {
                let whole: Vec<u8> = values.iter().map(|it| (it * 64.0) as i8 as u8).collect();
                arrays.push(array(&name, &shape, 1, &whole));
                // Of a convolution CTranslate2 has as many scales a row as its last dimension.
                let scales =
                    if shape.len() == 3 { vec![shape[0], shape[2]] } else { vec![shape[0]] };
                let count: usize = scales.iter().product();
                let bytes = bytes(&vec![64.0; count], Numbers::F32);
                arrays.push(array(&format!("{name}_scale"), &scales, 0, &bytes));
            } else {
                let kind = match numbers {
                    Numbers::F32 | Numbers::I8 => 0,
                    Numbers::F16 => 4,
                    Numbers::Bf16 => 5,
                };
                arrays.push(array(&name, &shape, kind, &bytes(&values, numbers)));
            }
        }
        let mut all = 6u32.to_le_bytes().to_vec();
        all.extend(text(layout));
        all.extend(3u32.to_le_bytes());
        all.extend((arrays.len() as u32).to_le_bytes());
        all.extend(arrays.concat());
        // One array that equals another: the head is the embedding.
        all.extend(1u32.to_le_bytes());
        all.extend(text("decoder/embeddings/weight"));
        all.extend(text("decoder/projection/weight"));
        all
    }

    /// The same weights under CTranslate2's names, with query, key and value together.
    fn of_ctranslate2(&self) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
        let mut found = BTreeMap::new();
        let get = |name: &str| {
            let zeros = (vec![WIDTH], vec![0.0; WIDTH]);
            self.tensors.get(&format!("model.{name}")).cloned().unwrap_or(zeros)
        };
        for side in ["encoder", "decoder"] {
            let (here, there) = (format!("{side}/layer_0"), format!("{side}.layers.0"));
            let mut put = |name: String, from: &[String]| {
                let parts: Vec<_> = from.iter().map(|it| get(it)).collect();
                let mut shape = parts[0].0.clone();
                shape[0] *= parts.len();
                found.insert(name, (shape, parts.into_iter().flat_map(|it| it.1).collect()));
            };
            put(
                format!("{side}/position_encodings/encodings"),
                &[format!("{side}.embed_positions.weight")],
            );
            for (ours, theirs) in [("gamma", "weight"), ("beta", "bias")] {
                put(format!("{side}/layer_norm/{ours}"), &[format!("{side}.layer_norm.{theirs}")]);
                put(
                    format!("{here}/ffn/layer_norm/{ours}"),
                    &[format!("{there}.final_layer_norm.{theirs}")],
                );
                put(
                    format!("{here}/self_attention/layer_norm/{ours}"),
                    &[format!("{there}.self_attn_layer_norm.{theirs}")],
                );
                if side == "decoder" {
                    put(
                        format!("{here}/attention/layer_norm/{ours}"),
                        &[format!("{there}.encoder_attn_layer_norm.{theirs}")],
                    );
                }
            }
            for kind in ["weight", "bias"] {
                let of = |parts: &[&str]| {
                    parts.iter().map(|it| format!("{there}.{it}.{kind}")).collect::<Vec<_>>()
                };
                put(format!("{here}/ffn/linear_0/{kind}"), &of(&["fc1"]));
                put(format!("{here}/ffn/linear_1/{kind}"), &of(&["fc2"]));
                put(
                    format!("{here}/self_attention/linear_0/{kind}"),
                    &of(&["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
                );
                put(format!("{here}/self_attention/linear_1/{kind}"), &of(&["self_attn.out_proj"]));
                if side == "encoder" {
                    put(format!("encoder/conv1/{kind}"), &[format!("encoder.conv1.{kind}")]);
                    put(format!("encoder/conv2/{kind}"), &[format!("encoder.conv2.{kind}")]);
                } else {
                    put(format!("{here}/attention/linear_0/{kind}"), &of(&["encoder_attn.q_proj"]));
                    put(
                        format!("{here}/attention/linear_1/{kind}"),
                        &of(&["encoder_attn.k_proj", "encoder_attn.v_proj"]),
                    );
                    put(
                        format!("{here}/attention/linear_2/{kind}"),
                        &of(&["encoder_attn.out_proj"]),
                    );
                }
            }
        }
        found.insert("decoder/projection/weight".into(), get("decoder.embed_tokens.weight"));
        found
    }
}

fn array(name: &str, shape: &[usize], kind: u8, data: &[u8]) -> Vec<u8> {
    let mut all = text(name);
    all.push(shape.len() as u8);
    shape.iter().for_each(|it| all.extend((*it as u32).to_le_bytes()));
    all.push(kind);
    all.extend((data.len() as u32).to_le_bytes());
    all.extend(data);
    all
}

fn text(text: &str) -> Vec<u8> {
    let length = (text.len() as u16 + 1).to_le_bytes();
    [&length[..], text.as_bytes(), &[0]].concat()
}

fn bytes(values: &[f32], numbers: Numbers) -> Vec<u8> {
    match numbers {
        Numbers::F32 | Numbers::I8 => values.iter().flat_map(|it| it.to_le_bytes()).collect(),
        Numbers::F16 => {
            values.iter().flat_map(|it| half::f16::from_f32(*it).to_le_bytes()).collect()
        }
        Numbers::Bf16 => {
            values.iter().flat_map(|it| half::bf16::from_f32(*it).to_le_bytes()).collect()
        }
    }
}

/// Made-up words, and those that whisper.cpp looks up.
fn words() -> serde_json::Map<String, serde_json::Value> {
    let word = |number| match number {
        220 => "Ġ".to_string(),
        532 => "Ġ-".to_string(),
        705 => "Ġ'".to_string(),
        _ => format!("Ġw{number}"),
    };
    (0..WORDS).map(|number| (word(number), number.into())).collect()
}

fn vocab() -> String {
    serde_json::Value::from(words()).to_string()
}

fn tokenizer() -> String {
    let added = serde_json::json!([{"id": WORDS, "content": "<|endoftext|>", "special": true}]);
    serde_json::json!({"model": {"type": "BPE", "vocab": words()}, "added_tokens": added})
        .to_string()
}
