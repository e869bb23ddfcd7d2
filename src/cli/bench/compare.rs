//! Measuring several contenders on several programs, and what came out.
//!
//! Contenders take turns (A B C, A B C, …), so that a machine that grows warm
//! or busy treats them alike. The result is plain data; texts, files and exit
//! codes are made from it elsewhere.

use super::catalogue::Program;
use super::run::{CommandLine, Cost, run_checked};
use super::stats::{Summary, geometric_mean, median, summarise};

/// One competitor: a name and how it runs each program.
pub trait Contender {
    /// The name in reports.
    fn name(&self) -> &str;
    /// The version it reports, or an empty text.
    fn version(&self) -> &str;
    /// How to run the program: `Ok(None)` if this contender has no version of it.
    fn prepare(&self, program: &Program) -> Result<Option<CommandLine>, String>;
}

/// How often each program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    pub warmup: usize,
    pub repeat: usize,
}

/// The result of one contender for one program.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The costs of all measured runs, each of which printed what it should.
    Timed(Vec<Cost>),
    /// A run failed or printed something else.
    Wrong(String),
    /// There is no version of the program for this contender.
    Absent,
}

impl Outcome {
    /// Wall time in milliseconds.
    pub fn wall(&self) -> Option<Summary> {
        summarise(&self.milliseconds(|cost| Some(cost.wall.as_secs_f64() * 1e3)))
    }

    /// User and system time in milliseconds.
    pub fn cpu(&self) -> Option<Summary> {
        summarise(&self.milliseconds(|cost| Some(cost.cpu?.as_secs_f64() * 1e3)))
    }

    /// The largest memory of all runs, in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        self.costs()
            .iter()
            .filter_map(|cost| cost.peak_memory)
            .max()
    }

    /// The costs of the measured runs; none unless all were right.
    pub fn costs(&self) -> &[Cost] {
        match self {
            Outcome::Timed(costs) => costs,
            Outcome::Wrong(_) | Outcome::Absent => &[],
        }
    }

    fn milliseconds(&self, part: impl Fn(&Cost) -> Option<f64>) -> Vec<f64> {
        self.costs().iter().filter_map(part).collect()
    }
}

/// One program and the outcome of every contender, in the contenders' order.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub program: String,
    pub description: String,
    pub outcomes: Vec<Outcome>,
}

impl Row {
    /// The time of a contender as a multiple of the first one's: 2 means that
    /// it took twice as long. Minima are compared, being least disturbed.
    pub fn ratio(&self, contender: usize) -> Option<f64> {
        let base = self.outcomes.first()?.wall()?.min;
        let own = self.outcomes.get(contender)?.wall()?.min;
        (base > 0.0 && own > 0.0).then_some(own / base)
    }
}

/// A contender as it appears in reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub version: String,
}

/// Beyond this ratio a program says more about one feature that one of the two
/// lacks than about speed in general.
pub const FAR: f64 = 10.0;

/// One contender's ratios to the first contender, taken together. A single mean
/// hides a few extreme programs, so there are several figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overall {
    /// The geometric mean of all ratios.
    pub mean: f64,
    /// The geometric mean without programs where one of the two is more than
    /// [`FAR`] times ahead; `None` if no other is left.
    pub close_mean: Option<f64>,
    /// The median of all ratios.
    pub median: f64,
    /// Programs on which the first contender was faster.
    pub wins: usize,
    /// Programs that both ran.
    pub programs: usize,
}

/// The whole result. The first contender is the one all ratios refer to.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub contenders: Vec<Label>,
    pub rounds: Rounds,
    pub rows: Vec<Row>,
}

impl Comparison {
    /// How a contender compares with the first one over the programs that both
    /// ran; `None` if there is no such program.
    pub fn overall(&self, contender: usize) -> Option<Overall> {
        let ratios: Vec<f64> = self
            .rows
            .iter()
            .filter_map(|row| row.ratio(contender))
            .collect();
        let close: Vec<f64> = ratios
            .iter()
            .copied()
            .filter(|ratio| (1.0 / FAR..=FAR).contains(ratio))
            .collect();
        Some(Overall {
            mean: geometric_mean(&ratios)?,
            close_mean: geometric_mean(&close),
            median: median(&ratios)?,
            wins: ratios.iter().filter(|ratio| **ratio > 1.0).count(),
            programs: ratios.len(),
        })
    }

    /// Every wrong result as `program, contender, reason`.
    pub fn wrong(&self) -> Vec<(&str, &str, &str)> {
        let mut wrong = Vec::new();
        for row in &self.rows {
            for (label, outcome) in self.contenders.iter().zip(&row.outcomes) {
                if let Outcome::Wrong(reason) = outcome {
                    wrong.push((row.program.as_str(), label.name.as_str(), reason.as_str()));
                }
            }
        }
        wrong
    }
}

