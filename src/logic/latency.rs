//! When words reach the screen: their latencies, those of whole utterances, and how far the screen lags behind the sound.
use super::{
    align::{align, in_place},
    update::{Gold, Update, by_segment, last_final},
};

/// In milliseconds of the wall clock, one value for each word or utterance that could be measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    /// From the end of a word to the first update in which it stands in its place.
    pub first_seen: Vec<f64>,
    /// … from which on it never changes.
    pub settled: Vec<f64>,
    /// … that promises not to change it: inside `committed`, or a final.
    pub committed: Vec<f64>,
    /// … to the first final that holds it.
    pub last: Vec<f64>,
    /// From the beginning of a sentence to the first update of its segment with text; where it does not begin its segment,
    /// to the first one in which a word of it stands in its place.
    pub first_partial: Vec<f64>,
    /// From the end of a sentence to the last of the finals that hold its words.
    pub finalisation: Vec<f64>,
}

/// How far the screen lags: at each update with text, the audio clock less the end of the newest word shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lag {
    /// Seconds of the wall clock since sample 0 was captured, and milliseconds of sound.
    pub points: Vec<(f64, f64)>,
}

/// One segment laid beside its final.
struct Segment<'a> {
    updates: Vec<&'a Update>,
    /// The words of its final, as spoken.
    settled: Vec<String>,
    /// For each update and each word of the final, where the word stands in the update.
    places: Vec<Vec<Option<usize>>>,
    /// The number of its first word among those of all finals.
    from: usize,
}

/// The updates of one track laid beside what was said.
pub struct Comparison<'a> {
    segments: Vec<Segment<'a>>,
    gold: &'a Gold,
    /// For each token of `gold`, the segment and the word of its final that stands for it.
    pairs: Vec<Option<(usize, usize)>>,
    /// Seconds of sound a second of the wall clock.
    speed: f64,
}

impl<'a> Comparison<'a> {
    /// `updates` in the order in which they came.
    pub fn new(updates: &'a [Update], gold: &'a Gold, speed: f64) -> Comparison<'a> {
        let (mut segments, mut heard) = (Vec::new(), Vec::new());
        for updates in by_segment(updates) {
            let Some(last) = last_final(&updates) else { continue };
            let settled: Vec<String> = last.spoken().into_iter().map(|it| it.0).collect();
            let places = updates.iter().map(|it| in_place(&settled, &texts(it))).collect();
            let from = heard.len();
            heard.extend(settled.iter().cloned());
            segments.push(Segment { updates, settled, places, from });
        }
        let of = |word: usize| {
            let at = segments.partition_point(|it: &Segment| it.from <= word) - 1;
            (at, word - segments[at].from)
        };
        let pairs = align(&gold.texts(), &heard).into_iter().map(|it| it.map(of)).collect();
        Comparison { segments, gold, pairs, speed }
    }

    pub fn latencies(&self) -> Latencies {
        let mut found = Latencies::default();
        for (token, pair) in self.gold.tokens.iter().zip(&self.pairs) {
            let (Some(end), Some((segment, word))) = (token.end, *pair) else { continue };
            let segment = &self.segments[segment];
            let after = |update: &Update| self.after(end, update);
            found.first_seen.extend(segment.first(|at| segment.stands(at, word)).map(after));
            found.settled.extend(segment.settled_at(word).map(after));
            found.committed.extend(segment.first(|at| segment.promises(at, word)).map(after));
            found.last.extend(segment.first(|at| segment.updates[at].is_final).map(after));
        }
        for number in 0..self.gold.sentences.len() {
            self.sentence(number, &mut found);
        }
        found
    }

    fn sentence(&self, number: usize, found: &mut Latencies) {
        let (start, end) = self.gold.sentences[number];
        let tokens = self.gold.tokens.iter().zip(&self.pairs).enumerate();
        let held: Vec<(usize, (usize, usize))> = tokens
            .filter(|(_, (token, _))| token.sentence == Some(number))
            .filter_map(|(at, (_, pair))| Some((at, (*pair)?)))
            .collect();
        let (Some((first, (opening, _))), Some((_, (closing, _)))) = (held.first(), held.last())
        else {
            return;
        };
        let segment = &self.segments[*opening];
        let opens = !self.pairs[..*first].iter().flatten().any(|pair| pair.0 == *opening);
        let words = held.iter().filter(|(_, pair)| pair.0 == *opening).map(|(_, pair)| pair.1);
        let words: Vec<usize> = words.collect();
        let shown = segment.first(|at| match opens {
            true => !segment.updates[at].text.trim().is_empty(),
            false => words.iter().any(|word| segment.stands(at, *word)),
        });
        found.first_partial.extend(shown.map(|it| self.after(start, it)));
        let closing = &self.segments[*closing];
        let last = last_final(&closing.updates);
        found.finalisation.extend(last.map(|it| self.after(end, it)));
    }

    /// Milliseconds from the moment at which the sample at `time` was captured.
    fn after(&self, time: f64, update: &Update) -> f64 {
        (update.at - time / self.speed) * 1000.0
    }

    /// The word that stands for a spoken one has its end, any other the end that the recogniser gave it.
    pub fn lag(&self) -> Lag {
        let mut ends: Vec<Vec<Option<f64>>> =
            self.segments.iter().map(|it| vec![None; it.settled.len()]).collect();
        for (token, pair) in self.gold.tokens.iter().zip(&self.pairs) {
            if let Some((segment, word)) = pair {
                ends[*segment][*word] = token.end;
            }
        }
        let mut points = Vec::new();
        for (segment, ends) in self.segments.iter().zip(&ends) {
            for (update, places) in segment.updates.iter().zip(&segment.places) {
                let shown = update.spoken();
                let Some((_, own)) = shown.last() else { continue };
                let word = places.iter().position(|it| *it == Some(shown.len() - 1));
                let end = word.and_then(|it| ends[it]).unwrap_or(*own);
                points.push((update.at, (update.at * self.speed - end) * 1000.0));
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Lag { points }
    }

    /// The words of the finals that stand for nothing that was said, with the recogniser's start and end.
    pub fn inserted(&self) -> Vec<(f64, f64)> {
        let mut inserted = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let Some(last) = last_final(&segment.updates) else { continue };
            let words = last.words.iter().flat_map(|it| {
                super::spoken::words(&it.word).into_iter().map(|_| (it.start, it.end))
            });
            for (word, span) in words.enumerate() {
                if !self.pairs.contains(&Some((number, word))) {
                    inserted.push(span);
                }
            }
        }
        inserted
    }
}

