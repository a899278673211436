//! The decoder: logits of the next action for many partial solutions of one instance at once (Kool et al., 2019,
//! section 3.2; Kwon et al., POMO, 2020). One masked attention over the allowed nodes, then a pointer.

use super::distances::Distances;
use super::encoder::Encoded;
use super::feature_layer::FeaturePass;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, math};
use super::latent::Shift;
use super::local::LocalPass;
use super::matrix::{Matrix, Shape, multiply};
use super::model::AttentionModel;
use super::tables::Tables;
use crate::features::Context;

/// Decisions that are scored together: their attention weights should stay in the cache.
pub(super) const ROWS: usize = 32;

/// Scores of forbidden actions, so far below all others that their exponentials are 0.
pub(super) const NEVER: f32 = -1e30;

/// Products of tabulated exponentials that sum to less than this have lost digits; the exponentials of the sums are
/// computed then.
pub(super) const FAINT: f32 = 1e-25;

/// Decisions to score, and what scoring them leaves. r: decisions, n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Decisions {
    pub contexts: Vec<Context>,
    /// Number of the latent vector that each one follows, where there are any.
    pub latents: Vec<usize>,
    /// 1 where an action is allowed, else 0 \[r, n\].
    pub masks: Matrix,
    /// Attention weights before division by their sum \[r, heads n\].
    pub attention: Matrix,
    /// 1 / sum \[r heads\].
    pub inverse: Vec<f32>,
    /// Attention's result \[r, all heads\].
    pub heads: Matrix,
    /// Sums of projections, where there are no tables \[r, all heads\].
    pub query: Matrix,
    /// Of a feature layer, and of a local policy.
    pub feature: FeaturePass,
    pub local: LocalPass,
    /// Pointer scores: the logits are clip tanh(score) \[r, n\].
    pub scores: Matrix,
}

impl Decisions {
    /// Forgets all decisions.
    pub fn clear(&mut self, n: usize) {
        self.contexts.clear();
        self.latents.clear();
        self.masks.reshape(ROWS, blocks(n));
    }

    /// Number of decisions.
    pub fn len(&self) -> usize {
        self.contexts.len()
    }

    /// Whether there is room for another one.
    pub fn is_full(&self) -> bool {
        self.len() == ROWS
    }

    /// Adds a decision.
    pub fn push(&mut self, context: Context, latent: usize, allowed: &[bool]) {
        let row = self.masks.row_mut(self.contexts.len());
        let (whole, rest) = allowed.as_chunks::<LANES>();
        for (block, allowed) in row.iter_mut().zip(whole) {
            block.0 = allowed.map(|allowed| f32::from(u8::from(allowed)));
        }
        if !rest.is_empty() {
            let mut last = Block::default();
            last.0.iter_mut().zip(rest).for_each(|(to, &allowed)| *to = f32::from(u8::from(allowed)));
            row[whole.len()] = last;
        }
        self.contexts.push(context);
        self.latents.push(latent);
    }
}

impl AttentionModel {
    /// Computes `attention`, `inverse`, `heads` and `scores` of all decisions.
    pub(super) fn decide(&self, encoded: &Encoded, decisions: &mut Decisions) {
        let (level, size, tables) = (self.level, self.size, &encoded.tables);
        let (r, n) = (decisions.len(), encoded.nodes());
        let wide = blocks(n);
        decisions.attention.reshape(ROWS, size.heads * wide);
        decisions.inverse.resize(ROWS * size.heads, 0.0);
        decisions.heads.reshape(ROWS, size.all_heads);
        decisions.scores.reshape(ROWS, wide);
        if tables.is_direct {
            self.score_directly(tables, decisions);
        } else {
            level.run(Attend { tables, heads: size.heads, n, decisions });
        }
        for head in 0..size.heads {
            let shape = Shape { m: r, k: n, n: size.head, add: false };
            let (at, left) = (head * size.head, decisions.attention.left(head * wide));
            multiply(level, shape, left, (&tables.value, at), (&mut decisions.heads, at));
        }
        let Decisions { heads, inverse, latents, .. } = decisions;
        level.run(Normalise { rows: r, heads, inverse, head: size.head });
        level.run(Shift { heads, latents, values: &tables.latent.values, sign: 1.0 });
        let depth = if self.decoder.feature.is_some() { size.width } else { size.all_heads };
        let shape = Shape { m: r, k: depth * LANES, n: wide, add: false };
        if let Some(feature) = &self.decoder.feature {
            self.refine(feature, encoded, decisions);
        }
        let point = if self.decoder.feature.is_some() { &decisions.feature.out } else { &decisions.heads };
        multiply(level, shape, point.left(0), (&tables.pointers, 0), (&mut decisions.scores, 0));
        let alpha = self.decoder.distance.as_ref().map(|alpha| alpha.data[0].0[0]);
        let distances = alpha.map(|alpha| (&encoded.distances, alpha));
        level.run(Bias {
            contexts: &decisions.contexts,
            scores: &mut decisions.scores,
            bias: tables.bias.row(0),
            distances,
        });
        if let Some(local) = &self.decoder.local {
            self.look(local, encoded, decisions);
        }
    }
}

