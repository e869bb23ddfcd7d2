//! Calling built-ins, as functions and as methods.

use crate::bytecode::op::ReceiverPlace;
use crate::effects::Effects;
use crate::heap::object::*;
use crate::runtime::{Args, Fallible, Fault, MethodForm, NativeFn, Reach, Tasks};
use crate::stdlib::{check_args, check_method_args};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::fields::{CHANGES, NUMBER, immutable};
use crate::vm::interrupts::Doing;

impl Vm {
    /// The result of built-in `index` if its [`FastFn`](crate::runtime::native::FastFn)
    /// has one, else absent, with nothing done.
    ///
    /// # Safety
    /// The arguments are registers of the running frame.
    #[inline(always)]
    pub(crate) unsafe fn call_fast(
        &mut self,
        index: usize,
        args: *mut Value,
        nargs: usize,
        kept: u8,
    ) -> Value {
        debug_assert!(index < self.code.natives.len());
        // SAFETY: the number is from the compiler or a cache; the registers stay
        // in place while the built-in runs.
        unsafe {
            let native = self.code.natives.get_unchecked(index);
            match native.fast {
                Some(fast) if native.takes(nargs) => {
                    fast(&mut self.heap, Args::new(args, nargs, kept))
                }
                _ => Value::ABSENT,
            }
        }
    }

    /// [`Vm::call_fast`] for a method that changes its receiver, whose place allows it.
    ///
    /// # Safety
    /// As for [`Vm::call_fast`].
    #[inline(always)]
    pub(crate) unsafe fn call_fast_mutating(
        &mut self,
        index: usize,
        args: *mut Value,
        nargs: usize,
        kept: u8,
    ) -> Value {
        debug_assert!(index < self.code.natives.len());
        // SAFETY: as for `call_fast`; the receiver of a built-in's method is an object.
        unsafe {
            let native = self.code.natives.get_unchecked(index);
            match native.method.fast().or(native.fast) {
                Some(fast)
                    if native.takes(nargs) && (*args).header().flags & COPY_BEFORE_WRITE == 0 =>
                {
                    fast(&mut self.heap, Args::new(args, nargs, kept & !1))
                }
                _ => Value::ABSENT,
            }
        }
    }

    /// Calls built-in `index` with `nargs` arguments at `args`.
    ///
    /// # Safety
    /// The arguments are registers of the running frame.
    #[inline]
    pub(crate) unsafe fn call_native(
        &mut self,
        index: usize,
        args: *mut Value,
        nargs: usize,
        kept: u8,
    ) -> Fallible {
        let native = &self.code.natives[index];
        // SAFETY: the registers stay in place while the built-in runs.
        let args = unsafe { Args::new(args, nargs, kept) };
        check_args(self, native, args)?;
        self.run_checked(index, args)
    }

    /// The function form of built-in `index`, with arguments that have been checked.
    #[inline]
    fn run_checked(&mut self, index: usize, args: Args) -> Fallible {
        let native = &self.code.natives[index];
        self.sample_point(Doing::Code);
        if native.reach == Reach::Waits {
            self.cancel_point()?;
        }
        let result = self.run_builtin(native.function, native.effects, args);
        self.sample_point(Doing::Builtin(index));
        match result {
            Ok(value) if value.is_promise() && native.reach == Reach::Waits => {
                let window = args.window();
                let outer = self.tasks.waits_in.replace(index);
                // SAFETY: the arguments and the result that goes below them are registers of
                // the running frame. A receiver is stored back after the call.
                let result =
                    unsafe { self.await_promise(value, window, window.add(2), WaitFor::Value) };
                self.tasks.waits_in = outer;
                if result.is_err() {
                    self.give_up_wait(value, &result);
                }
                result
            }
            result => result,
        }
    }

    /// A wait of a built-in has thrown what its promise has not been rejected with: nothing
    /// could settle it. A value that would settle it later is not to be taken from others.
    #[cold]
    pub(in crate::vm) fn give_up_wait(&mut self, promise: Value, result: &Fallible) {
        let is_waiting = matches!(result, Err(fault) if matches!(**fault, Fault::Waiting));
        if !is_waiting && promise.promise().is_pending() {
            self.cancel(promise);
        }
    }

