//! Listings of code for people: functions with their source lines between the
//! instructions, registers with the names of their variables, constants in
//! words, jump targets as labels. Reads a [`Unit`] and nothing else of Ruff
//! than the source text it came from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::op::{self, Operand};
use super::{Capture, Const, FieldDefault, FunctionCode, Handler, Instr, Op, StructCode, Unit};
use crate::syntax::source::SourceFile;

/// The listing of everything in a unit.
pub fn unit(unit: &Unit, source: Option<&SourceFile>) -> String {
    let mut out = String::new();
    if !unit.globals.is_empty() {
        let _ = writeln!(out, "globals: {}", unit.globals.join(", "));
    }
    for one in &unit.enums {
        let _ = writeln!(out, "enum {} {{ {} }}", one.name, one.variants.join(", "));
    }
    for one in &unit.structs {
        struct_type(&mut out, unit, one);
    }
    for index in 0..unit.functions.len() {
        function(&mut out, unit, index, source);
    }
    out
}

fn struct_type(out: &mut String, unit: &Unit, one: &StructCode) {
    let word = if one.is_class { "class" } else { "struct" };
    let _ = write!(out, "{word} {} {{", one.name);
    for field in &one.fields {
        let _ = match &field.default {
            FieldDefault::None => write!(out, " {}", field.name),
            FieldDefault::Const(value) => {
                write!(out, " {} := {}", field.name, constant(unit, value))
            }
            FieldDefault::EmptyArray => write!(out, " {} := []", field.name),
            FieldDefault::EmptyDict => write!(out, " {} := {{}}", field.name),
            FieldDefault::Func(id) => write!(out, " {} := f{}()", field.name, id.0),
        };
    }
    for method in &one.methods {
        let _ = write!(out, " {}() = f{}", method.name, method.func.0);
        for (is, text) in [
            (method.mutating, " mutating"),
            (method.is_static, " static"),
        ] {
            if is {
                out.push_str(text);
            }
        }
    }
    out.push_str(" }\n");
}

/// The listing of one function, by its index in the unit.
pub fn function(out: &mut String, unit: &Unit, index: usize, source: Option<&SourceFile>) {
    let Some(code) = unit.functions.get(index) else {
        return;
    };
    header(out, code, index);
    let mut lines = Lines::new(unit, code, source);
    let mut at = 0;
    while at < code.code.len() {
        lines.heading(out, at);
        lines.instruction(out, at);
        at = after(code.code[at].op(), at);
    }
    let labels = lines.labels;
    if let Some(label) = labels.get(&at) {
        let _ = writeln!(out, "  L{label}:");
    }
    for handler in &code.handlers {
        let Handler {
            start,
            end,
            target,
            register,
            cleanup,
        } = *handler;
        let word = if cleanup { "cleanup" } else { "handler" };
        let label = labels.get(&(target as usize)).copied().unwrap_or(0);
        let _ = writeln!(out, "  {word} {start:04}..{end:04} -> L{label} r{register}");
    }
    out.push('\n');
}

/// The lines of a function, one instruction at a time.
pub struct Lines<'a> {
    unit: &'a Unit,
    code: &'a FunctionCode,
    source: Option<&'a SourceFile>,
    labels: BTreeMap<usize, usize>,
    /// The source line shown last.
    line: u32,
}

impl<'a> Lines<'a> {
    pub fn new(unit: &'a Unit, code: &'a FunctionCode, source: Option<&'a SourceFile>) -> Self {
        Lines {
            unit,
            code,
            source,
            labels: labels(code),
            line: 0,
        }
    }

    /// Writes the heading of the instruction at a word: its source line, if that
    /// is another one than before, and its label.
    pub fn heading(&mut self, out: &mut String, at: usize) {
        if let Some(source) = self.source {
            let offset = self.code.positions.get(at);
            let line = offset.map_or(0, |&offset| source.position(offset).line);
            if line != self.line {
                self.line = line;
                let _ = writeln!(out, "  ; {line}: {}", source.line_text(line).trim());
            }
        }
        if let Some(label) = self.labels.get(&at) {
            let _ = writeln!(out, "  L{label}:");
        }
    }

