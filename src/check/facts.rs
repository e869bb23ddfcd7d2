//! The notes that one walk over a program makes for the rules: the expressions and
//! statements that some rule looks at, with where they are, and for every
//! variable what it is given and what is done with it. The tree is walked once;
//! the rules read these lists.

use crate::compiler::hash::Set;
use crate::compiler::resolve::{FuncIdx, VarId};
use crate::syntax::ast::*;

/// How the value of an expression is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// A statement of its own.
    Discarded,
    /// Only its truth counts, in a condition.
    Test,
    /// Only its truth counts, as an operand of `&&`, `||` or `!` whose bool is used.
    TestInValue,
    Value,
}

/// An expression that some rule looks at.
pub struct ExprSite<'a> {
    pub expr: &'a Expr<'a>,
    /// Errors are expected: it is in the body of a `try`, or is all that a function
    /// without parameters does that is handed to another.
    pub guarded: bool,
    /// It is in a loop of its function.
    pub looped: bool,
    pub used: Use,
}

/// A statement that some rule looks at.
pub struct StmtSite<'a> {
    pub stmt: &'a Stmt<'a>,
    pub guarded: bool,
    /// It is all that a `try` or such a function does.
    pub probe: bool,
}

/// A written type, and a value that has to be of it.
pub struct Promise<'a> {
    pub ty: &'a Type<'a>,
    pub value: &'a Expr<'a>,
}

/// A value or kind of value that a variable is given.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    Value(&'a Expr<'a>),
    /// `x op= value`
    Compound(BinaryOp, &'a Expr<'a>),
    /// A value of the written type.
    Declared(&'a Type<'a>),
    /// An element of a sequence.
    Element(&'a Expr<'a>),
    /// The first of two loop variables.
    Position(&'a Expr<'a>),
    Unknown,
}

/// A use of a variable.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    Read,
    /// Read to compute what the same statement then stores in the variable.
    ReadForItself,
    /// `x := …`
    Assign,
    /// `x += …`
    Compound,
    /// `x.f := …`, `x[i] := …`, also with `op=`: the place.
    Write(&'a Expr<'a>),
    /// A mutating `x.m(…)`, `x.f.m(…)` as a statement: the receiver and the name.
    Change(&'a Expr<'a>, &'a str),
}

#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub act: Act<'a>,
    pub span: Span,
    pub func: FuncIdx,
    /// Where the outermost loop begins that repeats the event, but not the variable's
    /// declaration; beyond the text if there is none.
    pub repeated_from: u32,
}

#[derive(Default)]
pub struct VarFacts<'a> {
    pub given: Vec<Given<'a>>,
    /// The things stored in the container that it holds, with how deep: 1 for an element,
    /// 2 for an element of an element.
    pub stored: Vec<(usize, Given<'a>)>,
    /// In source order; a value before the target that takes it.
    pub events: Vec<Event<'a>>,
    /// Loops of its function around the declaration.
    pub loops: usize,
}

#[derive(Default)]
pub struct FuncFacts<'a> {
    pub def: Option<&'a FuncDef<'a>>,
    /// The values it returns; `None` stands for null.
    pub returns: Vec<Option<&'a Expr<'a>>>,
    /// It is mentioned other than to call it.
    pub is_value: bool,
}

impl FuncFacts<'_> {
    /// Whether it runs at once and gives only null, or whether it has succeeded.
    pub fn gives_nothing(&self) -> bool {
        let only_tells = |value: &Option<&Expr>| {
            value.is_none_or(|value| matches!(value.kind, ExprKind::Bool(_) | ExprKind::Null))
        };
        let runs_at_once = (self.def).is_some_and(|def| !def.is_async && !def.is_generator);
        runs_at_once && self.returns.iter().all(only_tells)
    }
}

/// Everything one walk finds.
#[derive(Default)]
pub struct Facts<'a> {
    pub exprs: Vec<ExprSite<'a>>,
    pub stmts: Vec<StmtSite<'a>>,
    /// Names in expressions.
    pub names: Vec<Ident<'a>>,
    /// Bodies of functions and statements, for what is never reached.
    pub blocks: Vec<Block<'a>>,
    pub promises: Vec<Promise<'a>>,
    pub types: Vec<&'a Type<'a>>,
    pub vars: Vec<VarFacts<'a>>,
    pub funcs: Vec<FuncFacts<'a>>,
    /// Variables that destructuring patterns bind.
    pub patterns: Vec<VarId>,
    /// Variables whose value is indexed by a literal or taken apart.
    pub indexed: Vec<VarId>,
    pub enums: Vec<(VarId, &'a EnumDef<'a>)>,
    /// There is a float literal, or a power that may be a fraction.
    pub floats: bool,
    /// Ends of expressions whose value a statement uses: `n` of `x := n`.
    pub value_ends: Vec<u32>,
    /// Every name that is written after a `.` or as a key, for what might be a field.
    pub keys: Vec<&'a str>,
    /// Names after a `.` that is read, not called.
    pub read_fields: Set<&'a str>,
    pub field_writes: Vec<(&'a str, Given<'a>)>,
    /// The things stored in the containers that fields hold, as in [`VarFacts::stored`].
    pub field_stores: Vec<(&'a str, usize, Given<'a>)>,
    /// Types that are passed on as values.
    pub type_values: Set<VarId>,
    /// The values that the fields of each type are given.
    pub fields: Vec<Vec<Vec<Given<'a>>>>,
}
