//! Candidates that construct from the same starts, and of which only the best of a start learns: the agents of Poppy
//! and the latent vectors of COMPASS.

use heuron_problems::Cost;

use crate::model::Model;
use crate::native::{Pull, StepWeights, Trajectory};
use crate::train::engine::Share;
use crate::train::problem::Train;

/// A trajectory that is learned: of a candidate (latent vector or agent) from a start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// Number of the candidate.
    pub candidate: usize,
    /// Number of the start.
    pub start: usize,
    /// Derivative of the loss by its log-probability.
    pub weight: f32,
}

/// Costs by candidate and start; none for one that breaks a rule.
pub type Costs = [Vec<Option<Cost>>];

/// Those of a candidate's trajectories.
pub(super) fn costs(found: &[Trajectory]) -> Vec<Option<Cost>> {
    found.iter().map(|found| found.cost.as_ref().ok().copied()).collect()
}

/// Mean cost of all, without sign: costs are taken relative to it, as in [`crate::train::reinforce`].
pub(super) fn unit(costs: &Costs) -> f64 {
    let known = || costs.iter().flatten().flatten();
    let sum: f64 = known().map(|&cost| cost as f64).sum();
    (sum / known().count().max(1) as f64).abs().max(f64::MIN_POSITIVE)
}

/// Mean cost of a candidate.
pub(super) fn mean(costs: &[Option<Cost>]) -> f64 {
    let sum: f64 = costs.iter().flatten().map(|&cost| cost as f64).sum();
    sum / costs.iter().flatten().count().max(1) as f64
}

/// The cheapest candidate of a start, the first of equals, and the cost of the second, which is the same where they
/// tie.
pub(super) fn best_two(costs: &Costs, start: usize) -> Option<(usize, Cost, Option<Cost>)> {
    let known = costs.iter().enumerate().filter_map(|(candidate, costs)| Some((costs[start]?, candidate)));
    let (cost, best) = known.clone().min()?;
    let second = known.filter(|&(_, candidate)| candidate != best).map(|(cost, _)| cost).min();
    Some((best, cost, second))
}

/// Adds the decoder's gradient of trajectories with the derivatives of an instance's loss by their log-probabilities.
/// The loss of the step is the mean over the `batch`; the first `forced` actions were not chosen. The encoder's part is
/// left to the caller, once for all candidates.
pub(super) fn teach<'a, P: Train>(
    model: &P::Model,
    problem: &P,
    learned: impl Iterator<Item = (&'a Trajectory, f32)>,
    (forced, batch): (usize, usize),
    share: &mut Share<P>,
) {
    let (mut traces, mut weights) = (Vec::new(), Vec::new());
    for (found, weight) in learned {
        traces.push(found.actions.clone());
        weights.push(weight / batch as f32);
        share.tally.loss += f64::from(weight * found.log_prob) / batch as f64;
    }
    if !traces.is_empty() {
        let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
        model.backward_decoder(problem, &share.buffers.encoded, &traces, forced, &pull, &mut share.gradient);
    }
}
