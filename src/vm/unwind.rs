//! From a fault to a handler: makes the `Error` value with its position and
//! stack, and takes frames down until a handler table entry fits or the frame
//! that Rust entered is reached.

use super::proto::Proto;
use super::roots::STALE;
use super::stack::{BORROWS, ENTRY, Frame, GENERATOR, NATIVE_ENTRY};
use super::{Vm, error_slot};
use crate::bytecode::op::ReceiverPlace;
use crate::bytecode::{Instr, Op};
use crate::heap::object::Kind;
use crate::runtime::{ErrorKind, Fallible, Fault, text};
use crate::value::Value;

/// Most entries of `e.stack`; the middle of longer ones is left out.
const MAX_STACK: usize = 2000;

/// One level of an error's stack, as reports show it.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    pub function: String,
    pub source: u32,
    /// Byte offset in that source.
    pub position: u32,
}

/// Represents an `await` in traces, between the frames of two tasks.
const AWAIT: Value = Value::int(-1);

/// Places of errors that the machine keeps in mind.
const ERROR_PLACES: usize = 16;

/// Where an error came from: proto and instruction, and what that is in the source.
#[derive(Clone, Copy)]
struct ErrorPlace {
    at: (u32, u32),
    line_and_column: (u32, u32),
}

impl ErrorPlace {
    /// No place.
    const NONE: ErrorPlace = ErrorPlace {
        at: (u32::MAX, u32::MAX),
        line_and_column: (0, 0),
    };
}

/// Errors on their way, and where they came from.
pub(crate) struct Errors {
    /// The error on its way while a [`Fault::Thrown`] travels.
    pub pending: Value,
    /// The type `Error`.
    pub ty: Value,
    /// Errors are made that no frames have led to.
    pub without_frames: bool,
    places: [ErrorPlace; ERROR_PLACES],
}

impl Errors {
    pub fn new() -> Errors {
        Errors {
            pending: Value::NULL,
            ty: Value::NULL,
            without_frames: false,
            places: [ErrorPlace::NONE; ERROR_PLACES],
        }
    }
}

