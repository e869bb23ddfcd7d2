//! An output that several threads write to: what a call writes stays together.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An output behind a lock. Until a program has a second thread it writes without one.
#[derive(Clone)]
pub(super) struct SharedOutput(Arc<Mutex<Box<dyn Write + Send>>>);

impl SharedOutput {
    /// Puts a lock before an output; its place holds one with it then.
    pub fn of(place: &mut Box<dyn Write + Send>) -> SharedOutput {
        let output = std::mem::replace(place, Box::new(io::sink()));
        let shared = SharedOutput(Arc::new(Mutex::new(output)));
        *place = Box::new(shared.clone());
        shared
    }

    /// A panic while it was written to ends the process.
    fn lock(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for SharedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}
