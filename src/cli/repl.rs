//! `ruff repl`: a prompt. Lines are read by an editor on a terminal and as they
//! come otherwise; what they mean is up to the session.

mod above;
mod commands;
mod edit;
mod inputs;

use super::jit::JitArgs;
use super::{exit, output, report, reserved};
use above::Above;
use inputs::{Inputs, Request};
use ruff::engine::Policy;
use ruff::engine::session::{Ended, Session};
use ruff::engine::{Config, RunError};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct ReplArgs {
    #[command(flatten)]
    jit: JitArgs,
}

pub fn repl(args: ReplArgs) -> ExitCode {
    let Some(session) = new_session(args.jit.policy()) else {
        return ExitCode::FAILURE;
    };
    let session = RefCell::new(session);
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let terminal = is_terminal.then(edit::Mode::now);
    let inputs = match is_terminal {
        true => Inputs::start(edit::read_inputs),
        false => Inputs::start(inputs::piped),
    };
    let code = match inputs {
        Ok(inputs) => serve(&session, &inputs),
        Err(error) => {
            report(&format!("error: cannot read inputs: {error}\n"));
            exit::UNREADABLE
        }
    };
    // A task may have ended the session while a line was edited.
    if let Some(mode) = terminal {
        mode.restore();
    }
    // An input whose output was refused has been told of; the output is lost all the same.
    let lost = session.borrow_mut().engine.finish();
    let code = match lost {
        Err(RunError::Uncaught(_)) if code == 0 => exit::UNREADABLE,
        _ => code,
    };
    // The process ends here: the system takes the heap back faster than we.
    std::mem::forget(session);
    ExitCode::from(code)
}

fn new_session(policy: Policy) -> Option<Session> {
    let out = Above::new(output::stdout(), &std::io::stdout());
    let config = Config {
        policy,
        out: Box::new(output::Buffered::new(out, 1)),
        err: Box::new(Above::new(output::stderr(), &std::io::stderr())),
        ..super::config(false)
    };
    let session = reserved(Session::new(config)).ok()?;
    // SAFETY: the session lives until another one has taken its place, or as long as the
    // process.
    super::interrupt::install(unsafe { session.engine.interrupt_handle() });
    Some(session)
}

/// Does what the thread that reads inputs asks for, and has tasks go on meanwhile; the exit
/// code.
fn serve(session: &RefCell<Session>, inputs: &Inputs) -> u8 {
    loop {
        match inputs.next() {
            Some(Request::Run(text)) => {
                if let Some(code) = input(session, &text) {
                    return code;
                }
                inputs.go_on();
            }
            Some(Request::Forget) => inputs.go_on(),
            Some(Request::End(code)) => return code,
            Some(request) => inputs::answer(&mut session.borrow_mut(), request),
            None => {
                let rested = session.borrow_mut().rest(inputs.bell());
                match rested {
                    Ok(false) => {}
                    Ok(true) => report("interrupted\n"),
                    Err(error) => {
                        if let Some(code) = show(Ended::Failed(error)) {
                            return code;
                        }
                    }
                }
            }
        }
    }
}

/// Carries out an input; the exit code if it ends the session.
fn input(session: &RefCell<Session>, text: &str) -> Option<u8> {
    let text = text.trim_end();
    if text.trim().is_empty() {
        return None;
    }
    if let Some(command) = text.trim_start().strip_prefix(':') {
        return commands::command(session, command);
    }
    // Words that end the prompt or ask for help elsewhere, unless they are variables.
    let word = text.trim();
    if matches!(word, "help" | "quit" | "exit")
        && !session.borrow().names().any(|name| name == word)
    {
        return commands::command(session, word);
    }
    let ended = session.borrow_mut().eval(text);
    show(ended)
}

fn show(ended: Ended) -> Option<u8> {
    match ended {
        Ended::Value(None) => {}
        Ended::Value(Some(text)) => {
            if let Err(code) = output::put(&(text + "\n")) {
                return Some(code);
            }
        }
        Ended::Refused(text) | Ended::Failed(RunError::Uncaught(text)) => report(&text),
        Ended::Failed(RunError::Interrupted) => report("interrupted\n"),
        Ended::Failed(RunError::Exit(code)) => return Some(code as u8),
        Ended::Failed(RunError::OutputClosed) => return Some(0),
        // It has been reported.
        Ended::Failed(RunError::Unawaited) => {}
    }
    None
}
