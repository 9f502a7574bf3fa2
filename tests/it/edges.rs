//! Edges and outlets: policies, bounds, counts, and who slows whom.
use std::{
    num::NonZeroUsize,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::FutureExt;
use livecap::flow::{
    Closed, EdgeSettings, Inlet, Item, Offer, Outlet, Receiver, Room, Sender, StageGauge, WhenFull,
    edge,
};
use proptest::prelude::*;

/// A caption in small: a partial or final of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    segment: u32,
    revision: u32,
    last: bool,
}

impl Item for Note {
    fn length(&self) -> Duration {
        Duration::from_millis(10)
    }
    fn supersedes(&self, older: &Note) -> bool {
        !older.last && self.segment == older.segment && older.revision < self.revision
    }
    fn is_fleeting(&self) -> bool {
        !self.last
    }
}

fn partial(segment: u32, revision: u32) -> Note {
    Note { segment, revision, last: false }
}

fn last(segment: u32) -> Note {
    Note { segment, revision: 99, last: true }
}

fn items(size: usize, when_full: WhenFull) -> EdgeSettings {
    EdgeSettings { room: Room::Items(NonZeroUsize::new(size).unwrap()), when_full }
}

fn outlet(edges: Vec<Sender<Note>>) -> Outlet<Note> {
    Outlet::new(edges, StageGauge::new("giver"))
}

async fn all(receiver: Receiver<Note>) -> Vec<Note> {
    let mut inlet = Inlet::new(vec![receiver]);
    let mut taken = Vec::new();
    while let Some(Offer::Handle(item)) = inlet.next().await {
        taken.push(item);
    }
    taken
}

#[tokio::test]
async fn each_policy_gives_up_what_its_name_says() {
    let given = [partial(0, 0), partial(0, 1), last(0), partial(1, 0), last(1)];
    for (when_full, expected) in [
        (WhenFull::DropOldest, vec![partial(1, 0), last(1)]),
        (WhenFull::DropNewest, vec![partial(0, 0), partial(0, 1)]),
        (WhenFull::Coalesce, vec![last(0), last(1)]),
    ] {
        let (sender, receiver) = edge("a", "b", items(2, when_full));
        let gauge = sender.gauge();
        let out = outlet(vec![sender]);
        for item in given {
            out.send(item).await.unwrap();
        }
        drop(out);
        assert_eq!(all(receiver).await, expected, "{when_full:?}");
        let read = gauge.read();
        assert_eq!(
            (read.received, read.taken, read.dropped + read.coalesced),
            (5, 2, 3),
            "{when_full:?}"
        );
    }
}

#[tokio::test]
async fn an_edge_of_sound_is_full_by_time() {
    let settings = EdgeSettings {
        room: Room::Span(Duration::from_millis(25)),
        when_full: WhenFull::DropOldest,
    };
    let (sender, receiver) = edge("a", "b", settings);
    let gauge = sender.gauge();
    let out = outlet(vec![sender]);
    for segment in 0..5 {
        out.send(last(segment)).await.unwrap();
    }
    assert_eq!((gauge.read().depth, gauge.read().held), (2, Duration::from_millis(20)));
    drop(out);
    assert_eq!(all(receiver).await, [last(3), last(4)]);
}

#[tokio::test(start_paused = true)]
async fn a_full_edge_makes_only_its_own_giver_wait_and_counts_the_time() {
    let (slow, slow_end) = edge("a", "slow", items(1, WhenFull::Wait));
    let (fast, fast_end) = edge("a", "fast", items(8, WhenFull::Wait));
    let slow_gauge = slow.gauge();
    let out = outlet(vec![slow, fast]);
    out.send(last(0)).await.unwrap();
    let mut second = Box::pin(out.send(last(1)));
    assert!(second.as_mut().now_or_never().is_none(), "the slow edge is full");
    let mut fast_inlet = Inlet::new(vec![fast_end]);
    assert_eq!(fast_inlet.next().await, Some(Offer::Handle(last(0))));
    assert_eq!(
        fast_inlet.next().await,
        Some(Offer::Handle(last(1))),
        "offered to all edges at once"
    );
    let mut slow_inlet = Inlet::new(vec![slow_end]);
    let (sent, ()) = tokio::join!(second, async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        slow_inlet.next().await;
    });
    assert_eq!(sent, Ok(()));
    // Timers are rounded up to the millisecond.
    let waited = slow_gauge.read().waited.as_millis();
    assert!((30..=31).contains(&waited), "{waited} ms");
}

#[tokio::test]
async fn an_edge_whose_listener_is_gone_leaves_the_outlet() {
    let (one, one_end) = edge("a", "one", items(1, WhenFull::Wait));
    let (two, two_end) = edge("a", "two", items(8, WhenFull::Wait));
    let out = outlet(vec![one, two]);
    out.send(last(0)).await.unwrap();
    let waiting = out.send(last(1));
    let (sent, ()) = tokio::join!(waiting, async { drop(one_end) });
    assert_eq!(sent, Ok(()), "the other listener still is there");
    out.send(last(2)).await.unwrap();
    drop(two_end);
    assert_eq!(out.send(last(3)).await, Err(Closed));
}

