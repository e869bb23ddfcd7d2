//! Instructions from the tree. Each file writes one kind of construct; this one
//! holds the state they share. Registers are a stack: the variables of open
//! blocks below, temporaries above. Every value that is stored must be owned
//! (see `bytecode::op`); [`Gen::to`] with `Want::Own` sees to that.

mod assign;
mod call;
mod cond;
mod control;
mod element_loop;
mod emit;
mod expr;
mod fold;
mod function;
mod harmless;
mod import;
mod literal;
mod loops;
mod method;
mod own_index;
mod pattern;
mod place;
mod purity;
mod stmt;
mod tries;
mod vars;

pub use element_loop::ElementLoop;

use super::Builtins;
use super::hash::Map;
use super::ir::{Body, Handler, Label};
use super::resolve::{FuncIdx, Resolved, VarId};
use crate::bytecode::{EnumId, FuncId, StructId, Unit};
use crate::effects::Effects;
use crate::syntax::ast::{Module, Span};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::source::SourceFile;

/// The use that the code that asks for a value will make of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Want {
    /// Store it: the value must have this owner to itself or be marked.
    Own,
    /// Look at it at once.
    Use,
}

/// An argument that is lent while those after it are evaluated.
#[derive(Clone, Copy)]
struct Hold {
    span: Span,
    /// The register of what is to be given back.
    loan: u16,
    /// Whether it has been evaluated.
    begins: bool,
}

/// An enclosing loop of the function.
#[derive(Clone, Copy)]
struct Loop<'a> {
    label: Option<&'a str>,
    break_to: Label,
    /// Where the next round begins, further on.
    continue_to: Label,
    /// Where it begins, if that is known already.
    head: Option<Label>,
    /// How many guarded ranges enclose the loop.
    tries: usize,
    /// How many statements with `finally` do.
    finallies: usize,
    /// The loan of what it runs over.
    loan: Option<Loan>,
}

/// A value that is lent to a loop or a call.
#[derive(Clone, Copy)]
struct Loan {
    register: u16,
    /// `CHAIN` if it is a chain.
    flags: u8,
    /// How many registers after that may hold parts of it.
    parts: u16,
}

/// The way of an exit from within a loop that has a loan.
#[derive(Clone, Copy)]
struct WayOut {
    /// The number of the loop, after which it begins.
    from: usize,
    exit: Exit,
    label: Label,
    /// The result of the function, if the exit is a return that no `finally` block delays.
    result: u16,
}

/// An enclosing range whose errors are handled.
#[derive(Clone, Copy)]
struct Try {
    target: Label,
    register: u16,
    /// It ends loans and passes errors on.
    cleanup: bool,
}

impl Try {
    /// The row of the handler table for a range.
    fn row(self, start: Label, end: Label) -> Handler {
        Handler {
            start,
            end,
            target: self.target,
            register: self.register,
            cleanup: self.cleanup,
        }
    }
}

/// The `finally` block of an enclosing statement, which is still to be written.
struct Finally {
    block: Label,
    /// Says how the statement has ended.
    outcome: u16,
    /// The result of the function, after [`Exit::Return`].
    result: u16,
    /// How many loops enclose the statement.
    loops: usize,
    /// The jumps out that go by way of the block.
    exits: Vec<Exit>,
    /// Whether the block is worth writing once more for each jump out.
    short: bool,
    /// Those jumps, and where the blocks that are theirs begin.
    copies: Vec<(Exit, Label)>,
}

impl Finally {
    fn add(&mut self, exit: Exit) {
        if !self.exits.contains(&exit) {
            self.exits.push(exit);
        }
    }
}

/// A jump out of statements. Loops are numbered from the outermost on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exit {
    Return,
    Break(u32),
    Continue(u32),
}

impl Exit {
    /// Its number in an outcome register.
    fn number(self) -> i64 {
        match self {
            Exit::Return => 0,
            Exit::Break(index) => 1 + 2 * i64::from(index),
            Exit::Continue(index) => 2 + 2 * i64::from(index),
        }
    }
}

