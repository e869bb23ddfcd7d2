//! Functions and methods by their names: tables that are made while the library is
//! compiled, so that the start of a program has nothing to do for them.

use super::{ALL, Receiver};
use crate::effects::Effects;
use crate::runtime::{MethodForm, Native, ParamKind};

/// A name and the number of what it names.
type Entry = (&'static str, u16);

/// Names are hashed to one of so many slots, and lie there or in the next free one.
const SLOTS: usize = 4096;
/// In a slot: nothing.
const FREE: u16 = u16::MAX;

/// A hash table. Names may occur several times.
struct Table<const N: usize> {
    entries: [Entry; N],
    slots: [u16; SLOTS],
}

const fn slot(name: &str) -> usize {
    // FNV-1a.
    let (bytes, mut i) = (name.as_bytes(), 0);
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    (hash >> 32) as usize % SLOTS
}

impl<const N: usize> Table<N> {
    const fn new(entries: [Entry; N]) -> Table<N> {
        // Few enough for short ways, and for numbers in slots.
        assert!(2 * N <= SLOTS && N < FREE as usize);
        let (mut slots, mut i) = ([FREE; SLOTS], 0);
        while i < N {
            let mut at = slot(entries[i].0);
            while slots[at] != FREE {
                at = (at + 1) % SLOTS;
            }
            slots[at] = i as u16;
            i += 1;
        }
        Table { entries, slots }
    }

    /// The numbers of all that has this name, in the order of the table of functions.
    fn all(&self, name: &str) -> impl Iterator<Item = u16> {
        let first = slot(name);
        let slots = self.slots[first..].iter().chain(&self.slots[..first]);
        let entries = slots.take_while(|&&at| at != FREE);
        entries.filter_map(move |&at| {
            let (known, number) = self.entries[at as usize];
            (known == name).then_some(number)
        })
    }
}

/// How many names functions have, or methods.
const fn count(methods: bool) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < ALL.len() {
        if has(&ALL[i], methods) {
            count += 1 + ALL[i].aliases.len();
        }
        i += 1;
    }
    count
}

const fn has(native: &Native, method: bool) -> bool {
    if method {
        !matches!(native.method, MethodForm::None)
    } else {
        native.is_function
    }
}

const fn entries<const N: usize>(methods: bool) -> [Entry; N] {
    let mut entries = [("", 0); N];
    let (mut at, mut i) = (0, 0);
    while i < ALL.len() {
        let native = &ALL[i];
        if has(native, methods) {
            let mut k = 0;
            while k <= native.aliases.len() {
                let name = if k == 0 {
                    native.name
                } else {
                    native.aliases[k - 1]
                };
                let name = if methods {
                    method_name(native.params[0].kind, name)
                } else {
                    name
                };
                entries[at] = (name, i as u16);
                (at, k) = (at + 1, k + 1);
            }
        }
        i += 1;
    }
    entries
}

static FUNCTIONS: Table<{ count(false) }> = Table::new(entries(false));
static METHODS: Table<{ count(true) }> = Table::new(entries(true));

/// The name of a function as a method of the type its first parameter has:
/// without the prefix that the functions of such a type share (STDLIB 1.2).
pub const fn method_name(first: ParamKind, name: &'static str) -> &'static str {
    let prefix = match first {
        ParamKind::Set => "set_",
        ParamKind::Queue => "queue_",
        ParamKind::Stack => "stack_",
        ParamKind::Heap => "heap_",
        ParamKind::Library(ty) => ty.prefix(),
        ParamKind::OneOf([first, ..]) => return method_name(*first, name),
        _ => "",
    };
    let (bytes, start) = (name.as_bytes(), prefix.as_bytes());
    let mut i = 0;
    while i < start.len() {
        if i == bytes.len() || bytes[i] != start[i] {
            return name;
        }
        i += 1;
    }
    name.split_at(i).1
}

/// The number of the function with this name.
pub fn function(name: &str) -> Option<u16> {
    FUNCTIONS.all(name).last()
}

/// The number of the function that is this type's method of this name.
pub fn method(receiver: Receiver, name: &str) -> Option<u16> {
    METHODS
        .all(name)
        .filter(|&number| is_method_of(receiver, number))
        .last()
}

/// Whether a function that has a method form is a method of this type.
fn is_method_of(receiver: Receiver, number: u16) -> bool {
    receiver.suits(ALL[number as usize].params[0].kind)
}

/// The effects of all methods of this name; `None` if no type has one.
pub fn method_effects(name: &str) -> Option<Effects> {
    let effects = METHODS.all(name).map(|number| ALL[number as usize].effects);
    effects.reduce(|all, effects| all | effects)
}

/// Whether some type has a mutating method of this name, or such a method has a
/// function of this name.
pub fn is_mutating(name: &str) -> bool {
    let mut numbers = METHODS.all(name).chain(FUNCTIONS.all(name));
    numbers.any(|number| matches!(ALL[number as usize].method, MethodForm::Mutating { .. }))
}

/// Names of all methods of a type.
pub fn method_names(receiver: Receiver) -> impl Iterator<Item = &'static str> {
    let entries = METHODS.entries.iter();
    let of_type = entries.filter(move |&&(name, number)| method(receiver, name) == Some(number));
    of_type.map(|&(name, _)| name)
}
