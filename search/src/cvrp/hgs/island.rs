//! One island: a population, its random stream, and everything an iteration works with.

use heuron_problems::{Cost, Stream};
use rand::Rng;
use rand::seq::SliceRandom;

use super::HgsConfig;
use super::crossover::order_crossover;
use super::penalty::PenaltyControl;
use super::population::Population;
use super::split::Split;
use crate::cvrp::local::LocalSearch;
use crate::cvrp::local::model::Model;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::{Plan, route_score};
use crate::cvrp::partition::{Pool, Route};
use crate::cvrp::savings::savings;
use crate::run::Watch;

/// A population and the memory that its iterations work in.
#[derive(Debug)]
pub(super) struct Island<'m> {
    model: &'m Model,
    config: HgsConfig,
    rng: Stream,
    search: LocalSearch<'m>,
    split: Split,
    population: Population,
    penalties: PenaltyControl,
    /// Individuals still to be built from scratch.
    seedlings: usize,
    /// Iterations since the last restart.
    age: u64,
    /// Giant tour and plan of the current individual.
    tour: Vec<u32>,
    plan: Plan,
    taken: Vec<bool>,
    /// The best solution since the start, over all restarts.
    best: Option<(Cost, Plan)>,
    /// Cost of the best solution since the last restart, and iterations since it was found.
    current: Cost,
    idle: u64,
    /// Feasible routes of the individuals, where they are collected.
    pool: Option<Pool>,
}

impl<'m> Island<'m> {
    /// An empty population, which perhaps collects the routes that it meets.
    pub fn new(model: &'m Model, config: &HgsConfig, rng: Stream, collects: bool) -> Self {
        Self {
            model,
            config: config.clone(),
            rng,
            search: LocalSearch::new(model, config.patient_moves),
            split: Split::default(),
            population: Population::new(config),
            penalties: PenaltyControl::new(model, config),
            seedlings: config.initial,
            age: 0,
            tour: (1..=model.customers() as u32).collect(),
            plan: Plan::default(),
            taken: Vec::new(),
            best: None,
            current: Cost::MAX,
            idle: 0,
            pool: collects.then(Pool::default),
        }
    }

    /// The best feasible solution so far and its cost in the model's units.
    pub fn best(&self) -> Option<&(Cost, Plan)> {
        self.best.as_ref()
    }

    /// Adds a solution found elsewhere: a warm start or an elite of another island.
    pub fn adopt(&mut self, plan: &Plan) {
        if plan.ends.len() <= self.model.fleet() {
            self.plan.copy(plan);
            self.enter();
        }
    }

    /// The routes met, which are forgotten.
    pub fn collected(&mut self) -> Vec<Route> {
        let routes = self.best.as_ref().map_or(0, |(_, plan)| plan.ends.len());
        self.pool.as_mut().map_or_else(Vec::new, |pool| pool.take(routes))
    }

    /// Runs up to `iterations` iterations, each one individual; returns how many were done before the watch said stop.
    pub fn evolve(&mut self, iterations: u64, watch: &Watch) -> u64 {
        for done in 0..iterations {
            if watch.is_over(self.best.as_ref().map_or(Cost::MAX, |&(cost, _)| self.model.cost(cost))) {
                return done;
            }
            self.create(watch);
            self.educate(watch);
            if self.idle >= self.config.patience {
                self.restart();
            }
        }
        iterations
    }

    /// Puts a new, unimproved individual into `plan`: a seedling, or the child of two parents.
    fn create(&mut self, watch: &Watch) {
        if self.seedlings > 0 {
            self.seedlings -= 1;
            return self.sow(watch);
        }
        let Some((a, b)) = self.population.parents(&mut self.rng) else { return self.sow(watch) };
        order_crossover(&a.tour, &b.tour, &mut self.tour, &mut self.taken, &mut self.rng);
        let kept = a.ends.len().max(self.model.least_vehicles()).min(self.model.fleet());
        self.cut(if self.config.patient_moves { kept } else { self.model.fleet() });
    }

    /// A solution from scratch: every other one by savings of a random shape, the rest from random giant tours.
    fn sow(&mut self, watch: &Watch) {
        if self.seedlings % 2 == 1 {
            let shape = self.rng.random_range(128..=448);
            self.plan.clear();
            savings(self.model, shape, watch).iter().for_each(|route| self.plan.push(route));
            if self.plan.ends.len() <= self.model.fleet() {
                return;
            }
            self.tour.clone_from(&self.plan.tour);
        } else {
            self.tour.shuffle(&mut self.rng);
        }
        self.cut(self.model.fleet());
    }

    /// Cuts the giant tour into at most `routes` routes.
    fn cut(&mut self, routes: usize) {
        self.split.split(self.model, self.penalties.penalty(), &self.tour, routes, &mut self.plan);
    }

    /// Local search, perhaps repair, and entry into the population.
    fn educate(&mut self, watch: &Watch) {
        let penalty = self.penalties.penalty();
        self.improve(penalty, watch);
        let score = self.plan.score(self.model);
        let changed = self.penalties.record(&score);
        self.idle += 1;
        self.enter();
        if !score.is_feasible() && self.rng.random_bool(self.config.repair) {
            self.improve(self.penalties.repair(), watch);
            if self.plan.score(self.model).is_feasible() {
                self.enter();
            }
        }
        self.age += 1;
        self.population.grow(&self.config, self.age);
        if changed {
            self.population.reorder(self.penalties.penalty());
        }
    }

    fn improve(&mut self, penalty: Penalty, watch: &Watch) {
        self.search.improve(&mut self.plan, penalty, &mut self.rng, watch);
    }

    /// Adds `plan` to the population and keeps it if it is the best.
    fn enter(&mut self) {
        let score = self.plan.score(self.model);
        self.population.add(&self.plan, score, self.penalties.penalty());
        self.collect();
        if !score.is_feasible() {
            return;
        }
        if score.distance < self.current {
            self.current = score.distance;
            self.idle = 0;
        }
        if self.best.as_ref().is_none_or(|&(cost, _)| score.distance < cost) {
            self.best = Some((score.distance, self.plan.clone()));
        }
    }

    /// Adds the feasible routes of `plan` to the pool.
    fn collect(&mut self) {
        let Some(pool) = &mut self.pool else { return };
        pool.look();
        for route in self.plan.routes() {
            let score = route_score(self.model, route);
            if score.is_feasible() {
                pool.meet(route.iter().copied(), score.distance);
            }
        }
        pool.limit(self.plan.ends.len());
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
