//! `livecap transcribe`: a recording to text, subtitles or JSON. Each segment is decoded once; `--to` translates.
use std::{io::Write, num::NonZeroUsize, path::PathBuf};

use clap::ValueEnum;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{exit::Trouble, translate::Typed};
use crate::{
    assemble::{self, Offline, ThisMachine},
    languages::whisper,
    logic::{
        reference::Reference,
        subtitle::{self, timed},
    },
    message::{Channel, Language, Rewriting, Transcript},
    spec::plan::{self, ModelChoice},
    stages::recording::Choice,
};

#[derive(clap::Args)]
pub(crate) struct TranscribeArgs {
    /// A sound file or video: WAV, FLAC, MP3, OGG, Opus, M4A, MP4, MKV or WebM; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which channel to use, counted from 1, or `mix` for the average of all
    #[arg(long, default_value = "mix", value_parser = channel, value_name = "NUMBER|mix")]
    channel: Channel,
    /// Which track of sound to use if the file has several, counted from 1
    #[arg(long, value_name = "NUMBER")]
    track: Option<NonZeroUsize>,
    /// A name of `livecap models list`, or the path of a model file
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// The spoken language, such as `en`; default: the model finds it
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// How many threads decode; default: one less than the number of cores
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    translation: Translation,
}

#[derive(clap::Args)]
struct Translation {
    /// Translate into this language, such as `nl`; text that cannot be translated stays in the original
    #[arg(long, value_name = "CODE")]
    to: Option<String>,
    /// The translation service: openai, libretranslate, deepl or apertium
    #[arg(long, default_value = "openai", requires = "to")]
    provider: String,
    /// The address of the service; its key is read from LIVECAP_TRANSLATE_KEY
    #[arg(long, requires = "to")]
    url: Option<String>,
    /// The model to translate with; default: the endpoint's own
    #[arg(long, value_name = "NAME", requires = "to")]
    translator: Option<String>,
    /// Any other key of a `translate` stage, for example `--set 'deadline = "1m"'`
    #[arg(long, value_name = "KEY=VALUE", requires = "to")]
    set: Vec<String>,
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

/// Writes what could be recognised, even if the file is damaged and the call ends with an error.
pub(crate) async fn transcribe(
    args: &TranscribeArgs,
    machine: &ThisMachine,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    // Checked before the work, so that mistakes are reported at once.
    let translate = args.translation.settings(args.language.as_deref())?;
    let path = PathBuf::from(&args.model);
    let is_path = path.is_file() || path.components().count() > 1;
    let model =
        if is_path { ModelChoice::File(path) } else { ModelChoice::Named(args.model.clone()) };
    let spoken = args.language.as_deref().filter(|it| *it != "auto");
    if let Some(Err(unknown)) = spoken.map(whisper::checked) {
        let meant = unknown.meant.map_or_else(|| "auto".to_owned(), str::to_owned);
        return Err(Trouble::Told(format!("{unknown}; write `--language {meant}`")));
    }
    // Kept until the work is done, then deleted.
    let (piped, recording, called) = match args.file.as_os_str() == "-" {
        true => {
            let piped = standard_input().await?;
            let path = piped.path().to_owned();
            (Some(piped), path, Some(PathBuf::from("standard input")))
        }
        false => (None, args.file.clone(), None),
    };
    let offline = Offline {
        recording,
        called,
        choice: Choice { track: args.track, channel: args.channel },
        model,
        language: spoken.map(Language::new),
        threads: args.threads,
    };
    let recognised = offline.recognise(machine).await.map_err(Trouble::Told)?;
    drop(piped);
    // A broken recording is reported below.
    if recognised.broken.is_none() && recognised.finals.iter().all(|it| it.words().is_empty()) {
        tracing::warn!("{}", nothing_found(recognised.loudest, &recognised.left_out));
    }
    if recognised.broken.is_none() || !recognised.finals.is_empty() {
        let finals = match translate {
            Some(settings) => translated(&recognised.finals, &settings).await?,
            None => recognised.finals,
        };
        out.write_all(written(args.format, &finals).as_bytes())?;
        out.flush()?;
    }
    match recognised.broken {
        Some(fault) => Err(Trouble::Told(fault.to_string())),
        None => Ok(()),
    }
}

/// Standard input as a file: the index of an MP4 file may be at its end.
async fn standard_input() -> Result<NamedTempFile, Trouble> {
    let kept = spawn_blocking(|| {
        let mut file = NamedTempFile::new()?;
        std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
        file.flush()?;
        Ok::<_, std::io::Error>(file)
    });
    let kept = kept.await.map_err(|error| Trouble::Told(error.to_string()))?;
    kept.map_err(|error| Trouble::Told(format!("cannot keep what comes on standard input: {error}; free some room in the folder for temporary files")))
}

fn channel(text: &str) -> Result<Channel, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(number) => Ok(Channel::Number(number.get())),
        Err(_) if text == "mix" => Ok(Channel::Mix),
        Err(_) => Err("a channel is a number from 1 on, or `mix`".to_owned()),
    }
}

