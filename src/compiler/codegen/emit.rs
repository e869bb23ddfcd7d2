//! The lowest floor: registers, constants, labels, instructions.

use super::Gen;
use crate::bytecode::op::simple;
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Ins, Label, Own};
use crate::syntax::ast::Span;
use crate::syntax::diagnostic::Diagnostic;

/// Registers that a function may have; a few below the encoding's limit, so
/// that loop states and call windows at the top still fit.
const MAX_REGISTERS: u32 = 65_000;

/// The key by which equal constants are found. Constants with the same key are
/// the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ConstKey {
    Simple(u8),
    Int(i64),
    Float(u64),
    Str(Box<str>),
    Func(u32),
    Struct(u32),
    Enum(u32),
    Variant(u32, u32),
    Native(u16),
    Keys(Box<[Box<str>]>),
    Tag(Box<str>, Box<str>),
}

fn key_of(value: &Const) -> Option<ConstKey> {
    Some(match value {
        Const::Null => ConstKey::Simple(0),
        Const::Bool(value) => ConstKey::Simple(1 + u8::from(*value)),
        Const::Int(value) => ConstKey::Int(*value),
        Const::Float(value) => ConstKey::Float(value.to_bits()),
        Const::Str(text) => ConstKey::Str(text.clone()),
        Const::Func(id) => ConstKey::Func(id.0),
        Const::Struct(id) => ConstKey::Struct(id.0),
        Const::Enum(id) => ConstKey::Enum(id.0),
        Const::Variant(id, number) => ConstKey::Variant(id.0, *number),
        Const::Native(index) => ConstKey::Native(*index),
        Const::KeyList(keys) => ConstKey::Keys(keys.clone()),
        Const::Tag { ty, name } => ConstKey::Tag(ty.clone(), name.clone()),
        Const::BigInt { .. } | Const::Array(_) | Const::Dict(_) => return None,
    })
}

impl Gen<'_, '_> {
    /// A fresh register on top.
    pub fn alloc(&mut self) -> u16 {
        let register = self.f.top;
        self.f.top += 1;
        if self.f.top > MAX_REGISTERS {
            if self.f.top == MAX_REGISTERS + 1 {
                self.fail(
                    self.f.stmt,
                    "this function needs more than 65,000 registers",
                );
            }
            self.f.top = MAX_REGISTERS + 2;
            return 0;
        }
        self.f.body.registers = self.f.body.registers.max(self.f.top as u16);
        register as u16
    }

    /// Makes sure that the function has a register above those in use, for compiled code: a
    /// call of a type puts the instance before the arguments.
    pub fn spare_register(&mut self) {
        let most = self.f.top.min(MAX_REGISTERS - 1) as u16 + 1;
        self.f.body.registers = self.f.body.registers.max(most);
    }

    /// Whether the register holds no variable, so that a value may be built in
    /// it step by step.
    pub fn is_temp(&self, register: u16) -> bool {
        u32::from(register) >= self.f.locals_top || self.f.built.contains(&register)
    }

    /// A register for the start of a call window: the target itself if it is
    /// the topmost temporary.
    pub fn window(&mut self, target: Option<u16>) -> u16 {
        match target {
            Some(dst) if self.is_temp(dst) && u32::from(dst) + 1 == self.f.top => dst,
            _ => self.alloc(),
        }
    }

    pub fn fail(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(Diagnostic::error(span, message));
    }

    pub fn konst(&mut self, value: Const) -> u32 {
        let key = key_of(&value);
        if let Some(key) = &key
            && let Some(&index) = self.f.consts.get(key)
        {
            return index;
        }
        let index = self.f.body.consts.len() as u32;
        self.f.body.consts.push(value);
        if let Some(key) = key {
            self.f.consts.insert(key, index);
        }
        index
    }

    /// A constant that an instruction names in 16 bits.
    pub fn konst16(&mut self, value: Const) -> u16 {
        let index = self.konst(value);
        u16::try_from(index).unwrap_or_else(|_| {
            let limit = 1 + u32::from(u16::MAX);
            if index == limit {
                self.fail(
                    self.f.stmt,
                    "this function needs more than 65,536 constants",
                );
            }
            0
        })
    }

    pub fn name_const(&mut self, name: &str) -> u16 {
        self.konst16(Const::Str(name.into()))
    }

    pub fn label(&mut self) -> Label {
        self.f.body.label()
    }

    pub fn place(&mut self, label: Label) {
        self.f.body.place(label);
    }

    /// A label right here.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    pub fn emit(&mut self, op: Op, a: u16, b: u16, c: u16, pos: u32) -> &mut Ins {
        self.f.body.ins.push(Ins {
            op,
            flags: 0,
            own: Own::Plain,
            a,
            b,
            c,
            pos,
            target: Label::NONE,
        });
        self.f.body.ins.last_mut().expect("just pushed")
    }

    pub fn emit_x(&mut self, op: Op, a: u16, bx: u32, pos: u32) -> &mut Ins {
        self.emit(op, a, bx as u16, (bx >> 16) as u16, pos)
    }

    pub fn emit_jump(&mut self, op: Op, a: u16, target: Label, pos: u32) -> &mut Ins {
        let ins = self.emit(op, a, 0, 0, pos);
        ins.target = target;
        ins
    }

    /// A test with operands that jumps.
    pub fn emit_test(&mut self, op: Op, a: u16, b: u16, c: u16, target: Label, pos: u32) {
        self.emit(op, a, b, c, pos).target = target;
    }

    pub fn load_const(&mut self, dst: u16, value: Const, pos: u32) {
        match value {
            Const::Null => self.emit(Op::LoadSimple, dst, simple::NULL, 0, pos),
            Const::Bool(value) => {
                let value = if value { simple::TRUE } else { simple::FALSE };
                self.emit(Op::LoadSimple, dst, value, 0, pos)
            }
            Const::Int(value) if i32::try_from(value).is_ok() => {
                self.emit_x(Op::LoadInt, dst, value as i32 as u32, pos)
            }
            value => {
                let index = self.konst(value);
                self.emit_x(Op::LoadK, dst, index, pos)
            }
        };
    }

    pub fn load_null(&mut self, dst: u16, pos: u32) {
        self.load_const(dst, Const::Null, pos);
    }

    /// Moves a temporary's value; nothing to mark.
    pub fn shift(&mut self, dst: u16, src: u16, pos: u32) {
        if dst != src {
            self.emit(Op::Move, dst, src, 0, pos);
        }
    }
}
