//! Parcels: values on their way from one machine to another. A parcel is plain data without
//! a pointer into any heap, so it may be kept, sent to another thread and read several times.
//! `write` makes one of what a machine holds, `read` makes the values again, and `reach` finds
//! the variables that functions name: these travel with them.
//!
//! # The form
//! A parcel is a list of words, read from the front by a machine with a stack of values. A word
//! that is a value without a pointer pushes itself. Every other word looks like a pointer, has
//! an [`Item`] in its low byte and a number above it: it takes the parts of an object from the
//! stack, and pushes the object. So parts come before the whole, no depth is too deep, and the
//! stack is all that the collector has to see while a parcel is read.
//!
//! An object that several places refer to is written once: [`Item::Number`] gives the value on
//! top of the stack the next number, [`Item::Again`] pushes it once more. Objects that may
//! refer to themselves do so through a variable, which is written empty; its content comes
//! later ([`Item::SetCell`], [`Item::SetGlobal`], [`Item::SetExport`]), after the value that
//! the parcel is for.
//!
//! Long strings and byte strings, and the elements of large arrays without pointers, are no
//! words: they lie in memory that goes from heap to heap ([`crate::heap::shared`]).
//!
//! # Invariants
//! * Code is not written: parcels refer to units, which machines share, and each loads them
//!   for itself.
//! * A value object that has one owner is met once; others carry the mark `SHARED`, and are
//!   numbered.

mod reach;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use reach::Named;
pub(crate) use read::Missing;
#[cfg(test)]
use write::NotSent;

use crate::bytecode::Unit;
use crate::heap::handle::Share;
use crate::heap::shared::{Elements, SharedBytes, SharedText};
use crate::heap::types::LibraryType;
use crate::stdlib::SharedChannel;
use crate::syntax::source::SourceFile;
use crate::vm::remote::Remote;
use std::sync::Arc;

/// Values that have left their machine.
#[derive(Default)]
pub(crate) struct Parcel {
    words: Vec<u64>,
    units: Vec<Carried>,
    /// Tags but `Ok`, `Err`, `Some` and `None`, by type and variant.
    tags: Vec<(Box<str>, Box<str>)>,
    texts: Vec<Box<str>>,
    handles: Vec<(LibraryType, Share)>,
    promises: Vec<Arc<Remote>>,
    channels: Vec<Arc<SharedChannel>>,
    long_texts: Vec<SharedText>,
    long_bytes: Vec<SharedBytes>,
    large_arrays: Vec<Arc<Elements>>,
    /// Bytes of elements that were copied for it.
    copied: usize,
}

impl Parcel {
    /// The bytes that were copied for it, without code.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.words) + self.copied
    }
}

/// A unit of code that a parcel refers to.
#[derive(Clone)]
struct Carried {
    unit: Arc<Unit>,
    file: Arc<SourceFile>,
    /// An input of a session: its globals are those of other inputs with the same names.
    is_input: bool,
}

/// A word's meaning. The number above it is in brackets; further words follow as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Item {
    /// Gives the value on top the next number.
    Number = 16,
    /// Pushes a numbered value [its number].
    Again,
    /// A string [bytes]; its length in characters, its bytes.
    String,
    /// A byte string [bytes]; its bytes.
    Bytes,
    /// A long string [its number among the parcel's].
    LongText,
    /// A long byte string [its number among the parcel's].
    LongBytes,
    /// A bigint [words, doubled, and one if it is negative]; the words of its magnitude.
    BigInt,
    /// An array of values without pointers [elements]; the elements.
    Plain,
    /// A large array of such values [its number among the parcel's].
    Large,
    /// An array of values from the stack [elements].
    Array,
    /// The next list of keys [keys]; each key's number of bytes, its bytes. Pushes nothing.
    Keys,
    /// A dict with a list of keys and values from the stack [number of the list].
    Record,
    /// A dict with the keys 0, 1 and so on [values].
    Dense,
    /// A dict of pairs [pairs].
    Dict,
    /// A set [values].
    Set,
    /// [elements]
    Queue,
    Stack,
    /// A priority queue: its function or null, its elements [elements], the last one first.
    Priority,
    /// An instance: its type, its fields [fields].
    Struct,
    /// A tagged value [parts]; its tag: one that every program has, or after these one of the
    /// parcel's.
    Tagged,
    /// A built-in [its number].
    Native,
    /// The function of a declaration without captures [unit]; its number in the unit.
    Declared,
    /// A function [unit]; its number in the unit; its number of captures, from the stack.
    Function,
    /// A handle [its number among the parcel's].
    Handle,
    /// A promise [its number among the parcel's].
    Promise,
    /// A channel [its number among the parcel's].
    Channel,
    /// A method, from the stack, bound to a receiver, from below it.
    Bound,
    /// A captured variable, still empty.
    Cell,
    /// A struct type [unit]; its number in the unit.
    StructType,
    /// A struct type whose methods capture [unit]; its number in the unit; the functions of its
    /// methods and defaults, as the unit has them, from the stack.
    MadeType,
    /// An enum [unit]; its number in the unit.
    EnumType,
    /// The type of errors.
    ErrorType,
    /// A type of the library's own [text].
    LibraryType,
    /// Where an error came from [places]; unit, function and word of each.
    Trace,
    /// A module with exports, still empty [text: its name]; their number; the texts of their
    /// names.
    Module,
    /// Fills a captured variable from the stack [its number].
    SetCell,
    /// Fills a global from the stack, unless it has a value [unit]; its number in the unit.
    SetGlobal,
    /// Fills an export of a module from the stack [the module's number]; the slot.
    SetExport,
    /// A variable that could not be sent [as for `SetCell`]; the text of what it held.
    NoCell,
    /// The same [as for `SetGlobal`].
    NoGlobal,
    /// The same [as for `SetExport`].
    NoExport,
}

impl Item {
    const FIRST: u8 = Item::Number as u8;
    const ALL: [Item; 41] = [
        Item::Number,
        Item::Again,
        Item::String,
        Item::Bytes,
        Item::LongText,
        Item::LongBytes,
        Item::BigInt,
        Item::Plain,
        Item::Large,
        Item::Array,
        Item::Keys,
        Item::Record,
        Item::Dense,
        Item::Dict,
        Item::Set,
        Item::Queue,
        Item::Stack,
        Item::Priority,
        Item::Struct,
        Item::Tagged,
        Item::Native,
        Item::Declared,
        Item::Function,
        Item::Handle,
        Item::Promise,
        Item::Channel,
        Item::Bound,
        Item::Cell,
        Item::StructType,
        Item::MadeType,
        Item::EnumType,
        Item::ErrorType,
        Item::LibraryType,
        Item::Trace,
        Item::Module,
        Item::SetCell,
        Item::SetGlobal,
        Item::SetExport,
        Item::NoCell,
        Item::NoGlobal,
        Item::NoExport,
    ];

    /// The word of an item with a number.
    const fn word(self, number: usize) -> u64 {
        self as u64 | (number as u64) << 8
    }

    /// The item and the number of a word that is no value.
    fn of(word: u64) -> (Item, usize) {
        let item = Item::ALL[usize::from(word as u8 - Item::FIRST)];
        (item, (word >> 8) as usize)
    }
}

const _: () = {
    let mut i = 0;
    while i < Item::ALL.len() {
        assert!(Item::ALL[i] as usize == i + Item::FIRST as usize);
        i += 1;
    }
};

/// Parcels cross threads.
const _: fn() = || {
    fn crosses<T: Send + Sync>() {}
    crosses::<Parcel>();
};
