//! Whole stacks, each counted once: a tree with a node for every path of calls that
//! a sample has met. A node names a function, not a line, so recursion with many
//! call sites stays one path.

/// The callee that a node of the tree stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Callee {
    /// The host; only the root.
    Host,
    /// A function of the program.
    Function(u32),
    Builtin(u32),
    /// A garbage collection.
    Collector,
    /// A wait in which no task was ready.
    Waiting,
    /// The middle of a deep stack.
    LeftOut,
    /// The threads that a program has started.
    Threads,
}

/// Node of a [`CallTree`]; its number is that in [`CallTree::nodes`].
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub callee: Callee,
    pub parent: u32,
    first_child: u32,
    next_sibling: u32,
    /// Nanoseconds in the node itself, interpreted or native.
    pub own: u64,
    /// Those of `own` that compiled code took.
    pub native: u64,
}

#[derive(Debug)]
pub struct CallTree {
    nodes: Vec<Node>,
}

/// No node: the root is no node's child.
const NONE: u32 = 0;

impl Default for CallTree {
    fn default() -> CallTree {
        CallTree {
            nodes: vec![Node {
                callee: Callee::Host,
                parent: NONE,
                first_child: NONE,
                next_sibling: NONE,
                own: 0,
                native: 0,
            }],
        }
    }
}

impl CallTree {
    pub const ROOT: u32 = 0;

    /// All nodes, parents before their children.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The child of a node that stands for `callee`, made if there is none. Nodes
    /// have few children, and the one wanted last is the first.
    pub fn child(&mut self, parent: u32, callee: Callee) -> u32 {
        let first = self.nodes[parent as usize].first_child;
        let (mut before, mut at) = (NONE, first);
        while at != NONE && self.nodes[at as usize].callee != callee {
            (before, at) = (at, self.nodes[at as usize].next_sibling);
        }
        if at == first && at != NONE {
            return at;
        }
        if at == NONE {
            at = u32::try_from(self.nodes.len()).expect("fewer samples than that");
            self.nodes.push(Node {
                callee,
                parent,
                first_child: NONE,
                next_sibling: first,
                own: 0,
                native: 0,
            });
        } else {
            self.nodes[before as usize].next_sibling = self.nodes[at as usize].next_sibling;
            self.nodes[at as usize].next_sibling = first;
        }
        self.nodes[parent as usize].first_child = at;
        at
    }

    /// Adds time to a node itself.
    pub fn count(&mut self, node: u32, nanoseconds: u64, native: bool) {
        let node = &mut self.nodes[node as usize];
        node.own += nanoseconds;
        if native {
            node.native += nanoseconds;
        }
    }

    /// Adds another tree below the root's child that stands for `callee`; its functions have
    /// other numbers there.
    pub fn graft(&mut self, callee: Callee, other: &CallTree, renumber: impl Fn(u32) -> u32) {
        let mut own = vec![self.child(CallTree::ROOT, callee)];
        // Parents come before their children.
        for node in &other.nodes[1..] {
            let callee = match node.callee {
                Callee::Function(number) => Callee::Function(renumber(number)),
                other => other,
            };
            let at = self.child(own[node.parent as usize], callee);
            self.nodes[at as usize].own += node.own;
            self.nodes[at as usize].native += node.native;
            own.push(at);
        }
        let root = &other.nodes[0];
        let at = own[0] as usize;
        self.nodes[at].own += root.own;
        self.nodes[at].native += root.native;
    }

    /// The callees from the outermost to that of `node`.
    pub fn path(&self, mut node: u32) -> Vec<Callee> {
        let mut path = Vec::new();
        while node != CallTree::ROOT {
            path.push(self.nodes[node as usize].callee);
            node = self.nodes[node as usize].parent;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Callee::Function;

    #[test]
    fn equal_paths_are_one_node() {
        let mut tree = CallTree::default();
        let a = tree.child(CallTree::ROOT, Function(1));
        let b = tree.child(a, Function(2));
        let c = tree.child(a, Function(3));
        let d = tree.child(a, Callee::Builtin(2));
        assert_eq!([2, 3].map(|f| tree.child(a, Function(f))), [b, c]);
        assert_eq!(tree.child(a, Callee::Builtin(2)), d);
        assert_eq!(tree.child(a, Function(2)), b);
        assert_eq!(tree.child(CallTree::ROOT, Function(1)), a);
        assert_eq!(tree.nodes().len(), 5);
        assert_eq!(tree.path(d), [Function(1), Callee::Builtin(2)]);
        assert_eq!(tree.path(CallTree::ROOT), []);
    }

    #[test]
    fn the_tree_of_another_thread_keeps_its_shape() {
        let mut tree = CallTree::default();
        let mut other = CallTree::default();
        let a = other.child(CallTree::ROOT, Function(0));
        let b = other.child(a, Callee::Waiting);
        other.count(a, 5, true);
        other.count(b, 7, false);
        for _ in 0..2 {
            tree.graft(Callee::Threads, &other, |number| number + 3);
        }
        let found: Vec<_> = (1..tree.nodes().len() as u32)
            .map(|at| (tree.path(at), tree.nodes()[at as usize].own))
            .collect();
        let block = vec![Callee::Threads, Function(3)];
        let waiting = [block.clone(), vec![Callee::Waiting]].concat();
        let expected = [(vec![Callee::Threads], 0), (block, 10), (waiting, 14)];
        assert_eq!(found, expected);
    }

    #[test]
    fn time_counts_for_the_node_itself() {
        let mut tree = CallTree::default();
        let a = tree.child(CallTree::ROOT, Function(1));
        let b = tree.child(a, Function(1));
        tree.count(a, 5, false);
        tree.count(b, 7, true);
        tree.count(b, 1, false);
        let times = tree.nodes().iter().map(|node| (node.own, node.native));
        assert_eq!(times.collect::<Vec<_>>(), [(0, 0), (5, 0), (8, 7)]);
    }
}
