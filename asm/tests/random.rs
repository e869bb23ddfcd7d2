//! Every operation with random operands, registers and values, run on the host
//! and compared with a plain interpretation of what it means. All registers
//! are compared, so an operation that changes one it should not is found too.

mod common;
#[path = "random/machine.rs"]
mod machine;
#[path = "random/op.rs"]
mod op;
#[path = "random/strategy.rs"]
mod strategy;

use proptest::prelude::*;

use op::Op;
use strategy::{branch_op, float_op, int_op, memory_op, state};

fn check(op: Op, mut state: Box<machine::State>) -> Result<(), TestCaseError> {
    op.prepare(&mut state);
    let mut expected = state.clone();
    let meant = op.interpret(&mut expected, state.memory_address());
    machine::run(&op, &mut state);

    prop_assert_eq!(state.taken != 0, meant.taken, "branch taken");
    for reg in machine::gprs() {
        if meant.undefined != Some(reg) {
            let (got, wanted) = (state.gprs[reg.index()], expected.gprs[reg.index()]);
            prop_assert!(got == wanted, "{}: {:#x}, not {:#x}", reg, got, wanted);
        }
    }
    for (got, wanted) in state.floats.iter().zip(&expected.floats) {
        let nans = f64::from_bits(*got).is_nan() && f64::from_bits(*wanted).is_nan();
        prop_assert!(
            got == wanted || meant.any_nan && nans,
            "{:#x}, not {:#x}",
            got,
            wanted
        );
    }
    prop_assert_eq!(&state.memory[..], &expected.memory[..]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn integer_operations_mean_what_they_say(op in int_op(), state in state()) {
        check(op, state)?;
    }

    #[test]
    fn branches_mean_what_they_say(op in branch_op(), state in state()) {
        check(op, state)?;
    }

    #[test]
    fn memory_operations_mean_what_they_say(op in memory_op(), state in state()) {
        check(op, state)?;
    }

    #[test]
    fn float_operations_mean_what_they_say(op in float_op(), state in state()) {
        check(op, state)?;
    }
}
