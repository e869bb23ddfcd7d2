//! The order in which a function's blocks are built. A node is a basic block of the
//! bytecode, or a copy of one: the first round of an innermost loop is before the
//! loop as nodes of its own, so that what the first round makes sure is known in the
//! others.
//!
//! # Invariants
//! * In `order` a node follows all its predecessors but those that jump back to a
//!   loop's head.

use crate::bytecode::flow::{self, Code, Flow, Registers};
use crate::bytecode::{Instr, Op};

/// Where a node's successor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Node(usize),
    /// The head of a loop around the entry, which the graph does not have.
    Outside(u32),
}

#[derive(Clone, Debug)]
pub struct Node {
    pub start: u32,
    pub end: u32,
    /// As [`flow::Block::successors`].
    pub next: Vec<Next>,
    pub head: bool,
    /// How many loops it is in.
    pub loops: u32,
    /// The registers that the loop may change, of a head.
    pub changed: Registers,
    /// Those of them that it may only write in place, as far as the instructions say.
    pub in_place: Registers,
}

#[derive(Clone, Debug)]
pub struct Nodes {
    pub nodes: Vec<Node>,
    pub order: Vec<usize>,
}

/// Loops of more words are not peeled.
const MOST_PEELED: usize = 300;

/// A loop: its head and all its nodes.
struct Loop {
    head: usize,
    body: Vec<bool>,
}

impl Nodes {
    /// The nodes of a function that is entered at the start of a block.
    pub fn new(code: &Code, flow: &Flow, entry: u32, peel: bool) -> Nodes {
        let first = flow.block_at(entry as usize);
        let mut nodes: Vec<Node> = flow
            .blocks
            .iter()
            .map(|block| Node {
                start: block.start,
                end: block.end,
                next: block
                    .successors
                    .iter()
                    .map(|&next| {
                        let to = flow.blocks[next as usize].start;
                        // A jump back to before the entry.
                        if to <= block.start && to < entry {
                            Next::Outside(to)
                        } else {
                            Next::Node(next as usize)
                        }
                    })
                    .collect(),
                head: false,
                loops: 0,
                changed: Registers::default(),
                in_place: Registers::default(),
            })
            .collect();
        let order = order(&nodes, first, &vec![0; nodes.len()]);
        let loops = loops(&nodes, &order);
        let mut start = first;
        if peel {
            start = peel_innermost(&mut nodes, &loops, first);
        }
        let order_now = order_by_loops(&mut nodes, start);
        let loops = self::loops(&nodes, &order_now);
        for one in &loops {
            let mut changed = flow.live_before(nodes[one.head].start as usize).clone();
            let live = changed.clone();
            for register in live.iter() {
                changed.remove(register);
            }
            let mut written = changed.clone();
            for (node, _) in one.body.iter().enumerate().filter(|(_, inside)| **inside) {
                let mut at = nodes[node].start as usize;
                let mut before = None;
                while at < nodes[node].end as usize {
                    code.changes(at, &mut |register| changed.insert(register));
                    let word = code.words[at];
                    if !takes_back(before, word) {
                        code.writes(at, &mut |register| written.insert(register));
                        if !writes_in_place(word.op()) {
                            code.changes(at, &mut |register| written.insert(register));
                        }
                    }
                    before = Some(word);
                    at = flow::after(code.words, at);
                }
            }
            nodes[one.head].head = true;
            let mut in_place = changed.clone();
            for register in written.iter() {
                in_place.remove(register);
            }
            nodes[one.head].changed = changed;
            nodes[one.head].in_place = in_place;
        }
        Nodes {
            nodes,
            order: order_now,
        }
    }
}

/// Reverse postorder that keeps loops together: what leaves a loop comes after it.
fn order_by_loops(nodes: &mut [Node], start: usize) -> Vec<usize> {
    let plain = order(nodes, start, &vec![0; nodes.len()]);
    let mut depth = vec![0; nodes.len()];
    for one in loops(nodes, &plain) {
        for (node, inside) in one.body.iter().enumerate() {
            depth[node] += u32::from(*inside);
        }
    }
    for (node, &depth) in nodes.iter_mut().zip(&depth) {
        node.loops = depth;
    }
    order(nodes, start, &depth)
}

