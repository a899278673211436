//! Proofs for the job shop: the tree against brute force, refutations against optima, and the classical files.

use std::fs;

use heuron_problems::jssp::Operation;
use heuron_problems::{Format, Generate, Jssp, Rounding, Schedule, stream};
use heuron_search::jssp::TabuSearch;
use heuron_search::jssp::bound::lower_bound;
use heuron_search::jssp::exact::shave::refutes;
use heuron_search::jssp::exact::windows::Shop;
use heuron_search::jssp::exact::{Exact, destructive_bound, propagated_bound};
use heuron_search::jssp::model::Model;
use heuron_search::{Budget, Setup, StopReason, Watch};
use heuron_tests::{End, brute_force, public_files, run};
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

/// Branch and bound from what some moves of tabu search found.
fn prove(jssp: &Jssp, moves: u64, exact: Exact) -> End<Schedule> {
    let (_, start) = run(jssp, Setup::new(Budget::iterations(moves)), None, TabuSearch::default()).answer();
    run(jssp, Setup::new(Budget::default()), Some(&start), exact)
}

#[test]
fn optimum_of_brute_force_is_found_and_proven() {
    let mut improved = 0;
    for seed in 0..60 {
        let jssp = if seed % 2 == 0 { irregular(seed) } else { uniform(3, 3, seed) };
        let best = brute_force(&jssp);
        for plain in [0, 5, u64::MAX] {
            // One move leaves something to find.
            let end = prove(&jssp, 1, Exact { plain, ..Exact::default() });
            improved += u32::from(end.costs.len() > 1);
            assert_eq!((end.bound, end.reason), (Some(best), Some(StopReason::Optimal)), "{seed}");
            assert_eq!(end.cost(), best, "{seed}");
        }
    }
    assert!(improved > 15, "{improved}");
}

#[test]
fn islands_share_a_tree_whatever_the_threads() {
    for seed in 0..10 {
        let jssp = uniform(7, 6, seed);
        let (_, start) = run(&jssp, Setup::new(Budget::iterations(1)), None, TabuSearch::default()).answer();
        let close = |islands, threads| {
            let setup = Setup { islands, threads, ..Setup::new(Budget::default()) };
            run(&jssp, setup, Some(&start), Exact { plain: 300, ..Exact::default() })
        };
        let (alone, together) = (close(1, 1), close(3, 1));
        assert_eq!(together, close(3, 2), "{seed}");
        assert_eq!(together.reason, Some(StopReason::Optimal), "{seed}");
        assert_eq!((together.cost(), together.bound), (alone.cost(), alone.bound), "{seed}");
    }
}

#[test]
fn nothing_that_has_a_schedule_is_refuted() {
    let watch = Watch::never();
    let mut raised = 0;
    for seed in 0..60 {
        let jssp = if seed % 2 == 0 { irregular(seed) } else { uniform(3, 3, seed) };
        let (best, model) = (brute_force(&jssp), Model::new(&jssp));
        let shop = Shop::new(&model);
        let refuted = |limit| refutes(&shop, limit, &watch);
        assert!(!refuted(best) && !refuted(best + 3), "{seed}");
        let simple = lower_bound(&jssp);
        let light = propagated_bound(&shop, simple, best, &watch);
        let bound = destructive_bound(&shop, simple, best, &watch);
        assert!(simple <= light && light <= bound && bound <= best);
        raised += u32::from(bound > simple);
    }
    assert!(raised > 5, "{raised}");
}

#[test]
fn limits_of_size_and_nodes_are_kept() {
    let jssp = uniform(9, 9, 1);
    let small = Exact { most_operations: 80, ..Exact::default() };
    assert_eq!(prove(&jssp, 10, small).bound, None);
    let short = Exact { plain: 0, nodes: 3, ..Exact::default() };
    let end = prove(&jssp, 10, short);
    assert_eq!(end.reason, None);
    assert!(end.bound.is_some_and(|bound| (lower_bound(&jssp)..end.cost()).contains(&bound)));
}

#[test]
fn classical_files_of_ten_machines_are_closed() {
    let Some(folder) = public_files() else { return };
    for (name, optimum) in [("ft06", 55), ("ft10", 930), ("la16", 945), ("la18", 848), ("la22", 927)] {
        let text = fs::read_to_string(folder.join(format!("jssp/standard/{name}.txt"))).unwrap();
        let jssp = Jssp::read(&text, Rounding::Nearest).unwrap();
        let end = prove(&jssp, 100_000, Exact::default());
        assert_eq!((end.bound, end.reason), (Some(optimum), Some(StopReason::Optimal)), "{name}");
        assert_eq!(end.cost(), optimum, "{name}");
    }
}
