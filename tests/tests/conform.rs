//! What every constructible problem promises: legal actions lead to feasible solutions, and back.

use heuron_problems::{Construct, Cvrp, Distances, Generate, Knapsack, Problem, Routes, Selection, Tour, Tsp, stream};
use rand::Rng;

/// Builds a solution by random legal actions, each checked, and takes it apart again.
fn check<P: Construct>(problem: &P, seed: u64) {
    let mut rng = stream(seed, "conform", 0);
    let mut mask = vec![false; problem.width()];
    let mut state = problem.start();
    let mut actions = Vec::new();
    loop {
        problem.allowed(&state, &mut mask);
        let legal: Vec<u32> = (0..problem.width() as u32).filter(|&a| mask[a as usize]).collect();
        if legal.is_empty() {
            break;
        }
        let action = legal[rng.random_range(0..legal.len())];
        problem.step(&mut state, action);
        actions.push(action);
        assert!(actions.len() <= 2 * problem.width(), "construction does not end");
    }
    let solution = problem.finish(&state);
    let cost = problem.evaluate(&solution).expect("legal actions build a feasible solution");
    assert_eq!(problem.trace(&solution), actions);
    assert_eq!(problem.evaluate(&replay(problem, &problem.trace(&solution))), Ok(cost));
}

/// Takes `actions`, each of which must be legal, to the end.
fn replay<P: Construct>(problem: &P, actions: &[u32]) -> P::Solution {
    let mut mask = vec![false; problem.width()];
    let mut state = problem.start();
    for &action in actions {
        problem.allowed(&state, &mut mask);
        assert!(mask[action as usize], "action {action} of a trace is legal");
        problem.step(&mut state, action);
    }
    problem.allowed(&state, &mut mask);
    assert!(!mask.contains(&true), "a trace ends the construction");
    problem.finish(&state)
}

/// Every opening is legal, no two are equal, and nothing is allowed twice.
fn check_openings<P: Construct>(problem: &P) {
    let mut mask = vec![false; problem.width()];
    problem.allowed(&problem.start(), &mut mask);
    let openings = problem.openings();
    assert!(openings.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(!openings.is_empty() && openings.iter().all(|&action| mask[action as usize]));
}

fn draw<P: Generate>(n: usize, distribution: &str) -> P {
    P::generate(&P::spec(n, distribution).unwrap(), &mut stream(1, "conform", n as u64))
}

#[test]
fn random_legal_tours_are_feasible() {
    for n in [1, 2, 3, 30] {
        for distribution in Tsp::DISTRIBUTIONS {
            let tsp: Tsp = draw(n, distribution);
            check_openings(&tsp);
            (0..20).for_each(|seed| check(&tsp, seed));
        }
    }
}

#[test]
fn random_legal_tours_use_the_fixed_edges() {
    let mut tsp: Tsp = draw(12, "uniform");
    let cycle: Vec<[u32; 2]> = (0..12).map(|node| [node, (node + 1) % 12]).collect();
    for fixed in [vec![[3, 7]], vec![[3, 7], [7, 1], [0, 2], [1, 10]], cycle] {
        tsp.fixed = fixed;
        check_openings(&tsp);
        (0..50).for_each(|seed| check(&tsp, seed));
    }
}

#[test]
fn a_tour_that_begins_inside_a_fixed_chain_is_traced_from_its_end() {
    let mut tsp: Tsp = draw(6, "uniform");
    tsp.fixed = vec![[4, 0], [0, 5]];
    let tour = Tour { nodes: vec![0, 5, 1, 2, 3, 4] };
    let again = replay(&tsp, &tsp.trace(&tour));
    assert_eq!(tsp.evaluate(&again), tsp.evaluate(&tour));
}

#[test]
fn random_legal_plans_are_feasible() {
    for n in [1, 2, 3, 40] {
        for distribution in ["uniform", "x", "x,demand=50-100,r=3", "x,limit=1.2"] {
            let mut cvrp: Cvrp = draw(n, distribution);
            check_openings(&cvrp);
            (0..20).for_each(|seed| check(&cvrp, seed));
            cvrp.limit = cvrp.limit.map(|limit| limit + 10);
            cvrp.service = 10;
            (0..20).for_each(|seed| check(&cvrp, seed));
        }
    }
}

#[test]
fn a_generous_fleet_is_never_exceeded() {
    let mut cvrp: Cvrp = draw(60, "x,demand=unitary,r=7");
    // Unit demands pack without loss, so that the mask can keep the promise.
    cvrp.vehicles = Some(60_usize.div_ceil(cvrp.capacity as usize));
    (0..50).for_each(|seed| check(&cvrp, seed));
}

#[test]
fn every_feasible_plan_can_be_traced_also_with_a_tight_fleet() {
    let distances = Distances::from_matrix(5, (0..25).map(|i| i64::from(i % 6 != 0)).collect());
    let mut cvrp = Cvrp::new("tight", distances, vec![0, 3, 3, 2, 2], 5);
    cvrp.vehicles = Some(2);
    let plan = Routes { routes: vec![vec![1, 3], vec![], vec![4, 2]] };
    let again = replay(&cvrp, &cvrp.trace(&plan));
    assert_eq!(again.routes, [[1, 3], [4, 2]]);
}

/// A selection has no order, so that its trace is another one than the actions that built it.
#[test]
fn random_legal_selections_are_feasible_and_maximal() {
    for n in [4, 12, 40] {
        for distribution in Knapsack::DISTRIBUTIONS {
            let knapsack: Knapsack = draw(n, distribution);
            check_openings(&knapsack);
            for seed in 0..20 {
                let (mut rng, mut state) = (stream(seed, "conform", 0), knapsack.start());
                let mut mask = vec![false; n];
                loop {
                    knapsack.allowed(&state, &mut mask);
                    let legal: Vec<u32> = (0..n as u32).filter(|&item| mask[item as usize]).collect();
                    let Some(&item) = legal.get(rng.random_range(0..legal.len().max(1))) else { break };
                    knapsack.step(&mut state, item);
                }
                let selection = knapsack.finish(&state);
                assert!(knapsack.evaluate(&selection).is_ok());
                assert_eq!(replay(&knapsack, &knapsack.trace(&selection)), selection);
            }
        }
    }
}

#[test]
fn broken_rules_of_a_selection_are_named() {
    let knapsack: Knapsack = draw(3, "subset-sum,i=50");
    let reason = |items: &[u32]| knapsack.evaluate(&Selection { items: items.to_vec() }).unwrap_err().to_string();
    assert_eq!(reason(&[0, 3]), "item 3 does not exist");
    assert_eq!(reason(&[1, 1]), "item 1 is packed more than once");
    let all: i64 = knapsack.items.iter().map(|item| item.weight).sum();
    assert_eq!(reason(&[0, 1, 2]), format!("the items weigh {all}, the capacity is {}", knapsack.capacity));
}
