//! The layouts of heap objects: the common header and one struct for each
//! kind, but for kinds that refer to a type of their own file: those have theirs there.
//! Layouts are `repr(C)` because compiled code reads them. The files of
//! the kinds say what the objects do; this file only says what lies where.

use crate::value::Value;

/// The kind of a heap cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Not an object: free memory.
    Free = 0,
    /// Element storage of an array, dict or string that outgrew its cell.
    Buffer,
    String,
    BigInt,
    /// Bytes, never written ([`BytesObj`]).
    Bytes,
    /// The kinds from `Array` to `Tagged` have value semantics.
    Array,
    Dict,
    Struct,
    /// Distinct values in order ([`SetObj`](super::set::SetObj)).
    Set,
    /// An array with a header of its own ([`QueueObj`]).
    Queue,
    /// The same layout.
    Stack,
    /// Elements in order ([`PriorityObj`]).
    Heap,
    /// A tagged value, Result and Option included. Never written; its `SHARED`
    /// bit says that its parts may not be taken out of it without sharing them.
    Tagged,
    /// A class instance: same layout as `Struct`, reference semantics.
    Object,
    Function,
    Native,
    BoundMethod,
    /// A captured variable.
    Cell,
    StructType,
    EnumType,
    /// Key list of a literal ([`KeyListObj`]).
    KeyList,
    /// A function's frame at rest ([`GeneratorObj`]).
    Generator,
    /// A step of a lazy chain ([`IteratorObj`]).
    Iterator,
    /// Something outside the heap, with all its names ([`HandleObj`]).
    Handle,
    /// A value that is yet to come ([`PromiseObj`]).
    Promise,
    /// The frames of a task that waits ([`TaskObj`]).
    Task,
    /// Rust code that runs when a promise settles ([`ReactionObj`]).
    Reaction,
}

impl Kind {
    /// The kind with the greatest number.
    pub const LAST: Kind = Kind::Reaction;
}

/// A mutable value object has, or may have, more than one owner.
pub const SHARED: u8 = 1 << 0;
/// An argument of a running call whose caller still owns it.
pub const BORROWED: u8 = 1 << 1;
/// Value objects: what one loan adds to the count of [`LOANS`].
pub const LOAN: u8 = 1 << 2;
/// Value objects: how many loops and calls under way need it to stay as it is
/// ([`Value::lend`]). A count and no bit, since loans do not end in the order in which
/// they began: a loop may be a generator's.
pub const LOANS: u8 = !(SHARED | BORROWED);
/// A write must copy first.
pub const COPY_BEFORE_WRITE: u8 = SHARED | BORROWED | LOANS;
/// Strings: in the intern table.
pub const INTERNED: u8 = 1 << 2;
/// Strings: reads as a canonical int (`"7"`, `"-3"`, not `"07"`). Only valid
/// with [`INT_TEXT_KNOWN`].
pub const INT_TEXT: u8 = 1 << 3;
pub const INT_TEXT_KNOWN: u8 = 1 << 4;

/// Buffers and byte strings: other heaps have the cell's memory too, so this one does not
/// count it.
pub const LENT: u8 = 1 << 0;

/// Set in `aux` where it is a shape id, so that no other use of `aux` can be
/// mistaken for one.
pub const SHAPE_BIT: u32 = 1 << 31;

/// The mark of an object that no collection has seen yet.
pub const YOUNG: u8 = 0;
/// The part of a mark that says which major collection last found the object alive.
pub const EPOCH: u8 = 3;
/// Part of the mark of an array or dict of which a major collection has looked at some
/// values, until it has seen all. Code that moves values within it clears this
/// ([`View::note_moves`]).
pub const PORTION: u8 = 4;
/// Part of the mark of an object that has been marked and into which no pointer has been
/// stored since it was last looked into. It is above all other bits, so that one comparison
/// finds it.
pub const CLEAN: u8 = 8;

