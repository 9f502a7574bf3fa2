//! `docs/pipeline-file.md`, written from the schema: every kind and key with its type, its default and its meaning.
use std::fmt::Write;

use serde_json::Value;

use super::{Code, Kind, Port, schema, shape};

/// The whole page as Markdown.
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    section(&mut page, "pipeline", "[pipeline]", &schema::pipeline());
    for (title, kinds) in GROUPS {
        let _ = writeln!(page, "## {title}\n");
        for kind in *kinds {
            let header = format!("[{kind}.NAME]");
            section(&mut page, kind.name(), &header, &schema::stage(*kind));
        }
    }
    page.push_str(QUEUES);
    page.push_str("## Complaints\n\n`livecap check` tells all of them at once, in file order.\n\n| code | what it means |\n|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(page, "| `{code}` | {} |", code.meaning().trim());
    }
    page
}

const GROUPS: &[(&str, &[Kind])] = &[
    ("Sources of sound", &[Kind::Microphone, Kind::Recording, Kind::Pcm, Kind::Command]),
    ("On sound", &[Kind::Resample, Kind::Whisper, Kind::Record]),
    ("On captions", &[Kind::Translate, Kind::Replace]),
    ("Sinks", &[Kind::Lines, Kind::Broadcast, Kind::Subtitles, Kind::Journal]),
];

const HEAD: &str = "\
<!-- Written by `UPDATE_EXPECT=1 cargo test --test it check::` from the types of src/spec/file; edit those. -->
# The pipeline file

A pipeline file is TOML. Each stage is a table whose header holds its kind and a name of your choice, and `from` says to
which stage it listens:

```toml
[microphone.mic]

[resample.speech]
from = \"mic\"

[whisper.english]
from = \"speech\"
model = \"base.en\"

[broadcast.web]
from = \"english\"
listen = \"127.0.0.1:31979\"
```

`livecap check FILE` tells everything that is wrong with a file, `livecap graph FILE` draws it, and `livecap check --schema`
prints its JSON Schema for your editor. Lengths of time carry their unit: `250ms`, `4s`, `2m`, `1h`. Paths begin in
the folder of the file.

`LIVECAP_HOST` and `LIVECAP_PORT`, else `SIO_HOST` and `SIO_PORT`, go before the `listen` of the broadcast.

";

const QUEUES: &str = "\
## Queues

Every edge has a size. `queue` stands at the stage that listens:

```toml
queue = { holds = \"2s\", when-full = \"drop-oldest\" }   # on sound
queue = { size = 64, when-full = \"coalesce\" }         # on captions
```

| carries | measured by | when full | unless the file says otherwise |
|---|---|---|---|
| sound | `holds`, how much of it may wait | `wait`, `drop-oldest`, `drop-newest` | 2 s; `drop-oldest` behind a live source (`microphone`, `command`, `recording` at a stated speed), `wait` behind one that can wait (`pcm`, `recording` at `max`) |
| captions | `size`, how many may wait | `wait`, `coalesce` | 64; `coalesce`: a partial gives way to a newer one of its segment, finals wait |

What is dropped is counted, and shows as a gap in the captions. Finals are never dropped.

";

fn section(page: &mut String, name: &str, header: &str, schema: &Value) {
    let _ = writeln!(page, "### `{name}`\n");
    let _ = writeln!(page, "{}\n", text(schema).replace('\n', " ").replace("  ", "\n\n"));
    if let Some(kind) = Kind::named(name) {
        let _ = writeln!(page, "{}\n", ports(kind));
    }
    let _ = writeln!(page, "Header: `{header}`\n");
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("| key | takes | default | meaning |\n|---|---|---|---|\n");
    rows(page, "", schema, &required);
    page.push('\n');
}

fn ports(kind: Kind) -> String {
    let takes: Vec<String> = kind.takes().iter().map(Port::to_string).collect();
    let takes = match (takes.is_empty(), kind) {
        (true, _) => String::new(),
        (false, Kind::Lines) => format!("With `from` it takes {}. ", takes.join(" or ")),
        (false, _) => format!("Takes {}. ", takes.join(" or ")),
    };
    let gives = match (kind.gives(true), kind.gives(false)) {
        (Some(port), _) => format!("Gives {port}."),
        (None, Some(port)) => format!("Without it, it gives {port}."),
        (None, None) => String::new(),
    };
    let built =
        if kind.is_built() { "" } else { " **Not built yet:** checked, and refused by `run`." };
    format!("{takes}{gives}{built}").trim().to_owned()
}

fn rows(page: &mut String, prefix: &str, schema: &Value, required: &[&str]) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let name = format!("{prefix}{key}");
        let inner = value["properties"].is_object();
        let default = match (required.contains(&key.as_str()), default(value)) {
            (true, _) => "**required**".to_owned(),
            (false, _) if inner && value.get("x-default").is_none() => "below".to_owned(),
            (false, default) => default,
        };
        let built = if value["x-not-built"] == true { " *Not built yet.*" } else { "" };
        let meaning = format!("{}{}{built}", text(value), choices(value)).replace('\n', " ");
        let _ = writeln!(page, "| `{name}` | {} | {default} | {meaning} |", takes(value));
        if inner {
            rows(page, &format!("{name}."), value, &[]);
        }
    }
}

fn text(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

fn default(schema: &Value) -> String {
    match (&schema["x-default"], &schema["default"]) {
        (Value::String(told), _) if told.contains(' ') => told.clone(),
        (Value::Null, Value::Null) => "none".to_owned(),
        (Value::Null, Value::Array(none)) if none.is_empty() => "none".to_owned(),
        (Value::Null, Value::Object(none)) if none.is_empty() => "none".to_owned(),
        (Value::Null, value) | (value, _) => format!("`{}`", toml(value)),
    }
}

fn toml(value: &Value) -> String {
    value.to_string()
}

fn takes(schema: &Value) -> String {
    let mut told = shape::describe(schema);
    if let Some((least, most)) = shape::range(schema) {
        let _ = write!(told, ", {least} to {most}");
    }
    told + &bounds(schema)
}

/// The bounds of a number, of itself or of one of its alternatives.
fn bounds(schema: &Value) -> String {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let all = std::iter::once(schema).chain(alternatives);
    let bound = |it: &Value, name: &str| it[name].as_f64();
    all.filter_map(|it| {
        let most = bound(it, "maximum")?;
        match (bound(it, "minimum"), bound(it, "exclusiveMinimum")) {
            (Some(least), _) => Some(format!(", {least} to {most}")),
            (None, Some(least)) => Some(format!(", above {least}, at most {most}")),
            (None, None) => None,
        }
    })
    .collect()
}

/// What each word of a choice means.
fn choices(schema: &Value) -> String {
    let told = ["oneOf", "anyOf"].iter().filter_map(|it| schema[it].as_array()).flatten();
    let word = |it: &Value| {
        Some((it["const"].as_str()?.to_owned(), it["description"].as_str()?.to_owned()))
    };
    told.flat_map(|it| {
        match word(it) {
            Some((word, meaning)) => format!(" `{word}`: {meaning}"),
            None => choices(it),
        }
        .chars()
        .collect::<Vec<_>>()
    })
    .collect()
}
