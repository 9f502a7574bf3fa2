//! A setting of a stage that may be changed while the stage runs.
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by the stage, which reads it before each piece of work, and whoever changes it.
#[derive(Debug)]
pub struct Setting<T>(Arc<Mutex<(u64, Arc<T>)>>);

impl<T> Setting<T> {
    pub fn new(value: T) -> Setting<T> {
        Setting(Arc::new(Mutex::new((0, Arc::new(value)))))
    }

    /// What it is now, and how often it was changed.
    pub fn get(&self) -> (u64, Arc<T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it; an error changes nothing.
    pub fn change<E>(&self, change: impl FnOnce(&T) -> Result<T, E>) -> Result<(), E> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = change(&held.1)?;
        *held = (held.0 + 1, Arc::new(value));
        Ok(())
    }
}

impl<T> Clone for Setting<T> {
    fn clone(&self) -> Setting<T> {
        Setting(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_all_and_one_that_fails_by_nobody() {
        let one = Setting::new(1);
        let other = one.clone();
        assert_eq!(other.change(|it| Ok::<i32, ()>(it + 1)), Ok(()));
        assert_eq!(one.get(), (1, Arc::new(2)));
        assert_eq!(one.change(|_| Err("no")), Err("no"));
        assert_eq!(other.get(), (1, Arc::new(2)));
    }
}
