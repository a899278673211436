//! Simulation-guided beam search: J. Choo, Y.-D. Kwon, J. Kim, J. Jae, A. Hottung, K. Tierney, Y. Gwon,
//! "Simulation-guided beam search for neural combinatorial optimization", NeurIPS 2022, section 3.
//!
//! A beam keeps partial constructions not by their probability, but by the cost of the solution that the policy makes
//! of them greedily: expansion to the most probable children, simulation of each to the end, pruning to the best lanes.

use heuron_policies::rollout::{Begun, complete};
use heuron_policies::{Decode, Lanes, Outcome, Policy};
use heuron_problems::{Construct, Cost, Stream, stream};

/// Sizes of the search. The paper takes 4 and 4 for routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guided {
    /// Partial constructions that go on (beta).
    pub lanes: usize,
    /// Continuations of each that are simulated (gamma).
    pub children: usize,
}

/// What the search came to.
#[derive(Clone, Debug)]
pub struct Grown<P: Construct> {
    /// The cheapest feasible construction.
    pub best: Option<Outcome<P>>,
    /// Number of constructions, feasible or not.
    pub constructions: u64,
}

/// A partial construction.
struct Lane<P: Construct> {
    state: P::State,
    actions: Vec<u32>,
    /// What the policy makes of it greedily: the cost, none if it breaks a rule, and all actions.
    cost: Option<Cost>,
    plan: Vec<u32>,
}

/// Searches with `policy`, whose `memory` is its encoding of the problem, from the best of `openings` (or, without
/// openings, from the empty solution). `is_over` is asked before every step; what is found until then is kept.
pub fn guided<P: Construct, A: Policy<P> + ?Sized>(
    policy: &A,
    memory: &mut A::Memory,
    problem: &P,
    openings: &[u32],
    sizes: Guided,
    is_over: &dyn Fn() -> bool,
) -> Grown<P> {
    let mut tree = Tree { policy, memory, problem, sizes, is_over, grown: Grown { best: None, constructions: 0 } };
    let open = |opening: Option<u32>| {
        let mut state = problem.start();
        opening.into_iter().for_each(|action| problem.step(&mut state, action));
        (state, Vec::from_iter(opening))
    };
    let roots = match openings {
        [] => vec![open(None)],
        openings => openings.iter().map(|&opening| open(Some(opening))).collect(),
    };
    let mut lanes = tree.simulate(roots);
    while tree.prune(&mut lanes) && !is_over() {
        lanes = tree.expand(lanes);
    }
    tree.grown
}

struct Tree<'a, P: Construct, A: Policy<P> + ?Sized> {
    policy: &'a A,
    memory: &'a mut A::Memory,
    problem: &'a P,
    sizes: Guided,
    is_over: &'a dyn Fn() -> bool,
    grown: Grown<P>,
}

impl<P: Construct, A: Policy<P> + ?Sized> Tree<'_, P, A> {
    /// Completes constructions greedily; none of them if time is over.
    fn simulate(&mut self, begun: Vec<(P::State, Vec<u32>)>) -> Vec<Lane<P>> {
        let batch = std::slice::from_ref(self.problem);
        // Greedy choices draw nothing.
        let unused: Stream = stream(0, "unused", 0);
        let begin = |(state, actions): &(P::State, Vec<u32>)| Begun {
            instance: 0,
            state: state.clone(),
            actions: actions.clone(),
            stream: unused.clone(),
        };
        let lanes = begun.iter().map(begin).collect();
        let found = complete(self.policy, self.memory, batch, lanes, Decode::Greedy, self.is_over).unwrap_or_default();
        self.grown.constructions += found.len() as u64;
        let mut lanes = Vec::with_capacity(found.len());
        for ((state, actions), outcome) in begun.into_iter().zip(found) {
            let (cost, plan) = (outcome.cost.clone().ok(), outcome.actions.clone());
            let least = self.grown.best.as_ref().and_then(|best| best.cost.clone().ok());
            if cost.is_some_and(|cost| least.is_none_or(|least| cost < least)) {
                self.grown.best = Some(outcome);
            }
            lanes.push(Lane { state, actions, cost, plan });
        }
        lanes
    }

    /// Keeps the lanes of the cheapest solutions that are not finished, the first of equals; false if there is none.
    fn prune(&self, lanes: &mut Vec<Lane<P>>) -> bool {
        lanes.retain(|lane| lane.cost.is_some() && lane.actions.len() < lane.plan.len());
        lanes.sort_by_key(|lane| lane.cost);
        lanes.truncate(self.sizes.lanes.max(1));
        !lanes.is_empty()
    }

    /// The most probable children of all lanes, simulated. The greedy child needs no simulation: its parent's solution
    /// is its own.
    fn expand(&mut self, lanes: Vec<Lane<P>>) -> Vec<Lane<P>> {
        let (batch, width) = (std::slice::from_ref(self.problem), self.problem.width());
        let states: Vec<P::State> = lanes.iter().map(|lane| lane.state.clone()).collect();
        let mut masks = vec![false; lanes.len() * width];
        for (state, mask) in states.iter().zip(masks.chunks_exact_mut(width)) {
            self.problem.allowed(state, mask);
        }
        let (mut logits, instances) = (vec![0.0; masks.len()], vec![0; lanes.len()]);
        if self.sizes.children > 1 {
            let view = Lanes { batch, instances: &instances, states: &states, masks: &masks, width };
            self.policy.score(self.memory, &view, &mut logits);
        }
        let (mut next, mut others) = (Vec::new(), Vec::new());
        let rows = logits.chunks_exact(width).zip(masks.chunks_exact(width));
        for (mut lane, (row, mask)) in lanes.into_iter().zip(rows) {
            let greedy = lane.plan[lane.actions.len()];
            for action in best(row, mask, greedy, self.sizes.children.saturating_sub(1)) {
                let (mut state, mut actions) = (lane.state.clone(), lane.actions.clone());
                self.problem.step(&mut state, action);
                actions.push(action);
                others.push((state, actions));
            }
            self.problem.step(&mut lane.state, greedy);
            lane.actions.push(greedy);
            next.push(lane);
        }
        next.extend(self.simulate(others));
        next
    }
}

