//! Where values are alive and used.

use super::super::ir::{B, Class, End, Graph, V};
use super::{Want, wanted};

struct Sets {
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    fn new(count: usize, values: usize) -> Sets {
        let words = values.div_ceil(64).max(1);
        Sets {
            words,
            bits: vec![0; count * words],
        }
    }

    fn get(&self, index: usize) -> &[u64] {
        &self.bits[index * self.words..][..self.words]
    }

    fn get_mut(&mut self, index: usize) -> &mut [u64] {
        &mut self.bits[index * self.words..][..self.words]
    }
}

fn has(set: &[u64], v: V) -> bool {
    set[v.index() / 64] >> (v.index() % 64) & 1 != 0
}

fn insert(set: &mut [u64], v: V) -> bool {
    let word = &mut set[v.index() / 64];
    let before = *word;
    *word |= 1 << (v.index() % 64);
    *word != before
}

fn remove(set: &mut [u64], v: V) -> bool {
    let word = &mut set[v.index() / 64];
    let before = *word;
    *word &= !(1 << (v.index() % 64));
    *word != before
}

/// Counts a value that begins or ends to be alive, unless it is a constant.
fn count(graph: &Graph, v: V, alive: &mut [u32; 2], by: i32) {
    let inst = graph.inst(v);
    if !inst.op.is_constant() {
        let count = &mut alive[usize::from(inst.rep.is_float())];
        *count = count.wrapping_add_signed(by);
    }
}

fn members(set: &[u64]) -> Vec<V> {
    let mut all = Vec::new();
    for (index, &word) in set.iter().enumerate() {
        let mut left = word;
        while left != 0 {
            all.push(V((index * 64) as u32 + left.trailing_zeros()));
            left &= left - 1;
        }
    }
    all
}

pub struct Lives {
    live_in: Sets,
    live_out: Sets,
    /// By block: the place before its first instruction, and that of its end.
    places: Vec<(u32, u32)>,
    /// By block: the end of the loop that it begins.
    loop_ends: Vec<u32>,
    /// By value: where it is wanted in a register, in order.
    uses: Vec<Vec<u32>>,
    /// By instruction: values that nothing reads after it.
    deaths: Vec<Vec<V>>,
    used: Vec<bool>,
    spans: Vec<(u32, u32)>,
    pressures: Vec<Pressure>,
}

/// The need of registers in a stretch of code.
#[derive(Clone, Copy, Default)]
pub struct Pressure {
    /// The most values that are alive at once, constants left out: general ones and
    /// floats.
    pub most: [u32; 2],
    /// Whether a call takes all registers.
    pub has_call: bool,
}

impl Pressure {
    fn note(&mut self, alive: [u32; 2]) {
        for (most, now) in self.most.iter_mut().zip(alive) {
            *most = (*most).max(now);
        }
    }
}

fn end_values(end: &End) -> &[V] {
    match end {
        End::Jump(edge) => &edge.args,
        End::If(v, ..) | End::Return(v) => std::slice::from_ref(v),
        _ => &[],
    }
}

impl Lives {
    pub fn new(graph: &Graph) -> Lives {
        let (blocks, values) = (graph.blocks.len(), graph.insts.len());
        let mut lives = Lives {
            live_in: Sets::new(blocks, values),
            live_out: Sets::new(blocks, values),
            places: vec![(0, 0); blocks],
            loop_ends: vec![0; blocks],
            uses: vec![Vec::new(); values],
            deaths: vec![Vec::new(); values],
            used: vec![false; values],
            spans: vec![(u32::MAX, 0); values],
            pressures: vec![Pressure::default(); blocks],
        };
        lives.solve(graph);
        lives.walk(graph);
        lives.extend_loops(graph);
        lives
    }

    fn solve(&mut self, graph: &Graph) {
        let mut changed = true;
        while changed {
            changed = false;
            for &b in graph.order.iter().rev() {
                let mut out = vec![0u64; self.live_out.words];
                for next in graph.successors(b) {
                    for (word, more) in out.iter_mut().zip(self.live_in.get(next.index())) {
                        *word |= more;
                    }
                    for &param in &graph.block(next).params {
                        remove(&mut out, param);
                    }
                }
                if out != self.live_out.get(b.index()) {
                    self.live_out.get_mut(b.index()).copy_from_slice(&out);
                }
                let block = graph.block(b);
                for &v in end_values(&block.end) {
                    insert(&mut out, v);
                }
                for &v in block.insts.iter().rev() {
                    remove(&mut out, v);
                    for &arg in graph.args(v) {
                        insert(&mut out, arg);
                    }
                    graph.state_values(v, &mut |value| {
                        insert(&mut out, value);
                    });
                }
                for &param in &block.params {
                    remove(&mut out, param);
                }
                if out != self.live_in.get(b.index()) {
                    self.live_in.get_mut(b.index()).copy_from_slice(&out);
                    changed = true;
                }
            }
        }
    }

