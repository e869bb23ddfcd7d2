//! Shapes (hidden classes): the keys of dicts in record mode, shared by all
//! dicts that got the same keys in the same order, and the identity of struct
//! types. A shape id in an object's header is all that an inline cache compares.
//! Slots and their values are `dict`'s business; none of them enters here.
//!
//! # Invariants
//! * An id, once given out, means the same keys in the same order for ever.
//! * Keys are interned strings, so they compare by address. No key reads as a
//!   canonical int: those name int entries, which records do not have.
//! * A shape's keys are its parent's and one more.

use super::Heap;
use super::object::SHAPE_BIT;
use crate::value::Value;
use hashbrown::HashTable;

/// The shape of a record without keys.
pub const EMPTY_SHAPE: u32 = SHAPE_BIT;
/// Most keys of a record.
pub const MAX_RECORD_KEYS: usize = 64;
/// Most record shapes; what is beyond lives in hash mode.
pub const MAX_SHAPES: usize = 1 << 16;

/// Shapes with more keys than this have a hash index.
const LINEAR_KEYS: usize = 8;
/// A shape with this many successors gets no new ones by computed keys: the
/// dicts that come through it are tables, not records.
const MAX_COMPUTED_FAN: u32 = 64;
/// The same for keys that were read from a text, of shapes with more than a few keys.
const MAX_PARSED_FAN: u32 = 4;
/// Ids of struct types, which have no entry in the table.
const TYPE_BIT: u32 = 1 << 30;
/// Those of classes among them.
const CLASS_BIT: u32 = 1 << 29;
/// Those of types that say by a method of their own what their instances equal.
pub const EQUALITY_BIT: u32 = 1 << 28;
/// Class instances are the objects whose header has a shape from here on, since no other
/// use of that field has its highest bit.
pub const FIRST_CLASS: u32 = SHAPE_BIT | TYPE_BIT | CLASS_BIT;

/// Whether objects with a shape are class instances.
pub fn is_class(shape: u32) -> bool {
    const CLASS: u32 = TYPE_BIT | CLASS_BIT;
    shape & CLASS == CLASS
}

/// Whether instances of a type with this shape equal what its `op_eq` or `op_ne` says.
pub fn has_equality(shape: u32) -> bool {
    is_type(shape) && shape & EQUALITY_BIT != 0
}

/// Whether objects with a shape are instances of a struct or class.
pub fn is_type(shape: u32) -> bool {
    shape & TYPE_BIT != 0
}

struct Shape {
    keys: Box<[Value]>,
    /// Open-addressed by the key's address: slot + 1, or 0. Empty for few keys.
    index: Box<[u8]>,
    parent: u32,
    /// The successor last asked for.
    last_to: u32,
    last_name: Value,
    /// How many successors there are.
    fan: u32,
}

struct Transition {
    name: Value,
    from: u32,
    to: u32,
}

/// All shapes of a heap.
pub struct Shapes {
    table: Vec<Shape>,
    transitions: HashTable<Transition>,
    types: u32,
}

impl Shapes {
    pub fn new() -> Shapes {
        Shapes {
            table: vec![Shape {
                keys: Box::new([]),
                index: Box::new([]),
                parent: EMPTY_SHAPE,
                last_to: 0,
                last_name: Value::ABSENT,
                fan: 0,
            }],
            transitions: HashTable::new(),
            types: 0,
        }
    }

    /// All keys: what the collector has to keep.
    pub fn all_keys(&self) -> impl Iterator<Item = Value> {
        // The others are keys of the parents.
        self.table
            .iter()
            .filter_map(|shape| shape.keys.last().copied())
    }

    /// A new id that stands for a struct type, perhaps a class, perhaps with an equality of
    /// its own, and has no keys.
    pub fn new_type_shape(&mut self, is_class: bool, has_equality: bool) -> u32 {
        let id = self.types;
        assert!(id < EQUALITY_BIT, "too many types");
        self.types += 1;
        let class = if is_class { CLASS_BIT } else { 0 };
        let equality = if has_equality { EQUALITY_BIT } else { 0 };
        SHAPE_BIT | TYPE_BIT | class | equality | id
    }

    #[inline(always)]
    fn get(&self, shape: u32) -> Option<&Shape> {
        self.table.get((shape & !SHAPE_BIT) as usize)
    }

    /// The slot of the key `name`, an interned string.
    #[inline]
    pub fn slot(&self, shape: u32, name: Value) -> Option<u32> {
        let shape = self.get(shape)?;
        if shape.index.is_empty() {
            return shape.keys.iter().position(|&k| k == name).map(|i| i as u32);
        }
        let mask = shape.index.len() - 1;
        let mut at = spread(name) as usize & mask;
        loop {
            let slot = (shape.index[at] as usize).checked_sub(1)?;
            if shape.keys[slot] == name {
                return Some(slot as u32);
            }
            at = (at + 1) & mask;
        }
    }

