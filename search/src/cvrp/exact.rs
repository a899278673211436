//! Route plans with a proof of optimality, for very small instances.

use heuron_problems::{Cost, Cvrp, Routes};

use crate::run::Run;
use crate::search::Search;
use crate::subsets::{Paths, members};

/// Most customers for dynamic programming, which takes some milliseconds for them, some ten with a limited fleet.
pub const DYNAMIC: usize = 12;

/// Solves instances of at most [`DYNAMIC`] customers to proven optimality; does nothing for larger ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exact;

impl Search<Cvrp> for Exact {
    fn search(&mut self, problem: &Cvrp, run: &mut Run<'_, Cvrp>) {
        if problem.customers() > DYNAMIC {
            return;
        }
        run.set_method("exact");
        if let Some(routes) = dynamic(problem) {
            run.offer(&routes);
            run.prove();
        }
        run.proceed(0);
    }
}

/// Whether at most [`DYNAMIC`] customers are proven to have no plan within the limits, although each could be served
/// and the vehicles hold enough: demands fit badly together, or routes take too long.
pub fn is_impossible(problem: &Cvrp) -> bool {
    let limited = problem.vehicles.is_some() || problem.limit.is_some();
    limited && problem.customers() <= DYNAMIC && dynamic(problem).is_none()
}

/// The cheapest routes, by dynamic programming over sets of customers: the shortest round trip through every one of
/// them (Held and Karp, 1962), then, route by route, the cheapest partition of every set into allowed ones. None if no
/// partition is allowed. O(3^customers), times the size of the fleet where that is limited.
///
/// # Panics
/// If there are more than [`DYNAMIC`] customers.
pub fn dynamic(problem: &Cvrp) -> Option<Routes> {
    let n = problem.customers();
    assert!(n <= DYNAMIC, "dynamic programming on {n} customers, at most {DYNAMIC} are allowed");
    let paths = Paths::new(n, |a, b| problem.distances.get(a, b));
    let trip = |set: usize| {
        let (length, last) = paths.closed(set, |node| problem.distances.get(node, 0))?;
        let load = members(set).map(|place| i128::from(problem.demands[place + 1])).sum::<i128>();
        let duration = length + problem.service * Cost::from(set.count_ones());
        let allowed = load <= problem.capacity.into() && problem.limit.is_none_or(|limit| duration <= limit);
        allowed.then_some((length, last))
    };
    let trips: Vec<Option<(Cost, usize)>> = (0..1 << n).map(trip).collect();
    // By the routes that they may have; without a limit on the fleet one level for any number.
    let mut plans = vec![vec![None; 1 << n]];
    plans[0][0] = Some((0, 0));
    let fleet = problem.vehicles.filter(|&vehicles| vehicles < n);
    match fleet {
        Some(vehicles) => (0..vehicles).for_each(|_| plans.push(plan(n, &trips, plans.last()))),
        None => plans.push(plan(n, &trips, None)),
    }
    let mut set = (1 << n) - 1;
    let mut routes = Vec::new();
    let mut level = plans.len() - 1;
    while set != 0 {
        let (_, route) = plans[level][set]?;
        routes.push(paths.nodes(route, trips[route]?.1));
        set ^= route;
        level -= usize::from(fleet.is_some());
    }
    Some(Routes { routes })
}

/// The cost of every set's cheapest plan, and the route in it that serves the first customer; none if no plan is
/// allowed.
type Plans = Vec<Option<(Cost, usize)>>;

/// The plans of all sets of `n` customers: one route, and for the rest what `before` has, or without it these plans.
fn plan(n: usize, trips: &[Option<(Cost, usize)>], before: Option<&Plans>) -> Plans {
    let mut plans: Plans = vec![None; 1 << n];
    plans[0] = Some((0, 0));
    for set in 1..1_usize << n {
        let first = set & set.wrapping_neg();
        let others = set ^ first;
        let known = before.unwrap_or(&plans);
        let mut best = None;
        let mut part = others;
        loop {
            let route = part | first;
            if let (Some((length, _)), Some((rest, _))) = (trips[route], known[set ^ route]) {
                let found = (length + rest, route);
                best = Some(best.map_or(found, |best: (Cost, usize)| best.min(found)));
            }
            if part == 0 {
                break;
            }
            part = (part - 1) & others;
        }
        plans[set] = best;
    }
    plans
}
