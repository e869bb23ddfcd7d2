//! The instruction set: every opcode once, with its operands and meaning. Everything
//! else about an opcode is a column of this table too: the windows of registers that it
//! reads and writes, whether it ends a basic block or may throw, the feedback that it
//! gathers, and, in brackets, its effects: what code of the program it may run, and what
//! it may reach beside its operands ([`Effects`]). Verifier, listing, liveness and
//! compiled code read it here; only what carries out instructions lists them again.
//!
//! # Encoding
//! An instruction is one 64-bit word:
//! ```text
//!  63      48 47      32 31      16 15    8 7     0
//! |    c     |    b     |    a     | flags |  op   |
//! |         bx (32)     |
//! ```
//! `a b c` are register numbers unless the table says otherwise; `bx` is `b`
//! and `c` read as one 32-bit operand. A jump's `bx` is signed and counts from
//! the instruction after it.
//!
//! Two kinds of words follow an instruction and belong to it:
//! * a **cache word** (`cached` in the table): 64 bits of inline cache, zero when
//!   made; the interpreter fills it, the native tiers read it;
//! * a **jump word** (`branch` in the table): a [`Op::Jump`] that is taken when
//!   the test says so, and skipped otherwise. With both, the cache comes first.
//!
//! # Ownership
//! Arrays, dicts and structs are values that share storage. An object's
//! `SHARED` bit says that more than one owner may hold it, `BORROWED` that a
//! caller still owns what a running callee got as an argument. A write through
//! an owner copies an object that has either. The compiler says which owners a value
//! has:
//! * [`Op::Copy`] and the flag [`SHARE`] mark the value `SHARED`: it gets a
//!   second owner. Where liveness finds that the first owner dies there, the
//!   copy becomes a [`Op::Move`] or [`SHARE`] is dropped; where the dying owner
//!   is a parameter, it becomes [`SHARE_BORROWED`]: mark only if `BORROWED`.
//! * A part that is read from a container in its last use moves out of it
//!   ([`LAST_USE`]): no code can reach it through the container any more.
//! * A loop lends what it runs over if that could be written meanwhile ([`LEND`]), and
//!   gives it back on every way out ([`Op::GiveBack`]); so does a call with arguments
//!   beyond those that its masks can name.
//! * A temporary that merely refers to what another place owns (an element
//!   read without `SHARE`) is never written through and never stored.

use super::Const;
use crate::effects::{Effects, effects};
use std::ops::Range;

/// Which operand holds a register number, and whether it is read, written or
/// both; or what else the operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Not used.
    No,
    /// A register that is read.
    Use,
    /// A register that is written.
    Def,
    /// A register that is read and perhaps written.
    UseDef,
    /// A register that is written unless the instruction jumps.
    MayDef,
    /// A small number.
    Imm,
    /// Index of a constant.
    Const,
    /// (in `b`, spanning `c`) index of a constant.
    Const32,
    /// (in `b`, spanning `c`) a signed number.
    Imm32,
    /// (in `b`, spanning `c`) number of a global.
    Global32,
    /// (in `b`, spanning `c`) a jump offset.
    Jump32,
    /// The first of c registers that are read.
    List,
    /// The first of two registers that are read.
    Pair,
    /// The first of as many registers as the key list in c has keys; they are read.
    Keyed,
    /// A type, before registers as for `Keyed`, and one more with `BASE`.
    TypeKeyed,
    /// The values that are given back, before b registers that are looked at; read and perhaps written.
    Loan,
    /// The subject of a loop, where the three registers of its state begin.
    Subject,
    /// The three bounds of a range, which are replaced.
    Bounds,
    /// The three registers of a loop's state; the element goes after them.
    Loop,
    /// The same with two elements.
    Loop2,
    /// The callee, before its arguments; takes the result.
    Callee,
    /// Takes the result of a call whose arguments are after it.
    Result,
    /// The same with the receiver before the arguments.
    MethodResult,
    /// The callee, before an array of arguments; takes the result.
    Spread,
    /// Takes the result of a method whose receiver and array of arguments are after it.
    MethodSpread,
}

/// Registers in a row, counted from the one that an operand names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    from: u16,
    count: Count,
}

