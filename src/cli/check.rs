//! `ruff check`: what can be said of programs without running them.

use super::project::{self, Projects};
use super::{exit, files, output, report, source};
use ruff::engine::{self, Diagnostic, Severity, SourceFile, modules::Files};
use ruff::tools::Edit;
use ruff::tools::rules::{self, RULES};
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct CheckArgs {
    /// Programs and folders; `-` is standard input. Without any, the current folder.
    paths: Vec<PathBuf>,
    /// Explain a rule, or list all of them.
    #[arg(long, value_name = "RULE", num_args = 0..=1, default_missing_value = "")]
    explain: Option<String>,
    /// Be silent about a rule, or about the rules of a level (`certain`, `suspicious`, `tidy`).
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Put right what there is one way to put right.
    #[arg(long)]
    fix: bool,
    /// Report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
    /// Report findings as JSON objects on standard error, one a line.
    #[arg(long)]
    json_errors: bool,
}

pub fn check(args: CheckArgs) -> ExitCode {
    if let Some(rule) = &args.explain {
        return explain(rule);
    }
    let mut run = Run {
        allow: HashSet::new(),
        projects: Projects::default(),
        worst: 0,
        errors: 0,
        warnings: 0,
        fixable: 0,
        fixed: 0,
        findings: Vec::new(),
        args: &args,
    };
    for name in &args.allow {
        match project::named(name) {
            Ok(names) => run.allow.extend(names),
            Err(wrong) => {
                report(&format!("error: {wrong}\n"));
                return ExitCode::from(exit::USAGE);
            }
        }
    }
    let files = files::programs(args.paths.clone()).unwrap_or_else(|(files, code)| {
        run.note(code);
        files
    });
    for path in &files {
        run.file(path);
    }
    run.end();
    ExitCode::from(run.worst)
}

/// Prints the page of a rule; for the empty name all rules.
fn explain(name: &str) -> ExitCode {
    let mut text = String::new();
    if name.is_empty() {
        let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
        for rule in RULES {
            let (name, level) = (rule.name, rule.level.name());
            text += &format!("{name:width$}  {level:10}  {}\n", rule.summary);
        }
    } else {
        match rules::named(name) {
            Ok(rules) => {
                let pages: Vec<String> = rules.into_iter().map(rules::Rule::page).collect();
                text = pages.join("\n");
            }
            Err(_) => {
                let wrong = project::named(name).err().unwrap_or_default();
                report(&format!("error: {wrong}\n"));
                return ExitCode::from(exit::USAGE);
            }
        }
    }
    ExitCode::from(output::put(&text).err().unwrap_or(0))
}

struct Run<'r> {
    args: &'r CheckArgs,
    allow: HashSet<&'static str>,
    projects: Projects,
    worst: u8,
    errors: usize,
    warnings: usize,
    /// Findings that `--fix` would put right.
    fixable: usize,
    fixed: usize,
    findings: Vec<serde_json::Value>,
}

impl Run<'_> {
    fn note(&mut self, code: u8) {
        self.worst = self.worst.max(code);
    }

    fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy();
        let source = match source::read(&name) {
            Ok(source) => source,
            Err(code) => return self.note(code),
        };
        let files = Files::new((name != "-").then_some(&name));
        let mut silent = self.allow.clone();
        match self.projects.settings_of(path) {
            Ok(settings) => silent.extend(&settings.allow),
            Err(code) => return self.note(code),
        }
        let check = |source: &SourceFile| {
            let mut checked = engine::check_in(source, &files);
            let is_silent = |one: &Diagnostic| one.rule.is_some_and(|rule| silent.contains(rule));
            checked.diagnostics.retain(|one| !is_silent(one));
            checked.diagnostics
        };
        let mut found = check(&source);
        let mut source = source;
        if self.args.fix && name != "-" {
            let (text, fixed) = put_right(&mut source, &mut found, &check);
            if let Some(text) = text {
                if let Err(error) = files::replace(path, &text) {
                    report(&format!("error: Cannot write file '{name}': {error}\n"));
                    return self.note(exit::UNREADABLE);
                }
                self.fixed += fixed;
            }
        }
        for finding in &found {
            self.finding(finding, &source);
        }
    }

    fn finding(&mut self, finding: &Diagnostic, source: &SourceFile) {
        if self.args.json {
            self.findings.push(engine::json::object(finding, source));
        } else {
            report(&if self.args.json_errors {
                engine::json::diagnostic(finding, source)
            } else {
                finding.render(source)
            });
        }
        match finding.severity {
            Severity::Error => {
                self.errors += 1;
                self.note(exit::SYNTAX);
            }
            Severity::Warning => {
                self.warnings += 1;
                self.fixable += usize::from(!finding.fix.is_empty());
                self.note(exit::FINDINGS);
            }
        }
    }

    fn end(&mut self) {
        if self.args.json {
            let document = json!({
                "errors": self.errors,
                "warnings": self.warnings,
                "fixed": self.fixed,
                "findings": std::mem::take(&mut self.findings),
            });
            if let Err(code) = output::put(&format!("{document:#}\n")) {
                self.note(code);
            }
            return;
        }
        if self.args.json_errors {
            return;
        }
        let mut told = Vec::new();
        if self.fixed > 0 {
            told.push(format!("{} put right", count(self.fixed)));
        }
        if self.warnings > 0 {
            told.push(format!("{} left", count(self.warnings)));
        }
        if self.fixable > 0 && !self.args.fix {
            told.push(format!("`--fix` puts {} right", self.fixable));
        }
        if self.fixed > 0 || self.fixable > 0 {
            report(&format!("{}\n", told.join(", ")));
        }
    }
}

fn count(findings: usize) -> String {
    match findings {
        1 => "1 finding".to_string(),
        many => format!("{many} findings"),
    }
}

/// Applies fixes until there are none left, or one would break the program. Leaves
/// what is still found, with its source; gives the new text, if it is another, and
/// how much was put right.
fn put_right(
    source: &mut SourceFile,
    found: &mut Vec<Diagnostic>,
    check: &dyn Fn(&SourceFile) -> Vec<Diagnostic>,
) -> (Option<String>, usize) {
    /// A fix may bring up another finding, but hardly this often.
    const ROUNDS: usize = 10;
    let mut fixed = 0;
    for _ in 0..ROUNDS {
        let (text, count) = fix_once(source.text(), found);
        if count == 0 {
            break;
        }
        let next = SourceFile::new(source.name(), text);
        let left = check(&next);
        if left.iter().any(|one| one.severity == Severity::Error) {
            break;
        }
        fixed += count;
        *source = next;
        *found = left;
    }
    ((fixed > 0).then(|| source.text().to_string()), fixed)
}

/// The text with the fixes of all findings that do not overlap, and their number.
fn fix_once(text: &str, found: &[Diagnostic]) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for finding in found.iter().filter(|one| !one.fix.is_empty()) {
        let overlaps = |edit: &Edit| {
            (taken.iter()).any(|one| edit.span.lo <= one.span.hi && one.span.lo <= edit.span.hi)
        };
        if !finding.fix.iter().any(overlaps) {
            taken.extend(&finding.fix);
            count += 1;
        }
    }
    taken.sort_by_key(|edit| edit.span.lo);
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        fixed.push_str(&text[at..edit.span.lo as usize]);
        fixed.push_str(&edit.text);
        at = edit.span.hi as usize;
    }
    fixed.push_str(&text[at..]);
    (fixed, count)
}
