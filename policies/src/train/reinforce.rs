//! REINFORCE with a shared baseline: R. J. Williams, "Simple statistical gradient-following algorithms", 1992; the
//! baseline is the mean over the instance's trajectories, as in Y.-D. Kwon et al., "POMO: policy optimization with
//! multiple optima for reinforcement learning", NeurIPS 2020, section 4.2.
//!
//! Or a baseline per trajectory: the greedy rollout of a frozen policy from the same opening (W. Kool, H. van Hoof and
//! M. Welling, "Attention, learn to solve routing problems!", ICLR 2019).
//!
//! Costs are taken relative to the mean of the baseline, so that one learning rate serves all sizes, units and
//! problems.

use heuron_problems::config::{at_least, require};
use heuron_problems::{ConfigError, Cost};
use serde::{Deserialize, Serialize};

use crate::train::loss::{Group, Weighed};

/// Settings of REINFORCE.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reinforce {
    /// What a trajectory's cost is compared with. Default: mean.
    pub baseline: Baseline,
    /// With `rollout`: steps between two challenges of the frozen policy. Default: 100 (Kool et al.: an epoch of 2 500
    /// steps, of trainings a hundred times as long).
    pub every: u64,
    /// With `rollout`: instances of a challenge, each from one opening. Default: 1 000 (Kool et al.: 10 000).
    pub instances: usize,
}

/// What a trajectory's cost is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// The mean over the instance's trajectories (POMO).
    #[default]
    Mean,
    /// A greedy rollout of the best policy so far (Kool et al., 2019). It serves one trajectory per instance as well.
    Rollout,
}

impl Default for Reinforce {
    fn default() -> Self {
        Self { baseline: Baseline::default(), every: 100, instances: 1000 }
    }
}

impl Reinforce {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(1, "reinforce.every", self.every)?;
        let instances = self.instances;
        require((2..=100_000).contains(&instances), "reinforce.instances", "a number from 2 to 100000", instances)
    }
}

/// The loss: the mean over trajectories of (cost - baseline) / mean baseline times log-probability. The baselines are
/// those of the trajectories, or the mean cost where there are none.
pub fn weigh(group: &Group, baselines: Option<&[Cost]>) -> Weighed {
    let count = group.len() as f64;
    // Costs below 2^53 are exact in f64; the order of the sum is fixed.
    let mean = |costs: &[Cost]| costs.iter().map(|&cost| cost as f64).sum::<f64>() / count;
    let mean = mean(baselines.unwrap_or(&group.costs));
    let unit = mean.abs().max(f64::MIN_POSITIVE);
    let weight = |(i, &cost): (usize, &Cost)| {
        let baseline = baselines.map_or(mean, |baselines| baselines[i] as f64);
        ((cost as f64 - baseline) / unit / count) as f32
    };
    let weights: Vec<f32> = group.costs.iter().enumerate().map(weight).collect();
    let loss = weights.iter().zip(&group.log_probs).map(|(&w, &l)| f64::from(w) * f64::from(l)).sum();
    Weighed { loss, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(costs: &[i64]) -> Group {
        Group { costs: costs.to_vec(), log_probs: vec![-1.0; costs.len()], choices: vec![3; costs.len()] }
    }

    #[test]
    fn better_than_the_mean_is_encouraged_and_worse_is_not() {
        let weights = weigh(&group(&[8, 10, 12]), None).weights;
        assert!(weights[0] < 0.0 && weights[1] == 0.0 && weights[2] > 0.0);
        assert!(weights.iter().sum::<f32>().abs() < 1e-7);
    }

    #[test]
    fn unit_of_the_costs_does_not_matter_and_equal_costs_teach_nothing() {
        assert_eq!(weigh(&group(&[8, 10, 12]), None).weights, weigh(&group(&[8000, 10_000, 12_000]), None).weights);
        assert_eq!(weigh(&group(&[5, 5]), None).weights, [0.0; 2]);
        assert_eq!(weigh(&group(&[0, 0]), None).weights, [0.0; 2]);
    }

    #[test]
    fn baselines_of_their_own_serve_a_single_trajectory() {
        assert!(weigh(&group(&[8]), Some(&[10])).weights[0] < 0.0);
        assert!(weigh(&group(&[12]), Some(&[10])).weights[0] > 0.0);
        let weights = weigh(&group(&[8, 10]), Some(&[10, 10])).weights;
        assert_eq!((weights[0], weights[1]), (-0.1, 0.0));
    }

    #[test]
    fn profits_are_negative_costs() {
        let weights = weigh(&group(&[-30, -20]), None).weights;
        assert!(weights[0] < 0.0 && weights[1] > 0.0);
    }
}
