//! When collections run, and how much of one at a time: what is marked in a few milliseconds
//! is marked in one go, more in parts. Parts follow each other as the program allocates, each in
//! proportion to what has been allocated since the last one, so that the collection ends
//! before the heap has grown much.

use super::Heap;
use super::collect::{self, Progress};
use super::marker::{Budget, Found};
use super::space::BLOCK_SIZE;
use std::time::{Duration, Instant};

/// A collection runs when this much has been allocated while next to nothing lives: it
/// costs next to nothing then, and memory is used again while the processor's cache holds
/// it, instead of asking the system for more (measured with strings that grow: half of
/// the time was page faults).
pub(super) const FIRST_COLLECTION: usize = 2 << 20;
/// While little lives, a collection runs when this many times that has been allocated, and
/// looks at all objects.
const SMALL_GROWTH: usize = 4;
/// From this size on, what lives is not looked at by each collection.
const SMALL_HEAP: usize = 2 << 20;
/// A minor collection runs when at least this much has been allocated.
const NURSERY: usize = 4 << 20;
/// A major collection runs when so many times what lived after the last one has become
/// old, or as much as a nursery holds. Twice the live size is the usual trade of memory
/// for marking work.
const GROWTH: usize = 1;

/// A major collection of so many bytes is done in parts, whatever the last one took.
const GRADUAL_FROM: usize = 64 << 20;
/// A collection of less says little of the time that a larger one takes.
const TELLING: usize = 1 << 20;
/// A part of a collection runs when so much has been allocated since the last one.
const STEP: usize = 256 << 10;
/// For each byte that is allocated so many are marked. They are at most as many as there
/// were at the beginning, so that the heap grows by an eighth meanwhile.
const MARK_RATE: usize = 8;
/// For each byte that is allocated so many are swept.
const SWEEP_RATE: usize = 16;
/// The most blocks that a part sweeps.
const MOST_BLOCKS: usize = 128;
/// So many remembered objects are not looked into at once.
const MANY_REMEMBERED: usize = 1 << 15;
/// The least that a part marks, in bytes.
const LEAST_WORK: usize = STEP;
/// A part ends after so long, done or not: what is left is the next ones' business.
const LONGEST_PART: Duration = Duration::from_millis(3);
/// A collection that takes no longer than this is done at once: parts have a cost of their own.
const AT_ONCE: Duration = Duration::from_millis(5);
/// Of the collections at every allocation, so many are minor ones to one that is not; about
/// half of them are done in parts.
const STRESS_MINOR: u64 = 3;

/// The strings that one call of a built-in makes are young as far as they take so much, since
/// the program may be done with them soon.
const YOUNG_TEXTS: usize = 1 << 20;

/// The stage of a collection that is done in parts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Stage {
    /// None is under way.
    #[default]
    Rest,
    /// Objects that the last one has found dead, and that could be taken for alive, are swept.
    Sweeping,
    Marking,
}

/// The growth of the heap, and how far the collection under way has come.
#[derive(Default)]
pub(super) struct Pacing {
    /// Allocated bytes after which the next collection runs, if no limit is near.
    nursery: usize,
    /// Bytes of old objects, with what they own outside their cells: those that the last
    /// major collection found, and what has become old since.
    pub old: usize,
    /// As many of these ask for a major collection.
    most_old: usize,
    /// Bytes of the strings that a built-in is making for an array of them.
    texts: usize,
    /// The most that there were of them since the last major collection. They were alive
    /// when their array was finished, so the heap may grow as if that collection had found them.
    most_texts: usize,
    /// The cost of the last minor collection; its bytes are those that had been allocated.
    last_minor: Cost,
    /// That of the last major one; its bytes are those and the old ones.
    last_major: Cost,
    /// The time of the parts so far.
    spent: Duration,
    stage: Stage,
    /// The collection under way is a minor one.
    is_minor: bool,
    /// Bytes that had been allocated when the collection under way began.
    begun: usize,
    /// Those at its last part.
    seen: usize,
    /// Work that is due, in bytes: what earlier parts had no time for.
    due: usize,
    /// Times that the marking has looked at the roots and not come to its end.
    rounds: u32,
    /// Turns the sizes of parts under stress.
    turn: u32,
}

/// The cost of a collection.
#[derive(Clone, Copy, Default)]
struct Cost {
    time: Duration,
    /// Bytes that it was about.
    bytes: usize,
    /// Bytes that were allocated between its parts. The next one begins so much sooner, so
    /// that the heap becomes no larger than if the program had stood still.
    grown: usize,
}

impl Cost {
    /// Whether the next collection, of so many bytes, may take longer than is borne.
    fn foretells_long(self, bytes: usize) -> bool {
        let time = self.time.as_secs_f64() * bytes as f64 / self.bytes.max(TELLING) as f64;
        time > AT_ONCE.as_secs_f64()
    }
}

