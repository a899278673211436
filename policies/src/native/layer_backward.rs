//! The gradient of a layer of an encoder, in the steps of [`super::layer`] backwards. The pull on the output becomes
//! the one on the input in place.

use super::distances::Distances;
use super::gradient::Gradient;
use super::kernels::{Kernel, LANES, Level, Simd, blocks, math};
use super::layer::Activations;
use super::matrix::{Matrix, Shape, multiply};
use super::model::{Layer, Linear, Norm};
use super::norm::{NormBackward, Normed};

/// Buffers. n: nodes; sources: what they attend to.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulls {
    /// \[n, all heads\].
    pub query: Matrix,
    heads: Matrix,
    /// \[sources, all heads\].
    pub key: Matrix,
    value: Matrix,
    /// \[n, feed-forward\].
    hidden: Matrix,
    /// Of one head \[n, sources\].
    pub scores: Matrix,
    /// Values, transposed \[all heads, sources\].
    values: Matrix,
}

impl Linear {
    /// Learns, and adds to the pull on the input.
    pub fn pull(&self, level: Level, input: &Matrix, pull: &Matrix, to: &mut Matrix, gradient: &mut Gradient) {
        let n = pull.rows();
        gradient.learn(level, self.slot, n, input, pull);
        self.backward.apply(level, n, pull, to, true);
    }
}

impl Norm {
    /// Learns, and pulls back in place.
    pub fn pull(&self, level: Level, kept: &Normed, pull: &mut Matrix, gradient: &mut Gradient) {
        let scale = &self.scale.data;
        // The shift comes right after the scale in the list of tensors.
        let (before, after) = gradient.tensors.split_at_mut(self.shift.slot);
        let (scale_pull, shift_pull) = (before[self.scale.slot].row_mut(0), after[0].row_mut(0));
        level.run(NormBackward { pull, kept, scale, scale_pull, shift_pull });
    }
}

impl Layer {
    /// From the output to the middle.
    pub fn pull_feed_forward(&self, kept: &Activations, pull: &mut Matrix, pulls: &mut Pulls, gradient: &mut Gradient) {
        let (level, n, hidden) = (self.level, pull.rows(), &mut pulls.hidden);
        self.norm2.pull(level, &kept.norm2, pull, gradient);
        hidden.clear(n, self.size.feed_forward);
        self.ff2.pull(level, &kept.hidden, pull, hidden, gradient);
        level.run(Gate { pull: hidden, active: &kept.hidden });
        gradient.learn_row(level, self.ff1_bias.slot, n, hidden);
        self.ff1.pull(level, &kept.middle, hidden, pull, gradient);
    }

    /// From the middle to the heads, and past them to the input. The other buffers take their shapes.
    pub fn pull_heads(&self, kept: &Activations, pull: &mut Matrix, pulls: &mut Pulls, gradient: &mut Gradient) {
        let (size, n, sources) = (self.size, pull.rows(), kept.key.rows());
        let Pulls { query, heads, key, value, scores, values, .. } = pulls;
        self.norm1.pull(self.level, &kept.norm1, pull, gradient);
        heads.clear(n, size.all_heads);
        self.out.pull(self.level, &kept.heads, pull, heads, gradient);
        values.transpose(&kept.value, 1.0);
        query.reshape(n, size.all_heads);
        [key, value].into_iter().for_each(|matrix| matrix.reshape(sources, size.all_heads));
        scores.reshape(n, blocks(sources));
    }

