//! Dicts against a list of pairs, by random operations.

use super::*;
use proptest::prelude::*;

/// A key as it was first written: its text, and whether as an int.
#[derive(Clone, Debug)]
struct Key {
    text: String,
    is_int: bool,
}

type Model = Vec<(Key, i64)>;

#[derive(Clone, Debug)]
enum Op {
    Set(usize, Key, i64),
    SetName(usize, Key, i64),
    Remove(usize, Key),
    RemoveAt(usize, usize),
    Add(usize, Key),
    Get(usize, Key),
    Clear(usize),
    Copy(usize, usize),
    Merge(usize, usize),
    /// Ints one after the other from the dict's length on.
    Extend(usize, i64),
    New(usize, usize),
    Collect,
}

const DICTS: usize = 3;

fn key() -> impl Strategy<Value = Key> {
    let text = |text: String| Key {
        text,
        is_int: false,
    };
    let either = |(i, is_int): (i128, bool)| Key {
        text: i.to_string(),
        is_int,
    };
    prop_oneof![
        6 => (-2..14i128, any::<bool>()).prop_map(either),
        2 => (
            prop_oneof![
                (1i128 << 50) - 2..(1 << 50) + 2,
                10i128.pow(18) - 2..10i128.pow(18) + 2,
                -10i128.pow(25)..2 - 10i128.pow(25),
            ],
            any::<bool>()
        )
            .prop_map(either),
        6 => (0..14u8).prop_map(move |i| text(format!("name{i}"))),
        1 => (0..5u8).prop_map(move |i| text(char::from(b'a' + i).to_string())),
        1 => (0..3usize).prop_map(move |i| text(format!("{}{i}", "long ".repeat(20 + i)))),
        1 => prop_oneof![Just(""), Just("05"), Just("-0"), Just("+1"), Just("ä"), Just("-")]
            .prop_map(move |s| text(s.to_owned())),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let d = 0..DICTS;
    prop_oneof![
        10 => (d.clone(), key(), 0..1000i64).prop_map(|(d, k, v)| Op::Set(d, k, v)),
        5 => (d.clone(), key(), 0..1000i64).prop_map(|(d, k, v)| Op::SetName(d, k, v)),
        4 => (d.clone(), key()).prop_map(|(d, k)| Op::Remove(d, k)),
        4 => (d.clone(), 0..40usize).prop_map(|(d, i)| Op::RemoveAt(d, i)),
        2 => (d.clone(), key()).prop_map(|(d, k)| Op::Add(d, k)),
        3 => (d.clone(), key()).prop_map(|(d, k)| Op::Get(d, k)),
        1 => d.clone().prop_map(Op::Clear),
        1 => (d.clone(), d.clone()).prop_map(|(a, b)| Op::Copy(a, b)),
        1 => (d.clone(), d.clone()).prop_map(|(a, b)| Op::Merge(a, b)),
        2 => (d.clone(), 1..20i64).prop_map(|(d, n)| Op::Extend(d, n)),
        1 => (d, prop_oneof![Just(0), 0..100usize]).prop_map(|(d, n)| Op::New(d, n)),
        1 => Just(Op::Collect),
    ]
}

/// The key as a new value; long strings are ropes.
fn value_of(heap: &mut Heap, key: &Key) -> Value {
    if key.is_int {
        return heap.new_int(key.text.parse().unwrap());
    }
    let half = key.text.len() / 2;
    if key.text.is_ascii() && half > 0 {
        let (a, b) = (
            fresh(heap, &key.text[..half]),
            fresh(heap, &key.text[half..]),
        );
        heap.concat(a, b).unwrap()
    } else {
        fresh(heap, &key.text)
    }
}

fn model_set(model: &mut Model, key: &Key, value: i64) {
    match model.iter_mut().find(|(k, _)| k.text == key.text) {
        Some(entry) => entry.1 = value,
        None => model.push((key.clone(), value)),
    }
}

fn model_get(model: &Model, key: &Key) -> Option<i64> {
    model
        .iter()
        .find(|(k, _)| k.text == key.text)
        .map(|entry| entry.1)
}

fn model_remove(model: &mut Model, key: &Key) -> Option<i64> {
    let at = model.iter().position(|(k, _)| k.text == key.text)?;
    Some(model.remove(at).1)
}

fn check(heap: &mut Heap, d: Value, model: &Model) {
    let expected: Vec<String> = model
        .iter()
        .map(|(key, value)| match key.is_int {
            true => format!("<{}>:{value}", key.text),
            false => format!("{}:{value}", key.text),
        })
        .collect();
    assert_eq!(show(heap, d), expected.join(" "));
    assert_eq!(heap.dict_len(d), model.len());
    let ends = [model.first(), model.last()].map(|e| e.map(|e| e.1));
    let first = heap.dict_first(d).map(|e| e.1.as_int());
    let last = heap.dict_last(d).map(|e| e.1.as_int());
    assert_eq!([first, last], ends);
    for (key, value) in model {
        let k = value_of(heap, key);
        assert_eq!(heap.dict_get(d, k), Some(int(*value)), "{}", key.text);
    }
}

fn run(heap: &mut Heap, roots: &Roots, ops: &[Op], check_all: bool) {
    let mut models: [Model; DICTS] = Default::default();
    for _ in 0..DICTS {
        let d = heap.new_dict(0);
        roots.keep(d);
    }
    let dict = |roots: &Roots, i: usize| roots.get(i);
    for op in ops {
        let changed = match op {
            Op::Set(i, key, value) => {
                let k = value_of(heap, key);
                heap.dict_set(dict(roots, *i), k, int(*value)).unwrap();
                model_set(&mut models[*i], key, *value);
                *i
            }
            Op::SetName(i, key, value) => {
                let key = &Key {
                    is_int: false,
                    ..key.clone()
                };
                let name = heap.intern(&key.text);
                heap.dict_set_name(dict(roots, *i), name, int(*value))
                    .unwrap();
                model_set(&mut models[*i], key, *value);
                assert_eq!(heap.dict_get_name(dict(roots, *i), name), Some(int(*value)));
                *i
            }
            Op::Remove(i, key) => {
                let k = value_of(heap, key);
                let removed = heap.dict_remove(dict(roots, *i), k);
                let expected = model_remove(&mut models[*i], key);
                assert_eq!(removed.map(Value::as_int), expected);
                *i
            }
            Op::RemoveAt(i, at) => {
                let len = models[*i].len();
                if len > 0 {
                    let (key, value) = models[*i].remove(at % len);
                    let k = value_of(heap, &key);
                    assert_eq!(heap.dict_remove(dict(roots, *i), k), Some(int(value)));
                }
                *i
            }
            Op::Add(i, key) => {
                let k = value_of(heap, key);
                let place = heap.dict_place(dict(roots, *i), k);
                let entry = models[*i].iter_mut().find(|(k, _)| k.text == key.text);
                assert_eq!(place.is_some(), entry.is_some());
                if let (Some(place), Some(entry)) = (place, entry) {
                    entry.1 += 1;
                    // SAFETY: the dict has not changed since.
                    unsafe { *place = int((*place).as_int() + 1) };
                }
                *i
            }
            Op::Get(i, key) => {
                let k = value_of(heap, key);
                let expected = model_get(&models[*i], key).map(int);
                assert_eq!(heap.dict_get(dict(roots, *i), k), expected);
                assert_eq!(heap.dict_contains(dict(roots, *i), k), expected.is_some());
                if !key.is_int {
                    let name = heap.intern(&key.text);
                    assert_eq!(heap.dict_get_name(dict(roots, *i), name), expected);
                }
                *i
            }
            Op::Clear(i) => {
                heap.dict_clear(dict(roots, *i));
                models[*i].clear();
                *i
            }
            Op::Copy(i, from) => {
                roots.replace(*i, heap.copy_dict(dict(roots, *from)));
                models[*i] = models[*from].clone();
                *i
            }
            Op::Merge(i, from) => {
                merge(heap, dict(roots, *i), dict(roots, *from));
                for (key, value) in models[*from].clone() {
                    model_set(&mut models[*i], &key, value);
                }
                *i
            }
            Op::Extend(i, n) => {
                for _ in 0..*n {
                    let next = models[*i].len() as i64;
                    let key = Key {
                        text: next.to_string(),
                        is_int: true,
                    };
                    heap.dict_set(dict(roots, *i), int(next), int(next))
                        .unwrap();
                    model_set(&mut models[*i], &key, next);
                }
                *i
            }
            Op::New(i, cap) => {
                roots.replace(*i, heap.new_dict(*cap));
                models[*i].clear();
                *i
            }
            Op::Collect => {
                heap.collect();
                0
            }
        };
        if check_all {
            for (i, model) in models.iter().enumerate() {
                check(heap, roots.get(i), model);
            }
        } else {
            check(heap, roots.get(changed), &models[changed]);
        }
    }
    for (i, model) in models.iter().enumerate() {
        check(heap, roots.get(i), model);
    }
}

proptest! {
    #![proptest_config(config(400))]
    #[test]
    fn dicts_are_lists_of_pairs(ops in prop::collection::vec(op(), 0..200)) {
        with_heap(false, |heap, roots| run(heap, roots, &ops, false));
    }
}

proptest! {
    #![proptest_config(config(40))]
    #[test]
    fn dicts_are_lists_of_pairs_whenever_memory_is_collected(
        ops in prop::collection::vec(op(), 0..60)
    ) {
        with_heap(true, |heap, roots| run(heap, roots, &ops, true));
    }
}
