//! Ctrl-C: the first one asks the running program to end at its next loop
//! round or call, the second ends the process at once.

use crate::vm::interrupts::{InterruptHandle, STOP};
use std::sync::OnceLock;

#[cfg(unix)]
static HANDLE: OnceLock<InterruptHandle> = OnceLock::new();

/// Stops the machine of `interrupts` when the user interrupts.
#[cfg(unix)]
pub fn install(interrupts: InterruptHandle) {
    extern "C" fn handle(_: libc::c_int) {
        if let Some(interrupts) = HANDLE.get()
            && interrupts.request(STOP) & STOP == 0
        {
            return;
        }
        // SAFETY: ends the process without running anything else.
        unsafe { libc::_exit(i32::from(super::exit::INTERRUPTED)) };
    }
    if HANDLE.set(interrupts).is_ok() {
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
pub fn install(_: InterruptHandle) {}
