//! Method calls. A mutating method updates the place it is called on, so the
//! receiver is loaded late, and what the method left of it is stored back.

use super::call::Passed;
use super::place::{Place, Root, Step};
use super::vars::{Access, Owned, strip};
use super::{Gen, Loan, Try, Want};
use crate::bytecode::Op;
use crate::compiler::ir::{Handler, Label, Own};
use crate::compiler::resolve::{Res, VarKind, root_of};
use crate::syntax::ast::*;

/// Code that is at the end of the function, out of the way.
pub enum Deferred {
    /// Returns what `?` did not unwrap.
    Return {
        label: Label,
        value: Owned,
        pos: u32,
    },
    /// The call of a method that turned out to be mutating.
    Mutating {
        label: Label,
        end: Label,
        call: Box<PathCall>,
        guard: Option<Try>,
    },
    /// Stores what a failed method left, then goes on unwinding.
    Cleanup {
        place: Place,
        base: u16,
        start: Label,
        end: Label,
        pos: u32,
        guard: Option<Try>,
    },
    /// Ends loans, then goes on unwinding.
    GiveBack {
        loans: Vec<Loan>,
        /// The range in which they are lent.
        range: Try,
        pos: u32,
        guard: Option<Try>,
    },
}

/// A method call on a path.
pub struct PathCall {
    place: Place,
    base: u16,
    op: Op,
    b: u16,
    method: u16,
    flags: u8,
    pos: u32,
    top: u32,
    /// Arguments that may hold what the method changes: marked as soon as it
    /// turns out that it does.
    around: Vec<u16>,
}

/// The kind of place that the receiver is.
#[derive(Clone, Copy)]
enum Receiver {
    /// A register variable that may be updated.
    Variable(u16),
    /// A place whose value only references in it may change.
    Fixed,
    /// Loaded from, and stored back to, a path, a cell or a global.
    Path,
    /// Owned by a place that keeps it; no update.
    Borrowed,
    /// A value without an owner.
    Temporary,
}

/// A receiver that was read before the arguments.
#[derive(Clone, Copy)]
struct Early {
    register: u16,
    /// The register of what is to be given back.
    loan: u16,
}

/// The receiver of a call that is being written.
struct ReceiverValue {
    kind: Receiver,
    place: Option<Place>,
    early: Option<Early>,
}

