//! Printing numbers and strings so that they read back as the same value.

use std::fmt::Write as _;

use super::Printer;
use crate::syntax::ast::{IntLit, TemplatePart};

impl Printer {
    pub(super) fn int(&mut self, value: IntLit<'_>) {
        match value {
            IntLit::Small(value) => {
                let _ = write!(self.out, "{value}");
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
        self.push("\"");
        self.escaped(text);
        self.push("\"");
    }

    pub(super) fn template(&mut self, parts: &[TemplatePart<'_>]) {
        self.push("\"");
        for part in parts {
            match part {
                TemplatePart::Text(text) => self.escaped(text),
                TemplatePart::Expr(expr) => self.inside("${", "}", |p| p.expr(expr)),
            }
        }
        self.push("\"");
    }

    fn escaped(&mut self, text: &str) {
        let mut chars = text.chars().peekable();
        while let Some(ch) = chars.next() {
            match ch {
                '\n' => self.push("\\n"),
                '\t' => self.push("\\t"),
                '\r' => self.push("\\r"),
                '\0' => self.push("\\0"),
                '\\' => self.push("\\\\"),
                '"' => self.push("\\\""),
                // At the end of a part a `{` may be next.
                '$' if chars.peek().is_none_or(|&next| next == '{') => self.push("\\$"),
                ch if ch.is_ascii_control() => {
                    let _ = write!(self.out, "\\x{:02x}", ch as u32);
                }
                ch if ch.is_control() || matches!(ch, '\u{200e}'..='\u{2069}' | '\u{feff}') => {
                    let _ = write!(self.out, "\\u{{{:x}}}", ch as u32);
                }
                ch => self.out.push(ch),
            }
        }
    }
}
