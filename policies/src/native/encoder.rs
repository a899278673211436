//! The encoder: embeddings of the nodes of one instance (Kwon et al., POMO, 2020, section 4; Kool et al., 2019, section
//! 3.1). Residual attention and feed-forward blocks, each followed by an instance norm.

use std::ops::Range;

use super::distances::Distances;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, math};
use super::matrix::{Matrix, Shape, multiply};
use super::model::{AttentionModel, Embedding, Layer, Misfit};
use super::norm::{NormForward, Normed};
use super::tables::Tables;
use crate::architecture::Architecture;
use crate::features::local::Neighbourhood;
use crate::features::{Features, Learnable};

/// Most nodes of instances whose decoder gets tables of all pairs of nodes: with 8 heads four tables of 13 MB. Above, rows
/// are computed when they are needed, which takes 1.5 times the operations and no more memory traffic than the tables.
const TABLED: usize = 640;

/// Rows of attention that are computed together where none are kept.
const ROWS: usize = 64;

/// An instance as a model sees it: embeddings, the decoder's tables, and what the backward pass needs. Buffers are reused
/// from instance to instance.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub(super) features: Features,
    /// Only with a distance bias.
    pub(super) distances: Distances,
    /// Only with a local policy.
    pub(super) neighbourhood: Neighbourhood,
    /// Of every layer.
    pub(super) layers: Vec<Activations>,
    /// The embeddings \[n, width\].
    pub(super) embeddings: Matrix,
    pub(super) tables: Tables,
    /// Whether it serves decoding alone.
    pub(super) is_light: bool,
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

impl Architecture {
    /// What a model of this architecture sees of an instance, if it can work on it.
    pub(crate) fn fits<P: Learnable>(&self, problem: &P) -> Result<Features, Misfit> {
        let expected = self.task;
        if P::TASK != expected {
            return Err(Misfit::Task { expected, found: P::TASK });
        }
        let features = problem.features().ok_or(Misfit::NoCoordinates)?;
        if (self.distance_bias || self.local.is_some()) && features.points.len() != problem.width() {
            return Err(Misfit::NoCoordinates);
        }
        Ok(features)
    }
}

impl AttentionModel {
    /// Whether the model can work on an instance.
    pub fn fits<P: Learnable>(&self, problem: &P) -> Result<(), Misfit> {
        self.architecture.fits(problem).map(drop)
    }

    /// Encodes one instance, with all that the backward pass needs.
    pub fn encode<P: Learnable>(&self, problem: &P, into: &mut Encoded) -> Result<(), Misfit> {
        if !self.embed_nodes(problem, true, into)? {
            return Ok(());
        }
        into.is_light = false;
        into.layers.resize_with(self.layers.len(), Activations::default);
        for (layer, kept) in self.layers.iter().zip(&mut into.layers) {
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            self.project(layer, kept, &mut into.keys);
            let n = kept.input.rows();
            kept.attention.reshape(self.size.heads * n, blocks(n));
            for head in 0..self.size.heads {
                self.attend(layer, kept, (head, head * n, 0..n), &into.distances, &into.keys);
            }
            self.mix(layer, kept, &mut into.embeddings);
            self.feed_forward(layer, kept, &mut into.embeddings);
        }
        self.tabulate(into, true);
        Ok(())
    }

