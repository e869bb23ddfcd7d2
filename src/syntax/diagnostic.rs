//! The errors and warnings of a program, and how each is shown: one message,
//! one place, a caret below it, and notes. The renderer works on a line at a
//! time and only reads the source; it never decides what is an error.

use std::fmt::Write as _;
use std::ops::Range;

use super::ast::Span;
use super::source::SourceFile;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// One finding about a source text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    pub span: Span,
    /// Is written after the carets.
    pub label: Option<String>,
    pub notes: Vec<Note>,
    /// The rule of `ruff check` that found it.
    pub rule: Option<&'static str>,
    /// Changes of the text that put it right; empty if there is more than one way.
    pub fix: Vec<Edit>,
}

/// A part of the text, and the text that is to replace it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoteKind {
    Help,
    Note,
}

/// An addition to a diagnostic; one with a span shows that place as well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub kind: NoteKind,
    pub message: String,
    pub span: Option<Span>,
}

impl Diagnostic {
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            span,
            label: None,
            notes: Vec::new(),
            rule: None,
            fix: Vec::new(),
        }
    }

    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(span, message)
        }
    }

    /// The words after the carets.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = Some(text.into());
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(Note {
            kind: NoteKind::Help,
            message: text.into(),
            span: None,
        });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(Note {
            kind: NoteKind::Note,
            message: text.into(),
            span: None,
        });
        self
    }

    /// A second place that explains the first.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.notes.push(Note {
            kind: NoteKind::Note,
            message: text.into(),
            span: Some(span),
        });
        self
    }

    /// A change of the text that is part of putting it right.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        let text = text.into();
        self.fix.push(Edit { span, text });
        self
    }

    /// The diagnostic as text, each line ended by `\n`.
    pub fn render(&self, source: &SourceFile) -> String {
        let mut out = String::new();
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let rule = self.rule.map_or(String::new(), |rule| format!("[{rule}]"));
        let _ = writeln!(out, "{severity}{rule}: {}", self.message);
        let width = render_snippet(&mut out, source, self.span, self.label.as_deref());
        for note in self.notes.iter().filter(|note| note.span.is_none()) {
            let _ = writeln!(out, "{:width$}= {}: {}", "", note.kind.text(), note.message);
        }
        for note in &self.notes {
            if let Some(span) = note.span {
                let _ = writeln!(out, "{}: {}", note.kind.text(), note.message);
                render_snippet(&mut out, source, span, None);
            }
        }
        out
    }
}

impl NoteKind {
    fn text(self) -> &'static str {
        match self {
            NoteKind::Help => "help",
            NoteKind::Note => "note",
        }
    }
}

/// Columns of source text shown at most; longer lines are cut around the
/// caret.
const MAX_COLUMNS: usize = 120;
/// How many columns stay visible before the caret of a cut line.
const COLUMNS_BEFORE: usize = 40;
const TAB_COLUMNS: usize = 4;

/// Writes the `-->` line, the source line and the carets; gives the number of
/// columns before the `|`, so that more lines can be set below.
pub fn render_snippet(
    out: &mut String,
    source: &SourceFile,
    span: Span,
    label: Option<&str>,
) -> usize {
    let width = render_marked(out, source, span, span);
    if let Some(label) = label {
        out.pop();
        let _ = writeln!(out, " {label}");
    }
    width
}

/// [`render_snippet`] for a part of something wider: `~` are below the rest of it.
pub fn render_marked(out: &mut String, source: &SourceFile, span: Span, whole: Span) -> usize {
    let position = source.position(span.lo);
    let number = position.line.to_string();
    let width = number.len() + 2;
    let _ = writeln!(
        out,
        "{:>width$} {}:{}:{}",
        "-->",
        source.name(),
        position.line,
        position.column,
        width = width + 2
    );
    let text = source.line_text(position.line);
    let start = source.line_start(position.line).unwrap_or(0);
    // A range that began on an earlier line begins after the indentation of this one.
    let in_line = |span: Span| {
        let lo = match span.lo.checked_sub(start) {
            Some(lo) => (lo as usize).min(text.len()),
            None => text.len() - text.trim_start().len(),
        };
        lo..(span.hi.saturating_sub(start) as usize).clamp(lo, text.len())
    };
    let line = VisibleLine::new(text, in_line(span), in_line(whole));
    let _ = writeln!(out, "{:width$}|", "");
    let _ = writeln!(out, " {number} | {}", line.text);
    let _ = writeln!(out, "{:width$}| {}", "", line.marks);
    width
}

/// A source line as a terminal shows it.
struct VisibleLine {
    text: String,
    /// The line below it: carets, and `~` around them.
    marks: String,
}

