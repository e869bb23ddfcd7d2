//! The baseline compiler: one pass over a function's bytecode, a template for each
//! instruction. Values stay in machine registers as long as control flow is straight; the
//! feedback that the interpreter noted in the instructions says which kinds of numbers to
//! expect. Where an expectation does not hold, the frame is stored and the interpreter
//! runs on from there (`exit`).
//!
//! # Invariants
//! * The values of a register's entry in the state are right on every path: slow
//!   paths restore the machine registers that the fast path has.
//! * A template computes into fresh machine registers and only then gives up what
//!   its operands were in, so that a slow path can store the operands.
//! * At loop headers and handlers everything is in memory and nothing is known.

mod arith;
mod calls;
mod compare;
mod control;
mod data;
mod emit;
mod fields;
mod index;
mod intrinsics;
mod objects;
mod state;

use super::call_numbers::RuntimeCall;
use super::deopt::DeoptPoint;
use super::policy::Version;
use super::regs::*;
use super::shared_code::{Table, plain_frame};
use crate::bytecode::op::{Operand, simple};
use crate::bytecode::{Instr, Op};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::cache;
use crate::vm::proto::Proto;
use emit::store_state;
use ruff_asm::prelude::*;
use ruff_asm::{Code, Label};
use state::State;

/// A compiled function, not yet placed.
pub struct Compiled {
    pub code: Code,
    pub framed: Label,
    /// See [`crate::vm::proto::NativeCode`].
    pub outer: Vec<(u32, Label)>,
    pub inner: Vec<(u32, Label)>,
    /// Bytes that only count instructions.
    pub counting: usize,
    /// Where it may be left, to be numbered from the job's first number.
    pub deopt_points: Vec<DeoptPoint>,
    /// The flags of each word, as they are now.
    pub feedback: Box<[u8]>,
}

/// The part that a word of a function plays in control flow.
#[derive(Clone, Copy, Default)]
struct Target {
    label: Option<Label>,
    /// Reached by jumps forward only, so what is known there can be put together.
    forward: bool,
    /// A loop's head, or a handler: entered from anywhere.
    entry: bool,
    /// Entered by a frame without machine stack.
    outer: bool,
}

/// The compiler, at work on one function.
struct Compiler<'a, M: Masm> {
    m: &'a mut M,
    vm: &'a Vm,
    proto: &'a Proto,
    table: &'a Table,
    /// The code as it is now: caches and feedback included.
    words: &'a [Instr],
    /// Whether code may expect kinds that it does not check the results for.
    speculate: bool,
    /// Whether an instruction that has never run leaves the code.
    discovers: bool,
    targets: Vec<Target>,
    /// The states at targets ahead, put together from the jumps so far.
    ahead: Vec<(u32, State)>,
    state: State,
    /// Machine registers in use by the current instruction.
    pinned: Vec<Gpr>,
    pinned_floats: Vec<Fpr>,
    /// Index of the current instruction and of the word after it and its cache.
    at: usize,
    after: usize,
    /// The word to go on with.
    next: usize,
    /// Whether the point can be reached.
    live: bool,
    /// Yields or is resumed: returning says which.
    generator: bool,
    saves_sp: bool,
    /// Whether the code asks for better code when it is hot.
    warms: bool,
    start: Label,
    counting: usize,
    /// Number of the first deoptimisation point.
    first_deopt: usize,
    deopt_points: Vec<DeoptPoint>,
    /// The exit made last.
    last_exit: Option<Label>,
}

/// A version of a function to be compiled.
#[derive(Clone, Copy)]
pub struct CompileJob<'a> {
    vm: &'a Vm,
    proto: &'a Proto,
    table: &'a Table,
    words: &'a [Instr],
    version: Version,
    has_run: bool,
    first_deopt: usize,
    /// Whether the code asks for better code when it is hot.
    warms: bool,
}

impl<'a> CompileJob<'a> {
    /// A version of a function that is loaded in this machine. Its deoptimisation
    /// points have the numbers from `first_deopt` on. If the interpreter has run it for
    /// long enough, what it has not come to is taken to be rare.
    pub fn new(
        vm: &'a Vm,
        proto: &'a Proto,
        table: &'a Table,
        version: Version,
        has_run: bool,
        first_deopt: usize,
    ) -> CompileJob<'a> {
        CompileJob {
            vm,
            proto,
            table,
            words: proto.words(),
            version,
            has_run,
            first_deopt,
            warms: false,
        }
    }

    /// The same, asking for better code when it is hot.
    pub fn warming(self) -> CompileJob<'a> {
        CompileJob {
            warms: true,
            ..self
        }
    }
}

