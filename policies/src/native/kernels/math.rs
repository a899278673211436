//! Elementary functions, and passes over rows of blocks, generic over [`Simd`].

use super::Kernel;
use super::simd::{Block, LANES, Simd};

/// exp(x), within 2 units in the last place; 0 below -87, no infinity above 88.
#[inline(always)]
pub fn exp<S: Simd>(simd: S, x: S::V) -> S::V {
    // 1.5 2^23: adding it rounds to whole numbers, which stay in the low bits.
    let magic = simd.splat(12_582_912.0);
    let low = simd.splat(-87.0);
    let inside = simd.max(low, simd.min(x, simd.splat(88.0)));
    let shifted = simd.mul_add(inside, simd.splat(std::f32::consts::LOG2_E), magic);
    let whole = simd.sub(shifted, magic);
    // ln 2 in two parts, so that the rest is exact (Cody and Waite, 1980).
    let rest = simd.mul_add(whole, simd.splat(-0.693_359_4), inside);
    let rest = simd.mul_add(whole, simd.splat(2.121_944_4e-4), rest);
    // Minimax polynomial of the Cephes library (Moshier, 1989).
    let mut sum = simd.splat(1.987_569_1e-4);
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = simd.mul_add(sum, rest, simd.splat(coefficient));
    }
    let sum = simd.mul_add(sum, simd.mul(rest, rest), simd.add(rest, simd.splat(1.0)));
    let value = simd.mul(sum, simd.power_of_two(shifted));
    simd.if_above(x, low, value, simd.splat(0.0))
}

/// tanh(x) - 1 = -2 / (exp(2 x) + 1).
#[inline(always)]
pub fn tanh_below_one<S: Simd>(simd: S, x: S::V) -> S::V {
    let e = exp(simd, simd.add(x, x));
    simd.div(simd.splat(-2.0), simd.add(e, simd.splat(1.0)))
}

/// The largest lane of a row; minus infinity of none.
#[inline(always)]
pub fn highest<S: Simd>(simd: S, row: &[Block]) -> f32 {
    let mut high = simd.splat(f32::NEG_INFINITY);
    for block in row {
        high = simd.max(high, simd.load(block));
    }
    simd.highest(high)
}

/// The first place of a value in a row.
#[inline(always)]
pub fn place<S: Simd>(simd: S, row: &[Block], value: f32) -> Option<usize> {
    let value = simd.splat(value);
    let equal = row.iter().map(|block| simd.equal(simd.load(block), value));
    equal
        .enumerate()
        .find(|&(_, equal)| equal != 0)
        .map(|(index, equal)| index * LANES + equal.trailing_zeros() as usize)
}

/// Replaces a row by exp(row - `high`) and gives the sum.
#[inline(always)]
pub fn exponentials<S: Simd>(simd: S, row: &mut [Block], high: f32) -> f32 {
    let (high, mut sum) = (simd.splat(high), simd.splat(0.0));
    for block in row {
        let value = exp(simd, simd.sub(simd.load(block), high));
        simd.store(block, value);
        sum = simd.add(sum, value);
    }
    simd.sum(sum)
}

/// Multiplies a row.
#[inline(always)]
pub fn scale<S: Simd>(simd: S, row: &mut [Block], factor: f32) {
    let factor = simd.splat(factor);
    for block in row {
        let value = simd.mul(simd.load(block), factor);
        simd.store(block, value);
    }
}

/// Adds `factor` times `from` to `to`.
#[inline(always)]
pub fn add_scaled<S: Simd>(simd: S, to: &mut [Block], from: &[Block], factor: f32) {
    let factor = simd.splat(factor);
    for (to, from) in to.iter_mut().zip(from) {
        let value = simd.mul_add(simd.load(from), factor, simd.load(to));
        simd.store(to, value);
    }
}

