//! Offspring of two tours: the single strategy of EAX, localised (Nagata & Kobayashi 2013, sections 2.2 and 3.2).
//!
//! An offspring is parent A with the edges of one AB-cycle exchanged, whose sub-tours are then merged, smallest first,
//! by the best exchange of one edge of the sub-tour for one edge near it. All of that costs O(cycle), not O(n).

use heuron_problems::{Cost, Stream};
use rand::seq::SliceRandom;

use super::cycles::Cycles;
use super::individual::Individual;
use super::patch::Patch;
use super::segments::{Segments, Side};
use crate::tsp::Graph;

/// Scratch space of one mating after the other.
pub struct Mating<'a> {
    graph: &'a Graph,
    cycles: Cycles,
    segments: Segments,
    /// Parent A in the order of the visit, and the position of every node \[n\].
    order: Vec<u32>,
    position: Vec<u32>,
    /// Sequence in which the cycles are tried.
    sequence: Vec<u32>,
    cuts: Vec<u32>,
    patch: Patch,
}

/// An exchange that merges two sub-tours.
struct Merge {
    delta: Cost,
    p: (u32, Side),
    q: (u32, Side),
}

impl<'a> Mating<'a> {
    /// Scratch space for tours of `graph`.
    pub fn new(graph: &'a Graph) -> Self {
        let n = graph.len();
        Self {
            graph,
            cycles: Cycles::new(n),
            segments: Segments::default(),
            order: vec![0; n],
            position: vec![0; n],
            sequence: Vec::new(),
            cuts: Vec::new(),
            patch: Patch::default(),
        }
    }

    /// Makes up to `children` offspring of `a` with edges of `b`, and leaves the one of the highest positive `worth`
    /// in `best`; it is empty if there is none.
    pub fn mate(
        &mut self,
        [a, b]: [&Individual; 2],
        children: usize,
        worth: impl Fn(&Patch) -> f64,
        best: &mut Patch,
        rng: &mut Stream,
    ) {
        best.clear();
        self.cycles.find(a, b, rng);
        // With one cycle the only offspring is b.
        if self.cycles.len() <= 1 {
            return;
        }
        a.unroll(&mut self.order, &mut self.position);
        self.sequence.clear();
        self.sequence.extend(0..self.cycles.len() as u32);
        let (tried, _) = self.sequence.partial_shuffle(rng, children);
        let tried = tried.len();
        let mut highest = 0.0;
        for at in 0..tried {
            let cycle = self.sequence[self.sequence.len() - tried + at] as usize;
            if self.make(cycle) {
                let worth = worth(&self.patch);
                if worth > highest {
                    highest = worth;
                    std::mem::swap(best, &mut self.patch);
                }
            }
        }
    }

    /// Makes the offspring of one cycle in `self.patch`. False: it cannot be a shorter tour.
    fn make(&mut self, cycle: usize) -> bool {
        self.exchange(cycle);
        // Merging sub-tours nearly always lengthens, so what is too long before is not merged at all.
        if self.patch.delta() >= 0 {
            return false;
        }
        self.segment(cycle);
        while self.segments.tours() > 1 {
            let Some(merge) = self.find_merge() else { return false };
            if self.patch.delta() + merge.delta >= 0 {
                return false;
            }
            self.merge(&merge);
        }
        true
    }

    /// Exchanges the edges of the cycle.
    fn exchange(&mut self, cycle: usize) {
        self.patch.clear();
        let nodes = self.cycles.of(cycle);
        for at in (0..nodes.len()).step_by(2) {
            let [u, v, w] = [nodes[at], nodes[at + 1], nodes[(at + 2) % nodes.len()]];
            self.patch.remove_old(u, v, self.graph.distance(u, v));
            self.patch.add_new(v, w, self.graph.distance(v, w));
        }
    }

