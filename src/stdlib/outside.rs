//! Waiting for the outside: the network, and work that would stop the thread. Whatever
//! waits is a future on a runtime that belongs to the thread of the program; it is made when
//! the thread first waits for such a thing. All waiting of the library goes through here.

use crate::runtime::{Context, ErrorKind, Fallible, Fault};
use std::any::TypeId;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// So often a wait is interrupted for a look whether the program is to end.
const LOOK: Duration = Duration::from_millis(20);

/// The runtime of a thread.
struct Outside {
    /// Only taken when the thread ends.
    runtime: Option<Rc<Runtime>>,
}

impl Outside {
    fn new() -> io::Result<Outside> {
        raise_limit_of_files();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let runtime = Some(Rc::new(runtime));
        Ok(Outside { runtime })
    }
}

impl Drop for Outside {
    /// Work that the system does is given up, not waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take().and_then(Rc::into_inner) {
            runtime.shutdown_background();
        }
    }
}

fn runtime(cx: &mut dyn Context) -> Fallible<Rc<Runtime>> {
    let areas = &mut cx.state().areas;
    let known = areas.get(&TypeId::of::<Outside>());
    if let Some(outside) = known.and_then(|area| area.downcast_ref::<Outside>()) {
        return Ok(outside.runtime.clone().expect("the thread goes on"));
    }
    let outside = Outside::new().map_err(|error| {
        let message = format!("Cannot wait for the outside: {error}");
        Fault::new(ErrorKind::Io, message)
    })?;
    let runtime = outside.runtime.clone().expect("the thread goes on");
    areas.insert(TypeId::of::<Outside>(), Box::new(outside));
    Ok(runtime)
}

/// What `finish` makes of the output of a future, as soon as there is one. `finish` runs on
/// the thread of the program, the future within its runtime.
///
/// # Errors
/// Those of `finish`, or the program is to end.
pub fn wait<T: Send + 'static>(
    cx: &mut dyn Context,
    future: impl Future<Output = T> + Send + 'static,
    finish: impl FnOnce(&mut dyn Context, T) -> Fallible + 'static,
) -> Fallible {
    cx.state().flush_out()?;
    let runtime = runtime(cx)?;
    let mut future = Box::pin(future);
    loop {
        cx.poll()?;
        let looked = runtime.block_on(async { tokio::time::timeout(LOOK, &mut future).await });
        if let Ok(output) = looked {
            return finish(cx, output);
        }
    }
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
