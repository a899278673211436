//! The neighbourhood of the last node: what a local policy sees (after C. Gao, H. Shang, K. Xue, D. Li, C. Qian,
//! "Towards generalizable neural solvers for vehicle routing problems via ensemble with transferrable local policy",
//! IJCAI 2024: ELG). Numbers are relative to the neighbourhood's own size, so that they look alike at every size of
//! instance.
//!
//! Other than there, directions are relative to the way home instead of to the axes, so that turned neighbourhoods are
//! the same.

use super::{Context, Features};
use crate::architecture::Task;

/// Numbers per neighbour: distance over the farthest's, the nearest's over its own, the cosine of the angle to the way
/// home, how much farther from home it lies, demand, and capacity left.
pub const NUMBERS: usize = 6;

/// Keeps quotients of distances finite; far below any distance of interest in the unit square.
const TINY: f32 = 1e-6;

/// Neighbours are looked up in lists of so many times k nodes, and where these are used up, among all.
const LISTED: usize = 4;

/// Of an instance.
#[derive(Clone, Debug, Default)]
pub struct Neighbourhood {
    /// Neighbours that are looked at.
    k: usize,
    points: Vec<[f32; 2]>,
    /// Demand over capacity; empty where there is none.
    demands: Vec<f32>,
    /// Whether node 0 is home; else the first node is.
    has_depot: bool,
    /// The nearest nodes of every node, nearest first \[n, listed\].
    near: Vec<u32>,
    listed: usize,
}

/// Neighbours of one choice.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Up to k allowed nodes, the nearest first.
    pub nodes: Vec<u32>,
    /// See [`NUMBERS`] \[nodes, NUMBERS\].
    pub numbers: Vec<[f32; NUMBERS]>,
    candidates: Vec<u32>,
}

impl Neighbourhood {
    /// With `k` neighbours, of an instance with coordinates.
    pub fn new(task: Task, features: &Features, k: usize) -> Self {
        let n = features.points.len();
        let demand = |node: usize| features.of(node, n).get(2).copied().unwrap_or(0.0);
        let listed = (LISTED * k).min(n.saturating_sub(1));
        let mut found = Self {
            k,
            points: features.points.clone(),
            demands: if task.has_depot() { (0..n).map(demand).collect() } else { Vec::new() },
            has_depot: task.has_depot(),
            near: Vec::with_capacity(n * listed),
            listed,
        };
        for node in 0..n {
            let mut others: Vec<u32> = (0..n as u32).filter(|&other| other as usize != node).collect();
            found.nearest(node, &mut others, listed);
            found.near.extend(others);
        }
        found
    }

    fn distance(&self, a: usize, b: usize) -> f32 {
        let ([ax, ay], [bx, by]) = (self.points[a], self.points[b]);
        ((ax - bx).powi(2) + (ay - by).powi(2)).sqrt()
    }

    /// Leaves the `most` nearest to `node`, nearest first; of equals the lower numbers.
    fn nearest(&self, node: usize, others: &mut Vec<u32>, most: usize) {
        let key = |&other: &u32| (self.distance(node, other as usize), other);
        let order = |a: &u32, b: &u32| {
            let ((a, first), (b, second)) = (key(a), key(b));
            a.total_cmp(&b).then(first.cmp(&second))
        };
        if most == 0 {
            others.clear();
        } else if most < others.len() {
            others.select_nth_unstable_by(most - 1, order);
            others.truncate(most);
        }
        others.sort_unstable_by(order);
    }

    /// The allowed neighbours of the last node; none without one.
    pub fn look(&self, context: &Context, allowed: impl Fn(usize) -> bool, into: &mut Neighbours) {
        let Neighbours { nodes, numbers, candidates } = into;
        nodes.clear();
        numbers.clear();
        let Some(last) = context.last.map(|last| last as usize) else { return };
        let list = &self.near[last * self.listed..][..self.listed];
        nodes.extend(list.iter().copied().filter(|&node| allowed(node as usize)).take(self.k));
        if nodes.len() < self.k && self.listed + 1 < self.points.len() {
            candidates.clear();
            let others = (0..self.points.len()).filter(|&node| node != last && allowed(node));
            candidates.extend(others.map(|node| node as u32));
            self.nearest(last, candidates, self.k);
            nodes.clone_from(candidates);
        }
        let home = if self.has_depot { Some(0) } else { context.first.map(|first| first as usize) };
        let (Some(&near), Some(&far)) = (nodes.first(), nodes.last()) else { return };
        let [least, most] = [near, far].map(|node| self.distance(last, node as usize) + TINY);
        for &node in nodes.iter() {
            let node = node as usize;
            let distance = self.distance(last, node) + TINY;
            let (turn, away) =
                home.map_or((0.0, 0.0), |home| (self.cosine(last, node, home), self.away(last, node, home)));
            let demand = self.demands.get(node).copied().unwrap_or(0.0);
            numbers.push([distance / most, least / distance, turn, away / most, demand, context.left]);
        }
    }

