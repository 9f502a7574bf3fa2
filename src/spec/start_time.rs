//! When an event starts: a date with a time of day, by the name of a time zone, by an offset, or by the machine's own clock.
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// In ms of Unix time. The error says what is wrong.
pub(super) fn parse(written: &str) -> Result<i64, String> {
    let written = written.trim();
    if !written.contains(':') {
        return Err("needs a date and a time of day".to_owned());
    }
    // `14:00 +02:00`
    let joined = written.replace(" +", "+").replace(" -", "-");
    if let Ok(instant) = joined.parse::<Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    // RFC 9557 puts the zone in brackets.
    let zoned = written.strip_suffix(']').and_then(|it| it.split_once('['));
    let zoned = zoned.or_else(|| written.rsplit_once(' ').filter(|(_, it)| is_name(it)));
    let (time, zone) = match zoned {
        Some((time, name)) => {
            let zone = TimeZone::get(name)
                .map_err(|_| format!("there is no time zone called `{name}`"))?;
            (time, zone)
        }
        None => (written, TimeZone::system()),
    };
    let time: DateTime = time
        .trim()
        .parse()
        .map_err(|_| "needs a date and a time of day, and may have a time zone".to_owned())?;
    let instant = zone.to_timestamp(time).map_err(|error| error.to_string())?;
    Ok(instant.as_millisecond())
}

/// `2026-10-01 12:00` of a Unix time in ms, in UTC.
pub fn moment(unix_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::MAX);
    instant.strftime("%Y-%m-%d %H:%M").to_string()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|it: char| it.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-10-01 12:00 UTC
    const NOON: i64 = 1_790_856_000_000;

    #[test]
    fn a_time_has_a_zone_or_an_offset() {
        for written in [
            "2026-10-01 14:00 Europe/Amsterdam",
            "2026-10-01T14:00[Europe/Amsterdam]",
            "2026-10-01T14:00+02:00",
            "2026-10-01 14:00 +02:00",
            "2026-10-01 14:00:00+02:00",
            "2026-10-01T12:00:00Z",
            "2026-10-01 12:00 UTC",
            " 2026-10-01 07:00 America/Chicago ",
        ] {
            assert_eq!(parse(written), Ok(NOON), "{written}");
        }
    }

    #[test]
    fn without_a_zone_it_is_that_of_the_machine() {
        let local: DateTime = "2026-10-01T14:00".parse().unwrap();
        let here = TimeZone::system().to_timestamp(local).unwrap().as_millisecond();
        assert_eq!(parse("2026-10-01 14:00"), Ok(here));
        assert_eq!(parse("2026-10-01T14:00:00"), Ok(here));
    }

    #[test]
    fn what_is_no_time_is_told() {
        for (written, why) in [
            ("2026-10-01", "time of day"),
            ("tomorrow", "time of day"),
            ("14:00", "a date"),
            ("2026-13-01 14:00", "a date"),
            ("2026-10-01 25:00", "a date"),
            ("2026-10-01 14:00 Europe/Amstelveen", "no time zone called `Europe/Amstelveen`"),
            ("", "time of day"),
        ] {
            let told = parse(written).unwrap_err();
            assert!(told.contains(why), "{written}: {told}");
        }
    }
}
