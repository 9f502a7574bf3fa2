//! From text to plan: the first two phases of checking.
use std::{ops::Range, path::Path, time::Duration};

use toml::de::DeTable;

use super::{
    Code, Complaint, Kind, Overrides, Plan,
    complaint::in_file_order,
    conflicts, copies, document,
    implied::{self, Implied},
    machine::{Machine, check_page, check_stage},
    order, page, pairs,
    plan::{Feed, Stage},
    queues, records,
    resolve::{self, Queue, Resolved},
    speakers, syntax,
    table::Table,
    voices,
    wiring::{self, Link},
};

/// Reads a pipeline file and sees whether its stages agree. `path` is where it lies: its folder is where relative paths
/// begin. What this machine must have is [`check_machine`](super::check_machine)'s question.
pub fn check(text: &str, path: &Path) -> Result<Plan, Vec<Complaint>> {
    check_with(text, path, &Overrides::default())
}

/// The same, with what the environment says instead of the broadcast's `listen`.
pub fn check_with(text: &str, path: &Path, overrides: &Overrides) -> Result<Plan, Vec<Complaint>> {
    let Checked { plan, mut complaints, .. } = checked(text, path, overrides)?;
    if complaints.is_empty() {
        return Ok(plan);
    }
    in_file_order(&mut complaints);
    Err(complaints)
}

/// The same, together with what this machine has not, also of stages that have mistakes.
pub fn check_on(
    text: &str,
    path: &Path,
    overrides: &Overrides,
    machine: &dyn Machine,
) -> Result<Plan, Vec<Complaint>> {
    let Checked { plan, spoilt, mut complaints } = checked(text, path, overrides)?;
    let has_mistakes = !complaints.is_empty();
    let all: Vec<&Stage> = plan.stages.iter().chain(&spoilt).collect();
    for stage in &all {
        // Whether lines are read or written follows from what they listen to, which may be one of the mistakes.
        if has_mistakes && stage.kind() == Kind::Lines {
            continue;
        }
        let place = |it: &Complaint| it.marks.first().map(|it| it.span.clone());
        let told: Vec<_> = complaints.iter().map(place).collect();
        let more = check_stage(stage, &all, machine);
        complaints.extend(more.into_iter().filter(|it| !told.contains(&place(it))));
    }
    complaints.extend(check_page(plan.page(), machine));
    if complaints.is_empty() {
        return Ok(plan);
    }
    in_file_order(&mut complaints);
    Err(complaints)
}

/// A plan that holds if there are no complaints.
struct Checked {
    plan: Plan,
    /// What is left of stages that have mistakes, without those.
    spoilt: Vec<Stage>,
    complaints: Vec<Complaint>,
}

