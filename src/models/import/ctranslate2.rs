//! CTranslate2's model.bin: where its arrays lie, and which of them is which tensor.
//!
//! Version 6 of the format, little-endian: version, name of the layout, its revision; then for each array its name, shape,
//! kind of numbers, bytes and numbers; then the names of arrays that equal another. A name has its length before it and a zero at its end.
use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read, Seek},
};

use super::{
    SourceFault,
    arrays::{Array, Arrays, Numbers, Slice, scales_of},
    names::Parts,
};

const VERSION: u32 = 6;

/// Of the encoder or the decoder.
pub(super) struct Sizes {
    pub(super) heads: u64,
    pub(super) layers: u64,
}

/// Finds the arrays without reading their numbers.
pub(super) fn index(file: File) -> Result<Arrays, SourceFault> {
    let length = file.metadata()?.len();
    let mut walk = Walk { source: BufReader::new(file), at: 0, length };
    walk.source.rewind()?;
    let version = u32::from_le_bytes(walk.bytes("the version")?);
    if version != VERSION {
        // Anything that is no such file has some number here.
        return Err(if version < 100 {
            SourceFault::Version(version)
        } else {
            SourceFault::NotWhisper("no file of CTranslate2".into())
        });
    }
    let layout = walk.text("the name of the layout")?;
    if layout != "WhisperSpec" {
        return Err(SourceFault::NotWhisper(format!("a model of the layout `{layout}`")));
    }
    let _revision: [u8; 4] = walk.bytes("the revision")?;
    let mut index = HashMap::new();
    for _ in 0..walk.number("the number of arrays")? {
        let (name, array, bytes) = walk.array()?;
        walk.skip(&format!("array `{name}`"), bytes)?;
        index.insert(name, array);
    }
    for _ in 0..walk.number("the number of equal arrays")? {
        let (name, of) = (walk.text("a name")?, walk.text("a name")?);
        let equal = |name: &str| index.get(name).cloned();
        let array = equal(&of).ok_or_else(|| {
            SourceFault::Corrupt(format!("`{name}` equals `{of}`, which is not there"))
        })?;
        let scales = equal(&scales_of(&of)).map(|it| (scales_of(&name), it));
        index.extend([(name, array)].into_iter().chain(scales));
    }
    Ok(Arrays { files: vec![walk.source.into_inner()], index })
}

/// Heads and layers of `encoder` or `decoder`.
pub(super) fn sizes(arrays: &Arrays, side: &str) -> Result<Sizes, SourceFault> {
    let is_there = |layer: &u64| {
        arrays.index.contains_key(&format!("{side}/layer_{layer}/ffn/linear_0/weight"))
    };
    let heads = arrays.whole_number(&format!("{side}/num_heads"))?;
    Ok(Sizes { heads, layers: (0..64).filter(is_there).count() as u64 })
}

/// Where the tensor lies that whisper.cpp calls `name`.
pub(super) fn slice(name: &str) -> Slice {
    let Parts { side, block, part, kind } = Parts::of(name);
    let Some(block) = block else {
        return Slice::whole(match (part, kind) {
            (_, "positional_embedding") => format!("{side}/position_encodings/encodings"),
            ("token_embedding", _) => format!("{side}/embeddings/weight"),
            ("ln" | "ln_post", _) => format!("{side}/layer_norm/{}", of_norm(kind)),
            (conv, _) => format!("{side}/{conv}/{kind}"),
        });
    };
    let (within, part, parts) = match part {
        "mlp_ln" => ("ffn/layer_norm", 0, 1),
        "mlp.0" => ("ffn/linear_0", 0, 1),
        "mlp.2" => ("ffn/linear_1", 0, 1),
        "attn_ln" => ("self_attention/layer_norm", 0, 1),
        "attn.query" => ("self_attention/linear_0", 0, 3),
        "attn.key" => ("self_attention/linear_0", 1, 3),
        "attn.value" => ("self_attention/linear_0", 2, 3),
        "attn.out" => ("self_attention/linear_1", 0, 1),
        "cross_attn_ln" => ("attention/layer_norm", 0, 1),
        "cross_attn.query" => ("attention/linear_0", 0, 1),
        "cross_attn.key" => ("attention/linear_1", 0, 2),
        "cross_attn.value" => ("attention/linear_1", 1, 2),
        _ => ("attention/linear_2", 0, 1),
    };
    let kind = if within.ends_with("layer_norm") { of_norm(kind) } else { kind };
    Slice { array: format!("{side}/layer_{block}/{within}/{kind}"), part, parts }
}

fn of_norm(kind: &str) -> &str {
    if kind == "weight" { "gamma" } else { "beta" }
}

struct Walk {
    source: BufReader<File>,
    at: u64,
    length: u64,
}

