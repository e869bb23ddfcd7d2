//! The slips of people who come from Python, JavaScript, Rust or Go: each one
//! is met where it breaks the grammar and explained in the terms of Ruff.
//! Nothing here accepts a program; it only words the refusal. Those of expressions are in
//! this file, those of statements in the one below.

mod statements;

use super::{Failed, Parse, Parser};
use crate::syntax::ast::{Expr, ExprKind, Span};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::{T, Token};

/// How a choice between two values is written.
const CONDITIONAL: &str = "a conditional value is written `if c { a } else { b }`";

/// How far ahead slips are looked for.
const LOOK_AHEAD: usize = 64;

/// The Ruff spelling of a name that other languages have and that a program
/// does not declare: for the message about an undefined variable.
pub fn slip_hint(name: &str) -> Option<&'static str> {
    Some(match name {
        "True" => "write `true`",
        "False" => "write `false`",
        "nil" | "NULL" | "undefined" | "Null" => "write `null`",
        "this" | "@self" => "write `self`",
        "not" => "write `!x`",
        "console" | "println" | "printf" | "echo" | "puts" => "write `print(…)`",
        "str" => "write `to_string(x)`",
        "int" => "write `to_int(x)`",
        "float" | "double" => "write `to_float(x)`",
        "bool" => "write `to_bool(x)`",
        "list" | "tuple" => "write an array, `[a, b]`; `collect(xs)` makes one of a sequence",
        "map" | "Map" | "HashMap" | "Dict" | "Object" => "write a dict, `{ }`",
        "pass" => "an empty body is `{ }`",
        "math" | "Math" => "the functions of mathematics need no prefix: `sqrt(x)`, `PI`",
        "open" => "write `read_file(path)`",
        "Error" | "Exception" => "any value can be thrown: `throw \"text\"`",
        _ if name.ends_with("Error") || name.ends_with("Exception") => {
            "errors have no types: write `throw \"text\"`, or throw an instance of a struct of your own"
        }
        _ => return None,
    })
}

/// How a value of another type is made, for `x as type`.
fn conversion(ty: &str) -> &'static str {
    match ty {
        "int" | "i32" | "i64" | "u8" | "u32" | "u64" | "usize" | "isize" | "number" => {
            "write `to_int(x)`"
        }
        "float" | "f32" | "f64" | "double" => "write `to_float(x)`",
        "string" | "str" | "String" => "write `to_string(x)`",
        "bool" => "write `to_bool(x)`",
        _ => "a value needs no cast: any variable holds values of any type",
    }
}

impl<'a> Parser<'a> {
    /// Help for a token that does not fit, if it is a known slip.
    pub(super) fn slip_here(&self) -> Option<String> {
        let token = self.cur();
        let text = self.text_of(token);
        Some(match token.kind {
            T::Ident => match text {
                "and" => "write `&&`".to_string(),
                "or" => "write `||`".to_string(),
                "not" => "write `!x`, or `!=` to compare".to_string(),
                "is" => match self.text_of(self.ahead(1)) {
                    "int" | "float" | "string" | "bool" | "array" | "dict" | "null" => {
                        let ty = self.text_of(self.ahead(1));
                        format!("write `is_{ty}(x)`, or `type(x) == \"{ty}\"`")
                    }
                    _ => "write `==`".to_string(),
                },
                "then" | "do" => "a body belongs in braces: `{ … }`".to_string(),
                "of" => "write `for x in …`".to_string(),
                "instanceof" => "compare `type(x)` with a text".to_string(),
                "as" => conversion(self.text_of(self.ahead(1))).to_string(),
                _ => return None,
            },
            T::FatArrow => "an arrow function is written `x => …` or `(a, b) => …`".to_string(),
            T::If => CONDITIONAL.to_string(),
            T::ColonColon => "bring the type into scope first: `from m import Type`".to_string(),
            _ => return None,
        })
    }

    /// No expression can begin at the cursor.
    pub(super) fn no_operand<R>(&mut self) -> Parse<R> {
        let token = self.cur();
        if token.kind == T::Assign && self.prev_hi() == token.lo {
            self.logic_assignment(token)?;
        }
        let error = Diagnostic::error(
            self.here(),
            format!("expected an expression, found {}", self.found()),
        );
        let help = match token.kind {
            T::Error => return Err(Failed),
            T::Let if matches!(self.prev(), T::If | T::While) => {
                "take it apart with `match`: `match x { case Some(v): … }`"
            }
            T::Plus if self.ahead(1).kind == T::Plus => "write `x += 1`",
            T::Plus => "a number needs no plus sign",
            T::Star | T::Pow => "to spread a sequence write `...xs`",
            T::Amp => "values need no references: assigning never shares changes",
            T::Pipe | T::OrOr => "a function is written `x => …`",
            T::Comma => "several values are an array: `[a, b]`",
            T::Ellipsis => "`...` spreads inside calls, arrays and dicts",
            T::Dot if self.ahead(1).kind == T::Int => "a number begins with a digit: `0.5`",
            T::DotDot | T::DotDotEq => "a range needs both ends: `0..n`",
            T::RParen | T::RBracket | T::RBrace if self.prev() == T::Comma => {
                return self.fail(error);
            }
            _ => return self.with_slip(error),
        };
        self.fail(error.help(help))
    }

