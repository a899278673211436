//! Coupled restless bandits: arms that move up or down every step, more likely up where an action reaches them, and a
//! combinatorial rule about which actions may be taken together.
//!
//! L. Xu, B. Wilder, E. Khalil and M. Tambe, "Reinforcement learning with combinatorial actions for coupled restless
//! bandits", ICLR 2025 (arXiv 2503.01919). Every arm is at one of a few levels. In a step it goes one level up with a
//! probability that depends on how many of its own actions are taken, else one level down, and stays at the ends. The
//! reward of a step is the expected reward of the levels after it.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`coupling`] | the rule: budget, exact count, [`capacity`], [`schedule`], [`path`]; exact checks and linear rows |
//! | [`scenario`] | simulation with common random numbers |
//! | [`dual`] | Lagrangian values of the arms: the upper bound, and the control variate of the judge |
//! | [`play`] | the solution: what a policy did in a number of episodes, and its exact judgement |
//! | `format`, [`generate`] | JSON files and random instances |
//!
//! # What a solution is
//! A policy is judged by simulation. Its [`Play`] is the list of its actions in the episodes of a seed; as these depend
//! on nothing but seed and actions, [`Problem::evaluate`] replays them exactly: it checks every action and computes the
//! mean reward per step, in millionths and negative because costs are minimised. The estimate has a control variate, by
//! which it never exceeds the dual bound of its episodes; see [`dual`].

pub mod capacity;
pub mod coupling;
pub mod dual;
mod format;
pub mod generate;
pub mod path;
pub mod play;
pub mod scenario;
pub mod schedule;

pub use coupling::{Coupling, Row};
pub use dual::{Dual, Prices};
pub use format::resembles;
pub use play::{Judgement, Play};
pub use scenario::Scenario;

use crate::problem::{Cost, Problem, Violation};

/// Costs per unit of reward.
pub const SCALE: f64 = 1e6;

/// The most arms times steps of files and generated instances: a play and its bound take time in proportion to them.
pub(crate) const MOST_ARM_STEPS: usize = 400_000;

/// An arm: a chain of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Reward of being at a level \[levels\]; at least two levels.
    pub reward: Vec<f64>,
    /// Actions that reach the arm, ascending.
    pub actions: Vec<u32>,
    /// Probability of going up, by the number of its actions that are taken \[actions + 1\].
    pub up: Vec<f64>,
}

impl Arm {
    /// The levels after going down and up from `level`.
    pub fn ends(&self, level: u8) -> [u8; 2] {
        [level.saturating_sub(1), (level + 1).min(self.reward.len() as u8 - 1)]
    }

    /// Expected value of the next level, where `value` \[levels\] is that of a level, with `taken` of the arm's
    /// actions.
    pub fn expected(&self, level: u8, taken: usize, value: &[f64]) -> f64 {
        let [down, up] = self.ends(level).map(|level| value[level as usize]);
        down + self.up[taken] * (up - down)
    }
}

/// Arms, actions, and what couples them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandit {
    /// Name, as in the file.
    pub name: String,
    /// The arms.
    pub arms: Vec<Arm>,
    /// Number of actions.
    pub actions: usize,
    /// Which actions may be taken together.
    pub coupling: Coupling,
    /// Steps of an episode.
    pub horizon: usize,
    /// Probability that an arm begins an episode at level 1; else it begins at level 0.
    pub start: f64,
}

impl Bandit {
    /// Whether action i reaches arm i and no other: then values of single arms add up to linear ones of actions.
    pub fn is_separable(&self) -> bool {
        let own = |(index, arm): (usize, &Arm)| arm.actions[..] == [index as u32];
        self.actions == self.arms.len() && self.arms.iter().enumerate().all(own)
    }

    /// How many of the actions of every arm are among those `taken` \[actions\].
    pub fn counts(&self, taken: &[bool]) -> Vec<usize> {
        let count = |arm: &Arm| arm.actions.iter().filter(|&&action| taken[action as usize]).count();
        self.arms.iter().map(count).collect()
    }

    /// The arms that every action reaches \[actions\].
    pub fn reach(&self) -> Vec<Vec<u32>> {
        let mut reach = vec![Vec::new(); self.actions];
        for (index, arm) in self.arms.iter().enumerate() {
            arm.actions.iter().for_each(|&action| reach[action as usize].push(index as u32));
        }
        reach
    }

    /// Expected reward of a step from `state` \[arms\] with the actions `taken` \[actions\].
    pub fn reward(&self, state: &[u8], taken: &[bool]) -> f64 {
        let counts = self.counts(taken);
        self.arms
            .iter()
            .zip(state)
            .zip(counts)
            .map(|((arm, &level), count)| arm.expected(level, count, &arm.reward))
            .sum()
    }

    /// A list of actions as flags \[actions\]; numbers that are no actions are left out.
    pub fn flags(&self, list: &[u32]) -> Vec<bool> {
        let mut taken = vec![false; self.actions];
        for &action in list {
            if let Some(flag) = taken.get_mut(action as usize) {
                *flag = true;
            }
        }
        taken
    }
}

/// The actions that are flagged, ascending.
pub fn list(taken: &[bool]) -> Vec<u32> {
    (0..).zip(taken).filter(|(_, taken)| **taken).map(|(action, _)| action).collect()
}

impl Problem for Bandit {
    type Solution = Play;

    const NAME: &'static str = "bandit";

    /// Minus the mean reward per step in millionths, estimated with the control variate of [`dual`].
    fn evaluate(&self, play: &Play) -> Result<Cost, Violation> {
        self.judge(play).map(|judgement| judgement.cost())
    }
}
