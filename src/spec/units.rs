//! Lengths of time as people write them: a number with its unit, `250ms`, `4s`, `2m`, `1h`.
use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` that marks a length of time in the schema.
pub(super) const FORMAT: &str = "length-of-time";

/// A length of time, never a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Length(pub(super) Duration);

impl Length {
    /// For defaults: `#[serde(default = "Length::ms::<500>")]`.
    pub(super) const fn ms<const MS: u64>() -> Length {
        Length(Duration::from_millis(MS))
    }
}

/// Nothing of the form number and unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time")]
pub(super) struct NoLength(String);

impl FromStr for Length {
    type Err = NoLength;

    fn from_str(text: &str) -> Result<Length, NoLength> {
        let wrong = || NoLength(text.to_owned());
        let (number, unit) = split(text);
        let ms = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?.1;
        let plain = number.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let number: f64 = number.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        Duration::try_from_secs_f64(number * ms / 1000.0).map(Length).map_err(|_| wrong())
    }
}

/// A length of time on the command line, written as in pipeline files.
pub fn length(text: &str) -> Result<Duration, String> {
    let told = |error: NoLength| format!("{error} such as 500ms, 10s or 5m");
    text.parse().map(|it: Length| it.0).map_err(told)
}

const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0), ("h", 3_600_000.0)];

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// What somebody who wrote `text` most likely meant, for a help line: `8 seconds` is `8s`, and a bare number is in
/// seconds where it is small, else in milliseconds, if that lies in `range`.
pub(super) fn meant(text: &str, range: Option<(Length, Length)>) -> Option<Length> {
    let (number, unit) = split(text.trim());
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" => {
            let fits = |it: &Length| range.is_none_or(|(least, most)| *it >= least && *it <= most);
            let small = number.parse::<f64>().is_ok_and(|it| it <= 10.0);
            let units = if small { ["s", "ms"] } else { ["ms", "s"] };
            return units.iter().filter_map(|it| format!("{number}{it}").parse().ok()).find(fits);
        }
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        _ => return None,
    };
    format!("{number}{unit}").parse().ok()
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        match ms {
            0 => write!(f, "0s"),
            _ if ms.is_multiple_of(3_600_000) => write!(f, "{}h", ms / 3_600_000),
            _ if ms.is_multiple_of(60_000) && ms > 60_000 => write!(f, "{}m", ms / 60_000),
            _ if ms.is_multiple_of(1000) => write!(f, "{}s", ms / 1000),
            _ => write!(f, "{ms}ms"),
        }
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Length {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": FORMAT, "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn length(text: &str) -> Option<Duration> {
        super::length(text).ok()
    }

    #[test]
    fn a_length_has_a_number_and_a_unit() {
        assert_eq!(length("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(length("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(length("2m"), Some(Duration::from_secs(120)));
        assert_eq!(length("1h"), Some(Duration::from_secs(3600)));
        for wrong in [
            "",
            "4",
            "s",
            "4 s",
            "-4s",
            "1.2.3s",
            "4sec",
            "4S",
            ".s",
            "1e3s",
            "99999999999999999999999h",
        ] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_likely_meaning_is_offered() {
        let meant = |text| super::meant(text, Some((Length::ms::<50>(), Length::ms::<10_000>())));
        assert_eq!(meant("8 seconds"), Some(Length::ms::<8000>()));
        assert_eq!(meant("500"), Some(Length::ms::<500>()));
        assert_eq!(meant("4"), Some(Length::ms::<4000>()));
        let meant = |text| super::meant(text, Some((Length::ms::<0>(), Length::ms::<600_000>())));
        assert_eq!(meant("5"), Some(Length::ms::<5000>()), "a grace of 5 is not 5 ms");
        assert_eq!(meant("soon"), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(ms in 0u64..100_000_000) {
            let length = Length(Duration::from_millis(ms));
            prop_assert_eq!(length.to_string().parse(), Ok(length));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (length(&text), meant(&text, None));
        }
    }
}
