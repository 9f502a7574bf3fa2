//! `livecap graph`: a pipeline drawn as a tree, for Graphviz, or for Mermaid.
use std::{
    io::{self, Write},
    path::PathBuf,
};

use crate::spec::{
    Plan,
    plan::{Feed, Stage},
};

#[derive(clap::Args, Debug)]
pub struct GraphArgs {
    /// A pipeline file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: GraphFormat,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphFormat {
    /// A tree for the terminal.
    #[default]
    Text,
    /// For Graphviz: `livecap graph FILE --format dot | dot -Tsvg`.
    Dot,
    /// For Mermaid, which many sites render in Markdown.
    Mermaid,
}

/// `resample.speech`, or with a mark where the stage stands in no file.
fn title(stage: &Stage) -> String {
    let mark = if stage.implied { " (implied)" } else { "" };
    match &stage.copy_of {
        Some(copy) => format!("{}.{} ×{}{mark}", stage.kind(), copy.name, copy.count),
        None => format!("{}{mark}", stage.title()),
    }
}

/// Of the copies that speakers have of a stage, the first stands for all.
fn is_drawn(stage: &Stage) -> bool {
    stage.copy_of.as_ref().is_none_or(|it| it.number == 1)
}

/// Draws a plan.
pub fn graph(plan: &Plan, format: GraphFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        GraphFormat::Text => tree(plan, out),
        GraphFormat::Dot => dot(plan, out),
        GraphFormat::Mermaid => mermaid(plan, out),
    }
}

/// `sound, 2s, drop-oldest`
fn edge(feed: &Feed) -> String {
    format!("{}, {}, {}", feed.carries.name(), feed.room, feed.when_full.name())
}

/// Each source with the stages that take its output, indented. A stage with several inputs appears under each of them.
fn tree(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (number, stage) in
        plan.stages().iter().enumerate().filter(|(_, it)| it.feeds.is_empty() && is_drawn(it))
    {
        lines.push((title(stage), String::new()));
        branch(plan, number, "", &mut lines);
    }
    let width = lines.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    for (left, right) in lines {
        writeln!(out, "{}", format!("{left:width$}  {right}").trim_end())?;
    }
    Ok(())
}

fn branch(plan: &Plan, giver: usize, indent: &str, lines: &mut Vec<(String, String)>) {
    let drawn = |it: &(usize, &Feed)| is_drawn(&plan.stages()[it.0]);
    let mut listeners = plan.listeners(giver).filter(drawn).peekable();
    while let Some((taker, feed)) = listeners.next() {
        let (fork, below) = match listeners.peek() {
            Some(_) => ("├─ ", "│  "),
            None => ("└─ ", "   "),
        };
        let title = title(&plan.stages()[taker]);
        lines.push((format!("{indent}{fork}{title}"), edge(feed)));
        branch(plan, taker, &format!("{indent}{below}"), lines);
    }
}

fn edges(plan: &Plan) -> impl Iterator<Item = (usize, usize, &Feed)> {
    let stages = plan.stages().iter().enumerate();
    stages
        .filter(|(_, it)| is_drawn(it))
        .flat_map(|(taker, it)| it.feeds.iter().map(move |feed| (feed.giver, taker, feed)))
        .filter(|(giver, ..)| is_drawn(&plan.stages()[*giver]))
}

fn dot(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    writeln!(out, "digraph {} {{", quoted(plan.name()))?;
    writeln!(
        out,
        "  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]"
    )?;
    for (number, stage) in plan.stages().iter().enumerate().filter(|(_, it)| is_drawn(it)) {
        writeln!(out, "  s{number} [label={}]", quoted(&title(stage)))?;
    }
    for (giver, taker, feed) in edges(plan) {
        writeln!(out, "  s{giver} -> s{taker} [label={}]", quoted(&edge(feed)))?;
    }
    writeln!(out, "}}")
}

fn mermaid(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (number, stage) in plan.stages().iter().enumerate().filter(|(_, it)| is_drawn(it)) {
        writeln!(out, "  s{number}[\"{}\"]", title(stage).replace('"', "#quot;"))?;
    }
    for (giver, taker, feed) in edges(plan) {
        writeln!(out, "  s{giver} -->|\"{}\"| s{taker}", edge(feed))?;
    }
    Ok(())
}
