//! Writes a model file in ggml's format, and its checksums on the way.
//!
//! Sizes, mel filters, vocabulary, tensors; whole numbers are i32, all is little-endian, and sizes are the innermost first.
use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{
    super::{Weight, checksum::hexadecimal, ggml_shape::tensors},
    SourceFault,
    header::header_bytes,
    mel,
    model::{Model, outermost_first},
    names::order,
    quantise::encode,
};

/// What was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) sha1: String,
    pub(super) sha256: String,
}

/// What stopped it: the source, or the file that is written.
pub(super) enum Stopped {
    Source(SourceFault),
    Disk(io::Error),
}

impl From<SourceFault> for Stopped {
    fn from(fault: SourceFault) -> Stopped {
        Stopped::Source(fault)
    }
}

impl From<io::Error> for Stopped {
    fn from(cause: io::Error) -> Stopped {
        Stopped::Disk(cause)
    }
}

/// Writes `model` with its vocabulary into `file`, and tells `progress` the bytes of tensors written, and of all.
pub(super) fn write(
    file: &File,
    model: &Model,
    words: &[Vec<u8>],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written, Stopped> {
    let header = &model.header;
    let mut out = Out::new(file);
    out.write_all(&header_bytes(header).map_err(SourceFault::Sizes)?)?;
    out.numbers([header.mels, mel::BINS as u64])?;
    let mut buffer = Vec::new();
    encode(&mel::filters(header.mels as usize), Weight::F32, &mut buffer);
    out.write_all(&buffer)?;
    out.numbers([words.len() as u64])?;
    for word in words {
        out.numbers([word.len() as u64])?;
        out.write_all(word)?;
    }
    let all = tensors(header);
    let (mut done, bytes) = (0, all.values().map(|it| it.bytes()).sum());
    for name in order(header) {
        let tensor = all[&name];
        let shape = outermost_first(&tensor.sizes);
        out.numbers([shape.len() as u64, name.len() as u64, tensor.weight as u64])?;
        out.numbers(shape.iter().rev().copied())?;
        out.write_all(name.as_bytes())?;
        model.read(&name, &shape, |values| {
            buffer.clear();
            encode(values, tensor.weight, &mut buffer);
            done += buffer.len() as u64;
            progress(done, bytes);
            Ok::<(), Stopped>(out.write_all(&buffer)?)
        })?;
    }
    Ok(out.finish()?)
}

struct Out<'a> {
    file: BufWriter<&'a File>,
    bytes: u64,
    sha1: Sha1,
    sha256: Sha256,
}

impl Out<'_> {
    fn new(file: &File) -> Out<'_> {
        let file = BufWriter::with_capacity(1 << 18, file);
        Out { file, bytes: 0, sha1: Sha1::new(), sha256: Sha256::new() }
    }

    fn numbers(&mut self, numbers: impl IntoIterator<Item = u64>) -> io::Result<()> {
        // None comes near to what i32 holds: the header was checked, and a word's length by its file's.
        numbers.into_iter().try_for_each(|it| self.write_all(&(it as i32).to_le_bytes()))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        Ok(())
    }

    fn finish(mut self) -> io::Result<Written> {
        self.file.flush()?;
        let (sha1, sha256) = (self.sha1.finalize(), self.sha256.finalize());
        Ok(Written { bytes: self.bytes, sha1: hexadecimal(&sha1), sha256: hexadecimal(&sha256) })
    }
}
