//! Telling values apart by hashing (STDLIB 1.5): equality as `==` has it, but NaN
//! is equal to NaN, and structs are compared by type and fields even if they
//! define `op_eq`. Calls no function of the program.

use crate::heap::object::Kind;
use crate::runtime::bigint::{self, Number, number};
use crate::runtime::compare::too_deep;
use crate::runtime::{Context, Fallible};
use crate::value::Value;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// Levels of nesting that hashing and comparing walk down.
const MAX_DEPTH: usize = 10_000;

/// The values seen so far. They have to be reachable for the collector elsewhere.
pub struct Seen {
    table: HashTable<(u64, Value)>,
    hasher: RandomState,
}

impl Seen {
    pub fn new() -> Seen {
        Seen {
            table: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// Whether no value equal to `v` was seen before; from now on, one was.
    pub fn is_new(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<bool> {
        let hash = hash(cx, &self.hasher, v, 0)?;
        // Nesting was measured by hashing, so comparing cannot go too deep.
        let known = self
            .table
            .find(hash, |&(other, w)| other == hash && same(cx, v, w));
        if known.is_some() {
            return Ok(false);
        }
        self.table.insert_unique(hash, (hash, v), |entry| entry.0);
        Ok(true)
    }
}

/// The same for equal values.
fn hash(cx: &mut dyn Context, hasher: &RandomState, v: Value, depth: usize) -> Fallible<u64> {
    if depth >= MAX_DEPTH {
        return Err(too_deep());
    }
    if let Some(n) = number(v) {
        return Ok(hash_number(hasher, n));
    }
    let Some(kind) = v.kind() else {
        return Ok(hasher.hash_one(v.bits()));
    };
    let mut state = hasher.build_hasher();
    (kind as u8).hash(&mut state);
    match kind {
        Kind::String => cx.heap().str(v).hash(&mut state),
        Kind::Array => {
            for &x in v.elements() {
                state.write_u64(hash(cx, hasher, x, depth + 1)?);
            }
        }
        Kind::Dict => {
            // Entries in any order, keys by their text.
            let (mut sum, mut cursor) = (0u64, 0);
            while let Some((key, x, next)) = cx.heap().dict_next(v, cursor) {
                let key = match number(key) {
                    Some(_) => crate::runtime::number_text::int_in_base(key, 10),
                    None => cx.heap().str(key).to_string(),
                };
                let entry = (key, hash(cx, hasher, x, depth + 1)?);
                sum = sum.wrapping_add(hasher.hash_one(entry));
                cursor = next;
            }
            state.write_u64(sum);
        }
        Kind::Struct => {
            std::ptr::from_ref(v.instance_type()).hash(&mut state);
            for slot in 0..v.instance_type().fields.len() {
                state.write_u64(hash(cx, hasher, *v.instance_field(slot), depth + 1)?);
            }
        }
        Kind::Tagged => {
            v.header().aux.hash(&mut state);
            for &x in v.tagged_parts() {
                state.write_u64(hash(cx, hasher, x, depth + 1)?);
            }
        }
        _ => v.bits().hash(&mut state),
    }
    Ok(state.finish())
}

/// Numbers of one value hash alike, whatever their form.
fn hash_number(hasher: &RandomState, n: Number) -> u64 {
    match n {
        Number::Int(i) => hasher.hash_one(i),
        Number::Big(big) => hash_int(hasher, big),
        Number::Float(f) => match bigint::float_to_big(f) {
            Some(whole) if f.fract() == 0.0 => hash_int(hasher, &whole),
            _ => hasher.hash_one(f.to_bits()),
        },
    }
}

fn hash_int(hasher: &RandomState, big: &dashu_int::IBig) -> u64 {
    match i64::try_from(big) {
        Ok(i) => hasher.hash_one(i),
        Err(_) => hasher.hash_one(big),
    }
}

fn same(cx: &mut dyn Context, a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        // One NaN has one form, and was found identical above.
        return bigint::compare_numbers(x, y).is_some_and(std::cmp::Ordering::is_eq);
    }
    if a.kind() != b.kind() || !a.is_pointer() {
        return false;
    }
    let all = |cx: &mut dyn Context, xs: &[Value], ys: &[Value]| {
        xs.len() == ys.len() && xs.iter().zip(ys).all(|(&x, &y)| same(cx, x, y))
    };
    match a.header().kind {
        Kind::String => cx.heap().string_eq(a, b),
        Kind::Array => all(cx, a.elements(), b.elements()),
        Kind::Tagged => {
            a.header().aux == b.header().aux && all(cx, a.tagged_parts(), b.tagged_parts())
        }
        Kind::Dict => {
            if cx.heap().dict_len(a) != cx.heap().dict_len(b) {
                return false;
            }
            let mut cursor = 0;
            while let Some((key, x, next)) = cx.heap().dict_next(a, cursor) {
                match cx.heap().dict_get(b, key) {
                    Some(y) if same(cx, x, y) => cursor = next,
                    _ => return false,
                }
            }
            true
        }
        Kind::Struct => {
            let fields = a.instance_type().fields.len();
            std::ptr::eq(a.instance_type(), b.instance_type())
                && (0..fields)
                    .all(|slot| same(cx, *a.instance_field(slot), *b.instance_field(slot)))
        }
        _ => false,
    }
}
