//! Rules on words: what is heard and what is written instead. Each word that is written keeps the time of those it stands for.
mod pattern;
mod source;

use std::collections::BTreeMap;

use regex::Captures;

pub use self::pattern::RuleError;
use self::{
    pattern::{Pattern, next_letter, phrase, with_any_apostrophe},
    source::{Place, Source},
};
use crate::{logic::script, message::Word};

/// A pattern may reach over so many words behind the first, and as many more as it has letters of scripts without spaces: as much is
/// kept back from what is promised.
const PATTERN_REACH: usize = 3;
/// So many rules are kept where one is added while they are used.
const MOST: usize = 10_000;

/// Goes along with a phrase that goes.
const ENDS: &str = "[.,!?…。，、！？]*";

/// Rules in the order in which they are tried at each place.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    /// How many words behind the first one a rule may look at.
    reach: usize,
}

#[derive(Clone, Debug)]
struct Rule {
    looks_for: Pattern,
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

/// What became of some words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewritten {
    /// How many of them are settled: whatever follows, these are written as `settled` says.
    pub taken: usize,
    pub settled: Vec<Word>,
    pub tail: Vec<Word>,
}

impl Rules {
    /// Phrases match as whole words, whatever their case and the space in them; in scripts without spaces wherever they stand. An error names a pattern that is none.
    pub fn new(
        unwanted: &[String],
        mask: &[String],
        words: &BTreeMap<String, String>,
        patterns: &BTreeMap<String, String>,
    ) -> Result<Rules, RuleError> {
        let mut rules = Vec::new();
        let mut reach = 0;
        let mut add = |phrases: Vec<(&String, Writes)>| -> Result<(), RuleError> {
            let mut phrases = phrases;
            // The longer of two that begin alike is the one that is meant.
            phrases.sort_by_key(|(it, _)| std::cmp::Reverse(reach_of(it)));
            for (it, writes) in phrases {
                if it.trim().is_empty() {
                    continue;
                }
                reach = reach.max(reach_of(it));
                let tail = if matches!(writes, Writes::Nothing) { ENDS } else { "" };
                rules.push(Rule { looks_for: Pattern::new(it, &phrase(it), tail)?, writes });
            }
            Ok(())
        };
        add(unwanted.iter().map(|it| (it, Writes::Nothing)).collect())?;
        add(mask.iter().map(|it| (it, Writes::Asterisks)).collect())?;
        add(words.iter().map(|(it, to)| (it, Writes::Words(to.clone()))).collect())?;
        for (pattern, to) in patterns {
            let unspaced = pattern.chars().filter(|it| script::is_unspaced(*it)).count();
            reach = reach.max(PATTERN_REACH + unspaced);
            let looks_for = Pattern::new(pattern, &with_any_apostrophe(pattern), "")?;
            rules.push(Rule { looks_for, writes: Writes::Template(to.clone()) });
        }
        Ok(Rules { rules, reach })
    }

    /// The same rules, and before them one that writes `to` for the phrase `from`.
    pub fn with(&self, from: &str, to: &str) -> Result<Rules, RuleError> {
        let looks_for = Pattern::new(from, &phrase(from), "")?;
        let writes = Writes::Words(to.to_owned());
        let mut rules = self.rules.clone();
        rules.truncate(MOST);
        rules.insert(0, Rule { looks_for, writes });
        Ok(Rules { rules, reach: self.reach.max(reach_of(from)) })
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
            let captures = rule.looks_for.captures_from(text, from)?;
            Some((captures.get(0)?.start(), rule, captures))
        });
        found.min_by_key(|(start, ..)| *start).map(|(_, rule, captures)| (rule, captures))
    }
}

/// How many words a phrase has behind its first one; of a script without spaces each character may be one.
fn reach_of(phrase: &str) -> usize {
    let count = |part: &str| match part.contains(script::is_unspaced) {
        true => script::clusters(part).len(),
        false => 1,
    };
    phrase.split_whitespace().map(count).sum::<usize>().saturating_sub(1)
}

impl Rule {
    fn written(&self, captures: &Captures<'_>, matched: &str) -> String {
        match &self.writes {
            Writes::Nothing => String::new(),
            Writes::Asterisks => {
                let letter = |it: char| if it.is_whitespace() { it } else { '*' };
                let starts = [0].into_iter().chain(script::clusters(matched));
                starts.filter_map(|at| matched[at..].chars().next()).map(letter).collect()
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
mod tests;