/// Compiles a version of a function.
///
/// # Errors
/// If the code cannot be assembled (a function of several hundred KiB).
pub fn compile<M: Masm>(m: &mut M, job: CompileJob) -> Result<Compiled, String> {
    Compiler::new(m, job).run()
}

impl<'a, M: Masm> Compiler<'a, M> {
    fn new(m: &'a mut M, job: CompileJob<'a>) -> Compiler<'a, M> {
        Compiler {
            start: m.new_label(),
            m,
            vm: job.vm,
            proto: job.proto,
            table: job.table,
            words: job.words,
            speculate: job.version.speculates(),
            discovers: job.has_run && job.version.discovers(),
            targets: Vec::new(),
            ahead: Vec::new(),
            state: State::default(),
            pinned: Vec::new(),
            pinned_floats: Vec::new(),
            at: 0,
            after: 0,
            next: 0,
            live: true,
            generator: false,
            saves_sp: !job.proto.handlers.is_empty(),
            warms: job.warms,
            counting: 0,
            first_deopt: job.first_deopt,
            deopt_points: Vec::new(),
            last_exit: None,
        }
    }
}

impl<M: Masm> Compiler<'_, M> {
    /// Compiles the function.
    fn run(mut self) -> Result<Compiled, String> {
        self.targets.resize(self.words.len() + 1, Target::default());
        self.find_targets();
        let framed = self.prologue();
        self.body();
        let (outer, inner) = self.entries();
        let code = self.m.finish().map_err(|error| error.to_string())?;
        Ok(Compiled {
            code,
            framed,
            outer,
            inner,
            counting: self.counting,
            deopt_points: self.deopt_points,
            feedback: self.words.iter().map(|word| word.flags()).collect(),
        })
    }
}

