//! Where values are when code is left: plain data that the code's exits name by number.

use super::ir::{Leaves, Returns};
use crate::vm::call::{CONSTRUCTS, OPERATOR};

/// A place at which optimised code is left.
#[derive(Debug)]
pub struct Exit {
    /// The outermost first.
    pub frames: Box<[ExitFrame]>,
    /// Structs that are made then, each before those that it is in.
    pub made: Box<[Made]>,
    /// Bytes of slots below the plain machine frame.
    pub bytes: u32,
    /// The function whose code it is.
    pub function: u32,
    pub leaves: Leaves,
}

#[derive(Debug)]
pub struct ExitFrame {
    /// Address of the function.
    pub proto: u64,
    /// The word to go on at.
    pub at: u32,
    /// Register 0, counted from that of the outermost frame.
    pub window: u32,
    pub returns: Returns,
    /// Registers that memory does not have yet.
    pub values: Box<[(u16, Form, Source)]>,
}

/// A struct that is made where code is left.
#[derive(Debug)]
pub struct Made {
    pub ty: (Form, Source),
    pub fields: Box<[(Form, Source)]>,
    pub shared: bool,
}

/// The flags of an inlined frame.
pub fn flags_of(returns: Returns) -> u32 {
    match returns {
        Returns::Plain => 0,
        Returns::Instance => CONSTRUCTS,
        Returns::Operator => OPERATOR,
    }
}

/// How a value is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Tagged,
    Int,
    /// An int, to which this is added.
    Sum(i32),
    Word,
    Float,
    Bool,
    /// An object that is lent then: what is to be given back, or null.
    Loan,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// General registers from 0, floats from 32.
    Register(u8),
    Slot(u32),
    Constant(u64),
    /// The struct of that number.
    Made(u8),
}
