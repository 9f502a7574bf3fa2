//! A plan for measuring: the same pipeline fed with a recording, at a speed of its own, with one broadcast and no file.
use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use super::{
    Plan, Port,
    plan::{
        Channel, Listen, ModelChoice, Partials, Planned, PlaybackSpeed, Recording, SpokenLanguage,
        Stage, WhenFull, Whisper,
    },
};

/// How a plan is replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// What is heard in place of the plan's own source; `None`: the plan's own recording.
    pub recording: Option<PathBuf>,
    pub speed: PlaybackSpeed,
    /// Whether the open segment is decoded before it has ended. Without, each segment is decoded once, whole.
    pub partials: bool,
    /// How many times each recogniser stands side by side.
    pub tracks: NonZeroUsize,
    pub recognisers: RecogniserOverrides,
}

/// What every recogniser takes in place of what the plan says; `None`: as the plan says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecogniserOverrides {
    pub model: Option<ModelChoice>,
    pub threads: Option<NonZeroUsize>,
    pub language: Option<SpokenLanguage>,
}

/// Why a plan cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("no captions are broadcast here: add `[broadcast.web]` with `from` and `listen`")]
    NoBroadcast,
    #[error(
        "no sound reaches the broadcast here: captions that are not recognised are not measured"
    )]
    NoSound,
    #[error("`{stage}` is not a recording: name one with `--input AUDIO`")]
    NoRecording { stage: String },
    #[error("`{first}` and `{second}` both give sound: measure a pipeline with one source")]
    SeveralSources { first: String, second: String },
}

impl Plan {
    /// The first broadcast of the plan, on a free port of the loopback address, and all that leads to it. Sound waits where
    /// the recording does, and is given up where it would be if it came live.
    pub fn replay(&self, replay: &Replay) -> Result<Plan, ReplayError> {
        let mut stages = self.leading_to_broadcast()?;
        let was_live = source_is_live(&stages)?;
        for stage in &mut stages {
            if stage.feeds.is_empty() {
                stage.work = source(stage, replay)?;
            }
            for feed in &mut stage.feeds {
                if feed.carries != Port::Captions {
                    feed.when_full = when_full(feed.when_full, replay.speed, was_live);
                }
            }
            match &mut stage.work {
                Planned::Broadcast(broadcast) => {
                    broadcast.listen = Listen { host: "127.0.0.1".to_owned(), port: 0 };
                    // What is replayed is for nobody but who measures.
                    broadcast.cluster = None;
                }
                Planned::Whisper(whisper) => {
                    if !replay.partials {
                        whisper.partials = Partials::Never;
                    }
                    replay.recognisers.apply(whisper);
                }
                _ => (),
            }
        }
        let stages = side_by_side(stages, replay.tracks);
        Ok(Plan { stages, ..self.clone() })
    }

    fn leading_to_broadcast(&self) -> Result<Vec<Stage>, ReplayError> {
        let broadcast = self.stages.iter().position(|it| matches!(it.work, Planned::Broadcast(_)));
        let mut kept = vec![false; self.stages.len()];
        kept[broadcast.ok_or(ReplayError::NoBroadcast)?] = true;
        // Givers stand before their takers.
        for (taker, stage) in self.stages.iter().enumerate().rev() {
            if kept[taker] {
                stage.feeds.iter().for_each(|feed| kept[feed.giver] = true);
            }
        }
        let place = |old: usize| kept[..old].iter().filter(|it| **it).count();
        let stages = self.stages.iter().zip(&kept).filter(|(_, kept)| **kept);
        let moved = stages.map(|(stage, _)| {
            let mut stage = stage.clone();
            stage.feeds.iter_mut().for_each(|feed| feed.giver = place(feed.giver));
            stage
        });
        Ok(moved.collect())
    }
}

impl RecogniserOverrides {
    fn apply(&self, whisper: &mut Whisper) {
        if let Some(model) = &self.model {
            whisper.model.clone_from(model);
        }
        if let Some(threads) = self.threads {
            whisper.threads = Some(threads.get());
        }
        if let Some(language) = &self.language {
            whisper.language.clone_from(language);
        }
    }
}

