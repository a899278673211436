//! One trajectory: ruin, recreate, accept or take back.
//!
//! Christiaens and Vanden Berghe (2020), algorithm 1, with a journal instead of copies of the solution.

use heuron_problems::{Cost, Stream};

use super::config::Config;
use super::descent::Descent;
use super::draw::{below, unit};
use super::ground::Ground;
use super::recreate::Recreate;
use super::state::{NONE, State};
use super::strings::Ruin;
use crate::run::Watch;

/// A walk through feasible solutions by simulated annealing.
pub(super) struct Trajectory {
    /// The current solution, or an island's part of it, and the best one since it was loaded.
    pub state: State,
    /// Customers that ruins start from: those of the state.
    seeds: Vec<u32>,
    /// Cost of the parts of other islands.
    elsewhere: Cost,
    rng: Stream,
    ruin: Ruin,
    recreate: Recreate,
    descent: Descent,
}

impl Trajectory {
    /// A walk that starts at `state`, which has all customers, and draws from `rng`.
    pub fn new(state: State, rng: Stream) -> Self {
        let seeds = (1..=state.customers() as u32).collect();
        let (ruin, recreate, descent) = Default::default();
        Self { state, seeds, elsewhere: 0, rng, ruin, recreate, descent }
    }

    /// Goes on with `routes`, which are part of a solution that costs `total`.
    pub fn load(&mut self, ground: &Ground<'_>, routes: &[Vec<u32>], total: Cost) {
        self.state.load(ground, routes);
        self.seeds.clear();
        self.seeds.extend(routes.iter().flatten());
        self.elsewhere = total - self.state.cost();
    }

    /// Up to `iterations` iterations at `temperature`. Returns how many were done: fewer once `watch` says stop.
    pub fn walk(
        &mut self,
        ground: &Ground<'_>,
        config: &Config,
        iterations: u64,
        temperature: f64,
        watch: &Watch,
    ) -> u64 {
        if self.seeds.is_empty() {
            return iterations;
        }
        for done in 0..iterations {
            // 64 iterations take a fraction of a millisecond.
            if done % 64 == 0 && watch.is_over(self.state.best_cost() + self.elsewhere) {
                return done;
            }
            self.iterate(ground, config, temperature);
        }
        iterations
    }

    fn iterate(&mut self, ground: &Ground<'_>, config: &Config, temperature: f64) {
        let seed = self.seeds[below(&mut self.rng, self.seeds.len())];
        debug_assert_ne!(self.state.node(seed).route, NONE);
        // Metropolis' rule, turned around: drawn first, the largest cost that is accepted cuts the recreate short.
        let ceiling = self.state.cost() + (-temperature * (1.0 - unit(&mut self.rng)).ln()) as Cost;
        self.ruin.strings(ground, config, &mut self.state, seed, &mut self.rng);
        let absent = &self.ruin.removed;
        let whole = self.recreate.greedy(ground, config, &mut self.state, absent, ceiling, &mut self.rng);
        if whole && self.state.cost() <= ceiling && self.state.in_time(ground) {
            self.descent.descend(ground, config, &mut self.state);
            self.state.keep();
        } else {
            self.state.undo(ground);
        }
    }
}
