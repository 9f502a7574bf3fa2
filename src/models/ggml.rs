//! Whether a file is a whole Whisper model in ggml's format, before whisper.cpp sees it.
//!
//! whisper.cpp takes a file that ends in mid-tensor for a whole one, and at some damages throws a C++ exception or
//! aborts, which ends the process. This walks the file as whisper.cpp does, skipping the weights: milliseconds.
use std::{
    fs::File,
    io::{self, Cursor},
    path::Path,
};

use super::{
    ggml_shape::{Weight, tensors},
    ggml_walk::Walk,
};

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

/// A model that should not be loaded, and where it lies.
#[derive(Debug, thiserror::Error)]
#[error("{place} is no usable model: {fault}")]
pub struct InspectError {
    pub place: String,
    #[source]
    pub fault: Fault,
}

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

/// Looks a file through. The weights themselves are only told by a checksum.
pub fn inspect(path: &Path) -> Result<Header, InspectError> {
    let walk = || {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Walk::new(file, length).model()
    };
    walk().map_err(|fault| InspectError { place: path.display().to_string(), fault })
}

/// The same for a model in memory, called `place` in errors.
pub fn inspect_bytes(place: &str, bytes: &[u8]) -> Result<Header, InspectError> {
    let walk = Walk::new(Cursor::new(bytes), bytes.len() as u64);
    walk.model().map_err(|fault| InspectError { place: place.into(), fault })
}

/// Whether a header that is to be written would load; else what is wrong with it.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), String> {
    match Walk::new(Cursor::new(bytes), bytes.len() as u64).header() {
        Ok(_) => Ok(()),
        Err(Fault::Corrupt { what, .. }) => Err(what),
        Err(fault) => Err(fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::models::Catalogue;

    static DEMO: LazyLock<Vec<u8>> = LazyLock::new(|| {
        fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo.bin")).unwrap()
    });

    fn fault(bytes: &[u8]) -> Fault {
        inspect_bytes("demo", bytes).unwrap_err().fault
    }

    #[test]
    fn the_shipped_demo_is_whole() {
        let header =
            inspect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo.bin"))).unwrap();
        assert_eq!(
            (header.tokens, header.state, header.audio_layers, header.text_layers),
            (51864, 128, 4, 3)
        );
        assert_eq!(
            (header.weight, header.multilingual(), header.size_name()),
            (Weight::Q8_0, false, "of no usual size")
        );
    }

    #[test]
    fn the_catalogues_parameters_are_those_of_the_shapes() {
        let demo = inspect_bytes("demo", &DEMO).unwrap();
        let catalogue = Catalogue::shipped();
        let millions = |name: &str| u64::from(catalogue.get(name).unwrap().parameters.unwrap());
        assert_eq!((demo.parameters() as f64 / 1e6).round() as u64, millions("demo"));
        for (name, state, audio_layers, text_layers, mels) in [
            ("tiny", 384, 4, 4, 80),
            ("base", 512, 6, 6, 80),
            ("small", 768, 12, 12, 80),
            ("medium", 1024, 24, 24, 80),
            ("large-v3", 1280, 32, 32, 128),
            ("large-v3-turbo", 1280, 32, 4, 128),
        ] {
            let heads = state / 64;
            let header =
                Header { state, heads, audio_layers, text_layers, mels, tokens: 51865, ..demo };
            // OpenAI rounds generously: 37.8 is 39.
            let off = header.parameters() as f64 / 1e6 / millions(name) as f64;
            assert!((0.95..1.05).contains(&off), "{name}: {}", header.parameters());
        }
    }

    #[test]
    fn what_is_no_model_is_told_from_a_damaged_one() {
        let png = fault(b"\x89PNG\r\n\x1a\n and so on");
        assert_eq!(png.to_string(), "it is not in ggml's format (it begins with 0x474e5089)");
        assert!(matches!(fault(b""), Fault::Truncated { .. }));
        assert!(matches!(fault(b"lm"), Fault::Truncated { .. }));
        let page = inspect_bytes("m.bin", b"<!DOCTYPE html>").unwrap_err().to_string();
        assert!(page.starts_with("m.bin is no usable model: it is not in ggml's format"), "{page}");
        let missing = inspect(Path::new("/nowhere/m.bin")).unwrap_err().to_string();
        assert!(
            missing.starts_with("/nowhere/m.bin is no usable model: it cannot be read"),
            "{missing}"
        );
    }

    #[test]
    fn every_bit_of_the_header_matters() {
        // Magic, hyperparameters, and the mel filters' two sizes.
        for bit in 0..56 * 8 {
            let mut bytes = DEMO[..].to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let found = fault(&bytes);
            assert!(
                matches!(
                    found,
                    Fault::NotGgml(_) | Fault::Corrupt { .. } | Fault::Truncated { .. }
                ),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn bytes_after_the_end_are_told() {
        let mut bytes = DEMO[..].to_vec();
        bytes.extend([0; 5]);
        assert!(fault(&bytes).to_string().contains("5 bytes follow the last tensor"));
    }

    #[test]
    fn a_vocabulary_without_what_whisper_cpp_needs_is_refused() {
        let mut bytes = DEMO[..].to_vec();
        let needed = [2, 0, 0, 0, b' ', b'-'];
        let at = bytes.windows(6).position(|it| it == needed).unwrap();
        bytes[at + 5] = 0xff;
        assert!(fault(&bytes).to_string().contains("the vocabulary lacks the token \" -\""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_file_cut_anywhere_is_cut_off(cut in 0usize..10_529_376) {
            let found = fault(&DEMO[..cut]);
            let Fault::Truncated { has, needs, .. } = found else { panic!("{found}") };
            prop_assert!(has == cut as u64 && needs > has);
        }

        #[test]
        fn garbage_never_panics(tail in prop::collection::vec(any::<u8>(), 0..4000), kept in 0usize..60) {
            let mut bytes = DEMO[..kept].to_vec();
            bytes.extend(tail);
            prop_assert!(inspect_bytes("garbage", &bytes).is_err());
        }
    }
}
