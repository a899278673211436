//! Branch and bound on minimum 1-trees (Held and Karp 1971; branching and penalties of T. Volgenant and R. Jonker,
//! European Journal of Operational Research 9, 1982).
//!
//! The ascent at the root leaves few edges whose use is compatible with a shorter tour than the incumbent; all others
//! are dropped for good, which makes every later 1-tree cheap. A subproblem requires some edges and excludes others.

use heuron_problems::{Cost, Tour, Tsp};

use crate::run::Watch;

/// Units of a penalty per unit of length.
const SCALE: Cost = 256;

/// Steps of the ascent at the root, per node, and in every subproblem.
const ROOT_STEPS: usize = 10;
const STEPS: usize = 24;

/// What the search knows at its end.
pub struct Outcome {
    /// The best tour.
    pub tour: Tour,
    /// Whether no tour is shorter.
    pub proven: bool,
}

/// Steps of an ascent between two looks at the clock: less than a millisecond.
const POLL: usize = 16;

/// Searches for tours shorter than `tour`, whose length is `cost`, until none is left or the watch says stop.
pub fn solve(tsp: &Tsp, cost: Cost, tour: &Tour, watch: &Watch) -> Outcome {
    let mut outcome = Outcome { tour: tour.clone(), proven: false };
    let room = (1 << 58) / SCALE / (tsp.len() as Cost + 1);
    if tsp.distances.max() < room {
        let mut search = Branching::new(tsp, cost, watch);
        search.run(tsp);
        outcome.proven = !search.interrupted;
        if let Some(nodes) = search.best {
            outcome.tour = Tour { nodes };
        }
    }
    outcome
}

/// What a subproblem says about an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Required,
    Excluded,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    ends: [u32; 2],
    /// Scaled.
    length: Cost,
    state: State,
}

struct Branching<'a> {
    watch: &'a Watch,
    n: usize,
    edges: Vec<Edge>,
    /// Edges at every node \[n\].
    at: Vec<Vec<u32>>,
    /// Tours must be shorter than this, scaled.
    upper: Cost,
    best: Option<Vec<u32>>,
    /// Edges whose state was changed, to be freed on the way back.
    trail: Vec<u32>,
    interrupted: bool,
    tree: OneTree,
}

/// A minimum 1-tree: a spanning tree of all nodes but node 0, and two edges at node 0.
#[derive(Default)]
struct OneTree {
    /// Edge by which each node hangs on the tree \[n\].
    parent: Vec<u32>,
    /// Its n edges.
    edges: Vec<u32>,
    degree: Vec<i32>,
    key: Vec<Cost>,
    outside: Vec<u32>,
}

/// Reduced length of a required edge: before all others.
const FIRST: Cost = Cost::MIN / 4;

impl<'a> Branching<'a> {
    fn new(tsp: &Tsp, cost: Cost, watch: &'a Watch) -> Self {
        let n = tsp.len();
        let pairs = (0..n as u32).flat_map(|a| (a + 1..n as u32).map(move |b| [a, b]));
        let edges: Vec<Edge> = pairs
            .map(|ends| {
                let length = tsp.distances.get(ends[0] as usize, ends[1] as usize) * SCALE;
                let is_fixed = tsp.fixed.iter().any(|f| *f == ends || *f == [ends[1], ends[0]]);
                Edge { ends, length, state: if is_fixed { State::Required } else { State::Free } }
            })
            .collect();
        let tree = OneTree { parent: vec![0; n], degree: vec![0; n], key: vec![0; n], ..OneTree::default() };
        let upper = cost * SCALE;
        let mut search =
            Self { watch, n, edges, at: Vec::new(), upper, best: None, trail: Vec::new(), interrupted: false, tree };
        search.index();
        search
    }

    fn index(&mut self) {
        self.at = vec![Vec::new(); self.n];
        for (index, edge) in self.edges.iter().enumerate() {
            edge.ends.iter().for_each(|&end| self.at[end as usize].push(index as u32));
        }
    }

    fn run(&mut self, tsp: &Tsp) {
        let mut pi = vec![0; self.n];
        let first = self.upper / (2 * self.n as Cost);
        let Some(bound) = self.ascend(&mut pi, ROOT_STEPS * self.n, first as f64) else { return };
        self.drop_hopeless(&pi, bound);
        self.branch(&pi, tsp);
    }

    /// Whether a subproblem with this bound (scaled, not rounded) cannot have a shorter tour: lengths are integers.
    fn is_closed(&self, bound: Cost) -> bool {
        bound > self.upper - SCALE
    }

