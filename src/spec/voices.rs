//! What each stage of text gives, by recogniser and language: the second phase, what would be told twice, or never.
use super::{
    Code, Complaint, Port,
    plan::{Plan, Planned, Stage},
};
use crate::message::Language;

/// What a stage gives or hears: the captions of one recogniser, as they are or in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The number of the recogniser, or of whatever the captions began with, in [`Plan::stages`].
    pub track: usize,
    /// `None`: the original.
    pub language: Option<Language>,
}

impl Plan {
    /// What stage number `stage` hears, in the order of its `from`.
    pub fn heard(&self, stage: usize) -> Vec<Voice> {
        heard(&self.stages, stage)
    }
}

pub(super) fn heard(stages: &[Stage], stage: usize) -> Vec<Voice> {
    stages[stage].feeds.iter().flat_map(|feed| given(stages, feed.giver)).collect()
}

fn given(stages: &[Stage], number: usize) -> Vec<Voice> {
    let stage = &stages[number];
    match &stage.work {
        Planned::Translate(it) => {
            let originals = heard(stages, number).into_iter().filter(|it| it.language.is_none());
            originals.map(|voice| Voice { language: Some(it.to.clone()), ..voice }).collect()
        }
        Planned::Replace(_) => heard(stages, number),
        _ if stage.gives() == Some(Port::Captions) => vec![Voice { track: number, language: None }],
        _ => Vec::new(),
    }
}

/// Complains about translators without an original, about what a sink would be told twice, about files that would mix.
pub(super) fn check(stages: &[Stage], complaints: &mut Vec<Complaint>) {
    for (number, stage) in stages.iter().enumerate() {
        match &stage.work {
            // A feed that is absent was complained about.
            Planned::Translate(_)
                if !stage.feeds.is_empty() && given(stages, number).is_empty() =>
            {
                complaints.push(no_original(stages, stage));
            }
            Planned::Subtitles(it) => {
                complaints.extend(mixed_file(stages, number, &it.template.to_string_lossy()));
            }
            _ => (),
        }
        if stage.kind().takes_several() {
            complaints.extend(told_twice(stages, number));
        }
    }
}

fn no_original(stages: &[Stage], stage: &Stage) -> Complaint {
    let giver = &stages[stage.feeds[0].giver];
    let help = heard(stages, stage.feeds[0].giver)
        .first()
        .map(|voice| format!("from = \"{}\"", stages[voice.track].name));
    Complaint::new(Code::NoOriginal, format!("`{}` would translate a translation", stage.title()))
        .mark(stage.places.of("from"), "takes the captions of a recogniser")
        .mark(giver.places.header.clone(), "gives translations only")
        .maybe_help(help)
}

fn told_twice(stages: &[Stage], number: usize) -> Option<Complaint> {
    let stage = &stages[number];
    let mut seen: Vec<(Voice, usize)> = Vec::new();
    for feed in &stage.feeds {
        for voice in given(stages, feed.giver) {
            let Some((_, first)) = seen.iter().find(|(it, _)| *it == voice) else {
                seen.push((voice, feed.giver));
                continue;
            };
            let (first, second) = (&stages[*first], &stages[feed.giver]);
            let what = match &voice.language {
                None => "its captions".to_owned(),
                Some(language) => format!("its captions in `{language}`"),
            };
            let track = &stages[voice.track];
            let title = format!("`{}` gets `{}` in two ways", stage.title(), track.title());
            return Some(
                Complaint::new(Code::HeardTwice, title)
                    .mark(stage.places.of("from"), format!("would get {what} twice"))
                    .mark(first.places.header.clone(), "gives them")
                    .mark(second.places.header.clone(), "gives them too")
                    .help(format!("take `{}` or `{}` out", first.name, second.name)),
            );
        }
    }
    None
}

fn mixed_file(stages: &[Stage], number: usize, path: &str) -> Option<Complaint> {
    let (stage, voices) = (&stages[number], heard(stages, number));
    let first = voices.first()?;
    let tracks = voices.iter().any(|it| it.track != first.track);
    // Two recognisers may hear the same language, or not: only the track tells them apart.
    let languages =
        voices.iter().any(|it| it.track == first.track && it.language != first.language);
    let missing = match (languages, tracks) {
        (true, _) if !path.contains("{lang}") => "{lang}",
        (_, true) if !path.contains("{track}") => "{track}",
        _ => return None,
    };
    let what = if missing == "{lang}" { "languages" } else { "tracks" };
    let title = format!("`{}` would write several {what} into one file", stage.title());
    let written = std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    let (stem, ending) = written.rsplit_once('.').unwrap_or((&written, "srt"));
    Some(
        Complaint::new(Code::MixedFile, title)
            .mark(stage.places.of("path"), format!("needs `{missing}`"))
            .help(format!("path = \"{stem}.{missing}.{ending}\"")),
    )
}
