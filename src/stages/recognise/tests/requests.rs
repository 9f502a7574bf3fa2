//! What a look is asked for: the language that its segment is settled in, and what was said before it.
use super::{super::*, script::*};
use crate::{logic::agreement::DecodedWord, message::Kind};

/// Hears each look in the next of its languages, and notes what it is asked.
struct Listener {
    languages: Vec<&'static str>,
    asked: Arc<Mutex<Vec<(Duration, DecodeRequest)>>>,
}

impl Recogniser for Listener {
    fn decode(&mut self, speech: &[f32], request: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        let mut asked = self.asked.lock().unwrap();
        let language = match &request.language {
            Some(settled) => settled.clone(),
            None => Language::new(self.languages[asked.len() % self.languages.len()]),
        };
        asked.push((RATE.duration_of(speech.len()), request.clone()));
        let word = Word { text: format!(" said-{}", asked.len()), span: MediaSpan::default() };
        let words = vec![DecodedWord { word, probability: 1.0, mark: 1.0 }];
        Ok(Hypothesis {
            words,
            timed: false,
            language,
            language_probability: 0.9,
            written: None,
            no_speech: 0.0,
            log_probability: 0.0,
            times: Vec::new(),
            cut_off: false,
        })
    }
}

async fn listened(
    settings: RecogniseSettings,
    languages: &[&'static str],
) -> (Vec<(Duration, DecodeRequest)>, Vec<Caption>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let listener = Listener { languages: languages.to_vec(), asked: asked.clone() };
    let sound = speech(&[(8, 700), (1, 700)]);
    let (captions, _) = live_by(settings, &sound, listener).await;
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    (asked, captions)
}

/// Settings that leave the language to the recogniser.
fn unknown() -> RecogniseSettings {
    RecogniseSettings { language: None, ..settings() }
}

/// Hears the script's words and writes the language before each: up to 10 they are said in German, then in French. Of less than two
/// seconds it says now this language and now that, of less than three it takes all for Dutch, without being sure.
#[derive(Default)]
struct Polyglot {
    decodes: usize,
}

impl Recogniser for Polyglot {
    fn decode(&mut self, speech: &[f32], request: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        self.decodes += 1;
        let mut heard = Script(Arc::default()).decode(speech, &DecodeRequest::default())?;
        let number = |it: &DecodedWord| it.word.text[2..].parse::<usize>().unwrap();
        let spoken =
            if heard.words.first().is_some_and(|it| number(it) > 10) { "fr" } else { "de" };
        let guess = match RATE.duration_of(speech.len()).as_millis() {
            ..2_000 => (["nl", "en"][self.decodes % 2], 0.9),
            2_000..3_000 => ("nl", 0.4),
            _ => (spoken, 0.9),
        };
        let told = request.language.as_ref().map(|it| (it.as_str(), 1.0));
        let (language, probability) = told.unwrap_or(guess);
        for it in &mut heard.words {
            it.word.text = format!(" {language}{}", number(it));
        }
        let (language, language_probability) = (Language::new(language), probability);
        Ok(Hypothesis { language, language_probability, ..heard })
    }
}

#[tokio::test(start_paused = true)]
async fn no_word_is_committed_before_the_language_of_its_segment_is_settled_for_good() {
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
        // Words were promised: from here on the language stands.
        assert!(pair[0].committed().is_empty() || pair[0].language() == pair[1].language());
    }
}

#[tokio::test(start_paused = true)]
async fn the_language_of_a_segment_is_settled_by_a_look_long_enough_to_tell() {
    let (asked, captions) = listened(unknown(), &["nl", "de", "fr"]).await;
    let settled = asked.iter().position(|it| it.1.language.is_some()).expect("it is settled");
    assert!(asked[..settled - 1].iter().all(|it| it.0 < Duration::from_secs(2)));
    assert!(asked[settled - 1].0 >= Duration::from_secs(2));
    // From then on each look at this segment is asked for it, and the next segment starts afresh.
    let afresh = settled + asked[settled..].iter().position(|it| it.1.language.is_none()).unwrap();
    assert!(asked[settled..afresh].iter().all(|it| it.1.language == asked[settled].1.language));
    let finals = transcripts(&captions).into_iter().filter(|it| it.kind() == Kind::Final);
    let spoken: Vec<String> = finals.map(|it| it.language().to_string()).collect();
    assert_eq!(Some(&Language::new(&spoken[0])), asked[settled].1.language.as_ref());
    assert_eq!(spoken.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_language_that_was_chosen_is_asked_of_nobody() {
    let language = Some(Language::new("nl"));
    let (asked, _) = listened(RecogniseSettings { language, ..settings() }, &["nl"]).await;
    assert!(asked.iter().all(|it| it.1.language.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_segment_is_told_what_was_said_before_it_where_that_is_asked_for() {
    for condition in [false, true] {
        let settings = RecogniseSettings { condition, ..settings() };
        let (asked, captions) = listened(settings, &["en"]).await;
        let first = transcripts(&captions).into_iter().find(|it| it.kind() == Kind::Final);
        let before = if condition { first.unwrap().text() } else { String::new() };
        assert_eq!(asked[0].1.context, "");
        assert_eq!(asked.last().unwrap().1.context, before);
    }
}