impl VisibleLine {
    /// `mark`, which gets carets, and `whole`, which holds it, are byte offsets in `line`.
    fn new(line: &str, mark: Range<usize>, whole: Range<usize>) -> VisibleLine {
        let mark = mark.start..mark.end.max(mark.start + 1);
        // The window begins a fixed distance before the caret. Only
        // characters near it are looked at, so a line of gigabytes is cheap.
        let mut from = 0;
        if line.len() > MAX_COLUMNS {
            from = back_by(line, mark.start, COLUMNS_BEFORE);
            if back_by(line, mark.start, MAX_COLUMNS / 2) == 0 {
                from = 0;
            }
        }
        let mut text = String::new();
        let mut marks = String::new();
        let mut column = 0;
        if from > 0 {
            text.push('…');
            marks.push(' ');
            column = 1;
        }
        for (offset, ch) in line[from..].char_indices() {
            let offset = offset + from;
            if column >= MAX_COLUMNS {
                text.push('…');
                break;
            }
            let before = column;
            if ch == '\t' {
                column += TAB_COLUMNS - column % TAB_COLUMNS;
                text.extend(std::iter::repeat_n(' ', column - before));
            } else if hidden(ch) {
                text.push('\u{fffd}');
                column += 1;
            } else {
                text.push(ch);
                column += columns(ch);
            }
            let sign = match offset {
                at if mark.contains(&at) => '^',
                at if whole.contains(&at) => '~',
                _ => ' ',
            };
            marks.extend(std::iter::repeat_n(sign, column - before));
        }
        // The end of the line is a place too.
        if !marks.contains('^') {
            marks.push('^');
        }
        VisibleLine {
            text: text.trim_end().to_string(),
            marks: marks.trim_end().to_string(),
        }
    }
}

/// The offset `count` characters before `at`, or 0.
fn back_by(line: &str, at: usize, count: usize) -> usize {
    line.get(..at)
        .and_then(|head| head.char_indices().rev().nth(count))
        .map_or(0, |(offset, _)| offset)
}

/// Characters that would disturb the terminal or the order of the text.
fn hidden(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// How many terminal columns a character takes: a compact form of the East
/// Asian width property, enough to set carets.
fn columns(ch: char) -> usize {
    match ch as u32 {
        0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05bd | 0x064b..=0x065f => 0,
        0x200c..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0x1f3fb..=0x1f3ff => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xa960..=0xa97f => 2,
        0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 => 2,
        0xffe0..=0xffe6 | 0x1f300..=0x1f64f | 0x1f680..=0x1f6ff | 0x1f900..=0x1f9ff => 2,
        0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, lo: u32, hi: u32) -> String {
        let source = SourceFile::new("stats.ruff", text);
        Diagnostic::error(Span::new(lo, hi), "Division by zero").render(&source)
    }

    #[test]
    fn the_form_of_the_language_description() {
        let text = "a\nb\n    return total / count\n";
        assert_eq!(
            render(text, 21, 22),
            "error: Division by zero\n  --> stats.ruff:3:18\n   |\n \
             3 |     return total / count\n   |                  ^\n"
        );
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_caret_below() {
        let shown = render("\tx := \"日本\" / y", 16, 17);
        assert!(shown.contains(" 1 |     x := \"日本\" / y\n"), "{shown}");
        assert!(shown.contains("   |                  ^\n"), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let text = format!("{}!{}", "x".repeat(5000), "y".repeat(5000));
        let shown = render(&text, 5000, 5001);
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines[3].chars().count() < 140, "{shown}");
        let caret = lines[4].chars().position(|ch| ch == '^').unwrap();
        assert_eq!(lines[3].chars().nth(caret), Some('!'));
    }

    #[test]
    fn a_span_over_lines_marks_its_first_line() {
        let shown = render("ab(\n  c\n)", 2, 9);
        assert!(shown.ends_with(" 1 | ab(\n   |   ^\n"), "{shown}");
    }

    #[test]
    fn notes_and_related_places_follow() {
        let source = SourceFile::new("a.ruff", "f(1\ng");
        let shown = Diagnostic::error(Span::new(4, 5), "expected `)`")
            .label("here")
            .help("close it")
            .related(Span::new(1, 2), "opened here")
            .render(&source);
        assert_eq!(
            shown,
            "error: expected `)`\n  --> a.ruff:2:1\n   |\n 2 | g\n   | ^ here\n   = help: close it\n\
             note: opened here\n  --> a.ruff:1:2\n   |\n 1 | f(1\n   |  ^\n"
        );
    }

    #[test]
    fn the_end_of_the_text_has_a_caret() {
        let shown = render("abc", 3, 3);
        assert!(shown.ends_with(" 1 | abc\n   |    ^\n"), "{shown}");
        let _ = render("", 7, 900);
    }
}
