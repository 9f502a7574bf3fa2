//! One segment: it opens, is decoded as it grows, and ends with a final.
use std::time::Duration;

use tokio::time::Instant;

use super::{
    Effort, FRAME, Recognise, Recogniser, audio_buffer::level, state::PauseDecode, track::Track,
};
use crate::{
    flow::{Fault, Outlet},
    logic::{
        agreement::{AgreementUpdate, AudioEnd},
        decode_scheduler::DecodeReason,
        script, sentence,
        window::next_window_start,
    },
    message::{Caption, Language, MediaSpan, MediaTime, SampleRate, Transcript, Word},
};

/// Words that end up to this long before the window may be decoded again: their times are not precise.
const OVERLAP_SLACK: Duration = Duration::from_millis(800);

/// Up to this many words before a pause are rarely a sentence of their own, as in "Ask not". They are a fragment: the next
/// segment is decoded together with it, because it gives context.
const FRAGMENT_WORDS: usize = 4;
/// From this confidence in a sentence end on, only [`ENDED_FRAGMENT_WORDS`] words are a fragment, as in "Ask not!".
const LIKELY_END: f32 = 0.8;
const ENDED_FRAGMENT_WORDS: usize = 2;
const FRAGMENT_LENGTH: Duration = Duration::from_secs(3);
/// The next segment belongs to the fragment if it starts this soon after it.
const FRAGMENT_GAP: Duration = Duration::from_millis(2_000);

/// A shorter sentence shares its segment with the next one if nobody pauses: lines must not jump with every "Yes."
const MIN_SENTENCE: Duration = Duration::from_secs(1);

impl<R: Recogniser> Recognise<R> {
    pub(super) fn open_segment(&mut self, track: &mut Track, from: MediaTime, overlap: Vec<Word>) {
        let language = self.settings.language.clone().unwrap_or_else(|| Language::new("und"));
        let start = overlap.last().map_or(from, |word| word.span.end());
        track.segments.open(start, language);
        self.agreement.reset();
        self.scheduler.open_segment(self.audio.end().max(from));
        let (window_start, overlap) = match self.fragment.take() {
            Some((fragment, words))
                if overlap.is_empty() && self.follows_fragment(&words, from) =>
            {
                (fragment, words)
            }
            _ => (from, overlap),
        };
        self.window_start = window_start;
        (self.pause_decode, self.language, self.language_guess) = (None, None, None);
        self.overlap_words = overlap;
        self.has_tail = false;
        self.shown_to = start;
    }

    /// Whether a segment that starts at `from` is decoded together with the fragment before it. Not if the model finds the
    /// language of each decode: it would find one for both.
    fn follows_fragment(&self, fragment: &[Word], from: MediaTime) -> bool {
        let end = fragment.last().map(|it| it.span.end());
        self.settings.language.is_some() && end.is_some_and(|it| from.since(it) <= FRAGMENT_GAP)
    }

    /// The words that precede the new words of a decode, as far as the decode may contain them.
    fn known_words(&self, track: &mut Track) -> Vec<Word> {
        let mut known = [self.overlap_words.clone(), track.committed()].concat();
        known.retain(|it| it.span.end() + OVERLAP_SLACK > self.window_start);
        known
    }

    /// Moves the window past committed words, once it has grown too long.
    fn move_window(&mut self, track: &mut Track, end: MediaTime) {
        let window = MediaSpan::between(self.window_start, end);
        if window.length <= self.settings.window.length {
            return;
        }
        let levels: Vec<f32> = self.audio.samples_in(window).chunks(FRAME).map(level).collect();
        let frame = SampleRate::SPEECH.duration_of(FRAME);
        let place =
            next_window_start(self.settings.window, window, &track.committed(), &levels, frame);
        self.window_start = place.unwrap_or(self.window_start);
    }

    /// Sends the final. It is made of the decode of the pause, or else of a last decode. `speech_end`: the end of the
    /// segment's speech. Without speech there is nothing to decode.
    pub(super) async fn close_segment(
        &mut self,
        track: &mut Track,
        end: MediaTime,
        speech_end: Option<MediaTime>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        if track.segments.current().is_none() {
            return Ok(());
        }
        let begun = Instant::now();
        let span = MediaSpan::between(self.window_start, end);
        let pause = self.pause_decode.take().filter(|it| Some(it.speech_end) == speech_end);
        let decoded = match pause {
            // There is no speech, or the cut lies before committed words.
            _ if speech_end.is_none() || span.length.is_zero() => Vec::new(),
            Some(pause) => pause.decoded,
            None => {
                self.decode_span(track, span, self.settings.effort, None).await?.unwrap_or_default()
            }
        };
        let confidence = self.settings.agreement.sentence_end(&decoded);
        let tail = self.agreement.finish(&self.known_words(track), decoded);
        track.decided_to = end;
        let transcript = track.segments.close(tail, end, self.traced(begun));
        if let Some(transcript) = &transcript {
            self.record_final(transcript);
            let (start, words) = (transcript.span().start, transcript.words());
            let count = script::word_count(words.iter().map(|it| it.text.as_str()));
            let most = if confidence < LIKELY_END { FRAGMENT_WORDS } else { ENDED_FRAGMENT_WORDS };
            let is_fragment =
                (1..=most).contains(&count) && transcript.span().length <= FRAGMENT_LENGTH;
            self.fragment = is_fragment.then(|| (start, words.to_vec()));
        }
        send(transcript, out).await
    }