impl Walk {
    fn array(&mut self) -> Result<(String, Array, u64), SourceFault> {
        let name = self.text("the name of an array")?;
        let what = format!("array `{name}`");
        let [dimensions] = self.bytes(&what)?;
        let shape: Result<Vec<u64>, SourceFault> =
            (0..dimensions).map(|_| self.number(&what)).collect();
        let (shape, [kind]) = (shape?, self.bytes(&what)?);
        let bytes = self.number(&what)?;
        let numbers = match kind {
            0 => Numbers::F32,
            1 => Numbers::I8,
            2 => Numbers::I16,
            3 => Numbers::I32,
            4 => Numbers::F16,
            5 => Numbers::Bf16,
            other => Numbers::Other(format!("of the unknown kind {other}")),
        };
        let count = shape.iter().try_fold(1u64, |all, it| all.checked_mul(*it));
        let wanted = count.zip(numbers.bytes()).map(|(count, each)| count.saturating_mul(each));
        if wanted.is_some_and(|wanted| wanted != bytes) || count.is_none() {
            return Err(SourceFault::Corrupt(format!(
                "{what} has {bytes} bytes, which is not its size"
            )));
        }
        Ok((name, Array { shape, numbers, file: 0, at: self.at }, bytes))
    }

    fn text(&mut self, what: &str) -> Result<String, SourceFault> {
        let length = u16::from_le_bytes(self.bytes(what)?);
        self.room(what, u64::from(length))?;
        let mut text = vec![0; usize::from(length)];
        self.source.read_exact(&mut text)?;
        self.at += u64::from(length);
        let ended = text.pop() == Some(0);
        match String::from_utf8(text) {
            Ok(text) if ended => Ok(text),
            _ => Err(SourceFault::Corrupt(format!("{what} is no text"))),
        }
    }

    fn number(&mut self, what: &str) -> Result<u64, SourceFault> {
        Ok(u64::from(u32::from_le_bytes(self.bytes(what)?)))
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], SourceFault> {
        let mut bytes = [0; N];
        self.room(what, N as u64)?;
        self.source.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn skip(&mut self, what: &str, count: u64) -> Result<(), SourceFault> {
        self.room(what, count)?;
        self.source.seek_relative(count as i64)?;
        self.at += count;
        Ok(())
    }

    fn room(&self, what: &str, count: u64) -> Result<(), SourceFault> {
        let needs = self.at + count;
        if needs > self.length {
            return Err(SourceFault::Truncated { what: what.into(), needs, has: self.length });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Arrays, SourceFault> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        index(file)
    }

    /// `a` of two numbers in f16, `b` of two in int8 with their scale, and `c`, which equals `b`.
    fn small() -> Vec<u8> {
        let mut bytes = b"\x06\0\0\0\x0c\0WhisperSpec\0\x03\0\0\0\x03\0\0\0".to_vec();
        bytes.extend(b"\x02\0a\0\x01\x02\0\0\0\x04\x04\0\0\0\0\x3c\0\xc0");
        bytes.extend(b"\x02\0b\0\x02\x01\0\0\0\x02\0\0\0\x01\x02\0\0\0\x02\xfe");
        bytes.extend(b"\x08\0b_scale\0\x01\x01\0\0\0\0\x04\0\0\0\0\0\x80\x40");
        bytes.extend(b"\x01\0\0\0\x02\0c\0\x02\0b\0");
        bytes
    }

    fn numbers(arrays: &Arrays, slice: &Slice, shape: &[u64]) -> Result<Vec<f32>, String> {
        let mut found = Vec::new();
        let take = |values: &[f32]| {
            found.extend_from_slice(values);
            Ok::<(), SourceFault>(())
        };
        arrays.read(slice, shape, take).map_err(|fault| fault.to_string())?;
        Ok(found)
    }

    #[test]
    fn numbers_and_equal_arrays_are_found() {
        let arrays = read(&small()).unwrap();
        let of = |name: &str, shape: &[u64]| numbers(&arrays, &Slice::whole(name), shape);
        assert_eq!(of("a", &[2]), Ok(vec![1.0, -2.0]));
        // The scale is 4.
        assert_eq!(of("b", &[1, 2]), Ok(vec![0.5, -0.5]));
        assert_eq!(of("c", &[1, 2]), Ok(vec![0.5, -0.5]));
        assert_eq!(of("b", &[2]), Err("tensor `b` is 1 x 2, and should be 2".into()));
        let half = |part| Slice { array: "a".into(), part, parts: 2 };
        assert_eq!(numbers(&arrays, &half(1), &[1]), Ok(vec![-2.0]));
        assert_eq!(
            numbers(&arrays, &half(0), &[2]),
            Err("tensor `a` is 2, and should be 4".into())
        );
        assert!(arrays.quantised());
    }

    proptest! {
        #[test]
        fn a_byte_that_was_changed_or_cut_off_never_panics(at in 0usize..100, byte in any::<u8>()) {
            let mut bytes = small();
            prop_assert!(read(&bytes[..at]).is_err());
            bytes[at] = byte;
            drop(read(&bytes));
        }
    }
}
