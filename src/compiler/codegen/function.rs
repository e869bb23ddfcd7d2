//! Whole functions: the script, declared and anonymous functions, methods and
//! field defaults; and the types whose methods they are.

use super::{FnState, Gen, Want};
use crate::bytecode::op::{ASSIGNED, SHARE, SHARE_BORROWED};
use crate::bytecode::{
    Capture, Const, EnumCode, FieldCode, FieldDefault, FuncId, FunctionCode, MethodCode, Op,
    StructCode, StructId,
};
use crate::compiler::assemble::assemble;
use crate::compiler::ir::{CaptureUse, Handler, Own};
use crate::compiler::liveness;
use crate::compiler::resolve::{FuncIdx, FuncKind, Storage, VarId, VarKind, required};
use crate::syntax::ast::{Block, Expr, ExprKind, FuncDef, FuncForm, Param, Span, StructDef};

/// The facts about a function that its words do not tell.
struct Header {
    name: Box<str>,
    params: Vec<Box<str>>,
    min_args: u16,
    max_args: u16,
    is_method: bool,
    is_async: bool,
    mutating: bool,
    position: u32,
}

impl<'a> Gen<'a, '_> {
    pub fn script(&mut self, body: Block<'a>) {
        let id = self.reserve();
        self.block_contents(&body);
        self.emit(Op::ReturnNull, 0, 0, 0, body.span.hi);
        let header = Header {
            name: "<script>".into(),
            params: Vec::new(),
            min_args: 0,
            max_args: 0,
            is_method: false,
            is_async: false,
            mutating: false,
            position: body.span.lo,
        };
        self.finish(id, header);
    }

    fn reserve(&mut self) -> FuncId {
        let id = FuncId(self.unit.functions.len() as u32);
        self.unit.functions.push(FunctionCode::default());
        id
    }

    /// Writes a function's body aside and comes back to the current one.
    fn nested(&mut self, id: FuncId, func: FuncIdx, header: Header, body: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.f, FnState::new(func));
        body(self);
        self.finish(id, header);
        self.f = outer;
    }

    fn finish(&mut self, id: FuncId, header: Header) {
        self.close_locals(0);
        self.write_deferred();
        self.restore_self_after_errors(header.position);
        self.end_task(header.position);
        let mut body = std::mem::take(&mut self.f.body);
        body.params = header.params.len() as u16;
        let moved = liveness::run(&mut body);
        for capture in moved {
            let captures = &mut self.unit.functions[capture.func.0 as usize].captures;
            if let Some(Capture::Register { share, .. }) = captures.get_mut(capture.index as usize)
            {
                *share = false;
            }
        }
        let captures = std::mem::take(&mut self.unit.functions[id.0 as usize].captures);
        let capture_names = (self.res.func(self.f.func).captures.iter())
            .map(|&var| self.res.var(var).name.into())
            .collect();
        self.unit.functions[id.0 as usize] = FunctionCode {
            name: header.name,
            params: header.params,
            min_args: header.min_args,
            max_args: header.max_args,
            captures,
            capture_names,
            is_method: header.is_method,
            is_async: header.is_async,
            mutating: header.mutating,
            position: header.position,
            ..assemble(&body)
        };
    }

    /// The number of a function without captures, known before its code is.
    pub fn func_id_at(&mut self, var: VarId) -> FuncId {
        let at = self.res.var(var).span.lo;
        if let Some(&id) = self.func_ids.get(&at) {
            return id;
        }
        let id = self.reserve();
        self.func_ids.insert(at, id);
        id
    }

    /// The declaration of a function without captures.
    pub fn constant_func(&mut self, var: VarId, def: &'a FuncDef<'a>) {
        let id = self.func_id_at(var);
        self.function(id, def, None);
    }

    /// Makes a closure in a register: a new function each time, captures or not.
    pub fn closure(&mut self, def: &'a FuncDef<'a>, dst: u16, pos: u32) {
        let id = self.reserve();
        self.function(id, def, None);
        let func = self.res.func_of(def);
        let uses = self.capture(id, func);
        let index = self.konst(Const::Func(id));
        let at = self.f.body.ins.len() as u32;
        self.emit_x(Op::Closure, dst, index, pos);
        self.f.body.capture_uses.insert(at, uses);
    }

    /// Says where in this frame a new closure takes its captures from.
    fn capture(&mut self, id: FuncId, func: FuncIdx) -> Vec<CaptureUse> {
        let mut uses = Vec::new();
        let mut captures = Vec::new();
        for (index, &var) in self.res.func(func).captures.iter().enumerate() {
            if self.res.var(var).func == self.f.func {
                let register = self.regs[var.0 as usize];
                let cell = self.res.var(var).storage == Storage::Cell;
                let own = match self.own_of(var) {
                    _ if cell => Own::Never,
                    // A parameter may still be lent to this function when the
                    // closure outlives the call.
                    Own::Local => Own::Local,
                    _ => Own::Never,
                };
                captures.push(Capture::Register {
                    register,
                    share: !cell,
                });
                uses.push(CaptureUse {
                    register,
                    func: id,
                    index: index as u16,
                    own,
                });
            } else {
                let outer = self.res.func(self.f.func).capture_index(var).unwrap_or(0);
                captures.push(Capture::Outer(outer));
            }
        }
        self.unit.functions[id.0 as usize].captures = captures;
        uses
    }

    fn function(&mut self, id: FuncId, def: &'a FuncDef<'a>, ty: Option<&str>) {
        let func = self.res.func_of(def);
        let kind = self.res.func(func).kind;
        let mut params = def.params;
        let mut names: Vec<Box<str>> = Vec::new();
        let is_method = matches!(kind, FuncKind::Method { .. });
        if let FuncKind::Method { declares_self, .. } = kind {
            names.push("self".into());
            if declares_self {
                params = &params[1..];
            }
        }
        names.extend(params.iter().map(|param| {
            let text = self.source.span_text(param.name.span);
            Box::from(if param.rest {
                format!("...{text}")
            } else {
                text.into()
            })
        }));
        if names.len() > usize::from(u16::MAX) / 2 {
            self.fail(
                def.span,
                "a function cannot have more than 32,767 parameters",
            );
            return;
        }
        let any_number = params.last().is_some_and(|last| last.rest);
        let name = match (ty, def.name) {
            (Some(ty), Some(name)) => format!("{ty}.{}", name.name).into(),
            (None, Some(name)) => name.name.into(),
            (_, None) if def.form == FuncForm::Spawned => "<spawn>".into(),
            (_, None) => "<lambda>".into(),
        };
        let header = Header {
            name,
            params: names,
            min_args: required(params) as u16,
            max_args: if any_number {
                crate::bytecode::ANY_NUMBER
            } else {
                params.len() as u16
            },
            is_method,
            is_async: def.is_async,
            mutating: self.res.func(func).mutating,
            position: def.span.lo,
        };
        self.nested(id, func, header, |this| {
            if def.is_async {
                this.begin_task();
            }
            this.params(func, params);
            if def.is_generator {
                // It outlives the call: what is lent is marked.
                this.f.body.owned_params = u8::MAX;
                let count = this.f.top as u16;
                this.emit(Op::MakeGenerator, 0, count, 0, def.span.lo);
            }
            this.block(&def.body);
            this.emit_return_null(def.body.span.hi.saturating_sub(1));
        });
    }

    /// Registers of the parameters, default values, and cells for captured ones.
    fn params(&mut self, func: FuncIdx, params: &'a [Param<'a>]) {
        let receiver = self.res.self_of(func);
        if let Some(receiver) = receiver {
            let register = self.alloc();
            self.bind_register(receiver, register);
        }
        let first = self.f.top as u16;
        for _ in params {
            self.alloc();
        }
        if let Some(receiver) = receiver
            && self.res.var(receiver).storage == Storage::Cell
        {
            self.box_self(func, receiver);
        }
        self.f.locals_top = self.f.top;
        for (index, param) in params.iter().enumerate() {
            let register = first + index as u16;
            let pos = param.name.span.lo;
            if let Some(value) = param.default {
                self.f.stmt = value.span;
                let given = self.label();
                self.emit_jump(Op::JumpIfPresent, register, given, pos);
                let mark = self.f.top;
                let temp = self.alloc();
                self.to(value, temp, Want::Own);
                self.shift(register, temp, pos);
                self.f.top = mark;
                self.place(given);
            }
            if let Some(pattern) = param.pattern {
                self.bind_param(pattern, register);
                continue;
            }
            let Some(var) = self.res.declared(param.name.span) else {
                continue;
            };
            self.bind_register(var, register);
            if self.res.var(var).storage == Storage::Cell {
                // The cell may outlive the call that lent the value.
                let ins = self.emit(Op::Copy, register, register, 0, pos);
                ins.flags = SHARE_BORROWED;
                self.f.body.owned_params |= mask_bit(register);
                self.emit(Op::BoxParam, register, 0, 0, pos);
            }
        }
    }

    /// The body of an async function begins: it outlives the call, so what is lent to it is
    /// marked when it waits, and all its errors reject its promise.
    fn begin_task(&mut self) {
        self.f.body.owned_params = u8::MAX;
        self.f.task = Some(self.here());
    }

    /// After the rest of an async function: where its errors come, and where the call goes
    /// on when the task waits.
    fn end_task(&mut self, pos: u32) {
        let Some(start) = self.f.task else {
            return;
        };
        let end = self.here();
        let register = self.alloc();
        self.emit(Op::Reject, register, 0, 0, pos);
        self.emit(Op::Return, register, 0, 0, pos);
        // After all other rows: it is outermost.
        self.f.body.handlers.push(Handler {
            start,
            end,
            target: end,
            register,
            cleanup: false,
        });
    }

    /// Moves `self` into a cell, which closures share. When the method is left, the
    /// value that it has by then is put back where the caller of the method looks for
    /// it.
    fn box_self(&mut self, func: FuncIdx, receiver: VarId) {
        let register = self.regs[receiver.0 as usize];
        let pos = self.res.var(receiver).span.lo;
        let outlives = self.res.func(func).is_generator || self.res.func(func).is_async;
        if outlives {
            // The place keeps it.
            self.emit(Op::Share, register, 0, 0, pos);
        } else {
            // A bound method keeps what it lends.
            let ins = self.emit(Op::Copy, register, register, 0, pos);
            ins.flags = SHARE_BORROWED;
            self.f.body.owned_params |= mask_bit(register);
        }
        let cell = self.alloc();
        self.emit(Op::NewCell, cell, 0, 0, pos);
        self.emit(Op::SetCell, cell, register, 0, pos);
        self.bind_register(receiver, cell);
        if !outlives {
            let start = self.here();
            self.f.boxed_self = Some((cell, start));
        }
    }

    /// Before a method is left: `self` out of its cell. Closures may still hold that.
    pub fn restore_self(&mut self, pos: u32) {
        if let Some((cell, _)) = self.f.boxed_self {
            let name = self.name_const("self");
            self.emit(Op::GetCell, 0, cell, name, pos).flags = SHARE | ASSIGNED;
        }
    }

    fn restore_self_after_errors(&mut self, pos: u32) {
        let Some((_, start)) = self.f.boxed_self else {
            return;
        };
        let end = self.here();
        let register = self.alloc();
        self.restore_self(pos);
        self.emit(Op::EndHandler, register, 0, 0, pos);
        // After all other rows: it is outermost.
        self.f.body.handlers.push(Handler {
            start,
            end,
            target: end,
            register,
            cleanup: true,
        });
    }

    pub fn struct_id(&mut self, var: VarId) -> StructId {
        if let Some(&id) = self.struct_ids.get(&var) {
            return id;
        }
        let id = StructId(self.unit.structs.len() as u32);
        self.unit.structs.push(StructCode {
            name: self.res.var(var).name.into(),
            is_class: false,
            fields: Vec::new(),
            methods: Vec::new(),
            position: 0,
        });
        self.struct_ids.insert(var, id);
        id
    }

    pub fn declare_enum(&mut self, var: VarId, variants: Vec<Box<str>>) {
        if !self.enum_ids.contains_key(&var) {
            let id = crate::bytecode::EnumId(self.unit.enums.len() as u32);
            self.unit.enums.push(EnumCode {
                name: self.res.var(var).name.into(),
                variants,
            });
            self.enum_ids.insert(var, id);
        }
    }

    /// A type declaration: a constant, or made in the variable's place.
    pub fn declare_struct(&mut self, var: VarId, def: &'a StructDef<'a>) {
        let constant = self.res.var(var).storage == Storage::Constant;
        let id = if constant {
            self.struct_id(var)
        } else {
            self.struct_ids.remove(&var);
            self.struct_id(var)
        };
        let mut uses = Vec::new();
        let mut code = StructCode {
            name: def.name.name.into(),
            is_class: def.is_class,
            fields: Vec::new(),
            methods: Vec::new(),
            position: def.name.span.lo,
        };
        for field in def.fields {
            let default = match field.default {
                None => FieldDefault::None,
                Some(value) => self.field_default(value, def.name.name, &mut uses),
            };
            code.fields.push(FieldCode {
                name: field.name.name.into(),
                default,
            });
        }
        for method in def.methods {
            let Some(name) = method.name else { continue };
            let func = self.reserve();
            self.function(func, method, Some(def.name.name));
            let index = self.res.func_of(method);
            uses.extend(self.capture(func, index));
            let info = self.res.func(index);
            let declares_self = matches!(
                info.kind,
                FuncKind::Method {
                    declares_self: true,
                    ..
                }
            );
            code.methods.push(MethodCode {
                name: name.name.into(),
                func,
                mutating: info.mutating,
                is_static: !declares_self && !info.uses_self,
            });
        }
        self.unit.structs[id.0 as usize] = code;
        if !constant {
            let pos = def.name.span.lo;
            let register = self.alloc();
            let index = self.konst(Const::Struct(id));
            let at = self.f.body.ins.len() as u32;
            self.emit_x(Op::MakeType, register, index, pos);
            self.f.body.capture_uses.insert(at, uses);
            self.store_var(var, super::vars::Owned::temp(register), pos);
        }
    }

    fn field_default(
        &mut self,
        value: &'a Expr<'a>,
        ty: &str,
        uses: &mut Vec<CaptureUse>,
    ) -> FieldDefault {
        match super::vars::strip(value).kind {
            ExprKind::Array([]) => return FieldDefault::EmptyArray,
            ExprKind::Dict([]) => return FieldDefault::EmptyDict,
            _ => {}
        }
        if let Some(value) = super::fold::constant(value) {
            return FieldDefault::Const(value);
        }
        let id = self.reserve();
        let func = self.res.default_func(value.span);
        let header = Header {
            name: ty.into(),
            params: Vec::new(),
            min_args: 0,
            max_args: 0,
            is_method: false,
            is_async: false,
            mutating: false,
            position: value.span.lo,
        };
        self.nested(id, func, header, |this| {
            this.f.stmt = value.span;
            let register = this.alloc();
            this.to(value, register, Want::Own);
            this.emit(Op::Return, register, 0, 0, value.span.lo);
        });
        uses.extend(self.capture(id, func));
        FieldDefault::Func(id)
    }

    /// The declared function that a name is, if the text alone decides.
    pub fn known_func(&self, span: Span) -> Option<VarId> {
        match self.res.name(span) {
            crate::compiler::resolve::Res::Var(id)
                if self.res.var(id).kind == VarKind::Func
                    && self.res.var(id).storage == Storage::Constant =>
            {
                Some(id)
            }
            _ => None,
        }
    }
}

/// The bit of a register in a mask of parameters. The last stands for all from there on.
pub fn mask_bit(register: u16) -> u8 {
    1 << register.min(7)
}
