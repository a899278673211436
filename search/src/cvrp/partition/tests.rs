use heuron_problems::stream;
use rand::Rng;
use rand::seq::SliceRandom;

use super::*;

/// Random partitions of 20 customers into four routes each, of which the first is the incumbent; every route of a
/// length of its own.
fn instance(seed: u64) -> (Vec<Route>, Vec<Route>, Vec<Cost>) {
    let mut rng = stream(seed, "partition", 0);
    let far = (0..=20).map(|_| rng.random_range(1..100)).collect();
    let mut base: Vec<u32> = (1..=20).collect();
    let mut all = Vec::new();
    for _ in 0..12 {
        // Neighbours in a common order change places: the partitions share customers, and some of them routes.
        for _ in 0..2 {
            let at = rng.random_range(0..19);
            base.swap(at, at + 1);
        }
        all.push(
            base.chunks(5)
                .map(|route| {
                    let mut customers = route.to_vec();
                    customers.shuffle(&mut rng);
                    Route { cost: rng.random_range(100..200), customers }
                })
                .collect::<Vec<_>>(),
        );
    }
    let incumbent = all.remove(0);
    (incumbent, all.into_iter().flatten().collect(), far)
}

/// The least cost of routes that serve the customers of `left`, by trying all.
fn cheapest(routes: &[Route], left: &mut Vec<bool>) -> Option<Cost> {
    let Some(next) = left.iter().position(|&left| left) else { return Some(0) };
    let mut best = None;
    for route in routes.iter().filter(|route| route.customers.contains(&(next as u32))) {
        if route.customers.iter().all(|&v| left[v as usize]) {
            route.customers.iter().for_each(|&v| left[v as usize] = false);
            let cost = cheapest(routes, left).map(|rest| rest + route.cost);
            route.customers.iter().for_each(|&v| left[v as usize] = true);
            best = best.into_iter().chain(cost).min();
        }
    }
    best
}

fn optimum(routes: &[Route]) -> Cost {
    let mut left = vec![true; 21];
    left[0] = false;
    cheapest(routes, &mut left).expect("the incumbent serves all")
}

#[test]
fn the_best_choice_is_found_where_one_region_has_all_routes() {
    let mut better = 0;
    for seed in 0..200 {
        let (incumbent, met, far) = instance(seed);
        let known: Cost = incumbent.iter().map(|route| route.cost).sum();
        let all: Vec<Route> = incumbent.iter().chain(&met).cloned().collect();
        let found = recombine(&incumbent, &met, &far, seed % 2 == 0, &Watch::never());
        let cost = found.as_ref().map_or(known, |routes| {
            let mut served: Vec<u32> = routes.iter().flatten().copied().collect();
            served.sort_unstable();
            assert_eq!(served, (1..=20).collect::<Vec<u32>>());
            let length = |customers: &Vec<u32>| {
                all.iter().filter(|route| route.customers == *customers).map(|route| route.cost).min()
            };
            routes.iter().map(|customers| length(customers).expect("a route met")).sum()
        });
        assert_eq!(cost, optimum(&all), "seed {seed}");
        better += usize::from(found.is_some());
    }
    assert!(better > 50, "{better} of 200 could be made cheaper");
}

#[test]
fn prices_bound_every_solution_from_below() {
    for seed in 0..50 {
        let (incumbent, met, far) = instance(seed);
        let all: Vec<Route> = incumbent.iter().chain(&met).cloned().collect();
        let cost: Vec<Cost> = all.iter().map(|route| route.cost).collect();
        let customers = Lists::new(all.iter().map(|route| route.customers.iter().copied()));
        let reduced = reduce(&cost, &customers, &[0, 1, 2, 3], &far, &Watch::never());
        assert!(reduced.iter().all(|&reduced| reduced >= 0.0));
        // The prices of all customers are what the incumbent costs less its reduced costs.
        let bound = (0..4).map(|route| cost[route] as f64 - reduced[route]).sum::<f64>();
        let best = optimum(&all) as f64;
        assert!(bound <= best + 1e-6 && bound >= 0.9 * best, "{bound} of {best}");
    }
}

#[test]
fn a_limited_fleet_gets_no_more_routes() {
    let route = |cost, customers: &[u32]| Route { cost, customers: customers.to_vec() };
    let (incumbent, met) = ([route(10, &[1, 2])], [route(4, &[1]), route(4, &[2])]);
    let far = [0, 1, 1];
    assert_eq!(recombine(&incumbent, &met, &far, true, &Watch::never()), None);
    let mut found = recombine(&incumbent, &met, &far, false, &Watch::never()).expect("two routes are cheaper");
    found.sort();
    assert_eq!(found, [vec![1], vec![2]]);
}
