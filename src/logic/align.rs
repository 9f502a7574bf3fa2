//! Alignment of two texts: of their letters, to pair words, or of their words.

/// For each word of `reference` the word of `hypothesis` that it is paired with, equal or substituted. The letters of both
/// texts are aligned with the fewest edits (Levenshtein; a space is never substituted for a letter), and each word is
/// paired with the one with which it shares most letters. No word of `hypothesis` is in two pairs.
pub fn align(reference: &[String], hypothesis: &[String]) -> Vec<Option<usize>> {
    let (letters, others) = (Letters::of(reference), Letters::of(hypothesis));
    let mut shared: Vec<(usize, usize, usize)> = Vec::new();
    for (at, other_at) in aligned(&letters.letters, &others.letters) {
        let (Some(word), Some(other)) = (letters.words[at], others.words[other_at]) else {
            continue;
        };
        let weight = if letters.letters[at] == others.letters[other_at] { 2 } else { 1 };
        match shared.last_mut() {
            Some((a, b, score)) if (*a, *b) == (word, other) => *score += weight,
            _ => shared.push((word, other, weight)),
        }
    }
    // A stable sort: of two that share as much the earlier one goes first.
    shared.sort_by_key(|(_, _, score)| std::cmp::Reverse(*score));
    let (mut pairs, mut taken) = (vec![None; reference.len()], vec![false; hypothesis.len()]);
    for (word, other, _) in shared {
        if pairs[word].is_none() && !taken[other] {
            (pairs[word], taken[other]) = (Some(other), true);
        }
    }
    pairs
}

/// For each word of `settled` the equal word of `shown` at the same place, where both are aligned by words with the fewest
/// edits. Of several such alignments the one in the fewest pieces is taken, and of those the one that keeps the beginning together.
pub fn in_place(settled: &[String], shown: &[String]) -> Vec<Option<usize>> {
    let mut places = vec![None; settled.len()];
    for (at, other_at) in aligned(settled, shown) {
        if settled[at] == shown[other_at] {
            places[at] = Some(other_at);
        }
    }
    places
}

/// The pairs of equal and of substituted words in an alignment of both texts with the fewest word errors. Every other word
/// of `reference` is deleted, every other word of `hypothesis` inserted.
pub(super) fn by_words(reference: &[String], hypothesis: &[String]) -> Vec<(usize, usize)> {
    aligned(reference, hypothesis)
}

/// The letters of words, with a space between each two words.
struct Letters {
    letters: Vec<char>,
    /// The word that each letter belongs to; `None` for a space.
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

/// A letter or a word.
trait Token: PartialEq {
    /// How far the first search goes from the diagonal of the table. Texts differ by more letters than words.
    const FIRST_BAND: usize;

    /// Whether it may be substituted by `other`. Otherwise it is deleted and the other one inserted.
    fn may_become(&self, other: &Self) -> bool;
}

impl Token for char {
    const FIRST_BAND: usize = 64;

    fn may_become(&self, other: &char) -> bool {
        (*self == ' ') == (*other == ' ')
    }
}

impl Token for String {
    const FIRST_BAND: usize = 16;

