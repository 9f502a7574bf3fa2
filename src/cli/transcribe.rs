//! `livecap transcribe`: a recording to text, subtitles or JSON, each segment decoded once.
use std::{io::Write, num::NonZeroUsize, path::PathBuf};

use clap::ValueEnum;

use super::Trouble;
use crate::{
    assemble::{Offline, ThisMachine},
    logic::{reference::Reference, subtitle},
    message::{Language, Transcript},
    spec::plan::ModelChoice,
};

#[derive(clap::Args)]
pub(crate) struct TranscribeArgs {
    /// A sound file: WAV, FLAC, MP3, OGG or M4A
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A name of `livecap models list`, or the path of a model file
    #[arg(long, value_name = "NAME")]
    model: String,
    /// What to write
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// What is spoken, as in `en`; left out: what the model finds
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// How many threads decode; left out: one less than there are cores
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each segment
    #[default]
    Txt,
    /// SubRip subtitles
    Srt,
    /// WebVTT subtitles
    Vtt,
    /// Text, segments and words with their times in seconds
    Json,
}

/// Writes what could be recognised, also where the file is damaged and the rest is an error.
pub(crate) async fn transcribe(
    args: &TranscribeArgs,
    machine: &ThisMachine,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let path = PathBuf::from(&args.model);
    let is_path = path.is_file() || path.components().count() > 1;
    let model =
        if is_path { ModelChoice::File(path) } else { ModelChoice::Named(args.model.clone()) };
    let spoken = args.language.as_deref().filter(|it| *it != "auto");
    let offline = Offline {
        recording: args.file.clone(),
        model,
        language: spoken.map(Language::new),
        threads: args.threads,
    };
    let recognised = offline.recognise(machine).await.map_err(Trouble::Told)?;
    if recognised.broken.is_none() || !recognised.finals.is_empty() {
        out.write_all(written(args.format, &recognised.finals).as_bytes())?;
        out.flush()?;
    }
    match recognised.broken {
        Some(fault) => Err(Trouble::Told(fault.to_string())),
        None => Ok(()),
    }
}

fn written(format: Format, finals: &[Transcript]) -> String {
    let cues = || subtitle::cues(finals.iter().map(Transcript::words));
    match format {
        Format::Txt => {
            let texts = finals.iter().map(Transcript::text).filter(|it| !it.is_empty());
            texts.map(|it| it + "\n").collect()
        }
        Format::Srt => subtitle::srt(&cues()),
        Format::Vtt => subtitle::vtt(&cues()),
        Format::Json => {
            let json = serde_json::to_string_pretty(&Reference::of(finals));
            // Numbers and texts only: nothing that JSON could not hold.
            json.unwrap_or_default() + "\n"
        }
    }
}
