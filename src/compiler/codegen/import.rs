//! Imports, what the rest of the program sees of a file, and calls of what a
//! module exports.

use super::vars::{Owned, strip};
use super::{Gen, Want};
use crate::bytecode::{Const, DynamicName, ExportCode, ExportValue, Op};
use crate::compiler::resolve::{Res, Storage, VarKind, path_text};
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    pub fn import_stmt(&mut self, import: &Import<'a>) {
        let (Some(&first), Some(&last)) = (import.path.first(), import.path.last()) else {
            return;
        };
        let Some(names) = import.names else {
            let name = import.alias.unwrap_or(last);
            let wildcard = self.res.imports.wildcard_at(first.span);
            return self.bind_imports(&[name], |this, registers| {
                this.load_module(import, registers[0], first.span.lo);
                if let Some(number) = wildcard {
                    this.emit_x(Op::ImportAll, registers[0], number, first.span.lo);
                }
            });
        };
        let targets: Vec<Ident<'a>> = names
            .iter()
            .map(|one| one.alias.unwrap_or(one.name))
            .collect();
        self.bind_imports(&targets, |this, registers| {
            let module = this.alloc();
            this.load_module(import, module, first.span.lo);
            for (one, &register) in names.iter().zip(registers) {
                let name = this.name_const(one.name.name);
                let pos = one.name.span.lo;
                this.emit(Op::ImportName, register, module, name, pos);
            }
        });
    }

    fn load_module(&mut self, import: &Import<'a>, dst: u16, pos: u32) {
        let path = path_text(import.path).into();
        let path = self.konst(Const::Str(path));
        self.emit_x(Op::Import, dst, path, pos);
    }

    /// Gives names the values that `fill` puts into registers.
    fn bind_imports(&mut self, names: &[Ident<'a>], fill: impl FnOnce(&mut Self, &[u16])) {
        let registers: Vec<u16> = names.iter().map(|_| self.alloc()).collect();
        let above = self.f.top;
        fill(self, &registers);
        for (name, &register) in names.iter().zip(&registers) {
            let Res::Var(var) = self.res.name(name.span) else {
                continue;
            };
            let declares = self.res.declared(name.span).is_some();
            if declares && self.res.var(var).storage == Storage::Register {
                self.bind_register(var, register);
            } else {
                self.store_var(var, Owned::temp(register), name.span.lo);
            }
        }
        self.f.top = above;
        self.f.locals_top = above;
    }

    /// Notes the facts that importers and the machine need to know of the unit.
    pub fn outside(&mut self) {
        self.unit.open = self.res.meets_strangers;
        for &(name, var) in &self.res.imports.exports {
            let value = match self.res.var(var).storage {
                Storage::Global(number) => ExportValue::Global(number),
                Storage::Constant => ExportValue::Const(self.constant_of(var)),
                Storage::Register | Storage::Cell => continue,
            };
            let name = name.into();
            self.unit.exports.push(ExportCode { name, value });
        }
        for one in &self.res.imports.dynamics {
            if let Storage::Global(global) = self.res.var(one.var).storage {
                self.unit.dynamics.push(DynamicName {
                    global,
                    wildcards: one.wildcards.clone().into(),
                });
            }
        }
        self.unit.dynamics.sort_by_key(|one| one.global);
    }

    /// Whether `recv` names an imported module, so that `recv.f(…)` calls an
    /// export: no method is looked up, and no receiver passed.
    pub fn is_module(&self, recv: &Expr<'a>) -> bool {
        let recv = strip(recv);
        match self.res.name(recv.span) {
            Res::Var(id) if matches!(recv.kind, ExprKind::Name(_)) => {
                let var = self.res.var(id);
                var.kind == VarKind::Module && !var.is_written()
            }
            _ => false,
        }
    }

    /// `m.f(…)` for an imported module `m`.
    pub fn module_call(
        &mut self,
        recv: &'a Expr<'a>,
        name: Ident<'a>,
        args: &[Arg<'a>],
        target: Option<u16>,
    ) -> u16 {
        let lent = self.f.lent.len();
        let spread = args.len() > 255 || args.iter().any(|arg| arg.spread);
        let holds = !spread && self.reserve_holds(args);
        let base = self.window(target.filter(|_| !holds));
        let pos = name.span.lo;
        let module = match self.register_of(recv) {
            Some((_, register)) => register,
            None => {
                self.to(recv, base, Want::Use);
                base
            }
        };
        let field = self.name_const(name.name);
        self.emit(Op::GetField, base, module, field, pos);
        if spread {
            let list = self.alloc();
            self.arg_array(args, list, pos);
            self.emit(Op::CallSpread, base, 0, 0, pos);
        } else {
            let passed = self.args(args, base + 1, 0, true);
            self.spare_register();
            self.emit(Op::Call, base, passed.operand(), 0, pos).flags = passed.kept;
        }
        self.f.lent.truncate(lent);
        self.f.top = u32::from(base) + 1;
        base
    }
}
