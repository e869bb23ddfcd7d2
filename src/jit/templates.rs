//! Machine code that both compilers write: sequences over values in machine registers,
//! with labels for what is not as they expect. They know objects' layouts, and nothing of
//! a compiler's state.

use super::regs::*;
use crate::heap::object::{
    BORROWED, CLEAN, DictMode, INTERNED, Kind, LOAN, LOANS, SHARED, StringForm, YOUNG,
};
use crate::heap::shape;
use crate::heap::space::{MAX_SMALL, Space, class_of};
use crate::value::{DOUBLE_OFFSET, FIRST_POINTER, NO_POINTER, Value};
use crate::vm::cache::IN_DICT;
use crate::vm::iterate::CURSOR_BYTES;
use ruff_asm::prelude::*;
use ruff_asm::{CodePtr, Label};

/// The boxed NaN.
const NAN: u64 = 0x7FF8_0000_0000_0000 + DOUBLE_OFFSET;

/// `to = from +` a constant of the value encoding.
pub fn add_constant<M: Masm>(m: &mut M, to: Gpr, from: Gpr, constant: Constant) {
    match constant {
        Constant::Register(gpr) => m.add(W64, to, from, gpr),
        Constant::Memory(mem) => m.alu_mem(Alu::Add, W64, to, from, mem),
    }
}

/// `to = from -` a constant of the value encoding.
pub fn sub_constant<M: Masm>(m: &mut M, to: Gpr, from: Gpr, constant: Constant) {
    match constant {
        Constant::Register(gpr) => m.sub(W64, to, from, gpr),
        Constant::Memory(mem) => m.alu_mem(Alu::Sub, W64, to, from, mem),
    }
}

/// Branches by a value's order to a constant of the value encoding.
pub fn branch_constant<M: Masm>(m: &mut M, cond: Cond, v: Gpr, constant: Constant, to: Label) {
    match constant {
        Constant::Register(gpr) => m.branch(cond, W64, v, gpr, to),
        Constant::Memory(mem) => m.branch_mem(cond, W64, v, mem, to),
    }
}

/// Boxes a float, where the constants have their registers.
pub fn box_float<M: Masm>(m: &mut M, to: Gpr, from: Fpr) {
    box_float_by(m, Constants::IN_REGISTERS, to, from);
}

/// Boxes a float.
pub fn box_float_by<M: Masm>(m: &mut M, constants: Constants, to: Gpr, from: Fpr) {
    let done = m.new_label();
    let nan = m.cold(|m| {
        m.mov(W64, to, NAN);
        m.jump(done);
    });
    m.float_to_bits(to, from);
    add_constant(m, to, to, constants.double);
    // A NaN made by a processor is the canonical one, perhaps with its sign set: then its
    // bits would be those of an int.
    branch_constant(m, Cond::AboveEq, to, constants.tag, nan);
    m.bind(done);
}

/// Branches unless a value is a pointer to an object. Uses `T1`.
pub fn guard_pointer<M: Masm>(m: &mut M, gpr: Gpr, otherwise: Label) {
    m.sub(W64, T1, gpr, FIRST_POINTER as i32);
    m.shr(W64, T1, T1, 48);
    m.branch(Cond::Ne, W64, T1, 0, otherwise);
}

/// The same for a value that is not absent. Uses no temporary.
pub fn guard_object<M: Masm>(m: &mut M, gpr: Gpr, otherwise: Label) {
    m.branch_wide_mask(Bits::Set, gpr, NO_POINTER, VM_NO_POINTER, otherwise);
}

/// Goes to `object` for an object, in cold code. Uses `T1`.
pub fn if_pointer<M: Masm>(m: &mut M, value: Gpr, object: Label) {
    m.shr(W64, T1, value, 48);
    m.branch(Cond::Eq, W64, T1, 0, object);
}

/// The write barrier, after a store of a value in an object. Uses `T1`, and `T0`, which may
/// be the object.
pub fn barrier<M: Masm>(m: &mut M, remember: CodePtr, object: Gpr, value: Gpr) {
    let done = m.new_label();
    let enter = m.cold(|m| {
        m.mov(W64, T0, object);
        m.call_code(remember);
        m.jump(done);
    });
    let mark = Mem::new(object, HEADER_MARK);
    m.branch_mem_imm(Cond::Below, Size::B1, mark, CLEAN as i64, done);
    if_pointer(m, value, enter);
    m.bind(done);
}

