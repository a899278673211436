use heuron_problems::{Cost, Cvrp, Distances, Metric, Stream, stream};
use rand::Rng;
use rand::seq::SliceRandom;

use super::model::Model;
use super::penalty::Penalty;
use super::plan::{Plan, route_score};
use super::{LocalSearch, State};
use crate::run::Watch;

/// Symmetric on even seeds, asymmetric on odd ones; every third with a duration limit.
fn instance(n: usize, seed: u64, rng: &mut Stream) -> Cvrp {
    let points: Vec<[f64; 2]> = (0..=n).map(|_| [rng.random_range(0.0..99.0), rng.random_range(0.0..99.0)]).collect();
    let plane = Distances::new(Metric::Euclid { scale: 1.0 }, points);
    let mut skewed = |i: usize, j: usize| plane.get(i, j) + if i == j { 0 } else { rng.random_range(0..30) };
    let weights = (0..=n).flat_map(|i| (0..=n).map(move |j| (i, j))).map(|(i, j)| skewed(i, j)).collect();
    let distances = if seed.is_multiple_of(2) { plane } else { Distances::from_matrix(n + 1, weights) };
    let demands = (0..=n).map(|node| if node == 0 { 0 } else { rng.random_range(1..10) }).collect();
    let mut problem = Cvrp::new("random", distances, demands, rng.random_range(15..70));
    if seed.is_multiple_of(3) {
        (problem.limit, problem.service) = (Some(rng.random_range(150..400)), 5);
    }
    problem
}

fn plan(n: usize, fleet: usize, rng: &mut Stream) -> Plan {
    let mut tour: Vec<u32> = (1..=n as u32).collect();
    tour.shuffle(rng);
    let mut ends: Vec<u32> = (1..fleet).map(|_| rng.random_range(1..=n as u32)).chain([n as u32]).collect();
    ends.sort_unstable();
    ends.dedup();
    Plan { tour, ends }
}

fn penalty(rng: &mut Stream) -> Penalty {
    Penalty::new(1 << rng.random_range(0..20), 1 << rng.random_range(0..16), [1_000_000; 2])
}

fn price(model: &Model, penalty: Penalty, route: &[u32]) -> Cost {
    let score = route_score(model, route);
    score.distance + penalty.of(score.overload, score.overtime)
}

/// The loaded state announces what its plan costs, and each applied move changes that as announced: `State::apply` and
/// SWAP* assert it in test builds.
#[test]
fn improved_plan_is_no_dearer_and_still_a_permutation() {
    for seed in 0..120 {
        let mut rng = stream(seed, "improve", 0);
        let n = rng.random_range(1..40);
        let problem = instance(n, seed, &mut rng);
        let fleet = rng.random_range(1..=n);
        let model = Model::new(&problem, 8, fleet);
        let penalty = penalty(&mut rng);
        let mut plan = plan(n, fleet, &mut rng);
        let cost = |plan: &Plan| plan.routes().map(|route| price(&model, penalty, route)).sum::<Cost>();
        let before = cost(&plan);
        let mut state = State::new(&model, penalty);
        state.load(&plan, penalty);
        assert_eq!(state.cost(), before, "seed {seed}");
        LocalSearch::new(&model, seed % 4 < 2).improve(&mut plan, penalty, &mut rng, &Watch::never());
        assert!(cost(&plan) <= before && plan.ends.len() <= fleet, "seed {seed}");
        let mut tour = plan.tour.clone();
        tour.sort_unstable();
        assert!(tour.into_iter().eq(1..=n as u32), "seed {seed}");
    }
}

/// All plans that one move of the neighbourhood makes of `routes`, built naively.
fn neighbours(routes: &[Vec<u32>]) -> Vec<Vec<Vec<u32>>> {
    let mut found = Vec::new();
    for a in 0..routes.len() {
        for i in 0..routes[a].len() {
            // Relocations of one or two customers, the two in both orders.
            for len in 1..=2.min(routes[a].len() - i) {
                let mut rest = routes.to_vec();
                let part: Vec<u32> = rest[a].drain(i..i + len).collect();
                for b in 0..routes.len() {
                    for place in 0..=rest[b].len() {
                        for part in [part.clone(), part.iter().rev().copied().collect()] {
                            let mut plan = rest.clone();
                            plan[b].splice(place..place, part);
                            found.push(plan);
                        }
                    }
                }
            }
            for b in 0..routes.len() {
                for j in 0..routes[b].len() {
                    found.extend(swaps(routes, (a, i), (b, j)));
                }
                if a == b {
                    for end in i + 2..=routes[a].len() {
                        let mut plan = routes.to_vec();
                        plan[a][i..end].reverse();
                        found.push(plan);
                    }
                } else {
                    found.extend((0..=routes[b].len()).flat_map(|j| exchanges(routes, (a, i + 1), (b, j))));
                }
            }
        }
    }
    found
}

/// Swaps of one or two customers each that do not overlap.
fn swaps(routes: &[Vec<u32>], (a, i): (usize, usize), (b, j): (usize, usize)) -> Vec<Vec<Vec<u32>>> {
    let mut found = Vec::new();
    for (p, q) in [(1, 1), (2, 1), (2, 2)] {
        let apart = a != b || i + p < j || j + q < i;
        if i + p <= routes[a].len() && j + q <= routes[b].len() && apart {
            let (one, two) = (routes[a][i..i + p].to_vec(), routes[b][j..j + q].to_vec());
            let mut plan = routes.to_vec();
            if a == b && i < j {
                plan[b].splice(j..j + q, one);
                plan[a].splice(i..i + p, two);
            } else {
                plan[a].splice(i..i + p, two);
                plan[b].splice(j..j + q, one);
            }
            found.push(plan);
        }
    }
    found
}

/// 2-opt*: tails exchanged, and heads joined to heads.
fn exchanges(routes: &[Vec<u32>], (a, i): (usize, usize), (b, j): (usize, usize)) -> [Vec<Vec<u32>>; 2] {
    let (head_a, tail_a) = routes[a].split_at(i);
    let (head_b, tail_b) = routes[b].split_at(j);
    let (mut tails, mut heads) = (routes.to_vec(), routes.to_vec());
    (tails[a], tails[b]) = ([head_a, tail_b].concat(), [head_b, tail_a].concat());
    let turned = |part: &[u32]| part.iter().rev().copied().collect::<Vec<u32>>();
    heads[a] = [head_a, &turned(head_b)].concat();
    heads[b] = [&turned(tail_a), tail_b].concat();
    [tails, heads]
}

/// With full neighbour lists nothing may hide a move: not the bounds, not the time stamps, not the tense bits.
#[test]
fn no_move_improves_a_local_optimum() {
    for seed in 0..600 {
        let mut rng = stream(seed, "optimum", 0);
        let n = rng.random_range(2..25);
        let problem = instance(n, seed, &mut rng);
        let fleet = rng.random_range(n / 8..=n).max(1);
        let model = Model::new(&problem, n, fleet);
        let penalty = penalty(&mut rng);
        let mut plan = plan(n, fleet, &mut rng);
        LocalSearch::new(&model, seed % 4 < 2).improve(&mut plan, penalty, &mut rng, &Watch::never());
        let routes: Vec<Vec<u32>> = plan.routes().map(<[u32]>::to_vec).collect();
        let cost = |routes: &[Vec<u32>]| routes.iter().map(|route| price(&model, penalty, route)).sum::<Cost>();
        let least = cost(&routes);
        for other in neighbours(&routes) {
            assert!(cost(&other) >= least, "seed {seed}: {routes:?} {least} -> {other:?} {}", cost(&other));
        }
    }
}
