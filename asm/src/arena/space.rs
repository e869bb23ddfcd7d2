//! Which ranges of an arena are in use. Ranges are taken from the smallest
//! free range that is large enough, else from the untouched end; free
//! neighbours are joined.
//!
//! Invariant: `used` and `free_by_start` together cover `0..end` without gap or
//! overlap, no two free ranges touch, and none touches `end`.

use std::collections::{BTreeMap, BTreeSet};

/// The ranges of an arena.
#[derive(Debug)]
pub(super) struct Space {
    /// Length by start.
    used: BTreeMap<u32, u32>,
    /// Length by start.
    free_by_start: BTreeMap<u32, u32>,
    /// Length and start, so that the first fitting one is the smallest.
    free_by_len: BTreeSet<(u32, u32)>,
    /// From here on nothing was ever used, or all of it was given back.
    end: u32,
    limit: u32,
    in_use: u32,
}

impl Space {
    pub(super) fn new(limit: u32) -> Space {
        Space {
            used: BTreeMap::new(),
            free_by_start: BTreeMap::new(),
            free_by_len: BTreeSet::new(),
            end: 0,
            limit,
            in_use: 0,
        }
    }

    /// How much is in use.
    pub(super) fn used(&self) -> u32 {
        self.in_use
    }

    /// Takes a range, or `None` if there is none that large.
    pub(super) fn take(&mut self, len: u32) -> Option<u32> {
        let fitting = self.free_by_len.range((len, 0)..).next().copied();
        let start = if let Some((free, start)) = fitting {
            self.remove_free(start, free);
            if free > len {
                self.insert_free(start + len, free - len);
            }
            start
        } else {
            if self.limit - self.end < len {
                return None;
            }
            self.end += len;
            self.end - len
        };
        self.used.insert(start, len);
        self.in_use += len;
        Some(start)
    }

    /// Gives a range back and answers how long it was, or `None` if none in
    /// use starts there.
    pub(super) fn give_back(&mut self, start: u32) -> Option<u32> {
        let len = self.used.remove(&start)?;
        self.in_use -= len;
        let (mut from, mut to) = (start, start + len);
        if let Some(&next) = self.free_by_start.get(&to) {
            self.remove_free(to, next);
            to += next;
        }
        if let Some((&before, &size)) = self.free_by_start.range(..from).next_back()
            && before + size == from
        {
            self.remove_free(before, size);
            from = before;
        }
        if to == self.end {
            self.end = from;
        } else {
            self.insert_free(from, to - from);
        }
        Some(len)
    }

    /// Start and length of the range in use that a position is in.
    pub(super) fn containing(&self, at: u32) -> Option<(u32, u32)> {
        let (&start, &len) = self.used.range(..=at).next_back()?;
        (at - start < len).then_some((start, len))
    }

    fn insert_free(&mut self, start: u32, len: u32) {
        self.free_by_start.insert(start, len);
        self.free_by_len.insert((len, start));
    }

    fn remove_free(&mut self, start: u32, len: u32) {
        self.free_by_start.remove(&start);
        self.free_by_len.remove(&(len, start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The invariant of the module.
    fn check(space: &Space) {
        let mut ranges: Vec<(u32, u32, bool)> = Vec::new();
        ranges.extend(space.used.iter().map(|(&start, &len)| (start, len, true)));
        let free = space.free_by_start.iter();
        ranges.extend(free.map(|(&start, &len)| (start, len, false)));
        ranges.sort_unstable();
        let (mut at, mut last_used) = (0, true);
        for (start, len, used) in ranges {
            assert_eq!(start, at, "a gap or overlap");
            assert!(used || last_used, "two free ranges touch");
            (at, last_used) = (start + len, used);
        }
        assert_eq!(at, space.end);
        assert!(last_used, "a free range at the end");
        let by_len: BTreeSet<_> = space.free_by_start.iter().map(|(&s, &l)| (l, s)).collect();
        assert_eq!(by_len, space.free_by_len);
        assert_eq!(space.in_use, space.used.values().sum::<u32>());
    }

    #[test]
    fn the_smallest_fitting_range_is_taken() {
        let mut space = Space::new(100);
        let ranges = [30, 5, 10, 5].map(|len| space.take(len).unwrap());
        space.give_back(ranges[0]);
        space.give_back(ranges[2]);
        assert_eq!(space.take(8), Some(ranges[2]));
        assert_eq!(space.take(51), None);
        assert_eq!(space.give_back(99), None);
    }

    proptest! {
        #[test]
        fn ranges_never_overlap(steps in prop::collection::vec((0u8..3, 1u32..64), 0..200)) {
            let mut space = Space::new(1000);
            let mut live = Vec::new();
            for (kind, number) in steps {
                if kind > 0 {
                    live.extend(space.take(number));
                } else if !live.is_empty() {
                    let start = live.swap_remove(number as usize % live.len());
                    prop_assert!(space.give_back(start).is_some());
                }
                check(&space);
            }
            for start in live {
                space.give_back(start);
            }
            prop_assert_eq!(space.end, 0);
        }
    }
}
