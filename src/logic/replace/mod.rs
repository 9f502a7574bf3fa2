//! Rules on words: what is heard and what is written instead. Each word that is written keeps the time of those it stands for.
mod source;

use std::collections::BTreeMap;

use regex::{Captures, Regex};

use self::source::{Place, Source};
use crate::message::Word;

/// A pattern may reach over so many words behind the first: as much is kept back from what is promised.
const PATTERN_REACH: usize = 3;

/// Rules in the order in which they are tried at each place.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    /// How many words behind the first one a rule may look at.
    reach: usize,
}

#[derive(Clone, Debug)]
struct Rule {
    looks_for: Regex,
    writes: Writes,
}

#[derive(Clone, Debug)]
enum Writes {
    Nothing,
    /// One for each letter.
    Asterisks,
    /// The words of a phrase.
    Words(String),
    /// With `$1` for what a group has matched.
    Template(String),
}

#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is no regular expression: {why}")]
pub struct RuleError {
    pub pattern: String,
    pub why: String,
}

/// What became of some words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewritten {
    /// How many of them are settled: whatever follows, these are written as `settled` says.
    pub taken: usize,
    pub settled: Vec<Word>,
    pub tail: Vec<Word>,
}

impl Rules {
    /// Phrases match as whole words, whatever their case and the space in them. An error names a pattern that is none.
    pub fn new(
        unwanted: &[String],
        mask: &[String],
        words: &BTreeMap<String, String>,
        patterns: &BTreeMap<String, String>,
    ) -> Result<Rules, RuleError> {
        let mut rules = Vec::new();
        let mut reach = if patterns.is_empty() { 0 } else { PATTERN_REACH };
        let mut add = |phrases: Vec<(&String, Writes)>| -> Result<(), RuleError> {
            let mut phrases = phrases;
            // The longer of two that begin alike is the one that is meant.
            phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.split_whitespace().count()));
            for (phrase, writes) in phrases {
                let parts: Vec<String> = phrase.split_whitespace().map(regex::escape).collect();
                if parts.is_empty() {
                    continue;
                }
                reach = reach.max(parts.len() - 1);
                // A phrase that goes takes the sign behind it along.
                let tail = if matches!(writes, Writes::Nothing) { r"[.,!?…]*" } else { "" };
                let looks_for = format!(r"(?i){}{tail}", bordered(&parts.join(r"\s+")));
                rules.push(Rule { looks_for: compiled(phrase, &looks_for)?, writes });
            }
            Ok(())
        };
        add(unwanted.iter().map(|it| (it, Writes::Nothing)).collect())?;
        add(mask.iter().map(|it| (it, Writes::Asterisks)).collect())?;
        add(words.iter().map(|(it, to)| (it, Writes::Words(to.clone()))).collect())?;
        for (pattern, to) in patterns {
            let looks_for = compiled(pattern, &bordered(pattern))?;
            rules.push(Rule { looks_for, writes: Writes::Template(to.clone()) });
        }
        Ok(Rules { rules, reach })
    }

    /// `committed` of the words will not change; all of them where the segment is `complete`.
    pub fn apply(&self, words: &[Word], committed: usize, complete: bool) -> Rewritten {
        let source = Source::new(words);
        let found = self.find(&source);
        let mut cut = if complete { words.len() } else { committed.saturating_sub(self.reach) };
        // A rule that reaches over the cut is not yet sure to match. From the right: where one moves the cut, it may have
        // moved it into the one before.
        for place in found.iter().rev() {
            if !complete && place.words.start < cut && cut < place.words.end {
                cut = place.words.start;
            }
        }
        let (mut settled, mut tail) = (Vec::new(), Vec::new());
        for (first, word) in source.written(&found) {
            if first < cut { settled.push(word) } else { tail.push(word) }
        }
        Rewritten { taken: cut, settled, tail }
    }

    /// What matches, from the left, no two at one place.
    fn find(&self, source: &Source<'_>) -> Vec<Place> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some((rule, captures)) = self.first(&source.text, from) {
            let Some(whole) = captures.get(0) else { break };
            // Something that matches nothing would be found here for ever.
            if whole.is_empty() {
                from = next_letter(&source.text, whole.end());
                continue;
            }
            places.push(Place {
                bytes: whole.range(),
                words: source.words_of(whole.range()),
                text: rule.written(&captures, whole.as_str()),
            });
            from = whole.end();
        }
        places
    }

    fn first<'a, 't>(&'a self, text: &'t str, from: usize) -> Option<(&'a Rule, Captures<'t>)> {
        let found = self.rules.iter().filter_map(|rule| {
            let captures =
                (from <= text.len()).then(|| rule.looks_for.captures_at(text, from))??;
            Some((captures.get(0)?.start(), rule, captures))
        });
        found.min_by_key(|(start, ..)| *start).map(|(_, rule, captures)| (rule, captures))
    }
}

fn bordered(pattern: &str) -> String {
    format!(r"\b{{start-half}}(?:{pattern})\b{{end-half}}")
}

fn compiled(pattern: &str, looks_for: &str) -> Result<Regex, RuleError> {
    Regex::new(looks_for)
        .map_err(|error| RuleError { pattern: pattern.to_owned(), why: error.to_string() })
}

