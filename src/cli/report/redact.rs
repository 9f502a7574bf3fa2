//! What leaves no machine in a report: names, tokens, addresses, home folders.
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
    sync::LazyLock,
};

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

use crate::logic::script::is_unspaced;

/// What stands where something was removed.
const REMOVED: &str = "[removed]";

/// Names and what replaces them. Everything else is recognised by its form.
pub(super) struct Redaction {
    names: Vec<(Regex, String)>,
}

static RULES: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
    [
        // The user and the password of an address.
        (regex(r#"([a-z][a-z0-9+.-]*://)[^/\s@"']+@"#), "$1"),
        // What an address says behind its path.
        (regex(r#"([a-z][a-z0-9+.-]*://[^\s?#"']*)[?#][^\s"']*"#), "$1"),
        (
            regex(
                r#"((?:token|key|secret|password|passwd|authorization)["']?\s*[:=]\s*["']?(?:bearer\s+)?)[^\s"',;}]+"#,
            ),
            "${1}[removed]",
        ),
        (regex(r"(\bbearer\s+)[^\s,;]{8,}"), "${1}[removed]"),
        (regex(r#"(/home/|/users/|\\users\\)[^/\\\s"']+"#), "${1}user"),
    ]
});

static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| regex(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})"));
static HOST: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"([a-z][a-z0-9+.-]*://)([^/\s:"'\]]+|\[[^\]]*\])"#));

fn regex(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).case_insensitive(true).build().expect("the pattern is well formed")
}

impl Redaction {
    /// `names`: of speakers, and what else is to be hidden. The parts of a name are hidden too where they are written alike.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Redaction {
        let names: BTreeSet<&str> =
            names.into_iter().map(str::trim).filter(|it| !it.is_empty()).collect();
        let mut rules = Vec::new();
        for (number, name) in (1..).zip(&names) {
            rules.push((whole(name, true), format!("Speaker {number}")));
        }
        // Whole names go first.
        for (number, name) in (1..).zip(&names) {
            let parts = name.split_whitespace().filter(|it| it.chars().count() > 2 && *it != *name);
            rules.extend(parts.map(|it| (whole(it, false), format!("Speaker {number}"))));
        }
        Redaction { names: rules }
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (rule, instead) in RULES.iter() {
            text = rule.replace_all(&text, *instead).into_owned();
        }
        text = EMAIL.replace_all(&text, REMOVED).into_owned();
        text = HOST
            .replace_all(&text, |it: &Captures<'_>| match is_local(&it[2]) {
                true => it[0].to_owned(),
                false => format!("{}host.example", &it[1]),
            })
            .into_owned();
        text = ADDRESS
            .replace_all(&text, |it: &Captures<'_>| match names_somebody(&it[0]) {
                true => REMOVED.to_owned(),
                false => it[0].to_owned(),
            })
            .into_owned();
        for (name, instead) in &self.names {
            text = name.replace_all(&text, instead.as_str()).into_owned();
        }
        text
    }

    /// Every text in it.
    pub(super) fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(all) => all.iter_mut().for_each(|it| self.json(it)),
            Value::Object(all) => all.values_mut().for_each(|it| self.json(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => (),
        }
    }

    /// A pipeline file: every text in it, and what its pages say of the event. Comments are left out.
    pub(super) fn pipeline(&self, text: &str) -> Result<String, toml::de::Error> {
        let mut file: toml::Table = text.parse()?;
        if let Some(toml::Value::Table(page)) = file.get_mut("page") {
            for key in ["title", "subtitle", "welcome", "logo"] {
                page.remove(key);
            }
        }
        file.iter_mut().for_each(|(_, it)| self.toml(it));
        Ok(file.to_string())
    }

    fn toml(&self, value: &mut toml::Value) {
        match value {
            toml::Value::String(text) => *text = self.text(text),
            toml::Value::Array(all) => all.iter_mut().for_each(|it| self.toml(it)),
            toml::Value::Table(all) => all.iter_mut().for_each(|(_, it)| self.toml(it)),
            _ => (),
        }
    }
}

/// The name as a word of its own; where its script has no spaces, anywhere. A part of a name may be a common word in small letters.
fn whole(name: &str, any_case: bool) -> Regex {
    let edge = |letter: Option<char>| match letter {
        Some(letter) if letter.is_alphanumeric() && !is_unspaced(letter) => r"\b",
        _ => "",
    };
    let (first, last) = (edge(name.chars().next()), edge(name.chars().last()));
    let pattern = format!("{first}{}{last}", regex::escape(name));
    RegexBuilder::new(&pattern).case_insensitive(any_case).build().expect("it is escaped")
}

fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|it: IpAddr| !is_somebody(it))
}

/// Whether it is an address, and not one that every machine has. `1:02:03` is a time.
fn names_somebody(text: &str) -> bool {
    let v6 = || text.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    text.parse().ok().or_else(v6).is_some_and(is_somebody)
}

fn is_somebody(address: IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_addresses_are_removed_by_their_form() {
        let none = Redaction::of([]);
        for (text, left) in [
            ("rtsp://ann:pass@cam.example:554/live?key=1", "rtsp://host.example:554/live"),
            ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
            ("http://localhost:31979/speak#token=abc", "http://localhost:31979/speak"),
            ("api_key: 'sk-123456', next", "api_key: '[removed]', next"),
            ("Authorization: Bearer abcdefgh12", "Authorization: Bearer [removed]"),
            ("speaker-token-env = \"TALK\"", "speaker-token-env = \"TALK\""),
            ("client=192.168.1.20 and 0.0.0.0", "client=[removed] and 0.0.0.0"),
            ("from 2001:db8::7 at 12:34:56", "from [removed] at 12:34:56"),
            ("/home/ann/talks/a.toml", "/home/user/talks/a.toml"),
            ("write to ann.b@mail.example now", "write to [removed] now"),
            ("refused_total{code=\"token\"} 3", "refused_total{code=\"token\"} 3"),
        ] {
            assert_eq!(none.text(text), left);
            assert_eq!(none.text(left), left, "twice");
        }
    }

    #[test]
    fn names_are_replaced_whole_and_in_their_parts() {
        let names = Redaction::of(["May Lovelace", "田中"]);
        assert_eq!(names.text("MAY LOVELACE, you may begin."), "Speaker 1, you may begin.");
        assert_eq!(names.text("Thanks, May. Lovelaces?"), "Thanks, Speaker 1. Lovelaces?");
        assert_eq!(names.text("次は田中さん"), "次はSpeaker 2さん");
        let mut event = serde_json::json!({ "text": "hello May", "words": [{ "word": " May" }] });
        names.json(&mut event);
        assert_eq!(event["words"][0]["word"], " Speaker 1");
    }

    #[test]
    fn a_pipeline_file_stays_one() {
        let text = "# of Ann\n[page]\ntitle = \"Ann's talk\"\naccent = \"#336699\"\n[lines.talk]\npath = \"/home/ann/x\"\n\
                    [translate.nl]\nfrom = \"talk\"\nurl = \"https://u:p@mt.example/v1?k=1\"\n";
        let left = Redaction::of(["Ann"]).pipeline(text).unwrap();
        let file: toml::Table = left.parse().unwrap();
        assert_eq!(file["page"].as_table().unwrap().len(), 1);
        assert_eq!(file["page"]["accent"].as_str(), Some("#336699"), "no address has this form");
        assert_eq!(file["translate"]["nl"]["url"].as_str(), Some("https://host.example/v1"));
        assert!(!left.contains("Ann") && !left.contains("ann"), "{left}");
    }
}
