//! The parts of a text that a screen shows in colours.

use super::ast::Span;
use super::lexer;
use super::token::T;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    Keyword,
    Number,
    String,
    Comment,
}

/// Keywords, numbers, strings (without their interpolations) and comments, in
/// order.
pub fn pieces(text: &str) -> Vec<(Span, Piece)> {
    let lexed = lexer::lex(text);
    let mut out: Vec<_> = lexed
        .comments
        .iter()
        .map(|one| (one.span, Piece::Comment))
        .collect();
    for token in &lexed.tokens {
        let piece = match token.kind {
            T::Int | T::Float => Piece::Number,
            T::Str
            | T::TripleStr
            | T::TemplateOpen
            | T::TripleOpen
            | T::TemplateText
            | T::Format
            | T::TemplateClose => Piece::String,
            kind if kind.is_keyword() => Piece::Keyword,
            _ => continue,
        };
        out.push((token.span(), piece));
    }
    out.sort_by_key(|(span, _)| span.lo);
    out
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn each_piece_has_its_place() {
        let found = pieces("if x { 12 } # c");
        let kinds: Vec<_> = found
            .iter()
            .map(|(span, piece)| (span.lo, *piece))
            .collect();
        let expected = [
            (0, Piece::Keyword),
            (7, Piece::Number),
            (12, Piece::Comment),
        ];
        assert_eq!(kinds, expected);
    }
}
