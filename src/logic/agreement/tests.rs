//! Which words are committed and shown, decode after decode.
use std::time::Duration;

use super::*;
use crate::logic::spoken::bare;
use crate::message::{MediaSpan, MediaTime};
use proptest::prelude::*;

const WORD: Duration = Duration::from_millis(300);

/// Words of 300 ms each. A `~` marks an improbable word. The probability of a full stop is in doubt, that of other punctuation
/// is not.
fn decoded_words(text: &str) -> Vec<DecodedWord> {
    let word = |(n, it): (usize, &str)| {
        let span = MediaSpan { start: MediaTime::new(WORD * n as u32), length: WORD };
        let probability = if it.starts_with('~') { 0.4 } else { 0.95 };
        let doubt = AgreementSettings::default().show_punctuation_probability / 2.0;
        let punctuation_probability = if it.ends_with('.') { doubt } else { 1.0 };
        let text = format!(" {}", it.trim_start_matches('~'));
        DecodedWord { word: Word { text, span }, probability, punctuation_probability }
    };
    text.split_whitespace().enumerate().map(word).collect()
}

fn words(text: &str) -> Vec<Word> {
    decoded_words(text).into_iter().map(|it| it.word).collect()
}

fn text(words: &[Word]) -> String {
    words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
}

/// The audio ends with the last word.
fn speech(decoded: &[DecodedWord]) -> AudioEnd {
    AudioEnd::Speech(decoded.last().map_or(MediaTime::ZERO, |it| it.word.span.end()))
}

/// Checks the committed text and the tail after each decode. Decodes that end in `//` are at a pause. In the others the last
/// word is too near the end to be committed, and the word four words before it is old enough to be committed.
fn check(decodes: &[&str], shown: &[(&str, &str)]) {
    let settings = AgreementSettings {
        commit_margin: WORD,
        unstable_tail: WORD * 2,
        commit_after: WORD * 4,
        commit_probability: 0.5,
        ..AgreementSettings::default()
    };
    let mut agreement = LocalAgreement::new(settings);
    let mut committed = Vec::new();
    for (decode, (expected_committed, expected_tail)) in decodes.iter().zip(shown) {
        let (decode, is_pause) =
            decode.strip_suffix("//").map_or((*decode, false), |it| (it, true));
        let decoded = decoded_words(decode);
        let end = if is_pause { AudioEnd::Pause } else { speech(&decoded) };
        let update = agreement.add(&committed, decoded, end);
        committed.extend(update.committed);
        assert_eq!(
            (text(&committed).as_str(), text(&update.tail).as_str()),
            (*expected_committed, *expected_tail)
        );
    }
}

#[test]
fn words_that_two_decodes_agree_on_are_committed_except_one_that_may_be_cut_off() {
    check(
        &[
            "good morning",
            "good morning every",
            "good morning everyone",
            "good morning everyone!//",
        ],
        &[
            ("", "good morning"),
            ("good morning", "every"),
            ("good morning", "everyone"),
            ("good morning everyone!", ""),
        ],
    );
}

#[test]
fn words_keep_the_case_and_punctuation_in_which_they_were_shown() {
    check(
        &["good morning every", "Good, morning everyone", "Good! Morning, everyone here"],
        &[
            ("", "good morning every"),
            ("good morning", "everyone"),
            ("good morning everyone", "here"),
        ],
    );
}

#[test]
fn doubtful_punctuation_is_not_shown_and_delays_the_commit_of_its_word() {
    check(
        &["this is a test", "this is a test.//", "this is a test.//", "this is a test of it//"],
        &[
            ("", "this is a test"),
            ("this is a", "test"),
            ("this is a", "test"),
            ("this is a test", "of it"),
        ],
    );
    check(
        &["this is a test.//", "this is a test!//"],
        &[("", "this is a test"), ("this is a test!", "")],
    );
}

#[test]
fn an_improbable_word_near_the_end_is_shown_once_a_second_decode_agrees() {
    check(
        &[
            "the ~plain leaves",
            "the ~train leaves",
            "the ~train leaves at",
            "the ~train leaves at ten",
        ],
        &[("", "the"), ("the", ""), ("the", "train leaves at"), ("the train leaves at", "ten")],
    );
}

#[test]
fn a_word_is_replaced_only_by_a_more_probable_one() {
    check(
        &["the train leaves", "the ~plain leaves", "the ~plain leaves at"],
        &[("", "the train leaves"), ("the", "train leaves"), ("the", "train leaves at")],
    );
}

#[test]
fn words_between_two_agreed_words_are_replaced_only_together() {
    check(
        &[
            "the train stands here now//",
            "the ~plain ~lands here now",
            "the plane stands here now so",
        ],
        &[
            ("", "the train stands here now"),
            ("the", "train stands here now"),
            ("the plane", "stands here now so"),
        ],
    );
}

