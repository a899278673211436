//! The symmetric working instance of the engine: nodes in a cache-friendly order, neighbour lists with their distances.
//!
//! Every TSP instance becomes such a graph. Nodes with coordinates are renumbered along a Hilbert curve, so that nodes
//! near in the plane are near in memory; coinciding points become one node; an asymmetric instance is split into two
//! nodes per city (see `asymmetric`). [`Graph::expand`] and [`Graph::contract`] translate tours.

use heuron_problems::{Cost, Distances, Metric, Near, Tour, Tsp};

use super::asymmetric::Directed;
use super::neighbours;
use crate::hilbert;
use crate::run::Watch;

/// Up to this size the distances of points are tabulated: 9 MB. Beyond, a table is slower to reach than a square root.
const TABLE_LIMIT: usize = 1_500;

/// As `TABLE_LIMIT` for great-circle distances, which cost four calls of trigonometric functions.
const GLOBE_TABLE_LIMIT: usize = 5_000;

/// Marks that a node has no (second) fixed edge.
const NONE: u32 = u32::MAX;

/// A symmetric instance with neighbour lists.
#[derive(Clone, Debug)]
pub struct Graph {
    weights: Weights,
    /// Neighbours of all nodes, each with its distance.
    near: Vec<Neighbour>,
    /// List of node i: `near[start[i]..start[i + 1]]` \[n + 1\].
    start: Vec<u32>,
    /// Ends of the fixed edges at every node \[n\]; empty if no edge is fixed.
    fixed: Vec<[u32; 2]>,
    /// Original nodes of working node i: `members[first[i]..first[i + 1]]`.
    members: Vec<u32>,
    first: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Weights {
    Symmetric(Distances),
    Directed(Directed),
}

/// An entry of a neighbour list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The node.
    pub node: u32,
    /// Its distance, exact below `i32::MAX`.
    distance: i32,
}

impl Graph {
    /// The working instance of `tsp`.
    pub fn new(tsp: &Tsp) -> Self {
        Self::within(tsp, &Watch::never()).unwrap_or_else(|| unreachable!("nothing interrupts"))
    }

    /// As [`Graph::new`]; none if the watch says stop before the neighbour lists are made.
    pub fn within(tsp: &Tsp, watch: &Watch) -> Option<Self> {
        if tsp.distances.is_symmetric() { Self::symmetric(tsp, watch) } else { Self::directed(tsp, watch) }
    }

    fn symmetric(tsp: &Tsp, watch: &Watch) -> Option<Self> {
        let (members, first) = groups(tsp);
        let heads: Vec<u32> = first[..first.len() - 1].iter().map(|&at| members[at as usize]).collect();
        let distances = match (tsp.distances.metric(), tsp.distances.points()) {
            (Some(metric), Some(points)) => {
                let points = heads.iter().map(|&node| points[node as usize]).collect();
                let limit = if metric == Metric::Geo { GLOBE_TABLE_LIMIT } else { TABLE_LIMIT };
                Distances::new(metric, points).dense(limit)
            }
            _ => tsp.distances.clone(),
        };
        let near = neighbours::mixed(&distances, watch)?;
        let mut graph = Self { members, first, ..Self::bare(Weights::Symmetric(distances), &near) };
        let mut index = vec![0; tsp.len()];
        graph.members.iter().enumerate().for_each(|(at, &node)| index[node as usize] = at as u32);
        let fixed = tsp.fixed.iter().map(|edge| edge.map(|node| index[node as usize]));
        graph.fix(fixed);
        Some(graph)
    }

    fn directed(tsp: &Tsp, watch: &Watch) -> Option<Self> {
        let n = tsp.len() as u32;
        let directed = Directed::new(&tsp.distances, watch)?;
        let near = directed.neighbours(neighbours::DIRECTED, watch)?;
        let mut graph = Self::bare(Weights::Directed(directed), &near);
        graph.fix((0..n).map(|city| [city, city + n]));
        Some(graph)
    }

