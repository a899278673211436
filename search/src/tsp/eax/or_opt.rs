//! The light local search behind the first population: 2-opt and Or-opt moves (Or, 1976; Bentley, 1992) on neighbour
//! lists, and kicks between them.
//!
//! A population wants many tours of middling quality rather than a few good ones: these moves reach that in a fraction
//! of the time of the Lin-Kernighan steps of [`Ils`](crate::tsp::Ils).

use heuron_problems::{Cost, Stream};
use rand::Rng;

use crate::run::Watch;
use crate::tsp::Graph;

/// Longest segment that an Or-opt move carries.
const CARRIED: usize = 3;

/// Longest of the two adjacent segments that a kick swaps.
const KICKED: u32 = 30;

/// Kicks between two looks at the clock.
const POLL: u64 = 64;

/// A tour as an array, improved in place.
pub struct OrOpt<'g> {
    graph: &'g Graph,
    order: Vec<u32>,
    /// Position of every node \[n\].
    position: Vec<u32>,
    cost: Cost,
    /// Nodes whose moves are to be tried, each at most once.
    queue: Vec<u32>,
    is_queued: Vec<bool>,
    /// Positions written since the last kick, with the nodes that were there.
    journal: Vec<(u32, u32)>,
}

impl<'g> OrOpt<'g> {
    /// A search from `order`.
    pub fn new(graph: &'g Graph, order: Vec<u32>) -> Self {
        let n = order.len();
        let mut position = vec![0; n];
        order.iter().enumerate().for_each(|(at, &node)| position[node as usize] = at as u32);
        let cost = graph.length(&order);
        let queue = order.iter().rev().copied().collect();
        Self { graph, order, position, cost, queue, is_queued: vec![true; n], journal: Vec::new() }
    }

    /// Length of the tour.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The nodes in the order of the visit.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Descends to a local optimum, then kicks up to `kicks` times, keeping what is not longer; returns the kicks done
    /// before the watch said stop.
    pub fn run(&mut self, kicks: u64, watch: &Watch, rng: &mut Stream) -> u64 {
        self.descend(|cost| watch.is_over(cost));
        for done in 0..kicks {
            if done % POLL == 0 && watch.is_over(self.cost) {
                return done;
            }
            self.journal.clear();
            let before = self.cost;
            self.kick(rng);
            self.descend(|_| false);
            if self.cost > before {
                self.undo();
                self.cost = before;
            }
        }
        debug_assert_eq!(self.cost, self.graph.length(&self.order), "deltas add up");
        kicks
    }

    fn descend(&mut self, stop: impl Fn(Cost) -> bool) {
        let mut steps = 0_u32;
        while let Some(node) = self.queue.pop() {
            self.is_queued[node as usize] = false;
            while self.improve(node) {}
            steps += 1;
            if steps.is_multiple_of(256) && stop(self.cost) {
                return;
            }
        }
    }

    /// Carries out the first improving move that removes an edge at `a`.
    fn improve(&mut self, a: u32) -> bool {
        [true, false].into_iter().any(|forward| {
            let b = self.next(a, forward);
            let length = self.graph.distance(a, b);
            !self.graph.is_fixed(a, b) && (self.two_opt(a, b, length, forward) || self.or_opt(a, b, length, forward))
        })
    }

    /// Replaces (a, b) and the edge (c, d) in the same direction by (a, c) and (b, d).
    fn two_opt(&mut self, a: u32, b: u32, length: Cost, forward: bool) -> bool {
        let graph = self.graph;
        for &near in graph.near(a) {
            let c = near.node;
            let won = length - graph.to_near(a, near);
            if won <= 0 {
                return false;
            }
            let d = self.next(c, forward);
            let room = won + graph.distance(c, d);
            if let Some(added) = graph.distance_below(b, d, room)
                && !graph.is_fixed(c, d)
            {
                self.cost -= room - added;
                if forward {
                    self.reverse(b, c)
                } else {
                    self.reverse(a, d)
                }
                self.enqueue(&[a, b, c, d]);
                return true;
            }
        }
        false
    }

