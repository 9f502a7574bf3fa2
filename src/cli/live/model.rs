//! Which model to take: the one that is named, the only one, or the best that keeps up here; where none is, one to get.
use std::{io, path::Path, time::Duration};

use crate::{
    assemble::quick_trial,
    cli::{
        ask::{self, Questions},
        exit::Trouble,
        models::{PullArgs, Speeds, lookup::mebibytes, pull, speech},
    },
    languages,
    logic::model_speed::{Candidate, Verdict, best, estimated},
    models::{Catalogue, Found, Languages, ModelEntry, ModelError, Store},
};

/// A model of OpenAI's costs this much more for its size than the one in the program: 2.0 for tiny.en, 2.5 for base.
const BESIDE_THE_DEMO: f64 = 2.5;

/// What it is called in a pipeline file, and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    pub(crate) told: String,
}

/// Where models are, and what is known of them.
pub(crate) struct Shelf {
    pub(crate) catalogue: Catalogue,
    pub(crate) store: Store,
}

/// A model that is here, is whole, knows all words, and the language.
struct Usable {
    found: Found,
    parameters: u64,
    multilingual: bool,
}

impl Shelf {
    pub(crate) fn of_environment() -> Result<Shelf, Trouble> {
        let catalogue =
            Catalogue::of_environment().map_err(|error| Trouble::Told(error.to_string()))?;
        let store = Store::of_environment().map_err(|error| Trouble::Told(error.to_string()))?;
        Ok(Shelf { catalogue, store })
    }

    /// One of those that are here; `None` if none is. Takes a moment the first time that there are several.
    pub(crate) fn best_here(&self, language: Option<&str>) -> Result<Option<Chosen>, Trouble> {
        let folder = self.store.folder();
        let present = self.store.present(&self.catalogue).map_err(|cause| {
            Trouble::Told(format!(
                "cannot read the folder of the models {}: {cause}",
                folder.display()
            ))
        })?;
        let usable: Vec<Usable> =
            present.into_iter().filter_map(|it| usable(it, language)).collect();
        Ok(match usable.as_slice() {
            [] => None,
            [only] => {
                let name = only.found.name.clone();
                Some(Chosen { told: format!("model: {name}"), name })
            }
            several => Some(by_speed(several, language, folder)),
        })
    }

    /// What to get where none is here: the best that should keep up, judged by the model in the program.
    pub(crate) fn fitting(&self, language: Option<&str>) -> Option<&ModelEntry> {
        let fits = |it: &&ModelEntry| {
            let knows = it.languages == Languages::Multilingual || is_english(language);
            knows && it.vocabulary.is_none() && it.url.is_some() && it.size.is_some()
        };
        let entries: Vec<&ModelEntry> = self.catalogue.entries().iter().filter(fits).collect();
        let demo = self.catalogue.get("demo").filter(|it| it.built_in);
        let demo =
            demo.and_then(|it| self.store.resolve(&self.catalogue, &it.name, Path::new("")).ok());
        let measured = demo.and_then(|it| measured(&it));
        let measured: Vec<(u64, Duration)> = measured
            .map(|(size, cost)| (size, cost.mul_f64(BESIDE_THE_DEMO)))
            .into_iter()
            .collect();
        let candidates: Vec<Candidate> = entries
            .iter()
            .map(|it| {
                let parameters = u64::from(it.parameters.unwrap_or_default()) * 1_000_000;
                let verdict =
                    estimated(parameters, &measured).map_or(Verdict::TooSlow, Verdict::of);
                let multilingual = it.languages == Languages::Multilingual;
                Candidate { name: it.name.clone(), parameters, multilingual, verdict }
            })
            .collect();
        let best = best(&candidates, is_english(language) && language.is_some());
        let size = best.map(|it| (it.parameters / 1_000_000, it.multilingual));
        let same = |it: &&&ModelEntry| {
            let own = u64::from(it.parameters.unwrap_or_default());
            size.is_none_or(|it_is| (own, it.languages == Languages::Multilingual) == it_is)
        };
        // Of the same weights the smallest download; where nothing keeps up, the smallest of all.
        entries.iter().filter(same).min_by_key(|it| it.size).copied()
    }
}

