//! Reads a graph from its text, for tests of passes: as [`print`](super::print) writes it, but
//! for structs and loans that only states have. Not for graphs that become code: helpers,
//! method calls and types have no text.

use super::{B, Block, Edge, End, F, Frame, Graph, Inst, Leaves, Op, Rep, Returns};
use super::{S, Site, Slow, State, Type, V, types};
use std::collections::HashMap;

/// The graph of a text.
///
/// # Panics
/// If it is not the text of a graph; the message has the line.
pub fn parse(text: &str) -> Graph {
    let mut parser = Parser::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        parser.line(line);
    }
    parser.finish()
}

#[derive(Default)]
struct Parser {
    graph: Graph,
    frames: HashMap<String, F>,
    /// Blocks that have a text so far.
    begun: Vec<B>,
}

/// The rest of a line.
struct Line<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl<'a> Line<'a> {
    fn new(whole: &'a str) -> Line<'a> {
        Line { rest: whole, whole }
    }

    fn wrong(&self) -> ! {
        panic!("`{}` in `{}`", self.rest, self.whole)
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, text: &str) {
        if !self.eat(text) {
            self.wrong();
        }
    }

    /// The characters up to the next one of these.
    fn until(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest.trim_start();
        let end = rest.find(ends).unwrap_or(rest.len());
        self.rest = &rest[end..];
        &rest[..end]
    }

    fn number<T: std::str::FromStr>(&mut self) -> T {
        let text = self.until(&[' ', ',', ')', '}', ':', '(', '{']);
        text.parse().unwrap_or_else(|_| self.wrong())
    }

    fn value(&mut self) -> Option<V> {
        let rest = self.rest.trim_start();
        let digits = rest.strip_prefix('v')?;
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = digits;
        Some(V(self.number()))
    }

    fn block(&mut self) -> B {
        self.need("b");
        B(self.number())
    }
}

fn rep(text: &str) -> Option<Rep> {
    Some(match text {
        "tagged" => Rep::Tagged,
        "int64" => Rep::Int,
        "uint64" => Rep::Word,
        "float64" => Rep::Float,
        "truth" => Rep::Bool,
        "address" => Rep::Raw,
        _ => return None,
    })
}

impl Parser {
    fn line(&mut self, text: &str) {
        let mut line = Line::new(text);
        if line.eat("entry ") {
            let word = line.number();
            line.need(":");
            let b = line.block();
            self.graph.entries.push((word, b));
        } else if text.ends_with(':') && text.starts_with('b') {
            self.block(&mut line);
        } else if !self.end(&mut line) {
            self.inst(&mut line);
        }
    }

    fn block(&mut self, line: &mut Line) {
        let b = line.block();
        self.begun.push(b);
        self.graph.order.push(b);
        line.need("(");
        while let Some(v) = line.value() {
            line.need(":");
            let (rep, ty) = self.kept(line);
            self.define(v, Op::Param, rep, ty, &[], 0);
            self.block_at(b).params.push(v);
            line.eat(",");
        }
        line.need(")");
        if line.eat("loop ") {
            let loops = line.number();
            (self.block_at(b).head, self.block_at(b).loops) = (true, loops);
        }
        self.block_at(b).cold = line.eat("cold");
        line.need(":");
    }

    fn block_at(&mut self, b: B) -> &mut Block {
        while self.graph.blocks.len() <= b.index() {
            self.graph.add_block(Block {
                params: Vec::new(),
                insts: Vec::new(),
                end: End::Open,
                preds: Vec::new(),
                idom: None,
                depth: 0,
                loops: 0,
                head: false,
                cold: false,
            });
        }
        self.graph.block_mut(b)
    }

    /// How a value is kept, and its type.
    fn kept(&mut self, line: &mut Line) -> (Rep, Type) {
        let name = line.until(&[' ', ',', ')']);
        let rep = rep(name).unwrap_or_else(|| line.wrong());
        (rep, self.ty(line))
    }

    fn ty(&mut self, line: &mut Line) -> Type {
        let mut kinds = 0;
        for name in line.until(&[' ', ',', ')']).split('|') {
            kinds |= types::named(name).unwrap_or_else(|| line.wrong());
        }
        if line.eat("of shape ") {
            return Type::shape(kinds, line.number::<u32>() | 1 << 31);
        }
        let bounds = line.until(&[' ', ',', ')']);
        let bound = |text: &str| text.parse().unwrap_or_else(|_| line.wrong());
        match bounds.split_once("..") {
            Some((low, high)) => Type::range(bound(low), bound(high)),
            None if !bounds.is_empty() => Type::range(bound(bounds), bound(bounds)),
            None if kinds == types::INT => Type::INT,
            None => Type::of(kinds),
        }
    }

    fn define(&mut self, v: V, op: Op, rep: Rep, ty: Type, args: &[V], imm: u64) -> &mut Inst {
        let site = Site { frame: F(0), at: 0 };
        while self.graph.insts.len() <= v.index() {
            let none = Type::of(0);
            self.graph.add(Op::Const, Rep::None, none, &[], 0, site);
        }
        // The operands are noted by an instruction that is taken back.
        let made = self.graph.add(op, rep, ty, args, imm, site);
        let inst = self.graph.insts.swap_remove(made.index());
        let place = &mut self.graph.insts[v.index()];
        *place = inst;
        place
    }