/// A number of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Count {
    Fixed(u16),
    /// As operand c says.
    Listed,
    /// One more than operand b says.
    Following,
    /// So many more than the call has arguments.
    Arguments(u16),
    /// So many more than the key list in c has keys.
    Keys(u16),
}

impl Window {
    const fn new(from: u16, count: Count) -> Option<Window> {
        Some(Window { from, count })
    }

    /// The registers, for an instruction whose operand names `first`.
    pub fn registers(
        self,
        first: u16,
        operands: (u16, u16),
        flags: u8,
        consts: &[Const],
    ) -> Range<u16> {
        let keys = |number: u16| match consts.get(usize::from(number)) {
            Some(Const::KeyList(keys)) => keys.len() as u16,
            _ => 0,
        };
        self.registers_by(first, operands, flags, &keys)
    }

    /// The same where `keys` says how many keys the key list in a constant has.
    pub fn registers_by(
        self,
        first: u16,
        (b, c): (u16, u16),
        flags: u8,
        keys: &dyn Fn(u16) -> u16,
    ) -> Range<u16> {
        let count = match self.count {
            Count::Fixed(count) => count,
            Count::Listed => c,
            Count::Following => b.saturating_add(1),
            Count::Arguments(more) => (b & 0xff) + more,
            Count::Keys(more) => {
                let base = u16::from(more > 0 && flags & BASE != 0);
                keys(c).saturating_add(more + base)
            }
        };
        let start = first.saturating_add(self.from);
        start..start.saturating_add(count)
    }
}

impl Operand {
    /// Whether it is the number of a register.
    pub const fn is_register(self) -> bool {
        self.reads().is_some() || self.writes().is_some() || matches!(self, Operand::MayDef)
    }

    /// The registers that are read by way of it.
    pub const fn reads(self) -> Option<Window> {
        match self {
            Operand::Use | Operand::UseDef | Operand::Subject => Window::new(0, Count::Fixed(1)),
            Operand::List => Window::new(0, Count::Listed),
            Operand::Loan => Window::new(0, Count::Following),
            Operand::Pair | Operand::Spread => Window::new(0, Count::Fixed(2)),
            Operand::Keyed => Window::new(0, Count::Keys(0)),
            Operand::TypeKeyed => Window::new(0, Count::Keys(1)),
            Operand::Bounds | Operand::Loop | Operand::Loop2 => Window::new(0, Count::Fixed(3)),
            Operand::Callee => Window::new(0, Count::Arguments(1)),
            Operand::Result => Window::new(1, Count::Arguments(0)),
            Operand::MethodResult => Window::new(1, Count::Arguments(1)),
            Operand::MethodSpread => Window::new(1, Count::Fixed(2)),
            _ => None,
        }
    }

    /// The registers whose old values are gone afterwards.
    pub const fn writes(self) -> Option<Window> {
        match self {
            Operand::Def => Window::new(0, Count::Fixed(1)),
            Operand::Subject | Operand::Bounds => Window::new(0, Count::Fixed(3)),
            Operand::Loop => Window::new(3, Count::Fixed(1)),
            Operand::Loop2 => Window::new(3, Count::Fixed(2)),
            Operand::Callee | Operand::Result => Window::new(0, Count::Arguments(1)),
            Operand::MethodResult => Window::new(0, Count::Arguments(2)),
            Operand::Spread => Window::new(0, Count::Fixed(2)),
            Operand::MethodSpread => Window::new(0, Count::Fixed(3)),
            _ => None,
        }
    }
}

/// The feedback that an instruction gathers in its flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback {
    None,
    /// The kinds of its two operands (`SEEN_…`), where they are no inline ints.
    Kinds,
    /// That it has met something else than its code expected (`SEEN_OTHER`).
    Surprise,
}

/// Where the receiver of a method call comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum ReceiverPlace {
    Temporary,
    /// A local variable, which the instruction after the call writes.
    Variable,
    /// A `let` or `const` place.
    Let,
    /// A place that the code after the call writes back to.
    Path,
}

impl ReceiverPlace {
    const ALL: [ReceiverPlace; 4] = [
        ReceiverPlace::Temporary,
        ReceiverPlace::Variable,
        ReceiverPlace::Let,
        ReceiverPlace::Path,
    ];
}

