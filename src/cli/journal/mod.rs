//! `livecap journal`: what a journal holds: its events, their words, a search, exports, and what is removed.
mod export;
mod show;
mod trouble;

use std::{io::Write, path::PathBuf};

use self::{
    export::ExportArgs,
    trouble::{told, unwritten},
};
use super::exit::{Exit, Trouble};
use crate::{
    journal::{EventSummary, Keep, Reader, Search},
    wire::Clock,
};

#[derive(clap::Args)]
pub(super) struct JournalArgs {
    /// The file of the journal
    #[arg(long, global = true, value_name = "FILE", default_value = "journal.db")]
    journal: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the events, the newest first
    List(ListArgs),
    /// Print what was said in an event, with times
    Show(ShowArgs),
    /// Find words in all events, or in one
    ///
    /// All words have to be there; what stands in quotation marks is a phrase. Accents and case do not matter. In scripts without
    /// spaces any part of a text is found.
    Search(SearchArgs),
    /// Write an event as text, subtitles, a document or JSON
    Export(ExportArgs),
    /// Remove events: those that are too old, the oldest of those that are too much, or one
    Prune(PruneArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// The most events
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct ShowArgs {
    /// The event's number, its stream, or `last`
    #[arg(default_value = "last")]
    event: String,
    /// One JSON object a line: each entry with its number and when it was published
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct SearchArgs {
    #[arg(required = true)]
    words: Vec<String>,
    /// Only in this event: its number, its stream, or `last`
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Only in this language
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,
    /// Only of this speaker
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// The most hits
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct PruneArgs {
    /// Remove events that ended more than so many days ago
    #[arg(long, value_name = "DAYS")]
    days: Option<u64>,
    /// Remove the oldest events until the file holds at most so many megabytes
    #[arg(long, value_name = "NUMBER")]
    megabytes: Option<u64>,
    /// Remove this event: its number, its stream, or `last`
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
}

pub(super) fn journal(args: &JournalArgs, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let mut reader = Reader::open(&args.journal).map_err(told)?;
    let written = match &args.command {
        Command::List(list) => {
            let events = reader.events(None, list.limit).map_err(told)?;
            show::list(&events, list.json, out)
        }
        Command::Show(show) => {
            let event = event(&reader, &show.event)?;
            show::event(&reader, &event, show.json, out)
        }
        Command::Search(search) => {
            let event = search.event.as_deref().map(|it| event(&reader, it)).transpose()?;
            let asked = Search {
                words: search.words.join(" "),
                event: event.map(|it| it.id),
                lang: search.lang.clone(),
                speaker: search.speaker.clone(),
                limit: search.limit as usize,
                ..Search::default()
            };
            let found = reader.search(&asked).map_err(told)?;
            if found.hits.is_empty() {
                let words = &asked.words;
                let _ = writeln!(std::io::stderr(), "`{words}` was not found");
                return Ok(Exit::GaveUp);
            }
            show::hits(&found, search.json, out)
        }
        Command::Export(args) => {
            let event = event(&reader, &args.event)?;
            export::export(&reader, &event, args, out)
        }
        Command::Prune(prune) => return self::prune(&mut reader, prune, out),
    };
    written.map(|()| Exit::Fine)
}

fn prune(reader: &mut Reader, args: &PruneArgs, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let mut gone = 0;
    if let Some(name) = &args.event {
        let event = event(reader, name)?;
        reader.remove(event.id).map_err(told)?;
        gone += 1;
    }
    let keep = Keep {
        age_ms: args.days.map(|it| it * 24 * 3600 * 1000),
        bytes: args.megabytes.map(|it| it * 1_000_000),
    };
    gone += reader.prune(keep, Clock::start().started_ms()).map_err(told)?;
    let written = writeln!(out, "events removed: {gone}");
    written.map(|()| Exit::Fine).map_err(unwritten)
}

fn event(reader: &Reader, name: &str) -> Result<EventSummary, Trouble> {
    let found = reader.event(name).map_err(told)?;
    found.ok_or_else(|| {
        Trouble::Told(format!("there is no event `{name}`: `livecap journal list` lists them"))
    })
}
