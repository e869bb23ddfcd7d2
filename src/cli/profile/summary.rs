//! A profile added up: by tier, by function, by line, by what allocates. All shares
//! are of one total, the time that samples stand for.

use ruff::engine::Profile;
use ruff::tools::Line;
use ruff::tools::{CallTree, Callee};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// The time that was spent, by the kind of code that ran.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tiers {
    pub interpreter: Duration,
    pub native: Duration,
    pub builtins: Duration,
    pub collector: Duration,
    pub waiting: Duration,
}

impl Tiers {
    /// With the names that reports give them.
    pub fn named(&self) -> [(&'static str, Duration); 5] {
        [
            ("interpreter", self.interpreter),
            ("native code", self.native),
            ("built-ins", self.builtins),
            ("garbage collection", self.collector),
            ("waiting", self.waiting),
        ]
    }
}

/// The time of a function, a built-in or the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    pub callee: Callee,
    pub own: Duration,
    /// With what it called, once where it called itself.
    pub total: Duration,
}

/// Rows are sorted, the costliest first.
#[derive(Debug)]
pub struct Summary {
    pub total: Duration,
    pub tiers: Tiers,
    pub functions: Vec<Row>,
    /// Lines that time was spent on.
    pub lines: Vec<Line>,
    /// Lines that allocated.
    pub sites: Vec<Line>,
    pub bytes: u64,
    pub objects: u64,
}

impl Summary {
    pub fn new(profile: &Profile) -> Summary {
        let (functions, tiers) = functions(&profile.calls);
        let mut lines: Vec<Line> = profile.lines.clone();
        let mut sites = lines.clone();
        lines.retain(|line| !line.total.is_zero());
        lines.sort_by_key(|line| Reverse((line.own, line.total)));
        sites.retain(|line| line.bytes > 0);
        sites.sort_by_key(|line| Reverse(line.bytes));
        Summary {
            total: tiers.named().iter().map(|(_, time)| *time).sum(),
            tiers,
            functions,
            lines,
            bytes: sites.iter().map(|line| line.bytes).sum(),
            objects: sites.iter().map(|line| line.objects).sum(),
            sites,
        }
    }

    /// How much of the total this is, in percent.
    pub fn percent(&self, time: Duration) -> f64 {
        share(time.as_secs_f64(), self.total.as_secs_f64())
    }
}

/// `part` of `whole` in percent; of nothing, nothing.
pub fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 {
        0.0
    } else {
        100.0 * part / whole
    }
}

fn functions(calls: &CallTree) -> (Vec<Row>, Tiers) {
    let mut rows: BTreeMap<Callee, Row> = BTreeMap::new();
    let mut tiers = Tiers::default();
    for (number, node) in calls.nodes().iter().enumerate() {
        if node.own == 0 {
            continue;
        }
        let own = Duration::from_nanos(node.own);
        let native = Duration::from_nanos(node.native);
        match node.callee {
            Callee::Builtin(_) => tiers.builtins += own,
            Callee::Collector => tiers.collector += own,
            Callee::Waiting => tiers.waiting += own,
            Callee::Host | Callee::Function(_) | Callee::LeftOut | Callee::Threads => {
                tiers.native += native;
                tiers.interpreter += own - native;
            }
        }
        let mut path = calls.path(number as u32);
        if path.is_empty() {
            path.push(node.callee);
        }
        path.sort_unstable();
        path.dedup();
        for callee in path {
            let row = rows.entry(callee).or_insert(Row {
                callee,
                own: Duration::ZERO,
                total: Duration::ZERO,
            });
            row.total += own;
            if callee == node.callee {
                row.own += own;
            }
        }
    }
    rows.remove(&Callee::LeftOut);
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| Reverse((row.own, row.total)));
    (rows, tiers)
}

