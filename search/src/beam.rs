//! Beam search over a policy's log-probabilities: the constructions that are most probable so far go on together.

use heuron_policies::{Lanes, Outcome, Policy};
use heuron_problems::Construct;

/// A construction under way or finished.
#[derive(Clone, Copy)]
struct Lane {
    /// Number of its opening.
    opening: usize,
    /// Of its actions after the opening.
    log_prob: f64,
    /// Place of its last action in the tree; none before the first.
    last: Option<usize>,
    is_finished: bool,
}

/// How a lane goes on.
struct Child {
    log_prob: f64,
    /// Number of the lane.
    parent: usize,
    /// None: it was finished.
    action: Option<u32>,
}

/// The lanes side by side, those of an opening together.
struct Frontier<P: Construct> {
    lanes: Vec<Lane>,
    states: Vec<P::State>,
    /// The states before a step, taken by the last child of each.
    before: Vec<Option<P::State>>,
    /// Children of every lane that are still to come.
    left: Vec<usize>,
    /// Every action that was taken, after the place of the one before it.
    tree: Vec<(Option<usize>, u32)>,
}

/// Finished constructions of a beam of `width` lanes, by `policy`, whose `memory` is its encoding of the problem. Every
/// one of the `openings` (without openings, the empty solution) has a beam of its own and an equal share of the lanes:
/// a forced action has no probability, so constructions from different openings cannot be compared, and those that are
/// nearly certain after a bad opening would push out all others. If there are fewer lanes than openings, the first ones
/// have a lane each. Of equally probable constructions the one that comes first stays.
pub fn beam<P: Construct, A: Policy<P> + ?Sized>(
    policy: &A,
    memory: &mut A::Memory,
    problem: &P,
    openings: &[u32],
    width: usize,
) -> Vec<Outcome<P>> {
    let (batch, actions) = (std::slice::from_ref(problem), problem.width());
    let width = width.max(1);
    let beams = openings.len().clamp(1, width);
    let share = |opening: usize| width / beams + usize::from(opening < width % beams);
    let mut frontier = Frontier::new(problem, &openings[..beams.min(openings.len())]);
    let (mut masks, mut logits, mut instances) = (Vec::new(), Vec::new(), Vec::new());
    let (mut children, mut rivals) = (Vec::new(), Vec::new());
    while frontier.lanes.iter().any(|lane| !lane.is_finished) {
        let count = frontier.lanes.len();
        masks.resize(count * actions, false);
        logits.resize(count * actions, 0.0);
        instances.resize(count, 0);
        for (state, mask) in frontier.states.iter().zip(masks.chunks_exact_mut(actions)) {
            problem.allowed(state, mask);
        }
        let view = Lanes { batch, instances: &instances, states: &frontier.states, masks: &masks, width: actions };
        policy.score(memory, &view, &mut logits);
        let mut rows = logits.chunks_exact(actions).zip(masks.chunks_exact(actions));
        let mut lanes = frontier.lanes.iter().enumerate().peekable();
        while let Some(&(_, &Lane { opening, .. })) = lanes.peek() {
            while let Some((parent, lane)) = lanes.next_if(|(_, lane)| lane.opening == opening) {
                rows.next().into_iter().for_each(|(row, mask)| extend(lane.log_prob, parent, row, mask, &mut rivals));
            }
            // Stable: the order of lanes and actions decides between equals.
            rivals.sort_by(|a: &Child, b: &Child| b.log_prob.total_cmp(&a.log_prob));
            rivals.truncate(share(opening));
            children.append(&mut rivals);
        }
        frontier.advance(problem, &mut children);
    }
    frontier.outcomes(problem)
}

impl<P: Construct> Frontier<P> {
    fn new(problem: &P, openings: &[u32]) -> Self {
        let is_finished = problem.width() == 0;
        let lane = |opening, last| Lane { opening, log_prob: 0.0, last, is_finished };
        let (lanes, states, tree) = match openings {
            [] => (vec![lane(0, None)], vec![problem.start()], Vec::new()),
            openings => {
                let open = |&action: &u32| {
                    let mut state = problem.start();
                    problem.step(&mut state, action);
                    state
                };
                let lanes = (0..openings.len()).map(|opening| lane(opening, Some(opening))).collect();
                let tree = openings.iter().map(|&action| (None, action)).collect();
                (lanes, openings.iter().map(open).collect(), tree)
            }
        };
        Self { lanes, states, before: Vec::new(), left: Vec::new(), tree }
    }

