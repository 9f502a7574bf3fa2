//! The life of one segment: it opens, is looked at as it grows, and ends with a final.
use std::time::Duration;

use tokio::time::Instant;

use super::{Effort, FRAME, Recognise, Recogniser, level};
use crate::{
    flow::{Fault, Outlet, StageState},
    logic::{
        agree::{Agreed, Heard, SoundEnd},
        pace::Due,
        script, sentence,
        suits::{Smaller, instead},
        window::moved,
    },
    message::{Caption, Language, MediaSpan, MediaTime, SampleRate, Transcript, Word},
};

/// Words may well be heard again that are thought to end so much before a decode begins.
const MISPLACED: Duration = Duration::from_millis(800);

/// What stands before a pause and is no longer than this is rarely a sentence of its own: "Ask not". What follows is understood
/// by it.
const FRAGMENT_WORDS: usize = 4;
/// Where it is as sure as this that a sentence ended there, it may be one from three words on: "Ask not!" is none.
const LIKELY: f32 = 0.8;
const LIKELY_WORDS: usize = 2;
const FRAGMENT: Duration = Duration::from_secs(3);
/// What follows so soon behind it goes on with it.
const NEAR: Duration = Duration::from_millis(2_000);

/// Where nobody pauses, shorter sentences share a segment with the next one: lines are not to jump with every "Yes."
const SENTENCE: Duration = Duration::from_secs(1);

/// Counted each time the model turns out to be too slow for partials.
const FELL_BACK: &str = "fell-back-to-finals";

/// A look at a pause. The final is made of it if nobody goes on.
#[derive(Debug)]
pub(super) struct Settled {
    /// The end of the speech before the pause.
    spoken_to: MediaTime,
    heard: Vec<Heard>,
}

impl<R: Recogniser> Recognise<R> {
    pub(super) fn open(&mut self, from: MediaTime, said: Vec<Word>) {
        let language = self.settings.language.clone().unwrap_or_else(|| Language::new("und"));
        let start = said.last().map_or(from, |word| word.span.end());
        self.track().segments.open(start, language);
        self.agreement.forget();
        self.pace.begin(self.sound.end().max(from));
        let (look_from, said) = match self.fragment.take() {
            Some((fragment, words)) if said.is_empty() && self.is_near(&words, from) => {
                (fragment, words)
            }
            _ => (from, said),
        };
        self.look_from = look_from;
        (self.settled, self.language, self.guessed) = (None, None, None);
        self.said = said;
        self.tail_shown = false;
        self.shown_to = start;
    }

    /// Whether a segment that begins at `from` is decoded together with the fragment before it. Not where the model chooses the
    /// language of each decode: it would choose one for both.
    fn is_near(&self, fragment: &[Word], from: MediaTime) -> bool {
        let end = fragment.last().map(|it| it.span.end());
        self.settings.language.is_some() && end.is_some_and(|it| from.since(it) <= NEAR)
    }

    fn is_open(&self) -> bool {
        self.track().segments.current().is_some()
    }

    /// The words of the open segment that will not change.
    pub(super) fn committed(&self) -> Vec<Word> {
        self.track().segments.current().map(|it| it.committed().to_vec()).unwrap_or_default()
    }

    /// The words before those that a look at the open segment can add, as far as the look may hear them again.
    fn known(&self) -> Vec<Word> {
        let mut known = [self.said.clone(), self.committed()].concat();
        known.retain(|it| it.span.end() + MISPLACED > self.look_from);
        known
    }

    /// What is committed is not heard again where the looks have grown long.
    fn move_window(&mut self, end: MediaTime) {
        let window = MediaSpan::between(self.look_from, end);
        if window.length <= self.settings.window.length {
            return;
        }
        let levels: Vec<f32> = self.sound.within(window).chunks(FRAME).map(level).collect();
        let frame = SampleRate::SPEECH.duration_of(FRAME);
        let place = moved(self.settings.window, window, &self.committed(), &levels, frame);
        self.look_from = place.unwrap_or(self.look_from);
    }

