//! One decode of a stretch of sound: its words at their places, without what nobody said.
use std::time::Duration;

use tokio::time::Instant;

use super::{Ask, Effort, Hypothesis, Recognise, RecogniseError, Recogniser, Wanted};
use crate::{
    flow::Fault,
    logic::{
        agree::Heard,
        guard::{Evidence, Guard},
        place::place_between,
    },
    message::{Language, MediaSpan, MediaTime, Word},
};

/// From so much sound on a decode is trusted to tell the language of its segment, where it is as sure of it; from twice as much on
/// however sure it is.
const TELLING: Duration = Duration::from_secs(2);
const TELLING_FROM: f32 = 0.7;

impl<R: Recogniser> Recognise<R> {
    /// The words heard in `span`, at their places on the timeline. Where the decode went wrong it is done again with more
    /// context, unless it is of a partial. `None`: the decode was given up.
    pub(super) async fn look(
        &mut self,
        span: MediaSpan,
        effort: Effort,
        until: Option<Instant>,
    ) -> Result<Option<Vec<Heard>>, Fault> {
        let begun = Instant::now();
        let heard = self.decode(span, effort, until).await?;
        // What was given up would have cost more still.
        self.pace.measured(begun.elapsed());
        let Some(heard) = heard else { return Ok(None) };
        let (first, found) = self.told(heard, span, effort);
        // A partial that went wrong is made good by the next one: its sound has grown by then.
        let is_loop = |found: &[Guard]| found.iter().any(|it| it.is_loop());
        self.looped = is_loop(&found);
        if effort == Effort::Partial || !self.looped {
            return Ok(Some(first));
        }
        self.gauge.count("decoded-again");
        let Some(heard) = self.decode(span, Effort::Whole, until).await? else {
            return Ok(Some(first));
        };
        let (second, found) = self.told(heard, span, Effort::Whole);
        // Where both went wrong, the one that says less.
        let keep_first = is_loop(&found) && first.len() < second.len();
        Ok(Some(if keep_first { first } else { second }))
    }

    async fn decode(
        &mut self,
        span: MediaSpan,
        effort: Effort,
        until: Option<Instant>,
    ) -> Result<Option<Hypothesis>, Fault> {
        let speech = self.sound.within(span);
        let context = if self.settings.condition { self.before.clone() } else { String::new() };
        let wanted = Wanted::until(until);
        let _nobody_waits = wanted.guard();
        let ask = Ask { context, language: self.language.clone(), effort, wanted };
        match self.engine.call(move |recogniser| recogniser.listen(&speech, &ask)).await? {
            Ok(heard) => Ok(Some(heard)),
            Err(RecogniseError::Unwanted) => {
                self.gauge.count("looks-given-up");
                Ok(None)
            }
            Err(error) => Err(Fault::transient(error)),
        }
    }

    /// What a decode of `span` heard, without what nobody said, and why that was left out.
    fn told(
        &mut self,
        heard: Hypothesis,
        span: MediaSpan,
        effort: Effort,
    ) -> (Vec<Heard>, Vec<Guard>) {
        let spoken = self.sound.spoken(span);
        let evidence = Evidence {
            no_speech: heard.no_speech,
            log_probability: heard.log_probability,
            sound: span.length,
            spoken: spoken.iter().map(|it| it.length).sum(),
            ends: heard.ends(),
            cut_off: heard.cut_off,
        };
        if heard.cut_off {
            self.gauge.count("decodes-cut-off");
        }
        let Hypothesis { mut words, timed, written, times, .. } = heard;
        let Hypothesis { language, language_probability, .. } = heard;
        let heard = words.len();
        let found = self.guards.check(&mut words, &evidence);
        for guard in &found {
            tracing::debug!(?span, guard = guard.name(), "words are left out");
            self.gauge.count(guard.name());
        }
        if words.is_empty() {
            return (words, found);
        }
        self.settle_language(&language, language_probability, span.length);
        if let Some(open) = self.track().segments.current() {
            open.set_language(written.unwrap_or(language));
        }
        let texts = words.iter().map(|it| it.word.clone());
        let placed: Vec<Word> = if timed {
            let shifted = |at: MediaTime| (span.start + at.since_start()).min(span.end());
            let shift = |word: Word| Word {
                span: MediaSpan::between(shifted(word.span.start), shifted(word.span.end())),
                ..word
            };
            texts.map(shift).collect()
        } else {
            // Words that were left out have moved the others away from the times.
            let whole = effort == Effort::Whole && words.len() == heard;
            let times = if whole { times.as_slice() } else { &[] };
            place_between(texts.collect(), times, &spoken, span)
        };
        let words = words.into_iter().zip(placed).map(|(heard, word)| Heard { word, ..heard });
        (words.collect(), found)
    }

    /// Takes note of the language that a decode of so much sound was heard in. Words heard in another one are no votes.
    fn settle_language(&mut self, heard: &Language, probability: f32, sound: Duration) {
        if self.settings.language.is_some() || self.language.is_some() {
            return;
        }
        if self.guessed.as_ref().is_some_and(|it| it != heard) {
            self.agreement.forget();
        }
        self.guessed = Some(heard.clone());
        let is_sure = probability >= 1.0 || (sound >= TELLING && probability >= TELLING_FROM);
        if is_sure || sound >= TELLING * 2 {
            self.language = Some(heard.clone());
        }
    }
}
