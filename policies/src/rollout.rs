//! The decode loop: constructs solutions by the choices of a policy.

use heuron_problems::{Construct, Cost, Stream, Violation};
use rand::Rng;

use crate::policy::{Lanes, Policy};

/// How a logit row becomes an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decode {
    /// The largest logit; the first of equals.
    Greedy,
    /// At random, with probability proportional to exp(logit / temperature).
    Sample {
        /// Above 0; the smaller, the closer to greedy.
        temperature: f32,
    },
}

/// Where a lane begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Number of the instance in the batch.
    pub instance: usize,
    /// The first action, if it is forced (POMO's multiple starts; Kwon et al., 2020).
    pub opening: Option<u32>,
    /// The lane's own random numbers, so that its choices do not depend on the lanes beside it.
    pub stream: Stream,
}

/// What a lane came to.
#[derive(Clone, Debug)]
pub struct Outcome<P: Construct> {
    /// All actions, a forced opening included.
    pub actions: Vec<u32>,
    /// What they build.
    pub solution: P::Solution,
    /// Its exact cost, or the rule that it breaks.
    pub cost: Result<Cost, Violation>,
}

/// A construction under way.
#[derive(Clone, Debug)]
pub struct Begun<P: Construct> {
    /// Number of the instance in the batch.
    pub instance: usize,
    /// How far it is.
    pub state: P::State,
    /// All actions so far.
    pub actions: Vec<u32>,
    /// Its own random numbers.
    pub stream: Stream,
}

/// Constructs one solution per start, by the choices of `policy`, whose `memory` is its encoding of `batch`.
///
/// `starts` are grouped by instance, ascending. None if `is_over`, which is asked before every step, says so. All
/// memory is taken before the first step, unless the policy takes more.
///
/// # Panics
/// If the instances of the batch differ in width.
pub fn rollout<P: Construct, A: Policy<P> + ?Sized>(
    policy: &A,
    memory: &mut A::Memory,
    batch: &[P],
    starts: Vec<Start>,
    decode: Decode,
    is_over: impl Fn() -> bool,
) -> Option<Vec<Outcome<P>>> {
    let begin = |Start { instance, opening, stream }| {
        let state = open(&batch[instance], opening);
        Begun { instance, state, actions: Vec::from_iter(opening), stream }
    };
    complete(policy, memory, batch, starts.into_iter().map(begin).collect(), decode, is_over)
}

/// Completes constructions that are under way, as [`rollout`] does from the start.
///
/// # Panics
/// If the instances of the batch differ in width.
pub fn complete<P: Construct, A: Policy<P> + ?Sized>(
    policy: &A,
    memory: &mut A::Memory,
    batch: &[P],
    begun: Vec<Begun<P>>,
    decode: Decode,
    is_over: impl Fn() -> bool,
) -> Option<Vec<Outcome<P>>> {
    let width = batch.first().map_or(0, Construct::width);
    assert!(batch.iter().all(|problem| problem.width() == width), "instances of a batch have the same width");
    let instances: Vec<usize> = begun.iter().map(|lane| lane.instance).collect();
    let (mut masks, mut logits) = (vec![false; begun.len() * width], vec![0.0; begun.len() * width]);
    // The policy sees the states side by side.
    let mut states = Vec::with_capacity(begun.len());
    let mut lanes = Vec::with_capacity(begun.len());
    for Begun { state, actions, stream, .. } in begun {
        states.push(state);
        lanes.push((actions, stream));
    }
    while allow(batch, &instances, &states, &mut masks, width) {
        if is_over() {
            return None;
        }
        policy.score(
            memory,
            &Lanes { batch, instances: &instances, states: &states, masks: &masks, width },
            &mut logits,
        );
        let rows = logits.chunks_exact_mut(width).zip(masks.chunks_exact(width));
        let pairs = states.iter_mut().zip(&mut lanes).zip(&instances);
        for (((state, (actions, stream)), &instance), (row, mask)) in pairs.zip(rows) {
            if let Some(action) = decode.choose(row, mask, stream) {
                batch[instance].step(state, action);
                actions.push(action);
            }
        }
    }
    let finished = instances.iter().zip(&states).zip(lanes);
    let outcomes = finished.map(|((&instance, state), (actions, _))| {
        let solution = batch[instance].finish(state);
        Outcome { actions, cost: batch[instance].evaluate(&solution), solution }
    });
    Some(outcomes.collect())
}

