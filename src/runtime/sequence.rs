//! Sequences: walking through the elements of any value that has some.

use super::pace::Pace;
use super::{Context, ErrorKind, Fallible, Fault, type_name};
use crate::heap::MAX_ELEMENTS;
use crate::heap::object::Kind;
use crate::value::Value;
use std::ops::ControlFlow;

/// Whether a value is a sequence.
#[inline]
pub fn is_sequence(v: Value) -> bool {
    matches!(
        v.kind(),
        Some(
            Kind::Array | Kind::Dict | Kind::Set | Kind::String | Kind::Generator | Kind::Iterator
        )
    )
}

/// Whether a value gives its elements one by one, once, as they are asked for.
#[inline]
pub fn is_lazy(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Generator | Kind::Iterator))
}

/// The element of a sequence at `at`, which moves on. Where a walk starts, `at`
/// is 0; else it means something to this function alone. Generators and iterators
/// know their own position. Unless the sequence [gives them away](Value::gives_owned),
/// elements still belong to it: whoever keeps one shares it ([`Value::share`]).
pub fn next_of(cx: &mut dyn Context, v: Value, at: &mut usize) -> Fallible<Option<Value>> {
    match v.kind() {
        Some(Kind::Array) => {
            let element = v.elements().get(*at).copied();
            *at += 1;
            Ok(element)
        }
        Some(Kind::String) => {
            let text = cx.heap().str(v);
            let Some(c) = text[*at..].chars().next() else {
                return Ok(None);
            };
            let from = std::mem::replace(at, *at + c.len_utf8());
            Ok(Some(if c.is_ascii() {
                cx.heap().ascii_char(c as u8)
            } else {
                cx.heap().substring(v, from, *at, 1)
            }))
        }
        Some(Kind::Dict) => {
            let Some((key, value, next)) = cx.heap().dict_next(v, *at) else {
                return Ok(None);
            };
            *at = next;
            value.share();
            Ok(Some(cx.heap().new_array_from(&[key, value])))
        }
        Some(Kind::Set) => {
            let found = v.set().next(*at);
            Ok(found.map(|(element, _, next)| {
                *at = next;
                element
            }))
        }
        Some(Kind::Generator | Kind::Iterator) => cx.next_element(v),
        _ => Err(not_a_sequence(v)),
    }
}

/// What is called with every element.
pub type Each<'a> = &'a mut dyn FnMut(&mut dyn Context, Value) -> Fallible<ControlFlow<()>>;

/// Calls `each` with every element of a sequence, in order, until it breaks; who
/// owns them is as [`next_of`] says.
pub fn for_each_element(cx: &mut dyn Context, v: Value, each: Each<'_>) -> Fallible<()> {
    let mut at = 0;
    let mut pace = Pace::new();
    // What `each` calls may change the sequence: each step looks anew.
    while let Some(element) = next_of(cx, v, &mut at)? {
        pace.step(cx)?;
        if each(cx, element)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A new array of the elements of a sequence.
pub fn sequence_to_array(cx: &mut dyn Context, v: Value) -> Fallible {
    let count = match v.kind() {
        Some(Kind::Array) => return Ok(cx.heap().copy_array(v, 0)),
        Some(Kind::String) => v.string().char_len(),
        Some(Kind::Dict) => cx.heap().dict_len(v),
        Some(Kind::Set) => v.set().len(),
        _ => 0,
    };
    if count > MAX_ELEMENTS {
        return Err(too_many(count));
    }
    super::arith::check_room(cx, 8 * count)?;
    let array = cx.heap().new_array(count);
    let owned = v.gives_owned();
    let mut at = 0;
    let mut pace = Pace::new();
    while let Some(element) = next_of(cx, v, &mut at)? {
        pace.step(cx)?;
        if !owned {
            element.share();
        }
        if cx.heap().array_push(array, element).is_err() {
            return Err(too_many(MAX_ELEMENTS + 1));
        }
    }
    Ok(array)
}

#[cold]
fn too_many(count: usize) -> Box<Fault> {
    Fault::new(
        ErrorKind::Overflow,
        format!("array expects at most {MAX_ELEMENTS} elements; got {count}"),
    )
}

#[cold]
fn not_a_sequence(v: Value) -> Box<Fault> {
    Fault::new(ErrorKind::Type, format!("Not a sequence: {}", type_name(v)))
}
