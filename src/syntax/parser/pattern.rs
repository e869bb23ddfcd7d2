//! Patterns: of `match` cases, of `let` and `for`, and destructuring targets,
//! which are parsed as literals first and turned into patterns when `:=`
//! follows.

use super::{Parse, Parser};
use crate::syntax::ast::{
    ArrayItem, DictItem, DictKey, Expr, ExprKind, Ident, IntLit, Pattern, PatternEntry,
    PatternKind, Rest, Span,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::{T, Token};

/// Where a pattern is, and so what it may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    /// Directly after `case`: a `{` after a name may be the body.
    Case,
    /// Inside the brackets of a case pattern.
    Inner,
    /// Destructuring: names, arrays and dicts only.
    Binding,
}

impl<'a> Parser<'a> {
    /// The pattern of a `case`.
    pub(super) fn case_pattern(&mut self) -> Parse<&'a Pattern<'a>> {
        let pattern = self.alternatives(Setting::Case)?;
        Ok(self.arena.alloc(pattern))
    }

    /// The pattern of `let`, `mut`, `const` and `for`.
    pub(super) fn binding_pattern(&mut self) -> Parse<&'a Pattern<'a>> {
        let pattern = self.pattern(Setting::Binding)?;
        Ok(self.arena.alloc(pattern))
    }

