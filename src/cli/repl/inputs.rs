//! Inputs come from a thread of their own, so that tasks go on while it waits for them. The
//! machine stays on the thread that made it, and does what the other asks for.

use crate::cli::interrupt;
use ruff::engine::session::{Bell, Session};
use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long the editor waits for names: a task may be at work.
const PATIENCE: Duration = Duration::from_millis(200);

/// The requests of the thread that reads.
pub enum Request {
    /// An input is to be run.
    Run(String),
    /// The input is forgotten, by Ctrl-C.
    Forget,
    /// The names that inputs have declared.
    Names(Sender<Vec<String>>),
    /// The members of a value.
    Members(Owner, Sender<Vec<String>>),
    /// There are no more inputs, or the session ends with this code since the terminal fails.
    End(u8),
}

/// A value whose members are asked for.
pub enum Owner {
    Variable(String),
    /// One that is written, by its closing bracket.
    Literal(char),
}

/// The machine as the thread that reads knows it.
#[derive(Clone)]
pub struct Machine {
    requests: Sender<Request>,
    bell: Bell,
}

impl Machine {
    /// False if the session has ended.
    pub fn ask(&self, request: Request) -> bool {
        let asked = self.requests.send(request).is_ok();
        self.bell.ring();
        asked
    }

    /// The names that a request gives; none if a task is at work.
    pub fn names(&self, request: impl FnOnce(Sender<Vec<String>>) -> Request) -> Vec<String> {
        let (reply, names) = channel();
        match self.ask(request(reply)) {
            true => names.recv_timeout(PATIENCE).unwrap_or_default(),
            false => Vec::new(),
        }
    }
}

/// The thread that reads, as the machine knows it.
pub struct Inputs {
    requests: Receiver<Request>,
    go_on: Sender<()>,
    bell: Bell,
}

impl Inputs {
    /// Starts a thread that reads inputs: it asks the machine to run one after the other, and
    /// waits at the receiver before the next.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn start(read: impl FnOnce(Machine, Receiver<()>) + Send + 'static) -> io::Result<Inputs> {
        let (asks, requests) = channel();
        let (go_on, has_run) = channel();
        let bell = Bell::default();
        let machine = Machine {
            requests: asks,
            bell: bell.clone(),
        };
        std::thread::Builder::new().spawn(move || {
            interrupt::leave_to_other_threads();
            read(machine, has_run);
        })?;
        Ok(Inputs {
            requests,
            go_on,
            bell,
        })
    }

    /// The next request, or none if it has to be waited for.
    pub fn next(&self) -> Option<Request> {
        match self.requests.recv_timeout(Duration::ZERO) {
            Ok(request) => Some(request),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Request::End(0)),
        }
    }

    /// Rung when there is a request.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Lets the next input be read.
    pub fn go_on(&self) {
        // A thread that has ended reads none.
        let _ = self.go_on.send(());
    }
}

/// Answers a request for names.
pub fn answer(session: &mut Session, request: Request) {
    // Who asked may have given up.
    let _ = match request {
        Request::Names(reply) => reply.send(session.names().map(String::from).collect()),
        Request::Members(Owner::Variable(name), reply) => reply.send(session.members(&name)),
        Request::Members(Owner::Literal(closing), reply) => {
            reply.send(session.members_after(closing))
        }
        _ => Ok(()),
    };
}

/// Inputs from something that is no terminal: no prompt, no colours.
pub fn piped(machine: Machine, has_run: Receiver<()>) {
    let mut text = String::new();
    let mut line = String::new();
    // The input is locked for a line alone: programs read lines of it too.
    while matches!(io::stdin().lock().read_line(&mut line), Ok(1..)) {
        let is_blank = line.trim().is_empty();
        text.push_str(&line);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        line.clear();
        if !text.starts_with(':') && ruff::tools::is_unfinished(&text) && !is_blank {
            continue;
        }
        if !machine.ask(Request::Run(std::mem::take(&mut text))) || has_run.recv().is_err() {
            return;
        }
    }
    if machine.ask(Request::Run(text)) && has_run.recv().is_ok() {
        machine.ask(Request::End(0));
    }
}
