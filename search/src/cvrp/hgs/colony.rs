//! What breeders share: a population, its penalties, and the best solution.

use heuron_problems::Cost;

use super::HgsConfig;
use super::breeder::{Breeder, Origin, Wish};
use super::penalty::PenaltyControl;
use super::population::Population;
use crate::cvrp::local::model::Model;
use crate::cvrp::local::plan::{Plan, Score, route_score};
use crate::cvrp::partition::{Pool, Route};

/// A population and what it has come to.
#[derive(Debug)]
pub(super) struct Colony<'m> {
    model: &'m Model,
    config: HgsConfig,
    population: Population,
    penalties: PenaltyControl,
    /// Individuals still to be built from scratch.
    seedlings: usize,
    /// Individuals since the last restart.
    age: u64,
    /// The best feasible solution since the start, over all restarts.
    best: Option<(Cost, Plan)>,
    /// Cost of the best solution since the last restart, and individuals since it was found.
    current: Cost,
    idle: u64,
    /// Feasible routes of the individuals, where they are collected.
    pool: Option<Pool>,
}

impl<'m> Colony<'m> {
    /// An empty population, which perhaps collects the routes that it meets.
    pub fn new(model: &'m Model, config: &HgsConfig, collects: bool) -> Self {
        Self {
            model,
            config: config.clone(),
            population: Population::new(config),
            penalties: PenaltyControl::new(model, config),
            seedlings: config.initial,
            age: 0,
            best: None,
            current: Cost::MAX,
            idle: 0,
            pool: collects.then(Pool::default),
        }
    }

    /// The best feasible solution so far.
    pub fn best(&self) -> Option<&Plan> {
        self.best.as_ref().map(|(_, plan)| plan)
    }

    /// The cost of the best solution in the problem's units; the largest number before the first.
    pub fn cost(&self) -> Cost {
        self.best.as_ref().map_or(Cost::MAX, |&(cost, _)| self.model.cost(cost))
    }

    /// Adds a solution found elsewhere, unless it has more routes than the fleet.
    pub fn adopt(&mut self, plan: &Plan) {
        if plan.ends.len() <= self.model.fleet() {
            self.enter(plan, plan.score(self.model));
        }
    }

    /// The routes met, which are forgotten.
    pub fn collected(&mut self) -> Vec<Route> {
        let routes = self.best.as_ref().map_or(0, |(_, plan)| plan.ends.len());
        self.pool.as_mut().map_or_else(Vec::new, |pool| pool.take(routes))
    }

    /// Has `breeder` prepare the next individual.
    pub fn order(&mut self, breeder: &mut Breeder<'m>) {
        let origin = match self.seedlings {
            0 => Origin::Parents,
            left if left % 2 == 0 => Origin::Savings,
            _ => Origin::Random,
        };
        self.seedlings = self.seedlings.saturating_sub(1);
        let wish = Wish { origin, penalty: self.penalties.penalty(), repair: self.penalties.repair() };
        breeder.prepare(wish, &mut self.population);
    }

    /// Receives what `breeder` has made since the last time, if anything. Starts afresh after too long without a better
    /// solution.
    pub fn receive(&mut self, breeder: &mut Breeder<'m>) {
        let Some((score, mended)) = breeder.deliver() else { return };
        let changed = self.penalties.record(&score);
        self.idle += 1;
        self.enter(&breeder.plan, score);
        if let Some(score) = mended {
            self.enter(&breeder.repaired, score);
        }
        self.age += 1;
        self.population.grow(&self.config, self.age);
        if changed {
            self.population.reorder(self.penalties.penalty());
        }
        if self.idle >= self.config.patience {
            self.restart();
        }
    }

    /// Adds `plan` to the population and keeps it if it is the best.
    fn enter(&mut self, plan: &Plan, score: Score) {
        self.population.add(plan, score, self.penalties.penalty());
        self.collect(plan);
        if !score.is_feasible() {
            return;
        }
        if score.distance < self.current {
            self.current = score.distance;
            self.idle = 0;
        }
        if self.best.as_ref().is_none_or(|&(cost, _)| score.distance < cost) {
            self.best = Some((score.distance, plan.clone()));
        }
    }

    /// Adds the feasible routes of `plan` to the pool.
    fn collect(&mut self, plan: &Plan) {
        let Some(pool) = &mut self.pool else { return };
        pool.look();
        for route in plan.routes() {
            let score = route_score(self.model, route);
            if score.is_feasible() {
                pool.meet(route.iter().copied(), score.distance);
            }
        }
        pool.limit(plan.ends.len());
    }

    /// Forgets the population, keeps the best solution aside.
    fn restart(&mut self) {
        self.population.clear();
        self.seedlings = self.config.initial;
        self.age = 0;
        self.current = Cost::MAX;
        self.idle = 0;
    }
}
