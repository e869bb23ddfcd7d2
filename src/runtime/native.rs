//! The native-call interface: how a built-in function is declared and called.
//! One [`Native`] says name, parameters, method form and documentation; arity
//! and type checks, method lookup, `ruff check`, and reference pages all derive
//! from it. Built-ins see a [`Context`](super::Context) and their [`Args`], and
//! nothing of the machine.

use super::world::Capability;
use super::{Context, Fallible};
use crate::effects::Effects;
use crate::heap::Heap;
use crate::heap::object::Kind;
use crate::heap::types::LibraryType;
use crate::value::Value;

/// The kinds that a parameter accepts. A value that does not fit throws `type` before the
/// function runs: `split() expects sep to be a string; got int`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    Any,
    String,
    Array,
    Dict,
    Bool,
    Int,
    /// An int, or a finite float whose fraction the function drops; NaN and
    /// infinities throw `value`. Arrives as an int (perhaps big).
    Whole,
    /// Int or float.
    Number,
    /// A value that may be a dict's key: anything but functions, iterators and
    /// handles.
    Key,
    /// Anything callable.
    Callable,
    /// Any sequence (STDLIB 1.6): array, string, dict, bytes, …
    Sequence,
    Set,
    Queue,
    Stack,
    Bytes,
    Heap,
    /// A generator or an iterator.
    Lazy,
    Promise,
    /// A value that `in` looks into: a string, bytes, an array, a dict, a set, or an instance of a
    /// type with `op_contains`.
    Searched,
    /// A value that has a length: a text, a container, or an instance of a type
    /// with `len`.
    Measured,
    /// `Ok` or `Err`.
    Result,
    /// `Some` or `None`.
    Option,
    /// An instance of a type of the library's own.
    Library(LibraryType),
    /// One of several: `a string, an array or a dict` is made from them.
    OneOf(&'static [ParamKind]),
}

/// Numbers for what is no object, next to the numbers of [`Kind`].
const INT: u32 = 28;
const FLOAT: u32 = 29;
const BOOL: u32 = 30;
const OTHER: u32 = 31;
const _: () = assert!(
    (Kind::LAST as u32) < INT,
    "kinds and the others share the bits of a word"
);

/// The bit of a value's kind in the sets that [`ParamKind::certain`] makes.
#[inline(always)]
pub fn kind_bit(v: Value) -> u32 {
    let number = if v.is_pointer() {
        v.header().kind as u32
    } else if v.is_int() {
        INT
    } else if v.is_float() {
        FLOAT
    } else if v.is_bool() {
        BOOL
    } else {
        OTHER
    };
    1 << number
}

impl ParamKind {
    /// The set of what fits without a closer look.
    pub const fn certain(self) -> u32 {
        const STRING: u32 = 1 << Kind::String as u32;
        const BYTES: u32 = 1 << Kind::Bytes as u32;
        const ARRAY: u32 = 1 << Kind::Array as u32;
        const DICT: u32 = 1 << Kind::Dict as u32;
        const LAZY: u32 = 1 << Kind::Generator as u32 | 1 << Kind::Iterator as u32;
        const PROMISE: u32 = 1 << Kind::Promise as u32;
        const WHOLE: u32 = 1 << INT | 1 << Kind::BigInt as u32;
        match self {
            ParamKind::Any => u32::MAX,
            ParamKind::String => STRING,
            ParamKind::Array => ARRAY,
            ParamKind::Dict => DICT,
            ParamKind::Bool => 1 << BOOL,
            ParamKind::Int | ParamKind::Whole => WHOLE,
            ParamKind::Number => WHOLE | 1 << FLOAT,
            ParamKind::Key => {
                !(ParamKind::Callable.certain()
                    | LAZY
                    | PROMISE
                    | 1 << Kind::EnumType as u32
                    | 1 << Kind::Handle as u32)
            }
            ParamKind::Callable => {
                1 << Kind::Function as u32
                    | 1 << Kind::Native as u32
                    | 1 << Kind::BoundMethod as u32
                    | 1 << Kind::StructType as u32
            }
            ParamKind::Sequence => STRING | BYTES | ARRAY | DICT | LAZY | 1 << Kind::Set as u32,
            ParamKind::Measured => {
                STRING
                    | BYTES
                    | ARRAY
                    | DICT
                    | 1 << Kind::Set as u32
                    | 1 << Kind::Queue as u32
                    | 1 << Kind::Stack as u32
                    | 1 << Kind::Heap as u32
            }
            ParamKind::Searched => STRING | BYTES | ARRAY | DICT | 1 << Kind::Set as u32,
            ParamKind::Set => 1 << Kind::Set as u32,
            ParamKind::Queue => 1 << Kind::Queue as u32,
            ParamKind::Stack => 1 << Kind::Stack as u32,
            ParamKind::Heap => 1 << Kind::Heap as u32,
            ParamKind::Bytes => BYTES,
            ParamKind::Lazy => LAZY,
            ParamKind::Promise => PROMISE,
            // Their tags or types have to be looked at.
            ParamKind::Result | ParamKind::Option | ParamKind::Library(_) => 0,
            ParamKind::OneOf(kinds) => {
                let (mut set, mut i) = (0, 0);
                while i < kinds.len() {
                    set |= kinds[i].certain();
                    i += 1;
                }
                set
            }
        }
    }
}

