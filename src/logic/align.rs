//! Which word stands for which: of two texts by their letters, of two states of one text by their equal words.

/// For each word of `gold` the word of `heard` that stands for it, copied or substituted: the one that shares most letters
/// with it where the two texts are laid over each other with the fewest letters put in, taken out or changed (Levenshtein
/// over all letters; a space never stands for a letter). No word of `heard` stands for two.
pub fn align(gold: &[String], heard: &[String]) -> Vec<Option<usize>> {
    let (gold_letters, heard_letters) = (Letters::of(gold), Letters::of(heard));
    let mut shared: Vec<(usize, usize, usize)> = Vec::new();
    for (of, by) in diagonal(&gold_letters.letters, &heard_letters.letters) {
        let (Some(word), Some(other)) = (gold_letters.words[of], heard_letters.words[by]) else {
            continue;
        };
        let worth = if gold_letters.letters[of] == heard_letters.letters[by] { 2 } else { 1 };
        match shared.last_mut() {
            Some((a, b, score)) if (*a, *b) == (word, other) => *score += worth,
            _ => shared.push((word, other, worth)),
        }
    }
    // Stable: of two that share as much the earlier one goes first.
    shared.sort_by_key(|(_, _, score)| std::cmp::Reverse(*score));
    let (mut pairs, mut taken) = (vec![None; gold.len()], vec![false; heard.len()]);
    for (word, other, _) in shared {
        if pairs[word].is_none() && !taken[other] {
            (pairs[word], taken[other]) = (Some(other), true);
        }
    }
    pairs
}

/// For each word of `settled` the equal word of `shown` that stands in its place: where the two are laid over each other
/// with the fewest words put in, taken out or changed; of several ways the one in the fewest
/// pieces, and of those the one that keeps to the beginning.
pub fn in_place(settled: &[String], shown: &[String]) -> Vec<Option<usize>> {
    let mut places = vec![None; settled.len()];
    for (at, by) in diagonal(settled, shown) {
        if settled[at] == shown[by] {
            places[at] = Some(by);
        }
    }
    places
}

/// The words that stand in each other's place, equal ones and substituted ones, in an alignment of the two texts with the
/// fewest words substituted, deleted or inserted. Every other word of `gold` is deleted, and of `heard` inserted.
pub(super) fn by_words(gold: &[String], heard: &[String]) -> Vec<(usize, usize)> {
    diagonal(gold, heard)
}

/// The letters of words with a space between each two, and the word that each belongs to.
struct Letters {
    letters: Vec<char>,
    words: Vec<Option<usize>>,
}

impl Letters {
    fn of(words: &[String]) -> Letters {
        let mut all = Letters { letters: Vec::new(), words: Vec::new() };
        for (number, word) in words.iter().enumerate() {
            if number > 0 {
                all.letters.push(' ');
                all.words.push(None);
            }
            all.letters.extend(word.chars());
            all.words.resize(all.letters.len(), Some(number));
        }
        all
    }
}

/// What an alignment is made of.
trait Part: PartialEq {
    /// Whether the one may be changed into the other, instead of being taken out and put in.
    fn may_become(&self, other: &Self) -> bool;
}

impl Part for char {
    fn may_become(&self, other: &char) -> bool {
        (*self == ' ') == (*other == ' ')
    }
}