    /// The instruction at a word.
    pub fn instruction(&self, out: &mut String, at: usize) {
        let text = instruction(self.unit, self.code, at, &self.labels);
        let _ = writeln!(out, "    {at:04} {text}");
    }
}

/// The word after an instruction, its cache and its jump.
pub fn after(op: Op, at: usize) -> usize {
    at + 1 + usize::from(op.has_cache()) + usize::from(op.has_branch())
}

/// The line that a function's listing begins with.
pub fn header(out: &mut String, code: &FunctionCode, index: usize) {
    let _ = write!(out, "f{index} {}({})", code.name, code.params.join(", "));
    let _ = write!(out, " registers {}", code.registers);
    if code.max_args == super::ANY_NUMBER {
        let _ = write!(out, " args {}..", code.min_args);
    } else if code.min_args != code.max_args {
        let _ = write!(out, " args {}..{}", code.min_args, code.max_args);
    }
    if code.owned_params != 0 {
        let _ = write!(out, " owns {:#b}", code.owned_params);
    }
    for (is, text) in [
        (code.is_method, " method"),
        (code.mutating, " mutating"),
        (code.isolated, " isolated"),
    ] {
        if is {
            out.push_str(text);
        }
    }
    for capture in &code.captures {
        let _ = match capture {
            Capture::Register {
                register,
                share: true,
            } => write!(out, " captures r{register}+"),
            Capture::Register {
                register,
                share: false,
            } => write!(out, " captures r{register}"),
            Capture::Outer(index) => write!(out, " captures outer {index}"),
        };
    }
    out.push('\n');
}

/// The targets of jumps and handlers, numbered in order.
fn labels(code: &FunctionCode) -> BTreeMap<usize, usize> {
    let mut labels = BTreeMap::new();
    let mut at = 0;
    while at < code.code.len() {
        let op = code.code[at].op();
        let jump = at + usize::from(op.has_cache()) + usize::from(op.has_branch());
        if op.has_branch() || op.operands()[1] == Operand::Jump32 {
            labels.insert(target(code.code[jump], jump), 0);
        }
        at = jump + 1;
    }
    for handler in &code.handlers {
        labels.insert(handler.target as usize, 0);
    }
    for (number, label) in labels.values_mut().enumerate() {
        *label = number + 1;
    }
    labels
}

fn target(jump: Instr, at: usize) -> usize {
    (at as i64 + 1 + i64::from(jump.sbx())).max(0) as usize
}

fn instruction(
    unit: &Unit,
    code: &FunctionCode,
    at: usize,
    labels: &BTreeMap<usize, usize>,
) -> String {
    let word = code.code[at];
    let op = word.op();
    let mut text = format!("{:<15}", op.name());
    let label = |at: usize| format!(" L{}", labels.get(&at).copied().unwrap_or(0));
    let fields = [word.a(), word.b(), word.c()];
    for (place, (kind, value)) in op.operands().into_iter().zip(fields).enumerate() {
        let _ = match kind {
            Operand::No => Ok(()),
            Operand::Imm if op == Op::CallNative && place == 2 => write!(text, " native {value}"),
            Operand::Imm if op.is_call() => {
                write!(text, " #{}", value & 0xff)
            }
            Operand::Imm => write!(text, " {}", value as i16),
            Operand::Const => write!(text, " {}", constant_at(unit, code, u32::from(value))),
            Operand::Const32 => write!(text, " {}", constant_at(unit, code, word.bx())),
            Operand::Imm32 => write!(text, " {}", word.sbx()),
            Operand::Global32 => {
                let name = unit
                    .globals
                    .get(word.bx() as usize)
                    .map_or("?", |name| name);
                write!(text, " global {name}")
            }
            Operand::Jump32 => write!(text, "{}", label(target(word, at))),
            _ => write!(text, " {}", register(code, value, at)),
        };
    }
    if op.has_branch() {
        let jump = at + 1 + usize::from(op.has_cache());
        text.push_str(" ->");
        text.push_str(&label(target(code.code[jump], jump)));
    }
    flags(&mut text, op, word);
    text.truncate(text.trim_end().len());
    text
}

