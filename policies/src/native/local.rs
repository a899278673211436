//! The local policy: a small network on the nearest allowed neighbours of the last node, whose scores are added to the
//! pointer's (after Gao et al., ELG, IJCAI 2024; see [`crate::features::local`]).
//!
//! score\[j\] = out relu(hidden h\[j\] + pool mean(h)), h\[j\] = relu(input numbers\[j\]): neighbours know of each
//! other by the mean.

use super::decoder::{Decisions, ROWS};
use super::encoder::Encoded;
use super::gradient::Gradient;
use super::kernels::{Block, Kernel, LANES, Simd, math};
use super::matrix::Matrix;
use super::model::{AttentionModel, LocalPolicy};
use crate::features::local::Neighbours;

/// What the network makes of the decisions at hand. r: decisions, s: neighbours of all of them, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct LocalPass {
    found: Neighbours,
    /// First neighbour of every decision, and the end of the last one's \[r + 1\].
    from: Vec<usize>,
    /// \[s\].
    nodes: Vec<u32>,
    /// \[s, 1\].
    numbers: Matrix,
    first: Matrix,
    second: Matrix,
    /// \[r, 1\].
    pooled: Matrix,
    base: Matrix,
    /// Gradients, shaped as what they belong to.
    second_pull: Matrix,
    first_pull: Matrix,
    base_pull: Matrix,
    pooled_pull: Matrix,
}

impl AttentionModel {
    /// Adds the local scores to those of the decisions.
    pub(super) fn look(&self, local: &LocalPolicy, encoded: &Encoded, decisions: &mut Decisions) {
        let Decisions { contexts, masks, scores, local: pass, .. } = decisions;
        pass.from.clear();
        pass.nodes.clear();
        pass.numbers.reshape(ROWS * local.k, 1);
        for (r, context) in contexts.iter().enumerate() {
            pass.from.push(pass.nodes.len());
            let mask = masks.row(r);
            let allowed = |node: usize| mask[node / LANES].0[node % LANES] > 0.0;
            encoded.neighbourhood.look(context, allowed, &mut pass.found);
            for (&node, numbers) in pass.found.nodes.iter().zip(&pass.found.numbers) {
                let row = &mut pass.numbers.row_mut(pass.nodes.len())[0].0;
                row.fill(0.0);
                row[..numbers.len()].copy_from_slice(numbers);
                pass.nodes.push(node);
            }
        }
        pass.from.push(pass.nodes.len());
        let (s, level) = (pass.nodes.len(), self.level);
        [&mut pass.first, &mut pass.second].into_iter().for_each(|matrix| matrix.reshape(ROWS * local.k, 1));
        [&mut pass.pooled, &mut pass.base].into_iter().for_each(|matrix| matrix.reshape(ROWS, 1));
        local.input.forward.apply(level, s, &pass.numbers, &mut pass.first, false);
        level.run(Pool { bias: &local.input_bias.data, pass });
        local.pool.forward.apply(level, contexts.len(), &pass.pooled, &mut pass.base, false);
        local.hidden.forward.apply(level, s, &pass.first, &mut pass.second, false);
        level.run(Score { bias: &local.hidden_bias.data, out: &local.out.data, pass, scores });
    }

    /// From the gradient with respect to the scores to the weights.
    pub(super) fn pull_local(&self, local: &LocalPolicy, decisions: &mut Decisions, gradient: &mut Gradient) {
        let (r, level) = (decisions.len(), self.level);
        let Decisions { scores, local: pass, .. } = decisions;
        let s = pass.nodes.len();
        pass.second_pull.reshape(ROWS * local.k, 1);
        pass.first_pull.reshape(ROWS * local.k, 1);
        pass.base_pull.reshape(ROWS, 1);
        pass.pooled_pull.reshape(ROWS, 1);
        let out = gradient.tensors[local.out.slot].row_mut(0);
        level.run(PullScore { weights: &local.out.data, pass, scores, out });
        gradient.learn_row(self.level, local.hidden_bias.slot, s, &pass.second_pull);
        gradient.learn(self.level, local.hidden.slot, s, &pass.first, &pass.second_pull);
        gradient.learn(self.level, local.pool.slot, r, &pass.pooled, &pass.base_pull);
        local.hidden.backward.apply(level, s, &pass.second_pull, &mut pass.first_pull, false);
        local.pool.backward.apply(level, r, &pass.base_pull, &mut pass.pooled_pull, false);
        level.run(PullPool { pass });
        gradient.learn_row(self.level, local.input_bias.slot, s, &pass.first_pull);
        gradient.learn(self.level, local.input.slot, s, &pass.numbers, &pass.first_pull);
    }
}

