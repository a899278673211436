//! Instance norm: every embedding coordinate has mean 0 and variance 1 over the nodes of an instance, then scale and
//! shift (Ulyanov, Vedaldi and Lempitsky, 2016; no running statistics).

use super::kernels::{Block, Kernel, Simd};
use super::matrix::Matrix;

/// Added to variances.
pub(crate) const EPSILON: f32 = 1e-5;

/// What the backward pass needs.
#[derive(Clone, Debug, Default)]
pub struct Normed {
    /// Before scale and shift \[n, width\].
    pub unit: Matrix,
    /// 1 / deviation \[width\].
    pub inverse: Vec<Block>,
}

/// From `x` to `out`, keeping what the backward pass needs.
pub struct NormForward<'a> {
    /// \[n, width\].
    pub x: &'a Matrix,
    /// \[width\].
    pub scale: &'a [Block],
    /// \[width\].
    pub shift: &'a [Block],
    /// Kept.
    pub kept: &'a mut Normed,
    /// \[n, width\].
    pub out: &'a mut Matrix,
}

impl Kernel for NormForward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (n, width) = (self.x.rows(), self.x.blocks());
        let share = simd.splat(1.0 / n as f32);
        self.kept.unit.reshape(n, width);
        self.kept.inverse.resize(width, Block::default());
        self.out.reshape(n, width);
        for column in 0..width {
            let mut sum = simd.splat(0.0);
            for i in 0..n {
                sum = simd.add(sum, simd.load(&self.x.row(i)[column]));
            }
            let mean = simd.mul(sum, share);
            let mut squares = simd.splat(0.0);
            for i in 0..n {
                let centred = simd.sub(simd.load(&self.x.row(i)[column]), mean);
                squares = simd.mul_add(centred, centred, squares);
            }
            let variance = simd.mul_add(squares, share, simd.splat(EPSILON));
            let mut roots = Block::default();
            simd.store(&mut roots, variance);
            roots.0.iter_mut().for_each(|x| *x = 1.0 / x.sqrt());
            self.kept.inverse[column] = roots;
            let (inverse, scale) = (simd.load(&roots), simd.load(&self.scale[column]));
            let shift = simd.load(&self.shift[column]);
            for i in 0..n {
                let unit = simd.mul(simd.sub(simd.load(&self.x.row(i)[column]), mean), inverse);
                simd.store(&mut self.kept.unit.row_mut(i)[column], unit);
                simd.store(&mut self.out.row_mut(i)[column], simd.mul_add(unit, scale, shift));
            }
        }
    }
}

/// Pulls a gradient back in place; adds to those of scale and shift.
pub struct NormBackward<'a> {
    /// With respect to the output, becomes the one with respect to the input \[n, width\].
    pub pull: &'a mut Matrix,
    /// From the forward pass.
    pub kept: &'a Normed,
    /// \[width\].
    pub scale: &'a [Block],
    /// Receives the gradient \[width\].
    pub scale_pull: &'a mut [Block],
    /// Receives the gradient \[width\].
    pub shift_pull: &'a mut [Block],
}

impl Kernel for NormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (n, width) = (self.pull.rows(), self.pull.blocks());
        let share = simd.splat(1.0 / n as f32);
        for column in 0..width {
            let (mut sum, mut product) = (simd.splat(0.0), simd.splat(0.0));
            for i in 0..n {
                let pull = simd.load(&self.pull.row(i)[column]);
                sum = simd.add(sum, pull);
                product = simd.mul_add(pull, simd.load(&self.kept.unit.row(i)[column]), product);
            }
            let (scale, shift) = (&mut self.scale_pull[column], &mut self.shift_pull[column]);
            let total = simd.add(simd.load(scale), product);
            simd.store(scale, total);
            let total = simd.add(simd.load(shift), sum);
            simd.store(shift, total);
            let factor = simd.mul(simd.load(&self.scale[column]), simd.load(&self.kept.inverse[column]));
            let (mean, slope) = (simd.mul(sum, share), simd.mul(product, share));
            for i in 0..n {
                let unit = simd.load(&self.kept.unit.row(i)[column]);
                let place = &mut self.pull.row_mut(i)[column];
                let rest = simd.sub(simd.sub(simd.load(place), mean), simd.mul(unit, slope));
                simd.store(place, simd.mul(rest, factor));
            }
        }
    }
}
