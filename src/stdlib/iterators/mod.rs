//! Sequences and iterators (STDLIB 6). Adaptors have two forms: the function gives
//! an array, the method a lazy iterator, of which the machine runs the steps.
//! Consumers ask any sequence for its elements, one after the other.

mod consume;
mod eager;
mod lazy;

use super::declare::*;
use super::quick;
use super::support::*;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible, NativeFn, compare, sequence};
use crate::value::Value;

natives! {
    /// `f(x)` of every element.
    lazy fn [pulls calls] map(xs: SEQUENCE, f: CALLABLE) -> "array" = eager::map, lazy::map;
    /// The elements for which `f(x)` is true.
    lazy fn [pulls calls] filter(xs: SEQUENCE, f: CALLABLE) -> "array" = eager::filter, lazy::filter;
    /// The elements of every `f(x)`.
    lazy fn [pulls calls] flat_map(xs: SEQUENCE, f: CALLABLE) -> "array" = eager::flat_map, lazy::flat_map;
    /// With the arrays among the elements opened, one level.
    lazy fn [pulls] flatten(xs: SEQUENCE) -> "array" = eager::flatten, lazy::flatten;
    /// The first `n` elements.
    ///
    /// n <= 0 gives none. Element n + 1 is never asked for.
    lazy fn [pulls] take(xs: SEQUENCE, n: WHOLE) -> "array" = eager::take, lazy::take;
    /// All but the first `n` elements.
    ///
    /// n <= 0 gives all.
    lazy fn [pulls] skip(xs: SEQUENCE, n: WHOLE) -> "array" = eager::skip, lazy::skip;
    /// The elements before the first for which `f(x)` is false.
    lazy fn [pulls calls] take_while(xs: SEQUENCE, f: CALLABLE) -> "array" = eager::take_while, lazy::take_while;
    /// The elements from the first for which `f(x)` is false.
    lazy fn [pulls calls] skip_while(xs: SEQUENCE, f: CALLABLE) -> "array" = eager::skip_while, lazy::skip_while;
    /// `[index, x]` of every element.
    lazy fn [pulls] enumerate(xs: SEQUENCE, start: or(INT, "0")) -> "array" = eager::enumerate, lazy::enumerate;
    /// Arrays of one element from each sequence, as far as the shortest.
    lazy fn [pulls] zip(xs: SEQUENCE, other: SEQUENCE, others: rest(SEQUENCE)) -> "array" = eager::zip, lazy::zip;
    /// Arrays of `size` elements; the last may be shorter.
    ///
    /// size < 1 throws `value`.
    lazy fn [pulls] chunk(xs: SEQUENCE, size: WHOLE) -> "array" = eager::chunk, lazy::chunk;
    /// Arrays of `size` neighbours.
    ///
    /// None if the sequence is shorter; size < 1 throws `value`.
    lazy fn [pulls] windows(xs: SEQUENCE, size: WHOLE) -> "array" = eager::windows, lazy::windows;
    /// The first of every set of equal elements.
    ///
    /// Values are told apart as in a set.
    lazy fn [pulls] unique(xs: SEQUENCE) -> "array" = eager::unique, lazy::unique;
    /// The elements one by one, as they are now.
    ///
    /// Of a generator or iterator: itself.
    pure fn [none] iter(xs: SEQUENCE) -> "iterator" = lazy::iter;
    /// `Some` of the next element, or `None`.
    ///
    /// `None` for ever after the end.
    pure fn [pulls] next(it: LAZY) -> "option" = consume::next;
    /// The elements as an array.
    pure fn [pulls] collect(xs: SEQUENCE) -> "array" = consume::collect;
    /// `f(acc, x)` from the left, beginning with `init`.
    pure fn [pulls calls] reduce(xs: SEQUENCE, init: ANY, f: CALLABLE) = consume::reduce;
    /// The first element for which `f(x)` is true, else null.
    pure fn [pulls calls] find(xs: SEQUENCE, f: CALLABLE) = consume::find;
    /// Whether `f(x)`, or the element itself, is true of any element.
    ///
    /// Stops at the first; false if there are none.
    pure fn [pulls calls] any(xs: SEQUENCE, f: opt(CALLABLE)) -> "bool" = consume::any;
    /// Whether `f(x)`, or the element itself, is true of all elements.
    ///
    /// Stops at the first that is not; true if there are none.
    pure fn [pulls calls] all(xs: SEQUENCE, f: opt(CALLABLE)) -> "bool" = consume::all;
    /// The number of elements, or of those for which `f(x)` is true.
    pure fn [pulls calls] count(xs: SEQUENCE, f: opt(CALLABLE)) -> "int" = consume::count;
    /// The first element, else null.
    pure fn [pulls] first(xs: SEQUENCE) = consume::first => quick::first;
    /// The last element, else null.
    pure fn [pulls] last(xs: SEQUENCE) = consume::last => quick::last;
    /// The numbers added from the left.
    ///
    /// 0 if there are none; what is no number throws `type`.
    pure fn [pulls] sum(xs: SEQUENCE) -> "number" = consume::sum;
    /// A dict from `f(x)` to the array of its elements.
    ///
    /// `f(x)` must be a string or an int.
    pure fn [pulls calls] group_by(xs: SEQUENCE, f: CALLABLE) -> "dict" = consume::group_by;
    /// Calls `f(x)` for every element.
    pure fn [pulls calls] for_each(xs: SEQUENCE, f: CALLABLE) -> "null" = consume::for_each;
}

/// The function form of an adaptor: an array, made at once where all elements are
/// at hand and else of what the lazy form gives.
pub fn function_form(
    cx: &mut dyn Context,
    args: Args,
    eager: NativeFn,
    lazy: NativeFn,
) -> Fallible {
    if args.slice().iter().any(|&v| sequence::is_lazy(v)) {
        let steps = lazy(cx, args)?;
        return sequence::sequence_to_array(cx, steps);
    }
    eager(cx, args)
}

/// Whether the callback in argument 1 takes `x` for true.
fn accepts(cx: &mut dyn Context, args: Args, x: Value) -> Fallible<bool> {
    Ok(compare::truth(cx.call(args.get(1), &[x])?))
}

/// The size of a part, at least 1.
fn size_of_part(cx: &mut dyn Context, name: &str, size: Value) -> Fallible<usize> {
    match clamped(size) {
        size @ 1.. => Ok(size as usize),
        _ => Err(value_error(cx, name, "size", "at least 1", size)),
    }
}