/// The function being written.
struct FnState<'a> {
    func: FuncIdx,
    body: Body,
    consts: Map<emit::ConstKey, u32>,
    /// First free register.
    top: u32,
    /// Registers below hold variables.
    locals_top: u32,
    loops: Vec<Loop<'a>>,
    tries: Vec<Try>,
    finallies: Vec<Finally>,
    ways_out: Vec<WayOut>,
    /// Variables that a temporary, or a loop that runs, refers to unmarked.
    lent: Lent,
    /// Arguments of calls that are being written which are lent until the call.
    holds: Vec<Hold>,
    /// Where the links of the enclosing optional chains jump.
    chains: Vec<Label>,
    deferred: Vec<method::Deferred>,
    /// An argument whose place the result of the call will overwrite.
    taken: Option<Span>,
    /// An argument that its call walks: a range there is not stored.
    walked: Option<Span>,
    /// Registers that the values of `if`, `match` and `try` expressions go to,
    /// temporaries though they are below variables.
    built: Vec<u16>,
    /// The variable that the statement being written assigns.
    assigned: Option<VarId>,
    /// The method call on that variable whose result it gets at once.
    replacing: Option<Span>,
    /// The statement being written.
    stmt: Span,
    /// The cell of a `self` that closures change, from this label on.
    boxed_self: Option<(u16, Label)>,
    /// Where the body of an async function begins.
    task: Option<Label>,
}

/// Registers, each as often as something refers to it.
#[derive(Default)]
struct Lent {
    stack: Vec<u16>,
    /// How often each register is there.
    counts: Vec<u32>,
}

impl Lent {
    fn push(&mut self, register: u16) {
        let at = usize::from(register);
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.stack.push(register);
    }

    fn len(&self) -> usize {
        self.stack.len()
    }

    fn truncate(&mut self, len: usize) {
        for register in self.stack.drain(len.min(self.stack.len())..) {
            self.counts[usize::from(register)] -= 1;
        }
    }

    fn contains(&self, register: u16) -> bool {
        self.counts
            .get(usize::from(register))
            .is_some_and(|&count| count > 0)
    }
}

struct Gen<'a, 'r> {
    res: &'r Resolved<'a>,
    builtins: &'r dyn Builtins,
    source: &'r SourceFile,
    unit: Unit,
    errors: Vec<Diagnostic>,
    f: FnState<'a>,
    /// Register of each variable that has one.
    regs: Vec<u16>,
    /// Variables that refer to what something else owns.
    aliases: Vec<bool>,
    /// Variables that only ever hold ints: copying them marks nothing.
    ints: Vec<bool>,
    /// Effects that run no code here ([`Resolved::idle_effects`]).
    idle: Effects,
    /// There may be class instances.
    instances: bool,
    /// `!` in a condition may call a method of the program.
    defines_not: bool,
    /// Whether a store to an element may be a call of `op_set_index`.
    defines_set_index: bool,
    /// The path that was looked at last.
    spine: std::cell::Cell<purity::Spine>,
    /// Declared functions whose calls write nothing that others see, or may.
    harmless: std::cell::RefCell<Map<VarId, bool>>,
    /// Functions without captures, by position.
    func_ids: Map<u32, FuncId>,
    struct_ids: Map<VarId, StructId>,
    enum_ids: Map<VarId, EnumId>,
}

/// Writes the code of a whole source file.
pub fn generate<'a>(
    module: &Module<'a>,
    source: &SourceFile,
    builtins: &dyn Builtins,
    resolved: &Resolved<'a>,
) -> (Unit, Vec<Diagnostic>) {
    let unit = Unit {
        globals: resolved
            .globals
            .iter()
            .map(|&var| resolved.var(var).name.into())
            .collect(),
        ..Unit::default()
    };
    let mut generator = Gen {
        res: resolved,
        builtins,
        source,
        unit,
        errors: Vec::new(),
        f: FnState::new(FuncIdx(0)),
        regs: vec![0; resolved.vars.len()],
        aliases: vec![false; resolved.vars.len()],
        ints: vec![false; resolved.vars.len()],
        idle: resolved.idle_effects(),
        instances: resolved.has_instances(),
        defines_not: resolved.defines_not(),
        defines_set_index: resolved.defines_set_index(),
        spine: std::cell::Cell::default(),
        harmless: Default::default(),
        func_ids: Map::default(),
        struct_ids: Map::default(),
        enum_ids: Map::default(),
    };
    generator.script(module.body);
    generator.outside();
    super::isolation::mark_isolated(&mut generator.unit, builtins);
    (generator.unit, generator.errors)
}

impl FnState<'_> {
    fn new(func: FuncIdx) -> Self {
        FnState {
            func,
            body: Body::default(),
            consts: Map::default(),
            top: 0,
            locals_top: 0,
            loops: Vec::new(),
            tries: Vec::new(),
            finallies: Vec::new(),
            ways_out: Vec::new(),
            lent: Lent::default(),
            holds: Vec::new(),
            chains: Vec::new(),
            deferred: Vec::new(),
            taken: None,
            walked: None,
            built: Vec::new(),
            assigned: None,
            replacing: None,
            stmt: Span::default(),
            boxed_self: None,
            task: None,
        }
    }
}
