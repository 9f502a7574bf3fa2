//! The first phase: does a table have the shape that its schema asks for? Every mistake is told, not only the first.
use std::ops::Range;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::{
    Code, Complaint,
    misfit::{
        Subject, beyond, example, misfit, range, types, unknown_key, unknown_value, words,
        wrong_unit,
    },
    units::{self, Length},
};

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
            None => {
                let keys: Vec<&str> = known.keys().map(String::as_str).collect();
                complaints.push(unknown_key(owner, name, key.span(), &keys));
            }
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
