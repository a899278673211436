//! A k-d tree over points of the plane or of space (Bentley, 1975), for neighbour lists in O(n k log n).

/// Points per leaf: small enough that a leaf scan is cheap, large enough that the tree stays shallow.
const LEAF: usize = 8;

/// A static balanced k-d tree. Any number of points may coincide.
pub struct KdTree<const D: usize> {
    /// Point indices; every node owns a contiguous range \[n\].
    order: Vec<u32>,
    /// Coordinates in the order of `order` \[n\].
    points: Vec<[f64; D]>,
    /// Inner nodes in heap order: the axis and the value that split the range in two halves.
    splits: Vec<(u8, f64)>,
}

impl<const D: usize> KdTree<D> {
    /// Builds the tree of `points` in O(n log n).
    pub fn new(points: &[[f64; D]]) -> Self {
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        let mut splits = Vec::new();
        split(points, &mut order, 0, &mut splits);
        let points = order.iter().map(|&i| points[i as usize]).collect();
        Self { order, points, splits }
    }

    /// Fills `found` with the `k` points nearest to `query` for which `accept` holds, as (squared distance, index),
    /// nearest first; equal distances in the order of the index.
    pub fn nearest(&self, query: [f64; D], k: usize, accept: impl Fn(u32) -> bool, found: &mut Vec<(f64, u32)>) {
        found.clear();
        if k > 0 {
            self.visit(0, 0, self.order.len(), &query, k, &accept, found);
        }
    }

    #[allow(clippy::too_many_arguments)] // The recursion's own state; a struct would only rename it.
    fn visit(
        &self,
        node: usize,
        from: usize,
        to: usize,
        query: &[f64; D],
        k: usize,
        accept: &impl Fn(u32) -> bool,
        found: &mut Vec<(f64, u32)>,
    ) {
        if to - from <= LEAF {
            for at in from..to {
                let square: f64 = (0..D).map(|axis| (self.points[at][axis] - query[axis]).powi(2)).sum();
                let entry = (square, self.order[at]);
                let full = found.len() == k;
                if (full && entry >= found[k - 1]) || !accept(entry.1) {
                    continue;
                }
                if full {
                    found.pop();
                }
                let place = found.partition_point(|e| *e < entry);
                found.insert(place, entry);
            }
            return;
        }
        let (axis, value) = self.splits[node];
        let middle = from + (to - from) / 2;
        let offset = query[axis as usize] - value;
        let halves = [(2 * node + 1, from, middle), (2 * node + 2, middle, to)];
        let (near, far) = if offset < 0.0 { (halves[0], halves[1]) } else { (halves[1], halves[0]) };
        self.visit(near.0, near.1, near.2, query, k, accept, found);
        // Where many points coincide, more of them would be no nearer.
        if found.len() < k || found[k - 1].0 > 0.0 && offset * offset <= found[k - 1].0 {
            self.visit(far.0, far.1, far.2, query, k, accept, found);
        }
    }
}

/// Splits `order` recursively at the median of the widest axis and records the splits in heap order.
fn split<const D: usize>(points: &[[f64; D]], order: &mut [u32], node: usize, splits: &mut Vec<(u8, f64)>) {
    if order.len() <= LEAF {
        return;
    }
    let extent = |axis: usize| {
        let values = order.iter().map(|&i| points[i as usize][axis]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        high - low
    };
    let axis = (0..D).max_by(|&a, &b| extent(a).total_cmp(&extent(b))).unwrap_or(0);
    let middle = order.len() / 2;
    order.select_nth_unstable_by(middle, |&a, &b| {
        points[a as usize][axis].total_cmp(&points[b as usize][axis]).then(a.cmp(&b))
    });
    if splits.len() <= node {
        splits.resize(node + 1, (0, 0.0));
    }
    splits[node] = (axis as u8, points[order[middle] as usize][axis]);
    let (left, right) = order.split_at_mut(middle);
    split(points, left, 2 * node + 1, splits);
    split(points, right, 2 * node + 2, splits);
}
