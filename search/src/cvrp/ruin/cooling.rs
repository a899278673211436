//! The temperature: falls geometrically with the share of the budget that is used up.

use std::time::Duration;

use heuron_problems::{Cost, Cvrp};

use super::config::Config;
use crate::run::Run;

/// Schedule of one stage.
#[derive(Clone, Debug)]
pub(super) struct Cooling {
    hot: f64,
    cold: f64,
    /// Start and end of the stage in time, if that is limited.
    time: Option<(Duration, Duration)>,
    /// The same in iterations.
    iterations: Option<(u64, u64)>,
    start: u64,
    horizon: u64,
}

impl Cooling {
    /// A schedule for what is left of the run's budget, for a solution of `arcs` arcs that costs `cost`.
    pub fn new(config: &Config, run: &Run<'_, Cvrp>, cost: Cost, arcs: usize, hot: f64) -> Self {
        let budget = &run.setup().budget;
        // At least one unit: below, nothing but improvements is accepted and the logarithm has no meaning.
        let hot = (hot * cost as f64 / arcs.max(1) as f64).max(1.0);
        Self {
            hot,
            cold: config.cold,
            time: budget.time.map(|end| (run.elapsed(), end)),
            iterations: budget.iterations.map(|end| (run.iterations(), end)),
            start: run.iterations(),
            horizon: config.horizon * arcs.max(1) as u64,
        }
    }

    /// The temperature now. Without a limit it is reheated after every horizon.
    pub fn temperature(&self, run: &Run<'_, Cvrp>) -> f64 {
        let time = self.time.map(|(start, end)| {
            let span = end.saturating_sub(start).as_secs_f64().max(1e-9);
            run.elapsed().saturating_sub(start).as_secs_f64() / span
        });
        let done = self
            .iterations
            .map(|(start, end)| (run.iterations() - start) as f64 / end.saturating_sub(start).max(1) as f64);
        let share = match (time, done) {
            (None, None) => ((run.iterations() - self.start) % self.horizon) as f64 / self.horizon as f64,
            _ => time.unwrap_or(0.0).max(done.unwrap_or(0.0)),
        };
        self.hot * self.cold.powf(share.min(1.0))
    }
}
