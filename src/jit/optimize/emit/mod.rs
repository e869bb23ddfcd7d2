//! Machine code from an allocated graph: one walk over its blocks, one function an
//! operation.
//!
//! # Conventions
//! * `T0`, `T1` and two floating point registers are for use within an operation; all
//!   others that a call does not keep are the allocator's.
//! * A machine frame is a plain one, as the baseline's, with slots below it. A
//!   way out drops the slots, and goes on as the baseline would.

mod access;
mod arith;
mod blocks;
mod calls;
mod constants;
mod guards;
mod moves;
mod objects;
mod slow;
mod test;

use super::alloc::{Allocation, FLOAT, Loc};
use super::ir::{B, F, Graph, Leaves, Op, Rep, Returns, S, V};
use super::job::{Entry, Job};
use super::tables::{Exit, ExitFrame, Form, Made, Source};
use crate::jit::regs::*;
use crate::jit::shared_code::{Table, plain_frame};
use crate::value::INT_OFFSET;
use crate::vm::stack::REENTRY_WEIGHT;
pub use constants::allocate;
use ruff_asm::prelude::*;
use ruff_asm::reg::FLOATS;
use ruff_asm::{Code, Label};

/// Floating point registers for use within an operation.
const X0: Fpr = FLOATS[12];
const X1: Fpr = FLOATS[13];

/// Slots of a frame that is small enough for the limit of calls alone to watch over the
/// machine stack.
const SMALL_FRAME: u32 = 48;
const MOST_SLOTS: u32 = 240;

/// Code that is not placed yet.
pub struct Emitted {
    pub code: Code,
    /// Where calls come in; none for code that begins in the middle.
    pub framed: Label,
    /// Where a frame comes in that compiled code runs already.
    pub inner: Label,
    pub exits: Vec<Exit>,
    /// Bytes that only count instructions.
    pub counting: usize,
    /// Addresses of the functions that are inlined in it.
    pub inlined: Vec<u64>,
}

struct Emit<'a, M: Masm> {
    m: &'a mut M,
    g: &'a Graph,
    a: &'a Allocation,
    job: &'a Job,
    table: &'a Table,
    general: Vec<Gpr>,
    /// Where the constants of the value encoding are: in memory if values have their
    /// registers.
    constants: Constants,
    /// The order in which blocks are written.
    order: Vec<B>,
    labels: Vec<Label>,
    start: Label,
    exits: Vec<Exit>,
    first_exit: usize,
    /// Bytes of the slots.
    bytes: i32,
    counting: usize,
    /// The instruction at hand.
    v: V,
    /// The exit made last, and its state.
    last: Option<(V, Label)>,
    saves_sp: bool,
    /// The innermost frame whose record memory has, with those of its callers, and the
    /// same at the end of each block that is written.
    settled: F,
    settled_after: Vec<Option<F>>,
    /// Guards so far.
    guards: usize,
    /// The value whose bits as a double are in `T0`: the operand of the guard just before.
    unboxed: Option<V>,
}

/// Makes the code of an allocated graph. Its exits are numbered from `first_exit` on.
///
/// # Errors
/// If it is too large.
pub fn emit<M: Masm>(
    m: &mut M,
    g: &Graph,
    a: &Allocation,
    job: &Job,
    table: &Table,
    first_exit: usize,
) -> Result<Emitted, String> {
    let slots = a.slot_count + a.saves;
    if slots > MOST_SLOTS {
        m.finish().map_err(|error| error.to_string())?;
        return Err("too many values at a time".to_string());
    }
    let labels = g.blocks.iter().map(|_| m.new_label()).collect();
    let start = m.new_label();
    let function = job.function(job.target).expect("what is compiled");
    let constants = match usize::from(a.general) > free_registers::<M>().len() {
        true => Constants::IN_MEMORY,
        false => Constants::IN_REGISTERS,
    };
    let mut emit = Emit {
        m,
        g,
        a,
        job,
        table,
        general: optimized_registers::<M>(),
        constants,
        order: blocks::order(g),
        labels,
        start,
        exits: Vec::new(),
        first_exit,
        bytes: slots.next_multiple_of(2) as i32 * 8,
        counting: 0,
        v: V(0),
        last: None,
        saves_sp: !function.handlers.is_empty(),
        settled: F(0),
        settled_after: vec![None; g.blocks.len()],
        guards: first_exit,
        unboxed: None,
    };
    let (framed, inner) = emit.entries();
    emit.blocks();
    let Emit {
        exits, counting, ..
    } = emit;
    let code = m.finish().map_err(|error| error.to_string())?;
    Ok(Emitted {
        code,
        framed,
        inner,
        exits,
        counting,
        inlined: g.frames[1..].iter().map(|frame| frame.address).collect(),
    })
}

