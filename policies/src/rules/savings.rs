//! Sequential savings: one route at a time, grown at its end by the customer that saves most (Clarke and Wright, 1964;
//! sequential version).

use heuron_problems::Cvrp;

use super::unit;
use crate::policy::{Lanes, Policy};

/// Logit: the saving d(i, 0) + d(0, j) - d(i, j) of serving j right after i, in mean nearest-neighbour distances. A new
/// route begins at the customer farthest from the depot; the vehicle returns only when nobody fits any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Savings;

impl Policy<Cvrp> for Savings {
    /// Unit of length \[instances\].
    type Memory = Vec<f32>;

    fn encode(&self, batch: &[Cvrp]) -> Vec<f32> {
        batch.iter().map(|cvrp| unit(&cvrp.distances)).collect()
    }

    fn score(&self, units: &mut Vec<f32>, lanes: &Lanes<'_, Cvrp>, logits: &mut [f32]) {
        for ((instance, plan, mask), row) in lanes.iter().zip(logits.chunks_exact_mut(lanes.width)) {
            let distances = &lanes.batch[instance].distances;
            let from = plan.current() as usize;
            let way_back = distances.get(from, 0);
            for (to, (logit, _)) in row.iter_mut().zip(mask).enumerate().filter(|(_, (_, allowed))| **allowed) {
                // At the depot every saving is 0: a new route needs a preference of its own.
                let saving = way_back + distances.get(0, to) - if from == 0 { 0 } else { distances.get(from, to) };
                *logit = saving as f32 / units[instance];
            }
            row[0] = f32::NEG_INFINITY;
        }
    }
}
