//! Calling methods that are found by name: what the inline cache of the call does not
//! answer.

use crate::bytecode::op::ReceiverPlace;
use crate::runtime::Fault;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::cache::{NEVER_RUN, note_run};
use crate::vm::call::{Masks, Outcome, proto_of};
use crate::vm::fields::{CHANGES, Method, NATIVE, NUMBER, SEVERAL, immutable};
use crate::vm::method_cache::kind_code;

impl Vm {
    /// A method call that missed its cache, or whose target is a built-in or takes
    /// another number of arguments. Where a place has to be written back, the
    /// frame's `pc` is moved past the jump.
    ///
    /// # Safety
    /// `window` and `cache` belong to the running frame; its `pc` is saved.
    #[inline(never)]
    pub(crate) unsafe fn call_method_slow(
        &mut self,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
        place: ReceiverPlace,
        name: Value,
        cache: *mut u64,
    ) -> Result<Outcome, Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe {
            let receiver = *window.add(1);
            let code = kind_code(receiver);
            note_run(&mut *cache);
            let mut word = *cache;
            if word as u32 != code {
                word = self.methods.find(code, name);
                refill(&mut *cache, word);
            }
            let target = (word >> 32) as u32;
            let mutating = target & CHANGES != 0;
            let method = if word as u32 != code {
                let (method, word) = self.find_method(receiver, name)?;
                refill(&mut *cache, word);
                method
            } else if target & NATIVE != 0 {
                let index = (target & NUMBER) as u16;
                Method::Native { index, mutating }
            } else {
                let function = (*self.code.protos[(target & NUMBER) as usize]).value;
                Method::Function { function, mutating }
            };
            if method.mutating() && place == ReceiverPlace::Let {
                return Err(immutable());
            }
            match method {
                // The receiver's register is stored back after the call: a frame
                // of the callee's must not lie over it.
                Method::Field(function)
                    if matches!(place, ReceiverPlace::Variable | ReceiverPlace::Path) =>
                {
                    let args = std::slice::from_raw_parts(window.add(2), nargs);
                    for arg in args {
                        arg.share();
                    }
                    self.call_value(function, args).map(Outcome::Value)
                }
                Method::Field(function) => {
                    *window = function;
                    for i in 0..nargs {
                        *window.add(1 + i) = *window.add(2 + i);
                    }
                    let masks = Masks {
                        kept: masks.kept >> 1,
                        exposed: masks.exposed >> 1,
                        beyond: masks.beyond,
                    };
                    self.call_window(window, nargs, masks)
                }
                Method::Native { index, .. } => {
                    let kept = masks.kept | masks.exposed;
                    let value =
                        self.call_native_method(index as usize, window.add(1), nargs + 1, kept)?;
                    if place == ReceiverPlace::Path {
                        self.after_native(index as usize, *window.add(1) != receiver);
                    }
                    Ok(Outcome::Value(value))
                }
                Method::Function { function, mutating } => {
                    let proto = proto_of(function);
                    let mut masks = masks;
                    if mutating {
                        if (*proto).sees_place(masks.kept, masks.exposed) {
                            receiver.share();
                        }
                        if place == ReceiverPlace::Path {
                            let frame = self.stacks.raw();
                            (*frame).pc = (*frame).pc.add(1);
                        }
                        masks.kept &= !1;
                        masks.exposed &= !1;
                    }
                    *window = function;
                    self.enter_method(proto, window, nargs, masks)?;
                    Ok(Outcome::Entered)
                }
            }
        }
    }

    /// `CallMethodSpread`.
    ///
    /// # Safety
    /// As for [`Vm::call_method_slow`]; `window[2]` is an array.
    pub(crate) unsafe fn call_method_spread(
        &mut self,
        window: *mut Value,
        place: ReceiverPlace,
        name: Value,
        cache: *mut u64,
    ) -> Result<Outcome, Box<Fault>> {
        // SAFETY: the registers above the window are free.
        unsafe {
            let args = *window.add(2);
            let nargs = self.spread_args(args, window.add(2))?;
            self.call_method_slow(window, nargs, Masks::ALL, place, name, cache)
        }
    }

    /// `CheckMut`: whether the method is a mutating one.
    #[inline(never)]
    pub(crate) fn check_mut(
        &mut self,
        receiver: Value,
        name: Value,
        cache: &mut u64,
    ) -> Result<bool, Box<Fault>> {
        note_run(cache);
        let known = self.methods.find(kind_code(receiver), name);
        if known != 0 {
            refill(cache, known);
            return Ok((known >> 32) as u32 & CHANGES != 0);
        }
        let (method, word) = self.find_method(receiver, name)?;
        refill(cache, word);
        Ok(method.mutating())
    }
}

/// Puts what a call has found in its inline cache, unless it is nothing, and notes whether
/// another type was there.
fn refill(cache: &mut u64, word: u64) {
    if word == 0 {
        return;
    }
    let (before, code) = (*cache as u32, word as u32);
    let was_several = (*cache >> 32) as u32 & SEVERAL != 0;
    let is_first = u64::from(before) == NEVER_RUN;
    let is_several = !is_first && (before != code || was_several);
    *cache = word | (u64::from(is_several) * u64::from(SEVERAL)) << 32;
}
