//! Ctrl-C: the first one asks the running program to end at its next loop
//! round or call, the second ends the process at once.

use ruff::engine::InterruptHandle;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The handle of the machine that is to be stopped; never freed.
static HANDLE: AtomicPtr<InterruptHandle> = AtomicPtr::new(null_mut());
/// Signal handlers that may be using a handle.
static HANDLERS: AtomicUsize = AtomicUsize::new(0);

/// Stops the machine of `interrupts`, and no other, when the user interrupts from now
/// on. A machine that was named before is not reached any more when this returns.
#[cfg(unix)]
pub fn install(interrupts: InterruptHandle) {
    extern "C" fn handle(_: libc::c_int) {
        HANDLERS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: handles are never freed.
        let interrupts = unsafe { HANDLE.load(Ordering::SeqCst).as_ref() };
        let first = interrupts.is_some_and(|handle| handle.stop());
        HANDLERS.fetch_sub(1, Ordering::SeqCst);
        if !first {
            // SAFETY: ends the process without running anything else.
            unsafe { libc::_exit(i32::from(super::exit::INTERRUPTED)) };
        }
    }
    let before = HANDLE.swap(Box::into_raw(Box::new(interrupts)), Ordering::SeqCst);
    while HANDLERS.load(Ordering::SeqCst) > 0 {
        std::hint::spin_loop();
    }
    if before.is_null() {
        // SAFETY: the handler does only what is allowed in one: atomic operations
        // and `_exit`. Without flags, what waits for input hears of the signal.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handle as extern "C" fn(libc::c_int) as libc::sighandler_t;
            libc::sigaction(libc::SIGINT, &action, null_mut());
        }
    }
}

/// Asks what runs to end, as Ctrl-C does.
pub fn request() {
    // SAFETY: handles are never freed.
    if let Some(interrupts) = unsafe { HANDLE.load(Ordering::SeqCst).as_ref() } {
        interrupts.stop();
    }
}

/// Whether the running program is to end.
pub fn is_requested() -> bool {
    // SAFETY: handles are never freed.
    let interrupts = unsafe { HANDLE.load(Ordering::SeqCst).as_ref() };
    interrupts.is_some_and(|handle| handle.is_stopping())
}

/// Has the system give the signal to another thread than this one, which only waits: to
/// the one that runs programs, so that what waits for input there hears of it.
#[cfg(unix)]
pub fn leave_to_other_threads() {
    // SAFETY: blocks a signal for this thread.
    unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut signals);
        libc::sigaddset(&mut signals, libc::SIGINT);
        libc::pthread_sigmask(libc::SIG_BLOCK, &signals, null_mut());
    }
}

#[cfg(not(unix))]
pub fn leave_to_other_threads() {}

/// Other systems end the process by themselves.
#[cfg(not(unix))]
pub fn install(_: InterruptHandle) {}
