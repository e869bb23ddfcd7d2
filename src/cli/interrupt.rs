//! Ctrl-C: the first one asks the running program to end at its next loop
//! round, the second ends the process at once.

use crate::vm::attention::INTERRUPT;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(unix)]
static WORD: OnceLock<Arc<AtomicU8>> = OnceLock::new();

/// Asks for the end of a machine with this attention word when the user interrupts.
#[cfg(unix)]
pub fn install(word: Arc<AtomicU8>) {
    extern "C" fn handle(_: libc::c_int) {
        if let Some(word) = WORD.get()
            && word.fetch_or(INTERRUPT, Ordering::Relaxed) & INTERRUPT == 0
        {
            return;
        }
        // SAFETY: ends the process without running anything else.
        unsafe { libc::_exit(i32::from(super::exit::INTERRUPTED)) };
    }
    if WORD.set(word).is_ok() {
        // SAFETY: the handler does only what is allowed in one: an atomic store
        // and `_exit`.
        unsafe {
            libc::signal(
                libc::SIGINT,
                handle as extern "C" fn(libc::c_int) as libc::sighandler_t,
            );
        }
    }
}

/// Other systems end the process by themselves.
#[cfg(not(unix))]
pub fn install(_: Arc<AtomicU8>) {}
