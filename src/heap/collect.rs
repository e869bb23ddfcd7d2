//! The collector: marks what can be reached ([`super::marker`]) and leaves the rest to be
//! swept. It is generational by sticky marks: what a collection finds alive is old from then
//! on and keeps its mark. A minor collection looks for young objects only: from the
//! roots, and from old objects into which a pointer has been stored since the last
//! collection ([`super::remembered`]). A major one begins a new epoch, in which nothing
//! is marked yet.
//!
//! The marking of a collection may be done in parts while the program runs
//! ([`super::pacing`] says when). Objects are in one of three states then: *white*, not found
//! yet: new ones have no mark, and in a major collection others have that of an earlier epoch;
//! *grey*, marked and waiting to be looked into; *black*, marked and looked into. A store
//! into a marked object passes the write barrier, and the object is remembered and looked into
//! once more. So no black object refers to a white one when the roots, which have no barrier,
//! have been looked at last and led to nothing new: then the marking is complete. No other
//! collection runs meanwhile, and none of what may be found is freed.
//!
//! Roots are of two sorts: precise values, and words that may or may not be
//! pointers (registers, the machine stack, the value stack), which keep alive
//! whatever object they point into. Objects do not move, so neither Rust code
//! nor compiled code needs to say where its pointers are.

use super::Heap;
pub use super::marker::Marker;
use super::marker::{Budget, Found};
use super::object::*;
use super::space::{Finalizer, Space};
use super::types::{EnumTypeObj, StructTypeObj};
use std::time::{Duration, Instant};

/// Where roots come from: `visit` marks everything the machine holds on to.
#[derive(Clone, Copy)]
pub struct RootSource {
    pub context: *mut (),
    /// # Safety
    /// Called with `context` while nothing else runs.
    pub visit: unsafe fn(context: *mut (), marker: &mut Marker, space: &Space),
}

/// Collections of one sort, and how long the program stood still for them.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pauses {
    pub count: u64,
    /// Times that the program stood still: a collection may be done in parts.
    pub parts: u64,
    pub total: Duration,
    pub longest: Duration,
}

impl Pauses {
    /// Counts a part of a collection.
    pub(super) fn add(&mut self, pause: Duration) {
        self.parts += 1;
        self.total += pause;
        self.longest = self.longest.max(pause);
    }

    /// Counts the last part of a collection, or the only one.
    pub(super) fn add_last(&mut self, pause: Duration) {
        self.count += 1;
        self.add(pause);
    }

    /// Adds those of another heap.
    pub fn merge(&mut self, other: Pauses) {
        self.count += other.count;
        self.parts += other.parts;
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// Those that came after the ones that `before` counts. The longest is that of all.
    pub fn since(self, before: Pauses) -> Pauses {
        Pauses {
            count: self.count - before.count,
            parts: self.parts - before.parts,
            total: self.total - before.total,
            longest: self.longest,
        }
    }
}

/// The cost of collections so far.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Collections that looked at young objects only.
    pub minor: Pauses,
    /// Those that looked at all.
    pub major: Pauses,
    /// Arrays, dicts and struct instances that were copied.
    pub copies: u64,
    /// Bytes of cells that the last collection left alive; after a minor one old
    /// objects that have died are among them.
    pub live_bytes: usize,
}

impl Stats {
    /// Those of one sort.
    pub(super) fn pauses(&mut self, is_minor: bool) -> &mut Pauses {
        match is_minor {
            true => &mut self.minor,
            false => &mut self.major,
        }
    }

    #[cfg(test)]
    pub fn collections(&self) -> u64 {
        self.minor.count + self.major.count
    }

    pub fn total_pause(&self) -> Duration {
        self.minor.total + self.major.total
    }
}

/// Runs a collection of young objects, or of all.
pub(super) fn run(heap: &mut Heap, is_minor: bool) -> Found {
    let start = Instant::now();
    match is_minor {
        true => heap.space.begin_minor_mark(),
        false => heap.space.begin_mark(),
    }
    let mut marker = std::mem::take(&mut heap.marker);
    marker.begin(&heap.space, is_minor);
    if !is_minor {
        heap.remembered.clear();
    }
    mark_roots(heap, &mut marker, Budget::WHOLE, false);
    marker.drain(&heap.space, Budget::WHOLE);
    let found = finish(heap, marker);
    heap.stats.pauses(is_minor).add_last(start.elapsed());
    found
}

