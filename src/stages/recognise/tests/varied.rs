//! A recogniser whose decodes of the same audio always differ, as real ones do.
use std::sync::Arc;

use proptest::prelude::*;

use super::{super::*, script::*};
use crate::{
    logic::{agreement::DecodedWord, spoken::bare},
    message::{Kind, Word},
};

/// In decodes for partials, words this close to the end of the audio may be wrong.
const FRESH: Duration = Duration::from_millis(1_000);
const MARKS: [&str; 7] = ["", "", "", ",", ".", "?", "!"];
/// Wrong forms of "w". Two decodes in a row never use the same form: if they agreed on it, it would be committed.
const MISHEARD: [&str; 3] = ["v", "wh", "u"];

/// Follows the script, but varies case, punctuation and probability, and gives wrong words near the end.
struct Varied {
    script: Script,
    random: fastrand::Rng,
    decodes: usize,
}

impl Varied {
    fn new(seed: u64) -> Varied {
        let script = Script(Arc::default());
        Varied { script, random: fastrand::Rng::with_seed(seed), decodes: 0 }
    }

    fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * self.random.f32()
    }

    fn varied(&mut self, decoded: DecodedWord, is_fresh: bool) -> DecodedWord {
        let mut text = decoded.word.text;
        // A wrong word is less probable than a right one, and too improbable to be committed at once.
        let (mut least, mut most) = (0.5, 1.0);
        if is_fresh && self.random.u8(0..3) == 0 {
            text = text.replacen('w', MISHEARD[self.decodes % MISHEARD.len()], 1);
            (least, most) = (0.1, 0.5);
        }
        if self.random.bool() {
            text = text.to_uppercase();
        }
        let punctuation = MARKS[self.random.usize(..MARKS.len())];
        text.push_str(punctuation);
        let punctuation_probability =
            if punctuation.is_empty() { 1.0 } else { self.between(0.1, 1.0) };
        let word = Word { text, ..decoded.word };
        DecodedWord { word, probability: self.between(least, most), punctuation_probability }
    }
}

impl Recogniser for Varied {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        self.decodes += 1;
        let mut hypothesis = self.script.decode(speech, request)?;
        let end = MediaTime::of_sample(speech.len() as u64, RATE);
        let words = std::mem::take(&mut hypothesis.words);
        for word in words {
            let is_fresh = request.effort == Effort::Partial && word.word.span.end() + FRESH > end;
            let word = self.varied(word, is_fresh);
            hypothesis.words.push(word);
        }
        hypothesis.no_speech = self.between(0.0, 0.3);
        hypothesis.log_probability = -self.between(0.0, 0.9);
        Ok(hypothesis)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However decodes vary: committed words stay, and the finals contain each word once, correct except for case and
    /// punctuation.
    #[test]
    fn finals_are_correct_however_decodes_vary(
        sentences in prop::collection::vec((1usize..14, 0usize..1_500), 1..5),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let sound = speech(&sentences);
        let (captions, _) = runtime.block_on(live_by(settings(), &sound, Varied::new(seed)));
        check_order(&captions);
        let finals = transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final);
        let words: Vec<String> = finals.flat_map(|it| it.words()).map(|it| bare(&it.text)).collect();
        let count = sentences.iter().map(|it| it.0).sum::<usize>();
        let expected: Vec<String> = (1..=count).map(|it| format!("w{it}")).collect();
        prop_assert_eq!(words, expected, "{:#?}", lines(&captions));
    }
}
