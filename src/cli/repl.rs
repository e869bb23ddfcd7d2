//! `ruff repl`: a prompt. Lines are read by an editor on a terminal and as they
//! come otherwise; what they mean is up to the session.

mod commands;
mod edit;

use super::jit::JitArgs;
use super::{exit, output, report};
use ruff::engine::Policy;
use ruff::engine::session::{Ended, Session};
use ruff::engine::{Config, RunError};
use ruff::tools::is_unfinished;
use std::cell::RefCell;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::rc::Rc;

#[derive(clap::Args)]
pub struct ReplArgs {
    #[command(flatten)]
    jit: JitArgs,
}

pub fn repl(args: ReplArgs) -> ExitCode {
    let Some(session) = new_session(args.jit.policy()) else {
        return ExitCode::FAILURE;
    };
    let session = Rc::new(RefCell::new(session));
    let code = if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        edit::run(&session)
    } else {
        piped(&session)
    };
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
    let config = Config {
        policy,
        ..super::config(false)
    };
    let session = super::reserved(Session::new(config)).ok()?;
    // SAFETY: the session lives until another one has taken its place, or as long as the
    // process.
    super::interrupt::install(unsafe { session.engine.interrupt_handle() });
    Some(session)
}

/// Inputs from something that is no terminal: no prompt, no colours.
fn piped(session: &RefCell<Session>) -> u8 {
    let mut text = String::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        text.push_str(&line);
        text.push('\n');
        if !text.starts_with(':') && is_unfinished(&text) && !line.trim().is_empty() {
            continue;
        }
        if let Some(code) = input(session, &std::mem::take(&mut text)) {
            return code;
        }
    }
    input(session, &text).unwrap_or(0)
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
