//! Lists of nearest neighbours: what local searches look at instead of all n nodes.

use std::ops::Range;

use crate::kdtree::KdTree;
use crate::metric::{Distances, Metric, radians};

/// Nodes between two questions whether there is time to go on.
const BETWEEN_LOOKS: usize = 256;

/// For every node its nearest other nodes, nearest first. Memory O(n k).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// List of node i: `list[start[i]..start[i + 1]]`.
    list: Vec<u32>,
    start: Vec<u32>,
}

impl Near {
    /// The `k` nearest other nodes of every node (fewer if there are fewer), by the distance to them.
    pub fn nearest(distances: &Distances, k: usize) -> Self {
        Self::nearest_among(distances, k, |_| true)
    }

    /// As [`Near::nearest`], where only nodes that `accept` holds for enter the lists (CVRP leaves out the depot).
    pub fn nearest_among(distances: &Distances, k: usize, accept: impl Fn(u32) -> bool) -> Self {
        Self::nearest_unless(distances, k, accept, || false).unwrap_or_else(|| unreachable!("nothing interrupts"))
    }

    /// As [`Near::nearest_among`]; none if `is_over`, which is asked now and then, says so on the way: 30 000 nodes of
    /// the plane take about a second.
    pub fn nearest_unless(
        distances: &Distances,
        k: usize,
        accept: impl Fn(u32) -> bool,
        is_over: impl Fn() -> bool,
    ) -> Option<Self> {
        match (distances.metric(), distances.points()) {
            (Some(Metric::Geo), Some(points)) => {
                let sphere: Vec<[f64; 3]> = points.iter().map(|&p| unit_sphere(p)).collect();
                Self::by_tree(&sphere, k, accept, is_over)
            }
            (Some(_), Some(points)) => Self::by_tree(points, k, accept, is_over),
            _ => Self::by_scan(distances, k, accept, is_over),
        }
    }

    /// Lists made elsewhere, for example by quadrants or by a bound's reduced costs.
    pub fn from_lists(lists: &[Vec<u32>]) -> Self {
        let mut start = vec![0];
        let mut list = Vec::new();
        for neighbours in lists {
            list.extend_from_slice(neighbours);
            start.push(list.len() as u32);
        }
        Self { list, start }
    }

    /// The neighbours of `node`.
    #[inline(always)]
    pub fn of(&self, node: usize) -> &[u32] {
        &self.list[self.span(node)]
    }

    /// Where the neighbours of `node` stand among those of all nodes: for what is kept beside them.
    #[inline(always)]
    pub fn span(&self, node: usize) -> Range<usize> {
        self.start[node] as usize..self.start[node + 1] as usize
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn by_tree<const D: usize>(
        points: &[[f64; D]],
        k: usize,
        accept: impl Fn(u32) -> bool,
        is_over: impl Fn() -> bool,
    ) -> Option<Self> {
        let tree = KdTree::new(points);
        let mut found = Vec::with_capacity(k + 1);
        let mut near = Self { list: Vec::with_capacity(points.len() * k), start: vec![0] };
        for (node, &point) in points.iter().enumerate() {
            if node % BETWEEN_LOOKS == 0 && is_over() {
                return None;
            }
            tree.nearest(point, k, |other| other as usize != node && accept(other), &mut found);
            near.list.extend(found.iter().map(|&(_, other)| other));
            near.start.push(near.list.len() as u32);
        }
        Some(near)
    }

    /// O(n^2 log k) for explicit weights; uses the distance from the node.
    fn by_scan(
        distances: &Distances,
        k: usize,
        accept: impl Fn(u32) -> bool,
        is_over: impl Fn() -> bool,
    ) -> Option<Self> {
        let n = distances.len();
        let mut near = Self { list: Vec::with_capacity(n * k.min(n)), start: vec![0] };
        let mut row: Vec<u32> = Vec::with_capacity(n);
        for node in 0..n {
            if node % BETWEEN_LOOKS == 0 && is_over() {
                return None;
            }
            row.clear();
            row.extend((0..n as u32).filter(|&other| other as usize != node && accept(other)));
            let key = |other: &u32| (distances.get(node, *other as usize), *other);
            if k < row.len() {
                row.select_nth_unstable_by_key(k, key);
                row.truncate(k);
            }
            row.sort_unstable_by_key(key);
            near.list.extend_from_slice(&row);
            near.start.push(near.list.len() as u32);
        }
        Some(near)
    }
}

/// A point of the unit sphere; chords order pairs as great-circle distances do.
fn unit_sphere([latitude, longitude]: [f64; 2]) -> [f64; 3] {
    let (latitude, longitude) = (radians(latitude), radians(longitude));
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::generate::stream;

    /// Random points on a coarse grid: many coincide, many distances tie.
    fn points(n: usize, seed: u64) -> Vec<[f64; 2]> {
        let mut rng = stream(seed, "test/near", 0);
        (0..n).map(|_| [0; 2].map(|_| f64::from(rng.random_range(0..20_i32)))).collect()
    }

    #[test]
    fn lists_by_tree_and_by_scan_hold_the_same_distances() {
        for n in [1, 2, 7, 8, 9, 100, 333] {
            let plane = Distances::new(Metric::Euclid { scale: 1.0 }, points(n, n as u64));
            let (tree, scan) = (Near::nearest(&plane, 6), Near::by_scan(&plane, 6, |_| true, || false).unwrap());
            for node in 0..n {
                let distances = |near: &Near| near.of(node).iter().map(|&j| plane.get(node, j as usize)).collect();
                let (tree, scan): (Vec<_>, Vec<_>) = (distances(&tree), distances(&scan));
                assert_eq!(tree, scan, "node {node} of {n}");
            }
        }
    }

    #[test]
    fn geographic_lists_hold_the_nearest_nodes_across_the_date_line() {
        let points = vec![[10.0, 179.5], [10.0, -179.5], [10.0, 170.0], [-60.0, 0.0]];
        let globe = Distances::new(Metric::Geo, points);
        assert_eq!(Near::nearest(&globe, 1).of(0), [1]);
        assert_eq!(Near::nearest(&globe, 2).of(1), [0, 2]);
    }

    #[test]
    fn lists_are_given_up_when_time_is_over() {
        let plane = Distances::new(Metric::Euclid { scale: 1.0 }, points(1_000, 4));
        let explicit = Distances::from_matrix(300, vec![1; 90_000]);
        for distances in [plane, explicit] {
            let asked = std::cell::Cell::new(0);
            let second = || asked.replace(asked.get() + 1) == 1;
            assert_eq!(Near::nearest_unless(&distances, 5, |_| true, second), None);
            assert_eq!(asked.get(), 2);
        }
    }

    #[test]
    fn nodes_that_are_not_accepted_enter_no_list() {
        let plane = Distances::new(Metric::Euclid { scale: 1.0 }, points(50, 3));
        let near = Near::nearest_among(&plane, 49, |node| node != 0);
        assert!((0..50).all(|node| !near.of(node).contains(&0)));
        assert_eq!(near.of(0).len(), 49);
        assert_eq!(near.of(1).len(), 48);
    }
}
