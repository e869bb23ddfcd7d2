//! Instructions on their way to words: one entry an instruction, jumps to
//! labels instead of offsets, cache and jump words left out. Passes may delete
//! and change entries freely; `assemble` lays them out.

use crate::bytecode::{Const, FuncId, Op};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label(pub u32);

impl Label {
    /// The target of instructions that do not jump.
    pub const NONE: Label = Label(u32::MAX);
}

/// Whose value the variable operand of a storing instruction is; what `SHARE`
/// becomes if the variable dies there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    /// No variable: nothing to decide.
    Plain,
    /// A variable that owns its value.
    Local,
    /// A parameter, which may have been lent by the caller.
    Param,
    /// A variable that owns nothing, or whose value some temporary still needs.
    Never,
}

#[derive(Clone, Copy, Debug)]
pub struct Ins {
    pub op: Op,
    pub flags: u8,
    pub own: Own,
    pub a: u16,
    pub b: u16,
    pub c: u16,
    /// Byte offset that errors name.
    pub pos: u32,
    pub target: Label,
}

/// A row of the handler table, between labels.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub start: Label,
    pub end: Label,
    pub target: Label,
    pub register: u16,
    pub cleanup: bool,
}

/// A register that a `Closure` or `MakeType` reads for a capture.
#[derive(Clone, Copy, Debug)]
pub struct CaptureUse {
    pub register: u16,
    pub func: FuncId,
    pub index: u16,
    pub own: Own,
}

/// The life of a named variable, between instructions.
#[derive(Clone, Debug)]
pub struct Local {
    pub name: Box<str>,
    pub register: u16,
    pub start: u32,
    pub end: u32,
}

/// A function body before it is laid out.
#[derive(Default, Debug)]
pub struct Body {
    pub ins: Vec<Ins>,
    /// Where each label is, as an index into `ins`.
    pub labels: Vec<u32>,
    pub handlers: Vec<Handler>,
    pub consts: Vec<Const>,
    pub locals: Vec<Local>,
    /// Registers read by the closure-making instruction at this index.
    pub capture_uses: super::hash::Map<u32, Vec<CaptureUse>>,
    pub registers: u16,
    /// Register parameters, `self` included.
    pub params: u16,
    pub owned_params: u8,
    /// Instructions at which rounds of loops begin or are decided on, in order,
    /// with the registers that are live there.
    pub heads: Vec<(u32, Box<[u16]>)>,
}

impl Body {
    pub fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        Label(self.labels.len() as u32 - 1)
    }

    pub fn place(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.ins.len() as u32;
    }

    pub fn at(&self, label: Label) -> usize {
        self.labels[label.0 as usize] as usize
    }
}
