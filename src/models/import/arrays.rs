//! Numbers by name in one file or several, read a piece at a time: a large model is never held whole.
use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use half::{bf16, f16};

use super::SourceFault;

/// How many numbers are held at once, but at least a row.
const PIECE: u64 = 1 << 18;

/// How the numbers of an array are written, all of them little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    F32,
    F16,
    Bf16,
    /// A row's numbers are these, divided by the row's scale.
    I8,
    I16,
    I32,
    Other(String),
}

impl Numbers {
    /// Bytes of a number; of others it is not known.
    pub(super) fn bytes(&self) -> Option<u64> {
        match self {
            Numbers::F32 | Numbers::I32 => Some(4),
            Numbers::F16 | Numbers::Bf16 | Numbers::I16 => Some(2),
            Numbers::I8 => Some(1),
            Numbers::Other(_) => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Numbers::F32 => "float32",
            Numbers::F16 => "float16",
            Numbers::Bf16 => "bfloat16",
            Numbers::I8 => "int8 without scales",
            Numbers::I16 => "int16",
            Numbers::I32 => "int32",
            Numbers::Other(name) => name,
        }
    }
}

/// An array of numbers, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Array {
    /// Outermost first.
    pub(super) shape: Vec<u64>,
    pub(super) numbers: Numbers,
    /// Which of the files, and the byte in it.
    pub(super) file: usize,
    pub(super) at: u64,
}

pub(super) struct Arrays {
    pub(super) files: Vec<File>,
    pub(super) index: HashMap<String, Array>,
}

/// One of `parts` equal parts of an array's rows: query, key and value may lie in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) array: String,
    pub(super) part: u64,
    pub(super) parts: u64,
}

impl Slice {
    pub(super) fn whole(array: impl Into<String>) -> Slice {
        Slice { array: array.into(), part: 0, parts: 1 }
    }
}

impl Arrays {
    pub(super) fn get(&self, name: &str) -> Result<&Array, SourceFault> {
        self.index.get(name).ok_or_else(|| SourceFault::MissingTensor(name.into()))
    }

    /// The shape of an array that should have so many dimensions.
    pub(super) fn shape<const N: usize>(&self, name: &str) -> Result<[u64; N], SourceFault> {
        let found = &self.get(name)?.shape;
        found[..].try_into().map_err(|_| SourceFault::Shape {
            tensor: name.into(),
            found: sizes(found),
            wanted: format!("of {N} dimensions"),
        })
    }

    /// Whether any of the arrays is in int8, so that something was lost before.
    pub(super) fn quantised(&self) -> bool {
        let scaled = |name: &String| self.index.contains_key(&scales_of(name));
        self.index.iter().any(|(name, it)| it.numbers == Numbers::I8 && scaled(name))
    }

    /// A single whole number, as CTranslate2 writes settings.
    pub(super) fn whole_number(&self, name: &str) -> Result<u64, SourceFault> {
        let array = self.get(name)?;
        let mut bytes = [0; 4];
        let count = match array.numbers {
            Numbers::I8 | Numbers::I16 | Numbers::I32 if array.shape.iter().all(|it| *it == 1) => {
                array.numbers.bytes().unwrap_or(4) as usize
            }
            _ => return Err(SourceFault::Corrupt(format!("`{name}` is no whole number"))),
        };
        self.bytes(array, 0, &mut bytes[..count])?;
        Ok(u64::from(u32::from_le_bytes(bytes)))
    }

    /// Gives the numbers of `slice` to `take`, a piece of whole rows at a time.
    ///
    /// # Errors
    /// [`SourceFault::Shape`] where the slice's shape is not `wanted` (outermost first, without ones at its end).
    pub(super) fn read<E: From<SourceFault>>(
        &self,
        slice: &Slice,
        wanted: &[u64],
        mut take: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let name = &slice.array;
        let array = self.get(name)?;
        let mut all = wanted.to_vec();
        all[0] *= slice.parts;
        if array.shape != all {
            let (found, wanted) = (sizes(&array.shape), sizes(&all));
            return Err(SourceFault::Shape { tensor: name.clone(), found, wanted }.into());
        }
        let (rows, row) = (wanted[0], wanted[1..].iter().product::<u64>());
        let (mut from, until) = (rows * slice.part, rows * (slice.part + 1));
        while from < until {
            let count = (PIECE / row).clamp(1, until - from);
            take(&self.rows(name, array, from, count, row)?)?;
            from += count;
        }
        Ok(())
    }

    fn rows(
        &self,
        name: &str,
        array: &Array,
        from: u64,
        count: u64,
        row: u64,
    ) -> Result<Vec<f32>, SourceFault> {
        let told =
            || SourceFault::Numbers { tensor: name.into(), numbers: array.numbers.name().into() };
        let width = array.numbers.bytes().ok_or_else(told)?;
        let mut bytes = vec![0; (count * row * width) as usize];
        self.bytes(array, from * row * width, &mut bytes)?;
        let mut values = vec![0.0; (count * row) as usize];
        // Plain loops: tests run without optimisation, where a chain of iterators takes several calls a number.
        match array.numbers {
            Numbers::F32 => {
                for (value, it) in values.iter_mut().zip(bytes.chunks_exact(4)) {
                    *value = f32::from_le_bytes([it[0], it[1], it[2], it[3]]);
                }
            }
            Numbers::F16 => {
                for (value, it) in values.iter_mut().zip(bytes.chunks_exact(2)) {
                    *value = f16::from_bits(u16::from_le_bytes([it[0], it[1]])).to_f32();
                }
            }
            Numbers::Bf16 => {
                for (value, it) in values.iter_mut().zip(bytes.chunks_exact(2)) {
                    *value = bf16::from_bits(u16::from_le_bytes([it[0], it[1]])).to_f32();
                }
            }
            Numbers::I8 => {
                let scales = self.scales(name, array, from, count)?.ok_or_else(told)?;
                // One scale a row, or of a convolution as many as its last dimension.
                let each = scales.len() / count as usize;
                for (at, value) in values.iter_mut().enumerate() {
                    let scale = scales[at / row as usize * each + at % each];
                    *value = f32::from(bytes[at] as i8) / scale;
                }
            }
            Numbers::I16 | Numbers::I32 | Numbers::Other(_) => return Err(told()),
        }
        Ok(values)
    }

    /// What the numbers of an array in int8 were multiplied with; `None` where there is nothing that fits.
    fn scales(
        &self,
        name: &str,
        array: &Array,
        from: u64,
        count: u64,
    ) -> Result<Option<Vec<f32>>, SourceFault> {
        let name = scales_of(name);
        let Some(scales) = self.index.get(&name) else { return Ok(None) };
        let each = scales.shape.iter().skip(1).product::<u64>();
        let fits = scales.numbers != Numbers::I8
            && scales.shape.first() == array.shape.first()
            && (each == 1 || Some(&each) == array.shape.last());
        if fits { self.rows(&name, scales, from, count, each).map(Some) } else { Ok(None) }
    }

    fn bytes(&self, array: &Array, from: u64, into: &mut [u8]) -> Result<(), SourceFault> {
        let mut file = &self.files[array.file];
        file.seek(SeekFrom::Start(array.at + from))?;
        Ok(file.read_exact(into)?)
    }
}

/// What the array is called that holds the scales of another.
pub(super) fn scales_of(name: &str) -> String {
    format!("{name}_scale")
}

/// As in `384 x 80 x 3`.
pub(super) fn sizes(shape: &[u64]) -> String {
    let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
    if sizes.is_empty() { "a single number".into() } else { sizes.join(" x ") }
}
