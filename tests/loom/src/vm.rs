//! A machine as far as the others see it: its inbox, its word of interrupts.

use crate::runtime::Inbox;
use crate::sync::atomic::AtomicBool;
use std::sync::Arc;

pub mod interrupts {
    pub const CANCEL: u8 = 4;
    pub const END: u8 = 8;

    pub struct InterruptHandle;

    impl InterruptHandle {
        pub fn stop(&self) {}

        pub fn request(&self, _: u8) {}
    }
}

pub struct ThreadState {
    pub cancelled: Arc<AtomicBool>,
}

pub struct Vm {
    pub inbox: Arc<Inbox>,
    pub threads: ThreadState,
}

impl Vm {
    pub fn new(inbox: &Arc<Inbox>) -> Vm {
        let cancelled = Arc::new(AtomicBool::new(false));
        Vm {
            inbox: inbox.clone(),
            threads: ThreadState { cancelled },
        }
    }

    /// # Safety
    /// None is needed here.
    pub unsafe fn interrupt_handle(&self) -> interrupts::InterruptHandle {
        interrupts::InterruptHandle
    }
}

pub mod threads {
    pub mod work {
        /// The work of a thread, which is not done here.
        pub struct Work;
    }

    pub mod program {
        include!(concat!(env!("OUT_DIR"), "/program.rs"));
    }
}
