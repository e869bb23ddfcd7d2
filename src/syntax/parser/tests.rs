//! Tests of the parser, by topic.

use bumpalo::Bump;

use super::{SourceFile, parse};

/// The diagnostics of a text, rendered one after the other.
pub(super) fn errors(text: &str) -> String {
    let source = SourceFile::new("t.ruff", text);
    let arena = Bump::new();
    let (_, diagnostics) = parse(&source, &arena);
    diagnostics
        .iter()
        .map(|d| d.render(&source))
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
pub(super) fn accepts(text: &str) {
    let errors = errors(text);
    assert!(errors.is_empty(), "{text}\n{errors}");
}

mod grammar;

mod refusals;
mod values;