fn order(nodes: &[Node], start: usize, depth: &[u32]) -> Vec<usize> {
    let mut seen = vec![false; nodes.len()];
    let mut order = Vec::new();
    // A node, and its successors that have not been looked at, in the order of looking.
    let successors = |node: usize| {
        let mut all: Vec<usize> = nodes[node]
            .next
            .iter()
            .filter_map(|next| match next {
                Next::Node(node) => Some(*node),
                Next::Outside(_) => None,
            })
            .collect();
        // Popped from the end: what is in fewer loops first, then the jump.
        all.reverse();
        all.sort_by_key(|&node| std::cmp::Reverse(depth[node]));
        all
    };
    let mut stack = vec![(start, successors(start))];
    seen[start] = true;
    while let Some((node, rest)) = stack.last_mut() {
        match rest.pop() {
            Some(next) if !seen[next] => {
                seen[next] = true;
                stack.push((next, successors(next)));
            }
            Some(_) => {}
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

fn loops(nodes: &[Node], order: &[usize]) -> Vec<Loop> {
    let mut place = vec![usize::MAX; nodes.len()];
    for (at, &node) in order.iter().enumerate() {
        place[node] = at;
    }
    let mut preds = vec![Vec::new(); nodes.len()];
    for &node in order {
        for next in &nodes[node].next {
            if let Next::Node(to) = next {
                preds[*to].push(node);
            }
        }
    }
    let mut all: Vec<Loop> = Vec::new();
    for &head in order {
        let latches: Vec<usize> = preds[head]
            .iter()
            .copied()
            .filter(|&pred| place[pred] >= place[head])
            .collect();
        if latches.is_empty() {
            continue;
        }
        let mut body = vec![false; nodes.len()];
        body[head] = true;
        let mut work = latches;
        while let Some(node) = work.pop() {
            if !std::mem::replace(&mut body[node], true) {
                work.extend(&preds[node]);
            }
        }
        all.push(Loop { head, body });
    }
    all
}

/// Puts a copy of each innermost loop before it. Gives the node to start at.
fn peel_innermost(nodes: &mut Vec<Node>, loops: &[Loop], first: usize) -> usize {
    let mut start = first;
    for (index, one) in loops.iter().enumerate() {
        let inner = loops
            .iter()
            .enumerate()
            .all(|(other, loop_)| other == index || !one.body[loop_.head]);
        let members: Vec<usize> = (0..one.body.len()).filter(|&n| one.body[n]).collect();
        let words: usize = members
            .iter()
            .map(|&n| (nodes[n].end - nodes[n].start) as usize)
            .sum();
        if !inner || words > MOST_PEELED {
            continue;
        }
        let copy_of = |node: usize, count: usize| {
            members
                .iter()
                .position(|&member| member == node)
                .map(|at| count + at)
        };
        let count = nodes.len();
        for &member in &members {
            let mut node = nodes[member].clone();
            for next in &mut node.next {
                if let Next::Node(to) = next
                    && *to != one.head
                    && let Some(copy) = copy_of(*to, count)
                {
                    *next = Next::Node(copy);
                }
            }
            nodes.push(node);
        }
        // Edges from outside lead to the copy.
        let head = copy_of(one.head, count).expect("the head is a member");
        for (number, node) in nodes.iter_mut().enumerate().take(count) {
            if members.contains(&number) {
                continue;
            }
            for next in &mut node.next {
                if *next == Next::Node(one.head) {
                    *next = Next::Node(head);
                }
            }
        }
        if start == one.head {
            start = head;
        }
    }
    start
}

/// Whether an instruction that changes a register beside its result does so only where an
/// object has to be copied before it is written.
fn writes_in_place(op: Op) -> bool {
    matches!(
        op,
        Op::SetField | Op::SetIndex | Op::FieldMut | Op::IndexMut
    )
}

/// Whether an instruction takes a variable's object back from the window of the method call
/// before it, which wrote it in place unless it had to be copied.
fn takes_back(before: Option<Instr>, word: Instr) -> bool {
    before.is_some_and(|call| {
        call.op() == Op::CallMethodPlace && word.op() == Op::Move && word.b() == call.a() + 1
    })
}

/// Whether the optimiser leaves functions with an instruction to the baseline.
pub fn is_foreign(op: Op) -> bool {
    matches!(op, Op::MakeGenerator | Op::Yield)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(words: &[Instr]) -> Code<'_> {
        Code {
            words,
            handlers: &[],
            registers: 8,
            is_method: false,
            keys: &|_| 0,
            captured: &|_| Some(Vec::new()),
        }
    }

    #[test]
    fn the_first_round_of_a_loop_stands_before_it() {
        let words = [
            Instr::jump(Op::RangeInit, 0, 1),
            Instr::abc(Op::Add, 4, 4, 3),
            Instr::jump(Op::RangeNext, 0, -2),
            Instr::abc(Op::Return, 4, 0, 0),
        ];
        let code = code(&words);
        let flow = Flow::new(&code);
        let nodes = Nodes::new(&code, &flow, 0, true);
        let starts: Vec<_> = nodes.order.iter().map(|&n| nodes.nodes[n].start).collect();
        assert_eq!(starts, [0, 2, 1, 2, 1, 3]);
        let heads: Vec<_> = nodes.order.iter().map(|&n| nodes.nodes[n].head).collect();
        assert_eq!(heads, [false, false, false, true, false, false]);
        let head = &nodes.nodes[nodes.order[3]];
        assert_eq!(head.changed.iter().collect::<Vec<_>>(), [0, 3, 4]);
    }

    #[test]
    fn an_entry_in_an_inner_loop_leaves_at_the_outer_head() {
        let words = [
            Instr::abc(Op::Nop, 0, 0, 0),
            Instr::jump(Op::JumpIf, 1, 4),
            Instr::jump(Op::JumpIf, 2, 1),
            Instr::jump(Op::Loop, 0, -2),
            Instr::jump(Op::Loop, 0, -4),
            Instr::abc(Op::Nop, 0, 0, 0),
            Instr::abc(Op::ReturnNull, 0, 0, 0),
        ];
        let code = code(&words);
        let flow = Flow::new(&code);
        let nodes = Nodes::new(&code, &flow, 2, false);
        let outside = nodes
            .order
            .iter()
            .flat_map(|&n| &nodes.nodes[n].next)
            .any(|next| *next == Next::Outside(1));
        assert!(outside);
    }
}
