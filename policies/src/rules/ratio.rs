//! Greedy packing by profit per weight (G. B. Dantzig, "Discrete-variable extremum problems", Operations Research 5,
//! 1957).

use heuron_problems::Knapsack;

use crate::policy::{Lanes, Policy};

/// Logit: the logarithm of profit per weight, so that one sampling temperature suits every instance. Items without
/// profit come last, items without weight first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ratio;

impl Policy<Knapsack> for Ratio {
    /// The logits, which never change \[instances x width\].
    type Memory = Vec<f32>;

    fn encode(&self, batch: &[Knapsack]) -> Vec<f32> {
        let items = batch.iter().flat_map(|knapsack| &knapsack.items);
        items.map(|item| (item.profit as f64 / item.weight as f64).ln().clamp(-100.0, 100.0) as f32).collect()
    }

    fn score(&self, ratios: &mut Vec<f32>, lanes: &Lanes<'_, Knapsack>, logits: &mut [f32]) {
        let rows = logits.chunks_exact_mut(lanes.width);
        for (&instance, row) in lanes.instances.iter().zip(rows) {
            row.copy_from_slice(&ratios[instance * lanes.width..(instance + 1) * lanes.width]);
        }
    }
}
