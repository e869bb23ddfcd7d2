//! Two values side by side: short ones in a line each, long ones and those of
//! many lines as the lines in which they differ.

/// Values up to this length are shown as they are.
const SHORT: usize = 60;
/// Lines around a difference.
const CONTEXT: usize = 2;
/// Values of more lines are compared line by line from both ends only.
const MOST_LINES: usize = 1500;

/// A line of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line<'t> {
    Same(&'t str),
    Expected(&'t str),
    Actual(&'t str),
    /// Lines that do not differ were left out.
    Gap(usize),
}

/// Whether the values are better shown as a comparison.
pub fn is_long(expected: &str, actual: &str) -> bool {
    let long = |text: &str| text.chars().count() > SHORT || text.contains("\\n");
    long(expected) || long(actual)
}

/// The lines of a value in source form: a string's own, or one for each part of
/// a container.
pub fn lines_of(value: &str) -> Vec<String> {
    if let Some(text) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        let text = text
            .replace("\\\\", "\u{0}")
            .replace("\\\"", "\"")
            .replace("\\t", "\t")
            .replace("\\$", "$");
        return text
            .split("\\n")
            .map(|line| line.replace('\u{0}', "\\"))
            .collect();
    }
    let mut lines = vec![String::new()];
    let mut depth = 0;
    let mut quoted = false;
    let mut chars = value.chars().peekable();
    let begin = |lines: &mut Vec<String>, depth: usize| lines.push("  ".repeat(depth));
    while let Some(c) = chars.next() {
        let last = lines.len() - 1;
        match c {
            '\\' if quoted => {
                lines[last].push(c);
                lines[last].extend(chars.next());
                continue;
            }
            '"' => quoted = !quoted,
            '[' | '{' | '(' if !quoted => {
                lines[last].push(c);
                depth += 1;
                while chars.next_if_eq(&' ').is_some() {}
                if !matches!(chars.peek(), Some(']' | '}' | ')')) {
                    begin(&mut lines, depth);
                }
                continue;
            }
            ']' | '}' | ')' if !quoted => {
                depth = usize::saturating_sub(depth, 1);
                if !lines[last].ends_with(['[', '{', '(']) {
                    let length = lines[last].trim_end().len();
                    lines[last].truncate(length);
                    begin(&mut lines, depth);
                }
            }
            ',' if !quoted => {
                lines[last].push(c);
                while chars.next_if_eq(&' ').is_some() {}
                begin(&mut lines, depth);
                continue;
            }
            _ => {}
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

/// Compares the lines of two values.
pub fn compare<'t>(expected: &'t [String], actual: &'t [String]) -> Vec<Line<'t>> {
    let shorter = expected.len().min(actual.len());
    let head = (0..shorter)
        .take_while(|&i| expected[i] == actual[i])
        .count();
    let tail = (0..shorter - head)
        .take_while(|&i| expected[expected.len() - 1 - i] == actual[actual.len() - 1 - i])
        .count();
    let mut all: Vec<Line> = expected[..head].iter().map(|l| Line::Same(l)).collect();
    let (old, new) = (
        &expected[head..expected.len() - tail],
        &actual[head..actual.len() - tail],
    );
    if old.len().max(new.len()) <= MOST_LINES {
        middle(old, new, &mut all);
    } else {
        all.extend(old.iter().map(|l| Line::Expected(l)));
        all.extend(new.iter().map(|l| Line::Actual(l)));
    }
    let rest = &expected[expected.len() - tail..];
    all.extend(rest.iter().map(|l| Line::Same(l)));
    shorten(&all)
}

/// The longest common subsequence of two lists of lines, and what is beside it.
fn middle<'t>(old: &'t [String], new: &'t [String], out: &mut Vec<Line<'t>>) {
    let width = new.len() + 1;
    let mut common = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(Line::Same(&old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            out.push(Line::Expected(&old[i]));
            i += 1;
        } else {
            out.push(Line::Actual(&new[j]));
            j += 1;
        }
    }
}

/// Leaves out what is far from any difference.
fn shorten<'t>(all: &[Line<'t>]) -> Vec<Line<'t>> {
    let differs: Vec<bool> = all
        .iter()
        .map(|line| !matches!(line, Line::Same(_)))
        .collect();
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(all.len());
        differs[from..to].contains(&true)
    };
    let mut out = Vec::new();
    let mut gap = 0;
    for (at, &line) in all.iter().enumerate() {
        if near(at) {
            if gap > 0 {
                out.push(Line::Gap(gap));
            }
            gap = 0;
            out.push(line);
        } else {
            gap += 1;
        }
    }
    if gap > 0 {
        out.push(Line::Gap(gap));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_break_at_their_parts() {
        let lines = lines_of(r#"{"a": [1, "x, y"], "b": [], "c": P { x: 1 }}"#);
        let wanted = [
            "{",
            "  \"a\": [",
            "    1,",
            "    \"x, y\"",
            "  ],",
            "  \"b\": [],",
            "  \"c\": P {",
            "    x: 1",
            "  }",
            "}",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn only_what_differs_is_shown() {
        let old: Vec<String> = (0..20).map(|i| i.to_string()).collect();
        let mut new = old.clone();
        new[10] = "ten".to_string();
        let lines = compare(&old, &new);
        assert_eq!(lines[0], Line::Gap(8));
        assert_eq!(lines[3], Line::Expected("10"));
        assert_eq!(lines[4], Line::Actual("ten"));
        assert_eq!(lines.last(), Some(&Line::Gap(7)));
    }

    #[test]
    fn strings_break_at_their_line_ends() {
        assert_eq!(lines_of(r#""a\nb\\n\"c\"""#), ["a", "b\\n\"c\""]);
    }
}
