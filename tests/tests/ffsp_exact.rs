//! Proofs for the flexible flow shop: the tree and the lower bounds against brute force.

use heuron_problems::{Cost, Ffsp, Format, Generate, Rounding, stream};
use heuron_search::ffsp::bound::lower_bound;
use heuron_search::ffsp::decode::Decoder;
use heuron_search::ffsp::exact::Exact;
use heuron_search::ffsp::exact::tree::{Outcome, Shop, Tree};
use heuron_search::ffsp::sequences::plan;
use heuron_search::{Budget, Setup, StopReason, Watch};
use heuron_tests::{End, brute_force, run};
use rand::Rng;

fn read(text: &str) -> Ffsp {
    Ffsp::read(text, Rounding::Nearest).unwrap()
}

fn draw(n: usize, distribution: &str, seed: u64) -> Ffsp {
    Ffsp::generate(&Ffsp::spec(n, distribution).unwrap(), &mut stream(seed, "ffsp exact test", 0))
}

/// Two stages of up to three machines, some of them alike, with tasks of length 0.
fn irregular(jobs: usize, seed: u64) -> Ffsp {
    let mut rng = stream(seed, "irregular", 2);
    let machines: Vec<usize> = (0..2).map(|_| rng.random_range(1..=3)).collect();
    let mut row = |machines: usize| -> Vec<Cost> {
        let mut row: Vec<Cost> = (0..machines).map(|_| rng.random_range(0..6)).collect();
        row[machines - 1] = row[0];
        row
    };
    let times = machines.iter().map(|&machines| (0..jobs).map(|_| row(machines)).collect()).collect();
    Ffsp { name: "irregular".into(), times, machines, jobs }
}

/// Branch and bound from the plan in the order of the file.
fn prove(ffsp: &Ffsp, iterations: Option<u64>, exact: Exact) -> End<heuron_problems::Plan> {
    let order: Vec<u32> = (0..ffsp.jobs as u32).collect();
    let start = plan(ffsp, &Decoder::new(ffsp).sequences(&order));
    run(ffsp, Setup::new(Budget { iterations, ..Budget::default() }), Some(&start), exact)
}

/// The least makespan that the tree does not refute, whatever the lower bound says.
fn least(ffsp: &Ffsp) -> Cost {
    let shop = Shop::new(ffsp);
    let meets = |limit: &Cost| match Tree::new(&shop, *limit).explore(u64::MAX, &Watch::never()).0 {
        Outcome::Found(_) => true,
        Outcome::Exhausted(next) => {
            assert!(next > *limit);
            false
        }
        Outcome::Open => panic!("nothing says stop"),
    };
    (0..).find(meets).unwrap()
}

#[test]
fn optimum_of_brute_force_is_found_and_proven() {
    let mut improved = 0;
    for seed in 0..60 {
        let large = if seed == 0 { 4 } else { 3 };
        for ffsp in [
            draw(large, "uniform,stages=2,machines=2", seed),
            draw(3, "identical,stages=2,machines=2", seed),
            irregular(3, seed),
        ] {
            let best = brute_force(&ffsp);
            assert_eq!(least(&ffsp), best, "{ffsp:?}");
            assert!(lower_bound(&ffsp) <= best, "{ffsp:?}");
            let end = prove(&ffsp, None, Exact::default());
            improved += u32::from(end.costs.len() > 1);
            assert_eq!((end.bound, end.reason), (Some(best), Some(StopReason::Optimal)), "{ffsp:?}");
            assert_eq!(end.cost(), best, "{ffsp:?}");
        }
    }
    assert!(improved > 20, "{improved}");
}

#[test]
fn bounds_of_sets_and_weights_are_below_the_optimum_and_often_meet_it() {
    let mut met = 0;
    for seed in 0..40 {
        for ffsp in [
            draw(6, "uniform,stages=2,machines=3", seed),
            draw(6, "identical,stages=2,machines=2", seed),
            irregular(5, seed),
        ] {
            let (bound, optimum) = (lower_bound(&ffsp), least(&ffsp));
            assert!(bound <= optimum, "{bound} > {optimum}: {ffsp:?}");
            met += u32::from(bound == optimum);
        }
    }
    assert!(met > 40, "{met}");
}

#[test]
fn slower_machines_count_by_their_times() {
    // Four jobs on the fast machine and two on the other take 8 and 6; without weights the bound is 6.
    assert_eq!(lower_bound(&read("6 1\n2\n2 3\n2 3\n2 3\n2 3\n2 3\n2 3\n")), 8);
}

#[test]
fn jobs_that_come_late_count_without_the_others() {
    assert_eq!(lower_bound(&read("3 2\n3 1\n1 1 1\n10 10 10\n10 10 10\n1\n5\n5\n")), 20);
}

#[test]
fn limits_of_size_nodes_and_iterations_are_kept() {
    let ffsp = draw(10, "uniform", 101);
    assert_eq!(prove(&ffsp, None, Exact { most_tasks: 29, ..Exact::default() }).bound, None);
    let end = prove(&ffsp, None, Exact { nodes: 3, ..Exact::default() });
    assert_eq!((end.bound, end.reason, end.iterations), (Some(lower_bound(&ffsp)), None, 3));
    let end = prove(&ffsp, Some(2_500), Exact::default());
    assert_eq!((end.reason, end.iterations), (Some(StopReason::Iterations), 2_500));
    let huge = read("2 1\n1\n900000000\n900000000\n");
    assert_eq!(prove(&huge, None, Exact::default()).reason, None);
}
