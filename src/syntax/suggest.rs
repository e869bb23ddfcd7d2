//! Finds the name that was probably meant: for `ruff check`, the compiler and running
//! programs alike, so that all of them suggest the same.

/// The name likely meant: one of the program's own, unless another is nearer.
pub fn closest_of<'a>(
    name: &str,
    own: impl IntoIterator<Item = &'a str>,
    others: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    match (closest(name, own), closest(name, others)) {
        (Some(own), Some(other)) => {
            let wanted = chars(name);
            let nearer = edits(&wanted, &chars(other)) < edits(&wanted, &chars(own));
            Some(if nearer { other } else { own })
        }
        (own, other) => own.or(other),
    }
}

/// The candidate that `name` is most likely a misspelling of: of those with the
/// fewest edits, at most one for every three characters, the first by the alphabet,
/// in whatever order they come.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().collect();
    let mut best: Option<&str> = None;
    let mut least = (wanted.len() / 3).clamp(1, 4) + 1;
    for candidate in candidates {
        if candidate == name {
            continue;
        }
        let have: Vec<char> = candidate.chars().collect();
        // A change of every character is another name, not a misspelling.
        let tie = best.is_some_and(|best| candidate < best);
        let limit = (least + usize::from(tie)).min(wanted.len().max(have.len()));
        if have.len().abs_diff(wanted.len()) >= limit {
            continue;
        }
        let distance = edits(&wanted, &have);
        if distance < limit {
            (best, least) = (Some(candidate), distance);
        }
    }
    best
}

/// Insertions, deletions, replacements and exchanges of neighbours that turn one
/// text into the other; a change of case alone counts for none.
fn edits(a: &[char], b: &[char]) -> usize {
    let same = |x: char, y: char| x == y || x.to_lowercase().eq(y.to_lowercase());
    let mut older = vec![0; b.len() + 1];
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut new = vec![i + 1; b.len() + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (old[j] + !same(x, y) as usize)
                .min(old[j + 1] + 1)
                .min(new[j] + 1);
            if i > 0 && j > 0 && same(x, b[j - 1]) && same(a[i - 1], y) {
                cost = cost.min(older[j - 1] + 1);
            }
            new[j + 1] = cost;
        }
        older = std::mem::replace(&mut old, new);
    }
    old[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{closest, closest_of};

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let names = ["print", "push", "length", "len"];
        assert_eq!(closest("pritn", names), Some("print"));
        assert_eq!(closest("lenght", names), Some("length"));
        assert_eq!(closest("zebra", names), None);
        assert_eq!(closest("x", names), None);
    }

    #[test]
    fn own_names_win_if_they_are_as_near() {
        assert_eq!(closest_of("gret", ["greet"], ["get"]), Some("greet"));
        assert_eq!(closest_of("pint", ["pit"], ["print"]), Some("pit"));
        assert_eq!(closest_of("lenn", ["bonn"], ["len"]), Some("len"));
        assert_eq!(closest_of("lenn", [], ["len"]), Some("len"));
    }
}
