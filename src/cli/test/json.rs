//! The report for other programs.
//!
//! ```json
//! {
//!   "passed": 1, "failed": 1, "left_out": 0, "time_ms": 1.5,
//!   "files": [{
//!     "path": "math_test.ruff", "errors": null,
//!     "tests": [{
//!       "name": "adds", "groups": ["math"], "line": 3,
//!       "status": "failed", "time_ms": 0.5, "output": "",
//!       "failure": {
//!         "message": "…", "file": "math_test.ruff", "line": 4, "column": 5,
//!         "expected": "3", "actual": "2"
//!       }
//!     }]
//!   }]
//! }
//! ```
//! `errors` is the text of what keeps a file from being tested. A field that does not
//! apply is null; `expected` and `actual` are values in source form, `left` and `right`
//! in their place those of another comparison than `==`.

use super::{FileResult, TestResult, Totals};
use serde_json::{Value, json};
use std::time::Duration;

pub fn json(results: &[FileResult], totals: &Totals) -> String {
    let files: Vec<Value> = results.iter().map(file).collect();
    let document = json!({
        "passed": totals.passed,
        "failed": totals.failed,
        "left_out": totals.left_out,
        "time_ms": millis(totals.time),
        "files": files,
    });
    format!("{document:#}")
}

fn file(result: &FileResult) -> Value {
    let tests: Vec<Value> = result.tests.iter().map(test).collect();
    json!({
        "path": result.path,
        "errors": result.broken,
        "tests": tests,
    })
}

fn test(test: &TestResult) -> Value {
    let failure = test.failure.as_ref().map(|failure| {
        let place = failure.place.as_ref();
        let mut object = json!({
            "message": failure.message,
            "file": place.map(|one| &one.0),
            "line": place.map(|one| one.1),
            "column": place.map(|one| one.2),
            "expected": null,
            "actual": null,
        });
        if let Some(values) = &failure.values {
            object[values.labels[0]] = json!(values.expected);
            object[values.labels[1]] = json!(values.actual);
        }
        object
    });
    json!({
        "name": test.case.name,
        "groups": test.case.groups,
        "line": test.case.line,
        "status": if test.failure.is_none() { "passed" } else { "failed" },
        "time_ms": millis(test.time),
        "output": test.output,
        "failure": failure,
    })
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
