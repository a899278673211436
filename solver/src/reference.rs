//! Costs that learned constructions are compared with.

use heuron_problems::Cost;

use crate::instance::Instance;
use crate::options::Options;
use crate::run::solve;

/// Iterations without a better solution after which a cost is taken as it is.
const PATIENCE: u64 = 50_000;

/// The cost that the searches reach on one thread without a model: optimal for most instances of up to 100 nodes, the
/// same on every machine. None if there is no solution.
pub fn reference(instance: &Instance) -> Option<Cost> {
    let options = Options {
        no_improvement: Some(PATIENCE),
        threads: Some(1),
        islands: Some(1),
        no_model: true,
        ..Options::default()
    };
    solve(instance, &options, |_| {}).ok()?.report.cost
}
