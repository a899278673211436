//! Savings: merges round trips while that shortens the way.
//!
//! G. Clarke and J. Wright, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
//! Research 12, 1964; savings of near pairs only, as in L. Accorsi and D. Vigo (FILO, Transportation Science 55(4),
//! 2021); the weight of the distance between the ends ("route shape") is P. Yellow's, Operational Research Quarterly
//! 21, 1970.

use heuron_problems::{Cost, DisjointSets};

use super::terrain::Terrain;
use crate::run::Watch;

/// Bins of savings; each is sorted when its turn comes, so that the clock can be looked at in between.
const BINS: usize = 4_096;

/// Fixed point of route shapes.
pub(super) const ONE: Cost = 256;

/// The parallel savings algorithm with `shape` / `ONE` as the weight of the distance between two ends. If `watch` says
/// stop on the way, what is merged so far: always a solution, but for the fleet.
pub(super) fn savings(terrain: &impl Terrain, shape: Cost, watch: &Watch) -> Vec<Vec<u32>> {
    let mut merger = Merger::new(terrain);
    for mut bin in bins(terrain, shape, watch) {
        if watch.is_late() {
            break;
        }
        bin.sort_unstable_by_key(|&(saving, a, b)| (-saving, a, b));
        for (_, a, b) in bin {
            merger.merge(terrain, a, b);
        }
    }
    merger.routes()
}

/// Positive savings (saving, a, b) of near pairs, binned from large to small.
fn bins(terrain: &impl Terrain, shape: Cost, watch: &Watch) -> Vec<Vec<(Cost, u32, u32)>> {
    let n = terrain.nodes() as u32;
    let farthest = (1..n).map(|v| terrain.distance(v, 0).max(terrain.distance(0, v))).max().unwrap_or(0);
    // A saving is at most twice the largest distance from or to the depot.
    let width = (2 * ONE * farthest / BINS as Cost + 1).max(1);
    let mut bins = vec![Vec::new(); BINS];
    for a in 1..n {
        if a % 256 == 0 && watch.is_late() {
            break;
        }
        for &b in terrain.near(a) {
            let saving = ONE * (terrain.distance(a, 0) + terrain.distance(0, b)) - shape * terrain.distance(a, b);
            // Without direction, a pair in both lists is entered once.
            let entered = terrain.is_symmetric() && a > b && terrain.near(b).contains(&a);
            if saving > 0 && !entered {
                bins[BINS - 1 - ((saving / width) as usize).min(BINS - 1)].push((saving, a, b));
            }
        }
    }
    bins
}

/// Routes that grow by joining their ends.
struct Merger {
    symmetric: bool,
    /// Predecessor and successor of every customer on its route, in either order for symmetric distances; 0 is the
    /// depot \[nodes\].
    links: Vec<[u32; 2]>,
    /// Sets of customers on one route.
    sets: DisjointSets,
    /// Load and duration of the route, at the root of its set.
    load: Vec<i64>,
    duration: Vec<Cost>,
}

impl Merger {
    fn new(terrain: &impl Terrain) -> Self {
        let n = terrain.nodes() as u32;
        let alone = |v| terrain.distance(0, v) + terrain.service() + terrain.distance(v, 0);
        Self {
            symmetric: terrain.is_symmetric(),
            links: vec![[0; 2]; n as usize],
            sets: DisjointSets::new(n as usize),
            load: (0..n).map(|v| terrain.demand(v)).collect(),
            duration: (0..n).map(alone).collect(),
        }
    }

    /// The link of `v` that may become its predecessor (0) or successor (1), if its route ends there.
    fn free(&self, v: u32, side: usize) -> Option<usize> {
        let links = &self.links[v as usize];
        if self.symmetric { links.iter().position(|&other| other == 0) } else { (links[side] == 0).then_some(side) }
    }

    /// Lets `b` follow `a`, if their routes end and start there and the joined route is feasible.
    fn merge(&mut self, terrain: &impl Terrain, a: u32, b: u32) {
        let (Some(out), Some(into)) = (self.free(a, 1), self.free(b, 0)) else { return };
        let (root_a, root_b) = (self.sets.root(a), self.sets.root(b));
        let (ra, rb) = (root_a as usize, root_b as usize);
        let load = self.load[ra] + self.load[rb];
        let saving = terrain.distance(a, 0) + terrain.distance(0, b) - terrain.distance(a, b);
        let duration = self.duration[ra] + self.duration[rb] - saving;
        if ra == rb || load > terrain.capacity() || duration > terrain.longest_duration() {
            return;
        }
        self.links[a as usize][out] = b;
        self.links[b as usize][into] = a;
        self.sets.hang(root_b, root_a);
        self.load[ra] = load;
        self.duration[ra] = duration;
    }

    /// Walks every route from its start, or from either end for symmetric distances.
    fn routes(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.links.len()];
        let mut routes = Vec::new();
        for start in 1..self.links.len() {
            let [before, after] = self.links[start];
            if seen[start] || before != 0 && (after != 0 || !self.symmetric) {
                continue;
            }
            let (mut route, mut prev, mut at) = (Vec::new(), 0, start as u32);
            while at != 0 {
                seen[at as usize] = true;
                route.push(at);
                let [one, two] = self.links[at as usize];
                let next = if self.symmetric && one != prev { one } else { two };
                (prev, at) = (at, next);
            }
            routes.push(route);
        }
        routes
    }
}
