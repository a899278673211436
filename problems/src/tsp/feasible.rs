//! Why a TSP instance can have no tour: fixed edges that no tour contains together.

use thiserror::Error;

use super::Tsp;
use crate::disjoint::DisjointSets;

/// A reason why no tour can exist. Nodes are numbered as in the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Infeasible {
    /// There is nothing to visit.
    #[error("there are no nodes")]
    Empty,
    /// A fixed edge of a node that does not exist, or from a node to itself.
    #[error("the fixed edge {a}-{b} is not between two of the {nodes} nodes")]
    NoEdge {
        /// One end.
        a: usize,
        /// The other end.
        b: usize,
        /// Nodes of the instance.
        nodes: usize,
    },
    /// A tour has two edges at each node.
    #[error("node {node} has more than two fixed edges")]
    Degree {
        /// From 1.
        node: usize,
    },
    /// Fixed edges form a cycle that leaves nodes out.
    #[error("the fixed edge {a}-{b} closes a cycle that leaves nodes out")]
    SubTour {
        /// One end.
        a: usize,
        /// The other end.
        b: usize,
    },
}

impl Tsp {
    /// The first reason found why no tour can exist; none if every fixed edge can be in one tour.
    ///
    /// O(nodes + fixed edges), nearly. An edge that is fixed twice counts once.
    pub fn infeasibility(&self) -> Option<Infeasible> {
        let nodes = self.len();
        if nodes == 0 {
            return Some(Infeasible::Empty);
        }
        let mut fixed: Vec<[u32; 2]> = self.fixed.iter().map(|&[a, b]| [a.min(b), a.max(b)]).collect();
        fixed.sort_unstable();
        fixed.dedup();
        let mut degree = vec![0; nodes];
        let mut paths = DisjointSets::new(nodes);
        let mut joined = 0;
        for &[a, b] in &fixed {
            let names = (a as usize + 1, b as usize + 1);
            if a == b || b as usize >= nodes {
                return Some(Infeasible::NoEdge { a: names.0, b: names.1, nodes });
            }
            for end in [a, b] {
                degree[end as usize] += 1;
                if degree[end as usize] > 2 {
                    return Some(Infeasible::Degree { node: end as usize + 1 });
                }
            }
            if paths.unite(a, b) {
                joined += 1;
            } else if joined != nodes - 1 {
                return Some(Infeasible::SubTour { a: names.0, b: names.1 });
            }
        }
        None
    }
}