/// Marks an object as shared, or only if it is borrowed or lent; other values are left
/// alone. Goes on at `done`, which it binds. Uses `T1`.
pub fn mark_as<M: Masm>(m: &mut M, value: Gpr, if_borrowed: bool, done: Label) {
    let object = m.cold(|m| {
        m.branch(Cond::Below, W64, value, FIRST_POINTER, done);
        unless_value_object(m, value, done);
        m.load(Load::U8, T1, Mem::new(value, HEADER_FLAGS));
        if if_borrowed {
            m.branch_mask(Bits::Clear, W32, T1, (BORROWED | LOANS) as i32, done);
        }
        m.or(W32, T1, T1, SHARED as i32);
        m.store(Size::B1, Mem::new(value, HEADER_FLAGS), T1);
        m.jump(done);
    });
    if_pointer(m, value, object);
    m.bind(done);
}

/// Branches unless an object is a value object. Uses `T1`.
pub fn unless_value_object<M: Masm>(m: &mut M, object: Gpr, otherwise: Label) {
    m.load(Load::U8, T1, Mem::new(object, HEADER_KIND));
    m.sub(W32, T1, T1, Kind::Array as i32);
    let last = Kind::Tagged as i32 - Kind::Array as i32;
    m.branch(Cond::Above, W32, T1, last, otherwise);
}

/// Adds a loan to a value object; branches if it is shared, or has as many loans as can be
/// counted. Uses `T1`.
pub fn add_loan<M: Masm>(m: &mut M, object: Gpr, shared: Label, full: Label) {
    let flags = Mem::new(object, HEADER_FLAGS);
    m.load(Load::U8, T1, flags);
    m.branch_mask(Bits::Set, W32, T1, SHARED as i32, shared);
    m.branch(Cond::AboveEq, W32, T1, LOANS as i64, full);
    m.add(W32, T1, T1, LOAN as i32);
    m.store(Size::B1, flags, T1);
}

/// Ends a loan that a register holds, if it holds one. Uses `T1`.
pub fn end_loan<M: Masm>(m: &mut M, lent: Gpr) {
    let done = m.new_label();
    let object = m.cold(|m| {
        m.load(Load::U8, T1, Mem::new(lent, HEADER_FLAGS));
        m.sub(W32, T1, T1, LOAN as i32);
        m.store(Size::B1, Mem::new(lent, HEADER_FLAGS), T1);
        m.jump(done);
    });
    m.branch(Cond::Ne, W64, lent, Value::NULL.bits(), object);
    m.bind(done);
}

/// The place of the field that the cache whose address is in `T0` names, in `T0`; branches
/// if the object is of another shape. Uses `T1`.
pub fn cached_place<M: Masm>(m: &mut M, object: Gpr, otherwise: Label) -> Mem {
    m.branch_mem(Cond::Ne, W32, T1, Mem::new(T0, 0), otherwise);
    m.load(Load::U32, T1, Mem::new(T0, 4));
    place_of_slot(m, object)
}

/// The place of the slot in `T1`, as a cache has it, in `T0`.
pub fn place_of_slot<M: Masm>(m: &mut M, object: Gpr) -> Mem {
    let done = m.new_label();
    let dict = m.cold(|m| {
        m.and(W32, T1, T1, !IN_DICT as i32);
        m.load(Load::W64, T0, Mem::new(object, DICT_PTR));
        m.lea(T0, Mem::word(T0, T1, 0));
        m.jump(done);
    });
    m.branch_bit(Bits::Set, T1, 31, dict);
    m.lea(T0, Mem::word(object, T1, STRUCT_FIELDS));
    m.bind(done);
    Mem::new(T0, 0)
}

