//! The promises of LANGUAGE.md 2.1 about cost, as counts: how many containers a
//! program copies must not depend on how often it does a thing.

use crate::engine;
use ruff::engine::Mode;

/// Copies that a program may make whatever it does 1,000 times.
const FEW: u64 = 8;

macro_rules! few_copies {
    ($mode:ident: $($(#[doc = $doc:literal])* $name:ident: $text:literal;)*) => {$(
        $(#[doc = $doc])*
        #[test]
        fn $name() {
            let text = $text;
            crate::on_big_stack(move || {
                let (_, error, copies) = engine::run_counted(text, false, Mode::$mode);
                assert!(error.is_none(), "{}", error.unwrap_or_default());
                assert!(copies <= FEW, "{copies} copies");
            });
        }
    )*};
}

few_copies! {
    On:
    returned_with_another_value: "
        func add(m, k) { m[k] = k; return [k, m] }
        func main() {
            m := {}
            v := 0
            for i in 0..500 { [v, m] = add(m, i) }
            for i in 0..500 { m = add(m, i)[1] }
            for i in 0..500 { r := add(m, i); v = r[0]; m = r[1] }
            for i in 0..500 { r := add(m, i); [v, m] = r }
            for i in 0..500 { [[v, m], _] = [add(m, i), 0] }
        }
        main()";
    returned_in_a_result: "
        func add(xs, x) { xs.push(x); return Ok(xs) }
        func main() {
            xs := []
            for i in 0..500 {
                match add(xs, i) {
                    case Ok(more): { xs = more }
                    case _: { xs = [] }
                }
            }
            for i in 0..500 {
                match [add(xs, i), i] {
                    case [Err(e), _]: { xs = [] }
                    case [Ok(more), _]: { xs = more }
                    case _: { xs = [] }
                }
            }
        }
        main()";
    returned_in_a_record: "
        struct Pair { n; xs }
        func record(xs, x) { xs.push(x); return {n: len(xs), xs: xs} }
        func pair(xs, x) { xs.push(x); return Pair { n: len(xs), xs: xs } }
        func main() {
            xs := []
            n := 0
            for i in 0..500 { xs = record(xs, i).xs }
            for i in 0..500 { {n, xs} = record(xs, i) }
            for i in 0..500 { xs = pair(xs, i).xs }
        }
        main()";
}

few_copies! {
    On:
    lookup_then_write: "
        func lookup(t, k) { return t[k] }
        func main() {
            table := {}
            mut total := 0
            for k in 0..1000 { table[k] := k; total := total + lookup(table, k); table[k] := total }
        }
        main()";
    lookup_by_made_keys: "
        memo := {}
        func key(a, b) { return \"${a},${b}\" }
        func put(i) {
            if memo.has_key(\"${i},0\") || memo.has_key(key(i, 1)) { return 0 }
            memo[key(i, 0)] := i
            return memo.get(key(i, 0))
        }
        for i in 0..1000 { put(i) }";
    lookup_then_write_global: "
        table := {}
        total := 0
        func lookup(t, k) { return t[k] }
        func step(k) { table[k] := k; total := total + lookup(table, k); table[k] := total }
        for k in 0..1000 { step(k) }";
    list_through_a_function: "
        func add(list, x) { list.push(x); return list }
        func main() {
            list := []
            for i in 0..1000 { list := add(list, i) }
            return list
        }
        main()";
    list_through_a_function_at_top_level: "
        func add(list, x) { return push(list, x) }
        list := []
        for i in 0..1000 { list := add(list, i) }";
    sorting_in_place: "
        func main() {
            xs := []
            for i in 0..100 { xs.push(100 - i) }
            for i in 0..100 {
                for j in 0..99 {
                    if xs[j] > xs[j + 1] { t := xs[j]; xs[j] := xs[j + 1]; xs[j + 1] := t }
                }
            }
        }
        main()";
    matrix_update: "
        func scale(m, by) {
            for i in 0..len(m) { for j in 0..len(m[i]) { m[i][j] *= by } }
            return m
        }
        func main() {
            mut m := []
            for i in 0..20 {
                mut row := []
                for j in 0..20 { row.push(i * j) }
                m.push(row)
            }
            for n in 0..100 { m := scale(m, 2) }
        }
        main()";
    items_of_self: "
        struct Stack {
            items := []
            func add(self, v) { self.items.push(v) }
            func bump(self, i) { self.items[i].n += 1 }
            func top() { return items[len(items) - 1] }
        }
        func main() {
            s := Stack { }
            for i in 0..1000 { s.add({\"n\": i}) }
            for i in 0..1000 { s.bump(i) }
        }
        main()";
    graph_of_objects: "
        class Node { list := []; x := 0; data := {} }
        struct Part { x := 0 }
        o := Node()
        for i in 0..100 { o.list.push(Part { }) }
        func touch(o) { for i in 0..100 { o.list[i].x := i; o.data[\"k\"] := i } }
        for n in 0..10 { touch(o) }";
    readers_do_not_copy: "
        struct Point {
            x := 1
            parts := [1]
            func length(self) { return self.x + len(self.parts) }
            func sum() { return x + parts[0] }
        }
        func measure(p) { return p.length() + p.sum() }
        func twice(p) { return measure(p) + measure(p) }
        func main() {
            p := Point { }
            mut total := 0
            for i in 0..1000 { total += measure(p) + twice(p); p.x := i; p.parts[0] := i }
        }
        main()";
    readers_of_globals_do_not_copy: "
        struct Point {
            x := 1
            parts := [1]
            func length(self) { return self.x + len(self.parts) }
        }
        p := Point { }
        func measure(p) { return p.length() }
        func step(i) { total := measure(p); p.x := i; p.parts[0] := total }
        for i in 0..1000 { step(i) }";
    arrays_passed_on_to_readers: "
        func get(xs, i) { return xs[i] }
        func third(xs, i) { return get(xs, i) + get(xs, 0) }
        func last(xs, i) { return get(xs, i) }
        func main() {
            xs := range(0, 100)
            mut total := 0
            for i in 0..1000 { total += third(xs, i % 100) + last(xs, 1); xs[i % 100] := total % 7 }
        }
        main()";
    looping_and_writing_elsewhere: "
        func main() {
            rows := [[1], [2], [3]]
            for i in 0..1000 {
                mut sum := 0
                for row in rows { for x in row { sum += x } }
                rows[i % 3][0] := sum % 5
            }
        }
        main()";
}
