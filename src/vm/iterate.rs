//! `for` loops: starting one over any value, and the next element where the
//! interpreter's own fast path (ranges, ints, arrays) ends.
//!
//! State of a loop in three registers: the subject, a cursor (int), and one spare.
//! The subject is protected by the compiler (shared) if the loop could change it.

use super::Vm;
use super::index::a_type;
use crate::heap::object::*;
use crate::heap::types::LibraryType;
use crate::runtime::{ErrorKind, Fallible, Fault, Tasks, pace, repr, sequence, type_name};
use crate::stdlib::{Next, next_of_channel};
use crate::value::{INT_MAX, Value};

/// The lower part of the cursor of a string, which is an index of bytes; the upper part
/// is one of characters.
pub const CURSOR_BYTES: i64 = (1 << 31) - 1;

impl Vm {
    /// `IterInit`: the three state values for a loop over `subject`.
    pub(crate) fn iter_init(&mut self, subject: Value) -> Result<[Value; 3], Box<Fault>> {
        match subject.kind() {
            None if subject.is_int() => {}
            Some(Kind::BigInt) => {
                let negative = crate::runtime::compare::compare(
                    self,
                    crate::runtime::compare::CompareOp::Lt,
                    subject,
                    Value::ZERO,
                )?;
                // More rounds than any program finishes.
                let end = if negative {
                    Value::ZERO
                } else {
                    Value::int(INT_MAX)
                };
                return Ok([end, Value::ZERO, Value::NULL]);
            }
            Some(
                Kind::Array
                | Kind::Dict
                | Kind::Set
                | Kind::Bytes
                | Kind::Generator
                | Kind::Iterator,
            ) => {}
            Some(Kind::String) => {
                pace::ready(self, subject)?;
            }
            Some(Kind::Object) if subject.library_type() == Some(LibraryType::Channel) => {}
            _ => {
                if let Some(sequence) = sequence::own_sequence(self, subject)? {
                    return self.iter_init(sequence);
                }
                let message = format!("Cannot loop over {}", a_type(&mut self.heap, subject));
                return Err(Fault::new(ErrorKind::Type, message));
            }
        }
        Ok([subject, Value::ZERO, Value::NULL])
    }

    /// The next key and element, or `None` at the end; moves the cursor on.
    #[inline(never)]
    pub(crate) fn iter_next(
        &mut self,
        subject: Value,
        cursor: &mut Value,
    ) -> Fallible<Option<(Value, Value)>> {
        if subject.is_string() && subject.string().is_ascii() {
            return Ok(self.ascii_next(subject, cursor));
        }
        if subject.is_kind(Kind::Iterator) {
            let at = *cursor;
            let element = self.next_of_iterator(subject)?;
            *cursor = Value::int(at.as_int() + 1);
            return Ok(element.map(|element| (at, element)));
        }
        if subject.is_kind(Kind::Object) {
            return self.next_in_loop(subject, cursor);
        }
        Ok(self.container_next(subject, cursor))
    }

    /// The next value of a channel for the loop over it that the running instruction belongs
    /// to. The task waits for it; a wait that puts the frame aside goes on in the loop.
    fn next_in_loop(
        &mut self,
        channel: Value,
        cursor: &mut Value,
    ) -> Fallible<Option<(Value, Value)>> {
        let at = *cursor;
        self.cancel_point()?;
        let value = match next_of_channel(self, channel)? {
            Next::End => return Ok(None),
            Next::Value(value) => value,
            Next::Promise(promise) => {
                // SAFETY: the frame's `pc` is after the instruction. Registers above those of
                // the loop belong to its body.
                let result = unsafe {
                    let frame = self.stacks.running();
                    let asked = *(*frame).pc.sub(1);
                    let state = (*frame).base.add(asked.a() as usize);
                    self.await_promise(promise, state, state.add(5), WaitFor::Element)
                };
                if result.is_err() {
                    self.give_up_wait(promise, &result);
                }
                result?
            }
        };
        *cursor = Value::int(at.as_int() + 1);
        Ok((!value.is_absent()).then_some((at, value)))
    }

    /// The next value of a channel for Rust code.
    pub(crate) fn next_of_channel(&mut self, channel: Value) -> Fallible<Option<Value>> {
        self.cancel_point()?;
        let value = match next_of_channel(self, channel)? {
            Next::End => return Ok(None),
            Next::Value(value) => value,
            Next::Promise(promise) => {
                let result = self.wait_for(promise);
                if result.is_err() {
                    self.give_up_wait(promise, &result);
                }
                result?
            }
        };
        Ok((!value.is_absent()).then_some(value))
    }

