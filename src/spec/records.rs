//! The second phase, sound that belongs to words: which `record` stages a journal names, and whose captions their sound has.
use super::{
    Code, Complaint,
    complaint::{closest, list},
    plan::{Plan, Planned, Stage},
    voices,
};

impl Plan {
    /// The journal whose words the sound of this `record` stage belongs to, and the tracks that come from that sound, by name.
    pub fn words_of(&self, record: usize) -> Option<(usize, Vec<String>)> {
        let stages = &self.stages;
        let (number, _) = stages.iter().enumerate().find(|(_, it)| {
            matches!(&it.work, Planned::Journal(journal)
                if journal.record.as_deref().is_some_and(|name| is_named(&stages[record], name)))
        })?;
        let tracks = tracks(stages, number, record).into_iter();
        Some((number, tracks.map(|it| stages[it].name.clone()).collect()))
    }
}

fn is_named(stage: &Stage, name: &str) -> bool {
    let family = stage.copy_of.as_ref().map_or(&stage.name, |it| &it.name);
    matches!(stage.work, Planned::Record(_)) && family == name
}

/// The tracks of the journal's broadcast that come from the source of this `record` stage.
fn tracks(stages: &[Stage], journal: usize, record: usize) -> Vec<usize> {
    let Some(broadcast) = stages[journal].feeds.first() else { return Vec::new() };
    let mut tracks: Vec<usize> =
        voices::heard(stages, broadcast.giver).into_iter().map(|it| it.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    let source = source(stages, record);
    tracks.retain(|it| self::source(stages, *it) == source);
    tracks
}

/// Where its sound begins. What takes sound takes it from one stage.
fn source(stages: &[Stage], number: usize) -> usize {
    stages[number].feeds.first().map_or(number, |feed| source(stages, feed.giver))
}

/// Complains about journals that name no `record` stage, or one of other sound.
pub(super) fn check(stages: &[Stage], complaints: &mut Vec<Complaint>) {
    for (number, stage) in stages.iter().enumerate() {
        let Planned::Journal(journal) = &stage.work else { continue };
        let Some(name) = &journal.record else { continue };
        let named: Vec<usize> =
            (0..stages.len()).filter(|it| is_named(&stages[*it], name)).collect();
        // A feed that is absent was complained about.
        let is_fed = |it: usize| !stages[it].feeds.is_empty();
        if named.is_empty() {
            complaints.push(unknown(stages, stage, name));
        } else if is_fed(number)
            && named.iter().all(|it| is_fed(*it) && tracks(stages, number, *it).is_empty())
        {
            complaints.push(elsewhere(stages, number, named[0]));
        }
    }
}

fn unknown(stages: &[Stage], journal: &Stage, name: &str) -> Complaint {
    let all = stages.iter().filter(|it| matches!(it.work, Planned::Record(_)));
    let mut names: Vec<&str> =
        all.map(|it| it.copy_of.as_ref().map_or(&it.name, |it| &it.name).as_str()).collect();
    names.dedup();
    let help = match (closest(name, names.iter().copied()), &names[..]) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => format!(
            "add one:\n\n[record.{name}]\nfrom = \"the source of the captions\"\npath = \"{name}.flac\""
        ),
        (None, names) => format!("it could be {}", list(names.iter().copied(), "or")),
    };
    Complaint::new(Code::WrongRecord, format!("no `record` stage is called `{name}`"))
        .mark(journal.places.of("record"), "not the name of a `record` stage")
        .help(help)
}

fn elsewhere(stages: &[Stage], journal: usize, record: usize) -> Complaint {
    let broadcast = stages[journal].feeds[0].giver;
    let (journal, record) = (&stages[journal], &stages[record]);
    let sources: Vec<&str> = {
        let tracks = voices::heard(stages, broadcast);
        let mut all: Vec<usize> = tracks.iter().map(|it| source(stages, it.track)).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|it| stages[it].name.as_str()).collect()
    };
    let title = format!(
        "`{}` records something else than `{}` has the words of",
        record.title(),
        journal.title()
    );
    Complaint::new(Code::WrongRecord, title)
        .mark(journal.places.of("record"), "has other sound")
        .mark(
            record.places.of("from"),
            format!("the captions come from {}", list(sources.iter().copied(), "and")),
        )
        .maybe_help(sources.first().map(|it| format!("from = \"{it}\"")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::spec::{Plan, check};

    fn plan(speakers: usize) -> Plan {
        let text = format!(
            "[browser.panel]\nspeakers = {speakers}\n[pcm.hall]\nformat = \"s16le\"\nrate = 16000\n\
             [whisper.words]\nfrom = \"panel\"\nmodel = \"demo\"\n\
             [whisper.more]\nfrom = \"hall\"\nmodel = \"demo\"\n\
             [record.sound]\nfrom = \"panel\"\npath = \"sound.wav\"\n\
             [broadcast.web]\nfrom = [\"words\", \"more\"]\nlisten = \"127.0.0.1:0\"\n\
             [journal.book]\nfrom = \"web\"\npath = \"book.db\"\nrecord = \"sound\"\n"
        );
        check(&text, Path::new("it.toml")).unwrap_or_else(|it| panic!("{it:?}"))
    }

    fn words(plan: &Plan) -> Vec<(String, Vec<String>)> {
        let stages = plan.stages().iter().enumerate();
        stages
            .filter_map(|(number, it)| {
                plan.words_of(number).map(|(_, tracks)| (it.name.clone(), tracks))
            })
            .collect()
    }

    #[test]
    fn sound_belongs_to_the_tracks_of_its_source() {
        assert_eq!(words(&plan(1)), [("sound".to_owned(), vec!["words".to_owned()])]);
    }

    #[test]
    fn each_speaker_has_sound_of_their_own() {
        let expected = ["1", "2"].map(|it| (format!("sound.{it}"), vec![format!("words.{it}")]));
        assert_eq!(words(&plan(2)), expected);
    }
}
