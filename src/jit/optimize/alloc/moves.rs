//! Moves that happen all at once, one after the other.

use super::{Loc, Move};

/// A step of a sequence of moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Move(Loc, Loc),
    /// Keeps what is there, to be moved by [`Step::Restore`].
    Keep(Loc),
    Restore(Loc),
}

/// An order in which moves do what they would do at once. At most one value is kept at a
/// time. `same` says whether two places are the same.
pub fn sequence(moves: &[Move], same: impl Fn(Loc, Loc) -> bool) -> Vec<Step> {
    let mut left: Vec<(Option<Loc>, Loc)> = moves
        .iter()
        .filter(|one| !same(one.from, one.to))
        .map(|one| (Some(one.from), one.to))
        .collect();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let ready = (0..left.len()).find(|&at| {
            let to = left[at].1;
            left.iter()
                .enumerate()
                .all(|(other, (from, _))| other == at || from.is_none_or(|from| !same(from, to)))
        });
        match ready {
            Some(at) => {
                let (from, to) = left.swap_remove(at);
                steps.push(match from {
                    Some(from) => Step::Move(from, to),
                    None => Step::Restore(to),
                });
            }
            None => {
                // A circle: what is overwritten first is kept.
                let from = left[0].0.expect("a register that is kept blocks no move");
                steps.push(Step::Keep(from));
                for (other, _) in &mut left {
                    if other.is_some_and(|other| same(other, from)) {
                        *other = None;
                    }
                }
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn run(moves: &[(u8, u8)]) {
        let moves: Vec<Move> = moves
            .iter()
            .map(|&(from, to)| Move {
                from: Loc::Reg(from),
                to: Loc::Reg(to),
            })
            .collect();
        let mut places: HashMap<Loc, u8> = (0..8).map(|r| (Loc::Reg(r), r)).collect();
        let mut kept = None;
        for step in sequence(&moves, |a, b| a == b) {
            match step {
                Step::Move(from, to) => {
                    places.insert(to, places[&from]);
                }
                Step::Keep(from) => {
                    assert!(kept.is_none(), "two are kept");
                    kept = Some(places[&from]);
                }
                Step::Restore(to) => {
                    places.insert(to, kept.take().expect("something is kept"));
                }
            }
        }
        for one in moves {
            let Loc::Reg(from) = one.from else { panic!() };
            assert_eq!(places[&one.to], from);
        }
    }

    #[test]
    fn moves_at_once_are_put_in_order() {
        run(&[(0, 1), (1, 2), (2, 3)]);
        run(&[(0, 1), (1, 0)]);
        run(&[(0, 1), (1, 2), (2, 0), (2, 5), (5, 6)]);
        run(&[(0, 1), (1, 0), (2, 3), (3, 2)]);
    }
}
