//! Slips in statements: blocks without braces, heads of loops, keywords of other languages
//! and their order.

use super::{CONDITIONAL, LOOK_AHEAD};
use crate::syntax::ast::{Expr, Stmt, StmtKind};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::parser::{Failed, Parse, Parser};
use crate::syntax::token::{T, Token};

impl<'a> Parser<'a> {
    // Blocks

    /// A block was expected and there is no `{`.
    pub(in super::super) fn no_block<R>(&mut self, of: &str) -> Parse<R> {
        let token = self.cur();
        if token.kind == T::Error {
            return Err(Failed);
        }
        let error = Diagnostic::error(
            token.span(),
            format!("expected `{{` and the body of {of}, found {}", self.found()),
        );
        let help = match token.kind {
            T::Colon => {
                self.colon_blocks = true;
                self.bump();
                "a body belongs in braces, not after `:`"
            }
            T::Assign | T::Walrus => "to compare write `==`",
            T::If if self.prev() == T::Else => "write `else if`",
            T::Else => CONDITIONAL,
            T::FatArrow => "a body belongs in braces: `{ … }`",
            _ => match self.slip_here() {
                Some(help) => return self.fail(error.help(help)),
                None => "a body belongs in braces: `{ … }`",
            },
        };
        self.fail(error.help(help))
    }

    /// After the expression of a head: explains what cannot follow it. Within another head a
    /// body may be followed by a `{`, that of the other one.
    pub(in super::super) fn head_slip(&mut self, within_head: bool) -> Parse<()> {
        let token = self.cur();
        let help = match token.kind {
            T::Assign => "to compare write `==`",
            T::Walrus => "assign before the statement; to compare write `==`",
            T::Semi => "a head has one expression; assign before the statement",
            T::Colon if self.ahead(1).kind == T::LBrace && self.prev() != T::Case => {
                // Fine after a case; `case` takes its colon itself.
                return Ok(());
            }
            T::Ident if self.same_line() && self.slip_here().is_some() => {
                let error = Diagnostic::error(
                    token.span(),
                    format!("unexpected `{}`", self.text_of(token)),
                );
                return self.with_slip(error);
            }
            T::LBrace if !within_head && self.is_literal_in_head() => {
                let message = "here `{` begins the body, not a struct literal";
                let error = Diagnostic::error(token.span(), message)
                    .help("a struct literal in a head belongs in parentheses: `(Name { … })`");
                self.error(error);
                return self.skip_braces();
            }
            _ => return Ok(()),
        };
        let error = Diagnostic::error(
            token.span(),
            format!("unexpected `{}`", self.text_of(token)),
        );
        self.fail(error.help(help))
    }

    /// A `{` where the expression of a head should begin.
    pub(in super::super) fn brace_in_head<R>(&mut self) -> Parse<R> {
        let keyword = match self.prev() {
            T::If => Some("if"),
            T::While => Some("while"),
            T::Match => Some("match"),
            _ => None,
        };
        let looks_like_dict = matches!(self.ahead(1).kind, T::Ident | T::Str | T::LBracket)
            && self.ahead(2).kind != T::LParen
            || matches!(self.ahead(1).kind, T::RBrace) && self.ahead(2).kind == T::LBrace;
        if let Some(keyword) = keyword.filter(|_| !looks_like_dict) {
            let message = format!("the condition of `{keyword}` is missing");
            let error = Diagnostic::error(self.cur().span(), message);
            let help = format!("write `{keyword} c {{ … }}`");
            return self.fail(error.help(help));
        }
        let error = Diagnostic::error(self.cur().span(), "expected an expression, found `{`")
            .help("a dict or struct literal in a head needs parentheses");
        if matches!(self.ahead(1).kind, T::Ident | T::Str) && self.ahead(2).kind == T::Colon {
            // A dict without doubt: skip it, so that the body is found.
            self.error(error);
            return self.skip_braces();
        }
        self.fail(error)
    }

    /// Skips the contents of the braces that open here, and the closing one.
    fn skip_braces<R>(&mut self) -> Parse<R> {
        let mut depth = 0u32;
        self.skip_until(|p, token| {
            if token.kind.closer().is_some() {
                depth += 1;
            } else if token.kind.is_closer() {
                depth -= 1;
                if depth == 0 {
                    p.bump();
                    return true;
                }
            }
            false
        });
        Err(Failed)
    }

