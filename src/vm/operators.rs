//! Operators past the fast paths of their instructions.

use crate::bytecode::Instr;
use crate::bytecode::op::{SEEN_OTHER, SEEN_OVERFLOW};
use crate::heap::object::*;
use crate::runtime::arith::{self, BinaryOp, out_of_memory};
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::number_fmt::{MAX_INT_DIGITS, int_text};
use crate::runtime::{ErrorKind, Fallible, Fault, ops, pace, text};
use crate::stdlib;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// # Safety
    /// `pc` is after the running instruction.
    #[inline(never)]
    pub(crate) unsafe fn binary_slow(
        &mut self,
        op: BinaryOp,
        a: Value,
        b: Value,
        pc: *const Instr,
    ) -> Fallible {
        // SAFETY: the caller's promise.
        unsafe { note(a, b, pc) };
        arith::binary(self, op, a, b)
    }

    /// # Safety
    /// As for [`Vm::binary_slow`].
    #[inline(never)]
    pub(crate) unsafe fn add_slow(
        &mut self,
        a: Value,
        b: Value,
        consume: bool,
        pc: *const Instr,
    ) -> Fallible {
        // SAFETY: the caller's promise.
        unsafe { note(a, b, pc) };
        if consume && self.heap.append_in_room(a, b) {
            return Ok(a);
        }
        if a.is_string()
            && b.is_string()
            && let Ok(text) = self.heap.concat(a, b)
        {
            return Ok(text);
        }
        if consume {
            return arith::add_consume(self, a, b);
        }
        arith::binary(self, BinaryOp::Add, a, b)
    }

    #[inline(never)]
    pub(crate) fn compare_slow(
        &mut self,
        op: CompareOp,
        a: Value,
        b: Value,
    ) -> Result<bool, Box<Fault>> {
        if a.is_number() && b.is_number() && a.is_int() != b.is_int() {
            return Ok(ops::compare_floats(op, ops::as_f64(a), ops::as_f64(b)));
        }
        compare::compare(self, op, a, b)
    }

    #[inline(never)]
    pub(crate) fn equal_slow(&mut self, a: Value, b: Value) -> Result<bool, Box<Fault>> {
        if let Some(equal) = compare::equal_by_identity(a, b) {
            return Ok(equal);
        }
        if a.is_string() && b.is_string() && a.string().byte_len() <= pace::STRETCH {
            return Ok(self.heap.string_eq(a, b));
        }
        if a.is_number() && b.is_number() {
            return Ok(ops::as_f64(a) == ops::as_f64(b));
        }
        compare::equal(self, a, b)
    }

    /// `a != b`: a struct's `op_ne`, else the opposite of `==`.
    #[inline(never)]
    pub(crate) fn not_equal_slow(&mut self, a: Value, b: Value) -> Result<bool, Box<Fault>> {
        if matches!(a.kind(), Some(Kind::Struct | Kind::Object)) {
            return match compare::equal_by_identity(a, b) {
                Some(equal) => Ok(!equal),
                None => compare::not_equal(self, a, b),
            };
        }
        Ok(!self.equal_slow(a, b)?)
    }

    /// `Concat`: the texts of `count` registers from `first`, joined.
    ///
    /// # Safety
    /// The registers are initialised.
    #[inline(never)]
    pub(crate) unsafe fn concat(&mut self, first: *const Value, count: usize) -> Fallible {
        // SAFETY: the caller's promise.
        let parts = unsafe { std::slice::from_raw_parts(first, count) };
        if let Some(value) = self.concat_short(parts) {
            return Ok(value);
        }
        let mut joined = std::mem::take(&mut self.text_buffer);
        joined.clear();
        let height = self.stacks.borrows.len();
        let result = self.append_texts(&mut joined, parts);
        self.release_borrows(height as u32);
        result?;
        arith::check_room(self, joined.len())?;
        let value = pace::new_string(self, &joined)?;
        if joined.capacity() < 1 << 16 {
            self.text_buffer = joined;
        }
        Ok(value)
    }

    /// The joined texts of ints and strings, if they are short.
    #[inline]
    fn concat_short(&mut self, parts: &[Value]) -> Option<Value> {
        const MOST: usize = 96;
        if self.heap.over_limit {
            return None;
        }
        let mut text = [0; MOST];
        let (mut bytes, mut chars) = (0, 0);
        for &part in parts {
            if part.is_int() {
                let mut digits = [0; MAX_INT_DIGITS];
                let digits = int_text(part.as_int(), &mut digits).as_bytes();
                text.get_mut(bytes..bytes + digits.len())?
                    .copy_from_slice(digits);
                bytes += digits.len();
                chars += digits.len();
            } else if part.is_string() && part.string().byte_len() <= MOST - bytes {
                let part_chars = part.string().char_len();
                let part = self.heap.str(part).as_bytes();
                match *part {
                    [byte] => text[bytes] = byte,
                    _ => text[bytes..bytes + part.len()].copy_from_slice(part),
                }
                bytes += part.len();
                chars += part_chars;
            } else {
                return None;
            }
        }
        // SAFETY: whole strings and digits, one after the other.
        let text = unsafe { std::str::from_utf8_unchecked(&text[..bytes]) };
        Some(self.heap.new_string_counted(text, chars))
    }

    /// `Format`: the text of a value as a format says.
    #[inline(never)]
    pub(crate) fn format(&mut self, value: Value, format: Value) -> Fallible {
        let format = self.heap.str(format);
        stdlib::format::interpolated(self, value, format)
    }

    fn append_texts(&mut self, joined: &mut String, parts: &[Value]) -> Result<(), Box<Fault>> {
        let mut runs_code = false;
        for (i, &part) in parts.iter().enumerate() {
            if part.is_string() && part.string().byte_len() <= pace::STRETCH {
                joined.push_str(self.heap.str(part));
            } else {
                if part.is_pointer()
                    && !part.is_string()
                    && !std::mem::replace(&mut runs_code, true)
                {
                    // A `to_string` method may reach the parts that come after.
                    for &later in &parts[i + 1..] {
                        self.borrow(later);
                    }
                }
                text::display_into(self, joined, part)?;
            }
            if !self.heap.may_hold(joined.len()) {
                return Err(out_of_memory());
            }
        }
        if joined.len() > crate::heap::MAX_STRING {
            let message = format!(
                "Text expects a result of at most {} bytes; got {}",
                crate::heap::MAX_STRING,
                joined.len()
            );
            return Err(Fault::new(ErrorKind::Overflow, message));
        }
        Ok(())
    }
}

/// Notes in the instruction's flags what its fast path does not do.
///
/// # Safety
/// `pc` is after an instruction of the running code.
unsafe fn note(a: Value, b: Value, pc: *const Instr) {
    let seen = if Value::both_int(a, b) {
        SEEN_OVERFLOW
    } else {
        SEEN_OTHER
    };
    // SAFETY: code is the machine's own writable memory.
    unsafe { (*(pc.sub(1) as *mut Instr)).0 |= (seen as u64) << 8 };
}