/// A part of a tagged value or array that has been tested; `offset` is that of the part
/// among all. Uses `T1`.
pub fn get_part<M: Masm>(m: &mut M, to: Gpr, object: Gpr, offset: i32) {
    let done = m.new_label();
    let array = m.cold(|m| {
        m.load(Load::W64, T1, Mem::new(object, ARRAY_PTR));
        m.load(Load::W64, to, Mem::new(T1, offset));
        m.jump(done);
    });
    let kind = Mem::new(object, HEADER_KIND);
    let tagged = Kind::Tagged as i64;
    m.branch_mem_imm(Cond::Ne, Size::B1, kind, tagged, array);
    m.load(Load::W64, to, Mem::new(object, TAGGED_PARTS + offset));
    m.bind(done);
}

/// The header of an object that is made.
pub struct NewHeader {
    pub kind: Kind,
    pub form: u8,
    pub aux: u32,
}

/// A new cell with its header; branches if the allocator has to be asked. Uses `T0`.
pub fn allocate<M: Masm>(m: &mut M, to: Gpr, size: usize, header: NewHeader, no: Label) {
    debug_assert!(size <= MAX_SMALL);
    let (cursor, end) = bin(class_of(size));
    let cell = Space::cell_size(size) as i32;
    m.load(Load::W64, to, cursor);
    m.add(W64, T0, to, cell);
    m.branch_mem(Cond::Above, W64, T0, end, no);
    m.store(Size::B8, cursor, T0);
    const { assert!(YOUNG == 0) };
    let first = header.kind as i64 | i64::from(header.form) << 24;
    m.store_imm(Size::B4, Mem::new(to, HEADER_KIND), first);
    let aux = header.aux as i32 as i64;
    m.store_imm(Size::B4, Mem::new(to, HEADER_AUX), aux);
}

/// Branches if a value is an object with one owner, and not borrowed yet. Uses `T1`.
pub fn unless_to_borrow<M: Masm>(m: &mut M, value: Gpr, otherwise: Label) {
    let fine = m.new_label();
    let object = m.cold(|m| {
        m.branch(Cond::Below, W64, value, FIRST_POINTER, fine);
        unless_value_object(m, value, fine);
        m.load(Load::U8, T1, Mem::new(value, HEADER_FLAGS));
        m.branch_mask(Bits::Clear, W32, T1, (SHARED | BORROWED) as i32, otherwise);
        m.jump(fine);
    });
    if_pointer(m, value, object);
    m.bind(fine);
}

/// Lends a value to the function that the frame `depth` above `FRAME` calls next, if it is an
/// object with one owner that is not borrowed yet. Uses `T1`.
pub fn lend<M: Masm>(m: &mut M, value: Gpr, depth: u32) {
    let frames = depth as i32 * FRAME_SIZE;
    let done = m.new_label();
    let lent = m.cold(|m| {
        let [marked, full] = [(); 2].map(|()| m.new_label());
        m.load(Load::W64, T1, VM_LENT);
        m.branch_mem(Cond::Eq, W64, T1, VM_LENT_END, full);
        m.store(Size::B8, Mem::new(T1, LENT_OBJECT), value);
        if frames != 0 {
            m.add(W64, FRAME, FRAME, frames);
        }
        m.store(Size::B8, Mem::new(T1, LENT_FRAME), FRAME);
        if frames != 0 {
            m.sub(W64, FRAME, FRAME, frames);
        }
        m.add(W64, T1, T1, LENT_SIZE);
        m.store(Size::B8, VM_LENT, T1);
        m.load(Load::U8, T1, Mem::new(value, HEADER_FLAGS));
        m.or(W32, T1, T1, i32::from(BORROWED));
        m.bind(marked);
        m.store(Size::B1, Mem::new(value, HEADER_FLAGS), T1);
        m.jump(done);
        m.bind(full);
        m.load(Load::U8, T1, Mem::new(value, HEADER_FLAGS));
        m.or(W32, T1, T1, i32::from(SHARED));
        m.jump(marked);
    });
    unless_to_borrow(m, value, lent);
    m.bind(done);
}

/// Takes back what the frame that is in `FRAME` has lent. Uses `T1`; the stub for it uses
/// `A0` and `A1`.
pub fn take_back<M: Masm>(m: &mut M, stub: CodePtr) {
    let done = m.new_label();
    m.load(Load::W64, T1, VM_LENT);
    let lent = m.cold(|m| {
        m.call_code(stub);
        m.jump(done);
    });
    let owner = Mem::new(T1, LENT_FRAME - LENT_SIZE);
    m.branch_mem(Cond::Eq, W64, FRAME, owner, lent);
    m.bind(done);
}

