//! One descent of a problem's local search: what a construction is worth once it is tidied up, and the teacher of
//! preference optimisation.

use heuron_problems::{
    Cvrp, Ffsp, Jssp, Knapsack, Plan as Tasks, Problem, Routes, Schedule, Selection, Tour, Tsp, stream,
};

use crate::cvrp::local::LocalSearch;
use crate::cvrp::local::model::Model;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::Plan;
use crate::ffsp::bound::lower_bound as flow_bound;
use crate::ffsp::greedy::Greedy;
use crate::ffsp::sequences::plan;
use crate::jssp::bound::lower_bound;
use crate::jssp::tabu::Tabu;
use crate::run::Watch;
use crate::tsp::Graph;
use crate::tsp::eax::or_opt::OrOpt;

/// Fewer nodes than this leave the moves nothing to choose.
const SMALLEST: usize = 8;

/// Nearest customers that a customer is moved to (Vidal, 2022).
const GRANULAR: usize = 20;

/// Moves without a better schedule that end a walk of tabu search.
const WALK: u64 = 200;

/// A problem with a local search.
pub trait Improve: Problem {
    /// What the local search makes of `solution`, which is feasible; the same solution if it finds nothing to improve.
    /// The result is feasible and never costs more.
    fn improve(&self, solution: &Self::Solution) -> Self::Solution;
}

impl Improve for Tsp {
    /// 2-opt and Or-opt on neighbour lists with don't-look bits, which miss some moves: another descent may go on.
    fn improve(&self, tour: &Tour) -> Tour {
        let graph = Graph::new(self);
        let order = graph.contract(tour);
        if order.len() < SMALLEST {
            return tour.clone();
        }
        let mut search = OrOpt::new(&graph, order);
        search.run(0, &Watch::never(), &mut stream(0, "improve", 0));
        better(self, graph.expand(search.order()), tour)
    }
}

impl Improve for Cvrp {
    /// The granular moves and SWAP* of hybrid genetic search, at a price for excess that no saving pays.
    fn improve(&self, solution: &Routes) -> Routes {
        let routes = solution.routes.len();
        let model = Model::new(self, GRANULAR, self.vehicles.unwrap_or(routes + 1).max(routes));
        let price = 256 * 4 * model.longest().max(1);
        let penalty = Penalty::new(price, price, [model.total_demand(), model.longest_plan()]);
        let (mut plan, watch) = (Plan::new(solution), Watch::never());
        LocalSearch::new(&model, false).improve(&mut plan, penalty, &mut stream(0, "improve", 0), &watch);
        better(self, plan.to_routes(), solution)
    }
}

impl Improve for Knapsack {
    /// Packs what still fits, and exchanges a packed item for a more profitable one while that is possible.
    fn improve(&self, selection: &Selection) -> Selection {
        let mut packed = vec![false; self.len()];
        selection.items.iter().for_each(|&item| packed[item as usize] = true);
        let mut room = self.capacity - self.weight(&selection.items);
        while let Some((gone, come)) = exchange(self, &packed, room) {
            if let Some(gone) = gone {
                packed[gone] = false;
                room += self.items[gone].weight;
            }
            packed[come] = true;
            room -= self.items[come].weight;
        }
        Selection { items: (0..self.len() as u32).filter(|&item| packed[item as usize]).collect() }
    }
}

impl Improve for Jssp {
    /// A walk of tabu search.
    fn improve(&self, schedule: &Schedule) -> Schedule {
        let model = crate::jssp::model::Model::new(self);
        let Some(order) = model.order(self, schedule) else { return schedule.clone() };
        let mut walk = Tabu::new(&model, &order, lower_bound(self), stream(0, "improve", 0));
        walk.begin(&order, WALK);
        while !walk.is_over() {
            walk.walk(WALK, &Watch::never());
        }
        better(self, model.schedule(walk.best().1), schedule)
    }
}

impl Improve for Ffsp {
    /// A walk of reinsertions.
    fn improve(&self, tasks: &Tasks) -> Tasks {
        let mut walk = Greedy::new(self, self.orders(tasks), flow_bound(self), stream(0, "improve", 0));
        walk.walk(&Watch::never());
        better(self, plan(self, &walk.best().1), tasks)
    }
}

/// The most profitable exchange of an item, or of nothing, for an item that is not packed; none if no profit is in it.
fn exchange(problem: &Knapsack, packed: &[bool], room: i64) -> Option<(Option<usize>, usize)> {
    let inside = || (0..packed.len()).filter(|&item| packed[item]).map(Some).chain([None]);
    let outside = (0..packed.len()).filter(|&item| !packed[item]);
    let gain = |&(gone, come): &(Option<usize>, usize)| {
        let (back, freed) = gone.map_or((0, 0), |item: usize| (problem.items[item].profit, problem.items[item].weight));
        (problem.items[come].weight <= room + freed).then_some(problem.items[come].profit - back)
    };
    let all = outside.flat_map(|come| inside().map(move |gone| (gone, come)));
    all.filter(|pair| gain(pair) > Some(0)).max_by_key(gain)
}

/// `improved` if it is feasible and cheaper than `solution`.
fn better<P: Problem>(problem: &P, improved: P::Solution, solution: &P::Solution) -> P::Solution {
    match (problem.evaluate(&improved), problem.evaluate(solution)) {
        (Ok(after), Ok(before)) if after < before => improved,
        _ => solution.clone(),
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Construct, Generate};
    use rand::seq::SliceRandom;

    use super::*;

    /// Improves random constructions; counts those that became better. Where the search ends only when no move is left,
    /// it ends in a local optimum, which stays as it is.
    fn improved<P: Improve + Construct + Generate>(n: usize, is_thorough: bool) -> usize {
        let mut better = 0;
        for draw in 0..20 {
            let mut rng = stream(101, "improve", draw);
            let problem = P::generate(&P::spec(n, "uniform").unwrap(), &mut rng);
            let (mut state, mut mask) = (problem.start(), vec![false; problem.width()]);
            loop {
                problem.allowed(&state, &mut mask);
                let mut allowed: Vec<u32> = (0..mask.len() as u32).filter(|&a| mask[a as usize]).collect();
                allowed.shuffle(&mut rng);
                let Some(&action) = allowed.first() else { break };
                problem.step(&mut state, action);
            }
            let solution = problem.finish(&state);
            let after = problem.improve(&solution);
            let [before, cost] = [&solution, &after].map(|solution| problem.evaluate(solution).unwrap());
            assert!(cost <= before);
            assert!(!is_thorough || problem.improve(&after) == after, "draw {draw}");
            better += usize::from(cost < before);
        }
        better
    }

    #[test]
    fn random_constructions_become_better_and_never_worse() {
        assert_eq!(improved::<Tsp>(40, false), 20);
        assert_eq!(improved::<Cvrp>(40, true), 20);
        assert!(improved::<Knapsack>(40, true) > 10);
        assert_eq!(improved::<Jssp>(8, false), 20);
        assert_eq!(improved::<Ffsp>(8, false), 20);
        improved::<Tsp>(5, false);
        improved::<Cvrp>(1, true);
        improved::<Knapsack>(1, true);
        improved::<Jssp>(1, false);
        improved::<Ffsp>(1, false);
    }
}