    /// Whether a struct literal's braces open here, where those of the body should: a short
    /// one on one line, before others.
    fn is_literal_in_head(&self) -> bool {
        /// Tokens that are looked at.
        const MOST: usize = 64;
        let is_empty = self.ahead(1).kind == T::RBrace && self.ahead(2).kind == T::LBrace;
        if self.prev() == T::Ident && is_empty && !self.ahead(2).newline {
            return true;
        }
        let names = self.prev() == T::Ident && self.ahead(1).kind == T::Ident;
        if !names || self.ahead(2).kind != T::Colon {
            return false;
        }
        let mut depth = 0u32;
        for count in 0..MOST {
            let token = self.ahead(count);
            if token.kind == T::Eof || token.newline && count > 0 {
                return false;
            }
            if token.kind.closer().is_some() {
                depth += 1;
            } else if token.kind.is_closer() {
                depth -= 1;
                if depth == 0 {
                    let next = self.ahead(count + 1);
                    return next.kind == T::LBrace && !next.newline;
                }
            }
        }
        false
    }

    /// After a failed `{ … }` at the start of a statement.
    pub(in super::super) fn bare_block_note(&mut self) {
        if self.stopped {
            return;
        }
        if let Some(last) = self
            .diagnostics
            .last_mut()
            .filter(|last| last.notes.is_empty())
        {
            let text = "a `{` that begins a statement is a dict; there are no bare blocks";
            *last = last.clone().note(text);
        }
    }

    pub(in super::super) fn stray_keyword<R>(&mut self, token: Token) -> Parse<R> {
        let text = self.text_of(token);
        if self.colon_blocks && matches!(token.kind, T::Else | T::Except | T::Finally) {
            return Err(Failed);
        }
        let (message, help) = match token.kind {
            T::Else => (
                "`else` without `if`",
                "it follows the closing brace of its `if`",
            ),
            T::Except | T::Finally => {
                return self.fail(
                    Diagnostic::error(token.span(), format!("`{text}` without `try`"))
                        .help("it follows the closing brace of its `try`"),
                );
            }
            T::Case => (
                "`case` outside a `match`",
                "several statements of a case belong in braces",
            ),
            _ => (
                "expected a statement, found the keyword `in`",
                "write `for x in … { }`",
            ),
        };
        self.fail(Diagnostic::error(token.span(), message).help(help))
    }

    /// Refuses an operator that follows the brace of an `if`, `match` or `try`
    /// expression and looks at its value.
    pub(in super::super) fn after_control(&mut self, stmt: &Stmt<'a>) -> Parse<()> {
        let token = self.cur();
        let refused = match token.kind {
            T::LParen | T::LBracket => self.same_line(),
            T::Dot | T::QuestionDot | T::QuestionBracket | T::Question => true,
            _ => false,
        };
        if !refused {
            return Ok(());
        }
        let word = match stmt.kind {
            StmtKind::If { .. } => "if",
            StmtKind::Match { .. } => "match",
            _ => "try",
        };
        let text = self.text_of(token);
        let error = Diagnostic::error(
            token.span(),
            format!("`{text}` cannot follow the closing brace of `{word}`"),
        )
        .related(stmt.span, format!("put this `{word}` into parentheses"));
        self.fail(error)
    }

    /// `return`, `break` and `continue` end their line, but for a `;`.
    pub(in super::super) fn after_jump(&mut self, word: &str) -> Parse<()> {
        let token = self.cur();
        if token.newline || !token.kind.starts_statement() || self.at_default_clause() {
            return Ok(());
        }
        let text = self.describe(token);
        let error = Diagnostic::error(token.span(), format!("{text} cannot follow `{word}`"));
        let help = if token.kind == T::If && word == "return" {
            "a conditional value is written `return if c { a } else { b }`".to_string()
        } else if token.kind.is_control() && word != "return" {
            format!("write `if … {{ {word} }}`, or put a `;` between two statements")
        } else {
            "put a `;` between two statements".to_string()
        };
        self.fail(error.help(help))
    }

    // Single statements

