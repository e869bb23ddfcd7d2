//! Calls: the window of callee and arguments, and the masks that say which
//! arguments have an owner that keeps them.

use super::vars::{Access, strip};
use super::{Gen, Hold, Loan, Want};
use crate::bytecode::op::{CHAIN, simple};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Label, Own};
use crate::compiler::resolve::{Res, VarId, VarKind};
use crate::syntax::ast::*;

/// Arguments that the masks of a call can name, the receiver of a method among them.
const MASKED: usize = 8;

/// Arguments that a call of a declared function passes when it leaves some out: as absent.
const MOST_OMITTED: usize = 16;

/// The start of the range in which arguments are lent, and the registers of their loans.
pub type Lending = Option<(Label, Vec<Loan>)>;

/// The facts that are known of the arguments in a window.
#[derive(Clone, Default, Debug)]
pub struct Passed {
    pub count: u16,
    /// Owned by a place that keeps them.
    pub kept: u8,
    /// Owned by something that the callee may reach and write.
    pub exposed: u8,
    /// Slots of those beyond the masks that such a place keeps.
    pub beyond: Vec<u16>,
    /// The slot of a chain of lazy steps that the callee uses up, and the flags of its loan.
    pub chain: Option<(u16, u8)>,
}

impl Passed {
    /// The operand of call instructions.
    pub fn operand(&self) -> u16 {
        self.count | u16::from(self.exposed) << 8
    }
}

