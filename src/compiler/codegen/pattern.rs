//! `match` and destructuring. A pattern is tested as a whole before anything
//! is bound, so that a value that does not fit changes nothing.

use super::control::Out;
use super::vars::{Access, Owned};
use super::{Gen, Want};
use crate::bytecode::op::{ANY_PARTS, INCLUSIVE, LAST_USE, SHARE};
use crate::bytecode::{Const, Op};
use crate::compiler::hash::Map;
use crate::compiler::ir::{Label, Own};
use crate::compiler::resolve::{Res, Storage, VarId, VarKind, each_binding};
use crate::syntax::ast::*;

/// Where the parts that were tested are kept, by the place of their pattern.
pub struct Parts<'a> {
    /// The matched value is in `subject`, and no code uses it after the
    /// pattern: [`LAST_USE`], or whose variable it is.
    pub subject: u16,
    dying: u8,
    own: Own,
    registers: Map<u32, u16>,
    /// Patterns whose names are bound already (alternatives).
    done: crate::compiler::hash::Set<u32>,
    /// If nothing is to be stored before all parts are read: where they go and the
    /// temporaries that they are read into.
    pub read: Option<Vec<(Leaf<'a>, Owned)>>,
}

/// A target that gets a part of a value.
#[derive(Clone, Copy)]
pub enum Leaf<'a> {
    Name(VarId, u32),
    Place(&'a Expr<'a>),
}

impl Parts<'_> {
    pub fn new(subject: u16, dying: u8, own: Own) -> Self {
        Parts {
            subject,
            dying,
            own,
            registers: Map::default(),
            done: Default::default(),
            read: None,
        }
    }

    /// Flags for a part that is looked into further: what moves out of it must know
    /// whether the value that it is a part of has another owner.
    fn flags_within(&self, pattern: &Pattern) -> u8 {
        match pattern.kind {
            PatternKind::Wild
            | PatternKind::Bind(_)
            | PatternKind::Place(_)
            | PatternKind::Literal(_)
            | PatternKind::Range { .. } => 0,
            _ if self.dying == 0 => 0,
            _ => SHARE | LAST_USE,
        }
    }
}

