//! The greedy rollout of a frozen policy as baseline of REINFORCE: W. Kool, H. van Hoof and M. Welling, "Attention,
//! learn to solve routing problems!", ICLR 2019, section 4 and algorithm 1; the baseline that RLOR compares with.
//!
//! The frozen policy is the best so far. From time to time the policy in training challenges it on fresh instances,
//! both greedy, and takes its place if it is significantly better.

use std::collections::BTreeMap;

use heuron_problems::Cost;

use crate::model::Model;
use crate::native::Misfit;
use crate::rollout::Decode;
use crate::train::collect::{Buffers, instance, starts};
use crate::train::config::Config;
use crate::train::engine::Engine;
use crate::train::error::TrainError;
use crate::train::problem::Train;
use crate::weights::{Weights, WeightsError};

/// What a mean must lie below 0 by, in standard errors: a one-sided test at 5 % (Kool et al.), with the normal
/// distribution in the place of Student's, as there are hundreds of instances.
const SIGNIFICANT: f64 = 1.645;

/// A frozen policy.
pub(super) struct Rival<P: Train> {
    /// Its weights, one vector per tensor.
    pub tensors: Vec<Vec<f32>>,
    model: P::Model,
}

impl<P: Train> Rival<P> {
    pub fn new(weights: &Weights) -> Result<Self, WeightsError> {
        Ok(Self { tensors: weights.tensors.clone(), model: P::Model::prepare(weights)? })
    }

    /// Costs of the greedy rollouts by their starts, without those that break a rule.
    pub fn costs(
        &self,
        problem: &P,
        starts: &[Option<u32>],
        buffers: &mut Buffers<P>,
    ) -> Result<BTreeMap<Option<u32>, Cost>, Misfit> {
        let mut starts = starts.to_vec();
        starts.sort_unstable();
        starts.dedup();
        let costs = greedy(&self.model, problem, &starts, buffers)?;
        Ok(starts.into_iter().zip(costs).filter_map(|(start, cost)| Some((start, cost?))).collect())
    }

    /// Whether the policy in training takes the rival's place after `step` steps.
    pub fn is_beaten(&self, engine: &mut Engine<P>, config: &Config, step: u64) -> Result<bool, TrainError> {
        let count = config.reinforce.instances as u64;
        let first = CHALLENGES + step * count;
        let problems: Vec<(u64, P)> = (first..first + count)
            .map(|index| Ok((index, instance(config.seed, index, &config.sizes, &config.distribution)?)))
            .collect::<Result<_, TrainError>>()?;
        let differences = engine.map(&problems, |model, buffers, (index, problem)| {
            let start = &starts(problem, Some(1), config.seed, *index);
            let mut cost = |model| greedy(model, problem, start, buffers).ok()?.first().copied()?;
            let (ours, theirs) = (cost(model)? as f64, cost(&self.model)? as f64);
            // Relative, so that mixed sizes count alike.
            Some((ours - theirs) / theirs.abs().max(1.0))
        });
        Ok(is_below_zero(&differences.into_iter().flatten().collect::<Vec<_>>()))
    }
}

/// Number of the first instance of challenges; those of training lie below.
const CHALLENGES: u64 = 1 << 63;

fn greedy<P: Train>(
    model: &P::Model,
    problem: &P,
    starts: &[Option<u32>],
    Buffers { encoded, scratch }: &mut Buffers<P>,
) -> Result<Vec<Option<Cost>>, Misfit> {
    model.encode(problem, encoded)?;
    let found = model.decode(problem, encoded, starts, &mut [], Decode::Greedy, scratch);
    Ok(found.into_iter().map(|found| found.cost.ok()).collect())
}

/// Whether the mean of paired differences lies significantly below 0.
fn is_below_zero(differences: &[f64]) -> bool {
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    mean < -SIGNIFICANT * (variance / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_significant_difference_counts() {
        let noisy = |shift: f64| (0..400).map(|i| shift + f64::from(i % 7) - 3.0).collect::<Vec<_>>();
        assert!(is_below_zero(&noisy(-0.5)));
        assert!(!is_below_zero(&noisy(-0.01)) && !is_below_zero(&noisy(0.5)));
        assert!(!is_below_zero(&[0.0; 10]) && !is_below_zero(&[-1.0]) && !is_below_zero(&[]));
    }
}
