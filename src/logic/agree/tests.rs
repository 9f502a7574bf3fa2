//! What is committed and what is shown, decode after decode.
use super::*;
use crate::message::{MediaSpan, MediaTime};
use proptest::prelude::*;

const WORD: Duration = Duration::from_millis(300);

/// Words of 300 ms each. Behind a `~` stand improbable ones.
fn heard(text: &str) -> Vec<Heard> {
    let word = |(n, it): (usize, &str)| {
        let span = MediaSpan { start: MediaTime::new(WORD * n as u32), length: WORD };
        let probability = if it.starts_with('~') { 0.6 } else { 1.0 };
        let text = format!(" {}", it.trim_start_matches('~'));
        Heard { word: Word { text, span }, probability, mark: 0.5 }
    };
    text.split_whitespace().enumerate().map(word).collect()
}

fn words(text: &str) -> Vec<Word> {
    heard(text).into_iter().map(|it| it.word).collect()
}

fn text(words: &[Word]) -> String {
    words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
}

/// The sound ends with the last word.
fn speech(heard: &[Heard]) -> SoundEnd {
    SoundEnd::Speech(heard.last().map_or(MediaTime::ZERO, |it| it.word.span.end()))
}

/// What is committed and what is shown behind it after each look; those that end in `//` are looks at a pause.
fn check(looks: &[&str], shown: &[(&str, &str)]) {
    let mut agreement = Agreement::default();
    let mut committed = Vec::new();
    for (look, (settled, open)) in looks.iter().zip(shown) {
        let (look, is_pause) = look.strip_suffix("//").map_or((*look, false), |it| (it, true));
        let heard = heard(look);
        let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
        let agreed = agreement.add(&committed, heard, end);
        committed.extend(agreed.words);
        assert_eq!((text(&committed).as_str(), text(&agreed.tail).as_str()), (*settled, *open));
    }
}

#[test]
fn two_looks_settle_what_they_agree_on_but_for_a_word_that_may_be_cut_off() {
    check(
        &[
            "good morning.",
            "Good morning every.",
            "good morning everyone.",
            "good morning everyone.//",
        ],
        &[
            ("", "good morning"),
            ("Good morning", "every"),
            ("Good morning", "everyone"),
            ("Good morning everyone.", ""),
        ],
    );
}

#[test]
fn what_is_improbable_is_shown_when_a_second_look_agrees_and_committed_with_a_third() {
    check(
        &[
            "the ~plain leaves",
            "the ~train ~leaves",
            "the ~train leaves at",
            "the ~train leaves at ten",
        ],
        &[("", "the"), ("the", ""), ("the", "train leaves at"), ("the train leaves at", "ten")],
    );
}

#[test]
fn a_later_look_cannot_change_what_is_settled() {
    check(
        &[
            "the train//",
            "the train//",
            "a train leaves//",
            "a plain leaves//",
            "train leaves at//",
        ],
        &[
            ("", "the train"),
            ("the train", ""),
            ("the train", "leaves"),
            ("the train leaves", ""),
            ("the train leaves", "at"),
        ],
    );
}

#[test]
fn a_word_that_was_never_said_swallows_no_other() {
    // "you" was settled and has gone; by its place "leaves" is another word.
    let mut heard = heard("the train leaves");
    heard[2].word.span.start = MediaTime::new(Duration::from_millis(950));
    let rest = behind(&words("the train you"), heard);
    assert_eq!(text(&rest.into_iter().map(|it| it.word).collect::<Vec<_>>()), "leaves");
}

#[test]
fn a_sure_mark_behind_the_last_word_ends_a_sentence() {
    let ends = |text: &str, mark| {
        let mut heard = heard(text);
        heard.iter_mut().for_each(|it| it.mark = mark);
        AgreementSettings::default().ends_sentence(&heard)
    };
    let whole = ["It leaves.", "Really?", "\"Now!\"", "好。", "(Yes.)"];
    assert!(whole.iter().all(|it| ends(it, 0.95)));
    assert!(
        ["", "It leaves", "It leaves,", "at 10.5", "It...", "It…"].iter().all(|it| !ends(it, 0.95))
    );
    assert!(!ends("It leaves.", 0.5));
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|it| it.text.trim_end_matches(sentence::MARKS)).collect()
}

proptest! {
    #[test]
    fn a_pause_settles_what_enough_looks_agree_on_and_no_look_makes_up_words(
        looks in prop::collection::vec("(~?[abc]\\.? ){0,6}", 1..8),
        pauses in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut agreement = Agreement::default();
        let mut committed: Vec<Word> = Vec::new();
        for (look, is_pause) in looks.iter().zip(pauses) {
            let heard = heard(look);
            let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
            let rest: Vec<Word> = behind(&committed, heard.clone()).into_iter().map(|it| it.word).collect();
            let agreed = agreement.add(&committed, heard, end);
            let told = [agreed.words.clone(), agreed.tail].concat();
            prop_assert!(texts(&rest).starts_with(&texts(&told)), "{told:?} is no beginning of {rest:?}");
            committed.extend(agreed.words);
        }
        agreement.forget();
        let last = heard(&looks[looks.len() - 1]);
        for _ in 1..AgreementSettings::default().decodes {
            agreement.add(&[], last.clone(), SoundEnd::Speech(MediaTime::ZERO));
        }
        let words = last.iter().map(|it| it.word.clone()).collect();
        prop_assert_eq!(agreement.add(&[], last, SoundEnd::Pause), Agreed { words, tail: vec![] });
    }
}