impl<'a> Gen<'a, '_> {
    pub fn match_stmt(
        &mut self,
        subject: &'a Expr<'a>,
        cases: &'a [Case<'a>],
        default: Option<&Block<'a>>,
        out: Option<Out>,
    ) {
        self.scoped(|this| {
            let lent = this.f.lent.len();
            let end = this.label();
            let guards: Vec<&Expr> = cases.iter().filter_map(|case| case.guard).collect();
            let last_guard = cases.iter().rposition(|case| case.guard.is_some());
            let (value, loan) = this.match_subject(subject, &guards);
            let dies = this.is_fresh(subject);
            this.f.locals_top = this.f.top;
            let keeps = this.keeps_parts(subject, cases);
            for (index, case) in cases.iter().enumerate() {
                let next = this.label();
                this.scoped(|this| {
                    this.f.stmt = case.span;
                    this.case_vars(case.pattern, keeps);
                    // After a guard other cases may look at the value.
                    let dies = dies && case.guard.is_none();
                    let dying = if dies { LAST_USE } else { 0 };
                    let mut parts = Parts::new(value, dying, Own::Plain);
                    this.test(case.pattern, value, next, &mut parts);
                    this.bind(case.pattern, value, &mut parts);
                    if let Some(guard) = case.guard {
                        this.cond(guard, next, false);
                    }
                    if last_guard >= Some(index) {
                        // The parts that the names of the pattern got have further owners.
                        this.end_hold(loan, case.body.span.lo);
                    }
                    this.f.locals_top = this.f.top;
                    this.block_out(&case.body, out);
                });
                this.emit_jump(Op::Jump, 0, end, case.span.hi);
                this.place(next);
                if last_guard == Some(index) {
                    this.end_hold(loan, case.span.hi);
                }
            }
            match (default, out) {
                (Some(block), _) => this.block_out(block, out),
                (None, Some(out)) => this.load_null(out.register, subject.span.lo),
                (None, None) => {}
            }
            this.place(end);
            this.f.lent.truncate(lent);
        });
    }

    /// The subject, and what ends its loan if guards may write it.
    fn match_subject(&mut self, subject: &'a Expr<'a>, guards: &[&Expr<'a>]) -> (u16, Option<u16>) {
        let (register, loan) = self.hold(subject, guards);
        if let Some((_, variable)) = self.register_of(subject)
            && variable == register
        {
            // Its parts are referred to while the cases run.
            self.f.lent.push(register);
        }
        (register, loan)
    }

    /// Whether what the cases bind stays as it is while they run, so that names
    /// that are only read need not own it.
    fn keeps_parts(&self, subject: &Expr<'a>, cases: &[Case<'a>]) -> bool {
        match self.register_of(subject) {
            Some((var, _)) => !cases
                .iter()
                .any(|case| self.res.var(var).is_written_in(case.span)),
            None => false,
        }
    }

    fn case_vars(&mut self, pattern: &Pattern<'a>, keeps: bool) {
        let mut vars: Vec<VarId> = Vec::new();
        each_binding(pattern, &mut |_, span| {
            if let Some(var) = self.res.declared(span) {
                vars.push(var);
            }
        });
        for &var in &vars {
            let info = self.res.var(var);
            self.aliases[var.0 as usize] =
                keeps && !info.is_written() && info.storage == Storage::Register;
        }
        let pos = pattern.span.lo;
        self.open_vars(&vars, pos);
    }

    /// Jumps to `fail` if the value does not fit.
    pub fn test(&mut self, pattern: &Pattern<'a>, value: u16, fail: Label, parts: &mut Parts<'a>) {
        let pos = pattern.span.lo;
        match pattern.kind {
            PatternKind::Wild | PatternKind::Place(_) => {}
            PatternKind::Bind(name) => {
                if self.res.is_const_pattern(pattern.span) {
                    let mark = self.f.top;
                    let other = self.alloc();
                    self.load_name(name, pattern.span, other, Want::Use);
                    self.emit_test(Op::TestEq, value, other, 0, fail, pos);
                    self.f.top = mark;
                }
            }
            PatternKind::Literal(literal) => {
                if let Some(literal) = super::fold::literal(literal) {
                    let index = self.konst16(literal);
                    self.emit_test(Op::TestLit, value, 0, index, fail, pos);
                }
            }
            PatternKind::Range { lo, hi, inclusive } => {
                let ends = (super::fold::literal(lo), super::fold::literal(hi));
                let (Some(low), Some(high)) = ends else {
                    return;
                };
                if let Err(problem) = super::fold::check_range(&low, &high, inclusive) {
                    return self.fail(pattern.span, problem);
                }
                let (low, high) = (self.konst16(low), self.konst16(high));
                let ins = self.emit(Op::TestRange, value, low, high, pos);
                ins.flags = if inclusive { INCLUSIVE } else { 0 };
                ins.target = fail;
            }
            PatternKind::Array { items, rest } => {
                let at_least = u16::from(rest.is_some());
                self.emit_test(
                    Op::TestArray,
                    value,
                    items.len() as u16,
                    at_least,
                    fail,
                    pos,
                );
                self.test_parts(items, value, fail, parts);
            }
            PatternKind::Dict { entries, .. } => {
                self.emit_test(Op::TestRecord, value, 0, 0, fail, pos);
                self.test_entries(entries, value, fail, parts);
            }
            PatternKind::Struct { name, entries, .. } => {
                let mark = self.f.top;
                let ty = self.alloc();
                self.load_name(name.name, name.span, ty, Want::Use);
                self.emit_test(Op::TestType, value, ty, 0, fail, name.span.lo);
                self.f.top = mark;
                self.test_entries(entries, value, fail, parts);
            }
            PatternKind::Tag {
                ty,
                name,
                parts: inner,
            } => {
                let count = inner.map_or(ANY_PARTS, |inner| inner.len() as u16);
                let tag = self.tag_const(ty, name);
                self.emit_test(Op::TestTag, value, count, tag, fail, pos);
                self.test_parts(inner.unwrap_or(&[]), value, fail, parts);
            }
            PatternKind::Alt(alternatives) => {
                let fits = self.label();
                for (index, one) in alternatives.iter().enumerate() {
                    let last = index + 1 == alternatives.len();
                    let next = if last { fail } else { self.label() };
                    let mark = self.f.top;
                    let mut own = Parts::new(parts.subject, parts.dying, parts.own);
                    self.test(one, value, next, &mut own);
                    self.bind(one, value, &mut own);
                    self.f.top = mark;
                    if !last {
                        self.emit_jump(Op::Jump, 0, fits, pos);
                        self.place(next);
                    }
                }
                self.place(fits);
                parts.done.insert(pattern.span.lo);
            }
        }
    }

    fn tag_const(&mut self, ty: Option<Ident<'a>>, name: Ident<'a>) -> u16 {
        // `Result::Ok` and `Ok` are one.
        // An imported enum's tags bear the name that it has at home.
        let original = ty.and_then(|ty| match self.res.name(ty.span) {
            Res::Var(id) => self.res.imports.originals.get(&id).copied(),
            _ => None,
        });
        let ty = match ty {
            Some(_) if original.is_some() => original.unwrap_or_default(),
            Some(ty) if !matches!(ty.name, "Result" | "Option") => ty.name,
            Some(ty) if self.res.name(ty.span) != Res::Free => ty.name,
            _ => "",
        };
        self.konst16(Const::Tag {
            ty: ty.into(),
            name: name.name.into(),
        })
    }

    fn test_parts(
        &mut self,
        items: &[Pattern<'a>],
        value: u16,
        fail: Label,
        parts: &mut Parts<'a>,
    ) {
        for (index, item) in items.iter().enumerate() {
            if self.needs_test(item) {
                let register = self.alloc();
                self.emit(Op::GetPart, register, value, index as u16, item.span.lo)
                    .flags = parts.flags_within(item);
                parts.registers.insert(item.span.lo, register);
                self.test(item, register, fail, parts);
            }
        }
    }

    fn test_entries(
        &mut self,
        entries: &[PatternEntry<'a>],
        value: u16,
        fail: Label,
        parts: &mut Parts<'a>,
    ) {
        for entry in entries {
            let key = self.name_const(entry.key);
            let pos = entry.key_span.lo;
            self.emit_test(Op::TestKey, value, 0, key, fail, pos);
            if self.needs_test(&entry.pattern) {
                let register = self.alloc();
                self.emit(Op::GetField, register, value, key, pos).flags =
                    parts.flags_within(&entry.pattern);
                parts.registers.insert(entry.pattern.span.lo, register);
                self.test(&entry.pattern, register, fail, parts);
            }
        }
    }

    fn needs_test(&self, pattern: &Pattern<'a>) -> bool {
        match pattern.kind {
            PatternKind::Wild | PatternKind::Place(_) => false,
            PatternKind::Bind(_) => self.res.is_const_pattern(pattern.span),
            _ => true,
        }
    }

    /// Binds the names of a pattern that fits.
    pub fn bind(&mut self, pattern: &Pattern<'a>, value: u16, parts: &mut Parts<'a>) {
        match pattern.kind {
            PatternKind::Wild | PatternKind::Literal(_) | PatternKind::Range { .. } => {}
            PatternKind::Bind(_) | PatternKind::Place(_) => {
                if let Some(leaf) = self.leaf(pattern) {
                    self.bind_value(leaf, pattern.span, Source::Register(value), parts);
                }
            }
            PatternKind::Array { items, rest } => {
                self.bind_parts(items, value, parts);
                if let Some((leaf, pos)) = rest.and_then(|rest| self.rest_leaf(rest)) {
                    let from = items.len() as u16;
                    self.bind_made(leaf, pos, parts, |this, dst| {
                        this.emit(Op::RestArray, dst, value, from, pos);
                    });
                }
            }
            PatternKind::Dict { entries, rest } | PatternKind::Struct { entries, rest, .. } => {
                for entry in entries {
                    self.bind_entry(entry, value, parts);
                }
                if let Some((leaf, pos)) = rest.and_then(|rest| self.rest_leaf(rest)) {
                    let keys: Box<[Box<str>]> =
                        entries.iter().map(|entry| entry.key.into()).collect();
                    let keys = self.konst16(Const::KeyList(keys));
                    self.bind_made(leaf, pos, parts, |this, dst| {
                        this.emit(Op::RestDict, dst, value, keys, pos);
                    });
                }
            }
            PatternKind::Tag { parts: inner, .. } => {
                self.bind_parts(inner.unwrap_or(&[]), value, parts);
            }
            PatternKind::Alt(_) => debug_assert!(parts.done.contains(&pattern.span.lo)),
        }
    }

    fn bind_parts(&mut self, items: &[Pattern<'a>], value: u16, parts: &mut Parts<'a>) {
        for (index, item) in items.iter().enumerate() {
            if let Some(&register) = parts.registers.get(&item.span.lo) {
                self.bind(item, register, parts);
            } else if let Some(leaf) = self.leaf(item) {
                self.bind_value(leaf, item.span, Source::Part(value, index as u16), parts);
            }
        }
    }

    fn bind_entry(&mut self, entry: &PatternEntry<'a>, value: u16, parts: &mut Parts<'a>) {
        let pattern = &entry.pattern;
        if let Some(&register) = parts.registers.get(&pattern.span.lo) {
            self.bind(pattern, register, parts);
        } else if let Some(leaf) = self.leaf(pattern) {
            let key = self.name_const(entry.key);
            self.bind_value(leaf, pattern.span, Source::Field(value, key), parts);
        }
    }

    /// Where the value of a pattern without parts goes, if anywhere.
    pub fn leaf(&self, pattern: &Pattern<'a>) -> Option<Leaf<'a>> {
        match pattern.kind {
            PatternKind::Place(place) => Some(Leaf::Place(place)),
            PatternKind::Bind(_) if !self.res.is_const_pattern(pattern.span) => {
                match self.res.name(pattern.span) {
                    Res::Var(var) => Some(Leaf::Name(var, pattern.span.lo)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn rest_leaf(&self, rest: Rest<'a>) -> Option<(Leaf<'a>, u32)> {
        match (rest.name, rest.place) {
            (Some(name), _) if name.name == "_" => None,
            (Some(name), _) => match self.res.name(name.span) {
                Res::Var(var) => Some((Leaf::Name(var, name.span.lo), name.span.lo)),
                _ => None,
            },
            (None, Some(place)) => Some((Leaf::Place(place), place.span.lo)),
            (None, None) => None,
        }
    }

    /// Binds a variable to (a part of) the matched value, which keeps it unless it
    /// dies; or only reads it, if that is to be done with all parts first.
    fn bind_value(&mut self, leaf: Leaf<'a>, span: Span, source: Source, parts: &mut Parts<'a>) {
        let share = match leaf {
            Leaf::Name(var, _) if self.aliases[var.0 as usize] => 0,
            _ => SHARE,
        };
        let flags = if share == 0 { 0 } else { share | parts.dying };
        let own_of = |value: u16| {
            if value == parts.subject {
                parts.own
            } else {
                Own::Plain
            }
        };
        let pos = span.lo;
        let mark = self.f.top;
        let (dst, store) = match leaf {
            Leaf::Name(var, _) if parts.read.is_none() => match self.access(var) {
                Access::Reg(register) => (register, None),
                _ => (self.alloc(), Some(var)),
            },
            _ => (self.alloc(), None),
        };
        match source {
            Source::Register(value) => {
                if share == 0 || parts.dying != 0 {
                    self.emit(Op::Move, dst, value, 0, pos);
                } else {
                    let ins = self.emit(Op::Copy, dst, value, 0, pos);
                    ins.flags = share;
                    ins.own = Own::Never;
                }
            }
            Source::Part(value, index) => {
                let ins = self.emit(Op::GetPart, dst, value, index, pos);
                ins.flags = flags;
                ins.own = own_of(value);
            }
            Source::Field(value, key) => {
                let ins = self.emit(Op::GetField, dst, value, key, pos);
                ins.flags = flags;
                ins.own = own_of(value);
            }
        }
        if let Some(read) = &mut parts.read {
            read.push((leaf, Owned::temp(dst)));
            return;
        }
        if let Some(var) = store {
            self.store_var(var, Owned::temp(dst), pos);
        }
        self.f.top = mark;
    }

    /// Binds a name to a value of its own, or only makes that.
    fn bind_made(
        &mut self,
        leaf: Leaf<'a>,
        pos: u32,
        parts: &mut Parts<'a>,
        make: impl FnOnce(&mut Self, u16),
    ) {
        if let Some(read) = &mut parts.read {
            let register = self.f.top as u16;
            read.push((leaf, Owned::temp(register)));
            self.alloc();
            return make(self, register);
        }
        let Leaf::Name(var, _) = leaf else { return };
        self.aliases[var.0 as usize] = false;
        let mark = self.f.top;
        if let Access::Reg(register) = self.access(var) {
            make(self, register);
        } else {
            let register = self.alloc();
            make(self, register);
            self.store_var(var, Owned::temp(register), pos);
        }
        self.f.top = mark;
    }

    /// `pattern := value`
    pub fn destructure(&mut self, pattern: &Pattern<'a>, value: &'a Expr<'a>) {
        let written = self
            .register_of(value)
            .is_some_and(|(_, register)| self.binds_register(pattern, register));
        let made = self.registers_below(pattern);
        let locals_top = self.f.top;
        let register = if written {
            self.temp(value, Want::Own)
        } else {
            self.any(value)
        };
        let (dying, own) = if written {
            (LAST_USE, Own::Plain)
        } else {
            self.container(value, register, SHARE)
        };
        for (var, register) in made {
            self.bind_register(var, register);
        }
        self.f.locals_top = locals_top;
        self.check_and_bind(pattern, Parts::new(register, dying, own));
        self.f.top = locals_top;
    }

    /// Registers below the temporaries for the names that come into being in a pattern: the
    /// value that it takes apart sees none of them yet.
    pub fn registers_below(&mut self, pattern: &Pattern<'a>) -> Vec<(VarId, u16)> {
        let mut made = Vec::new();
        each_binding(pattern, &mut |_, span| {
            if let Some(var) = self.res.declared(span)
                && self.res.var(var).storage == Storage::Register
            {
                made.push((var, self.f.top as u16 + made.len() as u16));
            }
        });
        for _ in &made {
            self.alloc();
        }
        made
    }

    fn binds_register(&self, pattern: &Pattern<'a>, register: u16) -> bool {
        let mut found = false;
        each_binding(pattern, &mut |_, span| {
            if let Res::Var(var) = self.res.name(span)
                && self.res.declared(span).is_none()
            {
                found |= self.access(var) == Access::Reg(register);
            }
        });
        found
    }

    fn check_and_bind(&mut self, pattern: &Pattern<'a>, mut parts: Parts<'a>) {
        let value = parts.subject;
        let mark = self.f.top;
        self.check(pattern, &mut parts);
        self.bind(pattern, value, &mut parts);
        self.f.top = mark;
    }

    /// Throws if the value does not have the pattern's shape.
    pub fn check(&mut self, pattern: &Pattern<'a>, parts: &mut Parts<'a>) {
        let value = parts.subject;
        let pos = pattern.span.lo;
        let misfit = self.label();
        let fits = self.label();
        self.test(pattern, value, misfit, parts);
        self.emit_jump(Op::Jump, 0, fits, pos);
        self.place(misfit);
        let text = self.name_const(self.source.span_text(pattern.span));
        self.emit(Op::ThrowMismatch, value, 0, text, pos);
        self.place(fits);
    }

    /// A parameter's pattern: fresh variables from the argument, which its owner
    /// may keep.
    pub fn bind_param(&mut self, pattern: &Pattern<'a>, register: u16) {
        if let PatternKind::Wild = pattern.kind {
            return;
        }
        let mut vars: Vec<VarId> = Vec::new();
        each_binding(pattern, &mut |_, span| {
            if let Some(var) = self.res.declared(span) {
                vars.push(var);
            }
        });
        self.open_vars(&vars, pattern.span.lo);
        self.f.stmt = pattern.span;
        self.check_and_bind(pattern, Parts::new(register, 0, Own::Plain));
    }

    /// A loop's pattern: fresh variables from an element.
    pub fn bind_whole(&mut self, pattern: &Pattern<'a>, element: u16) {
        let mut vars: Vec<VarId> = Vec::new();
        each_binding(pattern, &mut |_, span| {
            if let Some(var) = self.res.declared(span) {
                vars.push(var);
            }
        });
        self.open_vars(&vars, pattern.span.lo);
        for &var in &vars {
            let info = self.res.var(var);
            debug_assert!(info.kind == VarKind::Loop);
            self.aliases[var.0 as usize] = !info.is_written() && info.storage == Storage::Register;
        }
        self.check_and_bind(pattern, Parts::new(element, 0, Own::Plain));
    }
}

/// Where a bound value comes from.
enum Source {
    Register(u16),
    Part(u16, u16),
    Field(u16, u16),
}
