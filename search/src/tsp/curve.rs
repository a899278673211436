//! The answer for the first milliseconds: a tour along a space-filling curve (Bartholdi and Platzman, 1982), about 25 %
//! longer than the shortest one.

use heuron_problems::{Tour, Tsp};

use crate::hilbert;
use crate::run::Run;
use crate::search::Search;

/// Offers the order of the nodes along a Hilbert curve, or as numbered where there are no points. O(n log n).
#[derive(Clone, Copy, Debug, Default)]
pub struct Curve;

impl Search<Tsp> for Curve {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        run.set_method("curve");
        let nodes = match tsp.distances.points() {
            Some(points) => hilbert::order(points),
            None => (0..tsp.len() as u32).collect(),
        };
        run.offer(&Tour { nodes });
    }
}
