//! Equality as sets and `unique` use it (STDLIB 1.5): `==`, but NaN is equal to
//! NaN, and structs are compared by type and fields even if they define `op_eq`.
//! Calls no function of the program.

use super::bigint::{self, Number, number};
use super::limits::too_deep;
use super::memo::{Memo, Pairs, Part, Relation};
use super::pace::{self, Pace, STRETCH};
use super::{Context, ErrorKind, Fallible, Fault, dict, field_of, number_text, type_name};
use crate::heap::Heap;
use crate::heap::dict::is_key;
use crate::heap::object::Kind;
use crate::value::Value;
use dashu_int::IBig;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// Starts hashes that programs cannot foresee.
struct Seeds {
    state: RandomState,
    /// For mixing numbers, the second odd.
    words: [u64; 2],
}

fn seeds() -> &'static Seeds {
    static SEEDS: OnceLock<Seeds> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let state = RandomState::new();
        let words = [state.hash_one(0), state.hash_one(1) | 1];
        Seeds { state, words }
    })
}

/// The hash of a value: the same for [`same`] values. Values nested deeper than
/// may be walked fault.
#[inline]
pub fn hash(cx: &mut dyn Context, v: Value) -> Fallible<u32> {
    walk(cx, v, false)
}

/// [`hash`] of a dict's key: what holds a function, an iterator or a handle faults.
#[inline]
pub fn hash_of_key(cx: &mut dyn Context, v: Value) -> Fallible<u32> {
    walk(cx, v, true)
}

#[inline]
fn walk(cx: &mut dyn Context, v: Value, is_key: bool) -> Fallible<u32> {
    let hash = if let Some(hash) = plain(cx.heap(), v) {
        hash
    } else if v.is_kind(Kind::Array)
        && let Some(hash) = hash_flat(cx.heap(), v.elements())
    {
        hash
    } else {
        let mut hashes = Hashes {
            known: Memo::new(),
            is_key,
        };
        hash_at(cx, &mut hashes, v, 0)?
    };
    Ok((hash ^ hash >> 32) as u32)
}

/// The hash of an array of few ints and strings: the same as a walk finds.
#[inline]
fn hash_flat(heap: &mut Heap, xs: &[Value]) -> Option<u64> {
    if xs.len() > FLAT {
        return None;
    }
    let mut state = mix(Kind::Array as u64, 3);
    for &x in xs {
        let hash = if x.is_int() {
            hash_small(x.as_int())
        } else if x.is_string() && !x.string().is_rope_beyond(STRETCH) {
            hash_string(heap, x)
        } else {
            return None;
        };
        state = mix(state, hash);
    }
    Some(mix(state, xs.len() as u64))
}

/// Arrays of at most so many elements are looked through before a walk begins.
const FLAT: usize = 8;

/// The fault of a key that cannot be hashed.
#[cold]
fn no_key(v: Value) -> Box<Fault> {
    let message = format!(
        "A dict key cannot hold a function, iterator or handle; got {}",
        type_name(v)
    );
    Fault::new(ErrorKind::Type, message)
}

/// [`hash`] of a value in which nothing has to be looked for: a number, bool or null, a
/// string, a class instance, a variant without parts. `None` for others, and for what takes
/// long.
#[inline]
pub fn hash_plain(heap: &mut Heap, v: Value) -> Option<u32> {
    let hash = plain(heap, v)?;
    Some((hash ^ hash >> 32) as u32)
}

/// The same before it is folded: what a walk finds.
#[inline]
fn plain(heap: &mut Heap, v: Value) -> Option<u64> {
    if v.is_int() {
        return Some(hash_small(v.as_int()));
    }
    if !v.is_pointer() {
        return Some(match v.is_float() {
            true => hash_number(Number::Float(v.as_float())),
            false => mix(v.bits(), 2),
        });
    }
    match v.header().kind {
        Kind::String if !v.string().is_rope_beyond(STRETCH) => Some(hash_string(heap, v)),
        Kind::Object if v.opaque_type().is_none() => Some(mix(v.bits(), 2)),
        Kind::Tagged if v.tagged_parts().is_empty() => {
            let start = mix(Kind::Tagged as u64, 3);
            Some(mix(mix(start, v.header().aux as u64), 0))
        }
        _ => None,
    }
}