    /// From a head to its values, and to its scores before the softmax, times `scale`.
    pub fn pull_attention(
        &self,
        kept: &Activations,
        head: usize,
        scale: f32,
        pulls: &mut Pulls,
        gradient: &mut Gradient,
        distances: Option<&Distances>,
    ) {
        let (level, size, Pulls { value, heads, scores, values, .. }) = (self.level, self.size, pulls);
        let (n, sources) = (heads.rows(), kept.key.rows());
        let (at, rows) = (head * size.head, head * n * kept.attention.stride());
        let shape = Shape { m: n, k: size.head * LANES, n: blocks(sources), add: false };
        multiply(level, shape, heads.left(at), (values, at * LANES * values.stride()), (scores, 0));
        let distances = distances.filter(|_| self.distance.is_some());
        let alpha = level.run(PullSoftmax { kept, head, part: at..at + size.head, heads, scores, scale, distances });
        if let Some(distance) = &self.distance {
            gradient.tensors[distance.slot].row_mut(0)[head / LANES].0[head % LANES] -= alpha;
        }
        let shape = Shape { m: sources, k: n, n: size.head, add: false };
        multiply(level, shape, kept.attention.left_transposed(rows), (heads, at), (value, at));
    }

    /// From the scores of a head, which the scale of the queries was applied to, to queries and keys.
    pub fn pull_scores(&self, kept: &Activations, head: usize, pulls: &mut Pulls) {
        let (level, size, Pulls { query, key, scores, .. }) = (self.level, self.size, pulls);
        let (n, sources, at) = (query.rows(), key.rows(), head * size.head);
        let shape = Shape { m: n, k: sources, n: size.head, add: false };
        multiply(level, shape, scores.left(0), (&kept.key, at), (query, at));
        let shape = Shape { m: sources, k: n, n: size.head, add: false };
        multiply(level, shape, scores.left_transposed(0), (&kept.query, at), (key, at));
    }

    /// From queries, keys and values to the pull on the input. `sources`: others that keys and values are of, with the
    /// pull on them.
    pub fn pull_projections(
        &self,
        input: &Matrix,
        sources: Option<(&Matrix, &mut Matrix)>,
        pull: &mut Matrix,
        pulls: &Pulls,
        gradient: &mut Gradient,
    ) {
        let level = self.level;
        self.query.pull(level, input, &pulls.query, pull, gradient);
        let (sources, pull) = sources.unwrap_or((input, pull));
        self.key.pull(level, sources, &pulls.key, pull, gradient);
        self.value.pull(level, sources, &pulls.value, pull, gradient);
    }
}

/// Zero where the ReLU was.
pub(super) struct Gate<'a> {
    pub pull: &'a mut Matrix,
    pub active: &'a Matrix,
}

impl Kernel for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let zero = simd.splat(0.0);
        for i in 0..self.pull.rows() {
            for (pull, active) in self.pull.row_mut(i).iter_mut().zip(self.active.row(i)) {
                let gated = simd.if_above(simd.load(active), zero, simd.load(pull), zero);
                simd.store(pull, gated);
            }
        }
    }
}

/// Through the softmax of one head: from the pull on its weights to that on its scores, times the scale of the queries.
/// Gives the sum of score pulls times distances, before the scale.
struct PullSoftmax<'a> {
    kept: &'a Activations,
    head: usize,
    /// Blocks of the head.
    part: std::ops::Range<usize>,
    heads: &'a Matrix,
    scores: &'a mut Matrix,
    scale: f32,
    distances: Option<&'a Distances>,
}

impl Kernel for PullSoftmax<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let n = self.scores.rows();
        let (scale, mut alpha) = (simd.splat(self.scale), 0.0);
        for i in 0..n {
            let result = &self.kept.heads.row(i)[self.part.clone()];
            let mean = simd.splat(math::dot(simd, result, &self.heads.row(i)[self.part.clone()]));
            let row = self.scores.row_mut(i);
            for (pull, weight) in row.iter_mut().zip(self.kept.attention.row(self.head * n + i)) {
                let score = simd.mul(simd.load(weight), simd.sub(simd.load(pull), mean));
                simd.store(pull, score);
            }
            if let Some(distances) = self.distances {
                alpha += math::dot(simd, row, distances.row(i));
            }
            for pull in row {
                let scaled = simd.mul(simd.load(pull), scale);
                simd.store(pull, scaled);
            }
        }
        alpha
    }
}
