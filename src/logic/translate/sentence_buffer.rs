//! Segments that end in mid-sentence wait a little for the next one: half a sentence is not to be translated alone.
use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::clause_splitter::Piece;
use crate::logic::{script, sentence::is_end};

/// What is asked for at once: pieces of one segment, or of several that make up a sentence.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) pieces: Vec<Piece>,
    pub(super) text: String,
    /// The sentences before it, the newest last.
    pub(super) context: Vec<String>,
}

/// No sentence is joined of more segments, or past so many letters.
const SEGMENTS: usize = 4;
const LETTERS: usize = 400;

#[derive(Debug)]
pub(super) struct SentenceBuffer {
    /// How long half a sentence may wait; zero: not at all.
    wait: Duration,
    /// How many sentences go along as context.
    context: usize,
    held: Option<(Work, Instant)>,
    /// Whether the recogniser writes the ends of sentences at all. Where it does not, there is nothing to wait for.
    punctuates: bool,
    before: VecDeque<String>,
}

impl SentenceBuffer {
    pub(super) fn new(wait: Duration, context: usize) -> SentenceBuffer {
        SentenceBuffer { wait, context, held: None, punctuates: false, before: VecDeque::new() }
    }

    /// What is to be asked for, now that this piece is there.
    pub(super) fn add(&mut self, piece: Piece, now: Instant) -> Vec<Work> {
        let mut ready = Vec::new();
        let (mut work, until) = match self.held.take() {
            Some((held, until)) if held.goes_on_with(&piece) => (held, until),
            held => {
                ready.extend(held.map(|(work, _)| self.done(work)));
                let work = Work { pieces: vec![], text: String::new(), context: vec![] };
                (work, now + self.wait)
            }
        };
        work.text = script::joined([work.text.as_str(), &piece.text]);
        let last = piece.last;
        work.pieces.push(piece);
        let ends = is_end(&work.text);
        self.punctuates |= ends;
        let open = last && !ends && !work.text.is_empty() && self.punctuates;
        if open && now < until && work.pieces.len() < SEGMENTS && work.text.len() < LETTERS {
            self.held = Some((work, until));
        } else {
            let work = self.done(work);
            ready.push(work);
        }
        ready
    }

    /// Half a sentence that has waited long enough.
    pub(super) fn due(&mut self, now: Instant) -> Option<Work> {
        self.next_due().filter(|until| *until <= now)?;
        self.release()
    }

    /// Nothing will follow it.
    pub(super) fn release(&mut self) -> Option<Work> {
        let (work, _) = self.held.take()?;
        Some(self.done(work))
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.held.as_ref().map(|(_, until)| *until)
    }

    pub(super) fn held(&self) -> Option<&Work> {
        self.held.as_ref().map(|(work, _)| work)
    }

    fn done(&mut self, mut work: Work) -> Work {
        work.context = self.before.iter().cloned().collect();
        if !work.text.is_empty() && self.context > 0 {
            self.before.push_back(work.text.clone());
            if self.before.len() > self.context {
                self.before.pop_front();
            }
        }
        work
    }
}

impl Work {
    fn goes_on_with(&self, piece: &Piece) -> bool {
        let same =
            |it: &Piece| it.of.track == piece.of.track && it.of.language == piece.of.language;
        self.pieces.last().is_some_and(same)
    }
}
