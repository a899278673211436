//! The exact search of the knapsack problem: optima against tables, brute force and published values.

use std::fs;
use std::time::Duration;

use heuron_problems::knapsack::Item;
use heuron_problems::{Format, Generate, Knapsack, Problem, Rounding, Selection, Stream, stream};
use heuron_search::knapsack::Exact;
use heuron_search::{Budget, Setup, StopReason};
use heuron_tests::{files, public_files, run};
use proptest::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};

/// The profit that the search proves to be the largest.
fn optimum(problem: &Knapsack) -> i64 {
    let end = run(problem, Setup::new(Budget::default()), None, Exact::default());
    assert_eq!((end.bound, end.reason), (Some(end.cost()), Some(StopReason::Optimal)), "{}", problem.name);
    -end.cost()
}

/// The largest profit, by a table over capacities (R. Bellman, 1957).
fn by_table(problem: &Knapsack) -> i64 {
    let mut best = vec![0; problem.capacity as usize + 1];
    for item in &problem.items {
        for capacity in (item.weight as usize..best.len()).rev() {
            best[capacity] = best[capacity].max(best[capacity - item.weight as usize] + item.profit);
        }
    }
    best[problem.capacity as usize]
}

/// The largest profit of all subsets.
fn by_force(problem: &Knapsack) -> i64 {
    let items = |set: u32| (0..problem.len() as u32).filter(|item| set >> item & 1 == 1).collect();
    let profit = |set| problem.evaluate(&Selection { items: items(set) }).map_or(0, |cost| -cost);
    (0..1 << problem.len()).map(profit).max().unwrap_or(0)
}

fn draw(n: usize, distribution: &str, index: u64) -> Knapsack {
    let spec = Knapsack::spec(n, distribution).expect("a known distribution");
    Knapsack::generate(&spec, &mut stream(1, "knapsack", index))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_optimum_is_that_of_brute_force(
        items in prop::collection::vec((0..60_i64, 0..60_i64), 0..11),
        correlated in any::<bool>(),
        capacity in 0..250_i64,
        step in 1..7_i64,
    ) {
        let item = |(profit, weight): (i64, i64)| {
            let profit = if correlated { weight + 10 } else { profit };
            Item { profit: profit * step, weight: weight * step }
        };
        let problem = Knapsack::new("small", items.into_iter().map(item).collect(), capacity * step / 2);
        prop_assert_eq!(optimum(&problem), by_force(&problem));
    }
}

/// Many states, so that every bound is at work: all classes, and a range that makes sums of weights differ.
#[test]
fn the_optimum_is_that_of_the_table() {
    for name in Knapsack::DISTRIBUTIONS.iter().filter(|name| **name != "uniform") {
        for (index, n) in [30, 60, 90].into_iter().enumerate() {
            let range = if *name == "similar-weights" { 100 } else { 5_000 };
            let problem = draw(n, &format!("{name},r={range}"), index as u64);
            assert_eq!(optimum(&problem), by_table(&problem), "{name} {n}");
        }
    }
}

/// Bases that differ by powers of two, with a little noise: the construction of Jooken, Leyman and De Causmaecker
/// (2022).
fn noisy(n: usize, groups: u32, rng: &mut Stream) -> Knapsack {
    let item = |_| {
        let base = 100_000 >> rng.random_range(1..=groups);
        Item { profit: base + rng.random_range(1..100), weight: base + rng.random_range(1..100) }
    };
    Knapsack::new("noisy", (0..n).map(item).collect(), 100_000)
}

#[test]
fn noisy_instances_are_solved_to_the_optimum_also_where_states_are_dropped_on_the_way() {
    let mut rng = stream(1, "noisy", 0);
    for groups in [2, 4, 7, 12] {
        let problem = noisy(80, groups, &mut rng);
        let expected = by_table(&problem);
        assert_eq!(optimum(&problem), expected, "{groups} groups");
        for first_states in [16, 300, 5_000] {
            let end = run(&problem, Setup::new(Budget::default()), None, Exact { first_states, ..Exact::default() });
            assert_eq!((end.cost(), end.reason), (-expected, Some(StopReason::Optimal)), "{first_states} states");
        }
    }
}

#[test]
fn want_of_memory_costs_the_proof_but_never_the_truth() {
    let mut rng = stream(2, "noisy", 0);
    let mut unproven = 0;
    for groups in [3, 5, 9] {
        let problem = noisy(80, groups, &mut rng);
        let expected = -by_table(&problem);
        for most_states in [8, 100, 1_000] {
            let end = run(&problem, Setup::new(Budget::default()), None, Exact { most_states, ..Exact::default() });
            let (bound, cost) = (end.bound.expect("a bound"), end.cost());
            assert!((bound..=cost).contains(&expected), "{bound} {expected} {cost}");
            unproven += usize::from(end.reason.is_none());
        }
    }
    assert!(unproven > 0, "some proof must need more memory");
}

