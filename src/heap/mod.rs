//! The heap: allocation, collection, and the object kinds with what can be done
//! to each. Whatever touches the bytes of an object is here, with safe
//! methods where the types allow it. Nothing here knows of bytecode, calls or
//! how values print; the collector's roots come from outside (`Roots`).
//!
//! # Invariants
//! * Objects never move. A [`Value`] pointer stays good while something the
//!   collector looks at refers to the object: the value stack, globals,
//!   constants, handles, or a local variable of running Rust code (the machine
//!   stack is scanned conservatively). A `Vec<Value>` is *not* looked at.
//! * Every allocation may collect. A new object's fields are written before the
//!   next allocation.
//! * A store of a pointer into an object that is not new passes [`Heap::write_barrier`].

pub mod array;
pub mod bigint;
pub mod bytes;
pub mod collect;
pub mod dict;
pub mod handle;
pub mod lazy;
mod marker;
pub mod memory;
pub mod object;
mod pacing;
mod pages;
mod positions;
pub mod priority;
pub mod promise;
pub mod queue;
pub mod rejected;
pub mod remembered;
mod room;
pub mod rope;
pub mod set;
pub mod shape;
pub mod shared;
pub mod space;
pub mod string;
pub mod table;
#[cfg(test)]
mod tests;
mod text_array;
pub mod types;
pub mod watch;

pub use room::NoRoom;

use crate::value::Value;
use object::*;
use shape::Shapes;
use space::{MAX_SMALL, Space};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most elements of an array or entries of a dict.
pub const MAX_ELEMENTS: usize = 1 << 28;
/// Most bytes of a string.
pub const MAX_STRING: usize = 1 << 30;

/// Less than this is not worth a collection to find room for; the next
/// safepoint notices what many small requests add up to.
const SMALL_REQUEST: usize = 1 << 16;

/// For as much as this the system is asked first.
const LARGE_REQUEST: usize = 16 << 20;

/// The error that a program gets when the heap's limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// The code that counts allocations.
#[derive(Clone, Copy)]
pub struct AllocationProbe {
    pub context: *mut (),
    /// # Safety
    /// Called with `context` in an allocation, for so many bytes in so many cells
    /// handed out since the last call for cells of this size; allocates nothing.
    pub note: unsafe fn(context: *mut (), bytes: usize, cells: usize),
}

/// A limit that several heaps have together.
struct SharedLimit {
    /// Bytes that live in all of them.
    live: Arc<AtomicUsize>,
    /// Bytes of them that live in this one, as far as the others know.
    own: usize,
    limit: usize,
}

impl Drop for SharedLimit {
    fn drop(&mut self) {
        self.live.fetch_sub(self.own, Ordering::Relaxed);
    }
}

pub struct Heap {
    /// Set when a collection left more than `limit`, with the bit of interrupts that
    /// [`Watch::note_full`](watch::Watch::note_full) sets: the next safepoint of the machine
    /// turns it into an error.
    pub over_limit: bool,
    /// Set, with `over_limit`, when a growing buffer and its copy were more than `limit`.
    pub refused: bool,
    pub space: Space,
    pub shapes: Shapes,
    pub strings: string::Interner,
    positions: positions::Positions,
    /// Allocated bytes at which the next collection, or part of one, runs.
    threshold: usize,
    /// `--max-heap`, in bytes, without what other heaps have of it.
    limit: usize,
    /// The limit of all heaps together, if this is one of several.
    shared: Option<SharedLimit>,
    /// Supplies the roots; set while a machine runs on this heap.
    pub roots: Option<collect::RootSource>,
    /// Told of memory that allocations have used up, for a profile.
    pub probe: Option<AllocationProbe>,
    /// Tells long work on large tables that the program is to end.
    pub watch: watch::Watch,
    marker: marker::Marker,
    pub(crate) remembered: remembered::Remembered,
    /// Rejected promises that no code has awaited.
    pub rejected: rejected::RejectedPromises,
    pacing: pacing::Pacing,
    pub stats: collect::Stats,
    /// Memory outside cells (dict indexes) since the last collection.
    external: usize,
}

