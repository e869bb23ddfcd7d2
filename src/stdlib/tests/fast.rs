//! Fast forms give what their built-ins give: every one of them is called with all
//! combinations of some values, as a function and as a method, with arguments that
//! the caller keeps, gives away, or shares with others.

use super::{Machine, script};
use crate::heap::object::{Kind, SHARED};
use crate::runtime::native::FastFn;
use crate::runtime::{Args, MethodForm, Native};
use crate::stdlib::{check_args, check_method_args, natives};
use crate::value::Value;

const VALUES: &[&str] = &[
    "0",
    "1",
    "-3",
    "7",
    "40",
    "65",
    "-1125899906842624",
    "1125899906842623",
    "100000000000000000000",
    "0.0",
    "-0.0",
    "0.49999999999999994",
    "2.5",
    "-2.5",
    "3.0",
    "1e15",
    "1e300",
    "INF",
    "NAN",
    "true",
    "null",
    r#""""#,
    r#""a""#,
    r#""Ab""#,
    r#""b1Ab""#,
    r#""12""#,
    r#""-007""#,
    r#""-""#,
    r#"" +5 ""#,
    r#""é""#,
    r#""aéb""#,
    r#""\n x \t""#,
    "rope",
    "bytes([1, 98, 255])",
    "[]",
    "[1, 2, 7]",
    "roomy",
    r#"["a", "12", "Ab"]"#,
    r#"[3.0, NAN, "a", null]"#,
    "[[1], [2]]",
    "{}",
    r#"{"a": 1, "12": [1], 7: "x"}"#,
    "Set([1, 3, 2.5])",
    r#"Set(["a", 7, [1], "é"])"#,
    "Queue([])",
    "Queue([1, [2]])",
    "Stack([[1], 2])",
    "Ok([1])",
    "Err(1)",
    "Some(2)",
    "None",
    "len",
    "first",
];
/// For the third and later parameters.
const FEW: &[&str] = &["0", "2", "-1", "2.5", "NAN", r#""a""#, "null", "[1]", "{}"];

/// How the arguments come.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Owners {
    Kept,
    Given,
    Shared,
}

/// The value of an expression; `first` is the first argument again.
fn value(machine: &mut Machine, text: &str, first: Option<Value>) -> Value {
    match text {
        "rope" => {
            let half = "0123456789".repeat(5);
            let (a, b) = (machine.string(&half), machine.string(&half));
            machine.heap.concat(a, b).expect("short")
        }
        "roomy" => {
            let array = machine.heap.new_array(8);
            machine.heap.array_push(array, Value::ZERO).expect("short");
            array
        }
        "first" => first.unwrap_or(Value::NULL),
        _ => script::run(machine, text).expect("a value"),
    }
}

/// All that a program could tell a value by, and whether parts are shared.
fn description(machine: &mut Machine, v: Value) -> String {
    let mut text = machine.repr(v);
    let parts: Vec<Value> = match v.kind() {
        Some(Kind::Array) => v.elements().to_vec(),
        Some(Kind::Queue | Kind::Stack) => v.queue().elements().to_vec(),
        Some(Kind::Tagged) => v.tagged_parts().to_vec(),
        Some(Kind::Dict) => {
            let values = machine.function("values", &mut [v], 0).expect("a dict");
            values.elements().to_vec()
        }
        _ => Vec::new(),
    };
    if v.is_value_object() && v.header().flags & SHARED != 0 {
        text += "^";
    }
    for part in parts {
        text += " ";
        text += &description(machine, part);
    }
    text
}

/// The result and what has become of the arguments.
fn outcome(machine: &mut Machine, result: Value, args: &[Value]) -> String {
    let mut text = description(machine, result);
    for &arg in args {
        let same = if arg == result { " itself " } else { " " };
        text += same;
        text += &description(machine, arg);
    }
    text
}

struct Case<'a> {
    native: &'static Native,
    fast: FastFn,
    method: bool,
    texts: &'a [&'static str],
    owners: Owners,
}