    /// Cuts parent A's order at the cycle's edges of A and joins the ends by its edges of B.
    fn segment(&mut self, cycle: usize) {
        let n = self.order.len() as u32;
        let nodes = self.cycles.of(cycle);
        self.cuts.clear();
        for edge in nodes.chunks_exact(2) {
            self.cuts.push(cut_between(self.position[edge[0] as usize], self.position[edge[1] as usize], n));
        }
        self.cuts.sort_unstable();
        let closed = self.cuts.last() != Some(&(n - 1));
        if closed {
            self.cuts.push(n - 1);
        }
        self.segments.cut(&self.cuts);
        if closed {
            // The closing edge stays.
            self.segments.join(0, 2 * self.cuts.len() as u32 - 1);
        }
        let end = |node: u32, mate: u32| {
            let (p, q) = (self.position[node as usize], self.position[mate as usize]);
            let cut = cut_between(p, q, n);
            let left = self.cuts.partition_point(|&c| c < cut) as u32;
            if p == cut { 2 * left + 1 } else { 2 * ((left + 1) % self.cuts.len() as u32) }
        };
        for at in (0..nodes.len()).step_by(2) {
            let next = (at + 2) % nodes.len();
            self.segments.join(end(nodes[at + 1], nodes[at]), end(nodes[next], nodes[next + 1]));
        }
        self.segments.label();
    }

    /// The best exchange of an edge of the smallest sub-tour for an edge of another one at a neighbour.
    fn find_merge(&self) -> Option<Merge> {
        let smallest = self.segments.smallest();
        let mut best: Option<Merge> = None;
        for [low, high] in self.segments.ranges(smallest) {
            for p in low..=high {
                for &neighbour in self.graph.near(self.order[p as usize]) {
                    let q = self.position[neighbour.node as usize];
                    // Most neighbours are in the same segment, which needs no search for theirs.
                    let is_inside = (low..=high).contains(&q) || self.segments.tour_at(q) == smallest;
                    if !is_inside {
                        self.merges_between(p, q, &mut best);
                    }
                }
            }
        }
        best
    }

    /// The four exchanges that join the nodes at `p` and `q`.
    #[inline]
    fn merges_between(&self, p: u32, q: u32, best: &mut Option<Merge>) {
        const SIDES: [Side; 2] = [0, 1];
        let node = |position: u32| self.order[position as usize];
        let (a, b) = (node(p), node(q));
        let added = self.graph.distance(a, b);
        let next = |position: u32| SIDES.map(|side| node(self.segments.neighbour(position, side)));
        let (a_next, b_next) = (next(p), next(q));
        let a_length = a_next.map(|node| self.graph.distance(a, node));
        let b_length = b_next.map(|node| self.graph.distance(b, node));
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let delta = added + self.graph.distance(a_next[i], b_next[j]) - a_length[i] - b_length[j];
            if best.as_ref().is_none_or(|merge| delta < merge.delta)
                && !self.graph.is_fixed(a, a_next[i])
                && !self.graph.is_fixed(b, b_next[j])
            {
                *best = Some(Merge { delta, p: (p, SIDES[i]), q: (q, SIDES[j]) });
            }
        }
    }

    fn merge(&mut self, merge: &Merge) {
        let node = |position: u32| self.order[position as usize];
        let [(p, p_side), (q, q_side)] = [merge.p, merge.q];
        let (a, b) = (node(p), node(q));
        let a_next = node(self.segments.neighbour(p, p_side));
        let b_next = node(self.segments.neighbour(q, q_side));
        self.patch.remove(a, a_next, self.graph.distance(a, a_next));
        self.patch.remove(b, b_next, self.graph.distance(b, b_next));
        self.patch.add(a, b, self.graph.distance(a, b));
        self.patch.add(a_next, b_next, self.graph.distance(a_next, b_next));
        self.segments.merge(merge.p, merge.q);
    }
}

/// The cut between two adjacent positions of a cyclic order.
fn cut_between(p: u32, q: u32, n: u32) -> u32 {
    if p.abs_diff(q) == 1 { p.min(q) } else { n - 1 }
}
