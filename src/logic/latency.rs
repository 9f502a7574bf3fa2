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
