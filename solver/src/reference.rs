//! Costs that learned constructions are compared with.

use heuron_problems::Cost;

use crate::instance::{Instance, Kind};
use crate::options::Options;
use crate::run::solve;

/// Iterations without a better solution after which a cost is taken as it is.
const PATIENCE: u64 = 50_000;

/// The same for the CVRP, whose iterations are whole local searches: of 16 instances of 50 and 100 customers none was
/// cheaper after ten times as many.
const CVRP_PATIENCE: u64 = 5_000;

/// The cost that the searches reach on one thread without a model: optimal for most instances of up to 100 nodes, the
/// same on every machine. None if there is no solution.
pub fn reference(instance: &Instance) -> Option<Cost> {
    let patience = if instance.kind() == Kind::Cvrp { CVRP_PATIENCE } else { PATIENCE };
    let options = Options {
        no_improvement: Some(patience),
        threads: Some(1),
        islands: Some(1),
        no_model: true,
        ..Options::default()
    };
    solve(instance, &options, |_| {}).ok()?.report.cost
}
