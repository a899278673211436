//! Tours with a proof of optimality, for small instances.
//!
//! Up to [`DYNAMIC`] nodes by dynamic programming over subsets (R. Bellman, J. ACM 9, 1962; M. Held and R. M. Karp, SIAM
//! J. 10, 1962), symmetric or not; beyond, for symmetric instances, by branch and bound on 1-trees (see
//! [`branch`]).

use heuron_problems::{Cost, Tour, Tsp};

use super::branch;
use crate::run::Run;
use crate::search::Search;

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
    let others = n - 1;
    // Bit j of a set stands for node j + 1. Shortest path from 0 through the set to each of its nodes, and the node
    // before that one [sets x others].
    let mut path = vec![(Cost::MAX, 0_u8); others << others];
    for set in 1..1_usize << others {
        for last in (0..others).filter(|&j| set >> j & 1 == 1) {
            let rest = set ^ (1 << last);
            let through = |before: usize| (path[rest * others + before].0 + length(before + 1, last + 1), before as u8);
            path[set * others + last] = match rest {
                0 => (length(0, last + 1), 0),
                _ => (0..others).filter(|&j| rest >> j & 1 == 1).map(through).min().unwrap_or((Cost::MAX, 0)),
            };
        }
    }
    let mut set = (1 << others) - 1;
    let closed = |last: usize| path[set * others + last].0 + length(last + 1, 0);
    let mut last = (0..others).min_by_key(|&last| closed(last)).unwrap_or(0);
    let mut nodes = Vec::with_capacity(n);
    while set != 0 {
        nodes.push(last as u32 + 1);
        let before = path[set * others + last].1;
        set ^= 1 << last;
        last = before.into();
    }
    nodes.push(0);
    nodes.reverse();
    Tour { nodes }
}
