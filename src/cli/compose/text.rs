//! The text of a pipeline file: commented, as somebody would have written it.
use std::fmt::{Display, Write};

use super::translation::Service;
use crate::{cli::pipe::quoted, languages};

/// What a pipeline file is to say. The text of it passes `check`, as far as the values do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) source: Source,
    /// A name of the catalogue, or a path.
    pub(crate) model: String,
    /// What is spoken; `None`: the model finds it.
    pub(crate) language: Option<String>,
    /// A stage each, all with this service.
    pub(crate) to: Vec<String>,
    pub(crate) service: Option<Service>,
    /// A host with its port.
    pub(crate) listen: String,
    /// The environment variable with the operator's token.
    pub(crate) operator: Option<String>,
    pub(crate) title: Option<String>,
    /// The path of a file of subtitles.
    pub(crate) subtitles: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A device's name or a part of it, or `default`.
    Microphone(String),
    /// The path of a sound file.
    Recording(String),
    /// Raw samples on standard input.
    Pcm,
}

/// Comments begin in this column, so that they stand below each other.
const COMMENTS: usize = 42;

impl Wanted {
    /// `origin`: which command writes it. `file`: where it will lie, for the commands in its head.
    pub(crate) fn text(&self, origin: &str, file: &str) -> String {
        let mut text = format!(
            "# Written by `{origin}`. Every kind of stage and every key: docs/pipeline-file.md\n#\n\
             #   livecap check {file}    says what is wrong with it\n\
             #   livecap run {file}      then open http://{}\n",
            self.opened_at()
        );
        let source = self.source(&mut text);
        let (track, translations) = self.names();
        self.recogniser(&mut text, &track, source);
        for (to, name) in self.to.iter().zip(&translations) {
            self.translation(&mut text, name, &track, to);
        }
        let heard: Vec<&str> =
            [&track].into_iter().chain(&translations).map(String::as_str).collect();
        self.sinks(&mut text, &heard);
        text
    }

