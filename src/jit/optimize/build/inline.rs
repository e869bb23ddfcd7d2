//! Functions whose code takes the place of their call.
//!
//! An inlined function has a frame of its own in every state, so that the interpreter can
//! go on in its middle; its registers are those of its window in the outermost frame. The
//! record of that frame is written only where something may look at it: before a call, and
//! where code is left.

use super::super::ir::types::More;
use super::super::ir::{F, Frame, Leaves, Returns, State, V};
use super::super::job::{Function, instructions, starts};
use super::nodes::Nodes;
use super::{Builder, Env, Function_, Returned};
use crate::bytecode::flow::{self, Registers};
use crate::bytecode::op::{Feedback, SEEN_OTHER};
use crate::bytecode::{Handler, Op};
use std::rc::Rc;

/// Words of a function that is inlined, by the depth of the call.
const MOST_WORDS: [usize; 4] = [100, 40, 24, 16];
/// The same of one of several methods that a call may mean.
const MOST_WORDS_OF_SEVERAL: [usize; 2] = [30, 16];
/// Words of a function that takes no more code than its call.
const FEW_WORDS: usize = 4;
/// Words of all inlined functions.
const MOST_INLINED: usize = 800;
/// How often a function may be inlined into itself, and words of all such copies.
const MOST_RECURSION: usize = 2;
const MOST_REPEATED: usize = 120;

/// How a call is inlined.
pub struct Site {
    /// The register of the result; the arguments follow it.
    pub window: u16,
    /// Arguments, the receiver included.
    pub arguments: u16,
    /// The word that the caller goes on at.
    pub back: usize,
    /// The function `init` of a type that is called.
    pub init: Option<V>,
    /// The closure that is called.
    pub closure: Option<V>,
    /// Distinguishes the functions that one instruction may call.
    pub number: u32,
    /// The caller writes the receiver back to its place, also if the method throws.
    pub writes_back: bool,
}