/// The first 8 bytes of every object.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    pub kind: Kind,
    pub flags: u8,
    /// [`YOUNG`], or the epoch in which it has become old, perhaps with [`CLEAN`] and
    /// [`PORTION`].
    pub mark: u8,
    /// Strings: [`StringForm`]; byte strings: [`BytesForm`]; dicts: [`DictMode`]; generators:
    /// [`GeneratorState`]; iterators: [`IteratorOp`]; handles:
    /// [`LibraryType`](super::types::LibraryType); promises: [`PromiseState`]; tasks:
    /// [`WaitFor`]; bigints: [`ONE_WORD`] or 0; else 0.
    pub form: u8,
    /// Dicts in record mode, structs, class instances: shape id with
    /// [`SHAPE_BIT`]. Otherwise below 2^31: string, byte string: length in bytes; tagged
    /// value: tag; buffer: capacity in values; bigint: room in words; function: number of captures;
    /// dict in hash mode, set: number of entries; queue: number of places taken;
    /// generator: number of saved registers; iterator: flags; task: number of saved values.
    pub aux: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum StringForm {
    /// The bytes follow in the cell. All strings of up to
    /// `MAX_EAGER` bytes are inline.
    Inline = 0,
    /// The bytes are in a buffer, which `second` is.
    External = 1,
    /// Concatenation of `ptr` and `second`, not yet written out.
    Rope = 2,
}

/// A string: an inline one, or the beginning of a [`LongStringObj`].
#[repr(C)]
pub struct StringObj {
    pub header: Header,
    /// 0 until computed.
    pub hash: u32,
    /// Length in Unicode scalars; equal to the byte length exactly for ASCII.
    pub chars: u32,
    // followed by the bytes of an inline string
}

/// A string of a form other than inline.
#[repr(C)]
pub struct LongStringObj {
    pub string: StringObj,
    /// The bytes; for a rope the left half (a [`StringObj`]).
    pub ptr: *mut u8,
    /// The buffer; for a rope the right half (a [`StringObj`]).
    pub second: *mut Header,
}

#[repr(C)]
pub struct BigIntObj {
    pub header: Header,
    /// Refers to the words after this struct, if they are more than two.
    pub value: std::mem::ManuallyDrop<dashu_int::IBig>,
    // followed by `header.aux` words
}

/// The form of a bigint that is at least 0 and has a single word, the first one after the
/// object: compiled code reads it there. Others have form 0.
pub const ONE_WORD: u8 = 1;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BytesForm {
    /// The bytes follow in the cell.
    Inline = 0,
    /// They are elsewhere ([`BytesElsewhereObj`]).
    Elsewhere = 1,
}

#[repr(C)]
pub struct BytesObj {
    pub header: Header,
    // followed by `header.aux` bytes
}

/// A byte string whose bytes belong to several heaps.
#[repr(C)]
pub struct BytesElsewhereObj {
    pub header: Header,
    pub ptr: *const u8,
    /// The object that keeps them from being freed.
    pub keeper: *mut Header,
}

