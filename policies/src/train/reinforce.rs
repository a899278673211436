//! REINFORCE with a shared baseline: R. J. Williams, "Simple statistical gradient-following algorithms", 1992; the
//! baseline is the mean over the instance's trajectories, as in Y.-D. Kwon et al., "POMO: policy optimization with
//! multiple optima for reinforcement learning", NeurIPS 2020, section 4.2.
//!
//! Costs are taken relative to their mean, so that one learning rate serves all sizes, units and problems.

use crate::train::loss::{Group, Weighed};

/// The loss: the mean over trajectories of (cost / mean cost - 1) times log-probability.
pub fn weigh(group: &Group) -> Weighed {
    let count = group.len() as f64;
    // Costs below 2^53 are exact in f64; the order of the sum is fixed.
    let mean = group.costs.iter().map(|&cost| cost as f64).sum::<f64>() / count;
    let unit = mean.abs().max(f64::MIN_POSITIVE);
    let weight = |&cost: &i64| ((cost as f64 - mean) / unit / count) as f32;
    let weights: Vec<f32> = group.costs.iter().map(weight).collect();
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
        let weights = weigh(&group(&[8, 10, 12])).weights;
        assert!(weights[0] < 0.0 && weights[1] == 0.0 && weights[2] > 0.0);
        assert!(weights.iter().sum::<f32>().abs() < 1e-7);
    }

    #[test]
    fn unit_of_the_costs_does_not_matter_and_equal_costs_teach_nothing() {
        assert_eq!(weigh(&group(&[8, 10, 12])).weights, weigh(&group(&[8000, 10_000, 12_000])).weights);
        assert_eq!(weigh(&group(&[5, 5])).weights, [0.0; 2]);
        assert_eq!(weigh(&group(&[0, 0])).weights, [0.0; 2]);
    }

    #[test]
    fn profits_are_negative_costs() {
        let weights = weigh(&group(&[-30, -20])).weights;
        assert!(weights[0] < 0.0 && weights[1] > 0.0);
    }
}