impl Heap {
    pub fn new() -> Heap {
        Heap {
            space: Space::new(collect::FINALIZER),
            shapes: Shapes::new(),
            strings: string::Interner::new(),
            positions: positions::Positions::default(),
            threshold: pacing::FIRST_COLLECTION,
            remembered: remembered::Remembered::new(),
            rejected: rejected::RejectedPromises::default(),
            pacing: pacing::Pacing::default(),
            limit: usize::MAX,
            shared: None,
            over_limit: false,
            refused: false,
            roots: None,
            probe: None,
            watch: watch::Watch::default(),
            marker: marker::Marker::default(),
            stats: collect::Stats::default(),
            external: 0,
        }
    }

    /// Collects at every allocation from now on.
    pub fn set_stress(&mut self, on: bool) {
        self.space.stress = on;
    }

    /// Collects when told to only.
    #[cfg(test)]
    pub fn put_off_collections(&mut self) {
        self.threshold = usize::MAX;
    }

    /// Whether a young object has become old.
    #[cfg(test)]
    pub fn is_old(&self, value: Value) -> bool {
        value.header().mark & EPOCH == self.space.epoch
    }

    /// Limits live memory to about `bytes`; reaching it is reported through
    /// `over_limit`.
    pub fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
        self.threshold = self.threshold.min(bytes / 2);
    }

    /// Makes the limit one of several heaps, in which so many bytes live.
    pub fn share_limit(&mut self, live: &Arc<AtomicUsize>) {
        if self.is_limited() && self.shared.is_none() {
            self.shared = Some(SharedLimit {
                live: live.clone(),
                own: 0,
                limit: self.limit,
            });
            self.divide_limit();
        }
    }

    /// Tells other heaps what lives here, and takes what they leave of the limit.
    fn divide_limit(&mut self) {
        let Some(shared) = &mut self.shared else {
            return;
        };
        let own = self.stats.live_bytes;
        let others = match own >= shared.own {
            true => shared.live.fetch_add(own - shared.own, Ordering::Relaxed),
            false => shared.live.fetch_sub(shared.own - own, Ordering::Relaxed),
        };
        let others = others.saturating_sub(shared.own);
        shared.own = own;
        self.limit = shared.limit.saturating_sub(others);
    }

    /// Bytes of memory the heap holds now.
    pub fn reserved(&self) -> usize {
        self.space.reserved
    }

    /// A cell for `size` bytes with its header written. The rest is arbitrary:
    /// the caller writes every field before the next allocation.
    #[inline(always)]
    pub fn allocate(&mut self, kind: Kind, form: u8, aux: u32, size: usize) -> *mut Header {
        let mut cell = std::ptr::null_mut();
        if size <= MAX_SMALL && !self.space.stress {
            cell = self.space.bump(size);
        }
        if cell.is_null() {
            cell = self.allocate_slow(size);
        }
        let header: *mut Header = cell.cast();
        // SAFETY: a fresh cell of at least a header's size.
        unsafe {
            header.write(Header {
                kind,
                flags: 0,
                mark: YOUNG,
                form,
                aux,
            })
        };
        header
    }

    #[cold]
    #[inline(never)]
    fn allocate_slow(&mut self, size: usize) -> *mut u8 {
        if self.space.stress || self.space.allocated + self.external >= self.threshold {
            self.collect_some();
        }
        if size > MAX_SMALL {
            self.before_large(size);
            self.note_allocation(size, 1);
            return self.space.allocate_large(size);
        }
        loop {
            let cell = self.space.bump(size);
            if !cell.is_null() {
                return cell;
            }
            let used = self.space.refill(size);
            self.note_allocation(used, used / Space::cell_size(size));
        }
    }

    /// Collects if a large cell of this size makes that due.
    fn before_large(&mut self, size: usize) {
        if self.space.allocated + self.external + size >= self.threshold {
            self.collect_some();
        }
    }

    #[inline]
    fn note_allocation(&mut self, bytes: usize, cells: usize) {
        if let Some(probe) = self.probe
            && bytes > 0
        {
            // SAFETY: this is in an allocation, and the machine that set the probe
            // takes it away before it goes.
            unsafe { (probe.note)(probe.context, bytes, cells) };
        }
    }

    /// Whether a value object of `size` more bytes would break the heap's limit
    /// even after a collection; natives that take much at once ask first.
    pub fn check_room(&mut self, size: usize) -> Result<(), OutOfMemory> {
        if size < SMALL_REQUEST {
            return Ok(());
        }
        if self.held().saturating_add(size) > self.limit {
            self.collect();
            if self.held().saturating_add(size) > self.limit {
                return Err(OutOfMemory);
            }
        }
        if size >= LARGE_REQUEST && !space::system_has(size) {
            return Err(OutOfMemory);
        }
        Ok(())
    }

    /// [`Heap::check_room`] for a value of `size` bytes that is copied from a buffer of
    /// as many: together they may be beyond the limit by half of it.
    pub fn check_room_for_copy(&mut self, size: usize) -> Result<(), OutOfMemory> {
        self.check_room(size.max((2 * size).saturating_sub(self.limit / 2)))
    }

    /// Whether a buffer of `size` bytes has room beside what lives: what gathers a text
    /// asks as it goes, before the memory is taken.
    #[inline(always)]
    pub fn may_hold(&mut self, size: usize) -> bool {
        size < SMALL_REQUEST || self.may_hold_much(size)
    }

    #[cold]
    #[inline(never)]
    fn may_hold_much(&mut self, size: usize) -> bool {
        let fits = |heap: &Heap| size.saturating_add(heap.stats.live_bytes) <= heap.limit;
        fits(self) || {
            self.collect();
            fits(self)
        }
    }

    /// The limit, in bytes; the largest number if there is none.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether a program that caught being out of memory went on filling the
    /// heap, to twice its limit, or that of all threads: nothing is caught then.
    #[inline]
    pub fn is_exhausted(&self) -> bool {
        let limit = self.shared.as_ref().map_or(self.limit, |one| one.limit);
        self.stats.live_bytes / 2 > limit
    }

    /// Whether there is a limit.
    pub fn is_limited(&self) -> bool {
        self.limit != usize::MAX
    }

    /// Memory in use, with what lies outside cells.
    fn held(&self) -> usize {
        self.reserved().max(self.stats.live_bytes) + self.external
    }

    /// Counts memory held outside cells.
    #[inline]
    pub fn note_external(&mut self, bytes: usize) {
        self.external += bytes;
    }

    /// The write barrier: `object` has got `value`, which may be a pointer. Compiled code
    /// has its own (`store_in_object` of the baseline compiler).
    ///
    /// A new object needs none before the next allocation, nor do values that leave an
    /// object, nor those that change places within an array or dict before the next
    /// allocation, if that is noted ([`View::note_moves`]). Any other store needs one, even
    /// of a value that has long been old: a major collection may have looked into the object
    /// already and not have come to the value.
    #[inline(always)]
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // callers pass the object they have written
    pub fn write_barrier(&mut self, object: *mut Header, value: Value) {
        if value.is_pointer() {
            self.note_store(object);
        }
    }

    /// [`Heap::write_barrier`] for what is a pointer, but no value: a buffer.
    #[inline(always)]
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // as above
    pub fn note_store(&mut self, object: *mut Header) {
        // SAFETY: callers pass live objects.
        unsafe {
            if (*object).mark >= CLEAN {
                self.remembered.enter(object);
            }
        }
    }

    /// Storage for `cap` values. The contents are arbitrary.
    pub fn new_buffer(&mut self, cap: usize) -> *mut Value {
        let header = self.allocate(Kind::Buffer, 0, cap as u32, 8 + 8 * cap);
        // SAFETY: the values follow the header.
        unsafe { header.add(1).cast() }
    }

    /// A buffer of `cap` values with the first `len` of `old`, which was a
    /// buffer of `old_cap` values if `owned` and is not used again then.
    ///
    /// # Errors
    /// If the system has no memory for it; nothing has changed then.
    ///
    /// # Safety
    /// `old` points to `len` values and, if `owned`, came from `new_buffer`.
    pub unsafe fn grow_buffer(
        &mut self,
        old: *mut Value,
        len: usize,
        old_cap: usize,
        owned: bool,
        cap: usize,
    ) -> Result<*mut Value, NoRoom> {
        // SAFETY: an owned buffer beyond the small sizes is a large cell.
        unsafe {
            if owned && 8 + 8 * old_cap > MAX_SMALL && !self.space.stress {
                if self.space.allocated + self.external >= self.threshold {
                    self.collect_some();
                }
                let size = 8 + 8 * cap;
                if size >= LARGE_REQUEST && self.held().saturating_add(size) > self.limit {
                    self.collect();
                    if self.held().saturating_add(size) > self.limit {
                        self.over_limit = true;
                        self.refused = true;
                        self.watch.note_full();
                    }
                }
                self.note_allocation(8 * cap.saturating_sub(old_cap), 0);
                let cell = self.space.grow_large(old.cast::<u8>().sub(8), 8 + 8 * cap);
                if cell.is_null() {
                    return Err(NoRoom::OutOfMemory);
                }
                if (*cell.cast::<Header>()).mark != YOUNG {
                    // It has been counted with the size that it had.
                    self.pacing.old += 8 * cap.saturating_sub(old_cap);
                }
                (*cell.cast::<Header>()).aux = cap as u32;
                return Ok(cell.add(8).cast());
            }
            if 8 * cap >= LARGE_REQUEST && !space::system_has(8 + 8 * cap) {
                return Err(NoRoom::OutOfMemory);
            }
            let new = self.new_buffer(cap);
            std::ptr::copy_nonoverlapping(old, new, len);
            Ok(new)
        }
    }

    pub fn new_cell(&mut self, value: Value) -> Value {
        let cell: *mut CellObj = self.allocate(Kind::Cell, 0, 0, size_of::<CellObj>()).cast();
        // SAFETY: a fresh cell object.
        unsafe {
            (*cell).value = value;
            Value::pointer(cell)
        }
    }

    pub fn new_native(&mut self, index: u16) -> Value {
        let native: *mut NativeObj = self
            .allocate(Kind::Native, 0, 0, size_of::<NativeObj>())
            .cast();
        // SAFETY: a fresh native object.
        unsafe {
            (*native).index = index as u64;
            Value::pointer(native)
        }
    }

    pub fn new_bound_method(&mut self, receiver: Value, method: Value) -> Value {
        let bound: *mut BoundMethodObj = self
            .allocate(Kind::BoundMethod, 0, 0, size_of::<BoundMethodObj>())
            .cast();
        // SAFETY: a fresh bound method.
        unsafe {
            (*bound).receiver = receiver;
            (*bound).method = method;
            Value::pointer(bound)
        }
    }

    /// A tagged value with the given parts.
    pub fn new_tagged(&mut self, tag: u32, parts: &[Value]) -> Value {
        let size = size_of::<TaggedObj>() + 8 * parts.len();
        let object: *mut TaggedObj = self.allocate(Kind::Tagged, 0, tag, size).cast();
        // SAFETY: a fresh object with room for the parts.
        unsafe {
            (*object).parts = parts.len() as u64;
            std::ptr::copy_nonoverlapping(parts.as_ptr(), trailing(object, 0), parts.len());
            Value::pointer(object)
        }
    }
}

impl Default for Heap {
    fn default() -> Self {
        Heap::new()
    }
}
