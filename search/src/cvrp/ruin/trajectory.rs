//! One trajectory: ruin, recreate, accept or take back.
//!
//! Christiaens and Vanden Berghe (2020), algorithm 1, with a journal instead of copies of the solution.

use heuron_problems::{Cost, Stream};

use super::collector::Collector;
use super::config::Config;
use super::descent::Descent;
use super::draw::{below, unit};
use super::ground::Ground;
use super::recreate::Recreate;
use super::state::{NONE, State};
use super::strings::Ruin;
use crate::cvrp::partition::Route;
use crate::run::Watch;

/// Iterations between two looks at the routes: some milliseconds.
const LOOK: u64 = 500;

/// How the islands walk in a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    pub temperature: f64,
    /// Whether they collect routes.
    pub collects: bool,
}

/// A walk through feasible solutions by simulated annealing. Two of them share no cache line, since threads write them.
#[repr(align(128))]
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
    /// Routes of current solutions.
    collector: Collector,
}

impl Trajectory {
    /// A walk that starts at `state`, which has all customers, and draws from `rng`.
    pub fn new(state: State, rng: Stream) -> Self {
        let seeds = (1..=state.customers() as u32).collect();
        let (ruin, recreate, descent, collector) = Default::default();
        Self { state, seeds, elsewhere: 0, rng, ruin, recreate, descent, collector }
    }

    /// Goes on with `routes`, which are part of a solution that costs `total`.
    pub fn load(&mut self, ground: &Ground, routes: &[Vec<u32>], total: Cost) {
        self.state.load(ground, routes);
        self.seeds.clear();
        self.seeds.extend(routes.iter().flatten());
        self.elsewhere = total - self.state.cost();
    }

    /// Up to so many iterations, or as many as there is time for; returns how many were done: fewer once `watch` says
    /// stop. Without customers a number of iterations counts as done.
    pub fn walk(
        &mut self,
        ground: &Ground,
        config: &Config,
        iterations: Option<u64>,
        mode: Mode,
        watch: &Watch,
    ) -> u64 {
        if self.seeds.is_empty() {
            return iterations.unwrap_or(0);
        }
        let most = iterations.unwrap_or(u64::MAX);
        for done in 0..most {
            // 64 iterations take a fraction of a millisecond.
            if done % 64 == 0 && watch.is_over(self.state.best_cost() + self.elsewhere) {
                return done;
            }
            self.iterate(ground, config, mode.temperature);
            if mode.collects && done % LOOK == 0 {
                self.collector.look(ground, &self.state);
            }
        }
        most
    }

    /// The routes collected, which are forgotten.
    pub fn collected(&mut self) -> Vec<Route> {
        self.collector.take(&self.state)
    }

