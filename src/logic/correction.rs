//! A corrected text and the times of its words: words that stayed keep their times, new ones share those of the words they replace.
use super::{align::in_place, subtitle::timed};
use crate::message::{MediaSpan, MediaTime, Word};

/// The words of `text`, which corrects `words`.
pub fn retimed(words: &[Word], text: &str) -> Vec<Word> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
    let mut new = timed(text, MediaSpan::between(first.span.start, last.span.end()));
    let bare = |all: &[Word]| all.iter().map(|it| it.text.trim().to_owned()).collect::<Vec<_>>();
    let stayed = in_place(&bare(&new), &bare(words));
    let mut at = 0;
    while at < new.len() {
        if let Some(old) = stayed[at] {
            new[at].span = words[old].span;
            at += 1;
            continue;
        }
        let end = (at..new.len()).find(|it| stayed[*it].is_some()).unwrap_or(new.len());
        let from = at.checked_sub(1).and_then(|it| stayed[it]).map_or(0, |it| it + 1);
        let to = stayed.get(end).copied().flatten().unwrap_or(words.len());
        let span = between(words, from, to);
        let run: String = new[at..end].iter().map(|it| it.text.as_str()).collect();
        for (word, shared) in new[at..end].iter_mut().zip(timed(run.trim(), span)) {
            word.span = shared.span;
        }
        at = end;
    }
    new
}

/// The time of the words from `from` to before `to`; where there are none, the pause between their neighbours.
fn between(words: &[Word], from: usize, to: usize) -> MediaSpan {
    let start =
        |at: usize| words.get(at).map_or(words[words.len() - 1].span.end(), |it| it.span.start);
    let end = |at: Option<usize>| at.map_or(words[0].span.start, |it: usize| words[it].span.end());
    let (from, to): (MediaTime, MediaTime) = match from < to {
        true => (start(from), end(to.checked_sub(1))),
        false => (end(from.checked_sub(1)), start(from)),
    };
    MediaSpan::between(from, to.max(from))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> MediaTime {
        MediaTime::new(Duration::from_millis(ms))
    }

    /// Each word of 400 ms, 100 ms apart.
    fn spoken(text: &str) -> Vec<Word> {
        let word = |(number, it): (usize, &str)| {
            let start = number as u64 * 500;
            Word { text: format!(" {it}"), span: MediaSpan::between(at(start), at(start + 400)) }
        };
        text.split_whitespace().enumerate().map(word).collect()
    }

    fn shown(words: &[Word]) -> String {
        let ms = |it: MediaTime| (it.as_secs_f64() * 1000.0).round() as u64;
        let word = |it: &Word| format!("{}{}-{}", it.text, ms(it.span.start), ms(it.span.end()));
        words.iter().map(word).collect()
    }

    #[test]
    fn words_that_stay_keep_their_times() {
        let words = spoken("ask not Morgan today");
        let shown = |text| shown(&retimed(&words, text));
        assert_eq!(
            shown("ask not Morgen today"),
            " ask0-400 not500-900 Morgen1000-1400 today1500-1900"
        );
        assert_eq!(
            shown("ask not More gan today"),
            " ask0-400 not500-900 More1000-1229 gan1229-1400 today1500-1900"
        );
        assert_eq!(shown("ask today"), " ask0-400 today1500-1900");
        assert_eq!(
            shown("ask not Morgan of today"),
            " ask0-400 not500-900 Morgan1000-1400 of1400-1500 today1500-1900"
        );
        assert_eq!(
            shown("so ask not Morgan today now"),
            " so0-0 ask0-400 not500-900 Morgan1000-1400 today1500-1900 now1900-1900"
        );
        assert_eq!(shown(""), "");
        assert!(retimed(&[], "nothing was timed").is_empty());
    }

    proptest! {
        #[test]
        fn the_words_are_the_text_and_lie_in_order(old in "[a-d ]{1,20}", new in "[a-d字。 ]{0,20}") {
            let words = spoken(&old);
            let new = new.split_whitespace().collect::<Vec<_>>().join(" ");
            let retimed = retimed(&words, &new);
            if !words.is_empty() {
                let text: String = retimed.iter().map(|it| it.text.as_str()).collect();
                prop_assert_eq!(text.trim(), new);
            }
            for pair in retimed.windows(2) {
                prop_assert!(pair[0].span.end() <= pair[1].span.start);
            }
            for word in &retimed {
                prop_assert!(word.span.end() <= words[words.len() - 1].span.end());
            }
        }
    }
}
