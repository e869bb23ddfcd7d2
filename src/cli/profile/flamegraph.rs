//! The profile as a flame graph: stacks folded into lines of text, which `inferno`
//! draws.

use super::summary::name;
use inferno::flamegraph::{self, Options};
use ruff::engine::Profile;
use ruff::tools::Callee;
use std::io::{self, BufWriter, Write};

/// Draws the profile.
///
/// # Errors
/// If it cannot be written.
pub fn write(profile: &Profile, program: &str, to: impl Write) -> io::Result<()> {
    let mut options = Options::default();
    options.title = format!("ruff profile {program}");
    options.name_type = "Function:".to_string();
    options.count_name = "µs".to_string();
    // Equal names in equal colours, also in the graph of another run.
    options.hash = true;
    options.deterministic = true;
    let mut stacks = folded(profile);
    if stacks.is_empty() {
        stacks.push("(no samples) 1".to_string());
    }
    let mut to = BufWriter::new(to);
    flamegraph::from_lines(&mut options, stacks.iter().map(String::as_str), &mut to)?;
    to.flush()
}

/// A line for each stack: the names, outermost first, and microseconds.
fn folded(profile: &Profile) -> Vec<String> {
    let nodes = profile.calls.nodes().iter().enumerate();
    nodes
        .filter(|(_, node)| node.own >= 1000)
        .map(|(number, node)| {
            let mut path = profile.calls.path(number as u32);
            if path.is_empty() {
                path.push(node.callee);
            }
            let names: Vec<_> = path.into_iter().map(|one| label(profile, one)).collect();
            format!("{} {}", names.join(";"), node.own / 1000)
        })
        .collect()
}

/// A name without what separates names.
fn label(profile: &Profile, callee: Callee) -> String {
    let (name, place) = name(profile, callee);
    let label = match place {
        Some((file, line)) => format!("{name} ({file}:{line})"),
        None => name.to_string(),
    };
    label.replace(';', ",").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;

    #[test]
    fn stacks_fold_into_lines() {
        let mut lines = folded(&sample::profile());
        lines.sort();
        let script = "<script> (a,b.ruff:1)";
        let work = "work (a,b.ruff:3)";
        let expected = [
            format!("{script} 10000"),
            format!("{script};{work} 20000"),
            format!("{script};{work};(garbage collection) 5000"),
            format!("{script};{work};{work} 40000"),
            format!("{script};{work};{work};sort 25000"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_graph_has_the_names() {
        let mut svg = Vec::new();
        write(&sample::profile(), "a.ruff", &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("<svg") && svg.contains("work (a,b.ruff:3)"));
    }

    #[test]
    fn no_samples_are_a_graph_too() {
        let mut profile = sample::profile();
        profile.calls = Default::default();
        let mut svg = Vec::new();
        write(&profile, "a.ruff", &mut svg).unwrap();
        assert!(String::from_utf8(svg).unwrap().contains("(no samples)"));
    }
}
