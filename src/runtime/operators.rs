//! Operator methods of structs and classes: which method an operator calls.

use super::Context;
use crate::heap::object::Kind;
use crate::value::Value;

/// The method `name` of a struct or class instance, as a callable value; `None`
/// for all other values.
#[inline]
pub fn method_of(cx: &mut dyn Context, v: Value, name: &str) -> Option<Value> {
    if !v.is_pointer() || !matches!(v.header().kind, Kind::Struct | Kind::Object) {
        return None;
    }
    let ty = v.instance_type();
    if ty.methods.is_empty() {
        return None;
    }
    let name = cx.heap().intern(name);
    ty.method(name).map(|at| ty.methods[at].function)
}
