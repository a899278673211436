//! What a run reports.

use std::time::Duration;

use heuron_problems::Cost;
use heuron_search::{Run, StopReason};
use serde::Serialize;

use crate::instance::{Kind, Solvable};
use crate::learned::Plan;
use crate::options::Options;

/// The result of a run in figures. Serialised, it is the JSON of `--report`: the fields below in this order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Name of the instance.
    pub instance: String,
    /// Problem.
    pub problem: Kind,
    /// Nodes of a TSP, customers of a CVRP, items of a knapsack, operations of a job shop or flow shop, arms of a
    /// bandit.
    pub size: usize,
    /// Method that was asked for.
    pub method: String,
    /// Learned model that was used, if any; none where it had no time for a single solution.
    pub model: Option<String>,
    /// Seed of every random choice.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Logical islands.
    pub islands: usize,
    /// Cost of the solution in the instance's integer units, for a knapsack minus the profit, for a bandit minus the
    /// mean reward of a step; none without a solution.
    pub cost: Option<Cost>,
    /// Costs divided by this are in the units of the file.
    pub scale: f64,
    /// Whether a feasible solution was found.
    pub feasible: bool,
    /// Proven lower bound on every cost.
    pub bound: Option<Cost>,
    /// (cost - bound) / |bound|: 0.01 is one percent.
    pub gap_to_bound: Option<f64>,
    /// Best cost known from elsewhere.
    pub best_known: Option<Cost>,
    /// (cost - best_known) / |best_known|.
    pub gap_to_best_known: Option<f64>,
    /// `time`, `iterations`, `no_improvement` (also of a method that has nothing left to do), `target`, `optimal` (with
    /// a proof: cost and bound meet) or `interrupted`.
    pub stop_reason: &'static str,
    /// Iterations over all islands; each method says what one is.
    pub iterations: u64,
    /// Seconds until the solution was found.
    pub time_to_best_s: f64,
    /// Wall time of the run in seconds, reading included.
    pub wall_s: f64,
    /// CPU time of the run in seconds, over all threads.
    pub cpu_s: f64,
    /// Version of heuron.
    pub version: &'static str,
}

/// Time used by a run.
pub(crate) struct Used {
    pub wall: Duration,
    pub cpu: Duration,
}

impl Report {
    /// The report at the end of `run`.
    pub(crate) fn new<P: Solvable>(
        problem: &P,
        plan: &Plan<P>,
        options: &Options,
        run: &Run<'_, P>,
        used: Used,
    ) -> Self {
        let (cost, bound, best_known) = (run.cost(), run.bound(), options.best_known);
        Self {
            instance: problem.name().into(),
            problem: P::KIND,
            size: problem.size(),
            method: plan.method.into(),
            // A bandit's model plays whenever there is one.
            model: plan.model.clone().filter(|_| run.has_model() || P::KIND == Kind::Bandit),
            seed: run.setup().seed,
            threads: run.setup().threads,
            islands: run.setup().islands,
            cost,
            scale: problem.scale(),
            feasible: cost.is_some(),
            bound,
            gap_to_bound: gap(cost, bound),
            best_known,
            gap_to_best_known: gap(cost, best_known),
            stop_reason: reason(run),
            iterations: run.iterations(),
            time_to_best_s: run.time_to_best().as_secs_f64(),
            wall_s: used.wall.as_secs_f64(),
            cpu_s: used.cpu.as_secs_f64(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// How far `cost` lies above `reference`, as a fraction of it.
pub fn gap(cost: Option<Cost>, reference: Option<Cost>) -> Option<f64> {
    match (cost?, reference?) {
        (cost, reference) if cost == reference => Some(0.0),
        (cost, reference) if reference != 0 => Some((cost - reference) as f64 / reference.abs() as f64),
        _ => None,
    }
}

/// A proof counts more than the limit that happened to end the run.
fn reason<P: Solvable>(run: &Run<'_, P>) -> &'static str {
    let proven = run.bound().is_some_and(|bound| run.cost().is_some_and(|cost| cost <= bound));
    match run.reason() {
        _ if proven => "optimal",
        Some(StopReason::Time) => "time",
        Some(StopReason::Iterations) => "iterations",
        Some(StopReason::Target) => "target",
        Some(StopReason::Interrupted) => "interrupted",
        Some(StopReason::NoImprovement | StopReason::Optimal) | None => "no_improvement",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_is_a_fraction_of_the_reference() {
        assert_eq!(gap(Some(110), Some(100)), Some(0.1));
        assert_eq!(gap(Some(-90), Some(-100)), Some(0.1), "a profit of 90 where 100 is possible");
        assert_eq!(gap(Some(0), Some(0)), Some(0.0));
        assert_eq!(gap(Some(3), Some(0)), None);
        assert_eq!(gap(None, Some(1)), None);
    }
}
