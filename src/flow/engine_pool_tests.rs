//! Engines that are lent: in which order, and what becomes of those that panic, fail or are no longer waited for.
use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    task::Poll,
};

use futures::poll;

use super::*;

/// Its number, counted from 1 in the order in which they were made.
type Numbered = usize;

/// A pool whose engines bear numbers, and how many were made.
fn pool(size: usize) -> (EnginePool<Numbered>, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    let make = move || {
        let number = count.fetch_add(1, Relaxed) + 1;
        async move {
            let made = Engine::start("engine", move || Ok::<_, Fault>(number)).await;
            made.map_err(|error| Fault::transient(error.to_string()))
        }
    };
    (EnginePool::new(size, make), made)
}

/// Work that ends when the test lets it.
fn held() -> (SyncSender<()>, impl FnOnce(&mut Numbered) -> Numbered + Send) {
    let (release, released): (SyncSender<()>, Receiver<()>) = sync_channel(1);
    let work = move |number: &mut Numbered| {
        released.recv().expect("the test lets it end");
        *number
    };
    (release, work)
}

fn never<T>(_: &T) -> bool {
    false
}

#[tokio::test(start_paused = true)]
async fn nobody_who_waits_is_overtaken() {
    let (pool, made) = pool(2);
    let (first, second) = (pool.lend().await.unwrap(), pool.lend().await.unwrap());
    // They come in this order, and each is in the queue before the next comes.
    let mut waiting: Vec<_> = (0..5).map(|_| Box::pin(pool.lend())).collect();
    for (count, lend) in waiting.iter_mut().enumerate() {
        assert!(poll!(lend).is_pending());
        assert_eq!(pool.read(), PoolReading { size: 2, lent: 2, waiting: count + 1 });
    }
    let mut lent = vec![first, second];
    for _ in 0..5 {
        // A newcomer, and whoever had one, stand behind those who wait.
        drop(lent.remove(0));
        let mut newcomer = Box::pin(pool.lend());
        assert!(poll!(&mut newcomer).is_pending());
        let mut next = waiting.remove(0);
        for later in &mut waiting {
            assert!(poll!(later).is_pending());
        }
        let Poll::Ready(loan) = poll!(&mut next) else { panic!("it is the turn of the next one") };
        lent.push(loan.unwrap());
    }
    assert_eq!(made.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn engines_are_made_when_they_are_needed_and_no_more_than_that() {
    let (pool, made) = pool(3);
    assert_eq!(made.load(Relaxed), 0);
    let (one, another) = tokio::join!(pool.prepare(), pool.prepare());
    one.and(another).unwrap();
    assert_eq!(made.load(Relaxed), 1, "one is enough to begin with");
    for _ in 0..10 {
        pool.lend().await.unwrap().call(|it| *it, never).await.unwrap();
    }
    assert_eq!(made.load(Relaxed), 1);
    let (one, another) = (pool.lend().await.unwrap(), pool.lend().await.unwrap());
    drop((one, another));
    assert_eq!(made.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_own_call_and_another_engine_takes_the_place() {
    let (pool, made) = pool(2);
    let (bad, good) = (pool.lend().await.unwrap(), pool.lend().await.unwrap());
    let (release, work) = held();
    let mut good = Box::pin(good.call(work, never));
    assert!(poll!(&mut good).is_pending());
    let failed = bad.call(|_| -> () { panic!("as the test says") }, never).await;
    assert!(matches!(failed, Err(Fault::Panicked(why)) if why.contains("as the test says")));
    release.send(()).unwrap();
    assert_eq!(good.await.unwrap(), 2, "the other call goes on");
    let again = [pool.lend().await.unwrap(), pool.lend().await.unwrap()];
    let mut numbers = Vec::new();
    for loan in again {
        numbers.push(loan.call(|it| *it, never).await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!((numbers, made.load(Relaxed)), (vec![2, 3], 3));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_a_result_calls_spoilt_is_not_lent_again() {
    let (pool, _) = pool(1);
    let call = async |spoils: bool| {
        pool.lend().await.unwrap().call(|it| *it, move |_| spoils).await.unwrap()
    };
    assert_eq!((call(false).await, call(true).await, call(false).await), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_gives_back_what_was_lent_once_the_engine_is_free() {
    let (pool, made) = pool(1);
    let (release, work) = held();
    let mut call = Box::pin(pool.lend().await.unwrap().call(work, never));
    assert!(poll!(&mut call).is_pending());
    let mut gone = Box::pin(pool.lend());
    let mut next = Box::pin(pool.lend());
    assert!(poll!(&mut gone).is_pending() && poll!(&mut next).is_pending());
    drop((call, gone));
    // The engine is still at work.
    assert!(poll!(&mut next).is_pending());
    assert_eq!(pool.read().waiting, 1);
    release.send(()).unwrap();
    let loan = next.await.unwrap();
    assert_eq!(loan.call(|it| *it, never).await.unwrap(), 1);
    assert_eq!((pool.read().lent, made.load(Relaxed)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_cannot_be_made_is_a_fault_and_its_turn_is_given_back() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = tries.clone();
    let pool = EnginePool::<()>::new(1, move || {
        count.fetch_add(1, Relaxed);
        async { Err(Fault::permanent("no room")) }
    });
    for _ in 0..2 {
        assert!(pool.prepare().await.is_err());
        assert!(pool.lend().await.is_err());
    }
    assert_eq!((tries.load(Relaxed), pool.read().lent), (4, 0));
}
