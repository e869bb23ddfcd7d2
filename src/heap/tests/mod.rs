//! Tests of the heap and its object kinds, with a root source of their own: a
//! list of values, and the machine stack below [`with_heap`], which Miri does not let
//! any code read.

mod array;
mod collect;
mod dict;
mod dict_model;
mod dict_range;
mod gradual;
mod positions;
mod set_model;
mod shape;
mod shared;
mod string;

use super::Heap;
use super::collect::{Marker, RootSource, mark_machine_stack};
use super::space::Space;
use crate::value::Value;
use proptest::test_runner::Config;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// Values that a test holds on to where the machine stack does not show them.
pub struct Roots {
    values: RefCell<Vec<Value>>,
    base: *const u64,
    /// How long it takes to look at them, at least.
    pub delay: Cell<Duration>,
}

impl Roots {
    /// Keeps `value` alive.
    pub fn keep(&self, value: Value) -> Value {
        self.values.borrow_mut().push(value);
        value
    }

    /// A value that is kept.
    pub fn get(&self, index: usize) -> Value {
        self.values.borrow()[index]
    }

    /// Keeps another value in place of one.
    pub fn replace(&self, index: usize, value: Value) {
        self.values.borrow_mut()[index] = value;
    }

    /// Keeps a value no longer.
    pub fn remove(&self, index: usize) -> Value {
        self.values.borrow_mut().remove(index)
    }

    /// Keeps nothing any longer.
    pub fn clear(&self) {
        self.values.borrow_mut().clear();
    }
}

unsafe fn visit(context: *mut (), marker: &mut Marker, space: &Space) {
    // SAFETY: `with_heap` passes its roots, which are in the frame above.
    unsafe {
        let roots: *const Roots = context.cast();
        std::thread::sleep((*roots).delay.get());
        for &value in (*roots).values.borrow().iter() {
            marker.value(value);
        }
        if !cfg!(miri) {
            mark_machine_stack(marker, space, (*roots).base, &[]);
        }
    }
}

/// Runs a test on a new heap.
#[inline(never)]
pub fn with_heap<R>(stress: bool, test: impl FnOnce(&mut Heap, &Roots) -> R) -> R {
    #[inline(never)]
    fn below<R>(heap: &mut Heap, roots: &Roots, test: impl FnOnce(&mut Heap, &Roots) -> R) -> R {
        std::hint::black_box(test(heap, roots))
    }
    let mut base = 0u64;
    let base = std::hint::black_box(&mut base) as *const u64;
    let roots = Roots {
        values: RefCell::default(),
        base,
        delay: Cell::default(),
    };
    let mut heap = Heap::new();
    heap.roots = Some(RootSource {
        context: (&raw const roots).cast_mut().cast(),
        visit,
    });
    heap.set_stress(stress && !cfg!(miri));
    below(&mut heap, &roots, test)
}

/// Runs a test on a usual heap and on one that collects at every allocation.
pub fn with_both(test: impl Fn(&mut Heap, &Roots)) {
    with_heap(false, |heap, roots| test(heap, roots));
    if !cfg!(miri) {
        with_heap(true, |heap, roots| test(heap, roots));
    }
}

/// How often a test repeats something: less often under Miri, which takes a thousand
/// times as long.
pub const fn rounds(usual: usize, under_miri: usize) -> usize {
    if cfg!(miri) { under_miri } else { usual }
}

/// Cases of a property.
pub fn config(usual: u32) -> Config {
    Config {
        cases: rounds(usual as usize, 3) as u32,
        failure_persistence: None,
        ..Config::default()
    }
}

pub fn int(i: i64) -> Value {
    Value::int(i)
}

/// Sets all entries of one dict in another.
pub fn merge(heap: &mut Heap, into: Value, from: Value) {
    if into.dict().live() == 0 && into != from {
        heap.begin_fill(into, from).unwrap();
        let half = from.dict().used() / 2;
        heap.fill_slots(into, from, 0..half);
        heap.fill_slots(into, from, half..from.dict().used());
        return heap.finish_fill(into, from);
    }
    let mut cursor = 0;
    while let Some((key, value, next)) = heap.dict_next(from, cursor) {
        value.share();
        heap.dict_set(into, key, value).unwrap();
        cursor = next;
    }
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
