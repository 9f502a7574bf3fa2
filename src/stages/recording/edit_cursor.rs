//! Applies an edit list, or an encoder's delay: which decoded audio is used, and where silence is inserted.
use std::collections::VecDeque;

/// The most silence returned at once, in samples.
const MAX_SILENCE_CHUNK: u64 = 16_384;

/// One entry of an edit list, in frames. Frames of audio are counted from the first decoded one, and come in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Silence(u64),
    /// `to` is the first frame that is not used. `None`: all frames are used.
    Sound {
        from: u64,
        to: Option<u64>,
    },
}

/// The entries that are left.
#[derive(Clone, Debug)]
pub(super) struct EditCursor {
    pieces: VecDeque<Piece>,
    /// How many frames were decoded.
    at: u64,
}

impl EditCursor {
    pub(super) fn new(pieces: impl IntoIterator<Item = Piece>) -> EditCursor {
        EditCursor { pieces: pieces.into_iter().collect(), at: 0 }
    }

    /// Uses all audio from the beginning.
    pub(super) fn whole() -> EditCursor {
        EditCursor::new([Piece::Sound { from: 0, to: None }])
    }

    /// Whether no further audio is used.
    pub(super) fn is_finished(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The length of the audio after the edits, of a track from which `decoded` frames can be decoded.
    pub(super) fn audible_length(&self, decoded: u64) -> u64 {
        let length = |piece: &Piece| match *piece {
            Piece::Silence(frames) => frames,
            Piece::Sound { from, to } => to.unwrap_or(decoded).min(decoded).saturating_sub(from),
        };
        self.pieces.iter().map(length).sum()
    }

    /// The silence before the next audio, in small pieces. Empty if there is none.
    pub(super) fn next_silence(&mut self) -> Vec<f32> {
        let Some(Piece::Silence(frames)) = self.pieces.front_mut() else { return Vec::new() };
        let now = (*frames).min(MAX_SILENCE_CHUNK);
        *frames -= now;
        if *frames == 0 {
            self.pieces.pop_front();
        }
        vec![0.0; now as usize]
    }

    /// Takes decoded audio. Returns the used part up to the next silence, and the rest, which must be passed in again after
    /// that silence.
    pub(super) fn apply(&mut self, mut sound: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        let mut audible = Vec::new();
        while let Some(Piece::Sound { from, to }) = self.pieces.front().copied() {
            let end = self.at + sound.len() as u64;
            let within = |place: u64| (place.clamp(self.at, end) - self.at) as usize;
            let (begin, over) = (within(from), within(to.unwrap_or(u64::MAX)).max(within(from)));
            // Audio after this entry may be used by the next one.
            let rest = sound.split_off(over);
            sound.drain(..begin);
            match audible.is_empty() {
                true => audible = sound,
                false => audible.append(&mut sound),
            }
            self.at = end - rest.len() as u64;
            sound = rest;
            if to.is_none_or(|to| end < to) {
                return (audible, Vec::new());
            }
            self.pieces.pop_front();
        }
        (audible, sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The output for the samples 0, 1, 2, … in chunks of `chunk`.
    fn audible(pieces: &[Piece], count: usize, chunk: usize) -> Vec<f32> {
        let mut cut = EditCursor::new(pieces.iter().copied());
        let sound: Vec<f32> = (0..count).map(|it| it as f32).collect();
        let mut all = Vec::new();
        for chunk in sound.chunks(chunk) {
            let mut next = chunk.to_vec();
            loop {
                let silence = cut.next_silence();
                if silence.is_empty() {
                    let (now, later) = cut.apply(next);
                    all.extend(now);
                    next = later;
                    if next.is_empty() || cut.is_finished() {
                        break;
                    }
                } else {
                    all.extend(silence);
                }
            }
        }
        all
    }

    #[test]
    fn leading_silence_is_inserted_and_encoder_delay_is_skipped() {
        let pieces = [Piece::Silence(3), Piece::Sound { from: 2, to: Some(5) }];
        for chunk in [1, 2, 100] {
            assert_eq!(audible(&pieces, 8, chunk), [0.0, 0.0, 0.0, 2.0, 3.0, 4.0]);
        }
        assert_eq!(EditCursor::new(pieces).audible_length(8), 6);
        assert_eq!(EditCursor::new(pieces).audible_length(4), 5);
    }

    #[test]
    fn silence_between_two_entries_replaces_the_audio_between_them() {
        let pieces = [
            Piece::Sound { from: 0, to: Some(2) },
            Piece::Silence(2),
            Piece::Sound { from: 3, to: None },
        ];
        for chunk in [1, 3, 100] {
            assert_eq!(audible(&pieces, 6, chunk), [0.0, 1.0, 0.0, 0.0, 3.0, 4.0, 5.0]);
        }
    }

    #[test]
    fn long_silence_is_given_in_pieces() {
        let mut cut = EditCursor::new([Piece::Silence(MAX_SILENCE_CHUNK * 2 + 1)]);
        let lengths: Vec<usize> =
            std::iter::from_fn(|| Some(cut.next_silence().len()).filter(|it| *it > 0)).collect();
        assert_eq!(lengths, [MAX_SILENCE_CHUNK as usize, MAX_SILENCE_CHUNK as usize, 1]);
        assert!(cut.is_finished());
    }

    proptest! {
        #[test]
        fn the_output_does_not_depend_on_the_size_of_decoded_chunks(
            front in 0u64..20, from in 0u64..40, length in prop::option::of(1u64..40), count in 1usize..60, chunk in 1usize..30,
        ) {
            let pieces = [Piece::Silence(front), Piece::Sound { from, to: length.map(|it| from + it) }];
            let pieces = if front == 0 { &pieces[1..] } else { &pieces[..] };
            let all = audible(pieces, count, chunk);
            prop_assert_eq!(all.len() as u64, EditCursor::new(pieces.iter().copied()).audible_length(count as u64));
            prop_assert_eq!(all, audible(pieces, count, 1));
        }
    }
}
