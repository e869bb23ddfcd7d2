//! Methods of structs and classes that the language calls: operators and texts.

use crate::heap::object::Kind;
use crate::heap::types::Special;
use crate::value::Value;

/// The method of a struct or class instance, as a callable value; `None` for all
/// other values.
#[inline]
pub fn method_of(v: Value, which: Special) -> Option<Value> {
    if !v.is_pointer() || !matches!(v.header().kind, Kind::Struct | Kind::Object) {
        return None;
    }
    v.instance_type().special(which)
}
