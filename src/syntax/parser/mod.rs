//! Tokens to syntax tree: the cursor, the limits and the recovery that all
//! parts of the parser share. The grammar itself is in the submodules, by
//! topic. Every function of the grammar either gives a node or has reported a
//! diagnostic and gives `Failed`; statements are the units of recovery, so a
//! failed one is dropped and the next is parsed. A loop that does not begin its
//! round by taking a token is one of [`Parser::rounds`], which ends when a round
//! has taken none, or [`Parser::skip_until`]. No scopes are known here.

use std::ops::ControlFlow;

use bumpalo::Bump;

use super::ast::{Block, Expr, ExprKind, Module, Span, Stmt};
use super::diagnostic::{Diagnostic, Severity};
use super::lexer;
use super::source::{self, SourceFile};
use super::token::{T, Token};

mod control;
mod decl;
mod expr;
mod function;
mod literal;
mod pattern;
mod postfix;
mod primary;
mod slips;
mod stmt;
#[cfg(test)]
mod tests;
mod types;

pub use slips::slip_hint;

/// Brackets and blocks that may be open inside each other. Each costs a few
/// frames of this parser and of every later walk over the tree; a callback
/// in an argument list counts twice, for its list and its block.
pub const MAX_NESTING: u32 = 2_400;

/// How high the tree may be, chains such as `a + b + …` included: bounds the
/// recursion of every later walk.
pub const MAX_HEIGHT: u32 = 20_000;

/// Errors reported before the parser gives up.
const MAX_ERRORS: usize = 20;

/// Parses a whole file. A module is always given: statements with errors are
/// left out of it, and the diagnostics say what is wrong. The parser recurses
/// up to [`MAX_NESTING`] levels and wants a large stack.
pub fn parse<'a>(source: &'a SourceFile, arena: &'a Bump) -> (Module<'a>, Vec<Diagnostic>) {
    let text = source.text();
    if text.len() > source::MAX_SOURCE_BYTES {
        let body = Block {
            stmts: &[],
            span: Span::default(),
        };
        return (
            Module {
                body,
                comments: &[],
            },
            vec![super::read::too_large()],
        );
    }
    let lexed = lexer::lex(text);
    let mut parser = Parser::new(text, arena, lexed.tokens);
    let stmts = parser.module_body();
    let mut diagnostics = parser.diagnostics;
    if let Some(from) = lexed.unreliable_from {
        diagnostics.retain(|diagnostic| diagnostic.span.lo < from);
    }
    diagnostics.extend(lexed.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.lo);
    if diagnostics.len() > MAX_ERRORS {
        diagnostics.truncate(MAX_ERRORS);
        if let Some(last) = diagnostics.pop() {
            diagnostics.push(last.note("there are more errors; these are the first"));
        }
    }
    let span = Span::new(0, text.len() as u32);
    let comments = arena.alloc_slice_copy(&lexed.comments);
    (
        Module {
            body: Block { stmts, span },
            comments,
        },
        diagnostics,
    )
}

/// A part of the grammar did not match, and the diagnostic has been given.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

struct Parser<'a> {
    text: &'a str,
    arena: &'a Bump,
    tokens: Vec<Token>,
    pos: usize,
    diagnostics: Vec<Diagnostic>,
    /// Where the parameters of arrow functions begin that are in parentheses.
    arrows: Vec<u32>,
    /// The brackets that are open at `pos`.
    open: Vec<Token>,
    nesting: u32,
    /// The height of the node made last.
    height: u32,
    mode: Mode,
    context: Context<'a>,
    /// `...` without a value: allowed where a literal turns out to be a
    /// pattern, an error otherwise.
    bare_spreads: Vec<Span>,
    /// Whether a block began with `:`; its `else:` is then no news.
    colon_blocks: bool,
    /// The opening brace of the first block whose closing brace is
    /// further left than it should: likely the one that is not closed.
    suspect: Option<Token>,
    /// Whether the end of the file came too early and that has been reported.
    unclosed: bool,
    /// Where statements are that belong to the top level.
    misplaced: Vec<u32>,
    stopped: bool,
}

