//! Numbers and strings: from their spelling to their value. The lexer has
//! checked the spelling, so what is malformed here is simply kept as it is.

use std::ops::ControlFlow;

use super::{Failed, Parse, Parser};
use crate::format_spec::FormatSpec;
use crate::syntax::ast::{Expr, ExprKind, IntLit, Span, TemplatePart};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::{T, Token};

/// Said of a malformed format.
const FORMAT_HELP: &str =
    "a format is `[[fill]<|^|>][+][0][width][,][.precision][d|f|e|x|X|o|b|s|%]`, as in `>10.2f`";

/// A part of a string before its text is decoded.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Raw(&'a str),
    Expr(&'a Expr<'a>, Option<&'a str>),
}

impl<'a> Parser<'a> {
    pub(super) fn int_value(&self, token: Token) -> IntLit<'a> {
        let text = self.text_of(token);
        let (radix, digits) = match text.as_bytes() {
            [b'0', b'x', ..] => (16, &text[2..]),
            [b'0', b'o', ..] => (8, &text[2..]),
            [b'0', b'b', ..] => (2, &text[2..]),
            _ => (10, text),
        };
        let digits = self.without_underscores(digits);
        match i64::from_str_radix(digits, radix) {
            Ok(value) => IntLit::Small(value),
            Err(_) => IntLit::Big {
                digits: digits.trim_start_matches('0'),
                radix,
            },
        }
    }

    pub(super) fn float_value(&mut self, token: Token) -> f64 {
        let digits = self.without_underscores(self.text_of(token));
        let value = digits.parse::<f64>().unwrap_or(f64::INFINITY);
        if !value.is_finite() {
            self.error(Diagnostic::error(
                token.span(),
                "this number is beyond the range of a float",
            ));
        }
        value
    }

    fn without_underscores(&self, text: &'a str) -> &'a str {
        if !text.contains('_') {
            return text;
        }
        let plain: String = text.chars().filter(|&ch| ch != '_').collect();
        self.arena.alloc_str(&plain)
    }

    /// The value of a `Str` or `TripleStr` token.
    pub(super) fn str_value(&self, token: Token) -> &'a str {
        let text = self.text_of(token);
        if let Some(raw) = text.strip_prefix('r') {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let raw = raw.get(hashes + 1..raw.len().saturating_sub(hashes + 1));
            return self.plain_lines(raw.unwrap_or(""));
        }
        if token.kind == T::TripleStr {
            let raw = text.get(3..text.len().saturating_sub(3)).unwrap_or("");
            let mut pieces = [Piece::Raw(raw)];
            self.dedent(&mut pieces);
            match pieces[0] {
                Piece::Raw(raw) => self.decode(raw),
                Piece::Expr(..) => "",
            }
        } else {
            self.decode(text.get(1..text.len().saturating_sub(1)).unwrap_or(""))
        }
    }

    /// A string with interpolation, from its opening token.
    pub(super) fn template(&mut self) -> Parse<&'a Expr<'a>> {
        self.nested(|p| {
            let open = p.bump();
            let mut pieces = Vec::new();
            let mut height = 0;
            p.rounds(|p| {
                let token = p.cur();
                match token.kind {
                    T::TemplateText => {
                        p.bump();
                        pieces.push(Piece::Raw(p.text_of(token)));
                    }
                    T::InterpOpen => {
                        let (expr, format) = p.bracketed(|p| {
                            let expr = p.expr()?;
                            let format = p.format()?;
                            p.close(T::InterpClose, "`}` after the interpolated expression")?;
                            Ok((expr, format))
                        })?;
                        height = height.max(p.height);
                        pieces.push(Piece::Expr(expr, format));
                    }
                    T::TemplateClose => {
                        p.bump();
                        return Ok(ControlFlow::Break(()));
                    }
                    // The lexer has said that the string does not end.
                    _ => return Err(Failed),
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if open.kind == T::TripleOpen {
                p.dedent(&mut pieces);
            }
            let parts: Vec<_> = pieces
                .into_iter()
                .filter_map(|piece| match piece {
                    Piece::Raw("") => None,
                    Piece::Raw(raw) => Some(TemplatePart::Text(p.decode(raw))),
                    Piece::Expr(expr, format) => Some(TemplatePart::Expr(expr, format)),
                })
                .collect();
            let parts = p.arena.alloc_slice_copy(&parts);
            let span = Span::new(open.lo, p.prev_hi());
            p.node(ExprKind::Template(parts), span, height)
        })
    }

    /// The format after an interpolated expression, if there is one.
    fn format(&mut self) -> Parse<Option<&'a str>> {
        let Some(token) = self.eat(T::Format) else {
            return Ok(None);
        };
        let text = self.text_of(token).get(1..).unwrap_or("");
        if let Err(problem) = FormatSpec::parse(text) {
            let message = format!("the format `{text}` is malformed: {problem}");
            let error = Diagnostic::error(Span::new(token.lo + 1, token.hi), message);
            self.error(error.help(FORMAT_HELP));
        }
        Ok(Some(text))
    }

    /// Text without escapes, with its line ends made `\n`.
    fn plain_lines(&self, raw: &'a str) -> &'a str {
        if !raw.contains('\r') {
            return raw;
        }
        let text = raw.replace("\r\n", "\n").replace('\r', "\n");
        self.arena.alloc_str(&text)
    }

    /// Raw string text with its escapes replaced and its line ends made `\n`.
    fn decode(&self, raw: &'a str) -> &'a str {
        if !raw.bytes().any(|byte| matches!(byte, b'\\' | b'\r')) {
            return raw;
        }
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(['\\', '\r']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix('\r') {
                text.push('\n');
                rest = after.strip_prefix('\n').unwrap_or(after);
                continue;
            }
            let (ch, length) = escape(rest);
            text.push(ch);
            rest = rest.get(length..).unwrap_or("");
        }
        text.push_str(rest);
        self.arena.alloc_str(&text)
    }

    /// The rule of `"""` strings: the newline after the opening quotes and
    /// the one before closing quotes that are alone are dropped, and the
    /// common indentation is removed. Works on raw text, so an escaped
    /// newline or tab is text.
    fn dedent(&self, pieces: &mut [Piece<'a>]) {
        let mut lines_begin = false;
        if let Some(Piece::Raw(raw)) = pieces.first_mut()
            && let Some(rest) = without_line_end(raw)
        {
            *raw = rest;
            lines_begin = true;
        }
        // Text that follows the quotes directly has no indentation in common
        // with anything, unless it is blank.
        let first_blank = match pieces.first() {
            Some(Piece::Raw(raw)) => {
                let rest = raw.trim_start_matches([' ', '\t']);
                without_line_end(rest).is_some() || (rest.is_empty() && pieces.len() == 1)
            }
            _ => false,
        };
        let mut indent: Option<&str> = None;
        if !lines_begin && !first_blank {
            indent = Some("");
        }
        let last = pieces.len().saturating_sub(1);
        let mut closing_alone = false;
        let mut at_start = lines_begin;
        for (index, piece) in pieces.iter().enumerate() {
            let Piece::Raw(raw) = *piece else {
                if at_start {
                    indent = Some("");
                }
                at_start = false;
                continue;
            };
            for (number, line) in lines(raw).enumerate() {
                if number == 0 && !at_start {
                    continue;
                }
                let body = line.trim_start_matches([' ', '\t']);
                let white = &line[..line.len() - body.len()];
                let is_end = body.is_empty();
                closing_alone = index == last && is_end;
                if without_line_end(body).is_none() {
                    indent = Some(match indent {
                        Some(indent) => common_prefix(indent, white),
                        None => white,
                    });
                }
            }
            at_start = raw.ends_with(['\n', '\r']);
            if at_start && index == last {
                // The closing quotes are at the very beginning of a line.
                closing_alone = true;
                indent = Some("");
            }
        }
        let indent = indent.unwrap_or("");
        let mut at_start = lines_begin;
        for (index, piece) in pieces.iter_mut().enumerate() {
            let Piece::Raw(raw) = piece else {
                at_start = false;
                continue;
            };
            let ends_line = raw.ends_with(['\n', '\r']);
            let mut text: &'a str = raw;
            if index == last && closing_alone {
                let kept = text.trim_end_matches([' ', '\t']);
                let kept = match kept.strip_suffix('\n') {
                    Some(kept) => kept.strip_suffix('\r').unwrap_or(kept),
                    None => kept.strip_suffix('\r').unwrap_or(kept),
                };
                text = kept;
            }
            if !indent.is_empty() {
                let mut out = String::with_capacity(text.len());
                for (number, line) in lines(text).enumerate() {
                    let cut = if number > 0 || at_start {
                        common_prefix(indent, line).len()
                    } else {
                        0
                    };
                    out.push_str(&line[cut..]);
                }
                text = self.arena.alloc_str(&out);
            }
            *raw = text;
            at_start = ends_line;
        }
    }
}

/// The character an escape stands for and the length of its spelling.
fn escape(text: &str) -> (char, usize) {
    let ch = text[1..].chars().next().unwrap_or('\\');
    match ch {
        'n' => ('\n', 2),
        't' => ('\t', 2),
        'r' => ('\r', 2),
        '0' => ('\0', 2),
        'x' => match text
            .get(2..4)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            Some(value) => (char::from(value), 4),
            None => (ch, 2),
        },
        'u' => {
            let digits = text
                .get(3..)
                .and_then(|rest| rest.split('}').next())
                .unwrap_or("");
            match u32::from_str_radix(digits, 16)
                .ok()
                .and_then(char::from_u32)
            {
                Some(value) => (value, digits.len() + 4),
                None => (ch, 2),
            }
        }
        other => (other, 1 + other.len_utf8()),
    }
}

/// The text after a leading line end, if it begins with one.
fn without_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix(['\n', '\r']))
}

/// The lines of a text, each with its line end; a text that ends with a line
/// end has no empty last line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = match rest.find(['\n', '\r']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}

/// The longest common beginning; both begin with white space, so bytes are
/// characters.
fn common_prefix<'t>(indent: &'t str, line: &str) -> &'t str {
    let length = indent
        .bytes()
        .zip(line.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    &indent[..length]
}
