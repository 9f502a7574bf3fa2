//! `livecap init`: writes a pipeline file from a few questions, or from options of the same names.
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
};

use super::{
    ask::{self, Questions},
    compose::{Source, WantedArgs, tags},
    environment::this_machine,
    exit::{Exit, Trouble},
    new_file::{exists, write_new},
    run::told,
};
use crate::spec::{self, Overrides};

#[derive(Clone, clap::Args)]
pub(crate) struct InitArgs {
    /// The pipeline file to write; an existing one is left alone
    #[arg(value_name = "FILE", default_value = "talk.toml")]
    file: PathBuf,
    #[command(flatten)]
    wanted: WantedArgs,
    /// A file for subtitles, such as `talk.srt`, or `talk.{lang}.srt` for several languages
    #[arg(long, value_name = "FILE")]
    subtitles: Option<String>,
}

/// What stands at a question for nothing.
const NONE: &str = "none";

pub(crate) fn init(args: &InitArgs, out: &mut dyn Write) -> Result<Exit, Trouble> {
    if args.file.exists() {
        return Err(exists(&args.file));
    }
    let mut args = args.clone();
    if ask::at_terminal() {
        let asked = args.ask(&mut Questions::at_terminal(), suggested);
        asked.map_err(|error| Trouble::Told(format!("cannot read the terminal: {error}")))?;
    }
    let text = args.text(suggested)?;
    let none = Overrides::default();
    spec::check_with(&text, &args.file, &none).map_err(|all| told(&args.file, &text, &all))?;
    write_new(&args.file, text.as_bytes())?;
    let file = args.file.display();
    writeln!(out, "wrote {file}\n\n  livecap check {file}\n  livecap run {file}")?;
    // What the machine lacks can be got later.
    if let Err(missing) = spec::check_on(&text, &args.file, &none, &this_machine()?) {
        let drawn = spec::render(&file.to_string(), &text, &missing, false);
        writeln!(io::stderr(), "\nbefore it runs, this is missing:\n\n{drawn}")?;
    }
    Ok(Exit::Fine)
}

impl InitArgs {
    /// Asks for everything that no option says.
    fn ask<R: BufRead, W: Write>(
        &mut self,
        questions: &mut Questions<R, W>,
        suggested: impl Fn(Option<&str>) -> String,
    ) -> io::Result<()> {
        let wanted = &mut self.wanted;
        let some = |typed: String| Some(typed).filter(|it| it != NONE);
        if wanted.microphone.is_none() && wanted.input.is_none() {
            let sources = ["microphone", "recording", "pcm"];
            match questions.choose("Where does the sound come from?", &sources)? {
                "recording" => {
                    wanted.input = Some(questions.ask("Which recording?", "talk.wav")?.into());
                }
                "pcm" => wanted.input = Some("-".into()),
                _ => {
                    let question =
                        "Which microphone? (a part of its name; `livecap devices` lists them)";
                    wanted.microphone = Some(questions.ask(question, "default")?);
                }
            }
        }
        if wanted.language.is_none() {
            let question = "Which language is spoken? (such as en; auto: the model finds it)";
            wanted.language = Some(questions.ask(question, "auto")?);
        }
        if wanted.model.is_none() {
            let suggested = suggested(wanted.language.as_deref());
            wanted.model = Some(questions.ask("Which model? (`livecap models list`)", &suggested)?);
        }
        if wanted.to.is_empty() {
            let typed = questions.ask("Translate into? (such as nl,es)", NONE)?;
            wanted.to.extend(some(typed));
        }
        if !tags(&wanted.to).is_empty() && wanted.url.is_none() && wanted.provider == "openai" {
            let services = ["openai", "libretranslate", "deepl", "apertium"];
            wanted.provider = questions.choose("Which translation service?", &services)?.to_owned();
            let address = match wanted.provider.as_str() {
                "openai" => Some("http://127.0.0.1:11434/v1"),
                "libretranslate" => Some("http://127.0.0.1:5000"),
                _ => None,
            };
            if let Some(usual) = address {
                wanted.url = Some(questions.ask("Its address?", usual)?);
            }
            if wanted.provider == "openai" && wanted.translator.is_none() {
                let question = "Which of its models? (none: the endpoint's own)";
                wanted.translator = some(questions.ask(question, NONE)?);
            }
        }
        if !wanted.share {
            let readers = ["this machine", "network"];
            wanted.share = questions.choose("Who may read?", &readers)? == "network";
        }
        if self.subtitles.is_none() {
            self.subtitles =
                some(questions.ask("Write subtitles? (a file such as talk.srt)", NONE)?);
        }
        Ok(())
    }