    /// `x ||= e`, `x &&= e`, `x ??= e`, at the `=`.
    fn logic_assignment(&mut self, token: Token) -> Parse<()> {
        let (op, help) = match self.prev() {
            T::OrOr => (
                "||",
                "write `if !x { x := … }`, or `x := x ?? …` where it may be null",
            ),
            T::AndAnd => ("&&", "write `if x { x := … }`"),
            T::Coalesce => ("??", "write `x := x ?? …`"),
            _ => return Ok(()),
        };
        let span = Span::new(token.lo - 2, token.span().hi);
        self.fail(Diagnostic::error(span, format!("Ruff has no `{op}=`")).help(help))
    }

    /// `xs[a:b:2]`, `xs[::2]`, at the last colon.
    pub(super) fn no_step<R>(&mut self) -> Parse<R> {
        let error = Diagnostic::error(self.here(), "a slice has no step");
        let help = match self.ahead(1).kind {
            T::Minus => "write `xs.reverse()`",
            _ => "write `range(a, b, step).map(i => xs[i])`",
        };
        self.fail(error.help(help))
    }

    pub(super) fn empty_paren<R>(&mut self) -> Parse<R> {
        let error = Diagnostic::error(self.cur().span(), "expected an expression, found `)`");
        if matches!(self.ahead(1).kind, T::FatArrow | T::Arrow) {
            return self.arrow_slip();
        }
        self.fail(error)
    }

    /// `=>` or `->` after a name or parentheses, where no arrow function can be.
    pub(super) fn arrow_slip<R>(&mut self) -> Parse<R> {
        let at = usize::from(self.at(T::RParen));
        let token = self.ahead(at);
        if token.kind == T::Arrow {
            let error = Diagnostic::error(token.span(), "unexpected `->`");
            return self.fail(error.help("a function is written `(a, b) => …`"));
        }
        let what = if self.mode.head {
            "an arrow function in a head needs parentheses"
        } else {
            "an arrow function that is an operand needs parentheses"
        };
        self.fail(Diagnostic::error(token.span(), what).help("write `(x => …)`"))
    }

    /// `x => {a: 1}` at the brace.
    pub(super) fn arrow_dict_slip(&mut self) -> Parse<()> {
        let (first, second, third) = (self.ahead(1), self.ahead(2), self.ahead(3));
        let is_dict = match first.kind {
            T::Ellipsis => true,
            T::Str | T::TripleStr | T::Int => second.kind == T::Colon,
            T::Ident => {
                // A type may follow the colon, too.
                second.kind == T::Colon
                    && third.kind.starts_operand()
                    && !matches!(
                        third.kind,
                        T::Ident | T::Null | T::LBracket | T::LParen | T::Func
                    )
            }
            _ => false,
        };
        if !is_dict {
            return Ok(());
        }
        let error = Diagnostic::error(
            self.cur().span(),
            "after `=>` this `{` opens a block, not a dict",
        );
        self.fail(error.help("put the dict into parentheses: `x => ({ … })`"))
    }

    /// An identifier in operand position that another language makes a
    /// keyword of.
    pub(super) fn name_slip(&mut self, token: Token, text: &str) -> Parse<()> {
        let next = self.ahead(1);
        if next.newline {
            return Ok(());
        }
        if next.kind == T::Bang && self.adjacent(token, next) {
            self.macro_slip(text)?;
        }
        let operand = matches!(
            next.kind,
            T::Ident | T::Int | T::Float | T::Str | T::True | T::False | T::Null | T::SelfKw
        );
        let help = match text {
            "not" if operand => "write `!x`",
            "new" if next.kind == T::Ident => "write `Name(…)` or `Name { … }`",
            "typeof" if operand => "write `type(x)`",
            "lambda" if matches!(next.kind, T::Ident | T::Colon) => "write `x => …`",
            "fn" | "function" if next.kind == T::LParen && self.block_after_parens() => {
                "write `func(x) { return … }`"
            }
            "f" | "b" if next.kind == T::Str && self.adjacent(token, next) => {
                "a string has no prefix; `\"${x}\"` interpolates"
            }
            _ if next.kind == T::FatArrow => {
                self.bump();
                return self.arrow_slip();
            }
            _ => return Ok(()),
        };
        let error = Diagnostic::error(token.span(), format!("unexpected `{text}`"));
        self.fail(error.help(help))
    }

