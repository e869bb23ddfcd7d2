//! Waiting for the outside: the network, and work that would stop the thread. Whatever
//! waits is a future on a runtime that belongs to the thread of the program; it is made when
//! the thread first waits for such a thing. All waiting of the library goes through here.

use crate::runtime::outside::{Inbox, Keeps, Outside};
use crate::runtime::{Context, ErrorKind, Fallible, Fault};
use crate::value::Value;
use std::any::TypeId;
use std::future::{Future, poll_fn};
use std::io;
use std::ops::Deref;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout_at;

/// The runtime of a thread.
struct Shared(Option<Runtime>);

impl Deref for Shared {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("it is only taken at its end")
    }
}

impl Drop for Shared {
    /// Work that the system does is given up, not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The scheduler's side of a runtime.
struct Driver {
    runtime: Rc<Shared>,
    /// Rung when something has been posted to the thread.
    bell: Arc<Notify>,
}

impl Outside for Driver {
    fn wait(&mut self, inbox: &Inbox, until: Instant) {
        self.runtime.block_on(async {
            if inbox.is_empty() {
                // Late is as good as rung: the scheduler looks at everything again.
                let _ = timeout_at(until.into(), self.bell.notified()).await;
            }
        });
    }

    fn poll(&mut self) {
        self.runtime.block_on(yield_now());
    }
}

fn runtime(cx: &mut dyn Context) -> Fallible<Rc<Shared>> {
    let known = cx.state().areas.get(&TypeId::of::<Rc<Shared>>());
    if let Some(runtime) = known.and_then(|area| area.downcast_ref::<Rc<Shared>>()) {
        return Ok(runtime.clone());
    }
    raise_limit_of_files();
    let made = Builder::new_current_thread().enable_all().build();
    let made = made.map_err(|error: io::Error| {
        let message = format!("Cannot wait for the outside: {error}");
        Fault::new(ErrorKind::Io, message)
    })?;
    let runtime = Rc::new(Shared(Some(made)));
    let areas = &mut cx.state().areas;
    areas.insert(TypeId::of::<Rc<Shared>>(), Box::new(runtime.clone()));
    let bell = Arc::new(Notify::new());
    let ring = bell.clone();
    let tasks = cx.tasks();
    tasks.inbox().set_bell(Box::new(move || ring.notify_one()));
    let driver = Driver {
        runtime: runtime.clone(),
        bell,
    };
    tasks.set_outside(Box::new(driver));
    Ok(runtime)
}

/// Ends the runtime of a thread that has ended. The scheduler forgets its side too.
pub fn end(cx: &mut dyn Context) {
    cx.state().areas.remove(&TypeId::of::<Rc<Shared>>());
}

/// A promise of what `finish` makes of the output of a future. `finish` runs on the thread of
/// the program, the future within its runtime. A function that is said to wait returns this,
/// and the machine waits; another gives the promise to the program.
///
/// # Errors
/// If the system has no room for a runtime.
pub fn wait<T: Send + 'static>(
    cx: &mut dyn Context,
    future: impl Future<Output = T> + Send + 'static,
    finish: impl FnOnce(&mut dyn Context, T) -> Fallible + Send + 'static,
) -> Fallible {
    let runtime = runtime(cx)?;
    let (promise, completion) = cx.outside(Keeps::Wait);
    let job = runtime.spawn(async move {
        let output = future.await;
        completion.complete(move |cx| finish(cx, output));
    });
    let job = job.abort_handle();
    // An output that there is has been taken from others, who may not have another.
    let undo = Box::new(move |_: &mut dyn Context, _| {
        job.abort();
        !job.is_finished()
    });
    cx.tasks().on_cancel(promise, Value::NULL, undo);
    Ok(promise)
}

/// Has a future run in the runtime of the thread.
///
/// # Errors
/// If the system has no room for a runtime.
pub fn spawn(
    cx: &mut dyn Context,
    future: impl Future<Output = ()> + Send + 'static,
) -> Fallible<()> {
    runtime(cx)?.spawn(future);
    Ok(())
}

/// The first of two futures to end; the other is dropped.
pub async fn race<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> Result<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => other.as_mut().poll(context).map(Err),
    })
    .await
}

/// Allows as many open files as the system permits: each connection is one.
fn raise_limit_of_files() {
    #[cfg(unix)]
    // SAFETY: asks for limits of the process, and sets one that it may set.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            // Refused, the old limit stays.
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}