/// One parameter of a built-in.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    /// May be left out; the function sees [`Value::ABSENT`].
    pub optional: bool,
    /// Takes all remaining arguments (last parameter only).
    pub rest: bool,
    /// The default of an argument that was left out, as source; empty if there
    /// is no such value.
    pub default: &'static str,
    /// The argument is a path, or the name of a variable, that needs a capability.
    pub needs: Option<Capability>,
}

/// Column M of the reference: the method form.
#[derive(Clone, Copy, Debug)]
pub enum MethodForm {
    /// Function form only.
    None,
    /// A method of every type its first parameter names, with the same result.
    Pure,
    /// A mutating method: `method` is called instead of `function`, with an
    /// unshared receiver in argument 0, which it changes in place (or replaces
    /// there, by `Args::set`). It must leave the receiver alone if it throws.
    /// `fast` is the [`FastFn`] of this form alone.
    Mutating {
        method: NativeFn,
        fast: Option<FastFn>,
    },
}

impl MethodForm {
    /// The fast form that only the method has.
    #[inline]
    pub fn fast(self) -> Option<FastFn> {
        match self {
            MethodForm::Mutating { fast, .. } => fast,
            MethodForm::None | MethodForm::Pure => None,
        }
    }
}

/// The outside of a built-in: what a call reaches beyond its arguments and its result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// Nothing.
    Pure,
    /// It reads what may be another time something else: the clock, variables of the
    /// environment, a source of random numbers.
    Reads,
    /// It changes something that is seen later, in the program or outside it.
    Writes,
    /// It may have to wait for the system, and nothing else goes on meanwhile: files.
    Blocks,
    /// It waits for as long as it takes: time, input, processes.
    Waits,
}

impl Reach {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Reach::Pure => "pure",
            Reach::Reads => "reads",
            Reach::Writes => "writes",
            Reach::Blocks => "blocks",
            Reach::Waits => "waits",
        }
    }
}

pub type NativeFn = fn(&mut dyn Context, Args) -> Fallible;

/// The common case of a built-in that takes next to no time: tried first, in
/// both forms, before anything is checked but the number of arguments. Gives
/// absent, with nothing done, where it does not apply; leaves argument 0 where it
/// is.
pub type FastFn = fn(&mut Heap, Args) -> Value;