fn next_letter(text: &str, from: usize) -> usize {
    text[from..].chars().next().map_or(text.len() + 1, |it| from + it.len_utf8())
}

impl Rule {
    fn written(&self, captures: &Captures<'_>, matched: &str) -> String {
        match &self.writes {
            Writes::Nothing => String::new(),
            Writes::Asterisks => {
                matched.chars().map(|it| if it.is_whitespace() { it } else { '*' }).collect()
            }
            Writes::Words(text) => text.clone(),
            Writes::Template(template) => {
                let mut text = String::new();
                captures.expand(template, &mut text);
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::{MediaSpan, MediaTime};
    use proptest::prelude::*;

    /// Words of 100 ms each.
    fn words(text: &str) -> Vec<Word> {
        let span = |n: usize| MediaSpan {
            start: MediaTime::new(Duration::from_millis(100 * n as u64)),
            length: Duration::from_millis(100),
        };
        let word = |(n, it): (usize, &str)| Word { text: format!(" {it}"), span: span(n) };
        text.split_whitespace().enumerate().map(word).collect()
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn rules() -> Rules {
        Rules::new(
            &["thanks for watching".to_owned()],
            &["darn".to_owned()],
            &map(&[
                ("life cap", "livecap"),
                ("cap", "hat"),
                ("NYC", "New York City"),
                ("C++", "C plus plus"),
            ]),
            &map(&[(r"gr[ea]y", "grey"), (r"(\d+) percent", "$1 %")]),
        )
        .unwrap()
    }

    fn whole(said: &str) -> String {
        text(&rules().apply(&words(said), 0, true).settled)
    }

    #[test]
    fn phrases_match_whole_words_in_any_case_and_keep_the_signs_around_them() {
        assert_eq!(
            whole("Welcome to Life  Cap, dear capital."),
            "Welcome to livecap, dear capital."
        );
        assert_eq!(
            whole("My cap is gray. Fifty percent, 50 percent."),
            "My hat is grey. Fifty percent, 50 %."
        );
        assert_eq!(
            whole("Darn it! Thanks for watching! I use C++ daily"),
            "**** it! I use C plus plus daily"
        );
        assert_eq!(whole("Thanks for watching."), "");
    }

    #[test]
    fn what_is_written_keeps_the_time_of_what_was_heard() {
        let it = rules().apply(&words("a life cap in NYC."), 0, true);
        let ms = |it: MediaTime| it.since_start().as_millis();
        let shown: Vec<_> = it
            .settled
            .iter()
            .map(|it| (it.text.as_str(), ms(it.span.start), ms(it.span.end())))
            .collect();
        assert_eq!(
            shown,
            [
                (" a", 0, 100),
                (" livecap", 100, 300),
                (" in", 300, 400),
                (" New", 400, 433),
                (" York", 433, 466),
                (" City.", 466, 500),
            ]
        );
    }

    #[test]
    fn what_a_rule_may_still_change_is_not_promised() {
        let it = Rules::new(&[], &[], &map(&[("life cap", "livecap")]), &map(&[])).unwrap();
        let partial = it.apply(&words("this is life"), 3, false);
        assert_eq!(
            (partial.taken, text(&partial.settled).as_str(), text(&partial.tail).as_str()),
            (2, "this is", "life")
        );
        let partial = it.apply(&words("this is life cap"), 4, false);
        assert_eq!((partial.taken, text(&partial.tail).as_str()), (2, "livecap"));
    }

    #[test]
    fn words_without_a_space_between_them_stay_words_of_their_own() {
        let mut said = words("it is fine");
        said[1].text = "'s".to_owned();
        let it = rules().apply(&said, 3, true);
        assert_eq!(it.settled, said);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let error = Rules::new(&[], &[], &map(&[]), &map(&[("gr(ey", "x")])).unwrap_err();
        assert_eq!(error.pattern, "gr(ey");
    }

    proptest! {
        /// However a segment grows: what was promised stays, and in the end it is what the rules make of the whole.
        #[test]
        fn a_segment_that_grows_keeps_its_promises(
            said in prop::collection::vec(prop::sample::select(vec!["life", "cap", "caps", "thanks", "for", "watching", "NYC", "a"]), 0..14),
            steps in prop::collection::vec(0usize..4, 0..14),
        ) {
            let rules = Rules::new(
                &["thanks for watching".to_owned()], &["a".to_owned()],
                &map(&[("life cap", "livecap"), ("NYC", "New York")]), &map(&[]),
            ).unwrap();
            let said = words(&said.join(" "));
            let (mut taken, mut committed, mut promised) = (0, 0, Vec::new());
            for step in steps {
                committed = (committed + step).min(said.len());
                let seen = (committed + 2).min(said.len());
                let it = rules.apply(&said[taken..seen], committed - taken, false);
                taken += it.taken;
                promised.extend(it.settled);
            }
            let rest = rules.apply(&said[taken..], said.len() - taken, true);
            promised.extend(rest.settled);
            prop_assert_eq!(text(&promised), text(&rules.apply(&said, 0, true).settled));
            prop_assert!(promised.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
        }
    }
}
