//! The decoder's feature layer: from attention's result to the pointer's query by a residual, a feed-forward block and
//! two layer norms (Pan et al., preference optimization, ICML 2025; the norms there are over the choices).

use super::decoder::{Decisions, ROWS, row_of};
use super::encoder::Encoded;
use super::gradient::Gradient;
use super::kernels::math::{self, ColumnSums};
use super::kernels::{Block, Kernel, Simd};
use super::layer_backward::Gate;
use super::matrix::Matrix;
use super::model::{AttentionModel, FeatureLayer, Norm};

/// Keeps norms of rows of equal numbers finite, as in PyTorch.
const EPSILON: f32 = 1e-5;

/// What the layer makes of the decisions at hand. r: decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct FeaturePass {
    /// Input of a norm, then buffer \[r, width\].
    sum: Matrix,
    /// After the first norm \[r, width\].
    middle: Matrix,
    /// After ReLU \[r, feed-forward\].
    hidden: Matrix,
    norm1: Kept,
    norm2: Kept,
    /// After the second norm: what points \[r, width\].
    pub out: Matrix,
    /// The gradient with respect to `out`, and to what comes before it, step by step \[r, width\].
    pub pull: Matrix,
    hidden_pull: Matrix,
}

/// What a layer norm leaves for its backward pass.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// Before scale and shift \[r, width\].
    unit: Matrix,
    /// 1 / deviation \[r\].
    inverse: Vec<f32>,
}

impl AttentionModel {
    /// Fills `out` of decisions whose `heads` are known.
    pub(super) fn refine(&self, layer: &FeatureLayer, encoded: &Encoded, decisions: &mut Decisions) {
        let (r, level, width) = (decisions.len(), self.level, self.size.width);
        let Decisions { contexts, heads, feature: pass, .. } = decisions;
        let FeaturePass { sum, middle, hidden, norm1, norm2, out, .. } = pass;
        [&mut *sum, &mut *middle, &mut *out].into_iter().for_each(|matrix| matrix.reshape(ROWS, width));
        hidden.reshape(ROWS, self.size.feed_forward);
        for (row, context) in contexts.iter().enumerate() {
            sum.row_mut(row).copy_from_slice(&self.decoder.out_bias.data);
            if let Some(last) = context.last {
                add(sum.row_mut(row), encoded.embeddings.row(last as usize));
            }
        }
        self.decoder.out.forward.apply(level, r, heads, sum, true);
        let floats = self.architecture.width;
        level.run(LayerNorm { rows: r, floats, x: sum, norm: &layer.norm1, kept: norm1, out: middle });
        for row in 0..r {
            hidden.row_mut(row).copy_from_slice(&layer.ff1_bias.data);
            sum.row_mut(row).copy_from_slice(middle.row(row));
        }
        layer.ff1.forward.apply(level, r, middle, hidden, true);
        let stride = hidden.stride();
        level.run(Relu(&mut hidden.data_mut()[..r * stride]));
        layer.ff2.forward.apply(level, r, hidden, sum, true);
        level.run(LayerNorm { rows: r, floats, x: sum, norm: &layer.norm2, kept: norm2, out });
    }

    /// From the gradient with respect to `out` to those with respect to `heads` and to the embeddings of the last
    /// nodes.
    pub(super) fn pull_feature(
        &self,
        layer: &FeatureLayer,
        decisions: &mut Decisions,
        heads: &mut Matrix,
        residual: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        let (r, level, floats) = (decisions.len(), self.level, self.architecture.width);
        let none = residual.rows() - 1;
        let pass = &mut decisions.feature;
        let FeaturePass { middle, hidden, norm1, norm2, pull, hidden_pull, .. } = pass;
        self.pull_layer_norm(&layer.norm2, r, floats, norm2, pull, gradient);
        hidden_pull.reshape(ROWS, self.size.feed_forward);
        gradient.learn(self.level, layer.ff2.slot, r, hidden, pull);
        layer.ff2.backward.apply(level, r, pull, hidden_pull, false);
        level.run(Gate { pull: hidden_pull, active: hidden });
        gradient.learn_row(self.level, layer.ff1_bias.slot, r, hidden_pull);
        gradient.learn(self.level, layer.ff1.slot, r, middle, hidden_pull);
        layer.ff1.backward.apply(level, r, hidden_pull, pull, true);
        self.pull_layer_norm(&layer.norm1, r, floats, norm1, pull, gradient);
        for (row, context) in decisions.contexts.iter().enumerate() {
            add(residual.row_mut(row_of(context.last, none)), pull.row(row));
        }
        gradient.learn(self.level, self.decoder.out.slot, r, &decisions.heads, pull);
        gradient.learn_row(self.level, self.decoder.out_bias.slot, r, pull);
        self.decoder.out.backward.apply(level, r, pull, heads, false);
    }

