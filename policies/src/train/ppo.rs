//! Proximal policy optimisation: J. Schulman et al., "Proximal policy optimization algorithms", 2017, in the form of C.
//! P. Wan, T. Li, J. M. Wang, "RLOR: a flexible framework of deep reinforcement learning for operation research", 2023.
//!
//! As there: an instance is encoded once per minibatch, all its choices are replayed at once, minibatches are
//! instances. Unlike there: rewards are not discounted by default, because costs are not, and trajectories that ended
//! are no part of any mean.

use heuron_problems::ConfigError;
use heuron_problems::config::{fraction, require};
use serde::{Deserialize, Serialize};

/// Settings of proximal policy optimisation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ppo {
    /// Passes over the instances of a step. Default: 2 (RLOR).
    pub epochs: usize,
    /// Parts of the instances, each with an update of its own. Default: 8 (RLOR).
    pub minibatches: usize,
    /// How far a probability may move, as a ratio. Default: 0.2 (RLOR).
    pub clip: f32,
    /// Weight of the value's loss. Default: 0.5 (RLOR).
    pub value: f32,
    /// Weight of the entropy. Default: 0.01 (RLOR).
    pub entropy: f32,
    /// Lambda of the generalised advantage estimate (Schulman et al., 2016). Default: 0.95 (RLOR).
    pub lambda: f32,
    /// Discount of later rewards. Default: 1, because costs are not discounted.
    pub gamma: f32,
}

impl Default for Ppo {
    fn default() -> Self {
        Self { epochs: 2, minibatches: 8, clip: 0.2, value: 0.5, entropy: 0.01, lambda: 0.95, gamma: 1.0 }
    }
}

/// What was true of the choices of an instance when they were made \[trajectories\]\[choices\].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Log-probabilities.
    pub log_probs: Vec<Vec<f32>>,
    /// Values.
    pub values: Vec<Vec<f32>>,
    /// Advantages: estimates of how much better a choice was than the policy's average.
    pub advantages: Vec<Vec<f32>>,
}

/// Loss of an instance's choices, and its derivatives \[trajectories\]\[choices\].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulled {
    /// Loss without the entropy.
    pub loss: f64,
    /// By the log-probabilities.
    pub log_probs: Vec<Vec<f32>>,
    /// By the values.
    pub values: Vec<Vec<f32>>,
}

/// Mean and deviation of advantages over the choices of a minibatch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Number of choices.
    pub count: usize,
    mean: f64,
    deviation: f64,
}

impl Normal {
    /// Of all advantages in `records`.
    pub fn of<'a>(records: impl Iterator<Item = &'a Record> + Clone) -> Self {
        let all = || records.clone().flat_map(|record| record.advantages.iter().flatten()).map(|&a| f64::from(a));
        let count = all().count();
        let mean = all().sum::<f64>() / count.max(1) as f64;
        let variance = all().map(|a| (a - mean).powi(2)).sum::<f64>() / count.max(1) as f64;
        Self { count, mean, deviation: variance.sqrt() }
    }

    fn apply(self, advantage: f32) -> f32 {
        ((f64::from(advantage) - self.mean) / (self.deviation + 1e-8)) as f32
    }
}

