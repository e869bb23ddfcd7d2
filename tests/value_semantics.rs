//! Value semantics: generated programs against a model that shares nothing. Every
//! program ends; what it prints, and whether it fails, must be what the model says,
//! also when every allocation collects. `PROPTEST_CASES` sets the number of
//! programs.

#[path = "value_semantics/ast.rs"]
mod ast;
#[path = "value_semantics/copies.rs"]
mod copies;
#[path = "value_semantics/effects.rs"]
mod effects;
#[path = "value_semantics/engine.rs"]
mod engine;
#[path = "value_semantics/hooks.rs"]
mod hooks;
#[path = "value_semantics/model.rs"]
mod model;
#[path = "value_semantics/text.rs"]
mod text;
#[path = "value_semantics/value.rs"]
mod value;

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;

fn check(stress: bool, cases: u32) {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(cases);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..Config::default()
    };
    let given_up = Cell::new(0);
    let result = TestRunner::new(config).run(&ast::program(), |program| {
        let Some(expected) = model::run(&program) else {
            given_up.set(given_up.get() + 1);
            return Ok(());
        };
        let source = text::print(&program);
        let (out, error) = engine::run(&source, stress);
        if out == expected.out && error.is_some() == expected.failed {
            return Ok(());
        }
        let report = format!(
            "--- program\n{source}--- expected (failed: {})\n{}--- got ({})\n{out}",
            expected.failed,
            expected.out,
            error.unwrap_or_default(),
        );
        Err(TestCaseError::fail(report))
    });
    if let Err(proptest::test_runner::TestError::Fail(reason, _)) = result {
        panic!("{}", reason.message());
    }
    let given_up = given_up.get();
    assert!(
        given_up * 5 <= cases,
        "the model gave up on {given_up} of {cases} programs"
    );
}

fn on_big_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run);
    if let Err(panic) = thread.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn programs_share_nothing() {
    on_big_stack(|| check(false, 300));
}

#[test]
fn programs_share_nothing_under_gc_stress() {
    on_big_stack(|| check(true, 100));
}
