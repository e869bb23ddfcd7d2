//! Costs by line of a function. Each function's instructions are looked up in its
//! source once, when a sample first meets it; counting is then an index.

use super::Line;
use crate::bytecode::{Instr, Op};
use crate::vm::Vm;
use crate::vm::code::Source;
use crate::vm::fields::{NATIVE, NUMBER};
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use std::collections::HashMap;
use std::time::Duration;

/// A line of a function: numbers in [`Lines::functions`] and `lines` there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SourceLine {
    function: u32,
    line: u32,
}

#[derive(Default)]
pub(super) struct Lines {
    /// By number of the proto; `None` if no sample has met it.
    functions: Vec<Option<Box<FunctionLines>>>,
    /// Number of the current sample: a line counts once in each.
    sample: u64,
}

struct FunctionLines {
    /// For each word of the code.
    words: Box<[Word]>,
    /// The line where the function is declared, as an index of `costs`.
    head: u32,
    costs: Vec<Costs>,
}

#[derive(Clone, Copy)]
struct Word {
    /// Where its instruction begins.
    start: u32,
    /// Its line, as an index of `costs`.
    line: u32,
}

struct Costs {
    line: u32,
    own: u64,
    total: u64,
    /// The last sample that was counted in `total`.
    sample: u64,
    bytes: u64,
    objects: u64,
}

impl Lines {
    pub fn begin_sample(&mut self) {
        self.sample += 1;
    }

    /// The place of the word `at` of a proto's code; its head if that is not known.
    pub fn find(&mut self, sources: &[Source], proto: &Proto, at: Option<usize>) -> SourceLine {
        let function = proto.index as usize;
        if function >= self.functions.len() {
            self.functions.resize_with(function + 1, || None);
        }
        let lines = self.functions[function]
            .get_or_insert_with(|| Box::new(FunctionLines::new(sources, proto)));
        SourceLine {
            function: proto.index,
            line: match at {
                Some(at) => lines.words[at.min(lines.words.len() - 1)].line,
                None => lines.head,
            },
        }
    }

    fn costs(&mut self, line: SourceLine) -> &mut Costs {
        let lines = self.functions[line.function as usize].as_mut();
        &mut lines.expect("a line that was found").costs[line.line as usize]
    }

    /// Counts time for a line that is on the stack, once in a sample.
    pub fn count_total(&mut self, line: SourceLine, nanoseconds: u64) {
        let sample = self.sample;
        let costs = self.costs(line);
        if costs.sample != sample {
            costs.sample = sample;
            costs.total += nanoseconds;
        }
    }

    /// Counts time for the line that runs.
    pub fn count_own(&mut self, line: SourceLine, nanoseconds: u64) {
        self.costs(line).own += nanoseconds;
    }

    pub fn count_memory(&mut self, line: SourceLine, bytes: u64, objects: u64) {
        let costs = self.costs(line);
        costs.bytes += bytes;
        costs.objects += objects;
    }

    /// The built-in that the instruction of a frame has called, if it is written
    /// there.
    ///
    /// # Safety
    /// The frame has been found, and its `pc` is saved.
    pub unsafe fn builtin_at(&self, frame: &Frame) -> Option<usize> {
        // SAFETY: protos outlive their frames; indexes are within their code.
        unsafe {
            let proto = &*frame.proto;
            let lines = self.functions[proto.index as usize].as_ref()?;
            let start = lines.words[proto.index_before(frame.pc)].start as usize;
            let instr: Instr = *proto.code.add(start);
            match instr.op() {
                Op::CallNative => Some(instr.c() as usize),
                Op::CallMethod | Op::CallMethodPlace | Op::CallMethodLet | Op::CallMethodPath => {
                    let target = ((*proto.code.add(start + 1)).0 >> 32) as u32;
                    (target & NATIVE != 0).then_some((target & NUMBER) as usize)
                }
                _ => None,
            }
        }
    }

    /// All lines that have cost something.
    pub fn finish(self, vm: &Vm) -> Vec<Line> {
        let mut all = Vec::new();
        for (number, lines) in self.functions.into_iter().enumerate() {
            let Some(lines) = lines else { continue };
            // SAFETY: numbers of functions are those of protos, which live as
            // long as the machine.
            let proto = unsafe { &*vm.code.protos[number] };
            let file = &vm.code.sources[proto.source as usize].file;
            for costs in lines.costs {
                if costs.total == 0 && costs.bytes == 0 {
                    continue;
                }
                all.push(Line {
                    function: number as u32,
                    line: costs.line,
                    text: file.line_text(costs.line).trim().to_string(),
                    own: Duration::from_nanos(costs.own),
                    total: Duration::from_nanos(costs.total),
                    bytes: costs.bytes,
                    objects: costs.objects,
                });
            }
        }
        all
    }
}

impl FunctionLines {
    fn new(sources: &[Source], proto: &Proto) -> FunctionLines {
        let file = &sources[proto.source as usize].file;
        // SAFETY: the proto's own code; other tiers and caches write to it, but
        // not while the machine is at a safepoint.
        let code = unsafe { std::slice::from_raw_parts(proto.code, proto.code_len) };
        let mut numbers = HashMap::new();
        let mut costs: Vec<Costs> = Vec::new();
        let mut number = |position| {
            let line = file.line_at(position);
            *numbers.entry(line).or_insert_with(|| {
                costs.push(Costs::new(line));
                costs.len() as u32 - 1
            })
        };
        let head = number(proto.position);
        let mut words = Vec::with_capacity(code.len());
        while words.len() < code.len() {
            let start = words.len();
            let op = code[start].op();
            let length = 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
            let word = Word {
                start: start as u32,
                line: number(proto.positions[start]),
            };
            words.resize(start + length.min(code.len() - start), word);
        }
        FunctionLines {
            words: words.into(),
            head,
            costs,
        }
    }
}

impl Costs {
    fn new(line: u32) -> Costs {
        Costs {
            line,
            own: 0,
            total: 0,
            sample: 0,
            bytes: 0,
            objects: 0,
        }
    }
}
