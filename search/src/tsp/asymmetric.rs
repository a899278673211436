//! Asymmetric instances as symmetric ones (Jonker and Volgenant, 1983): two nodes per city, joined by a fixed edge.
//!
//! City c enters at node c and leaves at node c + n. Arcs join an exit to an entry; two entries or two exits are as far
//! apart as a barrier that no exchange of a few edges can pay for, so a tour alternates entries and exits for ever.
//!
//! Where the assignment relaxation is nearly a tour, lengths are reduced by its dual variables, which the fixed edge of
//! their city takes up: tours keep their lengths, but neighbour lists and partial gains see what an arc costs beyond
//! the bound.

use heuron_problems::{Cost, Distances, Near};

use super::assignment::Assignment;
use super::patching::patched;
use crate::run::Watch;

/// Barriers are so many times the largest weight: more than an exchange can remove.
const BARRIER: Cost = 32;

/// Up to this part of the assignment by which the tour patched from it is longer, the dual variables say what arcs are
/// worth: random weights, flow shops without waits. Elsewhere (distances in the plane, whose tours are 7 to 20 %
/// longer) the cheapest reduced arcs lead back where one came from: 100 cities, 1 s, 0.7 % above the optimum, not 0.
const TIGHT: f64 = 0.05;

/// Part of the time that the assignment may take: the tour patched from it is better than what a descent finds in that.
const SHARE: f64 = 0.5;

/// Symmetric distances of 2n nodes that stand for the asymmetric distances of n cities.
#[derive(Clone, Debug)]
pub(super) struct Directed {
    /// Lengths, reduced or not; on the diagonal the dual variables of the city.
    reduced: Distances,
    n: u32,
    barrier: Cost,
    /// Cities of a tour patched from the assignment, if that is nearly one.
    patched: Option<Vec<u32>>,
}

impl Directed {
    /// None if the watch says stop.
    pub(super) fn new(distances: &Distances, watch: &Watch) -> Option<Self> {
        let n = distances.len();
        let brief = watch.remaining().map_or_else(|| watch.clone(), |left| watch.within(left.mul_f64(SHARE)));
        let (patched, leave, enter) = match tight(distances, &brief) {
            Some((cities, Assignment { leave, enter, .. })) => (Some(cities), leave, enter),
            None => (None, vec![0; n], vec![0; n]),
        };
        let mut reduced = Vec::with_capacity(n * n);
        for i in 0..n {
            if watch.is_late() {
                return None;
            }
            let length = |j| if i == j { leave[i] + enter[i] } else { distances.get(i, j) - leave[i] - enter[j] };
            reduced.extend((0..n).map(length));
        }
        let largest = reduced.iter().map(|length| length.abs()).max().unwrap_or(0);
        let reduced = Distances::from_matrix(n, reduced);
        Some(Self { reduced, n: n as u32, barrier: BARRIER.saturating_mul(largest + 1), patched })
    }

    #[inline(always)]
    pub(super) fn get(&self, a: u32, b: u32) -> Cost {
        let (entry, exit) = if a < b { (a, b) } else { (b, a) };
        if entry >= self.n || exit < self.n {
            return if a == b { 0 } else { self.barrier };
        }
        self.reduced.get((exit - self.n) as usize, entry as usize)
    }

    /// A first tour, if there is a good one: entries and exits in cyclic order.
    pub(super) fn patched(&self) -> Option<Vec<u32>> {
        self.patched.as_deref().map(|cities| self.nodes(cities))
    }

    /// Whether no arc can join two nodes: both are entries, or both exits.
    pub(super) fn is_barred(&self, a: u32, b: u32) -> bool {
        (a < self.n) == (b < self.n)
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

/// The tour patched from the assignment, and that, where the one is little longer than the other.
fn tight(distances: &Distances, watch: &Watch) -> Option<(Vec<u32>, Assignment)> {
    let assignment = Assignment::new(distances, watch)?;
    let cities = patched(distances, assignment.next.clone()?);
    let after = cities.iter().cycle().skip(1);
    let length: Cost = cities.iter().zip(after).map(|(&i, &j)| distances.get(i as usize, j as usize)).sum();
    let bound = assignment.bound();
    ((length - bound) as f64 <= TIGHT * bound.abs() as f64).then_some((cities, assignment))
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;
    use rand::Rng;
    use rand::seq::SliceRandom;

    use super::*;

    #[test]
    fn reduced_lengths_keep_the_lengths_of_tours_and_are_not_negative() {
        let n = 30;
        let mut rng = stream(1, "weights", 0);
        // The cities in their order are the shortest assignment.
        let potentials: Vec<[Cost; 2]> =
            (0..n).map(|_| [rng.random_range(0..1_000), rng.random_range(0..1_000)]).collect();
        let mut detour = |i: usize, j: usize| if j == (i + 1) % n { 0 } else { rng.random_range(1..500) };
        let weights =
            (0..n * n).map(|at| (at / n, at % n)).map(|(i, j)| potentials[i][0] + potentials[j][1] + detour(i, j));
        let distances = Distances::from_matrix(n, weights.collect());
        let directed = Directed::new(&distances, &Watch::never()).unwrap();
        assert_eq!(directed.patched, Some((0..n as u32).collect()));
        let mut cities: Vec<u32> = (0..n as u32).collect();
        for _ in 0..10 {
            cities.shuffle(&mut rng);
            let around = |order: &[u32], length: &dyn Fn(u32, u32) -> Cost| -> Cost {
                (0..order.len()).map(|at| length(order[at], order[(at + 1) % order.len()])).sum()
            };
            let nodes = directed.nodes(&cities);
            let length = around(&cities, &|i, j| distances.get(i as usize, j as usize));
            assert_eq!(around(&nodes, &|a, b| directed.get(a, b)), length);
            assert_eq!(directed.cities(&nodes), cities);
        }
        let arcs = (0..n as u32).flat_map(|i| (0..n as u32).filter(move |&j| i != j).map(move |j| (i, j)));
        assert!(arcs.clone().all(|(i, j)| directed.get(i + n as u32, j) >= 0));
        assert!(arcs.filter(|&(i, j)| directed.get(i + n as u32, j) == 0).count() >= n);
    }
}
