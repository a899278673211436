//! The gradient from the tables through the embeddings and the encoder to its weights.

use super::backward::{Scratch, TablePull};
use super::distances::Distances;
use super::encoder::{Activations, Encoded};
use super::gradient::Gradient;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, flat, flat_mut, math};
use super::matrix::{Matrix, Shape, multiply};
use super::model::{AttentionModel, Layer, Linear, Norm};
use super::norm::{NormBackward, Normed};

/// Buffers. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// Pull on the embeddings, and on what precedes them, layer by layer \[n, width\].
    embeddings: Matrix,
    /// \[n, all heads\].
    first: Matrix,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    heads: Matrix,
    /// \[n, feed-forward\].
    hidden: Matrix,
    /// Scores of one head \[n, n\].
    scores: Matrix,
    /// Values, transposed \[all heads, n\].
    values: Matrix,
}

impl AttentionModel {
    /// Adds the gradient of a matrix of weights, from its input and the pull on its output, `rows` rows of each.
    pub(super) fn learn(&self, gradient: &mut Gradient, slot: usize, rows: usize, input: &Matrix, pull: &Matrix) {
        let to = &mut gradient.tensors[slot];
        let shape = Shape { m: to.rows(), k: rows, n: pull.blocks(), add: true };
        multiply(self.level, shape, input.left_transposed(0), (pull, 0), (to, 0));
    }

    /// Learns a linear layer and adds to (or sets) the pull on its input.
    pub(super) fn pull_linear(
        &self,
        linear: &Linear,
        input: &Matrix,
        pull: &Matrix,
        to: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        let n = pull.rows();
        self.learn(gradient, linear.slot, n, input, pull);
        linear.backward.apply(self.level, n, pull, to, true);
    }

    /// From the pulls on the tables to one on the embeddings.
    pub(super) fn pull_tables(&self, encoded: &Encoded, scratch: &mut Scratch, gradient: &mut Gradient) {
        let (n, size, level, decoder) = (encoded.nodes(), self.size, self.level, &self.decoder);
        let (tables, pulls, buffers) = (&encoded.tables, &mut scratch.tables, &mut scratch.encoder);
        let Buffers { embeddings, first, query, key, .. } = buffers;
        let input = &encoded.embeddings;
        embeddings.clear(n, size.width);
        key.clear(n, size.all_heads);
        let scalar_pull = self.pull_scalar(encoded, &pulls.scalar, key);
        self.pull_latents(encoded, &pulls.latent, &pulls.latent_values, key, gradient);
        let parts = [
            (&pulls.last, &tables.last, &mut *query, true),
            (&pulls.first, &tables.first, &mut *first, decoder.first.is_some()),
        ];
        for (pull, part, query, _) in parts.into_iter().filter(|(.., present)| *present) {
            query.reshape(n, size.all_heads);
            self.pull_products(pull, &part.query, &tables.key, query, key);
            flat_mut(query.data_mut()).iter_mut().for_each(|x| *x *= size.head_scale);
        }
        flat_mut(key.data_mut()).iter_mut().for_each(|x| *x *= size.head_scale);
        if let (Some(scalar), Some(pull)) = (&decoder.scalar, scalar_pull) {
            let to = gradient.tensors[scalar.slot].row_mut(0);
            flat_mut(to).iter_mut().zip(flat(&pull)).for_each(|(to, x)| *to += x * size.head_scale);
        }
        if let Some(linear) = &decoder.first {
            self.pull_linear(linear, input, first, embeddings, gradient);
        }
        self.pull_linear(&decoder.last, input, query, embeddings, gradient);
        self.pull_linear(&decoder.key, input, key, embeddings, gradient);
        self.pull_linear(&decoder.value, input, &pulls.value, embeddings, gradient);
        self.pull_keys(pulls, embeddings);
        match &decoder.feature {
            Some(feature) => {
                self.learn(gradient, feature.pointer.slot, n, input, &pulls.pointer);
                let rows = embeddings.data_mut().iter_mut().zip(pulls.residual.data());
                rows.for_each(|(to, from)| to.0.iter_mut().zip(from.0).for_each(|(to, from)| *to += from));
            }
            None => {
                self.learn(gradient, decoder.out.slot, n, &pulls.pointer, input);
                let (sum, scale) = (gradient.tensors[decoder.out_bias.slot].row_mut(0), size.width_scale);
                level.run(SumRows { rows: input, factors: &pulls.bias, scale, sum });
            }
        }
        if let Some(distance) = &decoder.distance {
            gradient.tensors[distance.slot].row_mut(0)[0].0[0] += pulls.alpha;
        }
    }

