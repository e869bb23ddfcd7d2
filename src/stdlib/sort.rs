//! Putting arrays in order (STDLIB 4): a stable merge sort that survives
//! contradictory comparisons and comparisons that throw, with short ways for
//! arrays of ints, of floats, and of strings.
//!
//! A sort that calls functions of the program sorts a copy of the elements, or
//! positions: array and keys stay as they are, and reachable for the collector,
//! until the order is known.

use super::arrays::changeable;
use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use crate::heap::object::Kind;
use crate::runtime::messages::value_error;
use crate::runtime::pace::{self, Pace};
use crate::runtime::{Args, Borrow, Context, ErrorKind, Fallible, Fault, compare, type_name};
use crate::value::Value;
use std::cmp::Ordering;

mod numbers;
use numbers::{Numbers, float_order};

natives! {
    /// In ascending order, or in the order that `by(a, b)` gives; stable.
    ///
    /// `by(a, b)` gives a number (negative: a first) or a bool (true: a first). Values that `<`
    /// cannot compare throw `type`; NaN comes last.
    mutating fn [calls operators] sort(xs: ARRAY, by: opt(CALLABLE)) -> "array" = sort, sort_method;
    /// In the order of `key(x)`, called once an element; stable.
    mutating fn [calls operators] sort_by(xs: ARRAY, key: CALLABLE) -> "array" = sort_by, sort_by_method;
    /// In descending order; stable.
    ///
    /// Values that `<` cannot compare throw `type`; NaN comes last.
    mutating fn [operators] sort_desc(xs: ARRAY) -> "array" = sort_desc, sort_desc_method;
    /// The position of the first element that is not less than `v`, in a sorted array.
    ///
    /// `len` if all are less. With `key`, `key(x)` is compared with `v`.
    pure fn [calls operators] binary_search(xs: ARRAY, v: ANY, key: opt(CALLABLE)) -> "int" = binary_search;
}

fn sort(cx: &mut dyn Context, args: Args) -> Fallible {
    if let Some(simple) = at_once(args) {
        let xs = own_array(cx, "sort", args, 0)?;
        // SAFETY: no other slice of the elements is in use.
        simple.sort(cx, unsafe { xs.elements_mut() })?;
        return Ok(xs);
    }
    let sorted = in_order(cx, args)?;
    let xs = own_array(cx, "sort", args, 0)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.copy_from_slice(&sorted);
    Ok(xs)
}

fn sort_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    if let Some(simple) = at_once(args) {
        // SAFETY: no other slice of the elements is in use.
        simple.sort(cx, unsafe { xs.elements_mut() })?;
        return Ok(xs);
    }
    let sorted = in_order(cx, args)?;
    let xs = changeable(cx, args)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.copy_from_slice(&sorted);
    Ok(xs)
}

fn sort_by(cx: &mut dyn Context, args: Args) -> Fallible {
    let order = key_order_of(cx, args)?;
    let xs = own_array(cx, "sort_by", args, 0)?;
    permute(cx, xs, &order)?;
    Ok(xs)
}

fn sort_by_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let order = key_order_of(cx, args)?;
    let xs = changeable(cx, args)?;
    permute(cx, xs, &order)?;
    Ok(xs)
}

fn sort_desc(cx: &mut dyn Context, args: Args) -> Fallible {
    let sorted = descending(cx, args)?;
    let xs = own_array(cx, "sort_desc", args, 0)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.copy_from_slice(&sorted);
    Ok(xs)
}

fn sort_desc_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let sorted = descending(cx, args)?;
    let xs = changeable(cx, args)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.copy_from_slice(&sorted);
    Ok(xs)
}

/// The elements of argument 0 in descending order. The array keeps them meanwhile.
fn descending(cx: &mut dyn Context, args: Args) -> Fallible<Vec<Value>> {
    let xs = args.get(0);
    let _borrow = Borrow::of(xs);
    let elements = copied(cx, xs.elements())?;
    if let Some(numbers) = Numbers::of(&elements) {
        return in_order_of_numbers(cx, elements, numbers.descending());
    }
    let mut pace = Pace::new();
    let scratch = scratch_for(cx, &elements, 1)?;
    merge_sort(elements, scratch, 1, |b, a| {
        pace.step(cx)?;
        if is_nan(a) || is_nan(b) {
            return comes_first(cx, b, a);
        }
        comes_first(cx, a, b)
    })
}

