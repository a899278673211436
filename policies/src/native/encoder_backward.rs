//! The gradient from the tables through the embeddings and the encoder to its weights.

use super::backward::{Scratch, TablePull};
use super::encoder::Encoded;
use super::gradient::Gradient;
use super::kernels::{Block, Kernel, Simd, blocks, flat, flat_mut, math};
use super::layer_backward::Pulls;
use super::matrix::{Matrix, Shape, multiply};
use super::model::AttentionModel;

/// Buffers. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// Pull on the embeddings, and on what precedes them, layer by layer \[n, width\].
    embeddings: Matrix,
    /// Whether a decoder has pulled on the embeddings, which the encoder has not been told.
    pub is_pulled: bool,
    /// \[n, all heads\].
    first: Matrix,
    layer: Pulls,
}

impl AttentionModel {
    /// From the pulls on the tables to one on the embeddings, added to that of other decoders.
    pub(super) fn pull_tables(&self, encoded: &Encoded, scratch: &mut Scratch, gradient: &mut Gradient) {
        let (n, size, level, decoder) = (encoded.nodes(), self.size, self.level, &self.decoder);
        let (tables, pulls, buffers) = (&encoded.tables, &mut scratch.tables, &mut scratch.encoder);
        let Buffers { embeddings, is_pulled, first, layer: Pulls { query, key, .. } } = buffers;
        let input = &encoded.embeddings;
        if !std::mem::replace(is_pulled, true) {
            embeddings.clear(n, size.width);
        }
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
            linear.pull(level, input, first, embeddings, gradient);
        }
        decoder.last.pull(level, input, query, embeddings, gradient);
        decoder.key.pull(level, input, key, embeddings, gradient);
        decoder.value.pull(level, input, &pulls.value, embeddings, gradient);
        self.pull_keys(pulls, embeddings);
        match &decoder.feature {
            Some(feature) => {
                gradient.learn(self.level, feature.pointer.slot, n, input, &pulls.pointer);
                let rows = embeddings.data_mut().iter_mut().zip(pulls.residual.data());
                rows.for_each(|(to, from)| to.0.iter_mut().zip(from.0).for_each(|(to, from)| *to += from));
            }
            None => {
                gradient.learn(self.level, decoder.out.slot, n, &pulls.pointer, input);
                let (sum, scale) = (gradient.tensors[decoder.out_bias.slot].row_mut(0), size.width_scale);
                level.run(SumRows { rows: input, factors: &pulls.bias, scale, sum });
            }
        }
        if let Some(distance) = &decoder.distance {
            gradient.tensors[distance.slot].row_mut(0)[0].0[0] += pulls.alpha;
        }
    }

    /// Adds to the pull on the pointer's keys \[n, width\] those on what the decoder makes of them, whose scale it
    /// applies.
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
            let Buffers { embeddings, layer: pulls, .. } = &mut *buffers;
            layer.pull_feed_forward(kept, embeddings, pulls, gradient);
            layer.pull_heads(kept, embeddings, pulls, gradient);
            for head in 0..self.size.heads {
                layer.pull_attention(kept, head, layer.size.head_scale, pulls, gradient, Some(&encoded.distances));
                layer.pull_scores(kept, head, pulls);
            }
            layer.pull_projections(&kept.input, None, embeddings, pulls, gradient);
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
