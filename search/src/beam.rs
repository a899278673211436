//! Beam search over a policy's log-probabilities: the constructions that are most probable so far go on together.

use heuron_policies::{Lanes, Outcome, Policy};
use heuron_problems::Construct;

/// A construction under way or finished.
struct Lane<P: Construct> {
    state: P::State,
    actions: Vec<u32>,
    log_prob: f64,
    is_finished: bool,
}

/// Finished constructions of a beam of `width` lanes, by `policy`, whose `memory` is its encoding of the problem. It
/// begins with every one of `openings` (or, without openings, with the empty solution). Of equally probable
/// constructions the one that comes first stays.
pub fn beam<P: Construct, A: Policy<P> + ?Sized>(
    policy: &A,
    memory: &mut A::Memory,
    problem: &P,
    openings: &[u32],
    width: usize,
) -> Vec<Outcome<P>> {
    let batch = std::slice::from_ref(problem);
    let (actions, width) = (problem.width(), width.max(1));
    let open = |opening: Option<&u32>| {
        let mut state = problem.start();
        opening.into_iter().for_each(|&action| problem.step(&mut state, action));
        Lane { state, actions: opening.copied().into_iter().collect(), log_prob: 0.0, is_finished: actions == 0 }
    };
    let mut lanes: Vec<Lane<P>> = if openings.is_empty() {
        vec![open(None)]
    } else {
        openings.iter().map(|opening| open(Some(opening))).collect()
    };
    while lanes.iter().any(|lane| !lane.is_finished) {
        let states: Vec<P::State> = lanes.iter().map(|lane| lane.state.clone()).collect();
        let mut masks = vec![false; lanes.len() * actions];
        for (state, mask) in states.iter().zip(masks.chunks_exact_mut(actions)) {
            problem.allowed(state, mask);
        }
        let mut logits = vec![0.0; masks.len()];
        let instances = vec![0; lanes.len()];
        let view = Lanes { batch, instances: &instances, states: &states, masks: &masks, width: actions };
        policy.score(memory, &view, &mut logits);
        let rows = logits.chunks_exact(actions).zip(masks.chunks_exact(actions));
        let mut candidates: Vec<(f64, usize, Option<u32>)> = Vec::new();
        for (index, (lane, (row, mask))) in lanes.iter().zip(rows).enumerate() {
            extend(lane.log_prob, index, row, mask, &mut candidates);
        }
        // Stable: the order of lanes and actions decides between equals.
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        candidates.truncate(width);
        lanes = candidates.into_iter().map(|candidate| follow(problem, &lanes, candidate)).collect();
    }
    let outcome = |lane: Lane<P>| {
        let solution = problem.finish(&lane.state);
        Outcome { actions: lane.actions, cost: problem.evaluate(&solution), solution }
    };
    lanes.into_iter().map(outcome).collect()
}

/// Adds the continuations of a lane; a finished one is its own.
fn extend(log_prob: f64, index: usize, row: &[f32], mask: &[bool], to: &mut Vec<(f64, usize, Option<u32>)>) {
    let allowed = || row.iter().zip(mask).enumerate().filter(|(_, (_, allowed))| **allowed);
    // A logit that is no number counts as very small: a broken model cannot stop the search.
    let logit = |&x: &f32| if x.is_nan() { f64::from(f32::MIN) } else { f64::from(x.clamp(f32::MIN, f32::MAX)) };
    let high = allowed().map(|(_, (x, _))| logit(x)).fold(f64::NEG_INFINITY, f64::max);
    if high == f64::NEG_INFINITY {
        to.push((log_prob, index, None));
        return;
    }
    let sum: f64 = allowed().map(|(_, (x, _))| (logit(x) - high).exp()).sum();
    to.extend(allowed().map(|(action, (x, _))| (log_prob + logit(x) - high - sum.ln(), index, Some(action as u32))));
}

fn follow<P: Construct>(
    problem: &P,
    lanes: &[Lane<P>],
    (log_prob, lane, action): (f64, usize, Option<u32>),
) -> Lane<P> {
    let (mut state, mut actions) = (lanes[lane].state.clone(), lanes[lane].actions.clone());
    if let Some(action) = action {
        problem.step(&mut state, action);
        actions.push(action);
    }
    Lane { state, actions, log_prob, is_finished: action.is_none() }
}

#[cfg(test)]
mod tests {
    use heuron_policies::rules::NearestNeighbour;
    use heuron_problems::{Distances, Problem, Tsp};

    use super::*;

    /// Node 1 is nearest to 0, but leads to a longer tour than node 2.
    fn trap() -> Tsp {
        Tsp::new("", Distances::from_matrix(4, vec![0, 1, 2, 9, 1, 0, 9, 9, 2, 9, 0, 1, 9, 9, 1, 0]))
    }

    #[test]
    fn beam_as_wide_as_the_tree_finds_every_tour() {
        let tsp = trap();
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(&tsp));
        let found = beam(&NearestNeighbour, memory, &tsp, &[0], 100);
        let mut tours: Vec<Vec<u32>> = found.iter().map(|outcome| outcome.solution.nodes.clone()).collect();
        tours.sort();
        tours.dedup();
        assert_eq!(tours.len(), 6);
        assert!(found.iter().all(|outcome| outcome.cost == tsp.evaluate(&outcome.solution)));
    }

    #[test]
    fn narrow_beam_is_greedy() {
        let tsp = trap();
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(&tsp));
        let found = beam(&NearestNeighbour, memory, &tsp, &[0], 1);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].solution.nodes[1], 1);
    }
}
