//! The gradient of the decoder: decisions are made again, a group at a time; what they pull on the tables gathers there
//! and goes through the encoder once per instance.

use super::decide::{Collect, Decisions, Spread};
use super::decode::log_prob;
use super::encoder::{Encoded, Gather};
use super::encoder_backward;
use super::mixed_backward;
use super::model::DispatchModel;
use super::replay::{entropy, walk};
use crate::features::shop::Shop;
use crate::native::Gradient;
use crate::native::backward::Pull;
use crate::native::kernels::{Block, Kernel, Simd, math};
use crate::native::layer_backward::Gate;
use crate::native::matrix::Matrix;
use crate::native::replay::Step;

/// Buffers of the backward pass.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    decisions: Decisions,
    probabilities: Vec<f32>,
    /// Pulls on the logits \[r\].
    logits: Vec<f32>,
    /// Pulls on the hidden units, and on what decisions add to them \[r or k, hidden\].
    first: Matrix,
    second: Matrix,
    rivals: Matrix,
    means: Matrix,
    /// Pulls on what latent vectors add \[latents, hidden\].
    latents: Matrix,
    /// Pulls on the tables \[n, hidden\].
    pub(super) node: Matrix,
    pub(super) field: Matrix,
    pub(super) encoder: encoder_backward::Buffers,
    pub(super) mixed: mixed_backward::Buffers,
}

impl DispatchModel {
    /// Adds to `gradient` what `pull` asks for of the decoder's weights. The first `forced` actions of every trace were
    /// not chosen by the model. What is pulled on the embeddings adds up, for several agents, until
    /// [`Self::backward_encoder`].
    pub fn backward_decoder<P: Shop>(
        &self,
        problem: &P,
        encoded: &Encoded,
        traces: &[Vec<u32>],
        forced: usize,
        pull: &Pull<'_>,
        gradient: &mut Gradient,
    ) {
        let n = encoded.nodes();
        if n == 0 {
            return;
        }
        let mut buffers = std::mem::take(&mut gradient.shop);
        let mut decisions = std::mem::take(&mut buffers.decisions);
        buffers.node.clear(n, self.hidden);
        buffers.field.clear(n, self.hidden);
        buffers.latents.clear(encoded.latents.len(), self.hidden);
        let wanted = |trace: usize, step: usize| pull.entropy != 0.0 || pull.log_prob.of(trace, step) != 0.0;
        walk(self, problem, encoded, traces, forced, &mut decisions, wanted, |decisions, steps| {
            self.decide(encoded, decisions);
            buffers.logits.clear();
            for (decision, step) in steps.iter().enumerate() {
                let weight = pull.log_prob.of(step.trace, step.step);
                let probabilities = &mut buffers.probabilities;
                let logits = &decisions.logits[decisions.range(decision)];
                log_prob(logits, step.action, probabilities);
                buffers.logits.extend(pull_logits(probabilities, step, weight, pull.entropy));
            }
            self.pull_decisions(decisions, &mut buffers, gradient);
        });
        buffers.decisions = decisions;
        self.pull_latents(encoded, &buffers.latents, gradient);
        self.pull_tables(encoded, &mut buffers, gradient);
        gradient.shop = buffers;
    }

    /// The encoder's part.
    pub fn backward_encoder(&self, encoded: &Encoded, gradient: &mut Gradient) {
        let mut buffers = std::mem::take(&mut gradient.shop);
        if std::mem::take(&mut buffers.encoder.is_pulled) {
            self.pull_encoder(encoded, &mut buffers, gradient);
        }
        gradient.shop = buffers;
    }

    fn pull_decisions(&self, decisions: &Decisions, buffers: &mut Buffers, gradient: &mut Gradient) {
        let (level, r, k, decoder) = (self.level, decisions.rows(), decisions.len(), &self.decoder);
        let Buffers { logits, first, second, rivals, means, latents, node, field, .. } = buffers;
        first.reshape(r, self.hidden);
        second.reshape(r, self.hidden);
        let weights = &decoder.logit.data;
        let sum = gradient.tensors[decoder.logit.slot].row_mut(0);
        level.run(PullLogits { decisions, logits, weights, first, second, sum });
        level.run(Gate { pull: second, active: &decisions.second });
        gradient.learn_row(level, decoder.hidden_bias.slot, r, second);
        rivals.clear(k, self.hidden);
        let begins = &decisions.begins;
        level.run(Collect { begins, from: second, to: rivals, mean: false });
        gradient.learn(level, decoder.rivals.slot, k, &decisions.means, rivals);
        means.reshape(k, self.hidden);
        decoder.rivals.backward.apply(level, k, rivals, means, false);
        gradient.learn(level, decoder.hidden.slot, r, &decisions.first, second);
        decoder.hidden.backward.apply(level, r, second, first, true);
        level.run(Spread { begins, from: means, to: first, mean: true });
        level.run(Gate { pull: first, active: &decisions.first });
        gradient.learn_row(level, decoder.choice_bias.slot, r, first);
        gradient.learn(level, decoder.choice.slot, r, &decisions.features, first);
        level.run(Gather { from: first, of: &decisions.nodes, to: node });
        rivals.clear(k, self.hidden);
        level.run(Collect { begins, from: first, to: rivals, mean: false });
        if latents.rows() > 0 {
            level.run(Gather { from: rivals, of: &decisions.latents, to: latents });
        }
        level.run(PullField { decisions, from: rivals, to: field });
    }
}

/// Of weight times log-probability plus `entropy` times entropy, with respect to the logits.
fn pull_logits(probabilities: &[f32], step: &Step, weight: f32, entropy_pull: f32) -> Vec<f32> {
    let entropy = if entropy_pull == 0.0 { 0.0 } else { entropy(probabilities) };
    let one = |(at, &p): (usize, &f32)| {
        let chosen = if at == step.action { 1.0 } else { 0.0 };
        let spread = if p > 0.0 { p * (p.ln() + entropy) } else { 0.0 };
        weight * (chosen - p) - entropy_pull * spread
    };
    probabilities.iter().enumerate().map(one).collect()
}

/// From the logits to the hidden units of both layers, and to the weights between.
struct PullLogits<'a> {
    decisions: &'a Decisions,
    logits: &'a [f32],
    weights: &'a [Block],
    first: &'a mut Matrix,
    second: &'a mut Matrix,
    sum: &'a mut [Block],
}

impl Kernel for PullLogits<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (row, &pull) in self.logits.iter().enumerate() {
            math::add_scaled(simd, self.sum, self.decisions.first.row(row), pull);
            math::add_scaled(simd, self.sum, self.decisions.second.row(row), pull);
            for to in [self.first.row_mut(row), self.second.row_mut(row)] {
                to.copy_from_slice(self.weights);
                math::scale(simd, to, pull);
            }
        }
    }
}

/// From what decisions add to their choices to the table of next nodes.
struct PullField<'a> {
    decisions: &'a Decisions,
    from: &'a Matrix,
    to: &'a mut Matrix,
}

impl Kernel for PullField<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for decision in 0..self.decisions.len() {
            let field = self.decisions.field_of(decision);
            let share = 1.0 / field.len() as f32;
            for &node in field {
                math::add_scaled(simd, self.to.row_mut(node as usize), self.from.row(decision), share);
            }
        }
    }
}
