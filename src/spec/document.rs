//! A pipeline file as a list of tables: which kinds and names its headers hold.
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Code, Complaint, Kind, complaint::closest, complaint::list, resolve::Table};

/// The tables of a document, in file order.
pub(super) struct Document<'a> {
    pub(super) pipeline: Option<(&'a DeTable<'a>, Range<usize>)>,
    pub(super) tables: Vec<Table<'a>>,
}

/// Sorts the document's tables by their headers, and complains about those that are none.
pub(super) fn tables<'a>(
    document: &'a DeTable<'a>,
    complaints: &mut Vec<Complaint>,
) -> Document<'a> {
    let mut found = Document { pipeline: None, tables: Vec::new() };
    for (key, value) in document {
        let name: &str = key.get_ref();
        let DeValue::Table(inner) = value.get_ref() else {
            complaints.push(
                Complaint::new(Code::UnknownKey, format!("`{name}` stands outside of any table"))
                    .mark(key.span(), "belongs under a header")
                    .help("a stage begins with its kind and name in brackets: `[microphone.mic]`"),
            );
            continue;
        };
        if name == "pipeline" {
            found.pipeline = Some((inner, key.span()));
            continue;
        }
        let Some(kind) = Kind::named(name) else {
            complaints.push(unknown_kind(name, key.span()));
            continue;
        };
        let mut loose = None;
        for (name, value) in inner {
            match value.get_ref() {
                DeValue::Table(keys) => {
                    let name_of: &str = name.get_ref();
                    found.tables.push(Table { kind, name: name_of, header: name.span(), keys });
                }
                _ => loose = loose.or(Some(name.get_ref().to_string())),
            }
        }
        if loose.is_some() || inner.is_empty() {
            complaints.push(
                Complaint::new(Code::NoName, format!("this `{kind}` has no name"))
                    .mark(key.span(), "needs a name, for `from` to point to")
                    .help(format!("[{kind}.{}]", usual_name(kind))),
            );
        }
    }
    found.tables.sort_by_key(|it| it.header.start);
    found
}

fn unknown_kind(name: &str, span: Range<usize>) -> Complaint {
    let names = || ["pipeline"].into_iter().chain(Kind::ALL.map(Kind::name));
    let help = match closest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the kinds are {}", list(Kind::ALL.map(Kind::name), "and")),
    };
    Complaint::new(Code::UnknownKind, format!("there is no kind of stage called `{name}`"))
        .mark(span, "not a kind")
        .help(help)
}

/// A name such as the shipped files use.
pub(super) const fn usual_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Microphone => "mic",
        Kind::Recording => "recording",
        Kind::Pcm => "stdin",
        Kind::Command => "stream",
        Kind::Resample => "speech",
        Kind::Whisper => "english",
        Kind::Translate => "dutch",
        Kind::Replace => "glossary",
        Kind::Lines => "out",
        Kind::Broadcast => "web",
        Kind::Subtitles => "subtitles",
        Kind::Record => "sound",
        Kind::Journal => "journal",
    }
}
