//! A function as the machine runs it: code and constants as raw memory that
//! frames point into. Made once from a [`FunctionCode`] when a unit is loaded
//! and kept until the machine goes; never moved.

use crate::bytecode::{ANY_NUMBER, Capture, FunctionCode, Handler, Instr, LocalName, LoopHead, Op};
use crate::value::Value;

/// Facts the call path tests, as bits of [`Proto::flags`].
pub const MUTATING: u8 = 1;
/// Has no way to look at a variable outside itself.
pub const ISOLATED: u8 = 2;
/// Has no way to look into class instances either.
pub const BLIND: u8 = 4;
/// A call starts a task.
pub const ASYNC: u8 = 8;

/// Entry points of a function's code, by bytecode index and in order.
pub(crate) type Entries = Box<[(u32, *const u8)]>;

/// The optimised code of a function, beside the baseline's: by the word where a frame comes
/// in.
#[derive(Default, Debug)]
pub(crate) struct OptimizedCode {
    /// Frames that the interpreter has made or runs.
    pub outer: Vec<(u32, *const u8)>,
    /// Frames that the baseline's code runs.
    pub inner: Vec<(u32, *const u8)>,
}

/// The current version of a function's compiled code.
#[derive(Debug)]
pub(crate) struct NativeCode {
    pub len: u32,
    /// Where compiled code calls it.
    pub entry: *const u8,
    /// Where the interpreter enters a frame it has made.
    pub framed: *const u8,
    /// Where a frame without machine stack is entered in its middle: at loop headers
    /// and after a `yield`.
    pub outer: Entries,
    /// Where a frame goes on that has been entered: at loop headers and handlers.
    pub inner: Entries,
}

/// The entry point at a bytecode index.
pub(crate) fn find_entry(entries: &[(u32, *const u8)], at: usize) -> Option<*const u8> {
    let found = entries.binary_search_by_key(&(at as u32), |entry| entry.0);
    found.ok().map(|i| entries[i].1)
}

#[repr(C)]
pub struct Proto {
    /// Inline caches and feedback lie in the code, so it is written while it runs.
    pub code: *mut Instr,
    pub consts: *const Value,
    /// Where compiled code calls the function: its own compiled code, or what has
    /// it interpreted. Null until the machine compiles anything.
    pub entry: *const u8,
    /// Calls and rounds of loops left until the function is compiled; below zero
    /// the interpreter asks at each of them ([`super::native`]).
    pub heat: i32,
    /// Calls and rounds of loops in compiled code until that asks for better code.
    pub warmth: i32,
    pub registers: u32,
    pub max_args: u16,
    pub min_args: u16,
    /// A method takes `self` besides its arguments.
    pub is_method: bool,
    pub owned_params: u8,
    /// Whether it writes no argument and lets none escape, so that none has to be
    /// borrowed for it.
    pub borrows_nothing: bool,
    /// The argument count with which a plain call may enter directly; none for
    /// methods and functions that take any number.
    pub exact_args: u32,
    pub flags: u8,
    /// Whether a caller has to supply a closure (it has captures).
    pub has_captures: bool,
    /// Its number in the machine's table.
    pub index: u32,
    /// Which loaded source it comes from.
    pub source: u32,
    pub code_len: usize,
    pub consts_len: usize,
    pub handlers: Box<[Handler]>,
    pub captures: Box<[Capture]>,
    pub positions: Box<[u32]>,
    pub locals: Box<[LocalName]>,
    pub heads: Box<[LoopHead]>,
    pub name: Value,
    /// The function as a value, if it has no captures; else absent.
    pub value: Value,
    pub position: u32,
    /// Parameters (without `self`) before one that takes all further arguments.
    pub fixed_args: u16,
    pub(crate) native: Option<Box<NativeCode>>,
    pub(crate) optimized: Option<Box<OptimizedCode>>,
}

impl Proto {
    /// # Panics
    /// If the code is empty.
    pub fn new(function: &FunctionCode, source: u32, index: u32) -> Proto {
        assert!(
            !function.code.is_empty(),
            "a function has at least a return"
        );
        let code = Box::into_raw(function.code.clone().into_boxed_slice());
        Proto {
            code: code.cast(),
            consts: std::ptr::null(),
            entry: std::ptr::null(),
            heat: i32::MAX,
            warmth: i32::MAX,
            registers: function.registers as u32,
            max_args: function.max_args,
            min_args: function.min_args,
            fixed_args: match function.max_args {
                ANY_NUMBER => function.params.len() as u16 - 1 - u16::from(function.is_method),
                most => most,
            },
            is_method: function.is_method,
            owned_params: function.owned_params,
            borrows_nothing: function.isolated
                && !function.writes_instances
                && function.owned_params == 0,
            exact_args: if function.is_method || function.max_args == ANY_NUMBER {
                u32::MAX
            } else {
                function.max_args as u32
            },
            flags: if function.mutating { MUTATING } else { 0 }
                | if function.is_async { ASYNC } else { 0 }
                | if function.isolated { ISOLATED } else { 0 }
                | if function.isolated && !function.reads_instances {
                    BLIND
                } else {
                    0
                },
            has_captures: !function.captures.is_empty(),
            index,
            source,
            code_len: function.code.len(),
            consts_len: 0,
            handlers: function.handlers.clone().into(),
            captures: function.captures.clone().into(),
            positions: function.positions.clone().into(),
            locals: function.locals.clone().into(),
            heads: heads_of(function),
            name: Value::NULL,
            value: Value::ABSENT,
            position: function.position,
            native: None,
            optimized: None,
        }
    }

