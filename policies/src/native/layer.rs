//! A layer of an encoder: residual attention and feed-forward blocks, each followed by an instance norm (Kwon et al.,
//! POMO, 2020, section 4; Kool et al., 2019, section 3.1).

use std::ops::Range;

use super::distances::Distances;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, math};
use super::matrix::{Matrix, Shape, multiply};
use super::model::Layer;
use super::norm::{NormForward, Normed};

/// What a layer leaves for its backward pass. n: nodes; sources: what they attend to, themselves
/// unless it is said otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Activations {
    /// \[n, width\].
    pub input: Matrix,
    /// \[n, all heads\].
    pub query: Matrix,
    /// \[sources, all heads\].
    pub key: Matrix,
    pub value: Matrix,
    /// Attention weights of every head \[heads n, sources\].
    pub attention: Matrix,
    /// \[n, all heads\].
    pub heads: Matrix,
    pub norm1: Normed,
    /// \[n, width\].
    pub middle: Matrix,
    /// After ReLU \[n, feed-forward\].
    pub hidden: Matrix,
    pub norm2: Normed,
}

impl Layer {
    /// Queries of the nodes, and keys and values of `sources`: of other nodes, or none, of themselves. `keys` becomes
    /// the keys, transposed and scaled \[all heads, sources\].
    pub fn project(&self, kept: &mut Activations, sources: Option<&Matrix>, keys: &mut Matrix) {
        let Activations { input, query, key, value, heads, .. } = kept;
        let sources = sources.unwrap_or(input);
        let all = [(&self.query, &*input, query), (&self.key, sources, &mut *key), (&self.value, sources, value)];
        for (linear, from, out) in all {
            out.reshape(from.rows(), self.size.all_heads);
            linear.forward.apply(self.level, from.rows(), from, out, false);
        }
        keys.transpose(key, self.size.head_scale);
        heads.reshape(input.rows(), self.size.all_heads);
    }

    /// Attention of one head for the nodes `nodes`; its weights go to the rows from `row` on.
    pub fn attend(
        &self,
        kept: &mut Activations,
        part: (usize, usize, Range<usize>),
        keys: &Matrix,
        distances: Option<&Distances>,
    ) {
        self.score(kept, &part, keys);
        let (head, from, nodes) = part.clone();
        let alpha = self.distance.as_ref().map(|alpha| alpha.data[head / LANES].0[head % LANES]);
        let (n, bias) = (kept.key.rows(), distances.zip(alpha));
        self.level.run(Softmax { n, rows: &mut kept.attention, from, nodes, bias });
        self.collect(kept, &part);
    }

    /// Products of queries and keys, where the weights of [`Self::attend`] will be.
    pub fn score(&self, kept: &mut Activations, (head, row, nodes): &(usize, usize, Range<usize>), keys: &Matrix) {
        let (at, depth, m, n) = (head * self.size.head, self.size.head * LANES, nodes.len(), kept.key.rows());
        let (rows, query) = (row * kept.attention.stride(), nodes.start * kept.query.stride() + at);
        let shape = Shape { m, k: depth, n: blocks(n), add: false };
        let keys = (keys, at * LANES * keys.stride());
        multiply(self.level, shape, kept.query.left(query), keys, (&mut kept.attention, rows));
    }

    /// Values by their weights.
    pub fn collect(&self, kept: &mut Activations, (head, row, nodes): &(usize, usize, Range<usize>)) {
        let (at, rows) = (head * self.size.head, row * kept.attention.stride());
        let heads = nodes.start * kept.heads.stride() + at;
        let shape = Shape { m: nodes.len(), k: kept.key.rows(), n: self.size.head, add: false };
        multiply(self.level, shape, kept.attention.left(rows), (&kept.value, at), (&mut kept.heads, heads));
    }

    /// From the heads to the middle of a layer; `sum` is a buffer.
    pub fn mix(&self, kept: &mut Activations, sum: &mut Matrix) {
        copy(&kept.input, sum);
        self.out.forward.apply(self.level, kept.input.rows(), &kept.heads, sum, true);
        let (scale, shift) = (&self.norm1.scale.data, &self.norm1.shift.data);
        self.level.run(NormForward { x: sum, scale, shift, kept: &mut kept.norm1, out: &mut kept.middle });
    }

    /// From the middle of a layer to `out`.
    pub fn feed_forward(&self, kept: &mut Activations, out: &mut Matrix) {
        let (n, level, middle) = (kept.middle.rows(), self.level, &kept.middle);
        kept.hidden.reshape(n, self.size.feed_forward);
        self.ff1.forward.apply(level, n, middle, &mut kept.hidden, false);
        level.run(Activate { rows: &mut kept.hidden, bias: &self.ff1_bias.data });
        let mut sum = std::mem::take(out);
        copy(middle, &mut sum);
        self.ff2.forward.apply(level, n, &kept.hidden, &mut sum, true);
        let (scale, shift) = (&self.norm2.scale.data, &self.norm2.shift.data);
        level.run(NormForward { x: &sum, scale, shift, kept: &mut kept.norm2, out });
    }
}

pub(super) fn copy(from: &Matrix, to: &mut Matrix) {
    to.reshape(from.rows(), from.blocks());
    to.data_mut().copy_from_slice(from.data());
}

/// Row-wise softmax of n scores in the rows of some nodes, from row `from` on; the padding becomes 0.
pub(super) struct Softmax<'a> {
    pub n: usize,
    pub rows: &'a mut Matrix,
    pub from: usize,
    pub nodes: Range<usize>,
    /// Distances and alpha: alpha times distance is taken off first.
    pub bias: Option<(&'a Distances, f32)>,
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (i, node) in self.nodes.enumerate() {
            let row = self.rows.row_mut(self.from + i);
            if let Some((distances, alpha)) = self.bias {
                distances.add(simd, row, Some(node), -alpha);
            }
            math::pad(simd, row, self.n, f32::NEG_INFINITY);
            let high = math::highest(simd, row);
            let sum = math::exponentials(simd, row, high);
            math::scale(simd, row, 1.0 / sum);
        }
    }
}

/// max(0, row + bias).
pub(super) struct Activate<'a> {
    pub rows: &'a mut Matrix,
    pub bias: &'a [Block],
}

impl Kernel for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for i in 0..self.rows.rows() {
            for (block, bias) in self.rows.row_mut(i).iter_mut().zip(self.bias) {
                let sum = simd.add(simd.load(block), simd.load(bias));
                simd.store(block, simd.max(sum, simd.splat(0.0)));
            }
        }
    }
}
