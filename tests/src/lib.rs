//! Helpers of the tests.

use std::path::PathBuf;

use heuron_problems::{Construct, Cost, Problem, Stream, Tour, Tsp, Violation};
use heuron_search::{Progress, Run, Search, Setup, StopReason};
use rand::Rng;

/// A CVRP file with three customers and every limit.
pub const ROUTING: &str = "\
NAME : three
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
DISTANCE : 50
SERVICE_TIME : 2
VEHICLES : 2
NODE_COORD_SECTION
1 0 0
2 3 0
3 3 4
4 0 4
DEMAND_SECTION
1 0
2 4
3 5
4 6
DEPOT_SECTION
1
-1
EOF
";

/// What a run ended with.
#[derive(Debug, PartialEq)]
pub struct End<S> {
    /// The best solution and its cost.
    pub best: Option<(Cost, S)>,
    /// The proven lower bound.
    pub bound: Option<Cost>,
    /// The limit that was met; none where the search had nothing left to do.
    pub reason: Option<StopReason>,
    /// Iterations in all.
    pub iterations: u64,
    /// Costs of all incumbents in their order, with that of the start.
    pub costs: Vec<Cost>,
}

impl<S> End<S> {
    /// The cost of the best solution.
    ///
    /// # Panics
    /// If there is none.
    pub fn cost(&self) -> Cost {
        self.best.as_ref().expect("the search finds a solution").0
    }

    /// The best solution and its cost.
    ///
    /// # Panics
    /// If there is none.
    pub fn answer(self) -> (Cost, S) {
        self.best.expect("the search finds a solution")
    }
}

/// Runs one search, from `start` if there is one.
///
/// # Panics
/// If `start` is no solution, or the proven bound lies above the best one.
pub fn run<P: Problem>(
    problem: &P,
    setup: Setup,
    start: Option<&P::Solution>,
    mut search: impl Search<P>,
) -> End<P::Solution> {
    let mut costs = Vec::new();
    let mut listener = |progress: &Progress<'_, P>| costs.extend(progress.cost.filter(|_| progress.improved.is_some()));
    let mut run = Run::new(problem, setup, &mut listener);
    assert!(start.is_none_or(|start| run.offer(start)), "the start is no solution");
    search.search(problem, &mut run);
    run.proceed(0);
    let (bound, reason, iterations) = (run.bound(), run.reason(), run.iterations());
    assert!(bound.zip(run.cost()).is_none_or(|(bound, cost)| bound <= cost), "{bound:?} > {:?}", run.cost());
    End { best: run.into_best(), bound, reason, iterations, costs }
}

/// The folder of the public instance files, which the variable `HEURON_INSTANCES` names. Without it a test that reads
/// them says so and is skipped.
pub fn public_files() -> Option<PathBuf> {
    let folder = std::env::var_os("HEURON_INSTANCES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: HEURON_INSTANCES is not set");
    }
    folder
}

/// The files with this extension in a folder, sorted by name.
///
/// # Panics
/// If the folder cannot be read or has no such file: a test that looks at nothing must not pass.
pub fn files(folder: PathBuf, extension: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    assert!(!files.is_empty(), "no .{extension} file in {}", folder.display());
    files.sort();
    files
}

/// The least cost over all orders of construction, none of which may break anything but a limit on the fleet;
/// [`Cost::MAX`] if all do.
pub fn brute_force<P: Construct>(problem: &P) -> Cost {
    fn extend<P: Construct>(problem: &P, state: &P::State, best: &mut Cost) {
        let open = open(problem, state);
        if open.is_empty() {
            match problem.evaluate(&problem.finish(state)) {
                Ok(cost) => *best = (*best).min(cost),
                Err(Violation::TooManyRoutes { .. }) => {}
                Err(violation) => panic!("a construction that is not feasible: {violation}"),
            }
        }
        for action in open {
            let mut next = state.clone();
            problem.step(&mut next, action);
            extend(problem, &next, best);
        }
    }
    let mut best = Cost::MAX;
    extend(problem, &problem.start(), &mut best);
    best
}

/// The length of the shortest feasible tour, by all cyclic orders.
pub fn shortest_tour(tsp: &Tsp) -> Cost {
    fn permute(tsp: &Tsp, tour: &mut Tour, from: usize) -> Cost {
        if from >= tour.nodes.len() {
            return tsp.evaluate(tour).unwrap_or(Cost::MAX);
        }
        let mut best = Cost::MAX;
        for at in from..tour.nodes.len() {
            tour.nodes.swap(from, at);
            best = best.min(permute(tsp, tour, from + 1));
            tour.nodes.swap(from, at);
        }
        best
    }
    permute(tsp, &mut Tour { nodes: (0..tsp.len() as u32).collect() }, 1)
}

/// What random actions construct.
pub fn random_solution<P: Construct>(problem: &P, rng: &mut Stream) -> P::Solution {
    let mut state = problem.start();
    loop {
        let open = open(problem, &state);
        if open.is_empty() {
            return problem.finish(&state);
        }
        problem.step(&mut state, open[rng.random_range(0..open.len())]);
    }
}

/// The actions that are allowed.
fn open<P: Construct>(problem: &P, state: &P::State) -> Vec<u32> {
    let mut mask = vec![false; problem.width()];
    problem.allowed(state, &mut mask);
    (0..).zip(mask).filter(|(_, allowed)| *allowed).map(|(action, _)| action).collect()
}