impl Ppo {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        require((1..=100).contains(&self.epochs), "ppo.epochs", "a number from 1 to 100", self.epochs)?;
        let parts = self.minibatches;
        require((1..=100_000).contains(&parts), "ppo.minibatches", "a number from 1 to the batch", parts)?;
        require(self.clip > 0.0 && self.clip < 1.0, "ppo.clip", "a number between 0 and 1", self.clip)?;
        require(self.value >= 0.0 && self.value.is_finite(), "ppo.value", "a number from 0 on", self.value)?;
        require(self.entropy >= 0.0 && self.entropy.is_finite(), "ppo.entropy", "a number from 0 on", self.entropy)?;
        fraction("ppo.lambda", self.lambda)?;
        fraction("ppo.gamma", self.gamma)
    }

    /// The record of an instance from the `rewards` of its choices \[trajectories\]\[choices\].
    pub fn record(&self, rewards: &[Vec<f32>], log_probs: Vec<Vec<f32>>, values: Vec<Vec<f32>>) -> Record {
        let advantages =
            rewards.iter().zip(&values).map(|(rewards, values)| self.advantages(rewards, values)).collect();
        Record { log_probs, values, advantages }
    }

    /// Generalised advantage estimates; nothing comes after the last choice.
    fn advantages(&self, rewards: &[f32], values: &[f32]) -> Vec<f32> {
        let mut advantages = vec![0.0; rewards.len()];
        let (mut next_value, mut next) = (0.0, 0.0);
        for t in (0..rewards.len()).rev() {
            next = rewards[t] + self.gamma * next_value - values[t] + self.gamma * self.lambda * next;
            next_value = values[t];
            advantages[t] = next;
        }
        advantages
    }

    /// Clipped losses of policy and value: means over the `normal.count` choices of the minibatch.
    pub fn pull(&self, record: &Record, log_probs: &[Vec<f32>], values: &[Vec<f32>], normal: Normal) -> Pulled {
        let mean = 1.0 / normal.count.max(1) as f32;
        let mut pulled = Pulled { loss: 0.0, log_probs: log_probs.to_vec(), values: values.to_vec() };
        for (i, (new, value)) in log_probs.iter().zip(values).enumerate() {
            for t in 0..new.len() {
                let advantage = normal.apply(record.advantages[i][t]);
                let (policy, slope) = self.policy_loss((new[t] - record.log_probs[i][t]).exp(), advantage);
                let target = record.advantages[i][t] + record.values[i][t];
                let (error, steepness) = self.value_loss(value[t], record.values[i][t], target);
                pulled.loss += f64::from(mean * (policy + self.value * error));
                pulled.log_probs[i][t] = mean * slope;
                pulled.values[i][t] = mean * self.value * steepness;
            }
        }
        pulled
    }

    /// Loss at probability ratio `ratio`, and its derivative by the log-probability.
    fn policy_loss(&self, ratio: f32, advantage: f32) -> (f32, f32) {
        let free = -advantage * ratio;
        let held = -advantage * ratio.clamp(1.0 - self.clip, 1.0 + self.clip);
        if free >= held { (free, free) } else { (held, 0.0) }
    }

    /// Half the squared error, or that of a value that keeps within the clip of the old one if that is larger.
    fn value_loss(&self, value: f32, old: f32, target: f32) -> (f32, f32) {
        let (free, held) = (value - target, (value - old).clamp(-self.clip, self.clip) + old - target);
        let inside = (value - old).abs() <= self.clip;
        match free * free >= held * held {
            true => (0.5 * free * free, free),
            false => (0.5 * held * held, if inside { held } else { 0.0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_lambda_one_advantage_is_return_minus_value() {
        let ppo = Ppo { lambda: 1.0, ..Ppo::default() };
        let record = ppo.record(&[vec![-1.0, -2.0, -3.0]], vec![vec![0.0; 3]], vec![vec![0.5, 0.25, -4.0]]);
        assert_eq!(record.advantages, [[-6.5, -5.25, 1.0]]);
    }

    #[test]
    fn with_lambda_zero_advantage_is_one_step_ahead() {
        let ppo = Ppo { lambda: 0.0, ..Ppo::default() };
        assert_eq!(ppo.advantages(&[-1.0, -2.0], &[0.5, 0.25]), [-1.25, -2.25]);
    }

    #[test]
    fn later_rewards_are_discounted() {
        let discounted = |lambda| Ppo { lambda, gamma: 0.5, ..Ppo::default() };
        // -1 - 2/2 - 4/4 - 0.5, -2 - 4/2 - 0.25, -4 + 4.
        assert_eq!(discounted(1.0).advantages(&[-1.0, -2.0, -4.0], &[0.5, 0.25, -4.0]), [-3.5, -4.25, 0.0]);
        assert_eq!(discounted(0.0).advantages(&[-1.0, -2.0], &[0.5, 0.25]), [-1.375, -2.25]);
    }

    #[test]
    fn probability_that_moved_far_enough_is_left_alone() {
        let ppo = Ppo::default();
        assert_eq!(ppo.policy_loss(1.5, 1.0), (-1.2, 0.0));
        assert_eq!(ppo.policy_loss(0.5, -1.0), (0.8, 0.0));
        // Moved the wrong way: it may come back.
        assert_eq!(ppo.policy_loss(0.5, 1.0), (-0.5, -0.5));
        assert_eq!(ppo.policy_loss(1.0, 2.0), (-2.0, -2.0));
    }

    #[test]
    fn pulls_are_the_derivatives_of_the_loss() {
        let ppo = Ppo::default();
        let rewards = [vec![-0.3, -0.1, -0.6], vec![-0.2, -0.2]];
        let logs = vec![vec![-1.0, -0.5, -0.1], vec![-2.0, -0.4]];
        let values = vec![vec![-0.9, -0.5, -0.5], vec![-0.8, -0.1]];
        let record = ppo.record(&rewards, logs.clone(), values.clone());
        let normal = Normal::of([&record].into_iter());
        assert_eq!(normal.count, 5);
        let moved = |table: &[Vec<f32>], by: f32| -> Vec<Vec<f32>> {
            let shift = |(i, row): (usize, &Vec<f32>)| row.iter().map(|x| x + by * (1.0 + i as f32)).collect();
            table.iter().enumerate().map(shift).collect()
        };
        let (logs, values) = (moved(&logs, 0.07), moved(&values, -0.05));
        let pulled = ppo.pull(&record, &logs, &values, normal);
        for (i, t) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)] {
            let loss = |of_log: f32, of_value: f32| {
                let (mut logs, mut values) = (logs.clone(), values.clone());
                logs[i][t] += of_log;
                values[i][t] += of_value;
                ppo.pull(&record, &logs, &values, normal).loss
            };
            let step = 1e-2;
            let slope = (loss(step, 0.0) - loss(-step, 0.0)) / (2.0 * f64::from(step));
            assert!((slope - f64::from(pulled.log_probs[i][t])).abs() < 1e-3, "{i} {t}: {slope}");
            let slope = (loss(0.0, step) - loss(0.0, -step)) / (2.0 * f64::from(step));
            assert!((slope - f64::from(pulled.values[i][t])).abs() < 1e-3, "{i} {t}: {slope}");
        }
    }

    #[test]
    fn advantages_are_normalised_over_choices_that_were_made() {
        let row = |advantages: Vec<f32>| Record { advantages: vec![advantages], ..Record::default() };
        let (a, b) = (row(vec![1.0, 3.0]), row(vec![5.0]));
        let normal = Normal::of([&a, &b].into_iter());
        let all: Vec<f32> = [1.0, 3.0, 5.0].iter().map(|&x| normal.apply(x)).collect();
        assert!(all[1].abs() < 1e-6 && (all[0] + all[2]).abs() < 1e-6 && (all[2] - 1.5_f32.sqrt()).abs() < 1e-4);
    }
}