#[test]
fn a_final_keeps_an_earlier_word_only_where_it_is_clearly_more_probable() {
    let final_text = |probability| {
        let mut agreement = LocalAgreement::new(AgreementSettings::default());
        let mut first = decoded_words("and saw my");
        first[1].probability = probability;
        agreement.add(&[], first, AudioEnd::Speech(MediaTime::ZERO));
        let mut last = decoded_words("and so my fellow Americans");
        last[1].probability = 0.56;
        text(&agreement.finish(&[], last))
    };
    assert_eq!(final_text(0.59), "and so my fellow Americans");
    assert_eq!(final_text(0.8), "and saw my fellow Americans");
}

#[test]
fn a_word_that_decodes_repeat_replaces_a_more_probable_one_after_some_decodes() {
    let mut repeated = decoded_words("the ~plain leaves");
    let previous =
        |it: DecodedWord| PreviousWord { word: it.word, probability: it.probability, decodes: 1 };
    let mut old: Vec<PreviousWord> =
        decoded_words("the train leaves").into_iter().map(previous).collect();
    let mut kept = 0;
    while {
        vote(&old, 3, &mut repeated);
        repeated[1].word.text == " train"
    } {
        kept += 1;
        old[1].probability = repeated[1].probability;
        repeated = decoded_words("the ~plain leaves");
    }
    // The probabilities 0.95, 0.76, 0.61 and 0.49 are above 0.4, and 0.39 is not.
    assert_eq!(kept, 4);
}

#[test]
fn an_old_word_is_committed_although_decodes_disagree_on_it() {
    // Each decode has another second word. Four words before the end, the newest one is committed.
    check(
        &["a ~b c d e", "a ~x c d e f", "a ~y c d e f g"],
        &[("", "a b c d e"), ("a x", "c d e f"), ("a x c d e f", "g")],
    );
}

