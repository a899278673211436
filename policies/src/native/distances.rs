//! Distances of the nodes of an instance times log2(n), as distance biases take them: a table where it fits the cache,
//! else computed row by row.

#[cfg(test)]
use super::kernels::Kernel;
use super::kernels::{Block, Simd, blocks, math};
use super::matrix::Matrix;

/// See the module. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Distances {
    /// \[n + 1, n\], with a last row of zeros for "no node"; empty if rows are computed.
    table: Matrix,
    /// Coordinates x and y, times log2(n) \[2, n\].
    points: Matrix,
    n: usize,
}

impl Distances {
    /// Takes the points of an instance.
    pub fn set(&mut self, points: &[[f32; 2]], tabulate: bool) {
        let n = points.len();
        let scale = (n as f32).log2();
        self.n = n;
        self.points.clear(2, blocks(n));
        for (node, point) in points.iter().enumerate() {
            (0..2).for_each(|axis| *self.points.get_mut(axis, node) = scale * point[axis]);
        }
        self.table.clear(if tabulate { n + 1 } else { 0 }, blocks(n));
        for (i, a) in points.iter().enumerate().filter(|_| tabulate) {
            for (j, b) in points.iter().enumerate() {
                *self.table.get_mut(i, j) = scale * ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
            }
        }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.n
    }

    /// The row of a node in the table, which was made.
    #[inline(always)]
    pub fn row(&self, node: usize) -> &[Block] {
        self.table.row(node)
    }

    /// Adds `factor` times the distances from `node`, or nothing if there is none.
    #[inline(always)]
    pub fn add<S: Simd>(&self, simd: S, to: &mut [Block], node: Option<usize>, factor: f32) {
        let Some(node) = node else { return };
        if self.table.rows() > 0 {
            math::add_scaled(simd, to, self.table.row(node), factor);
            return;
        }
        let [x, y] = [0, 1].map(|axis| simd.splat(self.points.get(axis, node)));
        let factor = simd.splat(factor);
        let points = self.points.row(0).iter().zip(self.points.row(1));
        for (to, (xs, ys)) in to.iter_mut().zip(points) {
            let (dx, dy) = (simd.sub(simd.load(xs), x), simd.sub(simd.load(ys), y));
            let distance = simd.sqrt(simd.mul_add(dx, dx, simd.mul(dy, dy)));
            let sum = simd.mul_add(distance, factor, simd.load(to));
            simd.store(to, sum);
        }
    }
}

/// For tests: adds the distances from a node.
#[cfg(test)]
struct Add<'a>(&'a Distances, &'a mut [Block], usize);

#[cfg(test)]
impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.add(simd, self.1, Some(self.2), -0.5);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::{Level, flat};
    use super::*;

    #[test]
    fn computed_rows_are_those_of_the_table() {
        let points: Vec<[f32; 2]> = (0..37).map(|i| [(i * 7 % 37) as f32 / 37.0, (i * i % 37) as f32 / 37.0]).collect();
        let [mut table, mut rows] = [(); 2].map(|()| Distances::default());
        table.set(&points, true);
        rows.set(&points, false);
        for level in Level::all() {
            for node in 0..37 {
                let [mut a, mut b] = [(); 2].map(|()| vec![Block::default(); 3]);
                level.run(Add(&table, &mut a, node));
                level.run(Add(&rows, &mut b, node));
                let pairs = flat(&a)[..37].iter().zip(&flat(&b)[..37]);
                pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} {b}"));
            }
        }
    }
}
