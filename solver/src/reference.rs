//! Costs that learned constructions are compared with.

use heuron_problems::Cost;
use heuron_search::Stop;

use crate::instance::{Instance, Kind};
use crate::options::Options;
use crate::run::solve;

/// Iterations without a better solution after which a cost is taken as it is.
pub(crate) const fn patience(kind: Kind) -> u64 {
    match kind {
        // An iteration is a whole local search: of 16 instances of 50 and 100 customers none was cheaper after ten
        // times as many.
        Kind::Cvrp => 5_000,
        // Enough for a population, too few for a proof, which takes seconds: of 50 instances of 100 nodes 49 cost what
        // proofs and longer searches end with, and the mean is 0.001 % above theirs.
        Kind::Tsp => 2_000,
        // A move, of which there are hundreds of thousands per second.
        Kind::Jssp => 200_000,
        // A walk of reinsertions, of which there are thousands.
        Kind::Ffsp => 2_000,
        _ => 50_000,
    }
}

/// The cost that the searches reach on one thread without a model: optimal for most instances of up to 100 nodes, the
/// same on every machine. None if there is no solution, or if `stop` came first.
pub fn reference(instance: &Instance, stop: &Stop) -> Option<Cost> {
    let options = Options {
        no_improvement: Some(patience(instance.kind())),
        threads: Some(1),
        islands: Some(1),
        no_model: true,
        stop: stop.clone(),
        ..Options::default()
    };
    let solved = solve(instance, &options, |_| {}).ok()?;
    solved.report.cost.filter(|_| !stop.is_cancelled())
}
