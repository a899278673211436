//! What Lagrangian values promise too much, learned by a network that all arms share.
//!
//! The dual value of a state is an upper bound; what a policy loses against it on the way, step by step, is known
//! exactly ([`heuron_problems::bandit::dual`]). The network estimates the losses that are still to come as a sum over
//! arms of a function of what is seen of an arm: its level, chances, rewards and dual values, the time left, and how
//! the coupling binds it. Taken off the dual values it gives the value of the policy itself, and acting on that is a
//! step of policy improvement. As the correction is a sum over arms, the best action is found as before, and as arms
//! are known by their features only, one network serves all sizes.

use heuron_problems::bandit::{Coupling, Dual};
use heuron_problems::{Bandit, stream};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::native::{Adam, Mlp, Passed};

/// Features of an arm.
pub const FEATURES: usize = 12;

/// The network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// Losses to come because of an arm, in units of the largest reward.
    pub network: Mlp,
}

/// What is seen of every arm at every level in one step of an instance \[arms\]\[levels\]\[features\].
pub type Seen = Vec<Vec<[f64; FEATURES]>>;

/// Settings of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Passes over the samples.
    pub epochs: usize,
    /// Step length of AdamW.
    pub rate: f64,
    /// Samples per step.
    pub batch: usize,
    /// Seed of the order.
    pub seed: u64,
}

/// Largest reward of an instance: the unit of losses.
pub fn unit(bandit: &Bandit) -> f64 {
    bandit.arms.iter().flat_map(|arm| &arm.reward).fold(1e-9, |top: f64, reward| top.max(reward.abs()))
}

/// How scarce an arm is under the coupling, from 0 to about 1: its share of what there is to give.
fn scarcity(bandit: &Bandit) -> Vec<f64> {
    let spread = |values: Vec<f64>| {
        let top = values.iter().fold(1e-9, |top: f64, value| top.max(*value));
        values.into_iter().map(|value| value / top).collect()
    };
    let arms = 0..bandit.arms.len();
    match &bandit.coupling {
        Coupling::Path(path) if bandit.is_separable() => {
            let far = |arm| f64::from(path.distance(path.depot(), arm)) / f64::from(path.length().max(1));
            arms.map(|arm| far(arm as u32).min(2.0)).collect()
        }
        Coupling::Capacity(capacity) if bandit.is_separable() => {
            spread(capacity.costs().iter().map(|&cost| f64::from(cost)).collect())
        }
        Coupling::Schedule(schedule) if bandit.is_separable() => {
            // Arms that compete for the units of an arm's slots.
            let competed = |&mask: &u16| {
                let rivals = schedule.masks().iter().filter(|&&other| other & mask != 0).count();
                rivals as f64 / (1.0 + schedule.units()[mask as usize] as f64)
            };
            spread(schedule.masks().iter().map(competed).collect())
        }
        _ => bandit.arms.iter().map(|arm| arm.actions.len() as f64 / 4.0).collect(),
    }
}

/// What is seen in the step after `step` steps of `dual`, with `left` steps of the horizon to go.
pub fn see(bandit: &Bandit, dual: &Dual, step: usize, left: usize) -> Seen {
    let (unit, scarcity) = (unit(bandit), scarcity(bandit));
    let time = left as f64 / bandit.horizon as f64;
    let share = bandit.coupling.most(bandit.actions) as f64 / bandit.actions as f64;
    let arms = bandit.arms.iter().zip(scarcity).enumerate();
    let seen = arms.map(|(index, (arm, scarcity))| {
        let values = dual.levels(step, index);
        let top = arm.reward.len() - 1;
        let levels = (0..arm.reward.len()).map(|level| {
            let [down, up] = arm.ends(level as u8).map(|level| values[level as usize] / unit);
            [
                level as f64 / top as f64,
                f64::from(u8::from(level == top)),
                f64::from(u8::from(level == 0)),
                arm.reward[top] / unit,
                arm.up[0],
                arm.up[arm.up.len() - 1],
                time,
                values[level] / unit,
                up - down,
                scarcity,
                scarcity * (up - down),
                share,
            ]
        });
        levels.collect()
    });
    seen.collect()
}

impl Residual {
    /// A network that corrects nothing until it is fitted: the last layer is 0.
    pub fn new(hidden: &[usize], seed: u64) -> Self {
        let mut network = Mlp::random(&[&[FEATURES], hidden].concat(), seed);
        if let Some(last) = network.layers.last_mut() {
            last.weight.iter_mut().chain(&mut last.bias).for_each(|number| *number = 0.0);
        }
        Self { network }
    }

    /// Checks the network.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        self.network.check()?;
        if self.network.inputs() != FEATURES {
            return Err(format!("the network of a residual has {FEATURES} inputs, not {}", self.network.inputs()));
        }
        Ok(())
    }

    /// Losses to come because of an arm \[arms\]\[levels\], in the instance's unit of reward.
    pub fn losses(&self, bandit: &Bandit, seen: &Seen) -> Vec<Vec<f64>> {
        let (unit, mut passed) = (unit(bandit), Passed::default());
        let mut loss = |features: &[f64; FEATURES]| unit * self.network.forward(features, &mut passed);
        seen.iter().map(|levels| levels.iter().map(&mut loss).collect()).collect()
    }

    /// Fits the sum over arms to the losses to come. A sample is what is seen of the arms, their levels, and the losses
    /// in the instance's unit over the largest reward. Returns the mean square error of the last pass.
    pub fn fit(&mut self, samples: &[(&Seen, &[u8], f64)], fit: &Fit) -> f64 {
        let mut adam = Adam::new(&self.network, fit.rate, 1e-8);
        let mut gradient = self.network.zeros();
        let mut order: Vec<usize> = (0..samples.len()).collect();
        let mut passes: Vec<Passed> = Vec::new();
        let mut error = 0.0;
        for epoch in 0..fit.epochs {
            order.shuffle(&mut stream(fit.seed, "residual", epoch as u64));
            error = 0.0;
            for part in order.chunks(fit.batch) {
                gradient.numbers_mut().for_each(|number| *number = 0.0);
                for &index in part {
                    let (seen, state, goal) = samples[index];
                    passes.resize_with(passes.len().max(seen.len()), Passed::default);
                    let arms = seen.iter().zip(state).zip(&mut passes);
                    let sum: f64 = arms
                        .map(|((levels, &level), passed)| self.network.forward(&levels[level as usize], passed))
                        .sum();
                    error += (sum - goal).powi(2);
                    let slope = 2.0 * (sum - goal) / part.len() as f64 / seen.len() as f64;
                    passes[..seen.len()].iter_mut().for_each(|p| self.network.backward(p, slope, &mut gradient));
                }
                adam.step(&mut self.network, &gradient, 1.0);
            }
            // The rate falls linearly to a tenth.
            adam.rate = fit.rate * (1.0 - 0.9 * (epoch + 1) as f64 / fit.epochs as f64);
        }
        error / samples.len().max(1) as f64
    }
}