#[repr(C)]
pub struct ArrayObj {
    pub header: Header,
    /// The elements: after this struct in the same cell, or in a buffer.
    pub ptr: *mut Value,
    pub len: u32,
    pub cap: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum DictMode {
    /// Keys by shape; slot i holds the value of the shape's key i.
    Record = 0,
    /// Keys 0 .. len; slot i holds the value of key i.
    Dense = 1,
    /// Slots 2i and 2i+1 hold key and value of entry i in insertion order; a
    /// removed entry's key is absent. `index` finds them by hash.
    Hash = 2,
}

#[repr(C)]
pub struct QueueObj {
    pub header: Header,
    /// The elements, an array, after the places that were taken.
    pub items: Value,
}

#[repr(C)]
pub struct PriorityObj {
    pub header: Header,
    /// An array of arrays of the elements.
    pub runs: Value,
    /// The function that says which element comes first, or null.
    pub by: Value,
}

#[repr(C)]
pub struct TaggedObj {
    pub header: Header,
    pub parts: u64,
    // followed by the parts
}

#[repr(C)]
pub struct FunctionObj {
    pub header: Header,
    /// The code, which belongs to the machine.
    pub proto: *mut std::ffi::c_void,
    // followed by the captures
}

#[repr(C)]
pub struct NativeObj {
    pub header: Header,
    /// Number in the table of built-ins.
    pub index: u64,
}

#[repr(C)]
pub struct BoundMethodObj {
    pub header: Header,
    pub receiver: Value,
    /// A function or native.
    pub method: Value,
}

#[repr(C)]
pub struct CellObj {
    pub header: Header,
    pub value: Value,
}

#[repr(C)]
pub struct KeyListObj {
    pub header: Header,
    /// Shape of a record with just these keys, with [`SHAPE_BIT`]; 0 if some
    /// key cannot be in a record.
    pub shape: u32,
    pub len: u32,
    // followed by the keys (interned strings)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum GeneratorState {
    /// Not begun, or at a `yield`.
    Suspended = 0,
    /// Its frame is on the stack.
    Running = 1,
    /// It returned or threw.
    Done = 2,
}

#[repr(C)]
pub struct GeneratorObj {
    pub header: Header,
    /// The code, which belongs to the machine.
    pub proto: *mut std::ffi::c_void,
    /// Where it goes on.
    pub pc: *const std::ffi::c_void,
    /// The closure, if it has captures; else null.
    pub function: Value,
    /// Registers there is room for.
    pub capacity: u64,
    // followed by the registers; the first `header.aux` are saved while it is
    // suspended, stale values may be among them
}

/// The change that a step of a lazy chain makes to the elements of its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum IteratorOp {
    /// The elements as they are.
    Walk,
    /// Ints from `state` up to, without, `operand`, by `extra`; no source.
    Range,
    Map,
    Filter,
    FlatMap,
    Flatten,
    Take,
    Skip,
    TakeWhile,
    SkipWhile,
    Enumerate,
    Zip,
    Chunk,
    Windows,
    Unique,
    /// The callback's results so far, the last one in `state`.
    Scan,
    /// `operand` between the elements; the element after it waits in `extra`.
    Intersperse,
    /// The source over and over; `extra` gathers what it gives only once.
    Cycle,
    /// The results of the callback, for ever; no source.
    RepeatWith,
    /// `state`, and what the callback makes of it, for ever; no source.
    Iterate,
    /// Choices of elements of the arrays in `operand`, as `external` says; no source.
    Arrange,
    /// The lines of the file that `external` reads; no source.
    Lines,
}

/// Iterator flag: it has ended.
pub const ITERATOR_DONE: u32 = 1 << 0;
/// Iterator flag: its elements have no owner but the code that asks for them.
pub const ITERATOR_OWNED: u32 = 1 << 1;
/// Iterator flag: its source is lent to it until it ends.
pub const ITERATOR_LENT: u32 = 1 << 2;
/// Iterator flag: only the step that made it for itself has it, and ends it.
pub const ITERATOR_INNER: u32 = 1 << 3;
/// Iterator flag: a step that the expression that made it has alone, as far as that asked
/// for no iterator of an iterator.
pub const ITERATOR_FRESH: u32 = 1 << 5;
/// Iterator flag: code that goes through it ends it, and with it the steps that it draws on.
pub const ITERATOR_HELD: u32 = 1 << 6;
/// Iterator flag: a built-in takes it for an array: a range that is passed to it without
/// being stored, or the elements of an instance with `iter`.
pub const ITERATOR_AS_ARRAY: u32 = 1 << 4;

#[repr(C)]
pub struct IteratorObj {
    pub header: Header,
    /// Any sequence; a container is walked by `at`.
    pub source: Value,
    pub at: u64,
    /// The callback, or what else was given.
    pub operand: Value,
    /// The values that it keeps between elements: the open inner sequence, a
    /// window, the elements seen.
    pub extra: Value,
    /// Position in `extra`, where that is a sequence being walked.
    pub extra_at: u64,
    /// A count or position that goes on.
    pub state: Value,
    /// Memory outside the heap, freed with the object; null if none.
    pub external: *mut Box<dyn std::any::Any>,
}

