//! Generated values: they arrive as they were, whatever they are made of.

use super::{Machine, there};
use crate::runtime::compare::equal;
use proptest::prelude::*;

/// The text of an expression, with names of values that were made before it.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<i128>().prop_map(|n| format!("{n}")),
        (-1e9..1e9f64).prop_map(|f| format!("{f:?}")),
        "[a-zé日]{0,12}".prop_map(|text| format!("{text:?}")),
        "[a-z]{60,70}".prop_map(|text| format!("{text:?}")),
        Just("null".to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        (0..4u32).prop_map(|n| format!("v{n}")),
        Just("E::A".to_string()),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            list.clone().prop_map(|xs| format!("[{}]", xs.join(", "))),
            list.clone().prop_map(|xs| {
                let pairs = xs.iter().enumerate();
                let pairs: Vec<_> = pairs.map(|(i, x)| format!("\"k{i}\": {x}")).collect();
                format!("{{{}}}", pairs.join(", "))
            }),
            list.clone().prop_map(|xs| {
                let pairs = xs.iter().enumerate();
                let pairs: Vec<_> = pairs.map(|(i, x)| format!("{}: {x}", 7 * i)).collect();
                format!("{{{}}}", pairs.join(", "))
            }),
            list.clone()
                .prop_map(|xs| format!("Set([{}])", xs.join(", "))),
            list.clone()
                .prop_map(|xs| format!("Queue([{}])", xs.join(", "))),
            list.prop_map(|xs| format!("Stack([{}])", xs.join(", "))),
            inner.clone().prop_map(|x| format!("Some({x})")),
            inner.clone().prop_map(|x| format!("E::B({x})")),
            (inner.clone(), inner).prop_map(|(x, y)| format!("P {{ x: {x}, y: {y} }}")),
        ]
    })
}

fn program(values: &[String], last: &str) -> String {
    let mut text =
        "struct P { x := 0, y := 0 }\nenum E { A, B }\nv0 := 0\nv1 := 1\nv2 := 2\nv3 := 3\n"
            .to_string();
    for (i, value) in values.iter().enumerate() {
        text.push_str(&format!("v{i} := {value}\n"));
    }
    text.push_str(&format!("export given := [{last}, v0, v1, v2, v3]"));
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn values_arrive(values in prop::collection::vec(expression(), 4), last in expression()) {
        let text = program(&values, &last);
        let mut here = Machine::of(&text);
        prop_assert_eq!(here.repr(), there(&text));
        let value = here.value;
        let same = here.within(|vm| {
            let parcel = vm.pack(value).expect("it can be sent");
            let copy = vm.unpack(&parcel).expect("it is read");
            equal(vm, value, copy).expect("they compare")
        });
        prop_assert!(same);
    }
}
