//! The fast paths of fields and elements, read and written
//! ([`operands`](super::operands) says how these macros come into the loop).

use crate::bytecode::Instr;
use crate::bytecode::op::SEEN_NO_ARRAY;

/// Notes that the subject of the instruction before `pc` is no array.
///
/// # Safety
/// The instruction is the running one, and has no cache.
#[inline(always)]
pub(super) unsafe fn note_no_array(pc: *const Instr, word: u64) {
    if word & u64::from(SEEN_NO_ARRAY) << 8 == 0 {
        // SAFETY: the caller's promise; code is the machine's own memory.
        unsafe { (*(pc.sub(1) as *mut Instr)).0 |= u64::from(SEEN_NO_ARRAY) << 8 };
    }
}

// The formatter does not know macros that define macros.
#[rustfmt::skip]
macro_rules! define_elements {
    ($d:tt $vm:ident $frame:ident $pc:ident $base:ident $w:ident $fault:lifetime) => {
        // A field whose place the cache knows.
        macro_rules! get_field {
            () => {{
                let object = reg!(b!());
                let cache = cache!();
                let cached = *cache;
                if object.is_pointer() && object.header().aux == cached as u32 {
                    let value = *cached_place(object, cached);
                    if !value.is_absent() {
                        mark_part($w, object, value);
                        reg!(a!()) = value;
                        continue;
                    }
                }
                let value =
                    slow!($vm.get_field(object, constant!(c!()), flags!(), &mut *cache));
                mark_part($w, object, value);
                reg!(a!()) = value;
            }};
        }
        // A field of what no other owner can see is written in place.
        macro_rules! set_field {
            () => {{
                let object = reg!(a!());
                let value = reg!(c!());
                mark($w, value);
                let cache = cache!();
                let cached = *cache;
                if let Some(place) = writable_place($w, object, cached) {
                    *place = value;
                    $vm.heap.write_barrier(object.header().ptr(), value);
                    continue;
                }
                reg!(a!()) = slow!($vm.set_field(
                    object,
                    constant!(b!()),
                    value,
                    flags!(),
                    &mut *cache
                ));
            }};
        }
        // A part that will be written: no other owner may see it afterwards.
        macro_rules! field_mut {
            () => {{
                let object = reg!(b!());
                let cache = cache!();
                let cached = *cache;
                if let Some(place) = writable_place($w, object, cached)
                    && !(*place).is_absent()
                {
                    (*$frame).pc = $pc;
                    reg!(a!()) = slow!($vm.unshare_place(object, place));
                    continue;
                }
                let (parent, child) = slow!($vm.field_mut_cached(
                    object,
                    constant!(c!()),
                    flags!(),
                    &mut *cache
                ));
                reg!(b!()) = parent;
                reg!(a!()) = child;
            }};
        }
        // Elements of arrays, and values of dicts by int keys.
        macro_rules! get_index {
            () => {{
                let (object, index) = (reg!(b!()), reg!(c!()));
                if object.is_pointer() && index.is_int() {
                    let header = object.header();
                    let at = index.as_int() as u64;
                    let value = if header.kind == Kind::Array {
                        let array: *mut ArrayObj = object.as_pointer();
                        if at < (*array).len as u64 {
                            *(*array).ptr.add(at as usize)
                        } else {
                            Value::ABSENT
                        }
                    } else if header.kind == Kind::Dict {
                        note_no_array($pc, $w);
                        let place = object.dict().int_place(at as i64);
                        if place.is_null() {
                            Value::ABSENT
                        } else {
                            *place
                        }
                    } else {
                        Value::ABSENT
                    };
                    if !value.is_absent() {
                        mark_part($w, object, value);
                        reg!(a!()) = value;
                        continue;
                    }
                }
                if !object.is_kind(Kind::Array) {
                    note_no_array($pc, $w);
                }
                let value = slow!($vm.get_index(object, index, flags!()));
                mark_part($w, object, value);
                reg!(a!()) = value;
            }};
        }
        // The same by an int in the instruction, of arrays alone.
        macro_rules! get_index_i {
            () => {{
                let object = reg!(b!());
                let index = c!() as u16 as i16 as i64;
                if object.is_pointer() && object.header().kind == Kind::Array {
                    let array: *mut ArrayObj = object.as_pointer();
                    if (index as u64) < (*array).len as u64 {
                        let value = *(*array).ptr.add(index as usize);
                        mark_part($w, object, value);
                        reg!(a!()) = value;
                        continue;
                    }
                }
                if !object.is_kind(Kind::Array) {
                    note_no_array($pc, $w);
                }
                let value = slow!($vm.get_index(object, Value::int(index), flags!()));
                mark_part($w, object, value);
                reg!(a!()) = value;
            }};
        }
        // Elements and values that are there already; new ones may need room.
        macro_rules! set_index {
            () => {{
                let (object, index, value) = (reg!(a!()), reg!(b!()), reg!(c!()));
                mark($w, value);
                if object.is_pointer() && index.is_int() && $w & (LET as u64) << 8 == 0 {
                    let header = object.header();
                    let at = index.as_int() as u64;
                    if header.flags & COPY_BEFORE_WRITE == 0 {
                        if header.kind == Kind::Array {
                            let array: *mut ArrayObj = object.as_pointer();
                            if at < (*array).len as u64 {
                                *(*array).ptr.add(at as usize) = value;
                                $vm.heap.write_barrier(header.ptr(), value);
                                continue;
                            }
                        } else if header.kind == Kind::Dict {
                            note_no_array($pc, $w);
                            let place = object.dict().int_place(at as i64);
                            if !place.is_null() {
                                *place = value;
                                $vm.heap.write_barrier(header.ptr(), value);
                                continue;
                            }
                        }
                    }
                }
                if !object.is_kind(Kind::Array) {
                    note_no_array($pc, $w);
                }
                reg!(a!()) = allocating!($vm.set_index(object, index, value, flags!()));
            }};
        }
        // An element that will be written.
        macro_rules! index_mut {
            () => {{
                if !reg!(b!()).is_kind(Kind::Array) {
                    note_no_array($pc, $w);
                }
                let (parent, child) = slow!($vm.index_mut(reg!(b!()), reg!(c!()), flags!()));
                reg!(b!()) = parent;
                reg!(a!()) = child;
            }};
        }
    };
}

pub(super) use define_elements;
