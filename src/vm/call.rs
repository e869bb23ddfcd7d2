//! Calling: what a callee may be, how arguments are borrowed and given back, and
//! calls from Rust. The interpreter enters plain functions by itself and comes
//! here for everything else.

use super::interrupts::Doing;
use super::proto::Proto;
use super::stack::{BORROWS, ENTRY, Frame, REENTRY_WEIGHT};
use super::{Vm, interp};
use crate::bytecode::{ANY_NUMBER, Capture};
use crate::effects::Effects;
use crate::heap::object::*;
use crate::heap::types::Default as FieldDefault;
use crate::runtime::arith::out_of_memory;
use crate::runtime::messages;
use crate::runtime::{Args, ErrorKind, Fallible, Fault, MethodForm, NativeFn, type_name};
use crate::stdlib::{check_args, check_method_args};
use crate::value::Value;
use std::sync::atomic::Ordering;

/// The frame makes an instance: the result is its register 0.
pub const CONSTRUCTS: u32 = 4;

/// What became of a call that the interpreter handed over.
pub enum Outcome {
    /// It is done.
    Value(Value),
    /// A frame was pushed: go on there.
    Entered,
}

/// Who keeps which arguments: bit masks by argument.
#[derive(Clone, Copy, Default, Debug)]
pub struct Masks {
    pub kept: u8,
    pub exposed: u8,
    /// Those beyond the eighth are to be borrowed. Calls in code have lent them where
    /// that is needed.
    pub beyond: bool,
}

impl Masks {
    /// Arguments that come from Rust: somebody else owns them.
    pub const ALL: Masks = Masks {
        kept: 0xff,
        exposed: 0xff,
        beyond: true,
    };

