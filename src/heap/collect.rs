//! The collector: marks what can be reached and leaves the rest to be swept.
//! It is generational by sticky marks: what a collection finds alive is old from then
//! on and keeps its mark. A minor collection looks for young objects only: from the
//! roots, and from old objects into which a pointer has been stored since the last
//! collection ([`super::remembered`]). A major one begins a new epoch, in which nothing
//! is marked yet.
//!
//! Roots are of two sorts: precise values, and words that may or may not be
//! pointers (registers, the machine stack, the value stack), which keep alive
//! whatever object they point into. Objects do not move, so neither Rust code
//! nor compiled code needs to say where its pointers are.

use super::Heap;
use super::object::*;
use super::space::{Finalizer, Space};
use crate::value::{POINTER_END, Value};
use std::time::{Duration, Instant};

/// Where roots come from: `visit` marks everything the machine holds on to.
#[derive(Clone, Copy)]
pub struct RootSource {
    pub context: *mut (),
    /// # Safety
    /// Called with `context` while the world stands still.
    pub visit: unsafe fn(context: *mut (), marker: &mut Marker, space: &Space),
}

/// Collections of one sort, and how long the program stood still for them.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pauses {
    pub count: u64,
    pub total: Duration,
    pub longest: Duration,
}

impl Pauses {
    fn add(&mut self, pause: Duration) {
        self.count += 1;
        self.total += pause;
        self.longest = self.longest.max(pause);
    }