impl<M: Masm> Compiler<'_, M> {
    fn find_targets(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            let word = self.words[at];
            let op = word.op();
            let mut after = at + 1 + op.has_cache() as usize;
            if op.operands()[1] == Operand::Jump32 {
                self.mark_target(at, after, word.sbx());
            }
            if op.has_branch() {
                let jump = self.words[after];
                after += 1;
                self.mark_target(at, after, jump.sbx());
            }
            if op.skips_next(word.b()) {
                self.targets[after + 1].forward = true;
            }
            if matches!(op, Op::MakeGenerator | Op::Yield) {
                self.generator = true;
                self.targets[after].entry = true;
                self.targets[after].outer = true;
            }
            at = after;
        }
        for handler in &self.proto.handlers {
            self.targets[handler.target as usize].entry = true;
        }
        for target in &mut self.targets {
            if target.forward || target.entry {
                target.label = Some(self.m.new_label());
            }
        }
    }

    fn mark_target(&mut self, from: usize, after: usize, offset: i32) {
        let to = (after as i64 + offset as i64) as usize;
        let target = &mut self.targets[to];
        if to <= from {
            target.entry = true;
            target.outer = true;
        } else {
            target.forward = true;
        }
    }

    /// The entries of the function; the label is that for frames already made.
    fn prologue(&mut self) -> Label {
        let interpret = self.table.interpret;
        let start = self.start;
        self.m.bind(start);
        let deep = self.m.cold(|m| m.jump_code(interpret));
        self.m.branch_mem(Cond::AboveEq, W64, FRAME, VM_LIMIT, deep);
        self.m
            .branch_mem(Cond::Above, W64, BASE, VM_VALUES_LIMIT, deep);
        self.m.prologue(&plain_frame());
        self.m.store(Size::B8, Mem::new(FRAME, FRAME_PROTO), T0);
        self.m.store(Size::B8, Mem::new(FRAME, FRAME_BASE), BASE);
        if self.shows_frame() {
            self.m.store(Size::B8, VM_FRAME, FRAME);
        }
        self.m
            .store_imm(Size::B8, Mem::new(FRAME, FRAME_BORROWS), 0);
        self.save_sp();
        let body = self.m.new_label();
        if self.warms {
            let stub = self.table.helper(RuntimeCall::TierUp);
            let hot = self.m.cold(|m| ask_for_better(m, stub, 0, body));
            let warmth = Mem::new(T0, PROTO_WARMTH);
            self.m.add_mem_branch_negative(W32, warmth, -1, hot);
        }
        self.m.bind(body);
        let saves_sp = self.saves_sp;
        self.m.cold(|m| {
            m.comment(|| "entered by the interpreter".to_string());
            framed_entry(m, saves_sp, body);
        })
    }

    /// Whether to store which frame runs: under a profile whose clock looks at any
    /// moment and cannot read registers. It costs a tenth of what a program of calls
    /// takes, so only then.
    fn shows_frame(&self) -> bool {
        self.vm.native.shows_frame
    }

    fn save_sp(&mut self) {
        if self.saves_sp {
            save_sp(self.m);
        }
    }

    fn body(&mut self) {
        let listed = self.m.keeps_comments();
        while self.at < self.words.len() {
            let word = self.words[self.at];
            let op = word.op();
            self.after = self.at + 1 + op.has_cache() as usize;
            self.arrive();
            self.next = self.after + op.has_branch() as usize;
            if self.live {
                if listed {
                    self.m.source(SourceId(self.at as u32));
                }
                self.counting += add_to(self.m, self.counters(), 1);
                if self.is_unreached(op) {
                    self.leave_unreached();
                } else {
                    self.instruction(word, op);
                }
                self.pinned.clear();
                self.pinned_floats.clear();
            }
            self.at = self.next;
        }
        if self.live {
            self.m.trap();
        }
    }

    /// The counters of the current instruction, if instructions are counted.
    fn counters(&self) -> &'static [Mem] {
        match self.words[self.at].op() {
            _ if !self.vm.count_instructions => &[],
            op if op.looks_up() => &[VM_EXECUTED, VM_LOOKUPS],
            _ => &[VM_EXECUTED],
        }
    }

    /// Binds the label of the current word, and puts together what is known there.
    fn arrive(&mut self) {
        let target = self.targets[self.at];
        let Some(label) = target.label else {
            return;
        };
        if self.live {
            self.flush();
        }
        let at = self.at as u32;
        let ahead = self.ahead.iter().position(|one| one.0 == at);
        let ahead = ahead.map(|i| self.ahead.swap_remove(i).1);
        if target.entry {
            self.state = State::default();
        } else if let Some(ahead) = ahead {
            if self.live {
                self.state.meet(&ahead);
            } else {
                self.state = ahead;
            }
        } else if !self.live {
            // No path leads here.
            self.m.bind(label);
            return;
        }
        self.live = true;
        self.m.bind(label);
    }

    /// The label of a word that is jumped to from here, where everything is stored.
    fn target(&mut self, to: usize) -> Label {
        debug_assert!(self.state.entries.iter().all(|entry| !entry.dirty));
        let target = self.targets[to];
        let label = target.label.expect("found before");
        if !target.entry && to > self.at {
            match self.ahead.iter_mut().find(|one| one.0 == to as u32) {
                Some(one) => one.1.meet(&self.state),
                None => self.ahead.push((to as u32, self.state.clone())),
            }
        }
        label
    }

    /// Goes to a word.
    fn go(&mut self, to: usize) {
        self.flush();
        let label = self.target(to);
        self.m.jump(label);
        self.live = false;
    }

    /// The label to branch to for a word, with the state as it is now: the values that
    /// must be stored on the way are stored by cold code.
    fn edge(&mut self, to: usize) -> Label {
        if self.state.entries.iter().all(|entry| !entry.dirty) {
            return self.target(to);
        }
        let before = self.state.clone();
        for entry in &mut self.state.entries {
            entry.dirty = false;
        }
        let label = self.target(to);
        self.state = before;
        let state = &self.state;
        self.m.cold(|m| {
            store_state(m, state);
            m.jump(label);
        })
    }

    /// Code for frames that are entered in their middle.
    #[allow(clippy::type_complexity)]
    fn entries(&mut self) -> (Vec<(u32, Label)>, Vec<(u32, Label)>) {
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        for at in 0..self.targets.len() {
            let target = self.targets[at];
            let (true, Some(label)) = (target.entry, target.label) else {
                continue;
            };
            inner.push((at as u32, label));
            if target.outer {
                let saves_sp = self.saves_sp;
                let entry = self.m.cold(|m| {
                    m.comment(|| format!("entered by the interpreter at {at:04}"));
                    framed_entry(m, saves_sp, label);
                });
                outer.push((at as u32, entry));
            }
        }
        (outer, inner)
    }

    /// Whether the current instruction has never run and its cache would have to say
    /// what code to make.
    fn is_unreached(&self, op: Op) -> bool {
        self.discovers
            && op.has_cache()
            && op != Op::CallMethodSpread
            && self.cache_word() == cache::NEVER_RUN
    }

    /// Leaves the instruction to the interpreter, and what only it leads to without code.
    fn leave_unreached(&mut self) {
        let point = self.state.leaving_at(self.at).unreached();
        let label = self.side_exit_at(point);
        self.m.jump(label);
        self.live = false;
    }

    /// A value that the instruction names as a constant.
    fn constant(&self, number: usize) -> Value {
        self.proto.consts()[number]
    }

    fn instruction(&mut self, word: Instr, op: Op) {
        let (a, b, c) = (word.a() as u32, word.b() as u32, word.c() as u32);
        match op {
            Op::Nop => {}
            Op::Move | Op::Copy => self.copy(word, a, b),
            Op::LoadK => {
                let value = self.constant(word.bx() as usize);
                self.load_value(a, value);
            }
            Op::LoadInt => self.load_value(a, Value::int(word.sbx() as i64)),
            Op::LoadSimple => match word.b() {
                simple::NULL => self.load_value(a, Value::NULL),
                simple::FALSE => self.load_value(a, Value::FALSE),
                simple::TRUE => self.load_value(a, Value::TRUE),
                simple::ABSENT => self.load_value(a, Value::ABSENT),
                _ => self.load_value(a, self.vm.none),
            },
            Op::Share => self.share_register(a),
            Op::Lend => self.lend(word, a, b),
            Op::GiveBack => self.give_back(word, a, b),
            Op::GetGlobal => self.get_global(word, a),
            Op::SetGlobal => self.set_global(word, a),
            Op::GetCell => self.get_cell(word, a, b),
            Op::SetCell => self.set_cell(word, a, b),
            Op::GetCapture => self.get_capture(word, a, b),
            Op::GetCaptureCell => self.get_capture_cell(word, a, b),
            Op::SetCaptureCell => self.set_capture_cell(word, a, b),
            Op::NewCell => self.new_cell(a),
            Op::BoxParam => self.generic(RuntimeCall::BoxParam, &[a]),
            Op::Closure | Op::MakeType => self.generic(RuntimeCall::Closure, &[a]),

            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod => {
                self.arithmetic(word, op, a, b, arith::Right::Register(c));
            }
            Op::AddK | Op::SubK | Op::MulK | Op::DivK | Op::ModK => {
                let constant = self.constant(c as usize);
                self.arithmetic(word, op, a, b, arith::Right::Constant(constant));
            }
            Op::Pow => self.power(word, a, b, c),
            Op::Shl | Op::Shr => self.shift(op, a, b, c),
            Op::BitAnd | Op::BitXor | Op::BitOr => self.bits(op, a, b, c),
            Op::Neg => self.negate(a, b),
            Op::BitNot => self.bit_not(a, b),
            Op::Not => self.not(a, b),
            Op::Truth => self.truth(a, b),
            Op::Concat => self.generic(RuntimeCall::Concat, &[a]),
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => self.compare(word, op, a, b, c),
            Op::TestLt | Op::TestLe | Op::TestGt | Op::TestGe | Op::TestEq | Op::TestNe => {
                self.test(word, op, a, arith::Right::Register(b), c != 0);
            }
            Op::TestLtK | Op::TestLeK | Op::TestGtK | Op::TestGeK | Op::TestEqK | Op::TestNeK => {
                let constant = self.constant(b as usize);
                self.test(word, op, a, arith::Right::Constant(constant), c != 0);
            }

            Op::Jump => {
                let to = self.jump_target(word.sbx());
                self.go(to);
            }
            Op::Loop => self.loop_back(word),
            Op::JumpIf => self.jump_if(word, a, true),
            Op::JumpIfNot => self.jump_if(word, a, false),
            Op::JumpIfNull => self.jump_if_equal(word, a, Value::NULL, true),
            Op::JumpIfNotNull => self.jump_if_equal(word, a, Value::NULL, false),
            Op::JumpIfPresent => self.jump_if_equal(word, a, Value::ABSENT, false),

            Op::GetField => self.get_field(word, a, b),
            Op::SetField => self.set_field(word, a, c),
            Op::FieldMut => self.field_mut(word, a, b),
            Op::GetIndex => self.get_index(word, a, b, index::Index::Register(c)),
            Op::GetIndexI => {
                let index = word.c() as i16 as i64;
                self.get_index(word, a, b, index::Index::Constant(index));
            }
            Op::SetIndex => self.set_index(word, a, b, c),
            Op::IndexMut => self.index_mut(word, a, b, c),

            Op::IterInit => self.iter_init(word, a),
            Op::RangeInit => self.range_init(word, a),
            Op::IterNext | Op::IterNext2 => self.iter_next(word, op, a),
            Op::RangeNext => self.range_next(word, a),
            Op::LazyRange => self.generic(RuntimeCall::LazyRange, &[a]),

            Op::Call => self.call(word, a),
            Op::CallK => self.call_constant(word, a),
            Op::CallNative => self.call_native(word, a),
            Op::CallMethod | Op::CallMethodPlace | Op::CallMethodLet | Op::CallMethodPath => {
                self.call_method(word, op, a);
            }
            Op::CallSpread => self.generic_call(RuntimeCall::CallSpread, a),
            Op::CallMethodSpread => {
                self.generic_call(RuntimeCall::CallMethodSpread, a);
                if op.skips_next(word.b()) {
                    self.skip_write_back();
                }
            }
            Op::CallPath => self.generic_call(RuntimeCall::CallPath, a),
            Op::CheckMut => self.check_mut(a),
            Op::Return => self.return_register(word, a),
            Op::ReturnNull => self.return_value(None),
            Op::MakeGenerator => {
                self.flush();
                self.call_runtime(RuntimeCall::MakeGenerator);
                self.m.load(Load::W64, T0, VM_VALUE);
                self.leave(false);
            }
            Op::Yield => {
                self.flush();
                self.call_runtime(RuntimeCall::Yield);
                self.m.load(Load::W64, T0, VM_VALUE);
                self.leave(true);
            }
            Op::Await => self.generic(RuntimeCall::Await, &[a]),
            Op::Fulfil => self.generic(RuntimeCall::Fulfil, &[a]),
            Op::Reject => self.generic(RuntimeCall::Reject, &[a]),
            Op::Throw | Op::ThrowFrom | Op::Rethrow | Op::EndHandler | Op::ThrowMismatch => {
                self.flush();
                self.call_runtime(RuntimeCall::Raise);
                self.m.trap();
                self.live = false;
            }
            Op::Unwrap => {
                self.flush();
                self.call_runtime(RuntimeCall::Unwrap);
                self.state.forget_machine();
                self.state.forget(a);
                self.branch_status(false);
            }

            Op::NewArray => self.new_array(word, a, b),
            Op::NewDict => self.new_dict(word, a, b),
            Op::NewStruct => self.new_struct(word, a, b),
            Op::MakeResult => self.make_result(word, a, b),
            Op::GetPart => self.get_part(word, a, b),
            Op::ArrayAppend | Op::ArrayExtend | Op::DictMerge => {
                self.generic(RuntimeCall::Extend, &[])
            }
            Op::GetDynamic | Op::Import | Op::ImportName | Op::ImportAll | Op::GetPath => {
                self.generic(RuntimeCall::Name, &[a])
            }
            Op::Slice => self.generic(RuntimeCall::Slice, &[a]),
            Op::RestArray => self.generic(RuntimeCall::RestArray, &[a]),
            Op::RestDict => self.generic(RuntimeCall::RestDict, &[a]),
            Op::Format => self.generic(RuntimeCall::Format, &[a]),
            Op::TestTag
            | Op::TestArray
            | Op::TestRecord
            | Op::TestKey
            | Op::TestType
            | Op::TestRange => {
                self.test_pattern(word, op, a);
            }
            Op::TestLit => self.test_literal(word, a),
            Op::TestIndexed => {
                self.flush();
                self.call_runtime(RuntimeCall::TestPattern);
                self.state.forget_machine();
                self.branch_status(true);
            }
        }
    }
}

