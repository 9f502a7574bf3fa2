//! What was captured and the server has not acknowledged: bounded, the oldest gives way.
use std::{collections::VecDeque, sync::Arc};

use crate::wire::LostBy;

/// What is to be said before some sound is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// So many samples were never captured.
    pub(super) lost: Option<(u64, LostBy)>,
    /// It follows a pause.
    pub(super) paused: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    /// Grows by one with each, over all sessions.
    pub(super) number: u64,
    /// The number of its first sample, over all sessions.
    pub(super) first: u64,
    pub(super) samples: u64,
    /// On the client's clock, in ms; `None`: whenever it is sent.
    pub(super) captured_ms: Option<f64>,
    pub(super) clipped: bool,
    pub(super) payload: Arc<[u8]>,
    pub(super) before: Before,
}

#[derive(Debug)]
pub(super) struct Ring {
    /// In samples.
    pub(super) most: u64,
    kept: VecDeque<Kept>,
    samples: u64,
}

impl Ring {
    pub(super) fn new(most: u64) -> Ring {
        Ring { most, kept: VecDeque::new(), samples: 0 }
    }

    /// What gave way.
    pub(super) fn push(&mut self, it: Kept) -> Vec<Kept> {
        self.samples += it.samples;
        self.kept.push_back(it);
        let mut gone = Vec::new();
        while self.samples > self.most && self.kept.len() > 1 {
            gone.extend(self.shift());
        }
        gone
    }

    /// Forgets what comes before this number.
    pub(super) fn drop_before(&mut self, number: u64) {
        while self.oldest().is_some_and(|it| it.number < number) {
            self.shift();
        }
    }

    pub(super) fn oldest(&self) -> Option<&Kept> {
        self.kept.front()
    }

    pub(super) fn oldest_mut(&mut self) -> Option<&mut Kept> {
        self.kept.front_mut()
    }

    /// With this number, if it is still here.
    pub(super) fn at(&self, number: u64) -> Option<&Kept> {
        let place = number.checked_sub(self.oldest()?.number)?;
        self.kept.get(usize::try_from(place).ok()?)
    }

    /// In all.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    fn shift(&mut self) -> Option<Kept> {
        let gone = self.kept.pop_front()?;
        self.samples -= gone.samples;
        Some(gone)
    }
}
