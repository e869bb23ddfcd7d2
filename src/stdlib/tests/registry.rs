//! The table of built-ins: numbers, names, methods.

use crate::runtime::MethodForm;
use crate::stdlib::{Receiver, function, method, method_names, names, natives};
use std::collections::HashSet;

#[test]
fn names_are_unique() {
    let mut seen = HashSet::new();
    for name in names() {
        assert!(seen.insert(name), "{name} twice");
    }
}

#[test]
fn every_name_finds_its_number() {
    for (number, native) in natives().iter().enumerate() {
        for name in native.names().filter(|_| native.is_function) {
            assert_eq!(function(name), Some(number as u16));
        }
        assert!(!native.doc.is_empty() && native.doc.ends_with('.') || native.doc.ends_with('`'));
    }
    assert_eq!(function("to_upper"), function("upper"));
    assert_eq!(function("no_such_function"), None);
}

#[test]
fn parameters_are_in_order() {
    for native in natives() {
        let optional = native.params.iter().position(|p| p.optional);
        for (i, param) in native.params.iter().enumerate() {
            assert!(
                !param.rest || i + 1 == native.params.len(),
                "{}",
                native.name
            );
            assert!(param.optional || param.rest || optional.is_none_or(|o| o > i));
        }
        let is_method = !matches!(native.method, MethodForm::None);
        assert!(!is_method || !native.params.is_empty(), "{}", native.name);
    }
}

#[test]
fn methods_belong_to_the_types_of_the_first_parameter() {
    assert_eq!(method(Receiver::String, "upper"), function("upper"));
    assert_eq!(method(Receiver::Array, "upper"), None);
    assert_eq!(
        method(Receiver::Array, "remove"),
        method(Receiver::Dict, "remove")
    );
    assert_eq!(method(Receiver::Int, "round"), function("round"));
    assert_eq!(method(Receiver::Struct, "to_string"), function("to_string"));
    assert_eq!(method(Receiver::Array, "print"), None);
    assert_eq!(method(Receiver::Option, "unwrap"), function("unwrap"));
    assert_eq!(method(Receiver::Option, "is_ok"), None);
    assert!(method_names(Receiver::Dict).any(|name| name == "keys"));
}
