//! The second phase, names and ports: whom each stage listens to, and whether what is given is what is taken.
use std::{collections::BTreeSet, ops::Range};

use super::{
    Code, Complaint, Kind, Port,
    complaint::{closest, list},
    implied,
    table::Table,
};

/// An edge: table number `taker` names table number `giver` at `span`.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) giver: usize,
    pub(super) taker: usize,
    pub(super) span: Range<usize>,
    pub(super) carries: Port,
}

/// All edges that fit. Complains about the others, and about stages that nobody hears. To listen to one of the `strangers`,
/// which were complained about already, is no mistake of its own.
pub(super) fn links(
    tables: &[Table<'_>],
    strangers: &[&str],
    complaints: &mut Vec<Complaint>,
) -> Vec<Link> {
    let written = || tables.iter().filter(|it| !it.is_implied());
    names(&written().collect::<Vec<_>>(), complaints);
    let mut links: Vec<Link> = Vec::new();
    let mut heard: BTreeSet<&str> = BTreeSet::new();
    // What stages want whose `from` does not fit. Givers of that are not called unheard: one of them may be meant.
    let mut wanted: Vec<Port> = Vec::new();
    for (taker, table) in tables.iter().enumerate().filter(|(_, it)| !it.is_implied()) {
        let takes = table.kind.takes();
        if takes.is_empty() {
            continue; // a `from` of a source is an unknown key already
        }
        let from = table.from().unwrap_or_default();
        if from.is_empty() && !is_source(table) {
            wanted.extend(hears(table.kind));
        }
        let mut seen: Vec<(&str, Range<usize>)> = Vec::new();
        for (name, span) in from {
            if let Some((_, first)) = seen.iter().find(|(it, _)| *it == name) {
                complaints.push(heard_twice(table, name, span, first.clone()));
                continue;
            }
            seen.push((name, span.clone()));
            heard.insert(name);
            let is_named = |it: &Table<'_>| it.name == name && !it.is_implied();
            let mut named: Vec<usize> =
                (0..tables.len()).filter(|it| is_named(&tables[*it])).collect();
            // Where several share the name, which was complained about, the one that fits is meant.
            named.sort_by_key(|it| !tables[*it].gives().is_some_and(|it| takes.contains(&it)));
            let between = tables.iter().position(|it| it.implied_behind == Some(name));
            let between = between.filter(|_| implied::needs_speech(table.kind));
            match named.first().map(|giver| (*giver, tables[*giver].gives())) {
                Some((giver, Some(carries))) if takes.contains(&carries) => {
                    links.push(Link { giver, taker, span, carries });
                }
                Some((giver, given)) => match between {
                    Some(between) => {
                        // Several recognisers share the resampler of their source.
                        if links.iter().all(|it| it.taker != between) {
                            let (span, carries) = (span.clone(), Port::Audio);
                            links.push(Link { giver, taker: between, span, carries });
                        }
                        links.push(Link { giver: between, taker, span, carries: Port::Speech });
                    }
                    None => {
                        wanted.extend(hears(table.kind));
                        complaints.push(wrong_port(tables, taker, giver, given, span));
                    }
                },
                None => {
                    wanted.extend(hears(table.kind));
                    if !strangers.contains(&name) {
                        let named: Vec<&str> = seen.iter().map(|(name, _)| *name).collect();
                        complaints.push(unknown_stage(name, span, table, tables, &named));
                    }
                }
            }
        }
    }
    if strangers.is_empty() {
        for table in written().filter(|it| !heard.contains(it.name)) {
            // Viewers hear a broadcast, whether or not a journal does.
            let gives = table.gives().filter(|it| *it != Port::Events && !wanted.contains(it));
            complaints.extend(gives.map(|port| unheard(tables, table, port)));
        }
    }
    links
}

/// What it may listen to: sound of any rate, too, where it takes speech.
fn hears(kind: Kind) -> impl Iterator<Item = Port> {
    let resampled = implied::needs_speech(kind).then_some(Port::Audio);
    kind.takes().iter().copied().chain(resampled)
}

/// Does it give without listening? `lines` may do either.
pub(super) fn is_source(table: &Table<'_>) -> bool {
    table.kind.takes().is_empty() || table.kind == Kind::Lines && !table.keys.contains_key("from")
}

fn heard_twice(
    table: &Table<'_>,
    name: &str,
    again: Range<usize>,
    first: Range<usize>,
) -> Complaint {
    let title = format!("`{}` listens to `{name}` twice", table.title());
    Complaint::new(Code::HeardTwice, title)
        .mark(again, "again")
        .mark(first, "first")
        .help("name it once")
}

fn names(tables: &[&Table<'_>], complaints: &mut Vec<Complaint>) {
    for (index, table) in tables.iter().enumerate() {
        let Some(first) = tables[..index].iter().find(|it| it.name == table.name) else { continue };
        let free = (2..).map(|n| format!("{}{n}", table.name));
        let free = free.into_iter().find(|it| tables.iter().all(|table| table.name != it));
        complaints.push(
            Complaint::new(Code::NameTaken, format!("two stages are called `{}`", table.name))
                .mark(table.header.clone(), "second of the name")
                .mark(first.header.clone(), "first of the name")
                .maybe_help(free.map(|free| format!("[{}.{free}]", table.kind))),
        );
    }
}

fn unknown_stage(
    name: &str,
    span: Range<usize>,
    taker: &Table<'_>,
    tables: &[Table<'_>],
    named: &[&str],
) -> Complaint {
    let takes = taker.kind.takes();
    let fits = |it: &&Table<'_>| it.gives().is_some_and(|it| takes.contains(&it));
    let others = || {
        let other = |it: &&Table<'_>| it.name != taker.name && !named.contains(&it.name);
        tables.iter().filter(|it| !it.is_implied()).filter(other)
    };
    let near = |all: Vec<&str>| closest(name, all.iter().copied()).map(str::to_owned);
    let mut fitting: Vec<&str> = others().filter(fits).map(|it| it.name).collect();
    if fitting.is_empty() && implied::needs_speech(taker.kind) {
        let audio = others().filter(|it| it.gives() == Some(Port::Audio));
        fitting.extend(audio.map(|it| it.name));
    }
    let help = match near(fitting.clone()).or_else(|| near(others().map(|it| it.name).collect())) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None => match fitting.as_slice() {
            [] => None,
            [only] => Some(format!("from = \"{only}\"")),
            several => Some(format!("it could be {}", list(several.iter().copied(), "or"))),
        },
    };
    Complaint::new(Code::UnknownStage, format!("no stage is called `{name}`"))
        .mark(span, "not the name of a stage")
        .maybe_help(help)
}

fn wrong_port(
    tables: &[Table<'_>],
    taker: usize,
    giver: usize,
    given: Option<Port>,
    span: Range<usize>,
) -> Complaint {
    let (taker, giver) = (&tables[taker], &tables[giver]);
    let wanted: Vec<String> = taker.kind.takes().iter().map(Port::to_string).collect();
    let gives = given.map_or_else(|| "gives nothing".to_owned(), |it| format!("gives {it}"));
    let title = format!("`{}` cannot listen to `{}`", taker.title(), giver.title());
    Complaint::new(Code::WrongPort, title)
        .mark(span, format!("takes {}", wanted.join(" or ")))
        .mark(giver.header.clone(), gives)
        .maybe_help(mend(tables, taker, giver, given))
}

/// What would make the two fit.
fn mend(
    tables: &[Table<'_>],
    taker: &Table<'_>,
    giver: &Table<'_>,
    given: Option<Port>,
) -> Option<String> {
    let from = giver.name;
    let after = |kind: Kind| {
        let listens = |it: &&Table<'_>| {
            it.kind == kind
                && it.from().is_some_and(|all| all.iter().any(|(name, _)| *name == from))
        };
        tables.iter().find(listens).map(|it| format!("from = \"{}\"", it.name))
    };
    let name = |kind: Kind| free_name(tables, kind.usual_name());
    let whisper = || {
        let name = name(Kind::Whisper);
        format!("[whisper.{name}]\nfrom = \"{from}\"\nmodel = \"base.en\"")
    };
    let wants = taker.kind.takes();
    match given? {
        Port::Audio | Port::Speech if wants.contains(&Port::Captions) => Some(
            after(Kind::Whisper)
                .unwrap_or_else(|| format!("put a recogniser between them:\n\n{}", whisper())),
        ),
        // Whoever takes sound of one kind and gets that of the other has the resampler implied, or needs none.
        Port::Audio => None,
        Port::Speech => Some("it is at 16 kHz already and needs no second resampler".into()),
        Port::Captions | Port::Events => None,
    }
}

fn free_name(tables: &[Table<'_>], usual: &str) -> String {
    let taken = |name: &str| tables.iter().any(|it| it.name == name);
    let numbered = (2..).map(|n| format!("{usual}{n}"));
    std::iter::once(usual.to_owned()).chain(numbered).find(|it| !taken(it)).unwrap_or_default()
}

fn unheard(tables: &[Table<'_>], table: &Table<'_>, port: Port) -> Complaint {
    let from = table.name;
    let name = |kind: Kind| free_name(tables, kind.usual_name());
    let help = match port {
        Port::Audio | Port::Speech => {
            let name = name(Kind::Whisper);
            format!("[whisper.{name}]\nfrom = \"{from}\"\nmodel = \"base.en\"")
        }
        Port::Captions | Port::Events => {
            format!("[lines.{}]\nfrom = \"{from}\"", name(Kind::Lines))
        }
    };
    Complaint::new(Code::Unheard, format!("nobody listens to `{}`", table.title()))
        .mark(table.header.clone(), format!("gives {port}"))
        .help(format!("name it in the `from` of another stage, or add one:\n\n{help}"))
}
