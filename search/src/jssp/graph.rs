//! The disjunctive graph of a schedule (B. Roy and B. Sussmann, 1964), with heads and tails that moves keep exact.
//!
//! A move changes one machine's sequence between two operations u and v. Only the stretch of the topological order
//! between them is reordered (as in D. J. Pearce and P. H. J. Kelly, 2006); heads are recomputed from there forwards,
//! tails from there backwards.

use heuron_problems::Cost;

use super::model::Model;

/// What the longest paths need of an operation, side by side in memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub duration: Cost,
    /// When the operation ends: longest path from the source, its own duration included.
    pub end: Cost,
    /// Longest path to the sink, its own duration included.
    pub out: Cost,
    /// Neighbours on the machine; 0: none.
    pub before: u32,
    pub after: u32,
}

/// A move of one operation on its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// `operation` goes right behind `target`, a later one of its machine.
    Behind {
        /// What moves.
        operation: u32,
        /// Where it goes.
        target: u32,
    },
    /// `operation` goes right before `target`, an earlier one of its machine.
    Before {
        /// What moves.
        operation: u32,
        /// Where it goes.
        target: u32,
    },
}

/// A feasible schedule as a graph.
#[derive(Clone, Debug)]
pub struct Graph<'m> {
    pub(super) model: &'m Model,
    pub(super) nodes: Vec<Node>,
    /// A topological order \[operations\].
    order: Vec<u32>,
    /// Place in the order \[nodes\]; beyond any for nodes that are no operation.
    pub(super) rank: Vec<u32>,
    makespan: Cost,
    /// Nodes that a move pushes back \[nodes\], all false between moves.
    pushed: Vec<bool>,
    /// These nodes in their order.
    delayed: Vec<u32>,
}

impl<'m> Graph<'m> {
    /// The graph of a topological order of all operations.
    pub fn new(model: &'m Model, order: &[u32]) -> Self {
        let node = |&duration: &Cost| Node { duration, ..Node::default() };
        let mut graph = Self {
            model,
            nodes: model.durations.iter().map(node).collect(),
            order: Vec::with_capacity(order.len()),
            rank: vec![u32::MAX; model.nodes()],
            makespan: 0,
            pushed: vec![false; model.nodes()],
            delayed: Vec::with_capacity(order.len()),
        };
        graph.load(order);
        graph
    }

    /// Replaces the schedule by that of another topological order of all operations.
    pub fn load(&mut self, order: &[u32]) {
        debug_assert_eq!(order.len(), self.model.operations());
        self.order.clear();
        self.order.extend_from_slice(order);
        // Last operation of every machine so far.
        let mut last = vec![0_u32; self.model.machines()];
        for (rank, &node) in (0..).zip(order) {
            let last = &mut last[self.model.machine_of[node as usize] as usize];
            let before = std::mem::replace(last, node);
            self.rank[node as usize] = rank;
            self.nodes[node as usize].before = before;
            self.nodes[node as usize].after = 0;
            if before != 0 {
                self.nodes[before as usize].after = node;
            }
        }
        self.update(0, order.len());
    }

    /// The schedule's length.
    pub fn makespan(&self) -> Cost {
        self.makespan
    }

    /// A topological order of all operations.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// What the graph knows of an operation.
    #[inline(always)]
    pub(super) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    /// The operations between which a move changes the sequence, from the earlier to the later one.
    pub(super) fn stretch(change: Move) -> (u32, u32) {
        match change {
            Move::Behind { operation, target } => (operation, target),
            Move::Before { operation, target } => (target, operation),
        }
    }

    /// The operations that the moving one passes, from the nearest to the target.
    #[inline]
    pub(super) fn passed(&self, change: Move) -> impl Iterator<Item = u32> {
        let (Move::Behind { operation, target } | Move::Before { operation, target }) = change;
        let forwards = matches!(change, Move::Behind { .. });
        let mut node = operation;
        std::iter::from_fn(move || {
            if node == target {
                return None;
            }
            node = if forwards { self.node(node).after } else { self.node(node).before };
            Some(node)
        })
    }

    /// Whether the move surely leaves the graph without a cycle (E. Balas and A. Vazacopoulos, 1998, propositions 2.2
    /// and 2.3, sharpened by the duration of the job neighbour and by the topological order).
    #[inline]
    pub fn is_safe(&self, change: Move) -> bool {
        match change {
            // A cycle needs a path from u's job successor to v.
            Move::Behind { operation: u, target: v } => {
                let next = self.node(u + 1);
                self.rank[u as usize + 1] > self.rank[v as usize]
                    || u + 1 != v && self.node(v).out + next.duration > next.out
            }
            // A cycle needs a path from u to v's job predecessor.
            Move::Before { operation: v, target: u } => {
                let last = self.node(v - 1);
                let rank = self.rank[v as usize - 1];
                rank == u32::MAX
                    || rank < self.rank[u as usize]
                    || v - 1 != u && self.node(u).end + last.duration > last.end
            }
        }
    }

