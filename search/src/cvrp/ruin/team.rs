//! Islands: one trajectory each, over parts of the routes.

use std::time::Duration;

use heuron_problems::{Cost, Cvrp, Routes, Stream};

use super::config::Config;
use super::ground::Ground;
use super::parts::split;
use super::state::State;
use super::trajectory::{Mode, Trajectory};
use crate::cvrp::partition::{Route, recombine};
use crate::run::{Budget, Run, Setup};
use crate::search::islands;

/// A round is at most this share of the iteration budget, so that the temperature falls by 10 % at a time.
const ROUNDS: u64 = 50;

/// A round that ends by time.
const SLICE: Duration = Duration::from_millis(25);

/// The islands of one stage.
pub(super) struct Team {
    crew: Vec<Trajectory>,
    /// The solution that the islands share at the marks between rounds. A single island keeps its own.
    current: Routes,
    /// Cuts of the decomposition.
    rng: Stream,
    /// Whether the islands of this round work on parts.
    apart: bool,
}

impl Team {
    /// As many islands as the run has, at `start`.
    pub fn new(ground: &Ground, start: Routes, run: &Run<'_, Cvrp>) -> Self {
        let state = State::new(ground, &start.routes);
        let recruit = |island| Trajectory::new(state.clone(), run.stream("ruin", island));
        let crew = (0..run.setup().islands.max(1) as u64).map(recruit).collect();
        Self { crew, current: start, rng: run.stream("ruin-parts", 0), apart: false }
    }

    /// The start, before the first round.
    pub fn state(&self) -> &State {
        &self.crew[0].state
    }

    /// One round of all islands; offers what they found. Returns the iterations done.
    pub fn round(&mut self, ground: &Ground, config: &Config, mode: Mode, run: &mut Run<'_, Cvrp>) -> u64 {
        let count = self.crew.len() as u64;
        let threads = run.setup().threads;
        let (wanted, watch) = if self.is_timed(run.setup()) {
            (None, run.watch().within(SLICE))
        } else {
            let whole = run.setup().budget.iterations.unwrap_or(u64::MAX);
            let wanted = run.allowance((config.round * count).min(whole.div_ceil(ROUNDS)).max(count));
            (Some(wanted), run.watch())
        };
        if count > 1 {
            self.deal(ground);
        }
        let mut done = vec![0; self.crew.len()];
        let mut work: Vec<_> = self.crew.iter_mut().zip(&mut done).collect();
        islands(threads, &mut work, |island, (member, done)| {
            let share = wanted.map(|wanted| wanted / count + u64::from((island as u64) < wanted % count));
            **done = member.walk(ground, config, share, mode, &watch);
        });
        self.gather(ground, run);
        done.iter().sum()
    }

    /// Whether rounds end by time: several islands at once, and only time counts. Then none waits for another whose
    /// core has other work to do as well.
    fn is_timed(&self, Setup { budget, threads, .. }: &Setup) -> bool {
        let only_time = matches!(budget, Budget { time: Some(_), iterations: None, no_improvement: None, .. });
        only_time && (2..=*threads).contains(&self.crew.len())
    }

    /// Puts the best solution and the routes collected together anew. If that is better, all go on from there.
    pub fn recombine(&mut self, ground: &Ground, run: &mut Run<'_, Cvrp>) {
        let Some((_, best)) = run.best() else { return };
        let measured = |customers: Vec<u32>| Route { cost: ground.problem.length(&customers), customers };
        let best: Vec<Route> = ground.inward(best).routes.into_iter().map(measured).collect();
        let met: Vec<Route> = self.crew.iter_mut().flat_map(Trajectory::collected).collect();
        let is_limited = ground.fleet < usize::MAX;
        if let Some(routes) = recombine(&best, &met, ground.depot(), is_limited, &run.watch()) {
            let total = routes.iter().map(|route| ground.problem.length(route)).sum();
            self.current = Routes { routes };
            run.offer(&ground.outward(&self.current));
            self.crew.iter_mut().for_each(|member| member.load(ground, &self.current.routes, total));
        }
    }

    /// Gives every island its part of the routes; where there are too few routes, every island gets all.
    fn deal(&mut self, ground: &Ground) {
        let routes = std::mem::take(&mut self.current.routes);
        self.apart = routes.len() >= 2 * self.crew.len();
        if self.apart {
            let total: Cost = routes.iter().map(|route| ground.problem.length(route)).sum();
            let parts = split(ground, routes, self.crew.len(), &mut self.rng);
            for (member, part) in self.crew.iter_mut().zip(parts) {
                member.load(ground, &part, total);
            }
        } else {
            self.crew.iter_mut().for_each(|member| member.load(ground, &routes, 0));
        }
    }

    /// Offers the best solution of the round, and joins the current parts or takes the cheapest current solution.
    fn gather(&mut self, ground: &Ground, run: &mut Run<'_, Cvrp>) {
        let states = || self.crew.iter().map(|member| &member.state);
        let join = |parts: Vec<Routes>| Routes { routes: parts.into_iter().flat_map(|part| part.routes).collect() };
        let known = run.cost().unwrap_or(Cost::MAX);
        if self.apart {
            if states().map(State::best_cost).sum::<Cost>() < known {
                run.offer(&ground.outward(&join(states().map(State::best_routes).collect())));
            }
            self.current = join(states().map(State::current_routes).collect());
            return;
        }
        if let Some(best) = states().min_by_key(|state| state.best_cost()).filter(|state| state.best_cost() < known) {
            run.offer(&ground.outward(&best.best_routes()));
        }
        if let Some(next) = states().min_by_key(|state| state.cost()).filter(|_| self.crew.len() > 1) {
            self.current = next.current_routes();
        }
    }
}