    /// Encodes one instance for decoding alone, not for [`Self::backward`]: one layer's activations are kept at a time, attention a few rows at a time,
    /// and large instances get no tables of pairs of nodes, so that memory grows as n. False if `is_over`, which is asked
    /// from time to time, says so.
    pub fn encode_for_decoding<P: Learnable>(
        &self,
        problem: &P,
        into: &mut Encoded,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, Misfit> {
        self.encode_lightly(problem, into, problem.width() <= TABLED, is_over)
    }

    /// The same, with or without tables of pairs of nodes.
    pub(super) fn encode_lightly<P: Learnable>(
        &self,
        problem: &P,
        into: &mut Encoded,
        tabulate: bool,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, Misfit> {
        let n = problem.width();
        if !self.embed_nodes(problem, tabulate, into)? {
            return Ok(true);
        }
        into.is_light = true;
        into.layers.resize_with(self.layers.len().min(1), Activations::default);
        for layer in &self.layers {
            let kept = &mut into.layers[0];
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            self.project(layer, kept, &mut into.keys);
            kept.attention.reshape(ROWS.min(n), blocks(n));
            for from in (0..n).step_by(ROWS) {
                if is_over() {
                    into.embeddings.reshape(0, self.size.width);
                    return Ok(false);
                }
                for head in 0..self.size.heads {
                    self.attend(layer, kept, (head, 0, from..n.min(from + ROWS)), &into.distances, &into.keys);
                }
            }
            self.mix(layer, kept, &mut into.embeddings);
            self.feed_forward(layer, kept, &mut into.embeddings);
        }
        self.tabulate(into, tabulate);
        Ok(true)
    }

    /// Fills embeddings with those of the features alone; false without nodes.
    fn embed_nodes<P: Learnable>(&self, problem: &P, tabulate: bool, into: &mut Encoded) -> Result<bool, Misfit> {
        into.features = self.architecture.fits(problem)?;
        let n = problem.width();
        into.embeddings.reshape(n, self.size.width);
        if n == 0 {
            return Ok(false);
        }
        if self.architecture.distance_bias {
            into.distances.set(&into.features.points, tabulate);
        }
        if let Some(k) = self.architecture.local {
            into.neighbourhood = Neighbourhood::new(P::TASK, &into.features, k);
        }
        for node in 0..n {
            let embedding = self.depot.as_ref().filter(|_| node == 0).unwrap_or(&self.embed);
            embed(embedding, into.features.of(node, n), into.embeddings.row_mut(node));
        }
        Ok(true)
    }

    /// Queries, keys and values of a layer.
    fn project(&self, layer: &Layer, kept: &mut Activations, keys: &mut Matrix) {
        let (n, size) = (kept.input.rows(), self.size);
        let input = &kept.input;
        for (linear, out) in
            [(&layer.query, &mut kept.query), (&layer.key, &mut kept.key), (&layer.value, &mut kept.value)]
        {
            out.reshape(n, size.all_heads);
            linear.forward.apply(self.level, n, input, out, false);
        }
        keys.transpose(&kept.key, size.head_scale);
        kept.heads.reshape(n, size.all_heads);
    }

    /// Attention of one head for the nodes `nodes`; its weights go to the rows from `row` on.
    fn attend(
        &self,
        layer: &Layer,
        kept: &mut Activations,
        (head, row, nodes): (usize, usize, Range<usize>),
        distances: &Distances,
        keys: &Matrix,
    ) {
        let (n, size, level) = (kept.input.rows(), self.size, self.level);
        let (at, depth, m) = (head * size.head, size.head * LANES, nodes.len());
        let (rows, query) = (row * kept.attention.stride(), nodes.start * kept.query.stride() + at);
        let shape = Shape { m, k: depth, n: blocks(n), add: false };
        multiply(level, shape, kept.query.left(query), (keys, at * LANES * keys.stride()), (&mut kept.attention, rows));
        let alpha = layer.distance.as_ref().map(|alpha| alpha.data[head / LANES].0[head % LANES]);
        let bias = alpha.map(|alpha| (distances, alpha));
        let heads = nodes.start * kept.heads.stride() + at;
        level.run(Softmax { n, rows: &mut kept.attention, from: row, nodes, bias });
        let shape = Shape { m, k: n, n: size.head, add: false };
        multiply(level, shape, kept.attention.left(rows), (&kept.value, at), (&mut kept.heads, heads));
    }

    /// From the heads to the middle of a layer; `sum` is a buffer.
    fn mix(&self, layer: &Layer, kept: &mut Activations, sum: &mut Matrix) {
        copy(&kept.input, sum);
        layer.out.forward.apply(self.level, kept.input.rows(), &kept.heads, sum, true);
        let (scale, shift) = (&layer.norm1.scale.data, &layer.norm1.shift.data);
        self.level.run(NormForward { x: sum, scale, shift, kept: &mut kept.norm1, out: &mut kept.middle });
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

/// Row-wise softmax of n scores in the rows of some nodes, from row `from` on; the padding becomes 0.
struct Softmax<'a> {
    n: usize,
    rows: &'a mut Matrix,
    from: usize,
    nodes: Range<usize>,
    /// Distances and alpha: alpha times distance is taken off first.
    bias: Option<(&'a Distances, f32)>,
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
