//! What instructions do beyond their fast paths and is not a subject of its own:
//! calls of methods found by name, returning from special frames, texts,
//! literals. Called by the bytecode loop only.

use crate::bytecode::Instr;
use crate::bytecode::op::{ReceiverPlace, SEEN_OTHER, SEEN_OVERFLOW};
use crate::heap::object::*;
use crate::runtime::arith::{self, BinaryOp, out_of_memory};
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::{ErrorKind, Fallible, Fault, ops, repr, sequence, tags, text, type_name};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::cache::note_run;
use crate::vm::call::{CONSTRUCTS, Masks, Outcome, proto_of};
use crate::vm::fields::{CHANGES, Method, NATIVE, NUMBER, immutable};
use crate::vm::index::a_type;
use crate::vm::method_cache::kind_code;
use crate::vm::stack::{BORROWS, ENTRY, Frame, GENERATOR};

/// Where a return from a special frame leads.
pub(crate) enum ReturnTo {
    /// To the calling frame, with this result.
    Caller(Value),
    /// To the calling frame, which goes on behind its loop.
    Loop,
    /// Out of the interpreter.
    Rust(Fallible),
    /// The frame is gone and its caller throws.
    Fault(Box<Fault>),
}

/// `Lend`: what is to be given back.
#[inline]
pub(crate) fn lent(value: Value) -> Value {
    if value.lend() { value } else { Value::NULL }
}

/// `GiveBack`, for the register at `place` with `parts` behind it.
///
/// # Safety
/// The registers are initialised.
#[inline]
pub(crate) unsafe fn give_back(place: *mut Value, parts: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let lent = *place;
        if !lent.is_null() && !(1..=parts).any(|i| (*place.add(i)).is_value_object()) {
            lent.give_back();
            *place = Value::NULL;
        }
    }
}

