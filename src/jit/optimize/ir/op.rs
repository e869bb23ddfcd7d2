//! The operations, with what passes have to know of each.

/// How an operation deals with machine registers and the way out of the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Cannot leave and touches nothing but its operands and memory.
    Plain,
    /// Leaves by its state where something is not as expected.
    Guard,
    /// Calls a function of the machine on a rare path, which keeps all registers.
    Cold,
    /// Calls: no machine register is kept.
    Call,
}

/// A bit of a guard's `imm`: its operand is known to be an object.
pub const KNOWN_OBJECT: u64 = 1 << 40;

/// A bit of a call's `imm`, beside an address.
pub const LENDS: u64 = 1 << 63;

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident $text:literal $class:ident $pure:ident;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Op { $($(#[doc = $doc])* $name,)* }

        impl Op {
            pub fn name(self) -> &'static str {
                match self { $(Op::$name => $text,)* }
            }

            /// The operation of a name.
            #[cfg(test)]
            pub fn named(name: &str) -> Option<Op> {
                match name { $($text => Some(Op::$name),)* _ => None }
            }

            pub fn class(self) -> Class {
                match self { $(Op::$name => Class::$class,)* }
            }

            pub fn is_constant(self) -> bool {
                matches!(self, Op::Const | Op::ConstInt | Op::ConstWord | Op::ConstFloat)
            }

            /// Whether it may go if its result is not used.
            pub fn is_removable(self) -> bool {
                match self { $(Op::$name => ops!(@pure $pure),)* }
            }
        }
    };
    (@pure pure) => { true };
    (@pure act) => { false };
}

