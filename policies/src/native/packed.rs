//! Weight matrices as the kernels want them: padded to whole vectors, and cut into panels.

use super::kernels::{Block, LANES, Level, Product, blocks};
use super::matrix::Matrix;

/// Places of the floats of an axis in its padded form: groups (attention heads) begin at whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Number of groups.
    pub groups: usize,
    /// Floats per group.
    pub size: usize,
}

impl Axis {
    /// An axis without groups.
    pub fn plain(size: usize) -> Self {
        Self { groups: 1, size }
    }

    /// Floats without padding.
    pub fn floats(self) -> usize {
        self.groups * self.size
    }

    /// Blocks with padding.
    pub fn blocks(self) -> usize {
        self.groups * blocks(self.size)
    }

    /// Place of float `index` among the padded ones.
    pub fn place(self, index: usize) -> usize {
        index / self.size * blocks(self.size) * LANES + index % self.size
    }
}

/// A weight as the kernels take it: 0 if it is so small that products with it might be subnormal, for which processors
/// need many times as long, and which change no result.
pub fn flush(weight: f32) -> f32 {
    if weight.abs() < 1e-30 { 0.0 } else { weight }
}

/// Blocks per panel: the widest tile.
const PANEL: usize = 4;

/// A weight matrix, padded and cut into panels of up to four blocks of columns, each of them contiguous: in the cache,
/// rows of a wide matrix would evict each other.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    /// Padded rows.
    k: usize,
    /// Blocks of columns.
    n: usize,
    data: Vec<Block>,
}

impl Packed {
    /// Packs a row-major matrix \[inputs, outputs\].
    pub fn new(values: &[f32], inputs: Axis, outputs: Axis) -> Self {
        let mut packed = Self::zeros(inputs.blocks() * LANES, outputs.blocks());
        for (i, row) in values.chunks_exact(outputs.floats()).enumerate() {
            for (j, &value) in row.iter().enumerate() {
                packed.put(inputs.place(i), outputs.place(j), value);
            }
        }
        packed
    }

    /// Packs the transpose of a row-major matrix \[inputs, outputs\].
    pub fn transposed(values: &[f32], inputs: Axis, outputs: Axis) -> Self {
        let mut packed = Self::zeros(outputs.blocks() * LANES, inputs.blocks());
        for (i, row) in values.chunks_exact(outputs.floats()).enumerate() {
            for (j, &value) in row.iter().enumerate() {
                packed.put(outputs.place(j), inputs.place(i), value);
            }
        }
        packed
    }

    fn zeros(k: usize, n: usize) -> Self {
        Self { k, n, data: vec![Block::default(); k * n] }
    }

    fn put(&mut self, row: usize, column: usize, value: f32) {
        let (block, lane) = (column / LANES, column % LANES);
        let panel = block / PANEL * PANEL;
        let wide = PANEL.min(self.n - panel);
        self.data[panel * self.k + row * wide + block - panel].0[lane] = flush(value);
    }

    /// The first `rows` rows of `to` become those of `from` times the matrix, or are increased by them.
    pub fn apply(&self, level: Level, rows: usize, from: &Matrix, to: &mut Matrix, add: bool) {
        let c_row = to.stride();
        for panel in (0..self.n).step_by(PANEL) {
            let n = PANEL.min(self.n - panel);
            let b = &self.data[panel * self.k..][..n * self.k];
            let (a, c) = (from.left(0), to.at_mut(panel));
            level.run(Product { m: rows, k: self.k, n, a, b, b_row: n, c, c_row, add });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_make_subnormal_products_are_taken_for_zeros() {
        let axis = Axis::plain(16);
        let (mut faint, mut sum) = (Matrix::zeros(1, 1), Matrix::zeros(1, 1));
        faint.row_mut(0)[0] = Block([1e-3; LANES]);
        let values: Vec<f32> = (0..256).map(|i| [1e-39, -3e-38, 1e-31, 1e-29][i % 4]).collect();
        Packed::new(&values, axis, axis).apply(Level::best(), 1, &faint, &mut sum, false);
        assert!((0..16).all(|j| (sum.get(0, j) != 0.0) == (j % 4 == 3)));
        assert_eq!([flush(0.5), flush(-1e-29), flush(f32::INFINITY)], [0.5, -1e-29, f32::INFINITY]);
    }

    #[test]
    fn packed_matrices_keep_their_padding_at_zero() {
        // 3 inputs in one group, 2 heads of 5 outputs: 2 blocks.
        let values: Vec<f32> = (1..=30).map(|i| i as f32).collect();
        let (inputs, outputs) = (Axis::plain(3), Axis { groups: 2, size: 5 });
        let mut a = Matrix::zeros(1, 1);
        a.row_mut(0)[0].0[..3].copy_from_slice(&[1.0, 10.0, 100.0]);
        let mut c = Matrix::zeros(1, 2);
        c.row_mut(0).fill(Block([f32::NAN; 16]));
        Packed::new(&values, inputs, outputs).apply(Level::best(), 1, &a, &mut c, false);
        let expected = |j: usize| (1 + j) as f32 + 10.0 * (11 + j) as f32 + 100.0 * (21 + j) as f32;
        let place = |j: usize| (0..10).find(|&index| outputs.place(index) == j);
        (0..32).for_each(|j| assert_eq!(c.get(0, j), place(j).map_or(0.0, expected)));
        let mut back = Matrix::zeros(1, 1);
        Packed::transposed(&values, inputs, outputs).apply(Level::best(), 1, &c, &mut back, false);
        let dot = |i: usize| (0..10).map(|j| values[i * 10 + j] * expected(j)).sum::<f32>();
        (0..16).for_each(|i| assert_eq!(back.get(0, i), if i < 3 { dot(i) } else { 0.0 }));
    }
}
