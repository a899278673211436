//! Hybrid genetic search (HGS) for the CVRP.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022). Per iteration: two parents by binary tournament, order crossover of
//! their giant tours, Split, local search with penalties, perhaps repair, survivor selection by cost and diversity.
//! Now and then set partitioning (`cvrp::partition`) puts the feasible routes met together anew.

mod breeder;
mod colony;
mod config;
mod crossover;
mod marks;
mod nursery;
mod penalty;
mod population;
mod split;

use std::time::Duration;

use heuron_problems::{ConfigError, Cost, Cvrp};

pub use config::HgsConfig;

use super::least_vehicles;
use super::local::model::Model;
use super::local::plan::{Plan, route_score};
use super::partition::{self, Route};
use super::span::Span;
use crate::run::{Run, Watch};
use crate::search::Search;
use breeder::{Breeder, Workshop};
use colony::Colony;
use marks::Marks;
use nursery::Nursery;

/// Instances with more customers are left alone: their tables would take longer to fill than a deadline may slip.
pub const LARGEST: usize = 2_000;

/// About the time that an individual takes per customer.
const INDIVIDUAL: Duration = Duration::from_micros(5);

/// Customers of the individuals of a round, for each island: about 0.1 s.
const ROUND: u64 = 40_000;

/// No attempt takes more of the budget than this.
const SPELL: f64 = 0.02;

/// Hybrid genetic search as a stage of a recipe. One iteration is one individual: offspring or seedling, local search
/// and perhaps repair. Leaves the run as it is for more than [`LARGEST`] customers.
#[derive(Clone, Debug, Default)]
pub struct Hgs {
    config: HgsConfig,
}

impl Hgs {
    /// The stage with other parameters than the default ones.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn new(config: HgsConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config })
    }
}

impl Search<Cvrp> for Hgs {
    fn search(&mut self, problem: &Cvrp, run: &mut Run<'_, Cvrp>) {
        run.set_method("hgs");
        if problem.customers() == 0 || problem.customers() > LARGEST {
            return;
        }
        let breeders = breeders(run);
        let individuals = individuals(problem, breeders, run);
        let config = self.config.at(problem.customers(), individuals);
        let model = Model::new(problem, config.granular, fleet(problem));
        let mut marks = Marks::new(individuals);
        let mut colony = Colony::new(&model, &config, !marks.is_over());
        if let Some((_, routes)) = run.best() {
            colony.adopt(&Plan::new(routes));
        }
        let streams = (0..breeders as u64).map(|index| run.stream("hgs", index));
        let threads = run.setup().threads.clamp(1, breeders);
        let mut nursery = Nursery::new(
            colony,
            streams.map(|rng| Breeder::new(&model, &config, rng)),
            (0..threads).map(|_| Workshop::new(&model, &config)),
        );
        let span = Span::new(run, 1.0);
        let round = ROUND.div_ceil(problem.customers() as u64).clamp(4, 1_000) * run.setup().islands.max(1) as u64;
        while run.proceed(0) {
            let used = span.used(run);
            if marks.pass(used) {
                let watch = span.watch(run, used.unwrap_or(0.0) + SPELL);
                recombine(nursery.colony(), &model, problem.vehicles.is_some(), run, &watch);
            }
            let watch = span.watch(run, marks.next());
            let allowed = span.allowance(run, marks.next(), round);
            let done = nursery.evolve(allowed, &watch);
            if let Some(plan) = nursery.colony().best() {
                run.offer(&plan.to_routes());
            }
            run.proceed(done);
            marks.count(done);
        }
    }
}

/// Puts the best solution and the routes that were met together anew; the colony goes on with what is better.
fn recombine(colony: &mut Colony<'_>, model: &Model, fleet: bool, run: &mut Run<'_, Cvrp>, watch: &Watch) {
    let met = colony.collected();
    let Some(best) = colony.best() else { return };
    let measured = |route: &[u32]| Route { cost: route_score(model, route).distance, customers: route.to_vec() };
    let incumbent: Vec<Route> = best.routes().map(measured).collect();
    let far: Vec<Cost> = model.from(0).iter().map(|&distance| distance.into()).collect();
    if let Some(routes) = partition::recombine(&incumbent, &met, &far, fleet, watch) {
        let mut plan = Plan::default();
        routes.iter().for_each(|route| plan.push(route));
        colony.adopt(&plan);
        run.offer(&plan.to_routes());
    }
}

/// Breeders of a run: one for a single island; two for each of several, so that threads seldom wait for each other.
fn breeders(run: &Run<'_, Cvrp>) -> usize {
    match run.setup().islands {
        0 | 1 => 1,
        islands => 2 * islands,
    }
}

/// About how many individuals the budget allows; `u64::MAX` without a limit.
fn individuals(problem: &Cvrp, breeders: usize, run: &Run<'_, Cvrp>) -> u64 {
    let timed = run.watch().remaining().map_or(u64::MAX, |time| {
        let threads = run.setup().threads.clamp(1, breeders) as u32;
        let each = INDIVIDUAL * problem.customers() as u32 / threads;
        (time.as_nanos() / each.as_nanos().max(1)) as u64
    });
    let left = run.setup().budget.iterations.map_or(u64::MAX, |limit| limit.saturating_sub(run.iterations()));
    timed.min(left)
}

/// Routes to plan with: the fleet, or where it is unlimited 30 % more than the demand needs and 3.
fn fleet(problem: &Cvrp) -> usize {
    let roomy = (1.3 * least_vehicles(problem) as f64).ceil() as usize + 3;
    // A duration limit may ask for any number of routes; demands may fit badly together.
    let enough = if problem.limit.is_some() { problem.customers() } else { roomy.max(packed(problem) + 3) };
    problem.vehicles.unwrap_or(enough).clamp(1, problem.customers())
}

/// Routes that first-fit decreasing packs the demands into.
fn packed(problem: &Cvrp) -> usize {
    let mut demands = problem.demands[1..].to_vec();
    demands.sort_unstable_by(|a, b| b.cmp(a));
    let mut room: Vec<i64> = Vec::new();
    for demand in demands {
        match room.iter_mut().find(|room| **room >= demand) {
            Some(room) => *room -= demand,
            None => room.push(problem.capacity - demand),
        }
    }
    room.len()
}
