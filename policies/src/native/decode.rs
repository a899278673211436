//! The fast rollout: many constructions of one instance, side by side, without anything that learning needs.

use heuron_problems::{Cost, Stream, Violation};
use rand::Rng;

use super::allowed::Allowed;
use super::compact::Choices;
use super::decoder::{Decisions, NEVER};
use super::encoder::Encoded;
use super::kernels::{Block, Kernel, LANES, Simd, flat, math};
use super::matrix::Matrix;
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
    /// Is asked before every step and after every few decisions whether to stop.
    pub is_over: &'a dyn Fn() -> bool,
}

/// Buffers of a rollout, reused.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Decisions among many nodes, and their lanes.
    decisions: Decisions,
    lanes: Vec<usize>,
    /// Among few nodes.
    choices: Choices,
    few_lanes: Vec<usize>,
    chosen: Vec<(usize, f32)>,
    uniform: Vec<f32>,
    mask: Vec<bool>,
    allowed: Allowed,
}

struct Lane<S> {
    state: S,
    actions: Vec<u32>,
    log_prob: f32,
}

impl AttentionModel {
    /// Constructs a solution per start, which may force the first action. Sampling draws from one stream per start, so
    /// that a lane does not depend on the lanes beside it; greedy decoding takes none. None if the rollout is over
    /// before its end.
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
        let few = self.few(width);
        scratch.clear(width, few);
        while !active.is_empty() {
            let mut is_over = (rollout.is_over)();
            active.retain(|&lane| {
                if is_over {
                    return true;
                }
                let live = lanes[lane].advance(problem, &mut scratch.mask, &mut scratch.allowed);
                if live {
                    let latent = encoded.tables.latent.of_lane(lane, count);
                    let context = problem.context(&lanes[lane].state);
                    if !encoded.tables.is_direct && scratch.allowed.count() <= few {
                        scratch.choices.push(context, latent, &scratch.allowed);
                        scratch.few_lanes.push(lane);
                    } else {
                        scratch.decisions.push(context, latent, &scratch.mask);
                        scratch.lanes.push(lane);
                    }
                    if scratch.decisions.is_full() || scratch.choices.is_full() {
                        self.choose(problem, encoded, &mut lanes, &mut rollout, scratch);
                        is_over = (rollout.is_over)();
                    }
                }
                live
            });
            if is_over {
                return None;
            }
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
        let Scratch { decisions, lanes: many_lanes, choices, few_lanes, chosen, uniform, .. } = scratch;
        if !many_lanes.is_empty() {
            self.decide(encoded, decisions);
            self.level.run(Forbid { decisions });
            self.pick(&mut decisions.scores, many_lanes, rollout, uniform, chosen);
            for (&lane, &(place, log_prob)) in many_lanes.iter().zip(&*chosen) {
                lanes[lane].log_prob += log_prob;
                lanes[lane].take(problem, place as u32);
            }
        }
        if !few_lanes.is_empty() {
            self.decide_among_few(encoded, choices);
            self.pick(&mut choices.scores, few_lanes, rollout, uniform, chosen);
            for (r, (&lane, &(place, log_prob))) in few_lanes.iter().zip(&*chosen).enumerate() {
                lanes[lane].log_prob += log_prob;
                lanes[lane].take(problem, choices.nodes(r)[place]);
            }
        }
        let n = encoded.nodes();
        scratch.clear(n, self.few(n));
    }

    /// Chooses a place in the row of scores of every lane.
    fn pick(
        &self,
        scores: &mut Matrix,
        lanes: &[usize],
        rollout: &mut Rollout<'_>,
        uniform: &mut Vec<f32>,
        chosen: &mut Vec<(usize, f32)>,
    ) {
        chosen.clear();
        match rollout.decode {
            Decode::Greedy => self.level.run(Highest { scores, rows: lanes.len(), chosen }),
            Decode::Sample { temperature } => {
                uniform.clear();
                uniform.extend(lanes.iter().map(|&lane| rollout.streams[lane].random::<f32>()));
                let scale = self.architecture.clip / temperature;
                self.level.run(Sample { scores, scale, uniform, chosen });
            }
        }
    }
}

impl Scratch {
    /// Forgets all decisions; the next ones are among n nodes, of which at most `few` are few.
    fn clear(&mut self, n: usize, few: usize) {
        self.decisions.clear(n);
        self.lanes.clear();
        self.choices.clear(few);
        self.few_lanes.clear();
    }
}

impl<S> Lane<S> {
    fn take<P: Learnable<State = S>>(&mut self, problem: &P, action: u32) {
        problem.step(&mut self.state, action);
        self.actions.push(action);
    }

    /// Takes actions without alternative, then reads what is allowed; false if the solution is finished.
    fn advance<P: Learnable<State = S>>(&mut self, problem: &P, mask: &mut [bool], allowed: &mut Allowed) -> bool {
        loop {
            problem.allowed(&self.state, mask);
            allowed.read(mask);
            match allowed.count() {
                0 => return false,
                1 => allowed.iter().for_each(|action| self.take(problem, action)),
                _ => return true,
            }
        }
    }
}

/// Makes the scores of forbidden actions [`NEVER`].
struct Forbid<'a> {
    decisions: &'a mut Decisions,
}

impl Kernel for Forbid<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for r in 0..self.decisions.len() {
            let (scores, mask) = (self.decisions.scores.row_mut(r), self.decisions.masks.row(r));
            for (score, mask) in scores.iter_mut().zip(mask) {
                let allowed = simd.if_above(simd.load(mask), simd.splat(0.0), simd.load(score), simd.splat(NEVER));
                simd.store(score, allowed);
            }
        }
    }
}

/// The place of the highest score, the first of equals; tanh changes no order.
struct Highest<'a> {
    scores: &'a Matrix,
    rows: usize,
    chosen: &'a mut Vec<(usize, f32)>,
}

impl Kernel for Highest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for r in 0..self.rows {
            let row = self.scores.row(r);
            let high = math::highest(simd, row);
            let best = math::place(simd, row, high).filter(|_| high > NEVER);
            self.chosen.push((best.unwrap_or_else(|| any(row)), 0.0));
        }
    }
}

/// An allowed place, where scores are no numbers.
#[cold]
fn any(row: &[Block]) -> usize {
    flat(row).iter().position(|&score| score != NEVER).unwrap_or(0)
}

/// Draws from the softmax of scale tanh(score) over the allowed places, by inversion.
struct Sample<'a> {
    scores: &'a mut Matrix,
    scale: f32,
    /// A number from \[0, 1) per row.
    uniform: &'a [f32],
    chosen: &'a mut Vec<(usize, f32)>,
}

impl Kernel for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (scale, never) = (simd.splat(self.scale), simd.splat(NEVER));
        for (r, &uniform) in self.uniform.iter().enumerate() {
            let row = self.scores.row_mut(r);
            let mut high = never;
            for score in row.iter_mut() {
                let logit = simd.mul(scale, math::tanh_below_one(simd, simd.load(score)));
                // Not above: a score that is no number stays one.
                let logit = simd.if_above(simd.splat(0.5 * NEVER), simd.load(score), never, logit);
                simd.store(score, logit);
                high = simd.max(high, logit);
            }
            let high = simd.highest(high);
            if high.is_nan() || high <= NEVER {
                self.chosen.push((any(row), 0.0));
                continue;
            }
            let sum = math::exponentials(simd, row, high);
            let place = invert(simd, row, uniform * sum).unwrap_or(0);
            let share = row[place / LANES].0[place % LANES] / sum;
            self.chosen.push((place, share.ln()));
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
