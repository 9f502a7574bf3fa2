//! What rules write of words, and what they promise.
use std::time::Duration;

use super::*;
use crate::message::{MediaSpan, MediaTime};
use proptest::prelude::*;

/// Words of 100 ms each.
fn words(text: &str) -> Vec<Word> {
    let span = |n: usize| MediaSpan {
        start: MediaTime::new(Duration::from_millis(100 * n as u64)),
        length: Duration::from_millis(100),
    };
    let word = |(n, it): (usize, &str)| Word { text: format!(" {it}"), span: span(n) };
    text.split_whitespace().enumerate().map(word).collect()
}

fn text(words: &[Word]) -> String {
    words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn rules() -> Rules {
    Rules::new(
        &["thanks for watching".to_owned()],
        &["darn".to_owned()],
        &map(&[
            ("life cap", "livecap"),
            ("cap", "hat"),
            ("NYC", "New York City"),
            ("C++", "C plus plus"),
        ]),
        &map(&[(r"gr[ea]y", "grey"), (r"(\d+) percent", "$1 %")]),
    )
    .unwrap()
}

fn whole(said: &str) -> String {
    text(&rules().apply(&words(said), 0, true).settled)
}

#[test]
fn phrases_match_whole_words_in_any_case_and_keep_the_signs_around_them() {
    assert_eq!(whole("Welcome to Life  Cap, dear capital."), "Welcome to livecap, dear capital.");
    assert_eq!(
        whole("My cap is gray. Fifty percent, 50 percent."),
        "My hat is grey. Fifty percent, 50 %."
    );
    assert_eq!(
        whole("Darn it! Thanks for watching! I use C++ daily"),
        "**** it! I use C plus plus daily"
    );
    assert_eq!(whole("Thanks for watching."), "");
}

#[test]
fn what_is_written_keeps_the_time_of_what_was_heard() {
    let it = rules().apply(&words("a life cap in NYC."), 0, true);
    let ms = |it: MediaTime| it.since_start().as_millis();
    let shown: Vec<_> = it
        .settled
        .iter()
        .map(|it| (it.text.as_str(), ms(it.span.start), ms(it.span.end())))
        .collect();
    assert_eq!(
        shown,
        [
            (" a", 0, 100),
            (" livecap", 100, 300),
            (" in", 300, 400),
            (" New", 400, 433),
            (" York", 433, 466),
            (" City.", 466, 500),
        ]
    );
}

#[test]
fn what_a_rule_may_still_change_is_not_promised() {
    let it = Rules::new(&[], &[], &map(&[("life cap", "livecap")]), &map(&[])).unwrap();
    let partial = it.apply(&words("this is life"), 3, false);
    assert_eq!(
        (partial.taken, text(&partial.settled).as_str(), text(&partial.tail).as_str()),
        (2, "this is", "life")
    );
    let partial = it.apply(&words("this is life cap"), 4, false);
    assert_eq!((partial.taken, text(&partial.tail).as_str()), (2, "livecap"));
}

#[test]
fn words_without_a_space_between_them_stay_words_of_their_own() {
    let mut said = words("it is fine");
    said[1].text = "'s".to_owned();
    let it = rules().apply(&said, 3, true);
    assert_eq!(it.settled, said);
}

#[test]
fn a_pattern_that_is_none_is_named() {
    let error = Rules::new(&[], &[], &map(&[]), &map(&[("gr(ey", "x")])).unwrap_err();
    assert_eq!(error.pattern, "gr(ey");
}

proptest! {
    /// However a segment grows: what was promised stays, and in the end it is what the rules make of the whole.
    #[test]
    fn a_segment_that_grows_keeps_its_promises(
        said in prop::collection::vec(prop::sample::select(vec!["life", "cap", "caps", "thanks", "for", "watching", "NYC", "a"]), 0..14),
        steps in prop::collection::vec(0usize..4, 0..14),
    ) {
        let rules = Rules::new(
            &["thanks for watching".to_owned()], &["a".to_owned()],
            &map(&[("life cap", "livecap"), ("NYC", "New York")]), &map(&[]),
        ).unwrap();
        let said = words(&said.join(" "));
        let (mut taken, mut committed, mut promised) = (0, 0, Vec::new());
        for step in steps {
            committed = (committed + step).min(said.len());
            let seen = (committed + 2).min(said.len());
            let it = rules.apply(&said[taken..seen], committed - taken, false);
            taken += it.taken;
            promised.extend(it.settled);
        }
        let rest = rules.apply(&said[taken..], said.len() - taken, true);
        promised.extend(rest.settled);
        prop_assert_eq!(text(&promised), text(&rules.apply(&said, 0, true).settled));
        prop_assert!(promised.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
    }
}

/// Words as a recogniser gives them: in scripts without spaces each character is one.
fn units(text: &str) -> Vec<Word> {
    let text = format!(" {text}");
    let units = script::units(&text);
    let spans = words(&"x ".repeat(units.len()));
    units
        .iter()
        .zip(spans)
        .map(|(it, word)| Word { text: (*it).to_owned(), span: word.span })
        .collect()
}

fn of_many_scripts() -> Rules {
    Rules::new(
        &["谢谢观看".to_owned()],
        &["脏话".to_owned(), "ไอ้บ้า".to_owned(), "damn".to_owned()],
        &map(&[
            ("北京", "Beijing"),
            ("東京", "Tokyo"),
            ("กรุงเทพ", "Bangkok"),
            ("ລາວ", "Laos"),
            ("ភ្នំពេញ", "Phnom Penh"),
            ("ရန်ကုန်", "Yangon"),
            ("iPhone", "phone"),
            ("don't", "do not"),
            ("cafe\u{301}", "coffee house"),
            ("上海 大学", "SHU"),
        ]),
        &map(&[("l'(eau|air)", "the $1"), (r"(\d+)年", "year $1"), ("[a-z'’]+ish", "so-so")]),
    )
    .unwrap()
}

#[test]
fn phrases_are_found_inside_of_scripts_without_spaces() {
    let whole = |said: &str| text(&of_many_scripts().apply(&units(said), 0, true).settled);
    assert_eq!(whole("我在北京工作。"), "我在Beijing工作。");
    assert_eq!(whole("北京 是首都"), "Beijing 是首都");
    assert_eq!(whole("私は東京に住んでいます。"), "私はTokyoに住んでいます。");
    assert_eq!(whole("ผมอยู่กรุงเทพครับ"), "ผมอยู่Bangkokครับ");
    assert_eq!(whole("ຂ້ອຍຢູ່ລາວ"), "ຂ້ອຍຢູ່Laos");
    assert_eq!(whole("ខ្ញុំនៅភ្នំពេញ។"), "ខ្ញុំនៅPhnom Penh។");
    assert_eq!(whole("ကျွန်တော် ရန်ကုန်မှာ"), "ကျွန်တော် Yangonမှာ");
    assert_eq!(whole("这是脏话吗"), "这是**吗");
    assert_eq!(whole("ไอ้บ้าเอ๊ย"), "****เอ๊ย");
    assert_eq!(whole("谢谢观看！再见"), "再见");
    assert_eq!(whole("我用iPhone拍照"), "我用phone拍照");
    assert_eq!(whole("在上海大学，在上海 大学"), "在SHU，在SHU");
    assert_eq!(whole("生于1998年三月"), "生于year 1998三月");
    // Between letters of scripts with spaces nothing begins or ends, and no mark is parted from its letter.
    assert_eq!(whole("God-damn damned iPhones"), "God-**** damned iPhones");
    let thai = Rules::new(&[], &[], &map(&[("ที", "X")]), &map(&[])).unwrap();
    assert_eq!(text(&thai.apply(&units("ที่ดี"), 0, true).settled), "ที่ดี");
}

#[test]
fn accents_and_apostrophes_match_however_they_are_written() {
    let whole = |said: &str| text(&of_many_scripts().apply(&units(said), 0, true).settled);
    assert_eq!(whole("le café, le cafe\u{301}"), "le coffee house, le coffee house");
    assert_eq!(whole("I don’t, I don't"), "I do not, I do not");
    assert_eq!(whole("de l’eau, de l'air"), "de the eau, de the air");
    assert_eq!(whole("it’sish"), "so-so");
}

#[test]
fn as_many_characters_are_kept_back_as_a_phrase_without_spaces_has() {
    let rules = of_many_scripts();
    let partial = rules.apply(&units("这是很长的话我在北"), 9, false);
    assert!(partial.taken < 9);
    let (mut taken, mut shown) = (0, String::new());
    let said = units("这是很长的话我在北京工作谢谢观看。好脏话");
    for committed in 0..=said.len() {
        let it = rules.apply(&said[taken..committed], committed - taken, committed == said.len());
        taken += it.taken;
        shown += &it.settled.iter().map(|it| it.text.as_str()).collect::<String>();
    }
    assert_eq!(shown, "这是很长的话我在Beijing工作好**".replacen("这", " 这", 1));
}

#[test]
fn a_rule_that_is_added_comes_first_and_leaves_the_others() {
    let more = rules().with("life cap", "Lifecap").unwrap().with("C++ 23", "the standard").unwrap();
    let written = |text: &str| super::tests::text(&more.apply(&words(text), 0, true).settled);
    assert_eq!(written("a Life Cap and a cap"), "a Lifecap and a hat");
    assert_eq!(written("C++ and C++ 23."), "C plus plus and the standard.");
    // It is held back as long as it may still match.
    let none = Rules::new(&[], &[], &map(&[]), &map(&[])).unwrap();
    let taken = |rules: &Rules| rules.apply(&words("so life"), 2, false).taken;
    assert_eq!((taken(&none), taken(&none.with("life cap", "livecap").unwrap())), (2, 1));
}
