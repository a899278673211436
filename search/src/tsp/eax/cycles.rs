//! AB-cycles: the difference of two tours, decomposed into closed walks that alternate between edges of tour A and
//! edges of tour B (Nagata & Kobayashi 2013, section 2.2).

use heuron_problems::Stream;
use rand::Rng;

use super::individual::Individual;

/// No place on the walk.
const NOWHERE: u32 = u32::MAX;

/// The AB-cycles of one pair of parents, and the scratch space to find them in O(n) per pair.
pub struct Cycles {
    /// Nodes of all cycles, one after the other. In each, the edges 0-1, 2-3, .. are A's and 1-2, 3-4, .., last-0 B's.
    nodes: Vec<u32>,
    /// Cycle c is `nodes[start[c]..start[c + 1]]`.
    start: Vec<u32>,
    /// Edges not yet on a cycle, of A (0) and of B (1): up to two ends per node \[n\].
    left: [Vec<Ends>; 2],
    /// Place on the walk of a node that was reached by an edge of A (1) or of B (0) \[n\].
    place: [Vec<u32>; 2],
    walk: Vec<u32>,
    /// Nodes with edges that only one parent has.
    different: Vec<u32>,
}

/// Up to two neighbours.
#[derive(Clone, Copy, Default)]
struct Ends {
    node: [u32; 2],
    count: u8,
}

impl Ends {
    fn push(&mut self, node: u32) {
        self.node[usize::from(self.count)] = node;
        self.count += 1;
    }

    fn remove(&mut self, node: u32) {
        if self.node[0] == node {
            self.node[0] = self.node[1];
        }
        self.count -= 1;
    }
}

impl Cycles {
    /// Scratch space for tours of `n` nodes.
    pub fn new(n: usize) -> Self {
        Self {
            nodes: Vec::new(),
            start: vec![0],
            left: [vec![Ends::default(); n], vec![Ends::default(); n]],
            place: [vec![NOWHERE; n], vec![NOWHERE; n]],
            walk: Vec::new(),
            different: Vec::new(),
        }
    }

    /// Number of cycles.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// The nodes of cycle `index`; see [`Cycles::nodes`] for their order.
    pub fn of(&self, index: usize) -> &[u32] {
        &self.nodes[self.start[index] as usize..self.start[index + 1] as usize]
    }

    /// Decomposes the difference of `a` and `b` at random.
    pub fn find(&mut self, a: &Individual, b: &Individual, rng: &mut Stream) {
        self.nodes.clear();
        self.start.truncate(1);
        self.collect(a, b);
        let count = self.different.len();
        let first = if count == 0 { 0 } else { rng.random_range(0..count) };
        for at in (first..count).chain(0..first) {
            while self.left[0][self.different[at] as usize].count > 0 {
                self.walk_from(self.different[at], rng);
            }
        }
    }

    /// Enters the edges that only one of the parents has.
    fn collect(&mut self, a: &Individual, b: &Individual) {
        self.different.clear();
        for (node, (mine, other)) in a.links().iter().zip(b.links()).enumerate() {
            if mine == other || (mine[0] == other[1] && mine[1] == other[0]) {
                continue;
            }
            self.different.push(node as u32);
            for (side, links, others) in [(0, mine, other), (1, other, mine)] {
                let ends = &mut self.left[side][node];
                ends.count = 0;
                links.iter().filter(|end| !others.contains(end)).for_each(|&end| ends.push(end));
            }
        }
    }

    /// Walks along alternating random edges from `node` until the walk has shrunk to nothing; every part of it that
    /// closes, with an even number of edges, is a cycle.
    fn walk_from(&mut self, node: u32, rng: &mut Stream) {
        self.walk.clear();
        self.walk.push(node);
        self.place[0][node as usize] = 0;
        loop {
            let side = (self.walk.len() - 1) % 2;
            let from = self.walk[self.walk.len() - 1];
            let ends = self.left[side][from as usize];
            let to = if ends.count == 2 { ends.node[(rng.random::<u32>() >> 31) as usize] } else { ends.node[0] };
            self.left[side][from as usize].remove(to);
            self.left[side][to as usize].remove(from);
            let parity = 1 - side;
            let place = self.place[parity][to as usize];
            if place == NOWHERE {
                self.place[parity][to as usize] = self.walk.len() as u32;
                self.walk.push(to);
                continue;
            }
            self.close(place as usize);
            if place == 0 && self.left[0][to as usize].count == 0 {
                self.place[0][to as usize] = NOWHERE;
                return;
            }
        }
    }

    /// Cuts the walk behind `place` and stores that part, rotated so that it begins with an edge of A.
    fn close(&mut self, place: usize) {
        for at in place + 1..self.walk.len() {
            self.place[at % 2][self.walk[at] as usize] = NOWHERE;
        }
        if place.is_multiple_of(2) {
            self.nodes.extend_from_slice(&self.walk[place..]);
        } else {
            self.nodes.extend_from_slice(&self.walk[place + 1..]);
            self.nodes.push(self.walk[place]);
        }
        self.start.push(self.nodes.len() as u32);
        self.walk.truncate(place + 1);
    }
}