    /// Numbers places, and notes uses, deaths and spans.
    fn walk(&mut self, graph: &Graph) {
        let mut place = 0;
        for &b in &graph.order {
            let block = graph.block(b);
            let start = place;
            for &v in block.insts.iter().chain(&block.params) {
                let span = &mut self.spans[v.index()];
                span.0 = span.0.min(start);
                span.1 = span.1.max(start);
            }
            for &v in &block.insts {
                place += 1;
                self.spans[v.index()].0 = self.spans[v.index()].0.min(place);
                for (number, &arg) in graph.args(v).iter().enumerate() {
                    self.used[arg.index()] = true;
                    self.spans[arg.index()].1 = self.spans[arg.index()].1.max(place);
                    let want = wanted(graph.inst(v).op, number);
                    let constant = graph.inst(arg).op.is_constant();
                    if want == Want::Register || want == Want::Immediate && !constant {
                        self.uses[arg.index()].push(place);
                    }
                }
                let mut seen = Vec::new();
                graph.state_values(v, &mut |value| seen.push(value));
                for value in seen {
                    self.used[value.index()] = true;
                    self.spans[value.index()].1 = self.spans[value.index()].1.max(place);
                }
            }
            place += 1;
            for &v in end_values(&block.end) {
                self.used[v.index()] = true;
                self.spans[v.index()].1 = self.spans[v.index()].1.max(place);
                let is_made = matches!(block.end, End::Jump(_)) && graph.inst(v).op.is_constant();
                if !is_made {
                    self.uses[v.index()].push(place);
                }
            }
            self.places[b.index()] = (start, place);
            place += 1;
            // Backwards: what is not alive after its use dies there.
            let mut live = self.live_out.get(b.index()).to_vec();
            for &v in end_values(&block.end) {
                insert(&mut live, v);
            }
            let mut alive = [0; 2];
            for v in members(&live) {
                count(graph, v, &mut alive, 1);
            }
            let mut pressure = Pressure::default();
            pressure.note(alive);
            for &v in block.insts.iter().rev() {
                pressure.has_call |= graph.inst(v).op.class() == Class::Call;
                if remove(&mut live, v) {
                    count(graph, v, &mut alive, -1);
                }
                let mut dead = Vec::new();
                let mut read = |value| {
                    if insert(&mut live, value) {
                        dead.push(value);
                        count(graph, value, &mut alive, 1);
                    }
                };
                graph.args(v).iter().for_each(|&arg| read(arg));
                graph.state_values(v, &mut read);
                self.deaths[v.index()] = dead;
                pressure.note(alive);
            }
            self.pressures[b.index()] = pressure;
        }
        for &b in &graph.order {
            let (start, end) = self.places[b.index()];
            for v in members(self.live_in.get(b.index())) {
                let span = &mut self.spans[v.index()];
                *span = (span.0.min(start), span.1.max(start));
            }
            for v in members(self.live_out.get(b.index())) {
                self.spans[v.index()].1 = self.spans[v.index()].1.max(end);
            }
        }
    }

    /// A value that a loop reads, and that is there before it, is wanted until its end.
    fn extend_loops(&mut self, graph: &Graph) {
        for &b in &graph.order {
            for next in graph.successors(b) {
                if graph.block(next).head && self.places[next.index()].0 <= self.places[b.index()].0
                {
                    let end = self.places[b.index()].1;
                    self.loop_ends[next.index()] = self.loop_ends[next.index()].max(end);
                }
            }
        }
        for &b in &graph.order {
            if !graph.block(b).head {
                continue;
            }
            let (start, end) = (self.places[b.index()].0, self.loop_ends[b.index()]);
            for v in members(self.live_in.get(b.index())) {
                let uses = &mut self.uses[v.index()];
                let first = uses.partition_point(|&place| place <= start);
                if uses.get(first).is_some_and(|&place| place <= end) {
                    let at = uses.partition_point(|&place| place < end);
                    uses.insert(at, end);
                }
                // It is in its slot all the time.
                let span = &mut self.spans[v.index()];
                span.1 = span.1.max(end);
            }
        }
    }

    pub fn start(&self, b: B) -> u32 {
        self.places[b.index()].0
    }

    pub fn loop_end(&self, b: B) -> u32 {
        self.loop_ends[b.index()]
    }

    /// The pressure in the loop that a block begins.
    pub fn loop_pressure(&self, head: B) -> Pressure {
        let (start, end) = (self.start(head), self.loop_end(head));
        let mut all = Pressure::default();
        for (places, one) in self.places.iter().zip(&self.pressures) {
            if start <= places.0 && places.1 <= end {
                all.note(one.most);
                all.has_call |= one.has_call;
            }
        }
        all
    }

    pub fn is_in(&self, b: B, v: V) -> bool {
        has(self.live_in.get(b.index()), v)
    }

    pub fn is_out(&self, b: B, v: V) -> bool {
        has(self.live_out.get(b.index()), v)
    }

    pub fn all_in(&self, b: B) -> Vec<V> {
        members(self.live_in.get(b.index()))
    }

    /// Where a value is wanted in a register after a place.
    pub fn next_use(&self, v: V, place: u32) -> u32 {
        let uses = &self.uses[v.index()];
        let next = uses.partition_point(|&one| one <= place);
        uses.get(next).copied().unwrap_or(u32::MAX)
    }

    pub fn deaths(&self, v: V) -> &[V] {
        &self.deaths[v.index()]
    }

    pub fn is_used_after(&self, v: V) -> bool {
        self.used[v.index()]
    }

    /// From the definition to the last place where it is alive.
    pub fn span(&self, v: V) -> (u32, u32) {
        self.spans[v.index()]
    }
}
