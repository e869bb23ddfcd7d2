//! Patterns: the tests of a value, the parts taken out of it; `e?`.

use crate::bytecode::op::ANY_PARTS;
use crate::heap::dict::is_key;
use crate::heap::object::*;
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::{ErrorKind, Fallible, Fault, dict, field_of, repr, tags, type_name};
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `TestTag`: whether a pattern with this tag and number of parts fits.
    #[inline]
    pub(crate) fn test_tag(value: Value, tag: Value, parts: u16) -> bool {
        value.is_kind(Kind::Tagged)
            && value.header().aux as i64 == tag.as_int()
            && (parts == ANY_PARTS || value.tagged_parts().len() == parts as usize)
    }

    /// `TestKey`: whether a dict has the key or a struct the field.
    pub(crate) fn test_key(&mut self, value: Value, name: Value) -> bool {
        match value.kind() {
            Some(Kind::Dict) => self.heap.dict_get(value, name).is_some(),
            Some(Kind::Struct | Kind::Object) => {
                let info = value.instance_type();
                info.field(name).is_some_and(|slot| slot < info.visible)
            }
            _ => false,
        }
    }

    /// `TestLit`: equal and of the same kind.
    pub(crate) fn test_literal(
        &mut self,
        value: Value,
        literal: Value,
    ) -> Result<bool, Box<Fault>> {
        let number = |v: Value| v.is_number() || v.is_kind(Kind::BigInt);
        if number(value) != number(literal) || value.is_string() != literal.is_string() {
            return Ok(false);
        }
        if number(value) || value.is_string() {
            return compare::equal(self, value, literal);
        }
        Ok(value == literal)
    }

    /// `TestRange`: whether a value is of the kind of both ends, and between them.
    pub(crate) fn test_range(
        &mut self,
        value: Value,
        lo: Value,
        hi: Value,
        inclusive: bool,
    ) -> Result<bool, Box<Fault>> {
        let number = |v: Value| v.is_number() || v.is_kind(Kind::BigInt);
        if !(number(value) && number(lo) || value.is_string() && lo.is_string()) {
            return Ok(false);
        }
        let below = if inclusive {
            CompareOp::Le
        } else {
            CompareOp::Lt
        };
        Ok(compare::compare(self, CompareOp::Le, lo, value)?
            && compare::compare(self, below, value, hi)?)
    }

    /// `RestDict`: what a dict or struct has besides some keys, as a dict.
    pub(crate) fn rest_dict(&mut self, value: Value, without: &[Value]) -> Fallible {
        let rest = self.heap.new_dict(0);
        match value.kind() {
            Some(Kind::Dict) => {
                let mut cursor = 0;
                while let Some((key, element, next)) = self.heap.dict_next(value, cursor) {
                    cursor = next;
                    let mut named = false;
                    for &name in without {
                        named |= compare_keys(self, key, name)?;
                    }
                    if !named {
                        element.share();
                        let _ = dict::set(self, rest, key, element)?;
                    }
                }
            }
            Some(Kind::Struct | Kind::Object) => {
                let info = value.instance_type();
                for (slot, field) in info.fields[..info.visible].iter().enumerate() {
                    let element = field_of(self, value, slot);
                    if !without.contains(&field.name) && !element.is_absent() {
                        element.share();
                        let _ = self.heap.dict_set(rest, field.name, element);
                    }
                }
            }
            _ => {}
        }
        Ok(rest)
    }

    /// `e?`: the payload, or `None` to return the value from the function.
    pub(crate) fn unwrap(
        &mut self,
        value: Value,
        share: bool,
    ) -> Result<Option<Value>, Box<Fault>> {
        if value.is_kind(Kind::Tagged) {
            match value.header().aux {
                tags::OK | tags::SOME => {
                    let payload = value.tagged_parts()[0];
                    if share || value.header().flags & COPY_BEFORE_WRITE != 0 {
                        payload.share();
                    }
                    return Ok(Some(payload));
                }
                tags::ERR | tags::NONE => return Ok(None),
                _ => {}
            }
        }
        let message = format!(
            "The ? operator expects a Result or Option; got {}",
            type_name(value)
        );
        Err(Fault::new(ErrorKind::Type, message))
    }

    #[cold]
    pub(crate) fn mismatch(&mut self, value: Value, pattern: Value) -> Box<Fault> {
        let shown = repr::repr_short(self, value);
        let pattern = self.heap.str(pattern);
        Fault::new(
            ErrorKind::Type,
            format!("Cannot destructure {shown} as {pattern}"),
        )
    }
}

/// `TestType`.
pub(crate) fn is_instance(value: Value, ty: Value) -> Result<bool, Box<Fault>> {
    if !ty.is_kind(Kind::StructType) {
        let message = format!("{} is not a struct type", type_name(ty));
        return Err(Fault::new(ErrorKind::Type, message));
    }
    Ok(matches!(value.kind(), Some(Kind::Struct | Kind::Object))
        && std::ptr::eq(value.instance_type(), ty.struct_type()))
}

/// `GetPart`: part `index` of a tagged value or array, tested before.
#[inline]
pub(crate) fn part(value: Value, index: usize) -> Value {
    if value.is_kind(Kind::Tagged) {
        value.tagged_parts()[index]
    } else {
        value.elements()[index]
    }
}

/// Whether a dict's key is the entry that `name` names.
fn compare_keys(vm: &mut Vm, key: Value, name: Value) -> Result<bool, Box<Fault>> {
    if !is_key(key) {
        return Ok(false);
    }
    if key.is_string() {
        return Ok(vm.heap.string_eq(key, name));
    }
    let text = crate::runtime::text::display(vm, key)?;
    Ok(vm.heap.str(name) == text)
}
