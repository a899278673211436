//! What training asks of a problem beyond constructing and generating it.

use heuron_problems::{
    Construct, Cost, Cvrp, Ffsp, Generate, Jssp, Knapsack, Plan, Routes, Schedule, Selection, Tour, Tsp,
};

use crate::architecture::Task;
use crate::features::shop::{Choices, Shop};
use crate::model::Model;
use crate::native::{AttentionModel, DispatchModel};
use crate::net::{DeviceModel, Learner, Nowhere};

/// A problem that models can be trained on.
pub trait Train: Construct + Generate + Clone {
    /// What models of this problem are called.
    const TASK: Task;

    /// Part of the trajectories that a teacher improves, if the settings name none.
    const IMPROVED: f64 = 0.2;

    /// The kind of network.
    type Model: Model<Self>;

    /// The same network on a device other than the processor.
    type OnDevice: Learner<Self>;

    /// What each action of a finished construction adds to the cost \[actions\]; the sum is the cost.
    fn increments(&self, trace: &[u32]) -> Vec<Cost>;

    /// Actions that build `solution`. Of the many orders of actions that do, the one that is most like `trace`, and
    /// begins with the same action if any does: a label that the policy can nearly produce already.
    fn label(&self, solution: &Self::Solution, trace: &[u32]) -> Vec<u32>;
}

/// Place of every action in a trace \[width\]; that of the depot is not used.
fn places(trace: &[u32], width: usize) -> Vec<usize> {
    let mut places = vec![usize::MAX; width];
    trace.iter().enumerate().for_each(|(place, &action)| places[action as usize] = place);
    places
}

impl Train for Tsp {
    const TASK: Task = Task::Tsp;

    type Model = AttentionModel;

    type OnDevice = DeviceModel;

    /// The first action adds nothing, the last one the way back as well.
    fn increments(&self, trace: &[u32]) -> Vec<Cost> {
        let edge = |a: u32, b: u32| self.distances.get(a as usize, b as usize);
        let mut increments: Vec<Cost> =
            (0..trace.len()).map(|t| t.checked_sub(1).map_or(0, |s| edge(trace[s], trace[t]))).collect();
        if let (Some(last), [first, .., end]) = (increments.last_mut(), trace) {
            *last += edge(*end, *first);
        }
        increments
    }

    /// Rotated to the same first node, in the direction that shares more edges.
    fn label(&self, tour: &Tour, trace: &[u32]) -> Vec<u32> {
        let mut label = self.trace(tour);
        if !self.fixed.is_empty() || label.len() < 2 {
            return label;
        }
        let (n, places) = (trace.len(), places(trace, self.len()));
        let ahead = |a: u32, b: u32| usize::from((places[a as usize] + 1) % n == places[b as usize]);
        let edges = || label.iter().zip(label.iter().cycle().skip(1));
        let along: usize = edges().map(|(&a, &b)| ahead(a, b)).sum();
        let against: usize = edges().map(|(&a, &b)| ahead(b, a)).sum();
        if against > along && self.distances.is_symmetric() {
            label.reverse();
        }
        let first = label.iter().position(|&node| node == trace[0]).unwrap_or(0);
        label.rotate_left(first);
        label
    }
}

impl Train for Cvrp {
    const TASK: Task = Task::Cvrp;

    const IMPROVED: f64 = 0.02;

    type Model = AttentionModel;

    type OnDevice = DeviceModel;

    /// The last action adds the way back to the depot as well.
    fn increments(&self, trace: &[u32]) -> Vec<Cost> {
        let edge = |a: u32, b: u32| self.distances.get(a as usize, b as usize);
        let mut increments: Vec<Cost> =
            (0..trace.len()).map(|t| edge(t.checked_sub(1).map_or(0, |s| trace[s]), trace[t])).collect();
        if let (Some(last), Some(&end)) = (increments.last_mut(), trace.last()) {
            *last += edge(end, 0);
        }
        increments
    }

