//! What a policy did, and its exact judgement by replay.

use std::collections::BTreeSet;

use super::dual::{Dual, Start};
use super::{Bandit, SCALE};
use crate::problem::{Cost, Violation};

/// Iterations of the dual that the judge uses: more move the bound by less than a thousandth.
const ITERATIONS: usize = 400;

/// The actions of a policy in the episodes of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// Name of the policy.
    pub policy: String,
    /// Seed of the scenarios; episode i is number i of them.
    pub seed: u64,
    /// Actions taken, ascending \[episodes\]\[horizon\].
    pub episodes: Vec<Vec<Vec<u32>>>,
}

/// Figures of a play, one entry per episode. Rewards are means per step.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Expected rewards of the steps, as they came.
    pub raw: Vec<f64>,
    /// The same without the luck that the dual values explain.
    pub rewards: Vec<f64>,
    /// No policy's expectation from the episode's start is better.
    pub bounds: Vec<f64>,
}

impl Judgement {
    /// Minus the mean reward in millionths.
    pub fn cost(&self) -> Cost {
        -((SCALE * mean(&self.rewards)).floor() as Cost)
    }

    /// No policy costs less.
    pub fn bound(&self) -> Cost {
        -((SCALE * mean(&self.bounds)).ceil() as Cost)
    }
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Half the width of the 95 % interval of the mean, by the normal approximation.
pub fn half_width(values: &[f64]) -> f64 {
    let (mean, count) = (mean(values), values.len() as f64);
    if count < 2.0 {
        return 0.0;
    }
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    1.96 * (variance / count).sqrt()
}

impl Bandit {
    /// Replays a play.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn judge(&self, play: &Play) -> Result<Judgement, Violation> {
        if play.episodes.is_empty() {
            return Err(Violation::NoEpisode);
        }
        self.check(play)?;
        let dual = Dual::solve(self, &Start::law(self), self.horizon, ITERATIONS);
        let mut judgement = Judgement { raw: Vec::new(), rewards: Vec::new(), bounds: Vec::new() };
        let steps = self.horizon as f64;
        for (episode, actions) in play.episodes.iter().enumerate() {
            let scenario = self.scenario(play.seed, episode as u64);
            let mut state = scenario.start.clone();
            let bound = dual.bound(0, &state);
            let (mut raw, mut lost) = (0.0, 0.0);
            for (step, list) in actions.iter().enumerate() {
                let taken = self.flags(list);
                // What the dual expects less than it promised: never negative, but for rounding.
                let loss = dual.loss(self, step, &state, &taken);
                debug_assert!(loss > -1e-6, "step {step} gains {loss}");
                lost += loss.max(0.0);
                raw += self.advance(&mut state, step, &taken, &scenario);
            }
            judgement.raw.push(raw / steps);
            judgement.rewards.push((bound - lost) / steps);
            judgement.bounds.push(bound / steps);
        }
        Ok(judgement)
    }

    /// Every episode has all its steps, and every step's actions may be taken together.
    fn check(&self, play: &Play) -> Result<(), Violation> {
        // Policies repeat themselves, and tests of paths take time.
        let mut passed: BTreeSet<&[u32]> = BTreeSet::new();
        for (episode, steps) in play.episodes.iter().enumerate() {
            if steps.len() != self.horizon {
                return Err(Violation::WrongSteps { episode, expected: self.horizon, found: steps.len() });
            }
            for (step, list) in steps.iter().enumerate() {
                if passed.contains(list.as_slice()) {
                    continue;
                }
                let mut seen = vec![false; self.actions];
                for &action in list {
                    match seen.get_mut(action as usize) {
                        None => return Err(Violation::UnknownAction { action: action as usize, episode, step }),
                        Some(true) => return Err(Violation::RepeatedAction { action: action as usize, episode, step }),
                        Some(seen) => *seen = true,
                    }
                }
                let forbidden = |reason| Violation::Forbidden { episode, step, reason };
                self.coupling.check(list).map_err(forbidden)?;
                passed.insert(list);
            }
        }
        Ok(())
    }
}