    /// Puts the children in their parents' places.
    fn advance(&mut self, problem: &P, children: &mut Vec<Child>) {
        let parents = self.lanes.clone();
        self.before.clear();
        self.before.extend(self.states.drain(..).map(Some));
        self.left.clear();
        self.left.resize(parents.len(), 0);
        children.iter().for_each(|child| self.left[child.parent] += 1);
        self.lanes.clear();
        for Child { log_prob, parent, action } in children.drain(..) {
            self.left[parent] -= 1;
            let before = &mut self.before[parent];
            let Some(mut state) = (if self.left[parent] == 0 { before.take() } else { before.clone() }) else {
                continue;
            };
            let mut lane = Lane { log_prob, is_finished: action.is_none(), ..parents[parent] };
            if let Some(action) = action {
                problem.step(&mut state, action);
                self.tree.push((lane.last, action));
                lane.last = Some(self.tree.len() - 1);
            }
            self.lanes.push(lane);
            self.states.push(state);
        }
    }

    fn outcomes(self, problem: &P) -> Vec<Outcome<P>> {
        let outcome = |(lane, state): (&Lane, &P::State)| {
            let back = std::iter::successors(lane.last, |&at| self.tree[at].0);
            let mut actions: Vec<u32> = back.map(|at| self.tree[at].1).collect();
            actions.reverse();
            let solution = problem.finish(state);
            Outcome { actions, cost: problem.evaluate(&solution), solution }
        };
        self.lanes.iter().zip(&self.states).map(outcome).collect()
    }
}

/// Adds the continuations of a lane; a finished one is its own.
fn extend(log_prob: f64, parent: usize, row: &[f32], mask: &[bool], to: &mut Vec<Child>) {
    let allowed = || row.iter().zip(mask).enumerate().filter(|(_, (_, allowed))| **allowed);
    // A logit that is no number counts as very small: a broken model cannot stop the search.
    let logit = |&x: &f32| if x.is_nan() { f64::from(f32::MIN) } else { f64::from(x.clamp(f32::MIN, f32::MAX)) };
    let high = allowed().map(|(_, (x, _))| logit(x)).fold(f64::NEG_INFINITY, f64::max);
    if high == f64::NEG_INFINITY {
        to.push(Child { log_prob, parent, action: None });
        return;
    }
    let sum: f64 = allowed().map(|(_, (x, _))| (logit(x) - high).exp()).sum();
    let child = |(action, (x, _))| {
        let log_prob = log_prob + logit(x) - high - sum.ln();
        Child { log_prob, parent, action: Some(action as u32) }
    };
    to.extend(allowed().map(child));
}

#[cfg(test)]
mod tests {
    use heuron_policies::rules::NearestNeighbour;
    use heuron_policies::{Decode, Start, rollout};
    use heuron_problems::{Distances, Generate, Problem, Tsp, stream};

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

    #[test]
    fn beam_with_a_lane_per_opening_is_greedy_from_all_openings() {
        let tsp = Tsp::generate(&Tsp::spec(15, "uniform").unwrap(), &mut stream(101, "beam", 0));
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(&tsp));
        let openings = tsp.openings();
        let found = beam(&NearestNeighbour, memory, &tsp, &openings, openings.len());
        let start = |&opening: &u32| Start { instance: 0, opening: Some(opening), stream: stream(0, "unused", 0) };
        let starts = openings.iter().map(start).collect();
        let batch = std::slice::from_ref(&tsp);
        let greedy = rollout(&NearestNeighbour, memory, batch, starts, Decode::Greedy, || false).unwrap();
        let actions = |outcomes: &[Outcome<Tsp>]| -> Vec<Vec<u32>> {
            outcomes.iter().map(|outcome| outcome.actions.clone()).collect()
        };
        assert_eq!(actions(&found), actions(&greedy));
        assert!(found.iter().all(|outcome| outcome.solution == tsp.build(&outcome.actions)));
    }

    #[test]
    fn lanes_are_divided_evenly_among_the_openings() {
        let tsp = trap();
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(&tsp));
        let mut openings = |width: usize| -> Vec<u32> {
            beam(&NearestNeighbour, memory, &tsp, &[0, 1, 2, 3], width).iter().map(|found| found.actions[0]).collect()
        };
        assert_eq!(openings(2), [0, 1]);
        assert_eq!(openings(6), [0, 0, 1, 1, 2, 3]);
    }
}