fn flags(text: &mut String, op: Op, word: Instr) {
    let flags = word.flags();
    if op.is_call() {
        for (name, mask) in [("keeps", flags), ("exposes", (word.b() >> 8) as u8)] {
            if mask != 0 {
                let _ = write!(text, " {name} {mask:#b}");
            }
        }
        return;
    }
    let second = match op {
        Op::Add => "consume",
        Op::GetField | Op::SetField | Op::FieldMut => "key",
        Op::RangeInit | Op::LazyRange => "inclusive",
        Op::NewStruct => "base",
        Op::IterInit | Op::Lend | Op::GiveBack => "chain",
        Op::GetCell | Op::GetCaptureCell | Op::GetGlobal => "assigned",
        _ => "bit2",
    };
    let lends = matches!(op, Op::IterInit);
    let third = match op {
        Op::IterInit | Op::Lend => "deep",
        _ => "optional",
    };
    let fourth = match op {
        Op::GetField | Op::GetIndex | Op::GetIndexI | Op::GetPart => "last-use",
        _ => "let",
    };
    for (bit, name) in [
        (op::SHARE, "share"),
        (
            op::SHARE_BORROWED,
            if lends { "lend" } else { "share-borrowed" },
        ),
        (1 << 2, second),
        (op::OPTIONAL, third),
        (op::LET, fourth),
    ] {
        if flags & bit != 0 {
            let _ = write!(text, " {name}");
        }
    }
}

/// `r3` or, where a variable lives in it, `r3:total`.
fn register(code: &FunctionCode, number: u16, at: usize) -> String {
    let at = at as u32;
    let name = code
        .locals
        .iter()
        .rev()
        .find(|local| local.register == number && local.start <= at && at <= local.end);
    match name {
        Some(local) => format!("r{number}:{}", local.name),
        None => format!("r{number}"),
    }
}

fn constant_at(unit: &Unit, code: &FunctionCode, index: u32) -> String {
    match code.consts.get(index as usize) {
        Some(value) => constant(unit, value),
        None => format!("k{index}"),
    }
}

/// A constant in words.
pub fn constant(unit: &Unit, value: &Const) -> String {
    match value {
        Const::Null => "null".into(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::BigInt { digits, radix: 10 } => digits.to_string(),
        Const::BigInt { digits, radix } => format!("{digits} (base {radix})"),
        Const::Float(value) => format!("{value:?}"),
        Const::Str(text) => {
            let mut shown: String = text.chars().take(40).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!("{shown:?}")
        }
        Const::Func(id) => {
            let name = unit
                .functions
                .get(id.0 as usize)
                .map_or("?", |one| &one.name);
            format!("f{}:{name}", id.0)
        }
        Const::Struct(id) => {
            let name = unit.structs.get(id.0 as usize).map_or("?", |one| &one.name);
            format!("struct {name}")
        }
        Const::Enum(id) => {
            let name = unit.enums.get(id.0 as usize).map_or("?", |one| &one.name);
            format!("enum {name}")
        }
        Const::Variant(id, number) => {
            let code = unit.enums.get(id.0 as usize);
            let variant = code.and_then(|code| code.variants.get(*number as usize));
            match (code, variant) {
                (Some(code), Some(variant)) => format!("{}::{variant}", code.name),
                _ => "?".to_string(),
            }
        }
        Const::Native(index) => format!("native {index}"),
        Const::KeyList(keys) => format!("{{{}}}", keys.join(", ")),
        Const::Tag { ty, name } if ty.is_empty() => name.to_string(),
        Const::Tag { ty, name } => format!("{ty}::{name}"),
        Const::Array(items) => format!("array of {}", items.len()),
        Const::Dict(entries) => format!("dict of {}", entries.len()),
    }
}
