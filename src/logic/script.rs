//! Scripts that are written without spaces: what counts as a word there, and where a line may break.
use std::{cell::LazyCell, ops::RangeInclusive};

use icu_segmenter::{GraphemeClusterSegmenter, LineSegmenter, LineSegmenterBorrowed};
use unicode_width::UnicodeWidthStr;

/// Letters and marks of the scripts that part no words by spaces: Thai, Lao, Tibetan, Burmese, Khmer, Han, Kana, Bopomofo. Their
/// digits and punctuation are left out. Korean is written with spaces.
const UNSPACED: [RangeInclusive<char>; 26] = [
    '\u{e01}'..='\u{e3a}',
    '\u{e40}'..='\u{e4e}',
    '\u{e81}'..='\u{ece}',
    '\u{edc}'..='\u{edf}',
    '\u{f00}'..='\u{f00}',
    '\u{f18}'..='\u{f19}',
    '\u{f35}'..='\u{f39}',
    '\u{f40}'..='\u{fbc}',
    '\u{1000}'..='\u{103f}',
    '\u{1050}'..='\u{108f}',
    '\u{1780}'..='\u{17d3}',
    '\u{17d7}'..='\u{17d7}',
    '\u{17dc}'..='\u{17dd}',
    '\u{2e80}'..='\u{2fd5}',
    '\u{3005}'..='\u{3007}',
    '\u{3021}'..='\u{302f}',
    '\u{3031}'..='\u{3035}',
    '\u{3041}'..='\u{309f}',
    '\u{30a1}'..='\u{30fa}',
    '\u{30fc}'..='\u{30ff}',
    '\u{3105}'..='\u{312f}',
    '\u{31f0}'..='\u{31ff}',
    '\u{3400}'..='\u{9fff}',
    '\u{f900}'..='\u{faff}',
    '\u{ff66}'..='\u{ff9f}',
    '\u{20000}'..='\u{323af}',
];
/// Letters that go with the one before them: a line never begins with them. Small kana, the long vowel, iteration marks, Burmese
/// vowels.
const WITH_LAST: &str = "々〻ーぁぃぅぇぉっゃゅょゎゕゖゝゞァィゥェォッャュョヮヵヶヽヾｧｨｩｪｫｬｭｮｯｰﾞﾟฯๆະຯໆៗ\u{102b}\u{102c}\u{1038}";
/// Letters that go with the one behind them: the vowels that Thai and Lao write first, the signs that stack consonants in Khmer and
/// Burmese.
const WITH_NEXT: &str = "เแโใไເແໂໃໄ\u{17d2}\u{1039}";
/// Punctuation that goes with what follows it.
const OPENING: &str = "「『（〈《【〔〖〘“‘(［｛[{«‹";
/// So many units of a script without spaces are about as long as a word of another.
const UNITS_A_WORD: usize = 2;

/// Whether the letter is of a script that is written without spaces.
pub fn is_unspaced(letter: char) -> bool {
    '\u{e00}' <= letter && UNSPACED.iter().any(|it| it.contains(&letter))
}

/// The units of a text that are agreed on, committed and timed: words between spaces, with the space before them; of scripts without
/// spaces each character as a reader sees it (a grapheme cluster, and what may not be parted from it). Punctuation goes with what it
/// belongs to. Together they are the text without the space at its end.
///
/// Not the words of a dictionary: which those are changes with what follows, and what was promised must not.
pub fn units(text: &str) -> Vec<&str> {
    let text = text.trim_end();
    let mut ends = GraphemeClusterSegmenter::new().segment_str(text);
    let (mut units, mut from, mut start) = (Vec::new(), 0, ends.next().unwrap_or_default());
    for end in ends {
        if begins(&text[from..start], &text[start..end]) {
            units.push(&text[from..start]);
            from = start;
        }
        start = end;
    }
    if from < text.len() {
        units.push(&text[from..]);
    }
    units
}

/// Whether `cluster` begins a unit behind `open`, the one before it.
fn begins(open: &str, cluster: &str) -> bool {
    if open.trim_start().is_empty() {
        return false;
    }
    if cluster.starts_with(char::is_whitespace) {
        return true;
    }
    let Some((first, last)) = cluster.chars().next().zip(open.chars().next_back()) else {
        return false;
    };
    let has_letters = open.contains(char::is_alphanumeric);
    let has_unspaced = open.contains(is_unspaced);
    if is_unspaced(first) {
        has_letters && !WITH_LAST.contains(first) && !WITH_NEXT.contains(last)
    } else if first.is_alphanumeric() {
        has_unspaced
    } else {
        has_unspaced && OPENING.contains(first)
    }
}

/// How many words of a script with spaces the units are worth, rounded up.
pub fn word_count<'a>(units: impl IntoIterator<Item = &'a str>) -> usize {
    let (mut spaced, mut unspaced) = (0, 0);
    for unit in units {
        *if unit.contains(is_unspaced) { &mut unspaced } else { &mut spaced } += 1;
    }
    spaced + usize::div_ceil(unspaced, UNITS_A_WORD)
}