/// How reports call what a row stands for: a name, and for functions their place.
pub fn name(profile: &Profile, callee: Callee) -> (&str, Option<(&str, u32)>) {
    match callee {
        Callee::Function(number) => {
            let function = &profile.functions[number as usize];
            (&function.name, Some((&function.file, function.line)))
        }
        Callee::Builtin(number) => (profile.builtins[number as usize], None),
        Callee::Collector => ("(garbage collection)", None),
        Callee::Waiting => ("<waiting>", None),
        Callee::Threads => ("<other threads>", None),
        Callee::LeftOut => ("(calls left out)", None),
        Callee::Host => ("(outside of functions)", None),
    }
}

/// A small profile for the tests of the reports.
#[cfg(test)]
pub mod sample {
    use super::*;
    use ruff::tools::{Function, Pauses};

    /// The script calls `work`, which calls itself and `sort`; a collection below.
    pub fn profile() -> Profile {
        let function = |name: &str, line| Function {
            name: name.to_string(),
            file: "a;b.ruff".to_string(),
            line,
        };
        let line = |function, line, own, total, bytes| Line {
            function,
            line,
            text: format!("line {line}"),
            own: Duration::from_millis(own),
            total: Duration::from_millis(total),
            bytes,
            objects: bytes / 16,
        };
        let mut calls = CallTree::default();
        let script = calls.child(CallTree::ROOT, Callee::Function(0));
        let work = calls.child(script, Callee::Function(1));
        let again = calls.child(work, Callee::Function(1));
        let sort = calls.child(again, Callee::Builtin(0));
        let collector = calls.child(work, Callee::Collector);
        let times = [(script, 10), (work, 20), (again, 40), (sort, 25)];
        for (node, milliseconds) in times.into_iter().chain([(collector, 5)]) {
            calls.count(node, milliseconds * 1_000_000, node == work);
        }
        Profile {
            functions: vec![function("<script>", 1), function("work", 3)],
            builtins: vec!["sort"],
            calls,
            lines: vec![
                line(0, 9, 10, 100, 0),
                line(1, 4, 65, 65, 1 << 20),
                line(1, 5, 25, 90, 3 << 20),
            ],
            samples: 100,
            wall: Duration::from_millis(101),
            minor: Pauses::default(),
            major: Pauses {
                count: 2,
                parts: 2,
                total: Duration::from_millis(5),
                longest: Duration::from_millis(3),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: Duration) -> u128 {
        time.as_millis()
    }

    #[test]
    fn recursion_counts_once_in_a_total() {
        let profile = sample::profile();
        let summary = Summary::new(&profile);
        let rows: Vec<_> = (summary.functions.iter())
            .map(|row| (name(&profile, row.callee).0, ms(row.own), ms(row.total)))
            .collect();
        let expected = [
            ("work", 60, 90),
            ("sort", 25, 25),
            ("<script>", 10, 100),
            ("(garbage collection)", 5, 5),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn own_times_and_tiers_add_up_to_the_total() {
        let summary = Summary::new(&sample::profile());
        assert_eq!(ms(summary.total), 100);
        let own: Duration = summary.functions.iter().map(|row| row.own).sum();
        assert_eq!(own, summary.total);
        let lines: Duration = summary.lines.iter().map(|line| line.own).sum();
        assert_eq!(lines, summary.total);
        let times = summary.tiers.named().map(|(_, time)| ms(time));
        assert_eq!(times, [50, 20, 25, 5, 0]);
    }

    #[test]
    fn lines_and_sites_are_sorted_by_cost() {
        let summary = Summary::new(&sample::profile());
        let numbers = |lines: &[Line]| lines.iter().map(|line| line.line).collect::<Vec<_>>();
        assert_eq!(numbers(&summary.lines), [4, 5, 9]);
        assert_eq!(numbers(&summary.sites), [5, 4]);
        assert_eq!((summary.bytes, summary.objects), (4 << 20, 4 << 16));
    }

    #[test]
    fn nothing_is_no_share() {
        assert_eq!(share(0.0, 0.0), 0.0);
        assert_eq!(share(1.0, 4.0), 25.0);
    }
}
