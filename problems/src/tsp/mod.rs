//! The travelling salesman problem, symmetric and asymmetric.

pub mod construct;
mod feasible;
mod format;
pub mod generate;

use crate::metric::Distances;
use crate::problem::{Cost, Problem, Violation};

pub use feasible::Infeasible;
pub use format::TYPES;

/// A TSP instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Tsp {
    /// Name as in the file.
    pub name: String,
    /// Comment as in the file; may be empty.
    pub comment: String,
    /// Distances between the nodes; may be asymmetric.
    pub distances: Distances,
    /// Edges that every tour must use (TSPLIB `FIXED_EDGES_SECTION`); symmetric instances only.
    pub fixed: Vec<[u32; 2]>,
    /// Points for pictures only, of an instance with explicit weights (TSPLIB `DISPLAY_DATA_SECTION`).
    pub display: Option<Vec<[f64; 2]>>,
    /// Costs divided by this are in the units of the coordinates: 1 for TSPLIB,
    /// [`UNIT_SCALE`](crate::metric::UNIT_SCALE) for unit-square sets.
    pub scale: f64,
}

/// A cyclic order of the nodes 0..n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tour {
    /// Nodes in the order of the visit `[n]`.
    pub nodes: Vec<u32>,
}

impl Tsp {
    /// An instance without fixed edges.
    pub fn new(name: impl Into<String>, distances: Distances) -> Self {
        Self { name: name.into(), comment: String::new(), distances, fixed: Vec::new(), display: None, scale: 1.0 }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.distances.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Points to draw, if there are any.
    pub fn drawing(&self) -> Option<&[[f64; 2]]> {
        self.distances.points().or(self.display.as_deref())
    }

    /// Sum of the distances along a cyclic order, which is not checked.
    pub fn length(&self, nodes: &[u32]) -> Cost {
        let Some(&last) = nodes.last() else { return 0 };
        let edge = |a: u32, b: u32| self.distances.get(a as usize, b as usize);
        edge(last, nodes[0]) + nodes.windows(2).map(|w| edge(w[0], w[1])).sum::<Cost>()
    }
}

impl Problem for Tsp {
    type Solution = Tour;

    const NAME: &'static str = "tsp";

    fn evaluate(&self, tour: &Tour) -> Result<Cost, Violation> {
        let n = self.len();
        let mut position = vec![usize::MAX; n];
        for (at, &node) in tour.nodes.iter().enumerate() {
            let node = node as usize;
            match position.get(node) {
                None => return Err(Violation::UnknownNode { node: node + 1 }),
                Some(&usize::MAX) => position[node] = at,
                Some(_) => return Err(Violation::Repeated { node: node + 1 }),
            }
        }
        if tour.nodes.len() != n {
            return Err(Violation::WrongLength { expected: n, found: tour.nodes.len() });
        }
        for &[a, b] in &self.fixed {
            let apart = position[a as usize].abs_diff(position[b as usize]);
            if apart != 1 && apart != n - 1 {
                return Err(Violation::FixedEdge { a: a as usize + 1, b: b as usize + 1 });
            }
        }
        Ok(self.length(&tour.nodes))
    }
}