impl<'a> Gen<'a, '_> {
    pub fn method_call(
        &mut self,
        recv: &'a Expr<'a>,
        name: Ident<'a>,
        args: &[Arg<'a>],
        optional: bool,
        target: Option<u16>,
    ) -> u16 {
        if !optional && self.is_module(recv) {
            return self.module_call(recv, name, args, target);
        }
        let lent = self.f.lent.len();
        let top = self.f.top;
        let recv = strip(recv);
        let kind = self.receiver_kind(recv);
        let place = match kind {
            Receiver::Temporary => None,
            _ => Some(self.eval_place(recv)),
        };
        if optional && let Some(place) = &place {
            let mark = self.f.top;
            let base = self.read_place(place, Want::Use);
            self.link(base, true, name.span.lo);
            self.f.top = mark;
        }
        let spread = is_spread(args);
        let mut early = place
            .as_ref()
            .and_then(|place| self.early_receiver(recv, place, name.name, args));
        // The receiver is one of those that the masks name.
        let chain = match !spread && self.builtins.uses_up(name.name) {
            true => self.own_chain(recv),
            false => None,
        };
        let spare = self.spare_registers(if spread { 0 } else { args.len() + 1 }, chain.is_some());
        let holds = !spread && self.reserve_holds(args);
        let base = self.window(target.filter(|_| spare.is_none() && !holds));
        let slot = self.alloc();
        if place.is_none() {
            let walks = self.builtins.walks(name.name, args.len());
            if !(walks && self.lazy_range(recv, slot)) {
                self.to(recv, slot, Want::Own);
            }
            self.link(slot, optional, name.span.lo);
        }
        let mut passed = if spread {
            let list = self.alloc();
            self.arg_array(args, list, name.span.lo);
            Passed::default()
        } else {
            self.args(args, slot + 1, 1, true)
        };
        passed.chain = chain.map(|flags| (slot, flags));
        let loans = self.begin_lending(spare, &passed, name.span.lo);
        if let Some(early) = early {
            // From here on the call itself lends it.
            self.emit(Op::GiveBack, early.loan, 0, 0, recv.span.lo);
        }
        let in_line = self
            .element_loop(name.name, args)
            .filter(|kind| kind.takes(args.len() + 1) && early.is_none() && chain.is_none());
        if in_line.is_some() {
            match (kind, &place) {
                (Receiver::Variable(register), _) => {
                    self.emit(Op::Move, slot, register, 0, recv.span.lo).own = Own::Never;
                }
                (_, Some(place)) => {
                    self.read_place_to(place, slot, Want::Use);
                    // An `op_index` on the way there is called once.
                    early = Some(Early {
                        register: slot,
                        loan: slot,
                    });
                }
                (_, None) => {}
            }
        }
        let receiver = ReceiverValue { kind, place, early };
        let kept = passed.kept | u8::from(!matches!(kind, Receiver::Temporary));
        let call = |this: &mut Self| this.call_receiver(recv, receiver, name, args, base, &passed);
        match in_line {
            Some(kind) => self.loop_or_call(kind, (base, kept), name.span.lo, call),
            None => call(self),
        }
        self.end_lending(loans, name.span.lo);
        self.f.lent.truncate(lent);
        self.f.top = top.max(u32::from(base) + 1);
        base
    }

    /// Writes the call of a method whose arguments are in their registers.
    fn call_receiver(
        &mut self,
        recv: &'a Expr<'a>,
        receiver: ReceiverValue,
        name: Ident<'a>,
        args: &[Arg<'a>],
        base: u16,
        passed: &Passed,
    ) {
        let ReceiverValue { kind, place, early } = receiver;
        let slot = base + 1;
        let spread = is_spread(args);
        let method = self.name_const(name.name);
        let (mut b, mut flags) = (passed.operand(), passed.kept);
        let call = |op: Op, b: u16, flags: u8| PathCall {
            place: Place {
                root: Root::Temp(slot),
                root_pos: 0,
                fixed: false,
                steps: Vec::new(),
            },
            base,
            op: if spread { Op::CallMethodSpread } else { op },
            b: if spread { mode_of(op) } else { b },
            method,
            flags: if spread { 0 } else { flags },
            pos: name.span.lo,
            top: 0,
            around: Vec::new(),
        };
        match (kind, place, early) {
            (Receiver::Variable(register), Some(place), None) => {
                if !spread && !self.builtins.is_mutating_method(name.name) {
                    self.share_all(&self.around(args, &place, slot + 1), name.span.lo);
                }
                self.emit(Op::Move, slot, register, 0, recv.span.lo);
                self.note_written(register);
                let own = self.register_of(recv).map(|(var, _)| self.own_of(var));
                self.emit_method(&call(Op::CallMethodPlace, b, flags | 1));
                if let (Some(own), Some(ins)) = (own, self.f.body.ins.last_mut()) {
                    ins.own = own;
                }
                self.emit(Op::Move, register, slot, 0, recv.span.lo);
            }
            (Receiver::Fixed, Some(place), early) => {
                self.read_receiver(&place, early, slot, recv.span.lo);
                flags |= 1;
                b |= self.exposed_bit(&place);
                self.emit_method(&call(Op::CallMethodLet, b, flags));
            }
            (Receiver::Borrowed, Some(place), early) => {
                self.read_receiver(&place, early, slot, recv.span.lo);
                self.emit_method(&call(
                    Op::CallMethod,
                    b | self.exposed_bit(&place),
                    flags | 1,
                ));
            }
            (Receiver::Variable(_) | Receiver::Path, Some(place), early) => {
                if let Receiver::Variable(register) = kind {
                    self.note_written(register);
                }
                let exposed = self.exposed_bit(&place);
                if !spread && exposed != 0 {
                    b |= exposed;
                    // Where the place may be in a class instance.
                    let by_instance = self.instances && has_fields(&place);
                    flags |= u8::from(!matches!(place.root, Root::Loaded(_)) || by_instance);
                }
                let mut path = call(Op::CallMethodPath, b, flags);
                if !spread {
                    path.around = self.around(args, &place, slot + 1);
                }
                path.place = place;
                path.top = self.f.top;
                self.path_call(path, name.name, spread, early);
            }
            _ => {
                self.emit_method(&call(Op::CallMethod, b, flags));
            }
        }
    }

    /// Calls a method of this name on a place, with arguments in the registers after
    /// `base + 1`: so many, and a mask of those that have an owner that keeps them.
    pub fn call_on_place(
        &mut self,
        place: &Place,
        base: u16,
        name: &str,
        (count, kept): (u16, u8),
        pos: u32,
    ) {
        let slot = base + 1;
        let mut call = PathCall {
            place: place.clone(),
            base,
            op: Op::CallMethodPath,
            b: count | self.exposed_bit(place),
            method: self.name_const(name),
            flags: kept,
            pos,
            top: self.f.top,
            around: Vec::new(),
        };
        if place.fixed && place.steps.is_empty() {
            self.read_place_to(place, slot, Want::Use);
            (call.op, call.flags) = (Op::CallMethodLet, kept | 1);
            return self.emit_method(&call);
        }
        match place.root {
            Root::Reg(_, register) | Root::Temp(register) if place.steps.is_empty() => {
                self.emit(Op::Move, slot, register, 0, pos);
                self.note_written(register);
                (call.op, call.b) = (Op::CallMethodPlace, count);
                self.emit_method(&call);
                self.emit(Op::Move, register, slot, 0, pos);
            }
            _ => {
                self.load_for_write(place, slot);
                let end = self.label();
                self.mutating_call(&call, end);
                self.place(end);
            }
        }
    }

    /// Whether the result of `call` may be what its place holds afterwards, and
    /// so has two owners: built-in mutating methods give the updated value. Not
    /// for `x := x.push(v)`, where the place is overwritten by the result.
    pub fn gives_receiver(&self, call: Span, recv: &Expr<'a>, name: &str) -> bool {
        if !self.builtins.is_mutating_method(name) || self.f.replacing == Some(call) {
            return false;
        }
        !matches!(self.receiver_kind(strip(recv)), Receiver::Temporary)
    }

    fn emit_method(&mut self, call: &PathCall) {
        self.emit(call.op, call.base, call.b, call.method, call.pos)
            .flags = call.flags;
    }

    fn receiver_kind(&self, recv: &Expr<'a>) -> Receiver {
        let Some(root) = root_of(recv).filter(|root| {
            // A chain of its own within the receiver is a value.
            !matches!(recv.kind, ExprKind::OptChain(_)) && root.expr.span.lo <= recv.span.hi
        }) else {
            return Receiver::Temporary;
        };
        match self.res.name(root.expr.span) {
            Res::Member => Receiver::Fixed,
            Res::Free => {
                if root.steps == 0 {
                    Receiver::Temporary
                } else {
                    Receiver::Path
                }
            }
            Res::Var(id) => {
                let var = self.res.var(id);
                let whole = root.steps == 0;
                match self.access(id) {
                    Access::Constant => Receiver::Temporary,
                    Access::Reg(_) | Access::Copied(_) if whole && var.kind.is_constant() => {
                        Receiver::Fixed
                    }
                    Access::Reg(_) if whole && self.aliases[id.0 as usize] => Receiver::Borrowed,
                    Access::Reg(_)
                        if whole && var.kind == VarKind::SelfParam && !self.self_changes() =>
                    {
                        Receiver::Borrowed
                    }
                    Access::Reg(register) if whole => Receiver::Variable(register),
                    Access::Copied(_) if whole => Receiver::Borrowed,
                    _ if whole && var.kind.is_constant() => Receiver::Fixed,
                    _ => Receiver::Path,
                }
            }
        }
    }

    /// Whether the function being written may change its `self`: a mutating
    /// method, or a generator, whose `self` is a copy.
    fn self_changes(&self) -> bool {
        let func = self.res.func(self.f.func);
        func.mutating || func.is_generator
    }

    /// The mask bit of a receiver that code of the program can reach.
    fn exposed_bit(&self, place: &Place) -> u16 {
        let fields = self.instances && has_fields(place);
        let reachable = match place.root {
            Root::Reg(..) => fields,
            Root::Loaded(id) => !matches!(self.access(id), Access::Copied(_)) || fields,
            Root::Temp(_) => true,
        };
        u16::from(reachable) << 8
    }

    /// The slots (from `first` on) of arguments that are the place, or may contain
    /// it: read from the same variable by no more steps.
    fn around(&self, args: &[Arg<'a>], place: &Place, first: u16) -> Vec<u16> {
        let (Root::Reg(root, _) | Root::Loaded(root)) = place.root else {
            return Vec::new();
        };
        let holds = |arg: &Arg<'a>| {
            let expr = strip(arg.value);
            root_of(expr).is_some_and(|found| {
                found.steps as usize <= place.steps.len()
                    && self.res.name(found.expr.span) == Res::Var(root)
            })
        };
        (first..)
            .zip(args)
            .filter(|(_, arg)| holds(arg))
            .map(|(slot, _)| slot)
            .collect()
    }

    fn share_all(&mut self, slots: &[u16], pos: u32) {
        for &slot in slots {
            self.emit(Op::Share, slot, 0, 0, pos);
        }
    }

    /// The receiver as it is before the arguments, if evaluating them may change it:
    /// what a method that does not change it is called on. It is lent until then. A mutating
    /// method is called on what its place holds afterwards.
    fn early_receiver(
        &mut self,
        recv: &'a Expr<'a>,
        place: &Place,
        name: &str,
        args: &[Arg<'a>],
    ) -> Option<Early> {
        if self.builtins.is_mutating_method(name) {
            return None;
        }
        let values: Vec<&Expr<'a>> = args.iter().map(|arg| arg.value).collect();
        let lent = self.f.lent.len();
        if self.may_change(recv, &values) {
            let (register, loan) = (self.alloc(), self.alloc());
            self.read_place_to(place, register, Want::Use);
            self.emit(Op::Lend, loan, register, 0, recv.span.lo);
            return Some(Early { register, loan });
        }
        self.f.lent.truncate(lent);
        None
    }

    /// The receiver into its slot.
    fn read_receiver(&mut self, place: &Place, early: Option<Early>, slot: u16, pos: u32) {
        match early {
            Some(early) => self.shift(slot, early.register, pos),
            None => self.read_place_to(place, slot, Want::Use),
        }
    }

    /// A call on a field, element, cell or global; `early`: the receiver as it was
    /// before the arguments.
    fn path_call(&mut self, call: PathCall, name: &str, spread: bool, early: Option<Early>) {
        let slot = call.base + 1;
        let pos = call.pos;
        if self.builtins.is_mutating_method(name) {
            self.share_all(&call.around, pos);
            self.load_for_write(&call.place, slot);
            let end = self.label();
            self.mutating_call(&call, end);
            self.place(end);
            return;
        }
        self.read_receiver(&call.place, early, slot, pos);
        if call.place.steps.is_empty() && spread {
            self.emit(Op::Share, slot, 0, 0, pos);
        }
        let label = self.label();
        let end = self.label();
        self.emit(Op::CheckMut, slot, 0, call.method, pos).target = label;
        let plain = PathCall {
            place: call.place.clone(),
            op: if spread {
                Op::CallMethodSpread
            } else {
                Op::CallMethod
            },
            b: if spread {
                mode_of(Op::CallMethod)
            } else {
                call.b
            },
            flags: if spread { 0 } else { call.flags | 1 },
            around: Vec::new(),
            ..call
        };
        self.emit_method(&plain);
        self.place(end);
        let guard = self.guard();
        self.f.deferred.push(Deferred::Mutating {
            label,
            end,
            call: Box::new(call),
            guard,
        });
    }

    /// The call itself, with its receiver loaded for writing, and the storing
    /// back; ends with a jump to `end` or falls through to it.
    fn mutating_call(&mut self, call: &PathCall, end: Label) {
        let slot = call.base + 1;
        self.emit(call.op, call.base, call.b, call.method, call.pos)
            .flags = call.flags;
        let start = self.here();
        // A cell or global itself is always stored back: a built-in method may
        // have had to copy it. Containers on a path are the place's own.
        let store = self.label();
        let skip = if call.place.steps.is_empty() || self.may_call_set_index(&call.place) {
            store
        } else {
            end
        };
        self.emit_jump(Op::Jump, 0, skip, call.pos);
        // A running method of the program's own returns after the jump, so that is
        // where its errors are; a built-in that throws leaves the place alone.
        let stop = self.here();
        self.place(store);
        self.write_place(&call.place, Owned::temp(slot));
        let guard = self.guard();
        self.f.deferred.push(Deferred::Cleanup {
            place: call.place.clone(),
            base: call.base,
            start,
            end: stop,
            pos: call.pos,
            guard,
        });
    }

    /// The handler of the innermost range around this place, for code that is
    /// elsewhere. Errors never come to another one.
    fn guard(&self) -> Option<Try> {
        self.f.tries.last().copied()
    }

    /// Opens a range in which the values in some registers are lent, and after whose errors
    /// they are given back; gives its start. `register` is for an error.
    pub fn open_loans(&mut self, loans: Vec<Loan>, register: u16, pos: u32) -> Label {
        let range = Try {
            target: self.label(),
            register,
            cleanup: true,
        };
        let guard = self.guard();
        self.f.deferred.push(Deferred::GiveBack {
            loans,
            range,
            pos,
            guard,
        });
        self.open_range(range)
    }

    pub fn defer_return(&mut self, label: Label, value: Owned, pos: u32) {
        self.f.deferred.push(Deferred::Return { label, value, pos });
    }

    /// Writes what was put aside. Writing a call puts its cleanup aside.
    pub fn write_deferred(&mut self) {
        let mut cleanups = Vec::new();
        let mut index = 0;
        while index < self.f.deferred.len() {
            let deferred = std::mem::replace(
                &mut self.f.deferred[index],
                Deferred::Return {
                    label: Label::NONE,
                    value: Owned::temp(0),
                    pos: 0,
                },
            );
            index += 1;
            let start = self.here();
            let guard = match deferred {
                Deferred::Return { label, value, pos } => {
                    self.place(label);
                    self.emit_return(value, pos);
                    None
                }
                Deferred::Mutating {
                    label,
                    end,
                    call,
                    guard,
                } => {
                    self.place(label);
                    self.f.top = call.top;
                    self.share_all(&call.around, call.pos);
                    self.load_for_write(&call.place, call.base + 1);
                    let first = self.f.deferred.len();
                    self.mutating_call(&call, end);
                    for made in &mut self.f.deferred[first..] {
                        if let Deferred::Cleanup { guard: own, .. } = made {
                            *own = guard;
                        }
                    }
                    self.emit_jump(Op::Jump, 0, end, call.pos);
                    guard
                }
                Deferred::Cleanup {
                    place,
                    base,
                    start,
                    end,
                    pos,
                    guard,
                } => {
                    let target = self.here();
                    self.f.top = self.f.top.max(u32::from(base) + 2);
                    let register = self.alloc();
                    let lost = self.alloc();
                    let first = self.f.deferred.len();
                    self.write_place(&place, Owned::temp(base + 1));
                    let done = self.here();
                    // Where writing calls a method, the error of that one ends here too.
                    for made in &mut self.f.deferred[first..] {
                        if let Deferred::Cleanup { guard: own, .. } = made {
                            *own = Some(Try {
                                target: done,
                                register: lost,
                                cleanup: true,
                            });
                        }
                    }
                    self.emit(Op::EndHandler, register, 0, 0, pos);
                    // Where the place has vanished, the error that led here is the one that
                    // counts.
                    for (start, end, target, register) in
                        [(start, end, target, register), (target, done, done, lost)]
                    {
                        cleanups.push(Handler {
                            start,
                            end,
                            target,
                            register,
                            cleanup: true,
                        });
                    }
                    guard
                }
                Deferred::GiveBack {
                    loans,
                    range,
                    pos,
                    guard,
                } => {
                    self.place(range.target);
                    for loan in loans {
                        self.end_loan(loan, 0, pos);
                    }
                    self.emit(Op::EndHandler, range.register, 0, 0, pos);
                    guard
                }
            };
            let end = self.here();
            if let Some(guard) = guard {
                self.f.body.handlers.push(guard.row(start, end));
            }
        }
        // Before the rows of enclosing tries: they are innermost, and later ones may
        // are within earlier ones.
        cleanups.reverse();
        cleanups.append(&mut self.f.body.handlers);
        self.f.body.handlers = cleanups;
    }
}

/// Whether a step of the path is a field.
fn has_fields(place: &Place) -> bool {
    (place.steps.iter()).any(|step| matches!(step, Step::Field { .. }))
}

/// Whether a method gets its arguments in an array.
fn is_spread(args: &[Arg]) -> bool {
    args.len() > 254 || args.iter().any(|arg| arg.spread)
}

/// How `CallMethodSpread` names the place of the receiver.
fn mode_of(op: Op) -> u16 {
    op.receiver_place(0).map_or(0, |place| place as u16)
}
