//! Settings of the Q-learning. "Published" is what the authors' code has (github.com/lily-x/combinatorial-rmab,
//! 895a382), and "the paper" where that differs. Repairs are by the measurements in `benches/versus/bandit.md`, section
//! SEQUOIA.

use heuron_problems::ConfigError;
use heuron_problems::config::{at_least, fraction, positive, require};
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

/// What is learned how. Defaults are those of [`Config::repaired`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Units of the hidden layers. Default: 32 and 32 (the paper). Published: 16 and 32.
    pub hidden: Vec<usize>,
    /// The part of the horizon that is left is an input. Default: no (published), though values depend on it.
    pub sees_time: bool,
    /// Random states of the pre-training set. Default: 1 000 (published).
    pub states: usize,
    /// Passes over the pre-training set. Default: 24. Published: 300, with a rate that falls by a tenth after each: all
    /// those after the 24th together weigh as much as the first one does.
    pub epochs: usize,
    /// Factor of the rate per pass. Default: 0.9 (published).
    pub epoch_decay: f64,
    /// Step length of AdamW in pre-training. Default: 2.5e-4 (published).
    pub pretrain_rate: f64,
    /// Episodes of Q-learning, of all starts. Default: 300, three starts. Published: 100. `heuron train bandit` has its
    /// own limits.
    pub episodes: u64,
    /// Step length of AdamW in Q-learning. Default: 1e-3. Published: 2.5e-4, all steps of which together move a weight
    /// by 0.05 at most.
    pub rate: f64,
    /// Factor of the rate per episode. Default: 0.97, so that the last of 100 learns too. Published: 0.9.
    pub episode_decay: f64,
    /// Transitions per step. Default: 128. Published: 32.
    pub batch: usize,
    /// Discount of later rewards. Default: 0.9. Published: 0.99.
    pub gamma: f64,
    /// Probability of a random action: at the beginning, at the end, and the steps in which the difference falls to
    /// 1/e. Default: 0.9, 0.05 and 1 000 (published).
    pub explore: [f64; 3],
    /// How the target network follows. Default: all the way after 500 steps. Published: 1e-6 of the way after each, 0.2
    /// % in all.
    pub target: Target,
    /// The online network chooses the next action, the target network values it (H. van Hasselt, A. Guez and D. Silver,
    /// 2016). Default: yes. Published: no.
    pub double: bool,
    /// Transitions remembered. Default: 10 000 (published).
    pub memory: usize,
    /// Transitions in the memory from the start: samples of the pre-training set and what they led to. Default: 8 000.
    /// Published: 1 000.
    pub seeds: usize,
    /// Exponent of priorities; 0: uniform sampling, which is what the published code amounts to. Default: 0.6 (as the
    /// published code means it).
    pub alpha: f64,
    /// Exponent of the correction for priorities. Default: 0.4 (published).
    pub beta: f64,
    /// Simulated episodes by which networks are compared, that after pre-training included: the one is kept that loses
    /// least against the dual bound. Default: 20. 0: the last one is kept, as published.
    pub validation: u64,
    /// Episodes of Q-learning between two comparisons. Default: 5 (chosen, not tuned).
    pub every: u64,
    /// Episodes after which learning begins anew, from other weights and samples. Default: 100. 0: never, as published.
    pub restart: u64,
    /// Seed of weights, states and choices. Default: 101; 1 to 3 are for published tables.
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
            validation: 0,
            every: 10,
            restart: 0,
            seed: 101,
        }
    }

    /// The same pipeline with targets that follow, rates that last, priorities, a memory that begins nearly full of
    /// pre-training samples, and several starts, of all networks of which the best is kept: what a start ends with is
    /// much a matter of luck (schedules: from 0.2 to 6 % behind the planner; measured). The discount is that of ten
    /// steps: with 0.99, and with the time as an input, values grow to twenty rewards, of which an action moves a small
    /// part, and less is learned (capacity, schedule; measured).
    pub fn repaired() -> Self {
        Self {
            hidden: vec![32, 32],
            episodes: 300,
            rate: 1e-3,
            episode_decay: 0.97,
            batch: 128,
            gamma: 0.9,
            target: Target::Hard(500),
            double: true,
            seeds: 8_000,
            alpha: 0.6,
            validation: 20,
            every: 5,
            restart: 100,
            ..Self::faithful()
        }
    }

    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let layers = !self.hidden.is_empty() && self.hidden.iter().all(|width| (1..=1_024).contains(width));
        require(layers, "sequoia.hidden", "layers of 1 to 1024 units", format!("{:?}", self.hidden))?;
        let most = |field, n: usize| require(n <= 100_000, field, "a number up to 100000", n);
        most("sequoia.states", self.states)?;
        most("sequoia.epochs", self.epochs)?;
        positive("sequoia.pretrain_rate", self.pretrain_rate)?;
        positive("sequoia.rate", self.rate)?;
        fraction("sequoia.epoch_decay", self.epoch_decay)?;
        fraction("sequoia.episode_decay", self.episode_decay)?;
        fraction("sequoia.gamma", self.gamma)?;
        let Self { batch, memory, seeds, .. } = *self;
        require((1..=4_096).contains(&batch), "sequoia.batch", "a number from 1 to 4096", batch)?;
        let room = (batch..=10_000_000).contains(&memory);
        require(room, "sequoia.memory", format!("a number from the batch, {batch}, to 10000000"), memory)?;
        require(seeds <= memory, "sequoia.seeds", format!("a number up to the memory, {memory}"), seeds)?;
        let [first, last, span] = self.explore;
        fraction("sequoia.explore[0]", first)?;
        fraction("sequoia.explore[1]", last)?;
        positive("sequoia.explore[2]", span)?;
        match self.target {
            Target::Soft(part) => fraction("sequoia.target.soft", part)?,
            Target::Hard(steps) => at_least(1, "sequoia.target.hard", steps)?,
        }
        fraction("sequoia.alpha", self.alpha)?;
        fraction("sequoia.beta", self.beta)?;
        let validation = self.validation;
        require(validation <= 100_000, "sequoia.validation", "a number up to 100000", validation)?;
        at_least(1, "sequoia.every", self.every)?;
        let compared = self.restart == 0 || validation > 0;
        require(compared, "sequoia.restart", "0 where networks are not compared (validation = 0)", self.restart)
    }
}
