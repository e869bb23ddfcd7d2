//! Programs with several threads, within the library: `tests/tsan.sh` runs them where a race
//! shows. Their results are tested by `tests/lang/concurrency` too; here threads meet in many
//! ways at once.

use crate::engine::{Config, Engine, SourceFile, compile};
use std::sync::Arc;

/// Runs a program, whose own assertions hold.
#[track_caller]
fn run(program: &str) {
    let mut engine = Engine::new(Config::silent()).expect("room for the stacks");
    let source = SourceFile::new("threads", program);
    let checked = compile(&source);
    let unit = checked.unit.unwrap_or_else(|| {
        let texts = checked.diagnostics.iter().map(|one| one.render(&source));
        panic!("{program}\n{}", texts.collect::<String>())
    });
    let ended = engine.run(&unit, Arc::new(source));
    assert!(ended.is_ok(), "{program}\n{ended:?}");
}

#[test]
fn blocks_come_and_go() {
    run(
        "func fib(n) { if n < 2 { return n }; return fib(n - 1) + fib(n - 2) }
        for round in 0..5 {
            ps := map(range(6), k => spawn { return fib(10 + k) })
            xs := await promise_all(ps)
            assert_equal(sum(xs), 55 + 89 + 144 + 233 + 377 + 610)
        }
        nested := await spawn { return await spawn { return await spawn { return 7 } } }
        assert_equal(nested, 7)",
    );
}

#[test]
fn many_senders_and_receivers_share_channels() {
    run("jobs := channel(4)
        results := channel()
        workers := map(range(3), k => spawn { for n in jobs { results.send(n * n) } })
        senders := map(range(3), k => spawn { for i in 0..100 { jobs.send(3 * i + k) } })
        for p in senders { await p }
        jobs.close()
        for p in workers { await p }
        results.close()
        sum := 0
        for r in results { sum += r }
        assert_equal(sum, 300 * 299 * 599 / 6)
        a := channel()
        b := channel()
        ponger := spawn { for v in a { b.send(v + 1) }; b.close() }
        v := 0
        for i in 0..200 { a.send(v); v = b.receive() }
        a.close()
        await ponger
        assert_equal(v, 200)");
}

#[test]
fn waiters_that_give_up_lose_nothing() {
    run("c := channel()
        sender := spawn { for i in 0..50 { c.send(i); if i % 10 == 0 { sleep(1) } }; c.close() }
        got := []
        open := true
        while open {
            try { got.push(c.receive(0.2)) } except e { if e.kind != \"timeout\" { open := false } }
        }
        await sender
        assert_equal(len(got), 50)
        others := [channel(), channel()]
        ps := map(range(2), k => spawn { for i in 0..20 { others[k].send(i) }; others[k].close() })
        count := 0
        try { while true { select(others); count += 1 } } except e { assert_equal(e.kind, \"state\") }
        assert_equal(count, 40)");
}

#[test]
fn large_values_have_their_memory_in_several_threads() {
    run("big := \"größe\" * 20000
        c := channel()
        readers := map(range(3), k => spawn {
            n := 0
            for text in c { n += len(text + \"!\") + len(text[5:70000]) }
            return n
        })
        growing := big
        for i in 0..30 {
            growing += \"x\"
            c.send(growing)
            growing += \"y\"
        }
        c.close()
        growing := \"\"
        total := sum(await promise_all(readers))
        expected := 0
        for i in 0..30 { expected += 100000 + 2 * i + 2 + 69995 }
        assert_equal(total, expected)
        func numbers(n) { xs := []; for i in range(n) { xs.push(i) }; return xs }
        d := channel()
        q := spawn { n := 0; for xs in d { xs.push(1); n += len(xs) }; return n }
        for i in 0..20 { d.send(numbers(5000 + i)) }
        d.close()
        assert_equal(await q, 20 * 5001 + 190)
        assert_equal(len((await spawn { return [numbers(9000), big] })[0]), 9000)");
}

#[test]
fn elements_are_shared_out() {
    run("xs := range(20000) |> map(x => x)
        assert_equal(await parallel_map(xs, x => x * x, 4), map(xs, x => x * x))
        words := map(range(300), k => \"w\" * (k % 50))
        assert_equal(await parallel_map(words, w => w + w, 3), map(words, w => w + w))
        try {
            await parallel_map(xs, x => { if x == 777 { throw \"bad\" }; return x }, 3)
            assert_equal(1, 2)
        } except e { assert_equal(e.message, \"bad\") }
        p := parallel_map(xs, x => { sleep(1); return x }, 3)
        sleep(3)
        cancel_task(p)
        try { await p } except e { assert_equal(e.kind, \"cancelled\") }");
}

#[test]
fn blocks_are_cancelled_wherever_they_are() {
    run("c := channel()
        for round in 0..10 {
            ps := [spawn { while true { } }, spawn { c.receive() }, spawn { sleep(10000) }]
            if round % 2 == 0 { sleep(1) }
            for p in ps { cancel_task(p) }
            for p in ps { try { await p } except e { assert_equal(e.kind, \"cancelled\") } }
        }");
}

#[test]
fn waits_that_cannot_end_are_found() {
    for _ in 0..5 {
        run("c := channel()
            d := channel()
            ps := [spawn { d.send(c.receive()) }, spawn { c.send(d.receive()) }]
            try { await promise_all(ps); assert_equal(1, 2) } except e { assert_equal(e.kind, \"state\") }");
    }
}
