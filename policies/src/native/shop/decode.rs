//! The rollout: many schedules of one instance, side by side.

use rand::Rng;

use super::decide::Decisions;
use super::encoder::Encoded;
use super::model::DispatchModel;
use crate::features::shop::{Choices, Shop};
use crate::native::decode::{Rollout, Trajectory};
use crate::rollout::{Decode, invert};

/// Buffers of a rollout, reused.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    decisions: Decisions,
    choices: Choices,
    /// Lanes of the decisions.
    lanes: Vec<usize>,
    weights: Vec<f32>,
}

struct Lane<B> {
    board: B,
    actions: Vec<u32>,
    log_prob: f32,
}

impl DispatchModel {
    /// Constructs a schedule per start, which may force the first action. Sampling draws from one stream per start, so
    /// that a lane does not depend on the lanes beside it; greedy decoding takes none. None if the rollout is over
    /// before its end.
    pub fn decode_unless<P: Shop>(
        &self,
        problem: &P,
        encoded: &Encoded,
        mut rollout: Rollout<'_>,
        scratch: &mut Scratch,
    ) -> Option<Vec<Trajectory>> {
        let open = |&start: &Option<u32>| {
            let actions = Vec::with_capacity(encoded.nodes());
            let mut lane = Lane { board: problem.board(), actions, log_prob: 0.0 };
            start.into_iter().for_each(|action| lane.take(problem, action));
            lane
        };
        let mut lanes: Vec<Lane<P::Board>> = rollout.starts.iter().map(open).collect();
        let mut active: Vec<usize> = (0..lanes.len()).collect();
        scratch.decisions.clear(self.choice);
        scratch.lanes.clear();
        while !active.is_empty() {
            if (rollout.is_over)() {
                return None;
            }
            active.retain(|&lane| {
                lanes[lane].proceed(problem, encoded, &mut scratch.choices);
                let count = scratch.choices.actions.len();
                if scratch.decisions.is_full(count) {
                    self.choose(problem, encoded, &mut lanes, &mut rollout, scratch);
                }
                if count > 0 {
                    let latent = encoded.latents.of_lane(lane, lanes.len());
                    scratch.decisions.push(&scratch.choices, latent);
                    scratch.lanes.push(lane);
                }
                count > 0
            });
            self.choose(problem, encoded, &mut lanes, &mut rollout, scratch);
        }
        let finish = |lane: Lane<P::Board>| {
            let cost = problem.evaluate(&problem.finish(P::state(&lane.board)));
            Trajectory { actions: lane.actions, cost, log_prob: lane.log_prob }
        };
        Some(lanes.into_iter().map(finish).collect())
    }

    /// Takes an action in every lane that waits for a decision.
    fn choose<P: Shop>(
        &self,
        problem: &P,
        encoded: &Encoded,
        lanes: &mut [Lane<P::Board>],
        rollout: &mut Rollout<'_>,
        scratch: &mut Scratch,
    ) {
        self.decide(encoded, &mut scratch.decisions);
        let Scratch { decisions, lanes: waiting, weights, .. } = scratch;
        for (decision, &lane) in waiting.iter().enumerate() {
            let range = decisions.range(decision);
            let logits = &decisions.logits[range.clone()];
            let (chosen, log_prob) = match rollout.decode {
                Decode::Greedy => (highest(logits), 0.0),
                Decode::Sample { temperature } => {
                    let sum = exponentials(logits, temperature, weights);
                    let chosen = invert(weights, rollout.streams[lane].random::<f32>() * sum).unwrap_or(0);
                    (chosen, log_prob(logits, chosen, weights))
                }
            };
            lanes[lane].log_prob += log_prob;
            lanes[lane].take(problem, decisions.actions[range.start + chosen]);
        }
        scratch.lanes.clear();
        scratch.decisions.clear(self.choice);
    }
}

impl<B> Lane<B> {
    fn take<P: Shop<Board = B>>(&mut self, problem: &P, action: u32) {
        problem.advance(&mut self.board, action);
        self.actions.push(action);
    }

    /// Takes the actions that have no alternative; then there are none or several choices.
    fn proceed<P: Shop<Board = B>>(&mut self, problem: &P, encoded: &Encoded, choices: &mut Choices) {
        loop {
            problem.choices(&encoded.floor, &self.board, choices);
            let &[action] = &choices.actions[..] else { return };
            self.take(problem, action);
        }
    }
}

/// The first of the largest.
fn highest(logits: &[f32]) -> usize {
    (1..logits.len()).fold(0, |best, at| if logits[at] > logits[best] { at } else { best })
}

/// exp((logit - highest) / temperature), and their sum.
fn exponentials(logits: &[f32], temperature: f32, weights: &mut Vec<f32>) -> f32 {
    let high = logits[highest(logits)];
    weights.clear();
    weights.extend(logits.iter().map(|&logit| ((logit - high) / temperature).exp()));
    weights.iter().sum()
}

/// Of a choice by the softmax of the logits; `weights` become its probabilities.
pub(super) fn log_prob(logits: &[f32], chosen: usize, weights: &mut Vec<f32>) -> f32 {
    let sum = exponentials(logits, 1.0, weights);
    weights.iter_mut().for_each(|weight| *weight /= sum);
    logits[chosen] - logits[highest(logits)] - sum.ln()
}