    /// Takes up to three nodes a .. e, whose edge to `b` is in direction `forward`, and puts them beside a neighbour c
    /// of a, between c and either node g next to it.
    fn or_opt(&mut self, a: u32, b: u32, length: Cost, forward: bool) -> bool {
        let graph = self.graph;
        let mut segment = [a; CARRIED];
        for size in 1..=CARRIED.min(self.order.len() - 3) {
            if size > 1 {
                segment[size - 1] = self.next(segment[size - 2], !forward);
            }
            let e = segment[size - 1];
            let f = self.next(e, !forward);
            if graph.is_fixed(e, f) {
                continue;
            }
            let freed = length + graph.distance(e, f) - graph.distance(b, f);
            for &near in graph.near(a) {
                let c = near.node;
                let to_near = graph.to_near(a, near);
                if to_near >= length || to_near >= freed {
                    break;
                }
                if segment[..size].contains(&c) {
                    continue;
                }
                for after in [true, false] {
                    let g = self.next(c, after);
                    let room = freed - to_near + graph.distance(c, g);
                    if let Some(added) = graph.distance_below(e, g, room)
                        && !segment[..size].contains(&g)
                        && !graph.is_fixed(c, g)
                    {
                        self.cost -= room - added;
                        // Whether the segment keeps its direction: a's outer side is `forward`, c's inner side `after`.
                        self.carry(segment, size, forward, if after { c } else { g }, after != forward);
                        self.enqueue(&[a, b, c, e, f, g]);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Moves a segment of `size` nodes, given from its end in direction `forward`, behind `left`; turned round unless
    /// `keep`.
    fn carry(&mut self, segment: [u32; CARRIED], size: usize, forward: bool, left: u32, keep: bool) {
        let n = self.order.len() as u32;
        let mut nodes = segment;
        // In tour order.
        if forward {
            nodes[..size].reverse();
        }
        let size = size as u32;
        let first = self.position[nodes[0] as usize];
        let last = self.position[nodes[size as usize - 1] as usize];
        let to = self.position[left as usize];
        // Nodes between the segment and its new place, going up, and going down.
        let up = self.span(last, to);
        let mut at = if 2 * up <= n {
            for step in 0..up {
                let from = self.shift(last, step + 1);
                self.write(self.shift(first, step), self.order[from as usize]);
            }
            self.shift(first, up)
        } else {
            let down = n - size - up;
            for step in 0..down {
                let from = self.shift(first, n - step - 1);
                self.write(self.shift(last, n - step), self.order[from as usize]);
            }
            self.shift(first, n - down)
        };
        if !keep {
            nodes[..size as usize].reverse();
        }
        for &node in &nodes[..size as usize] {
            self.write(at, node);
            at = self.shift(at, 1);
        }
    }

    /// Swaps two adjacent short segments: a double bridge.
    fn kick(&mut self, rng: &mut Stream) {
        let n = self.order.len() as u32;
        let longest = KICKED.min((n - 2) / 2).max(1);
        let start = rng.random_range(0..n);
        let [first, second] = [(); 2].map(|()| rng.random_range(1..=longest));
        let at = |by: u32| self.order[self.shift(start, by) as usize];
        let [a, b, c, d, e, f] = [0, 1, first, first + 1, first + second, first + second + 1].map(at);
        let graph = self.graph;
        if graph.is_fixed(a, b) || graph.is_fixed(c, d) || graph.is_fixed(e, f) {
            return;
        }
        self.cost += graph.distance(a, d) + graph.distance(e, b) + graph.distance(c, f);
        self.cost -= graph.distance(a, b) + graph.distance(c, d) + graph.distance(e, f);
        let mut moved = [0; KICKED as usize];
        for by in 0..first {
            moved[by as usize] = self.order[self.shift(start, 1 + by) as usize];
        }
        for by in 0..second {
            self.write(self.shift(start, 1 + by), self.order[self.shift(start, 1 + first + by) as usize]);
        }
        for by in 0..first {
            self.write(self.shift(start, 1 + second + by), moved[by as usize]);
        }
        self.enqueue(&[a, b, c, d, e, f]);
    }

    /// Turns round the path from `from` up to `to`, or all the rest where that is shorter.
    fn reverse(&mut self, from: u32, to: u32) {
        let n = self.order.len() as u32;
        let (mut i, mut j) = (self.position[from as usize], self.position[to as usize]);
        let mut length = self.span(i, j) + 1;
        if 2 * length > n {
            (i, j) = (self.shift(j, 1), self.shift(i, n - 1));
            length = n - length;
        }
        for _ in 0..length / 2 {
            let (left, right) = (self.order[i as usize], self.order[j as usize]);
            self.write(i, right);
            self.write(j, left);
            i = self.shift(i, 1);
            j = self.shift(j, n - 1);
        }
    }

    fn undo(&mut self) {
        while let Some((at, node)) = self.journal.pop() {
            self.order[at as usize] = node;
            self.position[node as usize] = at;
        }
    }

    #[inline(always)]
    fn write(&mut self, at: u32, node: u32) {
        self.journal.push((at, self.order[at as usize]));
        self.order[at as usize] = node;
        self.position[node as usize] = at;
    }

    fn enqueue(&mut self, nodes: &[u32]) {
        for &node in nodes {
            if !std::mem::replace(&mut self.is_queued[node as usize], true) {
                self.queue.push(node);
            }
        }
    }

    /// The node after or before `node`.
    #[inline(always)]
    fn next(&self, node: u32, forward: bool) -> u32 {
        let n = self.order.len() as u32;
        self.order[self.shift(self.position[node as usize], if forward { 1 } else { n - 1 }) as usize]
    }

    /// Position `at + by`, for `by` up to n.
    #[inline(always)]
    fn shift(&self, at: u32, by: u32) -> u32 {
        let n = self.order.len() as u32;
        if at + by >= n { at + by - n } else { at + by }
    }

    /// Steps up from position `from` to position `to`.
    #[inline(always)]
    fn span(&self, from: u32, to: u32) -> u32 {
        if to >= from { to - from } else { to + self.order.len() as u32 - from }
    }
}