/// The model for these options. Gets one if it has to, after it was allowed to.
pub(super) async fn choose(
    shelf: &Shelf,
    asked: Option<&str>,
    language: Option<&str>,
    yes: bool,
) -> Result<Chosen, Trouble> {
    let (why, entry) = match asked {
        Some(name) => match shelf.store.resolve(&shelf.catalogue, name, Path::new("")) {
            Ok(_) => return Ok(Chosen { name: name.to_owned(), told: format!("model: {name}") }),
            Err(ModelError::Missing { .. }) => {
                (format!("the model `{name}` is not here"), shelf.catalogue.get(name))
            }
            Err(error) => return Err(Trouble::Told(error.to_string())),
        },
        None => match tokio::task::block_in_place(|| shelf.best_here(language))? {
            Some(chosen) => return Ok(chosen),
            None => {
                let what = language
                    .map_or_else(String::new, |it| format!(" for {}", languages::named(it)));
                let fitting = tokio::task::block_in_place(|| shelf.fitting(language));
                (format!("no model{what} is here"), fitting)
            }
        },
    };
    let entry = entry.ok_or_else(|| {
        Trouble::Told(format!(
            "{why}; `livecap models list` shows what there is, `--model` names one"
        ))
    })?;
    get(shelf, entry, &why, yes).await?;
    Ok(Chosen { name: entry.name.clone(), told: format!("model: {}", entry.name) })
}

async fn get(shelf: &Shelf, entry: &ModelEntry, why: &str, yes: bool) -> Result<(), Trouble> {
    let name = &entry.name;
    let size = entry.size.map_or_else(String::new, |it| format!(" ({})", mebibytes(it)));
    let allowed = yes
        || {
            if !ask::at_terminal() {
                return Err(Trouble::Told(format!(
                    "{why}: add `--yes` to get `{name}`{size}, or get it with `livecap models pull {name}`; \
                 `livecap models list` shows others"
                )));
            }
            let folder = shelf.store.folder().display();
            let question = format!("{why}. Get `{name}`{size} into {folder}?");
            let asked =
                tokio::task::spawn_blocking(move || Questions::at_terminal().yes(&question, true));
            let asked = asked.await.map_err(|error| Trouble::Told(error.to_string()))?;
            asked.map_err(|error| Trouble::Told(format!("cannot read the terminal: {error}")))?
        };
    if !allowed {
        let told =
            "without a model there are no captions; `livecap models list` shows what there is";
        return Err(Trouble::Told(told.to_owned()));
    }
    let pulled = pull(&PullArgs::of(name), &shelf.catalogue, &shelf.store, &mut io::stderr()).await;
    pulled.map_err(|error| Trouble::Told(error.to_string()))
}

fn usable(found: Found, language: Option<&str>) -> Option<Usable> {
    if found.caution().is_some() {
        return None;
    }
    let header = found.inspect().ok()?;
    let english = found.entry.as_ref().is_some_and(|it| it.languages == Languages::English);
    let multilingual = header.multilingual() && !english;
    let parameters = header.parameters();
    (multilingual || is_english(language)).then_some(Usable { found, parameters, multilingual })
}

/// Whether a model for English alone will do. Where no language is named, it is taken to be what the models know.
fn is_english(language: Option<&str>) -> bool {
    language.is_none_or(|it| it == "auto" || languages::is_within(it, "en"))
}

