//! A rule: its name, its level and its page. The files of the rules make them, and
//! [`super::rules`] has the table of all.

use crate::syntax::ast::Span;
use crate::syntax::diagnostic::Diagnostic;
use std::fmt::Write as _;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// It fails when it is reached.
    Certain,
    /// It runs, but hardly as it was meant.
    Suspicious,
    /// It does no harm, and nothing else.
    Tidy,
}

impl Level {
    pub const ALL: [Level; 3] = [Level::Certain, Level::Suspicious, Level::Tidy];

    pub fn name(self) -> &'static str {
        match self {
            Level::Certain => "certain",
            Level::Suspicious => "suspicious",
            Level::Tidy => "tidy",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Level::Certain => "what it finds fails when it is reached",
            Level::Suspicious => "what it finds runs, but hardly as it was meant",
            Level::Tidy => "what it finds does no harm, and nothing else",
        }
    }
}

/// A rule of `ruff check`.
#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    pub level: Level,
    /// One sentence.
    pub summary: &'static str,
    /// Why it matters and what to do, in Markdown.
    pub explanation: &'static str,
    /// A whole program in which the rule finds something, and no other does.
    pub wrong: &'static str,
    /// The program as it was meant: nothing is found.
    pub right: &'static str,
}

impl Rule {
    /// A finding of this rule.
    pub fn at(&'static self, span: Span, text: impl Into<String>) -> Diagnostic {
        let mut finding = Diagnostic::warning(span, text);
        finding.rule = Some(self.name);
        finding
    }

    /// The rule's page, in Markdown.
    pub fn page(&self) -> String {
        let mut page = format!("## {}\n\n", self.name);
        let _ = writeln!(page, "{} Level: {}.\n", self.summary, self.level.name());
        let _ = writeln!(page, "{}\n", self.explanation);
        let _ = writeln!(page, "Found:\n\n```ruff as-written\n{}\n```\n", self.wrong);
        let _ = writeln!(page, "Silent:\n\n```ruff\n{}\n```", self.right);
        page
    }
}
