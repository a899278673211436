//! Hybrid genetic search (HGS) for the CVRP.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022). Per iteration: two parents by binary tournament, order crossover of
//! their giant tours, Split, local search with penalties, perhaps repair, survivor selection by cost and diversity.
//! Now and then set partitioning (`cvrp::partition`) puts the feasible routes met together anew.

mod config;
mod crossover;
mod island;
mod marks;
mod penalty;
mod population;
mod split;

use std::time::Duration;

use heuron_problems::{Cost, Cvrp};

pub use config::HgsConfig;

use super::least_vehicles;
use super::local::model::Model;
use super::local::plan::{Plan, route_score};
use super::partition::{self, Route};
use super::span::Span;
use crate::run::{Run, Watch};
use crate::search::{Search, islands};
use island::Island;
use marks::Marks;

/// Instances with more customers are left alone: their tables would take longer to fill than a deadline may slip.
pub const LARGEST: usize = 2_000;

/// About the time that an individual takes per customer.
const INDIVIDUAL: Duration = Duration::from_micros(5);

/// No attempt takes more of the budget than this.
const SPELL: f64 = 0.02;

/// Hybrid genetic search as a stage of a recipe. One iteration is one individual: offspring or seedling, local search
/// and perhaps repair. Leaves the run as it is for more than [`LARGEST`] customers.
#[derive(Clone, Debug, Default)]
pub struct Hgs {
    config: HgsConfig,
}

impl Hgs {
    /// The stage with other parameters than the default ones; the error names the field that is wrong.
    pub fn new(config: HgsConfig) -> Result<Self, String> {
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
        let individuals = individuals(problem, run);
        let config = self.config.at(problem.customers(), individuals);
        let model = Model::new(problem, config.granular, fleet(problem));
        let mut marks = Marks::new(individuals);
        let mut populations: Vec<Island<'_>> = (0..run.setup().islands.max(1) as u64)
            .map(|index| Island::new(&model, &config, run.stream("hgs", index), !marks.is_over()))
            .collect();
        if let Some((_, routes)) = run.best() {
            let plan = Plan::new(routes);
            populations.iter_mut().for_each(|island| island.adopt(&plan));
        }
        let span = Span::new(run, 1.0);
        let mut unshared = 0;
        while run.proceed(0) {
            let used = span.used(run);
            if marks.pass(used) {
                let watch = span.watch(run, used.unwrap_or(0.0) + SPELL);
                recombine(&mut populations, &model, problem.vehicles.is_some(), run, &watch);
            }
            let done = evolve(&mut populations, run, &span, marks.next(), round(problem.customers()));
            marks.count(done / populations.len() as u64);
            unshared += done;
            if unshared >= self.config.exchange * populations.len() as u64 {
                unshared = 0;
                exchange(&mut populations);
            }
        }
    }
}

/// Puts the best solution and the routes that the islands have met together anew; all go on with what is better.
fn recombine(islands: &mut [Island<'_>], model: &Model, fleet: bool, run: &mut Run<'_, Cvrp>, watch: &Watch) {
    let met: Vec<Route> = islands.iter_mut().flat_map(Island::collected).collect();
    let Some((_, best)) = islands.iter().filter_map(Island::best).min_by_key(|(cost, _)| *cost) else { return };
    let measured = |route: &[u32]| Route { cost: route_score(model, route).distance, customers: route.to_vec() };
    let incumbent: Vec<Route> = best.routes().map(measured).collect();
    let far: Vec<Cost> = model.from(0).iter().map(|&distance| distance.into()).collect();
    if let Some(routes) = partition::recombine(&incumbent, &met, &far, fleet, watch) {
        let mut plan = Plan::default();
        routes.iter().for_each(|route| plan.push(route));
        islands.iter_mut().for_each(|island| island.adopt(&plan));
        run.offer(&plan.to_routes());
    }
}

/// One round of all islands, which ends where `end` of the budget is used; returns the iterations done.
fn evolve(populations: &mut [Island<'_>], run: &mut Run<'_, Cvrp>, span: &Span, end: f64, round: u64) -> u64 {
    let count = populations.len() as u64;
    let allowed = span.allowance(run, end, round * count);
    let watch = span.watch(run, end);
    let mut work: Vec<(&mut Island<'_>, u64)> = populations.iter_mut().map(|island| (island, 0)).collect();
    islands(run.setup().threads, &mut work, |index, (island, done)| {
        let share = allowed / count + u64::from((index as u64) < allowed % count);
        *done = island.evolve(share, &watch);
    });
    let done = work.iter().map(|(_, done)| done).sum();
    for (island, _) in &work {
        if let Some((_, plan)) = island.best() {
            run.offer(&plan.to_routes());
        }
    }
    run.proceed(done);
    done
}

/// Every island sends its best solution to the next one of the ring.
fn exchange(populations: &mut [Island<'_>]) {
    if populations.len() < 2 {
        return;
    }
    let elites: Vec<Option<Plan>> = populations.iter().map(|i| i.best().map(|(_, plan)| plan.clone())).collect();
    for (index, elite) in elites.iter().enumerate() {
        let next = (index + 1) % populations.len();
        if let Some(plan) = elite {
            populations[next].adopt(plan);
        }
    }
}

/// About how many individuals the budget allows an island; `u64::MAX` without a limit.
fn individuals(problem: &Cvrp, run: &Run<'_, Cvrp>) -> u64 {
    let islands = run.setup().islands.max(1) as u64;
    let timed = run.watch().remaining().map_or(u64::MAX, |time| {
        let each = INDIVIDUAL * problem.customers() as u32 * islands as u32 / run.setup().threads.max(1) as u32;
        (time.as_nanos() / each.as_nanos().max(1)) as u64
    });
    let left = run.setup().budget.iterations.map_or(u64::MAX, |limit| limit.saturating_sub(run.iterations()));
    timed.min(left / islands)
}

/// Iterations of one island per round: about 0.1 s.
fn round(customers: usize) -> u64 {
    (40_000 / customers.max(1) as u64).clamp(4, 1_000)
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