/// The texts one behind the other, with a space between them but where both are of scripts without spaces.
pub fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for text in texts.into_iter().map(str::trim).filter(|it| !it.is_empty()) {
        let is_unspaced = |letter: Option<char>| letter.is_some_and(is_unspaced);
        let last = joined.chars().rev().find(|it| it.is_alphanumeric());
        let is_close =
            is_unspaced(last) && is_unspaced(text.chars().find(|it| it.is_alphanumeric()));
        if !joined.is_empty() && !is_close {
            joined.push(' ');
        }
        joined.push_str(text);
    }
    joined
}

thread_local! {
    /// By the Unicode line breaking algorithm (UAX #14), and by dictionaries for Thai, Lao, Khmer and Burmese.
    static LINES: LazyCell<LineSegmenterBorrowed<'static>> =
        LazyCell::new(|| LineSegmenter::new_dictionary(Default::default()));
}

/// The places, in bytes, where a line of the text may end; without its beginning, with its end.
pub fn breaks(text: &str) -> Vec<usize> {
    LINES.with(|it| it.segment_str(text).filter(|it| *it > 0).collect())
}

/// The places, in bytes, between the characters of the text as a reader sees them (grapheme clusters); without its beginning.
pub fn clusters(text: &str) -> Vec<usize> {
    GraphemeClusterSegmenter::new().segment_str(text).filter(|it| *it > 0).collect()
}

/// How wide the text is in a font of fixed width: full-width characters count twice (UAX #11), marks on letters not at all.
pub fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, units_of: &str) {
        assert_eq!(units(text).join("|"), units_of);
    }

    #[test]
    fn words_are_parted_by_spaces_and_characters_by_themselves() {
        check(" Good morning, everyone - “now”! ", " Good| morning,| everyone| -| “now”!");
        check("今日は、良い天気。", "今|日|は、|良|い|天|気。");
        check("我用 iPhone 15 拍照片。", "我|用| iPhone| 15| 拍|照|片。");
        check("我用iPhone15拍照。", "我|用|iPhone15|拍|照。");
        check("2021年11月", "2021|年|11|月");
        check("他说：「你好！」（笑）", "他|说：|「你|好！」|（笑）");
        check("안녕하세요 여러분", "안녕하세요| 여러분");
        check("", "");
        check("  ", "");
    }

    #[test]
    fn what_may_not_be_parted_stays_together() {
        check("キャラメルとコーヒー", "キャ|ラ|メ|ル|と|コー|ヒー");
        check("人々がちょっと", "人々|が|ちょっ|と");
        check("เด็กไม่เข้าใจ", "เด็|ก|ไม่|เข้|า|ใจ");
        check("ເຂົ້າໃຈ", "ເຂົ້|າ|ໃຈ");
        check("ខ្ញុំស្រលាញ់", "ខ្ញុំ|ស្រ|លា|ញ់");
        check("မြန်မာ", "မြ|န်|မာ");
        check("か\u{3099}く", "か\u{3099}|く");
    }

    #[test]
    fn units_are_worth_words() {
        let count = |text: &str| word_count(units(text));
        assert_eq!(count("four words of English"), 4);
        assert_eq!(count("今日は良い天気"), 4);
        assert_eq!(count("我用 iPhone"), 2);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn texts_are_joined_as_their_scripts_are_written() {
        assert_eq!(joined(["Good morning.", " Thank you.", ""]), "Good morning. Thank you.");
        assert_eq!(joined(["你好。", "谢谢！", "OK?", "好"]), "你好。谢谢！ OK? 好");
        assert_eq!(joined(["สวัสดี", "ครับ"]), "สวัสดีครับ");
    }

    #[test]
    fn lines_break_at_words_in_thai_and_not_before_a_full_stop_in_chinese() {
        let parts = |text: &str| {
            let ends = breaks(text);
            let starts = std::iter::once(0).chain(ends.iter().copied());
            starts
                .zip(&ends)
                .map(|(from, to)| text[from..*to].to_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(parts("ปิดไฟห้องนอน"), "ปิด|ไฟ|ห้อง|นอน");
        assert_eq!(parts("你好。"), "你|好。");
        assert_eq!(parts("one two"), "one |two");
        assert_eq!((width("日本 ab"), width("か\u{3099}"), width("ที่")), (7, 2, 1));
        assert_eq!(clusters("e\u{301}ที่"), [3, 12]);
    }

    proptest! {
        #[test]
        fn units_are_the_text(text in "([a-z ]|[日本、。「」はー]|[กเที่้ไา]|\\PC){0,30}") {
            let units = units(&text);
            prop_assert_eq!(units.concat(), text.trim_end());
            prop_assert!(units.iter().all(|it| !it.trim().is_empty()), "{:?}", units);
            // What was units stays units, but for the last: that one may grow.
            let known: Vec<&str> = units.iter().take(units.len().saturating_sub(1)).copied().collect();
            let longer = format!("{}x", text.trim_end());
            prop_assert!(super::units(&longer).starts_with(&known), "{:?}", known);
        }
    }
}
