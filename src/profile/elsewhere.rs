//! How the clock learns what runs where it knows no registers: it reads what the
//! machine and its compiled code store.

use super::clock::Watch;
use std::sync::Arc;

/// Whether compiled code has to store which frame runs.
pub const NEEDS_FRAME: bool = true;

/// The thread of a machine.
pub struct Thread;

impl Thread {
    /// This thread, which is watched from now on.
    pub fn this(_: &Arc<Watch>) -> Thread {
        Thread
    }

    /// Notes what the thread runs.
    pub fn note(&self, watch: &Watch) {
        watch.note(None);
    }

    /// This thread is not watched any more.
    pub fn forget() {}
}