    /// Adds to the pull on the pointer's keys \[n, width\] those on what the decoder makes of them, whose scale it applies.
    pub(super) fn pull_keys(&self, pulls: &mut TablePull, keys: &mut Matrix) {
        let (n, level, scale) = (keys.rows(), self.level, self.size.width_scale);
        flat_mut(pulls.pointer.data_mut()).iter_mut().for_each(|x| *x *= scale);
        match &self.decoder.feature {
            Some(feature) => feature.pointer.backward.apply(level, n, &pulls.pointer, keys, true),
            None => {
                self.decoder.out.forward.apply(level, n, &pulls.pointer, keys, true);
                level.run(AddToRows { row: &self.decoder.out_bias.data, factors: &pulls.bias, scale, rows: keys });
            }
        }
    }

    /// For scores = query key (without the scale): sets `query` and adds to `key`.
    pub(super) fn pull_products(
        &self,
        scores: &Matrix,
        queries: &Matrix,
        keys: &Matrix,
        query: &mut Matrix,
        key: &mut Matrix,
    ) {
        let (n, size, wide, rows) = (keys.rows(), self.size, blocks(keys.rows()), queries.rows());
        for head in 0..size.heads {
            let at = head * size.head;
            let shape = Shape { m: rows, k: n, n: size.head, add: false };
            multiply(self.level, shape, scores.left(head * wide), (keys, at), (query, at));
            let shape = Shape { m: n, k: rows, n: size.head, add: true };
            multiply(self.level, shape, scores.left_transposed(head * wide), (queries, at), (key, at));
        }
    }

    /// The same for the single row of the scalar; gives the pull on its query.
    fn pull_scalar(&self, encoded: &Encoded, scores: &Matrix, key: &mut Matrix) -> Option<Vec<Block>> {
        self.decoder.scalar.as_ref()?;
        let (n, size, wide, tables) = (encoded.nodes(), self.size, blocks(encoded.nodes()), &encoded.tables);
        let mut pull = Matrix::zeros(1, size.all_heads);
        for head in 0..size.heads {
            let at = head * size.head;
            let shape = Shape { m: 1, k: n, n: size.head, add: false };
            multiply(self.level, shape, scores.left(head * wide), (&tables.key, at), (&mut pull, at));
            let shape = Shape { m: n, k: 1, n: size.head, add: true };
            multiply(self.level, shape, scores.left_transposed(head * wide), (&tables.scalar.query, at), (key, at));
        }
        Some(pull.row(0).to_vec())
    }

    /// From the pull on the embeddings to the weights of the encoder.
    pub(super) fn pull_encoder(&self, encoded: &Encoded, scratch: &mut Scratch, gradient: &mut Gradient) {
        let buffers = &mut scratch.encoder;
        for (layer, kept) in self.layers.iter().zip(&encoded.layers).rev() {
            self.pull_feed_forward(layer, kept, buffers, gradient);
            self.pull_attention(layer, kept, &encoded.distances, buffers, gradient);
        }
        let n = encoded.nodes();
        for node in 0..n {
            let embedding = self.depot.as_ref().filter(|_| node == 0).unwrap_or(&self.embed);
            let pull = buffers.embeddings.row(node);
            let mut add = |slot: usize, row: usize, factor: f32| {
                let to = flat_mut(gradient.tensors[slot].row_mut(row));
                to.iter_mut().zip(flat(pull)).for_each(|(to, pull)| *to += factor * pull);
            };
            add(embedding.bias.slot, 0, 1.0);
            let features = &encoded.features.of(node, n)[..embedding.weight.rows()];
            features.iter().enumerate().for_each(|(row, &feature)| add(embedding.slot, row, feature));
        }
    }

