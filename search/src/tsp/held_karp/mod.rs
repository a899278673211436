//! The Held-Karp lower bound (M. Held and R. M. Karp, "The traveling-salesman problem and minimum spanning trees",
//! Operations Research 18, 1970, and part II, Mathematical Programming 1, 1971).
//!
//! For any node penalties pi, the length of a minimum 1-tree under d(i, j) + pi(i) + pi(j), minus twice the sum of pi,
//! is a lower bound on every tour. The ascent looks for good penalties on a sparse graph, in O(n log n) per step; what
//! is reported is then a minimum 1-tree over all pairs. All sums are integers (distances times a scale), so the
//! reported bound holds exactly. Fixed edges are ignored, which can only lower the bound.

mod ascent;
mod boruvka;
mod one_tree;
mod prim;

use std::time::Duration;

use heuron_problems::{Cost, Distances, Metric, Near, Tsp};

use self::one_tree::{Edges, OneTree};
use super::assignment::Assignment;
use super::neighbours;
use crate::run::{Run, Watch};
use crate::search::Search;

/// Fractions of a unit of length that penalties can have: fine enough to lose less than 0.001 % to rounding.
const FINEST: Cost = 1 << 10;

/// Exact trees whose edges are added to the sparse graph for another ascent.
const ROUNDS: usize = 3;

/// Raises the run's lower bound. Its incumbent, if there is one, guides the ascent.
#[derive(Clone, Copy, Debug)]
pub struct HeldKarp {
    /// Part of the remaining time that the bound may take. Default 0.1.
    pub share: f64,
}

impl Default for HeldKarp {
    fn default() -> Self {
        Self { share: 0.1 }
    }
}

impl Search<Tsp> for HeldKarp {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        let watch = run.watch();
        let watch = match watch.remaining() {
            Some(left) => watch.within(left.mul_f64(self.share.clamp(0.0, 1.0))),
            None => watch,
        };
        let tour = run.best().map(|(cost, tour)| (*cost, tour.nodes.clone()));
        let bound = lower_bound(tsp, tour.as_ref().map(|(cost, nodes)| (*cost, nodes.as_slice())), &watch);
        if let Some(bound) = bound {
            run.raise_bound(bound);
        }
        run.proceed(0);
    }
}

/// The best lower bound that `watch` leaves time for; none if not even a simple one. `tour` is a good tour with its
/// length, if one is known.
pub fn lower_bound(tsp: &Tsp, tour: Option<(Cost, &[u32])>, watch: &Watch) -> Option<Cost> {
    if tsp.len() < 4 {
        return None;
    }
    if !tsp.distances.is_symmetric() {
        return Assignment::new(&tsp.distances, watch).map(|assignment| assignment.bound());
    }
    let near = neighbours::mixed(&tsp.distances, watch)?;
    let simple = two_nearest(&tsp.distances, &near);
    let better = if watch.is_late() { None } else { penalised(tsp, &near, tour, watch) };
    better.max(Some(simple))
}

/// The bound of penalties from ascents on a sparse graph, to which the edges of each exact tree are added.
fn penalised(tsp: &Tsp, near: &Near, tour: Option<(Cost, &[u32])>, watch: &Watch) -> Option<Cost> {
    let distances = &tsp.distances;
    let n = tsp.len();
    let scale = scale(distances)?;
    let mut edges = Edges::new(distances, scale, near, tour.map(|(_, nodes)| nodes));
    let upper = tour.map(|(cost, _)| cost);
    let mut best: Option<Cost> = None;
    let mut pi = vec![0; n];
    for round in 0..ROUNDS {
        // The exact tree of a large instance takes about as long as some steps of the ascent.
        let half = watch.remaining().map_or_else(|| watch.clone(), |left| watch.within(share_of(left, round)));
        let found = ascent::ascend(&edges, &mut pi, round, upper.map(|cost| cost * scale), &half);
        let Some(tree) = exact_tree(distances, scale, &pi, near, watch) else { break };
        let bound = tree.bound(&pi).div_euclid(scale) + Cost::from(tree.bound(&pi).rem_euclid(scale) > 0);
        best = best.max(Some(bound));
        if tree.weight() >= found || upper.is_some_and(|upper| bound >= upper) || watch.is_late() {
            break;
        }
        edges.add(distances, scale, tree.edges());
    }
    best
}

/// Time of one ascent out of what is left.
fn share_of(left: Duration, round: usize) -> Duration {
    left.mul_f64(if round == 0 { 0.6 } else { 0.4 })
}

/// The finest scale for which no sum overflows; none if there is none, or if all distances are 0.
fn scale(distances: &Distances) -> Option<Cost> {
    let largest = distances.max().max(1);
    // Penalties stay within a few times the largest distance.
    let room = (1 << 58) / largest / distances.len() as Cost;
    (room >= 1).then(|| room.min(FINEST))
}

/// A minimum 1-tree of the complete graph; none if the watch says stop before.
fn exact_tree(distances: &Distances, scale: Cost, pi: &[Cost], near: &Near, watch: &Watch) -> Option<OneTree> {
    let tree = match (distances.metric(), distances.points()) {
        (Some(metric), Some(points)) if metric != Metric::Geo => {
            boruvka::spanning_tree(metric, points, scale, pi, near, watch)
        }
        _ => prim::spanning_tree(distances, scale, pi, watch),
    }?;
    Some(prim::with_leaf(distances, scale, pi, tree))
}

/// Half the sum of the two smallest distances at every node, rounded up: what there is time for in any case.
fn two_nearest(distances: &Distances, near: &Near) -> Cost {
    let two =
        |node: usize| -> Cost { near.of(node).iter().take(2).map(|&other| distances.get(node, other as usize)).sum() };
    ((0..near.len()).map(two).sum::<Cost>() + 1).div_euclid(2)
}

/// Reduced length of an edge.
#[inline(always)]
fn reduced(distances: &Distances, scale: Cost, pi: &[Cost], i: usize, j: usize) -> Cost {
    distances.get(i, j) * scale + pi[i] + pi[j]
}

#[cfg(test)]
mod tests;
