//! Colours of reports: on a terminal, unless `--color` or the environment variable
//! `NO_COLOR` says otherwise. Reports are made as plain text; here their parts are found
//! by their form.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU8, Ordering};

/// When reports are coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    Always,
    Never,
}

static WHEN: AtomicU8 = AtomicU8::new(When::Auto as u8);

/// Decides it for this process.
pub fn choose(when: When) {
    WHEN.store(when as u8, Ordering::Relaxed);
}

/// Whether what is written to standard error is coloured.
pub fn on_stderr() -> bool {
    const ALWAYS: u8 = When::Always as u8;
    const NEVER: u8 = When::Never as u8;
    match WHEN.load(Ordering::Relaxed) {
        ALWAYS => true,
        NEVER => false,
        _ => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::io::stderr().is_terminal()
        }
    }
}

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "34";
const CYAN: &str = "36";
const BOLD: &str = "1";

/// A report in colours.
pub fn paint(report: &str) -> String {
    let mut out = String::with_capacity(report.len() * 2);
    for line in report.split_inclusive('\n') {
        let (text, end) = match line.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (line, ""),
        };
        paint_line(&mut out, text);
        out.push_str(end);
    }
    out
}

fn paint_line(out: &mut String, line: &str) {
    let mut put = |colour: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("\x1b[{colour}m{text}\x1b[0m"));
        }
    };
    for (word, colour) in [("error", RED), ("warning", YELLOW), ("note", CYAN)] {
        if let Some(rest) = line.strip_prefix(word)
            && rest.starts_with([':', '['])
        {
            put(colour, word);
            return put(BOLD, rest);
        }
    }
    let inner = line.trim_start();
    if inner.starts_with("-->") {
        return put(BLUE, line);
    }
    if inner.starts_with("= ") {
        return put(CYAN, line);
    }
    if let Some((gutter, rest)) = line.split_once('|')
        && gutter.chars().all(|c| c == ' ' || c.is_ascii_digit())
        && gutter.starts_with(' ')
    {
        put(BLUE, gutter);
        put(BLUE, "|");
        let marks = rest.trim_start_matches(' ').starts_with('^') && gutter.trim().is_empty();
        return match marks {
            true => put(RED, rest),
            false => out.push_str(rest),
        };
    }
    out.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::paint;

    #[test]
    fn parts_of_a_report_are_told_apart() {
        let report =
            "error: no\n  --> a.ruff:1:2\n   |\n 1 | x | y\n   |  ^ here\n   = help: z\nplain\n";
        let painted = paint(report);
        for part in [
            "\x1b[1;31merror\x1b[0m\x1b[1m: no\x1b[0m\n",
            "\x1b[34m  --> a.ruff:1:2\x1b[0m\n",
            "\x1b[34m 1 \x1b[0m\x1b[34m|\x1b[0m x | y\n",
            "\x1b[31m  ^ here",
            "\x1b[36m   = help: z\x1b[0m\n",
            "\nplain\n",
        ] {
            let part = part.replace("\x1b[31m  ^", "\x1b[1;31m  ^");
            assert!(painted.contains(&part), "{part:?} in {painted:?}");
        }
    }
}