/// A built-in that the machine or compiled code knows by its meaning: what they do by
/// themselves in its common case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intrinsic {
    Abs,
    All,
    Any,
    Chr,
    Count,
    Filter,
    Find,
    FindIndex,
    Floor,
    ForEach,
    HasKey,
    Len,
    Map,
    Max,
    Min,
    Ord,
    Pop,
    Push,
    Reduce,
    Sqrt,
    /// It, or what it gives, calls functions of the program as tasks.
    StartsTasks,
    ToFloat,
    ToInt,
}

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// The name in messages and in the function's text.
    pub name: &'static str,
    /// Other names of the same function.
    pub aliases: &'static [&'static str],
    pub params: &'static [Param],
    /// Fewest and most arguments, counted from `params` ([`Native::count`]).
    pub min_args: u8,
    pub max_args: usize,
    /// Kinds that always fit as argument 0, 1, 2, and as any later one
    /// ([`Native::sets`]).
    pub sets: [u32; 4],
    pub intrinsic: Option<Intrinsic>,
    pub fast: Option<FastFn>,
    pub function: NativeFn,
    /// Programs see it as a function, not only as a method.
    pub is_function: bool,
    pub method: MethodForm,
    /// Its effects beyond its arguments.
    pub effects: Effects,
    /// The outside that it reaches.
    pub reach: Reach,
    /// A capability that every call needs, whatever its arguments.
    pub needs: Option<Capability>,
    /// Type of the result; empty if it can be any.
    pub result: &'static str,
    /// Its result; after an empty line the edge cases.
    pub doc: &'static str,
}

impl Native {
    /// Fewest and most arguments; `usize::MAX` for any number.
    #[inline]
    pub const fn arity(&self) -> (usize, usize) {
        (self.min_args as usize, self.max_args)
    }

    /// Whether a call may have so many arguments.
    #[inline(always)]
    pub const fn takes(&self, nargs: usize) -> bool {
        nargs.wrapping_sub(self.min_args as usize) <= self.max_args - self.min_args as usize
    }

    /// All names, the canonical one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Sums `params` up for `sets`.
    pub const fn sets(params: &[Param]) -> [u32; 4] {
        let (mut sets, mut i) = ([u32::MAX; 4], 0);
        while i < params.len() {
            let set = params[i].kind.certain();
            if params[i].rest {
                let mut later = i;
                while later < 4 {
                    sets[later] &= set;
                    later += 1;
                }
            }
            sets[if i < 4 { i } else { 3 }] &= set;
            i += 1;
        }
        sets
    }

    /// Counts `params` for `min_args` and `max_args`.
    pub const fn count(params: &[Param]) -> (u8, usize) {
        let (mut min, mut i) = (0, 0);
        while i < params.len() {
            if params[i].rest {
                return (min, usize::MAX);
            }
            if !params[i].optional {
                min += 1;
            }
            i += 1;
        }
        (min, i)
    }
}

/// The arguments of one call: registers of the machine's stack, so the collector
/// sees them. Optional parameters that were left out read as absent.
#[derive(Clone, Copy)]
pub struct Args {
    base: *mut Value,
    /// Their number, and above that the mask of those that the caller keeps. One
    /// field, since a struct of two words is passed in registers, and one of three
    /// fields in memory, where it is read before its parts have been written.
    len_and_kept: u64,
}

impl Args {
    /// # Safety
    /// `base` points to `len` values that stay in place during the call.
    #[inline(always)]
    pub unsafe fn new(base: *mut Value, len: usize, kept: u8) -> Args {
        Args {
            base,
            len_and_kept: len as u64 & u32::MAX as u64 | (kept as u64) << 32,
        }
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.len_and_kept as u32 as usize
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Argument `index`, or absent.
    #[inline(always)]
    pub fn get(self, index: usize) -> Value {
        if index < self.len() {
            // SAFETY: within the arguments.
            unsafe { *self.base.add(index) }
        } else {
            Value::ABSENT
        }
    }

    /// Replaces argument `index`: the receiver of a mutating method.
    #[inline]
    pub fn set(self, index: usize, value: Value) {
        assert!(index < self.len());
        // SAFETY: within the arguments.
        unsafe { *self.base.add(index) = value };
    }

    /// Where the result of the call goes, if the arguments are those of a call in code.
    #[inline]
    pub fn window(self) -> *mut Value {
        self.base.wrapping_sub(1)
    }

    /// All arguments.
    pub fn slice(&self) -> &[Value] {
        // SAFETY: `new` was promised `len` values at `base`.
        unsafe { std::slice::from_raw_parts(self.base, self.len()) }
    }

    /// Whether the caller has no further use for argument `index`: an unshared
    /// container in it may be changed in place and returned.
    #[inline]
    pub fn is_owned(self, index: usize) -> bool {
        index < 8 && self.len_and_kept & (1 << 32 << index) == 0
    }
}