    fn pull_norm(&self, norm: &Norm, kept: &Normed, pull: &mut Matrix, gradient: &mut Gradient) {
        let scale = &norm.scale.data;
        // The shift comes right after the scale in the list of tensors.
        let (before, after) = gradient.tensors.split_at_mut(norm.shift.slot);
        let (scale_pull, shift_pull) = (before[norm.scale.slot].row_mut(0), after[0].row_mut(0));
        self.level.run(NormBackward { pull, kept, scale, scale_pull, shift_pull });
    }

    fn pull_feed_forward(&self, layer: &Layer, kept: &Activations, buffers: &mut Buffers, gradient: &mut Gradient) {
        let Buffers { embeddings, hidden, .. } = buffers;
        let n = embeddings.rows();
        self.pull_norm(&layer.norm2, &kept.norm2, embeddings, gradient);
        hidden.clear(n, self.size.feed_forward);
        self.pull_linear(&layer.ff2, &kept.hidden, embeddings, hidden, gradient);
        self.level.run(Gate { pull: hidden, active: &kept.hidden });
        self.learn_row(gradient, layer.ff1_bias.slot, n, hidden);
        self.pull_linear(&layer.ff1, &kept.middle, hidden, embeddings, gradient);
    }

    fn pull_attention(
        &self,
        layer: &Layer,
        kept: &Activations,
        distances: &Distances,
        buffers: &mut Buffers,
        gradient: &mut Gradient,
    ) {
        let (level, size) = (self.level, self.size);
        let Buffers { embeddings, query, key, value, heads, scores, values, .. } = buffers;
        let n = embeddings.rows();
        self.pull_norm(&layer.norm1, &kept.norm1, embeddings, gradient);
        heads.clear(n, size.all_heads);
        self.pull_linear(&layer.out, &kept.heads, embeddings, heads, gradient);
        values.transpose(&kept.value, 1.0);
        [&mut *query, &mut *key, &mut *value].into_iter().for_each(|matrix| matrix.reshape(n, size.all_heads));
        scores.reshape(n, blocks(n));
        for head in 0..size.heads {
            let (at, rows) = (head * size.head, head * n * kept.attention.stride());
            let shape = Shape { m: n, k: size.head * LANES, n: blocks(n), add: false };
            multiply(level, shape, heads.left(at), (values, at * LANES * values.stride()), (scores, 0));
            let bias = layer.distance.is_some().then_some(distances);
            let part = at..at + size.head;
            let kernel = PullSoftmax { kept, head, part, heads, scores, scale: size.head_scale, distances: bias };
            let alpha = level.run(kernel);
            if let Some(distance) = &layer.distance {
                gradient.tensors[distance.slot].row_mut(0)[head / LANES].0[head % LANES] -= alpha;
            }
            let shape = Shape { m: n, k: n, n: size.head, add: false };
            multiply(level, shape, scores.left(0), (&kept.key, at), (query, at));
            multiply(level, shape, scores.left_transposed(0), (&kept.query, at), (key, at));
            multiply(level, shape, kept.attention.left_transposed(rows), (heads, at), (value, at));
        }
        self.pull_linear(&layer.query, &kept.input, query, embeddings, gradient);
        self.pull_linear(&layer.key, &kept.input, key, embeddings, gradient);
        self.pull_linear(&layer.value, &kept.input, value, embeddings, gradient);
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

/// Adds up rows, each with a factor \[1, rows\].
struct SumRows<'a> {
    rows: &'a Matrix,
    factors: &'a Matrix,
    scale: f32,
    sum: &'a mut [Block],
}

impl Kernel for SumRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for index in 0..self.rows.rows() {
            math::add_scaled(simd, self.sum, self.rows.row(index), self.scale * self.factors.get(0, index));
        }
    }
}

/// Adds a row to many, each time with a factor \[1, rows\].
struct AddToRows<'a> {
    row: &'a [Block],
    factors: &'a Matrix,
    scale: f32,
    rows: &'a mut Matrix,
}

impl Kernel for AddToRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for index in 0..self.rows.rows() {
            math::add_scaled(simd, self.rows.row_mut(index), self.row, self.scale * self.factors.get(0, index));
        }
    }
}