/// The values that [`Op::LoadSimple`] loads, by its operand b.
pub mod simple {
    pub const NULL: u16 = 0;
    pub const FALSE: u16 = 1;
    pub const TRUE: u16 = 2;
    /// `None`.
    pub const NONE: u16 = 3;
    /// An argument that a call leaves out.
    pub const ABSENT: u16 = 4;
}

/// The value (operand named in the table) gets a further owner: mark it.
pub const SHARE: u8 = 1 << 0;
/// Mark it only if it is `BORROWED`.
pub const SHARE_BORROWED: u8 = 1 << 1;
/// `Add`: the left operand is this instruction's to consume; an unshared array
/// or a growable string may be extended in place.
pub const CONSUME: u8 = 1 << 2;
/// Field instructions: written as `x["name"]`, so structs answer by `op_index` and
/// `op_set_index` only.
pub const KEY: u8 = 1 << 2;
/// Reading by `?.` or `?[`: a missing dict key gives null.
pub const OPTIONAL: u8 = 1 << 3;
/// The place begins at a `let` or `const`: only references may be written.
pub const LET: u8 = 1 << 4;
/// Beside [`SHARE`] where a part is read: the container is not used again, so the part
/// needs the mark only if the container may have another owner (it is marked itself,
/// or no value). Code that ignores this marks too much, which costs a copy.
pub const LAST_USE: u8 = 1 << 4;
/// `IterInit`: the subject is lent to the loop.
pub const LEND: u8 = 1 << 1;
/// `IterInit`, `Lend`: the value is a chain of lazy steps that the expression before has made
/// and no other code has. The containers that it runs through are lent, and it is what is to
/// be given back. `GiveBack`: that may be such a chain, which ends.
pub const CHAIN: u8 = 1 << 2;
/// Beside [`CHAIN`]: so are the steps that a `cycle` among them gathers from.
pub const DEEP: u8 = 1 << 3;
/// `RangeInit`, `LazyRange`, `TestRange`: the end belongs to the range.
pub const INCLUSIVE: u8 = 1 << 2;
/// `NewStruct`: one more register holds the value of `...base`.
pub const BASE: u8 = 1 << 2;
/// `GetCell`, `GetCaptureCell`, `GetGlobal`: known to be assigned already.
pub const ASSIGNED: u8 = 1 << 2;
/// Type feedback of arithmetic and comparison, set as it runs.
/// `SEEN_INT` is only noted beside `SEEN_FLOAT`.
pub const SEEN_INT: u8 = 1 << 3;
pub const SEEN_FLOAT: u8 = 1 << 5;
pub const SEEN_OTHER: u8 = 1 << 6;
pub const SEEN_OVERFLOW: u8 = 1 << 7;
/// Instructions that index, and loops: their subject has been something else than an
/// array.
pub const SEEN_NO_ARRAY: u8 = 1 << 7;

/// `TestTag`'s `b` for a tag pattern without parts.
pub const ANY_PARTS: u16 = u16::MAX;

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident $text:literal ($a:ident $b:ident $c:ident) [$($effect:ident)+] $($extra:ident)*;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[doc = $doc])* $name,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The opcode's name in listings.
            pub fn name(self) -> &'static str {
                match self { $(Op::$name => $text,)* }
            }

            /// The meaning of `a`, `b`, `c`.
            pub const fn operands(self) -> [Operand; 3] {
                match self { $(Op::$name => [Operand::$a, Operand::$b, Operand::$c],)* }
            }

            /// Its effects beyond its operands.
            pub const fn effects(self) -> Effects {
                match self { $(Op::$name => effects!($($effect)+),)* }
            }

            /// Whether a cache word follows.
            pub const fn has_cache(self) -> bool {
                match self { $(Op::$name => ops!(@has cached $($extra)*),)* }
            }

            /// Whether it looks for a field or method, and has a cache for that.
            pub const fn looks_up(self) -> bool {
                self.has_cache() && !matches!(self, Op::NewStruct)
            }

            /// Whether control never goes on to the next instruction. A loop begins with
            /// a jump to its header or, at its end, to the instruction after that.
            pub const fn ends_block(self) -> bool {
                match self { $(Op::$name => ops!(@has ends $($extra)*),)* }
            }

            /// Whether a handler may be called for it. Not each of the others is known
            /// to throw.
            pub const fn may_throw(self) -> bool {
                match self { $(Op::$name => !ops!(@has nothrow $($extra)*),)* }
            }

            pub const fn feedback(self) -> Feedback {
                match self {
                    $(Op::$name => if ops!(@has kinds $($extra)*) {
                        Feedback::Kinds
                    } else if ops!(@has surprise $($extra)*) {
                        Feedback::Surprise
                    } else {
                        Feedback::None
                    },)*
                }
            }

            /// Whether a jump word follows (after the cache word).
            pub const fn has_branch(self) -> bool {
                match self { $(Op::$name => ops!(@has branch $($extra)*),)* }
            }
        }
    };
    (@has cached cached $($rest:ident)*) => { true };
    (@has branch branch $($rest:ident)*) => { true };
    (@has ends ends $($rest:ident)*) => { true };
    (@has nothrow nothrow $($rest:ident)*) => { true };
    (@has kinds kinds $($rest:ident)*) => { true };
    (@has surprise surprise $($rest:ident)*) => { true };
    (@has $what:ident $first:ident $($rest:ident)*) => { ops!(@has $what $($rest)*) };
    (@has $what:ident) => { false };
}

