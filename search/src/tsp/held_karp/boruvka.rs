//! Minimum spanning trees of points in the plane under penalties: Boruvka's rounds, where every component finds its
//! shortest outgoing edge with a k-d tree whose nodes know the smallest penalty below them (after Bentley and Friedman,
//! 1978, and March, Ram and Gray, 2010).

use heuron_problems::{Cost, DisjointSets, Metric, Near};

use super::one_tree::OneTree;
use crate::run::Watch;

/// Points per leaf.
const LEAF: usize = 6;

/// The points below a tree node belong to several components.
const MIXED: u32 = u32::MAX;

/// A minimum spanning tree of all pairs; none if the watch says stop before. `near` only speeds it up.
pub fn spanning_tree(
    metric: Metric,
    points: &[[f64; 2]],
    scale: Cost,
    pi: &[Cost],
    near: &Near,
    watch: &Watch,
) -> Option<OneTree> {
    let n = points.len();
    let mut tree = Tree { metric, points, scale, pi, order: (0..n as u32).collect(), nodes: Vec::new() };
    tree.split(0, n);
    let mut components = DisjointSets::new(n);
    let mut edges: Vec<[u32; 2]> = Vec::with_capacity(n);
    let mut weight = 0;
    while edges.len() + 1 < n {
        let component = components.roots();
        tree.label(&component);
        let mut best = vec![Outgoing { length: Cost::MAX, edge: [0; 2] }; n];
        for node in 0..n as u32 {
            let best = &mut best[component[node as usize] as usize];
            let others = near.of(node as usize).iter().filter(|&&o| component[o as usize] != component[node as usize]);
            others.for_each(|&other| best.keep(tree.reduced(node, other), node, other));
        }
        for at in 0..n {
            if at % 1024 == 0 && watch.is_late() {
                return None;
            }
            let node = tree.order[at];
            tree.query(0, node, &component, &mut best[component[node as usize] as usize]);
        }
        for outgoing in best.iter().filter(|outgoing| outgoing.length < Cost::MAX) {
            // Two components may have chosen the same edge, and more of them edges of equal length.
            let [a, b] = outgoing.edge;
            if components.unite(a, b) {
                edges.push(outgoing.edge);
                weight += outgoing.length;
            }
        }
    }
    Some(OneTree::new(edges, weight))
}

/// The shortest edge found from a component to another.
#[derive(Clone, Copy)]
struct Outgoing {
    length: Cost,
    edge: [u32; 2],
}

impl Outgoing {
    fn keep(&mut self, length: Cost, from: u32, to: u32) {
        if length < self.length {
            *self = Self { length, edge: [from, to] };
        }
    }
}

struct Tree<'a> {
    metric: Metric,
    points: &'a [[f64; 2]],
    scale: Cost,
    pi: &'a [Cost],
    order: Vec<u32>,
    nodes: Vec<Node>,
}

struct Node {
    low: [f64; 2],
    high: [f64; 2],
    /// Smallest penalty of the points below.
    pi: Cost,
    /// Component of all points below, or `MIXED`.
    component: u32,
    /// Points below: `order[from..to]`.
    from: u32,
    to: u32,
    /// The second child; the first one follows directly. 0: a leaf.
    second: u32,
}

impl Tree<'_> {
    fn split(&mut self, from: usize, to: usize) {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut pi = Cost::MAX;
        for &point in &self.order[from..to] {
            for (axis, &value) in self.points[point as usize].iter().enumerate() {
                low[axis] = low[axis].min(value);
                high[axis] = high[axis].max(value);
            }
            pi = pi.min(self.pi[point as usize]);
        }
        let at = self.nodes.len();
        self.nodes.push(Node { low, high, pi, component: MIXED, from: from as u32, to: to as u32, second: 0 });
        if to - from <= LEAF {
            return;
        }
        let axis = usize::from(high[1] - low[1] > high[0] - low[0]);
        let middle = (from + to) / 2;
        let points = self.points;
        self.order[from..to].select_nth_unstable_by(middle - from, |&a, &b| {
            points[a as usize][axis].total_cmp(&points[b as usize][axis]).then(a.cmp(&b))
        });
        self.split(from, middle);
        self.nodes[at].second = self.nodes.len() as u32;
        self.split(middle, to);
    }

    /// Notes the component of every tree node; children come after their parents.
    fn label(&mut self, component: &[u32]) {
        for at in (0..self.nodes.len()).rev() {
            let node = &self.nodes[at];
            let common = if node.second == 0 {
                let mut below = self.order[node.from as usize..node.to as usize].iter().map(|&p| component[p as usize]);
                let first = below.next().unwrap_or(MIXED);
                if below.all(|c| c == first) { first } else { MIXED }
            } else {
                let (a, b) = (self.nodes[at + 1].component, self.nodes[node.second as usize].component);
                if a == b { a } else { MIXED }
            };
            self.nodes[at].component = common;
        }
    }

    #[inline]
    fn reduced(&self, a: u32, b: u32) -> Cost {
        let (a, b) = (a as usize, b as usize);
        self.metric.distance(self.points[a], self.points[b]) * self.scale + self.pi[a] + self.pi[b]
    }

    /// No point below tree node `at` is nearer to `node` than this. Differences, squares, sums, roots and roundings are
    /// all monotone in floating point too, so the nearest point of the box is no farther than any point in it.
    #[inline]
    fn at_least(&self, at: usize, node: u32) -> Cost {
        let point = self.points[node as usize];
        let (low, high) = (self.nodes[at].low, self.nodes[at].high);
        let nearest = [point[0].clamp(low[0], high[0]), point[1].clamp(low[1], high[1])];
        self.metric.distance(point, nearest) * self.scale + self.pi[node as usize] + self.nodes[at].pi
    }

    /// Shortens `best` to an edge from `node` to a point of another component below tree node `at`, if there is one.
    fn query(&self, at: usize, node: u32, component: &[u32], best: &mut Outgoing) {
        let here = &self.nodes[at];
        let own = component[node as usize];
        if here.component == own {
            return;
        }
        if here.second == 0 {
            for &other in &self.order[here.from as usize..here.to as usize] {
                if component[other as usize] != own {
                    best.keep(self.reduced(node, other), node, other);
                }
            }
            return;
        }
        let mut children = [at + 1, here.second as usize].map(|child| (self.at_least(child, node), child));
        children.sort_unstable();
        for (length, child) in children {
            if length < best.length {
                self.query(child, node, component, best);
            }
        }
    }
}
