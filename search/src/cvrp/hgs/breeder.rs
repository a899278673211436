//! Makes individuals: a solution from scratch or the child of two parents, improved and perhaps repaired.

use heuron_problems::Stream;
use rand::Rng;
use rand::seq::SliceRandom;

use super::HgsConfig;
use super::crossover::order_crossover;
use super::population::Population;
use super::split::Split;
use crate::cvrp::local::LocalSearch;
use crate::cvrp::local::model::Model;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::{Plan, Score};
use crate::cvrp::savings::savings;
use crate::run::Watch;

/// What an individual is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Savings of a random shape.
    Savings,
    /// A random giant tour.
    Random,
    /// The crossover of two parents, or a random giant tour where there are none.
    Parents,
}

/// What the colony wants next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub origin: Origin,
    pub penalty: Penalty,
    /// Penalties for the repair of an infeasible individual.
    pub repair: Penalty,
}

/// What individuals are made with: large tables, of which every thread has its own, near its core. Two of them share no
/// cache line, since threads write them.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Workshop<'m> {
    search: LocalSearch<'m>,
    split: Split,
}

impl<'m> Workshop<'m> {
    pub fn new(model: &'m Model, config: &HgsConfig) -> Self {
        Self { search: LocalSearch::new(model, config.patient_moves), split: Split::default() }
    }
}

/// One individual at a time, with its own random stream.
#[derive(Debug)]
pub(super) struct Breeder<'m> {
    model: &'m Model,
    config: HgsConfig,
    rng: Stream,
    /// What is to be made, until it is delivered.
    wish: Option<Wish>,
    /// The giant tour to cut, and into how many routes at most.
    tour: Vec<u32>,
    routes: usize,
    taken: Vec<bool>,
    /// The individual, perhaps infeasible.
    pub plan: Plan,
    score: Score,
    /// What its repair came to, and its score where that is feasible.
    pub repaired: Plan,
    mended: Option<Score>,
}

impl<'m> Breeder<'m> {
    pub fn new(model: &'m Model, config: &HgsConfig, rng: Stream) -> Self {
        Self {
            model,
            config: config.clone(),
            rng,
            wish: None,
            tour: (1..=model.customers() as u32).collect(),
            routes: 0,
            taken: Vec::new(),
            plan: Plan::default(),
            score: Score::default(),
            repaired: Plan::default(),
            mended: None,
        }
    }

    /// Prepares the giant tour of the individual that is wished for.
    pub fn prepare(&mut self, wish: Wish, population: &mut Population) {
        self.wish = Some(wish);
        self.routes = self.model.fleet();
        match wish.origin {
            Origin::Savings => {}
            Origin::Random => self.tour.shuffle(&mut self.rng),
            Origin::Parents => self.cross(population),
        }
    }

    /// Chooses parents and crosses them; a random giant tour where there are none.
    fn cross(&mut self, population: &mut Population) {
        let Some((a, b)) = population.parents(&mut self.rng) else { return self.tour.shuffle(&mut self.rng) };
        order_crossover(&a.tour, &b.tour, &mut self.tour, &mut self.taken, &mut self.rng);
        if self.config.patient_moves {
            self.routes = a.ends.len().max(self.model.least_vehicles()).min(self.routes);
        }
    }

    /// Makes the individual, unless none is wished for.
    pub fn raise(&mut self, Workshop { search, split }: &mut Workshop<'m>, watch: &Watch) {
        let Some(wish) = self.wish else { return };
        if wish.origin == Origin::Savings {
            self.save(watch);
        }
        if wish.origin != Origin::Savings || self.plan.ends.len() > self.routes {
            split.split(self.model, wish.penalty, &self.tour, self.routes, &mut self.plan);
        }
        search.improve(&mut self.plan, wish.penalty, &mut self.rng, watch);
        self.score = self.plan.score(self.model);
        if !self.score.is_feasible() && self.rng.random_bool(self.config.repair) {
            self.repaired.copy(&self.plan);
            search.improve(&mut self.repaired, wish.repair, &mut self.rng, watch);
            self.mended = Some(self.repaired.score(self.model)).filter(Score::is_feasible);
        }
    }

    /// The scores of the individual made since the last time, if any: as it was bred, in `plan`, and as it was
    /// repaired, in `repaired`, where that made it feasible.
    pub fn deliver(&mut self) -> Option<(Score, Option<Score>)> {
        self.wish.take().map(|_| (self.score, self.mended.take()))
    }

    /// Savings, and their giant tour.
    fn save(&mut self, watch: &Watch) {
        let shape = self.rng.random_range(128..=448);
        self.plan.clear();
        savings(self.model, shape, watch).iter().for_each(|route| self.plan.push(route));
        self.tour.clone_from(&self.plan.tour);
    }
}
