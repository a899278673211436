//! Tiny instances against brute force, and bounds against optimal tours.

use heuron_problems::{Cost, Distances, Metric, Problem, Stream, Tour, Tsp, stream};
use heuron_search::tsp::branch;
use heuron_search::tsp::eax::Eax;
use heuron_search::tsp::exact::{Exact, dynamic};
use heuron_search::tsp::held_karp::{HeldKarp, lower_bound};
use heuron_search::{Budget, Setup, StopReason, Watch};
use heuron_tests::{run, shortest_tour};
use rand::Rng;

fn plane(n: usize, side: u32, rng: &mut Stream) -> Tsp {
    let metric = [Metric::Euclid { scale: 1.0 }, Metric::Ceil, Metric::Att][rng.random_range(0..3)];
    let points = (0..n).map(|_| [(); 2].map(|()| f64::from(rng.random_range(0..side)))).collect();
    Tsp::new("plane", Distances::new(metric, points))
}

fn matrix(n: usize, symmetric: bool, rng: &mut Stream) -> Tsp {
    let mut weights: Vec<Cost> = (0..n * n).map(|_| rng.random_range(0..1_000)).collect();
    for i in 0..n {
        weights[i * n + i] = 0;
        (0..i).filter(|_| symmetric).for_each(|j| weights[i * n + j] = weights[j * n + i]);
    }
    Tsp::new("matrix", Distances::from_matrix(n, weights))
}

/// Uniform, with many coinciding points, symmetric and asymmetric matrices, and with fixed edges.
fn tiny_instances() -> Vec<Tsp> {
    let mut rng = stream(1, "oracle", 0);
    let mut list = Vec::new();
    for n in 4..=8 {
        list.push(plane(n, 1_000, &mut rng));
        list.push(plane(n, 3, &mut rng));
        list.push(matrix(n, true, &mut rng));
        list.push(matrix(n, false, &mut rng));
        let mut fixed = plane(n, 100, &mut rng);
        fixed.fixed = vec![[0, 2], [2, 3]];
        list.push(fixed);
    }
    list.push(plane(9, 1_000, &mut rng));
    list
}

#[test]
fn dynamic_programming_finds_the_optimum_of_brute_force() {
    for tsp in tiny_instances() {
        assert_eq!(tsp.evaluate(&dynamic(&tsp)), Ok(shortest_tour(&tsp)), "{tsp:?}");
    }
}

#[test]
fn the_smallest_instances_have_a_tour() {
    let mut rng = stream(2, "oracle", 0);
    for n in 0..4 {
        let tsp = plane(n, 100, &mut rng);
        assert!(tsp.evaluate(&dynamic(&tsp)).is_ok());
    }
}

#[test]
fn branch_and_bound_agrees_with_dynamic_programming() {
    let mut rng = stream(4, "oracle", 0);
    let tiny = tiny_instances().into_iter().filter(|tsp| tsp.distances.is_symmetric());
    let larger: Vec<Tsp> = (0..20).flat_map(|_| [plane(12, 1_000, &mut rng), matrix(12, true, &mut rng)]).collect();
    for tsp in tiny.chain(larger) {
        // A feasible start that is not optimal: the fixed edges are 0-2 and 2-3.
        let nodes = [0, 2, 3, 1].into_iter().chain(4..tsp.len() as u32).collect();
        let start = Tour { nodes };
        let outcome = branch::solve(&tsp, tsp.length(&start.nodes), &start, &Watch::never());
        assert!(outcome.proven);
        assert_eq!(tsp.evaluate(&outcome.tour), tsp.evaluate(&dynamic(&tsp)), "{tsp:?}");
    }
}

#[test]
fn no_bound_exceeds_the_optimum() {
    for tsp in tiny_instances() {
        let tour = dynamic(&tsp);
        let optimum = tsp.length(&tour.nodes);
        for known in [None, Some((optimum, tour.nodes.as_slice()))] {
            let bound = lower_bound(&tsp, known, &Watch::never()).unwrap();
            assert!(bound <= optimum, "{bound} > {optimum}: {tsp:?}");
        }
    }
}

#[test]
fn bounds_of_larger_instances_are_close_below_good_tours() {
    let mut rng = stream(5, "oracle", 0);
    for (tsp, at_most) in [(plane(150, 1_000, &mut rng), 0.03), (plane(150, 9, &mut rng), 0.2)] {
        let (cost, tour) = run(&tsp, Setup::new(Budget::iterations(20_000)), None, Eax::default()).answer();
        let bound = run(&tsp, Setup::new(Budget::default()), Some(&tour), HeldKarp::default()).bound.unwrap();
        assert!((cost - bound) as f64 <= at_most * cost as f64, "{bound} .. {cost}");
    }
}

#[test]
fn small_instances_are_reported_as_optimal() {
    let mut rng = stream(6, "oracle", 0);
    for n in [2, 7, 12, 35] {
        let tsp = plane(n, 1_000, &mut rng);
        let start = Tour { nodes: (0..n as u32).collect() };
        let end = run(&tsp, Setup::new(Budget::iterations(5_000)), Some(&start), Exact::default());
        assert_eq!(end.reason, Some(StopReason::Optimal));
    }
}
