//! Runs every block of `docs/TOUR.md` and `docs/COOKBOOK.md` and compares what it prints
//! with the output block below it, so that they cannot say what is not so.

use std::process::{Command, Stdio};

/// A program of a document, where it begins, and what it is said to print.
struct Lesson {
    line: usize,
    code: String,
    output: String,
}

fn lessons(text: &str) -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let language = match line {
            "```ruff" => "ruff",
            "```output" => "output",
            _ => continue,
        };
        let mut block = String::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            block.push_str(line);
            block.push('\n');
        }
        if language == "ruff" {
            lessons.push(Lesson {
                line: number + 1,
                code: block,
                output: String::new(),
            });
        } else {
            lessons
                .last_mut()
                .expect("an output block follows a program")
                .output = block;
        }
    }
    lessons
}

#[test]
fn every_block_of_the_tour_prints_what_stands_below_it() {
    check(include_str!("../docs/TOUR.md"), 10);
}

#[test]
fn every_block_of_the_cookbook_prints_what_stands_below_it() {
    check(include_str!("../docs/COOKBOOK.md"), 40);
}

/// Runs the programs of a document, which has so many at least.
fn check(text: &str, least: usize) {
    let lessons = lessons(text);
    assert!(lessons.len() >= least, "there are {}", lessons.len());
    let mut wrong = String::new();
    for lesson in &lessons {
        let output = Command::new(env!("CARGO_BIN_EXE_ruff"))
            .args(["run", "-e", &lesson.code])
            .stdin(Stdio::null())
            .output()
            .expect("ruff starts");
        let printed = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        if printed != lesson.output.as_str() || !errors.is_empty() {
            wrong.push_str(&format!(
                "line {}: expected\n{}got\n{printed}{errors}\n",
                lesson.line, lesson.output
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