    /// `let mut x`, `const fn`
    pub(in super::super) fn binding_slip(&mut self, keyword: Token) -> Parse<()> {
        let token = self.cur();
        if !matches!(token.kind, T::Let | T::Mut | T::Const) {
            return Ok(());
        }
        let (first, second) = (self.text_of(keyword), self.text_of(token));
        let error = Diagnostic::error(
            keyword.span().to(token.span()),
            format!("`{first}` and `{second}` exclude each other"),
        );
        self.error(error.help("`let` is immutable, `mut` is not: write `mut x := …`"));
        self.bump();
        Ok(())
    }

    /// `elif` after the block of an `if`: explained, then read as `else if`.
    pub(in super::super) fn elif_slip(&mut self) {
        let token = self.cur();
        if token.kind != T::Ident || self.ahead(1).newline {
            return;
        }
        let text = self.text_of(token);
        if !matches!(text, "elif" | "elsif" | "elseif") {
            return;
        }
        if matches!(self.ahead(1).kind, T::Walrus | T::Assign | T::Dot) {
            return;
        }
        let error = Diagnostic::error(token.span(), format!("Ruff has no `{text}`"));
        self.error(error.help("write `else if`"));
        // Reading on as `else if` keeps its body from being lost: the loop
        // of the `if` expects the two words.
        if self.at(T::Eof) {
            return;
        }
        self.reread(T::If);
        self.tokens.insert(
            self.pos,
            Token {
                kind: T::Else,
                ..token
            },
        );
    }