impl LocalPass {
    /// Numbers of a decision's neighbours.
    fn of(&self, r: usize) -> std::ops::Range<usize> {
        self.from[r]..self.from[r + 1]
    }

    fn decisions(&self) -> usize {
        self.from.len() - 1
    }
}

/// h = relu(input + bias), and its mean over the neighbours of every decision.
struct Pool<'a> {
    bias: &'a [Block],
    pass: &'a mut LocalPass,
}

impl Kernel for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (bias, zero) = (simd.load(&self.bias[0]), simd.splat(0.0));
        for r in 0..self.pass.decisions() {
            let range = self.pass.of(r);
            let (mut sum, share) = (zero, simd.splat(1.0 / range.len().max(1) as f32));
            for slot in range {
                let block = &mut self.pass.first.row_mut(slot)[0];
                let active = simd.max(simd.add(simd.load(block), bias), zero);
                simd.store(block, active);
                sum = simd.add(sum, active);
            }
            simd.store(&mut self.pass.pooled.row_mut(r)[0], simd.mul(sum, share));
        }
    }
}

/// The second layer's ReLU, and the scores.
struct Score<'a> {
    bias: &'a [Block],
    out: &'a [Block],
    pass: &'a mut LocalPass,
    scores: &'a mut Matrix,
}

impl Kernel for Score<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (bias, zero) = (simd.load(&self.bias[0]), simd.splat(0.0));
        for r in 0..self.pass.decisions() {
            let base = simd.add(simd.load(&self.pass.base.row(r)[0]), bias);
            for slot in self.pass.of(r) {
                let row = self.pass.second.row_mut(slot);
                let active = simd.max(simd.add(simd.load(&row[0]), base), zero);
                simd.store(&mut row[0], active);
                *self.scores.get_mut(r, self.pass.nodes[slot] as usize) += math::dot(simd, row, self.out);
            }
        }
    }
}

/// From scores to the second layer's input, summed over the neighbours too.
struct PullScore<'a> {
    weights: &'a [Block],
    pass: &'a mut LocalPass,
    scores: &'a Matrix,
    out: &'a mut [Block],
}

impl Kernel for PullScore<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (weights, zero) = (simd.load(&self.weights[0]), simd.splat(0.0));
        let mut out = simd.load(&self.out[0]);
        for r in 0..self.pass.decisions() {
            let mut sum = zero;
            for slot in self.pass.of(r) {
                let pull = simd.splat(self.scores.get(r, self.pass.nodes[slot] as usize));
                let active = simd.load(&self.pass.second.row(slot)[0]);
                out = simd.mul_add(pull, active, out);
                let inner = simd.if_above(active, zero, simd.mul(pull, weights), zero);
                simd.store(&mut self.pass.second_pull.row_mut(slot)[0], inner);
                sum = simd.add(sum, inner);
            }
            simd.store(&mut self.pass.base_pull.row_mut(r)[0], sum);
        }
        simd.store(&mut self.out[0], out);
    }
}

/// Adds the way through the mean, then through the first ReLU.
struct PullPool<'a> {
    pass: &'a mut LocalPass,
}

impl Kernel for PullPool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let zero = simd.splat(0.0);
        for r in 0..self.pass.decisions() {
            let range = self.pass.of(r);
            let share = simd.splat(1.0 / range.len().max(1) as f32);
            let pooled = simd.mul(simd.load(&self.pass.pooled_pull.row(r)[0]), share);
            for slot in range {
                let active = simd.load(&self.pass.first.row(slot)[0]);
                let block = &mut self.pass.first_pull.row_mut(slot)[0];
                let sum = simd.add(simd.load(block), pooled);
                simd.store(block, simd.if_above(active, zero, sum, zero));
            }
        }
    }
}
