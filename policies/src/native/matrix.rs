//! Matrices of blocks: rows are padded to whole vectors.

use super::kernels::{Block, LANES, Left, Level, Product, flat, flat_mut};

/// Rows of blocks. What is in it after [`Matrix::reshape`] is left over from before.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    rows: usize,
    blocks: usize,
    stride: usize,
    data: Vec<Block>,
}

impl Matrix {
    /// Zeros.
    pub fn zeros(rows: usize, blocks: usize) -> Self {
        let mut matrix = Self::default();
        matrix.reshape(rows, blocks);
        matrix
    }

    /// Changes the shape; the memory is reused.
    pub fn reshape(&mut self, rows: usize, blocks: usize) {
        // Long rows at a distance of a power of two would evict each other from the cache: make it odd.
        let stride = if blocks > 8 { blocks | 1 } else { blocks };
        (self.rows, self.blocks, self.stride) = (rows, blocks, stride);
        self.data.resize(rows * stride, Block::default());
    }

    /// Changes the shape and sets everything to 0.
    pub fn clear(&mut self, rows: usize, blocks: usize) {
        self.reshape(rows, blocks);
        self.data.fill(Block::default());
    }

    /// Adds rows of zeros, up to `rows` rows.
    pub fn grow(&mut self, rows: usize) {
        if rows > self.rows {
            self.rows = rows;
            self.data.resize(rows * self.stride, Block::default());
        }
    }

    /// Row `to` becomes as row `from`.
    pub fn copy_row(&mut self, from: usize, to: usize) {
        self.data.copy_within(from * self.stride..from * self.stride + self.blocks, to * self.stride);
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Blocks per row.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Blocks from row to row.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// A row.
    pub fn row(&self, row: usize) -> &[Block] {
        &self.data[row * self.stride..][..self.blocks]
    }

    /// A row.
    pub fn row_mut(&mut self, row: usize) -> &mut [Block] {
        &mut self.data[row * self.stride..][..self.blocks]
    }

    /// All rows from block `block` of row 0 on.
    pub fn at(&self, block: usize) -> &[Block] {
        &self.data[block..]
    }

    /// All rows from block `block` of row 0 on.
    pub fn at_mut(&mut self, block: usize) -> &mut [Block] {
        &mut self.data[block..]
    }

    /// All of it, with the space between rows.
    pub fn data_mut(&mut self) -> &mut [Block] {
        &mut self.data
    }

    /// All of it, with the space between rows.
    pub fn data(&self) -> &[Block] {
        &self.data
    }

    /// One number.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.stride + column / LANES].0[column % LANES]
    }

    /// One number.
    pub fn get_mut(&mut self, row: usize, column: usize) -> &mut f32 {
        &mut self.data[row * self.stride + column / LANES].0[column % LANES]
    }

    /// As the left side of a product, from block `block` of the columns on.
    pub fn left(&self, block: usize) -> Left<'_> {
        Left { data: flat(&self.data[block..]), row: self.stride * LANES, column: 1 }
    }

    /// Its transpose as the left side of a product: rows `16 block` of the transpose on.
    pub fn left_transposed(&self, block: usize) -> Left<'_> {
        Left { data: flat(&self.data[block..]), row: 1, column: self.stride * LANES }
    }

    /// Becomes the transpose of `from` times `factor`; columns beyond the rows of `from` are 0.
    pub fn transpose(&mut self, from: &Matrix, factor: f32) {
        self.clear(from.blocks * LANES, from.rows.div_ceil(LANES));
        let row = self.stride * LANES;
        let to = flat_mut(&mut self.data);
        for i in 0..from.rows {
            for (j, &value) in flat(from.row(i)).iter().enumerate() {
                to[j * row + i] = value * factor;
            }
        }
    }
}

/// `c` from block `c_at` of the columns on (+)= `a` \[m, k\] times `n` blocks of `b` from block `b_at` of the columns
/// on.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Rows of the result.
    pub m: usize,
    /// Depth.
    pub k: usize,
    /// Blocks of columns.
    pub n: usize,
    /// Whether to add to what the result holds.
    pub add: bool,
}

/// See [`Shape`]; positions are in blocks of the first row.
pub fn multiply(level: Level, shape: Shape, a: Left<'_>, (b, b_at): (&Matrix, usize), (c, c_at): (&mut Matrix, usize)) {
    let Shape { m, k, n, add } = shape;
    let (b_row, c_row) = (b.stride, c.stride);
    level.run(Product { m, k, n, a, b: b.at(b_at), b_row, c: c.at_mut(c_at), c_row, add });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transpose_has_rows_and_columns_swapped_and_zeros_beyond() {
        let mut matrix = Matrix::zeros(3, 10);
        (0..3).for_each(|i| (0..160).for_each(|j| *matrix.get_mut(i, j) = (1 + i * 1000 + j) as f32));
        let mut turned = Matrix::zeros(500, 3);
        turned.data_mut().fill(Block([7.0; LANES]));
        turned.transpose(&matrix, 2.0);
        assert_eq!((turned.rows(), turned.blocks()), (160, 1));
        for (i, j) in (0..160).flat_map(|i| (0..16).map(move |j| (i, j))) {
            assert_eq!(turned.get(i, j), if j < 3 { 2.0 * matrix.get(j, i) } else { 0.0 });
        }
    }
}