/// Whether the sound of the only source comes whether or not it is taken.
fn source_is_live(stages: &[Stage]) -> Result<bool, ReplayError> {
    let mut sources = stages.iter().filter(|it| it.feeds.is_empty());
    let first = sources.next().ok_or(ReplayError::NoSound)?;
    if let Some(second) = sources.next() {
        let (first, second) = (first.title(), second.title());
        return Err(ReplayError::SeveralSources { first, second });
    }
    match &first.work {
        _ if first.gives() != Some(Port::Audio) => Err(ReplayError::NoSound),
        work => Ok(work.gives_live_sound()),
    }
}

fn source(stage: &Stage, replay: &Replay) -> Result<Planned, ReplayError> {
    let speed = replay.speed;
    match (&replay.recording, &stage.work) {
        (Some(path), _) => {
            let (path, start) = (path.clone(), Duration::ZERO);
            let (channel, track) = (Channel::Mix, None);
            Ok(Planned::Recording(Recording {
                path,
                channel,
                track,
                speed,
                start,
                repeat: false,
                speaker: None,
            }))
        }
        (None, Planned::Recording(own)) => {
            Ok(Planned::Recording(Recording { speed, repeat: false, ..own.clone() }))
        }
        (None, _) => Err(ReplayError::NoRecording { stage: stage.title() }),
    }
}

fn when_full(as_planned: WhenFull, speed: PlaybackSpeed, was_live: bool) -> WhenFull {
    match speed {
        PlaybackSpeed::Max => WhenFull::Wait,
        PlaybackSpeed::Times(_) if was_live => as_planned,
        // As it would have been read, had the plan said so.
        PlaybackSpeed::Times(_) => WhenFull::DropOldest,
    }
}

