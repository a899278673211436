//! Stations of a network: a closed walk from the depot must visit every station that is acted on, within a number of
//! edges.
//!
//! The published program lets the walk contain loops at any station for free, so that a circulation "visits" stations
//! that the walk never comes near: any set within the budget passes. Here loops do not exist. In a closed walk of at
//! most so many edges, what counts is the shortest tour through the stations in the metric of shortest paths.

use std::collections::HashMap;

use super::coupling::Row;
use crate::config::{ConfigError, require};

/// A distance that no walk has.
const APART: u32 = u32::MAX / 4;

/// The most stations acted on in a step: a test of a walk may look at all their sets, 12 x 2^12 of them with the last
/// stop at the worst, which takes milliseconds.
pub const MOST_STOPS: usize = 12;

/// A network, its depot, a budget and the length of the walk.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    stations: usize,
    edges: Vec<[u32; 2]>,
    depot: u32,
    budget: usize,
    length: u32,
    /// Edges of the shortest paths \[stations, stations\].
    distances: Vec<u32>,
}

impl Path {
    /// Computes the shortest paths.
    ///
    /// # Errors
    /// The field with stations that do not exist, with a loop, or with a budget that is too large.
    pub fn new(
        stations: usize,
        edges: Vec<[u32; 2]>,
        depot: u32,
        budget: usize,
        length: u32,
    ) -> Result<Self, ConfigError> {
        if let Some([a, b]) =
            edges.iter().find(|edge| edge[0] == edge[1] || edge.iter().any(|&s| s as usize >= stations))
        {
            let expected = format!("edges between two different stations below {stations}");
            return Err(ConfigError { field: "constraint.edges", expected, found: format!("{a}-{b}") });
        }
        require((depot as usize) < stations, "constraint.depot", format!("a station below {stations}"), depot)?;
        require(budget <= MOST_STOPS, "constraint.budget", format!("at most {MOST_STOPS} stations"), budget)?;
        let distances = shortest(stations, &edges);
        Ok(Self { stations, edges, depot, budget, length, distances })
    }

    /// Pairs of neighbours.
    pub fn edges(&self) -> &[[u32; 2]] {
        &self.edges
    }

    /// Where the walk begins and ends.
    pub fn depot(&self) -> u32 {
        self.depot
    }

    /// The most stations acted on in a step.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// The most edges of the walk.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Edges of a shortest path.
    pub fn distance(&self, a: u32, b: u32) -> u32 {
        self.distances[a as usize * self.stations + b as usize]
    }

    /// Whether a closed walk of at most [`Path::length`] edges from the depot visits all stations of `list`.
    pub fn fits(&self, list: &[u32]) -> bool {
        let stops: Vec<u32> = list.iter().copied().filter(|&stop| stop != self.depot).collect();
        if list.len() > self.budget || stops.iter().any(|&stop| 2 * self.distance(self.depot, stop) > self.length) {
            return false;
        }
        self.inserted(&stops) <= self.length
            || (self.bound(&stops) <= self.length
                && Search { path: self, stops: &stops, seen: HashMap::new() }.closes())
    }

    /// Length of the tour that comes of inserting the stops one by one where they cost least, farthest first: never
    /// below the shortest.
    pub fn inserted(&self, stops: &[u32]) -> u32 {
        let mut order = stops.to_vec();
        order.sort_by_key(|&stop| (std::cmp::Reverse(self.distance(self.depot, stop)), stop));
        let (mut tour, mut length) = (vec![self.depot, self.depot], 0);
        for stop in order {
            let detour = |pair: &[u32]| {
                self.distance(pair[0], stop) + self.distance(stop, pair[1]) - self.distance(pair[0], pair[1])
            };
            let best = tour.windows(2).map(detour).enumerate().min_by_key(|&(place, cost)| (cost, place));
            let Some((place, cost)) = best else { continue };
            tour.insert(place + 1, stop);
            length += cost;
        }
        length
    }