    /// A graph whose working nodes are the original ones.
    fn bare(weights: Weights, near: &Near) -> Self {
        let n = near.len() as u32;
        let mut graph = Self {
            weights,
            near: Vec::new(),
            start: vec![0],
            fixed: Vec::new(),
            members: (0..n).collect(),
            first: (0..=n).collect(),
        };
        for node in 0..n {
            for &other in near.of(node as usize) {
                let distance = graph.distance(node, other).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
                graph.near.push(Neighbour { node: other, distance });
            }
            graph.start.push(graph.near.len() as u32);
        }
        graph
    }

    fn fix(&mut self, edges: impl Iterator<Item = [u32; 2]>) {
        let mut edges = edges.peekable();
        if edges.peek().is_some() {
            self.fixed = vec![[NONE; 2]; self.len()];
        }
        for [a, b] in edges {
            for (end, other) in [(a, b), (b, a)] {
                let mates = &mut self.fixed[end as usize];
                mates[usize::from(mates[0] != NONE && mates[0] != other)] = other;
            }
        }
    }

    /// The graph of `nodes` alone, in which node i is `nodes[i]`, `index` says the reverse (`u32::MAX`: not among them)
    /// and the edge `closing` is fixed. Only for distances that come from points.
    pub(super) fn restricted(&self, nodes: &[u32], index: &[u32], closing: [u32; 2]) -> Self {
        let weights = match &self.weights {
            Weights::Symmetric(distances) => match (distances.metric(), distances.points()) {
                (Some(metric), Some(points)) => Weights::Symmetric(Distances::new(
                    metric,
                    nodes.iter().map(|&node| points[node as usize]).collect(),
                )),
                _ => unreachable!("explicit weights are not restricted"),
            },
            Weights::Directed(_) => unreachable!("asymmetric weights are not restricted"),
        };
        let n = nodes.len() as u32;
        let (mut near, mut start) = (Vec::new(), vec![0]);
        for &node in nodes {
            let inside = self.near(node).iter().map(|&entry| Neighbour { node: index[entry.node as usize], ..entry });
            near.extend(inside.filter(|entry| entry.node != NONE));
            start.push(near.len() as u32);
        }
        let mut graph =
            Self { weights, near, start, fixed: Vec::new(), members: (0..n).collect(), first: (0..=n).collect() };
        let inherited = nodes.iter().flat_map(|&node| self.fixed_mates(node).map(move |mate| [node, mate]));
        let inherited =
            inherited.map(|edge| edge.map(|node| index[node as usize])).filter(|edge| !edge.contains(&NONE));
        graph.fix(inherited.chain([closing]));
        graph
    }

    /// Number of working nodes.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The distance between two nodes.
    #[inline(always)]
    pub fn distance(&self, a: u32, b: u32) -> Cost {
        match &self.weights {
            Weights::Symmetric(distances) => distances.get(a as usize, b as usize),
            Weights::Directed(directed) => directed.get(a, b),
        }
    }

    /// The distance between two nodes if it is less than `limit`.
    #[inline(always)]
    pub fn distance_below(&self, a: u32, b: u32, limit: Cost) -> Option<Cost> {
        match &self.weights {
            Weights::Symmetric(distances) => distances.below(a as usize, b as usize, limit),
            Weights::Directed(directed) => Some(directed.get(a, b)).filter(|&distance| distance < limit),
        }
    }

