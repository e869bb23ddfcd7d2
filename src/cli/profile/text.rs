//! The report for people: the costliest of each sort, with their shares.

use super::summary::{Summary, name, share};
use ruff::engine::Profile;
use ruff::tools::Callee;
use ruff::tools::Line;
use std::fmt::Write;
use std::time::Duration;

/// Most rows of a table; the rest is in the JSON.
const MOST_ROWS: usize = 15;
/// Rows below this share, in percent, say nothing.
const LEAST_SHARE: f64 = 0.1;
/// Columns of a line's text.
const MOST_TEXT: usize = 60;
/// Fewer samples than this make doubtful shares.
const FEW_SAMPLES: u64 = 50;

pub fn report(profile: &Profile, summary: &Summary, program: &str) -> String {
    let mut out = String::new();
    let (wall, samples) = (time(profile.wall), profile.samples);
    let plural = if samples == 1 { "" } else { "s" };
    let _ = writeln!(
        out,
        "profile of {program}: {wall}, {samples} sample{plural}"
    );
    if samples < FEW_SAMPLES {
        out.push_str("few samples say little: let it run longer, or raise --rate\n");
    }
    if samples > 0 {
        tiers(&mut out, profile, summary);
        functions(&mut out, profile, summary);
        lines(&mut out, profile, summary);
    }
    if !summary.sites.is_empty() {
        sites(&mut out, profile, summary);
    }
    out
}

fn tiers(out: &mut String, profile: &Profile, summary: &Summary) {
    out.push_str("\ntiers\n");
    for (name, spent) in summary.tiers.named() {
        if spent.is_zero() {
            continue;
        }
        let percent = summary.percent(spent);
        let _ = writeln!(out, "{percent:6.1} % {:>9}  {name}", time(spent));
    }
    for (name, pauses) in [("minor", profile.minor), ("major", profile.major)] {
        if pauses.count > 0 {
            let (all, longest) = (time(pauses.total), time(pauses.longest));
            let count = pauses.count;
            let _ = writeln!(
                out,
                "{name} collections: {count}, {all} in all, {longest} the longest"
            );
        }
    }
}

fn functions(out: &mut String, profile: &Profile, summary: &Summary) {
    let shown = costliest(&summary.functions, |row| summary.percent(row.total));
    let rows = shown.iter().map(|row| {
        let (name, place) = name(profile, row.callee);
        let place = match (place, row.callee) {
            (Some((file, line)), _) => format!("{file}:{line}"),
            (None, Callee::Builtin(_)) => "built-in".to_string(),
            (None, _) => String::new(),
        };
        (times(summary, row.own, row.total), name.to_string(), place)
    });
    let _ = writeln!(out, "\n{TIMES}function");
    table(out, rows.collect(), summary.functions.len());
}

fn lines(out: &mut String, profile: &Profile, summary: &Summary) {
    let shown = costliest(&summary.lines, |line| summary.percent(line.total));
    let rows = shown.iter().map(|line| {
        let times = times(summary, line.own, line.total);
        (times, place(profile, line), shortened(&line.text))
    });
    let _ = writeln!(out, "\n{TIMES}line");
    table(out, rows.collect(), summary.lines.len());
}

fn sites(out: &mut String, profile: &Profile, summary: &Summary) {
    let of_all = |bytes: u64| share(bytes as f64, summary.bytes as f64);
    let shown = costliest(&summary.sites, |site| of_all(site.bytes));
    let rows = shown.iter().map(|site| {
        let percent = of_all(site.bytes);
        let (bytes, objects) = (size(site.bytes), count(site.objects));
        let costs = format!("{percent:6.1} % {bytes:>10} {objects:>8}");
        (costs, place(profile, site), shortened(&site.text))
    });
    let (bytes, objects) = (size(summary.bytes), count(summary.objects));
    let _ = writeln!(out, "\nallocated: {bytes} in {objects} objects");
    table(out, rows.collect(), summary.sites.len());
}

/// The first rows that say something.
fn costliest<T>(rows: &[T], percent: impl Fn(&T) -> f64) -> Vec<&T> {
    let rows = rows.iter().filter(|row| percent(row) >= LEAST_SHARE);
    rows.take(MOST_ROWS).collect()
}

