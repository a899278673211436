//! Decisions by what is left to choose from: products of whole matrices compute weights and scores of all nodes, though
//! of a tour half are visited on average. Where few nodes are allowed, a decision is computed on its own here, over
//! these alone: attention weights, their mean of the values, and the pointer's scores. Where many are, whole matrices
//! are faster, because they are read once for many decisions ([`super::decoder`]).
//!
//! A node's weights of all heads lie side by side ([`Part::by_node`]), so that a node costs one load per table.

use super::allowed::Allowed;
use super::decoder::{At, FAINT, NEVER, ROWS, exactly, row_of};
use super::distances::Distances;
use super::encoder::Encoded;
use super::kernels::{Block, Kernel, LANES, Simd, blocks, flat, flat_mut, math};
use super::matrix::Matrix;
use super::model::{AttentionModel, Size};
use super::tables::{Part, Tables};
use crate::features::Context;

/// The part of the nodes that may be allowed in decisions that are computed one by one (measured,
/// `examples/throughput.rs`).
const FEW: f64 = 0.5;

/// Decisions at hand, with the nodes that each may choose.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    contexts: Vec<Context>,
    /// Number of the latent vector that each one follows, where there are any.
    latents: Vec<usize>,
    /// Allowed nodes of all decisions, one after the other, and where those of each end.
    nodes: Vec<u32>,
    ends: Vec<usize>,
    /// Pointer scores of the allowed nodes, in their order, then [`NEVER`]: the logits are clip tanh(score)
    /// \[r, most nodes\].
    pub scores: Matrix,
    /// Attention weights of a decision before division by their sum \[nodes heads\].
    weights: Vec<Block>,
    /// Attention's results \[r, all heads\].
    glimpses: Matrix,
}

impl Choices {
    /// Forgets all decisions; the next ones are among up to `most` nodes.
    pub fn clear(&mut self, most: usize) {
        self.contexts.clear();
        self.latents.clear();
        self.nodes.clear();
        self.ends.clear();
        self.scores.reshape(ROWS, blocks(most));
    }

    /// Whether there is room for another one.
    pub fn is_full(&self) -> bool {
        self.ends.len() == ROWS
    }

    /// Adds a decision.
    pub fn push(&mut self, context: Context, latent: usize, allowed: &Allowed) {
        self.nodes.extend(allowed.iter());
        self.ends.push(self.nodes.len());
        self.contexts.push(context);
        self.latents.push(latent);
    }

    /// Allowed nodes of a decision.
    pub fn nodes(&self, r: usize) -> &[u32] {
        nodes_of(&self.nodes, &self.ends, r)
    }
}

/// Those of decision `r`.
#[inline(always)]
fn nodes_of<'a>(nodes: &'a [u32], ends: &[usize], r: usize) -> &'a [u32] {
    &nodes[if r == 0 { 0 } else { ends[r - 1] }..ends[r]]
}

impl Part {
    /// Fills `by_node`, of n nodes, with the weights or the scores.
    pub fn turn(&mut self, n: usize, heads: usize, weights: bool) {
        let rows = if weights { &self.weights } else { &self.scores };
        self.by_node.reshape(rows.rows(), blocks(n * heads));
        for row in 0..rows.rows() {
            let to = flat_mut(self.by_node.row_mut(row));
            for (head, from) in rows.row(row).chunks_exact(blocks(n)).enumerate() {
                to[head..].iter_mut().step_by(heads).zip(&flat(from)[..n]).for_each(|(to, &from)| *to = from);
            }
        }
    }
}

impl AttentionModel {
    /// The most allowed nodes of n in decisions that are computed one by one; 0: none are.
    pub(super) fn few(&self, n: usize) -> usize {
        let plain = self.decoder.feature.is_none() && self.decoder.local.is_none();
        if plain && LANES.is_multiple_of(self.size.heads) { (FEW * n as f64) as usize } else { 0 }
    }

    /// Scores the allowed nodes of all decisions.
    pub(super) fn decide_among_few(&self, encoded: &Encoded, choices: &mut Choices) {
        let alpha = self.decoder.distance.as_ref().map(|alpha| alpha.data[0].0[0]);
        let distances = alpha.map(|alpha| (&encoded.distances, alpha));
        let (tables, size, n) = (&encoded.tables, self.size, encoded.nodes());
        self.level.run(Compact { tables, size, n, distances, choices });
    }
}