    /// The key of a slot. `slot` is less than the number of keys.
    #[inline]
    pub fn key(&self, shape: u32, slot: usize) -> Value {
        self.keys(shape)[slot]
    }

    /// The keys, in order.
    #[inline]
    pub fn keys(&self, shape: u32) -> &[Value] {
        self.get(shape).map_or(&[], |s| &s.keys)
    }

    /// The number of keys.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self, shape: u32) -> usize {
        self.keys(shape).len()
    }

    /// The shape without the last key.
    pub fn parent(&self, shape: u32) -> u32 {
        self.get(shape).map_or(EMPTY_SHAPE, |s| s.parent)
    }

    /// The number of record shapes there are.
    pub fn count(&self) -> usize {
        self.table.len()
    }

    /// The shape with the key `name` added, if it was ever made. `name` is an
    /// interned string.
    #[inline]
    pub fn successor(&mut self, shape: u32, name: Value) -> Option<u32> {
        let at = (shape & !SHAPE_BIT) as usize;
        let from = self.table.get_mut(at)?;
        if from.last_name == name {
            return Some(from.last_to);
        }
        if from.fan <= 1 {
            return None;
        }
        let found = self
            .transitions
            .find(transition_hash(shape, name), |t| {
                t.from == shape && t.name == name
            })?
            .to;
        from.last_name = name;
        from.last_to = found;
        Some(found)
    }

    /// The successor last asked for, and the key that leads to it.
    #[inline]
    pub fn last_successor(&self, shape: u32) -> Option<(Value, u32)> {
        let from = self.get(shape)?;
        (!from.last_name.is_absent()).then_some((from.last_name, from.last_to))
    }

    /// Whether a key that was read from a text may make a new successor of this shape.
    /// Dicts with many keys are records only if few kinds of them turn up, and half of
    /// the shapes are left for what the program itself writes.
    pub(super) fn takes_parsed_key(&self, shape: u32) -> bool {
        self.table.len() < MAX_SHAPES / 2
            && self.get(shape).is_some_and(|s| {
                let most = if s.keys.len() < LINEAR_KEYS {
                    MAX_COMPUTED_FAN
                } else {
                    MAX_PARSED_FAN
                };
                s.fan < most
            })
    }

    /// Whether a computed key may make a new successor of this shape.
    pub(super) fn takes_computed_key(&self, shape: u32) -> bool {
        self.get(shape)
            .is_some_and(|s| s.keys.len() < LINEAR_KEYS && s.fan < MAX_COMPUTED_FAN)
    }

    /// [`Shapes::successor`], made if there is none and no limit is reached.
    /// `name` is interned, not an int text, and not yet a key.
    fn extend(&mut self, shape: u32, name: Value) -> Option<u32> {
        if let Some(found) = self.successor(shape, name) {
            return Some(found);
        }
        let at = (shape & !SHAPE_BIT) as usize;
        let from = self.table.get(at)?;
        if from.keys.len() >= MAX_RECORD_KEYS || self.table.len() >= MAX_SHAPES {
            return None;
        }
        debug_assert!(!from.keys.contains(&name));
        let keys: Box<[Value]> = from.keys.iter().copied().chain([name]).collect();
        let to = SHAPE_BIT | self.table.len() as u32;
        self.table.push(Shape {
            index: make_index(&keys),
            keys,
            parent: shape,
            last_to: 0,
            last_name: Value::ABSENT,
            fan: 0,
        });
        let from = &mut self.table[at];
        from.fan += 1;
        from.last_name = name;
        from.last_to = to;
        let new = Transition {
            name,
            from: shape,
            to,
        };
        self.transitions
            .insert_unique(transition_hash(shape, name), new, |t| {
                transition_hash(t.from, t.name)
            });
        Some(to)
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes::new()
    }
}

impl Heap {
    /// The record shape with the key `name`, an interned string, added to those
    /// of `shape`. `None` if `name` reads as an int or a limit is reached.
    #[inline]
    pub fn shape_with(&mut self, shape: u32, name: Value) -> Option<u32> {
        if let Some(found) = self.shapes.successor(shape, name) {
            return Some(found);
        }
        if self.is_int_text(name) {
            return None;
        }
        self.shapes.extend(shape, name)
    }
}

/// Spreads an address over all bits.
fn spread(name: Value) -> u64 {
    let product = (name.bits() >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

fn transition_hash(from: u32, name: Value) -> u64 {
    spread(name)
        .wrapping_add(from as u64)
        .wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn make_index(keys: &[Value]) -> Box<[u8]> {
    const { assert!(MAX_RECORD_KEYS < u8::MAX as usize) };
    if keys.len() <= LINEAR_KEYS {
        return Box::new([]);
    }
    let size = (2 * keys.len()).next_power_of_two();
    let mut index = vec![0; size].into_boxed_slice();
    for (slot, &key) in keys.iter().enumerate() {
        let mut at = spread(key) as usize & (size - 1);
        while index[at] != 0 {
            at = (at + 1) & (size - 1);
        }
        index[at] = slot as u8 + 1;
    }
    index
}