/// Why there is nothing to write. `loudest` is a share of full scale; `left_out` how often each filter removed text.
fn nothing_found(loudest: f32, left_out: &[(&str, u64)]) -> String {
    let level = match loudest {
        0.0 => "it is silent throughout".to_owned(),
        loudest => format!("its loudest sample has {:.0} dB of full scale", 20.0 * loudest.log10()),
    };
    let segments: u64 = left_out.iter().map(|it| it.1).sum();
    let filters: Vec<String> =
        left_out.iter().map(|(name, count)| format!("{name} {count}")).collect();
    match segments {
        0 => format!("no speech was found; {level}"),
        _ => format!(
            "no words were found; {level}; the hallucination filters removed text {segments} times ({})",
            filters.join(", ")
        ),
    }
}

impl Translation {
    fn settings(&self, spoken: Option<&str>) -> Result<Option<plan::Translate>, Trouble> {
        let Some(to) = &self.to else { return Ok(None) };
        let typed = Typed {
            command: "livecap transcribe",
            to,
            source: spoken,
            provider: &self.provider,
            url: self.url.as_deref(),
            model: self.translator.as_deref(),
            partials: "off",
            set: &self.set,
        };
        typed.settings().map(Some)
    }
}

/// The finals in another language, with the words spread over the time of each. Untranslated finals stay in the original.
async fn translated(
    finals: &[Transcript],
    settings: &plan::Translate,
) -> Result<Vec<Transcript>, Trouble> {
    let translations = assemble::translate_all(finals, settings).await.map_err(Trouble::Told)?;
    let mut missing = 0;
    let mut first = None;
    let all = finals.iter().zip(translations).map(|(it, translation)| match translation {
        Ok(text) => {
            let words = timed(&text, it.span());
            Rewriting::of(it).revise(it.clone(), it.words().len(), words, Vec::new())
        }
        Err(why) => {
            missing += 1;
            first.get_or_insert(why);
            it.clone()
        }
    });
    let all = all.collect();
    if missing > 0 {
        tracing::warn!(
            segments = missing,
            why = first,
            "some segments could not be translated and stay in the original"
        );
    }
    Ok(all)
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
            // It has only numbers and texts, which JSON can always hold.
            json.unwrap_or_default() + "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::nothing_found;

    #[test]
    fn who_finds_nothing_says_how_loud_it_was_and_what_was_left_out() {
        assert_eq!(
            nothing_found(0.01, &[]),
            "no speech was found; its loudest sample has -40 dB of full scale"
        );
        assert_eq!(nothing_found(0.0, &[]), "no speech was found; it is silent throughout");
        let told = nothing_found(1.0, &[("no-speech", 2), ("letterless", 1)]);
        assert!(
            told.contains("removed text 3 times") && told.contains("(no-speech 2, letterless 1)")
        );
    }
}
