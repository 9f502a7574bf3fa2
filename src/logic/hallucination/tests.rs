//! Which words are filtered and which are kept.
use proptest::prelude::*;

use super::*;
use crate::message::{MediaSpan, Word};

/// Three seconds of speech, decoded with confidence.
const CONFIDENT: Evidence = Evidence {
    no_speech: 0.0,
    log_probability: -0.1,
    audio: Duration::from_secs(3),
    speech: Duration::from_millis(2_800),
    end: None,
    hit_token_limit: false,
};

fn decoded(text: &str) -> Vec<DecodedWord> {
    let word = |it: &str| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.split_whitespace()
        .map(|it| DecodedWord { word: word(it), probability: 0.9, punctuation_probability: 1.0 })
        .collect()
}

fn check(
    filter: &HallucinationFilter,
    text: &str,
    evidence: Evidence,
) -> (String, Vec<Hallucination>) {
    let mut words = decoded(text);
    let found = filter.check(&mut words, &evidence);
    (words.iter().map(|it| it.word.text.as_str()).collect::<String>().trim().to_owned(), found)
}

fn passes(filter: &HallucinationFilter, text: &str, evidence: Evidence) {
    assert_eq!(check(filter, text, evidence), (text.to_owned(), vec![]));
}

fn disabled() -> HallucinationFilter {
    HallucinationFilter::new(HallucinationFilterSettings {
        no_speech: 1.0,
        log_probability: f32::NEG_INFINITY,
        compression: f32::INFINITY,
        repetition: false,
        beyond_end: None,
        annotations: false,
        letterless: false,
        phrases: Vec::new(),
    })
}

#[test]
fn characters_of_scripts_without_spaces_count_as_less_than_words() {
    let characters = |text: &str| -> Vec<DecodedWord> {
        let word = |it: &str| Word { text: it.to_owned(), span: MediaSpan::default() };
        let units = crate::logic::script::units(text).into_iter();
        units
            .map(|it| DecodedWord {
                word: word(it),
                probability: 0.9,
                punctuation_probability: 1.0,
            })
            .collect()
    };
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    // 24 characters in 2.8 s, with a timestamp after the end: fast, but it can be speech.
    let said = characters("今天天气很好我们一起去公园散步吧然后再去喝咖啡怎么");
    let late = Evidence { end: Some(Duration::from_secs(6)), ..CONFIDENT };
    let mut words = said.clone();
    assert_eq!((filter.check(&mut words, &late), words), (vec![], said));
    let mut thanks = characters("ご視聴ありがとうございました。");
    let doubtful = Evidence { no_speech: 0.5, ..CONFIDENT };
    assert_eq!(
        (filter.check(&mut thanks, &doubtful), thanks),
        (vec![Hallucination::Phrase], vec![])
    );
}

#[test]
fn each_kind_of_hallucination_is_filtered_and_each_filter_can_be_switched_off() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let none = |kind| (String::new(), vec![kind]);
    let silent = Evidence { no_speech: 0.95, ..CONFIDENT };
    let guess = Evidence { no_speech: 0.5, log_probability: -1.6, ..CONFIDENT };
    let loop_ = "so it is ".repeat(30);
    assert_eq!(check(&filter, "yes", silent), none(Hallucination::NoSpeech));
    assert_eq!(check(&filter, "yes", guess), none(Hallucination::Improbable));
    let doubtful = Evidence { no_speech: 0.5, ..CONFIDENT };
    assert_eq!(check(&filter, "thanks for watching", doubtful), none(Hallucination::Phrase));
    assert_eq!(check(&filter, loop_.trim(), CONFIDENT), none(Hallucination::Compressible));
    for (text, evidence) in [
        ("yes", silent),
        ("yes", guess),
        ("thanks for watching", doubtful),
        (loop_.trim(), CONFIDENT),
        ("[Music] ( ( ♪", CONFIDENT),
    ] {
        passes(&disabled(), text, evidence);
    }
}

