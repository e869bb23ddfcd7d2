//! The marker: the objects that are still to be looked into, and what an object of each
//! kind refers to. The marking of a major collection may be done in parts, with the program
//! running in between ([`super::pacing`]): what has been found stays here.
//!
//! The elements of a long array or dict are looked at in portions. Values that change
//! places within it meanwhile could be missed, so its mark has [`PORTION`] as long as that
//! lasts: code that moves values clears it, and the marker begins again.

use super::dict::DictObj;
use super::object::*;
use super::pages::prefetch;
use super::set::SetObj;
use super::space::{Space, YoungPlaces};
use super::types::{EnumTypeObj, StructObj, StructTypeObj};
use crate::value::{POINTER_END, Value};
use std::rc::Rc;
use std::time::Instant;

/// Elements that are looked at in one go.
const AT_ONCE: usize = 1 << 12;
/// The same under stress.
const AT_ONCE_STRESSED: usize = 3;
/// The headers of so many objects are on their way to the processor's cache: a heap is visited
/// in no order, and there is nothing else to do meanwhile.
const AHEAD: usize = 16;
/// Values that are tested at once for being pointers.
const TESTED_AT_ONCE: usize = 16;
/// The cost of looking into an object, beside its elements; the unit is a byte of elements.
const OBJECT_WORK: usize = 32;
/// Work between two looks at the clock.
const CLOCK_EVERY: usize = 1 << 16;

/// How much a part of a marking may do.
#[derive(Clone, Copy)]
pub struct Budget {
    /// In bytes of what is looked at.
    pub work: usize,
    /// It ends then, too.
    pub until: Option<Instant>,
}

impl Budget {
    /// All there is to do.
    pub const WHOLE: Budget = Budget {
        work: usize::MAX,
        until: None,
    };
}

/// The sums of a marking so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    /// Bytes of the objects that have been marked: a minor collection marks young objects
    /// only.
    pub marked: usize,
    /// Bytes of memory beside the heap.
    pub beside: usize,
    /// Bytes of what has been looked at, a measure of the work.
    pub work: usize,
}

/// The set of objects still to be looked into.
pub struct Marker {
    pending: Vec<*mut Header>,
    /// Objects that have been asked for last and may have to be marked, or null: a ring, in
    /// which `oldest` comes first.
    ahead: [*mut Header; AHEAD],
    oldest: usize,
    /// Arrays and dicts of which a portion has been looked at: where it ends.
    portions: Vec<(*mut Header, usize)>,
    /// Long arrays and dicts that have been changed since they were looked into.
    changed: Vec<*mut Header>,
    epoch: u8,
    pub(super) is_minor: bool,
    /// Outside these places are no young objects.
    young: *const YoungPlaces,
    /// Longer arrays and dicts are looked at in portions of so many values.
    at_once: usize,
    pub(super) found: Found,
}

impl Default for Marker {
    /// One that has nothing to do, until [`Marker::begin`].
    fn default() -> Marker {
        Marker {
            pending: Vec::new(),
            ahead: [std::ptr::null_mut(); AHEAD],
            oldest: 0,
            portions: Vec::new(),
            changed: Vec::new(),
            epoch: 0,
            is_minor: false,
            young: std::ptr::null(),
            at_once: 0,
            found: Found::default(),
        }
    }
}

impl Marker {
    /// Forgets all, for a marking in which objects get this epoch.
    pub(super) fn begin(&mut self, space: &Space, is_minor: bool) {
        self.pending.clear();
        self.ahead = [std::ptr::null_mut(); AHEAD];
        self.portions.clear();
        self.changed.clear();
        self.epoch = space.epoch;
        self.is_minor = is_minor;
        self.young = Rc::as_ptr(&space.young);
        self.at_once = match space.stress {
            true => AT_ONCE_STRESSED,
            false => AT_ONCE,
        };
        self.found = Found::default();
    }

    /// Marks the object that `value` points to, if it is a pointer; at the latest when what is
    /// pending is looked into.
    #[inline]
    pub fn value(&mut self, value: Value) {
        let header: *mut Header = value.as_pointer();
        if value.is_pointer() && self.may_be_new(header) {
            prefetch(header);
            let next = std::mem::replace(&mut self.ahead[self.oldest], header);
            self.oldest = (self.oldest + 1) % AHEAD;
            if !next.is_null() {
                self.object(next);
            }
        }
    }

    /// Marks what has been asked for last.
    fn catch_up(&mut self) {
        for turn in 0..AHEAD {
            let at = (self.oldest + turn) % AHEAD;
            let next = std::mem::replace(&mut self.ahead[at], std::ptr::null_mut());
            if !next.is_null() {
                self.object(next);
            }
        }
    }

