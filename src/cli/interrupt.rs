//! Ctrl-C: the first one asks the running program to end at its next loop
//! round or call, the second ends the process at once.

use crate::vm::attention::{Bell, INTERRUPT};
use std::sync::OnceLock;

#[cfg(unix)]
static BELL: OnceLock<Bell> = OnceLock::new();

/// Rings `bell` when the user interrupts.
#[cfg(unix)]
pub fn install(bell: Bell) {
    extern "C" fn handle(_: libc::c_int) {
        if let Some(bell) = BELL.get()
            && bell.ring(INTERRUPT) & INTERRUPT == 0
        {
            return;
        }
        // SAFETY: ends the process without running anything else.
        unsafe { libc::_exit(i32::from(super::exit::INTERRUPTED)) };
    }
    if BELL.set(bell).is_ok() {
        // SAFETY: the handler does only what is allowed in one: atomic operations
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
pub fn install(_: Bell) {}
