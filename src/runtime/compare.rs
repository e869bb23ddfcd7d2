//! Equality, order and truth of values. Walks containers at any depth up to
//! [`MAX_DEPTH`]; operator methods of structs are called on the way, so any of
//! this may run code of the program. The operands are borrowed meanwhile. Values
//! print elsewhere.

use super::bigint::{Number, bit_length, compare_numbers, number};
use super::limits::{MAX_DEPTH, too_deep};
use super::memo::{Pairs, Part, Relation};
use super::operators::method_of;
pub use super::ops::CompareOp;
use super::ops::as_f64;
use super::pace::{self, Pace, STRETCH};
use super::{
    Borrow, Context, ErrorKind, Fallible, Fault, dict, field_of, hash, name_of_type, type_name,
};
use crate::heap::object::{Kind, NativeObj};
use crate::heap::shape::has_equality;
use crate::heap::types::Special;
use crate::value::Value;
use std::cmp::Ordering;

impl CompareOp {
    fn method(self) -> Special {
        match self {
            CompareOp::Lt => Special::Lt,
            CompareOp::Le => Special::Le,
            CompareOp::Gt => Special::Gt,
            CompareOp::Ge => Special::Ge,
        }
    }
}

/// The truth of a value: false for `false`, `null`, zeros and empty containers; for
/// instances of a type with `len` if that is 0.
#[inline]
pub fn truth(cx: &mut dyn Context, v: Value) -> Fallible<bool> {
    match plain_truth(v) {
        Some(truth) => Ok(truth),
        None => truth_of_instance(cx, v),
    }
}

/// [`truth`] of all values but instances, which may have a `len`.
#[inline]
pub fn plain_truth(v: Value) -> Option<bool> {
    if v.is_int() {
        return Some(v != Value::ZERO);
    }
    if v.is_pointer() {
        let instance = matches!(v.header().kind, Kind::Struct | Kind::Object);
        return (!instance).then(|| truth_of_object(v));
    }
    if v.is_float() {
        return Some(v.as_float() != 0.0);
    }
    Some(v == Value::TRUE)
}

#[cold]
fn truth_of_instance(cx: &mut dyn Context, v: Value) -> Fallible<bool> {
    Ok(match own_length(cx, v)? {
        Some(length) => length != Value::ZERO,
        None => true,
    })
}

/// The result of the method `len` of an instance, an int, if there is one.
pub fn own_length(cx: &mut dyn Context, v: Value) -> Fallible<Option<Value>> {
    let Some(method) = method_of(v, Special::Len) else {
        return Ok(None);
    };
    let length = cx.call_method(method, v, &[])?;
    if length.is_int() || length.is_big_int() {
        return Ok(Some(length));
    }
    let ty = cx.heap().str(v.instance_type().name);
    let got = type_name(length);
    let message = format!("len of {ty} gives an int; got {got}");
    Err(Fault::new(ErrorKind::Type, message))
}

fn truth_of_object(v: Value) -> bool {
    match v.header().kind {
        Kind::String => v.string().byte_len() != 0,
        Kind::Bytes => !v.bytes().is_empty(),
        Kind::Array => v.array().len != 0,
        Kind::Dict => v.dict().live() != 0,
        Kind::Set => !v.set().is_empty(),
        Kind::Queue | Kind::Stack => !v.queue().elements().is_empty(),
        Kind::Heap => !v.priority().is_empty(),
        _ => true,
    }
}

/// `a == b` where it needs no heap: ints, floats, bools, null.
#[inline(always)]
pub fn equal_fast(a: Value, b: Value) -> Option<bool> {
    if Value::both_int(a, b) {
        return Some(a == b);
    }
    if a.is_number() && b.is_number() {
        return Some(as_f64(a) == as_f64(b));
    }
    if !a.is_pointer() && !b.is_pointer() {
        return Some(a == b);
    }
    None
}

/// `a == b` where `a` is an instance that equals itself only: one of a class, or any
/// beside what is no object, unless its type says what it equals. Tests for null in
/// lists and trees are this.
#[inline(always)]
pub fn equal_by_identity(a: Value, b: Value) -> Option<bool> {
    let plain = match a.kind()? {
        Kind::Object => true,
        Kind::Struct => !b.is_pointer(),
        _ => false,
    };
    (plain && !has_equality(a.header().aux)).then(|| a == b)
}