fn binary_search(cx: &mut dyn Context, args: Args) -> Fallible {
    let (xs, v, key) = (args.get(0), args.get(1), args.get(2));
    let _borrow = Borrow::of(xs);
    let (mut low, mut high) = (0, xs.elements().len());
    while low < high {
        let middle = low + (high - low) / 2;
        let x = xs.elements()[middle];
        let found = if key.is_absent() {
            x
        } else {
            cx.call(key, &[x])?
        };
        if comes_first(cx, found, v)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Value::int(low as i64))
}

fn is_nan(v: Value) -> bool {
    v.is_float() && v.as_float().is_nan()
}

/// Puts the elements in the given order. Nothing is allocated on the heap
/// meanwhile.
fn permute(cx: &mut dyn Context, xs: Value, order: &[u32]) -> Fallible<()> {
    let mut permuted = list_with_room(cx, order.len())?;
    let mut pace = Pace::new();
    for &from in order {
        pace.step(cx)?;
        permuted.push(xs.elements()[from as usize]);
    }
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.copy_from_slice(&permuted);
    Ok(())
}

/// The elements of argument 0 in the order of argument 1 or, without it, of `<`.
/// The array keeps them meanwhile.
pub(super) fn in_order(cx: &mut dyn Context, args: Args) -> Fallible<Vec<Value>> {
    let (xs, by) = (args.get(0), args.get(1));
    let _borrow = Borrow::of(xs);
    let mut elements = copied(cx, xs.elements())?;
    let mut pace = Pace::new();
    if by.is_absent() {
        let mut run = 1;
        match Simple::of(&elements) {
            Some(Simple::Numbers(numbers)) => return in_order_of_numbers(cx, elements, numbers),
            Some(Simple::Strings) => {
                run = MANY;
                for run in elements.chunks_mut(run) {
                    sort_strings(cx, run)?;
                    cx.poll()?;
                }
            }
            None => {}
        }
        let scratch = scratch_for(cx, &elements, run)?;
        return merge_sort(elements, scratch, run, |b, a| {
            pace.step(cx)?;
            comes_first(cx, b, a)
        });
    }
    let scratch = scratch_for(cx, &elements, 1)?;
    merge_sort(elements, scratch, 1, |b, a| {
        pace.step(cx)?;
        let said = cx.call(by, &[b, a])?;
        says_first(cx, said)
    })
}

/// Numbers in an order of their kind.
fn in_order_of_numbers(
    cx: &mut dyn Context,
    mut elements: Vec<Value>,
    order: Numbers,
) -> Fallible<Vec<Value>> {
    for run in elements.chunks_mut(MANY_NUMBERS) {
        order.sort(run);
        cx.poll()?;
    }
    let scratch = scratch_for(cx, &elements, MANY_NUMBERS)?;
    let mut pace = Pace::new();
    merge_sort(elements, scratch, MANY_NUMBERS, |b, a| {
        pace.step(cx)?;
        Ok(order.place(b) < order.place(a))
    })
}

/// A list of so many positions, in order.
fn positions(cx: &mut dyn Context, len: usize) -> Fallible<Vec<u32>> {
    let mut order = list_with_room(cx, len)?;
    order.extend(0..len as u32);
    Ok(order)
}

