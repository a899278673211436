//! Hybrid genetic search: optimal on tiny instances (proven), independent of threads, within every limit.

use std::time::Duration;

use heuron_problems::{Cost, Cvrp, Distances, Metric, Problem, Routes, stream};
use heuron_search::cvrp::exact::{Exact, dynamic};
use heuron_search::cvrp::hgs::{Hgs, HgsConfig};
use heuron_search::{Budget, Setup, StopReason};
use heuron_tests::{brute_force, run};
use rand::Rng;

fn setup(iterations: u64, threads: usize) -> Setup {
    Setup { seed: 7, threads, islands: 4, ..Setup::new(Budget::iterations(iterations)) }
}

/// A population that is small enough for the iterations of a test.
fn hgs() -> Hgs {
    Hgs::new(HgsConfig { initial: 8, ..HgsConfig::default() }).expect("the parameters are in range")
}

/// Random points, skewed to an asymmetric matrix on odd seeds, times `factor`.
fn instance(n: usize, seed: u64, factor: Cost) -> Cvrp {
    let mut rng = stream(seed, "hgs tests", 0);
    let points: Vec<[f64; 2]> = (0..=n).map(|_| [rng.random_range(0.0..100.0), rng.random_range(0.0..100.0)]).collect();
    let plane = Distances::new(Metric::Euclid { scale: 1.0 }, points);
    let mut weights = Vec::new();
    for (i, j) in (0..=n).flat_map(|i| (0..=n).map(move |j| (i, j))) {
        let skew = if seed % 2 == 1 && i != j { rng.random_range(0..30) } else { 0 };
        weights.push((plane.get(i, j) + skew) * factor);
    }
    let demands = (0..=n).map(|node| if node == 0 { 0 } else { rng.random_range(1..10) }).collect();
    Cvrp::new("random", Distances::from_matrix(n + 1, weights), demands, 20)
}

/// Proven by dynamic programming.
fn optimum(problem: &Cvrp) -> Option<Cost> {
    dynamic(problem).map(|routes| problem.evaluate(&routes).expect("a feasible plan"))
}

#[test]
fn dynamic_programming_finds_the_optimum_of_brute_force() {
    let mut without = 0;
    for seed in 0..36 {
        let mut problem = instance(seed as usize % 6, seed, 1);
        if seed.is_multiple_of(3) {
            (problem.limit, problem.service) = (Some(180), 3);
        }
        if seed.is_multiple_of(4) {
            let total: i64 = problem.demands.iter().sum();
            problem.vehicles = Some((total as usize).div_ceil(20));
        }
        let found = optimum(&problem);
        // A customer out of reach cannot be constructed either.
        let expected = if problem.infeasibility().is_some() { Cost::MAX } else { brute_force(&problem) };
        assert_eq!(found.unwrap_or(Cost::MAX), expected, "seed {seed}");
        without += usize::from(found.is_none());
    }
    assert!((1..12).contains(&without), "{without} of 36 instances have no solution");
}

#[test]
fn twelve_customers_are_proven_at_once() {
    let problem = Cvrp { vehicles: Some(4), ..instance(12, 9, 1) };
    let proven = run(&problem, setup(1, 1), None, Exact);
    assert_eq!(proven.reason, Some(StopReason::Optimal));
    let cost = run(&problem, setup(2_000, 1), None, hgs()).cost();
    assert_eq!(cost, proven.cost());
}

#[test]
fn tiny_instances_are_solved_to_the_optimum() {
    for seed in 0..24 {
        let mut problem = instance(2 + seed as usize % 6, seed, 1);
        if seed.is_multiple_of(3) {
            (problem.limit, problem.service) = (Some(330), 3);
        }
        if seed.is_multiple_of(4) {
            let total: i64 = problem.demands.iter().sum();
            problem.vehicles = Some((total as usize).div_ceil(20));
        }
        let found = run(&problem, setup(400, 1), None, hgs()).best;
        assert_eq!(found.map(|(cost, _)| cost), optimum(&problem), "seed {seed}");
    }
}

#[test]
fn distances_beyond_thirty_bits_are_exact_in_the_answer() {
    for seed in 0..4 {
        let problem = instance(6, seed, 1 << 40);
        let small = instance(6, seed, 1);
        let found = run(&problem, setup(200, 1), None, hgs()).best.map(|(cost, _)| cost);
        assert_eq!(found, optimum(&small).map(|cost| cost << 40), "seed {seed}");
    }
}