/// Begins a collection that is done in parts: [`go_on`] until that has an end. All
/// blocks that its marking has to find swept have been swept.
pub(super) fn begin(heap: &mut Heap, is_minor: bool) {
    match is_minor {
        true => heap.space.begin_minor_mark(),
        false => {
            heap.space.begin_gradual_mark();
            heap.remembered.clear();
        }
    }
    heap.marker.begin(&heap.space, is_minor);
}

/// The state in which a part of a collection leaves it.
pub(super) enum Progress {
    /// There are known objects that it has not looked into.
    Unfinished,
    /// It has looked at the roots once more, and found too much there.
    Again,
    Done(Found),
}

/// Goes on with the marking that [`begin`] has begun. When nothing is left that it knows of,
/// it looks at what the program has changed meanwhile and at the roots: if what it finds
/// there is within the budget, too, all that can be reached has been marked, but for what
/// long arrays and dicts refer to that have been changed. Those are looked at then. `is_first`
/// says that it has not yet looked at the roots.
pub(super) fn go_on(heap: &mut Heap, budget: Budget, is_first: bool) -> Progress {
    heap.space.sort_blocks();
    let mut marker = std::mem::take(&mut heap.marker);
    let end = marker.found.work.saturating_add(budget.work);
    let left = |marker: &Marker, until| Budget {
        work: end.saturating_sub(marker.found.work),
        until,
    };
    let mut progress = Progress::Unfinished;
    let rest = left(&marker, budget.until);
    if marker.drain(&heap.space, rest) {
        let begin = Instant::now();
        let rest = left(&marker, budget.until);
        // A minor collection has looked at none of them before.
        let postpones = !(is_first && marker.is_minor);
        if mark_roots(heap, &mut marker, rest, postpones) {
            progress = Progress::Again;
        }
        // The roots are looked at all at once. If that has taken long, as it does for a deep
        // stack, nothing is won by leaving the rest to a part that has to look again.
        let until = budget.until.map(|until| until + begin.elapsed());
        let rest = left(&marker, until);
        if marker.drain(&heap.space, rest) && matches!(progress, Progress::Again) {
            marker.look_at_changed(&heap.space);
            return Progress::Done(finish(heap, marker));
        }
    }
    heap.marker = marker;
    progress
}

/// Marks what the program holds on to, after what remembered objects refer to; whether the
/// budget was enough to come to that. Long arrays and dicts may be postponed.
fn mark_roots(heap: &mut Heap, marker: &mut Marker, budget: Budget, postpones: bool) -> bool {
    let end = marker.found.work.saturating_add(budget.work);
    while let Some(header) = heap.remembered.take() {
        // SAFETY: what has been stored into is an object, and has not been swept since.
        unsafe {
            // A major collection may find others later, or never.
            if (*header).mark & EPOCH == heap.space.epoch {
                match postpones && marker.is_long(header) {
                    true => marker.postpone(header),
                    false => marker.look_again(&heap.space, header),
                }
            }
        }
        if marker.found.work >= end && !heap.remembered.is_empty() {
            return false;
        }
    }
    heap.remembered.clear();
    for key in heap.shapes.all_keys() {
        marker.value(key);
    }
    marker.found.beside = 0;
    if let Some(roots) = heap.roots {
        // SAFETY: the machine that set the source is stopped in an allocation.
        unsafe { (roots.visit)(roots.context, marker, &heap.space) };
    }
    true
}

/// The end of a collection, after everything that can be reached has been marked.
fn finish(heap: &mut Heap, mut marker: Marker) -> Found {
    let is_minor = marker.is_minor;
    heap.rejected.visit(&mut marker);
    marker.drain(&heap.space, Budget::WHOLE);
    heap.strings.forget_dead(heap.space.epoch, is_minor);
    heap.positions.forget_dead(heap.space.epoch);
    heap.space.forget_guests();
    let found = marker.found;
    if cfg!(debug_assertions) && heap.space.stress {
        check_marks(heap, &mut marker);
    }
    match is_minor {
        true => heap.space.begin_minor_sweep(),
        false => heap.space.begin_sweep(),
    }
    heap.marker = marker;
    found
}

