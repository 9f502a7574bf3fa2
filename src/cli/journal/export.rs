//! An event of a journal as text, subtitles, a document or JSON: the same as the downloads of the pages.
use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    super::{exit::Trouble, new_file},
    trouble::{told, unwritten},
};
use crate::{
    journal::{EventSummary, Reader},
    serve::{Kept, TranscriptFormat, transcript},
};

#[derive(clap::Args)]
pub(super) struct ExportArgs {
    /// The event's number, its stream, or `last`
    #[arg(default_value = "last")]
    pub(super) event: String,
    /// What to write; may be a list: txt,srt,vtt,ttml,docx,json
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', required = true, value_parser = format)]
    format: Vec<TranscriptFormat>,
    /// The language; default: what was spoken
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
    /// A file for each language that was made: NAME.nl.srt
    #[arg(long, conflicts_with = "lang", requires = "output")]
    all_languages: bool,
    /// The file without its ending, which is that of the format; default: standard output
    #[arg(long, short, value_name = "NAME")]
    output: Option<PathBuf>,
}

fn format(name: &str) -> Result<TranscriptFormat, String> {
    TranscriptFormat::named(name).ok_or_else(|| format!("one of {}", TranscriptFormat::NAMES))
}

pub(super) fn export(
    reader: &Reader,
    event: &EventSummary,
    args: &ExportArgs,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    if args.output.is_none() && args.format.len() > 1 {
        return Err(Trouble::Told("several formats need --output NAME".to_owned()));
    }
    let rows = reader.entries(event.id, 0, usize::MAX).map_err(told)?;
    let kept = Kept {
        stream: event.stream.clone(),
        started_at: event.started_at,
        title: Some(event.title.clone()).filter(|it| !it.is_empty()),
        events: rows.into_iter().map(|it| it.event).collect(),
    };
    let languages: Vec<Option<String>> = match args.all_languages {
        true => event.languages.iter().cloned().map(Some).collect(),
        false => vec![args.lang.clone()],
    };
    if let Some(lang) = args.lang.as_ref().filter(|it| !event.languages.contains(it)) {
        let there = event.languages.join(", ");
        return Err(Trouble::Told(format!("there is nothing in `{lang}`: this event has {there}")));
    }
    for lang in languages {
        for format in &args.format {
            let text = transcript(&kept, lang.as_deref(), *format);
            match &args.output {
                None => out.write_all(&text).map_err(unwritten)?,
                Some(name) => {
                    let lang = lang.as_deref().filter(|_| args.all_languages);
                    let path = named(name, lang, format.ending());
                    new_file::write_new(&path, &text)?;
                    writeln!(out, "{}", path.display()).map_err(unwritten)?;
                }
            }
        }
    }
    Ok(())
}

fn named(name: &Path, lang: Option<&str>, ending: &str) -> PathBuf {
    let lang = lang.map(|it| format!(".{it}")).unwrap_or_default();
    let mut file = name.file_name().unwrap_or_default().to_owned();
    file.push(format!("{lang}.{ending}"));
    name.with_file_name(file)
}