    fn text(&self, suggested: impl Fn(Option<&str>) -> String) -> Result<String, Trouble> {
        let wanted = &self.wanted;
        let source = wanted.given_input(&self.file).unwrap_or_else(|| {
            Source::Microphone(wanted.microphone.clone().unwrap_or_else(|| "default".to_owned()))
        });
        let model = wanted.model.clone().unwrap_or_else(|| suggested(wanted.language.as_deref()));
        let mut wanted = wanted.wanted(&self.file, source, &model)?;
        wanted.subtitles.clone_from(&self.subtitles);
        Ok(wanted.text("livecap init", &self.file.display().to_string()))
    }
}

/// The model that `live` would take, or get.
#[cfg(feature = "whisper")]
fn suggested(language: Option<&str>) -> String {
    let shelf = super::live::Shelf::of_environment().ok();
    let named = shelf.and_then(|it| {
        let here = it.best_here(language).ok().flatten().map(|it| it.name);
        here.or_else(|| it.fitting(language).map(|it| it.name.clone()))
    });
    named.unwrap_or_else(|| "base".to_owned())
}

#[cfg(not(feature = "whisper"))]
fn suggested(_: Option<&str>) -> String {
    "base".to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn nothing_given() -> InitArgs {
        let provider = "openai".to_owned();
        let wanted = WantedArgs { provider, ..WantedArgs::default() };
        InitArgs { file: "talk.toml".into(), wanted, subtitles: None }
    }

    /// What the file says after these answers, and what was asked.
    fn answered(mut args: InitArgs, answers: &str) -> (String, String) {
        let mut asked = Vec::new();
        let model = |_: Option<&str>| "base-q5_1".to_owned();
        args.ask(&mut Questions::scripted(answers.as_bytes(), &mut asked), model).unwrap();
        let text = args.text(model).unwrap();
        if let Err(complaints) = spec::check(&text, Path::new("talk.toml")) {
            panic!("{}", spec::render("talk.toml", &text, &complaints, false));
        }
        (text, String::from_utf8(asked).unwrap())
    }

    fn has(text: &str, lines: &[&str]) {
        lines.iter().for_each(|it| assert!(text.contains(it), "{it}\n{text}"));
    }

    #[test]
    fn enter_takes_every_default() {
        let (text, asked) = answered(nothing_given(), &"\n".repeat(7));
        has(
            &text,
            &[
                "[microphone.mic]\ndevice = \"default\"",
                "model = \"base-q5_1\"",
                "\"127.0.0.1:31979\"",
            ],
        );
        assert!(!text.contains("language") && !text.contains("subtitles"), "{text}");
        assert_eq!(asked.matches("] ").count(), 7, "{asked}");
        assert_eq!(answered(nothing_given(), "").0, text, "and so does the end of the input");
    }

    #[test]
    fn every_answer_ends_up_in_the_file() {
        let answers = "rec\nday 1.flac\nen\ntiny.en\nnl, es\n\n\ngemma3:4b\nnet\nday.{lang}.srt\n";
        let (text, _) = answered(nothing_given(), answers);
        has(
            &text,
            &[
                "path = \"day 1.flac\"",
                "language = \"en\"",
                "model = \"tiny.en\"",
                "[translate.dutch]",
                "[translate.spanish]",
                "model = \"gemma3:4b\"",
                "\"0.0.0.0:31979\"",
                "path = \"day.{lang}.srt\"",
            ],
        );
    }

    #[test]
    fn what_an_option_says_is_not_asked() {
        let mut args = nothing_given();
        args.wanted.input = Some("-".into());
        args.wanted.language = Some("nl".to_owned());
        args.wanted.share = true;
        let (text, asked) = answered(args, "\n\n\n");
        has(&text, &["[pcm.stdin]", "[whisper.dutch]", "\"0.0.0.0:31979\""]);
        assert_eq!(asked.matches("] ").count(), 3, "{asked}");
    }
}
