//! Builds a graph by abstract interpretation of the bytecode, in an order in which a
//! block comes after those before it. Every instruction is folded and numbered as it is
//! made. The state that a loop's later rounds bring is assumed, checked at its end, and
//! where the assumption was too strong everything is built once more with a weaker one
//! ([`Memo`]): the building ends, since types and sets only grow a few times.
//!
//! # Invariants
//! * `env.regs` are the values of the running function's registers; `env.mem` says of
//!   which of them memory has the very value.
//! * A state is made before the instruction changes either.

mod access;
mod arith;
mod assumed;
mod calls;
mod carried;
mod compare;
mod control;
mod data;
mod fold;
mod inline;
mod instruction;
mod intrinsics;
mod loops;
mod make;
mod merge;
mod nodes;
mod pattern;
mod pure;
mod table;
mod thread;
mod word;

use super::ir::types::{self, Type};
use super::ir::{B, Block, End, F, Frame, Graph, Leaves, Op, Rep, Returns, S, Site, State, V};
use super::job::{ENTRY, Entry, Function, Job};
use super::known::SampleId;
use assumed::{Effect, Head, Memo};
use carried::Carried;
pub use compare::{BY_STATUS, INTERNED_TEXT, IS_TEXT, IS_VARIANT, LITERAL, OPPOSITE, ORDERS};
use nodes::{Next, Nodes};
use std::rc::Rc;
use table::{Map, Table};
use thread::Merged;

/// Abstract parts of memory, each with a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heap {
    /// Fields of instances: sixteen of them, by slot.
    Field(u8),
    Elements,
    /// Lengths and buffers of arrays, and all there is to strings.
    Arrays,
    Globals,
    Cells,
    /// The marks in headers.
    Marks,
    /// Written by what may write anything, and by nothing else.
    Anything,
}

const FIELDS: usize = 16;
const HEAPS: usize = FIELDS + 6;

impl Heap {
    fn index(self) -> usize {
        match self {
            Heap::Field(slot) => usize::from(slot) % FIELDS,
            Heap::Elements => FIELDS,
            Heap::Arrays => FIELDS + 1,
            Heap::Globals => FIELDS + 2,
            Heap::Cells => FIELDS + 3,
            Heap::Marks => FIELDS + 4,
            Heap::Anything => FIELDS + 5,
        }
    }
}

/// The facts that hold at a point of the code.
#[derive(Clone)]
pub struct Env {
    regs: Vec<Option<V>>,
    mem: Vec<Option<V>>,
    heaps: [u32; HEAPS],
}

/// A function whose blocks are being built.
struct Function_ {
    frame: F,
    function: Rc<Function>,
    nodes: Rc<Nodes>,
    /// The state of the caller after the call.
    parent: Option<S>,
    /// Distinguishes inlined functions.
    path: u32,
    inlined: bool,
    /// The caller reads register 0 if it throws: it is a method that may change its
    /// receiver.
    writes_back: bool,
    /// The closure that runs, of an inlined function with captures.
    closure: Option<V>,
}

/// Instructions of a graph beyond which it is not worth while.
const MOST_INSTRUCTIONS: usize = 12_000;
/// Times that a graph is built.
const MOST_ROUNDS: usize = 24;

pub struct Builder<'a> {
    g: Graph,
    job: &'a Job,
    memo: &'a mut Memo,
    /// An assumption about types did not hold.
    widened: bool,
    /// Loops that do more to memory than was assumed.
    found: Vec<((u32, usize), Effect)>,
    cur: B,
    env: Env,
    /// The merge that was built last.
    merged: Option<Merged>,
    /// The places that the loops around carry.
    carried: Vec<Carried>,
    fun: Rc<Function_>,
    at: usize,
    next: usize,
    state: Option<S>,
    /// The state of all side exits, while functions are built as a part of an instruction:
    /// that before the instruction.
    restart: Option<S>,
    /// The words before which the current node ends.
    block_end: usize,
    /// The chain of operations on low bits that is being built.
    low: Option<word::Chain>,
    /// Bigints that are constants, by the int that each is.
    objects: Map<V, u64>,
    table: Table,
    /// The value that a guard's result is, by value.
    root: Vec<V>,
    /// Samples of what values were when the job was made, by root.
    hints: Map<V, SampleId>,
    /// The functions that closures made here run, by root.
    closures: Map<V, u32>,
    versions: u32,
    loops: u32,
    /// Whether control comes to the current point.
    live: bool,
    /// Generic instructions, weighted by loops, against all.
    generic: u32,
    all: u32,
    /// Words of inlined functions, so far.
    inlined: usize,
    /// Those of functions inlined into themselves.
    repeated: usize,
}