impl Pacing {
    /// Whether all objects are to be looked at.
    fn wants_major(&self) -> bool {
        let most_old = self.most_old + (1 + GROWTH) * self.most_texts;
        self.old < SMALL_HEAP || self.old + self.last_major.grown >= most_old
    }
}

impl Heap {
    /// Whether a collection is under way.
    #[cfg(test)]
    pub fn is_collecting(&self) -> bool {
        self.pacing.stage != Stage::Rest
    }

    /// Bytes allocated since the last collection.
    #[inline]
    fn allocated(&self) -> usize {
        self.space.allocated + self.external
    }

    /// A built-in begins to make an array of strings, which it does not drop before it ends.
    pub fn begin_texts(&mut self) {
        self.pacing.texts = 0;
    }

    /// Counts a string of such an array; whether it is to be old from the start. A collection
    /// would find it alive, and look at it for nothing.
    pub(super) fn note_text(&mut self, size: usize) -> bool {
        let pacing = &mut self.pacing;
        pacing.texts += size;
        if pacing.texts <= YOUNG_TEXTS || self.limit != usize::MAX {
            return false;
        }
        pacing.most_texts = pacing.most_texts.max(pacing.texts);
        match pacing.stage {
            Stage::Marking => self.marker.found.marked += size,
            Stage::Rest | Stage::Sweeping => pacing.old += size,
        }
        self.threshold += size;
        true
    }

    /// Collects young objects; or all if little lives, or much has become old since that
    /// was last done. Of what takes long this may be one part.
    pub(super) fn collect_some(&mut self) {
        if self.pacing.stage != Stage::Rest {
            return self.collect_part();
        }
        let is_major = self.remembered.overflowed
            || match self.space.stress {
                true => self.stats.major.count * STRESS_MINOR <= self.stats.minor.count,
                false => self.pacing.wants_major(),
            };
        let in_parts = match (self.space.stress, is_major) {
            (true, _) => self.stress_turn() & 1 == 0,
            (false, true) => {
                let all = self.pacing.old + self.allocated();
                all >= GRADUAL_FROM || self.pacing.last_major.foretells_long(all)
            }
            (false, false) => {
                self.pacing.last_minor.foretells_long(self.allocated())
                    || self.remembered.len() > MANY_REMEMBERED
            }
        };
        if in_parts {
            self.begin_parts(!is_major);
            return self.collect_part();
        }
        match is_major {
            true => self.collect(),
            false => self.collect_young(),
        }
    }

    /// Begins a collection that is done in parts.
    pub(super) fn begin_parts(&mut self, is_minor: bool) {
        let seen = self.allocated();
        let pacing = &mut self.pacing;
        pacing.stage = Stage::Sweeping;
        pacing.is_minor = is_minor;
        (pacing.begun, pacing.seen) = (seen, seen);
        (pacing.due, pacing.rounds) = (0, 0);
        pacing.spent = Duration::ZERO;
    }

    /// The next part of a collection that is under way.
    fn collect_part(&mut self) {
        let allocated = self.allocated();
        let is_full = self.stats.live_bytes.saturating_add(allocated) > self.limit;
        let is_minor = self.pacing.is_minor;
        let is_needed = is_minor || self.pacing.stage == Stage::Marking;
        if is_full || self.remembered.overflowed && is_needed {
            return self.collect();
        }
        let start = Instant::now();
        let grown = allocated - std::mem::replace(&mut self.pacing.seen, allocated);
        if self.pacing.stage == Stage::Sweeping {
            let blocks = (SWEEP_RATE * grown.max(STEP) / BLOCK_SIZE).min(MOST_BLOCKS);
            let blocks = self.part_size(blocks);
            let is_done = match is_minor {
                true => self.space.sweep_stale(blocks) > 0,
                false => self.space.sweep_ahead(blocks),
            };
            if is_done {
                collect::begin(self, is_minor);
                self.pacing.stage = Stage::Marking;
            }
        } else if let Some(found) = self.mark_part(start, grown) {
            let pause = start.elapsed();
            self.stats.pauses(is_minor).add_last(pause);
            let pacing = &self.pacing;
            let cost = Cost {
                time: pacing.spent + pause,
                bytes: if is_minor { 0 } else { pacing.old } + pacing.begun,
                grown: allocated - pacing.begun,
            };
            return match is_minor {
                true => self.settle_minor(found, cost),
                false => self.settle_major(found, cost),
            };
        }
        let pause = start.elapsed();
        self.stats.pauses(is_minor).add(pause);
        self.pacing.spent += pause;
        self.threshold = allocated + STEP;
        self.limit_threshold();
    }