    /// A proto that stands for built-ins on the frame stack, with room for the
    /// arguments of most.
    pub fn native() -> Proto {
        let mut function = FunctionCode::default();
        function
            .code
            .push(Instr::abc(crate::bytecode::Op::Nop, 0, 0, 0));
        function.positions.push(0);
        function.registers = 8;
        Proto::new(&function, u32::MAX, u32::MAX)
    }

    /// A proto that calls a value, with the elements of an array, as a task. It stands for a
    /// built-in too.
    pub fn starter() -> Proto {
        let mut function = FunctionCode {
            name: "<task>".into(),
            max_args: 2,
            min_args: 2,
            registers: 4,
            owned_params: 3,
            is_async: true,
            ..FunctionCode::default()
        };
        function.code = vec![
            Instr::abc(Op::CallSpread, 0, 0, 0),
            Instr::abc(Op::Fulfil, 0, 0, 0),
            Instr::abc(Op::Return, 0, 0, 0),
            Instr::abc(Op::Reject, 2, 0, 0),
            Instr::abc(Op::Return, 2, 0, 0),
        ];
        function.positions = vec![0; function.code.len()];
        function.handlers.push(Handler {
            start: 0,
            end: 3,
            target: 3,
            register: 2,
            cleanup: false,
        });
        Proto::new(&function, u32::MAX, u32::MAX)
    }

    pub fn set_consts(&mut self, consts: Vec<Value>) {
        self.consts_len = consts.len();
        self.consts = Box::into_raw(consts.into_boxed_slice()).cast();
    }

    pub fn consts(&self) -> &[Value] {
        if self.consts_len == 0 {
            return &[];
        }
        // SAFETY: `set_consts` leaked a slice of this length.
        unsafe { std::slice::from_raw_parts(self.consts, self.consts_len) }
    }

    /// The code as it is now: caches and feedback included.
    pub fn words(&self) -> &[Instr] {
        // SAFETY: `new` leaked a slice of this length.
        unsafe { std::slice::from_raw_parts(self.code, self.code_len) }
    }

    pub fn is_native(&self) -> bool {
        self.source == u32::MAX
    }

    /// Which arguments a call has to borrow, of those that the caller keeps and those
    /// that something else owns that the callee might write.
    #[inline(always)]
    pub fn borrows(&self, kept: u8, exposed: u8) -> u8 {
        if self.borrows_nothing {
            return 0;
        }
        exposed | kept & self.owned_params
    }

    /// Whether the mutating method could look at the place that its receiver was moved
    /// out of. The masks' first bits say that others reach the place, and that it may
    /// be in a class instance.
    #[inline(always)]
    pub fn sees_place(&self, kept: u8, exposed: u8) -> bool {
        let cannot = if kept & 1 != 0 { BLIND } else { ISOLATED };
        exposed & 1 != 0 && self.flags & cannot == 0
    }

    pub fn is_mutating(&self) -> bool {
        self.flags & MUTATING != 0
    }

    /// Whether a call starts a task.
    #[inline(always)]
    pub fn is_async(&self) -> bool {
        self.flags & ASYNC != 0
    }

    /// Where an async function goes on when its task waits.
    pub fn landing(&self) -> Handler {
        debug_assert!(self.is_async());
        *self.handlers.last().expect("the handler of the task")
    }

    /// Whether a place is in this function's code, or after its end.
    pub fn has(&self, pc: *const Instr) -> bool {
        let code = self.code.cast_const();
        (code..=code.wrapping_add(self.code_len)).contains(&pc)
    }

    /// Registers that hold parameters when a call begins.
    pub fn parameters(&self) -> usize {
        let rest = usize::from(self.max_args == ANY_NUMBER);
        usize::from(self.fixed_args) + usize::from(self.is_method) + rest
    }

    /// The instruction that ends before `pc`, with its cache and jump words.
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // compares addresses only
    pub fn instruction_before(&self, pc: *const Instr) -> Instr {
        let last = self.index_before(pc);
        let mut at = 0;
        loop {
            let word = self.words()[at];
            let op = word.op();
            let next = at + 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
            if next > last {
                return word;
            }
            at = next;
        }
    }

    /// The index of the instruction before `pc`: the one a suspended frame is in.
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // compares addresses only
    pub fn index_before(&self, pc: *const Instr) -> usize {
        // SAFETY: frames' `pc` point into their proto's code, after its start.
        let offset = unsafe { pc.offset_from(self.code) };
        (offset - 1).max(0) as usize
    }
}

/// The heads of a function's loops. The value that a method has made of its
/// receiver is read when it is left, however that comes about.
fn heads_of(function: &FunctionCode) -> Box<[LoopHead]> {
    let mut heads = function.heads.clone();
    if function.is_method {
        for head in heads
            .iter_mut()
            .filter(|head| head.live.first() != Some(&0))
        {
            head.live = std::iter::once(0)
                .chain(head.live.iter().copied())
                .collect();
        }
    }
    heads.into()
}

impl Drop for Proto {
    fn drop(&mut self) {
        // SAFETY: both were leaked from boxed slices of these lengths.
        unsafe {
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(
                self.code,
                self.code_len,
            )));
            if !self.consts.is_null() {
                drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(
                    self.consts as *mut Value,
                    self.consts_len,
                )));
            }
        }
    }
}
