//! `docs/pipeline-file.md`, written from the schema: every kind and key with its type, its default and its meaning.
use std::fmt::Write;

use serde_json::Value;

use super::{Code, Kind, Port, kind::Group, misfit, schema};

/// The whole page as Markdown.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    let _ = writeln!(page, "## The pipeline and its stages\n");
    section(&mut page, "pipeline", "[pipeline]", &schema::pipeline());
    section(&mut page, "page", "[page]", &schema::page());
    every_stage(&mut page);
    for group in Group::ALL {
        let _ = writeln!(page, "## {}\n", group.title());
        for kind in Kind::ALL.into_iter().filter(|it| it.group() == group) {
            let header = format!("[{kind}.NAME]");
            section(&mut page, kind.name(), &header, &schema::stage(kind));
        }
    }
    page.push_str(QUEUES);
    page.push_str("## Complaints\n\n`livecap check` reports all complaints at once, in file order.\n\n| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(page, "| `{code}` | {} |", code.meaning().trim());
    }
    page
}

const HEAD: &str = "\
<!-- Written by `UPDATE_EXPECT=1 cargo test --test it check::` from the types of src/spec/file; edit those. -->
# The pipeline file

This page helps you to write a pipeline file. It has every kind of stage, every key, and what each complaint of `livecap check`
means.

A pipeline file is written in TOML. Each stage is a table. Its header has the kind of the stage and a name of your choice. `from`
names the stage that it listens to:

```toml
[microphone.mic]

[whisper.english]
from = \"mic\"
model = \"base.en\"

[broadcast.web]
from = \"english\"
listen = \"127.0.0.1:31979\"
```

- `livecap check FILE` reports everything that is wrong with a file.
- `livecap graph FILE` draws it.
- `livecap check --schema` prints a JSON Schema for your editor.

Lengths of time have a unit: `250ms`, `4s`, `2m`, `1h`. Paths are relative to the folder of the file. `LIVECAP_HOST` and
`LIVECAP_PORT`, or else `SIO_HOST` and `SIO_PORT`, override the `listen` of the broadcast.

`livecap init` writes such a file from a few questions, and `livecap live --write FILE` leaves behind the one that it runs.

";

const QUEUES: &str = "\
## Queues

Every edge has a limited size. Set `queue` in the stage that listens:

```toml
queue = { holds = \"2s\", when-full = \"drop-oldest\" }   # on sound
queue = { size = 64, when-full = \"coalesce\" }         # on captions
```

| carries | measured by | when full | default |
|---|---|---|---|
| sound | `holds`, how much sound may wait | `wait`, `drop-oldest`, `drop-newest` | 2 s; `drop-oldest` behind a live source (`microphone`, `command`, `recording` at a given speed), `wait` behind a source that can wait (`pcm`, `recording` at `max`, `browser`, which drops what is older than its `max-lag`) |
| captions | `size`, how many may wait | `wait`, `coalesce` | 64; `coalesce`: a newer partial replaces an older one of its segment, finals wait |

Dropped sound is counted, and appears as a gap in the captions. Finals are never dropped.

";

fn section(page: &mut String, name: &str, header: &str, schema: &Value) {
    let _ = writeln!(page, "### `{name}`\n\n{}\n", paragraphs(schema));
    if let Some(kind) = Kind::named(name) {
        let _ = writeln!(page, "{}\n", ports(kind));
    }
    let common = |key: &str| COMMON.contains(&key) && name != "pipeline";
    let keys: Vec<&str> = keys(schema).into_iter().filter(|it| !common(it)).collect();
    table(page, header, schema, &keys);
}

const COMMON: [&str; 3] = ["queue", "restart", "patience"];

/// The keys that all kinds share, in one table.
fn every_stage(page: &mut String) {
    page.push_str(EVERY);
    let mut schema = schema::stage(Kind::Resample);
    let (most, whisper) = (Kind::Resample.patience(), Kind::Whisper.patience());
    schema["properties"]["patience"]["x-default"] =
        format!("`\"{most}\"`, for `whisper` `\"{whisper}\"`").into();
    table(page, "[KIND.NAME]", &schema, &COMMON);
}

