//! Distances between nodes: the TSPLIB metrics and explicit matrices.
//!
//! Source: G. Reinelt, "TSPLIB 95", section 2 (distance functions).

use crate::problem::Cost;

/// Cost units per unit of length in the unit square of the learned benchmarks.
pub const UNIT_SCALE: f64 = 1e7;

/// A distance function on points of the plane. All are integer valued, as TSPLIB defines them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Euclidean distance times `scale`, rounded to the nearest integer. `EUC_2D` is scale 1; unit-square sets use
    /// [`UNIT_SCALE`].
    Euclid {
        /// Units per coordinate unit.
        scale: f64,
    },
    /// `CEIL_2D`: Euclidean distance, rounded up.
    Ceil,
    /// `ATT`: pseudo-Euclidean distance of att48 and att532.
    Att,
    /// `GEO`: great-circle distance in km; coordinates are latitude and longitude as `DDD.MM`.
    Geo,
}

impl Metric {
    /// The distance between two points, given as in the file. Does not decrease when both coordinate differences grow,
    /// except for `Geo`.
    #[inline(always)]
    pub fn distance(self, a: [f64; 2], b: [f64; 2]) -> Cost {
        match self {
            Metric::Geo => globe(a == b, a.map(radians), b.map(radians)),
            _ => plane(self, a, b),
        }
    }
}

/// Distances between `len()` nodes, either computed from points or stored as a matrix.
///
/// Points take O(n) memory; a matrix n x n. `dense` makes a matrix of points where that is small enough to pay.
#[derive(Clone, Debug, PartialEq)]
pub struct Distances {
    kind: Kind,
    /// Coordinates as in the file, also for an instance whose distances are `dense`. Empty: none known.
    points: Vec<[f64; 2]>,
    /// How the points give the distances; none for an explicit matrix.
    metric: Option<Metric>,
    symmetric: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// The metric applied to these points \[n\].
    Plane(Metric, Vec<[f64; 2]>),
    /// Latitude, longitude in radians \[n\].
    Globe(Vec<[f64; 2]>),
    /// Row-major \[n x n\].
    Narrow(usize, Vec<i32>),
    /// Row-major \[n x n\], for weights beyond 32 bits.
    Wide(usize, Vec<i64>),
}

impl Distances {
    /// Distances of `points` under `metric`.
    pub fn new(metric: Metric, points: Vec<[f64; 2]>) -> Self {
        let kind = match metric {
            Metric::Geo => Kind::Globe(points.iter().map(|p| p.map(radians)).collect()),
            _ => Kind::Plane(metric, points.clone()),
        };
        Self { kind, points, metric: Some(metric), symmetric: true }
    }

    /// Distances from a row-major matrix \[n x n\]; entry `i * n + j` is the distance from `i` to `j`.
    ///
    /// # Panics
    /// If `weights` does not hold n x n entries.
    pub fn from_matrix(n: usize, weights: Vec<Cost>) -> Self {
        assert_eq!(weights.len(), n * n, "a matrix of {n} nodes has {} entries", n * n);
        let symmetric = (0..n).all(|i| (0..i).all(|j| weights[i * n + j] == weights[j * n + i]));
        let narrow: Option<Vec<i32>> = weights.iter().map(|&w| i32::try_from(w).ok()).collect();
        let kind = match narrow {
            Some(weights) => Kind::Narrow(n, weights),
            None => Kind::Wide(n, weights),
        };
        Self { kind, points: Vec::new(), metric: None, symmetric }
    }