/// The row of a table for a node, or for none.
#[inline(always)]
pub(super) fn row_of(node: Option<u32>, n: usize) -> usize {
    node.map_or(n, |node| node as usize)
}

/// Attention weights before division by their sum.
struct Attend<'a> {
    tables: &'a Tables,
    heads: usize,
    n: usize,
    decisions: &'a mut Decisions,
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { tables, heads, n, decisions } = self;
        let products = tables.scalar.scores.rows() == 0;
        for (r, context) in decisions.contexts.iter().enumerate() {
            let mask = decisions.masks.row(r);
            let out = decisions.attention.row_mut(r);
            let inverse = &mut decisions.inverse[r * heads..][..heads];
            let at = At { tables, context, latent: decisions.latents[r], n };
            let least = if products {
                products_of(simd, at, mask, out, inverse)
            } else {
                exponentials_of(simd, at, mask, out, inverse)
            };
            if least < FAINT {
                exactly(simd, at, mask, out, inverse);
                inverse.iter_mut().for_each(|sum| *sum = 1.0 / *sum);
            }
        }
    }
}

/// Where a decision stands in the tables.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub tables: &'a Tables,
    pub context: &'a Context,
    pub latent: usize,
    pub n: usize,
}

/// Weights of a task whose scores are sums of table entries: products of their exponentials. Fills 1 / sum of all heads
/// and gives the smallest sum.
#[inline(always)]
fn products_of<S: Simd>(simd: S, at: At<'_>, mask: &[Block], out: &mut [Block], inverse: &mut [f32]) -> f32 {
    let At { tables, context, latent, n } = at;
    let wide = mask.len();
    let latent = tables.latent.weights_of(latent);
    let first = tables.first.weights.row(row_of(context.first, n));
    let last = tables.last.weights.row(row_of(context.last, n));
    let mut least = f32::INFINITY;
    let parts = first.chunks_exact(wide).zip(last.chunks_exact(wide)).zip(out.chunks_exact_mut(wide));
    for (head, (((first, last), out), inverse)) in parts.zip(inverse).enumerate() {
        let mut sum = simd.splat(0.0);
        let entries = first.iter().zip(last).zip(mask).zip(out);
        if let Some(latent) = latent {
            let latent = &latent[head * wide..][..wide];
            for ((((first, last), mask), out), latent) in entries.zip(latent) {
                let weight = simd.mul(simd.mul(simd.load(first), simd.load(last)), simd.load(mask));
                let weight = simd.mul(weight, simd.load(latent));
                simd.store(out, weight);
                sum = simd.add(sum, weight);
            }
        } else {
            for (((first, last), mask), out) in entries {
                let weight = simd.mul(simd.mul(simd.load(first), simd.load(last)), simd.load(mask));
                simd.store(out, weight);
                sum = simd.add(sum, weight);
            }
        }
        // At once: a vector of numbers that were stored one by one would wait for them.
        let sum = simd.sum(sum);
        *inverse = 1.0 / sum;
        least = least.min(sum);
    }
    least
}

