//! How the clock learns what runs, where a signal handler can tell: from the
//! registers of the machine's thread, so that compiled code need not say it.

use super::clock::Watch;
use crate::vm::interrupts::Registers;
use std::cell::Cell;
use std::ptr::null;
use std::sync::Arc;

/// Whether compiled code has to store which frame runs.
pub const NEEDS_FRAME: bool = false;

thread_local! {
    /// The clock's that watches this thread, if one does.
    static WATCH: Cell<*const Watch> = const { Cell::new(null()) };
}

/// The thread of a machine.
pub struct Thread(libc::pthread_t);

impl Thread {
    /// This thread, which is watched from now on.
    pub fn this(watch: &Arc<Watch>) -> Thread {
        WATCH.set(Arc::as_ptr(watch));
        // SAFETY: the handler does only what is allowed in one: atomic operations,
        // and loads of what is there as long as it is found. It stays, for a signal
        // may still be on its way when nothing is watched any more.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let handler: extern "C" fn(_, _, _) = handle;
            action.sa_sigaction = handler as libc::sighandler_t;
            // Built-ins that wait for the system are not to notice.
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigaction(libc::SIGPROF, &action, std::ptr::null_mut());
            Thread(libc::pthread_self())
        }
    }

    /// Has the thread note what it runs.
    pub fn note(&self, _: &Watch) {
        // SAFETY: the thread waits for the clock's end before its own.
        unsafe { libc::pthread_kill(self.0, libc::SIGPROF) };
    }

    /// This thread is not watched any more.
    pub fn forget() {
        WATCH.set(null());
    }
}

extern "C" fn handle(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let watch = WATCH.get();
    if !watch.is_null() {
        // SAFETY: the watch is there until it is forgotten, by this thread; the
        // system gives the context.
        unsafe { (*watch).note(Some(registers(&*context.cast()))) };
    }
}

/// The machine register of [`crate::jit`]'s running frame is `r14` here.
#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> Registers {
    let all = &context.uc_mcontext.gregs;
    Registers {
        pc: all[libc::REG_RIP as usize] as usize,
        frame: all[libc::REG_R14 as usize] as *mut _,
    }
}

/// The machine register of [`crate::jit`]'s running frame is `x21` here.
#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> Registers {
    Registers {
        pc: context.uc_mcontext.pc as usize,
        frame: context.uc_mcontext.regs[21] as *mut _,
    }
}
