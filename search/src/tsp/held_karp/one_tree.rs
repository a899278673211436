//! Minimum 1-trees: a spanning tree and one more edge at a leaf (Helsgaun 2000, section 4.1: the leaf whose second
//! shortest edge is longest).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heuron_problems::{Cost, Distances, Near};

/// A sparse connected graph: for every node its neighbours with their scaled distances.
#[derive(Clone, Debug)]
pub struct Edges {
    /// Entries of node i: `list[start[i]..start[i + 1]]` \[n + 1\].
    start: Vec<u32>,
    list: Vec<(u32, Cost)>,
}

/// A minimum 1-tree under some penalties.
#[derive(Clone, Debug)]
pub struct OneTree {
    edges: Vec<[u32; 2]>,
    weight: Cost,
}

impl OneTree {
    /// A 1-tree of these edges, whose reduced lengths add up to `weight`.
    pub fn new(edges: Vec<[u32; 2]>, weight: Cost) -> Self {
        Self { edges, weight }
    }

    /// Its n edges.
    pub fn edges(&self) -> &[[u32; 2]] {
        &self.edges
    }

    /// Sum of the reduced lengths.
    pub fn weight(&self) -> Cost {
        self.weight
    }

    /// The lower bound of this tree, in scaled units.
    pub fn bound(&self, pi: &[Cost]) -> Cost {
        self.weight - 2 * pi.iter().sum::<Cost>()
    }
}

impl Edges {
    /// The edges of the neighbour lists in both directions, and those of `tour`. Without a tour the order of the nodes
    /// takes its place: the graph must be connected.
    pub fn new(distances: &Distances, scale: Cost, near: &Near, tour: Option<&[u32]>) -> Self {
        let n = near.len() as u32;
        let mut pairs: Vec<[u32; 2]> = Vec::new();
        for node in 0..n {
            pairs.extend(near.of(node as usize).iter().map(|&other| [node.min(other), node.max(other)]));
        }
        let identity: Vec<u32>;
        let order = match tour {
            Some(order) => order,
            None => {
                identity = (0..n).collect();
                &identity
            }
        };
        let next = order.iter().cycle().skip(1);
        pairs.extend(order.iter().zip(next).map(|(&a, &b)| [a.min(b), a.max(b)]));
        Self::from_pairs(distances, scale, n, pairs)
    }

    fn from_pairs(distances: &Distances, scale: Cost, n: u32, mut pairs: Vec<[u32; 2]>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut start = vec![0_u32; n as usize + 1];
        pairs.iter().flatten().for_each(|&node| start[node as usize + 1] += 1);
        for node in 0..n as usize {
            start[node + 1] += start[node];
        }
        let mut fill = start.clone();
        let mut list = vec![(0, 0); 2 * pairs.len()];
        for &[a, b] in &pairs {
            let length = distances.get(a as usize, b as usize) * scale;
            for (node, other) in [(a, b), (b, a)] {
                list[fill[node as usize] as usize] = (other, length);
                fill[node as usize] += 1;
            }
        }
        Self { start, list }
    }

    /// Adds edges.
    pub fn add(&mut self, distances: &Distances, scale: Cost, edges: &[[u32; 2]]) {
        let n = self.len() as u32;
        let mut pairs: Vec<[u32; 2]> = edges.iter().map(|&[a, b]| [a.min(b), a.max(b)]).collect();
        for node in 0..n {
            pairs.extend(self.of(node).iter().filter(|&&(other, _)| node < other).map(|&(other, _)| [node, other]));
        }
        *self = Self::from_pairs(distances, scale, n, pairs);
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    fn of(&self, node: u32) -> &[(u32, Cost)] {
        &self.list[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }
}

/// Scratch space for one sparse 1-tree after the other.
pub struct Sparse {
    heap: BinaryHeap<Reverse<(Cost, u32)>>,
    /// Reduced length of the shortest edge to the tree \[n\]; `Cost::MIN`: the node is in it.
    key: Vec<Cost>,
    parent: Vec<u32>,
    /// Degrees in the 1-tree \[n\].
    pub degree: Vec<i32>,
}

impl Sparse {
    /// Scratch space for `n` nodes.
    pub fn new(n: usize) -> Self {
        Self { heap: BinaryHeap::new(), key: vec![0; n], parent: vec![0; n], degree: vec![0; n] }
    }

    /// The reduced length of a minimum 1-tree of `edges` under `pi`; its degrees are in `degree`.
    pub fn minimise(&mut self, edges: &Edges, pi: &[Cost]) -> Cost {
        let weight = self.span(edges, pi);
        weight + self.close(edges, pi)
    }

    /// Prim's algorithm with a heap.
    fn span(&mut self, edges: &Edges, pi: &[Cost]) -> Cost {
        self.key.fill(Cost::MAX);
        self.degree.fill(0);
        self.heap.clear();
        let mut weight = 0;
        let (mut node, mut length) = (0_u32, 0);
        loop {
            self.key[node as usize] = Cost::MIN;
            weight += length;
            for &(other, scaled) in edges.of(node) {
                let reduced = scaled + pi[node as usize] + pi[other as usize];
                if reduced < self.key[other as usize] {
                    self.key[other as usize] = reduced;
                    self.parent[other as usize] = node;
                    self.heap.push(Reverse((reduced, other)));
                }
            }
            loop {
                let Some(Reverse((reduced, next))) = self.heap.pop() else { return weight };
                if self.key[next as usize] == reduced {
                    (node, length) = (next, reduced);
                    break;
                }
            }
            self.degree[node as usize] += 1;
            self.degree[self.parent[node as usize] as usize] += 1;
        }
    }

    /// Adds the longest of the leaves' second shortest edges.
    fn close(&mut self, edges: &Edges, pi: &[Cost]) -> Cost {
        let mut best: Option<(Cost, u32, u32)> = None;
        for leaf in (0..edges.len() as u32).filter(|&node| self.degree[node as usize] == 1) {
            // The root's tree edge leads to its child, all others' to their parent.
            let is_tree = |other: u32| {
                if leaf == 0 { self.parent[other as usize] == 0 } else { self.parent[leaf as usize] == other }
            };
            let second = edges.of(leaf).iter().filter(|&&(other, _)| !is_tree(other));
            let shortest =
                second.map(|&(other, scaled)| (scaled + pi[leaf as usize] + pi[other as usize], other)).min();
            if let Some((length, other)) = shortest
                && best.is_none_or(|(longest, _, _)| length > longest)
            {
                best = Some((length, leaf, other));
            }
        }
        let Some((length, leaf, other)) = best else { return 0 };
        self.degree[leaf as usize] += 1;
        self.degree[other as usize] += 1;
        length
    }
}