fn hash_string(heap: &mut Heap, v: Value) -> u64 {
    mix(mix(Kind::String as u64, 3), heap.string_hash(v) as u64)
}

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let [key, odd] = seeds().words;
    let product = (a ^ b.rotate_left(29) ^ key) as u128 * odd as u128;
    product as u64 ^ (product >> 64) as u64
}

fn hash_small(i: i64) -> u64 {
    mix(i as u64, 0)
}

fn hash_int(big: &IBig) -> u64 {
    match i64::try_from(big) {
        Ok(i) => hash_small(i),
        Err(_) => seeds().state.hash_one(big),
    }
}

/// Numbers of one value hash alike, whatever their form.
fn hash_number(n: Number) -> u64 {
    match n {
        Number::Int(i) => hash_small(i),
        Number::Big(big) => hash_int(big),
        Number::Float(f) if f.fract() != 0.0 || !f.is_finite() => mix(f.to_bits(), 1),
        Number::Float(f) if f.abs() < 1e18 => hash_small(f as i64),
        Number::Float(f) => match bigint::float_to_big(f) {
            Some(whole) => hash_int(&whole),
            None => mix(f.to_bits(), 1),
        },
    }
}

/// The results of a walk so far: the hashes of parts.
struct Hashes {
    known: Memo<Value, u64>,
    /// The whole is to be a dict's key.
    is_key: bool,
}

fn hash_at(cx: &mut dyn Context, hashes: &mut Hashes, v: Value, depth: u32) -> Fallible<u64> {
    if let Some(n) = number(v) {
        return Ok(hash_number(n));
    }
    let Some(kind) = v.kind() else {
        return Ok(mix(v.bits(), 2));
    };
    let elements = match kind {
        Kind::Function
        | Kind::Native
        | Kind::BoundMethod
        | Kind::Generator
        | Kind::Iterator
        | Kind::Promise
        | Kind::StructType
        | Kind::EnumType
            if hashes.is_key =>
        {
            return Err(no_key(v));
        }
        Kind::Object | Kind::Handle if hashes.is_key && v.opaque_type().is_some() => {
            return Err(no_key(v));
        }
        // Two objects may stand for one thing.
        Kind::Handle => {
            let shared = std::sync::Arc::as_ptr(v.share_of_handle());
            return Ok(mix(shared.addr() as u64, 2));
        }
        Kind::String => {
            pace::ready(cx, v)?;
            return Ok(hash_string(cx.heap(), v));
        }
        Kind::Bytes => return Ok(mix(mix(kind as u64, 3), cx.heap().bytes_hash(v) as u64)),
        Kind::Array => v.elements().len(),
        Kind::Queue | Kind::Stack => v.queue().elements().len(),
        Kind::Heap => v.priority().len(),
        Kind::Tagged => v.tagged_parts().len(),
        Kind::Struct => v.instance_type().compared(),
        Kind::Set => v.set().len(),
        Kind::Dict => cx.heap().dict_len(v),
        Kind::Native => return Ok(mix(mix(kind as u64, 3), native_index(v))),
        _ => return Ok(mix(v.bits(), 2)),
    };
    match hashes.known.begin(v, &[v], elements, depth) {
        Part::Known(hash) => Ok(hash),
        Part::TooDeep => Err(too_deep()),
        Part::New(begun) => {
            let hash = hash_parts(cx, hashes, v, depth)?;
            hashes.known.end(cx, &begun, v, &[v], hash);
            Ok(hash)
        }
    }
}