/// The `most` allowed actions of the largest logits without `greedy`, the first of equals; what is no number comes
/// last.
fn best(row: &[f32], mask: &[bool], greedy: u32, most: usize) -> Vec<u32> {
    let mut actions: Vec<u32> =
        (0..row.len() as u32).filter(|&action| mask[action as usize] && action != greedy).collect();
    let logit = |action: u32| Some(row[action as usize]).filter(|x| !x.is_nan()).unwrap_or(f32::NEG_INFINITY);
    actions.sort_by(|&a, &b| logit(b).total_cmp(&logit(a)));
    actions.truncate(most);
    actions
}

#[cfg(test)]
mod tests {
    use heuron_policies::rules::NearestNeighbour;
    use heuron_problems::{Generate, Problem, Tsp};

    use super::*;

    fn search(tsp: &Tsp, lanes: usize, children: usize) -> Grown<Tsp> {
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(tsp));
        guided(&NearestNeighbour, memory, tsp, &tsp.openings(), Guided { lanes, children }, &|| false)
    }

    #[test]
    fn wider_trees_are_never_worse_than_greedy_and_cover_small_instances_whole() {
        for draw in 0..20 {
            let tsp = Tsp::generate(&Tsp::spec(7, "uniform").unwrap(), &mut stream(101, "guided", draw));
            let cost = |lanes, children| {
                let Outcome { actions, solution, cost } = search(&tsp, lanes, children).best.unwrap();
                assert_eq!((actions, tsp.evaluate(&solution)), (solution.nodes, cost.clone()));
                cost.unwrap()
            };
            let [greedy, narrow, all] = [cost(1, 1), cost(3, 3), cost(10_000, 7)];
            assert!(all <= narrow && narrow <= greedy);
            assert_eq!(all, optimum(&tsp));
        }
    }

    /// By enumeration.
    fn optimum(tsp: &Tsp) -> Cost {
        let mut least = Cost::MAX;
        let mut nodes: Vec<u32> = (0..7).collect();
        permute(&mut nodes, 1, &mut |nodes| {
            least = least.min(tsp.evaluate(&tsp.build(nodes)).unwrap());
        });
        least
    }

    fn permute(nodes: &mut Vec<u32>, from: usize, visit: &mut dyn FnMut(&[u32])) {
        if from == nodes.len() {
            visit(nodes);
            return;
        }
        for at in from..nodes.len() {
            nodes.swap(from, at);
            permute(nodes, from + 1, visit);
            nodes.swap(from, at);
        }
    }

    #[test]
    fn what_is_found_before_time_is_over_is_kept() {
        let tsp = Tsp::generate(&Tsp::spec(12, "uniform").unwrap(), &mut stream(101, "guided", 0));
        let asked = std::cell::Cell::new(0);
        let is_over = || {
            asked.set(asked.get() + 1);
            asked.get() > 20
        };
        let memory = &mut NearestNeighbour.encode(std::slice::from_ref(&tsp));
        let sizes = Guided { lanes: 4, children: 4 };
        let found = guided(&NearestNeighbour, memory, &tsp, &tsp.openings(), sizes, &is_over);
        assert!(found.best.is_some());
        assert!(found.constructions < search(&tsp, 4, 4).constructions);
        let none = guided(&NearestNeighbour, memory, &tsp, &tsp.openings(), sizes, &|| true);
        assert!(none.best.is_none());
    }
}
