//! Nearest neighbour: go to the closest node that is left (Rosenkrantz, Stearns and Lewis, 1977, for the TSP).

use heuron_problems::{Cvrp, Distances, Tsp};

use super::unit;
use crate::policy::{Lanes, Policy};

/// Logit: minus the distance from the current node, in mean nearest-neighbour distances.
#[derive(Clone, Copy, Debug, Default)]
pub struct NearestNeighbour;

impl Policy<Tsp> for NearestNeighbour {
    /// Unit of length \[instances\].
    type Memory = Vec<f32>;

    fn encode(&self, batch: &[Tsp]) -> Vec<f32> {
        batch.iter().map(|tsp| unit(&tsp.distances)).collect()
    }

    fn score(&self, units: &mut Vec<f32>, lanes: &Lanes<'_, Tsp>, logits: &mut [f32]) {
        for ((instance, path, mask), row) in lanes.iter().zip(logits.chunks_exact_mut(lanes.width)) {
            match path.current() {
                Some(current) => closeness(&lanes.batch[instance].distances, current, units[instance], mask, row),
                None => row.fill(0.0),
            }
        }
    }
}

/// The vehicle returns to the depot only when nobody fits any more.
impl Policy<Cvrp> for NearestNeighbour {
    /// Unit of length \[instances\].
    type Memory = Vec<f32>;

    fn encode(&self, batch: &[Cvrp]) -> Vec<f32> {
        batch.iter().map(|cvrp| unit(&cvrp.distances)).collect()
    }

    fn score(&self, units: &mut Vec<f32>, lanes: &Lanes<'_, Cvrp>, logits: &mut [f32]) {
        for ((instance, plan, mask), row) in lanes.iter().zip(logits.chunks_exact_mut(lanes.width)) {
            closeness(&lanes.batch[instance].distances, plan.current(), units[instance], mask, row);
            row[0] = f32::NEG_INFINITY;
        }
    }
}

fn closeness(distances: &Distances, from: u32, unit: f32, mask: &[bool], row: &mut [f32]) {
    for (to, (logit, _)) in row.iter_mut().zip(mask).enumerate().filter(|(_, (_, allowed))| **allowed) {
        *logit = -(distances.get(from as usize, to) as f32) / unit;
    }
}
