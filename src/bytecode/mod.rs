//! The code that the compiler makes and the virtual machine runs: instructions,
//! and the code objects that hold them. A [`Unit`] is plain data without a
//! single heap value, so it can be made, listed and tested without a heap; the
//! machine turns its constants into values when it loads it.

pub mod disasm;
pub mod flow;
pub mod op;
pub mod verify;

pub use op::Op;

/// One instruction word; see [`op`] for the layout.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(transparent)]
pub struct Instr(pub u64);

impl Instr {
    pub const fn abc(op: Op, a: u16, b: u16, c: u16) -> Instr {
        Instr(op as u64 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }

    pub const fn abx(op: Op, a: u16, bx: u32) -> Instr {
        Instr(op as u64 | (a as u64) << 16 | (bx as u64) << 32)
    }

    /// A jump by `offset` words from the word after it.
    pub const fn jump(op: Op, a: u16, offset: i32) -> Instr {
        Instr::abx(op, a, offset as u32)
    }

    pub const fn with_flags(self, flags: u8) -> Instr {
        Instr(self.0 & !0xff00 | (flags as u64) << 8)
    }

    /// # Panics
    /// If the word is a cache word and no instruction.
    pub fn op(self) -> Op {
        Op::ALL[(self.0 & 0xff) as usize]
    }

    pub const fn flags(self) -> u8 {
        (self.0 >> 8) as u8
    }

    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }

    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }

    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }

    pub const fn bx(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// `bx` as a signed number: a jump offset or an int.
    pub const fn sbx(self) -> i32 {
        (self.0 >> 32) as i32
    }
}

/// Index of a function in its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FuncId(pub u32);

/// Index of a struct or class in its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StructId(pub u32);

/// Index of an enum in its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnumId(pub u32);

/// A constant as the compiler writes it down.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond 64 bits: digits in `radix`, perhaps after a minus sign.
    BigInt {
        digits: Box<str>,
        radix: u32,
    },
    Float(f64),
    Str(Box<str>),
    /// A function without captures.
    Func(FuncId),
    /// A struct type without captures.
    Struct(StructId),
    Enum(EnumId),
    /// A value of an enum without parts: its variant, by place in the enum.
    Variant(EnumId, u32),
    /// A built-in function as a value.
    Native(u16),
    /// The names of a dict or struct literal, in order. Int-like names (`"5"`)
    /// of dict literals are ordinary here; keys are distinct.
    KeyList(Box<[Box<str>]>),
    /// `ty` is empty for `Ok`, `Err`, `Some`, `None`.
    Tag {
        ty: Box<str>,
        name: Box<str>,
    },
    /// An array or dict literal of constants, shared from birth.
    Array(Box<[Const]>),
    Dict(Box<[(Box<str>, Const)]>),
}

/// `max_args` of a function whose last parameter takes all further arguments.
pub const ANY_NUMBER: u16 = u16::MAX;

/// A function's code.
#[derive(Clone, Default, Debug)]
pub struct FunctionCode {
    /// As stack traces show it: `name`, `Type.name`, `<lambda>`, `<script>`.
    pub name: Box<str>,
    /// Parameter names; for methods the first is `self`, declared or not.
    pub params: Vec<Box<str>>,
    /// How many of them (without `self`) a caller must and may give; any number if
    /// the last takes all further arguments.
    pub min_args: u16,
    pub max_args: u16,
    /// Registers of a frame, parameters included.
    pub registers: u16,
    pub code: Vec<Instr>,
    /// For every word of `code`, the byte offset in the source that errors name.
    pub positions: Vec<u32>,
    pub consts: Vec<Const>,
    /// Innermost first.
    pub handlers: Vec<Handler>,
    pub captures: Vec<Capture>,
    /// Names of the captured variables.
    pub capture_names: Vec<Box<str>>,
    /// Parameters that the function writes in place or moves elsewhere (bit i =
    /// register i): a caller that keeps one of these must borrow it.
    pub owned_params: u8,
    pub is_method: bool,
    /// A call starts a task. The last handler is that of the task: errors that nothing
    /// else catches come there, and the promise of a task that waits.
    pub is_async: bool,
    /// A struct's method that changes `self`.
    pub mutating: bool,
    /// Can neither read nor write a variable outside itself, and calls nothing
    /// that might.
    pub isolated: bool,
    /// May read, or write, fields of class instances, which others may reach too.
    pub reads_instances: bool,
    pub writes_instances: bool,
    /// Names of variables: register, first and last word of their lives.
    pub locals: Vec<LocalName>,
    /// Where the function's text begins.
    pub position: u32,
    /// Where rounds of loops begin or are decided on, by word.
    pub heads: Vec<LoopHead>,
}