    /// Moves `pi` to the best penalties found and makes their 1-tree; returns its bound. None: there is no shorter tour
    /// in this subproblem.
    fn ascend(&mut self, pi: &mut [Cost], steps: usize, first: f64) -> Option<Cost> {
        let mut best = Cost::MIN;
        let mut best_pi = pi.to_vec();
        let mut previous = vec![0; self.n];
        for step in 0..steps {
            if step % POLL == 0 && self.watch.is_late() {
                self.interrupted = true;
                break;
            }
            let bound = self.span(pi)?;
            if self.is_closed(bound) {
                return None;
            }
            if bound > best {
                best = bound;
                best_pi.copy_from_slice(pi);
            }
            if self.tree.degree.iter().all(|&degree| degree == 2) {
                // A tour: with these penalties its length is the bound.
                break;
            }
            let left = 1.0 - step as f64 / steps as f64;
            let size = first * left * left;
            for ((pi, &degree), old) in pi.iter_mut().zip(&self.tree.degree).zip(&mut previous) {
                *pi += (size * (0.6 * f64::from(degree - 2) + 0.4 * f64::from(*old))).round() as Cost;
                *old = degree - 2;
            }
        }
        pi.copy_from_slice(&best_pi);
        self.span(pi)
    }

    /// Makes a minimum 1-tree with all required and no excluded edges and returns its bound; none if there is none.
    fn span(&mut self, pi: &[Cost]) -> Option<Cost> {
        let Self { edges, at, tree, n, .. } = self;
        let reduced = |edge: &Edge| match edge.state {
            State::Required => FIRST,
            _ => edge.length + pi[edge.ends[0] as usize] + pi[edge.ends[1] as usize],
        };
        tree.edges.clear();
        tree.key.fill(Cost::MAX);
        tree.outside.clear();
        tree.outside.extend(2..*n as u32);
        let mut node = 1;
        while !tree.outside.is_empty() {
            for &index in &at[node as usize] {
                let edge = &edges[index as usize];
                let other = edge.ends[usize::from(edge.ends[0] == node)];
                if edge.state == State::Excluded || other == 0 || tree.key[other as usize] == Cost::MIN {
                    continue;
                }
                let length = reduced(edge);
                if length < tree.key[other as usize] {
                    tree.key[other as usize] = length;
                    tree.parent[other as usize] = index;
                }
            }
            tree.key[node as usize] = Cost::MIN;
            let place = (0..tree.outside.len()).min_by_key(|&at| tree.key[tree.outside[at] as usize])?;
            node = tree.outside.swap_remove(place);
            if tree.key[node as usize] == Cost::MAX {
                return None;
            }
            tree.edges.push(tree.parent[node as usize]);
        }
        let mut two = [(Cost::MAX, 0); 2];
        for &index in at[0].iter().filter(|&&index| edges[index as usize].state != State::Excluded) {
            let entry = (reduced(&edges[index as usize]), index);
            if entry < two[1] {
                two[1] = entry;
                two.sort_unstable();
            }
        }
        if two[1].0 == Cost::MAX {
            return None;
        }
        tree.edges.extend(two.map(|(_, index)| index));
        tree.degree.fill(0);
        let mut bound = -2 * pi.iter().sum::<Cost>();
        for edge in tree.edges.iter().map(|&index| &edges[index as usize]) {
            edge.ends.iter().for_each(|&end| tree.degree[end as usize] += 1);
            bound += edge.length + edge.ends.iter().map(|&end| pi[end as usize]).sum::<Cost>();
        }
        Some(bound)
    }

    /// Drops the edges that no tour shorter than the incumbent can use: a 1-tree with the edge is too long already.
    fn drop_hopeless(&mut self, pi: &[Cost], bound: Cost) {
        let longest = self.longest_on_paths(pi);
        let at_root: Vec<Cost> = self.tree.edges[self.n - 2..].iter().map(|&index| self.reduced(index, pi)).collect();
        let longest_at_root = at_root.iter().copied().max().unwrap_or(0);
        let keep: Vec<bool> = (0..self.edges.len() as u32)
            .map(|index| {
                let [a, b] = self.edges[index as usize].ends.map(|end| end as usize);
                let replaced = if a == 0 { longest_at_root } else { longest[a * self.n + b] };
                self.edges[index as usize].state == State::Required
                    || !self.is_closed(bound + (self.reduced(index, pi) - replaced).max(0))
            })
            .collect();
        let mut keep = keep.into_iter();
        self.edges.retain(|_| keep.next().unwrap_or(true));
        self.index();
    }

    fn reduced(&self, index: u32, pi: &[Cost]) -> Cost {
        let edge = &self.edges[index as usize];
        edge.length + edge.ends.iter().map(|&end| pi[end as usize]).sum::<Cost>()
    }