impl Builder<'_> {
    /// Whether a call of a function with so many arguments is to be inlined. A loop is
    /// worth that only if it may call one of the arguments: else the call is little beside
    /// it.
    pub fn inlines(
        &self,
        callee: &Function,
        (first, arguments): (u16, u16),
        has_closure: bool,
    ) -> bool {
        self.fits(callee, &MOST_WORDS) && self.may_inline(callee, (first, arguments), has_closure)
    }

    /// The same for one of several methods that a call may mean.
    pub fn inlines_one(&self, callee: &Function, window: (u16, u16)) -> bool {
        self.fits(callee, &MOST_WORDS_OF_SEVERAL) && self.may_inline(callee, window, false)
    }

    fn fits(&self, callee: &Function, most: &[usize]) -> bool {
        let depth = self.g.frame(self.fun.frame).depth as usize;
        most.get(depth).is_some_and(|&most| callee.weight() <= most)
    }

    fn may_inline(
        &self,
        callee: &Function,
        (first, arguments): (u16, u16),
        has_closure: bool,
    ) -> bool {
        let frames = self.g.frames_to(self.fun.frame);
        let has_function = (1..=arguments).any(|number| {
            let v = self.env.regs.get(usize::from(first + number));
            v.is_some_and(|v| v.is_some_and(|v| self.is_function(v)))
        });
        let again = times_in(&frames, callee);
        let words = callee.weight();
        self.job.inlines
            && self.inlined + words <= self.job.limit(MOST_INLINED)
            && again <= MOST_RECURSION
            && (again == 0 || self.repeated + words <= self.job.limit(MOST_REPEATED))
            && u32::from(arguments) == callee.parameters
            && callee.needs_no_handler()
            && (has_function || !callee.has_loops())
            && callee
                .ops()
                .all(|op| !needs_frame(op) && (has_closure || !needs_closure(op)))
    }

    /// Whether one more function may be inlined here.
    pub fn has_room_for(&self, callee: &Function) -> bool {
        let depth = self.g.frame(self.fun.frame).depth as usize;
        let words = self.inlined + callee.weight();
        self.job.inlines
            && depth < MOST_WORDS.len()
            && (words <= self.job.limit(MOST_INLINED) || callee.weight() <= FEW_WORDS)
    }

    /// Whether a value is a function that is known.
    fn is_function(&self, v: V) -> bool {
        match self.ty(v).more {
            More::Const(bits) => self.job.values.contains_key(&bits),
            _ => self.closures.contains_key(&self.root_of(v)),
        }
    }

    /// Builds the code of a function in place of its call, whose arguments need not be
    /// borrowed. Gives whether control comes back.
    pub fn inline(&mut self, callee: &Rc<Function>, site: &Site) -> bool {
        let Site {
            window: a, back, ..
        } = *site;
        // It stores registers, arguments among them.
        let outer = self.outer(site);
        let arguments: Vec<_> = (a + 1..=a + site.arguments)
            .map(|register| {
                let v = self.reg(register);
                (v, self.env.mem[usize::from(register)])
            })
            .collect();
        let returns = match site.init {
            Some(_) => Returns::Instance,
            None => Returns::Plain,
        };
        let returned = self.inlined(callee, site, arguments, returns);
        let is_method = callee.is_method;
        self.come_back(
            returned,
            back,
            |live, after, returned| {
                after.heaps = returned.env.heaps;
                after.regs[usize::from(a)..].fill(None);
                after.mem[usize::from(a)..].fill(None);
                after.regs[usize::from(a)] = Some(returned.value);
                live.insert(a);
                if is_method {
                    after.regs[usize::from(a) + 1] = returned.env.regs[0];
                    after.mem[usize::from(a) + 1] = returned.env.mem[0];
                    live.insert(a + 1);
                }
            },
            outer,
        )
    }

    /// Builds the code of an operator method of the left operand in place of the
    /// instruction. Gives whether control comes back.
    pub fn inline_operator(&mut self, callee: &Rc<Function>, to: u16, x: V, y: V) -> bool {
        let site = Site {
            // Above all registers of the caller.
            window: self.env.regs.len() as u16,
            arguments: 2,
            back: self.next,
            init: None,
            closure: None,
            number: 0,
            writes_back: false,
        };
        let outer = self.outer(&site);
        let arguments = vec![(x, None), (y, None)];
        let returned = self.inlined(callee, &site, arguments, Returns::Operator);
        self.come_back(
            returned,
            site.back,
            |live, after, returned| {
                after.heaps = returned.env.heaps;
                after.regs[usize::from(to)] = Some(returned.value);
                live.insert(to);
            },
            outer,
        )
    }

    /// The facts of the caller when an inlined call begins. An error in the callee leads
    /// to the caller's handler, which reads memory.
    pub(super) fn outer(&mut self, site: &Site) -> Env {
        for register in self.held(true) {
            self.store_register(register);
        }
        for register in site.window + 1..=site.window + site.arguments {
            if usize::from(register) < self.env.regs.len() {
                self.reg(register);
            }
        }
        self.env.clone()
    }

    /// Merges the ways on which an inlined function returns.
    pub(super) fn come_back(
        &mut self,
        returned: Vec<Returned>,
        back: usize,
        place: impl Fn(&mut Registers, &mut Env, &Returned),
        outer: Env,
    ) -> bool {
        let mut live = self.fun.function.flow.live_before(back).clone();
        let returned = self.unmerged(returned);
        let ways = returned.into_iter().map(|returned| {
            let mut after = outer.clone();
            place(&mut live, &mut after, &returned);
            (returned.block, after)
        });
        let from: Vec<_> = ways.collect();
        if from.is_empty() {
            return false;
        }
        self.merge(from, &live);
        self.live = true;
        true
    }

    /// Builds the code of a function with these arguments, each with the value that memory
    /// has of it. Gives where it returns.
    pub(super) fn inlined(
        &mut self,
        callee: &Rc<Function>,
        site: &Site,
        arguments: Vec<(V, Option<V>)>,
        returns: Returns,
    ) -> Vec<Returned> {
        let Site {
            window: a, back, ..
        } = *site;
        // The registers of another function say nothing here.
        self.merged = None;
        self.inlined += callee.weight();
        if times_in(&self.g.frames_to(self.fun.frame), callee) != 0 {
            self.repeated += callee.weight();
        }
        let caller = self.fun.clone();
        let (at, next) = (self.at, self.next);
        let live = caller.function.flow.live_before(back);
        let mut regs: Vec<(u16, V)> = live
            .iter()
            .filter(|&register| register < a && !self.is_stored(register))
            .filter_map(|register| Some((register, self.env.regs[usize::from(register)]?)))
            .collect();
        // The callee's own value lies below its registers.
        let own = site.init.or(site.closure);
        regs.extend(own.map(|own| (a, own)));
        let parent = self.g.add_state(State {
            frame: caller.frame,
            at: back as u32,
            regs,
            parent: caller.parent,
            leaves: Leaves::Instruction,
        });
        let frame = F(self.g.frames.len() as u32);
        let below = self.g.frame(caller.frame);
        let (depth, window) = (below.depth + 1, below.window + u32::from(a) + 1);
        self.g.frames.push(Frame {
            name: callee.name.clone(),
            address: callee.address,
            words: callee.words_at,
            depth,
            window,
            caller: Some((caller.frame, back as u32)),
            returns,
        });
        self.env.regs = vec![None; usize::from(callee.registers) + 1];
        self.env.mem = self.env.regs.clone();
        for (number, (v, stored)) in arguments.into_iter().enumerate() {
            self.env.regs[number] = Some(v);
            self.env.mem[number] = stored;
        }
        let paths = self.memo.paths.len() as u32 + 1;
        let path = *self
            .memo
            .paths
            .entry((caller.path, (at as u32) << 8 | site.number))
            .or_insert(paths);
        let nodes = self.memo.nodes.entry(callee.number).or_insert_with(|| {
            Rc::new(callee.with_code(|code| Nodes::new(code, &callee.flow, 0, true)))
        });
        let nodes = nodes.clone();
        self.fun = Rc::new(Function_ {
            frame,
            function: callee.clone(),
            nodes,
            parent: Some(parent),
            path,
            inlined: true,
            writes_back: site.writes_back,
            closure: site.closure,
        });
        let env = self.env.clone();
        let returned = self.walk(env);
        self.fun = caller;
        (self.at, self.next, self.state) = (at, next, None);
        returned
    }
}