/// A word that a loop jumps back to, or at which a counted loop is entered.
#[derive(Clone, Debug)]
pub struct LoopHead {
    pub at: u32,
    /// The registers that are read later, as they are here, in order.
    pub live: Box<[u16]>,
}

#[derive(Clone, Debug)]
pub struct LocalName {
    pub name: Box<str>,
    pub register: u16,
    pub start: u32,
    pub end: u32,
}

/// Errors thrown by words `start .. end` go to `target`, the error in `register`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub register: u16,
    /// A write-back ([`Op::EndHandler`]) or `finally`-less `except`: whether
    /// errors that programs cannot catch come here too.
    pub cleanup: bool,
}

/// Where a new closure takes a capture from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capture {
    /// The value of a register (`share`: mark it), or the cell in it.
    Register { register: u16, share: bool },
    /// A capture of the enclosing closure, value or cell.
    Outer(u16),
}

#[derive(Clone, Debug)]
pub struct StructCode {
    pub name: Box<str>,
    pub is_class: bool,
    pub fields: Vec<FieldCode>,
    pub methods: Vec<MethodCode>,
    pub position: u32,
}

#[derive(Clone, Debug)]
pub struct FieldCode {
    pub name: Box<str>,
    pub default: FieldDefault,
}

#[derive(Clone, Debug)]
pub enum FieldDefault {
    None,
    Const(Const),
    /// A new empty array each time.
    EmptyArray,
    /// A new empty dict each time.
    EmptyDict,
    /// A function without parameters that gives the value.
    Func(FuncId),
}

#[derive(Clone, Debug)]
pub struct MethodCode {
    pub name: Box<str>,
    pub func: FuncId,
    pub mutating: bool,
    /// Callable as `Type::name(…)`: declared without `self`, uses no field.
    pub is_static: bool,
}

#[derive(Clone, Debug)]
pub struct EnumCode {
    pub name: Box<str>,
    pub variants: Vec<Box<str>>,
}

/// A compiled source file. Function 0 is the script itself.
#[derive(Clone, Default, Debug)]
pub struct Unit {
    pub functions: Vec<FunctionCode>,
    pub structs: Vec<StructCode>,
    pub enums: Vec<EnumCode>,
    /// Names of the globals: top-level variables that functions mention.
    pub globals: Vec<Box<str>>,
    /// The names that other files may import, in order of declaration.
    pub exports: Vec<ExportCode>,
    /// Globals for names that only a wildcard import can explain, by number.
    pub dynamics: Vec<DynamicName>,
    /// Imports or exports: values of types declared elsewhere come in.
    pub open: bool,
}

/// An exported name, and the value that it has.
#[derive(Clone, Debug)]
pub struct ExportCode {
    pub name: Box<str>,
    pub value: ExportValue,
}

#[derive(Clone, Debug)]
pub enum ExportValue {
    Global(u32),
    Const(Const),
}

/// A global that wildcard imports fill, or else a built-in of its name.
#[derive(Clone, Debug)]
pub struct DynamicName {
    pub global: u32,
    /// The wildcard imports of the unit whose exports are visible there.
    pub wildcards: Box<[u32]>,
}