/// Builds the graph of a job.
///
/// # Errors
/// Why the function is not worth it.
pub fn build(job: &Job) -> Result<Graph, &'static str> {
    let function = job.function(job.target).ok_or("too large")?.clone();
    let foreign = |word: crate::bytecode::Instr| nodes::is_foreign(word.op());
    let mut at = 0;
    while at < function.words.len() {
        if foreign(function.words[at]) {
            return Err("a generator");
        }
        at = crate::bytecode::flow::after(&function.words, at);
    }
    let mut memo = Memo::default();
    for _ in 0..MOST_ROUNDS {
        let mut builder = Builder::new(job, &mut memo, &function);
        builder.outermost();
        if builder.g.insts.len() > job.limit(MOST_INSTRUCTIONS) {
            return Err("too many instructions");
        }
        if builder.widened || !builder.found.is_empty() {
            // Code that is built for types too narrow may write what better code does not.
            let found = std::mem::take(&mut builder.found);
            if !builder.widened {
                memo.assume(found);
            }
            continue;
        }
        if builder.generic * 3 > builder.all * 2 {
            return Err("nothing to gain");
        }
        let Builder { mut g, .. } = builder;
        connect(&mut g);
        return Ok(g);
    }
    Err("types that do not settle")
}

/// Fills in predecessors, and drops what control does not come to.
fn connect(g: &mut Graph) {
    for block in &mut g.blocks {
        block.preds.clear();
    }
    for b in g.order.clone() {
        for next in g.successors(b) {
            g.block_mut(next).preds.push(b);
        }
    }
}