    /// The neighbours of `node`, nearest first.
    #[inline(always)]
    pub fn near(&self, node: u32) -> &[Neighbour] {
        &self.near[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }

    /// The distance from `node` to an entry of its list.
    #[inline(always)]
    pub fn to_near(&self, node: u32, neighbour: Neighbour) -> Cost {
        if neighbour.distance == i32::MAX { self.distance(node, neighbour.node) } else { neighbour.distance.into() }
    }

    /// Whether the edge between `a` and `b` must stay in the tour.
    #[inline(always)]
    pub fn is_fixed(&self, a: u32, b: u32) -> bool {
        !self.fixed.is_empty() && self.fixed[a as usize].contains(&b)
    }

    /// Nodes that fixed edges join to `node`.
    pub fn fixed_mates(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        self.fixed.get(node as usize).into_iter().flatten().copied().filter(|&mate| mate != NONE)
    }

    /// Whether the instance is asymmetric: its nodes are the entries and exits of its cities.
    pub fn is_directed(&self) -> bool {
        matches!(self.weights, Weights::Directed(_))
    }

    /// A first tour of an asymmetric instance, if there is a good one.
    pub(super) fn patched(&self) -> Option<Vec<u32>> {
        match &self.weights {
            Weights::Symmetric(_) => None,
            Weights::Directed(directed) => directed.patched(),
        }
    }

    /// Whether no tour has an edge between two nodes.
    pub(super) fn is_barred(&self, a: u32, b: u32) -> bool {
        matches!(&self.weights, Weights::Directed(directed) if directed.is_barred(a, b))
    }

    /// Coordinates of the working nodes, if the instance has them.
    pub fn points(&self) -> Option<&[[f64; 2]]> {
        match &self.weights {
            Weights::Symmetric(distances) => distances.points(),
            Weights::Directed(_) => None,
        }
    }

    /// Distances of the working nodes, unless the instance is asymmetric.
    pub fn distances(&self) -> Option<&Distances> {
        match &self.weights {
            Weights::Symmetric(distances) => Some(distances),
            Weights::Directed(_) => None,
        }
    }

    /// The length of a cyclic order of the working nodes.
    pub fn length(&self, tour: &[u32]) -> Cost {
        let Some(&last) = tour.last() else { return 0 };
        self.distance(last, tour[0]) + tour.windows(2).map(|w| self.distance(w[0], w[1])).sum::<Cost>()
    }

    /// The tour of the original nodes for a cyclic order of the working nodes.
    pub fn expand(&self, tour: &[u32]) -> Tour {
        if let Weights::Directed(directed) = &self.weights {
            return Tour { nodes: directed.cities(tour) };
        }
        let group =
            |&node: &u32| &self.members[self.first[node as usize] as usize..self.first[node as usize + 1] as usize];
        Tour { nodes: tour.iter().flat_map(group).copied().collect() }
    }

    /// The cyclic order of the working nodes for a tour of the original nodes; coinciding points move together.
    pub fn contract(&self, tour: &Tour) -> Vec<u32> {
        if let Weights::Directed(directed) = &self.weights {
            return directed.nodes(&tour.nodes);
        }
        let mut index = vec![NONE; tour.nodes.len()];
        for node in 0..self.len() {
            for at in self.first[node]..self.first[node + 1] {
                index[self.members[at as usize] as usize] = node as u32;
            }
        }
        let mut seen = vec![false; self.len()];
        let order = tour.nodes.iter().map(|&node| index[node as usize]);
        order.filter(|&node| !std::mem::replace(&mut seen[node as usize], true)).collect()
    }
}

/// Original nodes in working order, and where each group of coinciding points starts (with the end as last entry).
fn groups(tsp: &Tsp) -> (Vec<u32>, Vec<u32>) {
    let n = tsp.len() as u32;
    let Some(points) = tsp.distances.points() else { return ((0..n).collect(), (0..=n).collect()) };
    let members = hilbert::order(points);
    // GEO distances between coinciding points are 1, not 0; a fixed edge needs its own two nodes.
    let merge = tsp.fixed.is_empty() && tsp.distances.metric().is_some_and(|metric| metric != Metric::Geo);
    let starts_group = |&at: &u32| {
        let at = at as usize;
        !merge || at == 0 || points[members[at] as usize] != points[members[at - 1] as usize]
    };
    let mut first: Vec<u32> = (0..n).filter(starts_group).collect();
    first.push(n);
    (members, first)
}