    /// The next character of a text that has one byte for each.
    #[inline]
    fn ascii_next(&mut self, subject: Value, cursor: &mut Value) -> Option<(Value, Value)> {
        let at = cursor.as_int() as usize;
        let index = at & 0x7fff_ffff;
        let byte = *self.heap.str(subject).as_bytes().get(index)?;
        *cursor = Value::int((at + (1 << 31 | 1)) as i64);
        Some((Value::int(index as i64), self.heap.ascii_char(byte)))
    }

    fn container_next(&mut self, subject: Value, cursor: &mut Value) -> Option<(Value, Value)> {
        let at = cursor.as_int();
        if subject.is_int() {
            if at >= subject.as_int() {
                return None;
            }
            *cursor = Value::int(at + 1);
            return Some((Value::int(at), Value::int(at)));
        }
        let at = at as usize;
        match subject.kind()? {
            Kind::Array => {
                let element = *subject.elements().get(at)?;
                *cursor = Value::int(at as i64 + 1);
                Some((Value::int(at as i64), element))
            }
            Kind::Bytes => {
                let byte = *subject.bytes().get(at)?;
                *cursor = Value::int(at as i64 + 1);
                Some((Value::int(at as i64), Value::int(byte as i64)))
            }
            Kind::Dict => {
                let (key, value, next) = self.heap.dict_next(subject, at)?;
                *cursor = Value::int(next as i64);
                Some((key, value))
            }
            Kind::Set => {
                // Place below, position above.
                let (place, index) = (at & CURSOR_BYTES as usize, at >> 31);
                let (element, _, next) = subject.set().next(place)?;
                *cursor = Value::int(((index + 1) << 31 | next) as i64);
                Some((Value::int(index as i64), element))
            }
            Kind::String => {
                // Byte offset below, character index above.
                let (offset, index) = (at & CURSOR_BYTES as usize, at >> 31);
                let text = self.heap.str(subject);
                let ch = text[offset..].chars().next()?;
                let next = offset + ch.len_utf8();
                *cursor = Value::int(((index + 1) << 31 | next) as i64);
                let element = if ch.is_ascii() {
                    self.heap.ascii_char(ch as u8)
                } else {
                    self.heap.substring(subject, offset, next, 1)
                };
                Some((Value::int(index as i64), element))
            }
            _ => None,
        }
    }

    /// `RangeInit`: start, end (exclusive) and step as ints. A range beyond the
    /// inline ints becomes an iterator in the first place with an absent step.
    pub(crate) fn range_init(
        &mut self,
        bounds: [Value; 3],
        inclusive: bool,
    ) -> Result<[Value; 3], Box<Fault>> {
        let ints = self.range_bounds(bounds, inclusive)?;
        if ints.iter().all(|v| v.is_int()) {
            return Ok(ints);
        }
        Ok([self.unstored_range(ints), Value::ZERO, Value::ABSENT])
    }

    /// The bounds of a range as ints of any size, the end exclusive.
    pub(super) fn range_bounds(
        &mut self,
        bounds: [Value; 3],
        inclusive: bool,
    ) -> Result<[Value; 3], Box<Fault>> {
        let [start, end, step] = bounds;
        let names = ["start", "stop", "step"];
        let mut ints = [Value::ZERO; 3];
        for (i, &bound) in [start, end, step].iter().enumerate() {
            ints[i] = if bound.is_int() || bound.is_kind(Kind::BigInt) {
                bound
            } else if bound.is_float() && bound.as_float().is_finite() {
                {
                    let whole = dashu_int::IBig::try_from(bound.as_float().trunc());
                    self.heap.new_int(whole.unwrap_or_default())
                }
            } else if bound.is_float() {
                let shown = repr::repr(self, bound)?;
                let message = format!(
                    "range() expects {} to be a finite number; got {shown}",
                    names[i]
                );
                return Err(Fault::new(ErrorKind::Value, message));
            } else {
                let message = format!(
                    "range() expects {} to be a whole number; got {}",
                    names[i],
                    type_name(bound)
                );
                return Err(Fault::new(ErrorKind::Type, message));
            };
        }
        if ints[2] == Value::ZERO {
            let message = "range() expects step to be other than 0; got 0";
            return Err(Fault::new(ErrorKind::Value, message));
        }
        if inclusive {
            ints[1] = crate::runtime::arith::binary(
                self,
                crate::runtime::arith::BinaryOp::Add,
                ints[1],
                Value::int(1),
            )?;
        }
        Ok(ints)
    }
}

/// The next int of a range of inline ints whose step is not 1.
///
/// # Safety
/// `state` points to the loop's three state registers.
#[inline(never)]
pub(crate) unsafe fn range_next(
    state: *mut Value,
    at: Value,
    end: Value,
    step: Value,
) -> Option<Value> {
    let (i, stop, by) = (at.as_int(), end.as_int(), step.as_int());
    if if by > 0 { i >= stop } else { i <= stop } {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { *state = Value::try_int(i + by).unwrap_or(end) };
    Some(at)
}
