//! What the benches share: random instances, and runs limited by iterations.

use heuron_problems::{Cvrp, Generate, Knapsack, Problem, Tsp, stream};
use heuron_search::{Budget, Progress, Run, Search, Setup};

/// A uniform TSP instance, the same on every call.
pub fn tsp(n: usize) -> Tsp {
    Tsp::generate(&Tsp::spec(n, "uniform").expect("a known distribution"), &mut stream(1, "bench tsp", n as u64))
}

/// A CVRP instance of `n` customers by the scheme of the X set, with about ten customers per route.
pub fn cvrp(n: usize) -> Cvrp {
    let spec = Cvrp::spec(n, "x,depot=central,customers=random,demand=1-100,r=10").expect("a known distribution");
    Cvrp::generate(&spec, &mut stream(1, "bench cvrp", n as u64))
}

/// The published knapsack instance of `n` items in the middle of the series of its class.
pub fn knapsack(n: usize, class: &str) -> Knapsack {
    let spec = Knapsack::spec(n, &format!("{class},r=10000,i=50")).expect("a known distribution");
    Knapsack::generate(&spec, &mut stream(1, "bench knapsack", n as u64))
}

/// Runs a search on one thread for so many iterations and returns its best solution.
pub fn search<P: Problem>(problem: &P, search: &mut dyn Search<P>, iterations: u64) -> Option<P::Solution> {
    let mut listener = |_: &Progress<'_, P>| {};
    let mut run = Run::new(problem, Setup::new(Budget::iterations(iterations)), &mut listener);
    search.search(problem, &mut run);
    run.into_best().map(|(_, solution)| solution)
}