/// Loads the address of the element, after checking kind and bounds. `T0` is the
/// index, unboxed; both temporaries are used.
pub fn element<M: Masm>(m: &mut M, object: Gpr, dict: bool, otherwise: Label) -> Mem {
    let (len, ptr) = if dict {
        (DICT_LEN, DICT_PTR)
    } else {
        (ARRAY_LEN, ARRAY_PTR)
    };
    m.load(Load::U32, T1, Mem::new(object, len));
    m.branch(Cond::AboveEq, W64, T0, T1, otherwise);
    m.load(Load::W64, T1, Mem::new(object, ptr));
    Mem::word(T1, T0, 0)
}

/// The character of an ASCII string whose bytes are written out; branches if there is
/// none. `T0` is the index, unboxed; both temporaries are used.
pub fn character<M: Masm>(m: &mut M, d: Gpr, string: Gpr, otherwise: Label) {
    m.load(Load::U32, T1, Mem::new(string, HEADER_AUX));
    m.branch_mem(Cond::Ne, W32, T1, Mem::new(string, STRING_CHARS), otherwise);
    m.branch(Cond::AboveEq, W64, T0, T1, otherwise);
    load_byte(m, T0, string, otherwise);
    m.load(Load::W64, T1, VM_ASCII);
    m.load(Load::W64, d, Mem::word(T1, T0, 0));
}

/// Loads the address of the value that a dict has under an int; branches if the object
/// is no dense dict and none with the table of a range, or has no such value. `T0` is
/// the key, unboxed; both temporaries are used. `found` is written twice: for a dense dict
/// code goes on after it, for others at `done`.
pub fn dict_value<M: Masm>(
    m: &mut M,
    object: Gpr,
    otherwise: Label,
    done: Label,
    found: impl Fn(&mut M, Mem),
) {
    let (kind, form) = (Mem::new(object, HEADER_KIND), Mem::new(object, HEADER_FORM));
    m.branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::Dict as i64, otherwise);
    let range = m.cold(|m| {
        table_entry(m, object, otherwise);
        m.shl(W64, T0, T0, 4);
        m.load(Load::W64, T1, Mem::new(object, DICT_PTR));
        // The entry is a pair, and counted from 1.
        found(m, Mem::byte(T1, T0, -8));
        m.jump(done);
    });
    m.branch_mem_imm(Cond::Ne, Size::B1, form, DictMode::Dense as i64, range);
    let place = element(m, object, true, otherwise);
    found(m, place);
}

/// The entry of the int in `T0`, counted from 1, in `T0`; branches if the dict has no
/// table of a range or the table no entry. Uses `T1`.
pub fn table_entry<M: Masm>(m: &mut M, dict: Gpr, otherwise: Label) {
    let form = Mem::new(dict, HEADER_FORM);
    m.branch_mem_imm(Cond::Ne, Size::B1, form, DictMode::Hash as i64, otherwise);
    m.load(Load::W64, T1, Mem::new(dict, DICT_INDEX));
    m.branch(Cond::Eq, W64, T1, 0, otherwise);
    m.branch_mem(Cond::Lt, W64, T0, Mem::new(T1, VIEW_FIRST), otherwise);
    m.branch_mem(Cond::Ge, W64, T0, Mem::new(T1, VIEW_END), otherwise);
    m.load(Load::W64, T1, Mem::new(T1, VIEW_TABLE));
    m.shl(W64, T0, T0, 2);
    m.load(Load::U32, T0, Mem::byte(T1, T0, 0));
    m.branch(Cond::Eq, W64, T0, 0, otherwise);
}