fn checked(text: &str, path: &Path, overrides: &Overrides) -> Result<Checked, Vec<Complaint>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax::complaints(text, &errors));
    }
    let mut complaints = Vec::new();
    let document = document::tables(document.get_ref(), &mut complaints);
    let folder = path.parent().unwrap_or(Path::new(""));
    let header = document.pipeline.as_ref();
    let pipeline =
        header.and_then(|(keys, header)| resolve::pipeline(keys, header, &mut complaints));
    let page = document.page.as_ref();
    let page = page.and_then(|(keys, header)| page::read(keys, header, folder, &mut complaints));
    let implied = implied::resamplers(&document.tables);
    let mut tables: Vec<Table<'_>> = document.tables;
    tables.extend(implied.iter().map(Implied::table));
    let resolved: Vec<Option<Resolved>> =
        tables.iter().map(|table| resolve::resolve(table, folder, &mut complaints)).collect();
    let spoilt = tables.iter().zip(&resolved).filter(|(_, resolved)| resolved.is_none());
    let left = |table| Some(stage(text, table, resolve::remains(table, folder, &complaints)?));
    let spoilt: Vec<Stage> = spoilt.filter_map(|(table, _)| left(table)).collect();

    let links = wiring::links(&tables, &document.strangers, &mut complaints);
    let order = order::upstream_first(&tables, &links, &mut complaints);
    if document.strangers.is_empty() && order.is_some() {
        let start = header.map_or(0..0, |(_, span)| span.clone());
        sources(&tables, start, &mut complaints);
    }
    let queues: Vec<Queue> = tables.iter().map(|it| resolve::queue(it, folder)).collect();
    for (index, (table, queue)) in tables.iter().zip(&queues).enumerate() {
        let fed = links.iter().find(|it| it.taker == index).map(|it| it.carries);
        if fed.is_some() || table.kind == Kind::Lines && wiring::is_source(table) {
            queues::check(table, *queue, fed, &mut complaints);
        }
    }
    let mut stages = stages(text, &tables, resolved, &queues, &links, order.unwrap_or_default());
    stages = copies::expand(stages);
    overrides.apply(&mut stages, &mut complaints);
    conflicts::check(&stages, &mut complaints);
    voices::check(&stages, &mut complaints);
    pairs::check(&stages, &mut complaints);
    records::check(&stages, &mut complaints);
    if spoilt.is_empty() {
        speakers::check(&stages, &mut complaints);
    }
    let stem = || path.file_stem().map(|it| it.to_string_lossy().into_owned());
    let plan = Plan {
        name: pipeline.as_ref().and_then(|it| it.name.clone()).or_else(stem).unwrap_or_default(),
        grace: pipeline.map_or(Duration::from_secs(5), |it| it.grace.0),
        folder: if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() },
        page,
        stages,
    };
    Ok(Checked { plan, spoilt, complaints })
}

/// Something must give, or nothing will ever happen.
fn sources(tables: &[Table<'_>], start: Range<usize>, complaints: &mut Vec<Complaint>) {
    const HELP: &str = "a source of sound is a `microphone`, a `recording`, a `browser`, `pcm` or a `command`:\n\n[microphone.mic]";
    if tables.is_empty() {
        complaints.push(
            Complaint::new(Code::EmptyPipeline, "this pipeline has no stages")
                .mark(start, "")
                .help(HELP),
        );
    } else if !tables.iter().any(wiring::is_source) {
        complaints.push(
            Complaint::new(Code::NoSource, "nothing in this pipeline gives sound or text")
                .mark(tables[0].header.clone(), "waits for others, as every stage here does")
                .help(HELP),
        );
    }
}

/// The stages whose tables could be read, upstream first. With complaints about, some may be absent, and feeds with them.
fn stages(
    text: &str,
    tables: &[Table<'_>],
    mut resolved: Vec<Option<Resolved>>,
    queues: &[Queue],
    links: &[Link],
    order: Vec<usize>,
) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut places: Vec<(usize, bool)> = Vec::new();
    for index in order {
        let Some(resolved) = resolved[index].take() else { continue };
        let mut stage = stage(text, &tables[index], resolved);
        let mut live = stage.work.gives_live_sound();
        for link in links.iter().filter(|it| it.taker == index) {
            let Some(giver) = places.iter().position(|(table, _)| *table == link.giver) else {
                continue;
            };
            live = places[giver].1;
            let (room, when_full) = queues::edge(link.carries, queues[index], live, &stage.work);
            stage.feeds.push(Feed { giver, carries: link.carries, room, when_full });
        }
        places.push((index, live));
        stages.push(stage);
    }
    stages
}

/// One stage, without its feeds.
fn stage(text: &str, table: &Table<'_>, resolved: Resolved) -> Stage {
    let Resolved { work, restart, patience, places } = resolved;
    Stage {
        name: table.name.to_owned(),
        line: 1 + text[..table.header.start].matches('\n').count(),
        restart,
        patience,
        feeds: Vec::new(),
        work,
        places,
        implied: table.is_implied(),
        copy_of: None,
    }
}
