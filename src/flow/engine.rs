//! A thread of its own for something that blocks: it is lent out per call, and async code only awaits.
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Fault;

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// Owns a `T` on a named thread. Dropping the last handle ends the thread after the call it is at.
pub struct Engine<T> {
    jobs: mpsc::Sender<Job<T>>,
    name: String,
    /// Cancelled when the `T` was dropped.
    gone: CancellationToken,
}

/// Another handle of the same thread.
impl<T> Clone for Engine<T> {
    fn clone(&self) -> Engine<T> {
        Engine { jobs: self.jobs.clone(), name: self.name.clone(), gone: self.gone.clone() }
    }
}

impl<T: 'static> Engine<T> {
    /// Makes the `T` on the new thread, so it need not be `Send`. Returns when it stands.
    pub async fn start<E: Send + 'static>(
        name: &str,
        make: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Engine<T>, EngineError<E>> {
        // One call at a time: whoever lends it waits for the answer.
        let (jobs, mut inbox) = mpsc::channel::<Job<T>>(1);
        let (ready, made) = oneshot::channel();
        let gone = CancellationToken::new();
        let ended = gone.clone();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let spawned = thread.spawn(move || match catch_unwind(AssertUnwindSafe(make)) {
            Ok(Ok(mut value)) => {
                if ready.send(Ok(())).is_err() {
                    return;
                }
                while let Some(job) = inbox.blocking_recv() {
                    job(&mut value);
                }
                drop(value);
                ended.cancel();
            }
            Ok(Err(error)) => drop(ready.send(Err(EngineError::Make(error)))),
            Err(panic) => drop(ready.send(Err(EngineError::Fault(Fault::panicked(&*panic))))),
        });
        spawned.map_err(|error| EngineError::Fault(Fault::transient(error)))?;
        let no_thread =
            || Err(EngineError::Fault(Fault::Panicked("the engine's thread is gone".to_owned())));
        made.await.unwrap_or_else(|_| no_thread())?;
        Ok(Engine { jobs, name: name.to_owned(), gone })
    }

    /// Lets go of it, and returns once the `T` is dropped: where there are clones, once the last one has let go.
    pub async fn end(self) {
        drop(self.jobs);
        self.gone.cancelled().await;
    }

    /// Runs `work` on the thread. A panic of `work` is a fault; the `T` may be half changed then, so start a new engine.
    pub async fn call<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, Fault> {
        let (answer, answered) = oneshot::channel();
        let job: Job<T> = Box::new(move |value| {
            let result = catch_unwind(AssertUnwindSafe(|| work(value)));
            // Whoever asked may have gone away meanwhile.
            let _ = answer.send(result.map_err(|panic| Fault::panicked(&*panic)));
        });
        let gone = || Fault::Panicked(format!("the thread of {} is gone", self.name));
        self.jobs.send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Why an engine could not be started: its own reason, or a fault of the thread.
#[derive(Debug, thiserror::Error)]
pub enum EngineError<E> {
    #[error("{0}")]
    Make(E),
    #[error("{0}")]
    Fault(Fault),
}