const EVERY: &str = "\
### Every stage

Every stage has these keys, except that a source has no `queue`.

";

fn table(page: &mut String, header: &str, schema: &Value, keys: &[&str]) {
    if keys.is_empty() {
        return;
    }
    let _ = writeln!(page, "| `{header}` | takes | default | meaning |\n|---|---|---|---|");
    rows(page, "", schema, keys);
    page.push('\n');
}

/// `from` first, then what must be there, then the rest.
fn keys(schema: &Value) -> Vec<&str> {
    let all = schema["properties"].as_object().into_iter().flatten();
    let mut keys: Vec<&str> = all.map(|(key, _)| key.as_str()).collect();
    keys.sort_by_key(|it| (*it != "from", !is_required(schema, it), *it));
    keys
}

fn is_required(schema: &Value, key: &str) -> bool {
    schema["required"].as_array().is_some_and(|it| it.iter().any(|it| it == key))
}

fn ports(kind: Kind) -> String {
    let takes: Vec<String> = kind.takes().iter().map(Port::to_string).collect();
    let mut told = Vec::new();
    if !takes.is_empty() {
        let with = if kind == Kind::Lines { "With `from` it takes" } else { "Takes" };
        told.push(format!("{with} {}.", takes.join(" or ")));
    }
    match (kind.gives(true), kind.gives(false)) {
        (Some(port), _) => told.push(format!("Gives {port}.")),
        (None, Some(port)) => told.push(format!("Without it, it gives {port}.")),
        (None, None) => (),
    }
    told.join(" ")
}

fn rows(page: &mut String, prefix: &str, schema: &Value, keys: &[&str]) {
    for key in keys {
        let value = &schema["properties"][key];
        let inner = value["properties"].is_object();
        let default = match default(value) {
            _ if is_required(schema, key) => "**required**".to_owned(),
            _ if inner => "below".to_owned(),
            default => default,
        };
        let meaning = format!("{}{}", paragraphs(value), choices(value));
        let _ = writeln!(page, "| `{prefix}{key}` | {} | {default} | {meaning} |", takes(value));
        if inner {
            rows(page, &format!("{prefix}{key}."), value, &self::keys(value));
        }
    }
}

/// A description, its lines joined to paragraphs.
fn paragraphs(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split("\n\n").map(|it| it.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

fn default(schema: &Value) -> String {
    match (&schema["x-default"], &schema["default"]) {
        (Value::String(told), _) if told.contains(' ') => told.clone(),
        (Value::Null, Value::Null) => "none".to_owned(),
        (Value::Null, Value::Array(none)) if none.is_empty() => "none".to_owned(),
        (Value::Null, Value::Object(none)) if none.is_empty() => "none".to_owned(),
        (Value::Null, value) | (value, _) => format!("`{value}`"),
    }
}

/// In words, with the bounds.
fn takes(schema: &Value) -> String {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let mut told: Vec<String> = alternatives
        .filter(|it| it["type"] != "null" && it.get("const").is_none())
        .map(takes)
        .collect();
    if told.is_empty() {
        told.push(misfit::describe(schema));
    }
    let told = told.join(" or ");
    let bound = |name: &str| schema[name].as_f64();
    match (bound("minimum"), bound("exclusiveMinimum"), bound("maximum"), misfit::range(schema)) {
        (.., Some((least, most))) => format!("{told} from {least} to {most}"),
        (Some(least), _, Some(most), _) => format!("{told} from {least} to {most}"),
        (_, Some(least), Some(most), _) => format!("{told} above {least}, at most {most},"),
        _ => told,
    }
}

/// What each word of a choice means.
fn choices(schema: &Value) -> String {
    let told = ["oneOf", "anyOf"].iter().filter_map(|it| schema[it].as_array()).flatten();
    told.map(|it| match (it["const"].as_str(), it["description"].as_str()) {
        (Some(word), Some(meaning)) => format!(" `{word}`: {meaning}"),
        _ => choices(it),
    })
    .collect()
}
