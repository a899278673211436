//! Matrix products C (+)= A B with the tile of C in registers (Goto and van de Geijn, "Anatomy of high-performance
//! matrix multiplication", 2008). The matrices of one instance fit the L2 cache; a panel of B fits the L1 cache.

use super::Kernel;
use super::simd::{Block, Simd};

/// Depth that is worked on at a time: four blocks of columns of B, 32 KiB, should stay in the L1 cache for all rows of
/// A.
const DEPTH: usize = 128;

/// A left matrix \[m, k\] by strides, so that it may be a part of one, or a transposed one.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// Begins at the first element.
    pub data: &'a [f32],
    /// From row to row.
    pub row: usize,
    /// From column to column.
    pub column: usize,
}

/// A product: `c` \[m, n blocks\] becomes `a` \[m, k\] times `b` \[k, n blocks\], or is increased by it. The slices
/// begin at the first elements; strides of `b` and `c` are in blocks.
pub struct Product<'a> {
    /// Rows of the result.
    pub m: usize,
    /// Depth.
    pub k: usize,
    /// Blocks per row of the result.
    pub n: usize,
    /// The left matrix.
    pub a: Left<'a>,
    /// The right matrix.
    pub b: &'a [Block],
    /// From row to row of `b`.
    pub b_row: usize,
    /// The result.
    pub c: &'a mut [Block],
    /// From row to row of `c`.
    pub c_row: usize,
    /// Whether to add to what `c` holds.
    pub add: bool,
}

impl Product<'_> {
    /// Whether all elements lie within the slices.
    fn fits(&self) -> bool {
        let last = |rows: usize, stride: usize, columns: usize| (rows - 1) * stride + columns;
        (self.m - 1) * self.a.row + (self.k - 1) * self.a.column < self.a.data.len()
            && last(self.k, self.b_row, self.n) <= self.b.len()
            && last(self.m, self.c_row, self.n) <= self.c.len()
    }
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if self.m == 0 || self.n == 0 {
            return;
        }
        if self.k == 0 {
            if !self.add {
                (0..self.m).for_each(|i| self.c[i * self.c_row..][..self.n].fill(Block::default()));
            }
            return;
        }
        assert!(self.fits(), "a matrix is smaller than its shape");
        let (b, c) = (self.b.as_ptr(), self.c.as_mut_ptr());
        let mut column = 0;
        while column < self.n {
            let left = self.n - column;
            let wide = (1..=4).rev().find(|&wide| wide <= left && S::TILES[wide - 1] > 0).unwrap_or(1);
            for depth in (0..self.k).step_by(DEPTH) {
                let operands = Operands {
                    k: DEPTH.min(self.k - depth),
                    // SAFETY: `depth < k`, and row 0 of A has k floats, see `fits`.
                    a: unsafe { self.a.data.as_ptr().add(depth * self.a.column) },
                    a_row: self.a.row,
                    a_column: self.a.column,
                    // SAFETY: row `depth < k` of B lies within and has n blocks, of which `column < n` is one, see
                    // `fits`.
                    b: unsafe { b.add(depth * self.b_row + column) },
                    b_row: self.b_row,
                    // SAFETY: `column < n`, and row 0 of C has n blocks, see `fits`.
                    c: unsafe { c.add(column) },
                    c_row: self.c_row,
                    add: self.add || depth > 0,
                };
                // SAFETY: rows 0..m of A and C, `k` rows of B, columns up to `column + wide <= n`: within, see `fits`.
                unsafe {
                    match (wide, self.a.row) {
                        (4, 1) => strip::<S, 4, true>(simd, self.m, operands),
                        (4, _) => strip::<S, 4, false>(simd, self.m, operands),
                        (3, 1) => strip::<S, 3, true>(simd, self.m, operands),
                        (3, _) => strip::<S, 3, false>(simd, self.m, operands),
                        (2, 1) => strip::<S, 2, true>(simd, self.m, operands),
                        (2, _) => strip::<S, 2, false>(simd, self.m, operands),
                        (_, 1) => strip::<S, 1, true>(simd, self.m, operands),
                        _ => strip::<S, 1, false>(simd, self.m, operands),
                    }
                }
            }
            column += wide;
        }
    }
}

#[derive(Clone, Copy)]
struct Operands {
    k: usize,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const Block,
    b_row: usize,
    c: *mut Block,
    c_row: usize,
    add: bool,
}

