//! The order of entries and partials on a node: decides what is added, and what is dropped.
use std::collections::{HashMap, VecDeque};

use crate::wire::Event;

/// What to do with an entry of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Add it: it is the next one.
    Take,
    /// Skip it: it was read before.
    Known,
    /// Add it. Unread entries before it are lost.
    After {
        lost: u64,
    },
    Refuse(String),
}

/// `id`: its id in Redis. `next`: the number that is expected next.
pub(super) fn check_order(id: &str, event: &Event, next: u64) -> Verdict {
    let Some(number) = id.strip_suffix("-0").and_then(|it| it.parse::<u64>().ok()) else {
        return Verdict::Refuse("its id is not of this writer's making".to_owned());
    };
    if event.is_partial() {
        return Verdict::Refuse("a partial has no place in a stream".to_owned());
    }
    if event.seq() != Some(number) {
        return Verdict::Refuse(format!("its id says {number}, and its event says otherwise"));
    }
    // No number could follow it.
    if number == u64::MAX {
        return Verdict::Refuse("its number is too large".to_owned());
    }
    match number {
        _ if number < next => Verdict::Known,
        _ if number == next => Verdict::Take,
        _ => Verdict::After { lost: number - next },
    }
}

/// Partials that may wait for the events before them; with more, the oldest are lost.
const MOST_EARLY: usize = 64;

/// Segments that may be open at the same time, one for each track and language.
const MOST_OPEN: usize = 1024;

/// Orders partials. They come by another connection than finals and may be late. None may follow its final, and revisions only rise.
#[derive(Debug, Default)]
pub(super) struct Partials {
    /// By track and language: the newest final segment, and the newest partial that was shown.
    seen: HashMap<(String, Option<String>), Seen>,
    /// Partials that came before the numbered event that they follow.
    early: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    closed: Option<u64>,
    newest: Option<(u64, u32)>,
}

impl Partials {
    /// Called after a numbered event was read.
    pub(super) fn note(&mut self, event: &Event) {
        if let Some((whose, segment, _)) = segment(event)
            && let Some(seen) = self.seen(whose)
        {
            seen.closed = seen.closed.max(Some(segment));
        }
    }

    /// Takes a partial, and returns those that can be shown. `next`: the number that is expected next.
    pub(super) fn take(&mut self, event: Event, next: u64) -> Vec<Event> {
        if self.early.len() == MOST_EARLY {
            self.early.pop_front();
        }
        self.early.push_back(event);
        self.due(next)
    }

    /// Takes the waiting partials that can be shown now, in order.
    pub(super) fn due(&mut self, next: u64) -> Vec<Event> {
        let early = std::mem::take(&mut self.early);
        let is_due = |it: &Event| it.seq().is_none_or(|seq| seq < next);
        let (due, early): (VecDeque<_>, _) = early.into_iter().partition(is_due);
        self.early = early;
        due.into_iter().filter(|it| self.is_news(it)).collect()
    }

    /// Whether a partial is newer than what was shown.
    fn is_news(&mut self, event: &Event) -> bool {
        let Some((whose, segment, revision)) = segment(event) else { return false };
        let Some(seen) = self.seen(whose) else { return false };
        if seen.closed >= Some(segment) || seen.newest >= Some((segment, revision)) {
            return false;
        }
        seen.newest = Some((segment, revision));
        true
    }

    fn seen(&mut self, whose: (String, Option<String>)) -> Option<&mut Seen> {
        let room = self.seen.len() < MOST_OPEN || self.seen.contains_key(&whose);
        room.then(|| self.seen.entry(whose).or_default())
    }
}

type Whose = (String, Option<String>);