    fn alternatives(&mut self, setting: Setting) -> Parse<Pattern<'a>> {
        let first = self.pattern(setting)?;
        if setting == Setting::Binding || !self.at(T::Pipe) {
            return Ok(first);
        }
        let mut all = vec![first];
        let mut height = self.height;
        while self.eat(T::Pipe).is_some() {
            all.push(self.pattern(setting)?);
            height = height.max(self.height);
        }
        let span = Span::new(first.span.lo, self.prev_hi());
        self.raise(height, span)?;
        Ok(Pattern {
            kind: PatternKind::Alt(self.arena.alloc_slice_copy(&all)),
            span,
        })
    }

    fn pattern(&mut self, setting: Setting) -> Parse<Pattern<'a>> {
        let token = self.cur();
        self.height = 1;
        let kind = match token.kind {
            T::LBracket => self.array_pattern(setting)?,
            T::LBrace => {
                let (entries, rest) = self.entries(setting)?;
                PatternKind::Dict { entries, rest }
            }
            T::Ident => self.named_pattern(token, setting)?,
            T::SelfKw => {
                let error = Diagnostic::error(token.span(), "`self` cannot be a pattern");
                return self.fail(error);
            }
            _ if setting == Setting::Binding => return self.unexpected("a name, `[` or `{`"),
            T::LParen => self.bracketed(|p| {
                let inner = p.alternatives(Setting::Inner)?;
                p.close(T::RParen, "`)` in the pattern")?;
                Ok(inner.kind)
            })?,
            _ => self.literal_pattern()?,
        };
        Ok(Pattern {
            kind,
            span: Span::new(token.lo, self.prev_hi()),
        })
    }

    /// A literal, or a range between two.
    fn literal_pattern(&mut self) -> Parse<PatternKind<'a>> {
        let lo = self.pattern_literal()?;
        let inclusive = match self.cur().kind {
            T::DotDot => false,
            T::DotDotEq => true,
            _ => return Ok(PatternKind::Literal(lo)),
        };
        self.bump();
        if matches!(self.cur().kind, T::Colon | T::LBrace | T::Comma | T::If) {
            return self.open_range(">=");
        }
        let hi = self.pattern_literal()?;
        Ok(PatternKind::Range { lo, hi, inclusive })
    }

    /// A range in a pattern without one of its ends.
    fn open_range<R>(&mut self, compares: &str) -> Parse<R> {
        let error = Diagnostic::error(self.here(), "a range in a pattern has two ends");
        self.fail(error.help(format!("write `case n if n {compares} …`")))
    }

    /// A literal, perhaps negated.
    fn pattern_literal(&mut self) -> Parse<&'a Expr<'a>> {
        let token = self.cur();
        let number = match token.kind {
            T::Minus => self.ahead(1).kind,
            T::Int | T::Float | T::Str | T::TripleStr | T::True | T::False | T::Null => T::Int,
            T::TemplateOpen | T::TripleOpen => {
                let error = Diagnostic::error(token.span(), "a pattern cannot be interpolated")
                    .help("bind a name and compare in a guard: `case s if s == …`");
                return self.fail(error);
            }
            T::DotDot => return self.open_range("<"),
            T::DotDotEq => return self.open_range("<="),
            _ => return self.unexpected("a pattern"),
        };
        if !matches!(number, T::Int | T::Float) {
            return self.unexpected("a pattern");
        }
        if token.kind == T::Minus {
            self.unary()
        } else {
            self.primary()
        }
    }

    fn named_pattern(&mut self, token: Token, setting: Setting) -> Parse<PatternKind<'a>> {
        let name = Ident {
            name: self.text_of(token),
            span: token.span(),
        };
        self.bump();
        if setting == Setting::Binding {
            return Ok(bind(name.name));
        }
        match self.cur().kind {
            T::ColonColon => {
                self.bump();
                let variant = self.any_name("a variant name after `::`")?;
                let parts = self.tag_parts()?;
                return Ok(PatternKind::Tag {
                    ty: Some(name),
                    name: variant,
                    parts,
                });
            }
            T::LParen if matches!(name.name, "Ok" | "Err" | "Some" | "None") => {
                let parts = self.tag_parts()?;
                return Ok(PatternKind::Tag {
                    ty: None,
                    name,
                    parts,
                });
            }
            T::LParen => {
                let error = Diagnostic::error(
                    name.span,
                    format!("the type of the variant `{}` is missing", name.name),
                )
                .help(format!("write `Type::{}(…)`", name.name));
                return self.fail(error);
            }
            T::LBrace if setting == Setting::Inner || self.at_struct_pattern() => {
                let (entries, rest) = self.entries(Setting::Inner)?;
                return Ok(PatternKind::Struct {
                    name,
                    entries,
                    rest,
                });
            }
            _ => {}
        }
        if matches!(name.name, "Ok" | "Err" | "Some" | "None") {
            return Ok(PatternKind::Tag {
                ty: None,
                name,
                parts: None,
            });
        }
        Ok(bind(name.name))
    }

    /// `(a, b)` after a tag.
    fn tag_parts(&mut self) -> Parse<Option<&'a [Pattern<'a>]>> {
        if !self.at(T::LParen) {
            return Ok(None);
        }
        let (parts, height) = self.bracketed(|p| {
            p.list(T::RParen, "`,` or `)` in the pattern", |p| {
                p.alternatives(Setting::Inner)
            })
        })?;
        self.raise(height, Span::new(self.prev_hi(), self.prev_hi()))?;
        Ok(Some(self.arena.alloc_slice_copy(&parts)))
    }

    fn array_pattern(&mut self, setting: Setting) -> Parse<PatternKind<'a>> {
        let inner = inner(setting);
        let mut rest = None;
        let lo = self.cur().lo;
        let (items, height) = self.bracketed(|p| {
            p.list(T::RBracket, "`,` or `]` in the pattern", |p| {
                if p.at(T::Ellipsis) {
                    p.rest(&mut rest)?;
                    return Ok(None);
                }
                p.not_after_rest(rest)?;
                let item = p.alternatives(inner)?;
                p.no_default()?;
                Ok(Some(item))
            })
        })?;
        let items: Vec<_> = items.into_iter().flatten().collect();
        self.raise(height, Span::new(lo, lo + 1))?;
        Ok(PatternKind::Array {
            items: self.arena.alloc_slice_copy(&items),
            rest,
        })
    }

    /// `...name` or `...`.
    fn rest(&mut self, rest: &mut Option<Rest<'a>>) -> Parse<()> {
        self.not_after_rest(*rest)?;
        let dots = self.bump();
        let name = self.eat(T::Ident).map(|token| Ident {
            name: self.text_of(token),
            span: token.span(),
        });
        *rest = Some(Rest {
            name,
            place: None,
            span: Span::new(dots.lo, self.prev_hi()),
        });
        Ok(())
    }

    fn not_after_rest(&mut self, rest: Option<Rest<'a>>) -> Parse<()> {
        match rest {
            Some(rest) => self.fail(Diagnostic::error(
                rest.span,
                "`...` must come last in a pattern",
            )),
            None => Ok(()),
        }
    }

    /// `{key, key: pattern, ...rest}` at the brace.
    fn entries(&mut self, setting: Setting) -> Parse<(&'a [PatternEntry<'a>], Option<Rest<'a>>)> {
        let inner = inner(setting);
        let mut rest = None;
        let lo = self.cur().lo;
        let (entries, height) = self.bracketed(|p| {
            p.list(T::RBrace, "`,` or `}` in the pattern", |p| {
                if p.at(T::Ellipsis) {
                    p.rest(&mut rest)?;
                    return Ok(None);
                }
                p.not_after_rest(rest)?;
                p.entry(inner).map(Some)
            })
        })?;
        let entries: Vec<_> = entries.into_iter().flatten().collect();
        self.raise(height, Span::new(lo, lo + 1))?;
        Ok((self.arena.alloc_slice_copy(&entries), rest))
    }

    fn entry(&mut self, inner: Setting) -> Parse<PatternEntry<'a>> {
        let token = self.cur();
        let (key, quoted) = match token.kind {
            T::Str | T::TripleStr => (self.str_value(token), true),
            T::Int => (self.int_key(self.int_value(token)), true),
            kind if kind == T::Ident || kind.is_keyword() => (self.text_of(token), false),
            _ => return self.unexpected("a key or `}` in the pattern"),
        };
        self.bump();
        let key_span = token.span();
        if self.eat(T::Colon).is_some() {
            let pattern = self.alternatives(inner)?;
            return Ok(PatternEntry {
                key,
                quoted,
                key_span,
                shorthand: false,
                pattern,
            });
        }
        if token.kind != T::Ident {
            return self.unexpected("`:` after the key");
        }
        self.no_default()?;
        self.height = 1;
        let pattern = Pattern {
            kind: bind(key),
            span: key_span,
        };
        Ok(PatternEntry {
            key,
            quoted,
            key_span,
            shorthand: true,
            pattern,
        })
    }

    /// Parts of a pattern cannot be left out: `{a, b = 1}`, `[a, b = 1]`.
    fn no_default(&mut self) -> Parse<()> {
        if !matches!(self.cur().kind, T::Assign | T::Walrus) {
            return Ok(());
        }
        let error = Diagnostic::error(self.here(), "a part of a pattern has no default value");
        let help = "a parameter as a whole may have one: `func f({a, b} = {a: 1, b: 2})`";
        self.fail(error.help(help))
    }

    /// The text that names the same entry as an int key.
    fn int_key(&self, value: IntLit<'a>) -> &'a str {
        match value {
            IntLit::Small(value) => self.arena.alloc_str(&value.to_string()),
            IntLit::Big { digits, .. } => digits,
        }
    }

    /// After `case Name`, at a `{`: whether it belongs to the pattern. It does
    /// if its contents look like entries and a body follows. The look ahead
    /// stops at the first token no pattern has, so it stays short.
    fn at_struct_pattern(&self) -> bool {
        let mut depth = 0u32;
        let mut ahead = 0;
        loop {
            let token = self.ahead(ahead);
            let next = self.ahead(ahead + 1).kind;
            let after_path = ahead > 0 && self.ahead(ahead - 1).kind == T::ColonColon;
            match token.kind {
                T::LBrace | T::LBracket | T::LParen => depth += 1,
                T::RBrace | T::RBracket | T::RParen => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                T::Comma | T::Colon | T::ColonColon | T::Pipe | T::Ellipsis => {}
                T::Minus | T::DotDot | T::DotDotEq => {}
                T::Int | T::Float | T::Str | T::TripleStr => {}
                T::Ident | T::True | T::False | T::Null => {
                    let fits = matches!(
                        next,
                        T::Comma
                            | T::Colon
                            | T::ColonColon
                            | T::Pipe
                            | T::DotDot
                            | T::DotDotEq
                            | T::LParen
                            | T::LBrace
                            | T::RBrace
                            | T::RBracket
                            | T::RParen
                    );
                    if !fits {
                        return false;
                    }
                }
                kind if kind.is_keyword() && (next == T::Colon || after_path) => {}
                _ => return false,
            }
            ahead += 1;
        }
        let after = self.ahead(ahead + 1);
        match after.kind {
            T::Case | T::RBrace | T::Eof | T::Semi => false,
            T::Ident => self.text_of(after) != "default",
            _ => true,
        }
    }

    // Literals that turn out to be patterns

    /// The destructuring pattern that `expr`, an array or dict literal left
    /// of `:=`, spells.
    pub(super) fn pattern_of(&mut self, expr: &'a Expr<'a>) -> Parse<Pattern<'a>> {
        let span = expr.span;
        let kind = match expr.kind {
            ExprKind::Name(name) if name != "self" => bind(name),
            _ if is_place(expr) => PatternKind::Place(expr),
            ExprKind::Array(items) => {
                let mut patterns = Vec::with_capacity(items.len());
                let mut rest = None;
                for item in items {
                    self.not_after_rest(rest)?;
                    match *item {
                        ArrayItem::Item(item) => patterns.push(self.pattern_of(item)?),
                        ArrayItem::Spread(value) => rest = Some(self.rest_of(value)?),
                    }
                }
                PatternKind::Array {
                    items: self.arena.alloc_slice_copy(&patterns),
                    rest,
                }
            }
            ExprKind::Dict(items) => {
                let mut entries = Vec::with_capacity(items.len());
                let mut rest = None;
                for item in items {
                    self.not_after_rest(rest)?;
                    match *item {
                        DictItem::Spread(value) => rest = Some(self.rest_of(value)?),
                        DictItem::Shorthand(name) => entries.push(PatternEntry {
                            key: name.name,
                            quoted: false,
                            key_span: name.span,
                            shorthand: true,
                            pattern: Pattern {
                                kind: bind(name.name),
                                span: name.span,
                            },
                        }),
                        DictItem::Pair { key, value } => {
                            entries.push(self.entry_of(key, value)?);
                        }
                    }
                }
                PatternKind::Dict {
                    entries: self.arena.alloc_slice_copy(&entries),
                    rest,
                }
            }
            _ => {
                let error = Diagnostic::error(span, "this cannot be assigned to in a pattern")
                    .help("a pattern has names, fields, elements, `[…]`, `{…}` and `...rest`");
                return self.fail(error);
            }
        };
        Ok(Pattern { kind, span })
    }

    pub(super) fn rest_of(&mut self, value: &'a Expr<'a>) -> Parse<Rest<'a>> {
        let mut rest = Rest {
            name: None,
            place: None,
            span: value.span,
        };
        if self.take_bare_spread(value) {
            return Ok(rest);
        }
        rest.span = Span::new(value.span.lo.saturating_sub(3), value.span.hi);
        match value.kind {
            ExprKind::Name(name) if name != "self" => {
                rest.name = Some(Ident {
                    name,
                    span: value.span,
                });
            }
            _ if is_place(value) => rest.place = Some(value),
            _ => {
                return self.fail(Diagnostic::error(
                    value.span,
                    "only a name or a place may follow `...` in a pattern",
                ));
            }
        }
        Ok(rest)
    }

    fn entry_of(&mut self, key: DictKey<'a>, value: &'a Expr<'a>) -> Parse<PatternEntry<'a>> {
        let pattern = self.pattern_of(value)?;
        let (key, quoted, key_span) = match key {
            DictKey::Name(name) => (name.name, false, name.span),
            DictKey::Str { text, span } => (text, true, span),
            DictKey::Int { value, span } => (self.int_key(value), true, span),
            DictKey::Template(key) | DictKey::Computed(key) => {
                let error =
                    Diagnostic::error(key.span, "the key of a pattern is a plain name or text");
                return self.fail(error);
            }
        };
        Ok(PatternEntry {
            key,
            quoted,
            key_span,
            shorthand: false,
            pattern,
        })
    }
}

/// Whether an assignment can store there: `self`, a field or an element.
pub(super) fn is_place(expr: &Expr<'_>) -> bool {
    matches!(
        expr.kind,
        ExprKind::Name("self")
            | ExprKind::Field {
                optional: false,
                ..
            }
            | ExprKind::Index {
                optional: false,
                ..
            }
    )
}

fn bind(name: &str) -> PatternKind<'_> {
    if name == "_" {
        PatternKind::Wild
    } else {
        PatternKind::Bind(name)
    }
}

fn inner(setting: Setting) -> Setting {
    if setting == Setting::Binding {
        Setting::Binding
    } else {
        Setting::Inner
    }
}
