//! The answer for the first milliseconds: a tour along a space-filling curve (Bartholdi and Platzman, 1982), about 25 %
//! longer than the shortest one, or to the nearest city each time where there are no points.

use heuron_problems::{Distances, Tour, Tsp};

use crate::hilbert;
use crate::run::{Run, Watch};
use crate::search::Search;

/// Offers the order of the nodes along a Hilbert curve, O(n log n), or of a walk to the nearest unvisited node where
/// there are no points, O(n^2).
#[derive(Clone, Copy, Debug, Default)]
pub struct Curve;

impl Search<Tsp> for Curve {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        run.set_method("curve");
        let nodes = match tsp.distances.points() {
            Some(points) => hilbert::order(points),
            None => nearest(&tsp.distances, &run.watch()),
        };
        run.offer(&Tour { nodes });
    }
}

/// From node 0 to the nearest unvisited node each time; in the order of their numbers once the watch says stop.
fn nearest(distances: &Distances, watch: &Watch) -> Vec<u32> {
    let mut nodes: Vec<u32> = (0..distances.len() as u32).collect();
    for at in 1..nodes.len() {
        if watch.is_late() {
            break;
        }
        let here = nodes[at - 1] as usize;
        let key = |&next: &usize| (distances.get(here, nodes[next] as usize), nodes[next]);
        if let Some(next) = (at..nodes.len()).min_by_key(key) {
            nodes.swap(at, next);
        }
    }
    nodes
}