impl Vm {
    /// Takes the fault to its handler: the frame, ready to go on there; or the
    /// fault again when the frame entered from Rust has been left.
    ///
    /// # Safety
    /// The running frame's `pc` is saved, after the instruction at fault.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn unwind(&mut self, fault: Box<Fault>) -> Result<*mut Frame, Box<Fault>> {
        let mut fault = fault;
        if let Fault::Error { .. } = *fault {
            self.errors.pending = self.error_from_fault(&fault);
            fault = Box::new(Fault::Thrown);
        }
        if let Fault::Waiting = *fault {
            // SAFETY: the caller's promise.
            return unsafe { self.leave_waiting(fault) };
        }
        let catchable = matches!(*fault, Fault::Thrown) && !self.heap.is_exhausted();
        let thrower = self.stacks.running();
        // SAFETY: frames from the running one down to the one entered from Rust
        // are live; handler registers are registers of their frames.
        unsafe {
            loop {
                let frame = self.stacks.raw();
                let proto = (*frame).proto;
                let at = (*proto).index_before((*frame).pc) as u32;
                self.lent.take_back(frame);
                if catchable {
                    let handler = (*proto)
                        .handlers
                        .iter()
                        .find(|h| h.start <= at && at < h.end);
                    if let Some(handler) = handler {
                        let error = std::mem::replace(&mut self.errors.pending, Value::NULL);
                        *(*frame).base.add(handler.register as usize) = error;
                        (*frame).pc = (*proto).code.add(handler.target as usize);
                        self.give_back_above(frame, thrower);
                        if self.heap.is_limited() && !handler.cleanup {
                            let top = (*proto).registers as usize + STALE;
                            self.forget(handler.register as usize + 1, top);
                        }
                        return Ok(frame);
                    }
                }
                if (*frame).flags & BORROWS != 0 {
                    self.release_borrows((*frame).borrow_height);
                }
                if (*frame).flags & GENERATOR != 0 {
                    self.end_generator(frame);
                }
                let special = (*frame).flags;
                self.stacks.pop(frame);
                if special & ENTRY != 0 {
                    self.give_back_above(frame.sub(1), thrower);
                    return Err(fault);
                }
                if (*proto).is_mutating() {
                    write_back(frame.sub(1));
                }
                if special & NATIVE_ENTRY != 0 {
                    self.give_back_above(frame.sub(1), thrower);
                    return Err(fault);
                }
            }
        }
    }

    /// Takes frames of a task that waits down; they have been put aside. Its lowest frame goes
    /// on where the call gives the promise.
    ///
    /// # Safety
    /// As for [`Vm::unwind`].
    unsafe fn leave_waiting(&mut self, fault: Box<Fault>) -> Result<*mut Frame, Box<Fault>> {
        // SAFETY: the frames are live, and nothing of them is read any more.
        unsafe {
            loop {
                let frame = self.stacks.raw();
                if self.land(frame) {
                    return Ok(frame);
                }
                let special = (*frame).flags;
                self.stacks.pop(frame);
                if special & (ENTRY | NATIVE_ENTRY) != 0 {
                    return Err(fault);
                }
            }
        }
    }

    /// Gives memory of the stacks back, if there is much between a frame and the one that
    /// has thrown.
    ///
    /// # Safety
    /// `frame` is the running one, and those above it are dead.
    unsafe fn give_back_above(&mut self, frame: *mut Frame, thrower: *mut Frame) {
        const MANY: usize = 1 << 14;
        // SAFETY: the caller's promise. Handlers read nothing above the registers of
        // their frame, and callers nothing above arguments of a call in the making.
        unsafe {
            if thrower.offset_from(frame) < MANY as isize {
                return;
            }
            let top = |frame: *mut Frame| {
                let registers = (*(*frame).proto).registers as usize;
                (*frame).base.wrapping_add(registers + STALE)
            };
            let values = top(frame)..top(thrower);
            self.stacks.release(frame.add(1)..thrower.add(1), values);
        }
    }

    /// Empties registers of the running frame: those of the guarded block, which
    /// nothing reads any more, but the collector does.
    ///
    /// # Safety
    /// The registers are above those that the handler's code may read.
    unsafe fn forget(&mut self, from: usize, to: usize) {
        // SAFETY: the stack has room for a frame's registers and more.
        unsafe {
            let base = (*self.stacks.raw()).base;
            let end = base.add(to).min(self.stacks.values_end);
            let mut at = base.add(from);
            while at < end {
                *at = Value::NULL;
                at = at.add(1);
            }
        }
    }

    /// The error that a `Fault::Thrown` stood for.
    pub fn take_error(&mut self) -> Value {
        std::mem::replace(&mut self.errors.pending, Value::NULL)
    }

    /// The error value for a fault of the engine or a built-in, placed where the
    /// running frames are.
    pub(crate) fn error_from_fault(&mut self, fault: &Fault) -> Value {
        let (kind, message, hint) = match fault {
            Fault::Error {
                kind,
                message,
                hint,
            } => (*kind, message.as_str(), hint.as_deref()),
            other => (ErrorKind::Thrown, &*other.to_string(), None),
        };
        let message = self.heap.new_string(message);
        let error = self.make_error(kind, message, message);
        if let Some(hint) = hint {
            let hint = self.heap.new_string(hint);
            self.heap.set_field(error, error_slot::HINT, hint);
        }
        error
    }

    /// The error value of `throw value`: an error goes on as it is.
    pub(crate) fn make_thrown(&mut self, value: Value) -> Fallible {
        if self.is_error(value) {
            return Ok(value);
        }
        let message = if value.is_string() {
            value
        } else {
            let own = self
                .own_field(value, self.names.message)
                .filter(|m| m.is_string());
            match own {
                Some(message) => message,
                None => text::to_string_value(self, value)?,
            }
        };
        value.share();
        let error = self.make_error(ErrorKind::Thrown, message, value);
        if let Some(cause) = self.own_field(value, self.names.cause) {
            cause.share();
            self.heap.set_field(error, error_slot::CAUSE, cause);
        }
        Ok(error)
    }

    /// `throw value from cause`: the error gets that cause, in a copy of one that has
    /// been thrown before.
    pub(crate) fn throw_from(&mut self, value: Value, cause: Value) -> Box<Fault> {
        let error = match self.make_thrown(value) {
            Ok(error) => error,
            Err(fault) => return fault,
        };
        let error = if error == value {
            self.heap.copy_instance(error)
        } else {
            error
        };
        cause.share();
        self.heap.set_field(error, error_slot::CAUSE, cause);
        self.errors.pending = error;
        Box::new(Fault::Thrown)
    }

    /// The value of a field that errors have too, in a thrown struct or class instance.
    fn own_field(&self, value: Value, name: Value) -> Option<Value> {
        if !matches!(value.kind(), Some(Kind::Struct | Kind::Object)) {
            return None;
        }
        let slot = value.instance_type().field(name)?;
        Some(value.instance_field(slot)).filter(|held| !held.is_absent())
    }

    fn make_error(&mut self, kind: ErrorKind, message: Value, value: Value) -> Value {
        self.counters.errors_thrown += 1;
        let error = self.heap.new_instance(self.errors.ty);
        let heap = &mut self.heap;
        heap.set_field(error, error_slot::MESSAGE, message);
        heap.set_field(error, error_slot::VALUE, value);
        heap.set_field(error, error_slot::CAUSE, Value::NULL);
        heap.set_field(error, error_slot::LINE, Value::ZERO);
        heap.set_field(error, error_slot::COLUMN, Value::ZERO);
        let kind = heap.intern_static(kind.text());
        heap.set_field(error, error_slot::KIND, kind);
        let trace = match self.errors.without_frames {
            false => self.record_frames(),
            true => self.heap.new_array(0),
        };
        self.heap.set_field(error, error_slot::TRACE, trace);
        self.set_place(error, trace);
        error
    }

    /// Gives an error the place of the innermost frame of a trace.
    pub(super) fn set_place(&mut self, error: Value, trace: Value) {
        if let [proto, at, ..] = trace.elements() {
            let (line, column) = self.line_of(proto.as_int() as usize, at.as_int() as usize);
            let heap = &mut self.heap;
            heap.set_field(error, error_slot::LINE, Value::int(line as i64));
            heap.set_field(error, error_slot::COLUMN, Value::int(column as i64));
        }
    }

    /// The trace of an error that has passed an `await`: `frames` are those that awaited it.
    pub(super) fn awaited_trace(&mut self, before: Value, frames: Value) -> Value {
        let (old, new) = (before.elements(), frames.elements());
        if new.is_empty() || old.len() + new.len() > 2 * MAX_STACK {
            return before;
        }
        let trace = self.heap.new_array(old.len() + 2 + new.len());
        let mark = [AWAIT, Value::ZERO];
        for &value in old.iter().chain(&mark).chain(new) {
            // There is room: nothing is allocated.
            let pushed = self.heap.array_push(trace, value);
            debug_assert!(pushed.is_ok());
        }
        trace
    }

    /// How many frames the running code has been called by in its own task, with its own.
    fn frames_of_task(&self) -> usize {
        // SAFETY: frames between the bottom and the running one are live.
        unsafe {
            let running = self.stacks.running();
            let depth = running.offset_from(self.stacks.frames) as usize;
            if !self.tasks.any_async {
                return depth;
            }
            let is_lowest = |&i: &usize| (*(*running.sub(i)).proto).is_async();
            (0..depth).find(is_lowest).map_or(depth, |i| i + 1)
        }
    }

    /// The running frames, innermost first: proto and instruction number of each.
    /// Nothing else is made of them here, for most errors are caught and forgotten.
    pub(super) fn record_frames(&mut self) -> Value {
        let depth = self.frames_of_task();
        // SAFETY: frames between the bottom and the running one are live; the array has
        // room for two words of each that is recorded.
        unsafe {
            let running = self.stacks.running();
            let trace = self.heap.new_array(2 * depth.min(MAX_STACK));
            let array = trace.array();
            let mut to = array.ptr;
            let mut i = 0;
            while i < depth {
                if depth > MAX_STACK && i == MAX_STACK / 2 {
                    i = depth - MAX_STACK / 2;
                }
                let frame = running.sub(i);
                let proto = (*frame).proto;
                if !(*proto).is_native() {
                    let at = (*proto).index_before((*frame).pc);
                    to.write(Value::int((*proto).index as i64));
                    to.add(1).write(Value::int(at as i64));
                    to = to.add(2);
                }
                i += 1;
            }
            (*array.ptr()).len = to.offset_from(array.ptr) as u32;
            trace
        }
    }

    /// The field `stack` of an error, made of its trace now that it is read: names,
    /// outermost first, without the script.
    pub(super) fn stack_of(&mut self, error: Value) -> Value {
        let trace = error.instance_field(error_slot::TRACE);
        let stack = self.heap.new_array(trace.elements().len() / 2);
        let array = stack.array();
        for frame in trace.elements().rchunks_exact(2) {
            // SAFETY: numbers in traces are numbers of loaded protos; the array has room
            // for a name of each frame.
            unsafe {
                let name = match frame[0] {
                    AWAIT => self.names.awaits,
                    number => (*self.code.protos[number.as_int() as usize]).name,
                };
                if name != self.names.script {
                    array.ptr.add(array.len as usize).write(name);
                    (*array.ptr()).len += 1;
                }
            }
        }
        self.heap.set_field(error, error_slot::STACK, stack);
        stack
    }

    fn position_of(&self, proto: usize, at: usize) -> (u32, u32) {
        // SAFETY: numbers in traces are numbers of loaded protos.
        let proto: &Proto = unsafe { &*self.code.protos[proto] };
        (
            proto.source,
            proto.positions.get(at).copied().unwrap_or(proto.position),
        )
    }

    /// Line and column of an instruction. Errors tend to come from a few places.
    fn line_of(&mut self, proto: usize, at: usize) -> (u32, u32) {
        let slot = (proto ^ at) % ERROR_PLACES;
        let known = &self.errors.places[slot];
        if known.at == (proto as u32, at as u32) {
            return known.line_and_column;
        }
        let (source, position) = self.position_of(proto, at);
        let place = self.code.sources[source as usize].file.position(position);
        let line_and_column = (place.line, place.column);
        self.errors.places[slot] = ErrorPlace {
            at: (proto as u32, at as u32),
            line_and_column,
        };
        line_and_column
    }

    /// Names that may have been meant where the error was thrown: variables of its
    /// function, globals.
    pub fn names_near(&mut self, error: Value) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if self.is_error(error)
            && let [proto, ..] = error.instance_field(error_slot::TRACE).elements()
        {
            // SAFETY: numbers in traces are numbers of loaded protos.
            let proto: &Proto = unsafe { &*self.code.protos[proto.as_int() as usize] };
            names.extend(proto.locals.iter().map(|local| local.name.to_string()));
        }
        for i in 0..self.globals.names.len() {
            names.push(self.heap.str(self.globals.names[i]).to_string());
        }
        names
    }

    /// The stack of an uncaught error for a report, innermost first.
    pub fn trace_of(&mut self, error: Value) -> Vec<TraceEntry> {
        let mut entries = Vec::new();
        if !self.is_error(error) {
            return entries;
        }
        let trace = error.instance_field(error_slot::TRACE);
        let pairs: Vec<(Value, Value)> = (trace.elements().chunks_exact(2))
            .map(|pair| (pair[0], pair[1]))
            .collect();
        for (i, &pair) in pairs.iter().enumerate() {
            // An await is where the frame after it is.
            let is_await = pair.0 == AWAIT;
            let Some(&(proto, at)) = pairs.get(i + usize::from(is_await)) else {
                continue;
            };
            let (proto, at) = (proto.as_int() as usize, at.as_int() as usize);
            let (source, position) = self.position_of(proto, at);
            let name = match is_await {
                true => self.names.awaits,
                // SAFETY: as in `position_of`.
                false => unsafe { (*self.code.protos[proto]).name },
            };
            let function = self.heap.str(name).to_string();
            entries.push(TraceEntry {
                function,
                source,
                position,
            });
        }
        entries
    }
}

/// A mutating method of a local variable has thrown: the variable takes what the
/// receiver has become, as the instruction after the call says.
///
/// # Safety
/// `frame` is the frame whose call is being left.
pub(crate) unsafe fn write_back(frame: *mut Frame) {
    // SAFETY: `pc` is after the call; registers are the frame's.
    unsafe {
        let proto = (*frame).proto;
        let pc = (*frame).pc;
        let at = pc.offset_from((*proto).code) as usize;
        if at < 2 || at >= (*proto).code_len {
            return;
        }
        // Calls of methods are followed by their cache word.
        let call: Instr = *pc.sub(2);
        let on_variable = call.0 as u8 == Op::CallMethodPlace as u8
            || (call.0 as u8 == Op::CallMethodSpread as u8
                && call.b() == ReceiverPlace::Variable as u16);
        if on_variable {
            let next = *pc;
            if next.0 as u8 == Op::Move as u8 {
                let base = (*frame).base;
                *base.add(next.a() as usize) = *base.add(next.b() as usize);
            }
        }
    }
}
