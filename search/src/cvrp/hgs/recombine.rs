//! Recombination of routes from different solutions, at set times of a run.
//!
//! After Subramanian, Uchoa and Ochi (2013), who call set partitioning time and again and give its solutions back to
//! the search; see [`partition`].

use std::time::Duration;

use heuron_problems::{Cvrp, Routes};

use super::HgsConfig;
use super::island::Island;
use crate::cvrp::local::plan::Plan;
use crate::cvrp::partition::partition;
use crate::cvrp::pool::{Pool, elite};
use crate::run::Run;

/// Routes that an island remembers: some ten times those that a set partitioning is made of.
const MEMORY: usize = 20_000;

/// More customers were not measured. The program is built without a look at the clock: 10 ms at 700 customers.
const LARGEST: usize = 700;

/// Branch and bound does not hear of signals: no single call may take longer.
const LONGEST: Duration = Duration::from_secs(1);

/// Below, not even the linear relaxation is solved.
const SHORTEST: Duration = Duration::from_millis(20);

/// When to recombine next, and for how long.
pub(super) struct Recombination {
    /// Start and time between two calls; none: never.
    next: Option<(Duration, Duration)>,
    /// Time of one call.
    span: Duration,
    /// Routes to choose from.
    columns: usize,
}

impl Recombination {
    /// Spread over what is left of the time limit. Never, where iterations are limited: branch and bound stops by the
    /// clock, on which such a run must not depend.
    pub fn new(problem: &Cvrp, run: &Run<'_, Cvrp>, config: &HgsConfig) -> Self {
        let customers = problem.customers();
        let budget = &run.setup().budget;
        let timed = budget.iterations.is_none() && budget.no_improvement.is_none();
        let left = budget.time.map_or(Duration::ZERO, |limit| limit.saturating_sub(run.elapsed()));
        let span = left.mul_f64(config.recombination_share / f64::from(config.recombinations.max(1))).min(LONGEST);
        let pays = timed && customers <= LARGEST && customers as f64 <= config.short * least_routes(problem);
        // One period more than calls, so that the last one is over in time and its result can be worked on.
        let period = left / (config.recombinations + 1);
        let next = (pays && span >= SHORTEST && config.recombinations > 0).then(|| (run.elapsed() + period, period));
        Self { next, span, columns: config.columns * customers }
    }

    /// Memory for the routes of one island; none where they are not needed.
    pub fn pool(&self, problem: &Cvrp, run: &Run<'_, Cvrp>) -> Option<Pool> {
        // All islands draw the same keys, so that their routes can be compared.
        self.next.map(|_| Pool::new(problem.customers(), MEMORY, &mut run.stream("pool", 0)))
    }

    /// If it is time: offers the cheapest solution made of routes met, and gives it to all islands.
    pub fn recombine(&mut self, problem: &Cvrp, islands: &mut [Island<'_>], run: &mut Run<'_, Cvrp>) {
        let Some((due, period)) = self.next.filter(|&(due, _)| run.elapsed() >= due) else { return };
        self.next = Some((due + period, period));
        let Some((_, incumbent)) = run.best() else { return };
        let columns = elite(problem, incumbent, islands.iter().filter_map(Island::pool), self.columns);
        // Half of what is left, so that the answer is never late.
        let span = run.watch().remaining().map_or(self.span, |left| self.span.min(left / 2));
        let used = incumbent.routes.iter().filter(|route| !route.is_empty()).count();
        let Some(routes) = partition(problem, &columns, used, span) else { return };
        if run.offer(&routes) {
            adopt(&routes, islands);
        }
    }
}

fn adopt(routes: &Routes, islands: &mut [Island<'_>]) {
    let plan = Plan::new(routes);
    islands.iter_mut().for_each(|island| island.adopt(&plan));
}

/// Routes that the demands need at least.
fn least_routes(problem: &Cvrp) -> f64 {
    let total: i64 = problem.demands.iter().sum();
    (total as f64 / problem.capacity.max(1) as f64).ceil().max(1.0)
}
