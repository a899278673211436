//! Tours built node by node: action j goes to node j. Conventions of POMO (Kwon et al., 2020): every node is an
//! opening.

use crate::construct::Construct;
use crate::tsp::{Tour, Tsp};

/// A path that becomes the tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Nodes in the order of the visit.
    nodes: Vec<u32>,
    /// Nodes that may come next unless a fixed edge says otherwise: not visited, and not inside a chain of fixed
    /// edges, which is entered at its ends only \[n\].
    open: Vec<bool>,
}

impl Path {
    /// The first node; none before the first action.
    pub fn first(&self) -> Option<u32> {
        self.nodes.first().copied()
    }

    /// The node where the path ends now.
    pub fn current(&self) -> Option<u32> {
        self.nodes.last().copied()
    }

    /// Nodes visited so far, in order.
    pub fn nodes(&self) -> &[u32] {
        &self.nodes
    }
}

impl Tsp {
    /// Nodes joined to `node` by a fixed edge.
    fn partners(&self, node: u32) -> impl Iterator<Item = u32> {
        self.fixed.iter().filter_map(move |&[a, b]| match node {
            _ if node == a => Some(b),
            _ if node == b => Some(a),
            _ => None,
        })
    }

    /// Whether a path may begin at each node: chains of fixed edges are walked from end to end. If the whole tour is
    /// fixed, there is no end, and any node will do.
    fn ends(&self) -> Vec<bool> {
        let mut degree = vec![0; self.len()];
        self.fixed.iter().flatten().for_each(|&node| degree[node as usize] += 1);
        let cycle = degree.iter().all(|&degree| degree > 1);
        degree.into_iter().map(|degree| cycle || degree < 2).collect()
    }
}

impl Construct for Tsp {
    type State = Path;

    fn width(&self) -> usize {
        self.len()
    }

    fn start(&self) -> Path {
        Path { nodes: Vec::with_capacity(self.len()), open: self.ends() }
    }

    fn openings(&self) -> Vec<u32> {
        let ends = self.ends();
        (0..self.len() as u32).filter(|&node| ends[node as usize]).collect()
    }

    fn allowed(&self, path: &Path, mask: &mut [bool]) {
        if let (false, [before @ .., current]) = (self.fixed.is_empty(), path.nodes.as_slice()) {
            // A partner already visited is the node before, or the first one if the whole tour is fixed.
            let visited = |node| before.first() == Some(&node) || before.last() == Some(&node);
            if self.partners(*current).any(|partner| !visited(partner)) {
                mask.fill(false);
                let partners = self.partners(*current).filter(|&partner| !visited(partner));
                partners.for_each(|partner| mask[partner as usize] = true);
                return;
            }
        }
        mask.copy_from_slice(&path.open);
    }

    fn step(&self, path: &mut Path, node: u32) {
        path.nodes.push(node);
        path.open[node as usize] = false;
    }

    fn finish(&self, path: &Path) -> Tour {
        Tour { nodes: path.nodes.clone() }
    }

    /// The nodes as they come; with fixed edges, from the first place on where a path may begin.
    fn trace(&self, tour: &Tour) -> Vec<u32> {
        let mut nodes = tour.nodes.clone();
        if !self.fixed.is_empty() {
            let ends = self.ends();
            let before = |at: usize| tour.nodes[(at + nodes.len() - 1) % nodes.len()];
            let begins = |&at: &usize| {
                let node = tour.nodes[at];
                ends[node as usize] && self.partners(node).all(|partner| partner != before(at))
            };
            let begin = (0..nodes.len()).find(begins).unwrap_or(0);
            nodes.rotate_left(begin);
        }
        nodes
    }
}