    /// Adds those of another heap.
    pub fn merge(&mut self, other: Pauses) {
        self.count += other.count;
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// Those that came after the ones that `before` counts. The longest is that of all.
    pub fn since(self, before: Pauses) -> Pauses {
        Pauses {
            count: self.count - before.count,
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
    pub fn collections(&self) -> u64 {
        self.minor.count + self.major.count
    }

    pub fn total_pause(&self) -> Duration {
        self.minor.total + self.major.total
    }
}

/// The set of objects still to be looked into.
#[derive(Default)]
pub struct Marker {
    pending: Vec<*mut Header>,
    epoch: u8,
    is_minor: bool,
    /// Bytes of the objects that have been marked.
    marked: usize,
    /// Bytes of memory beside the heap.
    beside: usize,
    /// Values within objects that have been looked at.
    visited: usize,
}

impl Marker {
    /// Marks the object that `value` points to, if it is a pointer.
    #[inline]
    pub fn value(&mut self, value: Value) {
        if value.is_pointer() {
            self.object(value.as_pointer());
        }
    }

    /// Marks a live object.
    #[inline]
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // the collector's own callers
    pub fn object(&mut self, header: *mut Header) {
        // SAFETY: callers pass live objects.
        unsafe {
            let mark = (*header).mark;
            // A minor collection passes over old objects, those too that are dead and
            // not swept yet.
            let is_new = match self.is_minor {
                true => mark == YOUNG,
                false => mark & EPOCH != self.epoch,
            };
            if is_new {
                (*header).mark = self.epoch | CLEAN;
                self.pending.push(header);
            }
        }
    }

    /// Whether an object has been found alive; a minor collection takes all old ones for
    /// that.
    pub fn is_marked(&self, value: Value) -> bool {
        let mark = value.header().mark;
        match self.is_minor {
            true => mark != YOUNG,
            false => mark & EPOCH == self.epoch,
        }
    }

    /// Marks the object that `word` points into, if it does.
    pub fn word(&mut self, space: &Space, word: u64) {
        if (FIRST_BLOCK..POINTER_END).contains(&word)
            && let Some(header) = space.object_at(word as usize, self.is_minor)
        {
            self.object(header);
        }
    }

    /// Counts memory beside the heap that a program has taken.
    pub fn count(&mut self, bytes: usize) {
        self.beside += bytes;
    }

    /// Marks what the words of a memory range point into.
    ///
    /// # Safety
    /// The range is readable memory, 8-aligned.
    pub unsafe fn words(&mut self, space: &Space, from: *const u64, to: *const u64) {
        let mut at = from;
        while at < to {
            // SAFETY: within the range; volatile, since the compiler knows
            // nothing of the code that wrote there.
            let word = unsafe { at.read_volatile() };
            self.word(space, word);
            // SAFETY: at most one past the end.
            at = unsafe { at.add(1) };
        }
    }

    fn values(&mut self, from: *mut Value, len: usize) {
        self.visited += len;
        for i in 0..len {
            // SAFETY: `trace` passes the live range of an object's values.
            self.value(unsafe { *from.add(i) });
        }
    }

    /// Marks the buffer that holds an object's elements, unless they lie in the
    /// object's own cell.
    fn buffer(&mut self, ptr: *mut Value, own: *mut Value) {
        if !ptr.is_null() && ptr != own {
            // SAFETY: elements outside the cell follow a buffer's header.
            self.object(unsafe { ptr.cast::<Header>().sub(1) });
        }
    }

    fn drain(&mut self, space: &Space) {
        while let Some(header) = self.pending.pop() {
            self.marked += self.trace(space, header);
        }
    }

    /// Marks what an object refers to. The bytes that it takes, with what it owns
    /// outside its cell; a minor collection leaves out the latter, which have been
    /// counted as they were asked for.
    fn trace(&mut self, space: &Space, header: *mut Header) -> usize {
        // SAFETY: `header` is a live object of the kind it says, and every
        // object's fields were written before the next allocation.
        unsafe {
            match (*header).kind {
                Kind::Free => 0,
                Kind::Native => size_of::<NativeObj>(),
                Kind::BigInt => size_of::<BigIntObj>() + 8 * (*header).aux as usize,
                Kind::Buffer if (*header).flags & LENT != 0 => size_of::<Header>(),
                Kind::Buffer => 8 + 8 * (*header).aux as usize,
                Kind::String => {
                    let string: *mut StringObj = header.cast();
                    match (*header).form {
                        f if f == StringForm::Rope as u8 => {
                            self.object((*string).ptr.cast());
                            self.object((*string).second.cast());
                            size_of::<StringObj>()
                        }
                        f if f == StringForm::External as u8 => {
                            self.object((*string).second.cast());
                            size_of::<StringObj>()
                        }
                        _ => 24 + (*header).aux as usize,
                    }
                }
                Kind::Bytes if (*header).form == BytesForm::Elsewhere as u8 => {
                    self.object((*header.cast::<BytesElsewhereObj>()).keeper);
                    size_of::<BytesElsewhereObj>()
                }
                Kind::Bytes if (*header).flags & LENT != 0 => size_of::<BytesObj>(),
                Kind::Bytes => size_of::<BytesObj>() + (*header).aux as usize,
                Kind::Array => {
                    let array: *mut ArrayObj = header.cast();
                    self.buffer((*array).ptr, trailing(array, 0));
                    self.values((*array).ptr, (*array).len as usize);
                    let own = (*array).ptr == trailing(array, 0);
                    let inline = if own { (*array).cap as usize } else { 0 };
                    size_of::<ArrayObj>() + 8 * inline
                }
                Kind::Dict => {
                    let dict: *mut DictObj = header.cast();
                    let own = (*dict).ptr == trailing(dict, 0);
                    let inline = if own { (*dict).cap as usize } else { 0 };
                    self.buffer((*dict).ptr, trailing(dict, 0));
                    let slots = if (*header).form == DictMode::Hash as u8 {
                        2
                    } else {
                        1
                    };
                    self.values((*dict).ptr, slots * (*dict).len as usize);
                    let outside = match self.is_minor {
                        true => 0,
                        false => super::dict::index_bytes(dict),
                    };
                    size_of::<DictObj>() + 8 * inline + outside
                }
                Kind::Struct | Kind::Object => {
                    let object: *mut StructObj = header.cast();
                    self.object((*object).ty.cast());
                    let fields = (*(*(*object).ty).info).fields.len();
                    self.values(trailing(object, 0), fields);
                    size_of::<StructObj>() + 8 * fields
                }
                Kind::Set => {
                    let set: *mut SetObj = header.cast();
                    self.value((*set).items);
                    let outside = match self.is_minor {
                        true => 0,
                        false => super::set::index_bytes(set),
                    };
                    size_of::<SetObj>() + outside
                }
                Kind::Queue | Kind::Stack => {
                    self.value((*header.cast::<QueueObj>()).items);
                    size_of::<QueueObj>()
                }
                Kind::Heap => {
                    let priority: *mut PriorityObj = header.cast();
                    self.value((*priority).runs);
                    self.value((*priority).by);
                    size_of::<PriorityObj>()
                }
                Kind::Tagged => {
                    let tagged: *mut TaggedObj = header.cast();
                    self.values(trailing(tagged, 0), (*tagged).parts as usize);
                    size_of::<TaggedObj>() + 8 * (*tagged).parts as usize
                }
                Kind::Function => {
                    let function: *mut FunctionObj = header.cast();
                    self.values(trailing(function, 0), (*header).aux as usize);
                    size_of::<FunctionObj>() + 8 * (*header).aux as usize
                }
                Kind::BoundMethod => {
                    let bound: *mut BoundMethodObj = header.cast();
                    self.value((*bound).receiver);
                    self.value((*bound).method);
                    size_of::<BoundMethodObj>()
                }
                Kind::Cell => {
                    self.value((*header.cast::<CellObj>()).value);
                    size_of::<CellObj>()
                }
                Kind::StructType => {
                    let info = &*(*header.cast::<StructTypeObj>()).info;
                    self.value(info.name);
                    for field in &info.fields {
                        self.value(field.name);
                        match field.default {
                            super::types::Default::None
                            | super::types::Default::EmptyArray
                            | super::types::Default::EmptyDict => {}
                            super::types::Default::Value(v) | super::types::Default::Call(v) => {
                                self.value(v)
                            }
                        }
                    }
                    for method in &info.methods {
                        self.value(method.name);
                        self.value(method.function);
                    }
                    size_of::<StructTypeObj>()
                }
                Kind::EnumType => {
                    let info = &*(*header.cast::<EnumTypeObj>()).info;
                    self.value(info.name);
                    for &(name, _) in &info.variants {
                        self.value(name);
                    }
                    size_of::<EnumTypeObj>()
                }
                Kind::KeyList => {
                    let list: *mut KeyListObj = header.cast();
                    self.values(trailing(list, 0), (*list).len as usize);
                    size_of::<KeyListObj>() + 8 * (*list).len as usize
                }
                Kind::Generator => {
                    let generator: *mut GeneratorObj = header.cast();
                    self.value((*generator).function);
                    // Registers are saved as they are, stale ones included.
                    let from = trailing(generator, 0).cast::<u64>();
                    self.words(space, from, from.add((*header).aux as usize));
                    size_of::<GeneratorObj>() + 8 * (*generator).capacity as usize
                }
                Kind::Iterator => {
                    let iterator: *mut IteratorObj = header.cast();
                    self.value((*iterator).source);
                    self.value((*iterator).operand);
                    self.value((*iterator).extra);
                    self.value((*iterator).state);
                    size_of::<IteratorObj>()
                }
                Kind::Handle => size_of::<HandleObj>(),
                Kind::Promise => {
                    let promise: *mut PromiseObj = header.cast();
                    self.value((*promise).value);
                    self.value((*promise).waiters);
                    self.value((*promise).task);
                    size_of::<PromiseObj>()
                }
                Kind::Task => {
                    let task: *mut TaskObj = header.cast();
                    self.value((*task).promise);
                    self.value((*task).waits_for);
                    self.value((*task).ended);
                    // Registers are saved as they are, stale ones included.
                    let from = super::promise::saved_values(task).cast::<u64>();
                    self.words(space, from, from.add((*header).aux as usize));
                    size_of::<TaskObj>() + 8 * (*task).capacity as usize
                }
                Kind::Reaction => {
                    self.value((*header.cast::<ReactionObj>()).kept);
                    size_of::<ReactionObj>()
                }
            }
        }
    }
}

/// Lower addresses are never blocks.
const FIRST_BLOCK: u64 = 1 << 16;

/// Bytes that a collection has found.
pub struct Found {
    /// In objects that it has marked: a minor one marks young objects only.
    pub marked: usize,
    /// In memory beside the heap.
    pub beside: usize,
    /// Values within objects that it has looked at, a measure of its work.
    pub visited: usize,
}

/// Runs a collection of young objects, or of all.
pub fn run(heap: &mut Heap, is_minor: bool) -> Found {
    let start = Instant::now();
    match is_minor {
        true => heap.space.begin_minor_mark(),
        false => heap.space.begin_mark(),
    }
    let mut marker = std::mem::take(&mut heap.marker);
    marker.epoch = heap.space.epoch;
    marker.is_minor = is_minor;
    (marker.marked, marker.beside, marker.visited) = (0, 0, 0);
    if is_minor {
        for &header in heap.remembered.objects() {
            // SAFETY: what has been stored into is a live object. Everything that it
            // refers to is marked; its own bytes have been counted.
            unsafe { (*header).mark |= CLEAN };
            marker.trace(&heap.space, header);
        }
    }
    heap.remembered.clear();
    heap.shapes.trace(&mut marker);
    if let Some(roots) = heap.roots {
        // SAFETY: the machine that set the source is stopped in an allocation.
        unsafe { (roots.visit)(roots.context, &mut marker, &heap.space) };
    }
    marker.drain(&heap.space);
    heap.rejected.visit(&mut marker);
    marker.drain(&heap.space);
    heap.strings.forget_dead(heap.space.epoch, is_minor);
    heap.positions.forget_dead(heap.space.epoch);
    heap.space.forget_guests();
    if is_minor && cfg!(debug_assertions) && heap.space.stress {
        check_remembered(heap, &mut marker);
    }
    match is_minor {
        true => heap.space.begin_minor_sweep(),
        false => heap.space.begin_sweep(),
    }
    let found = Found {
        marked: marker.marked,
        beside: marker.beside,
        visited: marker.visited,
    };
    heap.marker = marker;
    let pauses = match is_minor {
        true => &mut heap.stats.minor,
        false => &mut heap.stats.major,
    };
    pauses.add(start.elapsed());
    found
}

/// Checks after the marking of a minor collection that no old object refers to a young
/// one that has not been found: a store would have passed no write barrier.
fn check_remembered(heap: &Heap, marker: &mut Marker) {
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
            marker.trace(&heap.space, header);
            if let Some(young) = marker.pending.pop() {
                let (old, young) = ((*header).kind, (*young).kind);
                panic!("an old {old:?} refers to a young {young:?} and is not remembered");
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
