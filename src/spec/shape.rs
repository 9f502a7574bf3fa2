//! The first phase: does a table have the shape that its schema asks for? Every mistake is told, not only the first.
use std::ops::Range;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

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

/// Complains about every way in which the table does not fit `schema`. `header` is marked where something is missing.
pub(super) fn table(
    owner: &str,
    header: &Range<usize>,
    table: &DeTable<'_>,
    schema: &Value,
    complaints: &mut Vec<Complaint>,
) {
    let Some(known) = schema["properties"].as_object() else { return };
    for (key, value) in table {
        let name: &str = key.get_ref();
        match known.get(name) {
            Some(schema) => {
                let subject =
                    Subject { owner, key: name, value: value.get_ref(), span: value.span() };
                check(&subject, schema, complaints);
            }
            None => complaints.push(unknown_key(owner, name, key.span(), known.keys())),
        }
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !table.contains_key(key) {
            complaints.push(
                Complaint::new(Code::MissingKey, format!("`{owner}` has no `{key}`"))
                    .mark(header.clone(), format!("needs `{key}`"))
                    .help(format!("{key} = {}", example(owner, key))),
            );
        }
    }
}

fn unknown_key<'a>(
    owner: &str,
    name: &str,
    span: Range<usize>,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Complaint {
    let names = || known.clone().map(String::as_str);
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

/// What a missing key could look like.
fn example(owner: &str, key: &str) -> &'static str {
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
        ("journal", "path") => "\"session.sqlite\"",
        _ => "…",
    }
}

/// One value against the schema of its key.
fn check(subject: &Subject<'_>, schema: &Value, complaints: &mut Vec<Complaint>) {
    let Some(branch) = branch(subject.value, schema) else {
        return complaints.push(misfit(subject, schema));
    };
    match subject.value {
        DeValue::String(text) => {
            let letters = text.chars().count() as u64;
            let words = words(branch);
            if !words.is_empty() && !words.contains(&text.as_ref()) {
                complaints.push(unknown_value(subject, text, schema));
            } else if branch["minLength"].as_u64().is_some_and(|least| letters < least) {
                complaints.push(beyond(subject, "too short", "more letters"));
            } else if branch["maxLength"].as_u64().is_some_and(|most| letters > most) {
                complaints.push(beyond(subject, "too long", "fewer letters"));
            } else if branch["format"] == units::FORMAT {
                length(subject, text, schema, complaints);
            }
        }
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            bounds(subject, number.map_or(f64::INFINITY, |it| it as f64), branch, complaints);
        }
        DeValue::Float(number) => {
            bounds(
                subject,
                number.as_str().replace('_', "").parse().unwrap_or(f64::NAN),
                branch,
                complaints,
            );
        }
        DeValue::Array(items) => {
            if branch["minItems"].as_u64().is_some_and(|least| (items.len() as u64) < least) {
                complaints.push(beyond(subject, "empty", "at least one"));
            }
            for item in items {
                let subject = Subject { value: item.get_ref(), span: item.span(), ..*subject };
                check(&subject, &branch["items"], complaints);
            }
        }
        DeValue::Table(inner) => match &branch["additionalProperties"] {
            Value::Object(_) => {
                for (key, value) in inner {
                    let (value, span) = (value.get_ref(), value.span());
                    let subject = Subject { owner: subject.key, key: key.get_ref(), value, span };
                    check(&subject, &branch["additionalProperties"], complaints);
                }
            }
            _ => table(subject.key, &subject.span, inner, branch, complaints),
        },
        DeValue::Boolean(_) | DeValue::Datetime(_) => (),
    }
}

/// The part of the schema that is meant for values of this type.
fn branch<'a>(value: &DeValue<'_>, schema: &'a Value) -> Option<&'a Value> {
    let alternatives = ["anyOf", "oneOf"].iter().find_map(|it| schema[it].as_array());
    if let Some(all) = alternatives.filter(|all| all.iter().all(|it| it.get("const").is_none())) {
        return all.iter().find_map(|it| branch(value, it));
    }
    let wanted = match value {
        DeValue::String(_) => &["string"][..],
        DeValue::Integer(_) => &["integer", "number"],
        DeValue::Float(_) => &["number"],
        DeValue::Boolean(_) => &["boolean"],
        DeValue::Array(_) => &["array"],
        DeValue::Table(_) => &["object"],
        DeValue::Datetime(_) => &[],
    };
    let fits = types(schema).iter().any(|it| wanted.contains(it));
    fits.then_some(schema)
}