#[test]
fn later_decodes_do_not_change_committed_words() {
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
fn silence_after_words_does_not_commit_them() {
    let settings = AgreementSettings { commit_after: WORD * 4, ..AgreementSettings::default() };
    let mut agreement = LocalAgreement::new(settings);
    let after = |words: u32| AudioEnd::Speech(MediaTime::new(WORD * words));
    agreement.add(&[], decoded_words("and so my fellow"), after(4));
    let update = agreement.add(&[], decoded_words("and ~saw my fellow"), after(9));
    assert_eq!(text(&update.committed), "and");
    let mut agreement = LocalAgreement::new(settings);
    agreement.add(&[], decoded_words("and ~so my"), after(3));
    let update =
        agreement.add(&[], decoded_words("and ~saw my fellow americans ask not"), after(7));
    assert_eq!(text(&update.committed), "and saw my", "four words stand behind it");
}

#[test]
fn uncommitted_words_are_found_by_letters_and_times() {
    // The committed "you" is missing from the later decode. By its time, "leaves" is a new word.
    let mut later = decoded_words("the train leaves");
    later[2].word.span.start = MediaTime::new(Duration::from_millis(950));
    later[2].word.span.length = WORD;
    let rest = |known: &str, decoded: Vec<DecodedWord>| {
        text(&uncommitted(&words(known), decoded).into_iter().map(|it| it.word).collect::<Vec<_>>())
    };
    assert_eq!(rest("the train you", later), "leaves");
    assert_eq!(
        rest("if the practitioners", decoded_words("if the practitioner is in doubt")),
        "is in doubt"
    );
    assert_eq!(rest("the hand book", decoded_words("the handbook says")), "says");
    assert_eq!(rest("he said no", decoded_words("he said no no no")), "no no");
}

#[test]
fn the_probability_of_the_last_punctuation_is_the_confidence_in_a_sentence_end() {
    let confidence = |text: &str, punctuation| {
        let mut decoded = decoded_words(text);
        decoded.iter_mut().for_each(|it| it.punctuation_probability = punctuation);
        AgreementSettings::default().sentence_end(&decoded)
    };
    let whole = ["It leaves.", "Really?", "\"Now!\"", "好。", "(Yes.)"];
    assert!(whole.iter().all(|it| confidence(it, 0.95) == 1.0));
    let open = ["", "It leaves", "It leaves,", "at 10.5", "It...", "It…"];
    assert!(open.iter().all(|it| confidence(it, 0.95) == 0.0));
    assert_eq!(
        confidence("It leaves.", AgreementSettings::default().show_punctuation_probability / 2.0),
        0.5
    );
    assert_eq!(confidence("It leaves.", f32::NAN), 0.0);
}

#[test]
fn a_word_placed_before_and_after_a_pause_by_two_decodes_is_one_word() {
    let at = |from, to| MediaSpan::between(MediaTime::new(from), MediaTime::new(to));
    let ms = Duration::from_millis;
    let mut known = words("my name is Anna. Good");
    known[3].span = at(ms(5_240), ms(5_400));
    known[4].span = at(ms(5_400), ms(5_550));
    let mut later = decoded_words("my name is Anna. Good morning");
    later[3].word.span = at(ms(5_240), ms(5_550));
    later[4].word.span = at(ms(6_380), ms(6_640));
    later[5].word.span = at(ms(6_640), ms(7_050));
    let rest: Vec<Word> = uncommitted(&known, later).into_iter().map(|it| it.word).collect();
    assert_eq!(text(&rest), "morning");
}

/// The characters of a text without spaces, 100 ms each.
fn characters(text: &str) -> Vec<DecodedWord> {
    let length = Duration::from_millis(100);
    let decoded = |(n, it): (usize, &str)| {
        let span = MediaSpan { start: MediaTime::new(length * n as u32), length };
        DecodedWord {
            word: Word { text: it.to_owned(), span },
            probability: 0.95,
            punctuation_probability: 1.0,
        }
    };
    crate::logic::script::units(text).into_iter().enumerate().map(decoded).collect()
}

#[test]
fn another_form_of_a_committed_character_is_not_repeated() {
    // The later decode places each word 150 ms later.
    let mut later = characters("公交汽车定期");
    for it in &mut later {
        it.word.span.start = it.word.span.start + Duration::from_millis(150);
    }
    let known: Vec<Word> = characters("公交汽車").into_iter().map(|it| it.word).collect();
    let rest: Vec<Word> = uncommitted(&known, later).into_iter().map(|it| it.word).collect();
    assert_eq!(text(&rest), "定期");
}

/// The committed text after each decode. The last decode is at a pause.
fn committed(decodes: &[&str]) -> Vec<String> {
    let mut agreement = LocalAgreement::new(AgreementSettings {
        commit_margin: WORD,
        ..AgreementSettings::default()
    });
    let (mut committed, mut all) = (Vec::new(), Vec::new());
    for (at, decode) in decodes.iter().enumerate() {
        let decoded = characters(decode);
        let end = if at + 1 == decodes.len() { AudioEnd::Pause } else { speech(&decoded) };
        committed.extend(agreement.add(&committed.clone(), decoded, end).committed);
        all.push(text(&committed));
    }
    all
}

#[test]
fn text_without_spaces_is_committed_character_by_character() {
    assert_eq!(
        committed(&["今日は", "今日はとても", "今日はとても良い天", "今日はとても良い天気です。"]),
        ["", "今日は", "今日はとても", "今日はとても良い天"]
    );
    assert_eq!(
        committed(&["我用iPho", "我用 iPhone 拍", "我用 iPhone 拍照片", "我用 iPhone 拍照片。"]),
        ["", "我", "我用 iPhone", "我用 iPhone 拍照片。"]
    );
}

#[test]
fn committed_thai_text_ends_with_a_whole_word() {
    // A line may break after ปิด, ไฟ, ห้อง and นอน, so no part of a word is committed.
    assert_eq!(
        committed(&["ปิดไฟห้อ", "ปิดไฟห้องนอ", "ปิดไฟห้องนอนด้ว", "ปิดไฟห้องนอนด้วยครับ"]),
        ["", "ปิดไฟ", "ปิดไฟห้อง", "ปิดไฟห้องนอน"]
    );
}

#[test]
fn add_without_commit_shows_words_and_commits_none() {
    let mut agreement = LocalAgreement::new(AgreementSettings {
        commit_margin: WORD,
        ..AgreementSettings::default()
    });
    for decode in ["good morning", "good morning every", "good morning everyone"] {
        let decoded = decoded_words(decode);
        let end = speech(&decoded);
        let update = agreement.add_without_commit(&[], decoded, end);
        assert_eq!((update.committed, text(&update.tail)), (vec![], decode.to_owned()));
    }
    let decoded = decoded_words("good morning everyone");
    let update = agreement.add(&[], decoded, AudioEnd::Pause);
    assert_eq!(text(&update.committed), "good morning everyone");
}

fn bares(words: &[Word]) -> Vec<String> {
    words.iter().map(|it| bare(&it.text)).collect()
}

proptest! {
    #[test]
    fn shown_words_come_from_decodes_and_a_final_has_all_the_rest(
        decodes in prop::collection::vec("(~?[abc]{1,2}[.!]? ){0,6}", 1..8),
        pauses in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut agreement = LocalAgreement::default();
        let mut committed: Vec<Word> = Vec::new();
        let mut all: Vec<String> = Vec::new();
        for (decode, is_pause) in decodes.iter().zip(pauses) {
            let decoded = decoded_words(decode);
            all.extend(bares(&words(decode)));
            let end = if is_pause { AudioEnd::Pause } else { speech(&decoded) };
            let count = uncommitted(&committed, decoded.clone()).len();
            let update = agreement.add(&committed, decoded, end);
            prop_assert!(update.committed.len() + update.tail.len() <= count);
            let shown = bares(&[update.committed.clone(), update.tail].concat());
            prop_assert!(shown.iter().all(|it| all.contains(it)), "{shown:?} was not decoded");
            committed.extend(update.committed);
        }
        let last = decoded_words(&decodes[decodes.len() - 1]);
        let rest = uncommitted(&committed, last.clone()).len();
        prop_assert_eq!(agreement.finish(&committed, last).len(), rest);
    }
}
