//! The searches for the travelling salesman problem: valid tours, exact costs, determinism, and optima of small
//! instances.

use heuron_problems::{Cost, Distances, Metric, Problem, Tour, Tsp, stream};
use heuron_search::tsp::construct::greedy;
use heuron_search::tsp::{Graph, Ils, LocalSearch};
use heuron_search::{Budget, Setup, Watch};
use heuron_tests::{run, shortest_tour};
use proptest::prelude::*;
use rand::Rng;
use rand::seq::SliceRandom;

fn setup(seed: u64, iterations: u64, islands: usize, threads: usize) -> Setup {
    Setup { seed, threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

fn uniform(n: usize, side: u32, seed: u64) -> Tsp {
    let mut rng = stream(seed, "points", 0);
    let mut coordinate = || f64::from(rng.random_range(0..side));
    let points = (0..n).map(|_| [coordinate(), coordinate()]).collect();
    Tsp::new("uniform", Distances::new(Metric::Euclid { scale: 1.0 }, points))
}

fn matrix(n: usize, largest: Cost, symmetric: bool, seed: u64) -> Tsp {
    let mut rng = stream(seed, "weights", 0);
    let mut weights: Vec<Cost> = (0..n * n).map(|_| rng.random_range(0..=largest)).collect();
    for i in 0..n {
        weights[i * n + i] = 0;
        for j in 0..i {
            if symmetric {
                weights[i * n + j] = weights[j * n + i];
            }
        }
    }
    Tsp::new("matrix", Distances::from_matrix(n, weights))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_exchange_changes_the_cost_by_its_gain(n in 5_usize..120, side in 1_u32..200, seed: u64) {
        let tsp = uniform(n, side, seed);
        let graph = Graph::new(&tsp);
        let watch = Watch::never();
        let mut ils = Ils::new(&graph, greedy(&graph, &watch), stream(seed, "kicks", 0));
        for _ in 0..20 {
            let before = ils.cost();
            ils.kick(25, &watch);
            prop_assert!(ils.cost() <= before);
            prop_assert_eq!(tsp.evaluate(&graph.expand(ils.tour())), Ok(ils.cost()));
        }
    }

    #[test]
    fn explicit_weights_beyond_32_bits_are_exact(n in 5_usize..40, seed: u64) {
        let tsp = matrix(n, 1 << 40, true, seed);
        let (cost, tour) = run(&tsp, setup(seed, 500, 1, 1), None, LocalSearch::default()).answer();
        prop_assert_eq!(tsp.evaluate(&tour), Ok(cost));
    }

    #[test]
    fn small_asymmetric_instances_are_solved(n in 2_usize..8, seed: u64) {
        let tsp = matrix(n, 100, false, seed);
        let (cost, tour) = run(&tsp, setup(seed, 4_000, 1, 1), None, LocalSearch::default()).answer();
        prop_assert_eq!(tsp.evaluate(&tour), Ok(cost));
        prop_assert_eq!(cost, shortest_tour(&tsp));
    }

    #[test]
    fn small_symmetric_instances_are_solved(n in 8_usize..9, side in 1_u32..100, seed: u64) {
        let tsp = uniform(n, side, seed);
        let cost = run(&tsp, setup(seed, 4_000, 1, 1), None, LocalSearch::default()).cost();
        prop_assert_eq!(cost, shortest_tour(&tsp));
    }

    #[test]
    fn improved_tour_is_never_longer(n in 1_usize..200, seed: u64) {
        let tsp = uniform(n, 1_000, seed);
        let mut nodes: Vec<u32> = (0..n as u32).collect();
        nodes.shuffle(&mut stream(seed, "start", 0));
        let start = Tour { nodes };
        let (cost, tour) = run(&tsp, setup(seed, 200, 2, 2), Some(&start), LocalSearch::default()).answer();
        prop_assert_eq!(tsp.evaluate(&tour), Ok(cost));
        prop_assert!(cost <= tsp.evaluate(&start).unwrap());
    }

    #[test]
    fn fixed_edges_stay_in_the_tour(n in 6_usize..60, seed: u64) {
        let mut tsp = uniform(n, 1_000, seed);
        tsp.fixed = (0..n as u32 / 3).map(|i| [3 * i, 3 * i + 1]).collect();
        let (cost, tour) = run(&tsp, setup(seed, 500, 1, 1), None, LocalSearch::default()).answer();
        prop_assert_eq!(tsp.evaluate(&tour), Ok(cost));
    }
}

#[test]
fn tiny_instances_have_a_tour() {
    for n in 0..8 {
        for tsp in [uniform(n, 100, 5), uniform(n, 1, 5), matrix(n, 50, true, 5), matrix(n, 50, false, 5)] {
            let (cost, tour) = run(&tsp, setup(1, 100, 2, 1), None, LocalSearch::default()).answer();
            assert_eq!(tsp.evaluate(&tour), Ok(cost), "{n} nodes");
        }
    }
}

#[test]
fn a_cycle_of_fixed_edges_is_the_tour() {
    let mut tsp = uniform(7, 100, 3);
    tsp.fixed = (0..7).map(|i| [i, (i + 3) % 7]).collect();
    let (cost, tour) = run(&tsp, setup(1, 100, 1, 1), None, LocalSearch::default()).answer();
    assert_eq!(tsp.evaluate(&tour), Ok(cost));
}

#[test]
fn coinciding_points_cost_nothing() {
    let tsp = uniform(3_000, 12, 9);
    let (cost, tour) = run(&tsp, setup(1, 2_000, 1, 1), None, LocalSearch::default()).answer();
    assert_eq!(tsp.evaluate(&tour), Ok(cost));
    // The 144 points of the grid: 144 unit steps, and no tour of them is shorter.
    assert_eq!(cost, 144);
}

#[test]
fn threads_do_not_change_the_tour() {
    // The first size is searched by separate islands, the second one in parts of one tour.
    for (n, iterations) in [(300, 50_000), (5_500, 9_001)] {
        let tsp = uniform(n, 100_000, 11);
        let [one, two, other] = [(7, 1), (7, 2), (8, 2)]
            .map(|(seed, threads)| run(&tsp, setup(seed, iterations, 3, threads), None, LocalSearch::default()));
        assert_eq!(one, two, "{n} nodes");
        assert_ne!(one.best, other.best, "{n} nodes: the seed must matter");
    }
}

#[test]
fn kicks_improve_on_the_first_descent() {
    let tsp = uniform(1_000, 100_000, 13);
    let descent = run(&tsp, setup(1, 1, 1, 1), None, LocalSearch::default()).cost();
    let kicked = run(&tsp, setup(1, 3_000, 1, 1), None, LocalSearch::default()).cost();
    assert!(kicked < descent, "{kicked} after kicks, {descent} before");
}

#[test]
fn a_late_watch_still_gives_a_tour() {
    let tsp = uniform(20_000, 1_000_000, 17);
    let budget = Budget { time: Some(std::time::Duration::ZERO), ..Budget::default() };
    let (cost, tour) = run(&tsp, Setup::new(budget), None, LocalSearch::default()).answer();
    assert_eq!(tsp.evaluate(&tour), Ok(cost));
}