/// `N` blocks of columns, all `m` rows, in tiles of as equal heights as can be. `T`: A is transposed, its rows are one
/// float apart.
///
/// # Safety
/// A \[m, k\], B \[k, N blocks\] and C \[m, N blocks\] must lie within allocations, and C may not overlap them.
#[inline(always)]
unsafe fn strip<S: Simd, const N: usize, const T: bool>(simd: S, m: usize, all: Operands) {
    let tiles = m.div_ceil(S::TILES[N - 1].max(1));
    for index in 0..tiles {
        let (from, to) = (index * m / tiles, (index + 1) * m / tiles);
        // SAFETY: `from < m`; the caller vouches for the rest.
        unsafe {
            let part = Operands { a: all.a.add(from * all.a_row), c: all.c.add(from * all.c_row), ..all };
            match to - from {
                1 => tile::<S, 1, N, T>(simd, part),
                2 => tile::<S, 2, N, T>(simd, part),
                3 => tile::<S, 3, N, T>(simd, part),
                4 => tile::<S, 4, N, T>(simd, part),
                5 => tile::<S, 5, N, T>(simd, part),
                6 => tile::<S, 6, N, T>(simd, part),
                7 => tile::<S, 7, N, T>(simd, part),
                _ => tile::<S, 8, N, T>(simd, part),
            }
        }
    }
}

/// `M` rows, `N` blocks of columns.
///
/// # Safety
/// As [`strip`], with `M` rows.
#[inline(always)]
unsafe fn tile<S: Simd, const M: usize, const N: usize, const T: bool>(simd: S, part: Operands) {
    if M > S::TILES[N - 1] {
        // Never reached: tiles are not higher. Keeps the compiler from making tiles that do not fit the registers.
        return;
    }
    let mut sums = [[simd.splat(0.0); N]; M];
    // SAFETY: the caller vouches for M rows of A and C, and k rows of B.
    unsafe {
        // A pointer per row, which the compiler must not see through: it would make them a chain of additions, which
        // takes longer than the products. Of a transposed matrix one pointer reaches all rows.
        let row = if T { 1 } else { part.a_row };
        let mut rows: [*const f32; M] = std::array::from_fn(|i| part.a.wrapping_add(i * row));
        if !T {
            rows = std::hint::black_box(rows);
        }
        let (mut at, mut b) = (0, part.b);
        for _ in 0..part.k {
            let mut row = [simd.splat(0.0); N];
            for (j, right) in row.iter_mut().enumerate() {
                *right = simd.load(&*b.add(j));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let left = simd.splat(*rows[i].add(at));
                for (sum, right) in sums.iter_mut().zip(row) {
                    *sum = simd.mul_add(left, right, *sum);
                }
            }
            at += part.a_column;
            b = b.wrapping_add(part.b_row);
        }
        for (i, sums) in sums.into_iter().enumerate() {
            for (j, sum) in sums.into_iter().enumerate() {
                let c = &mut *part.c.add(i * part.c_row + j);
                let sum = if part.add { simd.add(sum, simd.load(c)) } else { sum };
                simd.store(c, sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;
    use rand::Rng;

    use super::super::{Level, flat, flat_mut};
    use super::*;

    fn random(count: usize, index: u64) -> Vec<Block> {
        let mut stream = stream(1, "gemm", index);
        let mut data = vec![Block::default(); count];
        flat_mut(&mut data).iter_mut().for_each(|x| *x = stream.random::<f32>() - 0.5);
        data
    }

    #[test]
    fn products_agree_with_their_definition_on_every_level() {
        for level in Level::all() {
            for (m, k, n, transposed, add) in
                [(1, 1, 1, false, false), (7, 20, 5, false, true), (50, 33, 4, true, false), (13, 50, 7, true, true)]
            {
                let (a_row, a_column) = if transposed { (1, 80) } else { (80, 1) };
                let (a, b, before) = (random(80 * 80 / 16, 0), random(k * 9, 1), random(m * 8, 2));
                let mut c = before.clone();
                let left = Left { data: flat(&a), row: a_row, column: a_column };
                level.run(Product { m, k, n, a: left, b: &b, b_row: 9, c: &mut c, c_row: 8, add });
                for (i, j) in (0..m).flat_map(|i| (0..8 * 16).map(move |j| (i, j))) {
                    let term = |p: usize| f64::from(flat(&a)[i * a_row + p * a_column] * flat(&b)[p * 9 * 16 + j]);
                    let old = flat(&before)[i * 8 * 16 + j];
                    let sum = (0..k).map(term).sum::<f64>() as f32 + if add { old } else { 0.0 };
                    let expected = if j < n * 16 { sum } else { old };
                    assert!((flat(&c)[i * 8 * 16 + j] - expected).abs() < 1e-5, "{level:?} {m} {k} {n} at {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn levels_with_fused_products_agree_to_the_bit() {
        let (a, b) = (random(50 * 4, 3), random(64 * 6, 4));
        let run = |level: Level| {
            let mut c = vec![Block::default(); 50 * 6];
            let left = Left { data: flat(&a), row: 64, column: 1 };
            level.run(Product { m: 50, k: 64, n: 6, a: left, b: &b, b_row: 6, c: &mut c, c_row: 6, add: false });
            c
        };
        let all = Level::all();
        for pair in all[..all.len() - 1].windows(2) {
            assert_eq!(run(pair[0]), run(pair[1]));
        }
    }
}
