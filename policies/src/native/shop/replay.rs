//! Recorded schedules, taught to the model again.

use super::decide::Decisions;
use super::decode::log_prob;
use super::encoder::Encoded;
use super::model::DispatchModel;
use crate::features::shop::{Choices, Shop};
use crate::native::Replay;
use crate::native::replay::Step;

impl DispatchModel {
    /// Follows recorded schedules. The first `forced` actions of each were not chosen by the model. An action that was
    /// no choice has log-probability minus infinity.
    pub fn replay<P: Shop>(&self, problem: &P, encoded: &Encoded, traces: &[Vec<u32>], forced: usize) -> Replay {
        let zeros = || traces.iter().map(|trace| vec![0.0; trace.len().saturating_sub(forced)]).collect();
        let mut replay = Replay { log_probs: zeros(), entropies: zeros(), values: Vec::new() };
        let (mut decisions, mut probabilities) = (Decisions::default(), Vec::new());
        let judge = |decisions: &mut Decisions, steps: &[Step]| {
            self.decide(encoded, decisions);
            for (decision, step) in steps.iter().enumerate() {
                let range = decisions.range(decision);
                let logits = &decisions.logits[range];
                let log_prob = log_prob(logits, step.action, &mut probabilities);
                replay.log_probs[step.trace][step.step] = log_prob;
                replay.entropies[step.trace][step.step] = entropy(&probabilities);
            }
        };
        let missed = walk(self, problem, encoded, traces, forced, &mut decisions, |_, _| true, judge);
        missed.iter().for_each(|step| replay.log_probs[step.trace][step.step] = f32::NEG_INFINITY);
        replay
    }
}

/// In nats.
pub(super) fn entropy(probabilities: &[f32]) -> f32 {
    -probabilities.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f32>()
}

/// Repeats recorded schedules and hands the decisions over in groups; `wanted` says which, by trace and step. The
/// action of a step is the number of its choice. Gives the steps whose actions were no choices.
#[allow(clippy::too_many_arguments)]
pub(super) fn walk<P: Shop>(
    model: &DispatchModel,
    problem: &P,
    encoded: &Encoded,
    traces: &[Vec<u32>],
    forced: usize,
    decisions: &mut Decisions,
    wanted: impl Fn(usize, usize) -> bool,
    mut work: impl FnMut(&mut Decisions, &[Step]),
) -> Vec<Step> {
    let (mut steps, mut missed, mut choices) = (Vec::new(), Vec::new(), Choices::default());
    decisions.clear(model.choice);
    for (trace, actions) in traces.iter().enumerate() {
        let mut board = problem.board();
        for (at, &action) in actions.iter().enumerate() {
            if at >= forced && wanted(trace, at - forced) {
                problem.choices(&encoded.floor, &board, &mut choices);
                let step = |action| Step { trace, step: at - forced, action };
                match choices.actions.iter().position(|&other| other == action) {
                    None => missed.push(step(0)),
                    Some(choice) if choices.actions.len() > 1 => {
                        if decisions.is_full(choices.actions.len()) {
                            work(decisions, &steps);
                            steps.clear();
                            decisions.clear(model.choice);
                        }
                        decisions.push(&choices, encoded.latents.of_lane(trace, traces.len()));
                        steps.push(step(choice));
                    }
                    Some(_) => {}
                }
            }
            problem.advance(&mut board, action);
        }
    }
    if !steps.is_empty() {
        work(decisions, &steps);
    }
    missed
}