impl Case<'_> {
    fn args(&self, machine: &mut Machine) -> Vec<Value> {
        let mut args = Vec::new();
        for text in self.texts {
            let v = value(machine, text, args.first().copied());
            if self.owners == Owners::Shared {
                v.share();
            }
            args.push(v);
        }
        args
    }

    fn kept(&self) -> u8 {
        let kept = if self.owners == Owners::Kept { 0xFF } else { 0 };
        let changes = self.method && matches!(self.native.method, MethodForm::Mutating { .. });
        kept & !(changes as u8)
    }

    /// Whether the fast form applied, and gave what the built-in gives.
    fn holds(&self, machine: &mut Machine) -> bool {
        let mut args = self.args(machine);
        // SAFETY: the arguments outlive the call.
        let fast = unsafe { Args::new(args.as_mut_ptr(), args.len(), self.kept()) };
        let result = (self.fast)(&mut machine.heap, fast);
        if result.is_absent() {
            // Nothing has been done.
            let after = outcome(machine, Value::NULL, &args);
            let fresh = self.args(machine);
            assert_eq!(after, outcome(machine, Value::NULL, &fresh), "{self}");
            return false;
        }
        let given = outcome(machine, result, &args);
        let mut args = self.args(machine);
        let native = self.native;
        let full = machine.with_args(&mut args, self.kept(), |machine, args| {
            if !self.method {
                check_args(machine, native, args)?;
                return (native.function)(machine, args);
            }
            check_method_args(machine, native, args)?;
            match native.method {
                MethodForm::Mutating { method, .. } => method(machine, args),
                _ => (native.function)(machine, args),
            }
        });
        match full {
            Ok(result) => assert_eq!(given, outcome(machine, result, &args), "{self}"),
            Err(fault) => panic!("{self} gives {given}, but throws {fault}"),
        }
        true
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = if self.method { "method" } else { "function" };
        let (name, texts, owners) = (self.native.name, self.texts, self.owners);
        write!(f, "{form} {name}({}), {owners:?}", texts.join(", "))
    }
}

/// How many combinations with this first argument the fast form applied to.
fn applied(native: &'static Native, fast: FastFn, method: bool, first: &'static str) -> usize {
    let mut machine = Machine::new();
    let mut combinations = vec![vec![first]];
    let (mut from, most) = (0, native.max_args.min(3));
    for len in 1..most {
        let more = if len == 1 { VALUES } else { FEW };
        let shorter = combinations[from..].to_vec();
        from = combinations.len();
        for texts in &shorter {
            combinations.extend(more.iter().map(|&text| [&texts[..], &[text]].concat()));
        }
    }
    let mut applied = 0;
    for texts in combinations.iter().filter(|c| native.takes(c.len())) {
        for owners in [Owners::Kept, Owners::Given, Owners::Shared] {
            // A mutating method gets its receiver unshared.
            if method && owners == Owners::Shared {
                continue;
            }
            machine.roots.values.clear();
            let case = Case {
                native,
                fast,
                method,
                texts,
                owners,
            };
            applied += case.holds(&mut machine) as usize;
        }
    }
    applied
}

#[test]
fn fast_forms_give_what_the_built_ins_give() {
    let (mut tested, mut cases) = (0, 0);
    for native in natives() {
        let of_method = match native.method {
            MethodForm::Mutating { fast, .. } => fast,
            _ => None,
        };
        let mutating = matches!(native.method, MethodForm::Mutating { .. });
        let forms = [
            (native.fast, false),
            (native.fast.filter(|_| mutating), true),
            (of_method, true),
        ];
        for (fast, method) in forms {
            let Some(fast) = fast else { continue };
            let applied: usize = VALUES
                .iter()
                .map(|first| applied(native, fast, method, first))
                .sum();
            assert!(applied > 0, "{} has no use for its fast form", native.name);
            tested += 1;
            cases += applied;
        }
    }
    assert!(
        tested > 90 && cases > 10_000,
        "{tested} forms, {cases} cases"
    );
}

#[test]
fn short_texts_are_searched_as_long_ones() {
    // Bytes that differ by one are what counting in eighths could mistake.
    let text = "aaabab`b`aaab`aabbbb`aaaabaaa`bbaabab";
    for from in 0..text.len() {
        for to in from..=text.len() {
            let text = &text[from..to];
            for part in [
                "",
                "a",
                "b",
                "`",
                "ab",
                "ba",
                "a`",
                "aab",
                "bbb",
                "aaaabaaa`",
            ] {
                assert_eq!(
                    crate::stdlib::fast::find(text, part),
                    text.find(part),
                    "{part} in {text}"
                );
            }
        }
    }
}
