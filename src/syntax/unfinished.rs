//! Whether a text could go on: what an interactive prompt asks before it runs
//! what has been typed.

use super::SourceFile;
use super::lexer;
use super::token::T;

/// Whether the text ends inside a bracket, block, string or comment, or after
/// something that cannot end a statement.
pub fn is_unfinished(text: &str) -> bool {
    let lexed = lexer::lex(text);
    if lexed.unreliable_from.is_some() {
        return true;
    }
    let mut depth = 0i64;
    for token in &lexed.tokens {
        if token.kind.closer().is_some() || matches!(token.kind, T::TemplateOpen | T::TripleOpen) {
            depth += 1;
        } else if token.kind.is_closer() || token.kind == T::TemplateClose {
            depth -= 1;
        }
    }
    if depth > 0 {
        return true;
    }
    let end = text.trim_end().len() as u32;
    let not_closed = |message: &str| message.contains("comment is not closed");
    if lexed.diagnostics.iter().any(|d| not_closed(&d.message)) {
        return true;
    }
    // Everything that is missing is missing at the end.
    let source = SourceFile::new("", text);
    let arena = bumpalo::Bump::new();
    let (_, diagnostics) = super::parse(&source, &arena);
    // Without the token that stands for the end of the text, after any comment.
    let written = lexed.tokens.iter().filter(|token| token.lo < token.hi);
    let code_end = written
        .map(|token| token.hi)
        .filter(|&hi| hi <= end)
        .max()
        .unwrap_or(0);
    diagnostics
        .first()
        .is_some_and(|first| first.span.lo == first.span.hi && first.span.lo >= code_end)
}

#[cfg(test)]
mod tests {
    use super::is_unfinished;

    #[test]
    fn open_brackets_strings_and_operators_go_on() {
        for text in [
            "f(1,",
            "if x {",
            "x := [1, 2",
            "x :=",
            "a +",
            "/* c",
            "\"\"\"abc",
            "\"${f(",
            "try { }",
            "func f()",
            "x := # why",
        ] {
            let expected = text != "try { }";
            assert_eq!(is_unfinished(text), expected, "{text}");
        }
    }

    #[test]
    fn whole_and_wrong_texts_do_not() {
        for text in [
            "",
            "x := 1",
            "f(1)",
            ")",
            "x := )",
            "1 +* 2",
            "if x { y() }",
            "# c",
        ] {
            assert!(!is_unfinished(text), "{text}");
        }
    }
}
