//! The gradient of the decoder. Decisions are scored again, a few at a time; their pulls gather in the tables, and turn
//! into gradients of weights and embeddings once per instance.

use super::decoder::{Decisions, NEVER, Normalise, ROWS, row_of};
use super::distances::Distances;
use super::encoder::Encoded;
use super::gradient::Gradient;
use super::kernels::math::ColumnSums;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, math};
use super::latent::Shift;
use super::matrix::{Matrix, Shape, multiply};
use super::model::AttentionModel;
use super::replay::{Step, walk};
use super::value::Glimpse;
use crate::features::Learnable;

/// Derivatives of the loss with respect to what the model says about traces: what an algorithm hands over.
#[derive(Clone, Copy, Debug)]
pub struct Pull<'a> {
    /// With respect to log-probabilities.
    pub log_prob: StepWeights<'a>,
    /// With respect to values \[trace\]\[step\], as in [`super::Replay`]; none: values do not matter.
    pub value: Option<&'a [Vec<f32>]>,
    /// With respect to the entropy of every step.
    pub entropy: f32,
}

/// Derivatives with respect to log-probabilities.
#[derive(Clone, Copy, Debug)]
pub enum StepWeights<'a> {
    /// The same for all steps of a trace \[trace\].
    Trajectory(&'a [f32]),
    /// \[trace\]\[step\], as in [`super::Replay`].
    Step(&'a [Vec<f32>]),
}

impl StepWeights<'_> {
    /// Of one step.
    pub(crate) fn of(&self, trace: usize, step: usize) -> f32 {
        match self {
            StepWeights::Trajectory(weights) => weights[trace],
            StepWeights::Step(weights) => weights[trace][step],
        }
    }
}

/// Buffers of the backward pass. r: decisions, n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    decisions: Decisions,
    glimpse: Glimpse,
    /// Of the decisions at hand \[r\].
    weights: Vec<f32>,
    values: Vec<f32>,
    /// tanh - 1 of the scores of a decision \[1, n\].
    tanh: Matrix,
    /// Pulls on attention's result \[r, all heads\] and weights \[r, heads n\].
    heads: Matrix,
    attention: Matrix,
    /// The decoder's values, transposed \[all heads, n\].
    decoder_values: Matrix,
    /// Pulls on the tables, shaped as the tables.
    pub(super) tables: TablePull,
    pub(super) encoder: super::encoder_backward::Buffers,
}

/// Pulls on the tables, shaped as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct TablePull {
    pub first: Matrix,
    pub last: Matrix,
    pub scalar: Matrix,
    pub value: Matrix,
    pub pointer: Matrix,
    pub bias: Matrix,
    /// On the scores and values of latent vectors.
    pub latent: Matrix,
    pub latent_values: Matrix,
    /// On the embedding of the last node, by a feature layer \[n + 1, width\].
    pub residual: Matrix,
    /// On the decoder's distance bias.
    pub alpha: f32,
}

impl AttentionModel {
    /// Adds to `gradient` what `pull` asks for of the decoder's weights. The first `forced` actions of every trace were
    /// not chosen by the model. What is pulled on the embeddings adds up, for several agents, until
    /// [`Self::backward_encoder`].
    pub fn backward_decoder<P: Learnable>(
        &self,
        problem: &P,
        encoded: &Encoded,
        traces: &[Vec<u32>],
        forced: usize,
        pull: &Pull<'_>,
        gradient: &mut Gradient,
    ) {
        debug_assert!(!encoded.is_light, "an encoding for decoding alone has no activations");
        if encoded.nodes() == 0 {
            return;
        }
        let mut scratch = std::mem::take(&mut gradient.scratch);
        let mut decisions = std::mem::take(&mut scratch.decisions);
        self.clear_pulls(encoded, &mut scratch.tables);
        scratch.decoder_values.transpose(&encoded.tables.value, 1.0);
        let always = pull.entropy != 0.0 || pull.value.is_some();
        let wanted = |trace: usize, step: usize| always || pull.log_prob.of(trace, step) != 0.0;
        walk(problem, encoded, traces, forced, &mut decisions, wanted, pull.value.is_some(), |decisions, steps| {
            scratch.weights.clear();
            scratch.weights.extend(steps.iter().map(|at| pull.log_prob.of(at.trace, at.step)));
            scratch.values.clear();
            let values = pull.value.into_iter().flat_map(|values| steps.iter().map(|at| values[at.trace][at.step]));
            scratch.values.extend(values);
            self.pull_decisions(encoded, decisions, steps, pull.entropy, &mut scratch, gradient);
        });
        scratch.decisions = decisions;
        self.pull_tables(encoded, &mut scratch, gradient);
        gradient.scratch = scratch;
    }