    /// Its final, by a last look at all of it unless there was one at the pause. `spoken_to`: where its speech ended;
    /// without any there is nothing to look at.
    pub(super) async fn close(
        &mut self,
        end: MediaTime,
        spoken_to: Option<MediaTime>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        if !self.is_open() {
            return Ok(());
        }
        let begun = Instant::now();
        let span = MediaSpan::between(self.look_from, end);
        let settled = self.settled.take().filter(|it| Some(it.spoken_to) == spoken_to);
        let heard = match settled {
            // Nobody spoke, or the cut lies before words that are committed.
            _ if spoken_to.is_none() || span.length.is_zero() => Vec::new(),
            Some(settled) => settled.heard,
            None => self.look(span, self.settings.effort, None).await?.unwrap_or_default(),
        };
        let sure = self.settings.agreement.sentence_end(&heard);
        let tail = self.agreement.close(&self.known(), heard);
        let transcript = {
            let mut track = self.track();
            track.decided_to = end;
            track.segments.close(tail, end, self.traced(begun))
        };
        if let Some(transcript) = &transcript {
            self.finished(transcript);
            let (start, words) = (transcript.span().start, transcript.words());
            let count = script::word_count(words.iter().map(|it| it.text.as_str()));
            let most = if sure < LIKELY { FRAGMENT_WORDS } else { LIKELY_WORDS };
            let is_fragment = (1..=most).contains(&count) && transcript.span().length <= FRAGMENT;
            self.fragment = is_fragment.then(|| (start, words.to_vec()));
        }
        give(transcript, out).await
    }

    /// A look at the open segment so far: its end where a whole sentence was said before a pause, else a partial where it
    /// says anything new.
    pub(super) async fn look_again(
        &mut self,
        due: Due,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let (end, begun) = (self.sound.end(), Instant::now());
        let spoken_to = self.endpoint.spoken_to().unwrap_or(end);
        self.count_effort(end);
        self.pace.looked(due, spoken_to, end);
        // Half of what it may lag is left for the looks behind it.
        let until = self.settings.max_lag.map(|it| begun + it / 2);
        self.move_window(end);
        let effort = if due == Due::Pause { self.settings.effort } else { Effort::Partial };
        let window = MediaSpan::between(self.look_from, end);
        let look = self.look(window, effort, until);
        let Some(heard) = look.await? else {
            // Without decodes nothing is committed, and without that the window never moves: the next decode would be dearer yet.
            if window.length >= self.settings.window.keep {
                self.endpoint.cut_soon();
            }
            return Ok(());
        };
        self.settled = (due == Due::Pause).then(|| Settled { spoken_to, heard: heard.clone() });
        if due == Due::Pause {
            let sure = self.settings.agreement.sentence_end(&heard);
            let event = self.endpoint.end_sentence(sure);
            if event.is_some() {
                return self.follow(event, out).await;
            }
        }
        if !self.settings.partials {
            return Ok(());
        }
        let sound_end = if due == Due::Pause { SoundEnd::Pause } else { SoundEnd::Speech(end) };
        let known = self.known();
        // What is heard in the wrong language is not to stand for ever, nor what is left of a loop.
        let knows_language = self.settings.language.is_some() || self.language.is_some();
        let agreed = match knows_language && !self.looped {
            true => self.agreement.add(&known, heard, sound_end),
            false => self.agreement.show(&known, heard, sound_end),
        };
        let agreed = self.end_sentences(agreed, begun, out).await?;
        let is_new = !agreed.words.is_empty() || !agreed.tail.is_empty() || self.tail_shown;
        self.tail_shown = !agreed.tail.is_empty();
        if is_new {
            self.pace.shown();
        }
        let trace = self.traced(begun);
        if let Some(last) = agreed.tail.last().or(agreed.words.last()) {
            self.shown_to = self.shown_to.max(last.span.end());
        }
        let transcript = {
            let mut track = self.track();
            let open = track.segments.current().filter(|_| is_new);
            open.map(|open| open.revise(agreed.words, agreed.tail, end, trace))
        };
        give(transcript, out).await
    }

