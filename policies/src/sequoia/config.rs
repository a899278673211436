//! Settings of the Q-learning.

use serde::{Deserialize, Serialize};

/// How the target network follows.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// A part of the way after every step.
    Soft(f64),
    /// All the way after so many steps.
    Hard(u64),
}

/// What is learned how.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Hidden layers. Published: 2 x 32 in the paper, 16 and 32 in the code.
    pub hidden: Vec<usize>,
    /// The part of the horizon that is left is an input. Published: no, though values depend on it.
    pub sees_time: bool,
    /// Random states of the pre-training set. Published: 1000.
    pub states: usize,
    /// Passes over the pre-training set. Published: 300, with a rate that falls by a tenth after each: all those after
    /// the 24th together weigh as much as the first one does.
    pub epochs: usize,
    /// Decay of the rate per pass.
    pub epoch_decay: f64,
    /// Step length of AdamW in pre-training.
    pub pretrain_rate: f64,
    /// Episodes of Q-learning. Published: 100.
    pub episodes: u64,
    /// Step length of AdamW in Q-learning.
    pub rate: f64,
    /// Decay of the rate per episode.
    pub episode_decay: f64,
    /// Transitions per step.
    pub batch: usize,
    /// Discount.
    pub gamma: f64,
    /// Probability of a random action: at the beginning, at the end, and the steps in which the difference falls to a
    /// third.
    pub explore: [f64; 3],
    /// How the target network follows.
    pub target: Target,
    /// The online network chooses the next action, the target network values it (H. van Hasselt, A. Guez and D. Silver,
    /// 2016).
    pub double: bool,
    /// Transitions remembered.
    pub memory: usize,
    /// Transitions in the memory from the start: samples of the pre-training set and what they led to. Published: 1000.
    pub seeds: usize,
    /// Exponent of priorities; 0: uniform sampling, which is what the published code amounts to.
    pub alpha: f64,
    /// Exponent of the correction for priorities.
    pub beta: f64,
    /// Seed.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self::repaired()
    }
}

impl Config {
    /// What the published code does: the target network hardly moves and priorities are never updated, so that the
    /// network looks two steps ahead.
    pub fn faithful() -> Self {
        Self {
            hidden: vec![16, 32],
            sees_time: false,
            states: 1_000,
            epochs: 24,
            epoch_decay: 0.9,
            pretrain_rate: 2.5e-4,
            episodes: 100,
            rate: 2.5e-4,
            episode_decay: 0.9,
            batch: 32,
            gamma: 0.99,
            explore: [0.9, 0.05, 1_000.0],
            target: Target::Soft(1e-6),
            double: false,
            memory: 10_000,
            seeds: 1_000,
            alpha: 0.0,
            beta: 0.4,
            seed: 101,
        }
    }

    /// The same pipeline with targets that follow, rates that last, priorities, and a memory that begins nearly full of
    /// pre-training samples. The discount is that of ten steps: with 0.99, and with the time as an input, values grow
    /// to twenty rewards, of which an action moves a small part, and less is learned (capacity, schedule; measured).
    pub fn repaired() -> Self {
        Self {
            hidden: vec![32, 32],
            rate: 1e-3,
            episode_decay: 0.97,
            batch: 128,
            gamma: 0.9,
            target: Target::Hard(500),
            double: true,
            seeds: 8_000,
            alpha: 0.6,
            ..Self::faithful()
        }
    }

    /// Refuses values that cannot be, by the field's name.
    ///
    /// # Errors
    /// The field and what it must be.
    pub fn check(&self) -> Result<(), String> {
        let unit = |value: f64| (0.0..=1.0).contains(&value);
        let (positive, many) = (|value: f64| value > 0.0 && value.is_finite(), 100_000);
        let follows = match self.target {
            Target::Soft(part) => unit(part),
            Target::Hard(steps) => steps > 0,
        };
        let rules = [
            (
                self.hidden.iter().all(|width| (1..=1_024).contains(width)) && !self.hidden.is_empty(),
                "hidden: layers of 1 to 1024 units",
            ),
            (self.states <= many && self.epochs <= many, "states, epochs: at most 100000"),
            (positive(self.pretrain_rate) && positive(self.rate), "rate, pretrain_rate: above 0"),
            (unit(self.epoch_decay) && unit(self.episode_decay) && unit(self.gamma), "decays, gamma: from 0 to 1"),
            ((1..=4_096).contains(&self.batch), "batch: 1 to 4096"),
            (self.memory >= self.batch && self.memory <= 10_000_000, "memory: from the batch to 10000000"),
            (self.seeds <= self.memory, "seeds: at most the memory"),
            (
                unit(self.explore[0]) && unit(self.explore[1]) && positive(self.explore[2]),
                "explore: two probabilities and a number of steps",
            ),
            (follows, "target: soft from 0 to 1, or hard after at least 1 step"),
            (unit(self.alpha) && unit(self.beta), "alpha, beta: from 0 to 1"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err((*rule).into()))
    }
}
