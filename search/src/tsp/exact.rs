//! Tours with a proof of optimality, for small instances.
//!
//! Up to [`DYNAMIC`] nodes by dynamic programming over subsets, symmetric or not; beyond, for symmetric instances, by
//! branch and bound on 1-trees (see [`branch`]).

use heuron_problems::{Cost, Tour, Tsp};

use super::branch;
use crate::run::Run;
use crate::search::Search;
use crate::subsets::Paths;

/// Most nodes for dynamic programming: 2^11 subsets x 12 ends, some milliseconds.
pub const DYNAMIC: usize = 12;

/// Solves small instances to proven optimality. Branch and bound starts from the run's incumbent and gives up when its
/// share of the time is over.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    /// Most nodes for branch and bound. Default 120, from where it seldom ends in time.
    pub most_nodes: usize,
    /// Part of the remaining time that branch and bound may take. Default 0.2.
    pub share: f64,
}

impl Default for Exact {
    fn default() -> Self {
        Self { most_nodes: 120, share: 0.2 }
    }
}

impl Search<Tsp> for Exact {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        run.set_method("exact");
        if tsp.len() <= DYNAMIC {
            run.offer(&dynamic(tsp));
            run.prove();
        } else if tsp.len() <= self.most_nodes && tsp.distances.is_symmetric() {
            let Some((cost, tour)) = run.best().cloned() else { return };
            let watch = run.watch();
            let watch = match watch.remaining() {
                Some(left) => watch.within(left.mul_f64(self.share.clamp(0.0, 1.0))),
                None => watch,
            };
            let outcome = branch::solve(tsp, cost, &tour, &watch);
            run.offer(&outcome.tour);
            if outcome.proven {
                run.prove();
            }
        }
        run.proceed(0);
    }
}

/// The shortest tour, by dynamic programming over (set of visited nodes, last node), from node 0. O(2^n n^2).
///
/// # Panics
/// If there are more than [`DYNAMIC`] nodes.
pub fn dynamic(tsp: &Tsp) -> Tour {
    let n = tsp.len();
    assert!(n <= DYNAMIC, "dynamic programming on {n} nodes, at most {DYNAMIC} are allowed");
    if n < 2 {
        return Tour { nodes: (0..n as u32).collect() };
    }
    // Edges that must be used get a bonus that no other edge can outweigh.
    let bonus = tsp.distances.max().saturating_add(1) * n as Cost;
    let is_fixed = |i: usize, j: usize| {
        tsp.fixed.iter().any(|edge| edge.contains(&(i as u32)) && edge.contains(&(j as u32)) && i != j)
    };
    let length = |i: usize, j: usize| tsp.distances.get(i, j) - if is_fixed(i, j) { bonus } else { 0 };
    let paths = Paths::new(n - 1, length);
    let whole = (1 << (n - 1)) - 1;
    let last = paths.closed(whole, |node| length(node, 0)).map_or(0, |(_, last)| last);
    let nodes = [0].into_iter().chain(paths.nodes(whole, last)).collect();
    Tour { nodes }
}
