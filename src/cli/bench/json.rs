//! The result as JSON, for other programs to read.
//!
//! ```json
//! {
//!   "warmup": 1, "repeat": 5, "baseline": "ruff",
//!   "contenders": [{"name": "ruff", "version": "…", "geometric_mean": 1.0, "mean_within_10x": 1.0,
//!     "median": 1.0, "wins": 0, "programs": 1}],
//!   "programs": [{
//!     "name": "fib30", "description": "…",
//!     "results": [{
//!       "contender": "ruff", "status": "ok", "min_ms": 1.0, "median_ms": 1.0,
//!       "cpu_min_ms": 1.0, "peak_memory_bytes": 1, "ratio": 1.0, "samples_ms": [1.0]
//!     }]
//!   }]
//! }
//! ```
//! A contender's `wins` counts the programs on which the baseline was faster.
//! `status` is `ok`, `wrong` (then `reason` says why) or `absent`; what is not
//! known is null.

use serde_json::{Value, json};

use super::compare::{Comparison, Outcome, Row};

/// The whole document, indented.
pub fn json(result: &Comparison) -> String {
    format!("{:#}", document(result))
}

fn document(result: &Comparison) -> Value {
    let contenders: Vec<Value> = result
        .contenders
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let overall = result.overall(index);
            json!({
                "name": label.name,
                "version": label.version,
                "geometric_mean": overall.map(|overall| overall.mean),
                "mean_within_10x": overall.and_then(|overall| overall.close_mean),
                "median": overall.map(|overall| overall.median),
                "wins": overall.map(|overall| overall.wins),
                "programs": overall.map(|overall| overall.programs),
            })
        })
        .collect();
    let programs: Vec<Value> = result.rows.iter().map(|row| program(result, row)).collect();
    json!({
        "warmup": result.rounds.warmup,
        "repeat": result.rounds.repeat,
        "baseline": result.contenders.first().map(|label| &label.name),
        "contenders": contenders,
        "programs": programs,
    })
}

fn program(result: &Comparison, row: &Row) -> Value {
    let results: Vec<Value> = result
        .contenders
        .iter()
        .enumerate()
        .map(|(index, label)| outcome(&label.name, &row.outcomes[index], row.ratio(index)))
        .collect();
    json!({
        "name": row.program,
        "description": row.description,
        "results": results,
    })
}

fn outcome(contender: &str, outcome: &Outcome, ratio: Option<f64>) -> Value {
    match outcome {
        Outcome::Timed(costs) => {
            let samples: Vec<f64> = costs
                .iter()
                .map(|cost| cost.wall.as_secs_f64() * 1e3)
                .collect();
            let wall = outcome.wall();
            json!({
                "contender": contender,
                "status": "ok",
                "min_ms": wall.map(|times| times.min),
                "median_ms": wall.map(|times| times.median),
                "cpu_min_ms": outcome.cpu().map(|times| times.min),
                "peak_memory_bytes": outcome.peak_memory(),
                "ratio": ratio,
                "samples_ms": samples,
            })
        }
        Outcome::Wrong(reason) => {
            json!({"contender": contender, "status": "wrong", "reason": reason})
        }
        Outcome::Absent => json!({"contender": contender, "status": "absent"}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::samples::two_languages;
    use super::*;

    #[test]
    fn the_document_reads_back() {
        let value: Value = serde_json::from_str(&json(&two_languages())).unwrap();
        assert_eq!(value["baseline"], "ruff");
        assert_eq!(value["repeat"], 2);
        let adds = &value["programs"][0];
        assert_eq!(adds["name"], "adds");
        assert_eq!(adds["results"][1]["min_ms"], 40.0);
        assert_eq!(adds["results"][1]["cpu_min_ms"], 20.0);
        assert_eq!(adds["results"][1]["ratio"], 4.0);
        assert_eq!(adds["results"][1]["samples_ms"], json!([40.0, 44.0]));
        assert_eq!(value["programs"][2]["results"][1]["status"], "absent");
        assert_eq!(value["programs"][3]["results"][1]["reason"], "failed: no");
    }
}
