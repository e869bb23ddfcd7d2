//! Text to tokens, in one pass over the bytes. Strings with interpolation
//! come out as a bracketed run of tokens, so the parser never sees raw text
//! between `${` and `}`; the stack of open strings is on the heap, so nesting
//! costs no recursion. Escapes and number forms are checked here and decoded
//! by the parser. Whatever the bytes, lexing ends and gives a final `Eof`: a round
//! that takes no byte takes the character as a stray one.

use super::ast::{Comment, Span};
use super::diagnostic::Diagnostic;
use super::token::{T, Token};

pub(super) struct Lexed<'a> {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment<'a>>,
    pub diagnostics: Vec<Diagnostic>,
    /// Set when the text ended inside a string: errors beyond this offset are
    /// most likely consequences.
    pub unreliable_from: Option<u32>,
}

/// Diagnostics kept of one file; more would only be noise.
const MAX_DIAGNOSTICS: usize = 50;

pub(super) fn lex(text: &str) -> Lexed<'_> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        newline: false,
        tokens: Vec::with_capacity(text.len() / 5 + 1),
        comments: Vec::new(),
        diagnostics: Vec::new(),
        templates: Vec::new(),
        first_long_string: None,
        unreliable_from: None,
    };
    lexer.run();
    Lexed {
        tokens: lexer.tokens,
        comments: lexer.comments,
        diagnostics: lexer.diagnostics,
        unreliable_from: lexer.unreliable_from,
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    newline: bool,
    tokens: Vec<Token>,
    comments: Vec<Comment<'a>>,
    diagnostics: Vec<Diagnostic>,
    /// The strings whose interpolations are open, innermost last.
    templates: Vec<Template>,
    /// Where the first ordinary string that spans lines begins: the likely
    /// culprit when a quote is missing at the end.
    first_long_string: Option<u32>,
    unreliable_from: Option<u32>,
}

struct Template {
    triple: bool,
    /// Braces open inside the interpolation, and other brackets.
    braces: u32,
    brackets: u32,
    lo: u32,
}

