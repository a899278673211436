//! The encoder: embeddings of the nodes of one instance (Kwon et al., POMO, 2020, section 4; Kool et al., 2019, section
//! 3.1). Residual attention and feed-forward blocks, each followed by an instance norm.

use super::kernels::{Block, Kernel, Simd, blocks, math};
use super::matrix::{Matrix, Shape, multiply};
use super::model::{AttentionModel, Embedding, Layer, Misfit};
use super::norm::{NormForward, Normed};
use super::tables::Tables;
use crate::features::{Features, Learnable};

/// An instance as a model sees it: embeddings, the decoder's tables, and what the backward pass needs. Buffers are reused
/// from instance to instance.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub(super) features: Features,
    /// log2(n) times the distance \[n + 1, n\], with a last row of zeros for "no node"; only with a distance bias.
    pub(super) distances: Matrix,
    /// Of every layer.
    pub(super) layers: Vec<Activations>,
    /// The embeddings \[n, width\].
    pub(super) embeddings: Matrix,
    pub(super) tables: Tables,
    /// Keys of one layer, transposed and scaled \[all heads, n\].
    keys: Matrix,
}

/// What a layer leaves for its backward pass. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Activations {
    /// \[n, width\].
    pub input: Matrix,
    /// \[n, all heads\].
    pub query: Matrix,
    pub key: Matrix,
    pub value: Matrix,
    /// Attention weights of every head \[heads n, n\].
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

impl Encoded {
    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.embeddings.rows()
    }
}

impl AttentionModel {
    /// Whether the model can work on an instance.
    pub fn fits<P: Learnable>(&self, problem: &P) -> Result<(), Misfit> {
        self.features(problem).map(drop)
    }

    fn features<P: Learnable>(&self, problem: &P) -> Result<Features, Misfit> {
        let expected = self.architecture.task;
        if P::TASK != expected {
            return Err(Misfit::Task { expected, found: P::TASK });
        }
        let features = problem.features().ok_or(Misfit::NoCoordinates)?;
        if self.architecture.distance_bias && features.points.len() != problem.width() {
            return Err(Misfit::NoCoordinates);
        }
        Ok(features)
    }

    /// Encodes one instance.
    pub fn encode<P: Learnable>(&self, problem: &P, into: &mut Encoded) -> Result<(), Misfit> {
        into.features = self.features(problem)?;
        let n = problem.width();
        into.embeddings.reshape(n, self.size.width);
        if n == 0 {
            return Ok(());
        }
        if self.architecture.distance_bias {
            spread(&into.features.points, &mut into.distances);
        }
        for node in 0..n {
            let embedding = self.depot.as_ref().filter(|_| node == 0).unwrap_or(&self.embed);
            embed(embedding, into.features.of(node, n), into.embeddings.row_mut(node));
        }
        into.layers.resize_with(self.layers.len(), Activations::default);
        for (layer, kept) in self.layers.iter().zip(&mut into.layers) {
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            self.attend(layer, kept, &into.distances, &mut into.keys, &mut into.embeddings);
            self.feed_forward(layer, kept, &mut into.embeddings);
        }
        self.tabulate(into);
        Ok(())
    }

    /// From the input to the middle of a layer; `sum` is a buffer.
    fn attend(&self, layer: &Layer, kept: &mut Activations, distances: &Matrix, keys: &mut Matrix, sum: &mut Matrix) {
        let (n, size, level) = (kept.input.rows(), self.size, self.level);
        let input = &kept.input;
        for (linear, out) in
            [(&layer.query, &mut kept.query), (&layer.key, &mut kept.key), (&layer.value, &mut kept.value)]
        {
            out.reshape(n, size.all_heads);
            linear.forward.apply(level, n, input, out, false);
        }
        keys.transpose(&kept.key, size.head_scale);
        kept.attention.reshape(size.heads * n, blocks(n));
        kept.heads.reshape(n, size.all_heads);
        for head in 0..size.heads {
            let (at, depth) = (head * size.head, size.head * 16);
            let rows = head * n * kept.attention.stride();
            let shape = Shape { m: n, k: depth, n: blocks(n), add: false };
            multiply(level, shape, kept.query.left(at), (keys, at * 16 * keys.stride()), (&mut kept.attention, rows));
            let alpha = layer.distance.as_ref().map_or(0.0, |alpha| alpha.data[head / 16].0[head % 16]);
            let bias = layer.distance.is_some().then_some((distances, alpha));
            level.run(Softmax { n, rows: &mut kept.attention, from: head * n, bias });
            let shape = Shape { m: n, k: n, n: size.head, add: false };
            multiply(level, shape, kept.attention.left(rows), (&kept.value, at), (&mut kept.heads, at));
        }
        copy(input, sum);
        layer.out.forward.apply(level, n, &kept.heads, sum, true);
        let (scale, shift) = (&layer.norm1.scale.data, &layer.norm1.shift.data);
        level.run(NormForward { x: sum, scale, shift, kept: &mut kept.norm1, out: &mut kept.middle });
    }

    /// From the middle of a layer to `out`.
    fn feed_forward(&self, layer: &Layer, kept: &mut Activations, out: &mut Matrix) {
        let (n, level, middle) = (kept.middle.rows(), self.level, &kept.middle);
        kept.hidden.reshape(n, self.size.feed_forward);
        layer.ff1.forward.apply(level, n, middle, &mut kept.hidden, false);
        level.run(Activate { rows: &mut kept.hidden, bias: &layer.ff1_bias.data });
        let mut sum = std::mem::take(out);
        copy(middle, &mut sum);
        layer.ff2.forward.apply(level, n, &kept.hidden, &mut sum, true);
        let (scale, shift) = (&layer.norm2.scale.data, &layer.norm2.shift.data);
        level.run(NormForward { x: &sum, scale, shift, kept: &mut kept.norm2, out });
    }
}

/// features times weight + bias.
pub(super) fn embed(embedding: &Embedding, features: &[f32], to: &mut [Block]) {
    to.copy_from_slice(&embedding.bias.data);
    // A depot has fewer features than a customer: x and y only.
    for (row, feature) in features[..embedding.weight.rows()].iter().enumerate() {
        for (to, weight) in to.iter_mut().zip(embedding.weight.row(row)) {
            to.0.iter_mut().zip(weight.0).for_each(|(to, weight)| *to += feature * weight);
        }
    }
}

pub(super) fn copy(from: &Matrix, to: &mut Matrix) {
    to.reshape(from.rows(), from.blocks());
    to.data_mut().copy_from_slice(from.data());
}

/// Distances times log2(n), padded with zeros, and a last row of zeros.
fn spread(points: &[[f32; 2]], to: &mut Matrix) {
    let n = points.len();
    let scale = (n as f32).log2();
    to.clear(n + 1, blocks(n));
    for (i, a) in points.iter().enumerate() {
        for (j, b) in points.iter().enumerate() {
            *to.get_mut(i, j) = scale * ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
        }
    }
}

/// Row-wise softmax of n scores in n rows from row `from` on; the padding becomes 0.
struct Softmax<'a> {
    n: usize,
    rows: &'a mut Matrix,
    from: usize,
    /// Distances and alpha: alpha times distance is taken off first.
    bias: Option<(&'a Matrix, f32)>,
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for i in 0..self.n {
            let row = self.rows.row_mut(self.from + i);
            if let Some((distances, alpha)) = self.bias {
                math::add_scaled(simd, row, distances.row(i), -alpha);
            }
            math::pad(row, self.n, f32::NEG_INFINITY);
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
