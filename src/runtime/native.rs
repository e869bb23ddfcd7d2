//! The native-call interface: how a built-in function is declared and called.
//! One [`Native`] says name, parameters, method form and documentation; arity
//! and type checks, method lookup, `ruff check`, and reference pages all derive
//! from it. Built-ins see a [`Context`](super::Context) and their [`Args`], and
//! nothing of the machine.

use super::{Context, Fallible};
use crate::value::Value;

/// What a parameter accepts. A value that does not fit throws `type` before the
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
    /// String or int.
    Key,
    /// Anything callable.
    Callable,
    /// Any sequence (STDLIB 1.6): array, string, dict, …
    Sequence,
    Set,
    Queue,
    Stack,
    /// `Ok` or `Err`.
    Result,
    /// `Some` or `None`.
    Option,
    /// One of several: `a string, an array or a dict` is made from them.
    OneOf(&'static [ParamKind]),
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
    /// What an argument that was left out stands for, as source; empty if there
    /// is no such value.
    pub default: &'static str,
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
    Mutating { method: NativeFn },
}

pub type NativeFn = fn(&mut dyn Context, Args) -> Fallible;

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
    pub function: NativeFn,
    pub method: MethodForm,
    /// May call functions of the program.
    pub calls_back: bool,
    /// Type of the result; empty if it can be any.
    pub result: &'static str,
    /// What it gives; behind an empty line what happens at the edges.
    pub doc: &'static str,
}

impl Native {
    /// Fewest and most arguments; `usize::MAX` for any number.
    #[inline]
    pub const fn arity(&self) -> (usize, usize) {
        (self.min_args as usize, self.max_args)
    }

    /// All names, the canonical one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
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
    len: usize,
    kept: u8,
}

impl Args {
    /// # Safety
    /// `base` points to `len` values that stay in place during the call.
    pub unsafe fn new(base: *mut Value, len: usize, kept: u8) -> Args {
        Args { base, len, kept }
    }

    pub fn len(self) -> usize {
        self.len
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Argument `index`, or absent.
    #[inline(always)]
    pub fn get(self, index: usize) -> Value {
        if index < self.len {
            // SAFETY: within the arguments.
            unsafe { *self.base.add(index) }
        } else {
            Value::ABSENT
        }
    }

    /// Replaces argument `index`: the receiver of a mutating method.
    pub fn set(self, index: usize, value: Value) {
        assert!(index < self.len);
        // SAFETY: within the arguments.
        unsafe { *self.base.add(index) = value };
    }

    /// All arguments.
    pub fn slice(&self) -> &[Value] {
        // SAFETY: `new` was promised `len` values at `base`.
        unsafe { std::slice::from_raw_parts(self.base, self.len) }
    }

    /// Whether the caller has no further use for argument `index`: an unshared
    /// container in it may be changed in place and returned.
    #[inline]
    pub fn is_owned(self, index: usize) -> bool {
        index < 8 && self.kept & (1 << index) == 0
    }
}