ops! {
    /// A parameter of its block.
    Param "param" Plain act;
    /// A boxed constant.
    Const "const" Plain pure;
    ConstInt "int" Plain pure;
    ConstWord "word" Plain pure;
    ConstFloat "float" Plain pure;
    /// The value that the frame's register `imm` has in memory.
    LoadReg "load_reg" Plain pure;
    /// Writes the frame's register `imm`.
    StoreReg "store_reg" Plain act;
    /// Counts a bytecode instruction, and whether it looks for a field or method.
    Count "count" Plain act;
    /// The running closure.
    Closure "closure" Plain pure;

    /// The same value, of which more is known: no code.
    Refine "refine" Plain pure;
    GuardInt "guard_int" Guard act;
    GuardFloat "guard_float" Guard act;
    GuardBool "guard_bool" Guard act;
    /// An object of kind `imm`; a value that is an object already needs no look at that.
    GuardKind "guard_kind" Guard act;
    /// An object of shape `imm`.
    GuardShape "guard_shape" Guard act;
    /// The same, or null.
    GuardShapeOrNull "guard_shape_or_null" Guard act;
    GuardPresent "guard_present" Guard act;
    /// A function of the proto at address `imm`.
    GuardProto "guard_proto" Guard act;
    /// These very bits.
    GuardSame "guard_same" Guard act;
    /// An object that may be written in place.
    GuardOwn "guard_own" Guard act;
    /// Nothing that has to be borrowed for a call.
    GuardUnlent "guard_unlent" Guard act;
    /// The first is below the second, both not negative.
    GuardBounds "guard_bounds" Guard act;
    GuardNotZero "guard_not_zero" Guard act;
    GuardFloatNotZero "guard_float_not_zero" Guard act;
    /// The int is not `imm`.
    GuardNot "guard_not" Guard act;
    /// The int is at least 0 and below `imm`.
    GuardBelow "guard_below" Guard act;
    GuardNotNegative "guard_not_negative" Guard act;
    /// At least 0, so no NaN.
    GuardFloatNotNegative "guard_float_not_negative" Guard act;
    /// Always leaves.
    Leave "leave" Guard act;

    BoxInt "box_int" Cold pure;
    /// Leaves if the int is no inline one.
    BoxIntChecked "box_int!" Guard act;
    BoxFloat "box_float" Plain pure;
    BoxBool "box_bool" Plain pure;
    UnboxInt "unbox_int" Plain pure;
    UnboxFloat "unbox_float" Plain pure;
    BoxWord "box_word" Cold pure;
    /// A boxed int from 0 to 2^64 - 1; leaves for anything else.
    UnboxWord "unbox_word" Guard act;
    /// The 64 bits of an int that is at least 0, or low bits, as a word.
    AsWord "as_word" Plain pure;
    WordToFloat "word_to_float" Plain pure;
    IntToFloat "int_to_float" Plain pure;
    /// A boxed number as a float; leaves for anything else.
    NumberToFloat "number_to_float" Guard act;
    /// The truth of a boxed bool.
    IsTrue "is_true" Plain pure;

    /// These drop what does not fit 64 bits. `imm` is 1 if that may be something.
    Add "add" Plain pure;
    Sub "sub" Plain pure;
    /// The sum of an int and a constant that only states have: the ways out calculate it.
    Later "later" Plain pure;
    Mul "mul" Plain pure;
    Shl "shl" Plain pure;
    /// These leave if the result has more than 64 bits.
    AddChecked "add!" Guard act;
    SubChecked "sub!" Guard act;
    MulChecked "mul!" Guard act;
    ShlChecked "shl!" Guard act;
    Div "div" Plain pure;
    Rem "rem" Plain pure;
    And "and" Plain pure;
    Or "or" Plain pure;
    Xor "xor" Plain pure;
    Not "not" Plain pure;
    /// Arithmetic, to the right.
    Shr "shr" Plain pure;
    /// Of words.
    ShrWord "shr_word" Plain pure;
    DivWord "div_word" Plain pure;
    RemWord "rem_word" Plain pure;
    /// The lesser, or greater, of two ints.
    Min "min" Plain pure;
    Max "max" Plain pure;

    FloatAdd "float_add" Plain pure;
    FloatSub "float_sub" Plain pure;
    FloatMul "float_mul" Plain pure;
    FloatDiv "float_div" Plain pure;
    FloatNeg "float_neg" Plain pure;
    FloatAbs "float_abs" Plain pure;
    FloatSqrt "float_sqrt" Plain pure;
    /// The second if it is below, or above, the first, or is a NaN; else the first.
    FloatMin "float_min" Plain pure;
    FloatMax "float_max" Plain pure;
    /// The greatest int that is not above it; leaves if that has more than 63 bits.
    Floor "floor" Guard act;
    /// The int without the fraction; leaves if it has more than 63 bits.
    Truncate "truncate" Guard act;

    /// Comparisons; `imm` is the order.
    Compare "compare" Plain pure;
    CompareFloat "compare_float" Plain pure;
    /// Whether two ints have a bit in common (`imm` is 1), or none (0).
    TestBits "test_bits" Plain pure;
    /// The same bits as `imm`.
    Same "same" Plain pure;
    /// The same bits.
    SameBits "same_bits" Plain pure;
    NotBool "not_bool" Plain pure;
    /// Arithmetic of boxed numbers, int or float; leaves for anything else.
    Mixed "mixed" Guard act;
    MixedCompare "mixed_compare" Guard act;
    /// Whether something equals a constant: one that is no number, or a literal of a pattern.
    EqualsConst "equals_const" Cold act;
    /// The order of two strings.
    StringOrder "string_order" Cold act;
    /// Whether something has a field; records of the graph's shapes `imm` do.
    HasField "has_field" Cold act;
    /// Whether something is a string of one ASCII character in a range.
    StringWithin "string_within" Cold act;

    LoadGlobal "load_global" Plain pure;
    StoreGlobal "store_global" Plain act;
    LoadCapture "load_capture" Plain pure;
    LoadCell "load_cell" Plain pure;
    StoreCell "store_cell" Plain act;
    /// Field `imm` of an instance.
    LoadField "load_field" Plain pure;
    StoreField "store_field" Plain act;
    /// The shape of an instance; of other values a number that no type has.
    LoadShape "load_shape" Plain pure;
    LoadLen "load_len" Plain pure;
    /// Shortens an array to a length.
    StoreLen "store_len" Plain act;
    /// Where the elements of an array are.
    LoadData "load_data" Plain pure;
    /// Element of the storage, the index, the array that it belongs to.
    LoadElement "load_element" Plain pure;
    StoreElement "store_element" Plain act;
    /// Characters of a string.
    StringLen "string_len" Plain pure;
    /// The code of a string that is one ASCII character; leaves for others.
    StringByte "string_byte" Guard act;
    /// The string of an ASCII code.
    AsciiCharacter "ascii_character" Plain pure;
    /// The length of anything, boxed.
    Length "length" Cold act;
    /// Part `imm` of a tagged value.
    LoadPart "load_part" Plain pure;
    /// Whether an object is tagged with `imm`, with so many parts.
    HasTag "has_tag" Plain pure;
    /// A field by the caches of the graph's access `imm`.
    GetField "get_field" Cold act;
    /// Whether a dict has a key, boxed.
    HasKey "has_key" Cold act;
    /// Whether two values are equal, by bits, headers or the helper.
    Equal "equal" Cold act;
    /// The same value, a part of a container; a copy in its place if it could not be
    /// written as it is.
    Unshared "unshared" Cold act;
    /// Writes one; gives the object, which may have had to be copied.
    SetField "set_field" Cold act;
    /// An element of anything that has some.
    GetIndex "get_index" Cold act;
    /// Writes one; gives the container, which may have had to be copied.
    SetIndex "set_index" Cold act;
    /// Appends to an array that may be written in place; marks what is appended, as one that
    /// keeps its owner if `imm` is 1.
    Push "push" Cold act;

    Share "share" Plain act;
    ShareBorrowed "share_borrowed" Plain act;
    /// Marks the second, a part of the first, unless that has one owner and dies.
    SharePart "share_part" Plain act;
    GiveBack "give_back" Plain act;
    /// Lends an object to the frame's own code: gives what is to be given back, or null.
    Loan "loan" Cold act;
    /// A loan that only the ways out make.
    LentOut "lent_out" Plain pure;
    /// Lends a value to the function that the frame calls next.
    Lend "lend" Plain act;

    NewCell "new_cell" Cold act;
    NewArray "new_array" Cold act;
    /// A record of shape `imm`.
    NewDict "new_dict" Cold act;
    /// The type, then the fields.
    NewStruct "new_struct" Cold act;
    /// A struct that the ways out make: the type, then the fields. `imm` is 1 if it is
    /// marked as shared.
    Virtual "virtual" Plain pure;
    NewTagged "new_tagged" Cold act;
    /// An instance of the type with `imm` as its number among allocations, whose fields
    /// have their defaults.
    NewInstance "new_instance" Cold act;
    /// Throws unless the instance that `init` has made is complete.
    CheckComplete "check_complete" Cold act;
    /// The type whose instances have shape `imm`.
    GuardType "guard_type" Guard act;

    /// Calls the function of proto `imm`, whose arguments are in memory. With the bit
    /// [`LENDS`], the frame takes back afterwards what it has lent.
    CallDirect "call" Call act;
    /// Calls what register `imm` has in memory.
    CallValue "call_value" Call act;
    /// Calls the method of the receiver in memory, as the graph's call `imm` says.
    CallMethod "call_method" Call act;
    /// Calls a built-in method of objects of kind `imm`.
    CallNativeMethod "call_native_method" Call act;
    /// A helper does the instruction; operands and results are in memory.
    Generic "generic" Call act;
    /// The same; gives the helper's status.
    GenericStatus "generic_status" Call act;
    /// Whether the helper has moved the frame's place past the next word.
    Skipped "skipped" Plain act;
    Poll "poll" Cold act;
}
