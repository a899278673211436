//! What every part of the engine reads and none changes: distances, neighbour lists, demands.

use heuron_problems::kdtree::KdTree;
use heuron_problems::{Cost, Cvrp, Distances, Metric, Near};

use crate::run::Watch;

/// Up to this many nodes a matrix (n^2 x 4 bytes: 9 MB) replaces computing distances from points. Making it takes
/// some 15 ms and cannot be interrupted.
const DENSE: usize = 1_500;

/// An instance, prepared for a search whose cost per iteration does not depend on n.
pub(super) struct Ground<'a> {
    pub problem: &'a Cvrp,
    distances: Distances,
    /// Distance of every node to the depot \[customers + 1\].
    depot: Vec<Cost>,
    /// Nearest customers of every customer, nearest first; list of node v: `start[v]..start[v + 1]`.
    near: Vec<u32>,
    /// Distances to them, beside `near`.
    far: Vec<Cost>,
    start: Vec<u32>,
    /// Longest route duration, or `Cost::MAX`.
    pub limit: Cost,
    /// Most routes, or `usize::MAX`.
    pub fleet: usize,
}

impl<'a> Ground<'a> {
    /// Prepares `problem` with `k` neighbours per customer. None if `watch` says stop on the way.
    pub fn new(problem: &'a Cvrp, k: usize, watch: &Watch) -> Option<Self> {
        debug_assert!(problem.distances.is_symmetric(), "asymmetric instances are served by the genetic search");
        let distances = problem.distances.dense(DENSE);
        let n = problem.customers() + 1;
        let mut ground = Self {
            problem,
            depot: (0..n).map(|v| distances.get(0, v)).collect(),
            near: Vec::with_capacity(n * k.min(n)),
            far: Vec::with_capacity(n * k.min(n)),
            start: vec![0, 0],
            limit: problem.limit.unwrap_or(Cost::MAX),
            fleet: problem.vehicles.unwrap_or(usize::MAX),
            distances,
        };
        ground.list_neighbours(k, watch).then_some(ground)
    }

    /// Fills the neighbour lists; false if `watch` said stop. As `Near`, which cannot be interrupted: at 30 000
    /// customers the queries take about a second.
    fn list_neighbours(&mut self, k: usize, watch: &Watch) -> bool {
        let n = self.problem.customers() + 1;
        let plane = self
            .problem
            .distances
            .points()
            .filter(|_| self.problem.distances.metric().is_some_and(|metric| metric != Metric::Geo));
        let Some(points) = plane else {
            let near = Near::nearest_among(&self.problem.distances, k, |v| v != 0);
            (1..n).for_each(|v| self.push_list(v, near.of(v).iter().copied()));
            return true;
        };
        let tree = KdTree::new(points);
        let mut found = Vec::with_capacity(k + 1);
        for (v, &point) in points.iter().enumerate().skip(1) {
            if v % 256 == 0 && watch.is_late() {
                return false;
            }
            tree.nearest(point, k, |other| other != 0 && other as usize != v, &mut found);
            self.push_list(v, found.iter().map(|&(_, other)| other));
        }
        true
    }

    fn push_list(&mut self, v: usize, list: impl Iterator<Item = u32>) {
        for other in list {
            self.near.push(other);
            self.far.push(self.distances.get(v, other as usize));
        }
        self.start.push(self.near.len() as u32);
    }

    /// Number of nodes: customers and the depot.
    pub fn nodes(&self) -> usize {
        self.depot.len()
    }

    #[inline(always)]
    pub fn distance(&self, a: u32, b: u32) -> Cost {
        self.distances.get(a as usize, b as usize)
    }

    #[inline(always)]
    pub fn to_depot(&self, v: u32) -> Cost {
        self.depot[v as usize]
    }

    #[inline(always)]
    pub fn demand(&self, v: u32) -> i64 {
        self.problem.demands[v as usize]
    }

    /// The customers nearest to `v`, nearest first.
    #[inline(always)]
    pub fn near(&self, v: u32) -> &[u32] {
        let v = v as usize;
        &self.near[self.start[v] as usize..self.start[v + 1] as usize]
    }

    /// Whether a customer at distance `near` must be among the first `k` neighbours of `v`.
    pub fn surely_lists(&self, v: u32, k: usize, near: Cost) -> bool {
        let (from, to) = (self.start[v as usize] as usize, self.start[v as usize + 1] as usize);
        self.far[from..to.min(from + k)].last().is_some_and(|&last| near < last)
    }

    /// The first `k` of `near(v)`, with their distances.
    #[inline(always)]
    pub fn nearest(&self, v: u32, k: usize) -> impl Iterator<Item = (u32, Cost)> {
        let (from, to) = (self.start[v as usize] as usize, self.start[v as usize + 1] as usize);
        let to = to.min(from + k);
        self.near[from..to].iter().copied().zip(self.far[from..to].iter().copied())
    }
}
