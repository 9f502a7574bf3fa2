//! What operators of a broadcast may change in the stages that lead to it.
use super::{assembly::Assembly, ownership::leading_to};
use crate::{
    message::Language,
    serve::{EditableRules, EditableVocabulary, Editors},
    spec::{Plan, Voice},
};

impl Assembly<'_> {
    pub(super) fn editors(&self, broadcast: usize, plan: &Plan) -> Editors {
        let leads = leading_to(plan.stages(), broadcast);
        let name = |stage: usize| plan.stages()[stage].name.clone();
        let mut editors = Editors::default();
        for (stage, retranslator) in self.translators.iter().filter(|it| leads[it.0]) {
            let originals = plan.heard(*stage).into_iter().filter(|it| it.language.is_none());
            let tracks = originals.map(|it| (name(it.track), retranslator.clone()));
            editors.translators.extend(tracks);
        }
        for (stage, rules) in self.rules.iter().filter(|it| leads[it.0]) {
            let of = |Voice { track, language }| EditableRules {
                track: name(track),
                lang: language.as_ref().map(Language::to_string),
                stage: name(*stage),
                rules: rules.clone(),
            };
            editors.rules.extend(plan.heard(*stage).into_iter().map(of));
        }
        for (stage, vocabulary) in self.vocabularies.iter().filter(|it| leads[it.0]) {
            let vocabulary = vocabulary.clone();
            editors.vocabularies.push(EditableVocabulary { track: name(*stage), vocabulary });
        }
        editors
    }
}