    /// Routes in the order in which the trace first meets one of their ends, each begun at that end.
    fn label(&self, solution: &Routes, trace: &[u32]) -> Vec<u32> {
        let places = places(trace, self.width());
        let place = |customer: Option<&u32>| customer.map_or(usize::MAX, |&c| places[c as usize]);
        let mut routes: Vec<Vec<u32>> = solution.routes.iter().filter(|route| !route.is_empty()).cloned().collect();
        if self.distances.is_symmetric() {
            let backward = |route: &&mut Vec<u32>| place(route.last()) < place(route.first());
            routes.iter_mut().filter(backward).for_each(|route| route.reverse());
        }
        routes.sort_by_key(|route| place(route.first()));
        self.trace(&Routes { routes })
    }
}

impl Train for Knapsack {
    const TASK: Task = Task::Knapsack;

    type Model = AttentionModel;

    type OnDevice = DeviceModel;

    fn increments(&self, trace: &[u32]) -> Vec<Cost> {
        trace.iter().map(|&item| -self.items[item as usize].profit).collect()
    }

    /// Items in the order of the trace, then those that are not in it, the most profitable per weight first.
    fn label(&self, selection: &Selection, trace: &[u32]) -> Vec<u32> {
        let places = places(trace, self.len());
        let mut label = self.trace(selection);
        let ratio = |item: u32| {
            let item = self.items[item as usize];
            item.profit as f64 / item.weight.max(1) as f64
        };
        let place = |item: u32| places[item as usize];
        label.sort_by(|&a, &b| place(a).cmp(&place(b)).then(ratio(b).total_cmp(&ratio(a))));
        label
    }
}

impl Train for Jssp {
    const TASK: Task = Task::Jssp;

    type Model = DispatchModel;

    type OnDevice = Nowhere;

    /// What each operation adds to the makespan.
    fn increments(&self, trace: &[u32]) -> Vec<Cost> {
        let (mut partial, mut makespan) = (self.start(), 0);
        let increment = |&job: &u32| {
            let end = self.upcoming(&partial, job as usize).map_or(0, |(operation, start)| start + operation.duration);
            self.step(&mut partial, job);
            let before = makespan;
            makespan = makespan.max(end);
            makespan - before
        };
        trace.iter().map(increment).collect()
    }

    /// The active schedule of which each choice is the one that starts first in `schedule`.
    fn label(&self, schedule: &Schedule, _: &[u32]) -> Vec<u32> {
        let Ok(starts) = self.start_times(schedule) else { return Vec::new() };
        guided(self, |state, job| starts[job as usize][state.scheduled(job as usize)])
    }
}

/// The construction whose choices are those of the least rank.
fn guided<P: Shop>(problem: &P, rank: impl Fn(&P::State, u32) -> Cost) -> Vec<u32> {
    let (floor, mut board, mut choices) = (problem.floor(), problem.board(), Choices::default());
    let mut actions = Vec::new();
    loop {
        problem.choices(&floor, &board, &mut choices);
        let state = P::state(&board);
        let Some(&action) = choices.actions.iter().min_by_key(|&&action| rank(state, action)) else { return actions };
        problem.advance(&mut board, action);
        actions.push(action);
    }
}

impl Train for Ffsp {
    const TASK: Task = Task::Ffsp;

    type Model = DispatchModel;

    type OnDevice = Nowhere;

    /// What each task adds to the makespan.
    fn increments(&self, trace: &[u32]) -> Vec<Cost> {
        let (mut partial, mut makespan) = (self.start(), 0);
        let increment = |&action: &u32| {
            self.step(&mut partial, action);
            let before = makespan;
            makespan = makespan.max(partial.job_free(action as usize / self.widest()));
            makespan - before
        };
        trace.iter().map(increment).collect()
    }

    /// The plan of which each choice is the one that starts first in `plan`.
    fn label(&self, plan: &Plan, _: &[u32]) -> Vec<u32> {
        guided(self, |state, action| {
            let job = action as usize / self.widest();
            plan.tasks[job][state.stage(job)].start
        })
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Problem, stream};
    use rand::Rng;
    use rand::seq::SliceRandom;

    use super::*;

