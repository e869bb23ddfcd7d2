//! The names that a text declares or assigns, by its tokens alone: good for hints.

use super::lexer;
use super::token::T;

/// Names and where they are, in order.
pub fn declared_names(text: &str) -> Vec<(&str, u32)> {
    let tokens = lexer::lex(text).tokens;
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != T::Ident {
            continue;
        }
        let before = index.checked_sub(1).map(|before| tokens[before].kind);
        let after = tokens.get(index + 1).map(|after| after.kind);
        let declared = matches!(
            before,
            Some(T::Let | T::Mut | T::Const | T::Func | T::Struct | T::Class | T::Enum | T::For)
        );
        let assigned =
            matches!(after, Some(T::Walrus | T::Assign)) && !matches!(before, Some(T::Dot));
        if (declared || assigned)
            && let Some(name) = text.get(token.lo as usize..token.hi as usize)
        {
            found.push((name, token.lo));
        }
    }
    found
}
