//! When functions are compiled, when they are compiled again, and how much a new
//! version may assume.
//!
//! A version that is left by side exits too often is given up. If the feedback of its
//! instructions has changed since it was compiled, the next version simply uses what is
//! known now. If it has not, assuming the same again would fail again: the next version
//! assumes nothing. So the number of side exits of a function is bounded.

use crate::bytecode::Instr;
use std::time::Duration;

/// Calls and loop iterations after which a function is compiled. Below a hundred
/// nothing is gained: compiling takes about as long as interpreting the
/// function twenty to fifty times, and feedback gathered before it is worth more.
pub const THRESHOLD: u32 = 100;
/// Side exits without new feedback after which a version is given up for one that assumes
/// nothing: another one like it would be left as often.
const UNINFORMATIVE_EXITS: u32 = 60;
/// Side exits after which a version is given up if feedback has changed. The first
/// leaves the interpreter to run the rest of an iteration, which may find more.
const INFORMATIVE_EXITS: u32 = 2;
/// New versions for new feedback before nothing is assumed any more.
const MAX_UPDATES: u32 = 24;
/// New versions for new feedback before instructions that have not run get code too. A
/// program that comes to ever new places would be compiled for each of them.
const MAX_DISCOVERIES: u32 = 10;

/// Which tiers a machine uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The interpreter only.
    Off,
    /// The interpreter and the baseline compiler.
    Baseline,
    /// The interpreter and both compilers.
    On,
}

/// When functions are compiled. To be set before a program is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub mode: Mode,
    /// Calls and loop iterations; 0 compiles before the first call.
    pub threshold: u32,
    /// Calls and loop iterations in the baseline's code after which a function is optimised.
    pub optimize_threshold: u32,
    /// Every so-manieth guard of optimised code leaves whatever it finds, unless this is 0:
    /// to test that code may be left anywhere.
    pub leave_every: u32,
    /// The most machine registers of a kind that optimised code has for values, unless this
    /// is 0: to test what becomes of those that get none.
    pub most_registers: u8,
    /// The part of its usual limits, in percent, that the optimising compiler may use: of
    /// instructions, of what it inlines and of places that loops carry. For tests.
    pub budget: u32,
    /// Whether optimised code has all values in memory wherever it calls something, as in
    /// programs whose tasks may wait there: for tests.
    pub settle: bool,
    /// Whether to report every compilation on standard error.
    pub log: bool,
    /// Whether to show what is optimised, and the code, there too.
    pub show_code: bool,
    /// Whether to keep what is optimised, and the code, for a listing.
    pub keep_code: bool,
    /// Whether to write a map of compiled functions for the system's profiler.
    pub perf_map: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            mode: Mode::On,
            threshold: THRESHOLD,
            optimize_threshold: super::OPTIMIZE_THRESHOLD,
            leave_every: 0,
            most_registers: 0,
            budget: 100,
            settle: false,
            log: false,
            show_code: false,
            keep_code: false,
            perf_map: false,
        }
    }
}

/// Counts of the compiler's work.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    pub compiled: u64,
    pub recompiled: u64,
    /// Functions whose code cannot be assembled.
    pub refused: u64,
    /// Words of bytecode, and bytes of machine code made from them.
    pub words: u64,
    pub code_bytes: u64,
    pub time: Duration,
    /// Side exits taken.
    pub exits: u64,
}

impl Stats {
    /// Adds those of another machine.
    pub fn add(&mut self, other: &Stats) {
        self.compiled += other.compiled;
        self.recompiled += other.recompiled;
        self.refused += other.refused;
        self.words += other.words;
        self.code_bytes += other.code_bytes;
        self.time += other.time;
        self.exits += other.exits;
    }
}

/// A version of a function, by why the ones before it were given up.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Version {
    /// The one before it was given up without new feedback: it assumes nothing.
    is_generic: bool,
    /// Versions given up because feedback had changed.
    updates: u32,
}

impl Version {
    /// Whether code may assume what feedback says.
    pub fn speculates(self) -> bool {
        !self.is_generic
    }

    /// Whether code may be left where an instruction has not run yet.
    pub fn discovers(self) -> bool {
        self.speculates() && self.updates < MAX_DISCOVERIES
    }

    /// Its number, from 1.
    pub fn number(self) -> u32 {
        u32::from(self.is_generic) + self.updates + 1
    }
}