    /// No tour through the depot and the stops is shorter: the ascent of M. Held, R. M. Karp, "The traveling-salesman
    /// problem and minimum spanning trees: part II", 1971, ended where the bound is above [`Path::length`].
    fn bound(&self, stops: &[u32]) -> u32 {
        let nodes: Vec<u32> = std::iter::once(self.depot).chain(stops.iter().copied()).collect();
        let n = nodes.len();
        if n < 3 {
            return stops.first().map_or(0, |&stop| 2 * self.distance(self.depot, stop));
        }
        let mut prices = vec![0.0; n];
        let (mut best, mut step) = (0.0_f64, ASCENT_STEP);
        for _ in 0..ASCENT {
            let cost = |a: usize, b: usize| f64::from(self.distance(nodes[a], nodes[b])) + prices[a] + prices[b];
            let (tree, degrees) = one_tree(n, cost);
            let bound = tree - 2.0 * prices.iter().sum::<f64>();
            best = best.max(bound);
            if best > f64::from(self.length) + 1e-6 || degrees.iter().all(|&degree| degree == 2) {
                break;
            }
            prices.iter_mut().zip(degrees).for_each(|(price, degree)| *price += step * (f64::from(degree) - 2.0));
            step *= ASCENT_DECAY;
        }
        // Tours have whole lengths.
        (best - 1e-6).ceil() as u32
    }

    /// Stations that can be reached at all, at most as many as the budget.
    pub fn rows(&self) -> Vec<Row> {
        let far = |&station: &u32| 2 * self.distance(self.depot, station) > self.length;
        let all = || 0..self.stations as u32;
        let mut rows = vec![Row::cardinality(all(), self.budget)];
        rows.extend(all().filter(far).map(|station| Row::cardinality([station], 0)));
        rows
    }
}

/// Steps of the ascent, the first one's length, and what is left of it from step to step.
const ASCENT: usize = 30;
const ASCENT_STEP: f64 = 2.0;
const ASCENT_DECAY: f64 = 0.88;

/// Total and degrees of a minimum spanning tree of the nodes from 1 on, with the two cheapest edges of node 0.
fn one_tree(n: usize, cost: impl Fn(usize, usize) -> f64) -> (f64, Vec<u32>) {
    let (mut total, mut degrees) = (0.0, vec![0; n]);
    // Nodes outside of the tree, with the cheapest edge to it.
    let mut open: Vec<(usize, f64, usize)> = (2..n).map(|node| (node, cost(1, node), 1)).collect();
    while let Some(place) = (0..open.len()).min_by(|&a, &b| open[a].1.total_cmp(&open[b].1)) {
        let (node, edge, parent) = open.swap_remove(place);
        total += edge;
        degrees[node] += 1;
        degrees[parent] += 1;
        for (other, least, from) in &mut open {
            let edge = cost(node, *other);
            if edge < *least {
                (*least, *from) = (edge, node);
            }
        }
    }
    let mut ends: Vec<(f64, usize)> = (1..n).map(|node| (cost(0, node), node)).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    for &(edge, node) in &ends[..2] {
        total += edge;
        degrees[node] += 1;
        degrees[0] += 1;
    }
    (total, degrees)
}

/// Breadth-first search from every station.
fn shortest(stations: usize, edges: &[[u32; 2]]) -> Vec<u32> {
    let mut neighbours = vec![Vec::new(); stations];
    for &[a, b] in edges {
        neighbours[a as usize].push(b);
        neighbours[b as usize].push(a);
    }
    let mut distances = vec![APART; stations * stations];
    for from in 0..stations {
        let row = &mut distances[from * stations..][..stations];
        row[from] = 0;
        let mut queue = vec![from as u32];
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for &to in &neighbours[at as usize] {
                if row[to as usize] == APART {
                    row[to as usize] = row[at as usize] + 1;
                    queue.push(to);
                }
            }
        }
    }
    distances
}

/// Depth-first search for a tour that is short enough.
struct Search<'a> {
    path: &'a Path,
    stops: &'a [u32],
    /// The least length at which a set of visited stops was left from its last one, in vain.
    seen: HashMap<(u64, u32), u32>,
}