    /// Carries out a safe move and updates order, heads, tails and makespan.
    pub fn apply(&mut self, change: Move) {
        debug_assert!(self.is_safe(change));
        let (first, last) = Self::stretch(change);
        let (from, to) = (self.rank[first as usize] as usize, self.rank[last as usize] as usize + 1);
        match change {
            Move::Behind { operation, target } => {
                self.unlink(operation);
                self.link(target, operation, self.node(target).after);
                self.push_back(operation, from, to);
            }
            Move::Before { operation, target } => {
                self.unlink(operation);
                self.link(self.node(target).before, operation, target);
                self.pull_forward(operation, from, to);
            }
        }
        self.update(from, to);
        debug_assert!(self.is_exact());
    }

    fn unlink(&mut self, node: u32) {
        let Node { before, after, .. } = *self.node(node);
        // Node 0 collects what has no neighbour; nobody reads it.
        self.nodes[before as usize].after = after;
        self.nodes[after as usize].before = before;
    }

    fn link(&mut self, before: u32, node: u32, after: u32) {
        (self.nodes[node as usize].before, self.nodes[node as usize].after) = (before, after);
        self.nodes[before as usize].after = node;
        self.nodes[after as usize].before = node;
    }

    /// Moves `node`, at rank `from`, and what depends on it to the end of the ranks `from..to`.
    fn push_back(&mut self, node: u32, from: usize, to: usize) {
        self.pushed[node as usize] = true;
        self.delayed.push(node);
        let mut rank = from;
        for at in from + 1..to {
            let node = self.order[at];
            let (job, machine) = (node as usize - 1, self.node(node).before as usize);
            if self.pushed[job] | self.pushed[machine] {
                self.pushed[node as usize] = true;
                self.delayed.push(node);
            } else {
                self.order[rank] = node;
                self.rank[node as usize] = rank as u32;
                rank += 1;
            }
        }
        for (rank, &node) in (rank..).zip(&self.delayed) {
            self.order[rank] = node;
            self.rank[node as usize] = rank as u32;
            self.pushed[node as usize] = false;
        }
        self.delayed.clear();
    }

    /// Moves `node`, at rank `to - 1`, and what it depends on to the beginning of the ranks `from..to`.
    fn pull_forward(&mut self, node: u32, from: usize, to: usize) {
        self.pushed[node as usize] = true;
        self.delayed.push(node);
        let mut rank = to;
        for at in (from..to - 1).rev() {
            let node = self.order[at];
            let (job, machine) = (node as usize + 1, self.node(node).after as usize);
            if self.pushed[job] | self.pushed[machine] {
                self.pushed[node as usize] = true;
                self.delayed.push(node);
            } else {
                rank -= 1;
                self.order[rank] = node;
                self.rank[node as usize] = rank as u32;
            }
        }
        for (rank, &node) in (from..).zip(self.delayed.iter().rev()) {
            self.order[rank] = node;
            self.rank[node as usize] = rank as u32;
            self.pushed[node as usize] = false;
        }
        self.delayed.clear();
    }

    /// Heads from rank `from` on, tails up to rank `to`, and the makespan.
    fn update(&mut self, from: usize, to: usize) {
        // Node 0 and the nodes between jobs keep 0 as their end and their way out.
        for &node in &self.order[from..] {
            let node = node as usize;
            let before = self.nodes[node].before as usize;
            let start = self.nodes[node - 1].end.max(self.nodes[before].end);
            self.nodes[node].end = start + self.nodes[node].duration;
        }
        for &node in self.order[..to].iter().rev() {
            let node = node as usize;
            let after = self.nodes[node].after as usize;
            let rest = self.nodes[node + 1].out.max(self.nodes[after].out);
            self.nodes[node].out = rest + self.nodes[node].duration;
        }
        let last = |job: usize| self.model.job(job).end as usize - 1;
        // A job without operations ends at the node between jobs, at time 0.
        self.makespan = (0..self.model.jobs()).map(|job| self.nodes[last(job)].end).max().unwrap_or(0);
    }

    /// Whether order, heads and tails are what the machine sequences say.
    fn is_exact(&self) -> bool {
        let fresh = Graph::new(self.model, &self.order);
        let same = |node: u32| {
            let (a, b) = (self.node(node), fresh.node(node));
            (a.end, a.out, a.before, a.after) == (b.end, b.out, b.before, b.after)
                && self.rank[node as usize - 1].wrapping_add(1) <= self.rank[node as usize]
        };
        self.makespan == fresh.makespan && self.model.all().all(same)
    }
}
