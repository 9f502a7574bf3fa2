//! A recogniser that never says the same thing twice in the same way, as real ones do.
use proptest::prelude::*;

use super::{super::*, script::*};
use crate::{
    logic::{agreement::DecodedWord, spoken::bare},
    message::Kind,
};

/// So close to the end of the sound words may be misheard by decodes for partials.
const FRESH: Duration = Duration::from_millis(1_000);
const MARKS: [&str; 7] = ["", "", "", ",", ".", "?", "!"];
/// What "w" is misheard for. Decodes in a row never mishear it in the same way: what they agreed on would be committed.
const MISHEARD: [&str; 3] = ["v", "wh", "u"];

/// Says what the script says, with other case, punctuation and probability each time, and with words misheard near the end.
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

    fn varied(&mut self, heard: DecodedWord, is_fresh: bool) -> DecodedWord {
        let mut text = heard.word.text;
        // Less probable than what was said, and than what is committed at once.
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
        let mark = if punctuation.is_empty() { 1.0 } else { self.between(0.1, 1.0) };
        let word = Word { text, ..heard.word };
        DecodedWord { word, probability: self.between(least, most), mark }
    }
}

impl Recogniser for Varied {
    fn decode(&mut self, speech: &[f32], request: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        self.decodes += 1;
        let mut heard = self.script.decode(speech, request)?;
        let end = MediaTime::of_sample(speech.len() as u64, RATE);
        let words = std::mem::take(&mut heard.words);
        for word in words {
            let is_fresh = request.effort == Effort::Partial && word.word.span.end() + FRESH > end;
            let word = self.varied(word, is_fresh);
            heard.words.push(word);
        }
        heard.no_speech = self.between(0.0, 0.3);
        heard.log_probability = -self.between(0.0, 0.9);
        Ok(heard)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However decodes vary: what was committed stays, and the finals say each word once, and right but for its case and marks.
    #[test]
    fn finals_are_right_however_decodes_vary(
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
        let said: Vec<String> = (1..=count).map(|it| format!("w{it}")).collect();
        prop_assert_eq!(words, said, "{:#?}", told(&captions));
    }
}
