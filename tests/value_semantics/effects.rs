//! The effects that the tables state, against what happens: every built-in is called,
//! in both forms, with arguments that note which code of the program ran. (That no
//! instruction and no built-in says too little is also asserted wherever the machine
//! runs with debug assertions.)

use crate::engine;
use ruff::tools::{Effects, MethodForm, Native, ParamKind, method_name, natives};

const PRELUDE: &str = "
texts := 0
operators := 0
pulls := 0
calls := 0
contents := 0
struct S {
    n := 1
    func to_string(self) { texts += 1; return \"s\" }
    func op_eq(self, o) { operators += 1; return false }
    func op_lt(self, o) { operators += 1; return false }
    func op_add(self, o) { operators += 1; return self }
    func len(self) { contents += 1; return 1 }
    func iter(self) { contents += 1; return [1] }
}
func f(a := 0, b := 0) { calls += 1; return 0 }
func p(x) { pulls += 1; return x }
func* g() { pulls += 1; yield S { } }
func tried(call) {
    texts := 0
    operators := 0
    pulls := 0
    calls := 0
    contents := 0
    try { call() } except e { }
}
";

/// Built-ins that would wait for input or end the program.
const LEFT_OUT: [&str; 2] = ["input", "exit"];

/// Arguments for a parameter, as source; the more they can do, the better.
fn arguments(kind: ParamKind) -> Vec<&'static str> {
    match kind {
        ParamKind::Any => vec!["S { }", "[S { }, S { }]", "g()"],
        ParamKind::String => vec!["\"a{}%s\""],
        ParamKind::Array => vec!["[S { }, S { }]"],
        ParamKind::Dict => vec!["({\"k\": S { }})"],
        ParamKind::Bool => vec!["true"],
        ParamKind::Int | ParamKind::Whole | ParamKind::Number => vec!["1"],
        ParamKind::Key => vec!["\"k\""],
        ParamKind::Callable => vec!["f"],
        ParamKind::Measured => vec!["[S { }]", "\"a\"", "S { }"],
        ParamKind::Sequence => vec!["[S { }, S { }]", "S { }", "g()", "[1].iter().map(p)"],
        ParamKind::Set => vec!["Set([S { }])"],
        ParamKind::Queue => vec!["Queue([S { }])"],
        ParamKind::Stack => vec!["Stack([S { }])"],
        ParamKind::Bytes => vec!["bytes([1, 2])"],
        ParamKind::Heap => vec!["Heap([S { }])", "Heap([S { }], f)"],
        ParamKind::Lazy => vec!["g()", "[1].iter().map(p)"],
        ParamKind::Promise => vec!["async_sleep(0)"],
        ParamKind::Searched => vec![
            "[S { }, S { }]",
            "\"a\"",
            "({\"k\": S { }})",
            "Set([S { }])",
        ],
        ParamKind::Result => vec!["Ok(S { })", "Err(S { })"],
        ParamKind::Option => vec!["Some(S { })", "None"],
        // Only other built-ins make them, of files.
        ParamKind::Library(_) => vec!["1"],
        ParamKind::OneOf(kinds) => kinds.iter().flat_map(|&kind| arguments(kind)).collect(),
    }
}

/// All lists of arguments that a built-in is tried with.
fn lists(native: &Native) -> Vec<Vec<&'static str>> {
    let mut lists = vec![Vec::new()];
    let mut longer = lists.clone();
    for param in native.params {
        let more: Vec<Vec<&str>> = longer
            .iter()
            .flat_map(|list| {
                let extended = |last| [list.as_slice(), &[last]].concat();
                arguments(param.kind).into_iter().map(extended)
            })
            .collect();
        longer.clone_from(&more);
        lists.extend(more);
    }
    let least = usize::from(native.min_args);
    lists.retain(|list| list.len() >= least);
    lists
}

/// Programs that call the built-in, one for each list of arguments and form.
fn calls(native: &Native) -> Vec<String> {
    let mut calls = Vec::new();
    for list in lists(native) {
        calls.push(format!("{}({})", native.name, list.join(", ")));
        let Some((first, rest)) = list.split_first() else {
            continue;
        };
        if !matches!(native.method, MethodForm::None) {
            let name = method_name(native.params[0].kind, native.name);
            calls.push(format!("({first}).{name}({})", rest.join(", ")));
            // A place, and what others hold too.
            calls.push(format!(
                "place := {first}; other := place; place.{name}({})",
                rest.join(", ")
            ));
        }
    }
    calls
}

#[test]
fn built_ins_run_only_what_they_declare() {
    crate::on_big_stack(|| {
        for native in natives() {
            if LEFT_OUT.contains(&native.name) {
                continue;
            }
            let mut source = String::from(PRELUDE);
            for call in calls(native) {
                source += &format!("tried(func() {{ {call} }})\n");
                source += "print(\"ran\", texts, operators, pulls, calls, contents)\n";
            }
            let (out, error) = engine::run(&source, false);
            assert!(error.is_none(), "{}: {error:?}\n{source}", native.name);
            let mut ran = Effects::NONE;
            for line in out.lines().filter_map(|line| line.strip_prefix("ran ")) {
                let words = [
                    Effects::TEXTS,
                    Effects::OPERATORS,
                    Effects::PULLS,
                    Effects::CALLS,
                    Effects::CONTENTS,
                ];
                for (count, effect) in line.split(' ').zip(words) {
                    if count != "0" {
                        ran |= effect;
                    }
                }
            }
            if native.effects.any_of(Effects::PULLS) {
                // Any code at all.
                ran = ran - Effects::CONTENTS;
            }
            assert_eq!(
                ran - native.effects,
                Effects::NONE,
                "{} runs more than it declares",
                native.name
            );
        }
    });
}
