//! Complaints as people and programs read them.
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Complaint, complaint::Mark};

/// Every complaint with its lines of the source, an empty line between two. `path` is what the file is called.
/// `colours`: for a terminal.
pub fn render(path: &str, text: &str, complaints: &[Complaint], colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let drawn: Vec<String> =
        complaints.iter().map(|it| renderer.render(&[drawing(path, text, it)])).collect();
    let lines: Vec<&str> =
        drawn.iter().flat_map(|it| it.lines().chain([""])).map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// In letters. A longer one, such as a machine's own words with a path, stands below the lines of the source.
const LONGEST_LABEL: usize = 60;

fn drawing<'a>(path: &'a str, text: &'a str, complaint: &'a Complaint) -> Group<'a> {
    let title = Level::ERROR.primary_title(&complaint.title).id(complaint.code.name());
    let mut snippet = Snippet::source(text).path(path);
    for (index, Mark { span, label }) in complaint.marks.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(visible(text, span));
        let brief = !label.is_empty() && label.chars().count() <= LONGEST_LABEL;
        snippet = snippet.annotation(if brief { annotation.label(label) } else { annotation });
    }
    let mut group = Group::with_title(title).element(snippet);
    for Mark { label, .. } in &complaint.marks {
        if label.chars().count() > LONGEST_LABEL {
            group = group.element(Level::NOTE.message(label));
        }
    }
    if let Some(help) = &complaint.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// A span that lies in the text, on the borders of letters, whatever a parser said.
fn visible(text: &str, span: &Range<usize>) -> Range<usize> {
    let border = |at: usize| (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it));
    let start = border(span.start).unwrap_or(0);
    start..border(span.end).unwrap_or(0).max(start)
}

/// Every complaint as an object: `file`, `code`, `title`, `marks` with `line` and `column` from 1 (columns in letters)
/// and the bytes `start` to `end`, and `help`.
pub fn to_json(path: &str, text: &str, complaints: &[Complaint]) -> Vec<Value> {
    let object = |it: &Complaint| {
        let marks: Vec<Value> = it.marks.iter().map(|mark| place(text, mark)).collect();
        json!({ "file": path, "code": it.code.name(), "title": it.title, "marks": marks, "help": it.help })
    };
    complaints.iter().map(object).collect()
}

fn place(text: &str, mark: &Mark) -> Value {
    let Range { start, end } = visible(text, &mark.span);
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    json!({
        "line": before.matches('\n').count() + 1,
        "column": before[line_start..].chars().count() + 1,
        "start": start,
        "end": end,
        "label": mark.label,
    })
}
