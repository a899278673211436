//! The first tour: greedy edge (Bentley, 1992), which local search improves faster and further than other
//! constructions.
//!
//! The shortest edges of the neighbour lists that keep all degrees at most two and close no cycle become fragments;
//! then the shortest edges between ends of different fragments join these, until one path is left.

use heuron_problems::{Cost, Distances, Near};

use super::graph::Graph;
use crate::run::Watch;

/// Up to so many fragment ends all pairs are compared.
const ALL_PAIRS: usize = 1_000;

/// Nearest other ends that are looked at per round when there are more.
const NEAREST_ENDS: usize = 6;

/// Marks a free side of a node.
const FREE: u32 = u32::MAX;

/// Paths that grow together.
struct Fragments {
    /// Up to two neighbours of every node.
    links: Vec<[u32; 2]>,
    /// The other end of the fragment; meaningful at ends only.
    other_end: Vec<u32>,
    fragments: usize,
}

/// A tour of `graph` by greedy edges, with all fixed edges. When the watch says stop, the fragments are joined in the
/// order of the nodes, which is the order along a space-filling curve where there are coordinates.
pub fn greedy(graph: &Graph, watch: &Watch) -> Vec<u32> {
    let n = graph.len() as u32;
    let mut fragments = Fragments::new(n);
    for node in 0..n {
        // A fixed edge that would close the cycle follows by itself from the path of all others.
        for mate in graph.fixed_mates(node).filter(|&mate| node < mate) {
            if fragments.other_end[node as usize] != mate {
                fragments.join(node, mate);
            }
        }
    }
    let mut edges: Vec<(Cost, u32, u32)> = Vec::new();
    for node in 0..n {
        let towards = graph.near(node).iter().filter(|other| node < other.node || !lists(graph, other.node, node));
        edges.extend(towards.map(|&other| (graph.to_near(node, other), node, other.node)));
    }
    fragments.join_shortest(edges);
    while fragments.fragments > 1 && !watch.is_late() {
        let ends = fragments.ends();
        fragments.join_shortest(pairs_of_ends(graph, &fragments, &ends));
    }
    fragments.into_tour()
}

fn lists(graph: &Graph, node: u32, other: u32) -> bool {
    graph.near(node).iter().any(|entry| entry.node == other)
}

/// Edges between ends of different fragments; the shortest of all is among them.
fn pairs_of_ends(graph: &Graph, fragments: &Fragments, ends: &[u32]) -> Vec<(Cost, u32, u32)> {
    let differ = |a: u32, b: u32| fragments.other_end[a as usize] != b && a != b;
    let edge = |a: u32, b: u32| (graph.distance(a, b), a, b);
    let geometry = graph.distances().and_then(|d| Some((d.metric()?, d.points()?)));
    match geometry {
        Some((metric, points)) if ends.len() > ALL_PAIRS => {
            let reduced = Distances::new(metric, ends.iter().map(|&end| points[end as usize]).collect());
            let near = Near::nearest(&reduced, NEAREST_ENDS);
            let around = |at: usize| near.of(at).iter().map(move |&other| (ends[at], ends[other as usize]));
            (0..ends.len()).flat_map(around).filter(|&(a, b)| differ(a, b)).map(|(a, b)| edge(a, b)).collect()
        }
        _ => {
            let after = |at: usize| ends[at + 1..].iter().map(move |&b| (ends[at], b));
            (0..ends.len()).flat_map(after).filter(|&(a, b)| differ(a, b)).map(|(a, b)| edge(a, b)).collect()
        }
    }
}

impl Fragments {
    fn new(n: u32) -> Self {
        Self { links: vec![[FREE; 2]; n as usize], other_end: (0..n).collect(), fragments: n as usize }
    }

    fn join_shortest(&mut self, mut edges: Vec<(Cost, u32, u32)>) {
        edges.sort_unstable();
        for (_, a, b) in edges {
            let free = |node: u32| self.links[node as usize][1] == FREE;
            if free(a) && free(b) && self.other_end[a as usize] != b {
                self.join(a, b);
            }
        }
    }

    /// Joins the ends of two fragments.
    fn join(&mut self, a: u32, b: u32) {
        for (node, other) in [(a, b), (b, a)] {
            let links = &mut self.links[node as usize];
            links[usize::from(links[0] != FREE)] = other;
        }
        let (left, right) = (self.other_end[a as usize], self.other_end[b as usize]);
        self.other_end[left as usize] = right;
        self.other_end[right as usize] = left;
        self.fragments -= 1;
    }

    /// Nodes that can still be joined, in their order; a single node stands for both of its ends.
    fn ends(&self) -> Vec<u32> {
        (0..self.links.len() as u32).filter(|&node| self.links[node as usize][1] == FREE).collect()
    }

    /// The fragments one after the other.
    fn into_tour(self) -> Vec<u32> {
        let mut tour = Vec::with_capacity(self.links.len());
        let mut seen = vec![false; self.links.len()];
        for start in self.ends() {
            let mut node = start;
            while node != FREE && !seen[node as usize] {
                seen[node as usize] = true;
                tour.push(node);
                let links = self.links[node as usize];
                let fresh = |&&next: &&u32| next != FREE && !seen[next as usize];
                node = links.iter().find(fresh).copied().unwrap_or(FREE);
            }
        }
        tour
    }
}
