//! The cost of decisions: the agreement of a decode, a minute of endpointing, the measures of four minutes of speech.
use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use livecap::{
    logic::{
        agreement::{AudioEnd, DecodedWord, LocalAgreement},
        align::align,
        endpoint::{Activity, Endpoint, EndpointSettings},
        wer::WordErrors,
    },
    message::{MediaSpan, MediaTime, Word},
};

/// Words of four minutes of speech.
const WORDS: usize = 500;
const FRAME: Duration = Duration::from_millis(16);

/// Different words, a fifth of a second each.
fn words(count: usize) -> Vec<Word> {
    let length = Duration::from_millis(200);
    let word = |at: usize| Word {
        text: format!(" word{at}"),
        span: MediaSpan { start: MediaTime::new(length * at as u32), length },
    };
    (0..count).map(word).collect()
}

fn texts(count: usize) -> Vec<String> {
    words(count).into_iter().map(|it| it.text.trim().to_owned()).collect()
}

/// Twenty words, ten of them committed, the last one new.
fn agreement(criterion: &mut Criterion) {
    let decoded = |count| -> Vec<DecodedWord> {
        words(count)
            .into_iter()
            .map(|word| DecodedWord { word, probability: 0.9, punctuation_probability: 0.9 })
            .collect()
    };
    let (committed, before, now) = (words(10), decoded(19), decoded(20));
    criterion.bench_function("logic/agreement, a look of 20 words", |bencher| {
        bencher.iter(|| {
            let mut agreement = LocalAgreement::default();
            agreement.add(&committed, before.clone(), AudioEnd::Pause);
            agreement.add(black_box(&committed), now.clone(), AudioEnd::Pause)
        });
    });
}

/// Two seconds of speech, then one of silence, over and over.
fn endpoint(criterion: &mut Criterion) {
    let frames: u32 = 60_000 / 16;
    let frame = |at: u32| {
        let speaks = at * 16 % 3000 < 2000;
        let span = MediaSpan { start: MediaTime::new(FRAME * at), length: FRAME };
        Activity { span, speech: if speaks { 0.9 } else { 0.1 }, level: 0.1 }
    };
    criterion.bench_function("logic/endpoint, a minute of frames", |bencher| {
        bencher.iter(|| {
            let mut endpoint = Endpoint::new(EndpointSettings::default());
            (0..frames).filter_map(|at| endpoint.step(frame(at))).count()
        });
    });
}

/// One word in twenty is wrong.
fn measures(criterion: &mut Criterion) {
    let gold = texts(WORDS);
    let wrong = |(at, word): (usize, &String)| if at % 20 == 7 { "x".into() } else { word.clone() };
    let heard: Vec<String> = gold.iter().enumerate().map(wrong).collect();
    let (said, written) = (gold.join(" "), heard.join(" "));
    criterion.bench_function("logic/wer, 500 words", |bencher| {
        bencher.iter(|| WordErrors::between(black_box(&said), black_box(&written), "en"));
    });
    criterion.bench_function("logic/align, 500 words by letter", |bencher| {
        bencher.iter(|| align(black_box(&gold), black_box(&heard)));
    });
}

criterion_group!(benches, agreement, endpoint, measures);
criterion_main!(benches);