    fn pull_layer_norm(
        &self,
        norm: &Norm,
        rows: usize,
        floats: usize,
        kept: &mut Kept,
        pull: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        gradient.learn_row(self.level, norm.shift.slot, rows, pull);
        // The products for the scale take the place of the units, which the last step needs first.
        self.level.run(PullLayerNorm { rows, floats, scale: &norm.scale.data, kept, pull });
        let (stride, sum) = (kept.unit.stride(), gradient.tensors[norm.scale.slot].row_mut(0));
        self.level.run(ColumnSums { rows: &kept.unit.data()[..rows * stride], stride, sum });
    }
}

fn add(to: &mut [Block], from: &[Block]) {
    to.iter_mut().zip(from).for_each(|(to, from)| to.0.iter_mut().zip(from.0).for_each(|(to, x)| *to += x));
}

/// max(0, x).
struct Relu<'a>(&'a mut [Block]);

impl Kernel for Relu<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for block in self.0 {
            let active = simd.max(simd.load(block), simd.splat(0.0));
            simd.store(block, active);
        }
    }
}

/// Every row gets mean 0 and variance 1, then scale and shift (Ba, Kiros and Hinton, 2016).
struct LayerNorm<'a> {
    rows: usize,
    /// Per row, without padding, which stays 0.
    floats: usize,
    x: &'a Matrix,
    norm: &'a Norm,
    kept: &'a mut Kept,
    out: &'a mut Matrix,
}

impl Kernel for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let share = 1.0 / self.floats as f32;
        self.kept.unit.reshape(self.x.rows(), self.x.blocks());
        self.kept.inverse.resize(self.x.rows(), 0.0);
        for r in 0..self.rows {
            let (x, unit) = (self.x.row(r), self.kept.unit.row_mut(r));
            let mut sum = simd.splat(0.0);
            for block in x {
                sum = simd.add(sum, simd.load(block));
            }
            let mean = simd.splat(simd.sum(sum) * share);
            for (block, unit) in x.iter().zip(&mut *unit) {
                let centred = simd.sub(simd.load(block), mean);
                simd.store(unit, centred);
            }
            math::pad(simd, unit, self.floats, 0.0);
            let inverse = 1.0 / (math::dot(simd, unit, unit) * share + EPSILON).sqrt();
            math::scale(simd, unit, inverse);
            self.kept.inverse[r] = inverse;
            let weights = self.norm.scale.data.iter().zip(&self.norm.shift.data);
            for ((unit, (scale, shift)), out) in unit.iter().zip(weights).zip(self.out.row_mut(r)) {
                let value = simd.mul_add(simd.load(unit), simd.load(scale), simd.load(shift));
                simd.store(out, value);
            }
        }
    }
}

/// Pulls a gradient back in place; the units become what the gradient of the scale is the sum of.
struct PullLayerNorm<'a> {
    rows: usize,
    floats: usize,
    scale: &'a [Block],
    kept: &'a mut Kept,
    pull: &'a mut Matrix,
}

impl Kernel for PullLayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let share = 1.0 / self.floats as f32;
        for r in 0..self.rows {
            let (unit, pull) = (self.kept.unit.row_mut(r), self.pull.row_mut(r));
            let (mut sum, mut product) = (simd.splat(0.0), simd.splat(0.0));
            for ((unit, pull), scale) in unit.iter().zip(&*pull).zip(self.scale) {
                let scaled = simd.mul(simd.load(pull), simd.load(scale));
                sum = simd.add(sum, scaled);
                product = simd.mul_add(scaled, simd.load(unit), product);
            }
            let (mean, slope) = (simd.splat(simd.sum(sum) * share), simd.splat(simd.sum(product) * share));
            let inverse = simd.splat(self.kept.inverse[r]);
            for ((unit, pull), scale) in unit.iter_mut().zip(&mut *pull).zip(self.scale) {
                let (before, outer) = (simd.load(unit), simd.load(pull));
                let centred = simd.sub(simd.mul(outer, simd.load(scale)), mean);
                let inner = simd.mul(simd.sub(centred, simd.mul(before, slope)), inverse);
                simd.store(unit, simd.mul(before, outer));
                simd.store(pull, inner);
            }
            math::pad(simd, pull, self.floats, 0.0);
        }
    }
}
