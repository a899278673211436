//! Asymmetric instances as symmetric ones (Jonker and Volgenant, 1983): two nodes per city, joined by a fixed edge.
//!
//! City c enters at node c and leaves at node c + n. Arcs join an exit to an entry; two entries or two exits are as far
//! apart as a barrier that no exchange of a few edges can pay for, so a tour alternates entries and exits for ever.

use heuron_problems::{Cost, Distances, Near};

use crate::run::Watch;

/// Barriers are so many times the largest weight: more than an exchange can remove.
const BARRIER: Cost = 32;

/// Symmetric distances of 2n nodes that stand for the asymmetric distances of n cities.
#[derive(Clone, Debug)]
pub(super) struct Directed {
    distances: Distances,
    n: u32,
    barrier: Cost,
}

impl Directed {
    pub(super) fn new(distances: Distances) -> Self {
        let n = distances.len();
        let largest = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| distances.get(i, j).abs()).max();
        Self { n: n as u32, barrier: BARRIER * (largest.unwrap_or(0) + 1), distances }
    }

    #[inline(always)]
    pub(super) fn get(&self, a: u32, b: u32) -> Cost {
        let (entry, exit) = if a < b { (a, b) } else { (b, a) };
        if entry >= self.n || exit < self.n {
            return if a == b { 0 } else { self.barrier };
        }
        if entry + self.n == exit { 0 } else { self.distances.get((exit - self.n) as usize, entry as usize) }
    }

    /// For every entry the `k` cheapest exits, and for every exit the `k` cheapest entries; none if the watch says stop
    /// before. O(n^2).
    pub(super) fn neighbours(&self, k: usize, watch: &Watch) -> Option<Near> {
        let n = self.n;
        let mut lists = Vec::with_capacity(2 * n as usize);
        for node in 0..2 * n {
            if watch.is_late() {
                return None;
            }
            let others = if node < n { n..2 * n } else { 0..n };
            let mut list: Vec<u32> = others.filter(|&other| other.abs_diff(node) != n).collect();
            let key = |&other: &u32| (self.get(node, other), other);
            if k < list.len() {
                list.select_nth_unstable_by_key(k, key);
                list.truncate(k);
            }
            list.sort_unstable_by_key(key);
            lists.push(list);
        }
        Some(Near::from_lists(&lists))
    }

    /// Cities in the direction in which `tour` enters and leaves them.
    pub(super) fn cities(&self, tour: &[u32]) -> Vec<u32> {
        let entries = tour.iter().copied().filter(|&node| node < self.n);
        let Some(at) = tour.iter().position(|&node| node < self.n) else { return Vec::new() };
        let forward = tour[(at + 1) % tour.len()] == tour[at] + self.n;
        if forward { entries.collect() } else { entries.rev().collect() }
    }

    /// The cyclic order of entries and exits for an order of the cities.
    pub(super) fn nodes(&self, cities: &[u32]) -> Vec<u32> {
        cities.iter().flat_map(|&city| [city, city + self.n]).collect()
    }
}
