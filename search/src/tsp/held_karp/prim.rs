//! Minimum spanning trees and 1-trees of the complete graph, by scanning all pairs (Prim, 1957).

use heuron_problems::{Cost, Distances};

use super::one_tree::OneTree;
use super::reduced;
use crate::run::Watch;

/// A minimum spanning tree in O(n^2) time and O(n) memory; none if the watch says stop before.
pub fn spanning_tree(distances: &Distances, scale: Cost, pi: &[Cost], watch: &Watch) -> Option<OneTree> {
    let n = pi.len();
    let mut outside: Vec<u32> = (1..n as u32).collect();
    let mut key = vec![Cost::MAX; n];
    let mut parent = vec![0_u32; n];
    let mut edges = Vec::with_capacity(n);
    let (mut weight, mut node) = (0, 0);
    while !outside.is_empty() {
        if watch.is_late() {
            return None;
        }
        let mut nearest = (Cost::MAX, 0);
        for (at, &other) in outside.iter().enumerate() {
            let other = other as usize;
            let length = reduced(distances, scale, pi, node, other);
            if length < key[other] {
                key[other] = length;
                parent[other] = node as u32;
            }
            nearest = nearest.min((key[other], at));
        }
        node = outside.swap_remove(nearest.1) as usize;
        weight += key[node];
        edges.push([node as u32, parent[node]]);
    }
    Some(OneTree::new(edges, weight))
}

/// Leaves whose second shortest edge is looked for among all nodes.
const LEAVES: usize = 8;

/// Completes a spanning tree to a 1-tree. Any leaf gives a valid bound; some of those farthest from the tree are tried.
pub fn with_leaf(distances: &Distances, scale: Cost, pi: &[Cost], tree: OneTree) -> OneTree {
    let n = pi.len();
    let mut degree = vec![0_u32; n];
    tree.edges().iter().flatten().for_each(|&node| degree[node as usize] += 1);
    let mut leaves: Vec<(Cost, u32, u32)> = Vec::new();
    for &[a, b] in tree.edges() {
        for (leaf, other) in [(a, b), (b, a)] {
            if degree[leaf as usize] == 1 {
                leaves.push((reduced(distances, scale, pi, leaf as usize, other as usize), leaf, other));
            }
        }
    }
    leaves.sort_unstable_by(|a, b| b.cmp(a));
    let second = |&(_, leaf, mate): &(Cost, u32, u32)| {
        let others = (0..n).filter(|&other| other != leaf as usize && other != mate as usize);
        others.map(|other| (reduced(distances, scale, pi, leaf as usize, other), [leaf, other as u32])).min()
    };
    let longest = leaves.iter().take(LEAVES).filter_map(second).max();
    let mut edges = tree.edges().to_vec();
    let length = longest.map_or(0, |(length, edge)| {
        edges.push(edge);
        length
    });
    OneTree::new(edges, tree.weight() + length)
}
