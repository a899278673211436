//! The fast rollout: many constructions of one instance, side by side, without anything that learning needs.

use heuron_problems::{Cost, Stream, Violation};
use rand::Rng;

use super::decoder::{Decisions, NEVER};
use super::encoder::Encoded;
use super::kernels::{Block, Kernel, LANES, Simd, math};
use super::model::AttentionModel;
use crate::features::Learnable;
use crate::rollout::Decode;

/// A finished construction.
#[derive(Clone, Debug)]
pub struct Trajectory {
    /// All actions, a forced opening included.
    pub actions: Vec<u32>,
    /// The exact cost, or the rule that the solution breaks.
    pub cost: Result<Cost, Violation>,
    /// Sum of the log-probabilities of the sampled actions; 0 in greedy decoding, which does not need them.
    pub log_prob: f32,
}

/// Constructions side by side, one per lane.
pub struct Rollout<'a> {
    /// Actions that are forced at the beginning \[lanes\].
    pub starts: &'a [Option<u32>],
    /// Random numbers \[lanes\], so that a lane does not depend on the lanes beside it; greedy decoding takes none.
    pub streams: &'a mut [Stream],
    /// How they choose.
    pub decode: Decode,
    /// Is asked before every step whether to stop.
    pub is_over: &'a dyn Fn() -> bool,
}

/// Buffers of a rollout, reused.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    decisions: Decisions,
    /// Lanes of the decisions.
    lanes: Vec<usize>,
    chosen: Vec<(usize, f32)>,
    uniform: Vec<f32>,
    mask: Vec<bool>,
}

struct Lane<S> {
    state: S,
    actions: Vec<u32>,
    log_prob: f32,
}

impl AttentionModel {
    /// Constructs a solution per start, which may force the first action. Sampling draws from one stream per start, so
    /// that a lane does not depend on the lanes beside it; greedy decoding takes none.
    pub fn decode<P: Learnable>(
        &self,
        problem: &P,
        encoded: &Encoded,
        starts: &[Option<u32>],
        streams: &mut [Stream],
        decode: Decode,
        scratch: &mut Scratch,
    ) -> Vec<Trajectory> {
        let rollout = Rollout { starts, streams, decode, is_over: &|| false };
        self.decode_unless(problem, encoded, rollout, scratch).unwrap_or_default()
    }

    /// As [`Self::decode`]; none if the rollout is over before its end.
    pub fn decode_unless<P: Learnable>(
        &self,
        problem: &P,
        encoded: &Encoded,
        mut rollout: Rollout<'_>,
        scratch: &mut Scratch,
    ) -> Option<Vec<Trajectory>> {
        let width = problem.width();
        let open = |&start: &Option<u32>| {
            let mut lane = Lane { state: problem.start(), actions: Vec::with_capacity(2 * width), log_prob: 0.0 };
            start.into_iter().for_each(|action| lane.take(problem, action));
            lane
        };
        let mut lanes: Vec<Lane<P::State>> = rollout.starts.iter().map(open).collect();
        let mut active: Vec<usize> = (0..lanes.len()).collect();
        let count = lanes.len();
        scratch.mask.clear();
        scratch.mask.resize(width, false);
        scratch.decisions.clear(width);
        scratch.lanes.clear();
        while !active.is_empty() {
            if (rollout.is_over)() {
                return None;
            }
            active.retain(|&lane| {
                let live = lanes[lane].advance(problem, &mut scratch.mask);
                if live {
                    let latent = encoded.tables.latent.of_lane(lane, count);
                    scratch.decisions.push(problem.context(&lanes[lane].state), latent, &scratch.mask);
                    scratch.lanes.push(lane);
                    if scratch.decisions.is_full() {
                        self.choose(problem, encoded, &mut lanes, &mut rollout, scratch);
                    }
                }
                live
            });
            self.choose(problem, encoded, &mut lanes, &mut rollout, scratch);
        }
        let finish = |lane: Lane<P::State>| {
            let cost = problem.evaluate(&problem.finish(&lane.state));
            Trajectory { actions: lane.actions, cost, log_prob: lane.log_prob }
        };
        Some(lanes.into_iter().map(finish).collect())
    }

    /// Takes an action in every lane that waits for a decision.
    fn choose<P: Learnable>(
        &self,
        problem: &P,
        encoded: &Encoded,
        lanes: &mut [Lane<P::State>],
        rollout: &mut Rollout<'_>,
        scratch: &mut Scratch,
    ) {
        self.decide(encoded, &mut scratch.decisions);
        scratch.chosen.clear();
        let (decisions, chosen) = (&mut scratch.decisions, &mut scratch.chosen);
        match rollout.decode {
            Decode::Greedy => self.level.run(Highest { decisions, chosen }),
            Decode::Sample { temperature } => {
                scratch.uniform.clear();
                scratch.uniform.extend(scratch.lanes.iter().map(|&lane| rollout.streams[lane].random::<f32>()));
                let scale = self.architecture.clip / temperature;
                self.level.run(Sample { decisions, scale, uniform: &scratch.uniform, chosen });
            }
        }
        for (&lane, &(action, log_prob)) in scratch.lanes.iter().zip(&scratch.chosen) {
            lanes[lane].log_prob += log_prob;
            lanes[lane].take(problem, action as u32);
        }
        scratch.lanes.clear();
        scratch.decisions.clear(encoded.nodes());
    }
}