/// Rows of numbers, a name and what it is, aligned; `all` are how many there were.
fn table(out: &mut String, rows: Vec<(String, String, String)>, all: usize) {
    let widths = rows.iter().map(|(_, name, _)| name.chars().count());
    let width = widths.max().unwrap_or(0);
    let left_out = all - rows.len();
    for (numbers, name, what) in rows {
        let row = format!("{numbers}  {name:width$}  {what}");
        let _ = writeln!(out, "{}", row.trim_end());
    }
    if left_out > 0 {
        let _ = writeln!(out, "         … {left_out} more");
    }
}

/// The heading above [`times`].
const TIMES: &str = "  self               total                ";

fn times(summary: &Summary, own: Duration, total: Duration) -> String {
    let [own, total] = [own, total].map(|spent| {
        let percent = summary.percent(spent);
        format!("{percent:6.1} % {:>9}", time(spent))
    });
    format!("{own}  {total}")
}

fn place(profile: &Profile, line: &Line) -> String {
    let function = &profile.functions[line.function as usize];
    format!("{}:{}", function.file, line.line)
}

fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(MOST_TEXT).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{:.1} ms", seconds * 1e3)
    }
}

fn size(bytes: u64) -> String {
    let kib = bytes as f64 / 1024.0;
    if kib >= 1024.0 * 1024.0 {
        format!("{:.1} GiB", kib / 1024.0 / 1024.0)
    } else if kib >= 1024.0 {
        format!("{:.1} MiB", kib / 1024.0)
    } else {
        format!("{kib:.0} KiB")
    }
}

fn count(objects: u64) -> String {
    match objects {
        0..10_000 => objects.to_string(),
        10_000..10_000_000 => format!("{} k", objects / 1000),
        _ => format!("{} M", objects / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;

    #[test]
    fn the_report_says_what_is_costly() {
        let profile = sample::profile();
        let text = report(&profile, &Summary::new(&profile), "a.ruff");
        let expected = "\
profile of a.ruff: 101.0 ms, 100 samples

tiers
  50.0 %   50.0 ms  interpreter
  20.0 %   20.0 ms  native code
  25.0 %   25.0 ms  built-ins
   5.0 %    5.0 ms  garbage collection
major collections: 2, 5.0 ms in all, 3.0 ms the longest

  self               total                function
  60.0 %   60.0 ms    90.0 %   90.0 ms  work                  a;b.ruff:3
  25.0 %   25.0 ms    25.0 %   25.0 ms  sort                  built-in
  10.0 %   10.0 ms   100.0 %  100.0 ms  <script>              a;b.ruff:1
   5.0 %    5.0 ms     5.0 %    5.0 ms  (garbage collection)

  self               total                line
  65.0 %   65.0 ms    65.0 %   65.0 ms  a;b.ruff:4  line 4
  25.0 %   25.0 ms    90.0 %   90.0 ms  a;b.ruff:5  line 5
  10.0 %   10.0 ms   100.0 %  100.0 ms  a;b.ruff:9  line 9

allocated: 4.0 MiB in 262 k objects
  75.0 %    3.0 MiB    196 k  a;b.ruff:5  line 5
  25.0 %    1.0 MiB     65 k  a;b.ruff:4  line 4
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_run_without_samples_says_so() {
        let mut profile = sample::profile();
        profile.calls = Default::default();
        profile.lines.clear();
        profile.samples = 0;
        let text = report(&profile, &Summary::new(&profile), "a.ruff");
        let expected = "profile of a.ruff: 101.0 ms, 0 samples\n\
                        few samples say little: let it run longer, or raise --rate\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn long_tables_and_lines_are_cut() {
        let mut profile = sample::profile();
        let long = Line {
            text: "x".repeat(100),
            ..profile.lines[0].clone()
        };
        profile.lines = vec![long; 20];
        let text = report(&profile, &Summary::new(&profile), "a.ruff");
        assert!(text.contains("         … 5 more\n"), "{text}");
        assert!(
            text.contains(&format!("{}…\n", "x".repeat(MOST_TEXT))),
            "{text}"
        );
    }
}
