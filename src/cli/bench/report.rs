//! The result as a table: aligned for a terminal, or in Markdown.
//!
//! Both texts come from one [`Table`], so they cannot differ in content.

use super::compare::{Comparison, Outcome, Overall, Row};

/// Rows of cells under a header; the first column is text, the others numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The table of a result: with one contender its times in detail, with several
/// their times side by side and the ratio of each to the first.
pub fn table(result: &Comparison) -> Table {
    if result.contenders.len() == 1 {
        detailed(result)
    } else {
        side_by_side(result)
    }
}

fn detailed(result: &Comparison) -> Table {
    let header = ["program", "min ms", "median ms", "cpu ms", "memory MB"];
    let rows = result.rows.iter().map(|row| {
        let mut cells = vec![row.program.clone()];
        for outcome in &row.outcomes {
            let wall = outcome.wall();
            let cpu = outcome.cpu();
            let megabytes = outcome.peak_memory().map(|bytes| bytes as f64 / 1e6);
            let unmeasured = if wall.is_some() { "-" } else { reason(outcome) };
            let cell = |x: Option<f64>| x.map_or_else(|| unmeasured.to_string(), number);
            cells.push(cell(wall.map(|times| times.min)));
            cells.push(cell(wall.map(|times| times.median)));
            cells.push(cell(cpu.map(|times| times.min)));
            cells.push(cell(megabytes));
        }
        cells
    });
    Table {
        header: header.map(String::from).to_vec(),
        rows: rows.collect(),
    }
}

fn side_by_side(result: &Comparison) -> Table {
    let mut header = vec!["program".to_string()];
    header.extend(result.contenders.iter().map(|label| label.name.clone()));
    let indices = 0..result.contenders.len();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in &result.rows {
        let mut cells = vec![row.program.clone()];
        cells.extend(indices.clone().map(|index| times_and_ratio(row, index)));
        rows.push(cells);
    }
    let overall: Vec<Option<Overall>> = indices.map(|index| result.overall(index)).collect();
    let mut summary = |name: &str, cell: &dyn Fn(&Overall) -> Option<String>| {
        let cells = overall
            .iter()
            .map(|overall| overall.as_ref().and_then(cell));
        let cells = cells.map(|cell| cell.unwrap_or_else(|| "-".to_string()));
        rows.push([name.to_string()].into_iter().chain(cells).collect());
    };
    summary("geometric mean", &|overall| Some(ratio(overall.mean)));
    summary("mean within 10x", &|overall| overall.close_mean.map(ratio));
    summary("median", &|overall| Some(ratio(overall.median)));
    rows.push(wins(result, &overall));
    Table { header, rows }
}

/// The row that counts the programs on which the first contender is ahead.
fn wins(result: &Comparison, overall: &[Option<Overall>]) -> Vec<String> {
    let first = &result.contenders[0].name;
    let mut cells = vec![format!("{first} is faster"), "-".to_string()];
    cells.extend(overall.iter().skip(1).map(|overall| match overall {
        Some(overall) => format!("{} of {}", overall.wins, overall.programs),
        None => "-".to_string(),
    }));
    cells
}

fn times_and_ratio(row: &Row, contender: usize) -> String {
    let outcome = &row.outcomes[contender];
    let Some(times) = outcome.wall() else {
        return reason(outcome).to_string();
    };
    let both = format!("{} / {}", number(times.min), number(times.median));
    match row.ratio(contender) {
        Some(multiple) if contender > 0 => format!("{both} ({})", ratio(multiple)),
        _ => both,
    }
}

