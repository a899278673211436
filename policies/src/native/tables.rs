//! What the decoder computes once per instance. A query is a sum of projections of the first node, the last node and
//! the capacity left, so the attention score of node j is a sum of table entries,
//!
//! score\[j\] = first\[first node\]\[j\] + last\[last node\]\[j\] + left capacity times scalar\[j\],
//!
//! for every head; and the output projection folds into the pointer's keys: (o W + b) h = o (W h) + b h. Both are exact
//! algebra. Exponentials of table rows are tabulated too: attention weights of a tour are products of two entries.

use super::encoder::Encoded;
use super::kernels::{Kernel, LANES, Level, Simd, blocks, flat, flat_mut, math};
use super::latent::Latents;
use super::matrix::{Matrix, Shape, multiply};
use super::model::{AttentionModel, Linear, Size};

/// See the module. n: nodes; row n of a table of scores belongs to "no node": zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// \[n, all heads\].
    pub key: Matrix,
    pub value: Matrix,
    pub first: Part,
    pub last: Part,
    /// Of a single row, for the capacity; empty if the task has none.
    pub scalar: Part,
    pub latent: Latents,
    /// Transposed keys, scaled by 1 / sqrt(floats per head) \[all heads, n\].
    pub keys: Matrix,
    /// Keys of the pointer, scaled by 1 / sqrt(width) \[n, all heads\], with a feature layer \[n, width\]; and
    /// transposed.
    pub pointer: Matrix,
    pub pointers: Matrix,
    /// Scores of the output projection's bias \[1, n\].
    pub bias: Matrix,
    /// Whether scores of pairs of nodes are computed when they are needed, and are no tables.
    pub is_direct: bool,
}

/// A summand of the scores.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// Queries \[rows, all heads\].
    pub query: Matrix,
    /// \[rows + 1, heads n\].
    pub scores: Matrix,
    /// exp(scores - high) \[rows + 1, heads n\].
    pub weights: Matrix,
    /// Highest score of every row and head \[(rows + 1) heads\].
    pub high: Vec<f32>,
    /// The weights, where there are any, else the scores, with a node's heads side by side \[rows + 1, n heads\]; empty
    /// where decisions are not computed one by one.
    pub by_node: Matrix,
}

impl Part {
    /// Takes the queries' scores against transposed keys of n nodes.
    pub fn score(&mut self, level: Level, size: Size, keys: &Matrix, n: usize, exponentials: bool) {
        let rows = self.query.rows();
        let wide = blocks(n);
        self.scores.reshape(rows + 1, size.heads * wide);
        self.scores.row_mut(rows).fill(Default::default());
        for head in 0..size.heads {
            let shape = Shape { m: rows, k: size.head * LANES, n: wide, add: false };
            let keys_at = head * size.head * LANES * keys.stride();
            let left = self.query.left(head * size.head);
            multiply(level, shape, left, (keys, keys_at), (&mut self.scores, head * wide));
        }
        self.high.resize((rows + 1) * size.heads, 0.0);
        if exponentials {
            self.weights.reshape(rows + 1, size.heads * wide);
        }
        level.run(Exponentials { part: self, n, exponentials });
    }
}

struct Exponentials<'a> {
    part: &'a mut Part,
    n: usize,
    exponentials: bool,
}

impl Kernel for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (part, wide) = (self.part, blocks(self.n));
        let heads = part.scores.blocks() / wide;
        for row in 0..part.scores.rows() {
            for head in 0..heads {
                // Padded lanes hold zeros: a bound above the true maximum is a bound.
                let scores = &part.scores.row(row)[head * wide..][..wide];
                let high = math::highest(simd, scores);
                part.high[row * heads + head] = high;
                if self.exponentials {
                    let weights = &mut part.weights.row_mut(row)[head * wide..][..wide];
                    weights.copy_from_slice(scores);
                    math::exponentials(simd, weights, high);
                }
            }
        }
    }
}

impl AttentionModel {
    /// Whether attention weights are products of exponentials: of tasks without a scalar only.
    pub(super) fn has_products(&self) -> bool {
        self.decoder.scalar.is_none()
    }

    /// Makes the tables of this agent from what another agent of the same model encoded.
    pub fn take_over(&self, encoded: &mut Encoded) {
        if encoded.nodes() > 0 {
            self.tabulate(encoded, !encoded.tables.is_direct);
        }
    }

    /// Fills the tables from the embeddings; without `pairs`, those of pairs of nodes stay empty.
    pub(super) fn tabulate(&self, encoded: &mut Encoded, pairs: bool) {
        let (size, level, decoder) = (self.size, self.level, &self.decoder);
        let (input, tables) = (&encoded.embeddings, &mut encoded.tables);
        let n = input.rows();
        let project = |linear: &Linear, out: &mut Matrix| {
            out.reshape(n, size.all_heads);
            linear.forward.apply(level, n, input, out, false);
        };
        project(&decoder.key, &mut tables.key);
        project(&decoder.value, &mut tables.value);
        project(&decoder.last, &mut tables.last.query);
        tables.keys.transpose(&tables.key, size.head_scale);
        tables.is_direct = !pairs;
        tables.latent.clear();
        let products = self.has_products();
        let score = |part: &mut Part, exponentials: bool| {
            if pairs {
                part.score(level, size, &tables.keys, n, exponentials);
            } else {
                (part.scores, part.weights, part.high) = (Matrix::default(), Matrix::default(), Vec::new());
            }
            if pairs && self.few(n) > 0 {
                part.turn(n, size.heads, exponentials);
            } else {
                part.by_node = Matrix::default();
            }
        };
        match &decoder.first {
            Some(first) => {
                project(first, &mut tables.first.query);
                score(&mut tables.first, products);
            }
            None => tables.first = Part::default(),
        }
        score(&mut tables.last, products);
        match &decoder.scalar {
            Some(scalar) => {
                tables.scalar.query.reshape(1, size.all_heads);
                tables.scalar.query.row_mut(0).copy_from_slice(&scalar.data);
                score(&mut tables.scalar, false);
            }
            None => tables.scalar = Part::default(),
        }
        self.point(input, tables);
    }

    /// What the decoder makes of the pointer's keys \[n, width\], which are the embeddings unless they are learned.
    pub(super) fn point(&self, keys: &Matrix, tables: &mut Tables) {
        let (size, level, decoder, n) = (self.size, self.level, &self.decoder, keys.rows());
        let scale = size.width_scale;
        match &decoder.feature {
            Some(feature) => {
                tables.pointer.reshape(n, size.width);
                feature.pointer.forward.apply(level, n, keys, &mut tables.pointer, false);
            }
            None => {
                tables.pointer.reshape(n, size.all_heads);
                decoder.out.backward.apply(level, n, keys, &mut tables.pointer, false);
            }
        }
        flat_mut(tables.pointer.data_mut()).iter_mut().for_each(|x| *x *= scale);
        tables.pointers.transpose(&tables.pointer, 1.0);
        tables.bias.clear(1, blocks(n));
        // A feature layer does not leave the bias as it is.
        for node in (0..n).filter(|_| decoder.feature.is_none()) {
            let products = flat(keys.row(node)).iter().zip(flat(&decoder.out_bias.data)).map(|(a, b)| a * b);
            *tables.bias.get_mut(0, node) = scale * products.sum::<f32>();
        }
    }
}
