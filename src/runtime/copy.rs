//! Shallow copies of containers and structs, for a writer that is not the only owner. What
//! they hold is shared. Long ones are copied in steps.

use super::sequence::{self, RUN};
use super::{Context, Fallible, dict, set};
use crate::heap::object::Kind;
use crate::value::Value;

/// A copy of a container or struct; other values are given as they are.
///
/// # Errors
/// If the program is to end or has no memory left.
pub fn copied(cx: &mut dyn Context, v: Value) -> Fallible {
    let Some(kind) = v.kind() else {
        return Ok(v);
    };
    Ok(match kind {
        Kind::Array => {
            // A copy is made to be written, often at its end.
            let len = v.elements().len();
            if len > RUN {
                cx.heap().stats.copies += 1;
                return sequence::copied(cx, v.elements(), len / 8);
            }
            cx.heap().copy_array(v, len / 8)
        }
        Kind::Dict => return dict::copied(cx, v),
        Kind::Struct => cx.heap().copy_instance(v),
        Kind::Set => return set::copied(cx, v),
        Kind::Queue | Kind::Stack => {
            let elements = v.queue().elements();
            if elements.len() <= RUN {
                return Ok(cx.heap().copy_queue(v));
            }
            let items = sequence::copied(cx, elements, elements.len() / 8)?;
            cx.heap().new_queue(kind, items)
        }
        Kind::Heap => cx.heap().copy_priority(v),
        _ => v,
    })
}
