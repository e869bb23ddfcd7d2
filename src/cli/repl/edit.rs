//! The prompt on a terminal: editing, history, completion and colours.

use super::inputs::{Machine, Owner, Request, piped};
use super::{above, commands};
use crate::cli::{interrupt, output};
use ruff::tools;
use ruff::tools::is_unfinished;
use ruff::tools::{Piece, pieces};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

const KEYWORDS: &[&str] = &[
    "let", "mut", "const", "func", "return", "struct", "class", "enum", "match", "case", "if",
    "else", "loop", "while", "for", "in", "break", "continue", "try", "except", "finally",
    "import", "from", "export", "spawn", "async", "await", "yield", "true", "false", "null",
    "self", "throw", "default",
];

/// The way in which the terminal treats what is typed.
pub struct Mode(#[cfg(unix)] Option<libc::termios>);

impl Mode {
    /// As it is now.
    #[cfg(unix)]
    pub fn now() -> Mode {
        // SAFETY: zeros are such a mode, and the system fills it in.
        unsafe {
            let mut mode: libc::termios = std::mem::zeroed();
            let known = libc::tcgetattr(libc::STDIN_FILENO, &mut mode) == 0;
            Mode(known.then_some(mode))
        }
    }

    /// Puts it back where an editor has not.
    #[cfg(unix)]
    pub fn restore(&self) {
        let Some(mode) = &self.0 else { return };
        // SAFETY: two modes of the terminal.
        let was_edited = unsafe {
            let mut now: libc::termios = std::mem::zeroed();
            libc::tcgetattr(libc::STDIN_FILENO, &mut now) == 0
                && now.c_lflag != mode.c_lflag
                && libc::tcsetattr(libc::STDIN_FILENO, libc::TCSADRAIN, mode) == 0
        };
        if was_edited {
            // Pasted text comes as it is again.
            let _ = output::put("\x1b[?2004l\n");
        }
    }

    #[cfg(not(unix))]
    pub fn now() -> Mode {
        Mode()
    }

    #[cfg(not(unix))]
    pub fn restore(&self) {}
}

/// Reads inputs until the end, and has them run.
pub fn read_inputs(machine: Machine, has_run: Receiver<()>) {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        // Without colours the prompt is drawn by `Prompt` all the same.
        .color_mode(ColorMode::Forced)
        .build();
    let history = FileHistory::with_config(&config);
    let editor = Editor::<Prompt, FileHistory>::with_history(config, history);
    let Ok(mut editor) = editor else {
        return piped(machine, has_run);
    };
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    editor.set_helper(Some(Prompt {
        machine: machine.clone(),
        colours,
    }));
    // A terminal that has none takes output as it comes.
    if let Ok(printer) = editor.create_external_printer() {
        above::install(printer);
    }
    let kept = history_file();
    if let Some(path) = &kept {
        // The first session finds none.
        let _ = editor.load_history(path);
    }
    let greeting = "(`:help` for commands, Ctrl-D to end)";
    let greeting = format!("Ruff {} {greeting}\n", env!("CARGO_PKG_VERSION"));
    if let Err(code) = output::put(&greeting) {
        machine.ask(Request::End(code));
        return;
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
        let request = match ended {
            Read::Whole => Request::Run(text),
            Read::Forgotten => {
                // A task may be at work.
                interrupt::request();
                Request::Forget
            }
            Read::NoMore => Request::End(0),
        };
        if !machine.ask(request) || has_run.recv().is_err() {
            return;
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
        above::show();
        let line = editor.readline(prompt);
        // A failure is told when the next text is written.
        let _ = output::put(&above::hide());
        match line {
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
    machine: Machine,
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
        let mut found: Vec<String> = match before[..start].strip_suffix('.') {
            Some(owner) => {
                let owner = owner.trim_end_matches('?');
                let name = &owner[owner.trim_end_matches(is_word).len()..];
                let owner = match owner.chars().last() {
                    Some(closing @ ('"' | ']' | '}')) => Owner::Literal(closing),
                    _ => Owner::Variable(name.to_string()),
                };
                let members = self.machine.names(|reply| Request::Members(owner, reply));
                let found = members.into_iter().filter(|one| one.starts_with(word));
                return Ok((start, found.collect()));
            }
            None if word.is_empty() => Vec::new(),
            None => {
                let own = self.machine.names(Request::Names);
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
    /// The prompt is drawn with the output that has come since above it.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match above::news() {
            news if news.is_empty() => Cow::Borrowed(prompt),
            news => Cow::Owned(news + prompt),
        }
    }

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
