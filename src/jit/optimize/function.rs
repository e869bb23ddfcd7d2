//! Functions as a job has them: code and constants, copied and described.

use super::ir::types::Type;
use crate::bytecode::flow::{self, Code, Flow};
use crate::bytecode::{Handler, Instr, Op};
use crate::vm::cache::NEVER_RUN;
use std::rc::Rc;

/// A function's code and constants.
pub struct Function {
    pub number: u32,
    pub name: String,
    pub address: u64,
    /// Of the first word.
    pub words_at: u64,
    pub words: Vec<Instr>,
    pub consts: Vec<Const>,
    pub handlers: Vec<Handler>,
    pub registers: u16,
    pub max_args: u16,
    /// Registers that hold parameters when a call begins.
    pub parameters: u32,
    pub is_method: bool,
    pub owned_params: u8,
    pub borrows_nothing: bool,
    pub isolated: bool,
    pub blind: bool,
    pub flow: Rc<Flow>,
    /// By word: whether an instruction is there that control may have come to.
    pub reached: Vec<bool>,
}

impl Function {
    /// Whether nothing has changed since it was copied: the words, which have the feedback,
    /// and constants that are filled in later.
    pub fn is_current(&self, words: &[Instr]) -> bool {
        let is_filled = |constant: &Const| !matches!(constant.what, What::Keys { shape: 0, .. });
        self.words == words && self.consts.iter().all(is_filled)
    }

    /// The code as the analysis of words wants it.
    pub fn with_code<R>(&self, run: impl FnOnce(&Code) -> R) -> R {
        let keys = |number: u16| match self.consts.get(usize::from(number)) {
            Some(Const {
                what: What::Keys { count, .. },
                ..
            }) => *count as u16,
            _ => 0,
        };
        let captured = |number: u32| match &self.consts.get(number as usize)?.what {
            What::Function { captured, .. } => Some(captured.clone()),
            _ => None,
        };
        run(&Code {
            words: &self.words,
            handlers: &self.handlers,
            registers: self.registers,
            is_method: self.is_method,
            keys: &keys,
            captured: &captured,
        })
    }

    /// The instructions that control may have come to: an inline cache tells of one that has
    /// never run.
    pub fn find_reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.words.len()];
        let mut work = vec![0];
        while let Some(at) = work.pop() {
            if at >= self.words.len() || std::mem::replace(&mut reached[at], true) {
                continue;
            }
            if self.has_not_run(at) {
                continue;
            }
            work.extend(flow::target(&self.words, at));
            let ends = matches!(
                self.words[at].op(),
                Op::Jump | Op::Loop | Op::Return | Op::ReturnNull | Op::Throw
            );
            if !ends {
                work.push(flow::after(&self.words, at));
            }
        }
        reached
    }

    /// Whether the inline cache of an instruction says that it has never run.
    pub fn has_not_run(&self, at: usize) -> bool {
        self.words[at].op().has_cache() && self.words[at + 1].0 == NEVER_RUN
    }

    /// As [`Proto::borrows`].
    pub fn borrows(&self, kept: u8, exposed: u8) -> u8 {
        if self.borrows_nothing {
            return 0;
        }
        exposed | kept & self.owned_params
    }

    /// As [`Proto::sees_place`].
    pub fn sees_place(&self, kept: u8, exposed: u8) -> bool {
        let cannot = if kept & 1 != 0 {
            self.blind
        } else {
            self.isolated
        };
        exposed & 1 != 0 && !cannot
    }
}

/// A constant, described.
#[derive(Clone, Debug)]
pub struct Const {
    pub bits: u64,
    pub ty: Type,
    pub what: What,
    /// Of a name: its part of the place in the cache of methods that were found last.
    pub seed: u32,
}

#[derive(Clone, Debug)]
pub enum What {
    Plain,
    /// A function of the program, by number, and the registers that it captures.
    Function {
        number: u32,
        captured: Vec<u16>,
    },
    /// A type that is called to make instances.
    Struct(Rc<StructInfo>),
    /// An enum: the names of its variants, and their tags.
    Enum(Rc<[(u64, u32)]>),
    Keys {
        count: u32,
        /// Of the record that has them, if there is one; else 0.
        shape: u32,
    },
    /// A value of an enum without parts, as its path gives it.
    Variant {
        tag: u32,
    },
    /// A bigint from 0 to 2^64 - 1.
    Word(u64),
    /// 2^64.
    BeyondWords,
    /// A string; the byte of a single ASCII character.
    Text {
        interned: bool,
        byte: Option<u8>,
    },
}

#[derive(Debug)]
pub struct StructInfo {
    pub bits: u64,
    pub shape: u32,
    pub is_class: bool,
    /// The first value of each field; nothing if a function says.
    pub fields: Vec<Field>,
    /// The number of the function `init`, and the function as a value.
    pub init: Option<(u32, u64)>,
    /// The functions of the type itself: names, and the numbers of the functions.
    pub statics: Vec<(u64, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    Absent,
    Value(u64),
    EmptyArray,
    EmptyDict,
    /// The result of the function with that number.
    Computed(u32),
}

impl Function {
    /// The tag that an enum among the constants has under a name.
    pub fn tag_of(&self, name: u64, of: u64) -> Option<u32> {
        self.consts
            .iter()
            .find_map(|constant| match &constant.what {
                What::Enum(variants) if constant.bits == of => {
                    let found = variants.iter().find(|(variant, _)| *variant == name);
                    found.map(|&(_, tag)| tag)
                }
                _ => None,
            })
    }

    /// The function that a type among the constants has under a name: the type with these
    /// bits, or any.
    pub fn static_of(&self, name: u64, ty: Option<u64>) -> Option<u32> {
        self.consts
            .iter()
            .find_map(|constant| match &constant.what {
                What::Struct(info) if ty.is_none_or(|bits| bits == constant.bits) => {
                    let found = info.statics.iter().find(|(of, _)| *of == name);
                    found.map(|&(_, number)| number)
                }
                _ => None,
            })
    }

    /// The instructions with an opcode.
    pub fn words_of(&self, op: Op) -> impl Iterator<Item = Instr> {
        instructions(&self.words).filter(move |word| word.op() == op)
    }
}

/// The words of code that are instructions.
pub fn instructions(words: &[Instr]) -> impl Iterator<Item = Instr> {
    starts(words).map(|at| words[at])
}

/// Where they are.
pub fn starts(words: &[Instr]) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(0), |&at| {
        Some(crate::bytecode::flow::after(words, at)).filter(|&next| next < words.len())
    })
}