/// The places of the `(` whose `)` is before a `=>`, in order.
fn arrow_parens(tokens: &[Token]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut open: Vec<Token> = Vec::new();
    for (at, &token) in tokens.iter().enumerate() {
        if token.kind.closer().is_some() {
            open.push(token);
        } else if token.kind.is_closer()
            && let Some(opener) = open.pop()
            && opener.kind == T::LParen
            && tokens
                .get(at + 1)
                .is_some_and(|next| next.kind == T::FatArrow)
        {
            found.push(opener.lo);
        }
    }
    found.sort_unstable();
    found
}

/// How the surroundings change what tokens mean.
#[derive(Clone, Copy)]
struct Mode {
    /// A newline may end the statement: not directly inside brackets.
    newlines: bool,
    /// A `{` after a complete expression opens a body.
    head: bool,
}

const STATEMENT: Mode = Mode {
    newlines: true,
    head: false,
};
const BRACKETS: Mode = Mode {
    newlines: false,
    head: false,
};

/// The innermost function, with what it allows.
struct Context<'a> {
    kind: ContextKind,
    /// The enclosing loops and their labels, innermost last.
    loops: Vec<Option<&'a str>>,
    /// Blocks open since the function or test began.
    depth: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ContextKind {
    Module,
    /// The body of a test group.
    Group,
    Function,
    Generator,
    Spawn,
    Test,
    /// A default value of a parameter or field.
    Default,
}