/// Adds to counters; the bytes that this takes.
fn add_to<M: Masm>(m: &mut M, counters: &[Mem], times: i32) -> usize {
    let before = m.emitted();
    for &counter in counters {
        m.add_mem(W64, counter, times);
    }
    m.emitted() - before
}

/// Stores the stack pointer in the frame, for handlers.
fn save_sp<M: Masm>(m: &mut M) {
    m.get_sp(T1);
    m.store(Size::B8, Mem::new(FRAME, FRAME_SP), T1);
}

/// Asks for better code at a word, where everything is in memory; goes on at `otherwise` if
/// there is none.
fn ask_for_better<M: Masm>(m: &mut M, stub: CodePtr, at: usize, otherwise: Label) {
    m.mov(W32, T0, at as i32 + 1);
    m.call_code(stub);
    m.branch(Cond::Eq, W64, T0, 0, otherwise);
    m.load(Load::W64, T0, VM_VALUE);
    m.jump_reg(T0);
}

/// An entry for a frame that exists already.
fn framed_entry<M: Masm>(m: &mut M, saves_sp: bool, body: Label) {
    m.prologue(&plain_frame());
    // A frame may run for long: what lies there would be taken for a root.
    m.store_imm(Size::B8, Mem::new(SP, M::PADDING), 0);
    if saves_sp {
        save_sp(m);
    }
    m.jump(body);
}