    fn tsp(n: usize) -> Tsp {
        Tsp::generate(&Tsp::spec(n, "uniform").unwrap(), &mut stream(5, "problem", n as u64))
    }

    fn cvrp() -> Cvrp {
        Cvrp::generate(&Cvrp::spec(12, "uniform").unwrap(), &mut stream(5, "problem", 0))
    }

    fn order(range: std::ops::Range<u32>, draw: u64) -> Vec<u32> {
        let mut order: Vec<u32> = range.collect();
        order.shuffle(&mut stream(9, "order", draw));
        order
    }

    /// Customers in random order, a depot wherever the vehicle is full.
    fn plan(cvrp: &Cvrp, draw: u64) -> Vec<u32> {
        let mut state = cvrp.start();
        let mut mask = vec![false; cvrp.width()];
        for customer in order(1..13, draw) {
            cvrp.allowed(&state, &mut mask);
            if !mask[customer as usize] {
                cvrp.step(&mut state, 0);
            }
            cvrp.step(&mut state, customer);
        }
        state.actions().to_vec()
    }

    #[test]
    fn increments_add_up_to_the_cost() {
        for draw in 0..20 {
            let (tsp, trace) = (tsp(9), order(0..9, draw));
            assert_eq!(Ok(tsp.increments(&trace).iter().sum()), tsp.evaluate(&tsp.build(&trace)));
            let cvrp = cvrp();
            let trace = plan(&cvrp, draw);
            assert_eq!(cvrp.increments(&trace).len(), trace.len());
            assert_eq!(Ok(cvrp.increments(&trace).iter().sum()), cvrp.evaluate(&cvrp.build(&trace)));
        }
    }

    #[test]
    fn increments_of_schedules_add_up_to_the_makespan_and_active_schedules_are_their_own_labels() {
        let jssp = Jssp::generate(&Jssp::spec(5, "uniform").unwrap(), &mut stream(5, "problem", 1));
        let ffsp = Ffsp::generate(&Ffsp::spec(6, "uniform").unwrap(), &mut stream(5, "problem", 2));
        for draw in 0..20 {
            let random = |count: usize| stream(9, "choices", draw).random_range(0..count);
            let (trace, plan) = (
                guided(&jssp, |_, job| random(7 + job as usize) as Cost),
                guided(&ffsp, |_, action| random(7 + action as usize) as Cost),
            );
            assert_eq!(Ok(jssp.increments(&trace).iter().sum()), jssp.evaluate(&jssp.build(&trace)));
            assert_eq!(Ok(ffsp.increments(&plan).iter().sum()), ffsp.evaluate(&ffsp.build(&plan)));
            assert_eq!(jssp.label(&jssp.build(&trace), &trace), trace);
        }
    }

    #[test]
    fn label_of_a_tour_keeps_its_first_node_and_direction() {
        let (tsp, trace) = (tsp(9), order(0..9, 1));
        let mut turned = trace.clone();
        turned.rotate_left(4);
        assert_eq!(tsp.label(&Tour { nodes: turned.clone() }, &trace), trace);
        turned.reverse();
        assert_eq!(tsp.label(&Tour { nodes: turned }, &trace), trace);
        // One exchange of two edges leaves most of the tour as it was.
        let mut exchanged = trace.clone();
        exchanged[3..6].reverse();
        let mut turned = exchanged.clone();
        turned.rotate_left(2);
        turned.reverse();
        assert_eq!(tsp.label(&Tour { nodes: turned }, &trace), exchanged);
    }

    #[test]
    fn label_of_a_plan_keeps_its_first_customer_and_builds_the_plan() {
        let cvrp = cvrp();
        for draw in 0..20 {
            let trace = plan(&cvrp, draw);
            let mut solution = cvrp.build(&trace);
            assert_eq!(cvrp.label(&solution, &trace), trace);
            solution.routes.reverse();
            solution.routes.iter_mut().for_each(|route| route.reverse());
            let label = cvrp.label(&solution, &trace);
            assert_eq!(label[0], trace[0]);
            assert_eq!(cvrp.evaluate(&cvrp.build(&label)), cvrp.evaluate(&solution));
        }
    }
}