    fn may_become(&self, _: &String) -> bool {
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Two tokens are paired: equal, or one substituted by the other.
    Pair,
    /// A token of the first text is deleted.
    Delete,
    /// A token of the second text is inserted.
    Insert,
}

/// The cost of an edit. Each stretch of deleted or inserted tokens costs 1 more, so that of alignments with equally many
/// edits the one in the fewest pieces is taken, and no word is spread over places where its letters happen to occur
/// (continuous alignment: D. Macháček and P. Polák, IWSLT 2025, section 5.1).
const EDIT: usize = 1 << 32;

/// The pairs of the cheapest alignment, in order.
fn aligned<T: Token>(first: &[T], second: &[T]) -> Vec<(usize, usize)> {
    let mut band = T::FIRST_BAND;
    loop {
        if let Some(pairs) = aligned_within(first, second, band) {
            return pairs;
        }
        band *= 2;
    }
}

/// The cost of all that follows a cell, and the next step: after a pair, and after a deletion or an insertion.
type Cell = [(usize, Step); 2];
/// More than any alignment costs, and little enough that costs can be added to it.
const UNREACHED: usize = usize::MAX / 2;

/// The same among the alignments that stay within `band` of the diagonal (E. Ukkonen, Algorithms for approximate string
/// matching, 1985): time and memory are proportional to the band. `None` where an alignment outside of it may be cheaper.
fn aligned_within<T: Token>(first: &[T], second: &[T], band: usize) -> Option<Vec<(usize, usize)>> {
    let (rows, columns) = (first.len(), second.len());
    let below = rows.saturating_sub(columns) + band;
    let width = below + columns.saturating_sub(rows) + band + 1;
    // The cell of a row and a column is number `column + below - row` of its row.
    let place = |row: usize, column: usize| {
        (column + below).checked_sub(row).filter(|it| *it < width && column <= columns)
    };
    let mut steps = vec![[Step::Insert; 2]; (rows + 1) * width];
    // The table is filled from the end, so that the steps can be followed from the beginning. `later` is the row below.
    let unreached: Cell = [(UNREACHED, Step::Insert); 2];
    let (mut later, mut cells) = (vec![unreached; width], vec![unreached; width]);
    for row in (0..=rows).rev() {
        cells.fill(unreached);
        let (from, to) = (row.saturating_sub(below), (row + width - 1 - below).min(columns));
        for column in (from..=to).rev() {
            let Some(here) = place(row, column) else { continue };
            if row == rows && column == columns {
                cells[here] = [(0, Step::Pair); 2];
                continue;
            }
            let pair = match (first.get(row), second.get(column)) {
                (Some(one), Some(other)) if one == other => later[here][0].0,
                (Some(one), Some(other)) if one.may_become(other) => later[here][0].0 + EDIT,
                _ => UNREACHED,
            };
            let is_in_band = row < rows && here > 0;
            let delete = if is_in_band { later[here - 1][1].0 + EDIT } else { UNREACHED };
            let is_in_band = column < columns && here + 1 < width;
            let insert = if is_in_band { cells[here + 1][1].0 + EDIT } else { UNREACHED };
            // After a pair, a deletion or an insertion begins a stretch, which costs 1.
            cells[here] = [1, 0].map(|begins| {
                let ways = [
                    (pair, Step::Pair),
                    (delete + begins, Step::Delete),
                    (insert + begins, Step::Insert),
                ];
                // The first of those that cost the same, so that the beginning keeps together.
                ways.into_iter().min_by_key(|it| it.0).unwrap_or(unreached[0])
            });
            steps[row * width + here] = cells[here].map(|it| it.1);
        }
        std::mem::swap(&mut later, &mut cells);
    }
    let edits = later[place(0, 0)?][0].0 / EDIT;
    // An alignment that leaves the band has at least `band + 1` edits more on the way out, and as many on the way back.
    if edits > rows.abs_diff(columns) + 2 * band + 1 {
        return None;
    }
    let (mut row, mut column, mut after_edit, mut pairs) = (0, 0, 0, Vec::new());
    while row < rows || column < columns {
        let step = steps[row * width + place(row, column)?][after_edit];
        after_edit = usize::from(step != Step::Pair);
        match step {
            Step::Pair => {
                pairs.push((row, column));
                (row, column) = (row + 1, column + 1);
            }
            Step::Delete => row += 1,
            Step::Insert => column += 1,
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

    fn check(reference: &str, hypothesis: &str, expected: &[Option<usize>]) {
        let pairs = align(&words(reference), &words(hypothesis));
        assert_eq!(pairs, expected, "{reference} | {hypothesis}");
    }

    #[test]
    fn a_misrecognised_word_is_paired_with_the_one_that_was_said() {
        check("good morning everyone", "good mourning every one", &[Some(0), Some(1), Some(2)]);
        check("the red bag", "the bag", &[Some(0), None, Some(1)]);
        check("the bag", "the old red bag", &[Some(0), Some(3)]);
        check("two eight two", "two two", &[Some(0), None, Some(1)]);
        check("", "words in silence", &[]);
        check("said", "", &[None]);
    }

    #[test]
    fn words_are_in_place_where_they_are_equal_in_the_alignment() {
        let places = |settled: &str, shown: &str| in_place(&words(settled), &words(shown));
        assert_eq!(places("two eight two five", "two"), [Some(0), None, None, None]);
        assert_eq!(places("the train to london", "a train to"), [None, Some(1), Some(2), None]);
        assert_eq!(places("the train", "uh the train"), [Some(1), Some(2)]);
    }

    #[test]
    fn alignments_outside_of_the_first_band_are_found() {
        let letter = |at: usize, of: char| char::from_u32(of as u32 + at as u32 % 26).unwrap();
        let word = |at: usize| format!("{0}{0}{1}", letter(at, 'a'), letter(at / 26, 'A'));
        let reference: Vec<String> = (0..200).map(word).collect();
        let pairs = align(&reference, &reference[100..]);
        assert_eq!(pairs[100..], (0..100).map(Some).collect::<Vec<_>>());
    }

    fn distance(first: &[char], second: &[char]) -> usize {
        let pairs = aligned(first, second);
        let substituted = pairs.iter().filter(|(a, b)| first[*a] != second[*b]).count();
        substituted + first.len() + second.len() - 2 * pairs.len()
    }

    proptest! {
        #[test]
        fn a_text_is_aligned_with_itself(text in "([abc]{1,3} ){0,12}") {
            let text = words(&text);
            prop_assert_eq!(align(&text, &text), (0..text.len()).map(Some).collect::<Vec<_>>());
        }

        #[test]
        fn pairs_are_in_order_and_no_word_is_in_two(a in "([abc]{1,3} ){0,8}", b in "([abc]{1,3} ){0,8}") {
            let (a, b) = (words(&a), words(&b));
            let paired: Vec<usize> = align(&a, &b).into_iter().flatten().collect();
            prop_assert!(paired.windows(2).all(|it| it[0] < it[1]), "{paired:?}");
        }

        #[test]
        fn a_narrow_band_finds_as_few_edits(a in "[ab]{0,20}", b in "[ab]{0,20}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            if let Some(pairs) = aligned_within(&a, &b, 1) {
                let substituted = pairs.iter().filter(|(x, y)| a[*x] != b[*y]).count();
                prop_assert_eq!(substituted + a.len() + b.len() - 2 * pairs.len(), distance(&a, &b));
            }
        }
    }
}