/// The next character of a string that is being iterated over, if that is ASCII and
/// its bytes are written out: in `d`, and what the cursor becomes in `next`.
pub fn next_character<M: Masm>(
    m: &mut M,
    (string, cursor): (Gpr, Gpr),
    (d, next): (Gpr, Gpr),
    over: Label,
    slow: Label,
) {
    m.load(Load::U32, T1, Mem::new(string, HEADER_AUX));
    m.branch_mem(Cond::Ne, W32, T1, Mem::new(string, STRING_CHARS), slow);
    // The lower part of a cursor is an index of bytes, the upper one of characters.
    m.and(W64, T0, cursor, CURSOR_BYTES);
    m.branch(Cond::AboveEq, W64, T0, T1, over);
    load_byte(m, d, string, slow);
    m.load(Load::W64, T1, VM_ASCII);
    m.load(Load::W64, d, Mem::word(T1, d, 0));
    m.add(W64, next, cursor, CURSOR_BYTES + 2);
}

/// Branches if an object may be an instance whose type says what it equals.
pub fn if_has_equality<M: Masm>(m: &mut M, object: Gpr, otherwise: Label) {
    // Other objects that have this bit in place of a shape are rare, and compared in full.
    let top = Mem::new(object, HEADER_AUX + 3);
    m.branch_mem_mask(Bits::Set, top, (shape::EQUALITY_BIT >> 24) as u8, otherwise);
}

/// Loads the byte at the index `T0` of a string; branches if its bytes are not written out.
/// Uses `T1`; `d` may be `T0`.
fn load_byte<M: Masm>(m: &mut M, d: Gpr, string: Gpr, rope: Label) {
    let form = Mem::new(string, HEADER_FORM);
    let loaded = m.new_label();
    let elsewhere = m.cold(|m| {
        m.branch_mem_imm(Cond::Eq, Size::B1, form, StringForm::Rope as i64, rope);
        m.load(Load::W64, T1, Mem::new(string, STRING_PTR));
        m.load(Load::U8, d, Mem::byte(T1, T0, 0));
        m.jump(loaded);
    });
    m.branch_mem_imm(
        Cond::Ne,
        Size::B1,
        form,
        StringForm::Inline as i64,
        elsewhere,
    );
    m.load(Load::U8, d, Mem::byte(string, T0, STRING_BYTES));
    m.bind(loaded);
}

/// The byte of a string that is a single ASCII character.
pub fn single_byte(value: Value) -> Option<u8> {
    if !value.is_string() {
        return None;
    }
    if value.string().byte_len() != 1 {
        return None;
    }
    Some(value.string().flat_text().as_bytes()[0])
}

/// Loads the byte of a string that is a single ASCII character; branches for others. The
/// result may be in the string's register.
pub fn single_character<M: Masm>(m: &mut M, d: Gpr, string: Gpr, otherwise: Label) {
    let len = Mem::new(string, HEADER_AUX);
    m.branch_mem_imm(Cond::Ne, Size::B4, len, 1, otherwise);
    // Short strings are inline.
    m.load(Load::U8, d, Mem::new(string, STRING_BYTES));
}

/// The facts that are known where a value is compared with a constant that is
/// no number.
#[derive(Clone, Copy)]
pub struct Compared {
    /// The constant, if it is a string; whether it is one of the intern table.
    pub string: Option<Value>,
    pub interned: bool,
    /// The value is an object; it is not absent.
    pub object: bool,
    pub present: bool,
    /// No operator method is asked.
    pub literal: bool,
}

/// Branches to `equal`, `unequal` or `slow` by whether a value equals a constant whose
/// bits it does not have. Uses `T1`.
pub fn branch_unlike_constant<M: Masm>(
    m: &mut M,
    x: Gpr,
    compared: Compared,
    equal: Label,
    unequal: Label,
    slow: Label,
) {
    match (compared.object, compared.present) {
        (true, _) => {}
        (false, true) => guard_object(m, x, unequal),
        (false, false) => guard_pointer(m, x, unequal),
    }
    if let Some(string) = compared.string {
        let other = if compared.literal {
            unequal
        } else {
            m.cold(|m| {
                if_has_equality(m, x, slow);
                m.jump(unequal);
            })
        };
        let kind = Mem::new(x, HEADER_KIND);
        m.branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::String as i64, other);
        if compared.interned {
            // Interned strings are equal only if they are the same.
            m.branch_mem_mask(Bits::Set, Mem::new(x, HEADER_FLAGS), INTERNED, unequal);
        }
        branch_unlike_text(m, x, string.string().flat_text().as_bytes(), unequal, slow);
        m.jump(equal);
    } else {
        if_has_equality(m, x, slow);
    }
}

