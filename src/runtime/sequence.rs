//! Sequences: walking through the elements of any value that has some.

use super::{Context, ErrorKind, Fallible, Fault, type_name};
use crate::heap::MAX_ELEMENTS;
use crate::heap::object::Kind;
use crate::value::Value;
use std::ops::ControlFlow;

/// Whether a value is a sequence.
pub fn is_sequence(v: Value) -> bool {
    matches!(
        v.kind(),
        Some(Kind::Array | Kind::Dict | Kind::Set | Kind::String)
    )
}

/// What is called with every element.
pub type Each<'a> = &'a mut dyn FnMut(&mut dyn Context, Value) -> Fallible<ControlFlow<()>>;

/// Calls `each` with every element of a sequence, in order, until it breaks. An
/// array's elements still belong to the array: whoever keeps one shares it
/// ([`Value::share`]).
pub fn for_each_element(cx: &mut dyn Context, v: Value, each: Each<'_>) -> Fallible<()> {
    match v.kind() {
        Some(Kind::Array) => {
            let mut i = 0;
            // What `each` calls may change the array: look anew each time.
            while let Some(&element) = v.elements().get(i) {
                if each(cx, element)?.is_break() {
                    break;
                }
                i += 1;
            }
        }
        Some(Kind::String) => {
            let text = cx.heap().str(v);
            let mut buffer = [0; 4];
            for c in text.chars() {
                let c = cx.heap().new_string(c.encode_utf8(&mut buffer));
                if each(cx, c)?.is_break() {
                    break;
                }
            }
            std::hint::black_box(v);
        }
        Some(Kind::Dict) => {
            let mut cursor = 0;
            while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
                cursor = next;
                value.share();
                let pair = cx.heap().new_array_from(&[key, value]);
                if each(cx, pair)?.is_break() {
                    break;
                }
            }
        }
        Some(Kind::Set) => {
            let mut cursor = 0;
            while let Some((element, _, next)) = v.set().next(cursor) {
                cursor = next;
                if each(cx, element)?.is_break() {
                    break;
                }
            }
        }
        _ => return Err(not_a_sequence(v)),
    }
    Ok(())
}

/// A new array of the elements of a sequence.
pub fn sequence_to_array(cx: &mut dyn Context, v: Value) -> Fallible {
    if v.is_kind(Kind::Array) {
        return Ok(cx.heap().copy_array(v, 0));
    }
    let count = match v.kind() {
        Some(Kind::String) => v.string().char_len(),
        Some(Kind::Dict) => cx.heap().dict_len(v),
        Some(Kind::Set) => v.set().len(),
        _ => return Err(not_a_sequence(v)),
    };
    if count > MAX_ELEMENTS {
        return Err(Fault::new(
            ErrorKind::Overflow,
            format!("array expects at most {MAX_ELEMENTS} elements; got {count}"),
        ));
    }
    super::arith::check_room(cx, 8 * count)?;
    let array = cx.heap().new_array(count);
    for_each_element(cx, v, &mut |cx, element| {
        element.share();
        cx.heap()
            .array_push(array, element)
            .expect("the length was checked");
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(array)
}

#[cold]
fn not_a_sequence(v: Value) -> Box<Fault> {
    Fault::new(ErrorKind::Type, format!("Not a sequence: {}", type_name(v)))
}
