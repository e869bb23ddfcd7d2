//! Standard output and standard error as the command and its programs write them.
//!
//! The standard library's handles take a closed descriptor for success and keep the
//! beginning of a line to themselves, so that what fails at the end fails in silence.
//! Here every byte goes to the system at once, and every refusal is told. A reader that
//! went away is no failure: it wanted no more.

use super::{exit, interrupt, report};
use ruff::engine::Interruption;
use std::cell::UnsafeCell;
use std::io::{self, ErrorKind, Write};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

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

/// Output that has been written and is waiting to be handed on.
struct Waiting {
    /// Where it goes.
    descriptor: i32,
    len: AtomicUsize,
    bytes: [UnsafeCell<u8>; 1 << 16],
}

/// The buffer that was made last, for where the process has to end at once.
static LAST: AtomicPtr<Waiting> = AtomicPtr::new(null_mut());

/// A standard stream with a buffer.
pub struct Buffered<W: Write> {
    /// Owned; a static may refer to it.
    waiting: *mut Waiting,
    to: W,
}

// SAFETY: the buffer belongs to this alone, but for a process that ends.
unsafe impl<W: Write + Send> Send for Buffered<W> {}

impl<W: Write> Buffered<W> {
    pub fn new(to: W, descriptor: i32) -> Buffered<W> {
        let waiting = Box::into_raw(Box::new(Waiting {
            descriptor,
            len: AtomicUsize::new(0),
            bytes: [const { UnsafeCell::new(0) }; 1 << 16],
        }));
        LAST.store(waiting, Ordering::Release);
        Buffered { waiting, to }
    }

    fn waiting(&self) -> &Waiting {
        // SAFETY: alive as long as this is.
        unsafe { &*self.waiting }
    }

    fn len(&self) -> usize {
        self.waiting().len.load(Ordering::Relaxed)
    }

    /// The bytes from some place on.
    fn place(&self, at: usize) -> *mut u8 {
        self.waiting().bytes[at..].as_ptr().cast::<u8>().cast_mut()
    }

    fn hand_on(&mut self) -> io::Result<()> {
        loop {
            let len = self.len();
            if len == 0 {
                return Ok(());
            }
            // SAFETY: so many bytes; nothing writes them meanwhile.
            let bytes = unsafe { std::slice::from_raw_parts(self.place(0), len) };
            match self.to.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let rest = len - written;
                    // SAFETY: both lie within the bytes.
                    unsafe { self.place(written).copy_to(self.place(0), rest) };
                    self.waiting().len.store(rest, Ordering::Release);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<W: Write> Write for Buffered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.waiting().bytes.len();
        if self.len() + bytes.len() > room {
            self.hand_on()?;
        }
        if bytes.len() >= room {
            return self.to.write(bytes);
        }
        let len = self.len();
        // SAFETY: there is room for them.
        unsafe { bytes.as_ptr().copy_to(self.place(len), bytes.len()) };
        self.waiting()
            .len
            .store(len + bytes.len(), Ordering::Release);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Buffered<W> {
    fn drop(&mut self) {
        // An error has nowhere to go; code that wants to hear of it flushes
        // before.
        let _ = self.flush();
        let _ = LAST.compare_exchange(
            self.waiting,
            null_mut(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        // SAFETY: it came from a box, and nothing refers to it any more.
        drop(unsafe { Box::from_raw(self.waiting) });
    }
}

/// Writes what is waiting, where the process ends at once and nothing may be allocated.
#[cfg(unix)]
pub fn write_waiting() {
    // SAFETY: the buffer is alive as long as the static refers to it, and so many of its
    // bytes have been written.
    unsafe {
        let Some(waiting) = LAST.swap(null_mut(), Ordering::AcqRel).as_ref() else {
            return;
        };
        let len = waiting.len.load(Ordering::Acquire);
        let mut bytes = std::slice::from_raw_parts(waiting.bytes.as_ptr().cast::<u8>(), len);
        while !bytes.is_empty() {
            let written = libc::write(waiting.descriptor, bytes.as_ptr().cast(), bytes.len());
            let Ok(written @ 1..) = usize::try_from(written) else {
                return;
            };
            bytes = &bytes[written..];
        }
    }
}

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