/// How a run of string text ended.
enum ChunkEnd {
    Quote,
    Interpolation,
    Eof,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            let before = self.at;
            self.token();
            if self.at == before {
                self.stray();
            }
        }
        if let Some(template) = self.templates.pop() {
            self.unterminated_string(template.lo, "a `${` in it is not closed");
        }
        let end = self.bytes.len();
        self.push(T::Eof, end, end);
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: T, lo: usize, hi: usize) {
        let newline = std::mem::take(&mut self.newline);
        self.tokens.push(Token {
            kind,
            newline,
            lo: lo as u32,
            hi: hi as u32,
        });
    }

    /// A token of `len` bytes from here.
    fn take(&mut self, kind: T, len: usize) {
        let lo = self.at;
        self.at += len;
        self.push(kind, lo, self.at);
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn span(&self, lo: usize, hi: usize) -> Span {
        Span::new(lo as u32, hi as u32)
    }

    fn token(&mut self) {
        let next = self.byte(1);
        match self.bytes[self.at] {
            b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
            b'\n' | b'\r' => {
                self.newline = true;
                self.at += 1;
            }
            b'r' if self.raw_quotes().is_some() => self.raw_string(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'#' => self.line_comment(),
            b'/' => match next {
                b'/' => self.line_comment(),
                b'*' => self.block_comment(),
                b'=' => self.take(T::SlashEq, 2),
                _ => self.take(T::Slash, 1),
            },
            b'(' => self.bracket(T::LParen, 1),
            b')' => self.bracket(T::RParen, 1),
            b'[' => self.bracket(T::LBracket, 1),
            b']' => self.bracket(T::RBracket, 1),
            b'{' => {
                if let Some(template) = self.templates.last_mut() {
                    template.braces += 1;
                }
                self.take(T::LBrace, 1);
            }
            b'}' => self.close_brace(),
            b',' => self.take(T::Comma, 1),
            b';' => self.take(T::Semi, 1),
            b':' if self.format_follows() => self.format(),
            b':' => match next {
                b'=' => self.take(T::Walrus, 2),
                b':' => self.take(T::ColonColon, 2),
                _ => self.take(T::Colon, 1),
            },
            b'.' => match (next, self.byte(2)) {
                (b'.', b'.') => self.take(T::Ellipsis, 3),
                (b'.', b'=') => self.take(T::DotDotEq, 3),
                (b'.', _) => self.take(T::DotDot, 2),
                _ => self.take(T::Dot, 1),
            },
            b'?' => match (next, self.byte(2)) {
                (b'?', _) => self.take(T::Coalesce, 2),
                // `e?..n` is a range whose left end is `e?`.
                (b'.', b'.') => self.take(T::Question, 1),
                (b'.', _) => self.take(T::QuestionDot, 2),
                (b'[', _) => self.bracket(T::QuestionBracket, 2),
                _ => self.take(T::Question, 1),
            },
            b'=' => match (next, self.byte(2)) {
                (b'=', b'=') => self.take(T::EqEqEq, 3),
                (b'=', _) => self.take(T::EqEq, 2),
                (b'>', _) => self.take(T::FatArrow, 2),
                _ => self.take(T::Assign, 1),
            },
            b'!' => match (next, self.byte(2)) {
                (b'=', b'=') => self.take(T::NotEqEq, 3),
                (b'=', _) => self.take(T::NotEq, 2),
                _ => self.take(T::Bang, 1),
            },
            b'+' if next == b'=' => self.take(T::PlusEq, 2),
            b'+' => self.take(T::Plus, 1),
            b'-' => match next {
                b'=' => self.take(T::MinusEq, 2),
                b'>' => self.take(T::Arrow, 2),
                _ => self.take(T::Minus, 1),
            },
            b'*' => match (next, self.byte(2)) {
                (b'*', b'=') => self.take(T::PowEq, 3),
                (b'*', _) => self.take(T::Pow, 2),
                (b'=', _) => self.take(T::StarEq, 2),
                _ => self.take(T::Star, 1),
            },
            b'%' if next == b'=' => self.take(T::PercentEq, 2),
            b'%' => self.take(T::Percent, 1),
            b'&' => match next {
                b'&' => self.take(T::AndAnd, 2),
                b'=' => self.take(T::AmpEq, 2),
                _ => self.take(T::Amp, 1),
            },
            b'|' => match next {
                b'|' => self.take(T::OrOr, 2),
                b'>' => self.take(T::PipeGt, 2),
                b'=' => self.take(T::PipeEq, 2),
                _ => self.take(T::Pipe, 1),
            },
            b'^' if next == b'=' => self.take(T::CaretEq, 2),
            b'^' => self.take(T::Caret, 1),
            b'~' => self.take(T::Tilde, 1),
            b'<' => match (next, self.byte(2)) {
                (b'<', b'=') => self.take(T::ShlEq, 3),
                (b'<', _) => self.take(T::Shl, 2),
                (b'=', _) => self.take(T::Le, 2),
                _ => self.take(T::Lt, 1),
            },
            b'>' => match (next, self.byte(2)) {
                (b'>', b'=') => self.take(T::ShrEq, 3),
                (b'>', _) => self.take(T::Shr, 2),
                (b'=', _) => self.take(T::Ge, 2),
                _ => self.take(T::Gt, 1),
            },
            b'\'' => self.foreign_quotes(b'\'', "strings use double quotes"),
            b'`' => self.foreign_quotes(b'`', "strings use double quotes; any may span lines"),
            128.. => self.beyond_ascii(),
            _ => self.stray(),
        }
    }

    fn char_here(&self) -> char {
        self.text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or('\u{fffd}')
    }

    fn word(&mut self) {
        let lo = self.at;
        self.word_rest();
        let kind = T::of_word(&self.bytes[lo..self.at]);
        self.push(kind, lo, self.at);
    }

    /// Skips the characters that may continue an identifier.
    fn word_rest(&mut self) {
        loop {
            match self.byte(0) {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => self.at += 1,
                128.. => {
                    let ch = self.char_here();
                    if !unicode_ident::is_xid_continue(ch) {
                        return;
                    }
                    self.at += ch.len_utf8();
                }
                _ => return,
            }
        }
    }

    fn beyond_ascii(&mut self) {
        let ch = self.char_here();
        if unicode_ident::is_xid_start(ch) {
            let lo = self.at;
            self.at += ch.len_utf8();
            self.word_rest();
            self.push(T::Ident, lo, self.at);
        } else if ch.is_whitespace() || matches!(ch, '\u{200b}' | '\u{feff}' | '\u{2060}') {
            let (lo, hi) = (self.at, self.at + ch.len_utf8());
            self.error(
                Diagnostic::error(
                    self.span(lo, hi),
                    format!("unusual white space (U+{:04X})", ch as u32),
                )
                .help("replace it by an ordinary space"),
            );
            self.at = hi;
        } else {
            self.stray();
        }
    }

    /// A run of characters that begin no token: one error for all of them.
    fn stray(&mut self) {
        let lo = self.at;
        let first = self.char_here();
        while self.at < self.bytes.len() {
            let ch = self.char_here();
            let stray = match ch {
                '@' | '\\' | '$' => true,
                ch if ch.is_ascii() => ch.is_ascii_control() && !ch.is_ascii_whitespace(),
                ch => !unicode_ident::is_xid_start(ch) && !ch.is_whitespace(),
            };
            if !stray && self.at > lo {
                break;
            }
            self.at += ch.len_utf8();
        }
        let what = if first.is_control() {
            format!("unexpected character U+{:04X}", first as u32)
        } else {
            format!("unexpected character `{first}`")
        };
        let mut error = Diagnostic::error(self.span(lo, self.at), what);
        error = match first {
            '“' | '”' | '„' | '‘' | '’' => error.help("strings use the plain quote `\"`"),
            '@' => error.help("Ruff has no decorators"),
            '\\' => error.help("an expression may go on in the next line without `\\`"),
            '$' => error.help("`${…}` belongs inside a string; names have no `$`"),
            _ => error,
        };
        self.error(error);
        self.push(T::Error, lo, self.at);
    }

    // Comments

    fn line_comment(&mut self) {
        let lo = self.at;
        while self.at < self.bytes.len() && !matches!(self.bytes[self.at], b'\n' | b'\r') {
            self.at += 1;
        }
        self.comment(lo);
    }

    fn block_comment(&mut self) {
        let lo = self.at;
        self.at += 2;
        loop {
            if self.at >= self.bytes.len() {
                self.error(
                    Diagnostic::error(self.span(lo, lo + 2), "this comment is not closed")
                        .help("end it with `*/`"),
                );
                break;
            }
            match self.bytes[self.at] {
                b'*' if self.byte(1) == b'/' => {
                    self.at += 2;
                    break;
                }
                b'\n' | b'\r' => self.newline = true,
                _ => {}
            }
            self.at += 1;
        }
        self.comment(lo);
    }

    fn comment(&mut self, lo: usize) {
        let text = self.text.get(lo..self.at).unwrap_or("");
        let span = self.span(lo, self.at);
        self.comments.push(Comment { text, span });
    }

    // Numbers

    fn number(&mut self) {
        let lo = self.at;
        let radix = match (self.byte(0), self.byte(1)) {
            (b'0', b'x' | b'X') => 16,
            (b'0', b'o' | b'O') => 8,
            (b'0', b'b' | b'B') => 2,
            _ => 10,
        };
        let mut kind = T::Int;
        let mut problem = None;
        if radix == 10 {
            self.digits();
            if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
                kind = T::Float;
                self.at += 1;
                self.digits();
            }
            if matches!(self.byte(0), b'e' | b'E') {
                let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
                if self.byte(1 + sign).is_ascii_digit() {
                    kind = T::Float;
                    self.at += 1 + sign;
                    self.digits();
                }
            }
        } else {
            self.at += 2;
            if self.bytes[lo + 1].is_ascii_uppercase() {
                problem = Some("the prefix of a number is written in lower case");
            }
            while self.byte(0) == b'_' || (self.byte(0) as char).is_digit(radix) {
                self.at += 1;
            }
            if self.at == lo + 2 {
                problem = Some("a number needs digits after its prefix");
            }
        }
        let digits_end = self.at;
        self.word_rest();
        let text = &self.bytes[lo..digits_end];
        if self.at > digits_end && problem.is_none() {
            problem = Some(match radix {
                2 => "a binary number has only the digits 0 and 1",
                8 => "an octal number has only the digits 0 to 7",
                16 => "a hexadecimal number has only the digits 0 to 9 and a to f",
                _ => "a number cannot run into a name",
            });
        }
        let misplaced = text.iter().enumerate().any(|(index, &byte)| {
            byte == b'_' && !text.get(index + 1).is_some_and(u8::is_ascii_hexdigit)
        });
        // `0x_1`: no digit is before that underscore.
        if problem.is_none() && (misplaced || (radix != 10 && text.get(2) == Some(&b'_'))) {
            problem = Some("an underscore in a number belongs between two digits");
        }
        if let Some(problem) = problem {
            self.error(Diagnostic::error(self.span(lo, self.at), problem));
            kind = T::Error;
        }
        self.push(kind, lo, self.at);
    }

    fn digits(&mut self) {
        while matches!(self.byte(0), b'0'..=b'9' | b'_') {
            self.at += 1;
        }
    }

    // Strings

    fn string(&mut self) {
        let lo = self.at;
        let triple = self.byte(1) == b'"' && self.byte(2) == b'"';
        self.at += if triple { 3 } else { 1 };
        let text = self.at;
        match self.chunk(triple, lo as u32) {
            ChunkEnd::Quote => {
                self.push(if triple { T::TripleStr } else { T::Str }, lo, self.at);
            }
            ChunkEnd::Interpolation => {
                self.push(
                    if triple {
                        T::TripleOpen
                    } else {
                        T::TemplateOpen
                    },
                    lo,
                    text,
                );
                self.interpolation(text, triple, lo as u32);
            }
            ChunkEnd::Eof => {
                self.unterminated_string(lo as u32, "its closing quote is missing");
                self.push(T::Error, lo, self.at);
            }
        }
    }

    /// At an `r`: how many `#` are between it and a quote, if one follows.
    fn raw_quotes(&self) -> Option<usize> {
        let rest = &self.bytes[self.at + 1..];
        let hashes = rest.iter().take_while(|&&byte| byte == b'#').count();
        (rest.get(hashes) == Some(&b'"')).then_some(hashes)
    }

    /// `r"…"`, `r#"…"#`: a [`T::Str`] that begins with its `r`.
    fn raw_string(&mut self) {
        let lo = self.at;
        let hashes = self.raw_quotes().unwrap_or(0);
        self.at += hashes + 2;
        if hashes == 0 && self.byte(0) == b'"' && self.byte(1) == b'"' {
            let error = Diagnostic::error(
                self.span(lo, self.at + 2),
                "a raw string has no triple quotes",
            );
            self.error(error.help("`r\"…\"` may span lines; `r#\"…\"#` may hold quotes"));
            self.at += 2;
            let rest = self.text.get(self.at..).unwrap_or("");
            self.at = rest
                .find("\"\"\"")
                .map_or(self.bytes.len(), |end| self.at + end + 3);
            return self.push(T::Error, lo, self.at);
        }
        let closes = |rest: &[u8]| {
            rest.first() == Some(&b'"')
                && rest.len() > hashes
                && rest[1..=hashes].iter().all(|&byte| byte == b'#')
        };
        while self.at < self.bytes.len() {
            if closes(&self.bytes[self.at..]) {
                self.at += 1 + hashes;
                return self.push(T::Str, lo, self.at);
            }
            self.at += 1;
        }
        self.unterminated_string(lo as u32, "its closing quote is missing");
        self.push(T::Error, lo, self.at);
    }

    /// After a chunk that began at `text` and ended before a `${`.
    fn interpolation(&mut self, text: usize, triple: bool, lo: u32) {
        if self.at > text {
            self.push(T::TemplateText, text, self.at);
        }
        self.take(T::InterpOpen, 2);
        self.templates.push(Template {
            triple,
            braces: 0,
            brackets: 0,
            lo,
        });
    }

    /// A bracket other than a brace.
    fn bracket(&mut self, kind: T, len: usize) {
        if let Some(template) = self.templates.last_mut() {
            template.brackets = match kind.closer() {
                Some(_) => template.brackets + 1,
                None => template.brackets.saturating_sub(1),
            };
        }
        self.take(kind, len);
    }

    /// Whether the `:` here begins the format of an interpolated expression: no
    /// expression has one outside of brackets. `::` belongs to a path, unless it
    /// stands for a fill of `:`.
    fn format_follows(&self) -> bool {
        let open = |one: &Template| one.braces == 0 && one.brackets == 0;
        self.templates.last().is_some_and(open)
            && (self.byte(1) != b':' || matches!(self.byte(2), b'<' | b'^' | b'>'))
            && self.format_end().is_some()
    }

    /// The `}` after a format, which is on its line.
    fn format_end(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        let ends = |&byte: &u8| matches!(byte, b'}' | b'"' | b'\n' | b'\r');
        let end = rest.iter().position(ends)?;
        (rest[end] == b'}').then_some(self.at + end)
    }

    fn format(&mut self) {
        let end = self.format_end().unwrap_or(self.at + 1);
        self.take(T::Format, end - self.at);
    }

    /// A `}`: of a block or dict, or the end of an interpolation.
    fn close_brace(&mut self) {
        match self.templates.last_mut() {
            Some(template) if template.braces > 0 => template.braces -= 1,
            Some(_) => {
                let Some(Template { triple, lo, .. }) = self.templates.pop() else {
                    return;
                };
                self.take(T::InterpClose, 1);
                let text = self.at;
                match self.chunk(triple, lo) {
                    ChunkEnd::Quote => {
                        let close = self.at - if triple { 3 } else { 1 };
                        if close > text {
                            self.push(T::TemplateText, text, close);
                        }
                        self.push(T::TemplateClose, close, self.at);
                    }
                    ChunkEnd::Interpolation => self.interpolation(text, triple, lo),
                    ChunkEnd::Eof => {
                        self.unterminated_string(lo, "its closing quote is missing");
                        self.push(T::Error, text, self.at);
                    }
                }
                return;
            }
            None => {}
        }
        self.take(T::RBrace, 1);
    }

    /// Skips string text up to and with the closing quote, or up to a `${`.
    fn chunk(&mut self, triple: bool, lo: u32) -> ChunkEnd {
        loop {
            match self.bytes.get(self.at) {
                None => return ChunkEnd::Eof,
                Some(b'"') if !triple => {
                    self.at += 1;
                    return ChunkEnd::Quote;
                }
                Some(b'"') if self.byte(1) == b'"' && self.byte(2) == b'"' => {
                    self.at += 3;
                    return ChunkEnd::Quote;
                }
                Some(b'$') if self.byte(1) == b'{' => return ChunkEnd::Interpolation,
                Some(b'\\') => self.escape(),
                Some(b'\n' | b'\r') if !triple && self.first_long_string.is_none() => {
                    self.first_long_string = Some(lo);
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Checks an escape and skips it.
    fn escape(&mut self) {
        let lo = self.at;
        self.at += 1;
        let problem = match self.byte(0) {
            b'n' | b't' | b'r' | b'\\' | b'"' | b'$' | b'0' => None,
            b'x' => {
                if self.byte(1).is_ascii_hexdigit() && self.byte(2).is_ascii_hexdigit() {
                    self.at += 2;
                    None
                } else {
                    Some("`\\x` needs two hexadecimal digits, as in `\\x41`")
                }
            }
            b'u' => self.unicode_escape(),
            b'\'' => Some("a single quote needs no escape"),
            _ => Some("a backslash itself is written `\\\\`"),
        };
        if self.at < self.bytes.len() {
            self.at += self.char_here().len_utf8();
        }
        if let Some(help) = problem {
            let text = self
                .text
                .get(lo..self.at)
                .unwrap_or("\\")
                .escape_debug()
                .to_string();
            let text = text.replacen("\\\\", "\\", 1);
            self.error(
                Diagnostic::error(self.span(lo, self.at), format!("unknown escape `{text}`"))
                    .help(help),
            );
        }
    }

    /// `\u{…}`: leaves the position on the brace, or on the `u` if malformed.
    fn unicode_escape(&mut self) -> Option<&'static str> {
        let digits = self.at + 2;
        let mut end = digits;
        while self.bytes.get(end).is_some_and(u8::is_ascii_hexdigit) {
            end += 1;
        }
        let valid = self.byte(1) == b'{'
            && self.bytes.get(end) == Some(&b'}')
            && self
                .text
                .get(digits..end)
                .and_then(|text| u32::from_str_radix(text, 16).ok())
                .and_then(char::from_u32)
                .is_some();
        if valid {
            self.at = end;
            return None;
        }
        Some("a character is written with its code point, as in `\\u{1F600}`")
    }

    fn unterminated_string(&mut self, lo: u32, why: &str) {
        let width = if self
            .text
            .get(lo as usize..)
            .is_some_and(|t| t.starts_with("\"\"\""))
        {
            3
        } else {
            1
        };
        // A quote within an interpolation that is left open ends the string around it.
        let open = self.templates.first().filter(|open| open.lo < lo);
        let (at, why, width) = match open {
            Some(open) if self.first_long_string.is_none_or(|first| first >= open.lo) => {
                (open.lo, "a `${` in it is not closed", 1)
            }
            _ => (lo, why, width),
        };
        let message = "this string does not end";
        let mut error = Diagnostic::error(Span::new(at, at + width), message).label(why);
        let mut from = at;
        if let Some(first) = self.first_long_string.filter(|&first| first < at) {
            // All quotes after the one that is missing open where they should close.
            error = Diagnostic::error(Span::new(first, first + 1), message)
                .label("its closing quote may be missing: it goes on in the next line")
                .related(
                    Span::new(at, at + width),
                    "the last quote of the text opens a string",
                );
            from = first;
        }
        // The other errors of such a text may fill the quota; this one counts.
        self.diagnostics.push(error);
        self.unreliable_from = Some(from);
        self.templates.clear();
    }

    /// `'…'` and `` `…` `` on one line: explained, then taken as a string.
    fn foreign_quotes(&mut self, quote: u8, help: &str) {
        let lo = self.at;
        let mut end = lo + 1;
        while end < self.bytes.len() && !matches!(self.bytes[end], b'\n' | b'\r') {
            if self.bytes[end] == quote {
                self.at = end + 1;
                let error = Diagnostic::error(
                    self.span(lo, self.at),
                    format!("strings are not quoted with {}", quoted(quote)),
                );
                self.error(error.help(help));
                self.push(T::Str, lo, self.at);
                return;
            }
            end += if self.bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        let error = Diagnostic::error(
            self.span(lo, self.at),
            format!("unexpected {}", quoted(quote)),
        );
        self.error(error.help(help));
        self.push(T::Error, lo, self.at);
    }
}

fn quoted(quote: u8) -> &'static str {
    if quote == b'\'' {
        "single quotes"
    } else {
        "backquotes"
    }
}
