//! Tests of parcels: what is read is what was written, in the same machine and in another
//! one, with a collection at every allocation.

mod graphs;

use super::NotSent;
use crate::engine::{Config, Engine, SourceFile, compile};
use crate::runtime::compare::equal;
use crate::runtime::repr::repr;
use crate::runtime::{Context, Fault};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::modules::Export;
use std::sync::Arc;

/// A machine, with the value that a program exports as `given`.
struct Machine {
    engine: Engine,
    value: Value,
}

impl Machine {
    fn new() -> Machine {
        let engine = Engine::new(Config::silent()).expect("room for the stacks");
        let value = Value::NULL;
        Machine { engine, value }
    }

    fn of(program: &str) -> Machine {
        let mut machine = Machine::new();
        let source = SourceFile::new("parcel", program);
        let checked = compile(&source);
        let unit = checked.unit.unwrap_or_else(|| {
            let texts = checked.diagnostics.iter().map(|one| one.render(&source));
            panic!("{program}\n{}", texts.collect::<String>())
        });
        let vm = &mut machine.engine.vm;
        let script = vm.load(&unit, Arc::new(source));
        assert!(vm.run_script(script).is_ok(), "{program}\nthrew");
        machine.value = match vm.code.sources[0].exports[0].1 {
            Export::Global(number) => vm.globals.values[number as usize],
            Export::Value(value) => value,
        };
        vm.roots.pinned.push(machine.value);
        machine
    }

    /// Does something where values of the machine may be made.
    fn within<T>(&mut self, work: impl FnOnce(&mut Vm) -> T) -> T {
        self.engine.vm.with_stack_roots(work)
    }

    fn repr(&mut self) -> String {
        let value = self.value;
        self.within(|vm| repr(vm, value)).expect("it prints")
    }

    /// The machine's value, sent to another machine that collects all the time.
    fn sent(&mut self) -> Result<Machine, NotSent> {
        let value = self.value;
        let parcel = self.within(|vm| vm.pack(value))?;
        let mut there = Machine::new();
        let vm = &mut there.engine.vm;
        vm.heap.set_stress(true);
        let value = vm.unpack(&parcel).expect("it is read");
        vm.roots.pinned.push(value);
        vm.heap.set_stress(false);
        there.value = value;
        Ok(there)
    }

    /// The result of a call of the machine's value, as text; or its error.
    fn called(&mut self, args: &[Value]) -> String {
        let function = self.value;
        self.within(|vm| match vm.call_value(function, args) {
            Ok(value) => repr(vm, value).expect("it prints"),
            Err(fault) => match vm.caught(fault) {
                Ok(error) => repr(vm, error.instance_field(0)).expect("it prints"),
                Err(_) => panic!("no error of the program"),
            },
        })
    }
}

/// The text of a program's value, sent to another machine.
fn there(program: &str) -> String {
    let mut here = Machine::of(program);
    here.sent().expect("it can be sent").repr()
}

/// The result of a call, in another machine, of the function that a program
/// gives.
fn called(program: &str) -> String {
    let mut here = Machine::of(program);
    here.sent().expect("it can be sent").called(&[])
}

/// Why a program's value cannot be sent.
fn refused(program: &str) -> String {
    match Machine::of(program).sent() {
        Ok(_) => panic!("{program}\nhas been sent"),
        Err(NotSent::Fault(_)) => panic!("{program}\nthe program ended"),
        Err(not_sent) => match *not_sent.fault() {
            Fault::Error { message, .. } => message,
            _ => panic!("an error"),
        },
    }
}

#[test]
fn plain_values_arrive_as_they_are() {
    for text in [
        "null",
        "true",
        "-7",
        "1.5",
        "12345678901234567890123456789012345678901234567890",
        "-98765432109876543210",
        "\"\"",
        "\"a\"",
        "\"längere Zeichenketten, 日本語\"",
        "[]",
        "[1, 2.5, true, null]",
        "[\"a\", [\"b\", [\"c\"]], {}]",
        "{\"a\": 1, \"b\": [2]}",
        "{0: \"x\", 1: \"y\"}",
        "{\"5\": 1, \"x\": {true: 2, [[1, 2]]: 3}}",
        "Set([3, 1, \"x\", [1]])",
        "Queue([1, \"two\"])",
        "Stack([1, [2]])",
        "Heap([3, 1, 2])",
        "bytes([0, 255, 7, 1, 2, 3, 4, 5, 6])",
        "Ok([1])",
        "Some(\"x\")",
        "None",
        "upper",
    ] {
        let program = format!("export given := {text}");
        let mut here = Machine::of(&program);
        let mut there = here.sent().expect("it can be sent");
        assert_eq!(here.repr(), there.repr(), "{text}");
    }
}