impl<'a> Builder<'a> {
    fn new(job: &'a Job, memo: &'a mut Memo, function: &Rc<Function>) -> Builder<'a> {
        let nodes =
            function.with_code(|code| Nodes::new(code, &function.flow, job.entry.word(), true));
        let registers = usize::from(function.registers) + 1;
        let mut g = Graph::default();
        g.frames.push(Frame {
            name: function.name.clone(),
            address: function.address,
            words: function.words_at,
            depth: 0,
            window: 0,
            caller: None,
            returns: Returns::Plain,
        });
        let mut builder = Builder {
            g,
            job,
            memo,
            widened: false,
            found: Vec::new(),
            cur: B(0),
            env: Env {
                regs: vec![None; registers],
                mem: vec![None; registers],
                heaps: [0; HEAPS],
            },
            merged: None,
            carried: Vec::new(),
            fun: Rc::new(Function_ {
                frame: F(0),
                function: function.clone(),
                nodes: Rc::new(nodes),
                parent: None,
                path: 0,
                inlined: false,
                writes_back: function.is_method,
                closure: None,
            }),
            at: 0,
            next: 0,
            state: None,
            restart: None,
            block_end: 0,
            low: None,
            objects: Map::default(),
            table: Table::default(),
            root: Vec::new(),
            hints: Map::default(),
            closures: Map::default(),
            versions: 0,
            loops: 0,
            live: true,
            generic: 0,
            all: 0,
            inlined: 0,
            repeated: 0,
        };
        builder.cur = builder.open(None);
        builder
    }

    /// A new block at the end of the order.
    fn open(&mut self, idom: Option<B>) -> B {
        let depth = idom.map_or(0, |idom| self.g.block(idom).depth + 1);
        let b = self.g.add_block(Block {
            params: Vec::new(),
            insts: Vec::new(),
            end: End::Open,
            preds: Vec::new(),
            idom,
            depth,
            loops: self.loops,
            head: false,
            cold: false,
        });
        self.g.order.push(b);
        b
    }

    fn site(&self) -> Site {
        Site {
            frame: self.fun.frame,
            at: self.at as u32,
        }
    }

    /// The entry, and all that follows.
    fn outermost(&mut self) {
        let function = self.fun.function.clone();
        let entry = self.job.entry.clone();
        self.at = entry.word() as usize;
        self.g.entries.push((entry.word(), self.cur));
        let live = function.flow.live_before(self.at).clone();
        for register in live.iter() {
            let v = self.emit(
                Op::LoadReg,
                Rep::Tagged,
                Type::MAYBE,
                &[],
                u64::from(register),
            );
            self.set_hint(v, self.job.registers.get(&register).copied());
            let v = match &entry {
                // Arguments that were left out are absent; all others are values.
                Entry::Start => v,
                Entry::At(_, types) => self.expect_entry(register, v, types),
            };
            self.env.regs[usize::from(register)] = Some(v);
            self.env.mem[usize::from(register)] = Some(self.root_of(v));
        }
        self.state = None;
        let env = self.env.clone();
        let returns = self.walk(env);
        for Returned {
            block, value: v, ..
        } in returns
        {
            self.cur = block;
            let v = self.tagged(v);
            self.finish(End::Return(v));
        }
    }

    /// A register of a frame that runs already, guarded to be what it is now.
    fn expect_entry(&mut self, register: u16, v: V, types: &[Type]) -> V {
        let ty = types
            .get(usize::from(register))
            .copied()
            .unwrap_or(Type::MAYBE);
        if self
            .job
            .is_denied(self.fun.function.number, self.at as u32 | ENTRY)
        {
            return v;
        }
        // Nothing is in machine registers yet: memory has all values.
        let frame = self.fun.frame;
        let at = self.at as u32;
        let state = *self.state.get_or_insert(self.g.add_state(State {
            frame,
            at,
            regs: Vec::new(),
            parent: None,
            leaves: Leaves::Entry,
        }));
        self.state = Some(state);
        if let Some(bits) = ty.int().and_then(crate::value::Value::try_int) {
            let v = self.guard(Op::GuardSame, v, ty, bits.bits());
            self.as_rep(v, Rep::Int)
        } else if ty.is_int() {
            let v = self.guard(Op::GuardInt, v, Type::INLINE, 0);
            if ty.bounds().0 < 0 {
                return v;
            }
            let int = self.as_rep(v, Rep::Int);
            self.check(Op::GuardNotNegative, &[int], 0);
            self.narrowed(int, ty)
        } else if ty.is_float() {
            self.guard(Op::GuardFloat, v, Type::FLOAT, 0)
        } else if ty.kinds == types::WORD {
            self.word_of(v)
        } else if ty.is(types::BOOL) {
            self.guard(Op::GuardBool, v, Type::BOOL, 0)
        } else {
            v
        }
    }

    /// Builds the running function from its entry node on. Gives where it returns, and
    /// with which values.
    fn walk(&mut self, entry: Env) -> Vec<Returned> {
        let nodes = self.fun.nodes.clone();
        let function = self.fun.function.clone();
        let outer_loops = self.loops;
        let mut incoming: Vec<Vec<(B, Env)>> = vec![Vec::new(); nodes.nodes.len()];
        let mut heads: Map<usize, Head> = Map::default();
        let mut returns = Vec::new();
        self.env = entry;
        (self.at, self.state) = (nodes.nodes[nodes.order[0]].start as usize, None);
        self.check_masks();
        incoming[nodes.order[0]].push((self.cur, self.env.clone()));
        for &number in &nodes.order {
            let from = std::mem::take(&mut incoming[number]);
            if from.is_empty() || self.g.insts.len() > self.job.limit(MOST_INSTRUCTIONS) {
                continue;
            }
            let node = &nodes.nodes[number];
            self.loops = outer_loops + node.loops;
            self.drop_carried();
            self.at = node.start as usize;
            self.state = None;
            let live = function.flow.live_before(self.at);
            if node.head {
                let head = self.enter_loop(number, from, live, node);
                self.env = head.env.clone();
                heads.insert(number, head);
            } else {
                self.merge(from, live);
            }
            self.live = true;
            let end = self.instructions(node.end as usize);
            let out = match end {
                Way::Return(v) => {
                    returns.push(Returned {
                        block: self.cur,
                        env: self.env.clone(),
                        value: v,
                    });
                    continue;
                }
                Way::Never => continue,
                Way::To(number) => vec![(self.cur, self.env.clone(), node.next[number])],
                Way::Branch(yes, no) => {
                    vec![(yes.0, yes.1, node.next[0]), (no.0, no.1, node.next[1])]
                }
            };
            for (b, env, next) in out {
                match next {
                    Next::Outside(word) => self.go_outside(b, env, word),
                    Next::Node(to) => match heads.remove(&to) {
                        Some(head) => {
                            self.close_loop(to, &head, b, env);
                            heads.insert(to, head);
                        }
                        None => incoming[to].push((b, env)),
                    },
                }
            }
        }
        self.loops = outer_loops;
        returns
    }

    /// Ends the current block.
    fn finish(&mut self, end: End) {
        let cur = self.cur;
        debug_assert_eq!(self.g.block(cur).end, End::Open);
        self.g.block_mut(cur).end = end;
    }

    /// Goes on in the baseline's code.
    fn go_outside(&mut self, b: B, env: Env, word: u32) {
        self.cur = b;
        self.env = env;
        let live = self.fun.function.flow.live_before(word as usize).clone();
        for register in live.iter() {
            self.store_register(register);
        }
        self.finish(End::ToBaseline(word));
    }
}

/// Where a function returns.
struct Returned {
    block: B,
    env: Env,
    value: V,
}

/// How a node ends. It lives for a moment.
#[allow(clippy::large_enum_variant)]
pub enum Way {
    /// The successor with that number.
    To(usize),
    /// The ways on, and what holds there: the jump, then going on.
    Branch((B, Env), (B, Env)),
    Return(V),
    Never,
}
