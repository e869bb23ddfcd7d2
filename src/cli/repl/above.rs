//! Output while an input is being edited: of tasks that go on meanwhile. It is kept, and comes
//! above the prompt when the editor next draws that, for which it is woken.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that are kept at most: a task that writes more waits until they are drawn.
const MOST_KEPT: usize = 1 << 20;

/// Nothing that is seen: up a line, and down again. The editor draws its line again after it.
const WAKE: &str = "\x1b[A\n";

static EDITED: Mutex<Edited> = Mutex::new(Edited {
    is_shown: false,
    output: Vec::new(),
    wake: None,
    is_woken: false,
});
static DRAWN: Condvar = Condvar::new();

/// The state of the line that is edited.
struct Edited {
    is_shown: bool,
    /// Output that is to come above it.
    output: Vec<u8>,
    /// Has the editor draw it; none on a terminal that cannot have it drawn again.
    wake: Option<Sender<()>>,
    is_woken: bool,
}

impl Edited {
    /// All output that has been kept, as whole lines.
    fn take(&mut self) -> String {
        self.is_woken = false;
        DRAWN.notify_all();
        let mut text = String::from_utf8_lossy(&self.output).into_owned();
        self.output.clear();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// A panic ends the process.
fn edited() -> MutexGuard<'static, Edited> {
    EDITED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Output comes above the line from now on, by this printer of its editor. The printer
/// blocks while the editor has something to print already, so it has a thread of its own.
pub fn install(mut printer: impl rustyline::ExternalPrinter + Send + 'static) {
    let (wake, woken) = channel();
    let waker = move || {
        while woken.recv().is_ok() {
            // A printer that fails leaves the output until the next key.
            if edited().is_shown {
                let _ = printer.print(WAKE.to_string());
            }
        }
    };
    // Without a thread output comes as if there were no prompt.
    if std::thread::Builder::new().spawn(waker).is_ok() {
        edited().wake = Some(wake);
    }
}

/// A line is edited from now on.
pub fn show() {
    let mut edited = edited();
    edited.is_shown = edited.wake.is_some();
}

/// No line is edited any more; the output that has not come yet.
pub fn hide() -> String {
    let mut edited = edited();
    edited.is_shown = false;
    edited.take()
}

/// The output that has come since the line was drawn.
pub fn news() -> String {
    edited().take()
}

/// A standard stream that keeps what it is given while a line is edited on the terminal.
pub struct Above<W> {
    stream: W,
    is_terminal: bool,
}

impl<W: Write> Above<W> {
    /// `stream` writes to `shown`.
    pub fn new(stream: W, shown: &impl IsTerminal) -> Above<W> {
        let is_terminal = shown.is_terminal();
        Above {
            stream,
            is_terminal,
        }
    }
}

impl<W: Write> Write for Above<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut edited = edited();
        if !self.is_terminal || !edited.is_shown {
            drop(edited);
            return self.stream.write(bytes);
        }
        edited.output.extend_from_slice(bytes);
        if !std::mem::replace(&mut edited.is_woken, true)
            && let Some(wake) = &edited.wake
        {
            // Its thread runs as long as the process.
            let _ = wake.send(());
        }
        while edited.is_shown && edited.output.len() > MOST_KEPT {
            edited = DRAWN.wait(edited).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
