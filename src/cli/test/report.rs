//! The report for people: a line for each test, then what failed in full.

use super::{Done, FileResult, TestResult, Totals};
use crate::cli::diff::{self, Line};
use crate::cli::output;
use ruff::engine::testing::Failure;
use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;

const RED: &str = "31";
const GREEN: &str = "32";
const BOLD: &str = "1";
const DIM: &str = "2";

/// Longest name that times are aligned after.
const MOST_WIDTH: usize = 60;

pub struct Report {
    colours: bool,
    /// Times of the current file follow this many characters.
    width: Cell<usize>,
    lost: Cell<bool>,
}

impl Report {
    pub fn new(colours: bool) -> Report {
        Report {
            colours,
            width: Cell::new(0),
            lost: Cell::new(false),
        }
    }

    /// Writes a part of the report. After a part that is lost the rest is left out.
    pub fn put(&self, text: &str) {
        if !self.lost.get() {
            self.lost.set(output::put(text).is_err());
        }
    }

    /// Whether the report could not be written, which has been told.
    pub fn is_lost(&self) -> bool {
        self.lost.get()
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }

    /// A file begins, or a test has ended.
    pub fn line(&self, done: Done) {
        match done {
            Done::File(path, width) => {
                self.width.set(width.min(MOST_WIDTH));
                self.put(&format!("{}\n", self.paint(BOLD, path)));
            }
            Done::Test(test) => self.put(&self.test_line(test)),
        }
    }

    fn test_line(&self, test: &TestResult) -> String {
        let name = test.case.full_name();
        let mark = match test.failure {
            None => self.paint(GREEN, "ok  "),
            Some(_) => self.paint(RED, "FAIL"),
        };
        let time = self.paint(DIM, &time_text(test.time));
        let width = self.width.get().saturating_sub(name.chars().count());
        format!("  {mark}  {name}{:width$}  {time}\n", "")
    }

    pub fn end_of_file(&self, result: &FileResult) {
        if let Some(broken) = &result.broken {
            self.put(broken);
        } else if result.tests.is_empty() {
            self.put("  no tests\n");
        }
    }

    pub fn end(&self, results: &[FileResult], totals: &Totals) {
        let mut out = String::new();
        for result in results {
            for test in &result.tests {
                if let Some(failure) = &test.failure {
                    self.failure(&mut out, result, test, failure);
                }
            }
        }
        out.push('\n');
        let mut parts = Vec::new();
        let passed = format!("{} passed", totals.passed);
        parts.push(if totals.passed > 0 {
            self.paint(GREEN, &passed)
        } else {
            passed
        });
        if totals.failed > 0 {
            parts.push(self.paint(RED, &format!("{} failed", totals.failed)));
        }
        if totals.broken > 0 {
            let files = if totals.broken == 1 { "file" } else { "files" };
            let text = format!("{} {files} with errors", totals.broken);
            parts.push(self.paint(RED, &text));
        }
        if totals.left_out > 0 {
            parts.push(format!("{} left out", totals.left_out));
        }
        if totals.passed + totals.failed + totals.broken == 0 {
            parts[0] = "no tests to run".to_string();
        }
        let _ = writeln!(out, "{} ({})", parts.join(", "), time_text(totals.time));
        self.put(&out);
    }

    fn failure(&self, out: &mut String, file: &FileResult, test: &TestResult, failure: &Failure) {
        let name = format!("{}: {}", file.path, test.case.full_name());
        let _ = writeln!(
            out,
            "\n{}  {}",
            self.paint(RED, "FAIL"),
            self.paint(BOLD, &name)
        );
        match &failure.values {
            Some(values) if diff::is_long(&values.expected, &values.actual) => {
                let _ = writeln!(
                    out,
                    "Assertion failed: {} and {} differ",
                    self.paint(GREEN, &format!("- {}", values.labels[0])),
                    self.paint(RED, &format!("+ {}", values.labels[1]))
                );
                self.difference(out, &values.expected, &values.actual);
            }
            Some(values) => {
                let _ = writeln!(out, "Assertion failed");
                let [expected, actual] = values.labels.map(|label| format!("{label}:"));
                let _ = writeln!(
                    out,
                    "    {expected:9} {}",
                    self.paint(GREEN, &values.expected)
                );
                let _ = writeln!(out, "    {actual:9} {}", self.paint(RED, &values.actual));
            }
            None => {
                let _ = writeln!(out, "{}", failure.message);
            }
        }
        out.push_str(&failure.excerpt);
        if !test.output.is_empty() {
            let _ = writeln!(out, " output:");
            for line in test.output.lines() {
                let _ = writeln!(out, "   | {line}");
            }
        }
    }

    fn difference(&self, out: &mut String, expected: &str, actual: &str) {
        let (expected, actual) = (diff::lines_of(expected), diff::lines_of(actual));
        for line in diff::compare(&expected, &actual) {
            let text = match line {
                Line::Same(text) => format!("      {text}"),
                Line::Expected(text) => self.paint(GREEN, &format!("    - {text}")),
                Line::Actual(text) => self.paint(RED, &format!("    + {text}")),
                Line::Gap(1) => "      … 1 line".to_string(),
                Line::Gap(count) => format!("      … {count} lines"),
            };
            let _ = writeln!(out, "{}", text.trim_end());
        }
    }
}

fn time_text(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}