    /// The encoder's part.
    pub fn backward_encoder(&self, encoded: &Encoded, gradient: &mut Gradient) {
        let mut scratch = std::mem::take(&mut gradient.scratch);
        if std::mem::take(&mut scratch.encoder.is_pulled) {
            self.pull_encoder(encoded, &mut scratch, gradient);
        }
        gradient.scratch = scratch;
    }

    fn clear_pulls(&self, encoded: &Encoded, pulls: &mut TablePull) {
        let (n, tables) = (encoded.nodes(), &encoded.tables);
        pulls.first.clear(tables.first.scores.rows(), tables.first.scores.blocks());
        pulls.last.clear(tables.last.scores.rows(), tables.last.scores.blocks());
        pulls.scalar.clear(1, tables.last.scores.blocks());
        pulls.value.clear(n, self.size.all_heads);
        pulls.pointer.clear(n, tables.pointer.blocks());
        let residual = if self.decoder.feature.is_some() { n + 1 } else { 0 };
        pulls.residual.clear(residual, self.size.width);
        pulls.bias.clear(1, blocks(n));
        let latents = tables.latent.len();
        pulls.latent.clear(latents, self.size.heads * blocks(n));
        pulls.latent_values.clear(latents, self.size.all_heads);
        pulls.alpha = 0.0;
    }

    /// Scores decisions again, whose log-probabilities have these weights. `decisions.scores` becomes the pull on the
    /// scores; those on the pointer's keys and biases gather. `tanh` is a buffer.
    pub(super) fn pull_scores(
        &self,
        encoded: &Encoded,
        decisions: &mut Decisions,
        (steps, weights, entropy): (&[Step], &[f32], f32),
        tanh: &mut Matrix,
        pulls: &mut TablePull,
    ) {
        self.decide(encoded, decisions);
        tanh.reshape(1, blocks(encoded.nodes()));
        self.level.run(PullLogits { decisions, steps, weights, entropy, clip: self.architecture.clip, tanh });
        let stride = decisions.scores.stride();
        let rows = &decisions.scores.data()[..decisions.len() * stride];
        self.level.run(ColumnSums { rows, stride, sum: pulls.bias.row_mut(0) });
        let shape = Shape { m: encoded.nodes(), k: steps.len(), n: encoded.tables.pointer.blocks(), add: true };
        let point = if self.decoder.feature.is_some() { &decisions.feature.out } else { &decisions.heads };
        multiply(self.level, shape, decisions.scores.left_transposed(0), (point, 0), (&mut pulls.pointer, 0));
    }