#[repr(C)]
pub struct HandleObj {
    pub header: Header,
    /// A share of what it stands for; freed with the object.
    pub shared: *mut std::sync::Arc<dyn std::any::Any + Send + Sync>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PromiseState {
    Pending = 0,
    Fulfilled = 1,
    Rejected = 2,
}

/// Promise flag: some code has asked for what it gives.
pub const AWAITED: u8 = 1 << 0;
/// Promise flag: it is that of a task, so its error comes from the program's own code.
pub const OF_TASK: u8 = 1 << 1;

#[repr(C)]
pub struct PromiseObj {
    pub header: Header,
    /// The value or the error; while it is pending, the promise that it follows, or null.
    pub value: Value,
    /// While it is pending: the tasks and reactions that wait for it, null, one, or an array
    /// of them.
    pub waiters: Value,
    /// While it is pending: the task that will settle it, if that waits itself, or null.
    pub task: Value,
}

/// The place that takes what a task has waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum WaitFor {
    /// A register.
    Value = 0,
    /// The element of a loop over a channel, or its end.
    Element = 1,
}

/// A frame at rest: what it needs to be pushed again.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FrameAtRest {
    /// The code, which belongs to the machine.
    pub proto: *const std::ffi::c_void,
    pub pc: *const std::ffi::c_void,
    /// Where register 0 is among the values.
    pub base: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct TaskObj {
    pub header: Header,
    /// The promise that it settles at its end.
    pub promise: Value,
    /// The promise that it waits for, or null.
    pub waits_for: Value,
    /// A promise that is fulfilled when it has ended, or null.
    pub ended: Value,
    /// Number of frames, the lowest first.
    pub frames: u32,
    /// Which of the values takes what it waits for.
    pub result: u32,
    /// Words there are after this struct.
    pub capacity: u64,
    // followed by the frames, then by the values; stale ones may be among them
}

#[repr(C)]
pub struct ReactionObj {
    pub header: Header,
    /// A value that the work needs.
    pub kept: Value,
    /// The work, a box of the machine's; freed with the object, null when it is done.
    pub work: *mut Box<dyn std::any::Any>,
}

/// Trailing values of a variable-length object.
///
/// # Safety
/// `object` is a live object whose cell has at least `index + 1` values after
/// its fixed part `T`.
#[inline(always)]
pub unsafe fn trailing<T>(object: *mut T, index: usize) -> *mut Value {
    // SAFETY: the caller promises the room.
    unsafe { object.add(1).cast::<Value>().add(index) }
}

/// Writes a field of a viewed object: `put!(array.len += 1)`.
macro_rules! put {
    ($view:ident.header.$field:ident $op:tt $value:expr) => {{
        let value = $value;
        // SAFETY: a view is of a live object, and no reference to it outlives the
        // expression that reads through it.
        unsafe { (*$view.ptr()).header.$field $op value };
    }};
    ($view:ident.$field:ident $op:tt $value:expr) => {{
        let value = $value;
        // SAFETY: as for fields of the header.
        unsafe { (*$view.ptr()).$field $op value };
    }};
}
pub(crate) use put;

/// A view of a live object. Fields are read through it, a reference at a time; they are
/// written through its pointer, never by a reference: views of one object may be held
/// side by side.
pub struct View<T>(*mut T);

impl<T> Clone for View<T> {
    #[inline(always)]
    fn clone(&self) -> View<T> {
        *self
    }
}

impl<T> Copy for View<T> {}

impl<T> View<T> {
    /// # Safety
    /// The value is an object with this layout.
    #[inline(always)]
    pub unsafe fn of(value: Value) -> View<T> {
        View(value.as_pointer())
    }

    /// # Safety
    /// The address is that of a live object with this layout.
    #[inline(always)]
    pub unsafe fn at(object: *mut T) -> View<T> {
        View(object)
    }

    /// The object, to be written.
    #[inline(always)]
    pub fn ptr(self) -> *mut T {
        self.0
    }
}

impl<T> std::ops::Deref for View<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a live object, as the code that made the view has promised: what is
        // looked at is a root. No reference by which it is written is held anywhere.
        unsafe { &*self.0 }
    }
}

