//! Sets, queues and stacks against vectors, by random operations.

use super::*;
use crate::heap::object::Kind;
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Op {
    Add(usize, i64),
    Remove(usize, i64),
    Copy(usize, usize),
    Clear(usize),
}

const CONTAINERS: usize = 2;

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..CONTAINERS;
    prop_oneof![
        10 => (which(), 0..60i64).prop_map(|(s, v)| Op::Add(s, v)),
        7 => (which(), 0..60i64).prop_map(|(s, v)| Op::Remove(s, v)),
        1 => (which(), which()).prop_map(|(a, b)| Op::Copy(a, b)),
        1 => which().prop_map(Op::Clear),
    ]
}

/// A hash with few values, so that different elements meet.
fn hash(v: i64) -> u32 {
    (v % 7) as u32 * 0x1234_5678
}

fn check_set(set: Value, model: &[i64]) {
    assert_eq!(set.set().len(), model.len());
    let (mut found, mut cursor) = (Vec::new(), 0);
    while let Some((v, h, next)) = set.set().next(cursor) {
        assert_eq!(h, hash(v.as_int()));
        found.push(v.as_int());
        cursor = next;
    }
    assert_eq!(found, model);
    for v in 0..60 {
        let place = set.set().find(hash(v), |x| x.as_int() == v);
        assert_eq!(place.is_some(), model.contains(&v), "{v}");
    }
}

proptest! {
    #[test]
    fn sets_are_as_their_model(ops in prop::collection::vec(op(), 1..400)) {
        let mut heap = Heap::new();
        let mut sets = [heap.new_set(0), heap.new_set(3)];
        let mut models: [Vec<i64>; CONTAINERS] = Default::default();
        for op in ops {
            match op {
                Op::Add(s, v) => {
                    let known = sets[s].set().find(hash(v), |x| x.as_int() == v);
                    prop_assert_eq!(known.is_some(), models[s].contains(&v));
                    if known.is_none() {
                        heap.set_append(sets[s], hash(v), Value::int(v)).unwrap();
                        models[s].push(v);
                    }
                }
                Op::Remove(s, v) => {
                    if let Some(place) = sets[s].set().find(hash(v), |x| x.as_int() == v) {
                        prop_assert_eq!(heap.set_take(sets[s], place), Value::int(v));
                        models[s].retain(|&w| w != v);
                    }
                }
                Op::Copy(a, b) => {
                    sets[a] = heap.copy_set(sets[b]);
                    models[a] = models[b].clone();
                }
                Op::Clear(s) => {
                    heap.set_clear(sets[s]);
                    models[s].clear();
                }
            }
            for (set, model) in sets.iter().zip(&models) {
                check_set(*set, model);
            }
        }
    }

    #[test]
    fn queues_are_as_their_model(ops in prop::collection::vec(op(), 1..400)) {
        let mut heap = Heap::new();
        let kinds = [Kind::Queue, Kind::Stack];
        let mut queues = kinds.map(|kind| {
            let items = heap.new_array(0);
            heap.new_queue(kind, items)
        });
        let mut models: [VecDeque<i64>; CONTAINERS] = Default::default();
        for op in ops {
            match op {
                Op::Add(q, v) => {
                    heap.queue_push(queues[q], Value::int(v)).unwrap();
                    models[q].push_back(v);
                }
                Op::Remove(0, _) => {
                    let first = heap.queue_pop_front(queues[0]);
                    prop_assert_eq!(first, models[0].pop_front().map(Value::int));
                }
                Op::Remove(q, _) => {
                    let last = heap.queue_pop_back(queues[q]);
                    prop_assert_eq!(last, models[q].pop_back().map(Value::int));
                }
                Op::Copy(_, q) => queues[q] = heap.copy_queue(queues[q]),
                Op::Clear(q) => {
                    heap.queue_clear(queues[q]);
                    models[q].clear();
                }
            }
            for (queue, model) in queues.iter().zip(&models) {
                let elements = queue.queue().elements();
                let found: Vec<i64> = elements.iter().map(|v| v.as_int()).collect();
                prop_assert_eq!(&found, &Vec::from(model.clone()));
            }
        }
    }
}

#[test]
fn a_long_queue_stays_as_long_as_what_is_in_it() {
    let mut heap = Heap::new();
    let items = heap.new_array(0);
    let queue = heap.new_queue(Kind::Queue, items);
    for i in 0..rounds(100_000, 500) as i64 {
        heap.queue_push(queue, Value::int(i)).unwrap();
        if i >= 10 {
            assert_eq!(heap.queue_pop_front(queue), Some(Value::int(i - 10)));
        }
    }
    assert!(queue.queue().items.array().cap < 100);
}

#[test]
fn a_set_that_loses_its_first_values_stays_short() {
    let mut heap = Heap::new();
    let set = heap.new_set(0);
    for i in 0..rounds(100_000, 500) as i64 {
        heap.set_append(set, i as u32, Value::int(i)).unwrap();
        if i >= 10 {
            let (first, _, next) = set.set().next(0).unwrap();
            assert_eq!(first, Value::int(i - 10));
            heap.set_take(set, next - 1);
        }
    }
    assert_eq!(set.set().len(), 10);
    assert!(set.set().items.array().cap < 100);
}