/// Values of real decodes of applause, music and speech: probability of the first word, mean log probability, no-speech
/// probability.
#[test]
fn a_few_improbable_words_over_other_sound_are_filtered() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let found =
        |filter: &HallucinationFilter, text: &str, first: f32, log_probability, no_speech| {
            let mut words = decoded(text);
            words[0].probability = first;
            filter.check(&mut words, &Evidence { no_speech, log_probability, ..CONFIDENT })
        };
    for (text, first, all, no_speech) in [
        // tiny.en
        ("Oh!", 0.11, -1.73, 0.36),
        ("You...", 0.08, -1.99, 0.43),
        ("I'm a hero.", 0.08, -1.54, 0.39),
        // base: its no-speech probability was always 0.
        ("Yeah!", 0.09, -1.42, 0.0),
        ("I'm gonna have to go.", 0.03, -2.16, 0.0),
    ] {
        assert_eq!(
            found(&filter, text, first, all, no_speech),
            [Hallucination::Improbable],
            "{text}"
        );
        assert_eq!(found(&disabled(), text, first, all, no_speech), [], "{text}");
    }
    for (text, first, all, no_speech) in [
        ("Help.", 0.15, -1.68, 0.16),
        ("Start repeat", 0.2, -1.17, 0.3),
        ("At the morphine is not early to infuse", 0.09, -1.5, 0.3),
    ] {
        assert_eq!(found(&filter, text, first, all, no_speech), [], "{text}");
    }
}

#[test]
fn a_known_phrase_over_clear_speech_is_kept() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    passes(&filter, "Thank you.", CONFIDENT);
    let short = Evidence { speech: Duration::from_millis(150), ..CONFIDENT };
    assert_eq!(check(&filter, "Thank you.", short).1, [Hallucination::Phrase]);
}

#[test]
fn annotations_and_text_without_letters_are_filtered_anywhere() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    for (text, kept) in [
        ("[Music]", ""),
        ("[BLANK_AUDIO]", ""),
        ("(dramatic music)", ""),
        ("Good [door slams] morning.", "Good morning."),
        ("*laughs* Good morning.", "Good morning."),
        ("♪ Good ♪", "Good"),
        ("( ( ( (", ""),
        ("!!!!", ""),
        (
            "Good morning (and welcome to all of you here)",
            "Good morning (and welcome to all of you here)",
        ),
    ] {
        assert_eq!(check(&filter, text, CONFIDENT).0, kept, "{text}");
    }
}

#[test]
fn a_loop_is_cut_to_its_first_round_and_repeated_digits_are_kept() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    passes(&filter, "call nine nine nine nine now", CONFIDENT);
    passes(&filter, "zero zero one one one two", CONFIDENT);
    passes(&filter, "no no no wait", CONFIDENT);
    let looped = "we go to go to go to go to go to";
    assert_eq!(
        check(&filter, looped, CONFIDENT),
        ("we go to".to_owned(), vec![Hallucination::Repeated])
    );
}

#[test]
fn an_inexact_repeat_is_filtered_where_it_is_too_fast_to_be_speech() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let looped = "Margaret said Mr. Hale, as he returned from showing his guest downst-st. \
                  Margaret said Mr. Hell, as he returned from showing his guest";
    let hit_token_limit = Evidence { hit_token_limit: true, ..CONFIDENT };
    let once = "Margaret said Mr. Hale, as he returned from showing his guest downst-st.";
    assert_eq!(
        check(&filter, looped, hit_token_limit),
        (once.to_owned(), vec![Hallucination::Repeated])
    );
    // With enough time, people do repeat themselves.
    let long =
        Evidence { speech: Duration::from_secs(9), audio: Duration::from_secs(10), ..CONFIDENT };
    passes(&filter, looped, long);
    // A run of four words is easily said twice.
    passes(
        &filter,
        "one of the most and one of the most",
        Evidence { hit_token_limit: true, ..CONFIDENT },
    );
}

