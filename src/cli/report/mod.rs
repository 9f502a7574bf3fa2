//! `livecap report`: the last minutes of an event in one file for a bug report, without names and tokens.
mod again;
mod pack;
mod redact;
mod running;
mod sound;

use std::{
    io::{Cursor, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

pub(super) use self::again::unpacked;
use self::{pack::Pack, redact::Redaction, running::Running};
use super::exit::{Exit, Trouble};
use crate::journal::{EventSummary, JournalError, Reader, Row};

#[derive(clap::Args)]
pub(super) struct ReportArgs {
    /// The event's number, its stream, or `last`
    #[arg(default_value = "last")]
    event: String,
    /// The file of the journal
    #[arg(long, value_name = "FILE", default_value = "journal.db")]
    journal: PathBuf,
    /// How much of the event's end is in it
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = crate::spec::length)]
    last: Duration,
    /// The server that runs now, such as http://127.0.0.1:31979: its log, metrics and state are in the report too
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The environment variable with its operator's token
    #[arg(long, value_name = "NAME", requires = "server")]
    token_env: Option<String>,
    /// Also put the recorded sound into it: voices are no words, and are not changed
    #[arg(long)]
    sound: bool,
    /// A name that is in no list of speakers, to be replaced too; may be repeated
    #[arg(long, value_name = "NAME")]
    hide: Vec<String>,
    /// The file of the report
    #[arg(long, short, value_name = "FILE", default_value = "report.zip")]
    output: PathBuf,
}

pub(super) async fn report(args: &ReportArgs, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let running = match &args.server {
        Some(url) => Some(Running::read(url, args.token_env.as_deref()).await?),
        None => None,
    };
    let reader = Reader::open(&args.journal).map_err(told)?;
    let event = reader.event(&args.event).map_err(told)?.ok_or_else(|| {
        let name = &args.event;
        Trouble::Told(format!("there is no event `{name}`: `livecap journal list` lists them"))
    })?;
    if args.output.exists() {
        return Err(super::new_file::exists(&args.output));
    }
    let rows = last(&reader, &event, args.last)?;
    let sound = match args.sound {
        true => Some(sound_of(&reader, &event, &rows)?),
        false => None,
    };
    let pack = Pack::new(Cursor::new(Vec::new()));
    let pack = fill(pack, args, (&reader, &event), &rows, running).map_err(unwritten(args))?;
    let pack = add_sound(pack, sound).map_err(unwritten(args))?;
    let files = pack.files.clone();
    let bytes = pack.finish().map_err(unwritten(args))?.into_inner();
    std::fs::write(&args.output, bytes).map_err(unwritten(args))?;
    for (name, bytes) in files {
        writeln!(out, "{bytes:>12}  {name}")?;
    }
    writeln!(
        out,
        "{}\nLook through it before you send it: what was said is in it. Names of speakers, tokens and addresses are replaced; \
         --hide NAME replaces others.",
        args.output.display()
    )?;
    Ok(Exit::Fine)
}

/// So much sound before the first words, and after the last ones.
const BEFORE_SECONDS: f64 = 5.0;

/// The entries of the last minutes before the newest one.
fn last(reader: &Reader, event: &EventSummary, last: Duration) -> Result<Vec<Row>, Trouble> {
    let ms = u64::try_from(last.as_millis()).unwrap_or(u64::MAX);
    let first = reader.first_of_last(event.id, ms).map_err(told)?;
    let Some(first) = first else { return Ok(Vec::new()) };
    reader.entries(event.id, first, usize::MAX).map_err(told)
}

/// The sound of these entries, from some seconds before the first one on.
fn sound_of(reader: &Reader, event: &EventSummary, rows: &[Row]) -> Result<Vec<u8>, Trouble> {
    let files = reader.sounds(event.id).map_err(told)?;
    let start = rows.first().map_or(0.0, |it| it.event.start());
    let span = (start - BEFORE_SECONDS).max(0.0)..event.seconds + BEFORE_SECONDS;
    sound::excerpt(&files, span).map_err(|it| Trouble::Told(it.to_string()))
}

fn add_sound(
    mut pack: Pack<Cursor<Vec<u8>>>,
    sound: Option<Vec<u8>>,
) -> std::io::Result<Pack<Cursor<Vec<u8>>>> {
    if let Some(sound) = sound {
        pack.add(pack::SOUND, &sound)?;
    }
    Ok(pack)
}

fn fill(
    mut pack: Pack<Cursor<Vec<u8>>>,
    args: &ReportArgs,
    (reader, event): (&Reader, &EventSummary),
    rows: &[Row],
    running: Option<Running>,
) -> std::io::Result<Pack<Cursor<Vec<u8>>>> {
    let other = std::io::Error::other::<JournalError>;
    let (file, pipeline) = reader.pipeline(event.id).map_err(other)?.unwrap_or_default();
    let names = event.speakers.iter().chain(&args.hide).map(String::as_str);
    let written = written_names(&pipeline);
    let redaction = Redaction::of(names.chain(written.iter().map(String::as_str)));
    let about = json!({
        "livecap": env!("CARGO_PKG_VERSION"),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "pipeline": Path::new(&file).file_name().map(|it| redaction.text(&it.to_string_lossy())),
        "models": reader.models(event.id).map_err(other)?,
        "event": { "started_at": event.started_at, "runs": event.runs, "entries": event.entries,
                   "languages": event.languages, "seconds": event.seconds },
        "entries": rows.len(),
    });
    pack.add(pack::ABOUT, format!("{about:#}\n").as_bytes())?;
    // A file that livecap ran is well formed; one that was made by `livecap live` stands nowhere.
    let left = redaction.pipeline(&pipeline).unwrap_or_default();
    pack.add(pack::PIPELINE, left.as_bytes())?;
    let events = rows.iter().map(|it| json!({ "seq": it.seq, "at": it.at, "event": it.event }));
    pack.add(pack::EVENTS, &lines(events, &redaction))?;
    let since = rows.first().map_or(0, |it| it.at);
    let notes = reader.notes(event.id, since).map_err(other)?;
    pack.add(pack::NOTES, &lines(notes.into_iter(), &redaction))?;
    if let Some(Running { log, metrics, mut state }) = running {
        pack.add(pack::LOG, &lines(log.into_iter(), &redaction))?;
        pack.add(pack::METRICS, redaction.text(&metrics).as_bytes())?;
        redaction.json(&mut state);
        pack.add(pack::STATE, format!("{state:#}\n").as_bytes())?;
    }
    Ok(pack)
}

/// Names that the pipeline file gives speakers.
fn written_names(pipeline: &str) -> Vec<String> {
    let file: toml::Table = pipeline.parse().unwrap_or_default();
    let tables = file.values().filter_map(toml::Value::as_table).flat_map(|it| it.values());
    let named = tables.filter_map(toml::Value::as_table).flat_map(|it| {
        let name = |key: &str| it.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        [name("speaker"), name("name")]
    });
    named.flatten().collect()
}

fn lines(values: impl Iterator<Item = Value>, redaction: &Redaction) -> Vec<u8> {
    let mut text = String::new();
    for mut value in values {
        redaction.json(&mut value);
        text += &format!("{value}\n");
    }
    text.into_bytes()
}

fn unwritten(args: &ReportArgs) -> impl Fn(std::io::Error) -> Trouble + '_ {
    |error| Trouble::Told(format!("cannot write `{}`: {error}", args.output.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn told(error: JournalError) -> Trouble {
    Trouble::Told(error.to_string())
}
