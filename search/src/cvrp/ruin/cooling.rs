//! The temperature: falls geometrically with the share of the budget that is used up.

use heuron_problems::{Cost, Cvrp};

use super::config::Config;
use crate::cvrp::span::Span;
use crate::run::Run;

/// Customers per route up to which the mean arc cost is the unit of temperature.
const LONG: usize = 20;

/// Schedule of one stage.
#[derive(Clone, Debug)]
pub(super) struct Cooling {
    hot: f64,
    cold: f64,
    span: Span,
    start: u64,
    horizon: u64,
}

impl Cooling {
    /// A schedule for what is left of the run's budget, from `hot` units on; see [`Config::hot`]. The start has
    /// `customers` customers on `routes` routes and costs `cost`.
    pub fn new(config: &Config, run: &Run<'_, Cvrp>, hot: f64, cost: Cost, customers: usize, routes: usize) -> Self {
        // Long routes need more: at the mean arc, Brussels2 (88 customers per route) ends 1.3 % higher.
        let arcs = customers.min(LONG * routes) + routes;
        // At least one unit: below, hardly anything but improvements is accepted.
        let hot = (hot * cost as f64 / arcs.max(1) as f64).max(1.0);
        Self {
            hot,
            cold: config.cold,
            span: Span::new(run, config.share.clamp(0.0, 1.0)),
            start: run.iterations(),
            horizon: config.horizon * customers.max(1) as u64,
        }
    }

    /// The used share of the stage's budget; none without a limit.
    pub fn used(&self, run: &Run<'_, Cvrp>) -> Option<f64> {
        self.span.used(run)
    }

    /// The temperature now. Without a limit it is reheated after every horizon.
    pub fn temperature(&self, run: &Run<'_, Cvrp>) -> f64 {
        let reheated = || ((run.iterations() - self.start) % self.horizon) as f64 / self.horizon as f64;
        self.hot * self.cold.powf(self.used(run).unwrap_or_else(reheated).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Metric};

    use super::*;
    use crate::run::{Budget, Setup};

    #[test]
    fn temperature_falls_from_hot_to_cold_over_the_iterations() {
        let distances = Distances::new(Metric::Ceil, vec![[0.0, 0.0], [1.0, 0.0]]);
        let problem = Cvrp::new("two nodes", distances, vec![0, 1], 1);
        let mut listener = |_: &crate::run::Progress<'_, Cvrp>| {};
        let mut run = Run::new(&problem, Setup::new(Budget::iterations(100)), &mut listener);
        let config = Config { cold: 0.01, ..Config::default() };
        let cooling = Cooling::new(&config, &run, 2.0, 5_000, 9, 1);
        let mut seen = vec![cooling.temperature(&run)];
        while run.proceed(50) {
            seen.push(cooling.temperature(&run));
        }
        seen.push(cooling.temperature(&run));
        let expected = [1_000.0, 100.0, 10.0];
        assert!(seen.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6) && seen.len() == 3, "{seen:?}");
    }
}
