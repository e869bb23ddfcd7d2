//! Calling: what a callee may be, how its frame is entered and left. The interpreter
//! enters plain functions by itself and comes here for everything else.

mod borrow;
mod builtin;
mod construct;
mod from_rust;
mod method;

pub(crate) use borrow::{give_back, lent};

use super::Vm;
use super::interrupts::Doing;
use super::proto::Proto;
use super::stack::{BORROWS, ENTRY, Frame, GENERATOR};
use crate::bytecode::ANY_NUMBER;
use crate::heap::object::*;
use crate::runtime::arith::out_of_memory;
use crate::runtime::messages;
use crate::runtime::{ErrorKind, Fallible, Fault, name_of_type};
use crate::value::Value;
use std::sync::atomic::Ordering;

/// The frame makes an instance: the result is its register 0.
pub const CONSTRUCTS: u32 = 4;
/// The frame is an operator method's: the result goes where the caller's instruction says.
/// Only frames that optimised code has left are such.
pub const OPERATOR: u32 = 64;

/// The outcome of a call that the interpreter handed over.
pub enum Outcome {
    /// It is done.
    Value(Value),
    /// A frame was pushed: go on there.
    Entered,
}

/// Where a return from a special frame leads.
pub(crate) enum ReturnTo {
    /// To the calling frame, with this result.
    Caller(Value),
    /// To the calling frame, which goes on after its loop.
    Loop,
    /// Out of the interpreter.
    Rust(Fallible),
    /// The frame is gone and its caller throws.
    Fault(Box<Fault>),
}

/// The owners of arguments: bit masks by argument.
#[derive(Clone, Copy, Default, Debug)]
pub struct Masks {
    pub kept: u8,
    pub exposed: u8,
    /// Those beyond the eighth are to be borrowed. Calls in code have lent them where
    /// that is needed.
    pub beyond: bool,
}

impl Masks {
    /// Arguments that come from Rust, which something else owns.
    pub const ALL: Masks = Masks {
        kept: 0xff,
        exposed: 0xff,
        beyond: true,
    };

    /// The masks of the same arguments with a receiver in front of them, which is kept
    /// and exposed, or neither.
    pub fn after_receiver(self, kept: bool) -> Masks {
        Masks {
            kept: self.kept << 1 | kept as u8,
            exposed: self.exposed << 1 | kept as u8,
            beyond: self.beyond || (self.kept | self.exposed) & 0x80 != 0,
        }
    }
}

/// The proto of a function object.
///
/// # Safety
/// `function` is a function object.
#[inline(always)]
pub unsafe fn proto_of(function: Value) -> *mut Proto {
    // SAFETY: function objects hold the proto they were made with.
    unsafe { (*function.as_pointer::<FunctionObj>()).proto.cast() }
}

/// The least and the most arguments of a function.
///
/// # Safety
/// The proto is alive.
unsafe fn arity_of(proto: *const Proto) -> (usize, usize) {
    // SAFETY: the caller's promise.
    let (min, max) = unsafe { ((*proto).min_args, (*proto).max_args) };
    let max = match max {
        ANY_NUMBER => usize::MAX,
        max => usize::from(max),
    };
    (usize::from(min), max)
}

impl Vm {
    /// Pushes a frame for `proto` with its arguments at `base`.
    ///
    /// # Safety
    /// `base` is the first argument's slot in the value stack, above everything
    /// live; the caller's `pc` has been saved.
    #[inline(always)]
    pub(crate) unsafe fn push_frame(
        &mut self,
        proto: *const Proto,
        base: *mut Value,
    ) -> Result<*mut Frame, Box<Fault>> {
        // SAFETY: both stacks end where the limits say.
        unsafe {
            let frame = self.stacks.raw().add(1);
            let fits = base <= self.stacks.values_limit;
            if frame >= self.stacks.call_limit.load(Ordering::Relaxed) || !fits {
                self.call_limit_reached(frame, fits, Doing::Code)?;
            }
            (*frame).proto = proto;
            (*frame).pc = (*proto).code;
            (*frame).base = base;
            (*frame).flags = 0;
            self.stacks.push(frame);
            Ok(frame)
        }
    }

