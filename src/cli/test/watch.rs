//! Looking at the clock and at files while tests run: the limit of a test's time,
//! and the programs whose changes `--watch` waits for.

use super::discover;
use ruff::engine::InterruptHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// Between two looks at the files.
pub const PAUSE: Duration = Duration::from_millis(200);

/// Stops the machine when a test takes too long.
pub struct Watchdog {
    done: Sender<()>,
    fired: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    /// Begins to count, if there is a limit. A test whose watchdog the system refuses
    /// runs without one.
    pub fn start(limit: Option<Duration>, handle: InterruptHandle) -> Option<Watchdog> {
        let limit = limit?;
        let (done, ended) = channel::<()>();
        let fired = Arc::new(AtomicBool::new(false));
        let told = fired.clone();
        let wait = move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                told.store(true, Ordering::SeqCst);
                handle.stop();
            }
        };
        let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(wait);
        Some(Watchdog {
            done,
            fired,
            thread: thread.ok()?,
        })
    }

    /// Ends the count; whether the time was over.
    pub fn end(self) -> bool {
        drop(self.done);
        let _ = self.thread.join();
        self.fired.load(Ordering::SeqCst)
    }
}

/// The programs below the paths, as they were.
pub struct Watched {
    paths: Vec<String>,
    seen: Vec<(String, Option<SystemTime>, u64)>,
}

impl Watched {
    pub fn of(paths: &[String]) -> Watched {
        Watched {
            paths: paths.to_vec(),
            seen: look(paths),
        }
    }

    /// Whether a program has changed, come or gone since the last time.
    pub fn has_changed(&mut self) -> bool {
        let now = look(&self.paths);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

/// The programs with the time of their last change and their length. Beside a program
/// that is named there are the modules that it may import.
fn look(paths: &[String]) -> Vec<(String, Option<SystemTime>, u64)> {
    let folder_of = |path: &String| {
        let path = std::path::Path::new(path);
        let folder = if path.is_dir() {
            Some(path)
        } else {
            path.parent()
        };
        let text = folder.map_or(String::new(), |folder| {
            folder.to_string_lossy().into_owned()
        });
        if text.is_empty() {
            ".".to_string()
        } else {
            text
        }
    };
    let folders: Vec<String> = paths.iter().map(folder_of).collect();
    let (programs, _) = discover::sources(&folders);
    let with_time = |path: String| {
        let known = std::fs::metadata(&path).ok();
        let time = known.as_ref().and_then(|known| known.modified().ok());
        (path, time, known.map_or(0, |known| known.len()))
    };
    programs.into_iter().map(with_time).collect()
}
