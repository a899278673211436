//! The papers' baselines, in working order: none looks further than a step.

use heuron_problems::{Bandit, Stream, stream};
use rand::seq::SliceRandom;

use super::argmax::Argmax;
use super::local::greedy;
use super::oracle::Oracle;
use super::planner::tier;
use super::score::{Score, Trial};
use super::simulate::Player;

/// A random allowed set that nothing can be added to.
pub fn random_set(bandit: &Bandit, oracle: &mut Oracle<'_>, rng: &mut Stream) -> Vec<u32> {
    let mut order: Vec<u32> = (0..bandit.actions as u32).collect();
    order.shuffle(rng);
    let most = bandit.coupling.most(bandit.actions);
    let mut list: Vec<u32> = Vec::new();
    for action in order {
        if list.len() == most {
            break;
        }
        let at = list.partition_point(|&other| other < action);
        list.insert(at, action);
        if !oracle.fits(&list) {
            list.remove(at);
        }
    }
    list
}

/// Expected reward of the next step, as a score.
pub fn next_reward<'a>(bandit: &'a Bandit, reach: &'a [Vec<u32>], state: &[u8]) -> Score<'a> {
    let arms = bandit
        .arms
        .iter()
        .zip(state)
        .map(|(arm, &level)| (0..arm.up.len()).map(|count| arm.expected(level, count, &arm.reward)).collect());
    Score { bandit, reach, arms: arms.collect(), gate: None }
}

/// Takes no action; of an exact number the first ones.
pub struct Null<'a>(pub &'a Bandit);

impl Player for Null<'_> {
    fn begin(&mut self, _: u64) {}

    fn act(&mut self, _: usize, _: &[u8]) -> Vec<u32> {
        let exact = self.0.coupling.is_exact();
        (0..if exact { self.0.coupling.most(self.0.actions) as u32 } else { 0 }).collect()
    }
}

/// Takes the best of some random sets by the next step's reward; of one set: a random policy.
pub struct Sampling<'a> {
    bandit: &'a Bandit,
    oracle: Oracle<'a>,
    reach: Vec<Vec<u32>>,
    samples: usize,
    seed: u64,
    rng: Stream,
}

impl<'a> Sampling<'a> {
    /// A policy that draws `samples` sets per step.
    pub fn new(bandit: &'a Bandit, samples: usize, seed: u64) -> Self {
        let (oracle, reach, rng) = (Oracle::new(bandit), bandit.reach(), stream(seed, "sampling", 0));
        Self { bandit, oracle, reach, samples, seed, rng }
    }
}

impl Player for Sampling<'_> {
    fn begin(&mut self, episode: u64) {
        self.rng = stream(self.seed, "sampling", episode);
    }

    fn act(&mut self, _: usize, state: &[u8]) -> Vec<u32> {
        let score = next_reward(self.bandit, &self.reach, state);
        let mut best: Option<(f64, Vec<u32>)> = None;
        for _ in 0..self.samples {
            let list = random_set(self.bandit, &mut self.oracle, &mut self.rng);
            let value = Trial::new(&score, &list).value();
            if best.as_ref().is_none_or(|best| value > best.0) {
                best = Some((value, list));
            }
        }
        best.map_or(Vec::new(), |best| best.1)
    }
}

/// Maximises the next step's reward: exactly where arms have their own actions or allowed sets are few.
pub struct Myopic<'a> {
    bandit: &'a Bandit,
    reach: Vec<Vec<u32>>,
    argmax: Argmax<'a>,
    /// Adds the best action again and again instead of searching for the best set.
    iterative: bool,
}

impl<'a> Myopic<'a> {
    /// The policy, or the iterative one.
    pub fn new(bandit: &'a Bandit, iterative: bool) -> Self {
        Self { bandit, reach: bandit.reach(), argmax: Argmax::new(bandit, tier(bandit)), iterative }
    }
}

impl Player for Myopic<'_> {
    fn begin(&mut self, _: u64) {
        self.argmax.begin();
    }

    fn act(&mut self, _: usize, state: &[u8]) -> Vec<u32> {
        let score = next_reward(self.bandit, &self.reach, state);
        if self.iterative { greedy(&score, &mut self.argmax.oracle) } else { self.argmax.best(&score, &[]) }
    }
}