    /// The same distances as a matrix if there are at most `limit` nodes; otherwise a copy as it is.
    pub fn dense(&self, limit: usize) -> Self {
        let n = self.len();
        if n > limit || matches!(self.kind, Kind::Narrow(..) | Kind::Wide(..)) {
            return self.clone();
        }
        let mut weights = Vec::with_capacity(n * n);
        for i in 0..n {
            weights.extend((0..n).map(|j| self.get(i, j)));
        }
        Self { points: self.points.clone(), metric: self.metric, ..Self::from_matrix(n, weights) }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Plane(_, points) | Kind::Globe(points) => points.len(),
            Kind::Narrow(n, _) | Kind::Wide(n, _) => *n,
        }
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The distance from node `i` to node `j`.
    #[inline(always)]
    pub fn get(&self, i: usize, j: usize) -> Cost {
        match &self.kind {
            Kind::Narrow(n, weights) => Cost::from(weights[i * n + j]),
            Kind::Plane(metric, points) => plane(*metric, points[i], points[j]),
            Kind::Wide(n, weights) => weights[i * n + j],
            Kind::Globe(points) => globe(i == j, points[i], points[j]),
        }
    }

    /// The distance from node `i` to node `j` if it is less than `limit`. Between points that costs less than
    /// [`get`](Self::get) where it is not: a square root is taken of those that are.
    #[inline(always)]
    pub fn below(&self, i: usize, j: usize, limit: Cost) -> Option<Cost> {
        if let Kind::Plane(metric, points) = &self.kind
            && is_beyond(*metric, points[i], points[j], limit)
        {
            return None;
        }
        Some(self.get(i, j)).filter(|&distance| distance < limit)
    }

    /// Whether `get(i, j) == get(j, i)` for all pairs.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// Coordinates as in the file, if the instance has them.
    pub fn points(&self) -> Option<&[[f64; 2]]> {
        (!self.points.is_empty()).then_some(&self.points)
    }

    /// The metric that turns the points into distances; none for an explicit matrix.
    pub fn metric(&self) -> Option<Metric> {
        self.metric
    }

    /// An upper bound on every distance.
    pub fn max(&self) -> Cost {
        match &self.kind {
            Kind::Narrow(_, weights) => weights.iter().copied().max().unwrap_or(0).into(),
            Kind::Wide(_, weights) => weights.iter().copied().max().unwrap_or(0),
            // Half the circumference of the Earth, rounded up.
            Kind::Globe(_) => 20_039,
            Kind::Plane(metric, points) => {
                let (low, high) = bounding_box(points);
                plane(*metric, low, high).saturating_add(1)
            }
        }
    }
}

/// The lower-left and upper-right corner of the smallest box around `points`.
pub fn bounding_box(points: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for p in points {
        for axis in 0..2 {
            low[axis] = low[axis].min(p[axis]);
            high[axis] = high[axis].max(p[axis]);
        }
    }
    (low, high)
}

#[inline(always)]
fn plane(metric: Metric, a: [f64; 2], b: [f64; 2]) -> Cost {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    let square = dx * dx + dy * dy;
    match metric {
        // A cast truncates, which is floor for these non-negative values, and needs no library call.
        Metric::Euclid { scale } => (square.sqrt() * scale + 0.5) as Cost,
        Metric::Ceil => square.sqrt().ceil() as Cost,
        Metric::Att => {
            let exact = (square / 10.0).sqrt();
            let nearest = (exact + 0.5) as Cost;
            nearest + Cost::from((nearest as f64) < exact)
        }
        Metric::Geo => unreachable!("GEO distances are kept as `Kind::Globe`"),
    }
}

/// Whether the distance is certainly not less than `limit`, by its square: rounding takes off half a unit at most.
#[inline(always)]
fn is_beyond(metric: Metric, a: [f64; 2], b: [f64; 2], limit: Cost) -> bool {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    let unit = match metric {
        Metric::Euclid { scale } => scale * scale,
        Metric::Ceil => 1.0,
        Metric::Att => 0.1,
        Metric::Geo => unreachable!("GEO distances are kept as `Kind::Globe`"),
    };
    let limit = limit.max(0) as f64;
    (dx * dx + dy * dy) * unit >= limit * limit
}

/// TSPLIB's own constant; the published optima depend on it.
#[allow(clippy::approx_constant)]
const PI: f64 = 3.141592;

