//! Running programs in process groups: one thread waits for all their pipes at once, for
//! their ends, for the time that they may take, and for Ctrl-C.

use super::{Ended, Options, Ran, Stage, not_started};
use crate::runtime::limits::{check_room, system_out_of_memory};
use crate::runtime::{Context, Fallible};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes that are read or written at once.
const PIECE: usize = 1 << 16;
/// How long nothing has to happen until the ends of processes are looked at again.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(20);

/// The reading end of a pipe, and what has come out of it.
struct Output {
    /// `None` at its end.
    from: Option<File>,
    bytes: Vec<u8>,
    most: usize,
    cut: bool,
}

impl Output {
    fn new(from: impl Into<OwnedFd>, most: usize) -> io::Result<Output> {
        Ok(Output {
            from: Some(unblocked(from.into())?),
            bytes: Vec::new(),
            most,
            cut: false,
        })
    }

    /// Reads what there is; whether that was anything. Bytes beyond the limit are read
    /// and forgotten.
    fn read(&mut self, cx: &mut dyn Context) -> Fallible<bool> {
        let Some(from) = &mut self.from else {
            return Ok(false);
        };
        let mut piece = [0; PIECE];
        match from.read(&mut piece) {
            Err(error) if is_not_yet(&error) => return Ok(false),
            // A pipe gives no other errors; it is at its end then.
            Ok(0) | Err(_) => self.from = None,
            Ok(len) => {
                let kept = len.min(self.most - self.bytes.len());
                self.cut |= kept < len;
                if self.bytes.len() + kept > self.bytes.capacity() {
                    let more = self.bytes.len().max(kept);
                    check_room(cx, self.bytes.len() + more)?;
                    let room = self.bytes.try_reserve(more);
                    room.map_err(|_| system_out_of_memory())?;
                }
                self.bytes.extend_from_slice(&piece[..kept]);
            }
        }
        Ok(true)
    }
}

/// The writing end of a pipe, and how much has gone into it.
struct Input<'a> {
    to: Option<File>,
    rest: &'a [u8],
}

impl Input<'_> {
    fn write(&mut self) -> bool {
        let Some(to) = &mut self.to else {
            return false;
        };
        match to.write(&self.rest[..self.rest.len().min(PIECE)]) {
            Err(error) if is_not_yet(&error) => return false,
            Ok(len) if len < self.rest.len() => self.rest = &self.rest[len..],
            // All of it is written, or the process reads no more.
            _ => self.to = None,
        }
        true
    }
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// A pipe's end that never waits. Its other end is not changed by that.
fn unblocked(fd: OwnedFd) -> io::Result<File> {
    // SAFETY: changes a flag of a descriptor of ours.
    let changed = unsafe {
        let flags = libc::fcntl(fd.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
    };
    match changed {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(File::from(fd)),
    }
}

/// A process that leads a group of its own name.
struct Leader {
    child: Child,
    ended: Option<std::process::ExitStatus>,
    errors: Output,
}

impl Leader {
    /// Ends all processes of the group. The leader has not been waited for yet, so that the
    /// number is not given to another.
    fn kill(&self) {
        if self.ended.is_none() {
            // SAFETY: sends a signal to a group that we have made.
            unsafe { libc::kill(-(self.child.id() as libc::pid_t), libc::SIGKILL) };
        }
    }

    /// Notes the end of the leader, and ends what it has left behind; whether it has ended
    /// now.
    fn look(&mut self) -> bool {
        if self.ended.is_some() || !self.has_ended() {
            return false;
        }
        self.kill();
        // It has ended: there is nothing that could go wrong.
        self.ended = Some(self.child.wait().unwrap_or_default());
        true
    }

    /// Whether the leader has ended, without taking notice: until that is done, its
    /// number is that of this group.
    fn has_ended(&self) -> bool {
        // SAFETY: asks about a child of ours, and writes into a structure of ours.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            let id = self.child.id() as libc::id_t;
            libc::waitid(libc::P_PID, id, &mut info, how) == 0 && info.si_pid() != 0
        }
    }
}

impl Drop for Leader {
    /// By whatever way the call ends, nothing is left behind.
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.kill();
            // A failure cannot be reported from here.
            let _ = self.child.wait();
        }
    }
}

