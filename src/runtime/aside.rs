//! Work that cannot look up while it lasts, such as a search by a library: it is done on a thread
//! of its own, and this one looks up meanwhile. If the program is to end, the work is given up:
//! its thread goes on as long as it has to, without a listener. So the work has its own share of
//! the texts that it reads. Where no thread can be had, it is done here.

use super::limits::{check_room, system_out_of_memory};
use super::pace::STRETCH;
use super::{Context, Fallible};
use crate::heap::shared::SharedBytes;
use crate::value::Value;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Between two looks.
const WAIT: Duration = Duration::from_millis(10);
/// Finds that go from thread to thread at once.
const BATCH: usize = 1 << 10;
/// Batches that may wait for this thread.
const BATCHES: usize = 4;

/// The bytes of a string or byte string, for a thread aside.
pub enum Bytes {
    Shared(SharedBytes),
    Copied(Vec<u8>),
}

impl Bytes {
    /// Those of a value: no copy if it is long.
    ///
    /// # Errors
    /// If the program is to end, or has no memory for a copy.
    pub fn of(cx: &mut dyn Context, v: Value) -> Fallible<Bytes> {
        if let Some(shared) = cx.shared_bytes(v) {
            return Ok(Bytes::Shared(shared));
        }
        let bytes = match v.is_string() {
            true => cx.heap().str(v).as_bytes(),
            false => v.bytes(),
        };
        check_room(cx, bytes.len())?;
        let mut copy = Vec::new();
        if copy.try_reserve_exact(bytes.len()).is_err() {
            return Err(system_out_of_memory());
        }
        for part in bytes.chunks(STRETCH) {
            cx.poll()?;
            copy.extend_from_slice(part);
        }
        Ok(Bytes::Copied(copy))
    }

    pub fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Shared(bytes) => bytes.as_slice(),
            Bytes::Copied(bytes) => bytes,
        }
    }
}

/// The text of a string, for a thread aside.
pub struct Text(Bytes);

impl Text {
    /// That of a string: no copy if it is long.
    ///
    /// # Errors
    /// As for [`Bytes::of`].
    pub fn of(cx: &mut dyn Context, string: Value) -> Fallible<Text> {
        debug_assert!(string.is_string());
        Ok(Text(Bytes::of(cx, string)?))
    }

    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes of a string.
        unsafe { std::str::from_utf8_unchecked(self.0.as_slice()) }
    }
}

/// Has a thread of its own do a work, unless there can be none: then gives it back.
fn start<W: Send + 'static>(work: W, on_thread: impl FnOnce(W) + Send + 'static) -> Result<(), W> {
    let work = Arc::new(Mutex::new(Some(work)));
    let take = |work: &Mutex<Option<W>>| work.lock().ok().and_then(|mut work| work.take());
    let theirs = Arc::clone(&work);
    let started = std::thread::Builder::new().spawn(move || {
        if let Some(work) = take(&theirs) {
            on_thread(work);
        }
    });
    match started {
        Ok(_) => Ok(()),
        Err(_) => Err(take(&work).expect("nothing else has taken it")),
    }
}

/// The next results of a work; `None` when it is done.
fn receive<T>(cx: &mut dyn Context, from: &Receiver<T>) -> Fallible<Option<T>> {
    loop {
        match from.recv_timeout(WAIT) {
            Ok(sent) => return Ok(Some(sent)),
            Err(RecvTimeoutError::Timeout) => cx.poll()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
}

/// Does a work aside.
///
/// # Errors
/// If the program is to end or has no memory left.
pub fn run<T: Send + 'static>(
    cx: &mut dyn Context,
    work: impl FnOnce() -> T + Send + 'static,
) -> Fallible<T> {
    let (give, take) = mpsc::sync_channel(1);
    // The other end is gone if the work was given up.
    if let Err(work) = start(work, move |work| drop(give.send(work()))) {
        return Ok(work());
    }
    Ok(receive(cx, &take)?.expect("a panic ends the process"))
}

/// Does a search aside, and calls `each` here with its finds, in order, until it says that this
/// is enough. The search gets a function for its finds that says whether more are wanted.
///
/// # Errors
/// As for [`run`], and those of `each`.
pub fn run_each<T, S>(
    cx: &mut dyn Context,
    search: S,
    each: &mut dyn FnMut(&mut dyn Context, T) -> Fallible<bool>,
) -> Fallible<()>
where
    T: Send + 'static,
    S: FnOnce(&mut dyn FnMut(T) -> bool) + Send + 'static,
{
    let (give, take) = mpsc::sync_channel::<Vec<T>>(BATCHES);
    let on_thread = move |search: S| {
        let mut batch = Vec::new();
        search(&mut |found| {
            batch.push(found);
            batch.len() < BATCH || give.send(std::mem::take(&mut batch)).is_ok()
        });
        // As above.
        drop(give.send(batch));
    };
    if let Err(search) = start(search, on_thread) {
        let mut result = Ok(());
        search(&mut |found| {
            each(cx, found).unwrap_or_else(|fault| {
                result = Err(fault);
                false
            })
        });
        return result;
    }
    while let Some(batch) = receive(cx, &take)? {
        for found in batch {
            if !each(cx, found)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Looks aside in the first of two strings or byte strings for the second.
///
/// # Errors
/// As for [`run`].
pub fn search<T: Send + 'static>(
    cx: &mut dyn Context,
    text: Value,
    part: Value,
    search: fn(&[u8], &[u8]) -> T,
) -> Fallible<T> {
    let (text, part) = (Bytes::of(cx, text)?, Bytes::of(cx, part)?);
    run(cx, move || search(text.as_slice(), part.as_slice()))
}
