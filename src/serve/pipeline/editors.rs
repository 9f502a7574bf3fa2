//! What operators may change in the stages behind a broadcast: translations that are asked for again, rules and vocabularies.
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{flow::Setting, logic::replace::Rules};

/// So many corrected texts may wait for one translator.
const WAITING: usize = 64;

/// A corrected text to be translated again.
#[derive(Debug)]
pub struct Retranslation {
    pub text: String,
    /// Its language.
    pub from: String,
    /// For the translation, or why there is none.
    pub answer: oneshot::Sender<Result<String, String>>,
}

/// Where corrected texts go, to one stage that translates.
#[derive(Clone, Debug)]
pub struct Retranslator {
    pub(crate) stage: String,
    pub(crate) to: String,
    pub(crate) sender: mpsc::Sender<Retranslation>,
}

/// Where they come out, for all runs of that stage.
#[derive(Clone, Debug)]
pub struct Retranslations(Arc<Mutex<mpsc::Receiver<Retranslation>>>);

impl Retranslations {
    /// Both ends, for a stage that translates into `to`.
    pub fn of(stage: &str, to: &str) -> (Retranslator, Retranslations) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let retranslator = Retranslator { stage: stage.to_owned(), to: to.to_owned(), sender };
        (retranslator, Retranslations(Arc::new(Mutex::new(receiver))))
    }

    /// The next one; `None` once nobody can correct any more. What is called off loses nothing.
    pub async fn next(&self) -> Option<Retranslation> {
        self.0.lock().await.recv().await
    }
}

/// The stages behind one broadcast, by the tracks that they work on.
#[derive(Clone, Debug, Default)]
pub struct Editors {
    pub translators: Vec<(String, Retranslator)>,
    pub rules: Vec<EditableRules>,
    pub vocabularies: Vec<EditableVocabulary>,
}

/// The rules of a `replace` stage.
#[derive(Clone, Debug)]
pub struct EditableRules {
    pub track: String,
    /// Of a translation; otherwise of the original.
    pub lang: Option<String>,
    pub stage: String,
    pub rules: Setting<Rules>,
}

/// The names and terms that a recogniser expects.
#[derive(Clone, Debug)]
pub struct EditableVocabulary {
    pub track: String,
    pub vocabulary: Setting<String>,
}

impl Editors {
    /// The rules for an original, or for a translation in `lang`.
    pub(crate) fn rules_of(&self, track: &str, lang: Option<&str>) -> Option<&EditableRules> {
        self.rules.iter().find(|it| it.track == track && it.lang.as_deref() == lang)
    }
}