/// Runs programs whose standard output is the next one's input, until all have ended.
/// `is_strict`: an output beyond its limit ends the run at once.
pub fn run(
    cx: &mut dyn Context,
    stages: &[Stage],
    options: &Options,
    is_strict: bool,
) -> Fallible<Ran> {
    cx.state().flush_out()?;
    be_told_of_ends();
    let (mut leaders, mut input, mut out) = start(stages, options)?;
    let start = Instant::now();
    let (mut timed_out, mut pause) = (false, SHORTEST);
    loop {
        cx.poll()?;
        let mut busy = input.write();
        busy |= out.read(cx)?;
        for leader in &mut leaders {
            busy |= leader.errors.read(cx)?;
            busy |= leader.look();
        }
        let all_ended = leaders.iter().all(|leader| leader.ended.is_some());
        if all_ended && !busy {
            // A pipe that is still open then is held by processes that have left the group.
            break;
        }
        let is_late = options.time.is_some_and(|time| start.elapsed() >= time);
        if !all_ended && !timed_out && (is_late || is_strict && out.cut) {
            timed_out = is_late;
            leaders.iter().for_each(Leader::kill);
        }
        pause = match busy {
            true => SHORTEST,
            false => (pause * 2).min(LONGEST),
        };
        if !busy {
            wait(&input, &out, &leaders, pause);
        }
    }
    let ended = leaders.iter_mut().map(|leader| {
        let status = leader.ended.unwrap_or_default();
        let signal = status.signal();
        Ended {
            code: status.code().unwrap_or(128 + signal.unwrap_or(0)),
            lost_its_reader: signal == Some(libc::SIGPIPE),
            errors: std::mem::take(&mut leader.errors.bytes),
            errors_cut: leader.errors.cut,
        }
    });
    Ok(Ran {
        stages: ended.collect(),
        out: out.bytes,
        out_cut: out.cut,
        timed_out,
    })
}

/// Undoes what the process may have inherited: where `SIGCHLD` is ignored, the system says
/// nothing of how children end.
fn be_told_of_ends() {
    // SAFETY: asks for a handler, and replaces one that does nothing by the usual one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let asked = libc::sigaction(libc::SIGCHLD, std::ptr::null(), &mut action);
        if asked == 0 && action.sa_sigaction == libc::SIG_IGN {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        }
    }
}

/// Starts the programs.
fn start<'a>(stages: &[Stage], options: &'a Options) -> Fallible<(Vec<Leader>, Input<'a>, Output)> {
    let mut leaders: Vec<Leader> = Vec::new();
    let mut input = Input {
        to: None,
        rest: &options.input,
    };
    let mut from_last = None;
    for (at, stage) in stages.iter().enumerate() {
        let refused = |error: io::Error| not_started(&stage.name, &error);
        let mut command = Command::new(&stage.program);
        command
            .arg0(&stage.words[0])
            .args(&stage.words[1..])
            .env_clear()
            .envs(&options.variables)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = &options.folder {
            // The system does not say whether the folder is missing or the program.
            if !folder.is_dir() {
                let why = format_args!("there is no folder '{}'", folder.display());
                return Err(not_started(&stage.name, &why));
            }
            command.current_dir(folder);
        }
        match from_last.take() {
            Some(from) => command.stdin(Stdio::from(from)),
            None if at == 0 && !options.input.is_empty() => command.stdin(Stdio::piped()),
            None => command.stdin(Stdio::null()),
        };
        let mut child = command.spawn().map_err(refused)?;
        let (to, errors) = (child.stdin.take(), child.stderr.take());
        from_last = child.stdout.take();
        let errors = errors.expect("it has been asked for");
        // From here on the group is ended with the call.
        leaders.push(Leader {
            child,
            ended: None,
            errors: Output {
                from: None,
                bytes: Vec::new(),
                most: options.most,
                cut: false,
            },
        });
        let leader = leaders.last_mut().expect("there is one");
        leader.errors = Output::new(errors, options.most).map_err(refused)?;
        if let Some(to) = to {
            input.to = Some(unblocked(to.into()).map_err(refused)?);
        }
    }
    let last = from_last.expect("there is a program");
    let out = Output::new(last, options.most);
    let out = out.map_err(|error| not_started(&stages[0].name, &error))?;
    Ok((leaders, input, out))
}

/// Waits until a pipe is ready, for a while at most.
fn wait(input: &Input, out: &Output, leaders: &[Leader], pause: Duration) {
    let outputs = leaders.iter().map(|leader| &leader.errors).chain([out]);
    let mut ready: Vec<libc::pollfd> = outputs
        .filter_map(|output| output.from.as_ref())
        .map(|from| (from.as_raw_fd(), libc::POLLIN))
        .chain(input.to.iter().map(|to| (to.as_raw_fd(), libc::POLLOUT)))
        .map(|(fd, events)| libc::pollfd {
            fd,
            events,
            revents: 0,
        })
        .collect();
    // SAFETY: a list of so many descriptors of ours. A signal ends the wait early, as it
    // should.
    unsafe {
        libc::poll(
            ready.as_mut_ptr(),
            ready.len() as libc::nfds_t,
            pause.as_millis() as libc::c_int,
        )
    };
}
