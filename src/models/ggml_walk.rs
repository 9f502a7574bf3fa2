//! Reads a model file from front to back as whisper.cpp does, believing nothing.
use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek},
};

use super::{
    Header, Weight,
    ggml_shape::{Tensor, tensors},
};

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it cannot be read ({0})")]
    Io(#[from] io::Error),
    #[error("it is not in ggml's format (it begins with {0:#010x})")]
    NotGgml(u32),
    #[error("it is cut off: {what} needs {needs} bytes, and the file has {has}; get it again")]
    Truncated { what: String, needs: u64, has: u64 },
    #[error("it is corrupt at byte {at}: {what}; get it again")]
    Corrupt { at: u64, what: String },
}

pub(super) struct Walk<R> {
    source: BufReader<R>,
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Walk<R> {
    pub(super) fn new(source: R, length: u64) -> Walk<R> {
        Walk { source: BufReader::new(source), at: 0, length }
    }

    /// Everything, to the last byte.
    pub(super) fn model(mut self) -> Result<Header, Fault> {
        let header = self.header()?;
        self.filters(&header)?;
        self.vocabulary(&header)?;
        let mut missing = tensors(&header);
        let all = missing.len();
        while !missing.is_empty() {
            self.tensor(&mut missing, all)?;
        }
        if self.at < self.length {
            return Err(
                self.corrupt(format!("{} bytes follow the last tensor", self.length - self.at))
            );
        }
        Ok(header)
    }

    pub(super) fn header(&mut self) -> Result<Header, Fault> {
        let magic = self.number("the magic number")? as u32;
        if magic != 0x6767_6d6c {
            return Err(Fault::NotGgml(magic));
        }
        let tokens = self.within("the number of tokens", 51864, 52000)?;
        let audio_context = self.within("the encoder's context", 64, 4096)?;
        let state = self.within("the encoder's width", 32, 4096)?;
        let heads = self.within("the encoder's heads", 1, 64)?;
        let audio_layers = self.within("the encoder's layers", 1, 64)?;
        let text_context = self.within("the decoder's context", 64, 4096)?;
        let text_state = self.within("the decoder's width", 32, 4096)?;
        let text_heads = self.within("the decoder's heads", 1, 64)?;
        let text_layers = self.within("the decoder's layers", 1, 64)?;
        let mels = self.within("the number of mel bands", 80, 128)?;
        let at = self.at;
        let file_type = self.number("the type of the weights")?;
        // The thousands are the version of the quantisation, 2 since 2023.
        let weight = Weight::of_file_type(file_type % 1000)
            .filter(|_| (0..3000).contains(&file_type))
            .ok_or_else(|| Fault::Corrupt {
                at,
                what: format!("{file_type} is no known type of weights"),
            })?;
        let wrong = if text_state != state {
            Some(format!("the encoder is {state} wide and the decoder {text_state}"))
        } else if state % heads != 0 || text_heads != heads {
            Some(format!("a width of {state} does not fit {heads} and {text_heads} heads"))
        } else if !matches!(mels, 80 | 128) {
            Some(format!("{mels} mel bands, where Whisper has 80 or 128"))
        } else if state % weight.block().0 != 0 {
            Some(format!(
                "a width of {state} does not fit weights in blocks of {}",
                weight.block().0
            ))
        } else {
            None
        };
        match wrong {
            Some(what) => Err(Fault::Corrupt { at: 4, what }),
            None => Ok(Header {
                tokens,
                audio_context,
                state,
                heads,
                audio_layers,
                text_context,
                text_layers,
                mels,
                weight,
            }),
        }
    }

    fn filters(&mut self, header: &Header) -> Result<(), Fault> {
        let bands = self.within("the mel filters' bands", 1, 128)?;
        let bins = self.within("the mel filters' bins", 201, 201)?;
        if bands != header.mels {
            return Err(
                self.corrupt(format!("mel filters of {bands} bands in a model of {}", header.mels))
            );
        }
        self.skip("the mel filters", bands * bins * 4)
    }

    fn vocabulary(&mut self, header: &Header) -> Result<(), Fault> {
        let words = self.within("the size of the vocabulary", 1, header.tokens)?;
        // whisper.cpp looks these up without asking whether they are there.
        let mut needed = vec![" ", " -", " '"];
        let mut word = Vec::new();
        for _ in 0..words {
            let length = self.within("the length of a word", 0, 1024)?;
            self.read("the vocabulary", length, &mut word)?;
            needed.retain(|it| it.as_bytes() != word);
        }
        match needed.first() {
            Some(it) => Err(self.corrupt(format!("the vocabulary lacks the token \"{it}\""))),
            None => Ok(()),
        }
    }

    /// Reads one tensor's description, skips its numbers, and strikes it off the list.
    fn tensor(&mut self, missing: &mut HashMap<String, Tensor>, all: usize) -> Result<(), Fault> {
        let what = format!("tensor {} of {all}", all - missing.len() + 1);
        let sizes_given = self.within(&format!("the dimensions of {what}"), 1, 3)?;
        let name_length = self.within(&format!("the length of the name of {what}"), 1, 128)?;
        let weight = self.number(&what)?;
        let mut sizes = [1; 3];
        for size in sizes.iter_mut().take(sizes_given as usize) {
            *size = self.within(&format!("a size of {what}"), 1, 1 << 20)?;
        }
        let mut name = Vec::new();
        self.read(&what, name_length, &mut name)?;
        let name = String::from_utf8_lossy(&name).escape_debug().to_string();
        let Some(tensor) = missing.remove(&name) else {
            return Err(self.corrupt(format!(
                "{what} is called `{name}`, which no such model has, or has twice"
            )));
        };
        if tensor.sizes != sizes || tensor.weight as i32 != weight {
            return Err(self.corrupt(format!(
                "tensor `{name}` is {sizes:?} of type {weight}, and should be {:?} of type {}",
                tensor.sizes, tensor.weight as i32
            )));
        }
        self.skip(&format!("tensor `{name}`"), tensor.bytes())
    }

    fn within(&mut self, what: &str, least: u64, most: u64) -> Result<u64, Fault> {
        let at = self.at;
        let number = self.number(what)?;
        match u64::try_from(number) {
            Ok(it) if (least..=most).contains(&it) => Ok(it),
            _ => Err(Fault::Corrupt {
                at,
                what: format!("{what} is {number}, not {least} to {most}"),
            }),
        }
    }

    fn number(&mut self, what: &str) -> Result<i32, Fault> {
        let mut bytes = [0; 4];
        self.room(what, 4)?;
        self.source.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(i32::from_le_bytes(bytes))
    }

    fn read(&mut self, what: &str, count: u64, into: &mut Vec<u8>) -> Result<(), Fault> {
        self.room(what, count)?;
        into.resize(count as usize, 0);
        self.source.read_exact(into)?;
        self.at += count;
        Ok(())
    }

    fn skip(&mut self, what: &str, count: u64) -> Result<(), Fault> {
        self.room(what, count)?;
        self.source.seek_relative(count as i64)?;
        self.at += count;
        Ok(())
    }

    fn room(&self, what: &str, count: u64) -> Result<(), Fault> {
        let needs = self.at + count;
        if needs > self.length {
            return Err(Fault::Truncated { what: what.into(), needs, has: self.length });
        }
        Ok(())
    }

    fn corrupt(&self, what: String) -> Fault {
        Fault::Corrupt { at: self.at, what }
    }
}
