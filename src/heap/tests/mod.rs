//! Tests of the heap and its object kinds, with a root source of their own: a
//! list of values, and the machine stack below [`with_heap`].

mod array;
mod collect;
mod dict;
mod dict_model;
mod dict_range;
mod positions;
mod set_model;
mod shape;
mod string;

use super::Heap;
use super::collect::{Marker, RootSource, mark_machine_stack};
use super::space::Space;
use crate::value::Value;

/// Values that a test holds on to where the machine stack does not show them.
pub struct Roots {
    pub values: Vec<Value>,
    base: *const u64,
}

impl Roots {
    /// Keeps `value` alive.
    pub fn keep(&mut self, value: Value) -> Value {
        self.values.push(value);
        value
    }
}

unsafe fn visit(context: *mut (), marker: &mut Marker, space: &Space) {
    // SAFETY: `with_heap` passes its roots, which are in the frame above.
    unsafe {
        let roots: *const Roots = context.cast();
        for &value in &(*roots).values {
            marker.value(value);
        }
        mark_machine_stack(marker, space, (*roots).base, &[]);
    }
}

/// Runs a test on a new heap.
#[inline(never)]
pub fn with_heap<R>(stress: bool, test: impl FnOnce(&mut Heap, &mut Roots) -> R) -> R {
    #[inline(never)]
    fn below<R>(
        heap: &mut Heap,
        roots: &mut Roots,
        test: impl FnOnce(&mut Heap, &mut Roots) -> R,
    ) -> R {
        std::hint::black_box(test(heap, roots))
    }
    let mut base = 0u64;
    let base = std::hint::black_box(&mut base) as *const u64;
    let mut roots = Roots {
        values: Vec::new(),
        base,
    };
    let mut heap = Heap::new();
    heap.roots = Some(RootSource {
        context: (&raw mut roots).cast(),
        visit,
    });
    heap.set_stress(stress);
    below(&mut heap, &mut roots, test)
}

/// Runs a test on a usual heap and on one that collects at every allocation.
pub fn with_both(test: impl Fn(&mut Heap, &mut Roots)) {
    with_heap(false, |heap, roots| test(heap, roots));
    with_heap(true, |heap, roots| test(heap, roots));
}

pub fn int(i: i64) -> Value {
    Value::int(i)
}

/// A string that is not interned, even if its text is.
pub fn fresh(heap: &mut Heap, text: &str) -> Value {
    heap.new_string(text)
}

/// The text of a key: of a string itself, of an int its decimal form in `<>`.
pub fn key_text(heap: &mut Heap, key: Value) -> String {
    if key.is_int() {
        format!("<{}>", key.as_int())
    } else if key.is_string() {
        heap.str(key).to_owned()
    } else {
        // SAFETY: the only other kind of key is a bigint.
        let big = unsafe { &*key.as_pointer::<super::object::BigIntObj>() };
        format!("<{}>", *big.value)
    }
}

/// A dict whose values are ints, as text.
pub fn show(heap: &mut Heap, d: Value) -> String {
    let mut parts = Vec::new();
    let mut cursor = 0;
    while let Some((key, value, next)) = heap.dict_next(d, cursor) {
        let key = key_text(heap, key);
        parts.push(format!("{key}:{}", value.as_int()));
        cursor = next;
    }
    parts.join(" ")
}