impl<M: Masm> Emit<'_, M> {
    /// The ways in: for calls, for frames that are made already, and for frames that
    /// compiled code runs already.
    fn entries(&mut self) -> (Label, Label) {
        let body = self.labels[self.g.entries[0].1.index()];
        let (bytes, saves_sp) = (self.bytes, self.saves_sp);
        let slots = (self.a.slot_count + self.a.saves) as i32;
        if matches!(self.job.entry, Entry::Start) {
            let interpret = self.table.interpret;
            let start = self.start;
            self.m.bind(start);
            let deep = self.m.cold(|m| m.jump_code(interpret));
            self.check_room(deep);
            if slots > SMALL_FRAME as i32 / 8 {
                self.m.branch_sp_below(VM_STACK_LIMIT, deep);
            }
            if saves_sp {
                self.m.prologue(&plain_frame());
            } else {
                let frame = self.frame();
                self.m.prologue(&frame);
            }
            self.m.store(Size::B8, Mem::new(FRAME, FRAME_PROTO), T0);
            self.m.store(Size::B8, Mem::new(FRAME, FRAME_BASE), BASE);
            if self.job.shows_frame {
                self.m.store(Size::B8, VM_FRAME, FRAME);
            }
            self.m
                .store_imm(Size::B8, Mem::new(FRAME, FRAME_BORROWS), 0);
            if saves_sp {
                save_sp(self.m);
                self.m.add_sp(-bytes);
            }
            let first = self.g.entries[0].1;
            if self.order[0] != first || self.g.block(first).cold {
                self.m.jump(body);
            }
        }
        let inner = self.m.new_label();
        self.m.begin_cold();
        self.m.bind(inner);
        self.m.comment(|| "entered by compiled code".to_string());
        self.m.add_sp(-bytes);
        // A frame may run for long: what lies there would be taken for a root.
        for slot in 0..slots {
            self.m.store_imm(Size::B8, Mem::new(SP, slot * 8), 0);
        }
        if self.g.frames.len() > 1 {
            let number = self.first_exit + self.exits.len();
            let exit = self.exit_at_entry();
            self.exits.push(exit);
            let stub = self.table.leave;
            let deep = self.m.cold(|m| {
                m.mov(W32, T0, number as i32);
                m.jump_code(stub);
            });
            self.check_room(deep);
        }
        self.m.jump(body);
        self.m.end_cold();
        let framed = self.m.cold(|m| {
            m.comment(|| "entered by the interpreter".to_string());
            m.prologue(&plain_frame());
            m.store_imm(Size::B8, Mem::new(SP, M::PADDING), 0);
            if saves_sp {
                save_sp(m);
            }
            m.jump(inner);
        });
        (framed, inner)
    }

    /// Branches if there is no room for the deepest inlined frame, or if there is an
    /// interrupt.
    fn check_room(&mut self, otherwise: Label) {
        let frames = &self.g.frames;
        let depths = (0..frames.len() as u32).map(|number| {
            let chain = self.g.frames_to(F(number));
            let operators = chain.iter().filter(|f| f.returns == Returns::Operator);
            // The interpreter calls operators from Rust.
            chain.len() - 1 + operators.count() * REENTRY_WEIGHT
        });
        let depth = depths.max().unwrap_or(0) as i32;
        let window = frames.iter().map(|frame| frame.window).max().unwrap_or(0) as i32;
        let (mut frame, mut base) = (FRAME, BASE);
        if depth != 0 {
            self.m.add(W64, T1, FRAME, depth * FRAME_SIZE);
            frame = T1;
        }
        self.m
            .branch_mem(Cond::AboveEq, W64, frame, VM_LIMIT, otherwise);
        if window != 0 {
            self.m.add(W64, T1, BASE, window * 8);
            base = T1;
        }
        self.m
            .branch_mem(Cond::Above, W64, base, VM_VALUES_LIMIT, otherwise);
    }

    /// Leaving where code is entered in the middle of a function: memory has everything.
    fn exit_at_entry(&self) -> Exit {
        let frame = &self.g.frames[0];
        let frames = ExitFrame {
            proto: frame.address,
            at: self.job.entry.word(),
            window: 0,
            returns: Returns::Plain,
            values: Box::default(),
        };
        Exit {
            frames: Box::new([frames]),
            made: Box::default(),
            bytes: self.bytes as u32,
            function: self.job.target,
            leaves: Leaves::Entry,
        }
    }

    /// The machine frame with its slots, as a plain one with slots below it.
    fn frame(&self) -> Frame {
        Frame::new(&[], M::LEAST_SLOTS + self.bytes as u32 / 8)
    }

    fn slot(&self, slot: u32) -> Mem {
        Mem::new(SP, slot as i32 * 8)
    }

    fn store_slot(&mut self, slot: u32, register: u8) {
        let place = self.slot(slot);
        if register >= FLOAT {
            let fpr = FLOATS[usize::from(register - FLOAT)];
            self.m.store_float(place, fpr);
        } else {
            let gpr = self.general[usize::from(register)];
            self.m.store(Size::B8, place, gpr);
        }
    }

    /// The slot of a value.
    fn slot_of(&self, v: V) -> Mem {
        let slot = self.a.slots[v.index()].expect("it has been spilled");
        self.slot(slot)
    }

    fn gpr(&self, loc: Loc) -> Gpr {
        match loc {
            Loc::Reg(register) if register < FLOAT => self.general[usize::from(register)],
            loc => unreachable!("{loc:?} is no general register"),
        }
    }

    fn fpr(&self, loc: Loc) -> Fpr {
        match loc {
            Loc::Reg(register) if register >= FLOAT => FLOATS[usize::from(register - FLOAT)],
            loc => unreachable!("{loc:?} is no floating point register"),
        }
    }

    /// A register or a constant.
    fn rhs(&self, loc: Loc) -> Rhs {
        match loc {
            Loc::Const(v) => Rhs::Imm(self.g.inst(v).imm as i64),
            loc => Rhs::Reg(self.gpr(loc)),
        }
    }

    fn arg(&self, number: usize) -> Loc {
        self.a.insts[self.v.index()].args[number]
    }

    fn arg_gpr(&self, number: usize) -> Gpr {
        self.gpr(self.arg(number))
    }

    fn arg_fpr(&self, number: usize) -> Fpr {
        self.fpr(self.arg(number))
    }

    fn arg_rhs(&self, number: usize) -> Rhs {
        self.rhs(self.arg(number))
    }

    fn result(&self) -> Gpr {
        let register = self.a.insts[self.v.index()].result;
        self.gpr(Loc::Reg(register.expect("it has a result")))
    }

    fn float_result(&self) -> Fpr {
        let register = self.a.insts[self.v.index()].result;
        self.fpr(Loc::Reg(register.expect("it has a result")))
    }

    /// Loads a constant into a register.
    fn load_constant(&mut self, to: Gpr, v: V) {
        let inst = self.g.inst(v);
        if inst.op == Op::Const && inst.ty.is_pointer() {
            self.m.mov_address(to, inst.imm);
        } else {
            self.m.mov(W64, to, inst.imm);
        }
    }

    /// Loads the bits of a value, as it is kept, into a general register.
    fn load_to(&mut self, to: Gpr, v: V, loc: Loc) {
        match loc {
            Loc::Reg(register) if register < FLOAT => {
                let from = self.general[usize::from(register)];
                self.m.mov(W64, to, from);
            }
            Loc::Reg(register) => {
                let from = FLOATS[usize::from(register - FLOAT)];
                self.m.float_to_bits(to, from);
            }
            Loc::Slot(of) => {
                let place = self.slot_of(of);
                self.m.load(Load::W64, to, place);
            }
            Loc::Const(_) => self.load_constant(to, v),
        }
    }

    /// A boxed operand in a register, the given one if it is in none.
    fn any(&mut self, number: usize, spare: Gpr) -> Gpr {
        let v = self.g.arg(self.v, number);
        match self.arg(number) {
            Loc::Reg(register) if register < FLOAT => self.general[usize::from(register)],
            loc => {
                self.load_to(spare, v, loc);
                spare
            }
        }
    }

    /// The way out for the instruction at hand.
    fn exit(&mut self) -> Label {
        if let Some((v, label)) = self.last
            && v == self.v
        {
            return label;
        }
        let inst = self.g.inst(self.v);
        let exit = self.exit_record(inst.state.expect("the verifier has looked"));
        self.exits.push(exit);
        let number = (self.first_exit + self.exits.len() - 1) as i32;
        let stub = self.table.leave;
        let at = inst.site.at;
        let counts = self.job.counts;
        let mut counting = 0;
        let label = self.m.cold(|m| {
            m.comment(|| format!("leaves at {at:04}"));
            if counts {
                // The interpreter counts the instruction once more.
                let before = m.emitted();
                m.add_mem(W64, VM_EXECUTED, -1);
                counting = m.emitted() - before;
            }
            m.mov(W32, T0, number);
            m.jump_code(stub);
        });
        self.counting += counting;
        self.last = Some((self.v, label));
        label
    }

    fn exit_record(&self, state: S) -> Exit {
        let mut made = Vec::new();
        let mut frames: Vec<ExitFrame> = self
            .g
            .chain(state)
            .map(|state| {
                let frame = &self.g.frames[state.frame.0 as usize];
                let values = state.regs.iter().map(|&(register, v)| {
                    let (form, place) = self.exit_source(v, &mut made);
                    (register, form, place)
                });
                ExitFrame {
                    proto: frame.address,
                    at: state.at,
                    window: frame.window,
                    returns: frame.returns,
                    values: values.collect(),
                }
            })
            .collect();
        frames.reverse();
        Exit {
            frames: frames.into(),
            made: made.into_iter().map(|(_, made)| made).collect(),
            bytes: self.bytes as u32,
            function: self.job.target,
            leaves: self.g.state(state).leaves,
        }
    }

    /// Where an exit of the instruction at hand finds a value, which may be one that it has
    /// to make itself.
    fn exit_source(&self, v: V, made: &mut Vec<(V, Made)>) -> (Form, Source) {
        let inst = self.g.inst(v);
        if inst.op == Op::Virtual {
            let mut number = made.iter().position(|(other, _)| *other == v);
            if number.is_none() {
                let args = self.g.args(v);
                let ty = self.exit_source(args[0], made);
                let fields = args[1..].iter().map(|&field| self.exit_source(field, made));
                let fields = fields.collect();
                let shared = inst.imm != 0;
                made.push((v, Made { ty, fields, shared }));
                number = Some(made.len() - 1);
            }
            let number = number.expect("it has been made") as u8;
            return (Form::Tagged, Source::Made(number));
        }
        if inst.op == Op::LentOut {
            let (_, place) = self.exit_source(self.g.arg(v, 0), made);
            return (Form::Loan, place);
        }
        if inst.op == Op::Later {
            let by = self.g.inst(self.g.arg(v, 1)).imm as i32;
            return match self.exit_source(self.g.arg(v, 0), made) {
                (Form::Sum(more), place) => (Form::Sum(by + more), place),
                (_, place) => (Form::Sum(by), place),
            };
        }
        let given = &self.a.insts[self.v.index()];
        let (_, loc) = given
            .states
            .iter()
            .find(|(value, _)| *value == v)
            .expect("the allocator has placed it");
        let form = match inst.rep {
            Rep::Int => Form::Int,
            Rep::Word => Form::Word,
            Rep::Float => Form::Float,
            Rep::Bool => Form::Bool,
            _ => Form::Tagged,
        };
        let place = match *loc {
            Loc::Reg(register) => Source::Register(register),
            Loc::Slot(of) => Source::Slot(self.a.slots[of.index()].expect("spilled")),
            Loc::Const(_) => Source::Constant(inst.imm),
        };
        (form, place)
    }

    fn operation(&mut self, v: V) {
        let inst = self.g.inst(v);
        if inst.op.class() == super::ir::Class::Guard && self.job.leave_every != 0 {
            self.guards += 1;
            if self.guards.is_multiple_of(self.job.leave_every as usize) {
                let exit = self.exit();
                self.m.jump(exit);
            }
        }
        match inst.op {
            Op::Param => unreachable!("parameters are no instructions"),
            // They are made where they are wanted.
            op if op.is_constant() => {}
            Op::LoadReg => {
                let to = self.result();
                self.m.load(Load::W64, to, register(inst.imm as u32));
            }
            Op::StoreReg => {
                let from = self.any(0, T0);
                self.m.store(Size::B8, register(inst.imm as u32), from);
            }
            Op::Closure => {
                let to = self.result();
                let offset = inst.imm as i32 * 8 - 8;
                self.m.load(Load::W64, to, Mem::new(BASE, offset));
            }
            Op::Count => {
                let before = self.m.emitted();
                self.m.add_mem(W64, VM_EXECUTED, 1);
                if inst.imm != 0 {
                    self.m.add_mem(W64, VM_LOOKUPS, 1);
                }
                self.counting += self.m.emitted() - before;
            }
            op if op.class() == super::ir::Class::Guard && inst.rep == Rep::None => {
                self.guard(op, inst.imm);
            }
            _ => self.other_operation(inst.op, inst.imm),
        }
    }

    fn other_operation(&mut self, op: Op, imm: u64) {
        if self.arithmetic(op, imm) || self.access(op, imm) || self.object(op, imm) {
            return;
        }
        self.call(op, imm);
    }

    /// Adds the offset of a boxed int.
    fn box_int(&mut self, to: Gpr, from: Gpr) {
        debug_assert!(INT_OFFSET.trailing_zeros() == 50);
        self.add_offset(to, from);
    }
}

/// Stores the stack pointer of a plain frame in the frame's record, for handlers.
fn save_sp<M: Masm>(m: &mut M) {
    m.get_sp(T1);
    m.store(Size::B8, Mem::new(FRAME, FRAME_SP), T1);
}
