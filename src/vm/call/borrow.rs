//! Owners of arguments: a call borrows those that its caller keeps, a loop lends its
//! subject, and a value with more than one owner is copied before it is written.

use crate::bytecode::op::{CHAIN, DEEP};
use crate::heap::object::*;
use crate::runtime::{Args, Fallible, copy};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::Masks;
use crate::vm::stack::BORROWS;

impl Vm {
    /// Borrows the arguments of the frame just pushed that its callee must not
    /// write in place.
    ///
    /// # Safety
    /// The frame is the running one; its arguments are at its base.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn borrow_args(&mut self, nargs: usize, masks: Masks) {
        // SAFETY: the frame's arguments are initialised registers.
        unsafe {
            let frame = self.stacks.raw();
            let needed = masks.exposed | (masks.kept & (*(*frame).proto).owned_params);
            let height = self.stacks.borrows.len() as u32;
            for i in 0..nargs {
                let borrows = if i < 8 {
                    needed & (1 << i) != 0
                } else {
                    masks.beyond
                };
                if !borrows {
                    continue;
                }
                self.borrow(*(*frame).base.add(i));
            }
            if self.stacks.borrows.len() as u32 > height {
                (*frame).borrow_height = height;
                (*frame).flags |= BORROWS;
            }
        }
    }

    /// Gives back what the frame borrowed.
    pub(crate) fn release_borrows(&mut self, height: u32) {
        for object in self.stacks.borrows.drain(height as usize..) {
            // SAFETY: borrowed objects are roots while they are in the list.
            unsafe { (*object).flags &= !BORROWED };
        }
    }

    /// Borrows the arguments that the caller of a built-in keeps, for as long as it
    /// may run code of the program.
    pub(super) fn borrow_kept(&mut self, args: Args) {
        for (i, &value) in args.slice().iter().enumerate() {
            if !args.is_owned(i) {
                self.borrow(value);
            }
        }
    }

    /// Borrows a container that has one owner, until [`Vm::release_borrows`] gives it
    /// back; also one that is lent, for that loan may end before.
    #[inline]
    pub(crate) fn borrow(&mut self, value: Value) {
        if value.is_value_object() && value.header().flags & (SHARED | BORROWED) == 0 {
            value.header().set_flags(BORROWED);
            self.stacks.borrows.push(value.as_pointer());
        }
    }

    /// `value`, or a copy of it if it must not be written in place.
    #[inline(always)]
    pub(crate) fn unshared(&mut self, value: Value) -> Fallible {
        if value.is_value_object() && value.header().flags & COPY_BEFORE_WRITE != 0 {
            self.copy_value(value)
        } else {
            Ok(value)
        }
    }

    /// A shallow copy of a container or struct. It may take long, and there may be no
    /// memory for it.
    #[inline(never)]
    pub(crate) fn copy_value(&mut self, value: Value) -> Fallible {
        copy::copied(self, value)
    }
}

/// `Lend` with these flags: what is to be given back.
#[inline]
pub(crate) fn lent(value: Value, flags: u8) -> Value {
    if flags & CHAIN != 0 {
        let holds = value.hold_chain(flags & DEEP != 0);
        return if holds { value } else { Value::NULL };
    }
    if value.lend() { value } else { Value::NULL }
}

/// `GiveBack` with these flags, for the register at `place` with `parts` after it.
///
/// # Safety
/// The registers are initialised.
#[inline]
pub(crate) unsafe fn give_back(place: *mut Value, parts: usize, flags: u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let lent = *place;
        if !lent.is_null() && !(1..=parts).any(|i| (*place.add(i)).is_value_object()) {
            match flags & CHAIN {
                0 => lent.give_back(),
                _ => lent.end_chain(),
            }
            *place = Value::NULL;
        }
    }
}