impl Search<'_> {
    fn closes(&mut self) -> bool {
        let all = (1_u64 << self.stops.len()) - 1;
        self.extend(self.path.depot, all, 0)
    }

    /// Whether a walk of `length` edges so far, now at `at` with the stops `left`, can be closed in time.
    fn extend(&mut self, at: u32, left: u64, length: u32) -> bool {
        if left == 0 {
            return length + self.path.distance(at, self.path.depot) <= self.path.length;
        }
        if length + self.least(at, left) > self.path.length {
            return false;
        }
        if self.seen.get(&(left, at)).is_some_and(|&before| before <= length) {
            return false;
        }
        let mut next: Vec<(u32, usize)> = (0..self.stops.len())
            .filter(|stop| left >> stop & 1 == 1)
            .map(|stop| (self.path.distance(at, self.stops[stop]), stop))
            .collect();
        next.sort_unstable();
        for (step, stop) in next {
            if self.extend(self.stops[stop], left & !(1 << stop), length + step) {
                return true;
            }
        }
        self.seen.insert((left, at), length);
        false
    }

    /// No walk from `at` through the stops `left` to the depot is shorter: the minimum spanning tree of all of them.
    fn least(&self, at: u32, left: u64) -> u32 {
        let mut open: Vec<u32> = (0..self.stops.len()).filter(|s| left >> s & 1 == 1).map(|s| self.stops[s]).collect();
        open.push(self.path.depot);
        let mut near: Vec<u32> = open.iter().map(|&stop| self.path.distance(at, stop)).collect();
        let mut length = 0;
        while let Some(nearest) = (0..open.len()).min_by_key(|&index| near[index]) {
            length += near[nearest];
            let joined = open.swap_remove(nearest);
            near.swap_remove(nearest);
            for (near, &stop) in near.iter_mut().zip(&open) {
                *near = (*near).min(self.path.distance(joined, stop));
            }
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_whose_walks_cannot_be_tested_are_refused() {
        let edges: Vec<[u32; 2]> = (0..30).map(|a| [a, a + 1]).collect();
        assert!(Path::new(31, edges.clone(), 0, MOST_STOPS, 40).is_ok());
        let message = Path::new(31, edges, 0, MOST_STOPS + 1, 40).unwrap_err().to_string();
        assert_eq!(message, "constraint.budget: expected at most 12 stations, found 13");
    }

    /// Every set of stations that a closed walk visits, by walking all walks.
    fn walked(path: &Path) -> Vec<u64> {
        let mut frontier = std::collections::BTreeSet::from([(path.depot, 1_u64 << path.depot)]);
        let mut closed = std::collections::BTreeSet::from([1_u64 << path.depot]);
        for _ in 0..path.length {
            let mut next = std::collections::BTreeSet::new();
            for &(at, visited) in &frontier {
                for &[a, b] in &path.edges {
                    for (from, to) in [(a, b), (b, a)] {
                        if from == at {
                            next.insert((to, visited | 1 << to));
                        }
                    }
                }
            }
            closed.extend(next.iter().filter(|&&(at, _)| at == path.depot).map(|&(_, visited)| visited));
            frontier = next;
        }
        closed.into_iter().collect()
    }

    #[test]
    fn sets_fit_exactly_where_a_closed_walk_visits_them() {
        // A ring of 6 with two tails.
        let edges = vec![[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0], [2, 6], [6, 7], [4, 8], [8, 9]];
        for length in [4, 7, 8, 10] {
            let path = Path::new(10, edges.clone(), 0, 5, length).unwrap();
            let closed = walked(&path);
            let mut fit = 0;
            for set in 0..1_u64 << 10 {
                let list: Vec<u32> = (0..10).filter(|station| set >> station & 1 == 1).collect();
                let expected = list.len() <= 5 && closed.iter().any(|visited| visited & set == set);
                assert_eq!(path.fits(&list), expected, "{list:?} in {length}");
                fit += u32::from(expected);
            }
            assert!(fit > 5, "{fit}");
        }
    }

    #[test]
    fn edges_that_are_loops_are_refused() {
        assert_eq!(Path::new(3, vec![[1, 1]], 0, 2, 4).unwrap_err().found, "1-1");
        assert_eq!(Path::new(3, vec![[1, 3]], 0, 2, 4).unwrap_err().field, "constraint.edges");
        assert_eq!(Path::new(3, vec![[0, 1]], 3, 2, 4).unwrap_err().field, "constraint.depot");
    }
}