#[test]
fn small_and_degenerate_instances_are_solved() {
    let problem = |items: &[(i64, i64)], capacity| {
        let items = items.iter().map(|&(profit, weight)| Item { profit, weight }).collect();
        Knapsack::new("tiny", items, capacity)
    };
    assert_eq!(optimum(&problem(&[], 5)), 0);
    assert_eq!(optimum(&problem(&[(3, 6)], 5)), 0, "nothing fits");
    assert_eq!(optimum(&problem(&[(3, 0), (4, 0), (0, 0), (0, 2)], 0)), 7, "what weighs nothing is packed");
    assert_eq!(optimum(&problem(&[(3, 2), (4, 3)], 5)), 7, "everything fits");
    assert_eq!(optimum(&problem(&[(5, 5); 40], 99)), 95, "all alike");
    let large = 1 << 58;
    assert_eq!(optimum(&problem(&[(large, large - 1), (large - 2, large), (large, large)], large)), large);
    assert_eq!(optimum(&problem(&[(large, large - 1), (large - 2, large), (large, large)], 2 * large)), 2 * large);
}

#[test]
fn iterations_limit_the_search_and_repeat_its_answer() {
    let mut rng = stream(3, "noisy", 0);
    let problem = noisy(90, 9, &mut rng);
    let full = run(&problem, Setup::new(Budget::default()), None, Exact::default());
    let [one, again] = [(); 2].map(|()| run(&problem, Setup::new(Budget::iterations(30)), None, Exact::default()));
    assert_eq!((one.iterations, one.reason), (30, Some(StopReason::Iterations)));
    assert_eq!(one, again);
    assert!((one.bound.expect("a bound")..=one.cost()).contains(&full.cost()) && full.iterations > 30);
}

#[test]
fn an_answer_and_a_bound_are_there_when_no_time_is_left() {
    let problem = draw(100_000, "strong,r=10000000", 0);
    let end =
        run(&problem, Setup::new(Budget { time: Some(Duration::ZERO), ..Budget::default() }), None, Exact::default());
    assert_eq!(end.reason, Some(StopReason::Time));
    // The greedy solution lacks one item at most.
    let (bound, cost) = (end.bound.expect("a bound"), end.cost());
    assert!((cost - bound) as f64 <= 1e-4 * -bound as f64, "{cost} {bound}");
}

#[test]
fn a_target_ends_the_search() {
    let problem = draw(2_000, "weak,r=100000", 0);
    let end = run(&problem, Setup::new(Budget { target: Some(-1), ..Budget::default() }), None, Exact::default());
    assert_eq!(end.reason, Some(StopReason::Target));
}

#[test]
fn published_files_have_their_published_optima() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("bks.csv")).unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|row| row.starts_with("knapsack,")) {
        let fields: Vec<&str> = row.split(',').collect();
        let (path, best) = (folder.join(fields[9]), fields[3].parse::<i64>().unwrap());
        let problem = Knapsack::read(&fs::read_to_string(&path).unwrap(), Rounding::Nearest).unwrap();
        assert_eq!(problem.len().to_string(), fields[2], "{row}");
        // The hardest take seconds to prove: their bounds must agree with the published value at least.
        let end =
            run(&problem, Setup::new(Budget::default()), None, Exact { most_states: 1 << 12, ..Exact::default() });
        let (bound, cost) = (end.bound.expect("a bound"), end.cost());
        assert!((bound..=cost).contains(&-best), "{row}: {bound} {cost}");
        seen += usize::from(bound == cost);
    }
    let all = files(folder.join("knapsack/jooken"), "in").len();
    assert!(seen > all / 2, "{seen} proven");
}

/// The instance of a class (by its number), size, range and place in its series.
fn published([class, n, range, i]: [usize; 4]) -> Knapsack {
    let place = [1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 16].iter().position(|&other| other == class).unwrap();
    let problem = draw(n, &format!("{},r={range},i={i}", Knapsack::DISTRIBUTIONS[1 + place]), 0);
    assert_eq!(problem.name, format!("knapPI_{class}_{n}_{range}_{i}"));
    problem
}

#[test]
fn published_instances_of_pisinger_are_regenerated_bit_for_bit() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("generators.csv")).unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|row| row.starts_with("pisinger,")) {
        let fields: Vec<&str> = row.split(',').collect();
        let numbers: Vec<usize> = fields[1].split('_').skip(1).map(|number| number.parse().unwrap()).collect();
        let mut text = Vec::new();
        published(numbers.try_into().unwrap()).write(&mut text).unwrap();
        let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, fields[4], "{row}");
        seen += 1;
    }
    assert!(seen > 50, "{seen} rows");
}

#[test]
fn published_instances_of_pisinger_have_their_published_optima() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("knapsack/pisinger_optima.csv")).unwrap();
    let mut seen = 0;
    for row in table.lines().skip(1) {
        let fields: Vec<usize> = row.split(',').map(|field| field.parse().unwrap()).collect();
        let [class, n, range, i, best] = fields[..] else { panic!("{row}") };
        // One instance of every class, size and range.
        if i != 1 + 2 * (n / 100 % 50) {
            continue;
        }
        let problem = published([class, n, range, i]);
        assert_eq!(optimum(&problem), best as i64, "{row}");
        seen += 1;
    }
    assert!(seen > 250, "{seen} rows");
}