/// The word that is written in place of a time.
fn reason(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Wrong(_) => "wrong",
        Outcome::Timed(_) | Outcome::Absent => "-",
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

/// A ratio as text: `4.00x`.
pub fn ratio(value: f64) -> String {
    format!("{value:.2}x")
}

/// The sentence that says what the cells mean.
pub fn legend(result: &Comparison) -> String {
    let rounds = result.rounds;
    let counted = format!(
        "{} after {}",
        plural(rounds.repeat, "run"),
        plural(rounds.warmup, "warm-up run")
    );
    match result.contenders.first() {
        Some(first) if result.contenders.len() > 1 => format!(
            "Whole-process wall time in ms, minimum / median of {counted}, taken in turns. \
             In brackets the minimum as a multiple of {}'s: above 1 is slower than {}. \
             The mean within 10x leaves out programs where one of the two is further ahead.",
            first.name, first.name
        ),
        _ => format!("Whole-process times: minimum and median wall time of {counted}."),
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("{count} {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// The whole Markdown document.
pub fn markdown(result: &Comparison) -> String {
    let mut text = format!("# Benchmarks\n\n{}\n\n", legend(result));
    for label in &result.contenders {
        if !label.version.is_empty() {
            text += &format!("- {}: {}\n", label.name, label.version);
        }
    }
    text += &format!(
        "- system: {} {}\n\n",
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    text += &table(result).to_markdown();
    text += "\n| program | what it measures |\n| --- | --- |\n";
    for row in &result.rows {
        let description = row.description.replace('|', "\\|");
        text += &format!("| {} | {description} |\n", row.program);
    }
    let wrong = result.wrong();
    if !wrong.is_empty() {
        text += "\nWrong results:\n\n";
        for (program, contender, reason) in wrong {
            text += &format!("- {program}, {contender}: {reason}\n");
        }
    }
    text
}

impl Table {
    /// Columns aligned with spaces, one line a row.
    pub fn to_text(&self) -> String {
        let mut widths = vec![0; self.header.len()];
        for row in self.lines() {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for row in self.lines() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 {
                    line += &format!("{cell:<width$}");
                } else {
                    line += &format!("  {cell:>width$}");
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// A Markdown table, numbers to the right.
    pub fn to_markdown(&self) -> String {
        let mut text = markdown_row(&self.header);
        let mut rule = vec!["---".to_string()];
        rule.resize(self.header.len(), "---:".to_string());
        text += &markdown_row(&rule);
        for row in &self.rows {
            text += &markdown_row(row);
        }
        text
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.header).chain(&self.rows)
    }
}

fn markdown_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::super::compare::samples::{comparison, row, timed, two_languages};
    use super::*;

    #[test]
    fn several_contenders_stand_side_by_side() {
        let expected = "\
program                 ruff                other
adds             10.0 / 11.0  40.0 / 42.0 (4.00x)
calls            10.0 / 15.0  90.0 / 95.0 (9.00x)
lists            10.0 / 15.0                    -
texts            10.0 / 15.0                wrong
geometric mean         1.00x                6.00x
mean within 10x        1.00x                6.00x
median                 1.00x                6.50x
ruff is faster             -               2 of 2
";
        assert_eq!(table(&two_languages()).to_text(), expected);
    }

    #[test]
    fn one_contender_is_shown_in_detail() {
        let rows = vec![row("adds", vec![timed(&[10, 13])])];
        let expected = "\
program  min ms  median ms  cpu ms  memory MB
adds       10.0       11.5     5.0        0.0
";
        let result = comparison(&["ruff"], rows);
        assert_eq!(table(&result).to_text(), expected);
    }

    #[test]
    fn markdown_has_versions_table_and_failures() {
        let text = markdown(&two_languages());
        assert!(text.contains("- other: other 1.0\n"));
        assert!(text.contains("| program | ruff | other |\n| --- | ---: | ---: |\n"));
        assert!(text.contains("| adds | 10.0 / 11.0 | 40.0 / 42.0 (4.00x) |\n"));
        assert!(text.contains("| adds | Measures adds. |\n"));
        assert!(text.ends_with("Wrong results:\n\n- texts, other: failed: no\n"));
    }

    #[test]
    fn bars_in_cells_are_escaped() {
        let row = markdown_row(&["a|b".to_string()]);
        assert_eq!(row, "| a\\|b |\n");
    }
}