/// Measures everything; `progress` is told each program as it starts.
pub fn compare(
    contenders: &[Box<dyn Contender + '_>],
    programs: &[Program],
    rounds: Rounds,
    mut progress: impl FnMut(&Program),
) -> Comparison {
    let rows = programs
        .iter()
        .map(|program| {
            progress(program);
            measure(contenders, program, rounds)
        })
        .collect();
    let contenders = contenders
        .iter()
        .map(|contender| Label {
            name: contender.name().to_string(),
            version: contender.version().to_string(),
        })
        .collect();
    Comparison {
        contenders,
        rounds,
        rows,
    }
}

fn measure(contenders: &[Box<dyn Contender + '_>], program: &Program, rounds: Rounds) -> Row {
    let mut lanes: Vec<Lane> = contenders
        .iter()
        .map(|contender| Lane::new(contender.prepare(program)))
        .collect();
    for round in 0..rounds.warmup + rounds.repeat {
        for lane in &mut lanes {
            lane.run(&program.expected, round >= rounds.warmup);
        }
    }
    Row {
        program: program.name.clone(),
        description: program.description.clone(),
        outcomes: lanes.into_iter().map(|lane| lane.outcome).collect(),
    }
}

/// One contender's runs of one program. It drops out at its first wrong run.
struct Lane {
    command: Option<CommandLine>,
    outcome: Outcome,
}

impl Lane {
    fn new(prepared: Result<Option<CommandLine>, String>) -> Lane {
        match prepared {
            Ok(Some(command)) => Lane {
                command: Some(command),
                outcome: Outcome::Timed(Vec::new()),
            },
            Ok(None) => Lane {
                command: None,
                outcome: Outcome::Absent,
            },
            Err(reason) => Lane {
                command: None,
                outcome: Outcome::Wrong(reason),
            },
        }
    }

    fn run(&mut self, expected: &str, counts: bool) {
        let (Some(command), Outcome::Timed(costs)) = (&self.command, &mut self.outcome) else {
            return;
        };
        match run_checked(command, expected) {
            Ok(cost) if counts => costs.push(cost),
            Ok(_) => {}
            Err(reason) => self.outcome = Outcome::Wrong(reason),
        }
    }
}

/// Made-up results for the tests of the reports.
#[cfg(test)]
pub mod samples {
    use super::*;
    use std::time::Duration;

    pub fn timed(milliseconds: &[u64]) -> Outcome {
        let cost = |ms: &u64| Cost {
            wall: Duration::from_millis(*ms),
            cpu: Some(Duration::from_millis(*ms / 2)),
            peak_memory: Some(4096),
        };
        Outcome::Timed(milliseconds.iter().map(cost).collect())
    }

    pub fn row(program: &str, outcomes: Vec<Outcome>) -> Row {
        Row {
            program: program.to_string(),
            description: format!("Measures {program}."),
            outcomes,
        }
    }

    pub fn comparison(names: &[&str], rows: Vec<Row>) -> Comparison {
        Comparison {
            contenders: names
                .iter()
                .map(|name| Label {
                    name: name.to_string(),
                    version: format!("{name} 1.0"),
                })
                .collect(),
            rounds: Rounds {
                warmup: 1,
                repeat: 2,
            },
            rows,
        }
    }

    pub fn two_languages() -> Comparison {
        comparison(
            &["ruff", "other"],
            vec![
                row("adds", vec![timed(&[10, 12]), timed(&[40, 44])]),
                row("calls", vec![timed(&[10, 20]), timed(&[90, 100])]),
                row("lists", vec![timed(&[10, 20]), Outcome::Absent]),
                row(
                    "texts",
                    vec![timed(&[10, 20]), Outcome::Wrong("failed: no".into())],
                ),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::samples::two_languages;
    use super::*;

    #[test]
    fn ratios_are_multiples_of_the_first_contender() {
        let result = two_languages();
        assert_eq!(result.rows[0].ratio(0), Some(1.0));
        assert_eq!(result.rows[0].ratio(1), Some(4.0));
        assert_eq!(result.rows[2].ratio(1), None);
    }

    #[test]
    fn ratios_are_taken_together_in_several_ways() {
        let mut result = two_languages();
        let overall = result.overall(1).unwrap();
        assert!((overall.mean - 6.0).abs() < 1e-9);
        assert!((overall.median - 6.5).abs() < 1e-9);
        assert_eq!((overall.wins, overall.programs), (2, 2));
        let far = samples::row("far", vec![samples::timed(&[1]), samples::timed(&[36])]);
        result.rows.push(far);
        let overall = result.overall(1).unwrap();
        assert!((overall.mean - 1296f64.cbrt()).abs() < 1e-9);
        assert!((overall.close_mean.unwrap() - 6.0).abs() < 1e-9);
        assert_eq!((overall.wins, overall.programs), (3, 3));
        result.rows.clear();
        assert_eq!(result.overall(1), None);
    }

    #[test]
    fn wrong_results_are_named() {
        let result = two_languages();
        assert_eq!(result.wrong(), [("texts", "other", "failed: no")]);
    }

    #[test]
    fn a_lane_without_command_never_runs() {
        let mut lane = Lane::new(Err("cannot be built".into()));
        lane.run("", true);
        assert_eq!(lane.outcome, Outcome::Wrong("cannot be built".into()));
        let mut lane = Lane::new(Ok(None));
        lane.run("", true);
        assert_eq!(lane.outcome, Outcome::Absent);
    }

    #[test]
    fn warmup_runs_are_not_counted() {
        let command = CommandLine {
            program: std::env::current_exe().unwrap(),
            arguments: vec!["--help".into()],
        };
        let output = std::process::Command::new(&command.program)
            .args(&command.arguments)
            .output();
        let expected = String::from_utf8(output.unwrap().stdout).unwrap();
        let mut lane = Lane::new(Ok(Some(command)));
        lane.run(&expected, false);
        assert_eq!(lane.outcome, Outcome::Timed(Vec::new()));
        lane.run(&expected, true);
        assert_eq!(lane.outcome.costs().len(), 1);
        lane.run("something else", true);
        assert!(matches!(lane.outcome, Outcome::Wrong(_)));
    }
}
