use heuron_problems::{Distances, Metric, Near, stream};
use rand::Rng;

use super::*;

fn points(n: usize, side: u32, seed: u64) -> Vec<[f64; 2]> {
    let mut rng = stream(seed, "points", 0);
    (0..n).map(|_| [(); 2].map(|()| f64::from(rng.random_range(0..side)))).collect()
}

#[test]
fn boruvka_and_prim_find_trees_of_the_same_weight() {
    // A small side makes many coinciding points and equal distances.
    for (n, side, seed) in [(5, 10, 1), (60, 8, 2), (200, 1_000, 3), (500, 30, 4)] {
        for metric in [Metric::Euclid { scale: 1.0 }, Metric::Ceil, Metric::Att] {
            let points = points(n, side, seed);
            let distances = Distances::new(metric, points.clone());
            let near = Near::nearest(&distances, 5);
            let mut rng = stream(seed, "pi", 0);
            let pi: Vec<Cost> = (0..n).map(|_| rng.random_range(-2_000..2_000)).collect();
            let slow = prim::spanning_tree(&distances, 100, &pi, &Watch::never()).unwrap();
            let fast = boruvka::spanning_tree(metric, &points, 100, &pi, &near, &Watch::never()).unwrap();
            assert_eq!(slow.weight(), fast.weight());
            assert_eq!(fast.edges().len(), n - 1);
            let sum: Cost =
                fast.edges().iter().map(|e| reduced(&distances, 100, &pi, e[0] as usize, e[1] as usize)).sum();
            assert_eq!(sum, fast.weight());
        }
    }
}