    /// Runs a form of a built-in. If code of the program may run meanwhile, the
    /// arguments that the caller keeps are borrowed.
    #[inline(always)]
    fn run_builtin(&mut self, form: NativeFn, effects: Effects, args: Args) -> Fallible {
        let outer = self.begin_builtin(effects);
        let result = if effects.runs_code() {
            self.run_borrowing(form, args)
        } else {
            form(self, args)
        };
        self.end_declared(outer);
        result
    }

    #[inline(never)]
    fn run_borrowing(&mut self, form: NativeFn, args: Args) -> Fallible {
        let height = self.stacks.borrows.len();
        self.borrow_kept(args);
        let result = form(self, args);
        if self.stacks.borrows.len() > height {
            self.release_borrows(height as u32);
        }
        result
    }

    /// Calls built-in `index` as a method of the receiver in argument 0: a
    /// mutating one gets it unshared and leaves it as it should be.
    ///
    /// # Safety
    /// As for [`Vm::call_native`].
    #[inline]
    pub(crate) unsafe fn call_native_method(
        &mut self,
        index: usize,
        args: *mut Value,
        nargs: usize,
        kept: u8,
    ) -> Fallible {
        let native = &self.code.natives[index];
        let method = match native.method {
            MethodForm::Mutating { method, .. } => method,
            // SAFETY: the caller's promise.
            _ => unsafe {
                // Methods that no cache has found have not been tried.
                let value = self.call_fast(index, args, nargs, kept);
                if !value.is_absent() {
                    return Ok(value);
                }
                // A built-in may put something else where an argument was. The value
                // that is there after the call goes back to the receiver's place.
                let receiver = *args;
                let checked = Args::new(args, nargs, kept);
                check_method_args(self, native, checked)?;
                let result = self.run_checked(index, checked);
                *args = receiver;
                return result;
            },
        };
        // SAFETY: the registers stay in place while the built-in runs.
        unsafe {
            let value = self.call_fast_mutating(index, args, nargs, kept);
            if !value.is_absent() {
                return Ok(value);
            }
            let native = &self.code.natives[index];
            let args = Args::new(args, nargs, kept & !1);
            check_method_args(self, native, args)?;
            self.sample_point(Doing::Code);
            let effects = native.effects;
            args.set(0, self.unshared(args.get(0))?);
            let result = self.run_builtin(method, effects, args);
            self.sample_point(Doing::Builtin(index));
            result
        }
    }

    /// A method call whose cache has a built-in for the receiver: `target` is the
    /// word's upper half. As [`Vm::call_method_slow`] otherwise.
    ///
    /// # Safety
    /// As for [`Vm::call_method_slow`].
    #[inline(never)]
    pub(crate) unsafe fn call_cached_native(
        &mut self,
        window: *mut Value,
        nargs: usize,
        kept: u8,
        target: u32,
        place: ReceiverPlace,
    ) -> Fallible {
        if target & CHANGES != 0 && place == ReceiverPlace::Let {
            return Err(immutable());
        }
        // SAFETY: the caller's promise.
        unsafe {
            let receiver = *window.add(1);
            let index = (target & NUMBER) as usize;
            let value = self.call_native_method(index, window.add(1), nargs + 1, kept)?;
            if place == ReceiverPlace::Path {
                self.after_native(index, *window.add(1) != receiver);
            }
            Ok(value)
        }
    }

    /// Goes on at the write-back of a place after its built-in method, if the receiver
    /// was replaced or code of the program may have put something else there, which is
    /// overwritten.
    ///
    /// # Safety
    /// The running frame's `pc` is after the call, at the jump past the write-back.
    pub(super) unsafe fn after_native(&mut self, index: usize, replaced: bool) {
        if replaced || self.code.natives[index].effects.runs_code() {
            // SAFETY: the caller's promise.
            unsafe {
                let frame = self.stacks.raw();
                (*frame).pc = (*frame).pc.add(1);
            }
        }
    }
}
