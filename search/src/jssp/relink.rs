//! Paths between two schedules.
//!
//! A path from a topological order to another one by exchanges of neighbours meets only topological orders: neighbours
//! that change places belong to different jobs, since both ends keep the order of every job. So each schedule on the
//! way is feasible, where exchanges on machine sequences alone (Peng, Lü and Cheng, 2015) need repair. A weighted mean
//! of the places in both orders is such a point on the way.

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::graph::Graph;

/// A schedule as a population keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its length.
    pub makespan: Cost,
    /// A topological order of the operations.
    pub order: Vec<u32>,
}

/// Scratch memory for paths.
#[derive(Clone, Debug)]
pub struct Path<'m> {
    graph: Graph<'m>,
    /// Places of the operations in the orders of both ends \[nodes\].
    places: [Vec<u32>; 2],
    keyed: Vec<(i64, u32)>,
}

/// Parts that the way from one end to the other is divided into.
pub const PARTS: u32 = 256;

impl<'m> Path<'m> {
    /// A path that begins and ends at `order`.
    pub fn new(graph: Graph<'m>) -> Self {
        let nodes = graph.nodes.len();
        Self { graph, places: [vec![0; nodes], vec![0; nodes]], keyed: Vec::new() }
    }

    /// Sets both ends; returns the number of operations whose machine predecessors differ.
    pub fn between(&mut self, a: &Member, b: &Member, rng: &mut Stream) -> usize {
        let mut before = Vec::with_capacity(self.graph.nodes.len());
        let mut differing = 0;
        for (end, member) in [a, b].into_iter().enumerate() {
            self.graph.load(&member.order);
            if end == 0 {
                before.extend(self.graph.nodes.iter().map(|node| node.before));
            } else {
                let same = self.graph.nodes.iter().zip(&before).filter(|(node, before)| node.before == **before);
                differing = before.len() - same.count();
            }
            self.rank(end, rng);
        }
        differing
    }

    /// Places of an end's operations by a random mean of their earliest and latest starts: one of the many topological
    /// orders of the same schedule.
    fn rank(&mut self, end: usize, rng: &mut Stream) {
        let share = rng.random_range(0..=8);
        let makespan = self.graph.makespan();
        self.keyed.clear();
        // Operations of length 0 can share all their times with others: the order at hand settles that.
        self.keyed.extend(self.graph.order().iter().map(|&node| {
            let times = self.graph.node(node);
            (share * (times.end - times.duration) + (8 - share) * (makespan - times.out), node)
        }));
        self.keyed.sort_by_key(|&(key, _)| key);
        for (place, &(_, node)) in (0..).zip(&self.keyed) {
            self.places[end][node as usize] = place;
        }
    }

    /// The order at `part` of [`PARTS`] of the way.
    pub fn at(&mut self, part: u32, order: &mut Vec<u32>) {
        self.keyed.clear();
        self.keyed.extend(self.graph.order().iter().map(|&node| {
            let [a, b] = [0, 1].map(|end| i64::from(self.places[end][node as usize]));
            (i64::from(PARTS - part) * a + i64::from(part) * b, node)
        }));
        self.keyed.sort_unstable();
        order.clear();
        order.extend(self.keyed.iter().map(|&(_, node)| node));
    }
}
