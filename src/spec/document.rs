//! A pipeline file as a list of tables: which kinds and names its headers hold.
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Code, Complaint, Kind, complaint::closest, complaint::list, table::Table};

/// The tables of a document, in file order.
pub(super) struct Document<'a> {
    pub(super) pipeline: Option<(&'a DeTable<'a>, Range<usize>)>,
    pub(super) page: Option<(&'a DeTable<'a>, Range<usize>)>,
    pub(super) tables: Vec<Table<'a>>,
    /// What tables are called that could not be placed. Others may well listen to them.
    pub(super) strangers: Vec<&'a str>,
}

/// Sorts the document's tables by their headers, and complains about those that are none.
pub(super) fn tables<'a>(
    document: &'a DeTable<'a>,
    complaints: &mut Vec<Complaint>,
) -> Document<'a> {
    let mut found =
        Document { pipeline: None, page: None, tables: Vec::new(), strangers: Vec::new() };
    for (key, value) in document {
        let name: &str = key.get_ref();
        let kind = Kind::named(name);
        let DeValue::Table(inner) = value.get_ref() else {
            complaints.push(match kind {
                Some(kind) => no_name(kind, key.span()),
                None => outside(name, key.span()),
            });
            found.strangers.extend(kind.map(Kind::name));
            continue;
        };
        if name == "pipeline" {
            found.pipeline = Some((inner, key.span()));
            continue;
        }
        if name == "page" {
            found.page = Some((inner, key.span()));
            continue;
        }
        let Some(kind) = kind else {
            complaints.push(unknown_kind(name, key.span()));
            found.strangers.extend(inner.keys().map(|it| -> &str { it.get_ref() }));
            continue;
        };
        let mut loose = inner.is_empty();
        for (name, value) in inner {
            let (span, name) = (name.span(), name.get_ref().as_ref());
            match value.get_ref() {
                DeValue::Table(keys) => {
                    complaints.extend(bad_name(kind, name, &span));
                    found.tables.push(Table {
                        kind,
                        name,
                        header: span,
                        keys,
                        implied_behind: None,
                    });
                }
                DeValue::Array(several) if several.iter().any(|it| it.get_ref().is_table()) => {
                    let title = format!("`{kind}.{name}` is in double brackets");
                    complaints.push(
                        Complaint::new(Code::WrongType, title)
                            .mark(span, "each stage is one table")
                            .help(format!("[{kind}.{name}]")),
                    );
                    found.strangers.push(name);
                }
                _ => loose = true,
            }
        }
        if loose {
            complaints.push(no_name(kind, key.span()));
            found.strangers.push(kind.name());
        }
    }
    found.tables.sort_by_key(|it| it.header.start);
    found
}

fn outside(name: &str, span: Range<usize>) -> Complaint {
    Complaint::new(Code::UnknownKey, format!("`{name}` is outside of any table"))
        .mark(span, "belongs under a header")
        .help("a header holds a kind and a name: `[microphone.mic]`; the pipeline's own is `[pipeline]`")
}

fn no_name(kind: Kind, span: Range<usize>) -> Complaint {
    Complaint::new(Code::NoName, format!("this `{kind}` has no name"))
        .mark(span, "needs a name of your choice")
        .help(format!("[{kind}.{}]", kind.usual_name()))
}

/// Names travel in addresses and lists, so they hold nothing that would need quoting there.
fn bad_name(kind: Kind, name: &str, span: &Range<usize>) -> Option<Complaint> {
    let fine = |it: char| it.is_alphanumeric() || it == '-' || it == '_';
    if !name.is_empty() && name.chars().all(fine) {
        return None;
    }
    let mended: String = name.chars().map(|it| if fine(it) { it } else { '-' }).collect();
    let mended = match mended.trim_matches('-') {
        "" => kind.usual_name(),
        some => some,
    };
    let complaint = Complaint::new(Code::BadName, format!("a stage cannot be called `{name}`"))
        .mark(span.clone(), "takes letters, digits, `-` and `_`")
        .help(format!("[{kind}.{mended}]"));
    Some(complaint)
}

fn unknown_kind(name: &str, span: Range<usize>) -> Complaint {
    let names = || ["pipeline", "page"].into_iter().chain(Kind::ALL.map(Kind::name));
    let help = match closest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the kinds are {}", list(Kind::ALL.map(Kind::name), "and")),
    };
    Complaint::new(Code::UnknownKind, format!("there is no kind of stage called `{name}`"))
        .mark(span, "not a kind")
        .help(help)
}
