//! One decode pass: from a span of audio to words with times, without hallucinations.
use std::time::Duration;

use tokio::time::Instant;

use super::{
    Cancellation, DecodeRequest, Effort, Hypothesis, Recognise, RecogniseError, Recogniser, Track,
};
use crate::{
    flow::Fault,
    logic::{
        agreement::DecodedWord,
        hallucination::{Evidence, Hallucination},
        word_alignment::align_between_timestamps,
    },
    message::{Language, MediaSpan, MediaTime, Word},
};

/// A decode of this much audio settles the language of its segment if its probability is at least
/// [`LANGUAGE_MIN_PROBABILITY`]. A decode of twice as much settles it in any case.
const LANGUAGE_MIN_AUDIO: Duration = Duration::from_secs(2);
const LANGUAGE_MIN_PROBABILITY: f32 = 0.7;

impl<R: Recogniser> Recognise<R> {
    /// The words of `span` with their times on the timeline. A decode that is a loop is repeated with the full context, unless
    /// it is for a partial. `None`: the decode was cancelled.
    pub(super) async fn decode_span(
        &mut self,
        track: &mut Track,
        span: MediaSpan,
        effort: Effort,
        deadline: Option<Instant>,
    ) -> Result<Option<Vec<DecodedWord>>, Fault> {
        let begun = Instant::now();
        let hypothesis = self.call_recogniser(span, effort, deadline).await?;
        // A wait for others counts, so that all decode less often. A cancelled decode counts, too: it would have cost even more.
        self.scheduler.record_cost(begun.elapsed());
        let Some(hypothesis) = hypothesis else { return Ok(None) };
        let (first, found) = self.filter_and_align(track, hypothesis, span, effort);
        // The next partial corrects this one: it has more audio.
        let is_loop = |found: &[Hallucination]| found.iter().any(|it| it.is_loop());
        self.last_was_loop = is_loop(&found);
        if effort == Effort::Partial || !self.last_was_loop {
            return Ok(Some(first));
        }
        self.gauge.count("decoded-again");
        let Some(hypothesis) = self.call_recogniser(span, Effort::FullContext, deadline).await?
        else {
            return Ok(Some(first));
        };
        let (second, found) = self.filter_and_align(track, hypothesis, span, Effort::FullContext);
        // If both are loops, the shorter one is kept.
        let keep_first = is_loop(&found) && first.len() < second.len();
        Ok(Some(if keep_first { first } else { second }))
    }

    async fn call_recogniser(
        &mut self,
        span: MediaSpan,
        effort: Effort,
        deadline: Option<Instant>,
    ) -> Result<Option<Hypothesis>, Fault> {
        let Some(engine) = self.engine(deadline).await? else {
            self.gauge.count("decodes-cancelled");
            return Ok(None);
        };
        let speech = self.audio.samples_in(span);
        let context =
            if self.settings.condition { self.previous_text.clone() } else { String::new() };
        let cancellation = Cancellation::at(deadline);
        let _cancelled_on_drop = cancellation.cancel_on_drop();
        let request =
            DecodeRequest { context, language: self.language.clone(), effort, cancellation };
        // What failed once may be broken.
        let is_broken =
            |result: &Result<_, _>| matches!(result, Err(RecogniseError::Failed { .. }));
        let decode = move |recogniser: &mut R| recogniser.decode(&speech, &request);
        match engine.call(decode, is_broken).await? {
            Ok(hypothesis) => Ok(Some(hypothesis)),
            Err(RecogniseError::Cancelled) => {
                self.gauge.count("decodes-cancelled");
                Ok(None)
            }
            Err(error) => Err(Fault::transient(error)),
        }
    }

    /// The words of a hypothesis with their times, without hallucinations, and the kinds of those.
    fn filter_and_align(
        &mut self,
        track: &mut Track,
        hypothesis: Hypothesis,
        span: MediaSpan,
        effort: Effort,
    ) -> (Vec<DecodedWord>, Vec<Hallucination>) {
        let speech_spans = self.audio.speech_in(span);
        let evidence = Evidence {
            no_speech: hypothesis.no_speech,
            log_probability: hypothesis.log_probability,
            audio: span.length,
            speech: speech_spans.iter().map(|it| it.length).sum(),
            end: hypothesis.end(),
            hit_token_limit: hypothesis.hit_token_limit,
        };
        if hypothesis.hit_token_limit {
            self.gauge.count("decodes-cut-off");
        }
        let Hypothesis { mut words, has_word_times, text_language, times, .. } = hypothesis;
        let Hypothesis { language, language_probability, .. } = hypothesis;
        let decoded_count = words.len();
        let found = self.hallucination_filter.check(&mut words, &evidence);
        for kind in &found {
            tracing::debug!(?span, kind = kind.name(), "hallucinated words were filtered");
            self.gauge.count(kind.name());
        }
        if words.is_empty() {
            return (words, found);
        }
        self.update_language(&language, language_probability, span.length);
        if let Some(open) = track.segments.current() {
            open.set_language(text_language.unwrap_or(language));
        }
        let texts = words.iter().map(|it| it.word.clone());
        let aligned: Vec<Word> = if has_word_times {
            let shifted = |at: MediaTime| (span.start + at.since_start()).min(span.end());
            let shift = |word: Word| Word {
                span: MediaSpan::between(shifted(word.span.start), shifted(word.span.end())),
                ..word
            };
            texts.map(shift).collect()
        } else {
            // Timestamps count words, so they are wrong once words were filtered.
            let are_times_valid = effort == Effort::FullContext && words.len() == decoded_count;
            let times = if are_times_valid { times.as_slice() } else { &[] };
            align_between_timestamps(texts.collect(), times, &speech_spans, span)
        };
        let words =
            words.into_iter().zip(aligned).map(|(decoded, word)| DecodedWord { word, ..decoded });
        (words.collect(), found)
    }

    /// Takes the language of a decode. Words decoded in another language do not count for agreement.
    fn update_language(&mut self, found: &Language, probability: f32, audio: Duration) {
        if self.settings.language.is_some() || self.language.is_some() {
            return;
        }
        if self.language_guess.as_ref().is_some_and(|it| it != found) {
            self.agreement.reset();
        }
        self.language_guess = Some(found.clone());
        let is_settled = probability >= 1.0
            || (audio >= LANGUAGE_MIN_AUDIO && probability >= LANGUAGE_MIN_PROBABILITY);
        if is_settled || audio >= LANGUAGE_MIN_AUDIO * 2 {
            self.language = Some(found.clone());
        }
    }
}