impl Op {
    /// Whether it is a call whose `b` counts arguments and whose flags are masks.
    pub const fn is_call(self) -> bool {
        matches!(
            self.operands()[0],
            Operand::Callee | Operand::Result | Operand::MethodResult
        )
    }

    /// Where the receiver comes from, of a call of a method with this operand `b`.
    pub fn receiver_place(self, b: u16) -> Option<ReceiverPlace> {
        match self {
            Op::CallMethod => Some(ReceiverPlace::Temporary),
            Op::CallMethodPlace => Some(ReceiverPlace::Variable),
            Op::CallMethodLet => Some(ReceiverPlace::Let),
            Op::CallMethodPath => Some(ReceiverPlace::Path),
            Op::CallMethodSpread => ReceiverPlace::ALL.get(usize::from(b)).copied(),
            _ => None,
        }
    }

    /// Whether the instruction may also skip the one after it.
    pub fn skips_next(self, b: u16) -> bool {
        self.receiver_place(b) == Some(ReceiverPlace::Path)
    }

    /// Whether the instruction after this one belongs to it.
    pub fn binds_next(self, b: u16) -> bool {
        let place = self.receiver_place(b);
        matches!(place, Some(ReceiverPlace::Variable | ReceiverPlace::Path))
    }
}

ops! {
    /// Does nothing.
    Nop "nop" (No No No) [none] nothrow;
    /// `R[a] = R[b]`; `R[b]` is not used again or needs no owner.
    Move "move" (Def Use No) [none] nothrow;
    /// `R[a] = R[b]`, two owners from now on: marks as the flags say
    /// (`SHARE` or `SHARE_BORROWED`).
    Copy "copy" (Def Use No) [none] nothrow;
    /// `R[a] = constant`
    LoadK "loadk" (Def Const32 No) [none];
    /// `R[a] = bx` as a signed int.
    LoadInt "loadint" (Def Imm32 No) [none] nothrow;
    /// `R[a]` = the value of [`simple`] that b says.
    LoadSimple "loadsimple" (Def Imm No) [none] nothrow;
    /// Marks `R[a]` as shared.
    Share "share" (Use No No) [none] nothrow;
    /// Lends `R[b]`: until it is given back, a write to it makes a copy. `R[a]` =
    /// what is to be given back, or null if the value needs no loan. `CHAIN`, `DEEP`: the
    /// loans are those that the steps of the chain have, which they keep until then.
    Lend "lend" (Def Use No) [none] nothrow;
    /// Gives back what `R[a]` holds, unless that is null; then `R[a]` = null. Does
    /// nothing if one of the b registers after `R[a]` holds an object with value
    /// semantics, which may be a part of what is lent. `CHAIN`.
    GiveBack "giveback" (Loan Imm No) [none] nothrow;

    /// `R[a] = global bx`; throws `Undefined variable` if it is absent, unless
    /// `ASSIGNED`. `SHARE` marks the value.
    GetGlobal "getglobal" (Def Global32 No) [outside];
    /// `global bx = R[a]`; `SHARE…` marks the value.
    SetGlobal "setglobal" (Use Global32 No) [outside];
    /// `R[a]` = what the undeclared name `constant bx` means when reached
    /// (wildcard imports, built-ins), else throws `Undefined variable`.
    GetDynamic "getdynamic" (Def Const32 No) [outside];

    /// `R[a]` = the module that constant bx names (`a.b`); runs it if this is
    /// the first time that it is reached.
    Import "import" (Def Const32 No) [calls outside];
    /// `R[a]` = export constant c of the module `R[b]`; throws if it has none.
    ImportName "importname" (Def Use Const) [outside];
    /// Brings the exports of module `R[a]` to the names that wildcard import bx
    /// of the unit may explain. A module that exports its own name: `R[a]` is
    /// that export afterwards.
    ImportAll "importall" (UseDef Imm32 No) [outside];

    /// `R[a]` = a new cell without a value.
    NewCell "newcell" (Def No No) [none];
    /// `R[a]` = a new cell that holds `R[a]` (a captured parameter).
    BoxParam "boxparam" (UseDef No No) [none];
    /// `R[a]` = content of the cell `R[b]`; absent throws `Undefined variable:
    /// constant c` unless `ASSIGNED`. `SHARE` marks the value.
    GetCell "getcell" (Def Use Const) [none];
    /// content of the cell `R[a]` = `R[b]`; `SHARE…` marks the value.
    SetCell "setcell" (Use Use No) [none];
    /// `R[a]` = copied capture b of the running closure. `SHARE` marks it.
    GetCapture "getcapture" (Def Imm No) [outside];
    /// `R[a]` = content of the cell that is capture b; name in constant c.
    GetCaptureCell "getcapturecell" (Def Imm Const) [outside];
    /// content of the cell that is capture b = `R[a]`; `SHARE…` marks it.
    SetCaptureCell "setcapturecell" (Use Imm No) [outside];
    /// `R[a]` = closure of the function in constant bx, which says what it
    /// captures from this frame's registers and captures.
    Closure "closure" (Def Const32 No) [outside];
    /// `R[a]` = the struct type in constant bx, with its methods closed over
    /// this frame; only for types whose methods capture something.
    MakeType "maketype" (Def Const32 No) [outside];

    /// `R[a] = R[b] + R[c]` and so on; feedback in the flags.
    Add "add" (Def Use Use) [operators] kinds;
    Sub "sub" (Def Use Use) [operators] kinds;
    Mul "mul" (Def Use Use) [operators] kinds;
    Div "div" (Def Use Use) [operators] kinds;
    Mod "mod" (Def Use Use) [operators] kinds;
    Pow "pow" (Def Use Use) [operators];
    Shl "shl" (Def Use Use) [none] kinds;
    Shr "shr" (Def Use Use) [none] kinds;
    BitAnd "bitand" (Def Use Use) [none] kinds;
    BitXor "bitxor" (Def Use Use) [none] kinds;
    BitOr "bitor" (Def Use Use) [none] kinds;
    /// `R[a] = R[b] + constant c` and so on; the constant is a number.
    AddK "addk" (Def Use Const) [operators] kinds;
    SubK "subk" (Def Use Const) [operators] kinds;
    MulK "mulk" (Def Use Const) [operators] kinds;
    DivK "divk" (Def Use Const) [operators] kinds;
    ModK "modk" (Def Use Const) [operators] kinds;
    Neg "neg" (Def Use No) [operators];
    Not "not" (Def Use No) [operators contents];
    BitNot "bitnot" (Def Use No) [none];
    /// `R[a]` = truth of `R[b]` as a bool.
    Truth "truth" (Def Use No) [contents];
    /// `R[a]` = the texts of `R[b] … R[b + c - 1]` joined (interpolation).
    Concat "concat" (Def List Imm) [texts];

    /// `R[a]` = the text of `R[b]` as the format in constant c says.
    Format "format" (Def Use Const) [texts];

    /// Comparisons as values: `R[a] = R[b] < R[c]` and so on.
    Lt "lt" (Def Use Use) [operators] kinds;
    Le "le" (Def Use Use) [operators] kinds;
    Gt "gt" (Def Use Use) [operators] kinds;
    Ge "ge" (Def Use Use) [operators] kinds;
    Eq "eq" (Def Use Use) [operators] kinds;
    Ne "ne" (Def Use Use) [operators] kinds;
    /// Takes the jump if `(R[a] < R[b]) == (c != 0)`, and so on.
    TestLt "testlt" (Use Use Imm) [operators] branch kinds;
    TestLe "testle" (Use Use Imm) [operators] branch kinds;
    TestGt "testgt" (Use Use Imm) [operators] branch kinds;
    TestGe "testge" (Use Use Imm) [operators] branch kinds;
    TestEq "testeq" (Use Use Imm) [operators] branch kinds;
    TestNe "testne" (Use Use Imm) [operators] branch kinds;
    /// The same with constant b on the right.
    TestLtK "testltk" (Use Const Imm) [operators] branch kinds;
    TestLeK "testlek" (Use Const Imm) [operators] branch kinds;
    TestGtK "testgtk" (Use Const Imm) [operators] branch kinds;
    TestGeK "testgek" (Use Const Imm) [operators] branch kinds;
    TestEqK "testeqk" (Use Const Imm) [operators] branch kinds;
    TestNeK "testnek" (Use Const Imm) [operators] branch kinds;

    Jump "jump" (No Jump32 No) [none] ends nothrow;
    /// A jump backwards to a loop's head: where hot loops are counted and
    /// interruption is noticed.
    Loop "loop" (No Jump32 No) [none] ends;
    /// By the truth of `R[a]`.
    JumpIf "jumpif" (Use Jump32 No) [contents];
    JumpIfNot "jumpifnot" (Use Jump32 No) [contents];
    JumpIfNull "jumpifnull" (Use Jump32 No) [none] nothrow;
    JumpIfNotNull "jumpifnotnull" (Use Jump32 No) [none] nothrow;
    /// If `R[a]` is not absent (a parameter that was given).
    JumpIfPresent "jumpifpresent" (Use Jump32 No) [none];

    /// `R[a] = R[b].name`, name in constant c. `SHARE`, `LAST_USE`, `KEY`,
    /// `OPTIONAL`.
    GetField "getfield" (Def Use Const) [reads indexes] cached surprise;
    /// `R[a].name = R[c]`, name in constant b. Makes `R[a]` unshared first
    /// (the register then holds the copy). `SHARE…` marks `R[c]`; `KEY`, `LET`.
    SetField "setfield" (UseDef Const Use) [writes indexes] cached surprise;
    /// `R[a]` = the value in `R[b].name`, ready to be written in place: makes
    /// `R[b]` unshared (the register then holds the copy), then the child
    /// within it. `KEY`, `LET`.
    FieldMut "fieldmut" (Def UseDef Const) [reads writes indexes] cached surprise;
    /// `R[a] = R[b][R[c]]`. `SHARE`, `LAST_USE`, `OPTIONAL`.
    GetIndex "getindex" (Def Use Use) [indexes] surprise;
    /// `R[a] = R[b][c]`, c a signed 16-bit int. `SHARE`, `LAST_USE`, `OPTIONAL`.
    GetIndexI "getindexi" (Def Use Imm) [indexes];
    /// `R[a][R[b]] = R[c]`, as `SetField`. `SHARE…` marks `R[c]`.
    SetIndex "setindex" (UseDef Use Use) [indexes] surprise;
    /// As `FieldMut`, for `R[b][R[c]]`.
    IndexMut "indexmut" (Def UseDef Use) [indexes] surprise;
    /// Takes the jump if `R[a]` is an instance of a type with `op_set_index`: a store to
    /// an element of it is a method call on its place.
    TestIndexed "testindexed" (Use No No) [none] branch nothrow;
    /// `R[a] = R[b][R[c] : R[c + 1]]`; null for an end left out.
    Slice "slice" (Def Use Pair) [none];

    /// Starts a loop over `R[a]`, whose state is `R[a] R[a+1] R[a+2]`; jumps
    /// (forwards) to its `IterNext`. No register after those is in use. `LEND`, `CHAIN`,
    /// `DEEP`: the subject is lent as by [`Op::Lend`], and `R[a+2]` is what is to be given
    /// back.
    IterInit "iterinit" (Subject Jump32 No) [contents] ends;
    /// Next element into `R[a+3]` and jumps back, or goes on after the loop.
    /// `SHARE` marks the element.
    IterNext "iternext" (Loop Jump32 No) [pulls];
    /// The same for `for k, v in e`: `R[a+3]`, `R[a+4]`; `SHARE` marks the value.
    IterNext2 "iternext2" (Loop2 Jump32 No) [pulls];
    /// `R[a]` = the range from `R[a]` to `R[a+1]` by `R[a+2]`, not stored, for a built-in
    /// that walks it; `INCLUSIVE`. Errors as `range()`.
    LazyRange "lazyrange" (Bounds No No) [none];
    /// Starts a loop over the range from `R[a]` to `R[a+1]` by `R[a+2]`;
    /// `INCLUSIVE`. Jumps (forwards) to its `RangeNext`. Errors as `range()`.
    RangeInit "rangeinit" (Bounds Jump32 No) [none] ends surprise;
    /// Next int into `R[a+3]` and jumps back, or goes on after the loop.
    RangeNext "rangenext" (Loop Jump32 No) [none];

    /// Calls `R[a]` with `R[a+1] …`; the result into `R[a]`. For every call
    /// `b` = number of arguments (low 8 bits) and mask of *exposed* arguments
    /// (high 8 bits: owned by something that the callee may reach and write);
    /// `flags` = mask of *kept* arguments, owned by a place that keeps them
    /// (exposed ones are kept too). Bit i is the argument in `R[a+1+i]`.
    Call "call" (Callee Imm No) [calls];
    /// Calls the function in constant c, which takes exactly that many.
    CallK "callk" (Result Imm Const) [callee];
    /// Calls the built-in function number c.
    CallNative "callnative" (Result Imm Imm) [callee];
    /// Calls method `constant c` of the temporary `R[a+1]` with `R[a+2] …`; the
    /// result into `R[a]`. `b` counts the arguments without the receiver; mask
    /// bit 0 is the receiver. After a mutating method `R[a+1]` holds the
    /// receiver as the method left it.
    CallMethod "callmethod" (MethodResult Imm Const) [callee] cached;
    /// The receiver is the value of a local variable. The next instruction is
    /// `Move variable, R[a+1]`; it is carried out also when the call throws.
    CallMethodPlace "callmethodplace" (MethodResult Imm Const) [callee] cached;
    /// The receiver is in a `let` or `const` place: a mutating method throws.
    CallMethodLet "callmethodlet" (MethodResult Imm Const) [callee] cached;
    /// The receiver came by `FieldMut`, `IndexMut` or from a global or cell. The
    /// next instruction is a `Jump` past the write-back of `R[a+1]`; it is
    /// skipped when the method is a mutating one of the program's own.
    /// For a cell or global itself the `Jump` leads to the write-back, so that
    /// a copy which a built-in method had to make is always stored.
    CallMethodPath "callmethodpath" (MethodResult Imm Const) [callee] cached;
    /// Calls `R[a]` with the elements of the array `R[a+1]`; result in `R[a]`.
    CallSpread "callspread" (Spread No No) [calls];
    /// Method `constant c` of `R[a+1]` with the elements of `R[a+2]`; `b` is the
    /// [`ReceiverPlace`].
    CallMethodSpread "callmethodspread" (MethodSpread Imm Const) [calls] cached;
    /// `R[a] :: name` called with `R[a+1] …`, name in constant c: a tagged value
    /// of an enum, or a static method of a struct. Result into `R[a]`.
    CallPath "callpath" (Callee Imm Const) [calls];
    /// `R[a] = R[b] :: name` without a call.
    GetPath "getpath" (Def Use Const) [none];
    /// Takes the jump if method `constant c` of `R[a]` is a mutating one.
    CheckMut "checkmut" (Use No Const) [none] cached branch;
    /// Returns `R[a]`. `SHARE…` marks it.
    Return "return" (Use No No) [none] ends nothrow;
    ReturnNull "returnnull" (No No No) [none] ends nothrow;
    /// The first instruction of a generator's body: moves the frame with its
    /// first b registers (parameters or their cells; a parameter that is
    /// `BORROWED` is marked) into a generator object, which the call gives.
    MakeGenerator "makegenerator" (No Imm No) [none];
    /// Hands `R[a]` to the code that asked the generator and rests until asked
    /// again; then `R[a]` = null. The first b registers are kept.
    Yield "yield" (UseDef Imm No) [calls];
    /// `R[a]` = the value of the promise `R[b]`, for which the task waits; its error is
    /// thrown. Anything else gives itself. `R[b]` is owned by the instruction; the registers
    /// from c on hold nothing that is read later.
    Await "await" (Def Use Imm) [calls outside reads writes];
    /// `R[a]` = a promise that `R[a]` fulfils: what an async function returns. The promise
    /// follows one that it returns.
    Fulfil "fulfil" (UseDef No No) [none];
    /// The handler of all errors of an async function: `R[a]` = a promise that the error
    /// `R[a]` rejects. If the task waits instead, `R[a]` is its promise already.
    Reject "reject" (UseDef No No) [none];
    /// Throws `R[a]` as the program's `throw`.
    Throw "throw" (Use No No) [texts] ends;
    /// The same with the error that led to it in `R[b]`.
    ThrowFrom "throwfrom" (Use Use No) [texts] ends;
    /// Goes on with the error that a handler received in `R[a]`.
    Rethrow "rethrow" (Use No No) [none] ends;
    /// Goes on unwinding from a write-back handler: as `Rethrow`, and also with
    /// errors that programs cannot catch.
    EndHandler "endhandler" (Use No No) [none] ends;
    /// `e?`: `R[a]` = payload of `Ok` or `Some` in `R[b]`; takes the jump on
    /// `Err` and `None` (to code that returns `R[b]`); throws otherwise.
    /// `SHARE` marks the payload; without it the payload is marked only if
    /// `R[b]` is `SHARED` itself. `R[a]` is written only when it unwraps.
    Unwrap "unwrap" (MayDef Use No) [none] branch;

    /// `R[a]` = array of `R[b] … R[b + c - 1]`, which move into it.
    NewArray "newarray" (Def List Imm) [none];
    /// Appends `R[b] … R[b + c - 1]` to the fresh array `R[a]`.
    ArrayAppend "arrayappend" (UseDef List Imm) [none];
    /// Appends the elements of the sequence `R[b]` to the fresh array `R[a]`.
    ArrayExtend "arrayextend" (UseDef Use No) [pulls];
    /// `R[a]` = dict with the keys of constant c (a key list) and the values
    /// `R[b] …`, which move into it.
    NewDict "newdict" (Def Keyed Const) [none];
    /// Merges dict `R[b]` into the fresh dict `R[a]`.
    DictMerge "dictmerge" (UseDef Use No) [none];
    /// `R[a]` = instance of the type in `R[b]` with the fields of constant c (a
    /// key list) and the values `R[b+1] …`; `BASE`: one more holds the base.
    NewStruct "newstruct" (Def TypeKeyed Const) [defaults reads] cached surprise;
    /// `R[a]` = `Ok(R[b])` (c = 0), `Err` (1), `Some` (2).
    MakeResult "makeresult" (Def Use Imm) [none];

    /// The tests of patterns take the jump when the value does NOT fit.
    /// `R[a]` has the tag in constant c (a tag name) and b parts (or
    /// `ANY_PARTS`).
    TestTag "testtag" (Use Imm Const) [none] branch;
    /// `R[a]` is an array of exactly (c = 0) or at least (c = 1) b elements.
    TestArray "testarray" (Use Imm Imm) [none] branch;
    /// `R[a]` is a dict or a struct.
    TestRecord "testrecord" (Use No No) [none] branch;
    /// The dict or struct `R[a]` has the key or field constant c.
    TestKey "testkey" (Use No Const) [reads] branch;
    /// `R[a]` is an instance of the type `R[b]`.
    TestType "testtype" (Use Use No) [none] branch;
    /// `R[a]` equals constant c and is of the same kind.
    TestLit "testlit" (Use No Const) [none] branch;
    /// `R[a]` is of the kind of constants b and c, numbers or strings, and between them;
    /// `INCLUSIVE`.
    TestRange "testrange" (Use Const Const) [none] branch;
    /// `R[a]` = part c of the tagged value or array `R[b]` (tested before).
    /// `SHARE` marks it; `LAST_USE`.
    GetPart "getpart" (Def Use Imm) [none];
    /// `R[a]` = the elements of array `R[b]` from c on.
    RestArray "restarray" (Def Use Imm) [none];
    /// `R[a]` = a dict of what the dict or struct `R[b]` has besides the keys of
    /// constant c (a key list).
    RestDict "restdict" (Def Use Const) [reads];
    /// Throws: `R[a]` does not fit the destructuring pattern whose text is
    /// constant c.
    ThrowMismatch "throwmismatch" (Use No Const) [none] ends;
}