fn segment(event: &Event) -> Option<(Whose, u64, u32)> {
    match event {
        Event::Caption(it) => Some(((it.track.clone(), None), it.segment, it.revision)),
        Event::Translation(it) => {
            Some(((it.track.clone(), Some(it.lang.clone())), it.segment, it.revision))
        }
        Event::Gap(_) | Event::Mark(_) | Event::Correction(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{At, CaptionEvent, CaptionKind, MarkEvent};

    fn mark(seq: u64) -> Event {
        Event::Mark(MarkEvent { seq, text: String::new(), start: 0.0 })
    }

    fn caption(segment: u64, revision: u32, kind: CaptionKind) -> Event {
        let at = At { captured: 0, recognised: None, translated: None, published: None };
        Event::Caption(CaptionEvent {
            text: String::new(),
            seq: 1,
            track: "english".to_owned(),
            segment,
            revision,
            kind,
            lang: "en".to_owned(),
            speaker: None,
            committed: None,
            start: 0.0,
            end: 0.0,
            edited_by: None,
            words: None,
            at,
        })
    }

    #[test]
    fn an_entry_is_taken_in_its_turn_only() {
        assert_eq!(check_order("4-0", &mark(4), 4), Verdict::Take);
        assert_eq!(check_order("3-0", &mark(3), 4), Verdict::Known);
        assert_eq!(check_order("9-0", &mark(9), 4), Verdict::After { lost: 5 });
        for (id, seq) in [
            ("4-1", 4),
            ("4-0", 5),
            ("", 4),
            ("-0", 0),
            ("x-0", 4),
            ("18446744073709551615-0", u64::MAX),
            ("18446744073709551616-0", 4),
        ] {
            assert!(matches!(check_order(id, &mark(seq), 4), Verdict::Refuse(_)), "{id}");
        }
        let partial = caption(0, 0, CaptionKind::Partial);
        assert!(matches!(check_order("1-0", &partial, 1), Verdict::Refuse(_)));
    }

    #[test]
    fn a_partial_waits_for_the_final_before_it() {
        let mut partials = Partials::default();
        let (old, new) = (caption(1, 0, CaptionKind::Partial), caption(1, 1, CaptionKind::Partial));
        assert_eq!(partials.take(old.clone(), 1), []);
        assert_eq!(partials.take(new.clone(), 1), []);
        assert_eq!(partials.due(2), [old, new.clone()]);
        assert_eq!((partials.due(9), partials.take(new, 2)), (vec![], vec![]));
        // Its final may have been read before.
        partials.take(caption(2, 0, CaptionKind::Partial), 1);
        partials.note(&caption(2, 3, CaptionKind::Final));
        assert_eq!(partials.due(2), []);
        (0..200).for_each(|it| drop(partials.take(caption(3, it, CaptionKind::Partial), 1)));
        assert_eq!(partials.due(2).len(), MOST_EARLY);
    }

    proptest! {
        /// However late and often partials come, revisions of a track only rise, and none follows its final.
        #[test]
        fn nothing_follows_a_final(events in prop::collection::vec((0u64..6, 0u32..6, any::<bool>()), 0..80)) {
            let mut partials = Partials::default();
            let (mut closed, mut newest) = (None, None);
            for (segment, revision, is_final) in events {
                if is_final {
                    partials.note(&caption(segment, revision, CaptionKind::Final));
                    closed = closed.max(Some(segment));
                    continue;
                }
                if partials.is_news(&caption(segment, revision, CaptionKind::Partial)) {
                    prop_assert!(closed < Some(segment));
                    prop_assert!(newest < Some((segment, revision)));
                    newest = Some((segment, revision));
                }
            }
        }

        /// Whatever the stream holds, each number is taken once, and numbers rise.
        #[test]
        fn numbers_are_taken_once(ids in prop::collection::btree_set(0u64..40, 0..40), start in 1u64..20) {
            let mut next = start;
            for id in ids {
                match check_order(&format!("{id}-0"), &mark(id), next) {
                    Verdict::Take | Verdict::After { .. } => {
                        prop_assert!(id >= next);
                        next = id + 1;
                    }
                    Verdict::Known => prop_assert!(id < next),
                    Verdict::Refuse(why) => prop_assert!(false, "{}", why),
                }
            }
        }
    }
}
