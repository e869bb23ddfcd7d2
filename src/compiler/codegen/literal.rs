//! Array, dict and struct literals.

use super::{Gen, Want};
use crate::bytecode::op::{BASE, KEY};
use crate::bytecode::{Const, Op};
use crate::syntax::ast::*;

/// Elements that are collected in registers before they go into the container:
/// keeps frames small whatever the literal's length.
const CHUNK: usize = 48;

impl<'a> Gen<'a, '_> {
    pub fn array(&mut self, expr: &'a Expr<'a>, items: &[ArrayItem<'a>], dst: u16) {
        match super::fold::container(expr) {
            Some(value) => self.load_const(dst, value, expr.span.lo),
            None => self.array_items(items, dst, expr.span.lo),
        }
    }

    pub fn array_items(&mut self, items: &[ArrayItem<'a>], dst: u16, pos: u32) {
        let head = items
            .iter()
            .take(CHUNK)
            .take_while(|item| matches!(item, ArrayItem::Item(_)))
            .count();
        if head == items.len() {
            let first = self.collect(items);
            self.emit(Op::NewArray, dst, first, head as u16, pos);
            return;
        }
        self.stepwise(dst, |this, temp| {
            let mark = this.f.top;
            let first = this.collect(&items[..head]);
            this.emit(Op::NewArray, temp, first, head as u16, pos);
            this.f.top = mark;
            let mut rest = &items[head..];
            while let Some(item) = rest.first() {
                if let ArrayItem::Spread(value) = item {
                    let sequence = this.any(value);
                    this.emit(Op::ArrayExtend, temp, sequence, 0, value.span.lo);
                    rest = &rest[1..];
                } else {
                    let count = rest
                        .iter()
                        .take(CHUNK)
                        .take_while(|item| matches!(item, ArrayItem::Item(_)))
                        .count();
                    let first = this.collect(&rest[..count]);
                    this.emit(Op::ArrayAppend, temp, first, count as u16, pos);
                    rest = &rest[count..];
                }
                this.f.top = mark;
            }
        });
    }

    /// Owned values in consecutive registers.
    fn collect(&mut self, items: &[ArrayItem<'a>]) -> u16 {
        let first = self.f.top as u16;
        for item in items {
            let (ArrayItem::Item(value) | ArrayItem::Spread(value)) = item;
            self.temp(value, Want::Own);
        }
        first
    }

    pub fn dict(&mut self, expr: &'a Expr<'a>, items: &'a [DictItem<'a>], dst: u16) {
        let pos = expr.span.lo;
        if let Some(value) = super::fold::container(expr) {
            return self.load_const(dst, value, pos);
        }
        // The keys known from the text make the shape at once; what follows
        // the first other item is added one by one.
        let mut keys: Vec<Box<str>> = Vec::new();
        let mut seen = crate::compiler::hash::Set::default();
        for item in items.iter().take(CHUNK) {
            let key = match item {
                DictItem::Pair { key, .. } => super::fold::static_key(key),
                DictItem::Shorthand(name) => Some(name.name),
                DictItem::Spread(_) => None,
            };
            let Some(key) = key.filter(|key| seen.insert(*key)) else {
                break;
            };
            keys.push(key.into());
        }
        let head = keys.len();
        let build = |this: &mut Self, temp: u16| {
            let mark = this.f.top;
            let first = this.f.top as u16;
            for item in &items[..head] {
                match item {
                    DictItem::Pair { value, .. } | DictItem::Spread(value) => {
                        this.temp(value, Want::Own);
                    }
                    DictItem::Shorthand(name) => {
                        let register = this.alloc();
                        this.load_name(name.name, name.span, register, Want::Own);
                    }
                }
            }
            let list = this.konst16(Const::KeyList(keys.into()));
            this.emit(Op::NewDict, temp, first, list, pos);
            this.f.top = mark;
            for item in &items[head..] {
                this.dict_item(item, temp);
                this.f.top = mark;
            }
        };
        if head == items.len() {
            build(self, dst);
        } else {
            self.stepwise(dst, build);
        }
    }

    fn dict_item(&mut self, item: &'a DictItem<'a>, dict: u16) {
        match item {
            DictItem::Spread(value) => {
                let other = self.any(value);
                self.emit(Op::DictMerge, dict, other, 0, value.span.lo);
            }
            DictItem::Shorthand(name) => {
                let register = self.alloc();
                self.load_name(name.name, name.span, register, Want::Own);
                let key = self.name_const(name.name);
                self.emit(Op::SetField, dict, key, register, name.span.lo)
                    .flags = KEY;
            }
            DictItem::Pair { key, value } => {
                if let Some(text) = super::fold::static_key(key) {
                    let stored = self.owned(value);
                    let key = self.name_const(text);
                    let ins = self.emit(Op::SetField, dict, key, stored.register, value.span.lo);
                    ins.flags = KEY;
                    stored.mark(ins);
                    return;
                }
                let (key, pos) = match key {
                    DictKey::Template(key) | DictKey::Computed(key) => {
                        (self.any_before(key, &[value]), key.span.lo)
                    }
                    DictKey::Int { value, span } => {
                        let register = self.alloc();
                        let value = match *value {
                            IntLit::Small(value) => Const::Int(value),
                            IntLit::Big { digits, radix } => Const::BigInt {
                                digits: digits.into(),
                                radix,
                            },
                        };
                        self.load_const(register, value, span.lo);
                        (register, span.lo)
                    }
                    DictKey::Name(_) | DictKey::Str { .. } => return,
                };
                let stored = self.owned(value);
                let ins = self.emit(Op::SetIndex, dict, key, stored.register, pos);
                stored.mark(ins);
            }
        }
    }

    pub fn struct_lit(&mut self, name: Ident<'a>, items: &'a [FieldInit<'a>], dst: u16) {
        let base = self.alloc();
        self.load_name(name.name, name.span, base, Want::Use);
        let mut keys: Vec<Box<str>> = Vec::new();
        let mut seen = crate::compiler::hash::Set::default();
        let mut source = None;
        // `...base` overrides the fields before it.
        let spread_at = items
            .iter()
            .position(|item| matches!(item, FieldInit::Spread(_)));
        let first_kept = spread_at.unwrap_or(0);
        for (at, item) in items.iter().enumerate() {
            let field = match item {
                FieldInit::Pair { name, .. } | FieldInit::Shorthand(name) => name,
                FieldInit::Spread(value) => {
                    if source.replace(*value).is_some() {
                        self.fail(value.span, "a struct literal can have only one `...base`");
                    }
                    continue;
                }
            };
            if !seen.insert(field.name) {
                self.fail(field.span, format!("field `{}` is given twice", field.name));
            }
            if at >= first_kept {
                keys.push(field.name.into());
            }
        }
        let fields = keys.len() as u16;
        for _ in 0..fields + u16::from(source.is_some()) {
            self.alloc();
        }
        let mut next = base + 1;
        for (at, item) in items.iter().enumerate() {
            match item {
                FieldInit::Pair { value, .. } if at < first_kept => {
                    self.temp(value, Want::Use);
                }
                FieldInit::Shorthand(_) if at < first_kept => {}
                FieldInit::Pair { value, .. } => {
                    self.to(value, next, Want::Own);
                    next += 1;
                }
                FieldInit::Shorthand(name) => {
                    self.load_name(name.name, name.span, next, Want::Own);
                    next += 1;
                }
                FieldInit::Spread(value) => self.to(value, base + 1 + fields, Want::Own),
            }
        }
        let list = self.konst16(Const::KeyList(keys.into()));
        let ins = self.emit(Op::NewStruct, dst, base, list, name.span.lo);
        ins.flags = if source.is_some() { BASE } else { 0 };
    }
}
