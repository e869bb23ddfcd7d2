//! Comments that silence rules: `# ruff: allow RULE, RULE: reason`, at the end of
//! a line for that line, or alone on a line for the next line of code. `allow-file`
//! in place of `allow` means the whole file, wherever the comment is.

use super::rule::Rule;
use super::rules;
use crate::compiler::hash::{Map, Set};
use crate::syntax::ast::Module;
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::source::SourceFile;

/// The rules that the comments of a file silence.
pub struct Allowed {
    /// Lines and names of rules.
    lines: Map<u32, Set<&'static str>>,
    everywhere: Set<&'static str>,
    /// Names that are no rule's.
    pub unknown: Vec<Diagnostic>,
}

/// The rules that a comment names, as written, and whether they are meant for the
/// whole file.
fn named_in(comment: &str) -> Option<(bool, impl Iterator<Item = &str>)> {
    let text = comment.trim_start_matches(['#', '/', '*']).trim();
    let rest = text.strip_prefix("ruff:")?.trim_start();
    let names = rest.strip_prefix("allow")?;
    let (file, names) = match names.strip_prefix("-file") {
        Some(names) => (true, names),
        None => (false, names),
    };
    if !names.starts_with([' ', '\t']) {
        return None;
    }
    let names = names.split_once(':').map_or(names, |(names, _)| names);
    let names = names.split(',');
    Some((
        file,
        names.map(|name| name.trim_matches([' ', '\t', '*', '/'])),
    ))
}

impl Allowed {
    pub fn new(module: &Module, source: &SourceFile) -> Allowed {
        let mut allowed = Allowed {
            lines: Map::default(),
            everywhere: Set::default(),
            unknown: Vec::new(),
        };
        for comment in module.comments {
            let Some((file, names)) = named_in(comment.text) else {
                continue;
            };
            let line = source.line_at(comment.span.lo);
            let before = source.line_text(line).trim_start();
            let target = match before.starts_with(comment.text) {
                true => next_code(source, line),
                false => line,
            };
            for name in names {
                match rules::named(name) {
                    Ok(rules) => {
                        let names = match file {
                            true => &mut allowed.everywhere,
                            false => allowed.lines.entry(target).or_default(),
                        };
                        names.extend(rules.iter().map(|rule: &&Rule| rule.name));
                    }
                    Err(close) => {
                        let text = format!("no rule of `ruff check` is called `{name}`");
                        let finding = Diagnostic::warning(comment.span, text);
                        allowed.unknown.push(match close {
                            Some(close) => finding.help(format!("did you mean `{close}`?")),
                            None => finding,
                        });
                    }
                }
            }
        }
        allowed
    }

    pub fn silences(&self, finding: &Diagnostic, source: &SourceFile) -> bool {
        let Some(rule) = finding.rule else {
            return false;
        };
        if self.everywhere.contains(rule) {
            return true;
        }
        if self.lines.is_empty() {
            return false;
        }
        let line = source.line_at(finding.span.lo);
        self.lines
            .get(&line)
            .is_some_and(|names| names.contains(rule))
    }
}

/// The next line below that has code.
fn next_code(source: &SourceFile, line: u32) -> u32 {
    let is_code = |&line: &u32| {
        let text = source.line_text(line).trim_start();
        !text.is_empty() && !text.starts_with('#') && !text.starts_with("//")
    };
    (line + 1..=source.line_count())
        .find(is_code)
        .unwrap_or(line)
}