    /// Carries out a call the interpreter's fast path does not: `window` holds
    /// the callee, then `nargs` arguments.
    ///
    /// # Safety
    /// `window` is in the running frame; its `pc` is saved.
    #[inline(never)]
    pub(crate) unsafe fn call_window(
        &mut self,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<Outcome, Box<Fault>> {
        // SAFETY: registers above the window are free to be written.
        unsafe {
            let callee = *window;
            match callee.kind() {
                Some(Kind::Function) => {
                    let proto = proto_of(callee);
                    self.enter_checked(proto, window, nargs, masks)?;
                    Ok(Outcome::Entered)
                }
                Some(Kind::Native) => {
                    let index = (*callee.as_pointer::<NativeObj>()).index as usize;
                    self.call_native(index, window.add(1), nargs, masks.kept | masks.exposed)
                        .map(Outcome::Value)
                }
                Some(Kind::BoundMethod) => {
                    let bound: *mut BoundMethodObj = callee.as_pointer();
                    for i in (1..=nargs).rev() {
                        *window.add(i + 1) = *window.add(i);
                    }
                    *window = (*bound).method;
                    *window.add(1) = (*bound).receiver;
                    let masks = masks.after_receiver(true);
                    if (*bound).method.is_kind(Kind::Native) {
                        let index = (*(*bound).method.as_pointer::<NativeObj>()).index as usize;
                        return self
                            .call_native_method(index, window.add(1), nargs + 1, 0xff)
                            .map(Outcome::Value);
                    }
                    let proto = proto_of((*bound).method);
                    self.enter_method(proto, window, nargs, masks)?;
                    Ok(Outcome::Entered)
                }
                Some(Kind::StructType) => self.construct(callee, window, nargs, masks),
                _ => {
                    let name = name_of_type(self, callee);
                    let message = format!("{name} is not callable");
                    Err(Fault::new(ErrorKind::Type, message))
                }
            }
        }
    }

    /// Enters a function after checking the argument count.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    pub(crate) unsafe fn enter_checked(
        &mut self,
        proto: *const Proto,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<(), Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe {
            if (*proto).is_method {
                // The method itself as a value: its receiver is an argument.
                return self.enter_method(proto, window, nargs.saturating_sub(1), masks);
            }
            self.lay_out(proto, window.add(1), nargs, masks)?;
            self.push_and_borrow(proto, window.add(1), nargs, masks)
        }
    }

    /// Pushes a function's frame, whose arguments have been laid out, and borrows them.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    #[inline(always)]
    unsafe fn push_and_borrow(
        &mut self,
        proto: *const Proto,
        base: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<(), Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe {
            self.push_frame(proto, base)?;
            if (*proto).borrows(masks.kept, masks.exposed) != 0 || masks.beyond {
                self.borrow_args(nargs, masks);
            }
        }
        Ok(())
    }

    /// Enters a method whose receiver is in `window[1]`, with `nargs` arguments
    /// after it. Mask bit 0 is the receiver.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    pub(crate) unsafe fn enter_method(
        &mut self,
        proto: *const Proto,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<(), Box<Fault>> {
        // SAFETY: the caller's promise.
        unsafe {
            let after = Masks {
                kept: masks.kept >> 1,
                exposed: masks.exposed >> 1,
                beyond: masks.beyond,
            };
            self.lay_out(proto, window.add(2), nargs, after)?;
            self.push_and_borrow(proto, window.add(1), nargs + 1, masks)
        }
    }

