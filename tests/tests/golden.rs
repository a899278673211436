//! Exact answers by seed and iterations: a change that means to keep the searches as they are keeps these costs.

use std::path::Path;

use heuron::{Options, load, solve};

/// Shipped instance, iterations, and the cost that the automatic method reaches with seed 1.
const GOLDEN: &[(&str, u64, i64)] = &[
    ("uniform-500-s1-0.tsp", 2_000, 16_686_532),
    ("clustered-200-s1-0.tsp", 2_000, 3_615_964),
    ("asymmetric-80-s1-0.atsp", 300, 1_548_709),
    ("matrix-60-s1-0.tsp", 2_000, 1_682_308),
    ("x-100-s1-0.vrp", 4_000, 14_730),
    ("almost-strong-500-s1-0.kp", 60, -102_087_364),
    ("uniform-15x15-s1-0.jssp", 100_000, 1_251),
    ("flow-20x15-s2-0.jssp", 200_000, 3_527),
    ("uniform-20x3x4-s1-0.ffsp", 200, 23),
    ("identical-50x5x3-s2-0.ffsp", 100, 1_023),
    ("x-200-s4-0.vrp", 4_000, 17_377),
    ("x-600-s6-0.vrp", 40_000, 26_689),
];

#[test]
fn seed_and_iterations_give_the_recorded_cost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../instances");
    for &(name, iterations, cost) in GOLDEN {
        let options = Options { iterations: Some(iterations), threads: Some(2), ..Options::default() };
        let path = folder.join(name);
        let instance = load(&path, &options).expect(name).remove(0);
        let outcome = solve(&instance, &options, |_| {}).expect(name);
        assert_eq!(outcome.report.cost, Some(cost), "{name}");
    }
}
