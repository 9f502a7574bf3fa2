//! Text without spaces: committed text only grows, and no space comes into it.
use std::sync::Arc;

use super::{super::*, script::*};
use crate::{
    logic::{agreement::DecodedWord, script::units},
    message::{Kind, Word},
};

/// Replaces each word of the script with a unit of the text. A cut word becomes another unit.
struct Reader {
    units: Vec<String>,
    cut: &'static str,
}

impl Recogniser for Reader {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let hypothesis = Script(Arc::default()).decode(speech, request)?;
        let read = |it: DecodedWord| {
            let (mark, number) = it.word.text.trim().split_at(1);
            let unit = self.units[number.parse::<usize>().unwrap() - 1].clone();
            let text = if mark == "x" { self.cut.to_owned() } else { unit };
            DecodedWord { word: Word { text, ..it.word }, ..it }
        };
        Ok(Hypothesis { words: hypothesis.words.into_iter().map(read).collect(), ..hypothesis })
    }
}

async fn check(text: &str, cut: &'static str) {
    let units: Vec<String> = units(text).into_iter().map(str::to_owned).collect();
    let sound = speech(&[(units.len(), 700)]);
    let (captions, _) = live_by(settings(), &sound, Reader { units, cut }).await;
    let all = transcripts(&captions);
    let finals: String =
        all.iter().filter(|it| it.kind() == Kind::Final).map(|it| it.text()).collect();
    assert_eq!(finals, text);
    let partials = all.iter().filter(|it| it.kind() == Kind::Partial);
    let mut promised: Vec<String> = partials.map(|it| it.committed_text()).collect();
    promised.dedup();
    // `live_by` has checked that each of them is a prefix of the next.
    assert!(promised.len() >= 4, "{promised:?}");
}

#[tokio::test(start_paused = true)]
async fn committed_chinese_with_latin_words_only_grows() {
    check("我用 iPhone 拍照片。", "啊").await;
}

#[tokio::test(start_paused = true)]
async fn committed_japanese_only_grows() {
    check("コーヒーを飲みます。", "ん").await;
}

#[tokio::test(start_paused = true)]
async fn committed_thai_only_grows() {
    check("ปิดไฟห้องนอน", "อ").await;
}
