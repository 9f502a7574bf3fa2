//! Which of the files that were named are a model: its weights, in one file or several, and what lies beside them.
use std::{collections::BTreeSet, fs::File, path::Path};

use super::{ImportError, SourceFault, container::Container};

/// Whose format weights are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    CTranslate2,
    HuggingFace,
}

/// A model's files.
pub(super) struct Found {
    containers: Vec<Container>,
    pub(super) format: Format,
    /// In their order: one after another they are model.bin, or each is a file of safetensors.
    weights: Vec<At>,
}

/// A file in one of the containers.
#[derive(Clone)]
struct At {
    container: usize,
    name: String,
}

const INDEX: &str = "model.safetensors.index.json";

impl Found {
    pub(super) fn search(paths: &[impl AsRef<Path>]) -> Result<Found, ImportError> {
        let containers = paths.iter().map(|path| Container::open(path.as_ref()));
        let containers = containers.collect::<Result<Vec<_>, _>>()?;
        let all = |wanted: &dyn Fn(&str) -> bool| -> Vec<At> {
            let of = |(container, it): (usize, &Container)| {
                let names = it.names.iter().filter(|name| wanted(base(name)));
                names.map(|name| At { container, name: name.clone() }).collect::<Vec<_>>()
            };
            containers.iter().enumerate().flat_map(of).collect()
        };
        let place = names_of(&containers);
        let mut found =
            Found { containers: Vec::new(), format: Format::CTranslate2, weights: all(&is_part) };
        if found.weights.is_empty() {
            found.format = Format::HuggingFace;
            found.weights = all(&|name| name == INDEX);
            if found.weights.is_empty() {
                found.weights = all(&|name| name == "model.safetensors");
            }
        }
        let pickle = !all(&|name| name == "pytorch_model.bin").is_empty();
        found.containers = containers;
        match (found.format, found.weights.len()) {
            (_, 0) if pickle => Err(SourceFault::Pickle.at(place)),
            (_, 0) => Err(SourceFault::NoModel.at(place)),
            (Format::CTranslate2, _) => found.in_order(&place),
            (Format::HuggingFace, 1) => found.shards(),
            (Format::HuggingFace, _) => Err(found.several(&place)),
        }
    }

    /// Sorts the parts of model.bin by their numbers.
    fn in_order(mut self, place: &str) -> Result<Found, ImportError> {
        self.weights.sort_by_key(|it| part_number(&it.name));
        let numbers: Vec<_> = self.weights.iter().map(|it| part_number(&it.name)).collect();
        if numbers.len() > 1 && numbers.iter().any(Option::is_none)
            || numbers.windows(2).any(|pair| pair[0] == pair[1])
        {
            return Err(self.several(place));
        }
        let first = numbers[0].map(|first| first.min(1));
        for (number, wanted) in numbers.iter().flatten().zip(first.into_iter().flat_map(|it| it..))
        {
            if *number != wanted {
                return Err(SourceFault::MissingPart(wanted).at(place));
            }
        }
        Ok(self)
    }

    /// Puts the files that the index of a divided model names in its place.
    fn shards(mut self) -> Result<Found, ImportError> {
        let at = self.weights[0].clone();
        if base(&at.name) != INDEX {
            return Ok(self);
        }
        #[derive(serde::Deserialize)]
        struct Index {
            weight_map: std::collections::HashMap<String, String>,
        }
        let container = &mut self.containers[at.container];
        let place = container.place(&at.name);
        let index: Index = serde_json::from_str(&container.text(&at.name)?)
            .map_err(|fault| SourceFault::text(INDEX, &fault).at(&place))?;
        let files: BTreeSet<String> = index.weight_map.into_values().collect();
        self.weights.clear();
        for file in files {
            let name = beside(&at.name, &file);
            if !container.names.contains(&name) {
                return Err(SourceFault::MissingFile(file).at(place));
            }
            self.weights.push(At { container: at.container, name });
        }
        if self.weights.is_empty() {
            return Err(SourceFault::text(INDEX, &"it names no file").at(place));
        }
        Ok(self)
    }

    fn several(&self, place: &str) -> ImportError {
        let names: Vec<&str> = self.weights.iter().map(|it| it.name.as_str()).collect();
        SourceFault::SeveralModels(names.join(", ")).at(place)
    }

    /// What an error calls the weights.
    pub(super) fn place(&self) -> String {
        let places = self.weights.iter().map(|it| self.containers[it.container].place(&it.name));
        places.collect::<Vec<_>>().join(" + ")
    }

    /// The first path, for a name.
    pub(super) fn path(&self) -> &Path {
        self.containers[self.weights[0].container].path()
    }

    /// The weights as one file.
    pub(super) fn joined(&mut self, scratch: &Path) -> Result<File, ImportError> {
        if let [at] = &self.weights[..] {
            return self.containers[at.container].file(&at.name, scratch);
        }
        let mut all =
            tempfile::tempfile_in(scratch).map_err(|cause| ImportError::disk(scratch, cause))?;
        for at in &self.weights {
            self.containers[at.container].append(&at.name, &mut all, scratch)?;
        }
        Ok(all)
    }

    /// The weights as they lie, each with what errors call it.
    pub(super) fn each(&mut self, scratch: &Path) -> Result<Vec<(String, File)>, ImportError> {
        let open = |at: &At| {
            let container = &mut self.containers[at.container];
            Ok((container.place(&at.name), container.file(&at.name, scratch)?))
        };
        self.weights.iter().map(open).collect()
    }

    /// The text of the file of this name that lies beside any of the weights.
    pub(super) fn text(&mut self, file: &str) -> Result<Option<String>, ImportError> {
        for at in &self.weights {
            let (name, container) = (beside(&at.name, file), &mut self.containers[at.container]);
            if container.names.contains(&name) {
                return container.text(&name).map(Some);
            }
        }
        Ok(None)
    }
}

fn names_of(containers: &[Container]) -> String {
    let paths = containers.iter().map(|it| it.path().display().to_string());
    paths.collect::<Vec<_>>().join(" + ")
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The name of a file in the folder of the file `name`.
fn beside(name: &str, file: &str) -> String {
    format!("{}{file}", &name[..name.len() - base(name).len()])
}

/// `model.bin`, or a part of it as `model.bin.part2`.
fn is_part(name: &str) -> bool {
    name == "model.bin" || name.starts_with("model.bin.") && part_number(name).is_some()
}

/// The number that ends the name of a part.
fn part_number(name: &str) -> Option<u64> {
    let name = base(name);
    let digits = name.len() - name.trim_end_matches(|it: char| it.is_ascii_digit()).len();
    name[name.len() - digits..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_their_numbers() {
        assert!(is_part("model.bin") && is_part("model.bin.part2") && is_part("model.bin.007"));
        assert!(!is_part("model.bin.sha256") || part_number("model.bin.sha256") == Some(256));
        assert!(!is_part("pytorch_model.bin") && !is_part("model.bin.txt"));
        assert_eq!(part_number("a.1/model.bin.part10"), Some(10));
        assert_eq!(part_number("a.1/model.bin"), None);
        assert_eq!(beside("a/b/model.bin", "config.json"), "a/b/config.json");
        assert_eq!(beside("model.bin", "config.json"), "config.json");
    }
}