impl<'a> Gen<'a, '_> {
    /// A call; the result is in the register given back.
    pub fn call(&mut self, callee: &'a Expr<'a>, args: &[Arg<'a>], target: Option<u16>) -> u16 {
        let callee = strip(callee);
        let lent = self.f.lent.len();
        let spread = args.len() > 255 || args.iter().any(|arg| arg.spread);
        let chain = !spread && self.chain_used_up(callee, args).is_some();
        let spare = self.spare_registers(if spread { 0 } else { args.len() }, chain);
        let holds = !spread && self.reserve_holds(args);
        let base = self.window(target.filter(|_| spare.is_none() && !holds));
        let result = if spread {
            self.spread_call(callee, args, base)
        } else {
            self.plain_call(callee, args, base, spare)
        };
        self.f.lent.truncate(lent);
        self.f.top = u32::from(base) + 1;
        result
    }

    /// If a built-in is called that uses up a chain which is made for it: the flags of its loan.
    fn chain_used_up(&self, callee: &Expr<'a>, args: &[Arg<'a>]) -> Option<u8> {
        let name = self.native_name(callee)?;
        match self.builtins.uses_up(name) {
            true => self.own_chain(args.first()?.value),
            false => None,
        }
    }

    /// Registers below the window of a call, for the loans of arguments that the masks of
    /// the call cannot name, and of a chain, and before them one for an error.
    pub fn spare_registers(&mut self, masked: usize, chain: bool) -> Option<u16> {
        let loans = masked.saturating_sub(MASKED) + usize::from(chain);
        if loans == 0 {
            return None;
        }
        let spare = self.alloc();
        for _ in 0..loans {
            self.alloc();
        }
        Some(spare)
    }

    /// Registers below the window of a call, for the loans of arguments that are evaluated
    /// before others which may write them: whether there are any.
    pub fn reserve_holds(&mut self, args: &[Arg<'a>]) -> bool {
        let before = self.f.holds.len();
        let values: Vec<&Expr<'a>> = args.iter().map(|arg| arg.value).collect();
        for (index, value) in values.iter().enumerate() {
            if is_place(value)
                && self.register_of(value).is_none()
                && self.may_change(value, &values[index + 1..])
            {
                let loan = self.alloc();
                self.f.holds.push(Hold {
                    span: value.span,
                    loan,
                    begins: false,
                });
            }
        }
        self.f.holds.len() > before
    }

    /// Lends arguments to the call that is written next.
    pub fn begin_lending(&mut self, spare: Option<u16>, passed: &Passed, pos: u32) -> Lending {
        let spare = spare.filter(|_| !passed.beyond.is_empty() || passed.chain.is_some())?;
        let beyond = passed.beyond.iter().map(|&slot| (slot, 0));
        let mut loans = Vec::new();
        for (register, (slot, flags)) in (spare + 1..).zip(beyond.chain(passed.chain)) {
            self.emit(Op::Lend, register, slot, 0, pos).flags = flags;
            loans.push(Loan {
                register,
                flags: flags & CHAIN,
                parts: 0,
            });
        }
        let range = self.open_loans(loans.clone(), spare, pos);
        Some((range, loans))
    }

    pub fn end_lending(&mut self, lending: Lending, pos: u32) {
        let Some((range, loans)) = lending else {
            return;
        };
        self.close_range(range);
        for loan in loans {
            self.end_loan(loan, 0, pos);
        }
    }

    /// Writes a call with these arguments.
    fn emit_call(&mut self, op: Op, base: u16, passed: &Passed, c: u16, to: (Option<u16>, u32)) {
        let (spare, pos) = to;
        let loans = self.begin_lending(spare, passed, pos);
        self.emit(op, base, passed.operand(), c, pos).flags = passed.kept;
        self.end_lending(loans, pos);
    }

    fn plain_call(
        &mut self,
        callee: &'a Expr<'a>,
        args: &[Arg<'a>],
        base: u16,
        spare: Option<u16>,
    ) -> u16 {
        let pos = callee.span.lo;
        if let ExprKind::Name(name) = callee.kind {
            match self.res.name(callee.span) {
                Res::Var(id) => {
                    if let Some(var) = self.known_func(callee.span)
                        && let Some((least, most)) = self.res.arity_of(var)
                        && (least..=most).contains(&args.len())
                        && self.fixed_of(var, most) <= MOST_OMITTED.max(args.len())
                    {
                        return self.call_known(var, args, base, (spare, pos));
                    }
                    debug_assert!(self.res.var(id).kind != VarKind::Enum || args.len() < 256);
                }
                Res::Free => {
                    if let ("Ok" | "Err" | "Some", [arg]) = (name, args) {
                        let kind = match name {
                            "Ok" => 0,
                            "Err" => 1,
                            _ => 2,
                        };
                        let value = self.owned(arg.value);
                        let value = self.settle(value, pos);
                        self.emit(Op::MakeResult, base, value, kind, pos);
                        return base;
                    }
                    if name == "assert"
                        && let [arg] = args
                        && self.asserted_comparison(arg.value, base, pos)
                    {
                        return base;
                    }
                    if let Some(native) = self.builtins.native(name)
                        && self.builtins.constant(name).is_none()
                    {
                        let takes = self.builtins.is_mutating_method(name);
                        let more = args.len().saturating_sub(1);
                        let walks = self.builtins.walks(name, more);
                        let walked = args.first().filter(|_| walks);
                        self.f.walked = walked.map(|arg| arg.value.span);
                        let reaches = self.runs(native.effects);
                        let mut passed = self.native_args(args, base + 1, reaches, takes);
                        passed.beyond.clear();
                        let chain = self.chain_used_up(callee, args);
                        passed.chain = chain.map(|flags| (base + 1, flags));
                        let to = (spare, pos);
                        let in_line = self
                            .element_loop(name, args)
                            .filter(|kind| kind.takes(args.len()) && chain.is_none());
                        match in_line {
                            Some(kind) => {
                                self.loop_or_call(kind, (base, passed.kept), pos, |this| {
                                    this.emit_call(Op::CallNative, base, &passed, native.index, to);
                                })
                            }
                            None => {
                                self.emit_call(Op::CallNative, base, &passed, native.index, to);
                            }
                        }
                        return base;
                    }
                }
                Res::Member => {
                    if let Some(result) = self.sibling_call(name, callee.span, args, base, spare) {
                        return result;
                    }
                }
            }
        }
        if let ExprKind::Path { ty, name } = callee.kind {
            if let Some(kind) = self.result_kind(ty, name.name)
                && let [arg] = args
            {
                let value = self.owned(arg.value);
                let value = self.settle(value, pos);
                self.emit(Op::MakeResult, base, value, kind, pos);
                return base;
            }
            self.load_name(ty.name, ty.span, base, Want::Use);
            let name_const = self.name_const(name.name);
            let passed = self.args(args, base + 1, 0, true);
            let to = (spare, name.span.lo);
            self.spare_register();
            self.emit_call(Op::CallPath, base, &passed, name_const, to);
            return base;
        }
        self.to(callee, base, Want::Use);
        let passed = self.args(args, base + 1, 0, true);
        let to = (spare, self.callee_pos(callee));
        self.spare_register();
        self.emit_call(Op::Call, base, &passed, 0, to);
        base
    }

    /// How many parameters a declared function, which takes at most so many arguments, has
    /// before one that takes all further arguments.
    fn fixed_of(&self, var: VarId, most: usize) -> usize {
        match self.res.defs.get(&var) {
            Some(def) if most == usize::MAX => def.params.len() - 1,
            _ => most,
        }
    }

    /// A direct call of a declared function. Arguments that are left out are passed as absent,
    /// those that a last parameter takes as its array.
    fn call_known(
        &mut self,
        var: VarId,
        args: &[Arg<'a>],
        base: u16,
        (spare, pos): (Option<u16>, u32),
    ) -> u16 {
        let func = self.func_id_at(var);
        let index = self.konst16(Const::Func(func));
        let most = self.res.arity_of(var).map_or(args.len(), |(_, most)| most);
        let fixed = self.fixed_of(var, most);
        let (given, rest) = args.split_at(fixed.min(args.len()));
        let mut passed = self.window_args((given, rest), base + 1, 0, true, true);
        for _ in args.len()..fixed {
            let omitted = self.alloc();
            self.emit(Op::LoadSimple, omitted, simple::ABSENT, 0, pos);
            passed.count += 1;
        }
        if most == usize::MAX {
            let all = self.alloc();
            self.arg_array(rest, all, pos);
            passed.count += 1;
        }
        self.end_holds(args);
        self.emit_call(Op::CallK, base, &passed, index, (spare, pos));
        base
    }

    /// `assert(a < b)`: a built-in gets both values, for what it says if that fails.
    /// Whether the argument is such a comparison.
    fn asserted_comparison(&mut self, cond: &'a Expr<'a>, base: u16, pos: u32) -> bool {
        use BinaryOp as B;
        let ExprKind::Binary {
            op: op @ (B::Eq | B::Ne | B::Lt | B::Le | B::Gt | B::Ge),
            left,
            right,
            ..
        } = strip(cond).kind
        else {
            return false;
        };
        let Some(native) = self.builtins.native("assert_compare") else {
            return false;
        };
        let spread = false;
        let [left, right] = [left, right].map(|value| Arg { value, spread });
        let reaches = self.runs(native.effects);
        let mut passed = self.native_args(&[left, right], base + 1, reaches, false);
        let slot = self.alloc();
        self.load_const(slot, Const::Str(op.text().into()), pos);
        passed.count += 1;
        self.emit(Op::CallNative, base, passed.operand(), native.index, pos)
            .flags = passed.kept;
        true
    }

    /// The values that `Result::Ok` and the like make, unless the program has a type of that
    /// name: the operand of `MakeResult`, 3 for `None`.
    pub fn result_kind(&self, ty: Ident<'a>, name: &str) -> Option<u16> {
        if self.res.name(ty.span) != Res::Free {
            return None;
        }
        Some(match (ty.name, name) {
            ("Result", "Ok") => 0,
            ("Result", "Err") => 1,
            ("Option", "Some") => 2,
            ("Option", "None") => 3,
            _ => return None,
        })
    }

    /// Where errors of a call point: the callee's last name.
    fn callee_pos(&self, callee: &Expr<'a>) -> u32 {
        match strip(callee).kind {
            ExprKind::Field { name, .. } | ExprKind::Path { name, .. } => name.span.lo,
            _ => strip(callee).span.lo,
        }
    }

    /// The arguments into `first …`. `offset` is the mask bit of the first one;
    /// `reaches`: whether the callee may run code of the program.
    pub fn args(&mut self, args: &[Arg<'a>], first: u16, offset: u16, reaches: bool) -> Passed {
        let passed = self.window_args((args, &[]), first, offset, reaches, true);
        self.end_holds(args);
        passed
    }

    /// The same for a built-in; `takes`: whether it may use an argument up.
    fn native_args(&mut self, args: &[Arg<'a>], first: u16, reaches: bool, takes: bool) -> Passed {
        let passed = self.window_args((args, &[]), first, 0, reaches, takes);
        self.end_holds(args);
        passed
    }

    /// The arguments of a window, before others that are evaluated after them.
    fn window_args(
        &mut self,
        (args, after): (&[Arg<'a>], &[Arg<'a>]),
        first: u16,
        offset: u16,
        reaches: bool,
        takes: bool,
    ) -> Passed {
        let mut passed = Passed {
            count: args.len() as u16,
            ..Passed::default()
        };
        let values: Vec<&Expr<'a>> = args.iter().chain(after).map(|arg| arg.value).collect();
        for (index, &value) in values[..args.len()].iter().enumerate() {
            let slot = self.alloc();
            debug_assert!(slot == first + index as u16 || slot == 0);
            let later = &values[index + 1..];
            let (kept, exposed) = self.arg(value, slot, later, takes);
            let bit = index as u16 + offset;
            if usize::from(bit) >= MASKED {
                if kept {
                    passed.beyond.push(slot);
                }
                continue;
            }
            passed.kept |= u8::from(kept) << bit;
            passed.exposed |= u8::from(exposed && reaches) << bit;
        }
        passed
    }

    /// From here on a call itself lends its arguments.
    fn end_holds(&mut self, args: &[Arg<'a>]) {
        while let Some(hold) = self
            .f
            .holds
            .pop_if(|hold| args.iter().any(|arg| arg.value.span == hold.span))
        {
            if hold.begins {
                self.emit(Op::GiveBack, hold.loan, 0, 0, hold.span.lo);
            }
        }
    }

    /// One argument: whether it has an owner that keeps it, and whether code of
    /// the program can reach it there.
    fn arg(
        &mut self,
        expr: &'a Expr<'a>,
        slot: u16,
        later: &[&Expr<'a>],
        takes: bool,
    ) -> (bool, bool) {
        if self.f.taken == Some(expr.span) {
            let mark = self.f.top;
            let place = self.eval_place(expr);
            self.load_for_write(&place, slot);
            self.f.top = mark;
            return (false, false);
        }
        if self.f.walked == Some(expr.span) && self.lazy_range(expr, slot) {
            return (false, false);
        }
        if let Some((var, register)) = self.register_of(expr) {
            if self.is_written_later(var, later) {
                self.to(expr, slot, Want::Own);
                return (false, false);
            }
            let mut own = self.own_of(var);
            if !takes && own == Own::Param && self.f.assigned != Some(var) {
                // Most built-ins only look: no reason for callers to lend.
                own = Own::Never;
            }
            self.emit(Op::Move, slot, register, 0, strip(expr).span.lo)
                .own = own;
            self.f.lent.push(register);
            return (true, false);
        }
        if self.is_fresh(expr) {
            self.to(expr, slot, Want::Own);
            return (false, false);
        }
        let reachable = self.is_reachable(expr);
        let changes = self.may_change(expr, later);
        let held = self.f.holds.iter_mut().find(|hold| hold.span == expr.span);
        let held = held.map(|hold| {
            hold.begins = true;
            hold.loan
        });
        if !is_place(expr) || changes && held.is_none() {
            self.to(expr, slot, Want::Own);
            return (false, false);
        }
        self.to(expr, slot, Want::Use);
        if let Some(loan) = held {
            self.emit(Op::Lend, loan, slot, 0, expr.span.lo);
        }
        if let Some((Some(var), _)) = self.path_root(expr)
            && let Access::Reg(register) = self.access(var)
        {
            // The element's owner must not be used up while the slot is alive.
            self.f.lent.push(register);
        }
        (true, reachable)
    }

    /// `f(...xs)`: all arguments in one array.
    fn spread_call(&mut self, callee: &'a Expr<'a>, args: &[Arg<'a>], base: u16) -> u16 {
        if let ExprKind::Path { ty, name } = callee.kind
            && self.result_kind(ty, name.name).is_none()
        {
            self.load_name(ty.name, ty.span, base, Want::Use);
            let name_const = self.name_const(name.name);
            self.emit(Op::GetPath, base, base, name_const, name.span.lo);
        } else {
            self.to(callee, base, Want::Use);
        }
        let list = self.alloc();
        self.arg_array(args, list, callee.span.lo);
        self.emit(Op::CallSpread, base, 0, 0, self.callee_pos(callee));
        base
    }

    pub fn arg_array(&mut self, args: &[Arg<'a>], dst: u16, pos: u32) {
        let items: Vec<ArrayItem<'a>> = args
            .iter()
            .map(|arg| {
                if arg.spread {
                    ArrayItem::Spread(arg.value)
                } else {
                    ArrayItem::Item(arg.value)
                }
            })
            .collect();
        self.array_items(&items, dst, pos);
    }

    /// `name(…)` in a method that sees its siblings as names.
    fn sibling_call(
        &mut self,
        name: &str,
        span: Span,
        args: &[Arg<'a>],
        base: u16,
        spare: Option<u16>,
    ) -> Option<u16> {
        let ty = self.res.method_type(self.f.func)?;
        if !self.res.structs[ty.0 as usize].methods.contains_key(name) {
            return None;
        }
        let slot = self.alloc();
        let receiver = self.res.self_in(self.f.func)?;
        self.load_var(receiver, slot, Want::Use, span.lo);
        let passed = self.args(args, slot + 1, 1, true);
        let method = self.name_const(name);
        // Only what is read in place: a mutating method throws.
        let passed = Passed {
            kept: passed.kept | 1,
            ..passed
        };
        self.emit_call(Op::CallMethodLet, base, &passed, method, (spare, span.lo));
        Some(base)
    }

    /// `x |> f`, `x |> f(a)`, `x |> o.m(a)`
    pub fn pipe(&mut self, left: &'a Expr<'a>, right: &'a Expr<'a>, target: Option<u16>) -> u16 {
        let first = Arg {
            value: left,
            spread: false,
        };
        let with = |args: &[Arg<'a>]| {
            let mut all = vec![first];
            all.extend_from_slice(args);
            all
        };
        match right.kind {
            ExprKind::Call { callee, args } => self.call(callee, &with(args), target),
            ExprKind::MethodCall {
                recv,
                name,
                args,
                optional,
                ..
            } => self.method_call(recv, name, &with(args), optional, target),
            // Where the chain finds null, there is nothing to call.
            ExprKind::OptChain(inner) if is_call(inner) => {
                let base = self.window(target);
                let (skipped, end) = (self.label(), self.label());
                self.f.chains.push(skipped);
                let result = self.pipe(left, inner, Some(base));
                self.f.chains.pop();
                self.shift(base, result, right.span.lo);
                self.emit_jump(Op::Jump, 0, end, right.span.lo);
                self.place(skipped);
                self.load_null(base, right.span.lo);
                self.place(end);
                base
            }
            _ => self.call(right, &[first], target),
        }
    }

    /// `spawn { … }`: what `spawn_task` gives of the block as a function.
    pub fn spawn(&mut self, def: &'a FuncDef<'a>, target: Option<u16>, pos: u32) -> u16 {
        let base = self.window(target);
        let Some(native) = self.builtins.native("spawn_task") else {
            self.fail(def.span, "`spawn` needs the built-in function `spawn_task`");
            return base;
        };
        let block = self.alloc();
        self.closure(def, block, pos);
        self.emit(Op::CallNative, base, 1, native.index, pos);
        self.f.top = u32::from(base) + 1;
        base
    }

    /// `a..b` as a value: what `range` gives.
    pub fn range_value(&mut self, expr: &'a Expr<'a>, target: Option<u16>) -> u16 {
        let ExprKind::Range {
            lo,
            hi,
            inclusive,
            op_span,
        } = expr.kind
        else {
            return 0;
        };
        let base = self.window(target);
        let Some(native) = self.builtins.native("range") else {
            self.fail(op_span, "ranges need the built-in function `range`");
            return base;
        };
        let first = self.alloc();
        self.put_before(lo, first, &[hi]);
        let second = self.alloc();
        self.to(hi, second, Want::Use);
        if inclusive {
            let one = self.konst16(Const::Int(1));
            self.emit(Op::AddK, second, second, one, op_span.lo);
        }
        self.emit(Op::CallNative, base, 2, native.index, op_span.lo);
        self.f.top = u32::from(base) + 1;
        base
    }
}

fn is_call(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Call { .. } | ExprKind::MethodCall { .. }
    )
}

/// Whether an expression reads a variable or a part of one.
fn is_place(expr: &Expr) -> bool {
    match strip(expr).kind {
        ExprKind::Name(_) => true,
        ExprKind::Field { optional, .. } | ExprKind::Index { optional, .. } => !optional,
        _ => false,
    }
}