/// The order of argument 0's positions by the keys that argument 1 gives.
fn key_order_of(cx: &mut dyn Context, args: Args) -> Fallible<Vec<u32>> {
    let (xs, key) = (args.get(0), args.get(1));
    let _borrow = Borrow::of(xs);
    let len = xs.elements().len();
    let keys = cx.heap().new_array(len);
    for i in 0..len {
        let k = cx.call(key, &[xs.elements()[i]])?;
        push(cx, "sort_by", keys, k)?;
    }
    if let Some(numbers) = Numbers::of(keys.elements()) {
        let place = |i: u32| numbers.place(keys.elements()[i as usize]);
        let mut order = positions(cx, len)?;
        for run in order.chunks_mut(MANY) {
            run.sort_by_key(|&i| place(i));
            cx.poll()?;
        }
        let mut pace = Pace::new();
        let scratch = scratch_for(cx, &order, MANY)?;
        return merge_sort(order, scratch, MANY, |b, a| {
            pace.step(cx)?;
            Ok(place(b) < place(a))
        });
    }
    let mut pace = Pace::new();
    let order = positions(cx, len)?;
    let scratch = scratch_for(cx, &order, 1)?;
    merge_sort(order, scratch, 1, |b, a| {
        pace.step(cx)?;
        // The collector finds the keys by their array.
        let keys = keys.elements();
        comes_first(cx, keys[b as usize], keys[a as usize])
    })
}

/// Whether `b` comes before `a` in the order of `<`, with NaN after all numbers.
pub(super) fn comes_first(cx: &mut dyn Context, b: Value, a: Value) -> Fallible<bool> {
    if Value::both_int(a, b) {
        return Ok(b.as_int() < a.as_int());
    }
    if a.is_float() && b.is_float() {
        return Ok(float_order(b.as_float()) < float_order(a.as_float()));
    }
    if let Some(order) = order_of_first_ints(b, a) {
        return Ok(order.is_lt());
    }
    if is_number(a) && is_number(b) && (is_nan(a) || is_nan(b)) {
        return Ok(!is_nan(b));
    }
    compare::comes_before(cx, b, a)
}

/// The order of two arrays whose first elements decide it, if those are inline ints: what
/// programs sort by the first of several keys.
#[inline(always)]
fn order_of_first_ints(a: Value, b: Value) -> Option<Ordering> {
    if !a.is_kind(Kind::Array) || !b.is_kind(Kind::Array) {
        return None;
    }
    let (&x, &y) = (a.elements().first()?, b.elements().first()?);
    if !Value::both_int(x, y) {
        return None;
    }
    Some(x.as_int().cmp(&y.as_int())).filter(|order| order.is_ne())
}

/// The meaning of the result of `by(b, a)`: whether `b` comes first.
#[inline]
pub(super) fn says_first(cx: &mut dyn Context, said: Value) -> Fallible<bool> {
    if said.is_int() {
        return Ok(said.as_int() < 0);
    }
    if said.is_bool() {
        return Ok(said == Value::TRUE);
    }
    if !is_number(said) {
        let got = type_name(said);
        let message = format!("sort() expects by to give a number or a bool; got {got}");
        return Err(Fault::new(ErrorKind::Type, message));
    }
    let number = to_float(said);
    if number.is_nan() {
        let what = "a function that does not give NaN";
        return Err(value_error(cx, "sort", "by", what, said));
    }
    Ok(number < 0.0)
}

/// Arrays of up to so many numbers are sorted without a look around, some dozen milliseconds.
const MANY_NUMBERS: usize = 1 << 20;
/// The same for strings, and for positions by keys.
const MANY: usize = 1 << 17;
/// Bytes that so many strings may have to be sorted so.
const MUCH_TEXT: usize = 1 << 26;

/// Elements whose order is a total one, as the standard library's sort wants it.
enum Simple {
    Numbers(Numbers),
    Strings,
}

impl Simple {
    /// That of elements that are all inline ints, all floats or all strings, which take no time
    /// to compare.
    fn of(elements: &[Value]) -> Option<Simple> {
        if let Some(numbers) = Numbers::of(elements) {
            return Some(Simple::Numbers(numbers));
        }
        let bytes = |run: &[Value]| run.iter().map(|v| v.string().byte_len()).sum::<usize>();
        let is_simple = elements.iter().all(|v| v.is_string())
            && elements.chunks(MANY).all(|run| bytes(run) <= MUCH_TEXT);
        is_simple.then_some(Simple::Strings)
    }

    /// Sorts such elements in place.
    fn sort(self, cx: &mut dyn Context, elements: &mut [Value]) -> Fallible<()> {
        match self {
            Simple::Numbers(order) => order.sort(elements),
            Simple::Strings => sort_strings(cx, elements)?,
        }
        Ok(())
    }
}