fn open<P: Construct>(problem: &P, opening: Option<u32>) -> P::State {
    let mut state = problem.start();
    if let Some(action) = opening {
        problem.step(&mut state, action);
    }
    state
}

/// Fills the masks; false if every lane is finished.
fn allow<P: Construct>(
    batch: &[P],
    instances: &[usize],
    states: &[P::State],
    masks: &mut [bool],
    width: usize,
) -> bool {
    if width == 0 {
        return false;
    }
    let lanes = instances.iter().zip(states).zip(masks.chunks_exact_mut(width));
    lanes.for_each(|((&instance, state), mask)| batch[instance].allowed(state, mask));
    masks.contains(&true)
}

impl Decode {
    /// The action for a row of logits, which may be overwritten; none if no action is allowed. A logit that is not a
    /// number counts as minus infinity: a broken model cannot stop a rollout.
    fn choose(self, row: &mut [f32], mask: &[bool], stream: &mut Stream) -> Option<u32> {
        let allowed = row.iter().zip(mask).enumerate().filter(|(_, (_, allowed))| **allowed);
        let mut best: Option<(usize, f32)> = None;
        for (action, (&logit, _)) in allowed {
            if best.is_none_or(|(_, high)| logit > high || high.is_nan()) {
                best = Some((action, logit));
            }
        }
        let (best, high) = best?;
        match self {
            Decode::Sample { temperature } if high.is_finite() => {
                Some(sample(row, mask, high, temperature, stream).unwrap_or(best) as u32)
            }
            _ => Some(best as u32),
        }
    }
}

/// Draws from the softmax of `row` over the mask by inversion. `high` is the largest logit.
fn sample(row: &mut [f32], mask: &[bool], high: f32, temperature: f32, stream: &mut Stream) -> Option<usize> {
    let mut sum = 0.0;
    for (weight, &allowed) in row.iter_mut().zip(mask) {
        let exact = if allowed { ((*weight - high) / temperature).exp() } else { 0.0 };
        *weight = if exact.is_nan() { 0.0 } else { exact };
        sum += *weight;
    }
    invert(row, stream.random::<f32>() * sum)
}

/// The first place at which the running sum of weights passes `target`; none without a positive weight.
pub(crate) fn invert(weights: &[f32], mut target: f32) -> Option<usize> {
    let mut last = None;
    for (action, &weight) in weights.iter().enumerate().filter(|&(_, &weight)| weight > 0.0) {
        // The last positive weight also catches a target that rounding pushed past the sum.
        last = Some(action);
        target -= weight;
        if target < 0.0 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;

    use super::*;

    fn choose(decode: Decode, row: &[f32], mask: &[bool], draw: u64) -> Option<u32> {
        decode.choose(&mut row.to_vec(), mask, &mut stream(1, "choose", draw))
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest_allowed_logits() {
        let mask = [true, false, true, true];
        assert_eq!(choose(Decode::Greedy, &[0.0, 9.0, 2.0, 2.0], &mask, 0), Some(2));
        assert_eq!(choose(Decode::Greedy, &[0.0; 4], &[false; 4], 0), None);
    }

    #[test]
    fn broken_logits_never_win_and_never_stop_a_lane() {
        let mask = [true; 3];
        for decode in [Decode::Greedy, Decode::Sample { temperature: 1.0 }] {
            for draw in 0..50 {
                assert_eq!(choose(decode, &[f32::NAN, f32::NEG_INFINITY, 0.5], &mask, draw), Some(2));
                assert!(choose(decode, &[f32::NAN; 3], &mask, draw).is_some());
                assert!(choose(decode, &[f32::NEG_INFINITY; 3], &mask, draw).is_some());
                assert!(choose(decode, &[f32::INFINITY, 0.0, 1.0], &mask, draw) == Some(0));
            }
        }
    }

    #[test]
    fn samples_follow_the_softmax() {
        let row = [0.0, 2.0_f32.ln() * 0.5, f32::NEG_INFINITY, 5.0];
        let mask = [true, true, true, false];
        let draws = (0..30_000).map(|draw| choose(Decode::Sample { temperature: 0.5 }, &row, &mask, draw));
        let counts = draws.fold([0; 4], |mut counts, action| {
            counts[action.unwrap() as usize] += 1;
            counts
        });
        assert_eq!(counts[2] + counts[3], 0);
        // Probabilities 1/3 and 2/3: 300 is more than three standard deviations (82).
        assert!((counts[0] - 10_000_i32).abs() < 300, "{counts:?}");
    }
}
