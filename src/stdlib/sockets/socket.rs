//! A socket of the system that tasks and threads share. Any of them may wait for it, and any
//! may close it meanwhile.

use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, type_name};
use crate::stdlib::operands::clamped;
use crate::stdlib::outside::race;
use crate::value::Value;
use std::any::Any;
use std::future::Future;
use std::io::{self, ErrorKind as Io};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Handle, Id};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a call waits.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that may be received at once.
pub const MOST_AT_ONCE: usize = 8 << 20;

/// Why a call did not do what it should.
#[derive(Debug)]
pub enum Refusal {
    /// The socket is closed.
    Closed,
    /// It would have to wait, and must not.
    Busy,
    /// It has waited as long as it may.
    Late,
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Io(error)
    }
}

/// A place among the sockets for whose events a runtime waits.
type Registration<S> = Arc<AsyncFd<Arc<S>>>;

/// A socket that never blocks, as long as it is open.
pub struct Socket<S: AsRawFd> {
    open: Mutex<Option<Arc<S>>>,
    /// Tells the waiters that it has been closed.
    closed: Notify,
    /// By runtime: one for each thread that has waited.
    registered: Mutex<Vec<(Id, Registration<S>)>>,
    never_waits: AtomicBool,
}

impl<S: AsRawFd> Socket<S> {
    /// `socket` is in non-blocking mode.
    pub fn new(socket: S) -> Socket<S> {
        Socket {
            open: Mutex::new(Some(Arc::new(socket))),
            closed: Notify::new(),
            registered: Mutex::default(),
            never_waits: AtomicBool::new(false),
        }
    }

    /// The system's socket.
    ///
    /// # Errors
    /// If it is closed.
    pub fn open(&self) -> Result<Arc<S>, Refusal> {
        locked(&self.open).clone().ok_or(Refusal::Closed)
    }

    /// Closes it; whether it was open.
    pub fn close(&self) -> bool {
        let open = locked(&self.open).take();
        locked(&self.registered).clear();
        self.closed.notify_waiters();
        open.is_some()
    }

    pub fn set_never_waits(&self, never: bool) {
        self.never_waits.store(never, Ordering::Relaxed);
    }

    pub fn never_waits(&self) -> bool {
        self.never_waits.load(Ordering::Relaxed)
    }

    /// Does something at once; `None` if it would have to wait.
    ///
    /// # Errors
    /// Those of `work`, or the socket is closed, or must not wait and would have to.
    pub fn at_once<T>(
        &self,
        mut work: impl FnMut(&S) -> io::Result<T>,
    ) -> Result<Option<T>, Refusal> {
        let open = self.open()?;
        loop {
            match work(&open) {
                Ok(done) => return Ok(Some(done)),
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) if error.kind() != Io::WouldBlock => return Err(error.into()),
                Err(_) if self.never_waits() => return Err(Refusal::Busy),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Does something as soon as it can be done: `work` is tried whenever the socket has
    /// become ready for it.
    ///
    /// # Errors
    /// Those of `work`, or the socket is closed meanwhile, or it takes too long.
    pub async fn when_ready<T>(
        &self,
        interest: Interest,
        mut work: impl FnMut(&S) -> io::Result<T>,
    ) -> Result<T, Refusal> {
        // A close after this is noticed.
        let closed = self.closed.notified();
        let socket = self.registration()?;
        let done = async {
            loop {
                let mut ready = socket.ready(interest).await?;
                match ready.try_io(|socket| work(socket.get_ref())) {
                    Ok(Err(error)) if error.kind() == Io::Interrupted => {}
                    Ok(done) => return done,
                    // It was not ready after all.
                    Err(_) => {}
                }
            }
        };
        match timeout(PATIENCE, race(done, closed)).await {
            Ok(Ok(done)) => Ok(done?),
            Ok(Err(())) => Err(Refusal::Closed),
            Err(_) => Err(Refusal::Late),
        }
    }

    /// Its place in the runtime that runs this.
    fn registration(&self) -> Result<Registration<S>, Refusal> {
        let open = self.open()?;
        let runtime = Handle::current().id();
        let mut registered = locked(&self.registered);
        if let Some((_, known)) = registered.iter().find(|(id, _)| *id == runtime) {
            return Ok(known.clone());
        }
        // SAFETY: a socket of the standard library has one descriptor, which stays open as long
        // as this share of it.
        let new = unsafe { AsyncFd::register(open) };
        let new = Arc::new(new.map_err(io::Error::from)?);
        registered.push((runtime, new.clone()));
        Ok(new)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that holds such a lock can leave its data half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A future that may take as long as a call may wait.
///
/// # Errors
/// Those of the future, or it takes too long.
pub async fn patiently<T>(
    future: impl Future<Output = Result<T, impl Into<Refusal>>>,
) -> Result<T, Refusal> {
    match timeout(PATIENCE, future).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Refusal::Late),
    }
}

/// The socket of argument 0, which is a handle of this type.
pub fn socket_arg<T: Any + Send + Sync>(args: Args) -> Arc<T> {
    let share = args.get(0).share_of_handle().clone();
    share.downcast().expect("a handle of its type")
}

/// The fault of a refused call that has the socket in argument 0: `what` says what it was to
/// do, to or from where.
#[cold]
pub fn refused(name: &str, socket: &str, what: &str, refusal: Refusal) -> Box<Fault> {
    match refusal {
        Refusal::Closed => {
            let message = format!("{name}() expects an open {socket}; got a closed one");
            Fault::new(ErrorKind::State, message)
        }
        Refusal::Late => {
            let seconds = PATIENCE.as_secs();
            let message = format!("Cannot {what}: it took longer than {seconds} seconds");
            Fault::new(ErrorKind::Timeout, message)
        }
        Refusal::Busy => {
            let message = format!("Cannot {what}: it would have to wait");
            Fault::new(ErrorKind::Timeout, message)
        }
        Refusal::Io(error) => {
            let message = format!("Cannot {what}: {error}");
            Fault::new(ErrorKind::Network, message)
        }
    }
}

/// The name of the type of argument 0.
pub fn type_of_socket(args: Args) -> &'static str {
    type_name(args.get(0))
}

/// The argument `size`: how many bytes to receive.
pub fn size_arg(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<usize> {
    match clamped(v) {
        size @ 1.. if size as usize <= MOST_AT_ONCE => Ok(size as usize),
        _ => {
            let what = format!("from 1 to {MOST_AT_ONCE}");
            Err(value_error(cx, name, "size", &what, v))
        }
    }
}

/// The argument `as`: whether to give a text.
pub fn is_text(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<bool> {
    if v.is_absent() {
        return Ok(true);
    }
    match cx.heap().str(v) {
        "text" => Ok(true),
        "bytes" => Ok(false),
        _ => Err(value_error(cx, name, "as", "\"text\" or \"bytes\"", v)),
    }
}

/// The port of argument `index`, which has been checked.
pub fn port_arg(args: Args, index: usize) -> u16 {
    clamped(args.get(index)) as u16
}