    /// `vec![1, 2]`, `format!("{}", x)`, at the name before the `!`.
    fn macro_slip(&mut self, name: &str) -> Parse<()> {
        let (bang, open) = (self.ahead(1), self.ahead(2));
        if !self.adjacent(bang, open) {
            return Ok(());
        }
        let help = match (open.kind, name) {
            (T::LBracket, _) => "an array is written without a name: `[a, b]`".to_string(),
            (T::LParen, "format") => "a string interpolates: `\"${x}\"`".to_string(),
            (T::LParen, _) => format!("write `{name}(…)`"),
            _ => return Ok(()),
        };
        let text = match open.kind {
            T::LBracket => "an array has no `!`",
            _ => "a call has no `!`",
        };
        self.fail(Diagnostic::error(bang.span(), text).help(help))
    }

    /// At `name (`: whether a `{` or `=>` follows the closing parenthesis.
    fn block_after_parens(&self) -> bool {
        let mut depth = 0u32;
        for ahead in 1..LOOK_AHEAD {
            match self.ahead(ahead).kind {
                T::LParen => depth += 1,
                T::RParen if depth == 1 => {
                    return matches!(
                        self.ahead(ahead + 1).kind,
                        T::LBrace | T::FatArrow | T::Arrow
                    );
                }
                T::RParen => depth -= 1,
                T::Eof => return false,
                _ => {}
            }
        }
        false
    }

    /// A statement that begins with a word of another language.
    pub(super) fn word_slip(&mut self, token: Token, next: Token) -> Parse<()> {
        let text = self.text_of(token);
        let same_line = !next.newline;
        let word = same_line && (next.kind == T::Ident || next.kind.is_keyword());
        let value = same_line
            && matches!(
                next.kind,
                T::Ident
                    | T::Int
                    | T::Float
                    | T::Str
                    | T::TripleStr
                    | T::TemplateOpen
                    | T::True
                    | T::False
                    | T::Null
            );
        let parens_and_block = next.kind == T::LParen && self.block_after_parens();
        let help = match text {
            "def" | "fn" | "function" | "fun" | "proc" if word => "write `func name(…) { … }`",
            "var" | "val" | "auto" | "local" if word => "write `x := …`, or `mut x := …`",
            "do" if next.kind == T::LBrace && same_line => {
                "write `loop { … if !c { break } }`, or `while c { … }`"
            }
            _ if next.kind == T::Bang
                && self.ahead(2).kind == T::LParen
                && self.adjacent(token, next)
                && self.adjacent(next, self.ahead(2)) =>
            {
                let error = Diagnostic::error(next.span(), "a call has no `!`");
                let known = slip_hint(text).map(String::from);
                let help = known.unwrap_or_else(|| format!("write `{text}(…)`"));
                return self.fail(error.help(help));
            }
            "elif" | "elsif" | "elseif"
                if value || (same_line && next.kind == T::Bang) || parens_and_block =>
            {
                if self.colon_blocks {
                    return Err(Failed);
                }
                "write `else if`"
            }
            "and" if !token.newline && self.after_value() => "write `&&`",
            "or" if !token.newline && self.after_value() => "write `||`",
            "is" if !token.newline && self.after_value() => "write `==`",
            "as" if word && !token.newline && self.after_value() => {
                let error = Diagnostic::error(token.span(), "a value is not converted by `as`");
                return self.fail(error.help(conversion(self.text_of(next))));
            }
            "switch" if value || (next.kind == T::LParen && self.block_after_parens()) => {
                "write `match value { case … }`"
            }
            "catch" | "rescue" if word || parens_and_block => {
                "write `except e { … }` after the block of `try`"
            }
            "until" | "unless" | "foreach" if value => "the loops are `for`, `while` and `loop`",
            "print" | "println" | "puts" | "echo" | "assert" if value => {
                let error = Diagnostic::error(
                    next.span(),
                    format!("expected `(` after `{text}`, found {}", self.describe(next)),
                )
                .help(format!("a call needs parentheses: `{text}(x)`"));
                return self.fail(error);
            }
            "pub" | "public" | "private" | "static" | "protected" if word => "leave the word out",
            "interface" | "trait" | "protocol" if word => {
                "any value with the right methods will do"
            }
            "impl" if word => "methods belong inside the braces of their struct",
            "use" | "require" | "include" if value => "write `import module`",
            "package" | "module" | "namespace" if word => "a file is a module",
            "del" | "delete" if word => "call `.remove(key)`",
            "raise" if value => "write `throw value`",
            "global" | "nonlocal" if word => "an assignment reaches the outer variable by itself",
            "defer" | "with" | "using" if word => "write `try { … } finally { … }`",
            "type" if word => "write `struct Name { … }` or `enum Name { … }`",
            "go" if word => "write `spawn { … }`",
            _ => return Ok(()),
        };
        // Its body, if it has one, is read as if it stood alone.
        self.colon_blocks |= text == "def";
        let error = Diagnostic::error(token.span(), format!("Ruff has no `{text}`"));
        self.fail(error.help(help))
    }

