//! Whether a file is a whole Whisper model in ggml's format, before whisper.cpp sees it.
//!
//! whisper.cpp takes a file that ends in mid-tensor for a whole one, and at some damages throws a C++ exception or
//! aborts, which ends the process. This walks the file as whisper.cpp does, skipping the weights: milliseconds.
use std::{fs::File, io::Cursor, path::Path};

use super::{Fault, Header, ggml_walk::Walk};

/// A model that should not be loaded, and where it lies.
#[derive(Debug, thiserror::Error)]
#[error("{place} is not a usable model: {fault}")]
pub struct InspectError {
    pub place: String,
    #[source]
    pub fault: Fault,
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
    use crate::models::{Catalogue, Weight};

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
        assert!(
            page.starts_with("m.bin is not a usable model: it is not in ggml's format"),
            "{page}"
        );
        let missing = inspect(Path::new("/nowhere/m.bin")).unwrap_err().to_string();
        assert!(
            missing.starts_with("/nowhere/m.bin is not a usable model: it cannot be read"),
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
