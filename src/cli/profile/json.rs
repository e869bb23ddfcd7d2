//! The profile as JSON, for other programs to read. All of it, not only the
//! costliest; the keys are described in `docs/CLI.md`.

use super::summary::{Summary, name, share};
use ruff::engine::Profile;
use ruff::tools::Callee;
use ruff::tools::{Line, Pauses};
use serde_json::{Value, json};
use std::time::Duration;

fn pauses(pauses: Pauses) -> Value {
    json!({
        "collections": pauses.count,
        "parts": pauses.parts,
        "pause_ms": ms(pauses.total),
        "longest_pause_ms": ms(pauses.longest),
    })
}

/// The whole document, indented.
pub fn json(profile: &Profile, summary: &Summary, program: &str, rate: u32) -> String {
    format!("{:#}\n", document(profile, summary, program, rate))
}

fn document(profile: &Profile, summary: &Summary, program: &str, rate: u32) -> Value {
    let tier = |time| json!({"ms": ms(time), "percent": summary.percent(time)});
    let functions = summary.functions.iter().map(|row| {
        let (name, place) = name(profile, row.callee);
        json!({
            "name": name,
            "kind": kind(row.callee),
            "file": place.map(|(file, _)| file),
            "line": place.map(|(_, line)| line),
            "self_ms": ms(row.own),
            "self_percent": summary.percent(row.own),
            "total_ms": ms(row.total),
            "total_percent": summary.percent(row.total),
        })
    });
    let lines = summary.lines.iter().map(|line| {
        let mut row = place(profile, line);
        row["self_ms"] = json!(ms(line.own));
        row["self_percent"] = json!(summary.percent(line.own));
        row["total_ms"] = json!(ms(line.total));
        row["total_percent"] = json!(summary.percent(line.total));
        row
    });
    let sites = summary.sites.iter().map(|line| {
        let mut row = place(profile, line);
        row["bytes"] = json!(line.bytes);
        row["objects"] = json!(line.objects);
        row["percent"] = json!(share(line.bytes as f64, summary.bytes as f64));
        row
    });
    let stacks = (profile.calls.nodes().iter().enumerate())
        .filter(|(_, node)| node.own > 0)
        .map(|(number, node)| {
            let path = profile.calls.path(number as u32);
            let names = path.iter().map(|&callee| name(profile, callee).0);
            json!({
                "calls": names.collect::<Vec<_>>(),
                "ms": ms(Duration::from_nanos(node.own)),
            })
        });
    json!({
        "program": program,
        "rate_hz": rate,
        "samples": profile.samples,
        "wall_ms": ms(profile.wall),
        "sampled_ms": ms(summary.total),
        "tiers": {
            "interpreter": tier(summary.tiers.interpreter),
            "native": tier(summary.tiers.native),
            "builtins": tier(summary.tiers.builtins),
            "gc": tier(summary.tiers.collector),
            "waiting": tier(summary.tiers.waiting),
        },
        "gc": {
            "collections": profile.minor.count + profile.major.count,
            "pause_ms": ms(profile.minor.total + profile.major.total),
            "longest_pause_ms": ms(profile.minor.longest.max(profile.major.longest)),
            "minor": pauses(profile.minor),
            "major": pauses(profile.major),
        },
        "functions": functions.collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(),
        "allocation": {
            "bytes": summary.bytes,
            "objects": summary.objects,
            "sites": sites.collect::<Vec<_>>(),
        },
        "stacks": stacks.collect::<Vec<_>>(),
    })
}

fn place(profile: &Profile, line: &Line) -> Value {
    let function = &profile.functions[line.function as usize];
    json!({
        "function": function.name,
        "file": function.file,
        "line": line.line,
        "text": line.text,
    })
}

fn kind(callee: Callee) -> &'static str {
    match callee {
        Callee::Function(_) => "function",
        Callee::Builtin(_) => "builtin",
        Callee::Collector => "gc",
        Callee::Waiting => "waiting",
        Callee::Host | Callee::LeftOut | Callee::Threads => "other",
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;

    #[test]
    fn the_document_reads_back() {
        let profile = sample::profile();
        let text = json(&profile, &Summary::new(&profile), "a.ruff", 1000);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["sampled_ms"], 100.0);
        assert_eq!(value["tiers"]["native"]["percent"], 20.0);
        let work = &value["functions"][0];
        assert_eq!((&work["name"], &work["line"]), (&json!("work"), &json!(3)));
        assert_eq!(work["self_percent"], 60.0);
        assert_eq!(value["functions"][1]["kind"], "builtin");
        assert_eq!(value["functions"][1]["file"], Value::Null);
        assert_eq!(value["lines"][0]["text"], "line 4");
        assert_eq!(value["allocation"]["sites"][0]["percent"], 75.0);
        let deepest = json!({"calls": ["<script>", "work", "work", "sort"], "ms": 25.0});
        let stacks = value["stacks"].as_array().unwrap();
        assert!(stacks.contains(&deepest), "{stacks:?}");
    }
}
