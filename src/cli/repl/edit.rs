//! The prompt on a terminal: editing, history, completion and colours.

use super::{commands, input};
use crate::cli::output;
use ruff::engine::session::Session;
use ruff::tools;
use ruff::tools::is_unfinished;
use ruff::tools::{Piece, pieces};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

const KEYWORDS: &[&str] = &[
    "let", "mut", "const", "func", "return", "struct", "class", "enum", "match", "case", "if",
    "else", "loop", "while", "for", "in", "break", "continue", "try", "except", "finally",
    "import", "from", "export", "spawn", "async", "await", "yield", "true", "false", "null",
    "self", "throw", "default",
];

/// Reads and runs inputs until the end; the exit code.
pub fn run(session: &Rc<RefCell<Session>>) -> u8 {
    let config = Config::builder().auto_add_history(true).build();
    let editor = Editor::<Prompt, MemHistory>::with_history(config, MemHistory::new());
    let Ok(mut editor) = editor else {
        return super::piped(session);
    };
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    editor.set_helper(Some(Prompt {
        session: session.clone(),
        colours,
    }));
    let greeting = "(`:help` for commands, Ctrl-D to end)";
    let greeting = format!("Ruff {} {greeting}\n", env!("CARGO_PKG_VERSION"));
    if let Err(code) = output::put(&greeting) {
        return code;
    }
    loop {
        match editor.readline("> ") {
            Ok(text) => {
                if let Some(code) = input(session, &text) {
                    return code;
                }
            }
            // Ctrl-C forgets what was typed.
            Err(ReadlineError::Interrupted) => {}
            Err(_) => return 0,
        }
    }
}

struct Prompt {
    session: Rc<RefCell<Session>>,
    colours: bool,
}

impl Helper for Prompt {}

impl Hinter for Prompt {
    type Hint = String;
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        // An empty line ends what was left open by mistake.
        let whole = text.starts_with(':') || text.ends_with("\n\n") || !is_unfinished(text);
        Ok(if whole {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for Prompt {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..at];
        if before.starts_with(':') && !before.contains(' ') {
            let all = commands::NAMES.iter().map(|name| name.to_string());
            return Ok((0, all.filter(|name| name.starts_with(before)).collect()));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let start = before.trim_end_matches(is_word).len();
        let word = &before[start..];
        let mut session = self.session.borrow_mut();
        let mut found: Vec<String> = match before[..start].strip_suffix('.') {
            Some(owner) => {
                let owner = owner.trim_end_matches('?');
                let name = &owner[owner.trim_end_matches(is_word).len()..];
                session.members(name)
            }
            None if word.is_empty() => Vec::new(),
            None => {
                let own = session.names().map(String::from).collect::<Vec<_>>();
                let fixed = KEYWORDS.iter().copied().chain(tools::names());
                own.into_iter().chain(fixed.map(String::from)).collect()
            }
        };
        found.retain(|name| name.starts_with(word));
        found.sort();
        found.dedup();
        Ok((start, found))
    }
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.colours || line.starts_with(':') {
            return Cow::Borrowed(line);
        }
        let mut out = String::new();
        let mut copied = 0;
        for (span, piece) in pieces(line) {
            let (lo, hi) = (span.lo as usize, span.hi as usize);
            let colour = match piece {
                Piece::Keyword => "35",
                Piece::Number => "36",
                Piece::String => "32",
                Piece::Comment => "90",
            };
            if lo >= copied {
                out.push_str(&line[copied..lo]);
                out.push_str(&format!("\x1b[{colour}m{}\x1b[0m", &line[lo..hi]));
                copied = hi;
            }
        }
        out.push_str(&line[copied..]);
        Cow::Owned(out)
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colours
    }
}
