//! Attention weights of decisions without tables of pairs of nodes, for instances that are too large for them: queries
//! are summed, then compared with all keys.

use super::decoder::{Decisions, NEVER, ROWS};
use super::kernels::{Block, Kernel, LANES, Simd, math};
use super::matrix::{Matrix, Shape, multiply};
use super::model::AttentionModel;
use super::tables::Tables;

impl AttentionModel {
    /// Fills `attention` and `inverse` of all decisions.
    pub(super) fn score_directly(&self, tables: &Tables, decisions: &mut Decisions) {
        let (level, size) = (self.level, self.size);
        let Decisions { contexts, latents, masks, attention, inverse, query, .. } = decisions;
        query.clear(ROWS, size.all_heads);
        for (r, context) in contexts.iter().enumerate() {
            let parts = [(&tables.first, context.first), (&tables.last, context.last)];
            for (part, node) in parts {
                if let Some(node) = node.filter(|_| part.query.rows() > 0) {
                    add(query.row_mut(r), part.query.row(node as usize), 1.0);
                }
            }
            if tables.scalar.query.rows() > 0 {
                add(query.row_mut(r), tables.scalar.query.row(0), context.left);
            }
            if tables.latent.len() > 0 {
                add(query.row_mut(r), tables.latent.part.query.row(latents[r]), 1.0);
            }
        }
        let wide = masks.blocks();
        for head in 0..size.heads {
            let shape = Shape { m: contexts.len(), k: size.head * LANES, n: wide, add: false };
            let keys = (&tables.keys, head * size.head * LANES * tables.keys.stride());
            multiply(level, shape, query.left(head * size.head), keys, (attention, head * wide));
        }
        level.run(Weigh { heads: size.heads, rows: contexts.len(), masks, attention, inverse });
    }
}

fn add(to: &mut [Block], from: &[Block], factor: f32) {
    let blocks = to.iter_mut().zip(from);
    blocks.for_each(|(to, from)| to.0.iter_mut().zip(from.0).for_each(|(to, x)| *to += factor * x));
}

/// From scores to weights before division by their sum, and to its inverse.
struct Weigh<'a> {
    heads: usize,
    rows: usize,
    masks: &'a Matrix,
    attention: &'a mut Matrix,
    inverse: &'a mut [f32],
}

impl Kernel for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for r in 0..self.rows {
            let mask = self.masks.row(r);
            let heads = self.attention.row_mut(r).chunks_exact_mut(mask.len());
            for (scores, inverse) in heads.zip(&mut self.inverse[r * self.heads..]) {
                let mut high = simd.splat(NEVER);
                for (score, mask) in scores.iter_mut().zip(mask) {
                    let allowed = simd.if_above(simd.load(mask), simd.splat(0.0), simd.load(score), simd.splat(NEVER));
                    simd.store(score, allowed);
                    high = simd.max(high, allowed);
                }
                *inverse = 1.0 / math::exponentials(simd, scores, simd.highest(high));
            }
        }
    }
}
