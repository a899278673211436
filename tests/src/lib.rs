//! Helpers of the tests.

use std::path::PathBuf;

use heuron_problems::{Construct, Cost, Problem, Stream, Tour, Tsp, Violation};
use rand::Rng;

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
