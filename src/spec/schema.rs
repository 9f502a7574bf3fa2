//! The JSON Schema of a pipeline file, made from the types of `file` and the kinds; reading and reference both use it.
use serde_json::{Map, Value, json};

use super::{Kind, file, generate::of, kinds};

/// For editors: `livecap check --schema`.
pub fn schema() -> Value {
    let mut tables = Map::new();
    tables.insert("pipeline".into(), pipeline());
    tables.insert("page".into(), page());
    for kind in Kind::ALL {
        let description = stage(kind)["description"].clone();
        tables.insert(
            kind.name().into(),
            json!({ "type": "object", "description": description, "additionalProperties": stage(kind) }),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A livecap pipeline file",
        "type": "object",
        "properties": tables,
        "additionalProperties": false,
    })
}

/// Of the `[pipeline]` table.
pub(super) fn pipeline() -> Value {
    of::<file::Pipeline>()
}

/// Of the `[page]` table.
pub(super) fn page() -> Value {
    of::<file::Page>()
}

/// Of one `[kind.name]` table: the keys of the kind, between `from` and the keys that every stage has.
pub(super) fn stage(kind: Kind) -> Value {
    let mut schema = kinds::schema(kind);
    let own = take_object(&mut schema["properties"]);
    let mut keys = Map::new();
    if !kind.takes().is_empty() {
        keys.insert("from".into(), from(kind));
    }
    keys.extend(own);
    if !kind.takes().is_empty() {
        keys.extend(take_object(&mut of::<file::Listening>()["properties"]));
    }
    let mut every = take_object(&mut of::<file::Every>()["properties"]);
    every["patience"]["x-default"] = json!(kind.patience());
    keys.extend(every);
    schema["properties"] = Value::Object(keys);
    if !kind.takes().is_empty() && kind != Kind::Lines {
        let mut required = vec![json!("from")];
        required.extend(schema["required"].as_array().cloned().unwrap_or_default());
        schema["required"] = Value::Array(required);
    }
    schema
}

fn from(kind: Kind) -> Value {
    let one = json!({ "type": "string", "minLength": 1 });
    match kind.takes_several() {
        true => json!({
            "description": "The stages that it listens to: a name, or a list of names.",
            "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }],
        }),
        false => {
            json!({ "description": "The stage that it listens to.", "type": "string", "minLength": 1 })
        }
    }
}

fn take_object(value: &mut Value) -> Map<String, Value> {
    match value.take() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