/// Bytes of a constant that compiled code compares a string with by itself.
const MOST_COMPARED: usize = 16;

/// Branches to `unequal` or `slow` by whether a string has these bytes; goes on after this
/// if it has.
fn branch_unlike_text<M: Masm>(m: &mut M, x: Gpr, text: &[u8], unequal: Label, slow: Label) {
    let len = Mem::new(x, HEADER_AUX);
    m.branch_mem_imm(Cond::Ne, Size::B4, len, text.len() as i64, unequal);
    let (size, width) = match text.len() {
        0 => return,
        1 => (Size::B1, 1),
        2..4 => (Size::B2, 2),
        4..8 => (Size::B4, 4),
        8..=MOST_COMPARED => (Size::B8, 8),
        _ => return m.jump(slow),
    };
    // Such short strings are inline. The pieces may overlap.
    let mut at = 0;
    while at < text.len() {
        at = at.min(text.len() - width);
        let piece = &text[at..at + width];
        let piece = piece
            .iter()
            .rev()
            .fold(0, |bits, &b| bits << 8 | i64::from(b));
        m.branch_mem_imm(
            Cond::Ne,
            size,
            Mem::new(x, STRING_BYTES + at as i32),
            piece,
            unequal,
        );
        at += width;
    }
}

/// Branches to `equal` or `unequal` where the bits of two values and the headers of
/// objects decide `==`, else to `slow`. That is so for equal bits, but for floats and
/// for containers and instances that say what they equal; for ints, strings known by
/// their address, instances that equal themselves only, and constants of the language.
/// Uses `T1`.
pub fn branch_equal<M: Masm>(
    m: &mut M,
    constants: Constants,
    (x, y): (Gpr, Gpr),
    equal: Label,
    unequal: Label,
    slow: Label,
) {
    let by_identity = |m: &mut M, decided: Label| {
        if_has_equality(m, x, slow);
        m.jump(decided);
    };
    let same = m.cold(|m| {
        branch_constant(m, Cond::AboveEq, x, constants.tag, equal);
        m.branch(Cond::Below, W64, x, FIRST_POINTER, equal);
        m.shr(W64, T1, x, 48);
        m.branch(Cond::Ne, W64, T1, 0, slow);
        m.load(Load::U8, T1, Mem::new(x, HEADER_KIND));
        m.branch(Cond::Eq, W32, T1, Kind::String as i32, equal);
        m.branch(Cond::Ne, W32, T1, Kind::Object as i32, slow);
        by_identity(m, equal);
    });
    m.branch(Cond::Eq, W64, x, y, same);
    let number = m.cold(|m| {
        branch_constant(m, Cond::Below, x, constants.tag, slow);
        branch_constant(m, Cond::AboveEq, y, constants.tag, unequal);
        m.jump(slow);
    });
    m.shr(W64, T1, x, 48);
    m.branch(Cond::Ne, W64, T1, 0, number);
    m.branch(Cond::Below, W64, x, FIRST_POINTER, unequal);
    m.load(Load::U8, T1, Mem::new(x, HEADER_KIND));
    let string = m.cold(|m| {
        guard_pointer(m, y, unequal);
        let kind = Mem::new(y, HEADER_KIND);
        m.branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::String as i64, unequal);
        m.load(Load::U32, T1, Mem::new(y, HEADER_AUX));
        m.branch_mem(Cond::Ne, W32, T1, Mem::new(x, HEADER_AUX), unequal);
        // Interned strings are equal only if they are the same.
        for one in [x, y] {
            m.load(Load::U8, T1, Mem::new(one, HEADER_FLAGS));
            m.branch_mask(Bits::Clear, W32, T1, INTERNED as i32, slow);
        }
        m.jump(unequal);
    });
    m.branch(Cond::Eq, W32, T1, Kind::String as i32, string);
    m.branch(Cond::Ne, W32, T1, Kind::Object as i32, slow);
    by_identity(m, unequal);
}
