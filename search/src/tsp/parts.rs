//! Parts of a large tour (tour segment partitioning; Helsgaun, 2009): paths of one tour that can be improved at the
//! same time, because each keeps its two ends and its nodes.

use super::graph::Graph;

/// A path of a tour.
pub(super) struct Part {
    path: Vec<u32>,
    /// The nodes of the path in ascending order: node i of the part's graph is `nodes[i]`.
    sorted: Vec<u32>,
}

impl Part {
    /// Whether parts of `graph` can be cut out: its distances come from points.
    pub(super) fn possible(graph: &Graph) -> bool {
        graph.distances().is_some_and(|distances| distances.metric().is_some())
    }

    /// Cuts `tour` into `count` paths of equal size (within one node).
    pub(super) fn cut(tour: &[u32], count: usize) -> Vec<Self> {
        let bound = |at: usize| tour.len() * at / count;
        let part = |at: usize| {
            let path = tour[bound(at)..bound(at + 1)].to_vec();
            let mut sorted = path.clone();
            sorted.sort_unstable();
            Self { path, sorted }
        };
        (0..count).map(part).collect()
    }

    /// The path from its first to its last node.
    pub(super) fn nodes(&self) -> &[u32] {
        &self.path
    }

    /// The part as an instance of its own, a cycle closed by a fixed edge, and its tour.
    pub(super) fn graph(&self, whole: &Graph) -> (Graph, Vec<u32>) {
        let mut index = vec![u32::MAX; whole.len()];
        self.sorted.iter().zip(0..).for_each(|(&node, at)| index[node as usize] = at);
        let tour: Vec<u32> = self.path.iter().map(|&node| index[node as usize]).collect();
        let ends = [tour[0], tour[tour.len() - 1]];
        (whole.restricted(&self.sorted, &index, ends), tour)
    }

    /// Takes over an improved cyclic order of the part's nodes, in which the two ends of the path are still neighbours.
    pub(super) fn put_back(&mut self, tour: &[u32]) {
        let (first, last) = (self.path[0], self.path[self.path.len() - 1]);
        self.path.clear();
        self.path.extend(tour.iter().map(|&node| self.sorted[node as usize]));
        if let Some(at) = self.path.iter().position(|&node| node == first) {
            self.path.rotate_left(at);
        }
        if self.path[self.path.len() - 1] != last {
            self.path[1..].reverse();
        }
        debug_assert_eq!(self.path[self.path.len() - 1], last);
    }
}