/// Each recogniser `count` times, all fed alike and all broadcast.
fn side_by_side(stages: Vec<Stage>, count: NonZeroUsize) -> Vec<Stage> {
    let mut all: Vec<Stage> = Vec::new();
    // Where the copies of each stage stand now.
    let mut places: Vec<Vec<usize>> = Vec::new();
    for stage in stages {
        let is_recogniser = matches!(stage.work, Planned::Whisper(_));
        let copies = if is_recogniser { count.get() } else { 1 };
        let feeds = stage.feeds.iter();
        let feeds: Vec<_> = feeds
            .flat_map(|feed| {
                places[feed.giver].iter().map(|giver| {
                    let mut feed = feed.clone();
                    feed.giver = *giver;
                    feed
                })
            })
            .collect();
        places.push((all.len()..all.len() + copies).collect());
        for number in 1..=copies {
            let name = match number {
                1 => stage.name.clone(),
                _ => format!("{}-{number}", stage.name),
            };
            all.push(Stage { name, feeds: feeds.clone(), ..stage.clone() });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::check;

    const FILE: &str = r#"
        [recording.talk]
        path = "talk.flac"
        loop = true
        [record.copy]
        from = "talk"
        path = "copy.flac"
        [resample.speech]
        from = "talk"
        [whisper.english]
        from = "speech"
        model = "demo"
        [lines.out]
        from = "english"
        [broadcast.web]
        from = "english"
        listen = "0.0.0.0:80"
        open = true
    "#;

    fn replay(speed: PlaybackSpeed, tracks: usize) -> Replay {
        let tracks = NonZeroUsize::new(tracks).unwrap();
        let recognisers = RecogniserOverrides::default();
        Replay { recording: None, speed, partials: true, tracks, recognisers }
    }

    fn replayed(file: &str, replay: &Replay) -> Result<Plan, ReplayError> {
        check(file, Path::new("p.toml")).unwrap().replay(replay)
    }

    fn titles(plan: &Plan) -> Vec<String> {
        plan.stages().iter().map(Stage::title).collect()
    }

    #[test]
    fn recognisers_take_what_is_said_in_place_of_the_file() {
        let recognisers = RecogniserOverrides {
            model: Some(ModelChoice::Named("base".to_owned())),
            threads: NonZeroUsize::new(3),
            language: Some(SpokenLanguage::Auto),
        };
        let whisper = |replay: &Replay| {
            let plan = replayed(FILE, replay).unwrap();
            let mut stages = plan.stages().iter();
            let whisper = stages.find_map(|it| match &it.work {
                Planned::Whisper(whisper) => Some((**whisper).clone()),
                _ => None,
            });
            whisper.unwrap()
        };
        let as_planned = whisper(&replay(PlaybackSpeed::Max, 1));
        let other = whisper(&Replay { recognisers, ..replay(PlaybackSpeed::Max, 1) });
        assert_eq!(as_planned.model, ModelChoice::Named("demo".to_owned()));
        let expected = Whisper {
            model: ModelChoice::Named("base".to_owned()),
            threads: Some(3),
            language: SpokenLanguage::Auto,
            ..as_planned
        };
        assert_eq!(other, expected);
    }

    #[test]
    fn only_what_leads_to_the_broadcast_is_left() {
        let plan = replayed(FILE, &replay(PlaybackSpeed::Max, 1)).unwrap();
        let left = ["recording.talk", "resample.speech", "whisper.english", "broadcast.web"];
        assert_eq!(titles(&plan), left);
        let givers: Vec<usize> = plan.stages()[1..].iter().map(|it| it.feeds[0].giver).collect();
        assert_eq!(givers, [0, 1, 2]);
        let Planned::Recording(recording) = &plan.stages()[0].work else { panic!("a recording") };
        assert!(recording.speed == PlaybackSpeed::Max && !recording.repeat);
        let Planned::Broadcast(web) = &plan.stages()[3].work else { panic!("a broadcast") };
        assert_eq!((web.listen.host.as_str(), web.listen.port), ("127.0.0.1", 0));
    }

    #[test]
    fn sound_waits_only_where_the_recording_does() {
        let queues = |file: &str, speed| -> Vec<WhenFull> {
            let plan = replayed(file, &replay(speed, 1)).unwrap();
            plan.stages()[1..3].iter().map(|it| it.feeds[0].when_full).collect()
        };
        assert_eq!(queues(FILE, PlaybackSpeed::Max), [WhenFull::Wait; 2]);
        assert_eq!(queues(FILE, PlaybackSpeed::Times(2.0)), [WhenFull::DropOldest; 2]);
        let unpaced = FILE.replace("loop = true", "speed = \"max\"");
        assert_eq!(queues(&unpaced, PlaybackSpeed::Max), [WhenFull::Wait; 2]);
        assert_eq!(queues(&unpaced, PlaybackSpeed::Times(1.0)), [WhenFull::DropOldest; 2]);
    }

    #[test]
    fn recognisers_stand_side_by_side() {
        let plan = replayed(FILE, &replay(PlaybackSpeed::Times(1.0), 3)).unwrap();
        let last = plan.stages().last().unwrap();
        let heard = last.feeds.iter().map(|it| plan.stages()[it.giver].name.as_str());
        assert_eq!(heard.collect::<Vec<_>>(), ["english", "english-2", "english-3"]);
        assert!(plan.stages()[2..5].iter().all(|it| it.feeds[0].giver == 1));
    }

    #[test]
    fn another_recording_takes_the_place_of_any_source() {
        let file = FILE.replace("recording.talk", "pcm.talk").replace("path = \"talk.flac\"", "");
        let file = file.replace("loop = true", "");
        let own = replayed(&file, &replay(PlaybackSpeed::Max, 1));
        assert_eq!(own.unwrap_err(), ReplayError::NoRecording { stage: "pcm.talk".to_owned() });
        let other = Replay { recording: Some("x.wav".into()), ..replay(PlaybackSpeed::Max, 1) };
        let plan = replayed(&file, &other).unwrap();
        assert_eq!(titles(&plan)[0], "recording.talk");
        let silent = "[lines.in]\n[broadcast.web]\nfrom = \"in\"\nlisten = \"127.0.0.1:0\"";
        assert_eq!(replayed(silent, &other).unwrap_err(), ReplayError::NoSound);
        let file = FILE.split("[broadcast").next().unwrap();
        assert_eq!(replayed(file, &other).unwrap_err(), ReplayError::NoBroadcast);
    }
}
