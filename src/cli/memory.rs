//! Memory that the system refuses (`ulimit -v`) where no error can be thrown: small
//! buffers of the command and of libraries, cells of a program that caught every error
//! and went on. The standard library aborts the process then. The command says what is
//! wrong, writes what standard output has kept, and ends with the code of an uncaught error.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's allocator, which notes that the system has refused memory.
pub struct Watched;

static REFUSED: AtomicBool = AtomicBool::new(false);

#[inline(always)]
fn noted(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        REFUSED.store(true, Ordering::Relaxed);
    }
    memory
}

// SAFETY: everything is done by the system's allocator.
unsafe impl GlobalAlloc for Watched {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        noted(unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        noted(unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        noted(unsafe { System.realloc(memory, layout, size) })
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Has an abort of the process end it with a message and an exit code, if memory was
/// refused before.
#[cfg(unix)]
pub fn report_refusals() {
    const MESSAGE: &str = "error: Out of memory: the system has no more for this process\n";
    extern "C" fn handle(_: libc::c_int) {
        // SAFETY: writes bytes, ends the process, or sets what the signal does; all of
        // them are allowed here. Without the handler the abort goes on.
        unsafe {
            if REFUSED.load(Ordering::Relaxed) {
                super::output::write_waiting();
                libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
                libc::_exit(i32::from(super::exit::UNCAUGHT));
            }
            libc::signal(libc::SIGABRT, libc::SIG_DFL);
        }
    }
    // SAFETY: the handler does only what is allowed in one.
    unsafe {
        let handle = handle as extern "C" fn(libc::c_int);
        libc::signal(libc::SIGABRT, handle as libc::sighandler_t);
    }
}

#[cfg(not(unix))]
pub fn report_refusals() {}