    /// A segment ends with a sentence that is committed to its end, though the pause behind it is short: its final need not wait for a longer one. What
    /// is left to commit, and what may still change, is of the next one.
    async fn end_sentences(
        &mut self,
        mut agreed: Agreed,
        begun: Instant,
        out: &Outlet<Caption>,
    ) -> Result<Agreed, Fault> {
        while let Some((count, at)) = self.sentence_within(&agreed) {
            let rest = agreed.words.split_off(count);
            let words = std::mem::replace(&mut agreed.words, rest);
            let trace = self.traced(begun);
            let transcript = {
                let segments = &mut self.track().segments;
                let language = segments.current().map(|it| it.language().clone());
                let transcript = segments.close(words, at, trace);
                segments.open(at, language.unwrap_or_else(|| Language::new("und")));
                transcript
            };
            self.endpoint.go_on_from(at);
            self.tail_shown = false;
            if let Some(transcript) = &transcript {
                self.finished(transcript);
                self.said.extend_from_slice(transcript.words());
                self.said = self.known();
            }
            give(transcript, out).await?;
        }
        Ok(agreed)
    }

    /// How many of the newly committed words there are up to the end of a sentence, none where it was committed before, and where
    /// that is. What follows it is known, so that it is not the full stop of an abbreviation.
    fn sentence_within(&self, agreed: &Agreed) -> Option<(usize, MediaTime)> {
        let mut track = self.track();
        let open = track.segments.current()?;
        let before = open.committed().last().map(|word| (0, word));
        let new = agreed.words.iter().enumerate().map(|(at, word)| (at + 1, word));
        before.into_iter().chain(new).find_map(|(count, word)| {
            let next = agreed.words.get(count).or(agreed.tail.first())?;
            let end = word.span.end();
            let goes_on = next.text.trim_start().starts_with(char::is_lowercase);
            let ends =
                sentence::is_end(&word.text) && !goes_on && end.since(open.start()) >= SENTENCE;
            ends.then_some((count, end))
        })
    }

    /// Takes note of what a final said.
    fn finished(&mut self, transcript: &Transcript) {
        self.before = transcript.text();
        self.guards.said(&self.before);
    }

    /// Whether the open segment is worth a look. Not before the newest frame: where this one waited on the edge, those
    /// behind it are at hand, and a look at them shows more.
    pub(super) fn due(&mut self, is_newest: bool) -> Option<Due> {
        let is_live = self.settings.max_lag.is_some();
        self.fall_back();
        let due = self.pace.due(self.endpoint.spoken_to()?, self.sound.end())?;
        let wanted = match due {
            Due::Speech => self.settings.partials && !self.finals_only,
            Due::Pause if self.finals_only => false,
            Due::Pause => self.settings.partials || self.settings.endpoint.heeds_sentences(),
        };
        (wanted && (is_newest || !is_live)).then_some(due)
    }

    /// Where a decode takes longer than partials are waited for, they are left out: finals alone keep the lag bounded. What finals
    /// cost tells when there is time for partials again.
    fn fall_back(&mut self) {
        let too_slow =
            self.settings.max_lag.is_some_and(|most| self.pace.typical_cost() > most / 2);
        if too_slow == std::mem::replace(&mut self.finals_only, too_slow) {
            return;
        }
        if too_slow {
            let (stage, decode) = (self.gauge.name(), self.pace.typical_cost());
            let why = finals_only(instead(decode, &self.settings.smaller));
            // Once is enough in the log of a run.
            if self.gauge.read().counts.contains_key(FELL_BACK) {
                tracing::debug!(stage, ?decode, "{why}");
            } else {
                tracing::warn!(stage, ?decode, "{why}");
            }
            self.gauge.count(FELL_BACK);
            self.gauge.set(StageState::Degraded, Some(why));
        } else {
            tracing::debug!("there is time for partials again");
            self.gauge.set(StageState::Running, None);
        }
    }

    fn count_effort(&self, end: MediaTime) {
        if self.pace.is_late(end) {
            self.gauge.count("partials-left-out");
        }
        if self.pace.is_stretched() {
            self.gauge.count("looks-made-rarer");
        }
    }
}

/// Says that there are no partials, and what to do about it.
fn finals_only(instead: Option<&Smaller>) -> String {
    let remedy = match instead {
        Some(Smaller { name, .. }) => {
            format!("`{name}` is here and smaller (`livecap models try` measures both)")
        }
        None => "`livecap models list` shows smaller ones".to_owned(),
    };
    format!("the model is too slow for partials on this machine: finals only; {remedy}")
}

async fn give(transcript: Option<Transcript>, out: &Outlet<Caption>) -> Result<(), Fault> {
    match transcript {
        Some(transcript) => Ok(out.send(Caption::Transcript(transcript)).await?),
        None => Ok(()),
    }
}