/// Whether argument 0 can be sorted in place, without a look around and by no function of the
/// program, and how.
fn at_once(args: Args) -> Option<Simple> {
    if !args.get(1).is_absent() {
        return None;
    }
    let elements = args.get(0).elements();
    let simple = Simple::of(elements)?;
    let most = match simple {
        Simple::Numbers(_) => MANY_NUMBERS,
        Simple::Strings => MANY,
    };
    (elements.len() <= most).then_some(simple)
}

fn sort_strings(cx: &mut dyn Context, strings: &mut [Value]) -> Fallible<()> {
    // A rope is written out once, so comparing allocates nothing.
    for &v in strings.iter() {
        pace::text_of(cx, v)?;
    }
    strings.sort_by(|&a, &b| cx.heap().str(a).cmp(cx.heap().str(b)));
    Ok(())
}

/// Runs up to this length are sorted by insertion.
const SHORT: usize = 6;

/// The items in order; `before(b, a)`, asked for an item `b` that follows `a` so far,
/// says whether it belongs before it. Equal ones keep their order. Whatever `before`
/// says, the result is a permutation. Runs of `sorted` items, counted from the first
/// one, are in order already.
fn merge_sort<T: Copy>(
    mut items: Vec<T>,
    mut scratch: Vec<T>,
    sorted: usize,
    mut before: impl FnMut(T, T) -> Fallible<bool>,
) -> Fallible<Vec<T>> {
    sort_run(&mut items, &mut scratch, sorted, &mut before)?;
    Ok(items)
}

/// The memory that [`merge_sort`] needs beside the items: room for half of them.
fn scratch_for<T: Copy>(cx: &mut dyn Context, items: &[T], sorted: usize) -> Fallible<Vec<T>> {
    copied(cx, &items[..half_of(items.len(), sorted)])
}

/// Where a list is cut in two: at about half of it, between sorted runs.
fn half_of(len: usize, sorted: usize) -> usize {
    if len <= sorted {
        return 0;
    }
    (len / 2).next_multiple_of(sorted).min(len - 1)
}

/// `scratch` has room for half of the run.
fn sort_run<T: Copy>(
    run: &mut [T],
    scratch: &mut [T],
    sorted: usize,
    before: &mut impl FnMut(T, T) -> Fallible<bool>,
) -> Fallible<()> {
    if run.len() <= sorted {
        return Ok(());
    }
    if run.len() <= SHORT {
        for end in 1..run.len() {
            let mut at = end;
            while at > 0 && before(run[at], run[at - 1])? {
                run.swap(at, at - 1);
                at -= 1;
            }
        }
        return Ok(());
    }
    let middle = half_of(run.len(), sorted);
    sort_run(&mut run[..middle], scratch, sorted, before)?;
    sort_run(&mut run[middle..], scratch, sorted, before)?;
    if !before(run[middle], run[middle - 1])? {
        return Ok(());
    }
    let left = &mut scratch[..middle];
    left.copy_from_slice(&run[..middle]);
    // The merged part never overtakes the unread rest of the right half.
    let (mut l, mut r, mut to) = (0, middle, 0);
    while l < left.len() {
        if r < run.len() && before(run[r], left[l])? {
            run[to] = run[r];
            r += 1;
        } else {
            run[to] = left[l];
            l += 1;
        }
        to += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_sort_is_stable() {
        let keys: Vec<u32> = (0..1000u32).map(|i| i.wrapping_mul(7919) % 10).collect();
        let positions: Vec<usize> = (0..keys.len()).collect();
        let scratch = positions.clone();
        let order = merge_sort(positions, scratch, 1, |b, a| Ok(keys[b] < keys[a])).unwrap();
        for pair in order.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            assert!((keys[a], a) < (keys[b], b));
        }
    }

    #[test]
    fn any_answers_give_a_permutation() {
        for always in [true, false] {
            let items: Vec<u32> = (0..100).collect();
            let mut order = merge_sort(items.clone(), items, 1, |_, _| Ok(always)).unwrap();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..100));
        }
    }
}
