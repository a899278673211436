//! A tour of the population: its neighbours per node, so that an offspring is a handful of exchanged edges.

use heuron_problems::Cost;

use super::patch::Patch;

/// A tour as a doubly linked list without direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Individual {
    /// The two neighbours of every node \[n\].
    links: Vec<[u32; 2]>,
    cost: Cost,
}

impl Individual {
    /// The tour that visits the nodes in this order and costs `cost`.
    pub fn new(order: &[u32], cost: Cost) -> Self {
        let n = order.len();
        let mut links = vec![[0; 2]; n];
        for at in 0..n {
            links[order[at] as usize] = [order[(at + n - 1) % n], order[(at + 1) % n]];
        }
        Self { links, cost }
    }

    /// The two neighbours of every node \[n\].
    pub fn links(&self) -> &[[u32; 2]] {
        &self.links
    }

    /// Length of the tour.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Writes the nodes in the order of the visit, from node 0, and their positions.
    pub fn unroll(&self, order: &mut [u32], position: &mut [u32]) {
        let (mut last, mut node) = (self.links[0][0], 0);
        for (at, slot) in order.iter_mut().enumerate() {
            *slot = node;
            position[node as usize] = at as u32;
            let [a, b] = self.links[node as usize];
            let next = if a == last { b } else { a };
            (last, node) = (node, next);
        }
    }

    /// Exchanges the edges of `patch`.
    pub fn apply(&mut self, patch: &Patch) {
        // A removed end leaves a free slot, which the added edge at that node then takes: as many are added per node
        // as removed.
        for &[a, b] in patch.removed() {
            self.replace(a, b, FREE);
            self.replace(b, a, FREE);
        }
        for &[a, b] in patch.added() {
            self.replace(a, FREE, b);
            self.replace(b, FREE, a);
        }
        self.cost += patch.delta();
    }

    fn replace(&mut self, node: u32, old: u32, new: u32) {
        let ends = &mut self.links[node as usize];
        let slot = usize::from(ends[0] != old);
        debug_assert_eq!(ends[slot], old, "node {node} has the end that is replaced");
        ends[slot] = new;
    }
}

/// A missing neighbour, while a patch is applied.
const FREE: u32 = u32::MAX;
