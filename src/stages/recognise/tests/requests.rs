//! What a decode request contains: the settled language of the segment, and the text before it.
use std::sync::{Arc, Mutex};

use super::{super::*, script::*};
use crate::{
    logic::agreement::DecodedWord,
    message::{Kind, Language, Word},
};

/// Decodes in each of its languages in turn, and records the requests.
struct RequestLog {
    languages: Vec<&'static str>,
    requests: Arc<Mutex<Vec<(Duration, DecodeRequest)>>>,
}

impl Recogniser for RequestLog {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let mut requests = self.requests.lock().unwrap();
        let language = match &request.language {
            Some(settled) => settled.clone(),
            None => Language::new(self.languages[requests.len() % self.languages.len()]),
        };
        requests.push((RATE.duration_of(speech.len()), request.clone()));
        let word = Word { text: format!(" said-{}", requests.len()), span: MediaSpan::default() };
        let words = vec![DecodedWord { word, probability: 1.0, punctuation_probability: 1.0 }];
        Ok(Hypothesis {
            words,
            has_word_times: false,
            language,
            language_probability: 0.9,
            text_language: None,
            no_speech: 0.0,
            log_probability: 0.0,
            times: Vec::new(),
            hit_token_limit: false,
        })
    }
}

async fn requests_of(
    settings: RecogniseSettings,
    languages: &[&'static str],
) -> (Vec<(Duration, DecodeRequest)>, Vec<Caption>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recogniser = RequestLog { languages: languages.to_vec(), requests: requests.clone() };
    let sound = speech(&[(8, 700), (1, 700)]);
    let (captions, _) = live_by(settings, &sound, recogniser).await;
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    (requests, captions)
}

/// Settings without a language: the recogniser finds it.
fn unknown() -> RecogniseSettings {
    RecogniseSettings { language: None, ..settings() }
}

/// Prefixes the script's words with the language: German up to word 10, French after it. For less than 2 s of audio it
/// alternates between two wrong languages. For less than 3 s it gives Dutch with a low probability.
#[derive(Default)]
struct Polyglot {
    decodes: usize,
}

impl Recogniser for Polyglot {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        self.decodes += 1;
        let mut hypothesis = Script(Arc::default()).decode(speech, &DecodeRequest::default())?;
        let number = |it: &DecodedWord| it.word.text[2..].parse::<usize>().unwrap();
        let spoken =
            if hypothesis.words.first().is_some_and(|it| number(it) > 10) { "fr" } else { "de" };
        let guess = match RATE.duration_of(speech.len()).as_millis() {
            ..2_000 => (["nl", "en"][self.decodes % 2], 0.9),
            2_000..3_000 => ("nl", 0.4),
            _ => (spoken, 0.9),
        };
        let lines = request.language.as_ref().map(|it| (it.as_str(), 1.0));
        let (language, probability) = lines.unwrap_or(guess);
        for it in &mut hypothesis.words {
            it.word.text = format!(" {language}{}", number(it));
        }
        let (language, language_probability) = (Language::new(language), probability);
        Ok(Hypothesis { language, language_probability, ..hypothesis })
    }
}

#[tokio::test(start_paused = true)]
async fn no_word_is_committed_before_the_language_of_its_segment_is_settled() {
    let sound = speech(&[(10, 700), (10, 700)]);
    let (captions, _) = live_by(unknown(), &sound, Polyglot::default()).await;
    let all = transcripts(&captions);
    let finals: Vec<(String, String)> = all
        .iter()
        .filter(|it| it.kind() == Kind::Final)
        .map(|it| (it.language().to_string(), it.text()))
        .collect();
    let said = |language: &str, from: usize, to: usize| {
        (from..=to).map(|it| format!("{language}{it}")).collect::<Vec<_>>().join(" ")
    };
    let expected = [("de", said("de", 1, 10)), ("fr", said("fr", 11, 20))];
    assert_eq!(finals, expected.map(|it| (it.0.to_owned(), it.1)));
    assert!(all.iter().any(|it| it.kind() == Kind::Partial && !it.committed().is_empty()));
    for pair in all.windows(2).filter(|it| it[0].segment() == it[1].segment()) {
        // Once words are committed, the language does not change.
        assert!(pair[0].committed().is_empty() || pair[0].language() == pair[1].language());
    }
}

#[tokio::test(start_paused = true)]
async fn a_decode_of_two_seconds_settles_the_language_of_a_segment() {
    let (requests, captions) = requests_of(unknown(), &["nl", "de", "fr"]).await;
    let settled = requests.iter().position(|it| it.1.language.is_some()).expect("it is settled");
    assert!(requests[..settled - 1].iter().all(|it| it.0 < Duration::from_secs(2)));
    assert!(requests[settled - 1].0 >= Duration::from_secs(2));
    // From then on each request of this segment names the language. The next segment starts without one.
    let afresh =
        settled + requests[settled..].iter().position(|it| it.1.language.is_none()).unwrap();
    assert!(
        requests[settled..afresh].iter().all(|it| it.1.language == requests[settled].1.language)
    );
    let finals = transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final);
    let spoken: Vec<String> = finals.map(|it| it.language().to_string()).collect();
    assert_eq!(Some(&Language::new(&spoken[0])), requests[settled].1.language.as_ref());
    assert_eq!(spoken.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn requests_name_no_language_where_the_settings_do() {
    let language = Some(Language::new("nl"));
    let (requests, _) = requests_of(RecogniseSettings { language, ..settings() }, &["nl"]).await;
    assert!(requests.iter().all(|it| it.1.language.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_segment_gets_the_previous_final_as_context_only_with_condition() {
    for condition in [false, true] {
        let settings = RecogniseSettings { condition, ..settings() };
        let (requests, captions) = requests_of(settings, &["en"]).await;
        let first = transcripts(&captions).into_iter().find(|it| it.kind() == Kind::Final);
        let before = if condition { first.unwrap().text() } else { String::new() };
        assert_eq!(requests[0].1.context, "");
        assert_eq!(requests.last().unwrap().1.context, before);
    }
}
