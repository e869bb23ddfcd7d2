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
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

const KEYWORDS: &[&str] = &[
    "let", "mut", "const", "func", "return", "struct", "class", "enum", "match", "case", "if",
    "else", "loop", "while", "for", "in", "break", "continue", "try", "except", "finally",
    "import", "from", "export", "spawn", "async", "await", "yield", "true", "false", "null",
    "self", "throw", "default",
];

/// Reads and runs inputs until the end; the exit code.
pub fn run(session: &Rc<RefCell<Session>>) -> u8 {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .build();
    let history = FileHistory::with_config(&config);
    let editor = Editor::<Prompt, FileHistory>::with_history(config, history);
    let Ok(mut editor) = editor else {
        return super::piped(session);
    };
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    editor.set_helper(Some(Prompt {
        session: session.clone(),
        colours,
    }));
    let kept = history_file();
    if let Some(path) = &kept {
        // The first session finds none.
        let _ = editor.load_history(path);
    }
    let greeting = "(`:help` for commands, Ctrl-D to end)";
    let greeting = format!("Ruff {} {greeting}\n", env!("CARGO_PKG_VERSION"));
    if let Err(code) = output::put(&greeting) {
        return code;
    }
    loop {
        let (text, ended) = read(&mut editor);
        if !is_blank(&text) {
            // A history that cannot be kept is no reason to stop.
            let _ = editor.add_history_entry(text.as_str());
            if let Some(path) = &kept {
                let _ = editor.append_history(path);
            }
        }
        match ended {
            Read::Whole => {
                if let Some(code) = input(session, &text) {
                    return code;
                }
            }
            Read::Forgotten => {}
            Read::NoMore => return 0,
        }
    }
}

/// How reading an input ended.
enum Read {
    Whole,
    /// By Ctrl-C: it is not run.
    Forgotten,
    /// By Ctrl-D, or because the terminal is gone.
    NoMore,
}

/// Reads an input: lines until it is whole, or until one is empty, which ends what was left
/// open by mistake.
fn read(editor: &mut Editor<Prompt, FileHistory>) -> (String, Read) {
    let mut text = String::new();
    let mut prompt = "> ";
    loop {
        match editor.readline(prompt) {
            Ok(line) => {
                let blank = is_blank(&line);
                text.push_str(&line);
                if blank || text.starts_with(':') || !is_unfinished(&text) {
                    return (text, Read::Whole);
                }
                text.push('\n');
                prompt = "... ";
            }
            Err(ReadlineError::Interrupted) => return (text, Read::Forgotten),
            Err(_) => return (text, Read::NoMore),
        }
    }
}

/// Where inputs are kept between sessions: the file that `RUFF_HISTORY` names, none if that
/// is empty, else one in the user's folder for such things.
fn history_file() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("RUFF_HISTORY") {
        return (!path.is_empty()).then(|| path.into());
    }
    let state = match std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty()) {
        Some(state) => PathBuf::from(state),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".local/state"),
    };
    let folder = state.join("ruff");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

struct Prompt {
    session: Rc<RefCell<Session>>,
    colours: bool,
}

impl Helper for Prompt {}

impl Hinter for Prompt {
    type Hint = String;
}

impl Validator for Prompt {}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
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
        if let Some(path) = before.strip_prefix(":load ") {
            let begin = ":load ".len();
            return Ok((begin, files_like(path)));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let start = before.trim_end_matches(is_word).len();
        let word = &before[start..];
        let mut session = self.session.borrow_mut();
        let mut found: Vec<String> = match before[..start].strip_suffix('.') {
            Some(owner) => {
                let owner = owner.trim_end_matches('?');
                let name = &owner[owner.trim_end_matches(is_word).len()..];
                let members = match owner.chars().last() {
                    Some(closing @ ('"' | ']' | '}')) => session.members_behind(closing),
                    _ => session.members(name),
                };
                let found = members.into_iter().filter(|one| one.starts_with(word));
                return Ok((start, found.collect()));
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

/// Files and folders whose path begins so.
fn files_like(path: &str) -> Vec<String> {
    let (folder, name) = match path.rfind('/') {
        Some(at) => path.split_at(at + 1),
        None => ("", path),
    };
    let searched = if folder.is_empty() { "." } else { folder };
    let Ok(entries) = std::fs::read_dir(searched) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(entry_name) = entry.file_name().into_string() else {
            continue;
        };
        let is_folder = entry.path().is_dir();
        let fits = is_folder || entry_name.ends_with(".ruff");
        let hidden = entry_name.starts_with('.') && !name.starts_with('.');
        if fits && !hidden && entry_name.starts_with(name) {
            let end = if is_folder { "/" } else { "" };
            found.push(format!("{folder}{entry_name}{end}"));
        }
    }
    found.sort();
    found
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