/// Fills the scores.
struct Compact<'a> {
    tables: &'a Tables,
    size: Size,
    n: usize,
    /// Distances and alpha.
    distances: Option<(&'a Distances, f32)>,
    choices: &'a mut Choices,
}

impl Kernel for Compact<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.size.heads {
            1 => self.of_heads::<S, 1>(simd),
            2 => self.of_heads::<S, 2>(simd),
            4 => self.of_heads::<S, 4>(simd),
            8 => self.of_heads::<S, 8>(simd),
            _ => self.of_heads::<S, LANES>(simd),
        }
    }
}

impl Compact<'_> {
    #[inline(always)]
    fn of_heads<S: Simd, const H: usize>(self, simd: S) {
        let Self { tables, size, n, distances, choices } = self;
        let Choices { contexts, latents, nodes, ends, scores, weights, glimpses } = choices;
        glimpses.reshape(ROWS, size.all_heads);
        // One table after the other for all decisions: together they would not fit the L1 cache.
        for (r, context) in contexts.iter().enumerate() {
            let (nodes, at) = (nodes_of(nodes, ends, r), At { tables, context, latent: latents[r], n });
            weights.resize(blocks(nodes.len() * H), Block::default());
            let mut sums = weigh::<S, H>(simd, at, nodes, weights);
            if sums.iter().any(|&sum| sum < FAINT) {
                sums = weigh_exactly::<S, H>(simd, at, nodes, weights);
            }
            let weighed = (nodes, &flat(weights).as_chunks::<H>().0[..nodes.len()]);
            let (glimpse, mut from) = (glimpses.row_mut(r), 0);
            // As many blocks at a time as registers hold.
            while from < size.all_heads {
                from += match size.all_heads - from {
                    8.. if S::HAS_MANY => collect::<S, H, 8>(simd, weighed, &tables.value, from, size.head, glimpse),
                    4.. => collect::<S, H, 4>(simd, weighed, &tables.value, from, size.head, glimpse),
                    _ => collect::<S, H, 1>(simd, weighed, &tables.value, from, size.head, glimpse),
                };
            }
            for (part, sum) in glimpse.chunks_exact_mut(size.head).zip(sums) {
                math::scale(simd, part, 1.0 / sum);
            }
            if tables.latent.len() > 0 {
                math::add_scaled(simd, glimpse, tables.latent.values.row(at.latent), 1.0);
            }
        }
        for (r, context) in contexts.iter().enumerate() {
            let (nodes, scores) = (nodes_of(nodes, ends, r), flat_mut(scores.row_mut(r)));
            point(simd, glimpses.row(r), nodes, tables, scores);
            if let (Some((distances, alpha)), Some(last)) = (distances, context.last) {
                let row = flat(distances.row(last as usize));
                scores.iter_mut().zip(nodes).for_each(|(score, &node)| *score -= alpha * row[node as usize]);
            }
            scores[nodes.len()..].fill(NEVER);
        }
    }
}

/// Attention weights before division by their sums \[nodes, H\], and these.
#[inline(always)]
fn weigh<S: Simd, const H: usize>(simd: S, at: At<'_>, nodes: &[u32], out: &mut [Block]) -> [f32; H] {
    let At { tables, context, latent, n } = at;
    let (last, _) = flat(tables.last.by_node.row(row_of(context.last, n))).as_chunks::<H>();
    let latent_row = (tables.latent.len() > 0).then(|| flat(tables.latent.part.by_node.row(latent)).as_chunks::<H>().0);
    let (to, _) = flat_mut(out).as_chunks_mut::<H>();
    let (to, beyond) = to.split_at_mut(nodes.len());
    if tables.scalar.by_node.rows() > 0 {
        let (scalar, _) = flat(tables.scalar.by_node.row(0)).as_chunks::<H>();
        let row = row_of(context.last, n);
        let highest = |head: usize| {
            let latent = tables.latent.scores_of(latent).map_or(0.0, |(_, high)| high[head]);
            tables.last.high[row * H + head] + context.left * tables.scalar.high[head] + latent
        };
        let bounds: [f32; H] = std::array::from_fn(highest);
        for (to, &node) in to.iter_mut().zip(nodes) {
            let (last, scalar) = (&last[node as usize], &scalar[node as usize]);
            *to = std::array::from_fn(|head| context.left * scalar[head] + last[head] - bounds[head]);
            if let Some(latent) = latent_row {
                to.iter_mut().zip(latent[node as usize]).for_each(|(to, latent)| *to += latent);
            }
        }
        beyond.as_flattened_mut().fill(NEVER);
        for block in out.iter_mut() {
            let weight = math::exp(simd, simd.load(block));
            simd.store(block, weight);
        }
    } else {
        let (first, _) = flat(tables.first.by_node.row(row_of(context.first, n))).as_chunks::<H>();
        for (to, &node) in to.iter_mut().zip(nodes) {
            let (first, last) = (&first[node as usize], &last[node as usize]);
            *to = std::array::from_fn(|head| first[head] * last[head]);
            if let Some(latent) = latent_row {
                to.iter_mut().zip(latent[node as usize]).for_each(|(to, latent)| *to *= latent);
            }
        }
        beyond.as_flattened_mut().fill(0.0);
    }
    let mut total = simd.splat(0.0);
    for block in out.iter() {
        total = simd.add(total, simd.load(block));
    }
    let mut lanes = Block::default();
    simd.store(&mut lanes, total);
    std::array::from_fn(|head| lanes.0.iter().skip(head).step_by(H).sum())
}

