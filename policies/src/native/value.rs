//! The value head: an estimate from the glimpse, which is attention's result after the output projection
//! (Wan et al., RLOR, 2023).

use super::decoder::{Decisions, ROWS};
use super::gradient::Gradient;
use super::kernels::{Block, Kernel, Simd, math};
use super::matrix::Matrix;
use super::model::{AttentionModel, Value};

/// Buffers of the value head. r: decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Glimpse {
    /// \[r, width\].
    glimpse: Matrix,
    /// After ReLU \[r, width\].
    hidden: Matrix,
    /// \[r\].
    pub values: Vec<f32>,
    /// Gradients, shaped as what they belong to.
    glimpse_pull: Matrix,
    hidden_pull: Matrix,
}

impl AttentionModel {
    /// Fills `values` of all decisions, whose `heads` are known.
    pub(super) fn evaluate(&self, value: &Value, decisions: &Decisions, buffers: &mut Glimpse) {
        let (r, level, width) = (decisions.len(), self.level, self.size.width);
        buffers.glimpse.reshape(ROWS, width);
        buffers.hidden.reshape(ROWS, width);
        for row in 0..r {
            buffers.glimpse.row_mut(row).copy_from_slice(&self.decoder.out_bias.data);
            buffers.hidden.row_mut(row).copy_from_slice(&value.hidden_bias.data);
        }
        self.decoder.out.forward.apply(level, r, &decisions.heads, &mut buffers.glimpse, true);
        value.hidden.forward.apply(level, r, &buffers.glimpse, &mut buffers.hidden, true);
        buffers.values.resize(r, 0.0);
        level.run(Head { out: &value.out.data, bias: value.bias.data[0].0[0], buffers });
    }

    /// Adds to `heads` \[r, all heads\] the gradient of the sum of `pull` times value, and learns; after `evaluate`.
    pub(super) fn pull_values(
        &self,
        value: &Value,
        decisions: &Decisions,
        pull: &[f32],
        buffers: &mut Glimpse,
        heads: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        let (r, level, width) = (decisions.len(), self.level, self.size.width);
        buffers.hidden_pull.reshape(ROWS, width);
        let out = gradient.tensors[value.out.slot].row_mut(0);
        let (hidden, hidden_pull) = (&buffers.hidden, &mut buffers.hidden_pull);
        level.run(PullHead { weights: &value.out.data, pull, hidden, hidden_pull, out });
        gradient.tensors[value.bias.slot].row_mut(0)[0].0[0] += pull.iter().sum::<f32>();
        gradient.learn(self.level, value.hidden.slot, r, &buffers.glimpse, &buffers.hidden_pull);
        gradient.learn_row(self.level, value.hidden_bias.slot, r, &buffers.hidden_pull);
        buffers.glimpse_pull.reshape(ROWS, width);
        value.hidden.backward.apply(level, r, &buffers.hidden_pull, &mut buffers.glimpse_pull, false);
        gradient.learn(self.level, self.decoder.out.slot, r, &decisions.heads, &buffers.glimpse_pull);
        gradient.learn_row(self.level, self.decoder.out_bias.slot, r, &buffers.glimpse_pull);
        self.decoder.out.backward.apply(level, r, &buffers.glimpse_pull, heads, true);
    }
}

/// ReLU, then the last layer.
struct Head<'a> {
    out: &'a [Block],
    bias: f32,
    buffers: &'a mut Glimpse,
}

impl Kernel for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Glimpse { hidden, values, .. } = self.buffers;
        for (r, value) in values.iter_mut().enumerate() {
            for block in hidden.row_mut(r) {
                let active = simd.max(simd.load(block), simd.splat(0.0));
                simd.store(block, active);
            }
            *value = self.bias + math::dot(simd, hidden.row(r), self.out);
        }
    }
}

struct PullHead<'a> {
    weights: &'a [Block],
    pull: &'a [f32],
    hidden: &'a Matrix,
    hidden_pull: &'a mut Matrix,
    out: &'a mut [Block],
}

impl Kernel for PullHead<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let zero = simd.splat(0.0);
        for (r, &pull) in self.pull.iter().enumerate() {
            let pull = simd.splat(pull);
            let rows = self.hidden.row(r).iter().zip(self.hidden_pull.row_mut(r)).zip(self.weights);
            for (((hidden, to), weight), out) in rows.zip(&mut *self.out) {
                let hidden = simd.load(hidden);
                simd.store(to, simd.if_above(hidden, zero, simd.mul(pull, simd.load(weight)), zero));
                let sum = simd.mul_add(pull, hidden, simd.load(out));
                simd.store(out, sum);
            }
        }
    }
}
