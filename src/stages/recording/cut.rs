//! Which of the decoded sound is heard, and where silence stands: what an edit list or an encoder's delay comes to.
use std::collections::VecDeque;

/// So much silence is given at once, in samples.
const AT_ONCE: u64 = 16_384;

/// In frames. Those of sound are counted from the first that is decoded, and come in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Silence(u64),
    /// `to` is the first that is not heard; `None`: all.
    Sound {
        from: u64,
        to: Option<u64>,
    },
}

/// What is left to be given.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pieces: VecDeque<Piece>,
    /// How much was decoded.
    at: u64,
}

impl Cut {
    pub(super) fn new(pieces: impl IntoIterator<Item = Piece>) -> Cut {
        Cut { pieces: pieces.into_iter().collect(), at: 0 }
    }

    /// All of it, from the beginning.
    pub(super) fn whole() -> Cut {
        Cut::new([Piece::Sound { from: 0, to: None }])
    }

    /// Nothing that is decoded from now on is heard.
    pub(super) fn is_over(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How long the sound of a track is, of which so much can be decoded.
    pub(super) fn length_of(&self, decoded: u64) -> u64 {
        let length = |piece: &Piece| match *piece {
            Piece::Silence(frames) => frames,
            Piece::Sound { from, to } => to.unwrap_or(decoded).min(decoded).saturating_sub(from),
        };
        self.pieces.iter().map(length).sum()
    }

    /// Silence that is due before the next sound, in small pieces; empty where there is none.
    pub(super) fn silence(&mut self) -> Vec<f32> {
        let Some(Piece::Silence(frames)) = self.pieces.front_mut() else { return Vec::new() };
        let now = (*frames).min(AT_ONCE);
        *frames -= now;
        if *frames == 0 {
            self.pieces.pop_front();
        }
        vec![0.0; now as usize]
    }

    /// What is heard of the next decoded sound up to the next silence, and what has to be passed again behind that.
    pub(super) fn pass(&mut self, mut sound: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        let mut heard = Vec::new();
        while let Some(Piece::Sound { from, to }) = self.pieces.front().copied() {
            let end = self.at + sound.len() as u64;
            let within = |place: u64| (place.clamp(self.at, end) - self.at) as usize;
            let (begin, over) = (within(from), within(to.unwrap_or(u64::MAX)).max(within(from)));
            // The same sound may be heard again only from where this piece of it ends.
            let rest = sound.split_off(over);
            sound.drain(..begin);
            match heard.is_empty() {
                true => heard = sound,
                false => heard.append(&mut sound),
            }
            self.at = end - rest.len() as u64;
            sound = rest;
            if to.is_none_or(|to| end < to) {
                return (heard, Vec::new());
            }
            self.pieces.pop_front();
        }
        (heard, sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All that is heard of 0, 1, 2, … in chunks of `chunk`.
    fn heard(pieces: &[Piece], count: usize, chunk: usize) -> Vec<f32> {
        let mut cut = Cut::new(pieces.iter().copied());
        let sound: Vec<f32> = (0..count).map(|it| it as f32).collect();
        let mut all = Vec::new();
        for chunk in sound.chunks(chunk) {
            let mut next = chunk.to_vec();
            loop {
                let silence = cut.silence();
                if silence.is_empty() {
                    let (now, later) = cut.pass(next);
                    all.extend(now);
                    next = later;
                    if next.is_empty() || cut.is_over() {
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
    fn silence_comes_first_and_what_an_encoder_put_in_front_is_left_out() {
        let pieces = [Piece::Silence(3), Piece::Sound { from: 2, to: Some(5) }];
        for chunk in [1, 2, 100] {
            assert_eq!(heard(&pieces, 8, chunk), [0.0, 0.0, 0.0, 2.0, 3.0, 4.0]);
        }
        assert_eq!(Cut::new(pieces).length_of(8), 6);
        assert_eq!(Cut::new(pieces).length_of(4), 5);
    }

    #[test]
    fn silence_between_two_pieces_stands_there_and_what_lies_between_them_is_left_out() {
        let pieces = [
            Piece::Sound { from: 0, to: Some(2) },
            Piece::Silence(2),
            Piece::Sound { from: 3, to: None },
        ];
        for chunk in [1, 3, 100] {
            assert_eq!(heard(&pieces, 6, chunk), [0.0, 1.0, 0.0, 0.0, 3.0, 4.0, 5.0]);
        }
    }

    #[test]
    fn long_silence_comes_in_pieces() {
        let mut cut = Cut::new([Piece::Silence(AT_ONCE * 2 + 1)]);
        let lengths: Vec<usize> =
            std::iter::from_fn(|| Some(cut.silence().len()).filter(|it| *it > 0)).collect();
        assert_eq!(lengths, [AT_ONCE as usize, AT_ONCE as usize, 1]);
        assert!(cut.is_over());
    }

    proptest! {
        #[test]
        fn however_it_is_decoded_the_same_is_heard(
            front in 0u64..20, from in 0u64..40, length in prop::option::of(1u64..40), count in 1usize..60, chunk in 1usize..30,
        ) {
            let pieces = [Piece::Silence(front), Piece::Sound { from, to: length.map(|it| from + it) }];
            let pieces = if front == 0 { &pieces[1..] } else { &pieces[..] };
            let all = heard(pieces, count, chunk);
            prop_assert_eq!(all.len() as u64, Cut::new(pieces.iter().copied()).length_of(count as u64));
            prop_assert_eq!(all, heard(pieces, count, 1));
        }
    }
}