    /// Its name.
    fn source(&self, text: &mut String) -> &'static str {
        match &self.source {
            Source::Microphone(device) => {
                text.push_str("\n[microphone.mic]\n");
                key(
                    text,
                    "device",
                    quoted(device),
                    "or a part of its name: `livecap devices` lists them",
                );
                "mic"
            }
            Source::Recording(path) => {
                text.push_str("\n[recording.talk]\n");
                key(text, "path", quoted(path), "");
                key(text, "speed", "1.0", "its own pace");
                "talk"
            }
            Source::Pcm => {
                text.push_str("\n# Raw samples on standard input.\n[pcm.stdin]\n");
                key(text, "format", quoted("s16le"), "");
                key(text, "rate", "16000", "samples per second; any rate will do");
                key(text, "channels", "1", "");
                "stdin"
            }
        }
    }

    fn recogniser(&self, text: &mut String, track: &str, source: &str) {
        let _ = writeln!(text, "\n[whisper.{track}]");
        key(text, "from", quoted(source), "");
        key(
            text,
            "model",
            quoted(&self.model),
            "a name of `livecap models list`, or the path of a file",
        );
        if let Some(language) = &self.language {
            key(text, "language", quoted(language), "what is spoken");
        }
        key(text, "max-lag", quoted("4s"), "captions never lag further behind than this");
    }

    fn translation(&self, text: &mut String, name: &str, track: &str, to: &str) {
        let _ = writeln!(text, "\n[translate.{name}]");
        key(text, "from", quoted(track), "");
        key(text, "to", quoted(to), "");
        let Some(Service { provider, url, model, key_variable }) = &self.service else { return };
        key(text, "provider", quoted(provider), "");
        if let Some(url) = url {
            key(text, "url", quoted(url), "");
        }
        if let Some(model) = model {
            key(text, "model", quoted(model), "");
        }
        if let Some(variable) = key_variable {
            key(
                text,
                "api-key-env",
                quoted(variable),
                "the variable; the key itself stays out of the file",
            );
        }
    }

    fn sinks(&self, text: &mut String, heard: &[&str]) {
        let from = match heard {
            [only] => quoted(only),
            several => {
                let names: Vec<String> = several.iter().map(|it| quoted(it)).collect();
                format!("[{}]", names.join(", "))
            }
        };
        if let Some(path) = &self.subtitles {
            text.push_str("\n[subtitles.file]\n");
            key(text, "from", &from, "");
            key(text, "path", quoted(path), "");
        }
        text.push_str("\n[broadcast.web]\n");
        let choice = if heard.len() > 1 { "each reader chooses" } else { "" };
        key(text, "from", from, choice);
        let reach = match self.is_shared() {
            true => "every machine in the network may read; 127.0.0.1 lets only this one",
            false => "only this machine may read; 0.0.0.0 lets others, too",
        };
        key(text, "listen", quoted(&self.listen), reach);
        if let Some(variable) = &self.operator {
            key(
                text,
                "operator-token-env",
                quoted(variable),
                "who presents it may operate: /operator",
            );
        }
        if let Some(title) = &self.title {
            text.push_str("\n[page]\n");
            key(text, "title", quoted(title), "");
        }
    }

    /// The name of the recogniser's stage, which is that of its track, and those of the translators.
    fn names(&self) -> (String, Vec<String>) {
        let english_only = self.model.contains(".en");
        let spoken = self.language.as_deref().or(english_only.then_some("en"));
        let track = spoken.map_or_else(|| "captions".to_owned(), stage_name);
        let source = match &self.source {
            Source::Microphone(_) => "mic",
            Source::Recording(_) => "talk",
            Source::Pcm => "stdin",
        };
        let mut taken: Vec<String> = vec![source.to_owned(), "web".to_owned(), "file".to_owned()];
        let mut free = |wanted: String| {
            let numbered = (2..).map(|n| format!("{wanted}{n}"));
            let mut all = std::iter::once(wanted.clone()).chain(numbered);
            let name = all.find(|it| !taken.contains(it)).unwrap_or(wanted);
            taken.push(name.clone());
            name
        };
        let track = free(track);
        let translations = self.to.iter().map(|tag| free(stage_name(tag))).collect();
        (track, translations)
    }

    fn is_shared(&self) -> bool {
        self.listen.starts_with("0.0.0.0:")
    }

    /// For a browser on this machine.
    fn opened_at(&self) -> String {
        self.listen.replacen("0.0.0.0:", "127.0.0.1:", 1)
    }
}

/// `dutch` of `nl`; of what is no language that is known, what of it may be in a name.
fn stage_name(tag: &str) -> String {
    let name = languages::name(tag).unwrap_or(tag).to_lowercase();
    let name: String = name.chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    match name.trim_matches('-') {
        "" => "captions".to_owned(),
        name => name.to_owned(),
    }
}

