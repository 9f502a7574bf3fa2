//! What is said of a value that does not fit its key, and in which words a schema is told.
use std::ops::Range;

use serde_json::Value;
use toml::de::DeValue;

use super::{
    Code, Complaint,
    complaint::{closest, list},
    units::{self, Length},
};

/// A value with where it stands and how to speak of it.
pub(super) struct Subject<'a> {
    /// `whisper.english`, or `queue` for an inner table.
    pub(super) owner: &'a str,
    /// The key that holds the value.
    pub(super) key: &'a str,
    pub(super) value: &'a DeValue<'a>,
    pub(super) span: Range<usize>,
}

pub(super) fn unknown_key(
    owner: &str,
    name: &str,
    span: Range<usize>,
    known: &[&str],
) -> Complaint {
    let names = || known.iter().copied();
    let help = match closest(name, names()) {
        _ if name == "queue" => "a queue belongs to the stage that listens".to_owned(),
        _ if name == "from" => "it gives, and listens to nobody".to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its keys are {}", list(names(), "and")),
    };
    Complaint::new(Code::UnknownKey, format!("`{owner}` has no key `{name}`"))
        .mark(span, "not a key of this table")
        .help(help)
}

pub(super) fn misfit(subject: &Subject<'_>, schema: &Value) -> Complaint {
    let Subject { owner, key, value, span } = subject;
    let found = match value {
        DeValue::Integer(it) => Some(it.as_str()),
        DeValue::Float(it) => Some(it.as_str()),
        _ => None,
    };
    if let Some(number) = found.filter(|_| branch_is_length(schema)) {
        return wrong_unit(subject, number, schema);
    }
    let wanted = describe(schema);
    let title = format!("`{key}` of `{owner}` takes {wanted}");
    let complaint =
        Complaint::new(Code::WrongType, title).mark(span.clone(), format!("is {}", type_of(value)));
    let quoted = found.filter(|_| wanted == "a string").map(|it| match *key {
        "listen" => format!("listen = \"127.0.0.1:{it}\""),
        _ => format!("{key} = \"{it}\""),
    });
    let unquoted = match value {
        DeValue::String(it) if it.parse::<f64>().is_ok() || *it == "true" || *it == "false" => {
            Some(format!("{key} = {it}"))
        }
        DeValue::String(it) if wanted.starts_with("a list") => Some(format!("{key} = [\"{it}\"]")),
        _ => None,
    };
    complaint.maybe_help(quoted.or(unquoted))
}

pub(super) fn unknown_value(subject: &Subject<'_>, text: &str, schema: &Value) -> Complaint {
    let Subject { owner, key, span, .. } = subject;
    let words = words(schema);
    let help = closest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    Complaint::new(Code::UnknownValue, format!("`{key}` of `{owner}` cannot be `{text}`"))
        .mark(span.clone(), format!("takes {}", describe(schema)))
        .maybe_help(help)
}

pub(super) fn wrong_unit(subject: &Subject<'_>, text: &str, schema: &Value) -> Complaint {
    let Subject { key, span, .. } = subject;
    let help = match units::meant(text, range(schema)) {
        Some(meant) => format!("{key} = \"{meant}\""),
        None => "write a number and its unit, `ms`, `s`, `m` or `h`: `250ms`, `4s`".to_owned(),
    };
    Complaint::new(Code::WrongUnit, format!("`{text}` is not a length of time"))
        .mark(span.clone(), "needs a number and a unit")
        .help(help)
}

pub(super) fn beyond(subject: &Subject<'_>, what: &str, wanted: &str) -> Complaint {
    let Subject { owner, key, span, .. } = subject;
    Complaint::new(Code::OutOfRange, format!("`{key}` of `{owner}` is {what}"))
        .mark(span.clone(), format!("takes {wanted}"))
}

/// What a missing key could look like.
pub(super) fn example(owner: &str, key: &str) -> &'static str {
    match (owner.split('.').next().unwrap_or_default(), key) {
        ("broadcast", "from") => "[\"english\"]",
        ("resample" | "record", "from") => "\"mic\"",
        ("whisper", "from") => "\"speech\"",
        (_, "from") => "\"english\"",
        (_, "model") => "\"base.en\"",
        (_, "listen") => "\"127.0.0.1:31979\"",
        (_, "to") => "\"nl\"",
        (_, "command") => {
            "[\"ffmpeg\", \"-i\", \"rtsp://…\", \"-f\", \"s16le\", \"-ar\", \"16000\", \"-ac\", \"1\", \"-\"]"
        }
        ("recording", "path") => "\"meeting.flac\"",
        ("record", "path") => "\"session.flac\"",
        ("subtitles", "path") => "\"session.srt\"",
        _ => "…",
    }
}

/// In words, what a key takes.
pub(super) fn describe(schema: &Value) -> String {
    let words = words(schema);
    let mut told: Vec<String> = Vec::new();
    if schema["format"] == units::FORMAT {
        return "a length of time".into();
    }
    let alternatives = ["anyOf", "oneOf"].iter().filter_map(|it| schema[it].as_array()).flatten();
    for alternative in alternatives.filter(|it| it.get("const").is_none() && it["type"] != "null") {
        told.push(describe(alternative));
    }
    if told.is_empty() {
        told.extend(types(schema).into_iter().filter_map(|it| {
            Some(match it {
                "string" if !words.is_empty() => list(words.iter().copied(), "or"),
                "string" => "a string".to_owned(),
                "integer" => "a whole number".to_owned(),
                "number" => "a number".to_owned(),
                "boolean" => "`true` or `false`".to_owned(),
                "array" => "a list of strings".to_owned(),
                "object" => "a table".to_owned(),
                _ => return None,
            })
        }));
    }
    told.join(" or ")
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
        DeValue::Datetime(_) => "a date",
    }
}

/// The words that a choice offers.
pub(super) fn words(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let told = ["oneOf", "anyOf"].iter().filter_map(|it| schema[it].as_array()).flatten();
    let own = listed.chain(schema.get("const")).filter_map(Value::as_str);
    own.chain(told.flat_map(words)).collect()
}

/// The JSON types that it allows; a choice of words is a string.
pub(super) fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ if !words(schema).is_empty() => vec!["string"],
        _ => vec![],
    }
}

/// The bounds of a length of time.
pub(super) fn range(schema: &Value) -> Option<(Length, Length)> {
    let bound = |index: usize| schema["x-range"][index].as_str()?.parse().ok();
    Some((bound(0)?, bound(1)?))
}

fn branch_is_length(schema: &Value) -> bool {
    schema["format"] == units::FORMAT
        || ["anyOf", "oneOf"]
            .iter()
            .filter_map(|it| schema[it].as_array())
            .flatten()
            .any(branch_is_length)
}
