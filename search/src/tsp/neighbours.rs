//! Neighbour lists for edge exchanges: the nearest nodes, mixed with the nearest of every quadrant.
//!
//! Where points are clustered the nearest nodes all lie in one cluster, and no exchange could join two clusters.
//! Quadrant neighbours (Johnson and McGeoch, 1997, section 3.3) keep the lists connected.

use heuron_problems::{Distances, Near};

use crate::run::Watch;

/// Nearest nodes in a list.
const NEAREST: usize = 8;

/// Nearest nodes per quadrant in a list.
const PER_QUADRANT: usize = 1;

/// Among so many nearest nodes the quadrant neighbours are looked for.
const POOL: usize = 24;

/// Length of the lists of asymmetric instances.
pub(super) const DIRECTED: usize = 10;

/// The lists of symmetric distances; none if the watch says stop before they are made.
pub(super) fn mixed(distances: &Distances, watch: &Watch) -> Option<Near> {
    let nearest = |count: usize| Near::nearest_unless(distances, count, |_| true, || watch.is_late());
    let Some(points) = distances.points() else { return nearest(NEAREST + 4 * PER_QUADRANT) };
    let pool = nearest(POOL)?;
    let lists: Vec<Vec<u32>> = (0..distances.len())
        .map(|node| {
            let mut counts = [0; 4];
            let mut rank = 0;
            let keep = |&&other: &&u32| {
                let (p, q) = (points[node], points[other as usize]);
                let quadrant = usize::from(q[0] > p[0] || (q[0] == p[0] && q[1] > p[1]))
                    + 2 * usize::from(q[1] > p[1] || (q[1] == p[1] && q[0] < p[0]));
                counts[quadrant] += 1;
                rank += 1;
                rank <= NEAREST || counts[quadrant] <= PER_QUADRANT
            };
            pool.of(node).iter().filter(keep).copied().collect()
        })
        .collect();
    Some(Near::from_lists(&lists))
}
