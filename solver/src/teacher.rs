//! What training takes from the searches: reference costs, and local search on sampled solutions.

use heuron_policies::train::Train;
use heuron_problems::{Cost, Cvrp, Knapsack, Tsp};
use heuron_search::Improve;

use crate::instance::{Instance, Solvable};
use crate::options::Options;
use crate::run::solve;

/// Iterations without a better solution after which a reference is taken as it is.
const PATIENCE: u64 = 50_000;

/// A problem that models are trained on.
pub(crate) trait Teachable: Train + Improve + Solvable + Clone + Into<Instance> {}

impl Teachable for Tsp {}

impl Teachable for Cvrp {}

impl Teachable for Knapsack {}

/// The cost that the solver reaches on one thread, without a model; the same on every machine. None if it finds no
/// solution.
pub(crate) fn reference<P: Teachable>(problem: &P) -> Option<Cost> {
    let options = Options {
        no_improvement: Some(PATIENCE),
        threads: Some(1),
        islands: Some(1),
        no_model: true,
        ..Options::default()
    };
    solve(&problem.clone().into(), &options, |_| {}).ok()?.report.cost
}
