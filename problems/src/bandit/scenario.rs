//! Simulation with common random numbers: all policies see the same starts and the same luck.

use rand::Rng;

use super::Bandit;
use crate::generate::stream;

/// The luck of an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Levels at the beginning \[arms\].
    pub start: Vec<u8>,
    /// An arm goes up in a step if its number here lies below its probability \[horizon, arms\].
    luck: Vec<f64>,
}

impl Bandit {
    /// The luck of episode number `episode` of `seed`.
    pub fn scenario(&self, seed: u64, episode: u64) -> Scenario {
        self.luck(seed, "bandit", episode, self.start)
    }

    /// As [`Bandit::scenario`] under another name and with another probability of starting at level 1: the episodes
    /// that policies learn from are none of those that they are judged by.
    pub fn luck(&self, seed: u64, name: &str, episode: u64, start: f64) -> Scenario {
        let mut rng = stream(seed, name, episode);
        let start = self.arms.iter().map(|_| u8::from(rng.random::<f64>() < start)).collect();
        let luck = (0..self.horizon * self.arms.len()).map(|_| rng.random()).collect();
        Scenario { start, luck }
    }

    /// Moves the arms in `step` of an episode, in which the actions `taken` \[actions\] are taken. Returns the step's
    /// expected reward.
    pub fn advance(&self, state: &mut [u8], step: usize, taken: &[bool], scenario: &Scenario) -> f64 {
        let counts = self.counts(taken);
        let mut reward = 0.0;
        for (index, arm) in self.arms.iter().enumerate() {
            reward += arm.expected(state[index], counts[index], &arm.reward);
            let is_up = scenario.luck[step * self.arms.len() + index] < arm.up[counts[index]];
            state[index] = arm.ends(state[index])[usize::from(is_up)];
        }
        reward
    }
}