#[test]
fn a_second_round_is_filtered_where_it_is_too_fast_to_be_speech() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let twice = "the gut and the gut and the";
    passes(&filter, twice, CONFIDENT);
    for evidence in [
        Evidence { speech: Duration::from_millis(900), ..CONFIDENT },
        Evidence { end: Some(Duration::from_millis(4_500)), ..CONFIDENT },
        Evidence { hit_token_limit: true, ..CONFIDENT },
    ] {
        assert_eq!(
            check(&filter, twice, evidence),
            ("the gut and".to_owned(), vec![Hallucination::Repeated])
        );
    }
}

#[test]
fn a_loop_that_ends_in_other_words_is_filtered_where_it_is_too_fast_to_be_speech() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    // A real decode of tiny.en: 2 s of audio gave this, 27 times.
    let looped = format!("{}for I till them all", "for I tell the that I have ".repeat(5));
    let ran_on = Evidence { hit_token_limit: true, speech: Duration::from_secs(2), ..CONFIDENT };
    let expected = ("for I tell the that I have".to_owned(), vec![Hallucination::Repeated]);
    assert_eq!(check(&filter, &looped, ran_on), expected);
    // Forty words are too many, loop or not.
    let many: String = (0..40).map(|it| format!("w{it} ")).collect();
    let (kept, found) = check(&filter, many.trim(), ran_on);
    assert_eq!((kept.split(' ').count(), found), (13, vec![Hallucination::Beyond]));
}

#[test]
fn too_many_words_after_the_end_of_the_audio_are_filtered_as_a_loop() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let behind = Evidence { end: Some(Duration::from_secs(6)), ..CONFIDENT };
    passes(&filter, "good morning", behind);
    let fast = Evidence { speech: Duration::from_millis(700), ..behind };
    let (kept, found) = check(&filter, "good morning to all of you here today", fast);
    assert_eq!((kept.as_str(), found), ("good morning to all of you", vec![Hallucination::Beyond]));
    assert!(Hallucination::Beyond.is_loop() && !Hallucination::NoSpeech.is_loop());
}

#[test]
fn a_decode_without_probabilities_passes() {
    let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    passes(
        &filter,
        "good morning",
        Evidence { no_speech: f32::NAN, log_probability: f32::NAN, ..CONFIDENT },
    );
}

#[test]
fn an_improbable_third_repetition_of_a_final_is_filtered() {
    let mut filter = HallucinationFilter::new(HallucinationFilterSettings::default());
    let text = "the train leaves at nine";
    let improbable = Evidence { log_probability: -0.8, ..CONFIDENT };
    filter.record_final("The train leaves at nine.");
    passes(&filter, text, improbable);
    filter.record_final(text);
    passes(&filter, text, CONFIDENT);
    assert_eq!(check(&filter, text, improbable), (String::new(), vec![Hallucination::Repeated]));
    filter.record_final("yes");
    passes(&filter, text, improbable);
}

#[test]
fn speech_of_any_length_has_a_low_compression_ratio() {
    let speech = "good morning everyone and welcome to the meeting of this week we begin with the numbers \
        of last month then Anna tells us about the new office in Rotterdam and after lunch we look at the plan for \
        the winter which many of you have asked about since it was sent around on Monday";
    for end in [20, 60, 120, speech.len()] {
        assert!(
            compression_ratio(&speech[..end]) < 1.6,
            "{end}: {}",
            compression_ratio(&speech[..end])
        );
    }
    assert!(compression_ratio(&"so it is ".repeat(30)) > 2.4);
}

proptest! {
    #[test]
    fn kept_words_are_a_prefix_of_the_decoded_words(text in "([ab] ){0,24}", spoken in 0u64..4_000) {
        let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
        let all = decoded(&text);
        let mut left = all.clone();
        let found = filter.check(&mut left, &Evidence { speech: Duration::from_millis(spoken), ..CONFIDENT });
        prop_assert!(all.starts_with(&left));
        prop_assert_eq!(!found.is_empty(), left.len() < all.len());
    }

    #[test]
    fn filtered_text_never_grows(text in "\\PC{0,60}") {
        let filter = HallucinationFilter::new(HallucinationFilterSettings::default());
        let mut left = decoded(&text);
        let before = left.len();
        filter.check(&mut left, &CONFIDENT);
        prop_assert!(left.len() <= before);
    }
}
