//! The first tour of asymmetric instances: the cycles of the assignment relaxation, patched into one (R. M. Karp and
//! J. M. Steele, "Probabilistic analysis of heuristics", in The Traveling Salesman Problem, Wiley, 1985).

use heuron_problems::Distances;

/// The cities in the order of a tour, from `next`, the successor of every city in an assignment. The largest cycle
/// takes in the others, the larger first, each where exchanging an arc of both costs least. O(n^2).
pub(super) fn patched(distances: &Distances, mut next: Vec<u32>) -> Vec<u32> {
    let mut cycles = cycles(&next);
    cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
    let mut cycles = cycles.into_iter();
    let Some(mut tour) = cycles.next() else { return Vec::new() };
    for cycle in cycles {
        let length = |i: u32, j: u32| distances.get(i as usize, j as usize);
        let added = |i: u32, j: u32| {
            let (after_i, after_j) = (next[i as usize], next[j as usize]);
            length(i, after_j) + length(j, after_i) - length(i, after_i) - length(j, after_j)
        };
        let pairs = tour.iter().flat_map(|&i| cycle.iter().map(move |&j| (i, j)));
        if let Some((i, j)) = pairs.min_by_key(|&(i, j)| added(i, j)) {
            next.swap(i as usize, j as usize);
        }
        tour.extend(cycle);
    }
    // All cities are on one cycle now.
    cycle_from(&next, tour[0], &mut vec![false; next.len()])
}

/// The cycles of a permutation.
fn cycles(next: &[u32]) -> Vec<Vec<u32>> {
    let mut seen = vec![false; next.len()];
    let all = (0..next.len() as u32).map(|start| cycle_from(next, start, &mut seen));
    all.filter(|cycle| !cycle.is_empty()).collect()
}

/// The unseen elements from `start` on.
fn cycle_from(next: &[u32], start: u32, seen: &mut [bool]) -> Vec<u32> {
    let mut cycle = Vec::new();
    let mut at = start;
    while !std::mem::replace(&mut seen[at as usize], true) {
        cycle.push(at);
        at = next[at as usize];
    }
    cycle
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cost, stream};
    use rand::Rng;
    use rand::seq::SliceRandom;

    use super::*;

    fn matrix(n: usize, seed: u64) -> Distances {
        let mut rng = stream(seed, "weights", 0);
        Distances::from_matrix(n, (0..n * n).map(|_| rng.random_range(0..1_000)).collect())
    }

    #[test]
    fn one_cycle_remains() {
        for (n, seed) in [(1, 1), (2, 2), (9, 3), (60, 4)] {
            let mut next: Vec<u32> = (0..n as u32).collect();
            next.shuffle(&mut stream(seed, "permutation", 0));
            let mut tour = patched(&matrix(n, seed), next);
            tour.sort_unstable();
            assert_eq!(tour, (0..n as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn two_cycles_are_joined_where_it_costs_least() {
        let distances = matrix(8, 7);
        let length = |tour: &[u32]| -> Cost {
            (0..8).map(|at| distances.get(tour[at] as usize, tour[(at + 1) % 8] as usize)).sum()
        };
        let tour = patched(&distances, vec![1, 2, 3, 4, 0, 6, 7, 5]);
        // Either cycle from any of its cities on, one after the other.
        let turned = |from: u32, len: u32, by: u32| (0..len).map(move |at| from + (at + by) % len);
        let joined =
            (0..5).flat_map(|a| (0..3).map(move |b| turned(0, 5, a).chain(turned(5, 3, b)).collect::<Vec<_>>()));
        assert_eq!(length(&tour), joined.map(|tour| length(&tour)).min().unwrap());
    }
}