    /// Decodes the open segment. Closes it if a whole sentence was said before a pause, or else sends a partial if anything is
    /// new.
    pub(super) async fn decode_open_segment(
        &mut self,
        track: &mut Track,
        reason: DecodeReason,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let (end, begun) = (self.audio.end(), Instant::now());
        let speech_end = self.endpoint.speech_end().unwrap_or(end);
        self.count_overload(end);
        self.scheduler.record_decode(reason, speech_end, end);
        // The other half of `max_lag` is left for the decodes after it.
        let deadline = self.settings.max_lag.map(|it| begun + it / 2);
        self.move_window(track, end);
        let effort =
            if reason == DecodeReason::Pause { self.settings.effort } else { Effort::Partial };
        let window = MediaSpan::between(self.window_start, end);
        let decode = self.decode_span(track, window, effort, deadline);
        let Some(decoded) = decode.await? else {
            // Without a decode nothing is committed, and without that the window never moves: the next decode would cost even
            // more.
            if window.length >= self.settings.window.keep {
                self.endpoint.cut_at_next_frame();
            }
            return Ok(());
        };
        self.pause_decode = (reason == DecodeReason::Pause)
            .then(|| PauseDecode { speech_end, decoded: decoded.clone() });
        if reason == DecodeReason::Pause {
            let confidence = self.settings.agreement.sentence_end(&decoded);
            let event = self.endpoint.end_of_sentence(confidence);
            if event.is_some() {
                return self.apply_endpoint(track, event, out).await;
            }
        }
        if !self.settings.partials {
            return Ok(());
        }
        let audio_end =
            if reason == DecodeReason::Pause { AudioEnd::Pause } else { AudioEnd::Speech(end) };
        let known = self.known_words(track);
        // Nothing is committed while the language is not settled, or from a loop: it would stay wrong.
        let knows_language = self.settings.language.is_some() || self.language.is_some();
        let update = match knows_language && !self.last_was_loop {
            true => self.agreement.add(&known, decoded, audio_end),
            false => self.agreement.add_without_commit(&known, decoded, audio_end),
        };
        let update = self.close_sentences(track, update, begun, out).await?;
        let is_new = !update.committed.is_empty() || !update.tail.is_empty() || self.has_tail;
        self.has_tail = !update.tail.is_empty();
        if is_new {
            self.scheduler.record_shown();
        }
        let trace = self.traced(begun);
        if let Some(last) = update.tail.last().or(update.committed.last()) {
            self.shown_to = self.shown_to.max(last.span.end());
        }
        let open = track.segments.current().filter(|_| is_new);
        let transcript = open.map(|open| open.revise(update.committed, update.tail, end, trace));
        send(transcript, out).await
    }

    /// Closes the segment at the end of a committed sentence, although the pause after it is short: its final need not wait
    /// for a longer pause. The words after the sentence belong to the next segment.
    async fn close_sentences(
        &mut self,
        track: &mut Track,
        mut update: AgreementUpdate,
        begun: Instant,
        out: &Outlet<Caption>,
    ) -> Result<AgreementUpdate, Fault> {
        while let Some((count, at)) = sentence_end_in(track, &update) {
            let rest = update.committed.split_off(count);
            let words = std::mem::replace(&mut update.committed, rest);
            let trace = self.traced(begun);
            let segments = &mut track.segments;
            let language = segments.current().map(|it| it.language().clone());
            let transcript = segments.close(words, at, trace);
            segments.open(at, language.unwrap_or_else(|| Language::new("und")));
            self.endpoint.move_start(at);
            self.has_tail = false;
            if let Some(transcript) = &transcript {
                self.record_final(transcript);
                self.overlap_words.extend_from_slice(transcript.words());
                self.overlap_words = self.known_words(track);
            }
            send(transcript, out).await?;
        }
        Ok(update)
    }

    /// Remembers the text of a final.
    fn record_final(&mut self, transcript: &Transcript) {
        self.previous_text = transcript.text();
        self.hallucination_filter.record_final(&self.previous_text);
    }
}

/// The end of the first committed sentence: how many of the newly committed words belong to it (0 if it was committed
/// before), and its time. The word after it must be known, so that the full stop is not one of an abbreviation.
fn sentence_end_in(track: &mut Track, update: &AgreementUpdate) -> Option<(usize, MediaTime)> {
    let open = track.segments.current()?;
    let before = open.committed().last().map(|word| (0, word));
    let new = update.committed.iter().enumerate().map(|(at, word)| (at + 1, word));
    before.into_iter().chain(new).find_map(|(count, word)| {
        let next = update.committed.get(count).or(update.tail.first())?;
        let end = word.span.end();
        let goes_on = next.text.trim_start().starts_with(char::is_lowercase);
        let ends =
            sentence::is_end(&word.text) && !goes_on && end.since(open.start()) >= MIN_SENTENCE;
        ends.then_some((count, end))
    })
}

async fn send(transcript: Option<Transcript>, out: &Outlet<Caption>) -> Result<(), Fault> {
    match transcript {
        Some(transcript) => Ok(out.send(Caption::Transcript(transcript)).await?),
        None => Ok(()),
    }
}