/// The same of a task with a scalar: exponentials of scores below an upper bound.
#[inline(always)]
fn exponentials_of<S: Simd>(simd: S, at: At<'_>, mask: &[Block], out: &mut [Block], inverse: &mut [f32]) -> f32 {
    let At { tables, context, latent, n } = at;
    let (wide, heads, row) = (mask.len(), inverse.len(), row_of(context.last, n));
    let left = simd.splat(context.left);
    let (last, scalar) = (tables.last.scores.row(row), tables.scalar.scores.row(0));
    let mut least = f32::INFINITY;
    let parts = last.chunks_exact(wide).zip(scalar.chunks_exact(wide)).zip(out.chunks_exact_mut(wide));
    for (head, (((last, scalar), out), inverse)) in parts.zip(inverse).enumerate() {
        // Padded lanes hold zeros, so the highest scalar score is not negative, and neither is the capacity left.
        let bound = tables.last.high[row * heads + head] + context.left * tables.scalar.high[head];
        let mut sum = simd.splat(0.0);
        let entries = last.iter().zip(scalar).zip(mask).zip(out);
        if let Some((scores, high)) = tables.latent.scores_of(latent) {
            let bound = simd.splat(bound + high[head]);
            for ((((last, scalar), mask), out), latent) in entries.zip(&scores[head * wide..][..wide]) {
                let score = simd.mul_add(left, simd.load(scalar), simd.add(simd.load(last), simd.load(latent)));
                let weight = simd.mul(math::exp(simd, simd.sub(score, bound)), simd.load(mask));
                simd.store(out, weight);
                sum = simd.add(sum, weight);
            }
        } else {
            let bound = simd.splat(bound);
            for (((last, scalar), mask), out) in entries {
                let score = simd.mul_add(left, simd.load(scalar), simd.load(last));
                let weight = simd.mul(math::exp(simd, simd.sub(score, bound)), simd.load(mask));
                simd.store(out, weight);
                sum = simd.add(sum, weight);
            }
        }
        let sum = simd.sum(sum);
        *inverse = 1.0 / sum;
        least = least.min(sum);
    }
    least
}

/// Weights from the scores themselves, relative to the highest allowed one, with their sums: nothing is lost.
#[cold]
pub(super) fn exactly<S: Simd>(simd: S, at: At<'_>, mask: &[Block], out: &mut [Block], sums: &mut [f32]) {
    let At { tables, context, latent, n } = at;
    let wide = mask.len();
    let part = |part: &Tables, head: usize, block: usize, lane: usize| {
        let entry = |row: &[Block]| row.get(head * wide + block).map_or(0.0, |block| block.0[lane]);
        let first =
            if part.first.scores.rows() > 0 { entry(part.first.scores.row(row_of(context.first, n))) } else { 0.0 };
        let scalar = if part.scalar.scores.rows() > 0 { entry(part.scalar.scores.row(0)) } else { 0.0 };
        let latent = part.latent.scores_of(latent).map_or(0.0, |(scores, _)| entry(scores));
        first + entry(part.last.scores.row(row_of(context.last, n))) + context.left * scalar + latent
    };
    for (head, total) in sums.iter_mut().enumerate() {
        let out = &mut out[head * wide..][..wide];
        for (block, (out, mask)) in out.iter_mut().zip(mask).enumerate() {
            out.0 =
                std::array::from_fn(|lane| if mask.0[lane] > 0.0 { part(tables, head, block, lane) } else { NEVER });
        }
        let high = math::highest(simd, out);
        *total = math::exponentials(simd, out, high);
    }
}

/// Divides the results of every head by the sum of its weights, which the weights themselves do not contain.
pub(super) struct Normalise<'a> {
    pub rows: usize,
    pub heads: &'a mut Matrix,
    pub inverse: &'a [f32],
    pub head: usize,
}

impl Kernel for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let count = self.heads.blocks() / self.head;
        for r in 0..self.rows {
            for (part, &inverse) in self.heads.row_mut(r).chunks_exact_mut(self.head).zip(&self.inverse[r * count..]) {
                math::scale(simd, part, inverse);
            }
        }
    }
}

/// Adds what the pointer's scores owe to biases.
struct Bias<'a> {
    contexts: &'a [Context],
    scores: &'a mut Matrix,
    bias: &'a [Block],
    /// Distances and alpha.
    distances: Option<(&'a Distances, f32)>,
}

impl Kernel for Bias<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (r, context) in self.contexts.iter().enumerate() {
            let row = self.scores.row_mut(r);
            for (score, bias) in row.iter_mut().zip(self.bias) {
                let sum = simd.add(simd.load(score), simd.load(bias));
                simd.store(score, sum);
            }
            if let Some((distances, alpha)) = self.distances {
                distances.add(simd, row, context.last.map(|node| node as usize), -alpha);
            }
        }
    }
}
