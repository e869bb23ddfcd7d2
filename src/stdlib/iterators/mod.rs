//! Sequences and iterators (STDLIB 6). An adaptor makes an array at once of a value that
//! has its elements at hand, and of a generator or iterator another iterator, of which
//! the machine runs the steps. Consumers ask any sequence for its elements, one after
//! the other.

mod arrange;
mod consume;
mod eager;
mod lazy;

pub(crate) use arrange::Arrangement;

use super::declare::*;
use super::fast;
use super::operands::*;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, compare, type_name};
use crate::value::Value;

natives! {
    /// `f(x)` of every element.
    adaptor fn [pulls calls] map(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = eager::map, lazy::map as Map;
    /// The elements for which `f(x)` is true.
    adaptor fn [pulls calls] filter(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = eager::filter, lazy::filter as Filter;
    /// The elements of every `f(x)`.
    adaptor fn [pulls calls] flat_map(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = eager::flat_map, lazy::flat_map;
    /// With the arrays among the elements opened, one level.
    adaptor fn [pulls] flatten(xs: SEQUENCE) -> "array/iterator" = eager::flatten, lazy::flatten;
    /// The first `n` elements.
    ///
    /// n <= 0 gives none. Element n + 1 is never asked for.
    adaptor fn [pulls] take(xs: SEQUENCE, n: WHOLE) -> "array/iterator" = eager::take, lazy::take;
    /// All but the first `n` elements.
    ///
    /// n <= 0 gives all.
    adaptor fn [pulls] skip(xs: SEQUENCE, n: WHOLE) -> "array/iterator" = eager::skip, lazy::skip;
    /// The elements before the first for which `f(x)` is false.
    adaptor fn [pulls calls] take_while(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = eager::take_while, lazy::take_while;
    /// The elements from the first for which `f(x)` is false.
    adaptor fn [pulls calls] skip_while(xs: SEQUENCE, f: CALLABLE) -> "array/iterator" = eager::skip_while, lazy::skip_while;
    /// `[index, x]` of every element.
    adaptor fn [pulls] enumerate(xs: SEQUENCE, start: or(INT, "0")) -> "array/iterator" = eager::enumerate, lazy::enumerate;
    /// Arrays of one element from each sequence, as far as the shortest.
    adaptor fn [pulls] zip(xs: SEQUENCE, other: SEQUENCE, others: rest(SEQUENCE)) -> "array/iterator" = eager::zip, lazy::zip;
    /// Arrays of `size` elements; the last may be shorter.
    ///
    /// size < 1 throws `value`.
    adaptor fn [pulls] chunk(xs: SEQUENCE, size: WHOLE) -> "array/iterator" = eager::chunk, lazy::chunk;
    /// Arrays of `size` neighbours.
    ///
    /// None if the sequence is shorter; size < 1 throws `value`.
    adaptor fn [pulls] windows(xs: SEQUENCE, size: WHOLE) -> "array/iterator" = eager::windows, lazy::windows;
    /// The first of every set of equal elements.
    ///
    /// Values are told apart as in a set.
    adaptor fn [pulls] unique(xs: SEQUENCE) -> "array/iterator" = eager::unique, lazy::unique;
    /// The values that `f(acc, x)` gives, from the left, beginning with `init`.
    adaptor fn [pulls calls] scan(xs: SEQUENCE, init: ANY, f: CALLABLE) -> "array/iterator" = eager::scan, lazy::scan;
    /// `[x0, x1]`, `[x1, x2]` and so on.
    ///
    /// The same as `windows(xs, 2)`.
    adaptor fn [pulls] pairs(xs: SEQUENCE) -> "array/iterator" = eager::pairs, lazy::pairs;
    /// With `v` between the elements.
    adaptor fn [pulls] intersperse(xs: SEQUENCE, v: ANY) -> "array/iterator" = eager::intersperse, lazy::intersperse;
    /// The elements over and over, for ever.
    ///
    /// Always an iterator. None if there are no elements.
    pure fn [contents] cycle(xs: SEQUENCE) -> "iterator" = lazy::cycle;
    /// The values that `f()` gives, for ever.
    pure fn [none] repeat_with(f: CALLABLE) -> "iterator" = lazy::repeat_with;
    /// `init`, `f(init)`, `f(f(init))` and so on, for ever.
    pure fn [none] iterate(init: ANY, f: CALLABLE) -> "iterator" = lazy::iterate;
    /// Arrays of one element from each sequence, in every combination.
    ///
    /// Always an iterator. The last sequence changes fastest.
    pure fn [pulls] cartesian(xs: SEQUENCE, others: rest(SEQUENCE)) -> "iterator" = arrange::cartesian;
    /// Every choice of `k` elements, in the order of the sequence.
    ///
    /// Always an iterator. None if there are fewer elements; k < 0 throws `value`.
    pure fn [pulls] combinations(xs: SEQUENCE, k: WHOLE) -> "iterator" = arrange::combinations;
    /// Every choice of `k` elements in every order; of all elements without `k`.
    ///
    /// Always an iterator. None if there are fewer elements; k < 0 throws `value`.
    pure fn [pulls] permutations(xs: SEQUENCE, k: opt(WHOLE)) -> "iterator" = arrange::permutations;
    /// The elements one by one, as they are now.
    ///
    /// Of a generator or iterator: itself.
    pure fn [contents] iter(xs: SEQUENCE) -> "iterator" = lazy::iter;
    /// `Some` of the next element, or `None`.
    ///
    /// `None` for ever after the end.
    pure fn [pulls] next(it: LAZY) -> "option" = consume::next;
    /// The elements as an array.
    pure fn [pulls] collect(xs: SEQUENCE) -> "array" = consume::collect;
    /// `f(acc, x)` from the left, beginning with `init`.
    pure fn [pulls calls] reduce(xs: SEQUENCE, init: ANY, f: CALLABLE) = consume::reduce as Reduce;
    /// The first element for which `f(x)` is true, else null.
    pure fn [pulls calls] find(xs: SEQUENCE, f: CALLABLE) = consume::find as Find;
    /// The position of the first element for which `f(x)` is true, else -1.
    pure fn [pulls calls] find_index(xs: SEQUENCE, f: CALLABLE) -> "int" = consume::find_index as FindIndex;
    /// The last element for which `f(x)` is true, else null.
    ///
    /// An array is searched from its end.
    pure fn [pulls calls] find_last(xs: SEQUENCE, f: CALLABLE) = consume::find_last;
    /// `[yes, no]`: the elements for which `f(x)` is true, and the others.
    pure fn [pulls calls] partition(xs: SEQUENCE, f: CALLABLE) -> "array" = consume::partition;
    /// Whether `f(x)`, or the element itself, is true of any element.
    ///
    /// Stops at the first; false if there are none.
    pure fn [pulls calls] any(xs: SEQUENCE, f: opt(CALLABLE)) -> "bool" = consume::any as Any;
    /// Whether `f(x)`, or the element itself, is true of all elements.
    ///
    /// Stops at the first that is not; true if there are none.
    pure fn [pulls calls] all(xs: SEQUENCE, f: opt(CALLABLE)) -> "bool" = consume::all as All;
    /// The number of elements, or of those for which `f(x)` is true.
    pure fn [pulls calls] count(xs: SEQUENCE, f: opt(CALLABLE)) -> "int" = consume::count as Count;
    /// The first element, else null.
    pure fn [pulls] first(xs: SEQUENCE) = consume::first => fast::first;
    /// The last element, else null.
    pure fn [pulls] last(xs: SEQUENCE) = consume::last => fast::last;
    /// The numbers added from the left.
    ///
    /// 0 if there are none; what is no number throws `type`.
    pure fn [pulls] sum(xs: SEQUENCE) -> "number" = consume::sum;
    /// The numbers multiplied from the left.
    ///
    /// 1 if there are none; what is no number throws `type`.
    pure fn [pulls] product(xs: SEQUENCE) -> "number" = consume::product;
    /// The numbers `f(x)` added from the left.
    ///
    /// 0 if there are none; what is no number throws `type`.
    pure fn [pulls calls] sum_by(xs: SEQUENCE, f: CALLABLE) -> "number" = consume::sum_by;
    /// The first element with the least `f(x)`, else null.
    ///
    /// An element whose `f(x)` is NaN comes first of all.
    pure fn [pulls calls operators] min_by(xs: SEQUENCE, f: CALLABLE) = consume::min_by;
    /// The first element with the greatest `f(x)`, else null.
    ///
    /// An element whose `f(x)` is NaN comes first of all.
    pure fn [pulls calls operators] max_by(xs: SEQUENCE, f: CALLABLE) = consume::max_by;
    /// A dict from `f(x)` to the number of its elements.
    ///
    /// An `f(x)` that holds a function or an iterator is no key.
    pure fn [pulls calls] count_by(xs: SEQUENCE, f: CALLABLE) -> "dict" = consume::count_by;
    /// A dict from `f(x)` to the array of its elements.
    ///
    /// An `f(x)` that holds a function or an iterator is no key.
    pure fn [pulls calls] group_by(xs: SEQUENCE, f: CALLABLE) -> "dict" = consume::group_by;
    /// Calls `f(x)` for every element.
    pure fn [pulls calls] for_each(xs: SEQUENCE, f: CALLABLE) -> "null" = consume::for_each as ForEach;
}

/// Whether the callback in argument 1 takes `x` for true.
fn accepts(cx: &mut dyn Context, args: Args, x: Value) -> Fallible<bool> {
    let accepted = cx.call(args.get(1), &[x])?;
    compare::truth(cx, accepted)
}

/// The fault of a callback that should have given a sequence.
#[cold]
fn not_a_sequence(name: &str, got: Value) -> Box<Fault> {
    let got = type_name(got);
    let message = format!("{name}() expects f to give a sequence; got {got}");
    Fault::new(ErrorKind::Type, message)
}

/// The size of a part, at least 1.
fn size_of_part(cx: &mut dyn Context, name: &str, size: Value) -> Fallible<usize> {
    match clamped(size) {
        size @ 1.. => Ok(size as usize),
        _ => Err(value_error(cx, name, "size", "at least 1", size)),
    }
}