#[test]
fn threads_do_not_change_the_answer() {
    for seed in 0..2 {
        let problem = instance(40, seed, 1);
        let [one, two] = [1, 2].map(|threads| run(&problem, setup(600, threads), None, hgs()));
        assert!(one.best.is_some());
        assert_eq!(one, two);
    }
}

#[test]
fn iteration_budget_of_one_gives_an_answer_or_none() {
    let problem = instance(10, 1, 1);
    if let Some((cost, routes)) = run(&problem, setup(1, 2), None, hgs()).best {
        assert_eq!(problem.evaluate(&routes), Ok(cost));
    }
}

#[test]
fn warm_start_never_gets_worse() {
    let problem = instance(30, 3, 1);
    let start = Routes { routes: (1..=30).map(|customer| vec![customer]).collect() };
    let before = problem.evaluate(&start).expect("single visits are feasible");
    let cost = run(&problem, setup(1, 1), Some(&start), hgs()).cost();
    assert!(cost <= before);
    let (good, routes) = run(&problem, setup(300, 1), None, hgs()).answer();
    let again = run(&problem, setup(50, 1), Some(&routes), hgs()).cost();
    assert!(again <= good);
}

#[test]
fn a_fleet_that_cannot_do_gives_no_answer_and_ends() {
    let mut problem = instance(12, 5, 1);
    problem.vehicles = Some(1);
    assert_eq!(run(&problem, setup(100, 1), None, hgs()).best, None);
    let budget = Budget { time: Some(Duration::from_millis(50)), ..Budget::default() };
    assert_eq!(run(&problem, Setup::new(budget), None, hgs()).best, None);
}

#[test]
fn a_fleet_without_slack_is_filled_exactly() {
    // Four vehicles of 12 and demands 5, 4, 3 four times over: every load must be 12.
    let mut problem = instance(12, 8, 1);
    problem.capacity = 12;
    problem.vehicles = Some(4);
    problem.demands = [0].into_iter().chain((0..12).map(|c| [5, 4, 3][c % 3])).collect();
    let (_, routes) = run(&problem, setup(2_000, 1), None, hgs()).answer();
    assert!(routes.routes.iter().filter(|route| !route.is_empty()).all(|route| problem.load(route) == 12));
}

#[test]
fn degenerate_instances_are_solved() {
    let cost = |problem: &Cvrp| run(problem, setup(60, 1), None, hgs()).best.map(|(cost, _)| cost);
    let one = instance(1, 2, 1);
    assert_eq!(cost(&one), Some(one.length(&[1])));

    let mut weightless = instance(6, 4, 1);
    weightless.demands = vec![0; 7];
    weightless.capacity = 0;
    assert_eq!(cost(&weightless), optimum(&weightless));

    let mut roomy = instance(7, 6, 1);
    roomy.capacity = 1_000;
    assert_eq!(cost(&roomy), optimum(&roomy));

    let mut full = instance(7, 10, 1);
    full.demands = [0].into_iter().chain([20; 7]).collect();
    assert_eq!(cost(&full), Some((1..=7).map(|customer| full.length(&[customer])).sum()));

    // No two fit together, although the demands add up to half as many vehicles.
    let mut bulky = instance(12, 12, 1);
    bulky.demands = [0].into_iter().chain([11; 12]).collect();
    assert_eq!(cost(&bulky), Some((1..=12).map(|customer| bulky.length(&[customer])).sum()));

    let nowhere = Cvrp::new("depot", Distances::from_matrix(5, vec![0; 25]), vec![0, 7, 7, 7, 7], 10);
    assert_eq!(cost(&nowhere), Some(0));
}

#[test]
fn config_names_the_field_that_is_wrong() {
    assert!(Hgs::new(HgsConfig::default()).is_ok());
    let wrong = HgsConfig { granular: 0, ..HgsConfig::default() };
    assert!(Hgs::new(wrong).is_err_and(|error| error.field == "granular"));
    let wrong = HgsConfig { repair: 1.5, ..HgsConfig::default() };
    assert!(Hgs::new(wrong).is_err_and(|error| error.field == "repair"));
}
