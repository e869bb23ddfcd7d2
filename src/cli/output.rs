//! Standard output and standard error as the command and its programs write them.
//!
//! The standard library's handles take a closed descriptor for success and keep the
//! beginning of a line to themselves, so that what fails at the end fails in silence.
//! Here every byte goes to the system at once, and every refusal is told. A reader that
//! went away is no failure: it wanted no more.

use super::{exit, interrupt, report};
use ruff::engine::Interruption;
use std::io::{self, ErrorKind, Write};

/// A standard stream without a buffer.
#[cfg(unix)]
pub struct Stream(std::mem::ManuallyDrop<std::fs::File>);

#[cfg(unix)]
impl Stream {
    fn new(descriptor: libc::c_int) -> Stream {
        use std::os::fd::FromRawFd;
        // SAFETY: the standard descriptors are open when the process starts and are never
        // closed, by this file neither.
        Stream(std::mem::ManuallyDrop::new(unsafe {
            std::fs::File::from_raw_fd(descriptor)
        }))
    }
}

/// A pipe that takes anything takes so many bytes without waiting.
#[cfg(unix)]
const AT_ONCE: usize = 4096;

#[cfg(unix)]
impl Stream {
    /// Whether the system takes bytes without waiting.
    fn is_ready(&self) -> bool {
        use std::os::fd::AsRawFd;
        let mut wanted = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: looks at one descriptor, and does not wait.
        unsafe { libc::poll(&mut wanted, 1, 0) != 0 }
    }
}

/// Ctrl-C ends a write that waits for a reader, and what the program still had to write
/// goes as far as it is taken at once.
#[cfg(unix)]
impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut part = bytes;
        if interrupt::is_requested() {
            if !self.is_ready() {
                return Err(io::Error::other(Interruption));
            }
            part = &bytes[..bytes.len().min(AT_ONCE)];
        }
        match self.0.write(part) {
            Err(error) if error.kind() == ErrorKind::Interrupted && interrupt::is_requested() => {
                Err(io::Error::other(Interruption))
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
pub fn stdout() -> Stream {
    Stream::new(libc::STDOUT_FILENO)
}

#[cfg(unix)]
pub fn stderr() -> Stream {
    Stream::new(libc::STDERR_FILENO)
}

#[cfg(not(unix))]
pub use io::{stderr, stdout};

/// Writes text of the command's own to standard output. A failure has been reported.
///
/// # Errors
/// The exit code to end with.
pub fn put(text: &str) -> Result<(), u8> {
    written(&mut stdout(), text).map_err(|error| {
        report(&format!("error: Cannot write standard output: {error}\n"));
        exit::UNREADABLE
    })
}

/// Writes a report that was asked for to standard error.
///
/// # Errors
/// The exit code to end with.
pub fn put_report(text: &str) -> Result<(), u8> {
    written(&mut stderr(), text).map_err(|_| exit::UNREADABLE)
}

fn written(to: &mut impl Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