/// Checks after the marking of a collection that no marked object refers to one that has
/// not been found: a store would have passed no write barrier.
fn check_marks(heap: &Heap, marker: &mut Marker) {
    let epoch = heap.space.epoch;
    heap.space.for_each_object(|header| {
        // SAFETY: objects of the heap; those of this epoch are alive, or were at the
        // last major collection, and so was what they refer to.
        unsafe {
            // Registers that a generator or a task has saved may be stale.
            let saved = matches!((*header).kind, Kind::Generator | Kind::Task);
            if (*header).mark & EPOCH != epoch || saved {
                return;
            }
            if let Some(missed) = marker.missed(&heap.space, header) {
                let holder = (*header).kind;
                panic!("a marked {holder:?} refers to a {missed:?} that is not marked");
            }
        }
    });
}

/// Room on the machine stack for the registers that calls preserve: they may hold
/// what a caller has nowhere else.
pub struct PreservedRegisters([u64; 12]);

impl PreservedRegisters {
    pub const EMPTY: PreservedRegisters = PreservedRegisters([0; 12]);

    /// Writes the registers down as they are here; where that is. Filled in place:
    /// a copy of what was just written in pieces would have to wait for them.
    #[inline(always)]
    pub fn save(&mut self) -> *const u64 {
        let to = self.0.as_mut_ptr();
        #[cfg(target_arch = "x86_64")]
        // SAFETY: stores the callee-saved registers into the array.
        unsafe {
            std::arch::asm!(
                "mov [{r}], rbx", "mov [{r} + 8], rbp", "mov [{r} + 16], r12",
                "mov [{r} + 24], r13", "mov [{r} + 32], r14", "mov [{r} + 40], r15",
                r = in(reg) to, options(nostack)
            );
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: stores the callee-saved registers into the array.
        unsafe {
            std::arch::asm!(
                "stp x19, x20, [{r}]", "stp x21, x22, [{r}, #16]", "stp x23, x24, [{r}, #32]",
                "stp x25, x26, [{r}, #48]", "stp x27, x28, [{r}, #64]", "str x29, [{r}, #80]",
                r = in(reg) to, options(nostack)
            );
        }
        to
    }
}

/// Marks what the machine stack from here up to `base`, and the registers that
/// calls preserve, may point to. A hole that ends below its begin is empty.
///
/// # Safety
/// `base` is an address in a caller's frame on this thread's stack.
#[inline(never)]
pub unsafe fn mark_machine_stack(
    marker: &mut Marker,
    space: &Space,
    base: *const u64,
    holes: &[(*const u64, *const u64)],
) {
    let mut registers = PreservedRegisters::EMPTY;
    let mut here = registers.save();
    for &(low, high) in holes.iter().rev() {
        // SAFETY: from this frame up to the base is this thread's live stack.
        unsafe { marker.words(space, here, low) };
        here = high.max(low);
    }
    // SAFETY: as above.
    unsafe { marker.words(space, here, base) };
}

/// Frees what dead objects own outside their cells.
pub const FINALIZER: Finalizer = Finalizer {
    kinds: 1 << Kind::Dict as u32
        | 1 << Kind::Set as u32
        | 1 << Kind::StructType as u32
        | 1 << Kind::EnumType as u32
        | 1 << Kind::Iterator as u32
        | 1 << Kind::Handle as u32
        | 1 << Kind::Reaction as u32,
    run: finalize,
};

/// # Safety
/// The object is dead and is finalized once; its kind is one of [`FINALIZER`]'s.
unsafe fn finalize(header: *mut Header) {
    // SAFETY: the kind says what the object owns.
    unsafe {
        match (*header).kind {
            Kind::Dict => super::dict::drop_index(header.cast()),
            Kind::Set => super::set::drop_index(header.cast()),
            Kind::StructType => drop(Box::from_raw((*header.cast::<StructTypeObj>()).info)),
            Kind::EnumType => drop(Box::from_raw((*header.cast::<EnumTypeObj>()).info)),
            Kind::Iterator => super::lazy::drop_external(header.cast()),
            Kind::Handle => super::handle::drop_share(header.cast()),
            Kind::Reaction => super::promise::drop_work(header.cast()),
            kind => unreachable!("{kind:?} owns nothing"),
        }
    }
}