/// The JSON types that it allows; a choice of words is a string.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ if !words(schema).is_empty() => vec!["string"],
        _ => vec![],
    }
}

/// The words that a choice offers.
pub(super) fn words(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let told = ["oneOf", "anyOf"].iter().filter_map(|it| schema[it].as_array()).flatten();
    let own = listed.chain(schema.get("const")).filter_map(Value::as_str);
    own.chain(told.flat_map(words)).collect()
}

fn misfit(subject: &Subject<'_>, schema: &Value) -> Complaint {
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

fn branch_is_length(schema: &Value) -> bool {
    schema["format"] == units::FORMAT
        || ["anyOf", "oneOf"]
            .iter()
            .filter_map(|it| schema[it].as_array())
            .flatten()
            .any(branch_is_length)
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

fn unknown_value(subject: &Subject<'_>, text: &str, schema: &Value) -> Complaint {
    let Subject { owner, key, span, .. } = subject;
    let words = words(schema);
    let help = closest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    Complaint::new(Code::UnknownValue, format!("`{key}` of `{owner}` cannot be `{text}`"))
        .mark(span.clone(), format!("takes {}", describe(schema)))
        .maybe_help(help)
}

fn length(subject: &Subject<'_>, text: &str, schema: &Value, complaints: &mut Vec<Complaint>) {
    let Ok(length) = text.parse::<Length>() else {
        return complaints.push(wrong_unit(subject, text, schema));
    };
    match range(schema) {
        Some((least, _)) if length < least => {
            complaints.push(beyond(subject, "too short", &format!("at least `{least}`")));
        }
        Some((_, most)) if length > most => {
            complaints.push(beyond(subject, "too long", &format!("at most `{most}`")));
        }
        _ => (),
    }
}

/// The bounds of a length of time.
pub(super) fn range(schema: &Value) -> Option<(Length, Length)> {
    let bound = |index: usize| schema["x-range"][index].as_str()?.parse().ok();
    Some((bound(0)?, bound(1)?))
}

fn wrong_unit(subject: &Subject<'_>, text: &str, schema: &Value) -> Complaint {
    let Subject { key, span, .. } = subject;
    let help = match units::meant(text, range(schema)) {
        Some(meant) => format!("{key} = \"{meant}\""),
        None => "write a number and its unit, `ms`, `s`, `m` or `h`: `250ms`, `4s`".to_owned(),
    };
    Complaint::new(Code::WrongUnit, format!("`{text}` is not a length of time"))
        .mark(span.clone(), "needs a number and a unit")
        .help(help)
}

fn bounds(subject: &Subject<'_>, number: f64, schema: &Value, complaints: &mut Vec<Complaint>) {
    let bound = |name: &str| schema[name].as_f64();
    if number.is_nan() {
        complaints.push(beyond(subject, "not a number", "a number"));
    } else if let Some(least) = bound("minimum").filter(|it| number < *it) {
        complaints.push(beyond(subject, "too small", &format!("at least {least}")));
    } else if let Some(least) = bound("exclusiveMinimum").filter(|it| number <= *it) {
        complaints.push(beyond(subject, "too small", &format!("more than {least}")));
    } else if let Some(most) = bound("maximum").filter(|it| number > *it) {
        complaints.push(beyond(subject, "too large", &format!("at most {most}")));
    }
}

fn beyond(subject: &Subject<'_>, what: &str, wanted: &str) -> Complaint {
    let Subject { owner, key, span, .. } = subject;
    Complaint::new(Code::OutOfRange, format!("`{key}` of `{owner}` is {what}"))
        .mark(span.clone(), format!("takes {wanted}"))
}
