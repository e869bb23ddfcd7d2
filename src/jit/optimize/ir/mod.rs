//! The optimiser's intermediate representation: SSA on a control-flow graph whose blocks
//! have parameters. Facts hang on values: a guard gives a refined value, and users take
//! that one.
//!
//! # Invariants
//! * A block's instructions and parameters are defined before they are used, on every
//!   path.
//! * A state is the one before its bytecode instruction: leaving by it executes the
//!   instruction again. So no guard follows a write of the same instruction.
//! * A block that ends with [`End::If`] is the only predecessor of both its successors,
//!   which have no parameters.

pub mod op;
#[cfg(test)]
pub mod parse;
mod print;
pub mod types;
pub mod verify;

pub use op::{Class, Op};
pub use print::print;
pub use types::Type;

/// The most structs of a graph that only its ways out make.
pub const MOST_VIRTUAL: usize = 24;

/// A value: an instruction, or a block's parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct V(pub u32);

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct B(pub u32);

/// A state of frames.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct S(pub u32);

/// An inlined function, or the outermost one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct F(pub u32);

impl V {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl B {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a value is kept in machine registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rep {
    /// Nothing is: the instruction has no result.
    None,
    Tagged,
    Int,
    /// An int without a sign.
    Word,
    Float,
    /// 0 or 1.
    Bool,
    /// The address of an array's elements.
    Raw,
}

impl Rep {
    pub fn is_float(self) -> bool {
        self == Rep::Float
    }
}

#[derive(Clone, Debug)]
pub struct Inst {
    pub op: Op,
    pub rep: Rep,
    pub ty: Type,
    /// A range of the graph's pool.
    args: (u32, u32),
    pub imm: u64,
    pub state: Option<S>,
    /// A call on a rare path, or the whole instruction.
    pub slow: Option<u32>,
    /// Where it comes from.
    pub site: Site,
}

/// A word of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    pub frame: F,
    pub at: u32,
}

/// Where a jump leads, and the values of the parameters there.
#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    pub to: B,
    pub args: Vec<V>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum End {
    /// Not written yet.
    Open,
    Jump(Edge),
    If(V, B, B),
    Return(V),
    /// Goes on in the baseline's code at a loop's head: everything is in memory.
    ToBaseline(u32),
    /// Control does not come here.
    Never,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub params: Vec<V>,
    pub insts: Vec<V>,
    pub end: End,
    pub preds: Vec<B>,
    /// The block that control always went through last, and how many such there are.
    pub idom: Option<B>,
    pub depth: u32,
    /// Depth of loops, and whether it begins one.
    pub loops: u32,
    pub head: bool,
    /// Rarely reached.
    pub cold: bool,
}

/// The state that the interpreter needs to go on: the values of registers that
/// memory does not have.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    pub frame: F,
    pub at: u32,
    pub regs: Vec<(u16, V)>,
    /// That of the caller, after its call, for an inlined function.
    pub parent: Option<S>,
    pub leaves: Leaves,
}

/// The thing that was not as expected where code is left with a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaves {
    /// Something that the instruction was given, or its result.
    Instruction,
    /// A value that the instruction has found in an object.
    Part,
    /// A register of a frame that has come in in the middle of the function.
    Entry,
}

/// A call of a helper.
#[derive(Clone, Debug)]
pub struct Slow {
    /// Number of the helper.
    pub helper: u32,
    /// The word after the instruction and its cache.
    pub after: u32,
    /// The state that is to be stored first.
    pub flush: Option<S>,
    /// The register that has the result afterwards.
    pub result: Option<u16>,
}

/// A call of a method, found by the receiver's shape.
#[derive(Clone, Debug)]
pub struct MethodCall {
    /// The shape that the inline cache has, and the address of its proto.
    pub shape: u32,
    pub proto: u64,
    /// Address of the name.
    pub name: u64,
    /// Its part of the place in the cache of methods that were found last.
    pub seed: u32,
    pub arguments: u32,
    /// Registers of arguments that a method found there must not have to borrow, and
    /// those that the one in the inline cache must not.
    pub lent: Vec<u32>,
    pub needed: Vec<u32>,
    /// Whether the receiver is marked first.
    pub shares: bool,
    /// The word to go on at after the method in the inline cache.
    pub back: u32,
    /// The register that the window begins at.
    pub window: u32,
}

