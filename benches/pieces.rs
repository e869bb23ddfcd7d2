//! Measurements of single pieces, for work on one of them: the front end, dicts
//! in each mode, building texts, a collection, calls. Whole programs are
//! measured by `ruff bench`. `cargo bench` runs all, `cargo bench -- dict` those
//! with that name.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ruff::engine::{self, Config, Engine, SourceFile};
use ruff::tools::{Heap, Value};
use std::hint::black_box;
use std::sync::Arc;

/// A program of a few hundred kilobytes: the tour, again and again.
fn long_program() -> SourceFile {
    let tour = include_str!("../docs/examples/tour.ruff");
    let mut text = String::new();
    while text.len() < 300_000 {
        // Each copy in a function: names may be declared once in a block.
        text += &format!("func part{}() {{\n{tour}\n}}\n", text.len());
    }
    SourceFile::new("long.ruff", text)
}

fn front_end(c: &mut Criterion) {
    let source = long_program();
    let mut group = c.benchmark_group("front_end");
    group.throughput(Throughput::Bytes(source.text().len() as u64));
    group.bench_function("lex_and_parse", |b| {
        b.iter(|| {
            let arena = bumpalo::Bump::new();
            black_box(ruff::tools::parse(&source, &arena).1.len())
        })
    });
    group.bench_function("parse_and_compile", |b| {
        b.iter(|| black_box(engine::compile(&source).unit.is_some()))
    });
    group.finish();
}

/// A machine with its output thrown away.
fn quiet_engine() -> Engine {
    Engine::new(Config::silent()).expect("address space for the stacks")
}

/// Measures a program as it runs, without making the machine.
fn program(c: &mut Criterion, name: &str, operations: u64, code: &str) {
    let source = Arc::new(SourceFile::new(name, code));
    let unit = engine::compile(&source).unit.expect("a sound program");
    let mut group = c.benchmark_group("run");
    group.throughput(Throughput::Elements(operations));
    group.sample_size(20);
    group.bench_function(name, |b| {
        b.iter_batched(
            quiet_engine,
            |mut engine| {
                engine.run(&unit, source.clone()).expect("no errors");
                engine
            },
            BatchSize::PerIteration,
        )
    });
    group.finish();
}

fn dicts(c: &mut Criterion) {
    let n = 100_000;
    let fill_and_sum = |key: &str| {
        format!(
            "d := {{}}\nfor i in {n} {{ k := {key}\n d[k] := i }}\n\
             s := 0\nfor i in {n} {{ k := {key}\n s += d[k] }}"
        )
    };
    program(c, "dict_dense", 2 * n, &fill_and_sum("i"));
    program(
        c,
        "dict_hash_ints",
        2 * n,
        &fill_and_sum("(i * 7919) % 1000003"),
    );
    program(c, "dict_hash_texts", 2 * n, &fill_and_sum("\"key ${i}\""));
    let record = format!(
        "s := 0\nfor i in {n} {{ p := {{x: i, y: 2, z: 3}}\n p.y := p.x\n s += p.y + p.z }}"
    );
    program(c, "dict_record", n, &record);
}

fn texts(c: &mut Criterion) {
    let n = 100_000;
    let append = format!("s := \"\"\nfor i in {n} {{ s := s + \"word \" }}\nx := s[{n}]");
    program(c, "text_append", n, &append);
    let prepend = format!("s := \"\"\nfor i in {n} {{ s := \"word \" + s }}\nx := s[{n}]");
    program(c, "text_prepend", n, &prepend);
    let interpolate = format!("for i in {n} {{ s := \"${{i}}: ${{i * 2}} and ${{i / 2.0}}\" }}");
    program(c, "text_interpolate", n, &interpolate);
}

fn calls(c: &mut Criterion) {
    let n = 1_000_000;
    let plain = format!("func f(x) {{ return x }}\nfor i in {n} {{ f(i) }}");
    program(c, "call_plain", n, &plain);
    let closure =
        format!("k := 1\nk := 2\nf := func(x) {{ return x + k }}\nfor i in {n} {{ f(i) }}");
    program(c, "call_closure", n, &closure);
    let method = format!(
        "struct P {{ v\n func get(self, x) {{ return self.v + x }} }}\n\
         p := P {{ v: 1 }}\nfor i in {n} {{ p.get(i) }}"
    );
    program(c, "call_method", n, &method);
    let native = format!("a := [1, 2]\nfor i in {n} {{ len(a) }}");
    program(c, "call_native", n, &native);
    let back = format!("x := map(range({n}), func(x) {{ return x }})");
    program(c, "call_back", n, &back);
}

/// Collections of a heap without a machine: nothing lives, so this is the cost
/// of finding that out and of sweeping; and of marking many small arrays.
fn collections(c: &mut Criterion) {
    let n = 100_000;
    let mut group = c.benchmark_group("collect");
    group.throughput(Throughput::Elements(n));
    group.bench_function("garbage", |b| {
        b.iter_batched_ref(
            || {
                let mut heap = Heap::new();
                for i in 0..n {
                    heap.new_array_from(&[Value::int(i as i64)]);
                }
                heap
            },
            Heap::collect,
            BatchSize::PerIteration,
        )
    });
    group.finish();
    let live = format!(
        "a := []\nfor i in {n} {{ a.push([i]) }}\nfor i in {n} {{ b := [i, [i], [i], [i], [i], [i]] }}"
    );
    program(c, "collect_beside_live", n, &live);
}

criterion_group!(benches, front_end, dicts, texts, calls, collections);
criterion_main!(benches);
