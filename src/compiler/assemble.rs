//! The last step: lays instructions out as words, with their cache and jump
//! words, and turns labels into offsets.

use super::ir::{Body, Label};
use crate::bytecode::{FunctionCode, Handler, Instr, LocalName, LoopHead, Op};

/// Lays out a body. The caller fills in what the words do not tell.
pub fn assemble(body: &Body) -> FunctionCode {
    let mut out = FunctionCode {
        registers: body.registers,
        consts: body.consts.clone(),
        owned_params: body.owned_params,
        ..FunctionCode::default()
    };
    let mut starts = Vec::with_capacity(body.ins.len() + 1);
    let mut at = 0u32;
    for ins in &body.ins {
        starts.push(at);
        at += 1 + u32::from(ins.op.has_cache()) + u32::from(ins.op.has_branch());
    }
    starts.push(at);
    let word_of = |label: Label| starts[body.at(label)];
    out.code.reserve(at as usize);
    for ins in &body.ins {
        let jumps = ins.target != Label::NONE;
        let mut put = |word: Instr| {
            out.code.push(word);
            out.positions.push(ins.pos);
        };
        if ins.op.has_branch() {
            put(Instr::abc(ins.op, ins.a, ins.b, ins.c).with_flags(ins.flags));
            if ins.op.has_cache() {
                put(Instr::default());
            }
            let from = out.code.len() as i64 + 1;
            let offset = i64::from(word_of(ins.target)) - from;
            out.code.push(Instr::jump(Op::Jump, 0, offset as i32));
            out.positions.push(ins.pos);
            continue;
        }
        if jumps {
            let from = out.code.len() as i64 + 1;
            let offset = i64::from(word_of(ins.target)) - from;
            out.code
                .push(Instr::jump(ins.op, ins.a, offset as i32).with_flags(ins.flags));
            out.positions.push(ins.pos);
            continue;
        }
        put(Instr::abc(ins.op, ins.a, ins.b, ins.c).with_flags(ins.flags));
        if ins.op.has_cache() {
            put(Instr::default());
        }
    }
    for handler in &body.handlers {
        let (start, end) = (word_of(handler.start), word_of(handler.end));
        if start < end {
            out.handlers.push(Handler {
                start,
                end,
                target: word_of(handler.target),
                register: handler.register,
                cleanup: handler.cleanup,
            });
        }
    }
    for (at, live) in &body.heads {
        out.heads.push(LoopHead {
            at: starts[*at as usize],
            live: live.clone(),
        });
    }
    for local in &body.locals {
        let (start, end) = (starts[local.start as usize], starts[local.end as usize]);
        if start < end {
            out.locals.push(LocalName {
                name: local.name.clone(),
                register: local.register,
                start,
                end: end - 1,
            });
        }
    }
    out
}
