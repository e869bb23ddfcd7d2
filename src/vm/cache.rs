//! The words after instructions with an inline cache, before they name a shape. An
//! instruction that has not run yet is told from one that has run and met something
//! that no cache can hold: compiled code leaves the first to the interpreter.

/// The instruction has never run. No shape or code of a kind matches the low half.
pub const NEVER_RUN: u64 = u32::MAX as u64;
/// It has run, and nothing could be cached. No shape or code matches either.
pub const NOT_CACHED: u64 = NEVER_RUN | 1 << 32;

/// Notes that the instruction runs, before its cache is filled.
#[inline(always)]
pub fn note_run(word: &mut u64) {
    if *word == NEVER_RUN {
        *word = NOT_CACHED;
    }
}
