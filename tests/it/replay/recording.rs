//! What the corpus keeps of audio and decodes is enough for a replay.
use std::time::Duration;

use livecap::{
    logic::agreement::DecodedWord,
    message::{Language, MediaSpan, Word},
    stages::recognise::{DecodeRequest, Effort, FRAME, Hypothesis, VoiceActivity},
};
use proptest::prelude::*;

use crate::support::corpus::{
    format::{self, Decode, Piece},
    skeleton::{Skeleton, place_of},
};

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|it| it * it).sum::<f32>() / samples.len() as f32).sqrt()
}

/// Frames of these levels.
fn sound(levels: &[f32]) -> Vec<f32> {
    let sign = |at: usize| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
    levels.iter().flat_map(|it| (0..FRAME).map(move |at| it * sign(at))).collect()
}

fn words(texts: &[(&str, f32, f32)]) -> Vec<DecodedWord> {
    let word = |(text, probability, punctuation): &(&str, f32, f32)| DecodedWord {
        word: Word { text: (*text).to_owned(), span: MediaSpan::default() },
        probability: *probability,
        punctuation_probability: *punctuation,
    };
    texts.iter().map(word).collect()
}

#[test]
fn a_recorded_decode_gives_the_recorded_hypothesis() {
    let hypothesis = Hypothesis {
        words: words(&[(" Ask", 0.987, 1.0), (" not!", 0.25, 0.125)]),
        has_word_times: false,
        language: Language::new("en"),
        text_language: None,
        language_probability: 0.75,
        no_speech: 0.031,
        log_probability: -0.75,
        times: vec![(0, Duration::ZERO), (2, Duration::from_millis(1_480))],
        hit_token_limit: true,
    };
    let request = DecodeRequest {
        language: Some(Language::new("en")),
        effort: Effort::Partial,
        ..DecodeRequest::default()
    };
    let decode = Decode::new(4_000, 32_000, &request, Duration::from_micros(231_400), &hypothesis);
    assert_eq!(decode.hypothesis(), hypothesis);
    assert!(decode.is_of(4_001, 31_999, &request) && !decode.is_of(4_002, 32_000, &request));
    assert!(!decode.is_of(
        4_000,
        32_000,
        &DecodeRequest { effort: Effort::Final, ..request.clone() }
    ));
    assert!(!decode.is_of(4_000, 32_000, &DecodeRequest { language: None, ..request }));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.jsonl.gz");
    let sound = Skeleton::of(&sound(&[0.0, 0.5, 0.1]));
    let pieces = vec![Piece { sound, decodes: vec![decode], ..Piece::default() }, Piece::default()];
    format::write(&file, &pieces).unwrap();
    assert_eq!(format::read(&file).unwrap(), pieces);
}

proptest! {
    /// Whatever is cut out of it: its position is found, and its level is right within a decibel.
    #[test]
    fn a_skeleton_keeps_sample_positions_and_levels(
        levels in prop::collection::vec(prop_oneof![Just(0.0f32), 0.0001f32..1.0], 2..60),
        cut in any::<prop::sample::Index>(),
        length in FRAME + 1..5_000,
    ) {
        let sound = sound(&levels);
        let skeleton = Skeleton::of(&sound);
        let at = cut.index(sound.len() - FRAME);
        let end = (at + length).min(sound.len());
        prop_assert_eq!(place_of(&skeleton.within(at, end)), Some(at));
        for (number, exact) in levels.iter().enumerate() {
            let kept = level(&skeleton.within(number * FRAME, (number + 1) * FRAME));
            let decibels = 20.0 * (kept / exact).log10();
            prop_assert!(if *exact == 0.0 { kept < 1e-30 } else { decibels.abs() < 1.0 }, "{kept} {exact}");
        }
        let mut voice = skeleton.voice();
        let frame = skeleton.within(0, FRAME);
        prop_assert!((0.0..=1.0).contains(&voice.speech_probability(frame.first_chunk().unwrap())));
    }
}