    /// Marks a live object.
    #[inline]
    #[allow(clippy::not_unsafe_ptr_arg_deref)] // the collector's own callers
    pub fn object(&mut self, header: *mut Header) {
        if !self.may_be_new(header) {
            return;
        }
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
                match (*header).kind {
                    // It refers to nothing, and may move before it would be looked at.
                    Kind::Buffer => self.found.marked += buffer_size(header),
                    // It refers to nothing, and there are many.
                    Kind::String if (*header).form == StringForm::Inline as u8 => {
                        self.found.marked += inline_string_size(header);
                        self.found.work += OBJECT_WORK;
                    }
                    _ => self.pending.push(header),
                }
            }
        }
    }

    /// Whether an object may have to be marked, as far as its address tells.
    #[inline(always)]
    fn may_be_new(&self, header: *mut Header) -> bool {
        // SAFETY: the places of the space that the marking is about, which it keeps as long
        // as it lives.
        !self.is_minor || unsafe { (*self.young).may_have(header as usize) }
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
        self.found.beside += bytes;
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

    #[inline(always)]
    fn values(&mut self, from: *mut Value, len: usize) {
        self.found.work += len * size_of::<Value>();
        let marked = match len < TESTED_AT_ONCE {
            true => 0,
            false => self.many_values(from, len),
        };
        for i in marked..len {
            // SAFETY: `trace` passes the live range of an object's values.
            self.value(unsafe { *from.add(i) });
        }
    }

    /// Marks values, [`TESTED_AT_ONCE`] at a time; how many of them.
    #[inline(never)]
    fn many_values(&mut self, from: *mut Value, len: usize) -> usize {
        let mut at = 0;
        while len - at >= TESTED_AT_ONCE {
            // SAFETY: as above.
            let values: [Value; TESTED_AT_ONCE] =
                unsafe { from.add(at).cast::<[Value; TESTED_AT_ONCE]>().read() };
            at += TESTED_AT_ONCE;
            // Without a branch, so that several are tested at once.
            if (values.iter()).fold(false, |any, value| any | value.is_pointer()) {
                values.iter().for_each(|&value| self.value(value));
            }
        }
        at
    }

    /// Marks the values of an array or dict, all now if they are not many, and the buffer
    /// that holds them, unless they lie in the cell itself, at `own`.
    ///
    /// # Safety
    /// It is alive, and these are its values.
    #[inline(always)]
    unsafe fn elements(
        &mut self,
        header: *mut Header,
        (from, len): (*mut Value, usize),
        own: *mut Value,
    ) {
        if !from.is_null() && from != own {
            // SAFETY: elements outside the cell follow a buffer's header.
            self.object(unsafe { from.cast::<Header>().sub(1) });
        }
        if len <= self.at_once {
            return self.values(from, len);
        }
        self.values(from, self.at_once);
        // SAFETY: the caller's promise.
        unsafe { (*header).mark |= PORTION };
        self.portions.push((header, self.at_once));
    }

    /// Marks the next portion of an array's or dict's values.
    fn next_portion(&mut self, header: *mut Header, from: usize) {
        // SAFETY: what has been marked stays alive as long as the marking lasts, and its
        // values are initialised.
        unsafe {
            let (values, len) = match (*header).kind {
                Kind::Array => array_values(header.cast()),
                _ => dict_values(header.cast()),
            };
            let from = match (*header).mark & PORTION != 0 {
                true => from.min(len),
                // Values have changed places.
                false => 0,
            };
            let to = len.min(from + self.at_once);
            self.values(values.wrapping_add(from), to - from);
            if to == len {
                (*header).mark &= !PORTION;
            } else {
                (*header).mark |= PORTION;
                self.portions.push((header, to));
            }
        }
    }

    /// Looks into what is pending, as far as the budget goes; whether that was all.
    pub(super) fn drain(&mut self, space: &Space, budget: Budget) -> bool {
        let end = self.found.work.saturating_add(budget.work);
        loop {
            let stop = match budget.until {
                Some(_) => end.min(self.found.work + CLOCK_EVERY),
                None => end,
            };
            if self.drain_until(space, stop) {
                return true;
            }
            let is_late = budget.until.is_some_and(|until| Instant::now() >= until);
            if is_late || self.found.work >= end {
                return false;
            }
        }
    }

    /// Looks into what is pending until the sum of the work reaches `stop`; whether that was
    /// all.
    fn drain_until(&mut self, space: &Space, stop: usize) -> bool {
        loop {
            if let Some(header) = self.pending.pop() {
                self.found.marked += self.trace(space, header);
                self.found.work += OBJECT_WORK;
            } else {
                self.catch_up();
                if self.pending.is_empty() {
                    match self.portions.pop() {
                        Some((header, from)) => self.next_portion(header, from),
                        None => return true,
                    }
                }
            }
            if self.found.work >= stop {
                return false;
            }
        }
    }

    /// Marks what an object refers to that has been changed since it was looked into. Its
    /// own bytes have been counted.
    ///
    /// # Safety
    /// It is alive, or was at the last major collection.
    pub(super) unsafe fn look_again(&mut self, space: &Space, header: *mut Header) {
        // SAFETY: the caller's promise.
        unsafe { (*header).mark |= CLEAN };
        self.trace(space, header);
        self.found.work += OBJECT_WORK;
    }

    /// Whether an array or dict is so long that it is looked at in portions. It is looked at
    /// once more when all else is done then: a program that goes on changing it would have it
    /// looked at again and again.
    ///
    /// # Safety
    /// It is an object that has not been swept.
    pub(super) unsafe fn is_long(&self, header: *mut Header) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let (_, len) = match (*header).kind {
                Kind::Array => array_values(header.cast()),
                Kind::Dict => dict_values(header.cast()),
                _ => return false,
            };
            len > self.at_once
        }
    }

    /// Has [`Marker::look_at_changed`] look at an array or dict.
    pub(super) fn postpone(&mut self, header: *mut Header) {
        self.changed.push(header);
    }

    /// Looks into the arrays and dicts that were postponed, and all that this leads to.
    pub(super) fn look_at_changed(&mut self, space: &Space) {
        self.at_once = usize::MAX;
        while let Some(header) = self.changed.pop() {
            // SAFETY: an object that was alive, and has not been swept since.
            unsafe { self.look_again(space, header) };
        }
        self.drain(space, Budget::WHOLE);
    }

    /// The kind of an object that this one refers to and that has not been marked, if there
    /// is one; for checks, which come last.
    ///
    /// # Safety
    /// It is alive, or was at the last major collection.
    pub(super) unsafe fn missed(&mut self, space: &Space, header: *mut Header) -> Option<Kind> {
        self.at_once = usize::MAX;
        let before = self.found.marked;
        self.trace(space, header);
        self.catch_up();
        // Buffers and inline strings are marked and never pending.
        let buffer = (self.found.marked != before).then_some(Kind::Buffer);
        // SAFETY: it was reached from what is alive.
        (self.pending.pop().map(|missed| unsafe { (*missed).kind })).or(buffer)
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
                Kind::Buffer => buffer_size(header),
                Kind::String => {
                    let string: *mut LongStringObj = header.cast();
                    match (*header).form {
                        f if f == StringForm::Rope as u8 => {
                            self.object((*string).ptr.cast());
                            self.object((*string).second);
                            size_of::<LongStringObj>()
                        }
                        f if f == StringForm::External as u8 => {
                            self.object((*string).second);
                            size_of::<LongStringObj>()
                        }
                        _ => inline_string_size(header),
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
                    self.elements(header, array_values(array), trailing(array, 0));
                    let own = (*array).ptr == trailing(array, 0);
                    let inline = if own { (*array).cap as usize } else { 0 };
                    size_of::<ArrayObj>() + 8 * inline
                }
                Kind::Dict => {
                    let dict: *mut DictObj = header.cast();
                    let own = (*dict).ptr == trailing(dict, 0);
                    let inline = if own { (*dict).cap as usize } else { 0 };
                    self.elements(header, dict_values(dict), trailing(dict, 0));
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

/// The bytes of a buffer that this heap counts.
///
/// # Safety
/// It is a live buffer.
unsafe fn buffer_size(buffer: *mut Header) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        match (*buffer).flags & LENT != 0 {
            true => size_of::<Header>(),
            false => 8 + 8 * (*buffer).aux as usize,
        }
    }
}

/// The elements of an array.
///
/// # Safety
/// It is a live array.
#[inline(always)]
unsafe fn array_values(array: *mut ArrayObj) -> (*mut Value, usize) {
    // SAFETY: the caller's promise.
    unsafe { ((*array).ptr, (*array).len as usize) }
}

/// The bytes of an inline string.
///
/// # Safety
/// It is a live inline string.
unsafe fn inline_string_size(string: *mut Header) -> usize {
    // SAFETY: the caller's promise.
    size_of::<StringObj>() + unsafe { (*string).aux } as usize
}

/// The values that a dict's entries take, keys included.
///
/// # Safety
/// It is a live dict.
#[inline(always)]
unsafe fn dict_values(dict: *mut DictObj) -> (*mut Value, usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let slots = match (*dict).header.form == DictMode::Hash as u8 {
            true => 2,
            false => 1,
        };
        ((*dict).ptr, slots * (*dict).len as usize)
    }
}
