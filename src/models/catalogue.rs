//! The models that are known by name: `models/models.toml`, and a file of one's own that adds to it.
use std::{fs, path::Path};

use serde::Deserialize;

use super::{DecodingChange, Kind, Languages, ModelEntry, Sums};

const SHIPPED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/models.toml"));

/// Every model known by name, in the order of its file.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<ModelEntry>,
}

/// A catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("cannot read the catalogue of models {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("the catalogue of models {path} is not right: {cause}")]
    Shape { path: String, cause: toml::de::Error },
    #[error("the catalogue of models {path}, model `{model}`: {fault}")]
    Entry { path: String, model: String, fault: String },
}

impl Catalogue {
    /// The catalogue that is part of the program.
    pub fn shipped() -> Catalogue {
        Catalogue {
            entries: parse("models/models.toml", SHIPPED)
                .expect("a test reads the shipped catalogue"),
        }
    }

    /// The shipped catalogue, and over it a file of the same shape: an entry of a known name replaces it.
    pub fn with(path: &Path) -> Result<Catalogue, CatalogueError> {
        let place = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|cause| CatalogueError::Unreadable { path: place.clone(), cause })?;
        let mut catalogue = Catalogue::shipped();
        for entry in parse(&place, &text)? {
            match catalogue.entries.iter_mut().find(|old| old.name == entry.name) {
                Some(old) => *old = entry,
                None => catalogue.entries.push(entry),
            }
        }
        Ok(catalogue)
    }

    /// The shipped catalogue, with the file over it that `LIVECAP_CATALOGUE` names, if it names one.
    pub fn of_environment() -> Result<Catalogue, CatalogueError> {
        match std::env::var_os("LIVECAP_CATALOGUE").filter(|path| !path.is_empty()) {
            Some(path) => Catalogue::with(Path::new(&path)),
            None => Ok(Catalogue::shipped()),
        }
    }

    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    pub fn get(&self, name: &str) -> Option<&ModelEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The model whose file is called so.
    pub fn of_file(&self, file: &str) -> Option<&ModelEntry> {
        self.entries.iter().find(|entry| entry.file == file)
    }

    /// The model whose file has these sums, and which of them tells.
    pub fn of_sums(&self, sha1: &str, sha256: &str) -> Option<(&ModelEntry, Kind)> {
        self.entries.iter().find_map(|entry| {
            let sums = &entry.sums;
            let is = |sum: &Option<String>, found: &str| sum.as_deref() == Some(found);
            let by = if is(&sums.sha256, sha256) || is(&sums.sha256_quoted, sha256) {
                Kind::Sha256
            } else if is(&sums.sha1, sha1) {
                Kind::Sha1
            } else {
                return None;
            };
            Some((entry, by))
        })
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let near =
            |entry: &ModelEntry| (strsim::jaro_winkler(name, &entry.name), entry.name.clone());
        let (likeness, _) = self.entries.iter().map(near).max_by(|a, b| a.0.total_cmp(&b.0))?;
        let best = self
            .entries
            .iter()
            .find(|entry| strsim::jaro_winkler(name, &entry.name) == likeness)?;
        (likeness > 0.8).then_some(best.name.as_str())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawCatalogue {
    base_url: Option<String>,
    licence: Option<String>,
    #[serde(default)]
    decoding: DecodingChange,
    #[serde(default)]
    model: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawEntry {
    name: String,
    file: String,
    url: Option<String>,
    #[serde(default)]
    built_in: bool,
    size: Option<u64>,
    parameters: Option<u32>,
    licence: Option<String>,
    sha1: Option<String>,
    sha256: Option<String>,
    sha256_quoted: Option<String>,
    languages: Languages,
    vocabulary: Option<String>,
    #[serde(default)]
    decoding: DecodingChange,
}

fn parse(path: &str, text: &str) -> Result<Vec<ModelEntry>, CatalogueError> {
    let raw: RawCatalogue =
        toml::from_str(text).map_err(|cause| CatalogueError::Shape { path: path.into(), cause })?;
    let usual = raw.decoding;
    let base = raw.base_url.as_deref().map(|base| base.trim_end_matches('/'));
    raw.model
        .into_iter()
        .map(|mut model| {
            let name = model.name.clone();
            model.licence = model.licence.or_else(|| raw.licence.clone());
            entry(model, base, usual).map_err(|fault| CatalogueError::Entry {
                path: path.into(),
                model: name,
                fault,
            })
        })
        .collect()
}

fn entry(raw: RawEntry, base: Option<&str>, usual: DecodingChange) -> Result<ModelEntry, String> {
    // A file name goes into the models folder as it is: it must not leave it.
    if raw.file.is_empty() || raw.file.starts_with('.') || raw.file.contains(['/', '\\']) {
        return Err(format!("`file = \"{}\"` is not a plain file name", raw.file));
    }
    let url = match (raw.url, base) {
        _ if raw.built_in => None,
        (Some(url), _) => Some(url),
        (None, Some(base)) => Some(format!("{base}/{}", raw.file)),
        (None, None) => return Err("it has no `url`, and there is no `base-url`".into()),
    };
    let sums = Sums {
        sha1: hexadecimal("sha1", raw.sha1, 40)?,
        sha256: hexadecimal("sha256", raw.sha256, 64)?,
        sha256_quoted: hexadecimal("sha256-quoted", raw.sha256_quoted, 64)?,
    };
    if sums == Sums::default() {
        return Err("it has no checksum; give `sha256` or `sha1`".into());
    }
    Ok(ModelEntry {
        name: raw.name,
        file: raw.file,
        url,
        built_in: raw.built_in,
        size: raw.size,
        parameters: raw.parameters,
        licence: raw.licence,
        sums,
        languages: raw.languages,
        vocabulary: raw.vocabulary,
        decoding: raw.decoding.over(usual),
    })
}

fn hexadecimal(key: &str, sum: Option<String>, digits: usize) -> Result<Option<String>, String> {
    match sum {
        Some(sum) if sum.len() != digits || !sum.bytes().all(|it| it.is_ascii_hexdigit()) => {
            Err(format!("`{key}` is not {digits} hexadecimal digits"))
        }
        sum => Ok(sum.map(|sum| sum.to_ascii_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_knows_the_demo_and_published_models() {
        let catalogue = Catalogue::shipped();
        let demo = catalogue.get("demo").unwrap();
        assert!(demo.built_in && demo.url.is_none());
        let base = catalogue.get("base.en").unwrap();
        assert_eq!(base.languages, Languages::English);
        assert_eq!(
            base.url.as_deref(),
            Some("https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.en.bin")
        );
    }

    #[test]
    fn no_name_and_no_file_is_listed_twice() {
        let catalogue = Catalogue::shipped();
        for entry in catalogue.entries() {
            assert_eq!(
                catalogue.entries().iter().filter(|it| it.name == entry.name).count(),
                1,
                "{}",
                entry.name
            );
            assert_eq!(
                catalogue.entries().iter().filter(|it| it.file == entry.file).count(),
                1,
                "{}",
                entry.file
            );
            assert_eq!(
                entry.languages == Languages::English,
                entry.name.contains(".en") || entry.name == "demo"
            );
        }
    }

    #[test]
    fn every_model_has_its_parameters_and_its_licence() {
        for entry in Catalogue::shipped().entries() {
            assert!(entry.parameters.is_some() && entry.licence.is_some(), "{}", entry.name);
        }
        let own = format!(
            "base-url = \"u\"\n[[model]]\nname = \"m\"\nfile = \"m.bin\"\nsha1 = \"{}\"\nlanguages = \"english\"\n",
            "0".repeat(40)
        );
        let entries = parse("own.toml", &own).unwrap();
        assert_eq!((entries[0].parameters, &entries[0].licence), (None, &None));
        let entries = parse("own.toml", &format!("licence = \"CC0-1.0\"\n{own}")).unwrap();
        assert_eq!(entries[0].licence.as_deref(), Some("CC0-1.0"));
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_name() {
        let catalogue = Catalogue::shipped();
        assert_eq!(catalogue.nearest("bas.en"), Some("base.en"));
        assert_eq!(catalogue.nearest("demos"), Some("demo"));
        assert_eq!(catalogue.nearest("zzz"), None);
    }

    #[test]
    fn a_file_of_ones_own_adds_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        let sum = "0".repeat(40);
        let own = format!(
            "base-url = \"http://mirror/\"\n[[model]]\nname = \"base.en\"\nfile = \"b.bin\"\nsha1 = \"{sum}\"\nlanguages = \"english\"\n\
             [[model]]\nname = \"ours\"\nfile = \"o.bin\"\nsha1 = \"{sum}\"\nlanguages = \"multilingual\"\n"
        );
        fs::write(&path, own).unwrap();
        let catalogue = Catalogue::with(&path).unwrap();
        assert_eq!(catalogue.get("base.en").unwrap().url.as_deref(), Some("http://mirror/b.bin"));
        assert_eq!(catalogue.get("ours").unwrap().file, "o.bin");
        assert_eq!(catalogue.entries().len(), Catalogue::shipped().entries().len() + 1);
    }

    #[test]
    fn an_entry_that_cannot_be_trusted_is_refused_by_name() {
        let sum = "0".repeat(40);
        for (entry, fault) in [
            (format!("file = \"../x\"\nsha1 = \"{sum}\""), "not a plain file name"),
            ("file = \"x\"".to_string(), "no checksum"),
            ("file = \"x\"\nsha1 = \"abc\"".to_string(), "40 hexadecimal digits"),
        ] {
            let text = format!(
                "base-url = \"u\"\n[[model]]\nname = \"m\"\nlanguages = \"english\"\n{entry}\n"
            );
            let told = parse("own.toml", &text).unwrap_err().to_string();
            assert!(told.contains("own.toml, model `m`") && told.contains(fault), "{told}");
        }
        let told = parse("own.toml", "[[model]]\nnaem = 1").unwrap_err().to_string();
        assert!(told.contains("own.toml") && told.contains("naem"), "{told}");
    }
}