    /// Scores decisions again and pulls on the tables.
    fn pull_decisions(
        &self,
        encoded: &Encoded,
        decisions: &mut Decisions,
        steps: &[Step],
        entropy: f32,
        scratch: &mut Scratch,
        gradient: &mut Gradient,
    ) {
        let (level, size, tables) = (self.level, self.size, &encoded.tables);
        let (r, n, wide) = (steps.len(), encoded.nodes(), blocks(encoded.nodes()));
        scratch.heads.reshape(ROWS, size.all_heads);
        scratch.attention.reshape(ROWS, size.heads * wide);
        let Scratch { weights, tanh, heads, attention, tables: pulls, glimpse, .. } = scratch;
        self.pull_scores(encoded, decisions, (steps, weights, entropy), tanh, pulls);
        if self.decoder.distance.is_some() {
            pulls.alpha -= level.run(Alpha { decisions, distances: &encoded.distances });
        }
        if let Some(local) = &self.decoder.local {
            self.pull_local(local, decisions, gradient);
        }
        let feature = self.decoder.feature.as_ref();
        let depth = tables.pointer.blocks();
        let shape = Shape { m: r, k: n, n: depth, add: false };
        let point = if feature.is_some() { &mut decisions.feature.pull } else { &mut *heads };
        point.reshape(ROWS, depth);
        multiply(level, shape, decisions.scores.left(0), (&tables.pointer, 0), (point, 0));
        if let Some(feature) = feature {
            self.pull_feature(feature, decisions, heads, &mut pulls.residual, gradient);
        }
        if let (Some(value), false) = (&self.value, scratch.values.is_empty()) {
            self.evaluate(value, decisions, glimpse);
            self.pull_values(value, decisions, &scratch.values, glimpse, heads, gradient);
        }
        if tables.latent.len() > 0 {
            for (row, &latent) in decisions.latents.iter().enumerate() {
                level.run(Add { to: pulls.latent_values.row_mut(latent), from: heads.row(row) });
            }
            // What follows is about attention's own result.
            let Decisions { heads, latents, .. } = decisions;
            level.run(Shift { heads, latents, values: &tables.latent.values, sign: -1.0 });
        }
        level.run(Normalise { rows: r, heads, inverse: &decisions.inverse, head: size.head });
        for head in 0..size.heads {
            let (at, wide_at) = (head * size.head, head * wide);
            let shape = Shape { m: n, k: r, n: size.head, add: true };
            let left = decisions.attention.left_transposed(wide_at);
            multiply(level, shape, left, (heads, at), (&mut pulls.value, at));
            let shape = Shape { m: r, k: size.head * LANES, n: wide, add: false };
            let values = (&scratch.decoder_values, at * LANES * scratch.decoder_values.stride());
            multiply(level, shape, heads.left(at), values, (attention, wide_at));
        }
        let has_first = self.decoder.first.is_some();
        let has_scalar = self.decoder.scalar.is_some();
        level.run(PullScores { decisions, n, head: size.head, heads, attention, pulls, has_first, has_scalar });
    }
}

/// Replaces scores by the derivatives with respect to them.
struct PullLogits<'a> {
    decisions: &'a mut Decisions,
    steps: &'a [Step],
    weights: &'a [f32],
    entropy: f32,
    clip: f32,
    tanh: &'a mut Matrix,
}

impl Kernel for PullLogits<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let clip = simd.splat(self.clip);
        for (r, (step, &weight)) in self.steps.iter().zip(self.weights).enumerate() {
            let (row, mask) = (self.decisions.scores.row_mut(r), self.decisions.masks.row(r));
            let tanh = self.tanh.row_mut(0);
            let mut high = simd.splat(NEVER);
            for ((score, mask), tanh) in row.iter_mut().zip(mask).zip(&mut *tanh) {
                let below = math::tanh_below_one(simd, simd.load(score));
                simd.store(tanh, below);
                let logit = simd.if_above(simd.load(mask), simd.splat(0.0), simd.mul(clip, below), simd.splat(NEVER));
                simd.store(score, logit);
                high = simd.max(high, logit);
            }
            let high = simd.highest(high);
            // The entropy is ln sum - mean of u over p; its derivative with respect to a logit is -p (u - mean).
            let (sum, mean) = super::replay::moments(simd, row, high);
            let (high, share, mean) = (simd.splat(high), simd.splat(1.0 / sum), simd.splat(mean));
            let (minus_weight, minus_entropy) = (simd.splat(-weight), simd.splat(-self.entropy));
            for (score, tanh) in row.iter_mut().zip(&*tanh) {
                let tanh = simd.load(tanh);
                let below = simd.sub(simd.mul(clip, tanh), high);
                let probability = simd.mul(simd.load(score), share);
                let pull = simd.mul_add(minus_entropy, simd.sub(below, mean), minus_weight);
                // 1 - tanh^2, from tanh - 1 without cancellation.
                let slope = simd.mul(simd.sub(simd.splat(0.0), tanh), simd.add(tanh, simd.splat(2.0)));
                simd.store(score, simd.mul(simd.mul(pull, probability), simd.mul(slope, clip)));
            }
            let (block, lane) = (step.action / LANES, step.action % LANES);
            let tanh = tanh[block].0[lane];
            row[block].0[lane] += weight * self.clip * -tanh * (tanh + 2.0);
        }
    }
}