    /// Checks the count of the arguments at `args` and puts what the callee finds
    /// there besides: absent values for those left out, an array of those that its
    /// last parameter takes.
    ///
    /// # Safety
    /// As for [`Vm::call_window`]; the masks begin with the first argument.
    #[inline(always)]
    unsafe fn lay_out(
        &mut self,
        proto: *const Proto,
        args: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<(), Box<Fault>> {
        // SAFETY: the caller's promise; protos live as long as the machine.
        unsafe {
            let (min, max) = ((*proto).min_args as usize, (*proto).max_args as usize);
            if nargs < min || nargs > max {
                return Err(self.wrong_count(proto, nargs));
            }
            let fixed = (*proto).fixed_args as usize;
            for i in nargs..fixed {
                *args.add(i) = Value::ABSENT;
            }
            if (*proto).max_args == ANY_NUMBER {
                *args.add(fixed) = self.gather_rest(args, fixed, nargs, masks)?;
            }
            Ok(())
        }
    }

    /// The arguments from `fixed` on as an array. Those that the caller keeps get a
    /// further owner.
    ///
    /// # Safety
    /// As for [`Vm::lay_out`].
    #[inline(never)]
    unsafe fn gather_rest(
        &mut self,
        args: *mut Value,
        fixed: usize,
        nargs: usize,
        masks: Masks,
    ) -> Fallible {
        let count = nargs.saturating_sub(fixed);
        // The window may be above the running frame's registers.
        let mut own = None;
        let proto = self.native_frame(nargs, &mut own);
        // SAFETY: the window is above everything else that is live; the frame is taken
        // down before a proto of its own goes.
        unsafe {
            let frame = self.push_frame(proto, args)?;
            let array = self.heap.new_array(count);
            self.stacks.pop(frame);
            for i in fixed..nargs {
                let value = *args.add(i);
                let mask = u32::from(masks.kept | masks.exposed);
                // A receiver in front of the arguments takes the place of one.
                if i < 8 && mask & (1 << i) != 0 || i >= 7 && masks.beyond {
                    value.share();
                } else {
                    // Those that no mask names are lent where the caller keeps them.
                    value.share_if_borrowed();
                }
                // There is room: nothing is allocated.
                let pushed = self.heap.array_push(array, value);
                debug_assert!(pushed.is_ok());
            }
            Ok(array)
        }
    }

    #[cold]
    unsafe fn wrong_count(&mut self, proto: *const Proto, nargs: usize) -> Box<Fault> {
        // SAFETY: protos live as long as the machine.
        let (name, (min, max)) = unsafe { ((*proto).name, arity_of(proto)) };
        messages::function_arity(self.heap.str(name), min, max, nargs)
    }

    /// The proto of a frame that stands for a built-in, with room for so many values;
    /// it may be put into `own`.
    fn native_frame(&self, room: usize, own: &mut Option<Proto>) -> *const Proto {
        if room <= self.code.native_proto.registers as usize {
            return &*self.code.native_proto;
        }
        let wide = own.insert(Proto::native());
        wide.registers = room as u32;
        wide
    }

    /// `CallSpread`.
    ///
    /// # Safety
    /// `window` belongs to the running frame, whose `pc` is saved; `window[1]` is
    /// an array.
    pub(crate) unsafe fn call_spread(&mut self, window: *mut Value) -> Result<Outcome, Box<Fault>> {
        // SAFETY: the registers above the window are free.
        unsafe {
            let args = *window.add(1);
            let nargs = self.spread_args(args, window.add(1))?;
            self.call_window(window, nargs, Masks::ALL)
        }
    }

    pub(super) unsafe fn spread_args(
        &mut self,
        args: Value,
        to: *mut Value,
    ) -> Result<usize, Box<Fault>> {
        let elements = args.elements();
        // SAFETY: there is room up to the value stack's end, checked here.
        unsafe {
            if to.wrapping_add(elements.len()) > self.stacks.values_limit {
                return Err(self.no_room_for_call());
            }
            // The elements have the array as their owner, which is a temporary:
            // they move out of it.
            std::ptr::copy(elements.as_ptr(), to, elements.len());
        }
        Ok(elements.len())
    }

    /// Returns from a frame with something to do; takes it down unless the result
    /// goes to the caller in the ordinary way.
    ///
    /// # Safety
    /// `frame` is the running frame.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn leave(&mut self, frame: *mut Frame, value: Value) -> ReturnTo {
        // SAFETY: the caller's promise.
        unsafe {
            let special = (*frame).flags;
            let mut value = value;
            if special & BORROWS != 0 {
                self.release_borrows((*frame).borrow_height);
            }
            if special & CONSTRUCTS != 0 {
                value = *(*frame).base;
                let init = *(*frame).base.sub(1);
                self.stacks.pop(frame);
                if let Err(fault) = self.check_constructed(value, init) {
                    if special & ENTRY == 0 {
                        return ReturnTo::Fault(fault);
                    }
                    self.errors.pending = self.error_from_fault(&fault);
                    return ReturnTo::Rust(Err(Box::new(Fault::Thrown)));
                }
            }
            if special & OPERATOR != 0 {
                let caller = frame.sub(1);
                let operator = *(*caller).pc.sub(1);
                *(*caller).base.add(usize::from(operator.a())) = value;
            }
            if special & GENERATOR != 0 {
                self.end_generator(frame);
                if special & ENTRY == 0 {
                    self.stacks.pop(frame);
                    return ReturnTo::Loop;
                }
            }
            if special & ENTRY != 0 {
                self.stacks.pop(frame);
                return ReturnTo::Rust(Ok(value));
            }
            ReturnTo::Caller(value)
        }
    }

    pub(crate) fn name_of_callable(&mut self, callable: Value) -> Option<String> {
        // SAFETY: each kind is what it says.
        unsafe {
            match callable.kind()? {
                Kind::Function => {
                    let name = (*proto_of(callable)).name;
                    let name = self.heap.str(name);
                    (name != "<lambda>").then(|| name.to_string())
                }
                Kind::Native => {
                    let index = (*callable.as_pointer::<NativeObj>()).index as usize;
                    Some(self.code.natives[index].name.to_string())
                }
                Kind::BoundMethod => {
                    self.name_of_callable((*callable.as_pointer::<BoundMethodObj>()).method)
                }
                Kind::StructType => Some(self.heap.str(callable.struct_type().name).to_string()),
                _ => None,
            }
        }
    }

    pub(crate) fn arity_of_callable(&mut self, callable: Value) -> (usize, usize) {
        // SAFETY: each kind is what it says.
        unsafe {
            match callable.kind() {
                Some(Kind::Function) => arity_of(proto_of(callable)),
                Some(Kind::Native) => {
                    self.code.natives[(*callable.as_pointer::<NativeObj>()).index as usize].arity()
                }
                Some(Kind::BoundMethod) => {
                    let method = (*callable.as_pointer::<BoundMethodObj>()).method;
                    let (min, max) = self.arity_of_callable(method);
                    if method.is_kind(Kind::Native) {
                        (min.saturating_sub(1), max.saturating_sub(1))
                    } else {
                        (min, max)
                    }
                }
                _ => (0, usize::MAX),
            }
        }
    }

    /// The fault of a call that there is no room for.
    #[cold]
    pub(crate) fn no_room_for_call(&self) -> Box<Fault> {
        if self.stacks.is_limited() && self.has_machine_stack() {
            out_of_memory()
        } else {
            stack_overflow()
        }
    }
}

#[cold]
pub(crate) fn stack_overflow() -> Box<Fault> {
    Fault::new(ErrorKind::StackOverflow, "Stack overflow")
}