/// How many of these frames are the function's.
fn times_in(frames: &[&Frame], function: &Function) -> usize {
    let same = |frame: &&&Frame| frame.address == function.address;
    frames.iter().filter(same).count()
}

impl Function {
    /// Words that control may have come to, and more for each instruction that calls
    /// something: in an inlined function that has to write the records of frames.
    pub(super) fn weight(&self) -> usize {
        const CALL: usize = 6;
        let reached = || starts(&self.words).filter(|&at| self.reached[at]);
        let ops = reached().map(|at| self.words[at].op());
        let words = reached().map(|at| flow::after(&self.words, at) - at);
        let calls = ops.filter(|op| {
            matches!(
                op,
                Op::Call
                    | Op::CallNative
                    | Op::CallSpread
                    | Op::CallMethodSpread
                    | Op::Concat
                    | Op::Format
                    | Op::Slice
                    | Op::IterInit
                    | Op::IterNext2
                    | Op::Closure
            )
        });
        words.sum::<usize>() + CALL * calls.count()
    }

    /// Whether control has not come to where a handler would have to be looked for. The
    /// handlers of an inlined function are not: its code ends there, and the interpreter has
    /// the frame to its end. With a loop, compiled code would take the frame back at the head,
    /// and an error would look for a stack pointer that an inlined frame does not have.
    fn needs_no_handler(&self) -> bool {
        if !self.handlers.is_empty() && self.has_loops() {
            return false;
        }
        let words = |handler: &Handler| handler.start as usize..handler.end as usize;
        let mut all = self.handlers.iter().flat_map(words);
        !all.any(|at| self.reached[at])
    }

    /// Whether nothing in it is known to call anything.
    fn is_leaf(&self) -> bool {
        instructions(&self.words).all(|word| {
            let seen = word.op().feedback() == Feedback::Kinds && word.flags() & SEEN_OTHER != 0;
            let plain = matches!(
                word.op(),
                Op::Nop
                    | Op::Move
                    | Op::Copy
                    | Op::Share
                    | Op::LoadK
                    | Op::LoadInt
                    | Op::LoadSimple
                    | Op::GetGlobal
                    | Op::GetField
                    | Op::SetField
                    | Op::GetIndex
                    | Op::GetIndexI
                    | Op::NewStruct
                    | Op::NewArray
                    | Op::Jump
                    | Op::JumpIf
                    | Op::JumpIfNot
                    | Op::Neg
                    | Op::Return
                    | Op::ReturnNull
            );
            !seen && (plain || word.op().feedback() == Feedback::Kinds)
        })
    }

    /// Whether it may take the place of an operator of the left operand.
    pub fn suits_operator(&self) -> bool {
        self.is_method
            && self.max_args == 1
            && self.borrows(u8::MAX, u8::MAX) == 0
            && self.handlers.is_empty()
            && self.weight() <= MOST_WORDS[0]
            && self.is_leaf()
    }

    fn has_loops(&self) -> bool {
        self.ops()
            .any(|op| matches!(op, Op::Loop | Op::RangeNext | Op::IterNext | Op::IterNext2))
    }

    fn ops(&self) -> impl Iterator<Item = Op> {
        instructions(&self.words).map(|word| word.op())
    }
}

fn needs_frame(op: Op) -> bool {
    matches!(
        op,
        Op::MakeGenerator | Op::Yield | Op::MakeType | Op::Await | Op::Fulfil | Op::Reject
    )
}

fn needs_closure(op: Op) -> bool {
    matches!(op, Op::GetCapture | Op::GetCaptureCell | Op::SetCaptureCell)
}
