//! `ruff fmt`: programs in their canonical form.

use super::diff::{self, Line};
use super::{exit, files, output, report, source};
use ruff::engine::{Diagnostic, Severity, SourceFile};
use ruff::tools;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct FmtArgs {
    /// Programs and folders; `-` formats standard input to standard output. Of a Markdown
    /// file the blocks of programs are formatted. Without any, the current folder.
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and end with 1 if
    /// there are any.
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change, and end with 1 if anything would.
    #[arg(long, conflicts_with = "check")]
    diff: bool,
}

pub fn fmt(args: FmtArgs) -> ExitCode {
    let mut run = Run {
        check: args.check,
        diff: args.diff,
        worst: 0,
    };
    let files = files::programs(args.paths).unwrap_or_else(|(files, code)| {
        run.note(code);
        files
    });
    for path in files {
        run.file(&path);
    }
    ExitCode::from(run.worst)
}

struct Run {
    check: bool,
    diff: bool,
    worst: u8,
}

impl Run {
    fn note(&mut self, code: u8) {
        self.worst = self.worst.max(code);
    }

    fn put(&mut self, text: &str) {
        if let Err(code) = output::put(text) {
            self.note(code);
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy();
        let source = match source::read(&name) {
            Ok(source) => source,
            Err(code) => return self.note(code),
        };
        let is_document = path.extension().is_some_and(|it| it == "md");
        let formatted = match is_document {
            true => with_formatted_blocks(&source),
            false => formatted(&source),
        };
        let formatted = match formatted {
            Ok(formatted) => formatted,
            Err(code) => return self.note(code),
        };
        let changed = formatted != source.text();
        if self.diff {
            if changed {
                self.note(exit::FINDINGS);
                self.put(&unified(source.name(), source.text(), &formatted));
            }
        } else if self.check {
            if changed {
                self.note(exit::FINDINGS);
                self.put(&format!("{}\n", source.name()));
            }
        } else if &*name == "-" {
            self.put(&formatted);
        } else if changed && let Err(error) = files::replace(path, &formatted) {
            report(&format!("error: Cannot write file '{name}': {error}\n"));
            self.note(exit::UNREADABLE);
        }
    }
}

/// A Markdown document with the programs in its ```` ```ruff ```` blocks in their canonical
/// form. Blocks that do not parse are left alone: they show what is refused, or parts of a
/// program. So are those marked `ruff as-written`.
fn with_formatted_blocks(document: &SourceFile) -> Result<String, u8> {
    let mut text = String::new();
    let mut block: Option<String> = None;
    for line in document.text().split_inclusive('\n') {
        match &mut block {
            None => {
                text += line;
                if line.trim_end() == "```ruff" {
                    block = Some(String::new());
                }
            }
            Some(program) if line.trim_end() == "```" => {
                let source = SourceFile::new(document.name(), &**program);
                text += &match parses(&source) {
                    true => formatted(&source)?,
                    false => program.clone(),
                };
                text += line;
                block = None;
            }
            Some(program) => *program += line,
        }
    }
    text += &block.unwrap_or_default();
    Ok(text)
}

fn parses(source: &SourceFile) -> bool {
    let arena = bumpalo::Bump::new();
    let (_, diagnostics) = tools::parse(source, &arena);
    diagnostics
        .iter()
        .all(|one| one.severity != Severity::Error)
}

/// How two texts of a file differ, as `diff -u` shows it.
fn unified(name: &str, old: &str, new: &str) -> String {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_string).collect() };
    let (old, new) = (lines(old), lines(new));
    let mut text = format!("--- {name}\n+++ {name}\n");
    let (mut at_old, mut at_new) = (0, 0);
    let compared = diff::compare(&old, &new);
    let is_gap = |line: &Line| matches!(line, Line::Gap(_));
    for part in compared.chunk_by(|one, other| is_gap(one) == is_gap(other)) {
        if let [Line::Gap(count)] = part {
            at_old += count;
            at_new += count;
            continue;
        }
        let of = |kind: fn(&Line) -> bool| part.iter().filter(|line| kind(line)).count();
        let removed = of(|line| !matches!(line, Line::Actual(_)));
        let added = of(|line| !matches!(line, Line::Expected(_)));
        let _ = writeln!(
            text,
            "@@ -{},{removed} +{},{added} @@",
            at_old + 1,
            at_new + 1
        );
        for line in part {
            let _ = match line {
                Line::Same(line) => writeln!(text, " {line}"),
                Line::Expected(line) => writeln!(text, "-{line}"),
                Line::Actual(line) => writeln!(text, "+{line}"),
                Line::Gap(_) => Ok(()),
            };
        }
        at_old += removed;
        at_new += added;
    }
    text
}

/// A program in its canonical form, if it has no errors; else the exit code,
/// and what is wrong has been reported.
fn formatted(source: &SourceFile) -> Result<String, u8> {
    let arena = bumpalo::Bump::new();
    let (module, diagnostics) = tools::parse(source, &arena);
    let is_error = |d: &&Diagnostic| d.severity == Severity::Error;
    let errors: Vec<_> = diagnostics.iter().filter(is_error).collect();
    for error in &errors {
        report(&error.render(source));
    }
    if !errors.is_empty() {
        return Err(exit::SYNTAX);
    }
    let formatted = tools::format(&module, source);
    // A file is only replaced by one that is known to mean the same.
    let again = SourceFile::new(source.name(), &*formatted);
    let (reread, wrong) = tools::parse(&again, &arena);
    let kept = reread.comments.len() == module.comments.len();
    if !wrong.is_empty() || !kept || tools::print(&reread) != tools::print(&module) {
        report(&format!(
            "error: this is a defect of Ruff's: cannot format '{}' without changing it\n",
            source.name()
        ));
        return Err(exit::DEFECT);
    }
    Ok(formatted)
}