/// A function's current version and what has come of it.
#[derive(Debug)]
pub struct History {
    version: Version,
    /// Side exits of this version.
    exits: u32,
    /// Whether feedback has changed at one of them.
    is_informed: bool,
    /// The flags of each word when it was compiled.
    feedback: Box<[u8]>,
    /// The number of its first deoptimisation point.
    first_exit: usize,
}

impl History {
    pub fn new(version: Version, feedback: Box<[u8]>, first_exit: usize) -> History {
        History {
            version,
            exits: 0,
            is_informed: false,
            feedback,
            first_exit,
        }
    }

    /// Whether a deoptimisation point belongs to this version, or to an older one, which
    /// calls that were active then still run.
    pub fn has_exit(&self, number: usize) -> bool {
        number >= self.first_exit
    }

    /// Counts a side exit at an instruction, whose word now is this. `is_news` says that
    /// it teaches something that its flags do not show. Whether a new version should be
    /// compiled.
    pub fn count_exit(&mut self, at: usize, word: Instr, is_news: bool) -> bool {
        self.exits += 1;
        // The interpreter may have noted it since the function was compiled.
        self.is_informed |= is_news || word.flags() != self.feedback[at];
        let limit = match self.is_informed {
            true => INFORMATIVE_EXITS,
            false => UNINFORMATIVE_EXITS,
        };
        self.version.speculates() && self.exits >= limit
    }

    /// Counts from the beginning: no new version could be made.
    pub fn reset(&mut self) {
        (self.exits, self.is_informed) = (0, false);
    }

    /// The version that would be compiled next.
    pub fn next_version(&self) -> Version {
        let Version {
            is_generic,
            updates,
        } = self.version;
        match self.is_informed {
            true => Version {
                is_generic: is_generic || updates >= MAX_UPDATES,
                updates: updates + 1,
            },
            false => Version {
                is_generic: is_generic || self.exits >= UNINFORMATIVE_EXITS,
                updates,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::Op;

    fn history(version: Version) -> History {
        History::new(version, Box::new([0]), 0)
    }

    /// Exits with this word until a version is given up: how many, and the next version.
    fn give_up(mut history: History, word: Instr) -> (u32, Version) {
        for exits in 1..1000 {
            if history.count_exit(0, word, false) {
                return (exits, history.next_version());
            }
        }
        panic!("a version that stays");
    }

    #[test]
    fn exits_without_new_feedback_lead_to_a_version_that_assumes_nothing() {
        let word = Instr::abc(Op::Add, 0, 0, 0);
        let (exits, version) = give_up(history(Version::default()), word);
        assert_eq!((exits, version.number()), (UNINFORMATIVE_EXITS, 2));
        assert!(!version.speculates());
        let mut last = history(version);
        assert!((0..1000).all(|_| !last.count_exit(0, word, false)));
    }

    #[test]
    fn new_feedback_keeps_assumptions_but_not_for_ever() {
        let word = Instr::abc(Op::Add, 0, 0, 0).with_flags(1);
        let mut version = Version::default();
        for _ in 0..MAX_UPDATES {
            let (exits, next) = give_up(history(version), word);
            assert_eq!(exits, INFORMATIVE_EXITS);
            assert!(next.speculates());
            version = next;
        }
        let (_, last) = give_up(history(version), word);
        assert!(!last.speculates());
    }

    #[test]
    fn places_that_have_not_run_are_news_but_not_for_ever() {
        let word = Instr::abc(Op::GetField, 0, 0, 0);
        let mut version = Version::default();
        for _ in 0..MAX_DISCOVERIES {
            assert!(version.discovers());
            let mut history = history(version);
            assert!(!history.count_exit(0, word, true) && history.count_exit(0, word, true));
            version = history.next_version();
        }
        assert!(!version.discovers() && version.speculates());
    }

    #[test]
    fn a_version_that_could_not_be_replaced_counts_again() {
        let word = Instr::abc(Op::Add, 0, 0, 0);
        let mut history = history(Version::default());
        assert!((1..UNINFORMATIVE_EXITS).all(|_| !history.count_exit(0, word, false)));
        assert!(history.count_exit(0, word, false));
        history.reset();
        assert!(!history.count_exit(0, word, false));
    }
}
