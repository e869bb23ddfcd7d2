//! Ctrl-C: the first one asks the running program to end at its next loop
//! round, the second ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

#[cfg(unix)]
static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Sets `flag` when the user interrupts.
#[cfg(unix)]
pub fn install(flag: Arc<AtomicBool>) {
    extern "C" fn handle(_: libc::c_int) {
        if let Some(flag) = FLAG.get()
            && !flag.swap(true, std::sync::atomic::Ordering::Relaxed)
        {
            return;
        }
        // SAFETY: ends the process without running anything else.
        unsafe { libc::_exit(i32::from(super::exit::INTERRUPTED)) };
    }
    if FLAG.set(flag).is_ok() {
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
pub fn install(_: Arc<AtomicBool>) {}