    fn inst(&mut self, line: &mut Line) {
        let result = line.value();
        if result.is_some() {
            line.need("=");
        }
        let name = line.until(&[' ']);
        let op = Op::named(name).unwrap_or_else(|| line.wrong());
        let mut imm = 0;
        if line.eat("object") {
            imm = 8;
        } else if line.eat("0x") {
            let digits = line.until(&[' ']);
            imm = u64::from_str_radix(digits, 16).unwrap_or_else(|_| line.wrong());
        } else if op == Op::ConstFloat {
            imm = line.number::<f64>().to_bits();
        } else if op == Op::ConstWord {
            imm = line.number();
        } else if line
            .rest
            .trim_start()
            .starts_with(|c: char| c == '-' || c.is_ascii_digit())
        {
            imm = line.number::<i64>() as u64;
        }
        let mut args = Vec::new();
        while let Some(v) = line.value() {
            args.push(v);
            line.eat(",");
        }
        let flush = line.eat("flush ").then(|| self.state(line));
        let state = line.eat("at ").then(|| self.state(line));
        let (rep, ty) = match line.eat(": ") {
            true => self.kept(line),
            false => (Rep::None, Type::of(0)),
        };
        if !line.rest.trim().is_empty() {
            line.wrong();
        }
        let slow = flush.map(|flush| {
            self.graph.slows.push(Slow {
                helper: 0,
                after: 0,
                flush: Some(flush),
                result: None,
            });
            self.graph.slows.len() as u32 - 1
        });
        // An instruction without a result has a number that its text does not show.
        const UNNAMED: u32 = 1000;
        let next = V((self.graph.insts.len() as u32).max(UNNAMED));
        let v = result.unwrap_or(next);
        let inst = self.define(v, op, rep, ty, &args, imm);
        (inst.state, inst.slow) = (state, slow);
        let cur = *self.begun.last().expect("a block has begun");
        self.block_at(cur).insts.push(v);
    }

    /// A state: `name@word {r1 v1} in name@word {}`.
    fn state(&mut self, line: &mut Line) -> S {
        let name = line.until(&['@']).to_string();
        line.need("@");
        let at = line.number();
        let frame = self.frame(&name);
        line.need("{");
        let mut regs = Vec::new();
        while line.eat("r") {
            let register = line.number();
            let v = line.value().unwrap_or_else(|| line.wrong());
            regs.push((register, v));
            line.eat(",");
        }
        line.need("}");
        let parent = line.eat("in ").then(|| self.state(line));
        self.graph.add_state(State {
            frame,
            at,
            regs,
            parent,
            leaves: Leaves::Instruction,
        })
    }

    fn frame(&mut self, name: &str) -> F {
        let next = F(self.graph.frames.len() as u32);
        let frame = *self.frames.entry(name.to_string()).or_insert(next);
        if frame == next {
            self.graph.frames.push(Frame {
                name: name.to_string(),
                address: 0,
                words: 0,
                depth: next.0,
                window: 0,
                caller: None,
                returns: Returns::Plain,
            });
        }
        frame
    }

    fn end(&mut self, line: &mut Line) -> bool {
        let end = if line.eat("jump ") {
            let to = line.block();
            line.need("(");
            let mut args = Vec::new();
            while let Some(v) = line.value() {
                args.push(v);
                line.eat(",");
            }
            End::Jump(Edge { to, args })
        } else if line.eat("if ") {
            let v = line.value().unwrap_or_else(|| line.wrong());
            let yes = line.block();
            line.need("else");
            End::If(v, yes, line.block())
        } else if line.eat("return ") {
            End::Return(line.value().unwrap_or_else(|| line.wrong()))
        } else if line.eat("to_baseline ") {
            End::ToBaseline(line.number())
        } else if line.whole == "never" {
            End::Never
        } else {
            return false;
        };
        let cur = *self.begun.last().expect("a block has begun");
        self.block_at(cur).end = end;
        true
    }

    /// Fills in what follows from the rest: predecessors and dominators.
    fn finish(mut self) -> Graph {
        let order = self.graph.order.clone();
        for &b in &order {
            for next in self.graph.successors(b) {
                self.block_at(next).preds.push(b);
            }
        }
        for (at, &b) in order.iter().enumerate().skip(1) {
            let before = |pred: &&B| order[..at].contains(pred);
            let preds = self.graph.block(b).preds.clone();
            let idom = preds
                .iter()
                .filter(before)
                .copied()
                .reduce(|one, other| self.graph.common_dominator(one, other))
                .expect("control comes from a block before it");
            let depth = self.graph.block(idom).depth + 1;
            let block = self.graph.block_mut(b);
            (block.idom, block.depth) = (Some(idom), depth);
        }
        self.graph
    }
}
