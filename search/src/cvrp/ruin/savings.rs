//! Start solutions: a sweep that is there at once, and savings.
//!
//! B. Gillett and L. Miller, "A heuristic algorithm for the vehicle-dispatch problem", Operations Research 22, 1974.
//! G. Clarke and J. Wright, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
//! Research 12, 1964; savings of near pairs only, as in L. Accorsi and D. Vigo (FILO, 2021).

use heuron_problems::{Cost, Cvrp, Routes};

use super::ground::Ground;
use crate::run::Watch;

/// Bins of savings; each is sorted when its turn comes, so that the clock can be looked at in between.
const BINS: usize = 4_096;

/// Customers in the order of their angle at the depot (of their number where there are no points), cut into routes
/// whenever capacity or duration is used up. O(n log n).
pub(super) fn sweep(problem: &Cvrp) -> Routes {
    let mut order: Vec<u32> = (1..=problem.customers() as u32).collect();
    if let Some(points) = problem.distances.points() {
        let [x, y] = points[0];
        let angle = |v: u32| (points[v as usize][1] - y).atan2(points[v as usize][0] - x);
        order.sort_by(|&a, &b| angle(a).total_cmp(&angle(b)).then(a.cmp(&b)));
    }
    let distance = |a: u32, b: u32| problem.distances.get(a as usize, b as usize);
    let (mut routes, mut route) = (Vec::new(), Vec::new());
    // Load of the open route, and its duration up to and with its last customer.
    let (mut load, mut spent) = (0, 0);
    for v in order {
        let demand = problem.demands[v as usize];
        let last = route.last().copied().unwrap_or(0);
        let until = spent + distance(last, v) + problem.service;
        let late = problem.limit.is_some_and(|limit| until + distance(v, 0) > limit);
        if !route.is_empty() && (load + demand > problem.capacity || late) {
            routes.push(std::mem::take(&mut route));
            (load, spent) = (demand, distance(0, v) + problem.service);
        } else {
            (load, spent) = (load + demand, until);
        }
        route.push(v);
    }
    routes.push(route);
    Routes { routes }
}

/// The parallel savings algorithm. If `watch` says stop on the way, what is merged so far: always a solution.
pub(super) fn savings(ground: &Ground<'_>, neighbours: usize, watch: &Watch) -> Routes {
    let mut merger = Merger::new(ground);
    for mut bin in bins(ground, neighbours, watch) {
        if watch.is_late() {
            break;
        }
        bin.sort_unstable_by(|a, b| b.cmp(a));
        for (_, a, b) in bin {
            merger.merge(ground, a, b);
        }
    }
    merger.routes()
}

/// Positive savings (saving, a, b) of near pairs, binned from large to small.
fn bins(ground: &Ground<'_>, neighbours: usize, watch: &Watch) -> Vec<Vec<(Cost, u32, u32)>> {
    let n = ground.nodes() as u32;
    let farthest = (1..n).map(|v| ground.to_depot(v)).max().unwrap_or(0);
    // A saving is below twice the distance from the depot.
    let width = (2 * farthest / BINS as Cost + 1).max(1);
    let mut bins = vec![Vec::new(); BINS];
    for a in 1..n {
        if a % 256 == 0 && watch.is_late() {
            break;
        }
        for (b, near) in ground.nearest(a, neighbours) {
            let saving = ground.to_depot(a) + ground.to_depot(b) - near;
            // A pair in both lists is entered once.
            let listed = a > b && ground.surely_lists(b, neighbours, near);
            if saving > 0 && !listed {
                let bin = BINS - 1 - ((saving / width) as usize).min(BINS - 1);
                bins[bin].push((saving, a, b));
            }
        }
    }
    bins
}

/// Routes that grow by joining their ends.
struct Merger {
    /// The up to two neighbours of every customer within its route; 0 is the depot \[customers + 1\].
    links: Vec<[u32; 2]>,
    /// Disjoint sets of customers on one route (Tarjan, 1975).
    parent: Vec<u32>,
    /// Load and duration of the route, at the root of its set.
    load: Vec<i64>,
    duration: Vec<Cost>,
}

impl Merger {
    fn new(ground: &Ground<'_>) -> Self {
        let n = ground.nodes() as u32;
        Self {
            links: vec![[0; 2]; n as usize],
            parent: (0..n).collect(),
            load: (0..n).map(|v| ground.demand(v)).collect(),
            duration: (0..n).map(|v| 2 * ground.to_depot(v) + ground.problem.service).collect(),
        }
    }

    /// Root of the set of `v`, with path halving.
    fn root(&mut self, mut v: u32) -> usize {
        while self.parent[v as usize] != v {
            let above = self.parent[self.parent[v as usize] as usize];
            self.parent[v as usize] = above;
            v = above;
        }
        v as usize
    }

    /// Joins the routes that end in `a` and `b`, if both are ends and the route is feasible.
    fn merge(&mut self, ground: &Ground<'_>, a: u32, b: u32) {
        let end = |links: [u32; 2]| links.iter().position(|&other| other == 0);
        let (Some(at), Some(bt)) = (end(self.links[a as usize]), end(self.links[b as usize])) else { return };
        let (ra, rb) = (self.root(a), self.root(b));
        let load = self.load[ra] + self.load[rb];
        let saving = ground.to_depot(a) + ground.to_depot(b) - ground.distance(a, b);
        let duration = self.duration[ra] + self.duration[rb] - saving;
        if ra == rb || load > ground.problem.capacity || duration > ground.limit {
            return;
        }
        self.links[a as usize][at] = b;
        self.links[b as usize][bt] = a;
        self.parent[rb] = ra as u32;
        self.load[ra] = load;
        self.duration[ra] = duration;
    }

    fn routes(&self) -> Routes {
        let mut seen = vec![false; self.links.len()];
        let mut routes = Vec::new();
        for start in 1..self.links.len() {
            if seen[start] || !self.links[start].contains(&0) {
                continue;
            }
            let (mut route, mut prev, mut at) = (Vec::new(), 0, start as u32);
            while at != 0 {
                seen[at as usize] = true;
                route.push(at);
                let [one, two] = self.links[at as usize];
                let next = if one == prev { two } else { one };
                (prev, at) = (at, next);
            }
            routes.push(route);
        }
        Routes { routes }
    }
}