/// Kilometres, as in TSPLIB.
const EARTH_RADIUS: f64 = 6378.388;

/// Radians of an angle given as `DDD.MM`. Degrees are truncated, not rounded, as all published optima assume.
pub(crate) fn radians(angle: f64) -> f64 {
    let degrees = angle.trunc();
    PI * (degrees + 5.0 * (angle - degrees) / 3.0) / 180.0
}

fn globe(same: bool, a: [f64; 2], b: [f64; 2]) -> Cost {
    if same {
        return 0;
    }
    let q1 = (a[1] - b[1]).cos();
    let q2 = (a[0] - b[0]).cos();
    let q3 = (a[0] + b[0]).cos();
    let cosine = 0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3);
    (EARTH_RADIUS * cosine.clamp(-1.0, 1.0).acos() + 1.0) as Cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_round_as_tsplib_says() {
        let points = vec![[0.0, 0.0], [1.0, 1.0], [3.0, 4.0], [10.0, 0.0]];
        let with = |metric| Distances::new(metric, points.clone());
        assert_eq!(with(Metric::Euclid { scale: 1.0 }).get(0, 1), 1);
        assert_eq!(with(Metric::Euclid { scale: 1e6 }).get(0, 1), 1_414_214);
        assert_eq!(with(Metric::Ceil).get(0, 1), 2);
        assert_eq!(with(Metric::Ceil).get(0, 2), 5);
        // sqrt(100 / 10) = 3.16: the nearest integer lies below, so one is added.
        assert_eq!(with(Metric::Att).get(0, 3), 4);
    }

    #[test]
    fn a_distance_is_below_a_limit_exactly_where_it_is_less() {
        let points: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i * i % 17) * 0.37, f64::from(i % 7)]).collect();
        let metrics =
            [Metric::Euclid { scale: 1.0 }, Metric::Euclid { scale: 1e7 }, Metric::Ceil, Metric::Att, Metric::Geo];
        for distances in metrics.map(|metric| Distances::new(metric, points.clone())) {
            for (i, j) in (0..40).flat_map(|i| (0..40).map(move |j| (i, j))) {
                let distance = distances.get(i, j);
                for limit in [Cost::MIN, -1, 0, 1, distance - 1, distance, distance + 1, distance + 2, Cost::MAX] {
                    let expected = (distance < limit).then_some(distance);
                    assert_eq!(distances.below(i, j, limit), expected, "{:?} {limit}", distances.metric());
                }
            }
        }
    }

    #[test]
    fn geographic_distances_truncate_degrees() {
        // The first two nodes of ulysses16: 38.24 N 20.42 E and 39.57 N 26.15 E; TSPLIB's FAQ gives 509 km.
        let globe = Distances::new(Metric::Geo, vec![[38.24, 20.42], [39.57, 26.15]]);
        assert_eq!(globe.get(0, 1), 509);
        assert_eq!(globe.get(0, 0), 0);
    }

    #[test]
    fn a_dense_copy_keeps_every_distance_and_the_points() {
        let plane = Distances::new(Metric::Att, (0..30).map(|i| [f64::from(i * i % 17), f64::from(i)]).collect());
        let dense = plane.dense(30);
        assert!((0..30).all(|i| (0..30).all(|j| plane.get(i, j) == dense.get(i, j))));
        assert_eq!(dense.points(), plane.points());
        assert_eq!(plane.dense(29), plane);
        assert!(plane.max() >= (0..30).map(|j| plane.get(0, j)).max().unwrap());
    }

    #[test]
    fn matrices_keep_weights_beyond_32_bits_and_know_their_symmetry() {
        let wide = Distances::from_matrix(2, vec![0, 1 << 40, 1 << 40, 0]);
        assert_eq!((wide.get(0, 1), wide.max(), wide.is_symmetric()), (1 << 40, 1 << 40, true));
        assert!(!Distances::from_matrix(2, vec![0, 1, 2, 0]).is_symmetric());
    }
}