#[tokio::test]
async fn an_inlet_takes_from_its_edges_in_turn_until_all_have_ended() {
    let (one, one_end) = edge("one", "b", items(8, WhenFull::Wait));
    let (two, two_end) = edge("two", "b", items(8, WhenFull::Wait));
    let (one, two) = (outlet(vec![one]), outlet(vec![two]));
    for segment in 0..3 {
        one.send(last(segment)).await.unwrap();
        two.send(last(segment + 10)).await.unwrap();
    }
    let mut inlet = Inlet::new(vec![one_end, two_end]);
    let mut taken = Vec::new();
    drop(one);
    for _ in 0..6 {
        let Some(Offer::Handle(item)) = inlet.next().await else { panic!("six were sent") };
        taken.push(item.segment);
    }
    assert_eq!(taken, [0, 10, 1, 11, 2, 12]);
    assert!(inlet.next().now_or_never().is_none(), "one giver still lives");
    drop(two);
    assert_eq!(inlet.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn what_waits_when_a_listener_goes_away_is_counted_as_lost() {
    let (sender, receiver) = edge("a", "b", items(2, WhenFull::Wait));
    let gauge = sender.gauge();
    let out = outlet(vec![sender]);
    out.send(last(0)).await.unwrap();
    out.send(last(1)).await.unwrap();
    let mut third = Box::pin(out.send(last(2)));
    assert!(third.as_mut().now_or_never().is_none(), "the edge is full");
    tokio::time::advance(Duration::from_millis(20)).await;
    assert_eq!(gauge.read().waited, Duration::from_millis(20), "while it waits");
    drop(third);
    tokio::time::advance(Duration::from_millis(20)).await;
    assert_eq!(gauge.read().waited, Duration::from_millis(20), "the wait was called off");
    drop(receiver);
    let read = gauge.read();
    assert_eq!((read.received, read.dropped, read.depth), (2, 2, 0));
    assert_eq!(read.held, Duration::ZERO);
    assert_eq!(out.send(last(3)).await, Err(Closed));
}

/// Cannot be copied a first time.
#[derive(Debug)]
struct Brittle(Arc<AtomicBool>);

impl Clone for Brittle {
    fn clone(&self) -> Brittle {
        if !self.0.swap(true, SeqCst) {
            std::panic::resume_unwind(Box::new("it breaks"));
        }
        Brittle(self.0.clone())
    }
}

impl Item for Brittle {
    const OFFERED_AGAIN: bool = true;
}

#[tokio::test]
async fn an_item_whose_own_code_panics_is_offered_again() {
    let (sender, receiver) = edge("a", "b", items(2, WhenFull::Wait));
    let gauge = sender.gauge();
    let out = Outlet::new(vec![sender], StageGauge::new("giver"));
    out.send(Brittle(Arc::default())).await.unwrap();
    drop(out);
    let mut inlet = Inlet::new(vec![receiver]);
    assert!(AssertUnwindSafe(inlet.next()).catch_unwind().await.is_err());
    assert!(matches!(inlet.next().await, Some(Offer::Handle(_))));
    inlet.settle();
    assert!(inlet.next().await.is_none());
    assert_eq!((gauge.read().received, gauge.read().taken), (1, 1));
}

proptest! {
    /// Any order of sends and takes, any policy: the edge never holds more than its size, nothing goes uncounted, the
    /// order is kept, and a coalescing edge loses no final.
    #[test]
    fn an_edge_keeps_its_bound_and_its_books(
        size in 1usize..6,
        policy in 0usize..4,
        steps in prop::collection::vec((any::<bool>(), 0u32..3, any::<bool>()), 0..120),
    ) {
        let when_full =
            [WhenFull::Wait, WhenFull::DropOldest, WhenFull::DropNewest, WhenFull::Coalesce][policy];
        let (sender, receiver) = edge("a", "b", items(size, when_full));
        let gauge = sender.gauge();
        let out = outlet(vec![sender]);
        let mut inlet = Inlet::new(vec![receiver]);
        let (mut segment, mut revision) = (0, 0);
        let (mut finals, mut taken) = (Vec::new(), Vec::new());
        for (send, _, ends) in steps {
            if send {
                let note = Note { segment, revision, last: ends };
                // Full and waiting: the send is called off, as when a stage is ended.
                if out.send(note).now_or_never().is_some() && ends {
                    finals.push(segment);
                }
                revision += 1;
                if ends {
                    (segment, revision) = (segment + 1, 0);
                }
            } else if let Some(Some(Offer::Handle(note))) = inlet.next().now_or_never() {
                taken.push(note);
            }
            let read = gauge.read();
            prop_assert!(read.depth <= size && read.high_water <= size);
            prop_assert_eq!(read.received, read.taken + read.dropped + read.coalesced + read.depth as u64);
        }
        while let Some(Some(Offer::Handle(note))) = inlet.next().now_or_never() {
            taken.push(note);
        }
        let order: Vec<_> = taken.iter().map(|it| (it.segment, it.revision)).collect();
        prop_assert!(order.is_sorted());
        if matches!(when_full, WhenFull::Coalesce | WhenFull::Wait) {
            let seen: Vec<_> = taken.iter().filter(|it| it.last).map(|it| it.segment).collect();
            prop_assert_eq!(seen, finals);
        }
    }
}
