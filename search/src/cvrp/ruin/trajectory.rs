//! One trajectory: ruin, recreate, accept or take back.
//!
//! Christiaens and Vanden Berghe (2020), algorithm 1, with a journal instead of copies of the solution.

use heuron_problems::{Cost, Stream};

use super::config::Config;
use super::draw::{below, unit};
use super::ground::Ground;
use super::recreate::Recreate;
use super::state::{NONE, State};
use super::strings::Ruin;
use crate::run::Watch;

/// A walk through feasible solutions by simulated annealing.
pub(super) struct Trajectory {
    pub state: State,
    /// Customers that ruins may start from.
    pub seeds: Vec<u32>,
    rng: Stream,
    ruin: Ruin,
    recreate: Recreate,
}

impl Trajectory {
    /// A walk that starts at `state` and draws from `rng`.
    pub fn new(state: State, seeds: Vec<u32>, rng: Stream) -> Self {
        Self { state, seeds, rng, ruin: Ruin::default(), recreate: Recreate::default() }
    }

    /// Up to `iterations` iterations while the temperature falls from `hot` to `cold`. Returns how many were done:
    /// fewer once `watch` says stop.
    pub fn walk(
        &mut self,
        ground: &Ground<'_>,
        config: &Config,
        iterations: u64,
        (hot, cold): (f64, f64),
        watch: &Watch,
    ) -> u64 {
        if self.seeds.is_empty() {
            return iterations;
        }
        let cooling = (cold / hot).powf(1.0 / iterations.max(1) as f64);
        let mut temperature = hot;
        for done in 0..iterations {
            // 64 iterations take a fraction of a millisecond.
            if done % 64 == 0 && watch.is_over(self.state.best_cost()) {
                return done;
            }
            self.iterate(ground, config, temperature);
            temperature *= cooling;
        }
        iterations
    }

    fn iterate(&mut self, ground: &Ground<'_>, config: &Config, temperature: f64) {
        let seed = self.seeds[below(&mut self.rng, self.seeds.len())];
        debug_assert_ne!(self.state.node(seed).route, NONE);
        // Metropolis' rule, turned around: drawn first, the largest cost that is accepted cuts the recreate short.
        let ceiling = self.state.cost() + (-temperature * (1.0 - unit(&mut self.rng)).ln()) as Cost;
        self.ruin.strings(ground, config, &mut self.state, seed, &mut self.rng);
        let whole = self.recreate.greedy(ground, config, &mut self.state, &self.ruin.removed, ceiling, &mut self.rng);
        if whole && self.state.cost() <= ceiling {
            self.state.keep();
        } else {
            self.state.undo(ground);
        }
    }
}
