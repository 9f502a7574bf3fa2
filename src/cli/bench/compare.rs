//! Compares two reports: every number beside that of an earlier report, and their ratio.
use std::{fs, io, io::Write, path::Path};

use serde_json::Value;

use super::super::exit::Trouble;

/// An earlier report.
pub(super) fn read(path: &Path) -> Result<Value, Trouble> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Trouble::Told(format!("cannot read the report `{shown}`: {error}")))?;
    let report: Value = serde_json::from_str(&text)
        .map_err(|error| Trouble::Told(format!("`{shown}` is not a report: {error}")))?;
    if report.get("latency_ms").is_none() {
        let why = format!("`{shown}` is not a report: write one with `livecap bench FILE --json`");
        return Err(Trouble::Told(why));
    }
    Ok(report)
}

/// A line for each number that both have.
pub(super) fn write(before: &Value, now: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{:<40}{:>12}{:>12}{:>8}", "", "before", "now", "ratio")?;
    let mut places = Vec::new();
    numbers(now, String::new(), &mut places);
    for (place, value) in places {
        let Some(old) = before.pointer(&place).and_then(Value::as_f64) else { continue };
        let ratio = if old == 0.0 { "–".to_owned() } else { format!("{:.2}", value / old) };
        let name = place.trim_start_matches('/').replace('/', " ");
        writeln!(out, "{name:<40}{old:>12.4}{value:>12.4}{ratio:>8}")?;
    }
    Ok(())
}

/// Every number with its JSON pointer.
fn numbers(value: &Value, place: String, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64().map(|it| (place, it))),
        Value::Object(fields) => {
            for (key, value) in fields {
                numbers(
                    value,
                    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                numbers(value, format!("{place}/{at}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_that_both_have_are_compared() {
        let before = json!({ "a": { "p50": 200.0, "n": 0 }, "b": [1, 2], "c": null });
        let now = json!({ "a": { "p50": 100.0, "n": 3 }, "b": [1, 4], "c": 5, "d": "x" });
        let mut out = Vec::new();
        write(&before, &now, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<Vec<&str>> =
            text.lines().skip(2).map(|it| it.split_whitespace().collect()).collect();
        let ratios: Vec<String> = rows
            .iter()
            .map(|it| format!("{} {}", it[..it.len() - 3].join(" "), it[it.len() - 1]))
            .collect();
        assert_eq!(ratios, ["a n –", "a p50 0.50", "b 0 1.00", "b 1 2.00"]);
    }
}
