//! The model as a [`Policy`], for the shared rollout: any search can use it.

use super::decoder::Decisions;
use super::encoder::Encoded;
use super::kernels::{Kernel, Simd, flat, math};
use super::model::AttentionModel;
use crate::features::Learnable;
use crate::policy::{Lanes, Policy};

/// Encoded instances, and buffers.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// None for an instance that the model does not fit: its actions are all scored alike.
    encoded: Vec<Option<Encoded>>,
    decisions: Decisions,
}

impl<P: Learnable> Policy<P> for AttentionModel {
    type Memory = Memory;

    fn encode(&self, batch: &[P]) -> Memory {
        let encode = |problem: &P| {
            let mut encoded = Encoded::default();
            self.encode_for_decoding(problem, &mut encoded, &|| false).ok().map(|_| encoded)
        };
        Memory { encoded: batch.iter().map(encode).collect(), decisions: Decisions::default() }
    }

    fn score(&self, memory: &mut Memory, lanes: &Lanes<'_, P>, logits: &mut [f32]) {
        let Memory { encoded, decisions } = memory;
        let mut rows: Vec<usize> = Vec::new();
        decisions.clear(lanes.width);
        let mut at = 0;
        for (row, (instance, state, mask)) in lanes.iter().enumerate() {
            if (decisions.is_full() || instance != at) && !rows.is_empty() {
                self.fill(&encoded[at], decisions, &mut rows, logits, lanes.width);
            }
            at = instance;
            if encoded[instance].is_none() {
                logits[row * lanes.width..][..lanes.width].fill(0.0);
            } else if mask.contains(&true) {
                decisions.push(lanes.batch[instance].context(state), 0, mask);
                rows.push(row);
            }
        }
        if !rows.is_empty() {
            self.fill(&encoded[at], decisions, &mut rows, logits, lanes.width);
        }
    }
}

impl AttentionModel {
    /// Scores the decisions at hand and writes their rows of logits.
    fn fill(
        &self,
        encoded: &Option<Encoded>,
        decisions: &mut Decisions,
        rows: &mut Vec<usize>,
        logits: &mut [f32],
        width: usize,
    ) {
        if let Some(encoded) = encoded {
            self.decide(encoded, decisions);
            self.level.run(Clip { decisions, clip: self.architecture.clip });
            for (r, &row) in rows.iter().enumerate() {
                logits[row * width..][..width].copy_from_slice(&flat(decisions.scores.row(r))[..width]);
            }
        }
        rows.clear();
        decisions.clear(width);
    }
}

/// clip tanh(score).
struct Clip<'a> {
    decisions: &'a mut Decisions,
    clip: f32,
}

impl Kernel for Clip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let clip = simd.splat(self.clip);
        for r in 0..self.decisions.len() {
            for score in self.decisions.scores.row_mut(r) {
                let below = math::tanh_below_one(simd, simd.load(score));
                simd.store(score, simd.mul_add(clip, below, clip));
            }
        }
    }
}
