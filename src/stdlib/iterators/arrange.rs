//! `cartesian`, `combinations` and `permutations`: choices of elements, in the order of
//! their positions. The elements are gathered at the call; the choices are made one by
//! one, since there are many.

use crate::heap::object::{IteratorOp, put};
use crate::runtime::{Args, Context, Fallible};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::owners::*;
use crate::value::Value;

/// The choice that is made.
enum Choice {
    /// One element of each sequence of these lengths.
    Cartesian(Vec<usize>),
    /// Ascending positions below this number.
    Combination(usize),
    /// Different positions below this number.
    Permutation(usize),
}

/// The positions of the choice that is due.
pub(crate) struct Arrangement {
    choice: Choice,
    positions: Vec<usize>,
    /// Whether there is a choice left.
    left: bool,
}

impl Arrangement {
    fn cartesian(lengths: Vec<usize>) -> Arrangement {
        Arrangement {
            positions: vec![0; lengths.len()],
            left: !lengths.contains(&0),
            choice: Choice::Cartesian(lengths),
        }
    }

    /// Of `k` among `n`.
    fn of(choice: fn(usize) -> Choice, n: usize, k: usize) -> Arrangement {
        Arrangement {
            choice: choice(n),
            positions: if k <= n { (0..k).collect() } else { Vec::new() },
            left: k <= n,
        }
    }

    /// The positions that are due, each with the number of its sequence; the next ones
    /// are due then.
    fn take(&mut self, mut each: impl FnMut(usize, usize)) -> bool {
        if !self.left {
            return false;
        }
        let several = matches!(self.choice, Choice::Cartesian(_));
        for (i, &position) in self.positions.iter().enumerate() {
            each(if several { i } else { 0 }, position);
        }
        self.left = self.advance();
        true
    }

    /// Moves on to the next positions in lexicographic order, if there are any.
    fn advance(&mut self) -> bool {
        let positions = &mut self.positions;
        match &self.choice {
            Choice::Cartesian(lengths) => {
                for (position, &length) in positions.iter_mut().zip(lengths).rev() {
                    *position += 1;
                    if *position < length {
                        return true;
                    }
                    *position = 0;
                }
                false
            }
            &Choice::Combination(n) => {
                let k = positions.len();
                let Some(i) = (0..k).rev().find(|&i| positions[i] < n - k + i) else {
                    return false;
                };
                let first = positions[i] + 1;
                for (position, next) in positions[i..].iter_mut().zip(first..) {
                    *position = next;
                }
                true
            }
            &Choice::Permutation(n) => {
                let mut free = vec![true; n];
                positions.iter().for_each(|&used| free[used] = false);
                for i in (0..positions.len()).rev() {
                    let old = positions[i];
                    free[old] = true;
                    let Some(next) = (old + 1..n).find(|&at| free[at]) else {
                        continue;
                    };
                    free[next] = false;
                    positions[i] = next;
                    let mut unused = (0..n).filter(|&at| free[at]);
                    for position in &mut positions[i + 1..] {
                        *position = unused.next().expect("as many as were given back");
                    }
                    return true;
                }
                false
            }
        }
    }

    /// The next choice from the arrays in `pools`, as an array.
    pub(crate) fn next(&mut self, cx: &mut dyn Context, pools: Value) -> Option<Value> {
        let row = cx.heap().new_array(self.positions.len());
        let found = self.take(|pool, position| {
            let x = pools.elements()[pool].elements()[position];
            x.share();
            // As long as the positions, whose number is limited.
            let _ = cx.heap().array_push(row, x);
        });
        found.then_some(row)
    }
}

/// An iterator over the choices from the arrays in `pools`.
fn iterator(cx: &mut dyn Context, pools: Value, arrangement: Arrangement) -> Value {
    let it = cx
        .heap()
        .new_iterator(IteratorOp::Arrange, Value::NULL, pools);
    let object = it.iterator();
    let external: Box<dyn std::any::Any> = Box::new(arrangement);
    put!(object.external = Box::into_raw(Box::new(external)));
    it
}

/// Argument `index` as an array of its own.
fn pool(cx: &mut dyn Context, args: Args, index: usize) -> Fallible {
    let pool = elements_of(cx, args, index)?;
    // It may be the caller's, or the one of two arguments.
    pool.share();
    Ok(pool)
}

pub fn cartesian(cx: &mut dyn Context, args: Args) -> Fallible {
    let pools = cx.heap().new_array(args.len());
    let mut lengths = Vec::new();
    for index in 0..args.len() {
        let pool = pool(cx, args, index)?;
        push(cx, "cartesian", pools, pool)?;
        lengths.push(pool.elements().len());
    }
    Ok(iterator(cx, pools, Arrangement::cartesian(lengths)))
}

pub fn combinations(cx: &mut dyn Context, args: Args) -> Fallible {
    choices(cx, args, "combinations", Choice::Combination)
}

pub fn permutations(cx: &mut dyn Context, args: Args) -> Fallible {
    choices(cx, args, "permutations", Choice::Permutation)
}

fn choices(cx: &mut dyn Context, args: Args, name: &str, choice: fn(usize) -> Choice) -> Fallible {
    let wanted = match args.get(1) {
        k if k.is_absent() => None,
        k => Some(not_negative(cx, name, "k", k)?),
    };
    let pool = pool(cx, args, 0)?;
    let pools = cx.heap().new_array_from(&[pool]);
    let n = pool.elements().len();
    Ok(iterator(
        cx,
        pools,
        Arrangement::of(choice, n, wanted.unwrap_or(n)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut arrangement: Arrangement) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        loop {
            let mut row = Vec::new();
            if !arrangement.take(|_, position| row.push(position)) {
                return all;
            }
            all.push(row);
        }
    }

    /// All rows of `k` positions below `n`, in order.
    fn rows(n: usize, k: usize) -> Vec<Vec<usize>> {
        all(Arrangement::cartesian(vec![n; k]))
    }

    #[test]
    fn combinations_ascend_and_permutations_differ() {
        for n in 0..6 {
            for k in 0..=n + 1 {
                let mut ascending = rows(n, k);
                ascending.retain(|row| row.windows(2).all(|w| w[0] < w[1]));
                assert_eq!(all(Arrangement::of(Choice::Combination, n, k)), ascending);
                let mut different = rows(n, k);
                different.retain(|row| (0..k).all(|i| !row[..i].contains(&row[i])));
                assert_eq!(all(Arrangement::of(Choice::Permutation, n, k)), different);
            }
        }
    }

    #[test]
    fn products_are_in_lexicographic_order() {
        let product = all(Arrangement::cartesian(vec![2, 3]));
        assert_eq!(product, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        assert!(all(Arrangement::cartesian(vec![2, 0, 3])).is_empty());
    }
}
