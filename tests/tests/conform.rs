//! What every constructible problem promises: legal actions lead to feasible solutions, and back.

use heuron_problems::{
    Construct, Cvrp, Distances, Ffsp, Generate, Jssp, Knapsack, Problem, Routes, Selection, Tour, Tsp, stream,
};
use rand::Rng;

/// Far more actions than any of the instances needs.
const ENDLESS: usize = 10_000;

/// The openings are legal and different, and what random legal actions build is feasible and has a trace that builds it
/// again.
fn check<P: Construct>(problem: &P) {
    let mut mask = vec![false; problem.width()];
    problem.allowed(&problem.start(), &mut mask);
    let openings = problem.openings();
    assert!(openings.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(!openings.is_empty() && openings.iter().all(|&action| mask[action as usize]));
    for seed in 0..20 {
        let (mut rng, mut state, mut steps) = (stream(seed, "conform", 0), problem.start(), 0);
        loop {
            problem.allowed(&state, &mut mask);
            let legal: Vec<u32> = (0..problem.width() as u32).filter(|&action| mask[action as usize]).collect();
            if legal.is_empty() {
                break;
            }
            problem.step(&mut state, legal[rng.random_range(0..legal.len())]);
            steps += 1;
            assert!(steps < ENDLESS, "construction does not end");
        }
        let solution = problem.finish(&state);
        problem.evaluate(&solution).expect("legal actions build a feasible solution");
        assert_eq!(replay(problem, &problem.trace(&solution)), solution);
    }
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

fn draw<P: Generate>(n: usize, distribution: &str) -> P {
    P::generate(&P::spec(n, distribution).unwrap(), &mut stream(1, "conform", n as u64))
}

/// Draws instances of these sizes from these distributions.
fn check_drawn<P: Construct + Generate>(sizes: &[usize], distributions: &[&str]) {
    for &n in sizes {
        distributions.iter().for_each(|distribution| check(&draw::<P>(n, distribution)));
    }
}

#[test]
fn legal_actions_build_feasible_solutions_of_every_problem_and_traces_build_them_again() {
    check_drawn::<Tsp>(&[1, 2, 3, 30], Tsp::DISTRIBUTIONS);
    check_drawn::<Cvrp>(&[1, 2, 3, 40], &["uniform", "x", "x,demand=50-100,r=3", "x,limit=1.2"]);
    check_drawn::<Knapsack>(&[4, 12, 40], Knapsack::DISTRIBUTIONS);
    check_drawn::<Jssp>(&[1, 2, 12], &["uniform", "uniform,machines=3", "flow"]);
    check_drawn::<Ffsp>(&[1, 2, 12], &["uniform", "identical", "uniform,stages=2,machines=2"]);
}

#[test]
fn random_legal_tours_use_the_fixed_edges() {
    let mut tsp: Tsp = draw(12, "uniform");
    let cycle: Vec<[u32; 2]> = (0..12).map(|node| [node, (node + 1) % 12]).collect();
    for fixed in [vec![[3, 7]], vec![[3, 7], [7, 1], [0, 2], [1, 10]], cycle] {
        tsp.fixed = fixed;
        check(&tsp);
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
fn random_legal_routes_keep_the_limit_with_times_of_service() {
    for n in [1, 2, 3, 40] {
        let mut cvrp: Cvrp = draw(n, "x,limit=1.2");
        cvrp.limit = cvrp.limit.map(|limit| limit + 10);
        cvrp.service = 10;
        check(&cvrp);
    }
}

#[test]
fn a_generous_fleet_is_never_exceeded() {
    let mut cvrp: Cvrp = draw(60, "x,demand=unitary,r=7");
    // Unit demands pack without loss, so that the mask can keep the promise.
    cvrp.vehicles = Some(60_usize.div_ceil(cvrp.capacity as usize));
    check(&cvrp);
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

#[test]
fn broken_rules_of_a_selection_are_named() {
    let knapsack: Knapsack = draw(3, "subset-sum,i=50");
    let reason = |items: &[u32]| knapsack.evaluate(&Selection { items: items.to_vec() }).unwrap_err().to_string();
    assert_eq!(reason(&[0, 3]), "item 3 does not exist");
    assert_eq!(reason(&[1, 1]), "item 1 is packed more than once");
    let all: i64 = knapsack.items.iter().map(|item| item.weight).sum();
    assert_eq!(reason(&[0, 1, 2]), format!("the items weigh {all}, the capacity is {}", knapsack.capacity));
}