impl Latencies {
    /// Those of another track.
    pub fn add(&mut self, other: Latencies) {
        self.first_seen.extend(other.first_seen);
        self.settled.extend(other.settled);
        self.committed.extend(other.committed);
        self.last.extend(other.last);
        self.first_partial.extend(other.first_partial);
        self.finalisation.extend(other.finalisation);
    }
}

impl Segment<'_> {
    fn stands(&self, update: usize, word: usize) -> bool {
        self.places[update][word].is_some()
    }

    fn promises(&self, update: usize, word: usize) -> bool {
        let (state, place) = (self.updates[update], self.places[update][word]);
        let committed = || super::spoken::words(&state.committed).len();
        state.is_final || place.is_some_and(|it| it < committed())
    }

    fn first(&self, holds: impl Fn(usize) -> bool) -> Option<&Update> {
        (0..self.updates.len()).find(|at| holds(*at)).map(|at| self.updates[at])
    }

    fn settled_at(&self, word: usize) -> Option<&Update> {
        let changed = (0..self.updates.len()).rev().find(|at| !self.stands(*at, word));
        self.updates.get(changed.map_or(0, |it| it + 1)).copied()
    }
}

impl Lag {
    /// That of another track.
    pub fn add(&mut self, other: Lag) {
        self.points.extend(other.points);
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }

    pub fn mean(&self) -> Option<f64> {
        let count = self.points.len();
        (count > 0).then(|| self.points.iter().map(|it| it.1).sum::<f64>() / count as f64)
    }

    pub fn max(&self) -> Option<f64> {
        self.points.iter().map(|it| it.1).max_by(f64::total_cmp)
    }

    /// Milliseconds a minute of the wall clock, by least squares; `None` where all points are of one moment.
    pub fn slope_per_min(&self) -> Option<f64> {
        let count = self.points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| self.points.iter().map(of).sum::<f64>() / count;
        let (at, lag) = (mean(|it| it.0), mean(|it| it.1));
        let spread: f64 = self.points.iter().map(|it| (it.0 - at).powi(2)).sum();
        let slope = self.points.iter().map(|it| (it.0 - at) * (it.1 - lag)).sum::<f64>() / spread;
        (spread > 0.0).then_some(slope * 60.0)
    }
}

