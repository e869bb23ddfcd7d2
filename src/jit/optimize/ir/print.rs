//! A graph as text.

use super::{B, Edge, End, Graph, Op, Rep, S, V};
use std::fmt::{self, Write};

/// The text of a graph.
pub fn print(graph: &Graph) -> String {
    let mut out = String::new();
    let _ = Printer { graph }.graph(&mut out);
    out
}

struct Printer<'a> {
    graph: &'a Graph,
}

fn list(values: &[V]) -> String {
    let texts: Vec<String> = values.iter().map(|v| format!("v{}", v.0)).collect();
    texts.join(", ")
}

impl Printer<'_> {
    fn graph(&self, out: &mut String) -> fmt::Result {
        for (word, block) in &self.graph.entries {
            writeln!(out, "entry {word:04}: b{}", block.0)?;
        }
        for &b in &self.graph.order {
            self.block(out, b)?;
        }
        Ok(())
    }

    fn block(&self, out: &mut String, b: B) -> fmt::Result {
        let block = self.graph.block(b);
        let params: Vec<String> = block
            .params
            .iter()
            .map(|&v| {
                let inst = self.graph.inst(v);
                format!("v{}: {} {}", v.0, rep(inst.rep), inst.ty)
            })
            .collect();
        write!(out, "b{}({})", b.0, params.join(", "))?;
        if block.head {
            write!(out, " loop {}", block.loops)?;
        }
        writeln!(out, "{}:", if block.cold { " cold" } else { "" })?;
        for &v in &block.insts {
            self.inst(out, v)?;
        }
        match &block.end {
            End::Open => writeln!(out, "  open"),
            End::Jump(edge) => writeln!(out, "  jump {}", target(edge)),
            End::If(v, yes, no) => writeln!(out, "  if v{} b{} else b{}", v.0, yes.0, no.0),
            End::Return(v) => writeln!(out, "  return v{}", v.0),
            End::ToBaseline(at) => writeln!(out, "  to_baseline {at:04}"),
            End::Never => writeln!(out, "  never"),
        }
    }

    fn inst(&self, out: &mut String, v: V) -> fmt::Result {
        let inst = self.graph.inst(v);
        out.push_str("  ");
        if inst.rep != Rep::None {
            write!(out, "v{} = ", v.0)?;
        }
        out.push_str(inst.op.name());
        match inst.op {
            Op::ConstInt => write!(out, " {}", inst.imm as i64)?,
            Op::ConstWord => write!(out, " {}", inst.imm)?,
            Op::ConstFloat => write!(out, " {:?}", f64::from_bits(inst.imm))?,
            Op::Const if inst.ty.is_pointer() => out.push_str(" object"),
            Op::Const => write!(out, " {:#x}", inst.imm)?,
            // Bits for the helper are below these.
            Op::StringOrder => write!(out, " {}", inst.imm >> 32)?,
            Op::HasField => write!(out, " {:?}", self.graph.shapes[(inst.imm >> 32) as usize])?,
            Op::StringWithin => {
                let first = (inst.imm >> 8) as u8 as char;
                write!(out, " {} from {first:?}", inst.imm >> 16)?;
            }
            // Addresses, caches, and bits that their operand shows.
            Op::CallDirect
            | Op::GuardSame
            | Op::GuardProto
            | Op::EqualsConst
            | Op::GetField
            | Op::SetField
            | Op::Skipped => {}
            _ if inst.imm != 0 => write!(out, " {}", inst.imm as i64)?,
            _ => {}
        }
        let args = self.graph.args(v);
        if !args.is_empty() {
            write!(out, " {}", list(args))?;
        }
        if let Some(slow) = inst.slow {
            let slow = &self.graph.slows[slow as usize];
            if let Some(flush) = slow.flush {
                write!(out, " flush {}", self.state(flush))?;
            }
        }
        if let Some(state) = inst.state {
            write!(out, " at {}", self.state(state))?;
        }
        if inst.rep != Rep::None {
            write!(out, " : {} {}", rep(inst.rep), inst.ty)?;
        }
        out.push('\n');
        Ok(())
    }

    /// A value of a state.
    fn value(&self, v: V) -> String {
        match self.graph.inst(v).op {
            Op::Virtual => {}
            Op::LentOut => return format!("loan {}", self.value(self.graph.arg(v, 0))),
            Op::Later => {
                let [of, by] = self.graph.args(v) else {
                    unreachable!("it has two operands")
                };
                let by = self.graph.inst(*by).imm as i64;
                return format!("{}{by:+}", self.value(*of));
            }
            _ => return format!("v{}", v.0),
        }
        let parts = self.graph.args(v).iter().map(|&part| self.value(part));
        format!("({})", parts.collect::<Vec<_>>().join(" "))
    }

    fn state(&self, s: S) -> String {
        let texts: Vec<String> = self
            .graph
            .chain(s)
            .map(|state| {
                let regs: Vec<String> = state
                    .regs
                    .iter()
                    .map(|&(reg, v)| format!("r{reg} {}", self.value(v)))
                    .collect();
                let name = &self.graph.frames[state.frame.0 as usize].name;
                format!("{name}@{} {{{}}}", state.at, regs.join(", "))
            })
            .collect();
        texts.join(" in ")
    }
}

fn rep(rep: Rep) -> &'static str {
    match rep {
        Rep::None => "none",
        Rep::Tagged => "tagged",
        Rep::Int => "int64",
        Rep::Word => "uint64",
        Rep::Float => "float64",
        Rep::Bool => "truth",
        Rep::Raw => "address",
    }
}

fn target(edge: &Edge) -> String {
    format!("b{}({})", edge.to.0, list(&edge.args))
}