    /// Marks a part of what lives; the sum if that was the last one.
    fn mark_part(&mut self, start: Instant, grown: usize) -> Option<Found> {
        self.pacing.due += (MARK_RATE * grown).max(LEAST_WORK);
        let before = self.marker.found.work;
        // After the first look at the roots all that is left should be done at once: what the
        // program goes on changing has to be looked at each time. If it takes too long, that
        // has to be borne in the end.
        let rounds = self.pacing.rounds;
        let budget = match rounds {
            0 => Budget {
                work: self.part_size(self.pacing.due),
                until: Some(start + LONGEST_PART),
            },
            rounds => Budget {
                work: self.part_size(usize::MAX),
                until: Some(start + LONGEST_PART * (1 << (rounds - 1).min(20))),
            },
        };
        match collect::go_on(self, budget, rounds == 0) {
            Progress::Done(found) => return Some(found),
            Progress::Again => self.pacing.rounds += 1,
            Progress::Unfinished => {}
        }
        let done = self.marker.found.work - before;
        self.pacing.due = self.pacing.due.saturating_sub(done);
        None
    }

    /// The size of a part: that, or under stress little, so that the program changes as
    /// much as it can between two of them, or more, so that they come to an end.
    fn part_size(&mut self, size: usize) -> usize {
        match self.space.stress {
            true => 1 << self.stress_turn(),
            false => size,
        }
    }

    /// The next of a series of numbers below 16, for tests.
    fn stress_turn(&mut self) -> u32 {
        let turn = &mut self.pacing.turn;
        *turn = turn.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        *turn >> 28
    }

    /// Collects young objects now; all if that leaves more than the limit.
    pub(super) fn collect_young(&mut self) {
        let (start, bytes) = (Instant::now(), self.allocated());
        let found = collect::run(self, true);
        let (time, grown) = (start.elapsed(), 0);
        self.settle_minor(found, Cost { time, bytes, grown });
    }

    /// Collects all objects now. A collection that is done in parts is given up: it may have
    /// marked what has died since.
    pub fn collect(&mut self) {
        let (start, bytes) = (Instant::now(), self.pacing.old + self.allocated());
        let found = collect::run(self, false);
        let (time, grown) = (start.elapsed(), 0);
        self.settle(found, Cost { time, bytes, grown });
    }

    /// After a minor collection.
    fn settle_minor(&mut self, found: Found, cost: Cost) {
        let pacing = &mut self.pacing;
        pacing.stage = Stage::Rest;
        pacing.last_minor = cost;
        pacing.old += found.marked + std::mem::take(&mut self.external);
        self.stats.live_bytes = pacing.old + found.beside;
        self.divide_limit();
        if self.stats.live_bytes > self.limit {
            // Some of it may be dead.
            return self.collect();
        }
        // Where a collection has much to do, as with large arrays that change, they come
        // more rarely.
        let pacing = &mut self.pacing;
        let most = NURSERY.max(self.stats.live_bytes / 2);
        pacing.nursery = match found.work > pacing.nursery / 2 {
            true => (2 * pacing.nursery).min(most),
            false => (pacing.nursery / 2).max(NURSERY),
        };
        self.set_threshold();
    }

    /// After the last part of a major collection.
    fn settle_major(&mut self, found: Found, cost: Cost) {
        self.settle(found, cost);
        if self.over_limit {
            // Some of it may have died meanwhile.
            self.collect();
        }
    }

    /// After a major collection.
    fn settle(&mut self, found: Found, cost: Cost) {
        let live = found.marked + found.beside;
        self.external = 0;
        self.stats.live_bytes = live;
        self.divide_limit();
        self.over_limit = live > self.limit;
        if self.over_limit {
            self.watch.note_full();
        }
        let pacing = &mut self.pacing;
        pacing.stage = Stage::Rest;
        pacing.last_major = cost;
        pacing.old = found.marked;
        pacing.most_old = found.marked + NURSERY.max(GROWTH * live);
        pacing.most_texts = 0;
        pacing.nursery = match found.marked < SMALL_HEAP {
            true => (SMALL_GROWTH * live).max(FIRST_COLLECTION),
            false => pacing.nursery.clamp(NURSERY, NURSERY.max(live / 2)),
        };
        self.set_threshold();
    }

    /// The next collection comes when so much has been allocated.
    fn set_threshold(&mut self) {
        let Pacing {
            nursery,
            last_minor,
            ..
        } = self.pacing;
        self.threshold = nursery - last_minor.grown.min(nursery / 2);
        self.limit_threshold();
    }

    /// Or sooner, if the limit is near.
    fn limit_threshold(&mut self) {
        if self.limit != usize::MAX {
            let room = self.limit.saturating_sub(self.stats.live_bytes);
            self.threshold = self.threshold.min(room.max(self.limit / 16));
        }
    }
}