    /// The longest edge on the path between any two nodes of the spanning tree \[n x n\].
    fn longest_on_paths(&self, pi: &[Cost]) -> Vec<Cost> {
        let n = self.n;
        let mut longest = vec![Cost::MIN; n * n];
        let mut reached = vec![1];
        // In the order in which Prim's algorithm reached the nodes.
        for &index in &self.tree.edges[..n - 2] {
            let [a, b] = self.edges[index as usize].ends.map(|end| end as usize);
            let (inner, new) = if reached.contains(&a) { (a, b) } else { (b, a) };
            for &other in &reached {
                let length = self.reduced(index, pi).max(longest[inner * n + other]);
                longest[new * n + other] = length;
                longest[other * n + new] = length;
            }
            reached.push(new);
        }
        longest
    }

    /// Depth-first search from the current states, with penalties `pi` of the parent.
    fn branch(&mut self, pi: &[Cost], tsp: &Tsp) {
        if self.interrupted || self.watch.is_late() {
            self.interrupted = true;
            return;
        }
        let mut pi = pi.to_vec();
        let first = self.upper as f64 / (40 * self.n) as f64;
        if self.ascend(&mut pi, STEPS, first).is_none() {
            return;
        }
        if self.tree.degree.iter().all(|&degree| degree == 2) {
            self.keep_tour(tsp);
            return;
        }
        let Some((e, f)) = self.choose(&pi) else { return };
        let mark = self.trail.len();
        // Three subproblems that exclude each other: without e; with e, without f; with both.
        for (states, edges) in [
            (vec![State::Excluded], vec![e]),
            (vec![State::Required, State::Excluded], vec![e, f]),
            (vec![State::Required; 2], vec![e, f]),
        ] {
            let possible = edges.iter().zip(states).all(|(&edge, state)| self.set(edge, state));
            if possible {
                self.branch(&pi, tsp);
            }
            self.undo(mark);
        }
    }

    /// Two free edges of the 1-tree at a node of too high degree, the one first whose exclusion raises the bound most.
    fn choose(&self, pi: &[Cost]) -> Option<(u32, u32)> {
        let free = |node: usize| {
            let edges = self.tree.edges.iter().copied();
            edges.filter(move |&index| {
                let edge = &self.edges[index as usize];
                edge.state == State::Free && edge.ends.contains(&(node as u32))
            })
        };
        // Volgenant and Jonker: the node with required edges first, then the highest degree.
        let crowded = (0..self.n).filter(|&node| self.tree.degree[node] > 2);
        let node = crowded.max_by_key(|&node| {
            let required = self.tree.edges.iter().filter(|&&index| {
                let edge = &self.edges[index as usize];
                edge.state == State::Required && edge.ends.contains(&(node as u32))
            });
            (required.count(), self.tree.degree[node], std::cmp::Reverse(node))
        })?;
        let mut edges: Vec<u32> = free(node).collect();
        edges.sort_by_key(|&index| (std::cmp::Reverse(self.reduced(index, pi)), index));
        edges.reverse();
        match edges[..] {
            [e, f, ..] => Some((e, f)),
            _ => None,
        }
    }

    /// Sets a free edge's state and what follows from it at its ends. False: no tour is left.
    fn set(&mut self, index: u32, state: State) -> bool {
        match self.edges[index as usize].state {
            State::Free => {}
            other => return other == state,
        }
        self.edges[index as usize].state = state;
        self.trail.push(index);
        let ends = self.edges[index as usize].ends;
        ends.into_iter().all(|end| self.propagate(end))
    }

    /// With two required edges at a node all others there are excluded; with two edges left both are required.
    fn propagate(&mut self, node: u32) -> bool {
        let count = |state: State| {
            self.at[node as usize].iter().filter(|&&index| self.edges[index as usize].state == state).count()
        };
        let (required, free) = (count(State::Required), count(State::Free));
        if required > 2 || required + free < 2 {
            return false;
        }
        let forced = match (required, required + free) {
            (2, _) => State::Excluded,
            (_, 2) => State::Required,
            _ => return true,
        };
        let edges = self.at[node as usize].clone();
        edges.into_iter().all(|index| self.edges[index as usize].state != State::Free || self.set(index, forced))
    }

    fn undo(&mut self, mark: usize) {
        for index in self.trail.drain(mark..) {
            self.edges[index as usize].state = State::Free;
        }
    }

    /// The 1-tree is a tour: it becomes the incumbent if it is shorter.
    fn keep_tour(&mut self, tsp: &Tsp) {
        let mut links = vec![Vec::with_capacity(2); self.n];
        for &index in &self.tree.edges {
            let [a, b] = self.edges[index as usize].ends;
            links[a as usize].push(b);
            links[b as usize].push(a);
        }
        let (mut last, mut node) = (links[0][0], 0_u32);
        let mut nodes = Vec::with_capacity(self.n);
        for _ in 0..self.n {
            nodes.push(node);
            let next = links[node as usize][usize::from(links[node as usize][0] == last)];
            (last, node) = (node, next);
        }
        let length = tsp.length(&nodes) * SCALE;
        if length < self.upper {
            self.upper = length;
            self.best = Some(nodes);
        }
    }
}