fn texts(update: &Update) -> Vec<String> {
    update.spoken().into_iter().map(|it| it.0).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            reference::{Reference, Sentence, TimedWord},
            update::{gold, partial, settled},
        },
        *,
    };
    use proptest::prelude::*;

    fn check(found: &[f64], expected: &[f64]) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 0.001;
        let same = found.len() == expected.len() && found.iter().zip(expected).all(close);
        assert!(same, "{found:?} is not {expected:?}");
    }

    /// "good morning" is said in a second, "everyone" in the next; what is shown on paper beside it.
    fn log() -> Vec<Update> {
        vec![
            partial(0, 0, "good", "", 0.8),
            partial(0, 1, "good mourning", "", 1.2),
            partial(0, 2, "good morning every", "good", 1.6),
            partial(0, 3, "good morning everyone", "good morning", 2.3),
            settled(0, 4, "Good morning, everyone.", 3.0),
        ]
    }

    #[test]
    fn every_word_has_four_latencies() {
        let gold = gold(&[("good", 0.5), ("morning", 1.0), ("everyone", 2.0)]);
        let log = log();
        let found = Comparison::new(&log, &gold, 1.0).latencies();
        check(&found.first_seen, &[300.0, 600.0, 300.0]);
        check(&found.settled, &[300.0, 600.0, 300.0]);
        check(&found.committed, &[1100.0, 1300.0, 1000.0]);
        check(&found.last, &[2500.0, 2000.0, 1000.0]);
        check(&found.first_partial, &[800.0]);
        check(&found.finalisation, &[1000.0]);
    }

    #[test]
    fn a_word_that_comes_and_goes_settles_when_it_has_come_to_stay() {
        let log = [
            partial(0, 0, "red", "", 1.1),
            partial(0, 1, "read", "", 1.5),
            partial(0, 2, "red", "", 1.9),
            settled(0, 3, "red", 2.5),
        ];
        let found = Comparison::new(&log, &gold(&[("red", 1.0)]), 1.0).latencies();
        check(&found.first_seen, &[100.0]);
        check(&found.settled, &[900.0]);
        check(&found.committed, &[1500.0]);
    }

    #[test]
    fn a_word_heard_as_another_counts_and_one_that_was_not_heard_does_not() {
        let log = [partial(0, 0, "rad", "", 1.2), settled(0, 1, "rad bag", 3.0)];
        let gold = gold(&[("red", 1.0), ("leather", 2.0), ("bag", 2.5)]);
        let found = Comparison::new(&log, &gold, 1.0).latencies();
        check(&found.first_seen, &[200.0, 500.0]);
    }

    #[test]
    fn at_twice_the_pace_words_are_due_in_half_the_time() {
        let (log, gold) = ([settled(0, 0, "red", 0.75)], gold(&[("red", 1.0)]));
        let comparison = Comparison::new(&log, &gold, 2.0);
        check(&comparison.latencies().last, &[250.0]);
        assert_eq!(comparison.lag().points, [(0.75, 500.0)]);
    }

    #[test]
    fn two_sentences_in_one_segment_have_each_their_own_first_word_and_one_final() {
        let sentence = |text: &str, start: f64, end: f64| Sentence {
            text: text.to_owned(),
            start,
            end,
            words: None,
        };
        let sentences = vec![sentence("See you.", 0.2, 1.0), sentence("Thank you.", 1.4, 2.0)];
        let said = Reference { sentences: Some(sentences), ..Reference::default() };
        let log = [
            partial(0, 0, "sea", "", 0.7),
            partial(0, 1, "see you thank", "", 1.9),
            settled(0, 2, "See you. Thank you.", 2.6),
        ];
        let gold = Gold::of(&said);
        let found = Comparison::new(&log, &gold, 1.0).latencies();
        check(&found.first_partial, &[500.0, 500.0]);
        check(&found.finalisation, &[1600.0, 600.0]);
        assert!(found.settled.is_empty());
    }

    #[test]
    fn lag_is_the_age_of_the_newest_word_and_its_slope_is_that_of_a_line() {
        let gold = gold(&[("one", 1.0), ("two", 2.0), ("three", 3.0)]);
        // A tenth of a second later with each second.
        let log = [
            partial(0, 0, "one", "", 1.5),
            partial(0, 1, "one two", "", 2.6),
            settled(0, 2, "one two three", 3.7),
        ];
        let lag = Comparison::new(&log, &gold, 1.0).lag();
        check(&lag.points.iter().map(|it| it.1).collect::<Vec<_>>(), &[500.0, 600.0, 700.0]);
        check(&[lag.mean().unwrap(), lag.max().unwrap()], &[600.0, 700.0]);
        check(&[lag.slope_per_min().unwrap()], &[100.0 / 1.1 * 60.0]);
        assert_eq!(Lag::default().mean(), None);
    }

    #[test]
    fn a_word_without_a_spoken_one_has_the_end_that_the_recogniser_gave_it() {
        let mut update = settled(0, 0, "uh", 2.0);
        update.words = vec![TimedWord { word: " uh".to_owned(), start: 0.5, end: 0.9 }];
        let (log, gold) = ([update], Gold::default());
        let comparison = Comparison::new(&log, &gold, 1.0);
        check(&[comparison.lag().points[0].1], &[1100.0]);
        assert_eq!(comparison.inserted(), [(0.5, 0.9)]);
    }

    proptest! {
        /// Whatever is shown before the final: seen before settled, settled and committed no later than final.
        #[test]
        fn no_word_settles_before_it_is_seen_or_after_its_final(states in prop::collection::vec(("([ab] ){0,4}", 0usize..4), 0..8)) {
            let mut log: Vec<Update> = Vec::new();
            for (at, (text, committed)) in states.iter().enumerate() {
                let words: Vec<&str> = text.split_whitespace().collect();
                let committed = words[..words.len().min(*committed)].join(" ");
                log.push(partial(0, at as u32, text.trim(), &committed, at as f64));
            }
            log.push(settled(0, 8, "a b a", 8.0));
            let gold = gold(&[("a", 1.0), ("b", 2.0), ("a", 3.0)]);
            let found = Comparison::new(&log, &gold, 1.0).latencies();
            prop_assert_eq!(found.last.len(), 3);
            for word in 0..3 {
                let times = [found.first_seen[word], found.settled[word], found.last[word]];
                prop_assert!(times.is_sorted(), "{times:?}");
                prop_assert!(found.first_seen[word] <= found.committed[word]);
                prop_assert!(found.committed[word] <= found.last[word]);
            }
        }
    }
}