/// An access of a field by its own cache, and by the machine's.
#[derive(Clone, Debug)]
pub struct FieldAccess {
    /// The contents of its own cache, if they seldom change, and the cache's address.
    pub known: Option<u64>,
    pub cache: u64,
    /// Address of the name, and its part of the place in the machine's cache.
    pub name: u64,
    pub seed: u32,
    pub probes: Probes,
}

/// The fields that an access takes from the machine's cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Probes {
    Nothing,
    /// Those of dicts.
    Dicts,
    All,
}

/// A function whose code is in the graph.
#[derive(Clone, Debug)]
pub struct Frame {
    pub name: String,
    pub address: u64,
    /// Address of its first word.
    pub words: u64,
    /// How many frames it is above the outermost.
    pub depth: u32,
    /// Register 0, counted from the outermost frame's.
    pub window: u32,
    /// The frame that calls it, and the word that this goes on at then. The outermost
    /// frame has none.
    pub caller: Option<(F, u32)>,
    pub returns: Returns,
}

/// How the result of a frame comes to its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returns {
    /// As of any call.
    Plain,
    /// It is the instance that the function, an `init`, has filled in.
    Instance,
    /// It goes to the register that the caller's instruction names.
    Operator,
}

#[derive(Clone, Default, Debug)]
pub struct Graph {
    pub insts: Vec<Inst>,
    pool: Vec<V>,
    /// By place in the pool: the kinds that an operand is known to be of where it is used.
    /// The pass `lower` notes them, which forgets what guards have found out.
    kinds: Vec<u32>,
    pub blocks: Vec<Block>,
    /// In an order in which a block comes before those that it dominates.
    pub order: Vec<B>,
    pub states: Vec<State>,
    pub slows: Vec<Slow>,
    pub frames: Vec<Frame>,
    pub calls: Vec<MethodCall>,
    pub accesses: Vec<FieldAccess>,
    /// Shapes of records that have a field.
    pub shapes: Vec<Vec<u32>>,
    /// Types that instances are made of.
    pub types: Vec<std::rc::Rc<super::job::StructInfo>>,
    /// Where frames that run already come in: the word, and the block.
    pub entries: Vec<(u32, B)>,
}

impl Graph {
    pub fn inst(&self, v: V) -> &Inst {
        &self.insts[v.index()]
    }

    pub fn args(&self, v: V) -> &[V] {
        let (start, len) = self.insts[v.index()].args;
        &self.pool[start as usize..][..len as usize]
    }

    pub fn arg(&self, v: V, number: usize) -> V {
        self.args(v)[number]
    }

    pub fn args_mut(&mut self, v: V) -> &mut [V] {
        let (start, len) = self.insts[v.index()].args;
        &mut self.pool[start as usize..][..len as usize]
    }

    pub fn block(&self, b: B) -> &Block {
        &self.blocks[b.index()]
    }

    pub fn block_mut(&mut self, b: B) -> &mut Block {
        &mut self.blocks[b.index()]
    }

    pub fn state(&self, s: S) -> &State {
        &self.states[s.0 as usize]
    }

    /// The states of a chain of inlined frames, innermost first.
    pub fn chain(&self, s: S) -> impl Iterator<Item = &State> {
        std::iter::successors(Some(self.state(s)), |state| {
            state.parent.map(|parent| self.state(parent))
        })
    }

    /// Notes what is known of the operands of all instructions.
    pub fn note_kinds(&mut self) {
        let kinds = self.pool.iter().map(|v| self.insts[v.index()].ty.kinds);
        self.kinds = kinds.collect();
    }

    /// The kinds that were known of an operand when the pass `lower` ran.
    pub fn kinds_of_arg(&self, v: V, number: usize) -> u32 {
        let (start, len) = self.insts[v.index()].args;
        debug_assert!(number < len as usize);
        self.kinds[start as usize + number]
    }

    /// Adds an instruction that is in no block yet.
    pub fn add(&mut self, op: Op, rep: Rep, ty: Type, args: &[V], imm: u64, site: Site) -> V {
        let start = self.pool.len() as u32;
        self.pool.extend_from_slice(args);
        self.insts.push(Inst {
            op,
            rep,
            ty,
            args: (start, args.len() as u32),
            imm,
            state: None,
            slow: None,
            site,
        });
        V(self.insts.len() as u32 - 1)
    }

    pub fn add_block(&mut self, block: Block) -> B {
        self.blocks.push(block);
        B(self.blocks.len() as u32 - 1)
    }

    pub fn add_state(&mut self, state: State) -> S {
        self.states.push(state);
        S(self.states.len() as u32 - 1)
    }