    /// C-like and Go-like heads of `for`.
    pub(in super::super) fn for_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        let error = match token.kind {
            T::LParen => Diagnostic::error(token.span(), "the head of `for` has no parentheses")
                .help(if self.semicolon_ahead() {
                    "write `for i in 0..n { … }`, or a `while` loop"
                } else {
                    "write `for x in xs { … }`"
                }),
            T::LBrace if !self.at_dict_pattern() => {
                Diagnostic::error(token.span(), "this `for` has no head")
                    .help("write `for x in xs { … }`, or `loop { … }` to repeat for ever")
            }
            T::In => Diagnostic::error(token.span(), "this `for` has no variable")
                .help("write `for x in xs { … }`"),
            T::Let | T::Mut | T::Const => {
                let text = self.text_of(token);
                Diagnostic::error(token.span(), format!("`{text}` is not needed here"))
                    .help("the variables of a `for` are its own: `for x in xs { … }`")
            }
            _ => return Ok(()),
        };
        self.fail(error)
    }

    /// Whether the brace at the cursor begins a pattern, not a body.
    pub(in super::super) fn at_dict_pattern(&self) -> bool {
        match self.ahead(1).kind {
            T::Ellipsis | T::Str | T::Int => true,
            T::RBrace => self.ahead(2).kind == T::In,
            kind if kind.is_keyword() => self.ahead(2).kind == T::Colon,
            T::Ident => matches!(self.ahead(2).kind, T::Comma | T::Colon | T::RBrace),
            _ => false,
        }
    }

    fn semicolon_ahead(&self) -> bool {
        (0..LOOK_AHEAD)
            .map(|ahead| self.ahead(ahead).kind)
            .take_while(|&kind| !matches!(kind, T::LBrace | T::Eof))
            .any(|kind| kind == T::Semi)
    }

    /// `for x` without `in`.
    pub(in super::super) fn no_in<R>(&mut self) -> Parse<R> {
        let error = Diagnostic::error(
            self.cur().span(),
            format!("expected `in`, found {}", self.found()),
        );
        let help = match self.cur().kind {
            T::Walrus | T::Assign => "write `for i in 0..n { … }`, or a `while` loop",
            _ => "write `for x in xs { … }`",
        };
        self.fail(error.help(help))
    }

    /// `catch` after `try { }`: explained, then read as `except`.
    pub(in super::super) fn catch_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        if !(self.at_word("catch") || self.at_word("rescue")) {
            return Ok(());
        }
        let name = self.ahead(2);
        if self.ahead(1).kind == T::LParen && name.kind == T::Ident {
            // `catch (e)`: one error is enough.
            if self.ahead(3).kind == T::RParen {
                self.tokens.remove(self.pos + 3);
                self.tokens.remove(self.pos + 1);
            }
        }
        let text = self.text_of(token);
        let error = Diagnostic::error(token.span(), format!("Ruff has no `{text}`"));
        self.error(error.help("write `except e { … }`"));
        self.reread(T::Except);
        Ok(())
    }

    /// `except (e)`, `except Type as e` and the like.
    pub(in super::super) fn except_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        let as_name = self.at_word("as") || token.kind == T::Ident;
        if token.kind == T::LParen || as_name {
            let error = Diagnostic::error(
                token.span(),
                format!("expected `{{` after `except`, found {}", self.found()),
            )
            .help("write `except e { … }`; it catches every error, `e.kind` tells which");
            self.error(error);
            // The body is still worth reading.
            self.skip_until(|_, token| token.kind == T::LBrace || token.newline);
        }
        Ok(())
    }

    /// `case x => …`
    pub(in super::super) fn case_arrow_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        if matches!(token.kind, T::FatArrow | T::Arrow) {
            let text = self.text_of(token);
            let error = Diagnostic::error(token.span(), format!("unexpected `{text}`"))
                .help("write `case pattern: { … }`");
            self.error(error);
            self.bump();
        }
        Ok(())
    }

    pub(in super::super) fn inheritance_slip(&mut self, is_class: bool) -> Parse<()> {
        let token = self.cur();
        let inherits = matches!(token.kind, T::LParen | T::Colon | T::Lt)
            || (token.kind == T::Ident && matches!(self.text_of(token), "extends" | "implements"));
        if !inherits {
            return Ok(());
        }
        let what = if is_class { "a class" } else { "a struct" };
        let (message, help) = if token.kind == T::Lt {
            (
                format!("{what} has no type parameters"),
                "leave them out: types are not enforced",
            )
        } else {
            (
                format!("{what} inherits nothing"),
                "hold the other value in a field",
            )
        };
        self.fail(Diagnostic::error(token.span(), message).help(help))
    }

    /// Members that begin with words of other languages.
    pub(in super::super) fn member_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        let next = self.ahead(1);
        let text = self.text_of(token);
        let word = !next.newline && (next.kind == T::Ident || next.kind == T::Func);
        let help = match token.kind {
            T::Let | T::Mut | T::Const => "a field is its name alone: `name: type`",
            T::Ident if word => match text {
                "fn" | "def" | "function" => "write `func name(self) { … }`",
                "pub" | "public" | "private" | "var" | "val" => "leave the word out",
                "static" => "leave the word out: a `func` without `self` is called as `Name::f()`",
                _ => "write `name: type`",
            },
            T::Ident if next.kind == T::LParen => "write `func name(…) { … }`",
            _ => return Ok(()),
        };
        let error = Diagnostic::error(token.span(), format!("unexpected `{text}` in a type"));
        self.fail(error.help(help))
    }

    pub(in super::super) fn import_slip(&mut self) -> Parse<()> {
        let token = self.cur();
        let help = match token.kind {
            T::Str => "a module is named without quotes: `import a.b`",
            T::LBrace => "write `from module import x, y`",
            T::Star => "`import module` brings in every export",
            T::Dot | T::DotDot | T::Ellipsis => {
                "modules are found from the folder of the file: `import a.b`"
            }
            _ => return Ok(()),
        };
        let error = Diagnostic::error(
            token.span(),
            format!("expected a module name, found {}", self.found()),
        );
        self.fail(error.help(help))
    }

    /// `export default …`, `export { … }`
    pub(in super::super) fn export_slip(&mut self, keyword: Token) -> Parse<()> {
        let is_default = self.at_word("default")
            && !matches!(self.ahead(1).kind, T::Walrus | T::Assign | T::Colon);
        if is_default || self.at(T::LBrace) || self.at(T::Star) {
            let error = Diagnostic::error(
                keyword.span().to(self.cur().span()),
                "`export` goes before a declaration",
            )
            .help("write `export func f() { … }`");
            return self.fail(error);
        }
        Ok(())
    }

    /// `name:` with nothing on the line: a block in the manner of Python, or
    /// a label without its loop.
    pub(in super::super) fn colon_slip<R>(&mut self, name: &Expr<'a>) -> Parse<R> {
        let error = Diagnostic::error(self.cur().span(), "unexpected `:`");
        let text = self
            .text
            .get(name.span.lo as usize..name.span.hi as usize)
            .unwrap_or("");
        if text == "default" {
            return self.fail(error.help("`default` belongs into the body of a `match`"));
        }
        self.fail(error.help("a label goes before a loop, a type before `:=`"))
    }
}