    /// Of the angle between the ways from `last` to `node` and home; 0 where there is no way.
    fn cosine(&self, last: usize, node: usize, home: usize) -> f32 {
        let way = |to: usize| [0, 1].map(|axis| self.points[to][axis] - self.points[last][axis]);
        let ([ax, ay], [bx, by]) = (way(node), way(home));
        let lengths = (ax.powi(2) + ay.powi(2)).sqrt() * (bx.powi(2) + by.powi(2)).sqrt();
        if lengths > TINY * TINY { (ax * bx + ay * by) / lengths } else { 0.0 }
    }

    /// How much farther from home `node` is than `last`.
    fn away(&self, last: usize, node: usize, home: usize) -> f32 {
        self.distance(node, home) - self.distance(last, home)
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Generate, stream};

    use super::*;
    use crate::features::Learnable;

    fn look(neighbourhood: &Neighbourhood, context: &Context, allowed: impl Fn(usize) -> bool) -> Neighbours {
        let mut found = Neighbours::default();
        neighbourhood.look(context, allowed, &mut found);
        found
    }

    fn context(last: u32) -> Context {
        Context { first: Some(0), last: Some(last), left: 0.5 }
    }

    #[test]
    fn numbers_of_a_neighbourhood_are_those_of_its_geometry() {
        let points = vec![[0.0, 0.0], [0.3, 0.0], [0.3, 0.4], [0.6, 0.0], [1.0, 1.0]];
        let features = Features { nodes: points.iter().flatten().copied().collect(), points };
        let neighbourhood = Neighbourhood::new(Task::Tsp, &features, 2);
        let found = look(&neighbourhood, &context(1), |node| node != 0);
        assert_eq!(found.nodes, [3, 2]);
        let expected = [[0.75, 1.0, -1.0, 0.75, 0.0, 0.5], [1.0, 0.75, 0.0, 0.5, 0.0, 0.5]];
        let pairs = found.numbers.iter().flatten().zip(expected.iter().flatten());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{a} {b}"));
        assert!(look(&neighbourhood, &Context::default(), |_| true).nodes.is_empty());
        // The same at any scale.
        let small = Features { points: features.points.iter().map(|p| p.map(|x| x / 8.0)).collect(), ..features };
        let other = look(&Neighbourhood::new(Task::Tsp, &small, 2), &context(1), |node| node != 0);
        let pairs = found.numbers.iter().flatten().zip(other.numbers.iter().flatten());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{a} {b}"));
    }

    #[test]
    fn neighbours_are_the_nearest_allowed_nodes_however_far_they_are() {
        let cvrp = Cvrp::generate(&Cvrp::spec(60, "uniform").unwrap(), &mut stream(101, "local", 0));
        let features = cvrp.features().unwrap();
        let neighbourhood = Neighbourhood::new(Task::Cvrp, &features, 5);
        for (every, last) in [(1, 7), (3, 0), (11, 42), (40, 9)] {
            let allowed = |node: usize| node.is_multiple_of(every) && node != last;
            let found = look(&neighbourhood, &context(last as u32), allowed);
            let mut expected: Vec<u32> = (0..61).filter(|&node| allowed(node as usize)).collect();
            expected.sort_by(|&a, &b| {
                let distance = |node: u32| neighbourhood.distance(last, node as usize);
                distance(a).total_cmp(&distance(b))
            });
            expected.truncate(5);
            assert_eq!(found.nodes, expected);
            assert!(found.numbers.iter().flatten().all(|x| x.is_finite() && x.abs() <= 1.001));
        }
    }
}
