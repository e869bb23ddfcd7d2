//! Printing numbers and strings so that they read back as the same value.

use std::fmt::Write as _;

use super::Printer;
use crate::syntax::ast::{IntLit, Span, TemplatePart};

impl Printer<'_> {
    pub(super) fn int(&mut self, value: IntLit<'_>) {
        match value {
            IntLit::Small(value) => {
                self.push(&value.to_string());
            }
            IntLit::Big { digits, radix } => {
                self.push(match radix {
                    16 => "0x",
                    8 => "0o",
                    2 => "0b",
                    _ => "",
                });
                self.push(digits);
            }
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        let mut out = "\"".to_string();
        escape(&mut out, text);
        out.push('"');
        self.push(&out);
    }

    /// The source at this place, if there is any: numbers and strings stay as
    /// they were written.
    pub(super) fn verbatim(&mut self, span: Span) -> bool {
        self.leading(span.lo);
        let Some(text) = self.comments.source(span) else {
            return false;
        };
        self.push(text);
        self.skip_comments(span.hi);
        true
    }

    pub(super) fn template(&mut self, parts: &[TemplatePart<'_>]) {
        self.push("\"");
        for part in parts {
            match part {
                TemplatePart::Text(text) => {
                    let mut out = String::new();
                    escape(&mut out, text);
                    self.push(&out);
                }
                TemplatePart::Expr(expr, format) => self.inside("${", "}", |p| {
                    p.expr(expr);
                    if let Some(format) = format {
                        p.push(":");
                        p.push(format);
                    }
                }),
            }
        }
        self.push("\"");
    }
}

fn escape(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            // At the end of a part a `{` may be next.
            '$' if chars.peek().is_none_or(|&next| next == '{') => out.push_str("\\$"),
            ch if ch.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", ch as u32);
            }
            ch if ch.is_control() || matches!(ch, '\u{200e}'..='\u{2069}' | '\u{feff}') => {
                let _ = write!(out, "\\u{{{:x}}}", ch as u32);
            }
            ch => out.push(ch),
        }
    }
}
