//! Hybrid genetic search (HGS) for the CVRP.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022). Per iteration: two parents by binary tournament, order crossover of
//! their giant tours, Split, local search with penalties, perhaps repair, survivor selection by cost and diversity.

mod config;
mod crossover;
mod island;
mod penalty;
mod population;
mod split;

use std::time::Duration;

use heuron_problems::Cvrp;

pub use config::HgsConfig;

use super::least_vehicles;
use super::local::model::Model;
use super::local::plan::Plan;
use crate::run::Run;
use crate::search::{Search, islands};
use island::Island;

/// Instances with more customers are left alone: their tables would take longer to fill than a deadline may slip.
pub const LARGEST: usize = 2_000;

/// About the time that an individual takes per customer.
const INDIVIDUAL: Duration = Duration::from_micros(5);

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
        let config = self.config.at(problem.customers(), individuals(problem, run));
        let model = Model::new(problem, config.granular, fleet(problem));
        let mut populations: Vec<Island<'_>> = (0..run.setup().islands.max(1) as u64)
            .map(|index| Island::new(&model, &config, run.stream("hgs", index)))
            .collect();
        if let Some((_, routes)) = run.best() {
            let plan = Plan::new(routes);
            populations.iter_mut().for_each(|island| island.adopt(&plan));
        }
        let mut unmarked = 0;
        while run.proceed(0) {
            unmarked += evolve(&mut populations, run, round(problem.customers()));
            if unmarked >= self.config.exchange * populations.len() as u64 {
                unmarked = 0;
                exchange(&mut populations);
            }
        }
    }
}

/// One round of all islands; returns the iterations done.
fn evolve(populations: &mut [Island<'_>], run: &mut Run<'_, Cvrp>, round: u64) -> u64 {
    let count = populations.len() as u64;
    let allowed = run.allowance(round * count);
    let watch = run.watch();
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