/// The hash of a container or struct.
fn hash_parts(cx: &mut dyn Context, hashes: &mut Hashes, v: Value, depth: u32) -> Fallible<u64> {
    let kind = v.header().kind;
    let start = mix(kind as u64, 3);
    let mut in_order = |cx: &mut dyn Context, mut state: u64, xs: &[Value]| -> Fallible<u64> {
        let mut pace = Pace::new();
        for &x in xs {
            pace.step(cx)?;
            state = mix(state, hash_at(cx, hashes, x, depth + 1)?);
        }
        Ok(mix(state, xs.len() as u64))
    };
    match kind {
        Kind::Array => in_order(cx, start, v.elements()),
        Kind::Queue | Kind::Stack => in_order(cx, start, v.queue().elements()),
        Kind::Heap => {
            let elements: Vec<Value> = v.priority().in_order().collect();
            in_order(cx, start, &elements)
        }
        Kind::Tagged => in_order(cx, mix(start, v.header().aux as u64), v.tagged_parts()),
        Kind::Struct => {
            let ty = v.instance_type();
            let mut state = mix(start, std::ptr::from_ref(ty) as u64);
            for slot in 0..ty.compared() {
                let x = field_of(cx, v, slot);
                state = mix(state, hash_at(cx, hashes, x, depth + 1)?);
            }
            Ok(state)
        }
        // Parts in any order.
        Kind::Set => {
            let (mut sum, mut cursor) = (0u64, 0);
            while let Some((x, _, next)) = v.set().next(cursor) {
                // The hash is known, but not that `x` is not too deep for here.
                sum = sum.wrapping_add(mix(hash_at(cx, hashes, x, depth + 1)?, 4));
                cursor = next;
            }
            Ok(mix(start, sum))
        }
        _ => {
            let (mut sum, mut cursor) = (0u64, 0);
            while let Some((key, x, next)) = cx.heap().dict_next(v, cursor) {
                let hash = match is_key(key) {
                    true => hash_key(cx, key)?,
                    false => hash_at(cx, hashes, key, depth + 1)?,
                };
                let entry = mix(hash, hash_at(cx, hashes, x, depth + 1)?);
                sum = sum.wrapping_add(entry);
                cursor = next;
            }
            Ok(mix(start, sum))
        }
    }
}

/// Keys by their text: an int and its decimal digits are one key.
fn hash_key(cx: &mut dyn Context, key: Value) -> Fallible<u64> {
    let mut state = seeds().state.build_hasher();
    match number(key) {
        Some(_) => state.write(number_text::int_in_base(cx, key, 10)?.as_bytes()),
        None => state.write(cx.heap().str(key).as_bytes()),
    }
    Ok(state.finish())
}

/// Whether two values are one to a set. Of values that were hashed: hashing has
/// found that they are not nested too deeply.
#[inline]
pub fn same(cx: &mut dyn Context, a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if Value::both_int(a, b) {
        return false;
    }
    if a.is_kind(Kind::Array)
        && b.is_kind(Kind::Array)
        && let Some(same) = same_flat(a.elements(), b.elements())
    {
        return same;
    }
    same_with(cx, &mut Pairs::new(), a, b)
}

/// [`same`] of two arrays, if that needs no look at their objects.
fn same_flat(xs: &[Value], ys: &[Value]) -> Option<bool> {
    if xs.len() != ys.len() {
        return Some(false);
    }
    for (&x, &y) in xs.iter().zip(ys) {
        if x != y {
            return Value::both_int(x, y).then_some(false);
        }
    }
    Some(true)
}

/// [`same`], where `v` has a [`hash_plain`].
#[inline]
pub fn same_plain(heap: &mut Heap, x: Value, v: Value) -> bool {
    if x == v {
        return true;
    }
    if let (Some(x), Some(v)) = (number(x), number(v)) {
        return bigint::compare_numbers(x, v).is_some_and(Ordering::is_eq);
    }
    if x.is_string() && v.is_string() {
        return heap.string_eq(x, v);
    }
    let variant = |v: Value| v.is_kind(Kind::Tagged) && v.tagged_parts().is_empty();
    variant(x) && variant(v) && x.header().aux == v.header().aux
}

