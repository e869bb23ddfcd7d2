//! Variables: reading, writing, declaring, and the names of blocks.

use super::{Gen, Want};
use crate::bytecode::Const;
use crate::bytecode::op::{ASSIGNED, Op, SHARE, simple};
use crate::compiler::ir::{Local, Own};
use crate::compiler::resolve::{Res, Storage, VarId, VarKind};
use crate::syntax::ast::{Expr, ExprKind, Ident, Span};

/// How the function being written reaches a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Reg(u16),
    /// A copied capture.
    Copied(u16),
    Cell(u16),
    CaptureCell(u16),
    Global(u32),
    Constant,
}

impl<'a> Gen<'a, '_> {
    pub fn access(&self, id: VarId) -> Access {
        let var = self.res.var(id);
        let local = var.func == self.f.func;
        let capture = || self.res.func(self.f.func).capture_index(id).unwrap_or(0);
        match var.storage {
            Storage::Constant => Access::Constant,
            Storage::Global(index) => Access::Global(index),
            Storage::Register if local => Access::Reg(self.regs[id.0 as usize]),
            Storage::Register => Access::Copied(capture()),
            Storage::Cell if local => Access::Cell(self.regs[id.0 as usize]),
            Storage::Cell => Access::CaptureCell(capture()),
        }
    }

    /// The register of an expression that is just a variable in a register.
    pub fn register_of(&self, expr: &Expr) -> Option<(VarId, u16)> {
        match strip(expr).kind {
            ExprKind::Name(_) => match self.res.name(strip(expr).span) {
                Res::Var(id) => match self.access(id) {
                    Access::Reg(register) => Some((id, register)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    pub fn own_of(&self, id: VarId) -> Own {
        let kind = self.res.var(id).kind;
        let register = self.regs[id.0 as usize];
        if self.aliases[id.0 as usize]
            || kind == VarKind::SelfParam
            || self.f.lent.contains(register)
        {
            Own::Never
        } else if kind == VarKind::Param {
            Own::Param
        } else {
            Own::Local
        }
    }

    /// Whether the variable is known to have a value when code here reads it.
    fn is_assigned(&self, id: VarId) -> bool {
        let var = self.res.var(id);
        // Within its own function a name is visible only below its
        // declaration; closures made later see it as well.
        (var.func == self.f.func && var.kind != VarKind::Dynamic)
            || matches!(var.kind, VarKind::Func | VarKind::Struct(_))
            || (!var.early && !var.top_level)
    }

    pub fn load_var(&mut self, id: VarId, dst: u16, want: Want, pos: u32) {
        let share = if want == Want::Own { SHARE } else { 0 };
        let assigned = if self.is_assigned(id) { ASSIGNED } else { 0 };
        match self.access(id) {
            Access::Reg(register) if register == dst => {}
            Access::Reg(register) => {
                if want == Want::Own && !self.ints[id.0 as usize] {
                    let own = self.own_of(id);
                    let ins = self.emit(Op::Copy, dst, register, 0, pos);
                    ins.flags = SHARE;
                    ins.own = own;
                } else {
                    self.emit(Op::Move, dst, register, 0, pos);
                    if want == Want::Use {
                        self.f.lent.push(register);
                    }
                }
            }
            Access::Copied(index) => {
                self.emit(Op::GetCapture, dst, index, 0, pos).flags = share;
            }
            Access::Cell(register) => {
                let name = self.name_const(self.res.var(id).name);
                self.emit(Op::GetCell, dst, register, name, pos).flags = share | assigned;
            }
            Access::CaptureCell(index) => {
                let name = self.name_const(self.res.var(id).name);
                self.emit(Op::GetCaptureCell, dst, index, name, pos).flags = share | assigned;
            }
            Access::Global(index) => {
                self.emit_x(Op::GetGlobal, dst, index, pos).flags = share | assigned;
            }
            Access::Constant => {
                let value = self.constant_of(id);
                self.load_const(dst, value, pos);
            }
        }
    }

    /// The constant of a function or type without captures.
    pub fn constant_of(&mut self, id: VarId) -> Const {
        match self.res.var(id).kind {
            VarKind::Struct(_) => Const::Struct(self.struct_id(id)),
            VarKind::Enum => Const::Enum(self.enum_ids[&id]),
            _ => Const::Func(self.func_id_at(id)),
        }
    }

    /// The constant that `ty::name` is, if that is a variant of an enum that is a constant.
    pub fn variant(&self, ty: Ident<'_>, name: &str) -> Option<Const> {
        let Res::Var(id) = self.res.name(ty.span) else {
            return None;
        };
        let is_enum = matches!(self.res.var(id).kind, VarKind::Enum);
        if !is_enum || !matches!(self.access(id), Access::Constant) {
            return None;
        }
        let id = *self.enum_ids.get(&id)?;
        let variants = &self.unit.enums[id.0 as usize].variants;
        let number = variants.iter().position(|one| **one == *name)?;
        Some(Const::Variant(id, number as u32))
    }

    /// Reads a name, whatever it means.
    pub fn load_name(&mut self, name: &str, span: Span, dst: u16, want: Want) {
        match self.res.name(span) {
            Res::Var(id) => self.load_var(id, dst, want, span.lo),
            Res::Member => {
                let base = self.self_register();
                let field = self.name_const(name);
                let share = if want == Want::Own { SHARE } else { 0 };
                self.emit(Op::GetField, dst, base, field, span.lo).flags = share;
            }
            Res::Free => self.load_free(name, dst, span.lo),
        }
    }

    /// Reads a name that the program does not declare.
    pub fn load_free(&mut self, name: &str, dst: u16, pos: u32) {
        if name == "None" {
            self.emit(Op::LoadSimple, dst, simple::NONE, 0, pos);
        } else if let Some(number) = self.builtins.constant(name) {
            self.load_const(dst, Const::Float(number), pos);
        } else if let Some(native) = self.builtins.native(name) {
            self.load_const(dst, Const::Native(native.index), pos);
        } else {
            let name = self.konst(Const::Str(name.into()));
            self.emit_x(Op::GetDynamic, dst, name, pos);
        }
    }

    /// A register that holds `self`, for methods that see fields as names.
    pub fn self_register(&mut self) -> u16 {
        match self.self_var().map(|id| (id, self.access(id))) {
            Some((_, Access::Reg(register))) => register,
            Some((id, _)) => {
                let register = self.alloc();
                self.load_var(id, register, Want::Use, self.f.stmt.lo);
                register
            }
            None => 0,
        }
    }

    /// The `self` of the method around the function being written.
    pub fn self_var(&self) -> Option<VarId> {
        self.res.self_in(self.f.func)
    }

    /// Stores an owned value (or a variable's value, marked as `own` says).
    pub fn store_var(&mut self, id: VarId, value: Owned, pos: u32) {
        match self.access(id) {
            Access::Reg(register) => {
                if value.own == Own::Plain {
                    self.shift(register, value.register, pos);
                } else if register != value.register {
                    let ins = self.emit(Op::Copy, register, value.register, 0, pos);
                    ins.flags = SHARE;
                    ins.own = value.own;
                }
            }
            Access::Cell(register) => {
                let ins = self.emit(Op::SetCell, register, value.register, 0, pos);
                value.mark(ins);
            }
            Access::CaptureCell(index) => {
                let ins = self.emit(Op::SetCaptureCell, value.register, index, 0, pos);
                value.mark(ins);
            }
            Access::Global(index) => {
                let ins = self.emit_x(Op::SetGlobal, value.register, index, pos);
                value.mark(ins);
            }
            // Nothing in the text writes these.
            Access::Copied(_) | Access::Constant => {}
        }
    }

    /// The value of an expression for an instruction that stores it: a
    /// variable's own register, to be marked there, or an owned temporary.
    pub fn owned(&mut self, expr: &'a Expr<'a>) -> Owned {
        if let Some((id, register)) = self.register_of(expr) {
            return Owned {
                register,
                own: self.own_of(id),
            };
        }
        let register = self.alloc();
        self.to(expr, register, Want::Own);
        Owned::temp(register)
    }

    /// Gives a variable its register (here) and its name in listings.
    pub fn bind_register(&mut self, id: VarId, register: u16) {
        self.regs[id.0 as usize] = register;
        let start = self.f.body.ins.len() as u32;
        let name = self.res.var(id).name.into();
        self.f.body.locals.push(Local {
            name,
            register,
            start,
            end: u32::MAX,
        });
    }

    /// Makes a variable of the open block with a value.
    pub fn define(&mut self, id: VarId, value: &'a Expr<'a>, pos: u32) {
        if self.res.var(id).storage == Storage::Register {
            let register = self.alloc();
            self.to(value, register, Want::Own);
            self.f.top = u32::from(register) + 1;
            self.f.locals_top = self.f.top;
            self.bind_register(id, register);
        } else {
            let mark = self.f.top;
            let value = self.owned(value);
            self.store_var(id, value, pos);
            self.f.top = mark;
        }
    }

    /// Makes registers and cells for variables that exist from the start of a
    /// block (`from_entry`) or are about to be bound by a pattern.
    pub fn open_vars(&mut self, vars: &[VarId], pos: u32) {
        for &id in vars {
            let var = self.res.var(id);
            match var.storage {
                Storage::Cell => {
                    let register = self.alloc();
                    self.emit(Op::NewCell, register, 0, 0, pos);
                    self.bind_register(id, register);
                }
                Storage::Register => {
                    let register = self.alloc();
                    self.bind_register(id, register);
                }
                Storage::Global(_) | Storage::Constant => {}
            }
        }
        self.f.locals_top = self.f.top;
    }

    /// Ends the lives of variables at and above a register.
    pub fn close_locals(&mut self, first: usize) {
        let end = self.f.body.ins.len() as u32;
        for local in &mut self.f.body.locals[first..] {
            if local.end == u32::MAX {
                local.end = end;
            }
        }
    }

    /// Runs `body` in a scope of registers of its own.
    pub fn scoped(&mut self, body: impl FnOnce(&mut Self)) {
        let (top, locals_top) = (self.f.top, self.f.locals_top);
        let first = self.f.body.locals.len();
        body(self);
        self.close_locals(first);
        self.f.top = top;
        self.f.locals_top = locals_top;
    }
}

/// A value that is about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Owned {
    pub register: u16,
    pub own: Own,
}

impl Owned {
    /// A temporary that owns its value.
    pub fn temp(register: u16) -> Owned {
        Owned {
            register,
            own: Own::Plain,
        }
    }

    /// Sets the mark on the storing instruction.
    pub fn mark(self, ins: &mut crate::compiler::ir::Ins) {
        if self.own != Own::Plain {
            ins.flags |= SHARE;
            ins.own = self.own;
        }
    }
}

/// The expression without its parentheses.
pub fn strip<'x, 'a>(expr: &'x Expr<'a>) -> &'x Expr<'a>
where
    'a: 'x,
{
    let mut expr = expr;
    while let ExprKind::Paren(inner) = expr.kind {
        expr = inner;
    }
    expr
}