/// The same where products of tabulated exponentials, or exponentials below a bound, have lost digits.
#[cold]
#[inline(never)]
fn weigh_exactly<S: Simd, const H: usize>(simd: S, at: At<'_>, nodes: &[u32], out: &mut [Block]) -> [f32; H] {
    let wide = blocks(at.n);
    let (mut mask, mut weights) = (vec![Block::default(); wide], vec![Block::default(); H * wide]);
    nodes.iter().for_each(|&node| flat_mut(&mut mask)[node as usize] = 1.0);
    let mut sums = [0.0; H];
    exactly(simd, at, &mask, &mut weights, &mut sums);
    for (to, &node) in flat_mut(out).as_chunks_mut::<H>().0.iter_mut().zip(nodes) {
        *to = std::array::from_fn(|head| flat(&weights[head * wide..])[node as usize]);
    }
    sums
}

/// Blocks `from` to `from` + B of the values' sum by the weights; gives B.
#[inline(always)]
fn collect<S: Simd, const H: usize, const B: usize>(
    simd: S,
    (nodes, weights): (&[u32], &[[f32; H]]),
    values: &Matrix,
    from: usize,
    head: usize,
    to: &mut [Block],
) -> usize {
    let heads: [usize; B] = std::array::from_fn(|block| (from + block) / head);
    let mut sums = [simd.splat(0.0); B];
    for (&node, weights) in nodes.iter().zip(weights) {
        let row = &values.row(node as usize)[from..from + B];
        for block in 0..B {
            let weight = simd.splat(weights[heads[block]]);
            sums[block] = simd.mul_add(weight, simd.load(&row[block]), sums[block]);
        }
    }
    for (to, sum) in to[from..].iter_mut().zip(sums) {
        simd.store(to, sum);
    }
    B
}

/// Scores of the nodes: products of attention's result and the pointer's keys, four at a time.
#[inline(always)]
fn point<S: Simd>(simd: S, glimpse: &[Block], nodes: &[u32], tables: &Tables, scores: &mut [f32]) {
    let (pointer, bias) = (&tables.pointer, flat(tables.bias.row(0)));
    let (fours, rest) = nodes.as_chunks::<4>();
    let (to, beyond) = scores.split_at_mut(4 * fours.len());
    for (four, to) in fours.iter().zip(to.as_chunks_mut::<4>().0) {
        let row = |at: usize| &pointer.row(four[at] as usize)[..glimpse.len()];
        let rows = [row(0), row(1), row(2), row(3)];
        let mut sums = [simd.splat(0.0); 4];
        for (block, glimpse) in glimpse.iter().enumerate() {
            let glimpse = simd.load(glimpse);
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum = simd.mul_add(glimpse, simd.load(&row[block]), *sum);
            }
        }
        for ((to, sum), &node) in to.iter_mut().zip(sums).zip(four) {
            *to = simd.sum(sum) + bias[node as usize];
        }
    }
    for (&node, to) in rest.iter().zip(beyond) {
        *to = math::dot(simd, glimpse, pointer.row(node as usize)) + bias[node as usize];
    }
}