/// Adds a row to another.
struct Add<'a> {
    to: &'a mut [Block],
    from: &'a [Block],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        math::add_scaled(simd, self.to, self.from, 1.0);
    }
}

/// The sum of score pulls times distances.
struct Alpha<'a> {
    decisions: &'a Decisions,
    distances: &'a Distances,
}

impl Kernel for Alpha<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let n = self.distances.nodes();
        let mut sum = 0.0;
        for (r, context) in self.decisions.contexts.iter().enumerate() {
            sum += math::dot(simd, self.decisions.scores.row(r), self.distances.row(row_of(context.last, n)));
        }
        sum
    }
}

/// From attention weights to the tables' scores, through the softmax.
struct PullScores<'a> {
    decisions: &'a Decisions,
    n: usize,
    head: usize,
    heads: &'a Matrix,
    attention: &'a Matrix,
    pulls: &'a mut TablePull,
    has_first: bool,
    has_scalar: bool,
}

impl Kernel for PullScores<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { decisions, n, head, heads, attention, pulls, .. } = self;
        let wide = blocks(n);
        for (r, context) in decisions.contexts.iter().enumerate() {
            let last = pulls.last.row_mut(row_of(context.last, n));
            let results = decisions.heads.row(r).chunks_exact(head).zip(heads.row(r).chunks_exact(head));
            let weights = decisions.attention.row(r).chunks_exact(wide).zip(attention.row(r).chunks_exact(wide));
            for (index, ((result, pull), (weights, pulled))) in results.zip(weights).enumerate() {
                let range = index * wide..(index + 1) * wide;
                let mean = simd.splat(math::dot(simd, result, pull));
                if pulls.latent.rows() > 0 {
                    let latent = &mut pulls.latent.row_mut(decisions.latents[r])[range.clone()];
                    for ((weight, pulled), latent) in weights.iter().zip(pulled).zip(latent) {
                        let score = simd.mul(simd.load(weight), simd.sub(simd.load(pulled), mean));
                        let sum = simd.add(simd.load(latent), score);
                        simd.store(latent, sum);
                    }
                }
                let last = &mut last[range.clone()];
                if self.has_first {
                    let first = &mut pulls.first.row_mut(row_of(context.first, n))[range];
                    for (((weight, pulled), last), first) in weights.iter().zip(pulled).zip(last).zip(first) {
                        let score = simd.mul(simd.load(weight), simd.sub(simd.load(pulled), mean));
                        let sum = simd.add(simd.load(last), score);
                        simd.store(last, sum);
                        let sum = simd.add(simd.load(first), score);
                        simd.store(first, sum);
                    }
                } else {
                    let left = simd.splat(if self.has_scalar { context.left } else { 0.0 });
                    let scalar = &mut pulls.scalar.row_mut(0)[range];
                    for (((weight, pulled), last), scalar) in weights.iter().zip(pulled).zip(last).zip(scalar) {
                        let score = simd.mul(simd.load(weight), simd.sub(simd.load(pulled), mean));
                        let sum = simd.add(simd.load(last), score);
                        simd.store(last, sum);
                        let sum = simd.mul_add(score, left, simd.load(scalar));
                        simd.store(scalar, sum);
                    }
                }
            }
        }
    }
}