    /// The masks of the same arguments with a receiver in front of them, which is kept
    /// and exposed, or neither.
    pub fn behind_receiver(self, kept: bool) -> Masks {
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
                    let masks = masks.behind_receiver(true);
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
                _ => Err(Fault::new(
                    ErrorKind::Type,
                    format!("{} is not callable", type_name(callee)),
                )),
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
            self.push_frame(proto, window.add(1))?;
            if (*proto).borrows(masks.kept, masks.exposed) != 0 || masks.beyond {
                self.borrow_args(nargs, masks);
            }
            Ok(())
        }
    }

    /// Enters a method whose receiver is in `window[1]`, with `nargs` arguments
    /// behind it. Mask bit 0 is the receiver.
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
            let behind = Masks {
                kept: masks.kept >> 1,
                exposed: masks.exposed >> 1,
                beyond: masks.beyond,
            };
            self.lay_out(proto, window.add(2), nargs, behind)?;
            self.push_frame(proto, window.add(1))?;
            if (*proto).borrows(masks.kept, masks.exposed) != 0 || masks.beyond {
                self.borrow_args(nargs + 1, masks);
            }
            Ok(())
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

    /// The arguments from `fixed` on as an array. Those that somebody keeps get a
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
                    // Those that no mask names are lent where somebody keeps them.
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

    /// The result of built-in `index` if its [`QuickFn`](crate::runtime::QuickFn)
    /// has one, else absent, with nothing done.
    ///
    /// # Safety
    /// The arguments are registers of the running frame.
    #[inline(always)]
    pub(crate) unsafe fn call_quickly(
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
            match native.quick {
                Some(quick) if native.takes(nargs) => {
                    quick(&mut self.heap, Args::new(args, nargs, kept))
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
        self.sample_point(Doing::Code);
        let result = self.run_builtin(native.function, native.effects, args);
        self.sample_point(Doing::Builtin(index));
        result
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

    /// Borrows the arguments that the caller of a built-in keeps, for as long as it
    /// may run code of the program.
    fn borrow_kept(&mut self, args: Args) {
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
            value.header().flags |= BORROWED;
            self.stacks.borrows.push(value.as_pointer());
        }
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
        let (method, quick) = match native.method {
            MethodForm::Mutating { method, quick } => (method, quick),
            // SAFETY: the caller's promise.
            _ => unsafe {
                // Methods that no cache has found have not been tried.
                let value = self.call_quickly(index, args, nargs, kept);
                if !value.is_absent() {
                    return Ok(value);
                }
                return self.call_native(index, args, nargs, kept);
            },
        };
        // SAFETY: the registers stay in place while the built-in runs.
        unsafe {
            let args = Args::new(args, nargs, kept & !1);
            if let Some(quick) = quick.or(native.quick)
                && native.takes(nargs)
                && args.get(0).header().flags & COPY_BEFORE_WRITE == 0
            {
                let value = quick(&mut self.heap, args);
                if !value.is_absent() {
                    return Ok(value);
                }
            }
            check_method_args(self, native, args)?;
            self.sample_point(Doing::Code);
            let effects = native.effects;
            args.set(0, self.unshared(args.get(0)));
            let result = self.run_builtin(method, effects, args);
            self.sample_point(Doing::Builtin(index));
            result
        }
    }

    /// `value`, or a copy of it if it must not be written in place.
    #[inline(always)]
    pub(crate) fn unshared(&mut self, value: Value) -> Value {
        if value.is_value_object() && value.header().flags & COPY_BEFORE_WRITE != 0 {
            self.copy_value(value)
        } else {
            value
        }
    }

    /// A shallow copy of a container or struct.
    #[inline(never)]
    pub(crate) fn copy_value(&mut self, value: Value) -> Value {
        match value.header().kind {
            Kind::Array => {
                // A copy is made to be written, often at its end.
                let extra = value.elements().len() / 8;
                self.heap.copy_array(value, extra)
            }
            Kind::Dict => self.heap.copy_dict(value),
            Kind::Struct => self.heap.copy_instance(value),
            Kind::Set => self.heap.copy_set(value),
            Kind::Queue | Kind::Stack => self.heap.copy_queue(value),
            _ => value,
        }
    }

    /// `Type(…)`.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    unsafe fn construct(
        &mut self,
        ty: Value,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<Outcome, Box<Fault>> {
        let info = ty.struct_type();
        let init = info.method(self.names.init);
        let Some(init) = init else {
            if nargs != 0 {
                let name = self.heap.str(info.name);
                let message = format!("{name} expects 0 arguments, got {nargs}");
                return Err(Fault::new(ErrorKind::Arity, message));
            }
            let instance = self.heap.new_instance(ty);
            self.fill_defaults(instance)?;
            self.check_complete(instance)?;
            return Ok(Outcome::Value(instance));
        };
        let instance = self.heap.new_instance(ty);
        // SAFETY: the registers above the window are free.
        unsafe {
            for i in (1..=nargs).rev() {
                *window.add(i + 1) = *window.add(i);
            }
            *window.add(1) = instance;
        }
        // SAFETY: as above.
        unsafe { self.fill_defaults_above(instance, window, nargs)? };
        let function = info.methods[init].function;
        let masks = masks.behind_receiver(false);
        // SAFETY: as above.
        unsafe {
            *window = function;
            self.enter_method(proto_of(function), window, nargs, masks)?;
            (*self.stacks.raw()).flags |= CONSTRUCTS;
        }
        Ok(Outcome::Entered)
    }

    /// [`Vm::fill_defaults`] for a window that has been filled: what is called for a
    /// default gets its own above it, also where the window is above the running
    /// frame's registers.
    ///
    /// # Safety
    /// As for [`Vm::call_window`]; the window holds the instance and the arguments.
    unsafe fn fill_defaults_above(
        &mut self,
        instance: Value,
        window: *mut Value,
        nargs: usize,
    ) -> Result<(), Box<Fault>> {
        let fields = &instance.instance_type().fields;
        let mut defaults = fields.iter().map(|field| &field.default);
        if !defaults.any(|default| matches!(default, FieldDefault::Call(_))) {
            return self.fill_defaults(instance);
        }
        let mut own = None;
        let proto = self.native_frame(nargs + 1, &mut own);
        // SAFETY: the window is above everything else that is live; the frame is taken
        // down before a proto of its own goes.
        unsafe {
            let frame = self.push_frame(proto, window.add(1))?;
            let result = self.fill_defaults(instance);
            self.stacks.pop(frame);
            result
        }
    }

    /// Gives absent fields of a new instance their defaults.
    pub(crate) fn fill_defaults(&mut self, instance: Value) -> Result<(), Box<Fault>> {
        let info = instance.instance_type();
        for (slot, field) in info.fields.iter().enumerate() {
            if !instance.instance_field(slot).is_absent() {
                continue;
            }
            let value = match field.default {
                FieldDefault::None => continue,
                FieldDefault::Value(value) => value,
                FieldDefault::Call(function) => self.call_value(function, &[])?,
            };
            self.heap.set_field(instance, slot, value);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn constructed_wrongly(&mut self, made: Value, init: Value) -> Box<Fault> {
        // SAFETY: `init` is a function.
        let name = unsafe { (*proto_of(init)).name };
        let name = self.heap.str(name);
        let got = type_name(made);
        let message = format!("{name} must leave in self an instance of its type; got {got}");
        Fault::new(ErrorKind::Type, message)
    }

    /// Whether `made`, which the type's own `init` has left as its `self`, is an
    /// instance of that type, and complete.
    ///
    /// # Errors
    /// If it is not: `init` may have assigned anything to `self`.
    pub(crate) fn check_constructed(&mut self, made: Value, init: Value) -> Result<(), Box<Fault>> {
        let is_own = matches!(made.kind(), Some(Kind::Struct | Kind::Object)) && {
            let info = made.instance_type();
            let method = info.method(self.names.init);
            method.is_some_and(|method| info.methods[method].function == init)
        };
        if !is_own {
            return Err(self.constructed_wrongly(made, init));
        }
        self.check_complete(made)
    }

    /// Throws if a field of a finished instance has no value.
    pub(crate) fn check_complete(&mut self, instance: Value) -> Result<(), Box<Fault>> {
        let info = instance.instance_type();
        for (slot, field) in info.fields[..info.visible].iter().enumerate() {
            if instance.instance_field(slot).is_absent() {
                let (ty, field) = (self.heap.str(info.name), self.heap.str(field.name));
                let message = format!("{ty} is missing field '{field}'");
                return Err(Fault::new(ErrorKind::Name, message));
            }
        }
        Ok(())
    }

    /// Calls any callable from Rust.
    #[inline]
    pub fn call_value(&mut self, callable: Value, args: &[Value]) -> Fallible {
        self.call_owned(callable, args, 0)
    }

    /// [`Vm::call_value`] where nobody else owns the arguments in the mask `given`.
    #[inline]
    pub fn call_owned(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        let outer = self.begin_call(callable);
        let result = self.call_declared(callable, args, given);
        self.end_declared(outer);
        result
    }

    #[inline]
    fn call_declared(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        if callable.is_kind(Kind::Function) {
            // SAFETY: a function has a proto.
            let proto = unsafe { proto_of(callable) };
            // A method's receiver is an argument here.
            // SAFETY: as above.
            let exact = unsafe { (*proto).max_args as usize + (*proto).is_method as usize };
            if exact == args.len() {
                return self.call_function(proto, callable, args, given);
            }
        }
        self.call_any(callable, args, given)
    }

    /// Calls a function with as many arguments as it takes.
    fn call_function(
        &mut self,
        proto: *const Proto,
        callable: Value,
        args: &[Value],
        given: u8,
    ) -> Fallible {
        // SAFETY: as in `call_any`.
        unsafe {
            let outer = self.stacks.running();
            let window = (*outer).base.add((*(*outer).proto).registers as usize + 1);
            let limit = self.stacks.frame_limit;
            let frame = outer.add(1);
            // The last of the frames that the call counts as.
            let last = frame.wrapping_add(REENTRY_WEIGHT - 1);
            let fits = window <= self.stacks.values_limit && self.has_machine_stack();
            if last >= self.stacks.call_limit.load(Ordering::Relaxed) || !fits {
                self.call_limit_reached(last, fits, Doing::Inside)?;
            }
            *window = callable;
            for (i, &arg) in args.iter().enumerate() {
                *window.add(1 + i) = arg;
            }
            (*frame).proto = proto;
            (*frame).pc = (*proto).code;
            (*frame).base = window.add(1);
            (*frame).flags = ENTRY;
            self.stacks.push(frame);
            if args.iter().any(|arg| arg.is_value_object()) {
                let masks = Masks {
                    kept: !given,
                    exposed: !given,
                    beyond: true,
                };
                self.borrow_args(args.len(), masks);
            }
            self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1));
            let result = match self.run_if_compiled(frame) {
                Some(result) => result,
                None => interp::run(self),
            };
            self.stacks.set_frame_limit(limit);
            result
        }
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

    #[inline(never)]
    fn call_any(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        // SAFETY: the window lies above the running frame's registers; the limit
        // is put back on every way out; a pushed frame is run to its end.
        unsafe {
            let outer = self.stacks.running();
            let window = (*outer).base.add((*(*outer).proto).registers as usize + 1);
            let limit = self.stacks.frame_limit;
            self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1));
            if outer.add(1) >= self.stacks.frame_limit
                || window.wrapping_add(args.len()) > self.stacks.values_limit
                || !self.has_machine_stack()
            {
                self.stacks.set_frame_limit(limit);
                return Err(self.no_room_for_call());
            }
            *window = callable;
            for (i, &arg) in args.iter().enumerate() {
                *window.add(1 + i) = arg;
            }
            let result = if callable.is_kind(Kind::Native) {
                // The frame keeps what the built-in calls clear of its arguments.
                let mut own = None;
                let proto = self.native_frame(args.len(), &mut own);
                self.push_frame(proto, window.add(1)).and_then(|frame| {
                    let index = (*callable.as_pointer::<NativeObj>()).index as usize;
                    let result = self.call_native(index, window.add(1), args.len(), 0xff);
                    self.stacks.pop(frame);
                    result
                })
            } else {
                let masks = Masks {
                    kept: !given,
                    exposed: !given,
                    beyond: true,
                };
                match self.call_window(window, args.len(), masks) {
                    Ok(Outcome::Value(value)) => Ok(value),
                    Ok(Outcome::Entered) => {
                        (*self.stacks.raw()).flags |= ENTRY;
                        let result = interp::run(self);
                        debug_assert!(self.stacks.raw() == outer);
                        result
                    }
                    Err(fault) => Err(fault),
                }
            };
            self.stacks.set_frame_limit(limit);
            result
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

    /// Runs loaded function `number` (a script) from the outermost level.
    ///
    /// # Errors
    /// What the script did not catch; the error value is in [`Vm::take_error`].
    pub fn run_script(&mut self, number: u32) -> Fallible {
        // SAFETY: protos live as long as the machine.
        let script = unsafe { (*self.code.protos[number as usize]).value };
        let result = self.with_stack_roots(|vm| vm.call_value(script, &[]));
        // Faults that did not pass through a frame (no frame could be pushed).
        result.map_err(|fault| match *fault {
            Fault::Error { .. } => {
                self.errors.pending = self.error_from_fault(&fault);
                Box::new(Fault::Thrown)
            }
            _ => fault,
        })
    }

    /// The error that a `Fault::Thrown` stood for.
    pub fn take_error(&mut self) -> Value {
        std::mem::replace(&mut self.errors.pending, Value::NULL)
    }

    /// Makes a closure of `proto` over the frame at `base`.
    ///
    /// # Safety
    /// `base` is the running frame's base, whose slot below holds its function if
    /// that has captures.
    pub(crate) unsafe fn close(&mut self, proto: *mut Proto, base: *mut Value) -> Value {
        // SAFETY: captures name registers and captures of the running frame.
        unsafe {
            let captures = &(*proto).captures;
            let count = captures.len();
            let size = size_of::<FunctionObj>() + 8 * count;
            let object: *mut FunctionObj = self
                .heap
                .allocate(Kind::Function, 0, count as u32, size)
                .cast();
            (*object).proto = proto.cast();
            for (i, capture) in captures.iter().enumerate() {
                let value = match *capture {
                    Capture::Register { register, share } => {
                        let value = *base.add(register as usize);
                        if share {
                            value.share();
                        }
                        value
                    }
                    Capture::Outer(index) => {
                        let outer: *mut FunctionObj = (*base.sub(1)).as_pointer();
                        let value = *trailing(outer, index as usize);
                        value.share();
                        value
                    }
                };
                trailing(object, i).write(value);
            }
            Value::pointer(object)
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
}

#[cold]
pub(crate) fn stack_overflow() -> Box<Fault> {
    Fault::new(ErrorKind::StackOverflow, "Stack overflow")
}
