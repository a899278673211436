//! Recorded constructions, taught to the model again: log-probabilities, entropies and values of every step.

use super::decoder::{Decisions, NEVER};
use super::encoder::Encoded;
use super::kernels::{Block, Kernel, LANES, Simd, math};
use super::model::AttentionModel;
use super::value::Glimpse;
use crate::features::Learnable;

/// What the model thinks of recorded constructions \[trace\]\[step\]. Forced first steps are left out: the first entry
/// belongs to step `forced`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// Of the recorded actions; minus infinity for one that was not allowed.
    pub log_probs: Vec<Vec<f32>>,
    /// Of the choices, in nats.
    pub entropies: Vec<Vec<f32>>,
    /// By the value head; empty lists without one.
    pub values: Vec<Vec<f32>>,
}

/// A step of a recorded construction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub trace: usize,
    /// Counted from the first that was not forced.
    pub step: usize,
    pub action: usize,
}

impl AttentionModel {
    /// Follows recorded constructions. The first `forced` actions of each were not chosen by the model.
    pub fn replay<P: Learnable>(&self, problem: &P, encoded: &Encoded, traces: &[Vec<u32>], forced: usize) -> Replay {
        let zeros = || traces.iter().map(|trace| vec![0.0; trace.len().saturating_sub(forced)]).collect();
        let values = self.value.as_ref().map(|_| zeros());
        let mut replay = Replay { log_probs: zeros(), entropies: zeros(), values: values.unwrap_or_default() };
        let (mut decisions, mut glimpse) = (Decisions::default(), Glimpse::default());
        walk(
            problem,
            encoded,
            traces,
            forced,
            &mut decisions,
            |_, _| true,
            true,
            |decisions, steps| {
                self.decide(encoded, decisions);
                if let Some(value) = &self.value {
                    self.evaluate(value, decisions, &mut glimpse);
                    for (step, &value) in steps.iter().zip(&glimpse.values) {
                        replay.values[step.trace][step.step] = value;
                    }
                }
                self.level.run(Judge { decisions, steps, clip: self.architecture.clip, replay: &mut replay });
            },
        );
        replay
    }
}

/// Repeats recorded constructions and hands the decisions over in groups of a few; `wanted` says which, by trace and
/// step. Steps without an alternative are handed over only if `always`: they are certain.
#[allow(clippy::too_many_arguments)]
pub(super) fn walk<P: Learnable>(
    problem: &P,
    encoded: &Encoded,
    traces: &[Vec<u32>],
    forced: usize,
    decisions: &mut Decisions,
    wanted: impl Fn(usize, usize) -> bool,
    always: bool,
    mut work: impl FnMut(&mut Decisions, &[Step]),
) {
    let mut steps = Vec::new();
    let mut mask = vec![false; problem.width()];
    decisions.clear(problem.width());
    for (index, trace) in traces.iter().enumerate() {
        let mut state = problem.start();
        for (at, &action) in trace.iter().enumerate() {
            if at >= forced && wanted(index, at - forced) {
                problem.allowed(&state, &mut mask);
                if always || mask.iter().filter(|allowed| **allowed).count() > 1 {
                    let latent = encoded.tables.latent.of_lane(index, traces.len());
                    decisions.push(problem.context(&state), latent, &mask);
                    steps.push(Step { trace: index, step: at - forced, action: action as usize });
                }
                if decisions.is_full() {
                    work(decisions, &steps);
                    steps.clear();
                    decisions.clear(problem.width());
                }
            }
            problem.step(&mut state, action);
        }
    }
    if !steps.is_empty() {
        work(decisions, &steps);
    }
}

/// Log-probabilities and entropies.
struct Judge<'a> {
    decisions: &'a mut Decisions,
    steps: &'a [Step],
    clip: f32,
    replay: &'a mut Replay,
}

impl Kernel for Judge<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (r, step) in self.steps.iter().enumerate() {
            let (row, mask) = (self.decisions.scores.row_mut(r), self.decisions.masks.row(r));
            let clip = simd.splat(self.clip);
            let mut high = simd.splat(NEVER);
            for (score, mask) in row.iter_mut().zip(mask) {
                let logit = simd.mul(clip, math::tanh_below_one(simd, simd.load(score)));
                let logit = simd.if_above(simd.load(mask), simd.splat(0.0), logit, simd.splat(NEVER));
                simd.store(score, logit);
                high = simd.max(high, logit);
            }
            let high = simd.highest(high);
            let chosen = row[step.action / LANES].0[step.action % LANES];
            let (sum, mean) = moments(simd, row, high);
            let log_prob = if chosen > NEVER { chosen - high - sum.ln() } else { f32::NEG_INFINITY };
            self.replay.log_probs[step.trace][step.step] = log_prob;
            self.replay.entropies[step.trace][step.step] = sum.ln() - mean;
        }
    }
}

/// Replaces a row by e = exp(u), u = row - high; gives the sum of e, and the mean of u under the weights e.
#[inline(always)]
pub(super) fn moments<S: Simd>(simd: S, row: &mut [Block], high: f32) -> (f32, f32) {
    let high = simd.splat(high);
    let (mut sum, mut product) = (simd.splat(0.0), simd.splat(0.0));
    for block in row {
        let below = simd.sub(simd.load(block), high);
        let weight = math::exp(simd, below);
        simd.store(block, weight);
        sum = simd.add(sum, weight);
        product = simd.mul_add(weight, below, product);
    }
    let sum = simd.sum(sum);
    (sum, simd.sum(product) / sum)
}
