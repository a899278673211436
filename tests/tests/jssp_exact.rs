//! Proofs for the job shop: the tree against brute force, refutations against optima, and the classical files.

use std::fs;
use std::time::Instant;

use heuron_problems::jssp::Operation;
use heuron_problems::{Cost, Format, Generate, Jssp, Problem, Rounding, stream};
use heuron_search::jssp::TabuSearch;
use heuron_search::jssp::bound::lower_bound;
use heuron_search::jssp::exact::shave::refutes;
use heuron_search::jssp::exact::windows::Shop;
use heuron_search::jssp::exact::{Exact, destructive_bound};
use heuron_search::jssp::model::Model;
use heuron_search::{Budget, Clock, Progress, Run, Search, Setup, Stop, StopReason};
use heuron_tests::{brute_force, public_files};
use rand::Rng;

fn uniform(n: usize, machines: usize, seed: u64) -> Jssp {
    let spec = Jssp::spec(n, &format!("uniform,machines={machines}")).unwrap();
    Jssp::generate(&spec, &mut stream(seed, "jssp exact test", 0))
}

/// Jobs of different lengths that come back to machines, with operations of length 0.
fn irregular(seed: u64) -> Jssp {
    let mut rng = stream(seed, "irregular", 1);
    let mut job = |_| -> Vec<Operation> {
        let mut operation = || Operation {
            machine: rng.random_range(0..3),
            duration: if rng.random_bool(0.2) { 0 } else { rng.random_range(1..9) },
        };
        (0..3).map(|_| operation()).collect()
    };
    Jssp::new("irregular", 3, (0..3).map(&mut job).collect())
}

/// Branch and bound after some moves of tabu search; cost, bound and why it ended.
fn prove(jssp: &Jssp, moves: u64, exact: Exact) -> (Cost, Option<Cost>, Option<StopReason>) {
    let clock = Clock::wall(Instant::now());
    let setup = Setup { budget: Budget::default(), seed: 1, threads: 1, islands: 1, stop: Stop::default(), clock };
    let mut listener = |_: &Progress<'_, Jssp>| {};
    let mut run = Run::new(jssp, setup, &mut listener);
    TabuSearch { moves: Some(moves), ..TabuSearch::default() }.search(jssp, &mut run);
    let mut exact = exact;
    exact.search(jssp, &mut run);
    run.proceed(0);
    let (reason, bound) = (run.reason(), run.bound());
    let (cost, schedule) = run.into_best().expect("a schedule");
    assert_eq!(jssp.evaluate(&schedule), Ok(cost));
    (cost, bound, reason)
}

#[test]
fn optimum_of_brute_force_is_found_and_proven() {
    let mut improved = 0;
    for seed in 0..60 {
        let jssp = if seed % 2 == 0 { irregular(seed) } else { uniform(3, 3, seed) };
        let best = brute_force(&jssp);
        // One move leaves something to find.
        let clock = Clock::wall(Instant::now());
        let budget = Budget { iterations: Some(1), ..Budget::default() };
        let setup = Setup { budget, seed: 1, threads: 1, islands: 1, stop: Stop::default(), clock };
        let mut listener = |_: &Progress<'_, Jssp>| {};
        let mut run = Run::new(&jssp, setup, &mut listener);
        TabuSearch::default().search(&jssp, &mut run);
        improved += u32::from(run.cost() > Some(best));
        assert_eq!(prove(&jssp, 1, Exact::default()), (best, Some(best), Some(StopReason::Optimal)), "{seed}");
    }
    assert!(improved > 5, "{improved}");
}

#[test]
fn nothing_that_has_a_schedule_is_refuted() {
    let watch = heuron_search::Watch::never();
    let mut raised = 0;
    for seed in 0..60 {
        let jssp = if seed % 2 == 0 { irregular(seed) } else { uniform(3, 3, seed) };
        let (best, model) = (brute_force(&jssp), Model::new(&jssp));
        let shop = Shop::new(&model);
        let refuted = |limit| refutes(&shop, limit, &watch);
        assert!(!refuted(best) && !refuted(best + 3), "{seed}");
        let simple = lower_bound(&jssp);
        let bound = destructive_bound(&shop, simple, best, &watch);
        assert!(simple <= bound && bound <= best);
        raised += u32::from(bound > simple);
    }
    assert!(raised > 5, "{raised}");
}

#[test]
fn limits_of_size_and_nodes_are_kept() {
    let jssp = uniform(9, 9, 1);
    let small = Exact { most_operations: 80, ..Exact::default() };
    assert_eq!(prove(&jssp, 10, small).1, Some(lower_bound(&jssp)));
    let short = Exact { nodes: 3, ..Exact::default() };
    let (cost, bound, reason) = prove(&jssp, 10, short);
    assert!(bound < Some(cost) && reason.is_none());
}

#[test]
fn classical_files_of_ten_jobs_are_closed() {
    let Some(folder) = public_files() else { return };
    for (name, optimum) in [("ft06", 55), ("ft10", 930), ("la16", 945), ("la18", 848)] {
        let text = fs::read_to_string(folder.join(format!("jssp/standard/{name}.txt"))).unwrap();
        let jssp = Jssp::read(&text, Rounding::Nearest).unwrap();
        let (cost, bound, reason) = prove(&jssp, 100_000, Exact::default());
        assert_eq!((cost, bound, reason), (optimum, Some(optimum), Some(StopReason::Optimal)), "{name}");
    }
}
