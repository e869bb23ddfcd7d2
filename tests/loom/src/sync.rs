//! Loom's locks and atomic numbers, under the names that the sources use. Waits with a time end
//! by a notification only, so one that is missed is found.

pub use loom::sync::{Mutex, MutexGuard};
pub use std::sync::{Arc, OnceLock, PoisonError};

pub mod atomic {
    pub use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
}

use std::sync::LockResult;
use std::time::Duration;

#[derive(Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar::default()
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait_timeout<'m, T>(
        &self,
        guard: MutexGuard<'m, T>,
        _: Duration,
    ) -> LockResult<(MutexGuard<'m, T>, ())> {
        match self.0.wait(guard) {
            Ok(guard) => Ok((guard, ())),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), ()))),
        }
    }
}
