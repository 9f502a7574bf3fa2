//! What a pipeline file becomes: the plan with its defaults, and the graph drawn from it.
use std::{fs, path::Path, time::Duration};

use livecap::{
    cli::graph::{GraphFormat, graph},
    spec::{
        self, Planned,
        plan::{Channel, Partials, Room, WhenFull},
    },
};

use crate::check::{expect, overrides, root};

fn plan(text: &str) -> spec::Plan {
    spec::check(text, Path::new("/home/me/live.toml")).unwrap_or_else(|complaints| {
        panic!("{}", spec::render("live.toml", text, &complaints, false))
    })
}

#[test]
fn a_plan_is_upstream_first_and_has_every_default_filled_in() {
    let plan = plan(
        "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:31979\"\n\
         [whisper.english]\nfrom = \"speech\"\nmodel = \"base.en\"\n\
         [resample.speech]\nfrom = \"talk\"\n[recording.talk]\npath = \"talk.flac\"\n",
    );
    let names: Vec<&str> = plan.stages().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["talk", "speech", "english", "web"]);
    assert_eq!((plan.name(), plan.grace()), ("live", Duration::from_secs(5)));
    let lines: Vec<usize> = plan.stages().iter().map(|it| it.line).collect();
    assert_eq!(lines, [9, 7, 4, 1]);
    let Planned::Recording(talk) = &plan.stages()[0].work else { panic!() };
    assert_eq!(talk.path, Path::new("/home/me/talk.flac"));
    let Planned::Whisper(english) = &plan.stages()[2].work else { panic!() };
    assert_eq!(english.partials, Partials::Usual);
    assert_eq!(plan.stages()[2].patience, Duration::from_secs(60));
    assert_eq!(plan.stages()[1].patience, Duration::from_secs(10));
    let captions = &plan.stages()[3].feeds[0];
    assert_eq!(
        (captions.giver, captions.room, captions.when_full),
        (2, Room::Items(64), WhenFull::Coalesce)
    );
}

#[test]
fn a_channel_is_chosen_of_every_source_and_a_track_of_files() {
    let source = |text: &str| {
        let rest = "[resample.speech]\nfrom = \"a\"\n[whisper.english]\nfrom = \"speech\"\nmodel = \"m\"\n[lines.out]\nfrom = \"english\"\n";
        plan(&format!("{text}\n{rest}")).stages()[0].work.clone()
    };
    let channel = |text: &str| match source(text) {
        Planned::Microphone(it) => it.channel,
        Planned::Recording(it) => it.channel,
        Planned::Pcm(it) => it.samples.channel,
        Planned::Command(it) => it.samples.channel,
        other => panic!("{other:?}"),
    };
    for kind in [
        "[microphone.a]",
        "[recording.a]\npath = \"a.mp4\"",
        "[pcm.a]\nchannels = 2",
        "[command.a]\ncommand = [\"ffmpeg\"]\nchannels = 2",
    ] {
        assert_eq!(channel(kind), Channel::Mix);
        assert_eq!(channel(&format!("{kind}\nchannel = \"mix\"")), Channel::Mix);
        assert_eq!(channel(&format!("{kind}\nchannel = 2")), Channel::Number(2));
    }
    let Planned::Recording(film) = source("[recording.a]\npath = \"a.mkv\"\ntrack = 2") else {
        panic!()
    };
    assert_eq!(film.track.map(|it| it.get()), Some(2));
}

/// What happens on the two edges of sound behind `source`.
fn when_full(source: &str) -> Vec<WhenFull> {
    let rest = "[resample.speech]\nfrom = \"a\"\n[whisper.english]\nfrom = \"speech\"\nmodel = \"m\"\n[lines.out]\nfrom = \"english\"\n";
    let plan = plan(&format!("{source}\n{rest}"));
    // A recogniser lags before sound is dropped.
    assert_eq!(plan.stages()[2].feeds[0].room, Room::Span(Duration::from_secs(4)));
    plan.stages()[1..3].iter().map(|it| it.feeds[0].when_full).collect()
}

#[test]
fn sound_is_dropped_behind_live_sources_and_waits_behind_patient_ones() {
    let dropped = [WhenFull::DropOldest; 2];
    let waits = [WhenFull::Wait; 2];
    assert_eq!(when_full("[microphone.a]"), dropped);
    assert_eq!(when_full("[command.a]\ncommand = [\"ffmpeg\"]"), dropped);
    assert_eq!(when_full("[recording.a]\npath = \"a.flac\"\nspeed = 8"), dropped);
    assert_eq!(when_full("[recording.a]\npath = \"a.flac\"\nspeed = \"max\""), waits);
    assert_eq!(when_full("[pcm.a]"), waits);
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = "# with LIVECAP_HOST=::1\n# with SIO_HOST=0.0.0.0\n# with SIO_PORT=8080\n\
        [lines.in]\n[broadcast.web]\nfrom = \"in\"\nlisten = \"127.0.0.1:31979\"\n";
    let plan = spec::check_with(text, Path::new("x.toml"), &overrides(text)).unwrap();
    let Planned::Broadcast(web) = &plan.stages()[1].work else { panic!() };
    assert_eq!(web.listen.to_string(), "[::1]:8080");
}

#[test]
fn a_graph_is_drawn_three_ways() {
    let formats =
        [(GraphFormat::Text, "txt"), (GraphFormat::Dot, "dot"), (GraphFormat::Mermaid, "mmd")];
    for shown in ["pipelines/live-dutch.toml", "tests/check/implied-resampler.toml"] {
        let file = root().join(shown);
        let plan = spec::check(&fs::read_to_string(&file).unwrap(), &file).unwrap();
        for (format, ending) in formats {
            let mut out = Vec::new();
            graph(&plan, format, &mut out).unwrap();
            let name = Path::new(shown).file_name().unwrap();
            let file = root().join("tests/graph").join(name).with_extension(ending);
            expect(&file, &String::from_utf8(out).unwrap());
        }
    }
}

/// A pipeline without a resampler runs as the same with one, but for the name of that stage.
#[test]
fn a_resampler_that_is_left_out_is_implied_as_if_it_stood_there() {
    for source in ["[microphone.mic]", "[pcm.mic]", "[recording.mic]\npath = \"a.wav\""] {
        let rest = "[whisper.english]\nfrom = \"FROM\"\nmodel = \"m\"\nqueue = { holds = \"7s\" }\n\
                    [lines.out]\nfrom = \"english\"\n";
        let resample = "[resample.speech]\nfrom = \"mic\"\n";
        let whole = plan(&format!("{source}\n{resample}{}", rest.replace("FROM", "speech")));
        let short = plan(&format!("{source}\n{}", rest.replace("FROM", "mic")));
        assert_eq!(short.stages().len(), 4);
        for (long, short) in whole.stages().iter().zip(short.stages()) {
            assert_eq!((&long.work, &long.feeds), (&short.work, &short.feeds));
            assert_eq!((long.restart, long.patience), (short.restart, short.patience));
        }
        let implied = &short.stages()[1];
        assert_eq!((implied.title().as_str(), implied.implied), ("resample.mic.16k", true));
        assert_eq!(implied.line, short.stages()[2].line + 1, "where its listener names the source");
        assert!(!whole.stages().iter().any(|it| it.implied));
    }
}