/// By what was measured before, here or by `models try`. If nothing was, the smallest is measured, and the others are judged by it.
fn by_speed(several: &[Usable], language: Option<&str>, folder: &Path) -> Chosen {
    let mut speeds = Speeds::read(folder);
    let known = |speeds: &Speeds| -> Vec<(u64, Duration)> {
        let known = |it: &Usable| Some((it.parameters, speeds.partial(&it.found)?));
        several.iter().filter_map(known).collect()
    };
    let mut by_size: Vec<&Usable> = several.iter().collect();
    by_size.sort_by_key(|it| it.parameters);
    if known(&speeds).is_empty()
        && let Some((found, (_, cost))) =
            by_size.iter().find_map(|it| Some((&it.found, measured(&it.found)?)))
    {
        speeds.add(found, cost);
        speeds.write();
    }
    let known = known(&speeds);
    let candidates: Vec<Candidate> = several
        .iter()
        .map(|it| {
            let own = speeds.partial(&it.found).or_else(|| estimated(it.parameters, &known));
            Candidate {
                name: it.found.name.clone(),
                parameters: it.parameters,
                multilingual: it.multilingual,
                verdict: own.map_or(Verdict::TooSlow, Verdict::of),
            }
        })
        .collect();
    let count = candidates.len();
    let english = language.is_some() && is_english(language);
    let (name, why) = match best(&candidates, english) {
        Some(best) if best.verdict == Verdict::KeepsUp => {
            (best.name.clone(), format!("the largest of {count} here that keeps up"))
        }
        Some(best) => (best.name.clone(), "which keeps up with slow partials".to_owned()),
        None => {
            let smallest = by_size.first().map(|it| it.found.name.clone());
            (
                smallest.unwrap_or_default(),
                "the smallest here; all are slow on this machine".to_owned(),
            )
        }
    };
    Chosen { told: format!("model: {name}, {why}; `--model` takes another"), name }
}

/// Its number of parameters, and the cost of a partial.
fn measured(found: &Found) -> Option<(u64, Duration)> {
    let parameters = found.inspect().ok()?.parameters();
    let cost = speech().map_err(|error| error.to_string()).and_then(|it| quick_trial(found, &it));
    match cost {
        Ok(cost) => Some((parameters, cost)),
        Err(error) => {
            tracing::debug!(model = found.name, error, "cannot be measured");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn demo() -> Vec<u8> {
        fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo.bin")).unwrap()
    }

    fn shelf(folder: &Path) -> Shelf {
        Shelf { catalogue: Catalogue::shipped(), store: Store::new(folder) }
    }

    #[test]
    fn the_only_model_is_taken_unmeasured_and_the_one_in_the_program_never() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        assert_eq!(shelf.best_here(None).unwrap(), None);
        fs::write(folder.path().join("ggml-mine.bin"), demo()).unwrap();
        fs::write(folder.path().join("ggml-broken.bin"), "no model").unwrap();
        let only = Chosen { name: "mine".to_owned(), told: "model: mine".to_owned() };
        assert_eq!(shelf.best_here(None).unwrap(), Some(only));
        assert!(!folder.path().join("speeds.json").exists());
        assert_eq!(shelf.best_here(Some("nl")).unwrap(), None, "it knows English alone");
        assert!(shelf.best_here(Some("en")).unwrap().is_some());
    }

    #[test]
    fn of_several_one_is_measured_once_and_the_second_start_measures_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        for name in ["one", "two"] {
            fs::write(folder.path().join(format!("ggml-{name}.bin")), demo()).unwrap();
        }
        let first = shelf.best_here(None).unwrap().unwrap();
        assert!(["one", "two"].contains(&first.name.as_str()), "{first:?}");
        let kept = fs::read_to_string(folder.path().join("speeds.json")).unwrap();
        assert_eq!(kept.matches("partial_ms").count(), 1, "{kept}");
        assert_eq!(shelf.best_here(None).unwrap(), Some(first));
        assert_eq!(fs::read_to_string(folder.path().join("speeds.json")).unwrap(), kept);
    }

    #[test]
    fn a_model_to_get_is_one_for_the_language_whose_size_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        for language in [None, Some("en"), Some("nl")] {
            let entry = shelf.fitting(language).unwrap();
            assert!(entry.size.is_some() && entry.parameters.unwrap() <= 74, "{entry:?}");
            assert!(language != Some("nl") || entry.languages == Languages::Multilingual);
        }
    }
}