#[test]
fn what_is_sent_to_itself_is_equal() {
    let mut here =
        Machine::of("export given := [1, \"a\", {\"k\": [2.5, Set([1, 2])]}, Some(bytes([1]))]");
    let value = here.value;
    here.within(|vm| {
        let parcel = vm.pack(value).expect("it can be sent");
        let copy = vm.unpack(&parcel).expect("it is read");
        assert!(equal(vm, value, copy).expect("they compare"));
    });
}

#[test]
fn parts_with_several_owners_are_written_once() {
    // A hundred levels: 2^100 paths.
    let program = "x := [1]\nfor i in range(100) { x := [x, x] }\nexport given := x";
    let mut here = Machine::of(program);
    let value = here.value;
    let parcel = here.within(|vm| vm.pack(value)).expect("it can be sent");
    assert!(parcel.bytes() < 10_000, "{}", parcel.bytes());
    let text = "x := \"abcdefghijk\" * 100\nexport given := [x, x, x, x, x, x, x, x]";
    let mut here = Machine::of(text);
    let value = here.value;
    let parcel = here.within(|vm| vm.pack(value)).expect("it can be sent");
    assert!(parcel.bytes() < 1_500, "{}", parcel.bytes());
}

#[test]
fn long_texts_and_large_arrays_are_not_written_as_words() {
    let program = "text := \"längere \" * 10000
        numbers := range(20000) |> map(x => x * 0.5)
        export given := [text, numbers, text, string_to_bytes(text), {\"part\": text[9:]}]";
    let mut here = Machine::of(program);
    let value = here.value;
    let parcel = here.within(|vm| vm.pack(value)).expect("it can be sent");
    // The numbers were copied.
    assert!(
        (160_000..161_000).contains(&parcel.bytes()),
        "{}",
        parcel.bytes()
    );
    let mut there = here.sent().expect("it can be sent");
    assert_eq!(here.repr(), there.repr());
    let mut again = there.sent().expect("it can be sent");
    assert_eq!(here.repr(), again.repr());
}

#[test]
fn elements_are_taken_from_owners_that_are_gone_only() {
    let program = "func numbers() { xs := []; for i in range(5000) { xs.push(i) }; return xs }
        held := numbers()
        export given := func() {
            return {\"a\": [numbers(), numbers()], \"b\": held, \"c\": [held]}
        }";
    let mut here = Machine::of(program);
    let function = here.value;
    here.within(|vm| {
        let value = vm.call_value(function, &[]).expect("it returns");
        vm.with_root(value, |vm| {
            let before = repr(vm, value).expect("it prints");
            let parcel = vm.pack_last(value).expect("it can be sent");
            let gone = value.dict().values()[0].elements();
            assert!(gone.iter().all(|one| one.elements().is_empty()));
            assert_eq!(value.dict().values()[1].elements().len(), 5000);
            // Read twice, the second time without a copy.
            for copy in [vm.unpack(&parcel), vm.unpack_last(parcel)] {
                let copy = copy.expect("it is read");
                assert_eq!(repr(vm, copy).expect("it prints"), before);
            }
        });
    });
}

#[test]
fn shared_parts_are_copied_when_they_are_written() {
    let program = "inner := [1, 2]
        both := [inner, inner]
        export given := func() { both[0][0] := 9; return both }";
    assert_eq!(called(program), "[[9, 2], [1, 2]]");
}

#[test]
fn no_depth_is_too_deep() {
    let program = "x := []\nfor i in range(200000) { x := [x] }\nexport given := x";
    let mut here = Machine::of(program);
    let value = here.value;
    let parcel = here.within(|vm| vm.pack(value)).expect("it can be sent");
    let mut value = here.within(|vm| vm.unpack(&parcel).expect("it is read"));
    let mut depth = 0;
    while let Some(&inner) = value.elements().first() {
        value = inner;
        depth += 1;
    }
    assert_eq!(depth, 200_000);
}

#[test]
fn types_and_values_keep_belonging_together() {
    let program = "struct P { x := 0, y := 0
            func sum() { return x + y } }
        enum E { A, B }
        p := P { x: 1, y: 2 }
        e := E::B(3)
        export given := func() {
            q := P { x: 10, y: 20 }
            return [p.sum(), q.sum(), p == P { x: 1, y: 2 }, e == E::B(3), e, p]
        }";
    assert_eq!(
        called(program),
        "[3, 30, true, true, E::B(3), P { x: 1, y: 2 }]"
    );
}

#[test]
fn types_that_capture_keep_what_they_capture() {
    let program = "func make(k) {
            struct Scaled { v := 1
                func scaled() { return v * k } }
            return [Scaled { v: 2 }, Scaled { v: 3 }]
        }
        both := make(10)
        export given := func() { return [both[0].scaled(), both[1].scaled()] }";
    assert_eq!(called(program), "[20, 30]");
}

#[test]
fn functions_bring_the_variables_that_they_reach() {
    let program = "factor := 3
        unused := [1, 2]
        func scale(x) { return x * factor }
        table := {\"scale\": scale}
        func through(x) { return table[\"scale\"](x) + deep(x) }
        func deep(x) { return x }
        export given := func() { return through(5) }";
    assert_eq!(called(program), "20");
}

#[test]
fn two_functions_share_a_variable() {
    let program = "func pair() {
            n := 0
            return [func() { n += 1; return n }, func() { return n }]
        }
        p := pair()
        export given := func() { p[0](); p[0](); return p[1]() }";
    assert_eq!(called(program), "2");
}

#[test]
fn recursive_closures_arrive() {
    let program = "func outer() {
            fact := null
            fact := func(n) { if n < 2 { return 1 }; return n * fact(n - 1) }
            return func() { return fact(10) }
        }
        export given := outer()";
    assert_eq!(called(program), "3628800");
}

#[test]
fn errors_keep_fields_and_stack() {
    let program = "func inner() { throw \"bad\" }
        func outer() { inner() }
        kept := null
        try { outer() } except e { kept := e }
        export given := [kept, kept.line]";
    let mut here = Machine::of(program);
    let mut there = here.sent().expect("it can be sent");
    assert_eq!(here.repr(), there.repr());
    assert!(there.repr().contains("inner"), "{}", there.repr());
}

#[test]
fn what_belongs_to_its_thread_is_refused() {
    let object = "class C { x := 1 }\n";
    assert_eq!(
        refused(&format!("{object}export given := [C {{ x: 2 }}]")),
        "An object of class C cannot go to another thread"
    );
    assert_eq!(
        refused("func* g() { yield 1 }\nexport given := {\"g\": g()}"),
        "A generator cannot go to another thread"
    );
    assert_eq!(
        refused("export given := iter([1])"),
        "An iterator cannot go to another thread"
    );
    assert_eq!(
        refused(&format!(
            "{object}func f() {{ cache := C {{ x: 1 }}; return func() {{ return cache.x }} }}\nexport given := f()"
        )),
        "'cache' cannot go to another thread: it holds an object of class C"
    );
}

#[test]
fn variables_that_cannot_come_are_missed_when_they_are_read() {
    let program = "class Cache { x := 1 }
        cache := Cache { x: 2 }
        func uses() { return cache.x }
        func plain() { return 5 }
        export given := func(which) { if which { return uses() }; return plain() }";
    let mut here = Machine::of(program);
    let mut there = here.sent().expect("it can be sent");
    assert_eq!(there.called(&[Value::FALSE]), "5");
    assert_eq!(
        there.called(&[Value::TRUE]),
        "\"'cache' cannot go to another thread: it holds an object of class Cache\""
    );
    let program = "class Cache { x := 1 }
        func make() {
            cache := Cache { x: 2 }
            uses := func() { return cache.x }
            cache := Cache { x: 3 }
            return func(which) { if which { return uses() }; return 5 }
        }
        export given := make()";
    let mut here = Machine::of(program);
    let mut there = here.sent().expect("it can be sent");
    assert_eq!(there.called(&[Value::FALSE]), "5");
    assert_eq!(
        there.called(&[Value::TRUE]),
        "\"'cache' cannot go to another thread: it holds an object of class Cache\""
    );
}

#[test]
fn functions_that_are_to_be_called_must_have_what_they_name() {
    let program = "class Cache { x := 1 }
        cache := Cache { x: 2 }
        export given := func() { return cache.x }";
    let mut here = Machine::of(program);
    let function = here.value;
    let sent = here.within(|vm| {
        let none = vm.heap.new_array(0);
        vm.pack_call(function, none)
    });
    match sent {
        Err(NotSent::Bound { held, variable }) => {
            assert_eq!(held, "an object of class Cache");
            assert_eq!(variable.as_deref(), Some("cache"));
        }
        _ => panic!("it names an object"),
    }
}

#[test]
fn a_variable_that_the_machine_has_stays() {
    let mut here = Machine::of("n := 1\nfunc get() { return n }\nexport given := get");
    let value = here.value;
    let parcel = here.within(|vm| vm.pack(value)).expect("it can be sent");
    here.within(|vm| {
        let number = vm.code.sources[0].globals[0] as usize;
        vm.globals.values[number] = Value::int(2);
        let back = vm.unpack(&parcel).expect("it is read");
        assert_eq!(back, value);
        assert_eq!(vm.globals.values[number], Value::int(2));
    });
}