/// The scalar product of two rows.
#[inline(always)]
pub fn dot<S: Simd>(simd: S, a: &[Block], b: &[Block]) -> f32 {
    let mut sum = simd.splat(0.0);
    for (a, b) in a.iter().zip(b) {
        sum = simd.mul_add(simd.load(a), simd.load(b), sum);
    }
    simd.sum(sum)
}

/// Sets the lanes of a row from `count` on, by whole vectors: they can be read at once.
#[inline(always)]
pub fn pad<S: Simd>(simd: S, row: &mut [Block], count: usize, value: f32) {
    const PLACES: Block = Block([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0]);
    let rest = count % LANES;
    if rest > 0 {
        let block = &mut row[count / LANES];
        let padded = simd.if_above(simd.splat(rest as f32), simd.load(&PLACES), simd.load(block), simd.splat(value));
        simd.store(block, padded);
    }
}

/// Adds rows that lie `stride` blocks apart to `sum`.
pub struct ColumnSums<'a> {
    /// The rows.
    pub rows: &'a [Block],
    /// From row to row.
    pub stride: usize,
    /// Receives the sums \[blocks\].
    pub sum: &'a mut [Block],
}

impl Kernel for ColumnSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let wide = self.sum.len();
        for row in self.rows.chunks(self.stride) {
            for (sum, block) in self.sum.iter_mut().zip(&row[..wide]) {
                let value = simd.add(simd.load(sum), simd.load(block));
                simd.store(sum, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    struct Evaluate([f32; LANES]);

    impl Kernel for Evaluate {
        type Output = [[f32; LANES]; 2];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let x = simd.load(&Block(self.0));
            let mut out = [Block::default(); 2];
            simd.store(&mut out[0], exp(simd, x));
            simd.store(&mut out[1], tanh_below_one(simd, x));
            out.map(|block| block.0)
        }
    }

    #[test]
    fn functions_agree_with_the_library_on_every_level() {
        for level in Level::all() {
            for step in 0..2_000 {
                let xs: [f32; LANES] =
                    std::array::from_fn(|lane| -86.9 + (step * LANES + lane) as f32 * 174.0 / 32_000.0);
                let [exps, tanhs] = level.run(Evaluate(xs));
                for lane in 0..LANES {
                    let x = f64::from(xs[lane]);
                    assert!((f64::from(exps[lane]) / x.exp() - 1.0).abs() < 3e-7, "exp {x}");
                    assert!((f64::from(tanhs[lane]) + 1.0 - x.tanh()).abs() < 3e-7, "tanh {x}");
                }
            }
        }
    }

    #[test]
    fn functions_are_finite_far_out() {
        let mut xs = [0.0; LANES];
        xs[..4].copy_from_slice(&[f32::NEG_INFINITY, -1e30, 1e30, f32::INFINITY]);
        for level in Level::all() {
            let [exps, tanhs] = level.run(Evaluate(xs));
            assert_eq!(exps[..2], [0.0; 2]);
            assert!(exps[2..4].iter().all(|e| e.is_finite() && *e > 1e37));
            assert_eq!(tanhs[..2], [-2.0; 2]);
            assert!(tanhs[2..4].iter().all(|t| t.abs() < 1e-37));
            assert_eq!(exps[4..], [1.0; 12]);
        }
    }

    struct Reduce<'a>(&'a [Block]);

    impl Kernel for Reduce<'_> {
        type Output = (f32, f32, f32);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let sum = exponentials(simd, &mut self.0.to_vec(), 20.0);
            (highest(simd, self.0), sum, dot(simd, self.0, self.0))
        }
    }

    #[test]
    fn reductions_see_every_lane() {
        for level in Level::all() {
            for at in 0..2 * LANES {
                let mut row = [Block([-1.0; LANES]); 2];
                row[at / LANES].0[at % LANES] = 20.0;
                let (high, sum, square) = level.run(Reduce(&row));
                assert_eq!((high, square), (20.0, 31.0 + 400.0));
                assert!((sum - 1.0).abs() < 1e-6);
            }
        }
    }
}