impl Vm {
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
                if word != 0 {
                    *cache = word;
                }
            }
            let target = (word >> 32) as u32;
            let mutating = target & CHANGES != 0;
            let method = if word as u32 != code {
                let (method, word) = self.find_method(receiver, name)?;
                if word != 0 {
                    *cache = word;
                }
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

    /// Goes on at the write-back of a place after its built-in method, if the receiver
    /// was replaced or code of the program may have put something else there, which is
    /// overwritten.
    ///
    /// # Safety
    /// The running frame's `pc` is behind the call, at the jump past the write-back.
    unsafe fn after_native(&mut self, index: usize, replaced: bool) {
        if replaced || self.code.natives[index].effects.runs_code() {
            // SAFETY: the caller's promise.
            unsafe {
                let frame = self.stacks.raw();
                (*frame).pc = (*frame).pc.add(1);
            }
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

    unsafe fn spread_args(&mut self, args: Value, to: *mut Value) -> Result<usize, Box<Fault>> {
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

    /// `CallNative`.
    ///
    /// # Safety
    /// As for [`Vm::call_native`].
    #[inline(always)]
    pub(crate) unsafe fn call_builtin(
        &mut self,
        index: usize,
        args: *mut Value,
        nargs: usize,
        kept: u8,
    ) -> Fallible {
        // SAFETY: the caller's promise.
        unsafe { self.call_native(index, args, nargs, kept) }
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
        let (method, word) = self.find_method(receiver, name)?;
        if word != 0 {
            *cache = word;
        }
        Ok(method.mutating())
    }

    /// `FieldMut` past its cache, which it fills.
    #[inline(never)]
    pub(crate) fn field_mut_cached(
        &mut self,
        object: Value,
        name: Value,
        flags: u8,
        cache: &mut u64,
    ) -> Result<(Value, Value), Box<Fault>> {
        note_run(cache);
        let (parent, child) = self.field_mut(object, name, flags)?;
        if !child.is_kind(Kind::BoundMethod) {
            // Reading fills the cache with the same slot.
            self.get_field(parent, name, flags, cache)?;
        }
        Ok((parent, child))
    }

    /// # Safety
    /// `pc` is behind the running instruction.
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
        if a.is_string() && b.is_string() {
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
        let mut joined = std::mem::take(&mut self.text_buffer);
        joined.clear();
        let height = self.stacks.borrows.len();
        let result = self.append_texts(&mut joined, parts);
        self.release_borrows(height as u32);
        result?;
        arith::check_room(self, joined.len())?;
        let value = self.heap.new_string(&joined);
        if joined.capacity() < 1 << 16 {
            self.text_buffer = joined;
        }
        Ok(value)
    }

    fn append_texts(&mut self, joined: &mut String, parts: &[Value]) -> Result<(), Box<Fault>> {
        let mut runs_code = false;
        for (i, &part) in parts.iter().enumerate() {
            if part.is_string() {
                joined.push_str(self.heap.str(part));
            } else {
                if part.is_pointer() && !std::mem::replace(&mut runs_code, true) {
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

    /// `Closure`: every evaluation makes a function of its own.
    ///
    /// # Safety
    /// `base` is the running frame's.
    pub(crate) unsafe fn make_closure(&mut self, function: Value, base: *mut Value) -> Value {
        // SAFETY: the constant is a function, or the number of one with captures.
        let proto = unsafe {
            if function.is_int() {
                self.code.protos[function.as_int() as usize]
            } else {
                proto_of(function)
            }
        };
        // SAFETY: the caller's promise.
        unsafe { self.close(proto, base) }
    }

    /// `MakeType`; a type without captures is a constant already.
    ///
    /// # Safety
    /// `base` is the running frame's.
    pub(crate) unsafe fn make_type_or_constant(
        &mut self,
        template: Value,
        base: *mut Value,
    ) -> Value {
        if !template.is_int() {
            return template;
        }
        // SAFETY: the caller's promise.
        unsafe { self.make_type(template.as_int() as usize, base) }
    }

    #[cold]
    pub(crate) fn undefined(&mut self, name: Value) -> Box<Fault> {
        let name = self.heap.str(name);
        Fault::new(ErrorKind::Name, format!("Undefined variable: {name}"))
    }

    /// `GetDynamic`: a name that no text declares.
    #[cold]
    pub(crate) fn get_dynamic(&mut self, name: Value) -> Fallible {
        let text = self.heap.str(name);
        if let Some(index) = crate::stdlib::function(text) {
            return Ok(self.code.native_values[index as usize]);
        }
        Err(self.undefined(name))
    }

    /// `e?`: the payload, or `None` to return the value from the function.
    pub(crate) fn unwrap(
        &mut self,
        value: Value,
        share: bool,
    ) -> Result<Option<Value>, Box<Fault>> {
        if value.is_kind(Kind::Tagged) {
            match value.header().aux {
                tags::OK | tags::SOME => {
                    let payload = value.tagged_parts()[0];
                    if share || value.header().flags & COPY_BEFORE_WRITE != 0 {
                        payload.share();
                    }
                    return Ok(Some(payload));
                }
                tags::ERR | tags::NONE => return Ok(None),
                _ => {}
            }
        }
        let message = format!(
            "The ? operator expects a Result or Option; got {}",
            type_name(value)
        );
        Err(Fault::new(ErrorKind::Type, message))
    }

    pub(crate) fn array_append(&mut self, array: Value, parts: &[Value]) -> Result<(), Box<Fault>> {
        for &part in parts {
            self.heap
                .array_push(array, part)
                .map_err(|_| super::super::fields::too_many())?;
        }
        Ok(())
    }

    /// `ArrayExtend`: a spread in an array literal or argument list.
    pub(crate) fn array_extend(&mut self, array: Value, more: Value) -> Result<(), Box<Fault>> {
        if !sequence::is_sequence(more) {
            let message = format!("Cannot spread {}", a_type(more));
            return Err(Fault::new(ErrorKind::Type, message));
        }
        let owned = more.gives_owned();
        let mut at = 0;
        while let Some(element) = sequence::next_of(self, more, &mut at)? {
            if !owned {
                element.share();
            }
            arith::check_room(self, 8)?;
            self.heap
                .array_push(array, element)
                .map_err(|_| super::super::fields::too_many())?;
        }
        Ok(())
    }

    /// `DictMerge`: a spread in a dict literal.
    pub(crate) fn dict_merge(&mut self, dict: Value, more: Value) -> Result<(), Box<Fault>> {
        if !more.is_kind(Kind::Dict) {
            let message = format!("Cannot spread {} into a dict", a_type(more));
            return Err(Fault::new(ErrorKind::Type, message));
        }
        self.heap
            .dict_merge(dict, more)
            .map_err(|_| super::super::fields::too_many())
    }

    #[cold]
    pub(crate) fn mismatch(&mut self, value: Value, pattern: Value) -> Box<Fault> {
        let shown = repr::repr_short(self, value);
        let pattern = self.heap.str(pattern);
        Fault::new(
            ErrorKind::Type,
            format!("Cannot destructure {shown} as {pattern}"),
        )
    }

    /// A safepoint after a collection that left more than the heap's limit: the
    /// fault, unless what was too much is garbage by now.
    #[cold]
    pub(crate) fn out_of_memory(&mut self) -> Option<Box<Fault>> {
        let refused = std::mem::take(&mut self.heap.refused);
        self.heap.collect();
        let over_limit = std::mem::take(&mut self.heap.over_limit);
        (over_limit || refused).then(out_of_memory)
    }
}

/// Notes in the instruction's flags what its fast path does not do.
///
/// # Safety
/// `pc` is behind an instruction of the running code.
unsafe fn note(a: Value, b: Value, pc: *const Instr) {
    let seen = if Value::both_int(a, b) {
        SEEN_OVERFLOW
    } else {
        SEEN_OTHER
    };
    // SAFETY: code is the machine's own writable memory.
    unsafe { (*(pc.sub(1) as *mut Instr)).0 |= (seen as u64) << 8 };
}

/// The next int of a range whose step is not 1, or which is an array.
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
    // SAFETY: the caller's promise.
    unsafe {
        if step.is_absent() {
            let index = end.as_int();
            let element = *at.elements().get(index as usize)?;
            *state.add(1) = Value::int(index + 1);
            return Some(element);
        }
        let (i, stop, by) = (at.as_int(), end.as_int(), step.as_int());
        if if by > 0 { i >= stop } else { i <= stop } {
            return None;
        }
        *state = Value::try_int(i + by).unwrap_or(end);
        Some(at)
    }
}

/// `TestType`.
pub(crate) fn is_instance(value: Value, ty: Value) -> Result<bool, Box<Fault>> {
    if !ty.is_kind(Kind::StructType) {
        let message = format!("{} is not a struct type", type_name(ty));
        return Err(Fault::new(ErrorKind::Type, message));
    }
    Ok(matches!(value.kind(), Some(Kind::Struct | Kind::Object))
        && std::ptr::eq(value.instance_type(), ty.struct_type()))
}

/// `GetPart`: part `index` of a tagged value or array, tested before.
#[inline]
pub(crate) fn part(value: Value, index: usize) -> Value {
    if value.is_kind(Kind::Tagged) {
        value.tagged_parts()[index]
    } else {
        value.elements()[index]
    }
}