impl<'a> Context<'a> {
    fn new(kind: ContextKind) -> Context<'a> {
        Context {
            kind,
            loops: Vec::new(),
            depth: 0,
        }
    }
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, arena: &'a Bump, tokens: Vec<Token>) -> Parser<'a> {
        Parser {
            text,
            arena,
            arrows: arrow_parens(&tokens),
            tokens,
            pos: 0,
            diagnostics: Vec::new(),
            open: Vec::new(),
            nesting: 0,
            height: 0,
            mode: STATEMENT,
            context: Context::new(ContextKind::Module),
            bare_spreads: Vec::new(),
            colon_blocks: false,
            suspect: None,
            unclosed: false,
            misplaced: Vec::new(),
            stopped: false,
        }
    }

    // The cursor

    fn cur(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> Token {
        // The last token is `Eof`, and stays so for ever.
        match self.tokens.get(self.pos + count).or(self.tokens.last()) {
            Some(&token) => token,
            None => Token {
                kind: T::Eof,
                newline: true,
                lo: 0,
                hi: 0,
            },
        }
    }

    fn prev_hi(&self) -> u32 {
        match self.pos.checked_sub(1).and_then(|pos| self.tokens.get(pos)) {
            Some(token) => token.hi,
            None => 0,
        }
    }

    /// The token before this one; `Eof` at the start.
    fn prev(&self) -> T {
        match self.pos.checked_sub(1).and_then(|pos| self.tokens.get(pos)) {
            Some(token) => token.kind,
            None => T::Eof,
        }
    }

    fn at(&self, kind: T) -> bool {
        self.cur().kind == kind
    }

    fn bump(&mut self) -> Token {
        let token = self.cur();
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
        token
    }

    /// Has the token at the cursor read as one of another kind. The end of the file, where
    /// the parser is after too many errors, stays: every loop ends there.
    fn reread(&mut self, kind: T) {
        if let Some(token) = self.tokens.get_mut(self.pos)
            && token.kind != T::Eof
        {
            token.kind = kind;
        }
    }

    fn eat(&mut self, kind: T) -> Option<Token> {
        if self.at(kind) {
            Some(self.bump())
        } else {
            None
        }
    }

    /// Whether the current token belongs to what is before it as far as
    /// lines are concerned.
    fn same_line(&self) -> bool {
        !self.mode.newlines || !self.cur().newline
    }

    fn text_of(&self, token: Token) -> &'a str {
        self.text
            .get(token.lo as usize..token.hi as usize)
            .unwrap_or("")
    }

    /// Whether the current token is an identifier with this text.
    fn at_word(&self, word: &str) -> bool {
        let token = self.cur();
        token.kind == T::Ident && self.text_of(token) == word
    }

    /// Whether two tokens touch.
    fn adjacent(&self, first: Token, second: Token) -> bool {
        first.hi == second.lo
    }

    // Repetition

    /// Repeats `round` until it breaks or fails. A round that goes on has taken
    /// a token: one that has not fails here, so no text keeps the parser in place.
    fn rounds<R>(&mut self, mut round: impl FnMut(&mut Self) -> Parse<ControlFlow<R>>) -> Parse<R> {
        loop {
            let before = (self.pos, self.cur().lo);
            if let ControlFlow::Break(result) = round(self)? {
                return Ok(result);
            }
            // The start of a token moves when `>>` is taken by halves.
            if (self.pos, self.cur().lo) == before {
                return self.unexpected("something else");
            }
        }
    }

    /// Takes a comma, after which a list goes on; without one it ends.
    fn comma(&mut self) -> ControlFlow<()> {
        match self.eat(T::Comma) {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        }
    }

    /// Skips tokens up to the first at which `stop` says so, or the end of the file.
    fn skip_until(&mut self, mut stop: impl FnMut(&mut Self, Token) -> bool) {
        while !self.at(T::Eof) {
            let token = self.cur();
            if stop(self, token) {
                return;
            }
            self.bump();
        }
    }

    // Errors and limits

    fn error(&mut self, diagnostic: Diagnostic) {
        if self.stopped {
            return;
        }
        // Two errors at one place say the same thing twice.
        if self
            .diagnostics
            .last()
            .is_some_and(|last| last.span.lo == diagnostic.span.lo)
        {
            return;
        }
        let is_error = diagnostic.severity == Severity::Error;
        self.diagnostics.push(diagnostic);
        if is_error && self.diagnostics.len() > MAX_ERRORS {
            self.stop();
        }
    }

    fn fail<R>(&mut self, diagnostic: Diagnostic) -> Parse<R> {
        self.error(diagnostic);
        Err(Failed)
    }

    /// A block or body that lacks its `}`. At the end of the file, those around it lack
    /// theirs by the same mistake, and so do statements after it seem to be inside.
    fn not_closed<R>(&mut self, opener: Token, error: Diagnostic) -> Parse<R> {
        if self.at(T::Eof) {
            let misplaced = std::mem::take(&mut self.misplaced);
            self.diagnostics
                .retain(|one| one.span.lo < opener.lo || !misplaced.contains(&one.span.lo));
            if std::mem::replace(&mut self.unclosed, true) {
                return Err(Failed);
            }
        }
        self.fail(error)
    }

    /// A statement that belongs to the top level, or to a test group there.
    fn misplaced(&mut self, span: Span, message: String) {
        self.misplaced.push(span.lo);
        self.error(Diagnostic::error(span, message));
    }

    /// Ends the parse: nothing after this is looked at or reported.
    fn stop(&mut self) {
        self.stopped = true;
        self.pos = self.tokens.len().saturating_sub(1);
    }

    fn too_deep(&mut self, span: Span, what: &str) -> Failed {
        self.error(
            Diagnostic::error(span, format!("{what} is too deeply nested"))
                .help("move parts of it into functions or variables of their own"),
        );
        self.stop();
        Failed
    }

    /// Counts one level of nesting while `f` runs.
    fn nested<R>(&mut self, f: impl FnOnce(&mut Self) -> Parse<R>) -> Parse<R> {
        if self.nesting >= MAX_NESTING {
            return Err(self.too_deep(self.cur().span(), "this"));
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    /// Runs `f` after the bracket at the cursor, where lines mean nothing.
    /// `f` ends with [`Parser::close`].
    fn bracketed<R>(&mut self, f: impl FnOnce(&mut Self) -> Parse<R>) -> Parse<R> {
        let mode = std::mem::replace(&mut self.mode, BRACKETS);
        let opener = self.bump();
        self.open.push(opener);
        let result = self.nested(f);
        self.mode = mode;
        result
    }

    /// The closing bracket of a [`Parser::bracketed`] list.
    fn close(&mut self, closer: T, expected: &str) -> Parse<Token> {
        if let Some(token) = self.eat(closer) {
            self.open.pop();
            return Ok(token);
        }
        let mut error = Diagnostic::error(
            self.here(),
            format!("expected {expected}, found {}", self.found()),
        );
        self.unclosed |= self.at(T::Eof);
        if let Some(&opener) = self.open.last() {
            let text = self.text_of(opener);
            if !self.closes_later(closer) {
                error = error.related(opener.span(), format!("this `{text}` is not closed"));
            } else if let Some(help) = self.list_slip(closer, opener) {
                return self.fail(error.help(help));
            }
        }
        self.with_slip(error)
    }

    /// Whether the bracket that is missing here follows, after something else.
    fn closes_later(&self, closer: T) -> bool {
        const FAR: usize = 64;
        let mut depth = 0u32;
        for ahead in 0..FAR {
            let kind = self.ahead(ahead).kind;
            if depth == 0 && kind == closer {
                return true;
            }
            match kind {
                T::Eof | T::Semi if ahead > 0 => return false,
                kind if kind.closer().is_some() => depth += 1,
                kind if kind.is_closer() => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return false,
                },
                _ if ahead > 0 && depth == 0 && self.ahead(ahead).newline => return false,
                _ => {}
            }
        }
        false
    }

    /// Help for a list that is not as Ruff writes it.
    fn list_slip(&self, closer: T, opener: Token) -> Option<&'static str> {
        Some(match (closer, self.cur().kind) {
            (T::RBracket, T::Comma) => "an index is one value: `m[i][j]`, or `m[[i, j]]`",
            (T::RBracket, T::Semi) => "an array of equal elements is `repeat([x], n)`",
            (T::RBracket, kind) if kind.starts_operand() && opener.kind == T::LBracket => {
                "elements are separated by commas"
            }
            _ => return None,
        })
    }

    fn expect(&mut self, kind: T, expected: &str) -> Parse<Token> {
        match self.eat(kind) {
            Some(token) => Ok(token),
            None => self.unexpected(expected),
        }
    }

    /// Reports that something else was expected here.
    fn unexpected<R>(&mut self, expected: &str) -> Parse<R> {
        let error = Diagnostic::error(
            self.here(),
            format!("expected {expected}, found {}", self.found()),
        );
        self.with_slip(error)
    }

    /// Reports `error`, helped by what the current token suggests.
    fn with_slip<R>(&mut self, error: Diagnostic) -> Parse<R> {
        // The lexer has said what is wrong with it.
        if self.at(T::Error) {
            return Err(Failed);
        }
        let error = match self.slip_here() {
            Some(help) => error.help(help),
            None => error,
        };
        self.fail(error)
    }

    /// The place of the current token; the end of the file counts as the end
    /// of what is last in it.
    fn here(&self) -> Span {
        if self.at(T::Eof) {
            Span::new(self.prev_hi(), self.prev_hi())
        } else {
            self.cur().span()
        }
    }

    /// Describes the token at the cursor, for a message.
    fn found(&self) -> String {
        self.describe(self.cur())
    }

    fn describe(&self, token: Token) -> String {
        match token.kind {
            T::Eof => "the end of the file".to_string(),
            T::Str | T::TripleStr | T::TemplateOpen | T::TripleOpen => "a string".to_string(),
            T::InterpClose => "`}` of the interpolation".to_string(),
            kind if kind.is_keyword() => format!("the keyword `{}`", self.text_of(token)),
            _ => {
                let text = self.text_of(token);
                match text.char_indices().nth(40) {
                    Some((cut, _)) => format!("`{}…`", &text[..cut]),
                    None => format!("`{text}`"),
                }
            }
        }
    }

    // Nodes

    /// An expression over children whose highest has the given height.
    fn node(&mut self, kind: ExprKind<'a>, span: Span, below: u32) -> Parse<&'a Expr<'a>> {
        self.raise(below, span)?;
        Ok(self.arena.alloc(Expr { kind, span }))
    }

    /// Sets the height of a node from that of its highest child.
    fn raise(&mut self, below: u32, span: Span) -> Parse<()> {
        if below >= MAX_HEIGHT {
            return Err(self.too_deep(Span::new(span.lo, span.lo + 1), "this expression"));
        }
        self.height = below + 1;
        Ok(())
    }

    /// A comma-separated list up to `closer`, which is taken. Gives the
    /// height of the highest item.
    fn list<R>(
        &mut self,
        closer: T,
        expected: &str,
        mut item: impl FnMut(&mut Self) -> Parse<R>,
    ) -> Parse<(Vec<R>, u32)> {
        let mut items = Vec::new();
        let mut height = 0;
        self.rounds(|p| {
            if p.at(closer) {
                return Ok(ControlFlow::Break(()));
            }
            p.height = 0;
            items.push(item(p)?);
            height = height.max(p.height);
            Ok(p.comma())
        })?;
        self.close(closer, expected)?;
        Ok((items, height))
    }

    // Statements in sequence and recovery

    fn module_body(&mut self) -> &'a [Stmt<'a>] {
        let mut stmts = Vec::new();
        self.statements(&mut stmts);
        self.skip_until(|p, token| {
            let text = p.text_of(token);
            p.error(Diagnostic::error(
                token.span(),
                format!("this `{text}` closes nothing"),
            ));
            p.bump();
            p.statements(&mut stmts);
            false
        });
        self.arena.alloc_slice_copy(&stmts)
    }

    /// Statements up to a `}` or the end of the file; failed ones are
    /// skipped. Leaves the height of the highest.
    fn statements(&mut self, stmts: &mut Vec<Stmt<'a>>) {
        let mut height = 0;
        // A failure has been reported; the caller sees that no `}` is here.
        let _: Parse<()> = self.rounds(|p| {
            match p.cur().kind {
                T::Eof | T::RBrace | T::InterpClose => return Ok(ControlFlow::Break(())),
                // The block is in brackets and lacks its `}`.
                closer @ (T::RParen | T::RBracket) if p.closes_around(closer) => {
                    return Ok(ControlFlow::Break(()));
                }
                T::Semi => {
                    p.bump();
                }
                _ => {
                    stmts.extend(p.statement_or_skip());
                    height = height.max(p.height);
                }
            }
            Ok(ControlFlow::Continue(()))
        });
        self.height = height;
    }

    /// Whether the bracket around the innermost open one is closed by this token.
    fn closes_around(&self, closer: T) -> bool {
        let around = self.open.len().checked_sub(2).map(|at| self.open[at].kind);
        match closer {
            T::RParen => around == Some(T::LParen),
            T::RBracket => matches!(around, Some(T::LBracket | T::QuestionBracket)),
            _ => false,
        }
    }

    fn statement_or_skip(&mut self) -> Option<Stmt<'a>> {
        let start = self.pos;
        let open = self.open.len();
        let mode = self.mode;
        let nesting = self.nesting;
        let result = self.statement();
        self.mode = mode;
        self.nesting = nesting;
        match result {
            Ok(stmt) => Some(stmt),
            Err(Failed) => {
                self.recover(start, open);
                None
            }
        }
    }

    /// After an error in a statement: skips to where the next one seems to
    /// begin. `open` is how many brackets were open where it began.
    fn recover(&mut self, start: usize, open: usize) {
        let mut closers = Closers::default();
        for token in self.open.get(open..).unwrap_or_default() {
            if let Some(closer) = token.kind.closer() {
                closers.push(closer);
            }
        }
        self.open.truncate(open);
        self.skip_until(|p, token| {
            let kind = token.kind;
            if kind.is_closer() {
                let outer = matches!(kind, T::RBrace | T::InterpClose);
                // One that is not awaited closes what is around the statement.
                return !closers.pop_to(kind) && outer && (p.pos > start || open > 0);
            }
            if let Some(closer) = kind.closer() {
                if p.pos > start && closers.is_empty() && token.newline && kind != T::LBrace {
                    return true;
                }
                closers.push(closer);
                return false;
            }
            if closers.is_empty() && kind == T::Semi {
                return true;
            }
            if p.pos == start || !token.newline || closers.any_brace() {
                return false;
            }
            if closers.is_empty() {
                return kind.starts_statement();
            }
            // Inside an unclosed bracket only a keyword that seldom begins an
            // operand on its own line is a sure sign.
            kind.is_control()
                || (kind.is_keyword() && !kind.starts_operand() && kind.starts_statement())
        });
    }
}

/// The closing brackets awaited while skipping, counted by kind so that
/// every question is answered in constant time.
#[derive(Default)]
struct Closers {
    stack: Vec<T>,
    parens: usize,
    brackets: usize,
    braces: usize,
    interpolations: usize,
}

impl Closers {
    fn count(&mut self, kind: T) -> &mut usize {
        match kind {
            T::RParen => &mut self.parens,
            T::RBracket => &mut self.brackets,
            T::RBrace => &mut self.braces,
            _ => &mut self.interpolations,
        }
    }

    fn push(&mut self, kind: T) {
        *self.count(kind) += 1;
        self.stack.push(kind);
    }

    /// Takes the innermost awaited `kind` and all inside it; says whether
    /// there was one.
    fn pop_to(&mut self, kind: T) -> bool {
        if *self.count(kind) == 0 {
            return false;
        }
        while let Some(top) = self.stack.pop() {
            *self.count(top) -= 1;
            if top == kind {
                break;
            }
        }
        true
    }

    fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    fn any_brace(&self) -> bool {
        self.braces + self.interpolations > 0
    }
}
