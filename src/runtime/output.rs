//! The outputs of a program: text goes out through [`State`], and what the system
//! refuses comes back as a fault.

use super::{ErrorKind, Fallible, Fault, State};
use std::io;

impl State {
    /// Writes to standard output.
    ///
    /// # Errors
    /// If the system refuses, now or when an earlier text reaches it.
    pub fn put_out(&mut self, text: &str) -> Fallible<()> {
        let mut written = self.out.write_all(text.as_bytes());
        if written.is_ok() && self.line_buffered && text.contains('\n') {
            written = self.out.flush();
        }
        written.map_err(|error| failed("standard output", &error))
    }

    /// Writes to standard error.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn put_err(&mut self, text: &str) -> Fallible<()> {
        let written = self.err.write_all(text.as_bytes());
        let written = written.and_then(|()| self.err.flush());
        written.map_err(|error| failed("standard error", &error))
    }

    /// Hands on what standard output has kept: before anything that others may see or
    /// wait for.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn flush_out(&mut self) -> Fallible<()> {
        (self.out.flush()).map_err(|error| failed("standard output", &error))
    }
}

/// The error of an output that gave up waiting since the program is to end (Ctrl-C).
#[derive(Debug)]
pub struct Interruption;

impl std::fmt::Display for Interruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interruption {}

/// A reader that went away ends the program quietly.
#[cold]
fn failed(stream: &str, error: &io::Error) -> Box<Fault> {
    match error.kind() {
        _ if error.get_ref().is_some_and(|e| e.is::<Interruption>()) => {
            Box::new(Fault::Interrupted)
        }
        io::ErrorKind::BrokenPipe => Box::new(Fault::OutputClosed),
        _ => Fault::new(ErrorKind::Io, format!("Cannot write {stream}: {error}")),
    }
}