    /// The state with other values in place of some, which is itself if it has none of them.
    pub fn state_with(&mut self, s: S, of: &impl Fn(V) -> V) -> S {
        let differs = |&(_, v): &(u16, V)| of(v) != v;
        if !self.chain(s).any(|state| state.regs.iter().any(differs)) {
            return s;
        }
        let mut state = self.state(s).clone();
        for (_, v) in &mut state.regs {
            *v = of(*v);
        }
        state.parent = state.parent.map(|parent| self.state_with(parent, of));
        self.add_state(state)
    }

    /// Gives an instruction other values in its states in place of some.
    pub fn change_states(&mut self, v: V, of: &impl Fn(V) -> V) {
        if let Some(state) = self.inst(v).state {
            self.insts[v.index()].state = Some(self.state_with(state, of));
        }
        let Some(slow) = self.inst(v).slow else {
            return;
        };
        if let Some(flush) = self.slows[slow as usize].flush {
            self.slows[slow as usize].flush = Some(self.state_with(flush, of));
        }
    }

    /// Whether control that comes to `b` has gone through `a`.
    pub fn dominates(&self, a: B, b: B) -> bool {
        let depth = self.block(a).depth;
        let mut at = b;
        while self.block(at).depth > depth {
            match self.block(at).idom {
                Some(idom) => at = idom,
                None => return false,
            }
        }
        at == a
    }

    /// By block: whether it is of the loop with that header.
    pub fn loop_body(&self, header: B) -> Vec<bool> {
        let mut body = vec![false; self.blocks.len()];
        body[header.index()] = true;
        let latches = self.block(header).preds.iter().copied();
        let mut work: Vec<B> = latches.filter(|&b| self.dominates(header, b)).collect();
        while let Some(b) = work.pop() {
            if !std::mem::replace(&mut body[b.index()], true) {
                work.extend(&self.block(b).preds);
            }
        }
        body
    }

    /// The last block that control always goes through before both.
    pub fn common_dominator(&self, a: B, b: B) -> B {
        let (mut a, mut b) = (a, b);
        while a != b {
            let (da, db) = (self.block(a).depth, self.block(b).depth);
            if da >= db {
                a = self.block(a).idom.expect("the entry dominates everything");
            }
            if db >= da {
                b = self.block(b).idom.expect("the entry dominates everything");
            }
        }
        a
    }

    pub fn frame(&self, f: F) -> &Frame {
        &self.frames[f.0 as usize]
    }

    /// A frame and those that it is inlined in, the outermost first.
    pub fn frames_to(&self, f: F) -> Vec<&Frame> {
        let callers = std::iter::successors(Some(self.frame(f)), |frame| {
            frame.caller.map(|(caller, _)| self.frame(caller))
        });
        let mut all: Vec<&Frame> = callers.collect();
        all.reverse();
        all
    }

    /// The innermost frame that two frames have in common.
    pub fn common_frame(&self, a: F, b: F) -> F {
        let (mut a, mut b) = (a, b);
        while a != b {
            let (inner, outer) = match self.frame(a).depth >= self.frame(b).depth {
                true => (&mut a, b),
                false => (&mut b, a),
            };
            let (caller, _) = self.frame(*inner).caller.unwrap_or((outer, 0));
            *inner = caller;
        }
        a
    }

    /// Calls `each` for every value that an instruction keeps alive without needing it in
    /// a register.
    pub fn state_values(&self, v: V, each: &mut dyn FnMut(V)) {
        let inst = self.inst(v);
        let slow = inst.slow.and_then(|slow| self.slows[slow as usize].flush);
        for s in inst.state.into_iter().chain(slow) {
            for state in self.chain(s) {
                state.regs.iter().for_each(|&(_, v)| self.parts(v, each));
            }
        }
    }

    /// Calls `each` for a value, or for those that it is made of.
    fn parts(&self, v: V, each: &mut dyn FnMut(V)) {
        match self.inst(v).op {
            Op::Virtual | Op::LentOut => {
                self.args(v).iter().for_each(|&part| self.parts(part, each));
            }
            Op::Later => self.parts(self.arg(v, 0), each),
            _ => each(v),
        }
    }

    pub fn successors(&self, b: B) -> Vec<B> {
        match &self.block(b).end {
            End::Jump(edge) => vec![edge.to],
            End::If(_, yes, no) => vec![*yes, *no],
            _ => Vec::new(),
        }
    }
}
