//! Speech that is written without spaces: committed text grows within a sentence, never changes, and no space comes into it.
use super::{super::*, script::*};
use crate::{
    logic::{agreement::DecodedWord, script::units},
    message::Kind,
};

/// Reads a text, a unit of it where the script has a word; one that is cut off is heard as another.
struct Reader {
    units: Vec<String>,
    cut: &'static str,
}

impl Recogniser for Reader {
    fn decode(&mut self, speech: &[f32], request: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        let heard = Script(Arc::default()).decode(speech, request)?;
        let read = |it: DecodedWord| {
            let (mark, number) = it.word.text.trim().split_at(1);
            let unit = self.units[number.parse::<usize>().unwrap() - 1].clone();
            let text = if mark == "x" { self.cut.to_owned() } else { unit };
            DecodedWord { word: Word { text, ..it.word }, ..it }
        };
        Ok(Hypothesis { words: heard.words.into_iter().map(read).collect(), ..heard })
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
    // `live_by` has checked that each is the beginning of the next.
    assert!(promised.len() >= 4, "{promised:?}");
}

#[tokio::test(start_paused = true)]
async fn chinese_with_latin_words_within() {
    check("我用 iPhone 拍照片。", "啊").await;
}

#[tokio::test(start_paused = true)]
async fn japanese() {
    check("コーヒーを飲みます。", "ん").await;
}

#[tokio::test(start_paused = true)]
async fn thai_without_any_mark() {
    check("ปิดไฟห้องนอน", "อ").await;
}
