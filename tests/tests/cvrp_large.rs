//! Ruin and recreate, the engine for large CVRP instances: what it promises.

use std::time::{Duration, Instant};

use heuron_problems::{Cost, Cvrp, Distances, Generate, Metric, Problem, stream};
use heuron_search::cvrp::ruin::{Config, RuinRecreate};
use heuron_search::{Budget, Setup};
use heuron_tests::run;

fn instance(n: usize, seed: u64) -> Cvrp {
    let spec = Cvrp::spec(n, "x").expect("the X scheme is known");
    Cvrp::generate(&spec, &mut stream(seed, "cvrp-large", n as u64))
}

fn setup(iterations: u64, islands: usize, threads: usize) -> Setup {
    Setup { seed: 5, threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

#[test]
fn improved_solution_is_never_worse() {
    let problem = instance(300, 1);
    let end = run(&problem, setup(20_000, 1, 1), None, RuinRecreate::default());
    assert!(end.costs.windows(2).all(|pair| pair[1] < pair[0]), "{:?}", end.costs);
    let (cost, routes) = end.answer();
    assert_eq!(problem.evaluate(&routes), Ok(cost));
    let warm = run(&problem, setup(5_000, 2, 1), Some(&routes), RuinRecreate::default()).cost();
    assert!(warm <= cost);
}

#[test]
fn more_iterations_find_shorter_routes_than_savings() {
    let problem = instance(400, 2);
    let [savings, searched] =
        [1, 60_000].map(|iterations| run(&problem, setup(iterations, 1, 1), None, RuinRecreate::default()).cost());
    assert!(searched * 100 < savings * 99, "{savings} -> {searched}");
}

#[test]
fn threads_do_not_change_the_answer() {
    for (n, islands) in [(250, 4), (600, 2), (40, 3)] {
        let problem = instance(n, 3);
        let [one, two] =
            [1, 2].map(|threads| run(&problem, setup(12_345, islands, threads), None, RuinRecreate::default()));
        assert_eq!(one, two, "n = {n}");
    }
}

#[test]
fn iteration_budget_is_used_up_exactly() {
    let problem = instance(120, 4);
    let end = run(&problem, setup(10_007, 4, 1), None, RuinRecreate::default());
    assert_eq!(end.iterations, 10_007);
}

#[test]
fn duration_limit_is_respected() {
    let mut problem = instance(200, 6);
    let farthest = (1..=200).map(|v| problem.distances.get(0, v)).max().expect("there are customers");
    problem.service = 7;
    problem.limit = Some(2 * farthest + 60);
    // `evaluate` is the judge: with a solution that breaks the limit there would be none.
    let end = run(&problem, setup(20_000, 2, 1), None, RuinRecreate::default());
    assert!(end.costs.len() > 2, "{:?}", end.costs);
}

#[test]
fn duration_limit_is_respected_without_the_triangle_inequality() {
    let plane = instance(80, 7);
    let n = plane.customers() + 1;
    // Two thirds of the arcs cost three times as much, by a rule that is symmetric.
    let weight = |i: usize, j: usize| plane.distances.get(i, j) * if (i + j).is_multiple_of(3) { 1 } else { 3 };
    let weights = (0..n * n).map(|at| weight(at / n, at % n)).collect();
    let mut problem = Cvrp::new("twisted", Distances::from_matrix(n, weights), plane.demands.clone(), plane.capacity);
    let farthest = (1..n).map(|v| problem.distances.get(0, v)).max().expect("there are customers");
    problem.limit = Some(2 * farthest);
    let end = run(&problem, setup(20_000, 2, 2), None, RuinRecreate::default());
    assert!(end.costs.len() > 1, "{:?}", end.costs);
}

#[test]
fn one_way_roads_are_driven_the_right_way() {
    // A ring road in one direction: from i to j it is (j - i) mod n.
    for n in [30, 2_100] {
        let weights = (0..n * n).map(|at| ((at % n + n - at / n) % n) as Cost).collect();
        let demands = (0..n).map(|node| i64::from(node != 0)).collect();
        let problem = Cvrp::new("ring", Distances::from_matrix(n, weights), demands, n as i64 / 3);
        // Every round trip is once around, and three vehicles hold all customers.
        let cost = run(&problem, setup(3_000, 2, 2), None, RuinRecreate::default()).cost();
        assert_eq!(cost, 3 * n as Cost, "n = {n}");
    }
}

#[test]
fn fleet_limit_is_respected() {
    let mut problem = instance(150, 8);
    let demand: i64 = problem.demands.iter().sum();
    let least = (demand + problem.capacity - 1) / problem.capacity;
    problem.vehicles = Some(least as usize + 1);
    // One vehicle more than the demands need: there is a solution.
    let (cost, routes) = run(&problem, setup(10_000, 2, 1), None, RuinRecreate::default()).answer();
    assert_eq!(problem.evaluate(&routes), Ok(cost));
}

#[test]
fn fleet_that_is_too_small_gives_no_solution() {
    let mut problem = instance(30, 9);
    problem.vehicles = Some(1);
    problem.capacity = problem.demands.iter().sum::<i64>() / 2;
    assert_eq!(run(&problem, setup(1_000, 1, 1), None, RuinRecreate::default()).best, None);
}

#[test]
fn tiny_instances_are_solved() {
    for n in 1..=5 {
        let problem = instance(n, 10);
        let end = run(&problem, setup(500, 3, 2), None, RuinRecreate::default());
        assert!(end.best.is_some(), "n = {n}");
    }
}

#[test]
fn deadline_within_construction_is_met() {
    let problem = instance(30_000, 11);
    for limit in [0, 100, 400] {
        let limit = Duration::from_millis(limit);
        let started = Instant::now();
        let budget = Budget { time: Some(limit), ..Budget::default() };
        let setup = Setup { islands: 2, threads: 2, ..Setup::new(budget) };
        let end = run(&problem, setup, None, RuinRecreate::default());
        // Generous: the machine may be busy and debug assertions are on. Without polling it would be many seconds.
        assert!(started.elapsed() < limit + Duration::from_secs(2), "{:?}", started.elapsed());
        assert!(end.best.is_some(), "the sweep is there at once");
    }
}

/// One route holds nearly everybody, far away; of three parts one is often empty: it has no iterations.
#[test]
fn rounds_that_end_by_time_count_what_was_done() {
    let far = (0..100).map(|i| [1000.0 + f64::from(i % 10), f64::from(i / 10)]);
    let near = (1..7).map(|i| [-f64::from(i), f64::from(i * i)]);
    let points: Vec<[f64; 2]> = std::iter::once([0.0, 0.0]).chain(far).chain(near).collect();
    let demands = [vec![0], vec![1; 100], vec![200; 6]].concat();
    let problem = Cvrp::new("far", Distances::new(Metric::Euclid { scale: 1.0 }, points), demands, 200);
    let budget = Budget { time: Some(Duration::from_millis(300)), ..Budget::default() };
    let setup = Setup { islands: 3, threads: 3, ..Setup::new(budget) };
    let end = run(&problem, setup, None, RuinRecreate::default());
    assert!((1..100_000_000).contains(&end.iterations), "{} iterations", end.iterations);
    let (cost, routes) = end.answer();
    assert_eq!(problem.evaluate(&routes), Ok(cost));
}

#[test]
fn config_names_the_field_that_is_wrong() {
    assert!(RuinRecreate::new(Config::default()).is_ok());
    let wrong = Config { string_length: 0, ..Config::default() };
    assert!(RuinRecreate::new(wrong).is_err_and(|error| error.field == "string_length"));
    let wrong = Config { blink: 1.5, ..Config::default() };
    assert!(RuinRecreate::new(wrong).is_err_and(|error| error.field == "blink"));
    let wrong = Config { cold: f64::NAN, ..Config::default() };
    assert!(RuinRecreate::new(wrong).is_err_and(|error| error.field == "cold"));
}

#[test]
fn cancelled_search_returns_its_best() {
    let problem = instance(500, 12);
    let setup = Setup { islands: 2, threads: 2, ..Setup::new(Budget::default()) };
    let stop = setup.stop.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        stop.cancel();
    });
    assert!(run(&problem, setup, None, RuinRecreate::default()).best.is_some());
    canceller.join().expect("the canceller does not panic");
}