/// [`same`] in a walk that has begun.
pub fn same_with(cx: &mut dyn Context, pairs: &mut Pairs, a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        // One NaN has one form, and was found identical.
        return bigint::compare_numbers(x, y).is_some_and(Ordering::is_eq);
    }
    if a.kind() != b.kind() || !a.is_pointer() {
        return false;
    }
    let elements = match a.header().kind {
        Kind::String => return cx.heap().string_eq(a, b),
        Kind::Bytes => return a.bytes() == b.bytes(),
        Kind::Array => a.elements().len(),
        Kind::Queue | Kind::Stack => a.queue().elements().len(),
        Kind::Heap => a.priority().len(),
        Kind::Tagged => a.tagged_parts().len(),
        Kind::Set => a.set().len(),
        Kind::Dict => cx.heap().dict_len(a),
        Kind::Struct => a.instance_type().compared(),
        // Built-in functions are equal by what they are.
        Kind::Native => return native_index(a) == native_index(b),
        _ => return false,
    };
    let key = (a, b, Relation::Same);
    match pairs.begin(key, &[a, b], elements, 0) {
        Part::Known(()) => true,
        Part::TooDeep => unreachable!("hashing has found that no part is too deep"),
        Part::New(begun) => {
            let same = same_parts(cx, pairs, a, b);
            if same {
                pairs.end(cx, &begun, key, &[a, b], ());
            }
            same
        }
    }
}

/// [`same`] for two containers or structs of one kind.
fn same_parts(cx: &mut dyn Context, pairs: &mut Pairs, a: Value, b: Value) -> bool {
    let mut all = |cx: &mut dyn Context, xs: &[Value], ys: &[Value]| {
        let mut both = xs.iter().zip(ys);
        xs.len() == ys.len() && both.all(|(&x, &y)| same_with(cx, pairs, x, y))
    };
    match a.header().kind {
        Kind::Array => all(cx, a.elements(), b.elements()),
        Kind::Queue | Kind::Stack => all(cx, a.queue().elements(), b.queue().elements()),
        Kind::Heap => {
            let elements = |v: Value| v.priority().in_order().collect::<Vec<Value>>();
            all(cx, &elements(a), &elements(b))
        }
        Kind::Tagged => {
            a.header().aux == b.header().aux && all(cx, a.tagged_parts(), b.tagged_parts())
        }
        Kind::Set => same_sets(cx, pairs, a, b),
        Kind::Dict => {
            if cx.heap().dict_len(a) != cx.heap().dict_len(b) {
                return false;
            }
            let mut cursor = 0;
            while let Some((key, x, next)) = cx.heap().dict_next(a, cursor) {
                // A key that is there has been hashed without a fault.
                match dict::get(cx, b, key).unwrap_or(None) {
                    Some(y) if same_with(cx, pairs, x, y) => cursor = next,
                    _ => return false,
                }
            }
            true
        }
        _ => {
            let ty = a.instance_type();
            std::ptr::eq(ty, b.instance_type())
                && (0..ty.compared()).all(|slot| {
                    let (x, y) = (field_of(cx, a, slot), field_of(cx, b, slot));
                    same_with(cx, pairs, x, y)
                })
        }
    }
}

/// Sets know the hashes of their values.
fn same_sets(cx: &mut dyn Context, pairs: &mut Pairs, a: Value, b: Value) -> bool {
    if a.set().len() != b.set().len() {
        return false;
    }
    let mut cursor = 0;
    while let Some((x, hash, next)) = a.set().next(cursor) {
        let mut is = |y| same_with(cx, pairs, x, y);
        if b.set().find(hash, &mut is).is_none() {
            return false;
        }
        cursor = next;
    }
    true
}

fn native_index(v: Value) -> u64 {
    // SAFETY: callers pass native function objects.
    unsafe { (*v.as_pointer::<crate::heap::object::NativeObj>()).index }
}
