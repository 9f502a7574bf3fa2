//! Several speakers of one stage: each has a source of its own, and so a copy of every stage behind it that takes from one stage.
//! What takes from several stages takes from all copies.
use std::path::{Path, PathBuf};

use super::plan::{CopyOf, Feed, Planned, Stage};

/// The stages with their copies, givers before takers as before.
pub(super) fn expand(stages: Vec<Stage>) -> Vec<Stage> {
    let mut expanded: Vec<Stage> = Vec::new();
    // Where the copies of each stage stand; one number for a stage without.
    let mut places: Vec<Vec<usize>> = Vec::new();
    for stage in stages {
        let copies = match &stage.work {
            Planned::Browser(browser) => browser.speakers,
            _ if stage.kind().takes_several() => 1,
            _ => stage.feeds.iter().map(|it| places[it.giver].len()).max().unwrap_or(1),
        };
        let first = expanded.len();
        if copies == 1 {
            let feeds = stage.feeds.iter();
            let feeds = feeds.flat_map(|feed| {
                places[feed.giver].iter().map(|giver| Feed { giver: *giver, ..feed.clone() })
            });
            expanded.push(Stage { feeds: feeds.collect(), ..stage });
        } else {
            expanded.extend((1..=copies).map(|number| copy(&stage, number, copies, &places)));
        }
        places.push((first..expanded.len()).collect());
    }
    expanded
}

fn copy(stage: &Stage, number: usize, count: usize, places: &[Vec<usize>]) -> Stage {
    let feeds = stage.feeds.iter().map(|feed| {
        let givers = &places[feed.giver];
        let giver = givers.get(number - 1).or(givers.first()).copied().unwrap_or(feed.giver);
        Feed { giver, ..feed.clone() }
    });
    let mut work = stage.work.clone();
    match &mut work {
        Planned::Browser(browser) => browser.slot = number,
        Planned::Record(record) => record.path = numbered(&record.path, number),
        _ => (),
    }
    // An implied resampler is called by its source, with an ending.
    let name = match stage.name.split_once('.') {
        Some((name, ending)) => format!("{name}.{number}.{ending}"),
        None => format!("{}.{number}", stage.name),
    };
    let copy_of = Some(CopyOf { name: stage.name.clone(), number, count });
    Stage { name, feeds: feeds.collect(), work, copy_of, ..stage.clone() }
}

/// `sound.flac` of the second speaker is `sound.2.flac`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    match path.extension() {
        Some(ending) => path.with_extension(format!("{number}.{}", ending.to_string_lossy())),
        None => path.with_extension(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::spec::{Plan, check};

    fn plan(speakers: usize) -> Plan {
        let text = format!(
            "[browser.panel]\nspeakers = {speakers}\n[whisper.words]\nfrom = \"panel\"\nmodel = \"demo\"\n\
             [record.sound]\nfrom = \"panel\"\npath = \"sound.wav\"\n[replace.glossary]\nfrom = \"words\"\n\
             mask = [\"rude\"]\n[subtitles.file]\nfrom = \"glossary\"\npath = \"{{track}}.srt\"\n\
             [broadcast.web]\nfrom = \"glossary\"\nlisten = \"127.0.0.1:0\"\n"
        );
        check(&text, Path::new("it.toml")).unwrap()
    }

    fn feeds(plan: &Plan) -> Vec<(String, Vec<String>)> {
        let name = |it: usize| plan.stages()[it].name.clone();
        let stages = plan.stages().iter();
        stages
            .map(|it| (it.name.clone(), it.feeds.iter().map(|it| name(it.giver)).collect()))
            .collect()
    }

    #[test]
    fn one_speaker_is_a_source_like_any_other() {
        let names: Vec<String> = feeds(&plan(1)).into_iter().map(|it| it.0).collect();
        assert_eq!(names.len(), 7);
        assert!(names.iter().any(|it| it == "panel") && names.iter().any(|it| it == "panel.16k"));
    }

    #[test]
    fn each_speaker_has_its_own_stages_up_to_those_that_take_several() {
        let plan = plan(3);
        let found = feeds(&plan);
        let of = |name: &str| found.iter().find(|it| it.0 == name).unwrap().1.clone();
        assert_eq!(of("panel.2.16k"), ["panel.2"]);
        assert_eq!(of("words.2"), ["panel.2.16k"]);
        assert_eq!(of("sound.3"), ["panel.3"]);
        assert_eq!(of("glossary.1"), ["words.1"]);
        for sink in ["web", "file"] {
            assert_eq!(of(sink), ["glossary.1", "glossary.2", "glossary.3"]);
        }
        // Givers stand before takers.
        for (number, stage) in plan.stages().iter().enumerate() {
            assert!(stage.feeds.iter().all(|it| it.giver < number), "{}", stage.name);
        }
        let paths: Vec<String> = plan
            .stages()
            .iter()
            .filter_map(|it| match &it.work {
                super::Planned::Record(it) => Some(it.path.display().to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(paths, ["sound.1.wav", "sound.2.wav", "sound.3.wav"]);
        assert_eq!(plan.recognisers().get(), 3);
    }
}
