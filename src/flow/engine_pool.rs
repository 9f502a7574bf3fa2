//! Engines that several stages share: each is lent for one call, to whoever has waited longest.
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};

use super::{Engine, Fault, reading::PoolReading};

type Making<T> = Pin<Box<dyn Future<Output = Result<Engine<T>, Fault>> + Send>>;

/// Lends up to so many engines. They are made when they are first needed, and made anew after a call that spoilt one.
/// Clones lend the same engines.
pub struct EnginePool<T>(Arc<Shared<T>>);

struct Shared<T> {
    size: usize,
    make: Box<dyn Fn() -> Making<T> + Send + Sync>,
    idle: Mutex<Vec<Engine<T>>>,
    /// One for each engine that there may be. Its queue is first come, first served: nobody who waits is overtaken.
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    preparing: AsyncMutex<()>,
}

impl<T: 'static> EnginePool<T> {
    /// Of at most `size` engines, and of one at least.
    pub fn new<F: Future<Output = Result<Engine<T>, Fault>> + Send + 'static>(
        size: usize,
        make: impl Fn() -> F + Send + Sync + 'static,
    ) -> EnginePool<T> {
        let size = size.max(1);
        EnginePool(Arc::new(Shared {
            size,
            make: Box::new(move || Box::pin(make())),
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(size)),
            waiting: AtomicUsize::new(0),
            preparing: AsyncMutex::default(),
        }))
    }

    /// Waits for a turn, and for the engine to be made where there is none yet. Whoever stops waiting leaves the queue.
    pub async fn lend(&self) -> Result<Loan<T>, Fault> {
        let waiting = Waiting::on(&self.0.waiting);
        let turn = self.0.turns.clone().acquire_owned().await;
        drop(waiting);
        let gone = |_| Fault::Panicked("the engines are gone".to_owned());
        let turn = turn.map_err(gone)?;
        let idle = self.0.idle().pop();
        let engine = match idle {
            Some(engine) => engine,
            None => (self.0.make)().await?,
        };
        Ok(Loan { engine: Some(engine), pool: self.0.clone(), _turn: turn })
    }

    /// Returns when there is an engine: why there can be none shows at the start, and the first call takes its usual time.
    pub async fn prepare(&self) -> Result<(), Fault> {
        let _alone = self.0.preparing.lock().await;
        let is_there = self.read().lent > 0 || !self.0.idle().is_empty();
        if is_there { Ok(()) } else { self.lend().await.map(drop) }
    }

    pub fn read(&self) -> PoolReading {
        let size = self.0.size;
        let lent = size - self.0.turns.available_permits();
        PoolReading { size, lent, waiting: self.0.waiting.load(Relaxed) }
    }
}

/// One engine that is there, which nothing takes the place of once it is spoilt.
impl<T: 'static> From<Engine<T>> for EnginePool<T> {
    fn from(engine: Engine<T>) -> EnginePool<T> {
        let gone = || async { Err(Fault::Panicked("the engine is gone".to_owned())) };
        let pool = EnginePool::new(1, gone);
        pool.0.idle().push(engine);
        pool
    }
}

impl<T> Clone for EnginePool<T> {
    fn clone(&self) -> EnginePool<T> {
        EnginePool(self.0.clone())
    }
}

impl<T> Shared<T> {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Engine<T>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One engine, for one call. It goes back when the call is over, or when the loan is dropped without one.
pub struct Loan<T> {
    engine: Option<Engine<T>>,
    pool: Arc<Shared<T>>,
    /// Given back after the engine, so that whoever is next finds it.
    _turn: OwnedSemaphorePermit,
}

impl<T: 'static> Loan<T> {
    /// Runs `work` on the engine's thread. The engine is not lent again after a panic, or where `spoils` says so of the result.
    ///
    /// Where nobody waits for the result any more, the engine goes back once `work` is done, and not before.
    pub async fn call<R: Send + 'static>(
        self,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
        spoils: impl FnOnce(&R) -> bool + Send + 'static,
    ) -> Result<R, Fault> {
        let Some(engine) = &self.engine else {
            return Err(Fault::Panicked("the engine is gone".to_owned()));
        };
        let (engine, loan) = (engine.clone(), self);
        // The loan travels with the work and comes back with the result. On every other way it is dropped with the work.
        let called = engine.call(move |value| {
            let mut loan = loan;
            let result = work(value);
            if spoils(&result) {
                loan.engine = None;
            }
            (result, loan)
        });
        called.await.map(|(result, _loan)| result)
    }
}

impl<T> Drop for Loan<T> {
    fn drop(&mut self) {
        // In a panic the engine is spoilt: what it owns may be half changed.
        if let Some(engine) = self.engine.take().filter(|_| !std::thread::panicking()) {
            self.pool.idle().push(engine);
        }
    }
}

/// Counts one who waits for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn on(count: &AtomicUsize) -> Waiting<'_> {
        count.fetch_add(1, Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
#[path = "engine_pool_tests.rs"]
mod tests;
