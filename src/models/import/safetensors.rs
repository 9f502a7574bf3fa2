//! Hugging Face's folders: model.safetensors, in one file or several, and config.json.
//!
//! A file of safetensors begins with the length of its header (8 bytes, little-endian) and the header, which is JSON; behind
//! it lie the numbers of its tensors, little-endian too.
use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read, Seek},
};

use serde::Deserialize;

use super::{
    ImportError, SourceFault,
    arrays::{Array, Arrays, Numbers, Slice},
    names::Parts,
};

/// The format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// What config.json says that no tensor's shape says.
#[derive(Deserialize)]
pub(super) struct Config {
    pub(super) encoder_attention_heads: u64,
    pub(super) encoder_layers: u64,
    pub(super) decoder_attention_heads: u64,
    pub(super) decoder_layers: u64,
}

impl Config {
    pub(super) fn read(text: &str) -> Result<Config, SourceFault> {
        #[derive(Deserialize)]
        struct Kind {
            model_type: String,
        }
        let told = |fault: serde_json::Error| SourceFault::text("config.json", &fault);
        let kind: Kind = serde_json::from_str(text).map_err(told)?;
        if kind.model_type != "whisper" {
            return Err(SourceFault::NotWhisper(format!(
                "a model of the type `{}`",
                kind.model_type
            )));
        }
        serde_json::from_str(text).map_err(told)
    }
}

/// Finds the tensors of all files without reading their numbers. Each file comes with what errors call it.
pub(super) fn index(files: Vec<(String, File)>) -> Result<Arrays, ImportError> {
    let mut arrays = Arrays { files: Vec::new(), index: HashMap::new() };
    for (number, (place, file)) in files.into_iter().enumerate() {
        let tensors = tensors(&file, number).map_err(|fault| fault.at(place))?;
        // A model without its head lacks the word before each name.
        let bare = |name: String| name.strip_prefix("model.").map(String::from).unwrap_or(name);
        arrays.index.extend(tensors.into_iter().map(|(name, array)| (bare(name), array)));
        arrays.files.push(file);
    }
    Ok(arrays)
}

fn tensors(file: &File, number: usize) -> Result<Vec<(String, Array)>, SourceFault> {
    let has = file.metadata()?.len();
    let room = |what: &str, needs: u64| {
        let what = what.to_string();
        if needs > has { Err(SourceFault::Truncated { what, needs, has }) } else { Ok(()) }
    };
    let mut source = BufReader::new(file);
    source.rewind()?;
    let mut length = [0; 8];
    room("the length of the header", 8)?;
    source.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(SourceFault::NotWhisper("no file of safetensors".into()));
    }
    room("the header", 8 + length)?;
    let mut header = vec![0; length as usize];
    source.read_exact(&mut header)?;
    let mut entries: HashMap<String, serde_json::Value> = serde_json::from_slice(&header)
        .map_err(|fault| SourceFault::Corrupt(format!("its header is not right ({fault})")))?;
    entries.remove("__metadata__");
    let tensor = |(name, entry): (String, serde_json::Value)| {
        let corrupt = |what: &str| SourceFault::Corrupt(format!("tensor `{name}` {what}"));
        let entry: Entry = serde_json::from_value(entry)
            .map_err(|fault| corrupt(&format!("is not described right ({fault})")))?;
        let numbers = match entry.dtype.as_str() {
            "F32" => Numbers::F32,
            "F16" => Numbers::F16,
            "BF16" => Numbers::Bf16,
            other => Numbers::Other(other.into()),
        };
        let [from, until] = entry.data_offsets;
        let count = entry.shape.iter().try_fold(1u64, |all, it| all.checked_mul(*it));
        let wanted = count.map(|it| it.saturating_mul(numbers.bytes().unwrap_or(0)));
        let size = until.checked_sub(from);
        if size.is_none() || numbers.bytes().is_some() && size != wanted {
            return Err(corrupt("has a number of bytes that is not its size"));
        }
        let [at, end] = [from, until].map(|it| it.saturating_add(8 + length));
        room(&format!("tensor `{name}`"), end)?;
        Ok((name, Array { shape: entry.shape, numbers, file: number, at }))
    };
    // In the order of their names, so that the same fault is told each time.
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries.into_iter().map(tensor).collect()
}

/// Where the tensor lies that whisper.cpp calls `name`.
pub(super) fn slice(name: &str) -> Slice {
    let Parts { side, block, part, kind } = Parts::of(name);
    let Some(block) = block else {
        return Slice::whole(match (part, kind) {
            (_, "positional_embedding") => format!("{side}.embed_positions.weight"),
            ("token_embedding", _) => format!("{side}.embed_tokens.weight"),
            ("ln" | "ln_post", _) => format!("{side}.layer_norm.{kind}"),
            (conv, _) => format!("{side}.{conv}.{kind}"),
        });
    };
    let within = match part {
        "mlp_ln" => "final_layer_norm",
        "mlp.0" => "fc1",
        "mlp.2" => "fc2",
        "attn_ln" => "self_attn_layer_norm",
        "attn.query" => "self_attn.q_proj",
        "attn.key" => "self_attn.k_proj",
        "attn.value" => "self_attn.v_proj",
        "attn.out" => "self_attn.out_proj",
        "cross_attn_ln" => "encoder_attn_layer_norm",
        "cross_attn.query" => "encoder_attn.q_proj",
        "cross_attn.key" => "encoder_attn.k_proj",
        "cross_attn.value" => "encoder_attn.v_proj",
        _ => "encoder_attn.out_proj",
    };
    Slice::whole(format!("{side}.layers.{block}.{within}.{kind}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(String, Array)>, SourceFault> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        tensors(&file, 0)
    }

    fn file(header: &str, data: usize) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
    }

    #[test]
    fn tensors_lie_behind_the_header() {
        let header = r#"{"__metadata__": {"format": "pt"}, "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [4, 16]}}"#;
        let found = read(&file(header, 16)).unwrap();
        let [(name, array)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((name.as_str(), &array.shape[..]), ("a", &[2, 3][..]));
        assert_eq!((array.at, &array.numbers), (8 + header.len() as u64 + 4, &Numbers::F16));
        let told = |from: &str, to: &str| {
            let header = header.replace(from, to);
            read(&file(&header, 16)).unwrap_err().to_string()
        };
        let (needs, has) = (8 + header.len() + 17, 8 + header.len() + 16);
        assert_eq!(
            told("[4, 16]", "[5, 17]"),
            format!(
                "it is cut off: tensor `a` needs {needs} bytes, and there are {has}; get it again, and name all of its parts"
            )
        );
        let corrupt =
            "it is corrupt: tensor `a` has a number of bytes that is not its size; get it again";
        assert_eq!(told("[4, 16]", "[4, 15]"), corrupt);
        assert_eq!(told("[4, 16]", "[16, 4]"), corrupt);
        assert_eq!(told("[2, 3]", "[9999999999, 9999999999]"), corrupt);
        let far = told("[4, 16]", "[18446744073709551603, 18446744073709551615]");
        assert!(far.starts_with("it is cut off: tensor `a`"), "{far}");
        let told = read(&file("[]", 0)).unwrap_err().to_string();
        assert!(told.starts_with("it is corrupt: its header is not right ("), "{told}");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(header in prop::collection::vec(any::<u8>(), 0..60), length in 0u64..80) {
            let bytes = [&length.to_le_bytes()[..], &header].concat();
            // `{}` is a whole file, with nothing in it.
            let may_be_whole = header.first() == Some(&b'{');
            prop_assert!(read(&bytes).is_err() || may_be_whole);
        }
    }
}