fn key(text: &mut String, key: &str, value: impl Display, comment: &str) {
    let line = format!("{key} = {value}");
    let _ = match comment {
        "" => writeln!(text, "{line}"),
        comment => writeln!(text, "{line:COMMENTS$} # {comment}"),
    };
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::spec;

    fn wanted() -> Wanted {
        Wanted {
            source: Source::Microphone("default".to_owned()),
            model: "tiny.en-q5_1".to_owned(),
            language: None,
            to: Vec::new(),
            service: None,
            listen: "127.0.0.1:31979".to_owned(),
            operator: None,
            title: None,
            subtitles: None,
        }
    }

    fn ollama() -> Service {
        Service {
            provider: "openai".to_owned(),
            url: Some("http://127.0.0.1:11434/v1".to_owned()),
            model: Some("gemma3:4b".to_owned()),
            key_variable: None,
        }
    }

    /// The titles of its stages.
    fn checked(wanted: &Wanted) -> Vec<String> {
        let text = wanted.text("livecap init", "talk.toml");
        let plan = spec::check(&text, Path::new("talk.toml")).unwrap_or_else(|complaints| {
            panic!("{}", spec::render("talk.toml", &text, &complaints, false))
        });
        plan.stages().iter().map(spec::plan::Stage::title).collect()
    }

    #[test]
    fn the_least_is_what_a_person_would_have_written() {
        let expected = "\
# Written by `livecap init`. Every kind of stage and every key: docs/pipeline-file.md
#
#   livecap check talk.toml    says what is wrong with it
#   livecap run talk.toml      then open http://127.0.0.1:31979

[microphone.mic]
device = \"default\"                         # or a part of its name: `livecap devices` lists them

[whisper.english]
from = \"mic\"
model = \"tiny.en-q5_1\"                     # a name of `livecap models list`, or the path of a file
max-lag = \"4s\"                             # captions never lag further behind than this

[broadcast.web]
from = \"english\"
listen = \"127.0.0.1:31979\"                 # only this machine may read; 0.0.0.0 lets others, too
";
        assert_eq!(wanted().text("livecap init", "talk.toml"), expected);
        assert_eq!(
            checked(&wanted()),
            ["microphone.mic", "resample.mic.16k", "whisper.english", "broadcast.web"]
        );
    }

    #[test]
    fn there_is_a_stage_a_language_and_none_is_called_as_another() {
        let to = ["nl", "pt", "pt-BR", "en"].map(str::to_owned).to_vec();
        let (language, service) = (Some("en".to_owned()), Some(ollama()));
        let wanted = Wanted { to, language, service, ..wanted() };
        let titles = checked(&wanted);
        assert_eq!(
            titles[3..7],
            [
                "translate.dutch",
                "translate.portuguese",
                "translate.portuguese2",
                "translate.english2"
            ]
        );
        let text = wanted.text("livecap live", "talk.toml");
        assert!(text.contains("from = [\"english\", \"dutch\", \"portuguese\", "), "{text}");
    }

    #[test]
    fn without_a_language_the_track_of_a_multilingual_model_is_called_captions() {
        let model = "base-q5_1".to_owned();
        assert_eq!(checked(&Wanted { model, ..wanted() })[2], "whisper.captions");
    }

    #[test]
    fn every_source_and_every_sink_is_accepted() {
        for source in [Source::Recording("a talk.flac".to_owned()), Source::Pcm] {
            let subtitles = Some("talk.{lang}.srt".to_owned());
            let listen = "0.0.0.0:0".to_owned();
            let operator = Some("LIVECAP_OPERATOR".to_owned());
            let all = Wanted { source, subtitles, listen, operator, ..wanted() };
            assert!(checked(&all).contains(&"subtitles.file".to_owned()));
            assert!(all.text("livecap init", "x").contains("every machine in the network"));
        }
    }

    #[test]
    fn a_title_is_that_of_the_page() {
        let text = Wanted { title: Some("Day \"1\"".to_owned()), ..wanted() }.text("x", "y");
        assert!(text.ends_with("\n[page]\ntitle = \"Day \\\"1\\\"\"\n"), "{text}");
        assert!(!wanted().text("x", "y").contains("[page]"));
    }

    proptest! {
        /// What is typed at a question can be anything. The file stays one that can be read, and says what was typed.
        #[test]
        fn whatever_is_typed_stays_a_value(device in "[^\\x00-\\x1f\\x7f]{1,20}", path in "[^\\x00-\\x1f\\x7f]{1,20}") {
            let one = Wanted { source: Source::Microphone(device.clone()), ..wanted() };
            let text = one.text("livecap init", "talk.toml");
            let plan = spec::check(&text, Path::new("talk.toml")).unwrap();
            let spec::Planned::Microphone(it) = &plan.stages()[0].work else { panic!() };
            let spec::plan::DeviceChoice::Named(named) = &it.device else { return Ok(()) };
            prop_assert_eq!(named, &device);
            let two = Wanted { source: Source::Recording(path.clone()), ..wanted() };
            let plan = spec::check(&two.text("livecap init", "talk.toml"), Path::new("talk.toml")).unwrap();
            let spec::Planned::Recording(it) = &plan.stages()[0].work else { panic!() };
            prop_assert_eq!(it.path.as_path(), Path::new(&path));
        }
    }
}