impl<S> Lane<S> {
    fn take<P: Learnable<State = S>>(&mut self, problem: &P, action: u32) {
        problem.step(&mut self.state, action);
        self.actions.push(action);
    }

    /// Takes actions without alternative, then fills the mask; false if the solution is finished.
    fn advance<P: Learnable<State = S>>(&mut self, problem: &P, mask: &mut [bool]) -> bool {
        loop {
            problem.allowed(&self.state, mask);
            match only(mask) {
                Allowed::Several => return true,
                Allowed::One(action) => self.take(problem, action),
                Allowed::None => return false,
            }
        }
    }
}

pub(super) enum Allowed {
    None,
    One(u32),
    Several,
}

/// How many actions a mask allows.
pub(super) fn only(mask: &[bool]) -> Allowed {
    let mut allowed = mask.iter().enumerate().filter(|(_, allowed)| **allowed).map(|(action, _)| action as u32);
    match (allowed.next(), allowed.next()) {
        (None, _) => Allowed::None,
        (Some(action), None) => Allowed::One(action),
        _ => Allowed::Several,
    }
}

/// The action of the highest score, the first of equals; tanh changes no order.
struct Highest<'a> {
    decisions: &'a Decisions,
    chosen: &'a mut Vec<(usize, f32)>,
}

impl Kernel for Highest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for r in 0..self.decisions.len() {
            let (scores, mask) = (self.decisions.scores.row(r), self.decisions.masks.row(r));
            let mut high = simd.splat(f32::NEG_INFINITY);
            for (score, mask) in scores.iter().zip(mask) {
                high = simd.max(high, allowed_score(simd, simd.load(score), simd.load(mask)));
            }
            let high = simd.highest(high);
            let is_best = |&action: &usize| {
                let (block, lane) = (action / LANES, action % LANES);
                mask[block].0[lane] > 0.0 && scores[block].0[lane] == high
            };
            let best = (0..mask.len() * LANES).find(is_best);
            // Scores that are no numbers: any allowed action will do.
            self.chosen.push((best.or_else(|| first(mask)).unwrap_or(0), 0.0));
        }
    }
}

/// The score where the mask is 1, else [`NEVER`].
#[inline(always)]
pub(super) fn allowed_score<S: Simd>(simd: S, score: S::V, mask: S::V) -> S::V {
    simd.if_above(mask, simd.splat(0.0), score, simd.splat(NEVER))
}

fn first(mask: &[Block]) -> Option<usize> {
    mask.iter().flat_map(|block| block.0).position(|allowed| allowed > 0.0)
}

/// Draws from the softmax of scale tanh(score) over the allowed actions, by inversion.
struct Sample<'a> {
    decisions: &'a mut Decisions,
    scale: f32,
    /// A number from \[0, 1) per decision.
    uniform: &'a [f32],
    chosen: &'a mut Vec<(usize, f32)>,
}

impl Kernel for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let scale = simd.splat(self.scale);
        for (r, &uniform) in self.uniform.iter().enumerate() {
            let (row, mask) = (self.decisions.scores.row_mut(r), self.decisions.masks.row(r));
            let mut high = simd.splat(NEVER);
            for (score, mask) in row.iter_mut().zip(mask) {
                let logit = simd.mul(scale, math::tanh_below_one(simd, simd.load(score)));
                let logit = allowed_score(simd, logit, simd.load(mask));
                simd.store(score, logit);
                high = simd.max(high, logit);
            }
            let sum = math::exponentials(simd, row, simd.highest(high));
            let action = invert(simd, row, uniform * sum).or_else(|| first(mask)).unwrap_or(0);
            let share = row[action / LANES].0[action % LANES] / sum;
            self.chosen.push((action, share.ln()));
        }
    }
}

/// The first action at which the running sum of weights passes `target`, or the last of positive weight, where rounding
/// put the target beyond the sum.
#[inline(always)]
fn invert<S: Simd>(simd: S, weights: &[Block], mut target: f32) -> Option<usize> {
    let mut last = None;
    for (index, block) in weights.iter().enumerate() {
        let sum = simd.sum(simd.load(block));
        if target >= sum && index + 1 < weights.len() {
            target -= sum;
            continue;
        }
        for (lane, &weight) in block.0.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            last = Some(index * LANES + lane);
            target -= weight;
            if target < 0.0 {
                return last;
            }
        }
    }
    last.or_else(|| (0..weights.len() * LANES).rev().find(|&action| weights[action / LANES].0[action % LANES] > 0.0))
}