    fn iterate(&mut self, ground: &Ground, config: &Config, temperature: f64) {
        let seed = self.seeds[below(&mut self.rng, self.seeds.len())];
        debug_assert_ne!(self.state.node(seed).route, NONE);
        // Metropolis' rule, turned around: drawn first, the largest cost that is accepted cuts the recreate short.
        let before = self.state.cost();
        let ceiling = before + (-temperature * (1.0 - unit(&mut self.rng)).ln()) as Cost;
        self.ruin.strings(ground, config, &mut self.state, seed, &mut self.rng);
        let absent = &self.ruin.removed;
        let whole = self.recreate.greedy(ground, config, &mut self.state, absent, ceiling, &mut self.rng);
        if whole && self.state.cost() <= ceiling && self.state.in_time(ground) {
            // An unchanged cost nearly always means an unchanged solution, which has been descended from before.
            if self.state.cost() != before {
                self.descent.descend(ground, config, &mut self.state);
            }
            self.state.keep();
        } else {
            self.state.undo(ground);
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, Generate, Problem, Routes, stream};
    use rand::Rng;

    use super::super::sweep::sweep;
    use super::*;
    use crate::cvrp::savings::{ONE, savings};

    fn instance(n: usize, seed: u64) -> Cvrp {
        let spec = Cvrp::spec(n, "x").expect("the X scheme is known");
        Cvrp::generate(&spec, &mut stream(seed, "trajectory", n as u64))
    }

    /// Makes every distance up to 30 longer, each direction by itself.
    fn skew(problem: &mut Cvrp, seed: u64) {
        let (n, mut rng) = (problem.customers() + 1, stream(seed, "skew", 0));
        let mut longer = |i: usize, j: usize| problem.distances.get(i, j) + rng.random_range(0..30);
        let weights = (0..n * n).map(|at| if at / n == at % n { 0 } else { longer(at / n, at % n) }).collect();
        problem.distances = Distances::from_matrix(n, weights);
    }

    /// Ruins, recreates, descends and takes back at random, and compares with a state built from scratch.
    fn wander(problem: &Cvrp, seed: u64) {
        let config = Config { lists: 20, ..Config::default() };
        let ground = Ground::new(problem, &config, &Watch::never()).expect("there is time");
        let mut rng = stream(seed, "wander", 0);
        let mut walk = Trajectory::new(State::new(&ground, &sweep(&ground.problem).routes), stream(seed, "walk", 0));
        for step in 0..300 {
            let start = 1 + below(&mut rng, problem.customers()) as u32;
            let before = walk.state.clone();
            walk.ruin.strings(&ground, &config, &mut walk.state, start, &mut rng);
            let slack = [0, 100, Cost::MAX / 4][step % 3];
            let ceiling = before.cost() + slack;
            let absent = &walk.ruin.removed;
            assert!(!absent.is_empty());
            let whole = walk.recreate.greedy(&ground, &config, &mut walk.state, absent, ceiling, &mut rng);
            if whole && rng.random_bool(0.7) {
                walk.descent.descend(&ground, &config, &mut walk.state);
                walk.state.keep();
                walk.state.check(&ground);
                assert_eq!(ground.problem.evaluate(&walk.state.current_routes()), Ok(walk.state.cost()));
            } else {
                walk.state.undo(&ground);
                assert_eq!(walk.state.current_routes(), before.current_routes());
                assert_eq!(walk.state.cost(), before.cost());
                walk.state.check(&ground);
            }
            assert_eq!(ground.problem.evaluate(&walk.state.best_routes()), Ok(walk.state.best_cost()));
            assert!(walk.state.best_cost() <= walk.state.cost());
        }
    }

    #[test]
    fn state_equals_recomputation_after_random_steps() {
        for seed in 0..6 {
            wander(&instance(60, seed), seed);
            wander(&instance(200, seed), seed);
        }
    }

    #[test]
    fn state_equals_recomputation_with_limits() {
        for seed in 0..4 {
            let mut problem = instance(120, seed);
            let farthest = (1..=120).map(|v| problem.distances.get(0, v)).max().expect("there are customers");
            (problem.service, problem.limit) = (5, Some(2 * farthest + 50));
            wander(&problem, seed);
        }
    }

    #[test]
    fn state_equals_recomputation_where_directions_differ() {
        for seed in 0..4 {
            let mut problem = instance(120, seed);
            skew(&mut problem, seed);
            assert!(!problem.distances.is_symmetric());
            if seed % 2 == 1 {
                let farthest = (1..=120).map(|v| problem.length(&[v])).max().expect("there are customers");
                problem.limit = Some(farthest + 50);
            }
            wander(&problem, seed);
        }
    }

    #[test]
    fn savings_and_sweep_are_solutions() {
        for seed in 0..10 {
            let mut problem = instance(150, seed);
            if seed >= 5 {
                skew(&mut problem, seed);
            }
            if seed % 2 == 1 {
                problem.limit = (1..=150).map(|v| problem.length(&[v])).max();
            }
            let ground = Ground::new(&problem, &Config::default(), &Watch::never()).expect("there is time");
            let saved = Routes { routes: savings(&ground, ONE, &Watch::never()) };
            let saved = problem.evaluate(&ground.outward(&saved)).expect("feasible");
            let swept = problem.evaluate(&sweep(&problem)).expect("feasible");
            assert!(saved < swept);
        }
    }
}
