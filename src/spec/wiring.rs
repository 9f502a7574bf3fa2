//! The second phase, names and ports: whom each stage listens to, and whether what is given is what is taken.
use std::{collections::BTreeSet, ops::Range};

use super::{
    Code, Complaint, Kind, Port,
    complaint::{closest, list},
    document::usual_name,
    resolve::Table,
};

/// An edge: table number `taker` names table number `giver` at `span`.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) giver: usize,
    pub(super) taker: usize,
    pub(super) span: Range<usize>,
    pub(super) carries: Port,
}

/// All edges that fit. Complains about the others, and about stages that nobody hears.
pub(super) fn links(tables: &[Table<'_>], complaints: &mut Vec<Complaint>) -> Vec<Link> {
    names(tables, complaints);
    let mut links: Vec<Link> = Vec::new();
    let mut heard = BTreeSet::new();
    let mut all_known = true;
    for (taker, table) in tables.iter().enumerate() {
        let Some(from) = table.from() else {
            all_known = false;
            continue;
        };
        if table.kind.takes().is_empty() {
            continue; // a `from` of a source is an unknown key already
        }
        let mut seen: Vec<(usize, Range<usize>)> = Vec::new();
        for (name, span) in from {
            let Some(giver) = tables.iter().position(|it| it.name == name) else {
                let near = closest(name, givers(tables).map(|it| it.name));
                heard.extend(near.map(str::to_owned));
                complaints.push(unknown_stage(name, span, near, tables));
                continue;
            };
            heard.insert(name.to_owned());
            if let Some((_, first)) = seen.iter().find(|(it, _)| *it == giver) {
                complaints.push(
                    Complaint::new(
                        Code::HeardTwice,
                        format!("`{}` listens to `{name}` twice", table.title()),
                    )
                    .mark(span, "again")
                    .mark(first.clone(), "first")
                    .help("name it once"),
                );
                continue;
            }
            seen.push((giver, span.clone()));
            match gives(&tables[giver]) {
                Some(carries) if table.kind.takes().contains(&carries) => {
                    links.push(Link { giver, taker, span, carries });
                }
                given => complaints.push(wrong_port(tables, taker, giver, given, span)),
            }
        }
    }
    if all_known {
        for table in tables.iter().filter(|it| !heard.contains(it.name)) {
            complaints.extend(gives(table).map(|port| unheard(table, port)));
        }
    }
    links
}

fn gives(table: &Table<'_>) -> Option<Port> {
    table.kind.gives(table.keys.contains_key("from"))
}

fn givers<'a>(tables: &'a [Table<'a>]) -> impl Iterator<Item = &'a Table<'a>> {
    tables.iter().filter(|it| gives(it).is_some())
}

fn names(tables: &[Table<'_>], complaints: &mut Vec<Complaint>) {
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
    near: Option<&str>,
    tables: &[Table<'_>],
) -> Complaint {
    let help = match (near, givers(tables).count()) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, 0) => None,
        (None, _) => {
            let names = list(givers(tables).map(|it| it.name), "and");
            Some(format!("the stages that can be listened to are {names}"))
        }
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
    let name = |kind: Kind| free_name(tables, usual_name(kind));
    let resample = |name: &str| format!("[resample.{name}]\nfrom = \"{from}\"");
    let whisper = |from: &str| {
        let name = name(Kind::Whisper);
        format!("[whisper.{name}]\nfrom = \"{from}\"\nmodel = \"base.en\"")
    };
    let wants = taker.kind.takes();
    match given? {
        Port::Audio if wants.contains(&Port::Speech) => {
            Some(after(Kind::Resample).unwrap_or_else(|| {
                format!("put a resampler between them:\n\n{}", resample(&name(Kind::Resample)))
            }))
        }
        Port::Audio => Some({
            let speech = name(Kind::Resample);
            let (first, second) = (resample(&speech), whisper(&speech));
            format!("put a resampler and a recogniser between them:\n\n{first}\n\n{second}")
        }),
        Port::Speech if wants.contains(&Port::Captions) => Some(
            after(Kind::Whisper)
                .unwrap_or_else(|| format!("put a recogniser between them:\n\n{}", whisper(from))),
        ),
        Port::Speech => Some("it is at 16 kHz already and needs no second resampler".into()),
        Port::Captions => None,
    }
}

fn free_name(tables: &[Table<'_>], usual: &str) -> String {
    let taken = |name: &str| tables.iter().any(|it| it.name == name);
    let numbered = (2..).map(|n| format!("{usual}{n}"));
    std::iter::once(usual.to_owned()).chain(numbered).find(|it| !taken(it)).unwrap_or_default()
}

fn unheard(table: &Table<'_>, port: Port) -> Complaint {
    let name = table.name;
    let help = match port {
        Port::Audio => format!("[resample.speech]\nfrom = \"{name}\""),
        Port::Speech => format!("[whisper.english]\nfrom = \"{name}\"\nmodel = \"base.en\""),
        Port::Captions => format!("[lines.out]\nfrom = \"{name}\""),
    };
    Complaint::new(Code::Unheard, format!("nobody listens to `{}`", table.title()))
        .mark(table.header.clone(), format!("gives {port}"))
        .help(format!("name it in the `from` of another stage, or add one:\n\n{help}"))
}