impl View<Header> {
    /// Sets bits of the flags.
    #[inline(always)]
    pub fn set_flags(self, bits: u8) {
        // SAFETY: a live object's header.
        unsafe { (*self.0).flags |= bits };
    }

    /// Clears bits of the flags.
    #[inline(always)]
    pub fn clear_flags(self, bits: u8) {
        // SAFETY: as above.
        unsafe { (*self.0).flags &= !bits };
    }

    /// Says that values change places within the object before the next allocation: a
    /// collector that has looked at some of them has to begin again.
    #[inline(always)]
    pub fn note_moves(self) {
        // SAFETY: as above.
        unsafe { (*self.0).mark &= !PORTION };
    }

    /// Changes what the kind's own word of the header says.
    #[inline(always)]
    pub fn set_aux(self, aux: u32) {
        // SAFETY: as above.
        unsafe { (*self.0).aux = aux };
    }
}

impl Value {
    /// The object's header; meaningless unless this is a pointer.
    #[inline(always)]
    pub fn header(self) -> View<Header> {
        debug_assert!(self.is_pointer());
        // SAFETY: a pointer value always points to a live object, whose first
        // bytes are its header.
        unsafe { View::of(self) }
    }

    /// Has the processor fetch the object that will be looked at soon, if this is a pointer.
    #[inline(always)]
    pub fn prefetch(self) {
        if self.is_pointer() {
            super::pages::prefetch(self.as_pointer::<Header>());
        }
    }

    /// The kind of the object this points to, or `None`.
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        if self.is_pointer() {
            Some(self.header().kind)
        } else {
            None
        }
    }

    #[inline(always)]
    pub fn is_kind(self, kind: Kind) -> bool {
        self.is_pointer() && self.header().kind == kind
    }

    /// Arrays, dicts, structs, sets, queues, stacks, tagged values: what shares storage until written.
    #[inline(always)]
    pub fn is_value_object(self) -> bool {
        self.is_pointer() && self.header().is_value_object()
    }

    /// Marks a value object as having more than one owner; nothing for others.
    #[inline(always)]
    pub fn share(self) {
        if self.is_pointer() {
            let header = self.header();
            if header.is_value_object() {
                header.set_flags(SHARED);
            }
        }
    }

    /// Whether this is a value object that certainly has no other owner than the
    /// place that holds it.
    #[inline(always)]
    pub fn has_one_owner(self) -> bool {
        self.is_value_object() && self.header().flags & COPY_BEFORE_WRITE == 0
    }

    /// [`Value::share`] if the object is borrowed from a caller, or lent.
    #[inline(always)]
    pub fn share_if_borrowed(self) {
        if self.is_pointer() {
            let header = self.header();
            if header.is_value_object() && header.flags & (BORROWED | LOANS) != 0 {
                header.set_flags(SHARED);
            }
        }
    }

    /// Lends a value object: until it is given back, a write to it makes a copy.
    /// Whether it has to be given back, which it has not if it is shared anyway.
    #[inline]
    pub fn lend(self) -> bool {
        if !self.is_value_object() || self.header().flags & SHARED != 0 {
            return false;
        }
        let header = self.header();
        if header.flags & LOANS == LOANS {
            header.set_flags(SHARED);
            return false;
        }
        // SAFETY: a live object's header.
        unsafe { (*header.ptr()).flags += LOAN };
        true
    }

    /// Ends a loan.
    #[inline]
    pub fn give_back(self) {
        debug_assert!(self.is_value_object() && self.header().flags & LOANS != 0);
        // SAFETY: a live object's header.
        unsafe { (*self.header().ptr()).flags -= LOAN };
    }
}

impl Header {
    #[inline(always)]
    pub fn is_value_object(&self) -> bool {
        (self.kind as u8).wrapping_sub(Kind::Array as u8) <= Kind::Tagged as u8 - Kind::Array as u8
    }
}

const _: () = assert!(size_of::<Header>() == 8);
const _: () = assert!(size_of::<ArrayObj>() == 24);
const _: () = assert!(size_of::<StringObj>() == 16);
const _: () = assert!(size_of::<LongStringObj>() == 32);