impl Part for String {
    fn may_become(&self, _: &String) -> bool {
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// On in both: equal, or one changed into the other.
    Both,
    /// On in the first: taken out.
    First,
    /// On in the second: put in.
    Second,
}

/// How far from the straight way the first search goes.
const BAND: usize = 64;
/// What a part put in, taken out or changed costs beside what it costs to leave the common way once more: of ways with
/// equally many edits the one in the fewest pieces is taken, so that no word is torn to where its letters happen to occur
/// (continuous alignment: D. Macháček and P. Polák, IWSLT 2025, section 5.1).
const EDIT: usize = 1 << 32;

/// The pairs on the cheapest way through both, from the beginning; equal and changed ones.
fn diagonal<T: Part>(first: &[T], second: &[T]) -> Vec<(usize, usize)> {
    let mut band = BAND;
    loop {
        if let Some(pairs) = within(first, second, band) {
            return pairs;
        }
        band *= 2;
    }
}

/// What is left to pay from a cell on, and the next step: behind a common part, and behind one that was not.
type Cell = [(usize, Step); 2];
const UNREACHED: Cell = [(usize::MAX, Step::Second); 2];

/// The same among the ways that stray at most `band` from the straight one (E. Ukkonen, Algorithms for approximate string
/// matching, 1985): time and room are those of the band. `None` where a way outside of it may be cheaper.
fn within<T: Part>(first: &[T], second: &[T], band: usize) -> Option<Vec<(usize, usize)>> {
    let (rows, columns) = (first.len(), second.len());
    let below = rows.saturating_sub(columns) + band;
    let width = below + columns.saturating_sub(rows) + band + 1;
    // A cell (row, column) stands at `column + below - row` of its row.
    let place = |row: usize, column: usize| {
        (column + below).checked_sub(row).filter(|it| *it < width && column <= columns)
    };
    let mut steps = vec![[Step::Second; 2]; (rows + 1) * width];
    // From the end to the beginning, so that the way can be walked from the beginning. `later` is the row below.
    let (mut later, mut cells) = (vec![UNREACHED; width], vec![UNREACHED; width]);
    for row in (0..=rows).rev() {
        cells.fill(UNREACHED);
        let (from, to) = (row.saturating_sub(below), (row + width - 1 - below).min(columns));
        for column in (from..=to).rev() {
            let Some(here) = place(row, column) else { continue };
            if row == rows && column == columns {
                cells[here] = [(0, Step::Both); 2];
                continue;
            }
            let both = || {
                let (one, other) = (first.get(row)?, second.get(column)?);
                let equal = one == other;
                let may = equal || one.may_become(other);
                may.then_some(later[here][0].0.checked_add(if equal { 0 } else { EDIT })?)
            };
            let apart = |cell: &Cell| cell[1].0.checked_add(EDIT);
            let one = (row < rows && here > 0).then(|| apart(&later[here - 1])).flatten();
            let other =
                (column < columns && here + 1 < width).then(|| apart(&cells[here + 1])).flatten();
            let (both, one, other) = (both(), one, other);
            cells[here] = [1, 0].map(|left| {
                // The first of those that cost the same, so that the beginning keeps together.
                let ways = [
                    (both, Step::Both),
                    (one.and_then(|it| it.checked_add(left)), Step::First),
                    (other.and_then(|it| it.checked_add(left)), Step::Second),
                ];
                let ways = ways.into_iter().filter_map(|(cost, step)| Some((cost?, step)));
                ways.min_by_key(|it| it.0).unwrap_or(UNREACHED[0])
            });
            steps[row * width + here] = cells[here].map(|it| it.1);
        }
        std::mem::swap(&mut later, &mut cells);
    }
    let edits = later[place(0, 0)?][0].0 / EDIT;
    // A way that leaves the band goes at least once more than `band` too far, and comes back.
    if edits > rows.abs_diff(columns) + 2 * band + 1 {
        return None;
    }
    let (mut row, mut column, mut apart, mut pairs) = (0, 0, 0, Vec::new());
    while row < rows || column < columns {
        let step = steps[row * width + place(row, column)?][apart];
        apart = usize::from(step != Step::Both);
        match step {
            Step::Both => {
                pairs.push((row, column));
                (row, column) = (row + 1, column + 1);
            }
            Step::First => row += 1,
            Step::Second => column += 1,
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn check(gold: &str, heard: &str, expected: &[Option<usize>]) {
        assert_eq!(align(&words(gold), &words(heard)), expected, "{gold} | {heard}");
    }

    #[test]
    fn a_word_that_was_heard_otherwise_stands_for_the_one_that_was_said() {
        check("good morning everyone", "good mourning every one", &[Some(0), Some(1), Some(2)]);
        check("the red bag", "the bag", &[Some(0), None, Some(1)]);
        check("the bag", "the old red bag", &[Some(0), Some(3)]);
        check("two eight two", "two two", &[Some(0), None, Some(1)]);
        check("", "words in silence", &[]);
        check("said", "", &[None]);
    }

    #[test]
    fn a_word_stands_in_its_place_once_all_before_it_do() {
        let places = |settled: &str, shown: &str| in_place(&words(settled), &words(shown));
        assert_eq!(places("two eight two five", "two"), [Some(0), None, None, None]);
        assert_eq!(places("the train to london", "a train to"), [None, Some(1), Some(2), None]);
        assert_eq!(places("the train", "uh the train"), [Some(1), Some(2)]);
    }

    #[test]
    fn a_long_way_off_is_found_too() {
        let letter = |at: usize, of: char| char::from_u32(of as u32 + at as u32 % 26).unwrap();
        let word = |at: usize| format!("{0}{0}{1}", letter(at, 'a'), letter(at / 26, 'A'));
        let gold: Vec<String> = (0..200).map(word).collect();
        let pairs = align(&gold, &gold[100..]);
        assert_eq!(pairs[100..], (0..100).map(Some).collect::<Vec<_>>());
    }

    fn distance(first: &[char], second: &[char]) -> usize {
        let pairs = diagonal(first, second);
        let changed = pairs.iter().filter(|(a, b)| first[*a] != second[*b]).count();
        changed + first.len() + second.len() - 2 * pairs.len()
    }

    proptest! {
        #[test]
        fn a_text_stands_for_itself(text in "([abc]{1,3} ){0,12}") {
            let text = words(&text);
            prop_assert_eq!(align(&text, &text), (0..text.len()).map(Some).collect::<Vec<_>>());
        }

        #[test]
        fn pairs_are_in_order_and_no_word_stands_for_two(a in "([abc]{1,3} ){0,8}", b in "([abc]{1,3} ){0,8}") {
            let (a, b) = (words(&a), words(&b));
            let stand: Vec<usize> = align(&a, &b).into_iter().flatten().collect();
            prop_assert!(stand.windows(2).all(|it| it[0] < it[1]), "{stand:?}");
        }

        #[test]
        fn a_narrow_band_finds_nothing_dearer(a in "[ab]{0,20}", b in "[ab]{0,20}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            if let Some(pairs) = within(&a, &b, 1) {
                let changed = pairs.iter().filter(|(x, y)| a[*x] != b[*y]).count();
                prop_assert_eq!(changed + a.len() + b.len() - 2 * pairs.len(), distance(&a, &b));
            }
        }
    }
}
