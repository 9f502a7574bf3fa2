//! What is committed and what is shown, decode after decode.
use super::*;
use crate::logic::spoken::bare;
use crate::message::{MediaSpan, MediaTime};
use proptest::prelude::*;

const WORD: Duration = Duration::from_millis(300);

/// Words of 300 ms each. Behind a `~` stand improbable ones; a full stop is in doubt, an exclamation mark is sure.
fn heard(text: &str) -> Vec<Heard> {
    let word = |(n, it): (usize, &str)| {
        let span = MediaSpan { start: MediaTime::new(WORD * n as u32), length: WORD };
        let probability = if it.starts_with('~') { 0.4 } else { 0.95 };
        let doubt = AgreementSettings::default().show_mark / 2.0;
        let mark = if it.ends_with('.') { doubt } else { 1.0 };
        let text = format!(" {}", it.trim_start_matches('~'));
        Heard { word: Word { text, span }, probability, mark }
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

/// What is committed and what is shown behind it after each decode; those that end in `//` are decodes at a pause. The last word
/// of the others is not far enough from the end to be committed; what lies four words back is.
fn check(decodes: &[&str], shown: &[(&str, &str)]) {
    let settings = AgreementSettings {
        hold: WORD,
        edge: WORD * 2,
        settle: WORD * 4,
        commit: 0.5,
        ..AgreementSettings::default()
    };
    let mut agreement = Agreement::new(settings);
    let mut committed = Vec::new();
    for (decode, (settled, open)) in decodes.iter().zip(shown) {
        let (decode, is_pause) =
            decode.strip_suffix("//").map_or((*decode, false), |it| (it, true));
        let heard = heard(decode);
        let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
        let agreed = agreement.add(&committed, heard, end);
        committed.extend(agreed.words);
        assert_eq!((text(&committed).as_str(), text(&agreed.tail).as_str()), (*settled, *open));
    }
}

#[test]
fn two_decodes_settle_what_they_agree_on_but_for_a_word_that_may_be_cut_off() {
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
fn words_keep_the_case_and_the_punctuation_in_which_they_were_shown() {
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
fn a_mark_in_doubt_is_left_off_and_its_word_waits_for_it() {
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
fn what_is_improbable_close_to_the_end_is_shown_when_a_second_decode_agrees() {
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
fn a_word_must_be_more_probable_than_the_one_in_whose_place_it_comes() {
    check(
        &["the train leaves", "the ~plain leaves", "the ~plain leaves at"],
        &[("", "the train leaves"), ("the", "train leaves"), ("the", "train leaves at")],
    );
}

#[test]
fn words_between_two_that_agree_must_be_more_probable_together() {
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
fn in_a_final_what_an_earlier_decode_had_must_be_clearly_more_probable() {
    let final_text = |probability| {
        let mut agreement = Agreement::new(AgreementSettings::default());
        let mut first = heard("and saw my");
        first[1].probability = probability;
        agreement.add(&[], first, SoundEnd::Speech(MediaTime::ZERO));
        let mut last = heard("and so my fellow Americans");
        last[1].probability = 0.56;
        text(&agreement.close(&[], last))
    };
    assert_eq!(final_text(0.59), "and so my fellow Americans");
    assert_eq!(final_text(0.8), "and saw my fellow Americans");
}

#[test]
fn what_is_heard_again_and_again_takes_the_place_of_what_was_more_probable() {
    let mut heard_again = heard("the ~plain leaves");
    let seen = |it: Heard| Seen { word: it.word, probability: it.probability, decodes: 1 };
    let mut old: Vec<Seen> = heard("the train leaves").into_iter().map(seen).collect();
    let mut stayed = 0;
    while {
        vote(&old, 3, &mut heard_again);
        heard_again[1].word.text == " train"
    } {
        stayed += 1;
        old[1].probability = heard_again[1].probability;
        heard_again = heard("the ~plain leaves");
    }
    // 0.95, 0.76, 0.61, 0.49 are more than 0.4, 0.39 is not.
    assert_eq!(stayed, 4);
}

#[test]
fn no_word_holds_up_those_far_behind_it() {
    // Each decode has another second word. Four words before the end it is taken as it is.
    check(
        &["a ~b c d e", "a ~x c d e f", "a ~y c d e f g"],
        &[("", "a b c d e"), ("a x", "c d e f"), ("a x c d e f", "g")],
    );
}

#[test]
fn a_later_decode_cannot_change_what_is_settled() {
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
fn silence_behind_words_settles_nothing_that_decodes_do_not_agree_on() {
    let settle = AgreementSettings { settle: WORD * 4, ..AgreementSettings::default() };
    let mut agreement = Agreement::new(settle);
    let after = |words: u32| SoundEnd::Speech(MediaTime::new(WORD * words));
    agreement.add(&[], heard("and so my fellow"), after(4));
    let agreed = agreement.add(&[], heard("and ~saw my fellow"), after(9));
    assert_eq!(text(&agreed.words), "and");
    let mut agreement = Agreement::new(settle);
    agreement.add(&[], heard("and ~so my"), after(3));
    let agreed = agreement.add(&[], heard("and ~saw my fellow americans ask not"), after(7));
    assert_eq!(text(&agreed.words), "and saw my", "four words stand behind it");
}

#[test]
fn words_are_told_apart_by_their_letters_and_their_places() {
    // "you" was settled and has gone; by its place "leaves" is another word.
    let mut later = heard("the train leaves");
    later[2].word.span.start = MediaTime::new(Duration::from_millis(950));
    later[2].word.span.length = WORD;
    let rest = |known: &str, heard: Vec<Heard>| {
        text(&behind(&words(known), heard).into_iter().map(|it| it.word).collect::<Vec<_>>())
    };
    assert_eq!(rest("the train you", later), "leaves");
    assert_eq!(
        rest("if the practitioners", heard("if the practitioner is in doubt")),
        "is in doubt"
    );
    assert_eq!(rest("the hand book", heard("the handbook says")), "says");
    assert_eq!(rest("he said no", heard("he said no no no")), "no no");
}

#[test]
fn how_sure_the_mark_behind_the_last_word_is_tells_how_sure_the_end_of_a_sentence_is() {
    let sure = |text: &str, mark| {
        let mut heard = heard(text);
        heard.iter_mut().for_each(|it| it.mark = mark);
        AgreementSettings::default().sentence_end(&heard)
    };
    let whole = ["It leaves.", "Really?", "\"Now!\"", "好。", "(Yes.)"];
    assert!(whole.iter().all(|it| sure(it, 0.95) == 1.0));
    let open = ["", "It leaves", "It leaves,", "at 10.5", "It...", "It…"];
    assert!(open.iter().all(|it| sure(it, 0.95) == 0.0));
    assert_eq!(sure("It leaves.", AgreementSettings::default().show_mark / 2.0), 0.5);
    assert_eq!(sure("It leaves.", f32::NAN), 0.0);
}

#[test]
fn a_word_that_one_decode_puts_before_a_pause_and_another_behind_it_is_one_word() {
    let at = |from, to| MediaSpan::between(MediaTime::new(from), MediaTime::new(to));
    let ms = Duration::from_millis;
    let mut known = words("my name is Anna. Good");
    known[3].span = at(ms(5_240), ms(5_400));
    known[4].span = at(ms(5_400), ms(5_550));
    let mut later = heard("my name is Anna. Good morning");
    later[3].word.span = at(ms(5_240), ms(5_550));
    later[4].word.span = at(ms(6_380), ms(6_640));
    later[5].word.span = at(ms(6_640), ms(7_050));
    let rest: Vec<Word> = behind(&known, later).into_iter().map(|it| it.word).collect();
    assert_eq!(text(&rest), "morning");
}

/// The characters of a text without spaces, 100 ms each.
fn characters(text: &str) -> Vec<Heard> {
    let length = Duration::from_millis(100);
    let heard = |(n, it): (usize, &str)| {
        let span = MediaSpan { start: MediaTime::new(length * n as u32), length };
        Heard { word: Word { text: it.to_owned(), span }, probability: 0.95, mark: 1.0 }
    };
    crate::logic::script::units(text).into_iter().enumerate().map(heard).collect()
}

#[test]
fn a_character_that_is_written_otherwise_is_not_said_twice() {
    // 150 ms later, as decodes place words.
    let mut later = characters("公交汽车定期");
    for it in &mut later {
        it.word.span.start = it.word.span.start + Duration::from_millis(150);
    }
    let known: Vec<Word> = characters("公交汽車").into_iter().map(|it| it.word).collect();
    let rest: Vec<Word> = behind(&known, later).into_iter().map(|it| it.word).collect();
    assert_eq!(text(&rest), "定期");
}

/// What is committed after each decode; the last one is at a pause.
fn committed(decodes: &[&str]) -> Vec<String> {
    let mut agreement =
        Agreement::new(AgreementSettings { hold: WORD, ..AgreementSettings::default() });
    let (mut committed, mut all) = (Vec::new(), Vec::new());
    for (at, decode) in decodes.iter().enumerate() {
        let heard = characters(decode);
        let end = if at + 1 == decodes.len() { SoundEnd::Pause } else { speech(&heard) };
        committed.extend(agreement.add(&committed.clone(), heard, end).words);
        all.push(text(&committed));
    }
    all
}

#[test]
fn without_spaces_a_sentence_is_committed_character_by_character() {
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
fn what_is_committed_ends_with_a_word_in_thai_too() {
    // A line may end behind ปิด, ไฟ, ห้อง and นอน: no part of a word is promised.
    assert_eq!(
        committed(&["ปิดไฟห้อ", "ปิดไฟห้องนอ", "ปิดไฟห้องนอนด้ว", "ปิดไฟห้องนอนด้วยครับ"]),
        ["", "ปิดไฟ", "ปิดไฟห้อง", "ปิดไฟห้องนอน"]
    );
}

#[test]
fn nothing_is_committed_where_it_may_only_be_shown() {
    let mut agreement =
        Agreement::new(AgreementSettings { hold: WORD, ..AgreementSettings::default() });
    for decode in ["good morning", "good morning every", "good morning everyone"] {
        let heard = heard(decode);
        let end = speech(&heard);
        let agreed = agreement.show(&[], heard, end);
        assert_eq!((agreed.words, text(&agreed.tail)), (vec![], decode.to_owned()));
    }
    let heard = heard("good morning everyone");
    let agreed = agreement.add(&[], heard, SoundEnd::Pause);
    assert_eq!(text(&agreed.words), "good morning everyone");
}

fn bares(words: &[Word]) -> Vec<String> {
    words.iter().map(|it| bare(&it.text)).collect()
}

proptest! {
    #[test]
    fn no_decode_makes_up_words_and_the_end_says_all_of_the_rest(
        decodes in prop::collection::vec("(~?[abc]{1,2}[.!]? ){0,6}", 1..8),
        pauses in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut agreement = Agreement::default();
        let mut committed: Vec<Word> = Vec::new();
        let mut all: Vec<String> = Vec::new();
        for (decode, is_pause) in decodes.iter().zip(pauses) {
            let heard = heard(decode);
            all.extend(bares(&words(decode)));
            let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
            let count = behind(&committed, heard.clone()).len();
            let agreed = agreement.add(&committed, heard, end);
            prop_assert!(agreed.words.len() + agreed.tail.len() <= count);
            let told = bares(&[agreed.words.clone(), agreed.tail].concat());
            prop_assert!(told.iter().all(|it| all.contains(it)), "{told:?} was not heard");
            committed.extend(agreed.words);
        }
        let last = heard(&decodes[decodes.len() - 1]);
        let rest = behind(&committed, last.clone()).len();
        prop_assert_eq!(agreement.close(&committed, last).len(), rest);
    }
}