/// Comes to two containers of the same kind and with so many elements: gives back from the
/// function around it if they are known to be equal, or nested too deeply.
macro_rules! begin {
    ($pairs:ident, $a:ident, $b:ident, $relation:ident, $elements:expr, $depth:ident, $known:expr) => {
        match $pairs.begin(($a, $b, Relation::$relation), &[$a, $b], $elements, $depth) {
            Part::Known(()) => return Ok($known),
            Part::TooDeep => return Err(too_deep()),
            Part::New(begun) => begun,
        }
    };
}

/// `a == b`.
pub fn equal(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<bool> {
    let _borrows = (Borrow::of(a), Borrow::of(b));
    equal_at(cx, &mut Pairs::new(), a, b, 0)
}

/// `a != b`: by `op_ne` if the left operand has it.
pub fn not_equal(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<bool> {
    if let Some(method) = method_of(a, Special::Ne) {
        let result = cx.call_method(method, a, &[b])?;
        return truth(cx, result);
    }
    Ok(!equal(cx, a, b)?)
}

fn equal_at(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<bool> {
    if let Some(result) = equal_fast(a, b) {
        return Ok(result);
    }
    // One of them is an object.
    if !a.is_pointer() {
        return Ok(match (number(a), number(b)) {
            (Some(x), Some(y)) => compare_numbers(x, y) == Some(Ordering::Equal),
            _ => false,
        });
    }
    let kind = a.header().kind;
    match kind {
        Kind::String => Ok(b.is_string() && equal_strings(cx, a, b)?),
        Kind::Bytes => Ok(b.is_bytes()
            && a.bytes().len() == b.bytes().len()
            && order_of_strings(cx, a, b)? == Some(Ordering::Equal)),
        Kind::BigInt => Ok(match (number(a), number(b)) {
            (Some(x), Some(y)) => order_of_numbers(cx, x, y)? == Some(Ordering::Equal),
            _ => false,
        }),
        Kind::Struct | Kind::Object => equal_instances(cx, pairs, a, b, depth),
        Kind::Array
        | Kind::Dict
        | Kind::Set
        | Kind::Queue
        | Kind::Stack
        | Kind::Heap
        | Kind::Tagged => {
            if !b.is_kind(kind) {
                return Ok(false);
            }
            let elements = elements_in(cx, a);
            if elements != elements_in(cx, b) {
                return Ok(false);
            }
            if depth > 1 {
                cx.poll()?;
            }
            let begun = begin!(pairs, a, b, Equal, elements, depth, true);
            let equal = match kind {
                Kind::Array => {
                    let mut at = 0..;
                    equal_elements(cx, pairs, depth, || {
                        let at = at.next()?;
                        Some((*a.elements().get(at)?, *b.elements().get(at)?))
                    })?
                }
                Kind::Dict => equal_dicts(cx, pairs, a, b, depth)?,
                Kind::Set => equal_sets(cx, pairs, a, b)?,
                Kind::Queue | Kind::Stack => {
                    let mut at = 0..;
                    equal_elements(cx, pairs, depth, || {
                        let at = at.next()?;
                        let part = |queue: Value| queue.queue().elements().get(at).copied();
                        Some((part(a)?, part(b)?))
                    })?
                }
                // Heaps are equal if they give equal elements in the same order.
                Kind::Heap => {
                    let mut at = (0, 0);
                    equal_elements(cx, pairs, depth, || {
                        let x = a.priority().next(&mut at.0)?;
                        Some((x, b.priority().next(&mut at.1)?))
                    })?
                }
                _ => equal_tagged(cx, pairs, a, b, depth)?,
            };
            if equal {
                pairs.end(cx, &begun, (a, b, Relation::Equal), &[a, b], ());
            }
            Ok(equal)
        }
        Kind::Native if b.is_kind(Kind::Native) => {
            // SAFETY: both are native objects.
            let index = |v: Value| unsafe { (*v.as_pointer::<NativeObj>()).index };
            Ok(index(a) == index(b))
        }
        Kind::Handle => Ok(a.is_same_handle(b)),
        _ => Ok(a == b),
    }
}

/// The number of elements of a container.
fn elements_in(cx: &mut dyn Context, v: Value) -> usize {
    match v.header().kind {
        Kind::Array => v.elements().len(),
        Kind::Dict => cx.heap().dict_len(v),
        Kind::Set => v.set().len(),
        Kind::Queue | Kind::Stack => v.queue().elements().len(),
        Kind::Heap => v.priority().len(),
        _ => v.tagged_parts().len(),
    }
}

/// Every value of one is the same as a value of the other; both have as many.
fn equal_sets(cx: &mut dyn Context, pairs: &mut Pairs, a: Value, b: Value) -> Fallible<bool> {
    let mut pace = Pace::new();
    let mut cursor = 0;
    while let Some((item, hash, next)) = a.set().next(cursor) {
        pace.step(cx)?;
        let mut is = |x| hash::same_with(cx, pairs, item, x);
        if b.set().find(hash, &mut is).is_none() {
            return Ok(false);
        }
        cursor = next;
    }
    Ok(true)
}

/// Whether the elements of two containers are equal, as long as `next` gives one of each.
fn equal_elements(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    depth: u32,
    mut next: impl FnMut() -> Option<(Value, Value)>,
) -> Fallible<bool> {
    let mut pace = Pace::new();
    while let Some((x, y)) = next() {
        pace.step(cx)?;
        if !equal_at(cx, pairs, x, y, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_dicts(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<bool> {
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((key, x, next)) = cx.heap().dict_next(a, cursor) {
        pace.step(cx)?;
        cursor = next;
        match dict::get(cx, b, key)? {
            Some(y) if equal_at(cx, pairs, x, y, depth + 1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn equal_tagged(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<bool> {
    if a.header().aux != b.header().aux {
        return Ok(false);
    }
    let (xs, ys) = (a.tagged_parts(), b.tagged_parts());
    for (&x, &y) in xs.iter().zip(ys) {
        if !equal_at(cx, pairs, x, y, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_instances(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<bool> {
    if depth >= MAX_DEPTH {
        return Err(too_deep());
    }
    if depth > 1 {
        cx.poll()?;
    }
    if let Some(method) = method_of(a, Special::Eq) {
        let result = cx.call_method(method, a, &[b])?;
        return truth(cx, result);
    }
    if a.is_kind(Kind::Object) || !b.is_kind(Kind::Struct) {
        return Ok(a == b);
    }
    let ty = a.instance_type();
    if !std::ptr::eq(ty, b.instance_type()) {
        return Ok(false);
    }
    let fields = ty.compared();
    let begun = begin!(pairs, a, b, Equal, fields, depth, true);
    for slot in 0..fields {
        let (x, y) = (field_of(cx, a, slot), field_of(cx, b, slot));
        if !equal_at(cx, pairs, x, y, depth + 1)? {
            return Ok(false);
        }
    }
    pairs.end(cx, &begun, (a, b, Relation::Equal), &[a, b], ());
    Ok(true)
}

/// [`compare_numbers`], with a look after ints so long that many comparisons take long.
fn order_of_numbers(cx: &mut dyn Context, x: Number, y: Number) -> Fallible<Option<Ordering>> {
    /// Bits that are compared in a microsecond or two.
    const LONG: usize = 1 << 18;
    let order = compare_numbers(x, y);
    if let (Number::Big(x), Number::Big(_)) = (x, y)
        && bit_length(x) > LONG
    {
        cx.poll()?;
    }
    Ok(order)
}

/// `a op b`.
pub fn compare(cx: &mut dyn Context, op: CompareOp, a: Value, b: Value) -> Fallible<bool> {
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return Ok(order_of_numbers(cx, x, y)?.is_some_and(|order| op.holds(order)));
    }
    if let Some(order) = order_of_strings(cx, a, b)? {
        return Ok(op.holds(order));
    }
    if let Some(order) = plain_order(cx, a, b) {
        return Ok(op.holds(order));
    }
    let _borrows = (Borrow::of(a), Borrow::of(b));
    if a.is_kind(Kind::Array) && b.is_kind(Kind::Array) {
        return Ok(match compare_arrays(cx, &mut Pairs::new(), op, a, b, 0)? {
            Outcome::Equal => op.holds(Ordering::Equal),
            Outcome::Decided(result) => result,
        });
    }
    compare_instances(cx, op, a, b)
}

/// The order of two strings or of two byte strings; `None` for other values.
#[inline]
fn order_of_strings(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<Option<Ordering>> {
    match (a.kind(), b.kind()) {
        (Some(Kind::String), Some(Kind::String)) if a == b => Ok(Some(Ordering::Equal)),
        // Byte order of UTF-8 is the order of code points.
        (Some(Kind::String), Some(Kind::String)) => {
            if a.string().byte_len().max(b.string().byte_len()) > STRETCH {
                return order_of_long(cx, a, b).map(Some);
            }
            let heap = cx.heap();
            Ok(Some(heap.str(a).cmp(heap.str(b))))
        }
        (Some(Kind::Bytes), Some(Kind::Bytes)) => {
            pace::compare_bytes(cx, a.bytes(), b.bytes()).map(Some)
        }
        _ => Ok(None),
    }
}

/// The order of two strings that may be long.
#[cold]
#[inline(never)]
fn order_of_long(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<Ordering> {
    let (x, y) = (pace::text_of(cx, a)?, pace::text_of(cx, b)?);
    pace::compare_bytes(cx, x.as_bytes(), y.as_bytes())
}

/// Whether two strings have the same text.
#[inline]
fn equal_strings(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<bool> {
    if a.string().byte_len() <= STRETCH || a.string().byte_len() != b.string().byte_len() {
        return Ok(cx.heap().string_eq(a, b));
    }
    Ok(order_of_strings(cx, a, b)? == Some(Ordering::Equal))
}

/// The result of one pair of elements for two arrays.
enum Outcome {
    Equal,
    /// The first difference settles the operator.
    Decided(bool),
}

fn compare_arrays(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    op: CompareOp,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<Outcome> {
    if depth > 1 {
        cx.poll()?;
    }
    let shorter = a.elements().len().min(b.elements().len());
    let begun = begin!(pairs, a, b, Compared, shorter, depth, Outcome::Equal);
    let mut i = 0;
    let mut pace = Pace::new();
    while let (Some(&x), Some(&y)) = (a.elements().get(i), b.elements().get(i)) {
        pace.step(cx)?;
        match compare_elements(cx, pairs, op, x, y, depth + 1)? {
            Outcome::Equal => i += 1,
            decided => return Ok(decided),
        }
    }
    Ok(match a.elements().len().cmp(&b.elements().len()) {
        Ordering::Equal => {
            pairs.end(cx, &begun, (a, b, Relation::Compared), &[a, b], ());
            Outcome::Equal
        }
        order => Outcome::Decided(op.holds(order)),
    })
}

fn compare_elements(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    op: CompareOp,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<Outcome> {
    let order = if let (Some(x), Some(y)) = (number(a), number(b)) {
        match order_of_numbers(cx, x, y)? {
            Some(order) => order,
            None => return Ok(Outcome::Decided(false)),
        }
    } else if let Some(order) = order_of_strings(cx, a, b)? {
        order
    } else if a.is_kind(Kind::Array) && b.is_kind(Kind::Array) {
        return compare_arrays(cx, pairs, op, a, b, depth);
    } else if equal_at(cx, pairs, a, b, depth)? {
        Ordering::Equal
    } else {
        return Ok(Outcome::Decided(compare_instances(cx, op, a, b)?));
    };
    Ok(match order {
        Ordering::Equal => Outcome::Equal,
        order => Outcome::Decided(op.holds(order)),
    })
}

/// `a op b` by operator methods: the left operand's own, the right one's for
/// the flipped operator, for `<=` and `>=` the strict operator or equality.
fn compare_instances(cx: &mut dyn Context, op: CompareOp, a: Value, b: Value) -> Fallible<bool> {
    if let Some(result) = call_compare(cx, op, a, b)? {
        return Ok(result);
    }
    let strict = match op {
        CompareOp::Le => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Gt,
        _ => return Err(invalid_comparison(cx, op, a, b)),
    };
    match call_compare(cx, strict, a, b)? {
        Some(true) => Ok(true),
        Some(false) => equal(cx, a, b),
        None => Err(invalid_comparison(cx, op, a, b)),
    }
}

/// `a op b` by the left operand's method, or the right one's for the flipped
/// operator; `None` if there is neither.
fn call_compare(cx: &mut dyn Context, op: CompareOp, a: Value, b: Value) -> Fallible<Option<bool>> {
    if let Some(method) = method_of(a, op.method()) {
        let result = cx.call_method(method, a, &[b])?;
        return truth(cx, result).map(Some);
    }
    if let Some(method) = method_of(b, op.flipped().method()) {
        let result = cx.call_method(method, b, &[a])?;
        return truth(cx, result).map(Some);
    }
    Ok(None)
}

#[cold]
fn invalid_comparison(cx: &mut dyn Context, op: CompareOp, a: Value, b: Value) -> Box<Fault> {
    Fault::new(
        ErrorKind::Type,
        format!(
            "Invalid comparison: {} {} {}",
            name_of_type(cx, a),
            op.text(),
            name_of_type(cx, b)
        ),
    )
}

/// The total order of `sort`, `min` and `max`: that of `<`, with NaN after
/// all numbers. Values that `<` cannot compare throw.
pub fn order(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<Ordering> {
    if let Some(order) = plain_order(cx, a, b) {
        return Ok(order);
    }
    let _borrows = (Borrow::of(a), Borrow::of(b));
    order_at(cx, &mut Pairs::new(), a, b, 0)
}

/// Whether `a` comes before `b` in the order of [`order`]: of an instance one call of a
/// method says it, where the whole order may take two.
pub fn comes_before(cx: &mut dyn Context, a: Value, b: Value) -> Fallible<bool> {
    let is_instance = |v: Value| matches!(v.kind(), Some(Kind::Struct | Kind::Object));
    if is_instance(a) || is_instance(b) {
        let _borrows = (Borrow::of(a), Borrow::of(b));
        return compare_instances(cx, CompareOp::Lt, a, b);
    }
    Ok(order(cx, a, b)? == Ordering::Less)
}

/// The order of two arrays that their first elements decide, or that are short: inline ints,
/// floats that are no NaN, and strings. No code of the program runs, so nothing is borrowed.
fn plain_order(cx: &mut dyn Context, a: Value, b: Value) -> Option<Ordering> {
    /// Elements that are compared without a look at the clock.
    const SHORT: usize = 32;
    if !a.is_kind(Kind::Array) || !b.is_kind(Kind::Array) {
        return None;
    }
    let (xs, ys) = (a.elements(), b.elements());
    for (&x, &y) in xs.iter().zip(ys).take(SHORT) {
        let order = if Value::both_int(x, y) {
            x.as_int().cmp(&y.as_int())
        } else if x.is_number() && y.is_number() {
            // An inline int is exact as a float.
            as_f64(x).partial_cmp(&as_f64(y))?
        } else if x.is_string() && y.is_string() {
            if x.string().byte_len().max(y.string().byte_len()) > STRETCH {
                return None;
            }
            let heap = cx.heap();
            heap.str(x).cmp(heap.str(y))
        } else {
            return None;
        };
        if order.is_ne() {
            return Some(order);
        }
    }
    (xs.len().min(ys.len()) <= SHORT).then(|| xs.len().cmp(&ys.len()))
}

fn order_at(
    cx: &mut dyn Context,
    pairs: &mut Pairs,
    a: Value,
    b: Value,
    depth: u32,
) -> Fallible<Ordering> {
    if Value::both_int(a, b) {
        return Ok(a.as_int().cmp(&b.as_int()));
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return Ok(order_of_numbers(cx, x, y)?.unwrap_or_else(|| is_nan(a).cmp(&is_nan(b))));
    }
    if let Some(order) = order_of_strings(cx, a, b)? {
        return Ok(order);
    }
    if a.is_kind(Kind::Array) && b.is_kind(Kind::Array) {
        if depth > 1 {
            cx.poll()?;
        }
        let shorter = a.elements().len().min(b.elements().len());
        let begun = begin!(pairs, a, b, Ordered, shorter, depth, Ordering::Equal);
        let mut i = 0;
        let mut pace = Pace::new();
        while let (Some(&x), Some(&y)) = (a.elements().get(i), b.elements().get(i)) {
            pace.step(cx)?;
            match order_at(cx, pairs, x, y, depth + 1)? {
                Ordering::Equal => i += 1,
                different => return Ok(different),
            }
        }
        let order = a.elements().len().cmp(&b.elements().len());
        if order.is_eq() {
            pairs.end(cx, &begun, (a, b, Relation::Ordered), &[a, b], ());
        }
        return Ok(order);
    }
    // Within arrays, equal values need no order among their kind.
    if depth > 0 && equal_at(cx, pairs, a, b, depth)? {
        return Ok(Ordering::Equal);
    }
    if compare_instances(cx, CompareOp::Lt, a, b)? {
        Ok(Ordering::Less)
    } else if compare_instances(cx, CompareOp::Lt, b, a)? {
        Ok(Ordering::Greater)
    } else {
        Ok(Ordering::Equal)
    }
}

fn is_nan(v: Value) -> bool {
    v.is_float() && v.as_float().is_nan()
}
