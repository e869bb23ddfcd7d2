//! The commands of the prompt: lines that begin with a colon.

use super::{new_session, show};
use crate::cli::{output, report, source};
use ruff::engine::session::Session;
use ruff::tools::reference;
use std::cell::RefCell;
use std::time::Instant;

const HELP: &str = "\
:help            this list
:type EXPR       the type of a value
:time EXPR       run and say how long it took
:doc NAME        what a built-in function or method does
:disasm NAME     the bytecode of a function (or of an input, without running it)
:tasks           how many tasks wait
:load FILE       run a file as if it had been typed
:reset           forget everything
:quit            end (also Ctrl-D)
";

/// All commands, for completion.
pub const NAMES: &[&str] = &[
    ":help", ":type", ":time", ":doc", ":disasm", ":tasks", ":load", ":reset", ":quit",
];

/// Carries out a command; the exit code if it ends the session.
pub fn command(session: &RefCell<Session>, text: &str) -> Option<u8> {
    let (name, rest) = match text.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (text.trim(), ""),
    };
    let needs = |what: &str| {
        report(&format!("error: `:{name}` needs {what}\n"));
        None
    };
    match name {
        "help" | "h" | "?" => return output::put(HELP).err(),
        "quit" | "q" | "exit" => return Some(0),
        "reset" => {
            let policy = session.borrow().engine.policy();
            if let Some(new) = new_session(policy) {
                *session.borrow_mut() = new;
            }
        }
        "type" if rest.is_empty() => return needs("an expression"),
        "type" => {
            let result = session.borrow_mut().type_of(rest);
            match result {
                Ok(name) => return output::put(&format!("{name}\n")).err(),
                Err(ended) => return show(ended),
            }
        }
        "time" if rest.is_empty() => return needs("an expression"),
        "time" => {
            let start = Instant::now();
            let ended = session.borrow_mut().eval(rest);
            let took = start.elapsed();
            let code = show(ended);
            report(&format!("took {took:.3?}\n"));
            return code;
        }
        "doc" if rest.is_empty() => return needs("the name of a function"),
        "doc" => match reference::entries(rest) {
            Ok(text) => return output::put(&text).err(),
            Err(close) => {
                let hint = close.map_or(String::new(), |c| format!("; did you mean '{c}'?"));
                report(&format!("error: no built-in is called '{rest}'{hint}\n"));
            }
        },
        "disasm" if rest.is_empty() => return needs("a function or an expression"),
        "disasm" => {
            let result = session.borrow_mut().disasm(rest);
            match result {
                Ok(listing) => return output::put(&listing).err(),
                Err(text) => report(&text),
            }
        }
        "tasks" => {
            let text = match session.borrow().waiting_tasks() {
                1 => "1 task waits\n".to_string(),
                count => format!("{count} tasks wait\n"),
            };
            return output::put(&text).err();
        }
        "load" if rest.is_empty() => return needs("a file"),
        "load" => {
            if let Ok(source) = source::read(rest) {
                let ended = session.borrow_mut().eval_source(source);
                return show(ended);
            }
        }
        _ => report(&format!(
            "error: there is no command `:{name}`; `:help` lists them\n"
        )),
    }
    None
}