    /// Whether the statement before ended, on this line, with a value that an
    /// operator could have continued.
    pub(super) fn after_value(&self) -> bool {
        matches!(
            self.prev(),
            T::Ident
                | T::Int
                | T::Float
                | T::Str
                | T::TripleStr
                | T::TemplateClose
                | T::RParen
                | T::RBracket
                | T::True
                | T::False
                | T::Null
                | T::SelfKw
        )
    }

    /// A bare name or literal as a statement does nothing; when more follows
    /// on its line, something is missing between the two.
    pub(super) fn check_alone(&mut self, expr: &Expr<'a>, after_value: bool) -> Parse<()> {
        let token = self.cur();
        let ends = !self.same_line()
            || matches!(
                token.kind,
                T::Semi | T::RBrace | T::Eof | T::Case | T::InterpClose
            )
            || self.at_default_clause();
        let useless = matches!(
            expr.kind,
            ExprKind::Name(_)
                | ExprKind::Int(_)
                | ExprKind::Float(_)
                | ExprKind::Str(_)
                | ExprKind::Bool(_)
                | ExprKind::Null
        );
        if useless && after_value {
            let error = Diagnostic::error(
                expr.span,
                "expected an operator or the end of the statement before this",
            );
            return self.fail(error);
        }
        if ends || (!useless && token.kind.starts_statement()) {
            return Ok(());
        }
        self.unexpected("an operator or the end of the statement")
    }

    /// `a < b < c`, at the second operator.
    pub(super) fn check_chain(&mut self, left: &Expr<'a>) -> Parse<()> {
        use crate::syntax::ast::BinaryOp::{Ge, Gt, In, Le, Lt, NotIn};
        let ExprKind::Binary {
            op: first @ (Lt | Le | Gt | Ge | In | NotIn),
            left: start,
            right: middle,
            op_span,
        } = left.kind
        else {
            return Ok(());
        };
        let token = self.cur();
        let short = |span: Span| {
            let text = self.text.get(span.lo as usize..span.hi as usize);
            text.filter(|text| text.len() < 20 && !text.contains('\n'))
        };
        let start = short(start.span).unwrap_or("a");
        let name = short(middle.span).unwrap_or("b");
        let (one, two) = (first.text(), self.text_of(token));
        let two = if two == "not" { "not in" } else { two };
        let error = Diagnostic::error(token.span(), "comparisons cannot follow each other")
            .related(op_span, "the first is here")
            .help(format!("write `{start} {one} {name} && {name} {two} …`"));
        self.fail(error)
    }

    // Ternary

    /// At a `?`: whether `? a : b` follows. Looks no further than the line.
    pub(super) fn at_ternary(&self) -> bool {
        let first = self.ahead(1);
        let operand = matches!(
            first.kind,
            T::Ident
                | T::Int
                | T::Float
                | T::Str
                | T::TripleStr
                | T::TemplateOpen
                | T::LParen
                | T::True
                | T::False
                | T::Null
                | T::SelfKw
                | T::Minus
                | T::Bang
                | T::LBracket
                | T::LBrace
        );
        if first.newline || !operand || self.adjacent(self.cur(), first) && first.kind == T::LParen
        {
            return false;
        }
        if self.text_of(first) == "not" && self.ahead(2).kind == T::In {
            return false;
        }
        // An index or a body after `x?`. The `?` of a condition has a space before it, as a rule.
        if matches!(first.kind, T::LBracket | T::LBrace) && self.prev_hi() == self.cur().lo {
            return false;
        }
        let mut depth = 0u32;
        for ahead in 1..LOOK_AHEAD {
            let token = self.ahead(ahead);
            match token.kind {
                _ if token.newline && depth == 0 => return false,
                T::Colon | T::Format if depth == 0 => return true,
                T::Walrus | T::Assign | T::Comma | T::Semi | T::Eof if depth == 0 => return false,
                T::LBrace if depth == 0 && ahead > 1 => return false,
                kind if kind.closer().is_some() => depth += 1,
                kind if kind.is_closer() => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return false,
                },
                _ => {}
            }
        }
        false
    }

    pub(super) fn ternary_slip<R>(&mut self) -> Parse<R> {
        let error = Diagnostic::error(self.cur().span(), "Ruff has no `? :`")
            .help("write `if c { a } else { b }`");
        self.fail(error)
    }
}
